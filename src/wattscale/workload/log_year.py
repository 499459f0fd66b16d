"""A year of requests from a log of a year or more: by date, with the weekdays of the plan's calendar.

In: requests of each hour of the log, the calendar. Out: requests per hour, shape (8760,) UTC; warnings.
Leaves out: holidays, which stay on the weekdays nearest to them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.hours import DAYS_PER_YEAR, LEAP_DAY, Calendar, IntArray, is_leap
from wattscale.units import HOURS_PER_DAY, FloatArray

BoolArray = npt.NDArray[np.bool_]

NEAR_DAYS, FAR_DAYS = 3, 9
"""A day of each weekday lies within 3 days of any date, within 9 where the log begins or ends."""
DAYS_PER_CYCLE = 365.25
"""Each year of the log gives one day to each day of the plan."""


def year_by_date(counts: FloatArray, first_h: int, calendar: Calendar) -> tuple[FloatArray, tuple[PlanWarning, ...]]:
    """Give each day of the plan the log's nearest day of the same weekday, the mean where it has several years.

    Args:
        counts: Requests of each hour of the log, from its first, shape (n,).
        first_h: Its first hour [h since 1970].
        calendar: True dates of the plan's days.

    Returns:
        Requests per hour [1/h], shape (8760,), UTC; warnings of moved and dropped days.

    Raises:
        InputError: Hours of the year that the log does not cover.
    """
    first_day, before = divmod(first_h, HOURS_PER_DAY)
    days = -(-(before + counts.size) // HOURS_PER_DAY)
    padded = np.full(days * HOURS_PER_DAY, np.nan)
    padded[before : before + counts.size] = counts
    log = padded.reshape(days, HOURS_PER_DAY)
    dates = np.datetime64(first_day, "D") + np.arange(days)
    day_of_year, leap_day = _day_of_year(dates)
    weekday = dates.astype(np.int64) % 7
    wanted = calendar.dates().astype(np.int64) % 7
    whole = ~np.isnan(log).any(axis=1)
    cycle = (np.arange(days) // DAYS_PER_CYCLE).astype(np.int64)
    year = np.empty((DAYS_PER_YEAR, HOURS_PER_DAY))
    used = np.zeros(days, dtype=bool)
    moved: list[int] = []
    for day in range(DAYS_PER_YEAR):
        apart = np.abs((day_of_year - day + DAYS_PER_YEAR // 2) % DAYS_PER_YEAR - DAYS_PER_YEAR // 2)
        near = np.flatnonzero(whole & (weekday == wanted[day]) & (apart <= FAR_DAYS))
        if near.size == 0:
            raise InputError(
                f"covers no whole day within {FAR_DAYS} days of {calendar.dates()[day].item():%d %B} on its weekday",
                where="workload.serving.log", hint="Give a log without gaps",
            )  # fmt: skip
        close = near[apart[near] <= NEAR_DAYS]
        ordered = close[np.argsort(apart[close], kind="stable")] if close.size else near[apart[near].argmin()][None]
        chosen = ordered[np.unique(cycle[ordered], return_index=True)[1]]
        year[day] = log[chosen].mean(axis=0)
        used[chosen] = True
        moved.append(int(apart[chosen].max()))
    return year.ravel(), _told(moved, leap_day, used, calendar)


def _told(moved: list[int], leap_day: BoolArray, used: BoolArray, calendar: Calendar) -> tuple[PlanWarning, ...]:
    found = []
    if (leap_day & ~used).any():
        found.append(PlanWarning("leap-day-dropped", "29 February of the request log is dropped."))
    if any(moved):
        text = (
            f"{np.count_nonzero(moved)} days of the request log were moved, by up to {max(moved)} days, so that its "
            f"weekdays stand on those of the plan's year, {calendar.year}."
        )
        found.append(PlanWarning("log-days-moved", text))
    return tuple(found)


def _day_of_year(
    dates: np.ndarray[tuple[int], np.dtype[np.datetime64]],
) -> tuple[IntArray, BoolArray]:
    """Day of the model year of each date, 29 February as 28 February; whether it is 29 February."""
    years = dates.astype("datetime64[Y]")
    day = (dates - years.astype("datetime64[D]")).astype(np.int64)
    leap = is_leap(years.astype(np.int64) + 1970)
    day_of_year: IntArray = day - (leap & (day >= LEAP_DAY))
    return day_of_year, leap & (day == LEAP_DAY)
