"""The model year: 8,760 hours in UTC, value = mean over the hour that starts at the label (convention 1).

In: an hour index, a UTC offset, the calendar of the year. Out: local hour of day, day of week, month of each hour.
Leaves out: daylight saving time (offsets are standard time) and leap days (dropped, convention 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

IntArray = npt.NDArray[np.int64]

MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month of the model year."""
LEAP_DAY = MONTH_DAYS[0] + MONTH_DAYS[1]
"""Day of a leap year that is 29 February, counted from 0."""


def is_leap(years: IntArray) -> npt.NDArray[np.bool_]:
    """Tell which years of the Gregorian calendar have a 29 February.

    >>> is_leap(np.array([1900, 2000, 2023, 2024])).tolist()
    [False, True, False, True]
    """
    leap: npt.NDArray[np.bool_] = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    return leap


def local_hour(utc_offset_h: float = 0.0) -> FloatArray:
    """Give the local hour of day at the start of each model hour.

    Args:
        utc_offset_h: Local standard time minus UTC [h].

    Returns:
        Hour of day [h], 0 <= x < 24, shape (8760,).

    >>> local_hour(-5)[5]
    np.float64(0.0)
    """
    return np.asarray((np.arange(HOURS_PER_YEAR) + utc_offset_h) % 24.0, dtype=np.float64)


DAYS_PER_YEAR = HOURS_PER_YEAR // HOURS_PER_DAY
LABEL_YEAR = 2025
"""Calendar year of a plan whose files stand for no year (convention 12); its 1 January is a Wednesday."""
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday (0 = Monday)."""


@dataclass(frozen=True)
class Calendar:
    """The true dates of the 365 days of the model year; make one with `calendar_of`.

    Attributes:
        years: Calendar year of each day, 365 of them: one and the same for a calendar year, two for a year that
            begins in July.
    """

    years: tuple[int, ...]

    @property
    def year(self) -> int:
        """The year in which most days lie, the later where two have as many."""
        return max(set(self.years), key=lambda y: (self.years.count(y), y))

    def dates(self) -> npt.NDArray[np.datetime64]:
        """Give the true date of each day, shape (365,); 29 February is left out."""
        starts = np.asarray([f"{y:04d}-01-01" for y in self.years], dtype="datetime64[D]")
        day = np.arange(DAYS_PER_YEAR)
        years = np.asarray(self.years)
        later = (day + (is_leap(years) & (day >= LEAP_DAY))).astype("timedelta64[D]")
        return np.asarray(starts + later, dtype="datetime64[D]")

    def labels(self) -> npt.NDArray[np.datetime64]:
        """Give the hours of `year` as labels for people, shape (8760,), ascending."""
        days = calendar_of(self.year).dates().astype("datetime64[h]")
        hours = np.arange(HOURS_PER_DAY).astype("timedelta64[h]")
        return np.asarray((days[:, None] + hours).ravel(), dtype="datetime64[h]")


@lru_cache(maxsize=64)
def _calendar(years: tuple[int, ...]) -> Calendar:
    return Calendar(years)


def calendar_of(years: int | Sequence[int] = LABEL_YEAR) -> Calendar:
    """Give the calendar of a year, or of the years of 365 days; the same object each time, as caches ask.

    >>> str(calendar_of(2024).dates()[59])
    '2024-03-01'
    """
    return _calendar((years,) * DAYS_PER_YEAR if isinstance(years, int) else tuple(int(y) for y in years))


def local_weekday(calendar: Calendar | None = None, utc_offset_h: float = 0.0) -> IntArray:
    """Give the local day of week of each model hour, 0 = Monday, counted from its true date.

    Args:
        calendar: True dates of the days; None: those of `LABEL_YEAR`.
        utc_offset_h: Local standard time minus UTC [h].

    Returns:
        Day of week, shape (8760,).

    >>> int(local_weekday()[24 * 4]), int(local_weekday(calendar_of(2024))[24 * 59])
    (6, 4)
    """
    days = (calendar or calendar_of()).dates().astype(np.int64)
    hours = days[:, None] * HOURS_PER_DAY + np.arange(HOURS_PER_DAY)
    local = np.floor((hours.ravel() + utc_offset_h) / HOURS_PER_DAY).astype(np.int64)
    weekday: IntArray = (local + _EPOCH_WEEKDAY) % 7
    return weekday


def month_of_hour() -> IntArray:
    """Give the month 0..11 of each model hour, shape (8760,).

    >>> int(month_of_hour()[31 * 24])
    1
    """
    return np.repeat(np.arange(12), [d * 24 for d in MONTH_DAYS]).astype(np.int64)


def shift_to_utc(local_values: FloatArray, utc_offset_h: float) -> FloatArray:
    """Roll a year given in local standard time so that index 0 is 00:00 UTC on 1 January.

    Half-hour offsets are interpolated linearly between neighbouring hours.

    Args:
        local_values: Hourly values in local time, shape (8760,).
        utc_offset_h: Local standard time minus UTC [h].

    Returns:
        The same year in UTC, shape (8760,).

    >>> float(shift_to_utc(np.arange(8760.0), -5)[5])
    0.0
    """
    whole = int(np.floor(utc_offset_h))
    part = utc_offset_h - whole
    rolled = np.roll(local_values, -whole)
    if part == 0.0:
        return rolled
    return (1.0 - part) * rolled + part * np.roll(rolled, -1)
