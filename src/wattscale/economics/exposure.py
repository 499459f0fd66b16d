"""How far the plan's cost is exposed to the price of power.

In: the hourly price and the import, with the spread of yearly price levels. Out: figures of the price risk.
Leaves out: a change of the dispatch with the price, which would lower the cost of dear years.
"""

from __future__ import annotations

import numpy as np

from wattscale.economics.price_process import fit, simulate
from wattscale.economics.risk import cost_risk, minimum_variance_ratio, yearly_cost
from wattscale.errors import InputError
from wattscale.figure import PlanWarning, Value
from wattscale.units import FloatArray


def power_price_figures(
    price_usd_per_mwh: FloatArray,
    import_mw: FloatArray,
    energy_usd_per_year: float,
    tco_usd_per_year: float,
    *,
    paths: int,
    seed: int,
    level_log_sd: float,
) -> tuple[dict[str, Value], list[PlanWarning]]:
    """Give the price risk of a plan's grid energy.

    The simulated cost is scaled so that its mean is the plan's own cost of grid energy.

    Args:
        price_usd_per_mwh: Hourly price of the plan [USD/MWh], shape (8760,).
        import_mw: Grid import [MW], shape (8760,).
        energy_usd_per_year: The plan's cost of grid energy [USD/year].
        tco_usd_per_year: Total cost of ownership [USD/year].
        paths: Simulated years.
        seed: Seed.
        level_log_sd: Standard deviation of the logarithm of a year's price level [1].

    Returns:
        Figures, and a warning where the price has no risk that could be fitted.
    """
    if paths == 0 or energy_usd_per_year <= 0.0 or tco_usd_per_year <= 0.0:
        return {}, []
    try:
        process = fit(price_usd_per_mwh)
    except InputError as error:
        return {}, [PlanWarning("no-price-risk", f"The price risk is left out: {error.message}.")]
    prices = simulate(process, paths, seed, level_log_sd=level_log_sd)
    cost = yearly_cost(prices, import_mw)
    risk = cost_risk(cost * (energy_usd_per_year / float(cost.mean())))
    return {
        "power_cost_sd_usd_per_year": risk.sd,
        "power_cost_var95_usd_per_year": risk.var,
        "power_cost_cvar95_usd_per_year": risk.cvar,
        "power_cost_risk_share": (risk.cvar - risk.mean) / tco_usd_per_year,
        "hedge_ratio_baseload": minimum_variance_ratio(prices, import_mw, np.full(import_mw.shape, import_mw.mean())),
    }, []
