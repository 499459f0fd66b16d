"""Reader of hourly CSV files with a column `time_utc`, for prices and carbon.

In: a path and the columns wanted. Out: columns in the model year, with warnings and the calendar.
Leaves out: other time steps (average or repeat them to hours first) and local time.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wattscale.errors import InputError, clipped
from wattscale.figure import PlanWarning
from wattscale.hours import Calendar
from wattscale.site.calendar import calendar_of_rows
from wattscale.site.completeness import FileRows, model_hour, place_year
from wattscale.units import FloatArray
from wattscale.userfile import FileKind
from wattscale.usertext import check_header, read_table_text

SERIES = FileKind("an hourly series", (".csv", ".csv.gz"))
TIME = "time_utc"
MINUTES_PER_HOUR = 60
FIRST_ROW_LINE = 2
MOST_REASON = 150


@dataclass(frozen=True)
class Column:
    """A column that may be in the file, with its allowed range."""

    name: str
    least: float
    largest: float
    required: bool = True


@dataclass(frozen=True)
class HourlyTable:
    """An hourly year as a file gives it: columns of shape (8760,) in UTC, warnings, and the dates of its days."""

    columns: dict[str, FloatArray]
    warnings: tuple[PlanWarning, ...]
    calendar: Calendar | None


def read_hourly_csv(path: str, field: str, columns: Sequence[Column], repair_hours: int = 0) -> HourlyTable:
    """Read an hourly year.

    Args:
        path: The file.
        field: Scenario field that names it, such as `site.prices`.
        columns: Columns wanted.
        repair_hours: Longest gap that may be closed by interpolation [h].

    Returns:
        The columns found, the warnings, and the true dates where the rows are twelve months in a row.

    Raises:
        InputError: With file, line and remedy.
    """
    frame = _read_frame(path, field)
    names = _check_columns(frame, columns, path, field)
    times = _times(frame, path, field)
    minute = _minute(times, path, field)
    lines = np.arange(len(frame), dtype=np.int64) + FIRST_ROW_LINE
    hours = model_hour(times.month.to_numpy(np.int64), times.day.to_numpy(np.int64), times.hour.to_numpy(np.int64))
    values = {c.name: _numbers(frame[c.name], c, path, field) for c in columns if c.name in names}
    placed, warnings = place_year(FileRows(field, path, hours, lines, repair_hours), values)
    if minute:
        placed, warning = _to_full_hours(placed, minute, path)
        warnings += (warning,)
    return HourlyTable(placed, warnings, calendar_of_rows(hours, times.year.to_numpy(np.int64)))


def _read_frame(path: str, field: str) -> pd.DataFrame:
    text = read_table_text(path, field, SERIES)
    check_header([cell.strip().strip('"').strip() for cell in text.partition("\n")[0].split(",")], field, path)
    try:
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(
            f"cannot be read as a CSV file ({clipped(' '.join(str(error).split()), MOST_REASON)})",
            where=field,
            value=path,
            hint="Give a comma-separated text file with a header line",
        ) from None
    frame.columns = [str(c).strip() for c in frame.columns]
    return frame


def _check_columns(frame: pd.DataFrame, columns: Sequence[Column], path: str, field: str) -> set[str]:
    found = set(frame.columns)
    for name in [TIME, *(c.name for c in columns if c.required)]:
        if name not in found:
            raise InputError(
                f"has no column {name} (columns: {', '.join(clipped(c) for c in list(frame.columns)[:8])})",
                where=field,
                value=path,
                allowed=", ".join([TIME, *(c.name for c in columns)]),
                hint=_column_hint(name, frame),
            )
    if len(frame) == 0:
        raise InputError("has no rows", where=field, value=path, allowed="8760 hourly rows")
    return found


def _column_hint(name: str, frame: pd.DataFrame) -> str:
    if len(frame.columns) == 1:
        return "The separator must be a comma"
    if name == TIME:
        return f"Write a column {TIME} with the UTC time at which each hour begins"
    return f"Rename the column that holds it to {name}"


def _times(frame: pd.DataFrame, path: str, field: str) -> pd.DatetimeIndex:
    text = frame[TIME].str.strip()
    times = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    bad = np.flatnonzero(times.isna().to_numpy())
    if bad.size:
        raise InputError(
            f"line {bad[0] + FIRST_ROW_LINE}: {TIME} is {clipped(text.iloc[bad[0]])} ({bad.size} such rows)",
            where=field,
            value=path,
            allowed="UTC times such as 2024-01-01 00:00",
            hint="Write times as year-month-day hour:minute",
        )
    return pd.DatetimeIndex(times)


def _minute(times: pd.DatetimeIndex, path: str, field: str) -> int:
    """Give the minute of the hour shared by all stamps."""
    minutes = times.minute.to_numpy()
    if (minutes != minutes[0]).any():
        i = int(np.flatnonzero(minutes != minutes[0])[0])
        raise InputError(
            f"has {len(times)} rows that are not hourly: line {i + FIRST_ROW_LINE} is at minute {minutes[i]}, "
            f"the first row at minute {minutes[0]}",
            where=field,
            value=path,
            allowed="8760 rows, one an hour (8784 in a leap year)",
            hint="Average half-hourly or quarter-hourly values to hours first",
        )
    return int(minutes[0])


def _numbers(cells: pd.Series[str], column: Column, path: str, field: str) -> FloatArray:
    """Turn cells into numbers; empty and NaN cells become NaN, text is an error."""
    text = cells.str.strip()
    blank = text.str.lower().isin(["", "nan", "na", "n/a", "null", "none"])
    values = pd.to_numeric(text.where(~blank), errors="coerce").to_numpy(dtype=np.float64, copy=True)
    wrong = np.isnan(values) & ~blank.to_numpy()
    wrong |= np.isinf(values) | (values < column.least) | (values > column.largest)
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise InputError(
            f"line {i + FIRST_ROW_LINE}: {column.name} is {clipped(text.iloc[i])} ({int(wrong.sum())} such rows)",
            where=field,
            value=path,
            allowed=f"numbers from {column.least:g} to {column.largest:g}",
            hint="Correct the row (numbers use a decimal point)",
        )
    return values


def _to_full_hours(
    placed: Mapping[str, FloatArray], minute: int, path: str
) -> tuple[dict[str, FloatArray], PlanWarning]:
    """Average values that start at minute m into the full hours they overlap."""
    late = minute / MINUTES_PER_HOUR
    shifted = {name: (1.0 - late) * v + late * np.roll(v, 1) for name, v in placed.items()}
    message = (
        f"{path}: the hours start at minute {minute}, as in zones with a half-hour offset; each was shared "
        "between the two full hours it overlaps."
    )
    return shifted, PlanWarning("half-hour-stamps", message)
