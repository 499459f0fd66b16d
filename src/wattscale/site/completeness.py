"""Puts the rows of an hourly file into the model year, and refuses what is incomplete.

In: the model hour of each row (minus one for 29 February), one column of values. Out: 8,760 values, with warnings.
Leaves out: parsing. Gaps are closed only when the scenario asks (`site.repair_hours`), and then reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.hours import MONTH_DAYS, IntArray
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

_MONTH_START = np.concatenate([[0], np.cumsum(MONTH_DAYS)[:-1]])
_SHOWN = 3


@dataclass(frozen=True)
class FileRows:
    """Where the rows of a file belong.

    Attributes:
        field: Scenario field that names the file, such as `site.prices`.
        path: The file.
        hours: Model hour of each row, -1 for 29 February, shape (n,).
        lines: Line number of each row in the file, counted from 1, shape (n,).
        repair_hours: Longest gap that may be closed [h].
        clock: How the file's hours are told in messages, `UTC` or `local`.
    """

    field: str
    path: str
    hours: IntArray
    lines: IntArray
    repair_hours: int = 0
    clock: str = "UTC"


def model_hour(month: IntArray, day: IntArray, hour: IntArray) -> IntArray:
    """Give the hour of the model year of each date, -1 for 29 February.

    Args:
        month: Month [1..12], shape (n,).
        day: Day of month [1..31], shape (n,).
        hour: Hour that begins at the label [0..23], shape (n,).

    >>> int(model_hour(np.array([2]), np.array([1]), np.array([5]))[0])
    749
    """
    found = (_MONTH_START[month - 1] + day - 1) * HOURS_PER_DAY + hour
    return np.where((month == 2) & (day == 29), -1, found).astype(np.int64)


def hour_label(hour: int) -> str:
    """Tell a model hour as month, day and hour.

    >>> hour_label(749)
    '02-01 05:00'
    """
    day, of_day = divmod(hour, HOURS_PER_DAY)
    month = int(np.searchsorted(_MONTH_START, day, side="right"))
    return f"{month:02d}-{day - _MONTH_START[month - 1] + 1:02d} {of_day:02d}:00"


def place_year(
    rows: FileRows, columns: Mapping[str, FloatArray]
) -> tuple[dict[str, FloatArray], tuple[PlanWarning, ...]]:
    """Put columns into the model year.

    Args:
        rows: Where each row belongs.
        columns: Values by name, NaN where missing, each of shape (n,).

    Returns:
        The columns, each of shape (8760,), and the warnings.

    Raises:
        InputError: Duplicate hours, missing hours or missing values (beyond the repair asked for).
    """
    warnings = []
    leap = rows.hours < 0
    if leap.any():
        count = int(leap.sum())
        warnings.append(PlanWarning("leap-day-dropped", f"{rows.path}: the {count} hours of 29 February were dropped."))
    keep = np.flatnonzero(~leap)
    _refuse_duplicates(rows, keep)
    present = np.zeros(HOURS_PER_YEAR, dtype=bool)
    present[rows.hours[keep]] = True
    if rows.repair_hours == 0 and not present.all():
        _refuse_missing_hours(rows, present, int(keep.size))
    placed = {}
    for name, values in columns.items():
        year = np.full(HOURS_PER_YEAR, np.nan)
        year[rows.hours[keep]] = values[keep]
        if np.isnan(year).any():
            year, warning = _close_gaps(rows, name, year, values, keep)
            warnings.append(warning)
        placed[name] = year
    return placed, tuple(warnings)


def _refuse_duplicates(rows: FileRows, keep: IntArray) -> None:
    hours = np.flatnonzero(np.bincount(rows.hours[keep]) > 1)
    if hours.size:
        lines = rows.lines[rows.hours == hours[0]]
        raise InputError(
            f"{hours.size} hours occur twice, the first is {hour_label(int(hours[0]))} {rows.clock} "
            f"in lines {lines[0]} and {lines[1]}",
            where=rows.field,
            value=rows.path,
            allowed="each hour of the year once",
            hint="Remove the second copy (often the hour repeated when clocks go back; use standard time or UTC)",
        )


def _refuse_missing_hours(rows: FileRows, present: np.ndarray[tuple[int], np.dtype[np.bool_]], n: int) -> None:
    missing = np.flatnonzero(~present)
    spans = _spans(missing)
    shown = "; ".join(hour_label(a) if a == b else f"{hour_label(a)} to {hour_label(b)}" for a, b in spans[:_SHOWN])
    more = f" and {len(spans) - _SHOWN} more gaps" if len(spans) > _SHOWN else ""
    longest = max(b - a + 1 for a, b in spans)
    raise InputError(
        f"has {n} of the {HOURS_PER_YEAR} hours; missing ({rows.clock}): {shown}{more}",
        where=rows.field,
        value=rows.path,
        allowed="8760 hourly rows, or 8784 with 29 February",
        hint=f"Add the missing rows, or set site.repair_hours = {longest} to close gaps by interpolation"
        if longest <= 24
        else "Add the missing rows",
    )


def _close_gaps(
    rows: FileRows, name: str, year: FloatArray, raw: FloatArray, keep: IntArray
) -> tuple[FloatArray, PlanWarning]:
    """Interpolate the gaps of a column where the scenario allows gaps of that length."""
    spans = _spans(np.flatnonzero(np.isnan(year)))
    longest = max(b - a + 1 for a, b in spans)
    first = hour_label(spans[0][0])
    bad = keep[np.isnan(raw[keep])]
    at = f", first in line {rows.lines[bad[0]]}" if bad.size else ""
    total = sum(b - a + 1 for a, b in spans)
    if longest > rows.repair_hours:
        raise InputError(
            f"column {name} has {total} missing values{at} (hour {first} {rows.clock}), longest gap {longest} h",
            where=rows.field,
            value=rows.path,
            allowed="a number in every hour",
            hint=f"Complete the file, or set site.repair_hours = {longest} to close gaps by interpolation"
            if longest <= 24
            else "Complete the file",
        )
    known = np.flatnonzero(~np.isnan(year))
    hours = np.arange(HOURS_PER_YEAR)
    filled = np.interp(hours, known, year[known], period=HOURS_PER_YEAR)
    message = (
        f"{rows.path}: {total} missing values of {name} (first {first} {rows.clock}, longest gap {longest} h) "
        f"were interpolated, as site.repair_hours = {rows.repair_hours} asks."
    )
    return filled, PlanWarning("gaps-filled", message)


def _spans(hours: IntArray) -> list[tuple[int, int]]:
    """Join consecutive hours to (first, last) pairs."""
    breaks = np.flatnonzero(np.diff(hours) > 1)
    starts: Sequence[int] = [0, *(breaks + 1).tolist()]
    ends: Sequence[int] = [*breaks.tolist(), hours.size - 1]
    return [(int(hours[a]), int(hours[b])) for a, b in zip(starts, ends, strict=True)]
