"""The model year: 8,760 hours in UTC, value = mean over the hour that starts at the label (convention 1).

In: an hour index, a UTC offset. Out: local hour of day, day of week, month of each model hour.
Leaves out: daylight saving time (offsets are standard time) and leap days (dropped, convention 2).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wattscale.units import HOURS_PER_YEAR, FloatArray

IntArray = npt.NDArray[np.int64]

MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Days of each month of the model year."""


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


FIRST_WEEKDAY = 2
"""Day of week of 1 January, 0 = Monday: a Wednesday, as in 2025, the year of the labels (convention 12)."""


def local_weekday(first_weekday: int = FIRST_WEEKDAY, utc_offset_h: float = 0.0) -> IntArray:
    """Give the local day of week of each model hour, 0 = Monday.

    Args:
        first_weekday: Day of week of 1 January [0..6].
        utc_offset_h: Local standard time minus UTC [h].

    Returns:
        Day of week, shape (8760,).

    >>> int(local_weekday()[24 * 4])
    6
    """
    day = np.floor((np.arange(HOURS_PER_YEAR) + utc_offset_h) / 24.0).astype(np.int64)
    weekday: IntArray = (day + first_weekday) % 7
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
