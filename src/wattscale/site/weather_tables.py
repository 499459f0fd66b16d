"""Readers of TMY3, PVGIS TMY and NSRDB files through pvlib, and of NASA POWER answers.

In: the text of a file. Out: `WeatherFile` in UTC, hour beginning.
Leaves out: PVGIS hourly series (they lack humidity and pressure) and time steps longer than an hour.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pvlib

from wattscale.errors import InputError, clipped
from wattscale.figure import PlanWarning
from wattscale.hours import shift_to_utc
from wattscale.site.calendar import calendar_of_rows
from wattscale.site.completeness import FileRows, model_hour, place_year
from wattscale.site.humidity import dew_point_c
from wattscale.site.series import WeatherFile
from wattscale.units import FloatArray
from wattscale.usertext import parse_json

FIELD = "site.weather"
PA_PER_HPA = 100.0
PA_PER_KPA = 1000.0
PCT = 100.0
LEAST_RH_SHARE = 0.01
COMMON_YEAR = 2023
"""A year without 29 February, so that hour-ending labels of a typical year can be moved by an hour."""
LIMITS = {
    "temp_air": (-90.0, 70.0), "temp_dew": (-90.0, 50.0), "relative_humidity": (0.0, 110.0), "wind_speed": (0.0, 90.0),
    "pressure": (30_000.0, 120_000.0), "ghi": (-10.0, 1600.0), "dni": (-10.0, 1600.0), "dhi": (-10.0, 1600.0),
}  # fmt: skip
NASA_NAMES = {
    "T2M": "temp_air", "T2MDEW": "temp_dew", "RH2M": "relative_humidity", "WS10M": "wind_speed", "PS": "pressure",
    "ALLSKY_SFC_SW_DWN": "ghi", "ALLSKY_SFC_SW_DNI": "dni", "ALLSKY_SFC_SW_DIFF": "dhi",
}  # fmt: skip


NASA_UNITS = {
    "T2M": ("C",), "T2MDEW": ("C",), "RH2M": ("%",), "WS10M": ("m/s",), "PS": ("kPa",),
    "ALLSKY_SFC_SW_DWN": ("Wh/m^2", "W/m^2"), "ALLSKY_SFC_SW_DNI": ("Wh/m^2", "W/m^2"),
    "ALLSKY_SFC_SW_DIFF": ("Wh/m^2", "W/m^2"),
}  # fmt: skip
"""Units that the reader takes; the service gives MJ/hr to its community AG."""
NOT_READ = (
    ("-BEGIN HEADER-", "it is a CSV answer of NASA POWER, of which the JSON is read"),
    ("utc_offset_seconds,timezone", "it is a CSV answer of Open-Meteo, of which the JSON is read"),
)
"""Marks of files that people have and that are not read, and what to say."""
MOST_REASON = 200


@dataclass(frozen=True)
class TableFile:
    """A weather table before it is placed in the model year; labels begin their hour, in the clock `offset_h`."""

    name: str
    frame: pd.DataFrame
    place: str
    latitude: float
    longitude: float
    elevation_m: float
    offset_h: float
    pressure_pa_per_unit: float
    first_line: int = 1
    """Line of the first row in the file, for messages; 1 where lines mean nothing."""
    typical: bool = False
    """A typical year, whatever years its rows name."""


def read_table(text: str, path: str, repair_hours: int = 0) -> WeatherFile:
    """Read a TMY3, PVGIS TMY, NSRDB or NASA POWER file; the content tells which.

    Args:
        text: Content.
        path: Name of the file, for messages; its ending tells JSON from CSV.
        repair_hours: Longest gap that may be closed by interpolation [h].

    Raises:
        InputError: An unknown or unreadable table, or one that is incomplete.
    """
    if Path(path).suffix.lower() == ".json":
        parse_json(text, FIELD, path)  # says what is wrong with it in our words
    read = next((reader for marks, reader in FORMATS if marks(text)), None)
    if read is None:
        other = next((why for mark, why in NOT_READ if mark in text[:2000]), None)
        raise InputError(
            "is no weather file of a known kind" + (f": {other}" if other else ""),
            where=FIELD,
            value=path,
            allowed="EPW, TMY3, PVGIS TMY, NSRDB (CSV or JSON as downloaded), NASA POWER or Open-Meteo JSON",
            hint="Give the file as the service wrote it, with its header",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of mixed columns; their cells are checked below
            table = read(text.replace("\r\n", "\n").replace("\r", "\n"), path)
    except (
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        StopIteration,
        AttributeError,
        OverflowError,
        csv.Error,
    ) as error:
        reason = " ".join(f"{type(error).__name__} {error}".split())
        raise InputError(
            f"cannot be read: {clipped(reason[:MOST_REASON])}",
            where=FIELD,
            value=path,
            hint="The file may be cut off or edited; download it again",
        ) from None
    return _placed(table, path, repair_hours)


def _placed(table: TableFile, path: str, repair_hours: int) -> WeatherFile:
    """Check the columns, put them into the model year and convert the units."""
    checked_coordinates(table.latitude, table.longitude, table.elevation_m, path)
    undated = np.flatnonzero(pd.isna(table.frame.index))
    if undated.size:
        raise _wrong(path, f"line {undated[0] + table.first_line} has no readable date", "a date in every row")
    frame, averaged = _hourly(table, path)
    if "pressure" in frame.columns:
        frame = frame.assign(pressure=pd.to_numeric(frame["pressure"], errors="coerce") * table.pressure_pa_per_unit)
    columns = {}
    for name, (least, largest) in LIMITS.items():
        if name in frame.columns:
            columns[name] = _checked(frame[name], name, (least, largest), table.first_line, path)
    for needed in ("temp_air", "wind_speed"):
        if needed not in columns:
            raise _wrong(path, f"has no column for {needed}", "temperature, humidity or dew point, wind speed")
    if "temp_dew" not in columns and "relative_humidity" not in columns:
        raise _wrong(path, "has neither humidity nor dew point", "one of them")
    index = pd.DatetimeIndex(frame.index)
    hours = model_hour(index.month.to_numpy(np.int64), index.day.to_numpy(np.int64), index.hour.to_numpy(np.int64))
    rows = FileRows(FIELD, path, hours, np.arange(len(frame), dtype=np.int64) + table.first_line, repair_hours, "local")
    placed, warnings = place_year(rows, columns)
    utc = {name: shift_to_utc(values, table.offset_h) for name, values in placed.items()}
    temp = utc["temp_air"]
    if "temp_dew" in utc:
        dew = np.minimum(utc["temp_dew"], temp)
    else:
        dew = dew_point_c(temp, np.clip(utc["relative_humidity"] / PCT, LEAST_RH_SHARE, 1.0))

    def sun(name: str) -> FloatArray | None:
        return np.maximum(utc[name], 0.0) if name in utc else None

    return WeatherFile(
        place=table.place, latitude=table.latitude, longitude=table.longitude, elevation_m=table.elevation_m,
        utc_offset_h=table.offset_h or float(np.floor(table.longitude / 15.0 + 0.5)), temp_air_c=temp, dew_point_c=dew,
        wind_speed_ms=utc["wind_speed"],
        source=f"{table.name}, {table.place or f'{table.latitude:.2f}, {table.longitude:.2f}'}",
        pressure_pa=utc.get("pressure"),
        ghi_w_per_m2=sun("ghi"), dni_w_per_m2=sun("dni"), dhi_w_per_m2=sun("dhi"), warnings=averaged + warnings,
        calendar=None if table.typical else calendar_of_rows(hours, index.year.to_numpy(np.int64)),
    )  # fmt: skip


def _hourly(table: TableFile, path: str) -> tuple[pd.DataFrame, tuple[PlanWarning, ...]]:
    """Average complete half-hourly or quarter-hourly rows to hours."""
    index = pd.DatetimeIndex(table.frame.index)
    steps = index.minute.nunique()
    if steps == 1:
        return table.frame, ()
    names = [c for c in LIMITS if c in table.frame.columns]
    groups = table.frame[names].groupby(index.floor("h"))
    if not bool((groups.size() == steps).all()):
        raise _wrong(path, f"has hours without all {steps} of their values", "equal steps within the hour")
    message = f"{path}: {steps} values an hour were averaged to hours."
    return groups.mean(), (PlanWarning("averaged-to-hours", message),)


def _checked(cells: pd.Series[Any], name: str, limits: tuple[float, float], first_line: int, path: str) -> FloatArray:
    values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    bad = (values < limits[0]) | (values > limits[1]) | np.isinf(values)
    if bad.any():
        i = int(np.flatnonzero(bad)[0])
        message = f"line {i + first_line}: {name} is {values[i]:g}"
        raise _wrong(path, message, f"{limits[0]:g} to {limits[1]:g}")
    return values


def _tmy3(text: str, path: str) -> TableFile:
    frame, meta = pvlib.iotools.read_tmy3(io.StringIO(text), coerce_year=COMMON_YEAR, map_variables=True)
    local = pd.DatetimeIndex(frame.index).tz_localize(None) - pd.Timedelta(hours=1)
    return TableFile(
        "TMY3 file", frame.set_axis(local), str(meta["Name"]).strip('"'), float(meta["latitude"]),
        float(meta["longitude"]), float(meta["altitude"]), float(meta["TZ"]), PA_PER_HPA, 3, typical=True,
    )  # fmt: skip


def _pvgis(text: str, path: str) -> TableFile:
    if Path(path).suffix.lower() == ".json":
        frame, meta = pvlib.iotools.read_pvgis_tmy(io.StringIO(text), pvgis_format="json", map_variables=True)
    else:
        frame, meta = pvlib.iotools.read_pvgis_tmy(
            io.BytesIO(text.encode("latin-1", "replace")), pvgis_format="csv", map_variables=True
        )
    where = meta["inputs"]["location"] if "location" in meta.get("inputs", {}) else meta["inputs"]
    utc = pd.DatetimeIndex(frame.index).tz_localize(None)
    return TableFile(
        "PVGIS typical year", frame.set_axis(utc), "", float(where["latitude"]), float(where["longitude"]),
        float(where.get("elevation", 0.0) or 0.0), 0.0, 1.0, typical=True,
    )  # fmt: skip


def _nsrdb(text: str, path: str) -> TableFile:
    frame, meta = pvlib.iotools.read_nsrdb_psm4(io.StringIO(text), map_variables=True)
    local = pd.DatetimeIndex(frame.index).tz_localize(None)
    return TableFile(
        "NSRDB file", frame.set_axis(local), "", float(meta["latitude"]), float(meta["longitude"]),
        float(meta["altitude"]), float(meta["Time Zone"]), PA_PER_HPA, 4,
    )  # fmt: skip


def _nasa(text: str, path: str) -> TableFile:
    answer = parse_json(text, FIELD, path)
    values = answer["properties"]["parameter"]
    header = answer["header"]
    if header.get("time_standard", "UTC") != "UTC":
        raise _wrong(path, f"is in {header['time_standard']} time", "UTC (ask with time-standard=UTC)")
    for name, units in NASA_UNITS.items():
        found = str(answer.get("parameters", {}).get(name, {}).get("units", units[0]))
        if found not in units:
            raise _wrong(path, f"has {name} in {clipped(found)}", f"{' or '.join(units)} (ask with community=RE)")
    longitude, latitude, *rest = (float(x) for x in answer["geometry"]["coordinates"])
    frame = pd.DataFrame({NASA_NAMES[k]: pd.Series(v) for k, v in values.items() if k in NASA_NAMES})
    frame = frame.mask(frame == float(header.get("fill_value", -999.0)))
    frame.index = pd.DatetimeIndex(pd.to_datetime(frame.index, format="%Y%m%d%H"))
    return TableFile("NASA POWER", frame, "", latitude, longitude, rest[0] if rest else 0.0, 0.0, PA_PER_KPA)


def checked_coordinates(latitude: float, longitude: float, elevation_m: float, path: str) -> None:
    """Refuse a header whose place is not on earth."""
    for name, value, limits in (
        ("latitude", latitude, (-90.0, 90.0)), ("longitude", longitude, (-180.0, 180.0)),
        ("elevation", elevation_m, (-500.0, 9000.0)),
    ):  # fmt: skip
        if not limits[0] <= value <= limits[1]:
            raise _wrong(path, f"gives a {name} of {value:g}", f"{limits[0]:g} to {limits[1]:g}")


def _wrong(path: str, message: str, allowed: str) -> InputError:
    return InputError(
        message, where=FIELD, value=path, allowed=allowed, hint="Download the file again for a whole year"
    )


FORMATS: tuple[tuple[Callable[[str], bool], Callable[[str, str], TableFile]], ...] = (
    (lambda t: "Date (MM/DD/YYYY)" in t[:2000], _tmy3),
    (lambda t: t.lstrip().startswith("Latitude (decimal degrees)") or '"tmy_hourly"' in t, _pvgis),
    (lambda t: t.startswith("Source,Location ID"), _nsrdb),
    (lambda t: '"ALLSKY_' in t or ('"T2M"' in t and '"time_standard"' in t), _nasa),
)
"""How each kind is told by its content, and its reader."""
