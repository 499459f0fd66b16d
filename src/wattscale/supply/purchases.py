"""Power purchase agreements as columns and flows.

In: a `Builder` whose setting offers purchases. Out: a column per contract [MW], a flow where it serves the load.
Leaves out: credit risk, and the risk that the hours of surplus are the cheap ones in other years than this.

A physical contract serves the load up to its hourly volume, and pays price x max(taken, take-or-pay share x volume).
Over the grid it is part of what the meter reads (tariff.py): one connection, one peak, the network charge of each hour.
What is not used is lost, or sold at the hourly price where that is above zero. A virtual contract settles volume x
(price - spot) and counts in the yearly match alone.
"""

from __future__ import annotations

import numpy as np

from wattscale.supply.builder import Builder
from wattscale.supply.program import Budget, Link
from wattscale.supply.setting import Limit, Purchase, Setting
from wattscale.supply.tariff import METER
from wattscale.units import KG_PER_T, FloatArray

SHORT = "short."
"""Beginning of the names of columns that hold energy paid but not taken [MWh]."""


def add_purchases(b: Builder) -> None:
    """Add all contracts on offer."""
    for p in b.setting.purchases:
        b.limits.append(Limit(f"supply.ppas.{p.name}.max_mw", p.max_mw, "MW", "column", len(b.columns), 1.0))
        if p.delivery == "virtual":
            settled = float((b.setting.weight * b.setting.renewable[p.key]) @ (p.usd_per_mwh - b.setting.spot))
            at = b.column(p.key, settled, p.max_mw)
        else:
            at = _physical(b, p)
        if p.min_mw > 0:
            b.links.append(Link(f"{p.key}.least", {at: -1.0}, -p.min_mw))


def volume_mwh(setting: Setting, p: Purchase) -> float:
    """Give the yearly volume of a contract per MW [MWh/MW]."""
    return float(setting.weight @ setting.renewable[p.key])


def resale_usd_per_mwh(setting: Setting, p: Purchase) -> FloatArray:
    """Give what a MWh of the contract that is not used earns in each step, zero where it is lost [USD/MWh]."""
    return np.maximum(setting.spot, 0.0) if p.surplus_sold else np.zeros(len(setting.weight))


def _physical(b: Builder, p: Purchase) -> int:
    """Add a physical contract; all its volume is sold first, and what serves the load is bought back at that price."""
    setting = b.setting
    profile, volume, resale = setting.renewable[p.key], volume_mwh(setting, p), resale_usd_per_mwh(setting, p)
    firm = p.take_or_pay_share >= 1.0
    cost = p.usd_per_mwh * volume if firm else 0.0
    at = b.column(p.key, cost - float((setting.weight * profile) @ resale), p.max_mw)
    carbon = setting.purchase_counted_kg_per_mwh(p)
    price = resale + (0.0 if firm else p.usd_per_mwh) + carbon * setting.carbon_price_usd_per_t / KG_PER_T
    meter = next((k for k, s in enumerate(b.stores) if s.name == METER), None) if p.through_grid else None
    if meter is None:
        flow = b.flow(p.key, price, 1.0, b.at_most(at, profile))
    else:
        flow = b.flow(p.key, price, 0.0, b.at_most(at, profile), gain={meter: 1.0})
    if 0.0 < p.take_or_pay_share < 1.0:
        owed = p.take_or_pay_share * volume
        short = b.column(f"{SHORT}{p.key}", p.usd_per_mwh, owed * p.max_mw)
        b.budgets.append(Budget(f"{SHORT}{p.key}", {flow: -setting.weight}, {at: owed, short: -1.0}, 0.0))
    return at
