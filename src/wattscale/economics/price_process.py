"""A process of hourly power prices: seasonal, mean-reverting, with jumps; negative prices are allowed.

In: an hourly price series. Out: a fitted `PriceProcess` and simulated years.
Leaves out: links between zones, long-run trends, and seasons of the jump rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from wattscale.errors import InputError
from wattscale.hours import local_hour, local_weekday, month_of_hour
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

SATURDAY = 5
"""First day of the weekend, 0 = Monday."""


@dataclass(frozen=True)
class PriceProcess:
    """Prices as P = shift + scale * sinh(f + X), dX = -kappa X dt + sigma dW + J dN.

    Attributes:
        shift_usd: Centre of the price [USD/MWh].
        scale_usd: Width at which the price turns from linear to exponential [USD/MWh].
        season: Mean f of each model hour [1], shape (8760,).
        reversion_per_h: Mean reversion kappa [1/h].
        sigma: Standard deviation of an ordinary hour's shock [1].
        jump_rate: Share of hours with a jump [1].
        jump_mean: Mean size of a jump [1].
        jump_sd: Standard deviation of a jump [1].
    """

    shift_usd: float
    scale_usd: float
    season: FloatArray
    reversion_per_h: float
    sigma: float
    jump_rate: float
    jump_mean: float
    jump_sd: float


def transform(price_usd_per_mwh: FloatArray, shift_usd: float, scale_usd: float) -> FloatArray:
    """Bring prices to a scale on which spikes and negative values are tame.

    s = asinh((P - shift) / scale)

    Args:
        price_usd_per_mwh: Prices [USD/MWh].
        shift_usd: Centre [USD/MWh].
        scale_usd: Width [USD/MWh], above zero.

    Returns:
        Transformed prices [1].

    Source: Uniejewski, Weron and Ziel 2018, variance stabilising transformations of electricity prices.

    >>> transform(np.array([40.0]), 40.0, 10.0).tolist()
    [0.0]
    """
    return np.asarray(np.arcsinh((price_usd_per_mwh - shift_usd) / scale_usd), dtype=np.float64)


def fit(price_usd_per_mwh: FloatArray, iterations: int = 200, first_weekday: int = 0) -> PriceProcess:
    """Fit the process to one year of hourly prices.

    The season is the mean by month, hour and weekend. Reversion, shocks and jumps are found together by
    expectation maximisation: each hour's shock is ordinary or a jump with a probability, jumps count less for the
    reversion. This finds jumps smaller than the usual three-sigma filter does.

    Args:
        price_usd_per_mwh: Hourly prices [USD/MWh], shape (8760,).
        iterations: Steps of the fit.
        first_weekday: Day of week of 1 January, 0 = Monday.

    Returns:
        Process.

    Raises:
        InputError: A series that is not a year long, has gaps, or never changes.

    Source: form of Cartea and Figueroa 2005; mixture by Dempster, Laird and Rubin 1977.
    """
    price = np.asarray(price_usd_per_mwh, dtype=np.float64)
    if price.shape != (HOURS_PER_YEAR,) or not np.isfinite(price).all():
        raise InputError("needs 8,760 hourly prices without gaps", where="site.prices", value=price.shape)
    if float(np.ptp(price)) == 0.0:
        raise InputError("the price never changes, so there is no risk to fit", where="site.prices")
    shift = float(np.median(price))
    scale = max(float(np.median(np.abs(price - shift))), 1e-3 * float(np.ptp(price)))
    s = transform(price, shift, scale)
    season = seasonal_mean(s, first_weekday)
    x = s - season
    phi, sigma, rate, mean, sd = _fit_jumps(x, iterations)
    return PriceProcess(shift, scale, season, -float(np.log(phi)), sigma, rate, mean, sd)


def seasonal_mean(values: FloatArray, first_weekday: int = 0) -> FloatArray:
    """Give the mean by month, hour of day and weekend, spread back over the year.

    Args:
        values: Hourly values, shape (8760,).
        first_weekday: Day of week of 1 January, 0 = Monday.

    Returns:
        Means, shape (8760,).

    >>> float(seasonal_mean(np.full(8760, 3.0))[100])
    3.0
    """
    weekend = (local_weekday(first_weekday) >= SATURDAY).astype(np.int64)
    hour = local_hour().astype(np.int64)
    cell = (month_of_hour() * HOURS_PER_DAY + hour) * 2 + weekend
    size = int(cell.max()) + 1
    total, count = np.bincount(cell, values, size), np.bincount(cell, minlength=size)
    return np.asarray((total / np.maximum(count, 1))[cell], dtype=np.float64)


def _fit_jumps(x: FloatArray, iterations: int) -> tuple[float, float, float, float, float]:
    """Reversion factor, sigma, jump rate, jump mean and jump deviation of a series, by expectation maximisation."""
    before, after = x[:-1], x[1:]
    phi = float(before @ after / (before @ before))
    shock = after - phi * before
    sigma = 1.4826 * float(np.median(np.abs(shock))) + 1e-9
    jumps = np.abs(shock) > 3.0 * sigma
    rate = float(np.clip(jumps.mean(), 1e-4, 0.3))
    mean = float(shock[jumps].mean()) if jumps.any() else 0.0
    spread = max(float(shock[jumps].var()) if jumps.any() else 0.0, 4.0 * sigma**2)
    for _ in range(iterations):
        plain = (1.0 - rate) * np.exp(-0.5 * shock**2 / sigma**2) / sigma
        jump = rate * np.exp(-0.5 * (shock - mean) ** 2 / spread) / np.sqrt(spread)
        share = jump / (plain + jump + 1e-300)
        weight = (1.0 - share) / sigma**2 + share / spread
        phi = float((weight * before * (after - share * mean)).sum() / (weight * before**2).sum())
        phi = float(np.clip(phi, 1e-3, 0.99999))
        shock = after - phi * before
        rate = float(np.clip(share.mean(), 1e-6, 0.5))
        mean = float((share * shock).sum() / max(share.sum(), 1e-12))
        sigma = float(np.sqrt(((1.0 - share) * shock**2).sum() / (1.0 - share).sum())) + 1e-12
        spread = max(float((share * (shock - mean) ** 2).sum() / max(share.sum(), 1e-12)), sigma**2 * 1.0001)
    return phi, sigma, rate, mean, float(np.sqrt(max(spread - sigma**2, 0.0)))


def simulate(
    process: PriceProcess,
    years: int,
    seed: int,
    *,
    level_log_sd: float = 0.0,
    floor_usd: float = -500.0,
    cap_usd: float = 5000.0,
) -> FloatArray:
    """Simulate years of hourly prices.

    Args:
        process: Fitted process.
        years: Number of years.
        seed: Seed of the random numbers.
        level_log_sd: Standard deviation of the logarithm of a year's level, which hourly data of one year cannot
            show; the mean level is kept.
        floor_usd: Lowest price of the market [USD/MWh]; -500 EUR in the coupled European day-ahead market.
        cap_usd: Highest price of the market [USD/MWh]; 5,000 USD in ERCOT since 2022.

    Returns:
        Prices [USD/MWh], shape (years, 8760).

    Source: exact discretisation of the process; caps of ERCOT and of European day-ahead markets.
    """
    rng = np.random.default_rng(seed)
    shape = (years, HOURS_PER_YEAR)
    shocks = rng.normal(0.0, process.sigma, shape)
    at = rng.random(shape) < process.jump_rate
    shocks[at] += rng.normal(process.jump_mean, process.jump_sd, int(at.sum()))
    phi = float(np.exp(-process.reversion_per_h))
    x = np.asarray(lfilter([1.0], [1.0, -phi], shocks, axis=1))
    # Jumps with a mean shift the level: take that out, the season already holds it.
    x -= process.jump_rate * process.jump_mean / (1.0 - phi)
    limit = np.arcsinh((np.array([floor_usd, cap_usd]) - process.shift_usd) / process.scale_usd)
    price = process.shift_usd + process.scale_usd * np.sinh(np.clip(process.season + x, limit[0], limit[1]))
    if level_log_sd > 0.0:
        price *= np.exp(rng.normal(-0.5 * level_log_sd**2, level_log_sd, (years, 1)))
    return np.asarray(np.clip(price, floor_usd, cap_usd), dtype=np.float64)
