"""How far the plan's cost is exposed to the price of power, and what contracts do about it.

In: the hourly price and the import, the contracts, the spread of yearly price levels. Out: figures of the price risk.
Leaves out: a change of the dispatch with the price, which would lower the cost of dear years, and the link between a
plant's hours and the price beyond season and hour of day, which makes pay-as-produced look safer than it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattscale.economics.contracts import Contract
from wattscale.economics.price_process import fit, simulate
from wattscale.economics.risk import CostRisk, cost_risk, minimum_variance_ratio, yearly_cost
from wattscale.errors import InputError
from wattscale.figure import PlanWarning, Value
from wattscale.hours import Calendar
from wattscale.units import FloatArray

EFFECTS = ("premium_usd_per_year", "risk_removed_share", "premium_per_cvar")
"""What a contract does, as the figures name it."""


@dataclass(frozen=True)
class Exposure:
    """What is exposed.

    Attributes:
        price_usd_per_mwh: Hourly price of the plan [USD/MWh], shape (8760,).
        import_mw: Grid import [MW], shape (8760,).
        energy_usd_per_year: The plan's cost of grid energy [USD/year].
        all_in: The scenario gives one flat price, so all of the cost moves with the level of prices.
        tco_usd_per_year: Total cost of ownership [USD/year].
        calendar: True dates of the prices; None for those of the labels.
    """

    price_usd_per_mwh: FloatArray
    import_mw: FloatArray
    energy_usd_per_year: float
    all_in: bool
    tco_usd_per_year: float
    calendar: Calendar | None = None

    @property
    def moving_usd_per_year(self) -> float:
        """The part that moves with the wholesale price; network charges and taxes stay [USD/year]."""
        spot = float(self.price_usd_per_mwh @ self.import_mw)
        return self.energy_usd_per_year if self.all_in or not spot > 0.0 else min(spot, self.energy_usd_per_year)


def power_price_figures(
    exposed: Exposure,
    contracts: Sequence[Contract],
    options: Sequence[Contract],
    *,
    paths: int,
    seed: int,
    level_log_sd: float,
) -> tuple[dict[str, Value], list[PlanWarning]]:
    """Give the price risk of a plan's grid energy, with its contracts, and what other contracts would do.

    Simulated prices are scaled so that their mean cost is the plan's own.

    Args:
        exposed: Price, import and cost.
        contracts: Contracts of the plan.
        options: Contracts to weigh for the whole import.
        paths: Simulated years.
        seed: Seed.
        level_log_sd: Standard deviation of the logarithm of a year's price level [1].

    Returns:
        Figures, and a warning where the price has no risk that could be fitted.
    """
    if paths == 0 or exposed.energy_usd_per_year <= 0.0 or exposed.tco_usd_per_year <= 0.0:
        return {}, []
    try:
        process = fit(exposed.price_usd_per_mwh, calendar=exposed.calendar)
    except InputError as error:
        return {}, [PlanWarning("no-price-risk", f"The price risk is left out: {error.message}.")]
    prices = simulate(process, paths, seed, level_log_sd=level_log_sd)
    mean = float(yearly_cost(prices, exposed.import_mw).mean())
    if mean <= 0.0:
        return {}, [PlanWarning("no-price-risk", "The price risk is left out: the mean price is not above zero.")]
    moving = exposed.moving_usd_per_year
    prices *= moving / mean
    open_cost = yearly_cost(prices, exposed.import_mw) + (exposed.energy_usd_per_year - moving)
    cost = open_cost + sum((each.settlement_usd(prices) for each in contracts), np.zeros(paths))
    before, after = cost_risk(open_cost), cost_risk(cost)
    flat = np.full(exposed.import_mw.shape, exposed.import_mw.mean())
    figures: dict[str, Value] = {
        "power_cost_sd_usd_per_year": after.sd,
        "power_cost_var95_usd_per_year": after.var,
        "power_cost_cvar95_usd_per_year": after.cvar,
        "power_cost_risk_share": (after.cvar - after.mean) / exposed.tco_usd_per_year,
        "hedge_ratio_baseload": minimum_variance_ratio(prices, exposed.import_mw, flat),
    }
    if contracts:
        figures.update(_effect(before, after, "contracts"))
    for each in options:
        hedged = cost_risk(open_cost + each.settlement_usd(prices))
        figures.update({f"{name}.{each.kind}": value for name, value in _effect(before, hedged, "option").items()})
    return figures, []


def _effect(before: CostRisk, after: CostRisk, name: str) -> dict[str, Value]:
    """Premium, share of the risk removed, and premium per dollar of it, where some is removed."""
    risk = before.cvar - before.mean
    removed = risk - (after.cvar - after.mean)
    figures: dict[str, Value] = {f"{name}_premium_usd_per_year": after.mean - before.mean}
    if risk > 0.0:
        figures[f"{name}_risk_removed_share"] = removed / risk
    if removed > 0.0:
        figures[f"{name}_premium_per_cvar"] = (after.mean - before.mean) / removed
    return figures
