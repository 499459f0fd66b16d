"""The limits of a year: unserved load, carbon-free share of the hours and of the year, carbon, land.

In: a `Builder` with all its flows. Out: its budgets and links, and what a technology counts in them.
Leaves out: limits of one capacity; those are bounds of their columns.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattscale.supply.builder import Builder
from wattscale.supply.program import Link, Store
from wattscale.supply.purchases import volume_mwh
from wattscale.supply.setting import Limit, Setting
from wattscale.supply.tariff import SPOT
from wattscale.supply.technologies import Technology
from wattscale.units import FloatArray

OWN_LEFT = "own.left"
"""Row, and flow, of what emitting plant gives and the campus does not sell in the same step."""


def counted_per_mwh(setting: Setting, t: Technology) -> float:
    """Give the carbon that cap and price count for each MWh that a plant or store gives [kg/MWh]."""
    if t.kind == "renewable":
        return 0.0
    return t.carbon_kg_per_mwh + (t.upstream_kg_per_mwh + t.lifecycle_kg_per_mwh if setting.lifecycle_carbon else 0.0)


def counted_per_mw(setting: Setting, t: Technology) -> float:
    """Give the carbon that cap and price count for each MW of solar or wind in a year [kg/MW].

    The plant's embodied carbon per MWh that it could give: what is curtailed was built all the same.
    """
    if not setting.lifecycle_carbon or t.kind != "renewable":
        return 0.0
    return t.lifecycle_kg_per_mwh * float(setting.weight @ setting.renewable[t.name])


def wear_usd_per_mwh(setting: Setting, t: Technology) -> float:
    """Give what a MWh of charging wears off a store: fade of a full cycle x cost of its energy x what arrives."""
    return setting.fade_per_cycle * t.capital_usd_per_mwh[0] * t.one_way_efficiency


def add_limits(b: Builder) -> None:
    """Add all limits that the scenario sets."""
    energy, weight = b.setting.energy_mwh, b.setting.weight
    index = {f.name: i for i, f in enumerate(b.flows)}
    share = b.setting.max_unserved_share
    if share < 1.0:
        b.limit("supply.max_unserved_share", share, "1", energy, {index["unserved"]: weight})
    _hourly_share(b, index, energy)
    _annual_share(b, index, energy)
    _carbon_cap(b, index, energy)
    _land(b)


def _hourly_share(b: Builder, index: dict[str, int], energy: float) -> None:
    setting, weight = b.setting, b.setting.weight
    x = setting.cfe_hourly_share
    if x is None or x <= 0.0:
        return
    dirty = {index["unserved"]: weight}
    if "grid" in index:
        dirty[index.get(SPOT, index["grid"])] = weight * (1.0 - setting.grid_cfe_share)
    bought = {p.key for p in setting.purchases if p.delivery == "physical" and not p.carbon_free}
    own = [t.name for t in b.technologies.values() if t.kind == "fuelled" and not t.carbon_free]
    own += [p.key for p in setting.purchases if p.key in bought and p not in setting.over_grid]
    dirty |= {index[key]: weight for key in (*own, *bought)}
    if own and "export" in index:
        dirty = {j: q for j, q in dirty.items() if j not in [index[key] for key in own]}
        dirty[_own_left(b, index, own)] = weight
    b.limit("supply.cfe_hourly_share", x, "1", -energy, dirty, offset=energy)


def _own_left(b: Builder, index: dict[str, int], own: list[str]) -> int:
    """Split emitting plant and export of each step: own - export - left + clean sold = 0; give the flow that is left.

    What is left counts against the carbon-free share, and `clean` is what is sold of carbon-free energy. So the least
    that may count is own plant less export, or nothing.
    """
    zero, ones = np.zeros(b.steps), np.ones(b.steps)
    b.stores.append(Store(OWN_LEFT, ones, zero, zero, zero=ones))
    k = len(b.stores) - 1
    for name, gain in (*((key, 1.0) for key in own), ("export", -1.0)):
        flow = b.flows[index[name]]
        b.flows[index[name]] = replace(flow, gain={**flow.gain, k: gain})
    sizes = tuple(t for name in own for t in b.flows[index[name]].upper_terms)
    left = b.flow(OWN_LEFT, 0.0, 0.0, sizes, gain={k: -1.0})
    b.flow("clean.sold", 0.0, 0.0, b.flows[index["export"]].upper_terms, gain={k: 1.0})
    return left


def _annual_share(b: Builder, index: dict[str, int], energy: float) -> None:
    """Own and contracted clean energy of the year, whenever it is used, is at least this share of the load's.

    What stores and stopped training lose is no use of energy: it is taken off, or the program would burn energy to
    count it as clean.
    """
    setting, weight = b.setting, b.setting.weight
    if not setting.clean_annual_share:
        return
    counted = {index["renewable"]: -weight} if "renewable" in index else {}
    counted |= {index[t.name]: -weight for t in b.technologies.values() if t.kind == "fuelled" and t.carbon_free}
    for t in b.technologies.values():
        if t.kind == "storage":
            counted |= {index[f"{t.name}.charge"]: weight, index[f"{t.name}.discharge"]: -weight}
    usual_mwh = 0.0
    if setting.checkpoint_loss_h > 0.0 and "flexible" in index:
        counted[index["flexible"]] = weight
        usual_mwh = setting.flexible_share * energy
    columns: dict[int, float] = {}
    for p in setting.purchases:
        if p.carbon_free and p.delivery == "physical":
            counted[index[p.key]] = -weight
        elif p.carbon_free:
            columns[b.at[p.key]] = -volume_mwh(setting, p)
    b.limit("supply.clean_annual_share", setting.clean_annual_share, "1", -energy, counted, columns, usual_mwh)


def _carbon_cap(b: Builder, index: dict[str, int], energy: float) -> None:
    setting, weight = b.setting, b.setting.weight
    if setting.carbon_cap_kg_per_mwh is None:
        return
    carbon: dict[int, FloatArray] = {}
    if "grid" in index:
        carbon[index.get(SPOT, index["grid"])] = weight * setting.grid_counted_kg_per_mwh
    columns: dict[int, float] = {}
    for t in b.technologies.values():
        per_mwh, per_mw = counted_per_mwh(setting, t), counted_per_mw(setting, t)
        if per_mwh > 0 and t.kind != "grid":
            carbon[index[f"{t.name}.discharge" if t.kind == "storage" else t.name]] = weight * per_mwh
        if per_mw > 0:
            columns[b.at[t.name]] = per_mw
    for p in setting.purchases:
        counted = setting.purchase_counted_kg_per_mwh(p)
        if p.delivery == "physical" and np.any(counted):
            carbon[index[p.key]] = weight * counted
    b.limit("supply.carbon_cap_kg_per_mwh", setting.carbon_cap_kg_per_mwh, "kg/MWh", energy, carbon, columns)


def _land(b: Builder) -> None:
    if b.setting.land_ha is None:
        return
    used = {b.at[t.name]: t.land_ha_per_mw for t in b.technologies.values() if t.land_ha_per_mw > 0}
    if used:
        b.limits.append(Limit("supply.land_ha", b.setting.land_ha, "ha", "link", len(b.links), 1.0))
        b.links.append(Link("supply.land_ha", used, b.setting.land_ha))
