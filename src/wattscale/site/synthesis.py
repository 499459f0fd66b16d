"""A synthetic hourly year of weather from monthly normals.

In: normals, coordinates, seed, coefficients. Out: `Weather` in UTC that keeps the monthly means of temperature, dew
point and wind and the monthly irradiation. Ideas: Aguiar and Collares-Pereira 1992 (daily index), Erbs 1982, Justus
1978.
Leaves out: storms, fronts with a direction, and climate change (`site.warming_c` is added by the stage).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from wattscale.hours import MONTH_DAYS, shift_to_utc
from wattscale.site import sunshine
from wattscale.site.coefficients import DewModel, SynthesisModel, TemperatureModel, WindModel
from wattscale.site.noise import (
    DAYS,
    correlated_days,
    days_of_months,
    generator,
    persistent,
    restore_monthly_mean,
    spread_days,
)
from wattscale.site.normals import Normals, month_of_day
from wattscale.site.result import Weather
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

PA_PER_HPA = 100.0
HOURS_PER_TURN_DEG = 15.0
"""Degrees of longitude per hour of solar time."""


def synthesise(normals: Normals, latitude: float, longitude: float, seed: int, model: SynthesisModel) -> Weather:
    """Make an hourly year of weather.

    Args:
        normals: Monthly statistics.
        latitude: Latitude of the place whose sun shines [deg].
        longitude: Its longitude [deg].
        seed: Seed; the same seed and normals give the same year.
        model: Coefficients.

    Returns:
        Weather in UTC.

    Source: method and measured agreement in docs/method/site.md.
    """
    clock = float(np.floor(longitude / HOURS_PER_TURN_DEG + 0.5))
    scores = _day_scores(normals, seed, model)
    sky = sunshine.sky_of(latitude, longitude, clock)
    index = sunshine.daily_index(
        scores[0], sunshine.monthly_clear_index(normals.ghi_kwh_per_m2_day, sky), model.clearness
    )
    shocks = generator(seed, normals.site, "sunshine").standard_normal(HOURS_PER_YEAR)
    ghi = sunshine.global_irradiance(index, shocks, sky, normals.ghi_kwh_per_m2_day, model.clearness)
    dni, dhi = sunshine.split_irradiance(ghi, sky, normals.dni_kwh_per_m2_day)
    swing = np.clip(1.0 + model.clearness.swing * (sunshine.relative_to_month(index) - 1.0), 0.2, 2.0)
    temp = _temperature(normals, scores[1], swing, seed, model.temperature)
    dew = _dew_point(normals, scores[2], temp, seed, model.dew_point)
    wind = _wind(normals, scores[3], seed, model.wind)
    pressure = np.repeat(days_of_months(normals.pressure_hpa), HOURS_PER_DAY) * PA_PER_HPA
    return Weather(
        temp_air_c=shift_to_utc(temp, clock),
        dew_point_c=shift_to_utc(dew, clock),
        pressure_pa=shift_to_utc(pressure, clock),
        wind_speed_ms=shift_to_utc(wind, clock),
        ghi_w_per_m2=shift_to_utc(ghi, clock),
        dni_w_per_m2=shift_to_utc(dni, clock),
        dhi_w_per_m2=shift_to_utc(dhi, clock),
        source=f"synthetic from the climate normals of {normals.label} ({normals.source})",
        synthetic=True,
    )


def _day_scores(normals: Normals, seed: int, model: SynthesisModel) -> FloatArray:
    """Draw the daily scores of clearness, temperature, dew point and wind, shape (4, 365)."""
    c = model.clearness
    with_dew = float(normals.corr_temp_dew.mean())
    correlation = np.array(
        [
            [1.0, c.with_temperature, c.with_dew_point, c.with_wind],
            [c.with_temperature, 1.0, with_dew, 0.0],
            [c.with_dew_point, with_dew, 1.0, 0.0],
            [c.with_wind, 0.0, 0.0, 1.0],
        ]
    )
    persistence = np.array(
        [
            c.day_persistence,
            float(normals.t_daymean_ac1.mean()),
            model.dew_point.day_persistence,
            model.wind.day_persistence,
        ]
    )
    return correlated_days(generator(seed, normals.site, "days"), np.clip(persistence, 0.0, 0.95), correlation)


def _temperature(
    normals: Normals, scores: FloatArray, swing: FloatArray, seed: int, model: TemperatureModel
) -> FloatArray:
    """Give the dry bulb [C] on the local clock: daily means, a daily cycle that follows the clearness, small noise."""
    month = month_of_day()
    daily = days_of_months(normals.t_mean_c) + days_of_months(normals.t_daymean_sd_c) * scores
    noise = generator(seed, normals.site, "temperature").standard_normal(HOURS_PER_YEAR)
    level = spread_days(daily) + model.hour_sd * persistent(noise, model.hour_persistence)
    angle = 2.0 * np.pi * (np.arange(HOURS_PER_DAY) + 0.5 - model.peak_hour) / HOURS_PER_DAY
    wave = np.cos(angle) + model.second_harmonic * np.cos(2.0 * angle)
    wave = wave / np.ptp(wave)
    cycle = (swing[:, None] * wave).ravel()
    span = normals.t_daymax_c - normals.t_daymin_c
    amplitude = span
    for _ in range(3):
        temp = level + np.repeat(amplitude[month], HOURS_PER_DAY) * cycle
        found = np.bincount(month, np.ptp(temp.reshape(DAYS, HOURS_PER_DAY), axis=1)) / np.array(MONTH_DAYS)
        amplitude = np.clip(amplitude * span / found, 0.0, 3.0 * span)
    temp = restore_monthly_mean(level + np.repeat(amplitude[month], HOURS_PER_DAY) * cycle, normals.t_mean_c)
    for _ in range(2):
        temp = restore_monthly_mean(_within_extremes(temp, normals), normals.t_mean_c)
    return temp


def _within_extremes(temp: FloatArray, normals: Normals) -> FloatArray:
    """Compress the tails of each month beyond its mean daily extremes so that the month's records are not passed."""
    result = temp.copy()
    lengths = np.array(MONTH_DAYS) * HOURS_PER_DAY
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    for m, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        part = result[start : start + length]
        for sign, record, mean in (
            (1.0, normals.t_absmax_c[m], normals.t_daymax_c[m]),
            (-1.0, normals.t_absmin_c[m], normals.t_daymin_c[m]),
        ):
            excess = sign * (part - mean)
            room, most = sign * (record - mean), excess.max()
            if most > room > 0:
                part[excess > 0] = mean + sign * excess[excess > 0] * room / most
    return result


def _dew_point(normals: Normals, scores: FloatArray, temp: FloatArray, seed: int, model: DewModel) -> FloatArray:
    """Give the dew point [C] on the local clock, never above the dry bulb, with the month's mean."""
    sd = model.day_sd_ratio * days_of_months(normals.t_daymean_sd_c)
    noise = generator(seed, normals.site, "dew point").standard_normal(HOURS_PER_YEAR)
    dew = spread_days(days_of_months(normals.dew_mean_c) + sd * scores)
    dew = dew + model.hour_sd * persistent(noise, model.hour_persistence)
    for _ in range(8):
        dew = np.minimum(restore_monthly_mean(dew, normals.dew_mean_c), temp)
    return dew


def _wind(normals: Normals, scores: FloatArray, seed: int, model: WindModel) -> FloatArray:
    """Give the wind speed at 10 m [m/s] on the local clock: Weibull in each month, with the month's mean.

    The shape is k = (sd / mean)^-1.086 (Justus 1978).
    """
    noise = generator(seed, normals.site, "wind").standard_normal(HOURS_PER_YEAR)
    hour = np.arange(HOURS_PER_YEAR) % HOURS_PER_DAY + 0.5
    cycle = model.swing * np.cos(2.0 * np.pi * (hour - model.peak_hour) / HOURS_PER_DAY)
    z = np.sqrt(model.day_share) * spread_days(scores)
    z = z + np.sqrt(1.0 - model.day_share) * persistent(noise, model.hour_persistence) + cycle
    z = (z - z.mean()) / z.std()
    k = days_of_months((normals.wind_sd_ms / normals.wind_mean_ms) ** JUSTUS_POWER)
    shape = np.repeat(np.maximum(k, 0.5), HOURS_PER_DAY)
    speed = (-np.log1p(-np.minimum(ndtr(z), 1.0 - 1e-9))) ** (1.0 / shape)
    lengths = np.array(MONTH_DAYS) * HOURS_PER_DAY
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    means = np.add.reduceat(speed, starts) / lengths
    return np.asarray(speed * np.repeat(normals.wind_mean_ms / means, lengths))


JUSTUS_POWER = -1.086
"""Weibull shape from the coefficient of variation, Justus et al. 1978."""
