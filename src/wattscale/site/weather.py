"""Weather of the site: reads a file, completes what it lacks, checks its clock against the sun.

In: a path (EPW, TMY3, PVGIS, NSRDB, NASA POWER, Open-Meteo); normals for what the file lacks. Out: `WeatherFile`,
then `Weather` in UTC.
Leaves out: the synthesis from normals alone (synthesis.py).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pvlib

from wattscale.errors import WattscaleError
from wattscale.figure import PlanWarning
from wattscale.site import sunshine
from wattscale.site.epw import parse_epw
from wattscale.site.humidity import warm_by
from wattscale.site.normals import Normals
from wattscale.site.openmeteo import parse_openmeteo
from wattscale.site.plausible import sun_doubts
from wattscale.site.result import Weather
from wattscale.site.series import WeatherFile
from wattscale.site.weather_tables import read_table
from wattscale.units import HOURS_PER_DAY, FloatArray
from wattscale.userfile import FileKind
from wattscale.usertext import read_table_text, read_text

FIELD = "site.weather"
WEATHER = FileKind(
    "a weather file", (".epw", ".csv", ".json"),
    hint="Give an EPW file, or a file of TMY3, PVGIS, NSRDB, NASA POWER or Open-Meteo as downloaded",
)  # fmt: skip
TABLE_MARKS = ('"tmy_hourly"', '"time_standard"')
"""Words that tell PVGIS and NASA POWER answers from those of Open-Meteo."""
KASTEN_FACTOR = 0.75
"""Global irradiance under cloud n over clear sky is 1 - 0.75 n^3.4, Kasten and Czeplak 1980."""
KASTEN_POWER = 3.4
LAPSE_K_PER_M = 0.0065
"""Fall of temperature with height in the ICAO standard atmosphere."""
CLOCK_TOLERANCE_H = 0.75
"""A sun whose centre lies this far from solar noon over the year tells of a wrong time zone; the files of this
project's test set stay below 0.45 h."""


def read_weather(path: str, repair_hours: int = 0) -> WeatherFile:
    """Read an hourly weather file: EPW, TMY3, PVGIS TMY, NSRDB, NASA POWER or Open-Meteo.

    Args:
        path: The file; ending and content tell the format.
        repair_hours: Longest gap that may be closed by interpolation [h].

    Raises:
        InputError: Unknown format, or a file that is incomplete or unreadable; with file, line and remedy.
    """
    if Path(path).suffix.lower() == ".json":
        text = read_text(path, FIELD, WEATHER)
        read = read_table if any(mark in text for mark in TABLE_MARKS) else parse_openmeteo
    else:
        text = read_table_text(path, FIELD, WEATHER, encoding="latin-1")
        epw = Path(path).suffix.lower() == ".epw" or text[:8].upper() == "LOCATION"
        read = parse_epw if epw else read_table
    file = read(text, path, repair_hours)
    return replace(file, warnings=file.warnings + sun_doubts(file.ghi_w_per_m2, path))


def complete_weather(file: WeatherFile, normals: Normals | None) -> tuple[Weather, tuple[PlanWarning, ...]]:
    """Complete a weather file: pressure from the elevation, irradiance from cloud cover and the normals.

    Args:
        file: The file as read.
        normals: Climate of the nearest place, whose monthly irradiation stands in; None where the file has its own.

    Returns:
        The weather and the warnings, those of the file included.
    """
    warnings = file.warnings
    sky = sunshine.sky_of(file.latitude, file.longitude)
    ghi, dni, dhi = file.ghi_w_per_m2, file.dni_w_per_m2, file.dhi_w_per_m2
    if ghi is None and normals is not None:
        ghi = _irradiance_from_clouds(file, sky, normals)
        how = "cloud cover gives the hours" if file.cloud_share is not None else "a clear sky gives the hours"
        message = (
            f"The weather file has no irradiance; {how}, and the normals of {normals.label} give each month's sum. "
            "Give a file with irradiance where solar power matters."
        )
        warnings += (PlanWarning("weather-no-irradiance", message),)
        dni, dhi = sunshine.split_irradiance(ghi, sky, normals.dni_kwh_per_m2_day)
    elif ghi is not None:
        warnings += clock_warning(file, sky)
        if dni is None or dhi is None:
            dni, dhi = sunshine.split_irradiance(ghi, sky, None)
            message = "The weather file has no direct irradiance; it was split off after Erbs 1982."
            warnings += (PlanWarning("weather-no-direct-irradiance", message),)
    if ghi is None or dni is None or dhi is None:
        raise WattscaleError("a weather file without irradiance needs the normals of the place")
    pressure = file.pressure_pa
    if pressure is None:
        pressure = np.full_like(file.temp_air_c, float(pvlib.atmosphere.alt2pres(file.elevation_m)))
        message = (
            f"The weather file has no pressure; that of the standard atmosphere at {file.elevation_m:.0f} m was used."
        )
        warnings += (PlanWarning("weather-no-pressure", message),)
    weather = Weather(
        file.temp_air_c, file.dew_point_c, pressure, file.wind_speed_ms, ghi, dni, dhi, source=file.source,
        synthetic=False,
    )  # fmt: skip
    return weather, warnings


def lifted(weather: Weather, from_m: float, to_m: float) -> tuple[Weather, PlanWarning]:
    """Bring weather to another elevation: the standard lapse rate at constant relative humidity, standard pressure.

    Args:
        weather: Weather of a station.
        from_m: Its elevation [m].
        to_m: Elevation of the site [m].

    Returns:
        The weather at the site, and the warning that says so.

    Source: ICAO standard atmosphere.
    """
    warming = -LAPSE_K_PER_M * (to_m - from_m)
    temp, dew = warm_by(weather.temp_air_c, weather.dew_point_c, warming)
    thinner = float(pvlib.atmosphere.alt2pres(to_m) / pvlib.atmosphere.alt2pres(from_m))
    moved = replace(weather, temp_air_c=temp, dew_point_c=dew, pressure_pa=weather.pressure_pa * thinner)
    message = (
        f"The weather was brought from {from_m:.0f} m to {to_m:.0f} m: {warming:+.1f} K at constant relative humidity, "
        f"pressure times {thinner:.3f}; wind and sun were left as they are."
    )
    return moved, PlanWarning("weather-lifted", message)


def clock_warning(file: WeatherFile, sky: sunshine.Sky) -> tuple[PlanWarning, ...]:
    """Compare the centre of the file's sunshine with that of the clear sky, hour by hour of UTC.

    Args:
        file: A file with global irradiance.
        sky: The sun over the file's coordinates in UTC.

    Returns:
        One warning where they lie more than `CLOCK_TOLERANCE_H` apart, else none.
    """
    if file.ghi_w_per_m2 is None or file.ghi_w_per_m2.sum() <= 0:
        return ()
    late = clock_error_h(file.ghi_w_per_m2, sky.clear_w_per_m2)
    if abs(late) <= CLOCK_TOLERANCE_H:
        return ()
    message = (
        f"The sun of the weather file is {abs(late):.1f} h too {'late' if late > 0 else 'early'}: its time zone "
        f"({file.utc_offset_h:+g} h) or longitude ({file.longitude:g}) is probably wrong. Correct the header."
    )
    return (PlanWarning("weather-clock", message),)


def clock_error_h(ghi_w_per_m2: FloatArray, clear_w_per_m2: FloatArray) -> float:
    """Give how much later than the clear sky the sunshine of a year has its centre.

    Both are seen as weights on the circle of the 24 hours.

    Args:
        ghi_w_per_m2: Global irradiance [W/m2], shape (8760,).
        clear_w_per_m2: Clear sky of the place [W/m2], shape (8760,).

    Returns:
        Lateness [h], -12 to 12.

    >>> clear = sunshine.sky_of(0.0, 0.0).clear_w_per_m2
    >>> round(clock_error_h(np.roll(clear, 2), clear), 2)
    2.0
    """
    turn = np.exp(2j * np.pi * (np.arange(HOURS_PER_DAY) + 0.5) / HOURS_PER_DAY)
    measured = (ghi_w_per_m2.reshape(-1, HOURS_PER_DAY).sum(axis=0) * turn).sum()
    expected = (clear_w_per_m2.reshape(-1, HOURS_PER_DAY).sum(axis=0) * turn).sum()
    return float(np.angle(measured / expected) / (2 * np.pi) * HOURS_PER_DAY)


def _irradiance_from_clouds(file: WeatherFile, sky: sunshine.Sky, normals: Normals) -> FloatArray:
    """Give global irradiance whose hours follow the cloud cover and whose months are those of the normals."""
    if file.cloud_share is None:
        index = np.ones_like(file.temp_air_c)
    else:
        index = 1.0 - KASTEN_FACTOR * file.cloud_share**KASTEN_POWER
    return sunshine.restore_irradiation(index, sky, normals.ghi_kwh_per_m2_day, 1.2)
