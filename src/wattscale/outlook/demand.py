"""Demand for the services of AI and for other computing, before prices answer.

In: draws of growth, progress and depth. Out: indices by year, 2025 = 1, and how demand answers a price.
Leaves out: the prices; pathway.py finds them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.outlook.drivers import Draws
from wattscale.outlook.years import FUTURE, since_start
from wattscale.units import FloatArray


def fading(start: FloatArray, long_run: FloatArray, tau: FloatArray, years: tuple[int, ...] = FUTURE) -> FloatArray:
    """Let a yearly rate fade from a start to a long-run value.

    r(t) = long + (start - long) exp(-(t - 2026) / tau).

    Args:
        start: Rate in 2026 [1/year], shape (draws,).
        long_run: Rate in the long run [1/year].
        tau: Time constant [year].
        years: Years to give.

    Returns:
        Rates [1/year], shape (years, draws).

    >>> fading(np.array([1.0]), np.array([0.0]), np.array([1.0]), (2026, 2027)).round(4).tolist()
    [[1.0], [0.3679]]
    """
    return np.array([long_run + (start - long_run) * np.exp(-since_start(year) / tau) for year in years])


@dataclass(frozen=True)
class DemandPaths:
    """Demand at reference prices, each of shape (future years, draws), 2025 = 1.

    Attributes:
        service: Tasks served.
        work: Work per task: falls by algorithms, rises by depth.
        income: Income against the reference, to the income elasticity.
    """

    service: FloatArray
    work: FloatArray
    income: FloatArray


def demand_paths(v: Draws, reference_gdp_growth: float) -> DemandPaths:
    """Build demand at reference prices.

    S_t = S_(t-1) exp(g_t); f_t = f_(t-1) exp(depth_t - algorithms_t).

    Args:
        v: Draws of the drivers.
        reference_gdp_growth: Growth of income that the growth of demand already holds [1/year].

    Returns:
        Indices by year and draw.
    """
    tau = v["demand.maturing"]
    growth = fading(v["demand.growth_start"], v["demand.growth_long"], tau)
    fall = fading(v["algorithms.fall_start"], v["algorithms.fall_long"], tau)
    depth = fading(v["algorithms.depth_start"], v["algorithms.depth_long"], tau)
    step = v["demand.income_elasticity"] * (v["demand.gdp_growth"] - reference_gdp_growth)
    years = np.arange(1, len(FUTURE) + 1)[:, None]
    return DemandPaths(
        service=np.exp(np.cumsum(growth, axis=0)),
        work=np.exp(np.cumsum(depth - fall, axis=0)),
        income=np.exp(years * step),
    )


def answered(reference: FloatArray, log_price_ratio: FloatArray, elasticity: FloatArray) -> FloatArray:
    """Give demand at a price: reference x (price / reference price)^-elasticity.

    Args:
        reference: Demand at reference prices [any unit].
        log_price_ratio: Logarithm of the price over the reference price [1].
        elasticity: Price elasticity, above zero [1].

    Returns:
        Demand [unit of reference].

    >>> float(answered(np.array(8.0), np.array(np.log(2.0)), np.array(1.0)).round(6))
    4.0
    """
    return np.asarray(reference * np.exp(-elasticity * log_price_ratio))


def region_shares(base: FloatArray, us_share: FloatArray) -> FloatArray:
    """Spread AI demand over regions: the United States as drawn, the others in proportion.

    Args:
        base: Share by region [1], the United States first, shape (regions,).
        us_share: Share of the United States [1], shape (draws,).

    Returns:
        Shares that sum to one, shape (draws, regions).

    >>> region_shares(np.array([0.5, 0.3, 0.2]), np.array([0.6])).round(2).tolist()
    [[0.6, 0.24, 0.16]]
    """
    others = base[1:] / base[1:].sum()
    return np.concatenate([us_share[:, None], (1.0 - us_share)[:, None] * others], axis=1)


def rebound(elasticity: float, saving_share: float, energy_share: float) -> dict[str, float]:
    """Say how much of a saving use takes back, in both senses.

    Direct: only energy gets cheaper, R = elasticity x share of energy in the price x (saving / saving). All-in: the
    whole price falls with the work per task, use rises by (1 - s)^-elasticity.

    Args:
        elasticity: Price elasticity of use, above zero [1].
        saving_share: Work or energy saved per task [1], below 1.
        energy_share: Share of energy in the price of a task [1].

    Returns:
        `direct` and `all_in`: share of the saving that use takes back [1]; above 1 is backfire. `net_change`: change
        of total energy when the whole price falls [1].

    Source: Sorrell and Dimitropoulos 2008, definitions of the rebound effect.

    >>> rebound(1.0, 0.5, 0.06)["all_in"]
    1.0
    """
    use_direct = (1.0 - energy_share * saving_share) ** -elasticity
    use_all = (1.0 - saving_share) ** -elasticity
    left_direct, left_all = use_direct * (1.0 - saving_share), use_all * (1.0 - saving_share)
    return {
        "direct": (left_direct - (1.0 - saving_share)) / saving_share,
        "all_in": (left_all - (1.0 - saving_share)) / saving_share,
        "net_change": left_all - 1.0,
    }
