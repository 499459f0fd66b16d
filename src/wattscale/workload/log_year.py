"""A year of requests from a log of a year or more: by date, with the weekdays of the plan's calendar.

In: requests of each hour of the log, the calendar. Out: requests per hour, shape (8760,) UTC; warnings.
Leaves out: holidays, which stay on the weekdays nearest to them.
"""

from __future__ import annotations

import numpy as np

from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.hours import DAYS_PER_YEAR, Calendar, IntArray
from wattscale.units import HOURS_PER_DAY, FloatArray

NEAR_DAYS, FAR_DAYS = 3, 9
"""A day of each weekday lies within 3 days of any date, within 9 where the log begins or ends."""
DAYS_PER_CYCLE = 365.25
"""Each year of the log gives one day to each day of the plan."""
FEB_29 = 59


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
    moved = 0
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
        moved += int((apart[chosen] > 0).any())
    return year.ravel(), _told(moved, leap_day, used, calendar)


def _told(
    moved: int, leap_day: np.ndarray[tuple[int], np.dtype[np.bool_]], used: np.ndarray[tuple[int], np.dtype[np.bool_]],
    calendar: Calendar,
) -> tuple[PlanWarning, ...]:  # fmt: skip
    found = []
    if (leap_day & ~used).any():
        found.append(PlanWarning("leap-day-dropped", "29 February of the request log is dropped."))
    if moved:
        text = (
            f"Days of the request log were moved by up to {NEAR_DAYS} days ({moved} days of the year), so that its "
            f"weekdays stand on those of the plan's year, {calendar.year}."
        )
        found.append(PlanWarning("log-days-moved", text))
    return tuple(found)


def _day_of_year(
    dates: np.ndarray[tuple[int], np.dtype[np.datetime64]],
) -> tuple[IntArray, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Day of the model year of each date, 29 February as 28 February; whether it is 29 February."""
    years = dates.astype("datetime64[Y]")
    day = (dates - years.astype("datetime64[D]")).astype(np.int64)
    number = years.astype(np.int64) + 1970
    leap = (number % 4 == 0) & ((number % 100 != 0) | (number % 400 == 0))
    day_of_year: IntArray = day - (leap & (day >= FEB_29))
    return day_of_year, leap & (day == FEB_29)
