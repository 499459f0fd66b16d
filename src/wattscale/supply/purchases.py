"""Power purchase agreements as columns and flows.

In: a `Builder` whose setting offers purchases. Out: a column per contract [MW], a flow where it serves the load.
Leaves out: credit risk and netting of a physical delivery with spot import over one connection.

A physical contract serves the load up to its hourly volume, and pays price x max(taken, take-or-pay share x volume);
over the grid it also pays the network charge of each hour and a connection of its own size. A virtual one settles
volume x (price - spot) and counts in the yearly match alone.
"""

from __future__ import annotations

import numpy as np

from wattscale.supply.builder import Builder
from wattscale.supply.program import Budget, Link
from wattscale.supply.setting import Limit, Purchase, Setting
from wattscale.supply.technologies import Technology
from wattscale.units import KG_PER_T

SHORT = "short."
"""Beginning of the names of columns that hold energy paid but not taken [MWh]."""


def add_purchases(b: Builder) -> None:
    """Add all contracts on offer."""
    for p in b.setting.purchases:
        volume = volume_mwh(b.setting, p)
        b.limits.append(Limit(f"supply.ppas.{p.name}.max_mw", p.max_mw, "MW", "column", len(b.columns), 1.0))
        if p.delivery == "virtual":
            settled = float((b.setting.weight * b.setting.renewable[p.key]) @ (p.usd_per_mwh - b.setting.spot))
            at = b.column(p.key, settled, p.max_mw)
        else:
            at = _physical(b, p, volume)
        if p.min_mw > 0:
            b.links.append(Link(f"{p.key}.least", {at: -1.0}, -p.min_mw))
    _share_connection(b)


def volume_mwh(setting: Setting, p: Purchase) -> float:
    """Give the yearly volume of a contract per MW [MWh/MW]."""
    return float(setting.weight @ setting.renewable[p.key])


def connection_usd_per_mw(setting: Setting, grid: Technology) -> float:
    """Give what a MW of connection costs a contract in a year: capital and the monthly demand charges [USD/MW]."""
    annual = grid.annual_usd_per_mw(setting.discount_rate) if setting.grid_capital else 0.0
    return annual + len(np.unique(setting.month)) * setting.demand_charge_usd_per_mw_month


def _physical(b: Builder, p: Purchase, volume: float) -> int:
    setting = b.setting
    profile = setting.renewable[p.key]
    firm = p.take_or_pay_share >= 1.0
    cost = p.usd_per_mwh * volume if firm else 0.0
    network = setting.network if p.through_grid else np.zeros(b.steps)
    if p.through_grid and "grid" in b.technologies:
        cost += connection_usd_per_mw(setting, b.technologies["grid"]) * float(profile.max())
    at = b.column(p.key, cost, p.max_mw)
    carbon = p.lifecycle_kg_per_mwh if setting.lifecycle_carbon else 0.0
    price = network + (0.0 if firm else p.usd_per_mwh) + carbon * setting.carbon_price_usd_per_t / KG_PER_T
    flow = b.flow(p.key, price, 1.0, b.at_most(at, profile))
    if 0.0 < p.take_or_pay_share < 1.0:
        owed = p.take_or_pay_share * volume
        short = b.column(f"{SHORT}{p.key}", p.usd_per_mwh, owed * p.max_mw)
        b.budgets.append(Budget(f"{SHORT}{p.key}", {flow: -setting.weight}, {at: owed, short: -1.0}, 0.0))
    return at


def _share_connection(b: Builder) -> None:
    """Import and contracts over the grid share its limit."""
    setting = b.setting
    through = {b.at[p.key]: float(setting.renewable[p.key].max()) for p in setting.over_grid}
    if setting.connection_mw is None or not through:
        return
    grid = {b.at["grid"]: 1.0} if "grid" in b.at else {}
    b.limits.append(Limit("supply.connection_mw", setting.connection_mw, "MW", "link", len(b.links), 1.0))
    b.links.append(Link("supply.connection_mw", {**grid, **through}, setting.connection_mw))
