"""Seeded random series: persistent noise by day and by hour, and their spread over the hours of the year.

In: a generator, persistence, correlations. Out: standard normal series.
Leaves out: what the scores mean; each model maps them to its own distribution.
"""

from __future__ import annotations

import zlib
from functools import cache

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtri

from wattscale.hours import MONTH_DAYS
from wattscale.units import HOURS_PER_DAY, FloatArray

DAYS = sum(MONTH_DAYS)
BESIDE_SHARE = 0.25
"""Weight of the noons before and after in a day's mean of linear interpolation, an eighth each."""


def generator(seed: int, place: str, purpose: str) -> np.random.Generator:
    """Give a random generator that depends on the scenario's seed, the place and the purpose alone.

    >>> a, b = generator(1, "x", "wind"), generator(1, "x", "wind")
    >>> bool(a.random() == b.random())
    True
    """
    return np.random.default_rng([seed, zlib.crc32(place.encode()), zlib.crc32(purpose.encode())])


def persistent(shocks: FloatArray, persistence: float) -> FloatArray:
    """Turn independent standard normal shocks into a first-order autoregression of unit variance.

    z_t = p z_(t-1) + sqrt(1 - p^2) e_t along the last axis, started in its stationary state.

    Args:
        shocks: Standard normal numbers, shape (..., n).
        persistence: Lag-one correlation p [1], -1 < p < 1.

    Returns:
        Series of the same shape.

    >>> persistent(np.array([2.0, 0.0, 0.0]), 0.5).tolist()
    [2.0, 1.0, 0.5]
    """
    scaled = np.sqrt(1.0 - persistence**2) * shocks
    scaled[..., 0] = shocks[..., 0]
    return np.asarray(lfilter([1.0], [1.0, -persistence], scaled, axis=-1), dtype=np.float64)


def correlated_days(rng: np.random.Generator, persistence: FloatArray, correlation: FloatArray) -> FloatArray:
    """Draw several daily series with given persistence and given correlation on the same day.

    Args:
        rng: Generator.
        persistence: Lag-one correlation of each series [1], shape (n,).
        correlation: Wanted correlation matrix [1], shape (n, n).

    Returns:
        Standard normal scores, shape (n, 365). Where the ask is impossible (a shock correlation above one), the
        nearest possible correlation is used.
    """
    p = persistence
    ratio = (1.0 - np.outer(p, p)) / np.sqrt(np.outer(1.0 - p**2, 1.0 - p**2))
    wanted = np.clip(correlation * ratio, -0.97, 0.97)
    np.fill_diagonal(wanted, 1.0)
    values, vectors = np.linalg.eigh(wanted)
    possible = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    root = np.linalg.cholesky(possible)
    root /= np.sqrt((root**2).sum(axis=1, keepdims=True))
    shocks = root @ rng.standard_normal((p.size, DAYS))
    return np.vstack([persistent(shocks[i], float(p[i])) for i in range(p.size)])


def spread_days(daily: FloatArray) -> FloatArray:
    """Spread daily values over the hours without jumps at midnight; the mean of each day is kept.

    Linear between noons whose values are solved so that each day's mean is the value given.

    Args:
        daily: One value a day, shape (365,).

    Returns:
        Hourly values, shape (8760,).

    >>> bool(np.allclose(spread_days(np.arange(365.0)).reshape(365, 24).mean(axis=1), np.arange(365.0)))
    True
    """
    n = daily.size
    angle = 2.0 * np.pi * np.arange(n // 2 + 1) / n
    gain = 1.0 - BESIDE_SHARE + BESIDE_SHARE * np.cos(angle)
    noon = np.fft.irfft(np.fft.rfft(daily) / gain, n)
    hours = np.arange(n * HOURS_PER_DAY) + 0.5
    middles = 12.0 + HOURS_PER_DAY * np.arange(n)
    return np.asarray(np.interp(hours, middles, noon, period=n * HOURS_PER_DAY), dtype=np.float64)


def days_of_months(monthly: FloatArray) -> FloatArray:
    """Interpolate monthly means to days; the mean of each month is kept.

    Linear between mid-months whose values are solved so that each month's mean is the value given.

    Args:
        monthly: One value a month, shape (12,).

    Returns:
        Daily values, shape (365,).

    >>> float(days_of_months(np.full(12, 5.0)).std().round(9))
    0.0
    """
    weights = _month_weights()
    starts = np.concatenate([[0], np.cumsum(MONTH_DAYS)[:-1]])
    means = np.add.reduceat(weights, starts, axis=0) / np.array(MONTH_DAYS)[:, None]
    return np.asarray(weights @ np.linalg.solve(means, monthly))


@cache
def _month_weights() -> FloatArray:
    """Weight of each mid-month value in each day, shape (365, 12)."""
    middles = np.cumsum(MONTH_DAYS) - np.array(MONTH_DAYS) / 2.0
    days = np.arange(DAYS) + 0.5
    return np.column_stack([np.interp(days, middles, row, period=DAYS) for row in np.eye(12)])


def restore_monthly_mean(daily_or_hourly: FloatArray, monthly: FloatArray) -> FloatArray:
    """Shift the values of each month so that its mean is the one given.

    Args:
        daily_or_hourly: Values, shape (365,) or (8760,).
        monthly: Wanted means, shape (12,).
    """
    per_day = daily_or_hourly.size // DAYS
    lengths = np.array(MONTH_DAYS) * per_day
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    means = np.add.reduceat(daily_or_hourly, starts) / lengths
    return np.asarray(daily_or_hourly + np.repeat(monthly - means, lengths))


def standard_by_month(daily: FloatArray) -> FloatArray:
    """Bring daily scores to mean 0 and standard deviation 1 within each month, as the normals state them.

    Args:
        daily: Scores, shape (365,).
    """
    lengths = np.array(MONTH_DAYS)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    mean = np.add.reduceat(daily, starts) / lengths
    rest = daily - np.repeat(mean, lengths)
    spread = np.sqrt(np.add.reduceat(rest**2, starts) / lengths)
    return np.asarray(rest / np.repeat(np.maximum(spread, 1e-9), lengths))


def scores_by_month(hourly: FloatArray) -> FloatArray:
    """Give the normal scores of the daily means of a year within each month.

    Args:
        hourly: Values, shape (8760,).

    Returns:
        Scores, shape (365,): the rank r of a day among the n of its month gives the score of (r - 0.5) / n.
    """
    daily = hourly.reshape(DAYS, HOURS_PER_DAY).mean(axis=1)
    ends = np.cumsum(MONTH_DAYS)
    parts = [daily[end - n : end] for end, n in zip(ends, MONTH_DAYS, strict=True)]
    return np.concatenate([ndtri((p.argsort().argsort() + 0.5) / p.size) for p in parts])
