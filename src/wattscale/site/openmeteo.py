"""Reader of answers of the Open-Meteo archive (ERA5) in JSON.

In: the text of an answer, in local or UTC time with a fixed offset. Out: `WeatherFile` in UTC.
Leaves out: daily blocks and pressure levels. Files without irradiance are completed by the stage, which says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from wattscale.errors import InputError, clipped
from wattscale.figure import PlanWarning
from wattscale.hours import Calendar
from wattscale.site.calendar import calendar_of_rows
from wattscale.site.completeness import FileRows, model_hour, place_year
from wattscale.site.humidity import dew_point_c
from wattscale.site.series import WeatherFile
from wattscale.site.weather_tables import checked_coordinates
from wattscale.units import FloatArray
from wattscale.usertext import parse_json

FIELD = "site.weather"
SPEED_TO_MS = {"m/s": 1.0, "km/h": 1 / 3.6, "mp/h": 0.44704, "mph": 0.44704, "kn": 0.514444}
"""Wind units of Open-Meteo in m/s (NIST SP 811)."""
PA_PER_HPA = 100.0
PCT = 100.0
LEAST_RH_SHARE = 0.01
SECONDS_PER_HOUR = 3600.0
MOST_OFFSET_S = 50_400
"""14 h, the farthest clock from UTC."""
NAMES: dict[str, tuple[str, ...]] = {
    "temperature": ("temperature_2m",),
    "humidity": ("relative_humidity_2m", "relativehumidity_2m"),
    "dew point": ("dew_point_2m", "dewpoint_2m"),
    "wind": ("wind_speed_10m", "windspeed_10m"),
    "cloud": ("cloud_cover", "cloudcover"),
    "pressure": ("surface_pressure",),
    "ghi": ("shortwave_radiation",),
    "dni": ("direct_normal_irradiance",),
    "dhi": ("diffuse_radiation",),
}
LIMITS = {"temperature": (-90.0, 70.0), "humidity": (0.0, 105.0), "dew point": (-90.0, 50.0), "wind": (0.0, 500.0),
          "cloud": (0.0, 100.0), "pressure": (300.0, 1200.0), "ghi": (-5.0, 1600.0), "dni": (-5.0, 1600.0),
          "dhi": (-5.0, 1600.0)}  # fmt: skip


def parse_openmeteo(text: str, path: str, repair_hours: int = 0) -> WeatherFile:
    """Read an answer of the Open-Meteo archive.

    Temperatures are those at the label, irradiance the mean of the hour before it (it is moved to that hour).

    Args:
        text: JSON.
        path: Name of the file, for messages.
        repair_hours: Longest gap that may be closed by interpolation [h].

    Raises:
        InputError: No Open-Meteo answer, missing variables, wrong units, hours missing.
    """
    answer = _json(text, path)
    hourly: Mapping[str, Any] = answer["hourly"]
    units: Mapping[str, str] = answer.get("hourly_units", {})
    offset_h = float(answer.get("utc_offset_seconds") or 0) / SECONDS_PER_HOUR
    stamps = pd.to_datetime(pd.Series(hourly["time"]), errors="coerce", format="ISO8601")
    if stamps.isna().any():
        i = int(np.flatnonzero(stamps.isna())[0])
        raise _wrong(path, f"hourly.time[{i}] is {clipped(hourly['time'][i])}", "times such as 2023-01-01T00:00")
    utc = pd.DatetimeIndex(stamps - pd.Timedelta(hours=offset_h))
    columns = {k: _column(k, hourly, path) for k in NAMES if _key(k, hourly)}
    for needed in ("temperature", "wind"):
        if needed not in columns:
            raise _wrong(path, f"has no hourly {NAMES[needed][0]}", ", ".join(n[0] for n in NAMES.values()))
    if "humidity" not in columns and "dew point" not in columns:
        raise _wrong(path, "has neither humidity nor dew point", "relative_humidity_2m or dew_point_2m")
    hours = model_hour(utc.month.to_numpy(np.int64), utc.day.to_numpy(np.int64), utc.hour.to_numpy(np.int64))
    if (utc.minute != utc.minute[0]).any():
        raise _wrong(path, "has times that are not hourly", "one value an hour")
    rows = FileRows(FIELD, path, hours, np.arange(len(utc), dtype=np.int64), repair_hours)
    placed, warnings = place_year(rows, columns)
    late = float(utc.minute[0]) / 60.0
    if late:
        placed = {k: (1.0 - late) * v + late * np.roll(v, 1) for k, v in placed.items()}
    calendar = calendar_of_rows(hours, utc.year.to_numpy(np.int64))
    return _record(placed, answer, units, offset_h, path, warnings, calendar)


def _record(
    placed: Mapping[str, FloatArray],
    answer: Mapping[str, Any],
    units: Mapping[str, str],
    offset_h: float,
    path: str,
    warnings: tuple[PlanWarning, ...],
    calendar: Calendar | None,
) -> WeatherFile:
    """Convert units and name the columns."""
    wind_factor = _checked_units(units, path)
    temp = placed["temperature"]
    if "dew point" in placed:
        dew = np.minimum(placed["dew point"], temp)
    else:
        dew = dew_point_c(temp, np.clip(placed["humidity"] / PCT, LEAST_RH_SHARE, 1.0))

    def sun(name: str) -> FloatArray | None:
        return np.maximum(np.roll(placed[name], -1), 0.0) if name in placed else None

    return WeatherFile(
        place="",
        latitude=float(answer["latitude"]),
        longitude=float(answer["longitude"]),
        elevation_m=float(answer.get("elevation") or 0.0),
        utc_offset_h=offset_h,
        temp_air_c=temp,
        dew_point_c=dew,
        wind_speed_ms=placed["wind"] * wind_factor,
        source=f"ERA5 via Open-Meteo, {answer['latitude']:.2f}, {answer['longitude']:.2f}",
        pressure_pa=placed["pressure"] * PA_PER_HPA if "pressure" in placed else None,
        ghi_w_per_m2=sun("ghi"),
        dni_w_per_m2=sun("dni"),
        dhi_w_per_m2=sun("dhi"),
        cloud_share=placed["cloud"] / PCT if "cloud" in placed else None,
        warnings=warnings,
        calendar=calendar,
    )


def _checked_units(units: Mapping[str, str], path: str) -> float:
    """Give the factor of the wind speed to m/s; refuse temperatures that are not in Celsius."""
    for name in ("temperature", "dew point"):
        key = next((n for n in NAMES[name] if n in units), None)
        if key and units[key] not in ("°C", "C", "celsius"):
            raise _wrong(path, f"{key} is in {units[key]}", "degrees Celsius")
    wind_unit = next((units[n] for n in NAMES["wind"] if n in units), "km/h")
    if wind_unit not in SPEED_TO_MS:
        raise _wrong(path, f"wind speed is in {wind_unit}", ", ".join(SPEED_TO_MS))
    return SPEED_TO_MS[wind_unit]


def _json(text: str, path: str) -> dict[str, Any]:
    answer = parse_json(text, FIELD, path)
    if not isinstance(answer, dict) or not isinstance(answer.get("hourly"), dict) or "time" not in answer["hourly"]:
        reason = answer.get("reason") if isinstance(answer, dict) else None
        raise _wrong(path, "has no hourly block" + (f" ({clipped(reason)})" if reason else ""), "an Open-Meteo answer")
    for key in ("latitude", "longitude"):
        if not isinstance(answer.get(key), int | float):
            raise _wrong(path, f"has no {key}", "an Open-Meteo answer")
    for key in ("elevation", "utc_offset_seconds"):
        if not isinstance(answer.get(key) or 0, int | float):
            raise _wrong(path, f"has {key} {clipped(answer[key])}", "a number")
    if abs(answer.get("utc_offset_seconds") or 0) > MOST_OFFSET_S:
        raise _wrong(path, f"has utc_offset_seconds {answer['utc_offset_seconds']}", f"at most {MOST_OFFSET_S}")
    for key in ("hourly_units", "hourly"):
        if not isinstance(answer.get(key, {}), dict):
            raise _wrong(path, f"has no table {key}", "an Open-Meteo answer")
    if not all(isinstance(series, list) for series in answer["hourly"].values()) or not answer["hourly"]["time"]:
        raise _wrong(path, "has no hourly values", "lists of equal length")
    odd = next((stamp for stamp in answer["hourly"]["time"] if not isinstance(stamp, str)), None)
    if odd is not None:
        raise _wrong(path, f"hourly.time holds {clipped(odd)}", "times such as 2023-01-01T00:00")
    checked_coordinates(answer["latitude"], answer["longitude"], answer.get("elevation") or 0.0, path)
    return answer


def _key(name: str, hourly: Mapping[str, Any]) -> str | None:
    return next((n for n in NAMES[name] if n in hourly), None)


def _column(name: str, hourly: Mapping[str, Any], path: str) -> FloatArray:
    key = _key(name, hourly) or name
    raw = hourly[key]
    if len(raw) != len(hourly["time"]):
        raise _wrong(path, f"hourly.{key} has {len(raw)} values for {len(hourly['time'])} times", "equal lengths")
    try:
        values = np.array([np.nan if v is None else float(v) for v in raw])
    except (TypeError, ValueError):
        raise _wrong(path, f"hourly.{key} holds something that is no number", "numbers or null") from None
    least, largest = LIMITS[name]
    wrong = (values < least) | (values > largest)
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise _wrong(path, f"hourly.{key}[{i}] is {values[i]:g}", f"{least:g} to {largest:g}")
    return values


def _wrong(path: str, message: str, allowed: str) -> InputError:
    return InputError(
        message, where=FIELD, value=path, allowed=allowed, hint="Ask the Open-Meteo archive again for a whole year"
    )
