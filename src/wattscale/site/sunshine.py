"""Sun position, clear sky, and irradiance by hour from scores of the day.

In: a place, monthly irradiation, daily scores. Out: global, direct and diffuse irradiance by hour of the place's clock.
Leaves out: horizon shading, snow, and any effect of tilt (the supply stage turns irradiance to the modules).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pvlib
from scipy.special import betaincinv, ndtr

from wattscale.hours import MONTH_DAYS
from wattscale.site.coefficients import SunshineModel
from wattscale.site.noise import DAYS, days_of_months, persistent
from wattscale.site.normals import month_of_day
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

W_PER_KW = 1e3
NOON_H = 12.0
DEG_PER_HOUR = 15.0
DEG_PER_MINUTE = 0.25
"""The earth turns 15 degrees an hour."""
LARGEST_TRANSMITTANCE = 0.8
"""Direct over extraterrestrial irradiance of a very clear, dry sky at high sun (about 1,100 W/m2)."""
DARKEST_INDEX = 0.02
"""Least hourly clear-sky index: even the darkest hour has some diffuse light."""
_MONTH_HOURS = np.array(MONTH_DAYS) * HOURS_PER_DAY
_MONTH_STARTS = np.concatenate([[0], np.cumsum(_MONTH_HOURS)[:-1]])


@dataclass(frozen=True)
class Sky:
    """The sun over a place at the middle of each hour; arrays of shape (8760,).

    Attributes:
        zenith_deg: Zenith angle [deg].
        clear_w_per_m2: Global irradiance of the Haurwitz clear sky [W/m2].
        extra_w_per_m2: Extraterrestrial normal irradiance [W/m2].
        day_of_year: Day of year with its fraction [1..366).
    """

    zenith_deg: FloatArray
    clear_w_per_m2: FloatArray
    extra_w_per_m2: FloatArray
    day_of_year: FloatArray


def sky_of(latitude: float, longitude: float, clock_h: float = 0.0, haze: float = 0.0) -> Sky:
    """Give sun position and clear sky at the middle of each hour of a clock.

    Args:
        latitude: Latitude [deg].
        longitude: Longitude [deg].
        clock_h: The clock's lead over UTC [h]; 0 for UTC.
        haze: Extinction per air mass beyond Haurwitz [1]: the clear sky is dimmed by exp(-haze / cos(zenith)).

    Source: pvlib: Spencer 1971 declination, equation of time and extraterrestrial irradiance (sun within 0.3
    degrees, no refraction); Haurwitz 1945 clear sky.

    >>> sky = sky_of(0.0, 0.0)
    >>> int(sky.clear_w_per_m2[:24].argmax()) in (11, 12)
    True
    """
    hours = np.arange(HOURS_PER_YEAR) + 0.5 - clock_h
    day = 1.0 + (hours / HOURS_PER_DAY) % DAYS
    minutes = pvlib.solarposition.equation_of_time_spencer71(day)
    declination = pvlib.solarposition.declination_spencer71(day)
    turn = DEG_PER_HOUR * (hours - NOON_H) + longitude + minutes * DEG_PER_MINUTE
    zenith = np.degrees(
        pvlib.solarposition.solar_zenith_analytical(np.radians(latitude), np.radians(turn), declination)
    )
    clear = pvlib.clearsky.haurwitz(pd.Series(zenith))["ghi"].to_numpy(dtype=np.float64)
    height = np.maximum(np.cos(np.radians(zenith)), 1e-3)
    clear = np.where(clear > 0, clear * np.exp(-haze / height), 0.0)
    extra = np.asarray(pvlib.irradiance.get_extra_radiation(day), dtype=np.float64)
    return Sky(zenith, clear, extra, day)


def monthly_sums(hourly: FloatArray) -> FloatArray:
    """Sum an hourly year by month, shape (12,)."""
    return np.add.reduceat(hourly, _MONTH_STARTS)


def daily_index(scores: FloatArray, monthly_index: FloatArray, model: SunshineModel) -> FloatArray:
    """Turn daily scores into a daily clear-sky index that follows a beta law.

    The law has the month's mean, lies between `least_scale` mean^2 (sunny months have no dark days) and `most`, and has
    the standard deviation `sd_scale` sqrt(mean (most - mean)).

    Args:
        scores: Standard normal scores, shape (365,).
        monthly_index: Mean index of each month [1], shape (12,).
        model: Coefficients.

    Returns:
        Index [1], shape (365,).
    """
    most = float(np.maximum(model.most, monthly_index.max() * 1.05))
    mean = np.clip(days_of_months(monthly_index), 0.05, most * 0.97)
    least = model.least_scale * mean**2
    within = (mean - least) / (most - least)
    spread = model.sd_scale * np.sqrt(mean * (most - mean)) / (most - least)
    size = np.maximum(within * (1.0 - within) / spread**2 - 1.0, 0.2)
    shares = betaincinv(within * size, (1.0 - within) * size, ndtr(scores))
    return np.asarray(least + (most - least) * shares)


def global_irradiance(
    day_index: FloatArray, shocks: FloatArray, sky: Sky, ghi_kwh_per_m2_day: FloatArray, model: SunshineModel
) -> FloatArray:
    """Give global irradiance by hour whose sum in each month is that of the normals.

    Args:
        day_index: Clear-sky index of each day [1], shape (365,).
        shocks: Standard normal shocks of the hours, shape (8760,).
        sky: Sun and clear sky on the same clock.
        ghi_kwh_per_m2_day: Mean daily irradiation of each month, shape (12,).
        model: Coefficients.

    Returns:
        Global horizontal irradiance [W/m2], shape (8760,).
    """
    of_day = np.repeat(day_index, HOURS_PER_DAY)
    most = max(model.most, float(day_index.max()))
    width = model.hour_noise * of_day * (1.0 - of_day / (1.05 * most))
    index = np.clip(of_day + width * persistent(shocks, model.hour_persistence), DARKEST_INDEX, 1.05 * most)
    return restore_irradiation(index, sky, ghi_kwh_per_m2_day, 1.1 * most)


def restore_irradiation(
    index: FloatArray, sky: Sky, ghi_kwh_per_m2_day: FloatArray, largest_index: float
) -> FloatArray:
    """Scale a clear-sky index so that each month's irradiation is the one given.

    Args:
        index: Hourly clear-sky index [1], shape (8760,).
        sky: Clear sky on the same clock.
        ghi_kwh_per_m2_day: Wanted mean daily irradiation of each month, shape (12,).
        largest_index: Cap of the index while scaling; lifted where a month could not be met otherwise.

    Returns:
        Global horizontal irradiance [W/m2], shape (8760,).
    """
    wanted = ghi_kwh_per_m2_day * W_PER_KW * np.array(MONTH_DAYS)
    factor = np.ones(12)
    ghi = index * sky.clear_w_per_m2
    for _ in range(6):
        total = monthly_sums(ghi)
        factor = factor * np.divide(wanted, total, out=np.zeros(12), where=total > 0)
        ghi = np.minimum(index * np.repeat(factor, _MONTH_HOURS), largest_index) * sky.clear_w_per_m2
    total = monthly_sums(ghi)
    last = np.divide(wanted, total, out=np.zeros(12), where=total > 0)
    return np.asarray(ghi * np.repeat(last, _MONTH_HOURS))


def split_irradiance(
    ghi_w_per_m2: FloatArray, sky: Sky, dni_kwh_per_m2_day: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Split global into direct normal and diffuse horizontal irradiance.

    The diffuse share is that of Erbs; where the normals know the direct irradiation of the month, the share is raised
    to the power that reproduces it. GHI = DNI cos(zenith) + DHI holds in every hour.

    Args:
        ghi_w_per_m2: Global irradiance [W/m2], shape (8760,).
        sky: Sun on the same clock.
        dni_kwh_per_m2_day: Mean daily direct normal irradiation of each month, shape (12,), or None.

    Returns:
        DNI and DHI [W/m2], each of shape (8760,).

    Source: Erbs, Klein and Duffie 1982 (pvlib); the power is ours.
    """
    erbs = pvlib.irradiance.erbs(ghi_w_per_m2, sky.zenith_deg, sky.day_of_year)
    dni = np.asarray(erbs["dni"], dtype=np.float64)
    beam = dni > 0
    if dni_kwh_per_m2_day is None:
        dni = np.minimum(dni, LARGEST_TRANSMITTANCE * sky.extra_w_per_m2)
        return dni, _diffuse(ghi_w_per_m2, dni, sky)
    height = np.cos(np.radians(sky.zenith_deg[beam]))
    share = np.asarray(erbs["dhi"], dtype=np.float64)[beam] / ghi_w_per_m2[beam]
    month = np.repeat(np.arange(12), _MONTH_HOURS)[beam]
    ceiling = LARGEST_TRANSMITTANCE * sky.extra_w_per_m2[beam]
    wanted = dni_kwh_per_m2_day * W_PER_KW * np.array(MONTH_DAYS)

    def direct(power: FloatArray) -> FloatArray:
        return np.minimum(ghi_w_per_m2[beam] * (1.0 - share ** power[month]) / height, ceiling)

    low, high = np.full(12, 0.2), np.full(12, 5.0)
    for _ in range(20):
        middle = np.sqrt(low * high)
        less = np.bincount(month, direct(middle), minlength=12) < wanted
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    dni = np.zeros_like(dni)
    dni[beam] = direct(np.sqrt(low * high))
    return dni, _diffuse(ghi_w_per_m2, dni, sky)


def _diffuse(ghi: FloatArray, dni: FloatArray, sky: Sky) -> FloatArray:
    """Give the diffuse irradiance that closes GHI = DNI cos(zenith) + DHI; at night there is no DNI."""
    return np.asarray(ghi - dni * np.cos(np.radians(sky.zenith_deg)))


def monthly_clear_index(ghi_kwh_per_m2_day: FloatArray, sky: Sky) -> FloatArray:
    """Give each month's irradiation over that of its clear sky [1], shape (12,); 0 in polar night."""
    clear = monthly_sums(sky.clear_w_per_m2)
    wanted = ghi_kwh_per_m2_day * W_PER_KW * np.array(MONTH_DAYS)
    return np.asarray(np.divide(wanted, clear, out=np.zeros(12), where=clear > 0))


def relative_to_month(day_index: FloatArray) -> FloatArray:
    """Give each day's index over the mean of its month [1], shape (365,)."""
    month = month_of_day()
    means = np.bincount(month, day_index, minlength=12) / np.array(MONTH_DAYS)
    return np.asarray(day_index / means[month])
