"""A synthetic hourly year of weather from monthly normals.

In: normals, coordinates, seed, coefficients. Out: `Weather` in UTC that keeps the monthly means of temperature, dew
point and wind and the monthly irradiation. Ideas: Aguiar and Collares-Pereira 1992 (daily index), Erbs 1982, Justus
1978.
Leaves out: storms, fronts with a direction, and climate change (`site.warming_c` is added by the stage).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

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
    standard_by_month,
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
    sky = sunshine.sky_of(latitude, longitude, clock, model.clearness.haze)
    wanted, direct = _irradiation(normals, latitude, sky, model)
    index = sunshine.daily_index(scores[0], sunshine.monthly_clear_index(wanted, sky), model.clearness)
    shocks = generator(seed, normals.site, "sunshine").standard_normal(HOURS_PER_YEAR)
    ghi = sunshine.global_irradiance(index, shocks, sky, wanted, model.clearness)
    dni, dhi = sunshine.split_irradiance(ghi, sky, direct)
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


def _irradiation(
    normals: Normals, latitude: float, sky: sunshine.Sky, model: SynthesisModel
) -> tuple[FloatArray, FloatArray | None]:
    """Give monthly global and direct irradiation of the place [kWh/m2/day], each of shape (12,).

    Where the climate station lies at another latitude, its clearness is kept, not its irradiation.
    """
    ghi, dni = normals.ghi_kwh_per_m2_day, normals.dni_kwh_per_m2_day
    if latitude == normals.latitude:
        return ghi, dni
    station = sunshine.sky_of(normals.latitude, 0.0, 0.0, model.clearness.haze)
    there, here = (sunshine.monthly_sums(s.clear_w_per_m2) for s in (station, sky))
    ratio = np.divide(here, there, out=np.zeros(12), where=there > 0)
    return ghi * ratio, None if dni is None else dni * ratio


def _day_scores(normals: Normals, seed: int, model: SynthesisModel) -> FloatArray:
    """Draw the daily scores of clearness, temperature, dew point and wind, shape (4, 365).

    The dew point follows the temperature with the month's own correlation; its rest follows the clearness.
    """
    c = model.clearness
    correlation = np.eye(4)
    for other, value in ((1, c.with_temperature), (2, c.with_dew_point), (3, c.with_wind)):
        correlation[0, other] = correlation[other, 0] = value
    persistence = np.array(
        [
            c.day_persistence,
            float(normals.t_daymean_ac1.mean()),
            model.dew_point.day_persistence,
            model.wind.day_persistence,
        ]
    )
    rng = generator(seed, normals.site, "days")
    scores = correlated_days(rng, np.clip(persistence, 0.0, 0.95), correlation)
    scores[1] = standard_by_month(scores[1])
    follows = np.clip(normals.corr_temp_dew, -0.95, 0.95)[month_of_day()]
    scores[2] = standard_by_month(follows * scores[1] + np.sqrt(1.0 - follows**2) * scores[2])
    return scores


def skewed(scores: FloatArray, skewness: FloatArray) -> FloatArray:
    """Give standard scores a skewness.

    The scores of a shifted lognormal law: (exp(a z - a^2 / 2) - 1) / u, with u^2 = exp(a^2) - 1 and u^3 + 3 u = s.

    Args:
        scores: Standard normal scores.
        skewness: Wanted skewness s [1], between -2 and 2, same shape.

    Returns:
        Scores of mean 0, standard deviation 1 and that skewness, same shape.

    Source: moments of the lognormal law; the cubic is sinh(3 t) = 3 sinh(t) + 4 sinh(t)^3 with u = 2 sinh(t).

    >>> skewed(np.array([-1.0, 1.0]), np.zeros(2)).round(3).tolist()
    [-1.0, 1.0]
    """
    size = np.maximum(np.abs(skewness), 1e-6)
    u = 2.0 * np.sinh(np.arcsinh(size / 2.0) / 3.0)
    square = np.log1p(u**2)
    turned = skewness < 0
    found = np.expm1(np.sqrt(square) * np.where(turned, -scores, scores) - square / 2.0) / u
    return np.where(turned, -found, found)


def _temperature(
    normals: Normals, scores: FloatArray, swing: FloatArray, seed: int, model: TemperatureModel
) -> FloatArray:
    """Give the dry bulb [C] on the local clock: daily means, a daily cycle that follows the clearness, small noise.

    The skewness of the daily means follows from how far the month's records lie from its mean daily extremes.
    """
    month = month_of_day()
    sd = np.maximum(normals.t_daymean_sd_c, 0.1)
    above, below = record_rooms(normals)
    skewness = np.clip(model.skew_records * (above - below) / sd, -1.0, 1.0)[month]
    daily = days_of_months(normals.t_mean_c) + days_of_months(sd) * skewed(scores, skewness)
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
        amplitude = np.minimum(amplitude * span / found, 3.0 * span)
    temp = restore_monthly_mean(level + np.repeat(amplitude[month], HOURS_PER_DAY) * cycle, normals.t_mean_c)
    for _ in range(3):
        temp = _to_records(temp, normals, model.record_stretch)
        temp = tail_to(temp, 0.996, normals.t_p99_6_c, model.tail_share, model.record_stretch)
        temp = -tail_to(-temp, 0.996, _minus(normals.t_p0_4_c), model.tail_share, model.record_stretch)
        temp = restore_monthly_mean(temp, normals.t_mean_c)
    return temp


def record_rooms(normals: Normals) -> tuple[FloatArray, FloatArray]:
    """Give how far a typical year goes beyond the mean daily extremes of each month.

    A record of N years is brought to one year by the expected largest of 31 and of 31 N normal values.

    Args:
        normals: Monthly statistics.

    Returns:
        Room above the mean daily maximum and below the mean daily minimum [K], each of shape (12,).
    """
    days = np.array(MONTH_DAYS)
    one = ndtri(1.0 - 1.0 / (days + 1.0)) / ndtri(1.0 - 1.0 / (days * normals.record_years + 1.0))
    above = np.maximum(normals.t_absmax_c - normals.t_daymax_c, 0.0) * one
    return above, np.maximum(normals.t_daymin_c - normals.t_absmin_c, 0.0) * one


def _to_records(temp: FloatArray, normals: Normals, stretch: float) -> FloatArray:
    """Scale the tails of each month beyond its mean daily extremes towards the month's records.

    A tail that passes its record is compressed to it; one that falls short is stretched by at most the given factor.
    """
    result = temp.copy()
    above, below = record_rooms(normals)
    lengths = np.array(MONTH_DAYS) * HOURS_PER_DAY
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    for m, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        part = result[start : start + length]
        for sign, room, mean in ((1.0, above[m], normals.t_daymax_c[m]), (-1.0, below[m], normals.t_daymin_c[m])):
            excess = sign * (part - mean)
            most = float(excess.max())
            if most > 0 and room > 0:
                tail = excess > 0
                part[tail] = mean + sign * excess[tail] * min(room / most, stretch)
    return result


def _dew_point(normals: Normals, scores: FloatArray, temp: FloatArray, seed: int, model: DewModel) -> FloatArray:
    """Give the dew point [C] on the local clock, never above the dry bulb, with the month's mean.

    ln(sd) = constant + a ln(sd of temperature) + b dew point + c (temperature - dew point), by day and within the day.
    """
    month = month_of_day()
    depression = normals.t_mean_c - normals.dew_mean_c
    log_sd = np.log(np.maximum(normals.t_daymean_sd_c, 0.1))
    shift = model.sd_dew * normals.dew_mean_c + model.sd_depression * depression
    day_sd = model.day_sd * np.exp(model.sd_temperature * log_sd + shift)
    hour_sd = model.hour_sd * np.exp(model.hour_temperature * log_sd + shift)
    skewness = np.clip(model.skew_start + model.skew_dew * normals.dew_mean_c, -1.5, 0.5)[month]
    noise = generator(seed, normals.site, "dew point").standard_normal(HOURS_PER_YEAR)
    dew = spread_days(days_of_months(normals.dew_mean_c) + day_sd[month] * skewed(scores, skewness))
    within = persistent(noise, model.hour_persistence)
    dew = dew + np.repeat(hour_sd[month], HOURS_PER_DAY) * within
    hour = np.arange(HOURS_PER_YEAR) % HOURS_PER_DAY + 0.5
    mixing = np.cos(2.0 * np.pi * (hour - model.driest_hour) / HOURS_PER_DAY)
    dew = dew - model.mixing * np.repeat(np.maximum(depression, 0.0)[month], HOURS_PER_DAY) * mixing
    for _ in range(6):
        dew = np.minimum(restore_monthly_mean(dew, normals.dew_mean_c), temp)
    for _ in range(3):
        dew = tail_to(dew, 0.99, normals.dew_p99_c, model.tail_share, model.tail_stretch)
        dew = np.minimum(restore_monthly_mean(dew, normals.dew_mean_c), temp)
    return dew


def tail_to(values: FloatArray, share: float, target: float | None, start_share: float, stretch: float) -> FloatArray:
    """Scale the upper tail of a year so that a quantile is the one known, within limits.

    Args:
        values: Hourly values, shape (8760,).
        share: Which quantile [1].
        target: Its known value; None leaves the values alone.
        start_share: Quantile above which values are scaled about its value [1].
        stretch: Largest factor; its inverse is the smallest.

    >>> bool(abs(np.quantile(tail_to(np.linspace(0.0, 1.0, 8760), 0.99, 1.2, 0.5, 2.0), 0.99) - 1.2) < 1e-6)
    True
    """
    if target is None:
        return values
    start, found = np.quantile(values, (start_share, share))
    factor = np.clip((target - start) / max(found - start, 0.1), 1.0 / stretch, stretch)
    return np.asarray(np.where(values > start, start + (values - start) * factor, values))


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _wind(normals: Normals, scores: FloatArray, seed: int, model: WindModel) -> FloatArray:
    """Give the wind speed at 10 m [m/s] on the local clock: Weibull in each month, with the month's mean.

    The shape is k = (sd / mean)^-1.086 (Justus 1978).
    """
    noise = generator(seed, normals.site, "wind").standard_normal(HOURS_PER_YEAR)
    hour = np.arange(HOURS_PER_YEAR) % HOURS_PER_DAY + 0.5
    cycle = model.swing * np.cos(2.0 * np.pi * (hour - model.peak_hour) / HOURS_PER_DAY)
    z = np.sqrt(model.day_share) * spread_days(scores)
    z = z + np.sqrt(1.0 - model.day_share) * persistent(noise, model.hour_persistence) + cycle
    share = (z.argsort().argsort() + 0.5) / HOURS_PER_YEAR
    k = days_of_months((normals.wind_sd_ms / normals.wind_mean_ms) ** JUSTUS_POWER)
    shape = np.repeat(np.maximum(k, 0.5), HOURS_PER_DAY)
    speed = (-np.log1p(-share)) ** (1.0 / shape)
    lengths = np.array(MONTH_DAYS) * HOURS_PER_DAY
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    means = np.add.reduceat(speed, starts) / lengths
    return np.asarray(speed * np.repeat(normals.wind_mean_ms / means, lengths))


JUSTUS_POWER = -1.086
"""Weibull shape from the coefficient of variation, Justus et al. 1978."""
