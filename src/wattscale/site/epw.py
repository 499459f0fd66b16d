"""Reader of EnergyPlus weather files (EPW).

In: the text of a file. Out: `WeatherFile` in UTC, hour beginning. Hour N of an EPW is the hour that ends at N.
Leaves out: the derived columns, design days and ground temperatures of the format.
"""

from __future__ import annotations

import re

import numpy as np

from wattscale.errors import InputError, clipped
from wattscale.figure import PlanWarning
from wattscale.hours import Calendar, IntArray, shift_to_utc
from wattscale.site.calendar import FIRST_YEAR, LAST_YEAR, calendar_of_rows
from wattscale.site.completeness import FileRows, model_hour, place_year
from wattscale.site.series import WeatherFile
from wattscale.units import FloatArray

FIELD = "site.weather"
COLUMNS: dict[str, tuple[int, float, float, float]] = {
    "dry bulb": (6, 99.9, -70.0, 70.0),
    "dew point": (7, 99.9, -70.0, 70.0),
    "pressure": (9, 999999.0, 31000.0, 120000.0),
    "global horizontal radiation": (13, 9999.0, 0.0, 1600.0),
    "direct normal radiation": (14, 9999.0, 0.0, 1600.0),
    "diffuse horizontal radiation": (15, 9999.0, 0.0, 1600.0),
    "wind speed": (21, 999.0, 0.0, 90.0),
}
"""Position (from 0), code for missing, least and largest value of each column used (EnergyPlus, Auxiliary Programs:
EPW data dictionary)."""
LEAST_FIELDS = 22
TYPICAL = re.compile(r"TMY|TRY|IWEC|WYEC|CWEC|CTZ|typical", re.IGNORECASE)
"""Words in the header of typical years, whose months are of many years whatever their rows say."""
MAY_LACK = ("pressure", "global horizontal radiation", "direct normal radiation", "diffuse horizontal radiation")
"""Columns that the stage can complete, with a warning, where a file has nothing but the code for missing."""


def parse_epw(text: str, path: str, repair_hours: int = 0) -> WeatherFile:
    """Read the text of an EPW file.

    Args:
        text: Content; line ends may be mixed.
        path: Name of the file, for messages.
        repair_hours: Longest gap that may be closed by interpolation [h].

    Raises:
        InputError: No EPW header, a row that cannot be read, hours or values missing; with file and line.
    """
    lines = re.split("\r\n|\n|\r", text)
    latitude, longitude, offset, elevation = _header(lines, path)
    start = _first_row(lines, path)
    numbered = [(i + 1, line) for i, line in enumerate(lines) if i >= start and line.strip()]
    table = _numbers(numbered, path)
    at = np.array([number for number, _ in numbered], dtype=np.int64)
    hours = _hours(table, numbered, path)
    rows = FileRows(FIELD, path, hours, at, repair_hours, "local")
    read = {name: _column(name, table, numbered, path) for name in COLUMNS}
    columns = {name: v for name, v in read.items() if name not in MAY_LACK or not np.isnan(v).all()}
    placed, warnings = place_year(rows, columns)
    utc = {name: shift_to_utc(values, offset) for name, values in placed.items()}
    words = [w.strip() for w in lines[0].split(",")]
    place = words[1] or path
    source = words[4] if len(words) > 4 else ""
    over = utc["dew point"] - utc["dry bulb"]
    if over.max() > 0.05:
        count = int((over > 0.05).sum())
        warnings += (
            PlanWarning(
                "dew-above-air",
                f"{path}: the dew point is above the dry bulb in {count} hours (at most {over.max():.1f} K); "
                "it was lowered to the dry bulb there.",
            ),
        )
    return WeatherFile(
        place=place,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation,
        utc_offset_h=offset,
        temp_air_c=utc["dry bulb"],
        dew_point_c=np.minimum(utc["dew point"], utc["dry bulb"]),
        wind_speed_ms=utc["wind speed"],
        pressure_pa=utc.get("pressure"),
        ghi_w_per_m2=utc.get("global horizontal radiation"),
        dni_w_per_m2=utc.get("direct normal radiation"),
        dhi_w_per_m2=utc.get("diffuse horizontal radiation"),
        source=f"EPW file, {place}" + (f" ({source})" if source else ""),
        warnings=warnings,
        calendar=None if TYPICAL.search(source) else _calendar(hours, table),
    )


def _calendar(hours: IntArray, table: list[list[str]]) -> Calendar | None:
    """True dates of the rows by the file's years; None where the years cannot be read or are those of many."""
    try:
        years = np.array([int(float(row[0])) for row in table], dtype=np.int64)
    except (ValueError, OverflowError):
        return None
    known = bool(((years >= FIRST_YEAR) & (years <= LAST_YEAR)).all())
    return calendar_of_rows(hours, years) if known else None


def _header(lines: list[str], path: str) -> tuple[float, float, float, float]:
    """Give latitude, longitude, UTC offset and elevation of the LOCATION line."""
    words = [w.strip() for w in lines[0].lstrip("\ufeffï»¿").split(",")]
    if words[0].upper() != "LOCATION" or len(words) < 10:
        raise InputError(
            "line 1 is not the LOCATION header of an EPW file",
            where=FIELD,
            value=path,
            hint="Give an EnergyPlus weather file (.epw)",
        )
    limits = (("latitude", 90.0), ("longitude", 180.0), ("time zone", 14.0), ("elevation", 9000.0))
    found = []
    for word, (name, limit) in zip(words[6:10], limits, strict=True):
        try:
            value = float(word)
        except ValueError:
            value = np.nan
        if not abs(value) <= limit:
            raise InputError(
                f"line 1: {name} is {clipped(word)}",
                where=FIELD,
                value=path,
                allowed=f"-{limit:g} to {limit:g}",
                hint="Correct the header of the file",
            )
        found.append(value)
    return found[0], found[1], found[2], found[3]


def _first_row(lines: list[str], path: str) -> int:
    for i, line in enumerate(lines[:40]):
        if line.upper().startswith("DATA PERIODS"):
            words = line.split(",")
            if len(words) > 2 and words[2].strip() not in ("1", "1.0"):
                raise InputError(
                    f"line {i + 1}: the file has {clipped(words[2].strip())} records per hour",
                    where=FIELD,
                    value=path,
                    allowed="1 record per hour",
                    hint="Average the file to hours",
                )
            return i + 1
    raise InputError(
        "has no DATA PERIODS line; the file may be cut off", where=FIELD, value=path, hint="Download it again"
    )


def _numbers(numbered: list[tuple[int, str]], path: str) -> list[list[str]]:
    table = []
    for number, line in numbered:
        cells = line.split(",")
        if len(cells) < LEAST_FIELDS:
            raise InputError(
                f"line {number} has {len(cells)} fields",
                where=FIELD,
                value=path,
                allowed=f"at least {LEAST_FIELDS}",
                hint="The file may be cut off; download it again",
            )
        table.append(cells)
    if not table:
        raise InputError("has no rows of data", where=FIELD, value=path, hint="Download it again")
    return table


def _hours(table: list[list[str]], numbered: list[tuple[int, str]], path: str) -> IntArray:
    """Give the model hour of each row from its month, day and hour (1 to 24, hour ending)."""
    try:
        stamps = np.array([[int(float(c)) for c in row[1:4]] for row in table], dtype=np.int64)
    except (ValueError, OverflowError):
        for (number, _), row in zip(numbered, table, strict=True):
            if not all(re.fullmatch(r"\s*\d{1,4}(\.0*)?\s*", c) for c in row[1:4]):
                raise InputError(
                    f"line {number}: month, day, hour are {clipped(','.join(row[1:4]))}",
                    where=FIELD,
                    value=path,
                    allowed="whole numbers",
                    hint="Correct the line",
                ) from None
        raise
    month, day, hour = stamps[:, 0], stamps[:, 1], stamps[:, 2]
    lengths = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    good = (month >= 1) & (month <= 12) & (hour >= 1) & (hour <= 24) & (day >= 1)
    good &= day <= lengths[np.clip(month, 1, 12) - 1]
    if not good.all():
        i = int(np.flatnonzero(~good)[0])
        raise InputError(
            f"line {numbered[i][0]}: there is no month {month[i]}, day {day[i]}, hour {hour[i]}",
            where=FIELD,
            value=path,
            allowed="hours 1 to 24 (hour ending), days of the calendar",
            hint="Correct the line",
        )
    return model_hour(month, day, hour - 1)


def _column(name: str, table: list[list[str]], numbered: list[tuple[int, str]], path: str) -> FloatArray:
    """Give one column, NaN where the file says missing."""
    position, missing, least, largest = COLUMNS[name]
    cells = [row[position].strip() for row in table]
    try:
        values = np.array([float(c) if c else np.nan for c in cells])
    except ValueError:
        for (number, _), cell in zip(numbered, cells, strict=True):
            try:
                float(cell or "nan")
            except ValueError:
                raise InputError(
                    f"line {number}: {name} is {clipped(cell)}",
                    where=FIELD,
                    value=path,
                    allowed="a number",
                    hint="Correct the line",
                ) from None
        raise
    values[values >= missing] = np.nan
    bad = np.isinf(values) | (values < least) | (values > largest)
    if bad.any():
        i = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"line {numbered[i][0]}: {name} is {values[i]:g}",
            where=FIELD,
            value=path,
            allowed=f"{least:g} to {largest:g}",
            hint="Correct the line",
        )
    return values
