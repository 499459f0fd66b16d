"""A process of hourly power prices: seasonal, mean-reverting, with jumps; negative prices and spikes as observed.

In: an hourly price series. Out: a fitted `PriceProcess` and simulated years.
Leaves out: prices beyond those observed, links between zones, trends, and seasons of the jump rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter
from scipy.special import expit
from scipy.stats import norm, rankdata

from wattscale.errors import InputError
from wattscale.hours import Calendar, local_hour, local_weekday, month_of_hour
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

SATURDAY = 5
"""First day of the weekend, 0 = Monday."""
SWEEPS = 4
"""Sweeps of the additive season, which settles after three."""
LEAST_SIGMA = 1e-3
"""Ordinary shocks below this mean a tariff of few levels, not a market [1]."""
WARM_UP_H = 1000
"""Hours simulated before the first year, many times the memory of a price [h]."""


@dataclass(frozen=True)
class PriceProcess:
    """Prices as P = Q(f + X), dX = -kappa X dt + sigma dW + J dN, on the scale of normal scores.

    A normal score is the standard normal quantile of a price's rank, so the duration curve of the prices, Q, is kept
    whatever its shape, negative prices and spikes included.

    Attributes:
        scores: Rising normal scores [1], shape (k,).
        prices_usd: Prices at those scores [USD/MWh], shape (k,).
        season: Mean score f of each model hour [1], shape (8760,).
        reversion_per_h: Mean reversion kappa [1/h].
        sigma: Standard deviation of an ordinary hour's shock [1].
        jump_rate: Share of hours with a jump [1].
        jump_mean: Mean size of a jump [1].
        jump_sd: Standard deviation of a jump [1].
    """

    scores: FloatArray
    prices_usd: FloatArray
    season: FloatArray
    reversion_per_h: float
    sigma: float
    jump_rate: float
    jump_mean: float
    jump_sd: float


def normal_scores(values: FloatArray) -> FloatArray:
    """Bring values of any distribution to a standard normal one by rank; equal values share a score.

    s = Phi^-1((rank - 1/2) / n)

    Args:
        values: Values, shape (n,).

    Returns:
        Scores [1], shape (n,).

    Source: normal score transform of geostatistics; for power prices Uniejewski, Weron and Ziel 2018.

    >>> normal_scores(np.array([5.0, -1.0, 900.0])).round(3).tolist()
    [0.0, -0.967, 0.967]
    """
    return np.asarray(norm.ppf((rankdata(values) - 0.5) / values.size), dtype=np.float64)


def fit(price_usd_per_mwh: FloatArray, iterations: int = 200, calendar: Calendar | None = None) -> PriceProcess:
    """Fit the process to one year of hourly prices.

    Season: additive means by month, and by quarter, hour and weekend. Shocks and jumps: expectation maximisation of
    a mixture, which finds jumps smaller than the usual three-sigma filter does. Reversion: the one with which the
    shocks give the variance observed.

    Args:
        price_usd_per_mwh: Hourly prices [USD/MWh], shape (8760,).
        iterations: Steps of the fit.
        calendar: True dates of the prices; None for those of the labels.

    Returns:
        Process.

    Raises:
        InputError: A series that is not a year long, has gaps, or takes too few values to be a market price.

    Source: form of Cartea and Figueroa 2005; mixture by Dempster, Laird and Rubin 1977.
    """
    price = np.asarray(price_usd_per_mwh, dtype=np.float64)
    if price.shape != (HOURS_PER_YEAR,) or not np.isfinite(price).all():
        raise InputError("needs 8,760 hourly prices without gaps", where="site.prices", value=price.shape)
    scores = normal_scores(price)
    season = seasonal_mean(scores, calendar)
    x = scores - season
    if float(x.std()) < LEAST_SIGMA:
        raise InputError("the price follows a timetable, so there is no risk to fit", where="site.prices")
    sigma, rate, mean, sd = _fit_jumps(x, iterations)
    if sigma < LEAST_SIGMA:
        raise InputError("the price takes too few values to fit a process", where="site.prices")
    shock_variance = sigma**2 + rate * (sd**2 + (1.0 - rate) * mean**2)
    factor = float(np.sqrt(np.clip(1.0 - shock_variance / x.var(), 1e-6, 1.0 - 1e-9)))
    order = np.argsort(scores, kind="stable")
    return PriceProcess(scores[order], price[order], season, -float(np.log(factor)), sigma, rate, mean, sd)


def seasonal_mean(values: FloatArray, calendar: Calendar | None = None) -> FloatArray:
    """Give an additive season: means by month, plus means by quarter, hour of day and weekend.

    Args:
        values: Hourly values, shape (8760,).
        calendar: True dates of the prices; None for those of the labels.

    Returns:
        Season of each hour, shape (8760,).

    >>> float(seasonal_mean(np.full(8760, 3.0))[100])
    3.0
    """
    month = month_of_hour()
    weekend = (local_weekday(calendar) >= SATURDAY).astype(np.int64)
    quarter = ((month + 1) // 3) % 4
    shape_of_day = (quarter * HOURS_PER_DAY + local_hour().astype(np.int64)) * 2 + weekend
    season = np.zeros(HOURS_PER_YEAR)
    for _ in range(SWEEPS):
        for cell in (month, shape_of_day):
            total, count = np.bincount(cell, values - season), np.bincount(cell)
            season = season + (total / np.maximum(count, 1))[cell]
    return np.asarray(season, dtype=np.float64)


def _fit_jumps(x: FloatArray, iterations: int) -> tuple[float, float, float, float]:
    """Sigma, jump rate, jump mean and jump deviation of a series, by expectation maximisation."""
    before, after = x[:-1], x[1:]
    phi = float(before @ after / (before @ before))
    shock = after - phi * before
    sigma = 1.4826 * float(np.median(np.abs(shock))) + 1e-9
    rate, mean = 0.05, 0.0
    spread = max(float(shock.var()) * 4.0, 4.0 * sigma**2)
    for _ in range(iterations):
        # In logarithms, since a shock far out has no density of either kind that a number could hold.
        odds = np.log(rate / (1.0 - rate) * sigma / np.sqrt(spread))
        share = expit(odds + 0.5 * (shock**2 / sigma**2 - (shock - mean) ** 2 / spread))
        weight = (1.0 - share) / sigma**2 + share / spread
        phi = float((weight * before * (after - share * mean)).sum() / (weight * before**2).sum())
        shock = after - phi * before
        rate = float(np.clip(share.mean(), 1e-6, 0.5))
        mean = float((share * shock).sum() / share.sum())
        sigma = float(np.sqrt(((1.0 - share) * shock**2).sum() / (1.0 - share).sum())) + 1e-12
        spread = float((share * (shock - mean) ** 2).sum() / share.sum())
        spread = max(spread, sigma**2 * 1.0001)
    return sigma, rate, mean, float(np.sqrt(spread - sigma**2))


def simulate(process: PriceProcess, years: int, seed: int, *, level_log_sd: float = 0.0) -> FloatArray:
    """Simulate years of hourly prices, within the range of those observed but for the level of a year.

    Args:
        process: Fitted process.
        years: Number of years.
        seed: Seed of the random numbers.
        level_log_sd: Standard deviation of the logarithm of a year's level, which the hours of one year cannot
            show; the mean level is kept.

    Returns:
        Prices [USD/MWh], shape (years, 8760).

    Source: exact discretisation of the process.
    """
    rng = np.random.default_rng(seed)
    shape = (years, HOURS_PER_YEAR + WARM_UP_H)
    shocks = rng.normal(0.0, process.sigma, shape)
    at = rng.random(shape) < process.jump_rate
    shocks[at] += rng.normal(process.jump_mean, process.jump_sd, int(at.sum()))
    phi = float(np.exp(-process.reversion_per_h))
    x = np.asarray(lfilter([1.0], [1.0, -phi], shocks, axis=1))[:, WARM_UP_H:]
    # Jumps with a mean shift the level: take that out, the season already holds it.
    x = x - process.jump_rate * process.jump_mean / (1.0 - phi)
    price = np.interp(process.season + x, process.scores, process.prices_usd)
    if level_log_sd > 0.0:
        price *= np.exp(rng.normal(-0.5 * level_log_sd**2, level_log_sd, (years, 1)))
    return np.asarray(price, dtype=np.float64)
