"""The least-cost supply of a campus as a program: what may be built, what each hour needs, what is limited.

In: `Setting` (hourly series, prices, limits) and technologies. Out: `Campus`, the program with what its parts mean.
Leaves out: solving it (solve.py) and naming the result (dispatch.py). Steps may have any number and weight.

Solar and wind give what they have or are curtailed; import cannot be thrown away, so a negative price is no gift.
The carbon-free share counts energy as it enters: 1 - (import x (1 - grid share) + emitting plant + unserved) / load,
which equals clean generation net of storage plus clean import, capped by the load in each hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.supply.builder import Builder
from wattscale.supply.limits import add_limits, counted_per_mw, counted_per_mwh, wear_usd_per_mwh
from wattscale.supply.program import Flow, Link, Program, Ramp, Store, term
from wattscale.supply.purchases import add_purchases
from wattscale.supply.setting import Limit, Setting
from wattscale.supply.tariff import add_grid
from wattscale.supply.technologies import Technology
from wattscale.units import KG_PER_T, FloatArray

__all__ = ["Campus", "Limit", "Setting", "build"]

ROOM_HOURS = 1000.0
"""Largest storage over peak load where the scenario gives no limit [h]."""
SHED_ROOM = 1.01
"""Bound of unserved load over the load [1]; a little room keeps hours without any supply inside the feasible set."""


@dataclass(frozen=True, repr=False)
class Campus:
    """A program with the meaning of its parts.

    Attributes:
        setting, technologies: What it was built from.
        program: The program.
        limits: Limits set by the user.
    """

    setting: Setting
    technologies: Mapping[str, Technology]
    program: Program
    limits: tuple[Limit, ...]


def build(setting: Setting, technologies: Mapping[str, Technology]) -> Campus:
    """Write the campus as a program.

    Args:
        setting: Hourly series, prices and limits.
        technologies: What may be built, by name.

    Returns:
        The campus.
    """
    b = Builder(setting, technologies)
    if "grid" in technologies:
        add_grid(b, technologies["grid"])
    _renewables(b, [t for t in technologies.values() if t.kind == "renewable"])
    for t in technologies.values():
        if t.kind == "fuelled":
            _fuelled(b, t)
    for t in technologies.values():
        if t.kind == "storage":
            _storage(b, t)
    add_purchases(b)
    _flexible(b)
    b.flow("unserved", setting.unserved_usd_per_mwh, 1.0, upper=SHED_ROOM * np.maximum(setting.load_mw, 0.0))
    add_limits(b)
    firm = setting.load_mw * (1.0 - setting.flexible_share)
    program = Program(
        setting.weight, firm, tuple(b.columns), tuple(b.flows), tuple(b.stores), tuple(b.budgets),
        tuple(b.links), tuple(b.ramps), tuple(b.apart),
    )  # fmt: skip
    return Campus(setting, technologies, program, tuple(b.limits))


def _renewables(b: Builder, technologies: list[Technology]) -> None:
    """Solar and wind share one flow, the energy used; running cost is paid on what they could give."""
    terms = []
    for t in technologies:
        factor = b.setting.renewable[t.name]
        potential_mwh = float(b.setting.weight @ factor)
        carbon_cost = b.setting.carbon_price_usd_per_t / KG_PER_T * counted_per_mw(b.setting, t)
        cost = t.annual_usd_per_mw(b.setting.discount_rate) + t.variable_usd_per_mwh * potential_mwh + carbon_cost
        terms.append(term(b.capacity(t, cost), factor, b.steps))
    if terms:
        b.flow("renewable", 0.0, 1.0, tuple(terms))


def _fuelled(b: Builder, t: Technology) -> None:
    at = b.capacity(t, t.annual_usd_per_mw(b.setting.discount_rate))
    carbon_cost = counted_per_mwh(b.setting, t) * b.setting.carbon_price_usd_per_t / KG_PER_T
    lower = b.at_most(at, t.minimum_load) if t.minimum_load else ()
    cost = t.variable_usd_per_mwh + t.fuel_usd_per_mwh[0] + carbon_cost
    flow = b.flow(t.name, cost, 1.0, b.at_most(at, t.availability), lower_terms=lower)
    if t.ramp_share_per_h is None or t.ramp_share_per_h * float(np.min(b.setting.weight)) >= t.availability:
        return
    table = f"supply.own_technologies.{t.name}" if t.like else f"catalog.technologies/{t.name}"
    b.limits.append(Limit(f"{table}.ramp_share_per_h", t.ramp_share_per_h, "1/h", "ramp", len(b.ramps), 1.0))
    b.ramp(flow, terms=b.at_most(at, t.ramp_share_per_h * b.setting.weight))


def _storage(b: Builder, t: Technology) -> None:
    rate, weight = b.setting.discount_rate, b.setting.weight
    power = b.capacity(t, t.annual_usd_per_mw(rate))
    room = ROOM_HOURS * max(1.0, t.duration_h / PLAIN_DURATION_H) * b.peak
    energy = b.column(f"{t.name}.energy", t.annual_usd_per_mwh(rate), room)
    level = b.column(f"{t.name}.level", 0.0, room)
    b.links.append(Link(f"{t.name}.level", {level: 1.0, energy: -1.0}, 0.0))
    if t.duration_h > 0:
        b.links.append(Link(f"{t.name}.duration", {power: t.duration_h, energy: -1.0}, 0.0))
    zero = np.zeros(b.steps)
    b.stores.append(Store(t.name, t.keep_per_h**weight, zero, zero, b.at_most(energy), level))
    k, eta = len(b.stores) - 1, t.one_way_efficiency
    wear = wear_usd_per_mwh(b.setting, t)
    carbon_cost = counted_per_mwh(b.setting, t) * b.setting.carbon_price_usd_per_t / KG_PER_T
    charge = b.flow(f"{t.name}.charge", t.variable_usd_per_mwh + wear, -1.0, b.at_most(power), gain={k: eta})
    discharge = b.flow(f"{t.name}.discharge", carbon_cost, 1.0, b.at_most(power), gain={k: -1.0 / eta})
    b.apart.append((charge, discharge))


def _flexible(b: Builder) -> None:
    """Flexible load: a flow out of the campus, with a backlog that is zero at the end of each window."""
    s = b.setting
    if s.flexible_share <= 0.0:
        return
    usual = s.flexible_share * s.load_mw
    ends, window = np.zeros(b.steps), max(1, round(s.flexible_window / float(s.weight[0])))
    ends[window - 1 :: window] = 1.0
    ends[-1] = 1.0
    most = s.flexible_high * float(np.max(usual)) * float(np.max(s.weight)) * window
    span = np.full(b.steps, most)
    b.stores.append(Store("flexible", np.ones(b.steps), -span, span, (), None, ends, -usual))
    k, zero = len(b.stores) - 1, np.zeros(b.steps)
    b.flows.append(Flow("flexible", zero, -1.0, s.flexible_low * usual, s.flexible_high * usual, gain={k: 1.0}))
    if s.flexible_ramp_share_per_h is not None or s.checkpoint_loss_h > 0.0:
        _flexible_changes(b, k, usual)


def _flexible_changes(b: Builder, k: int, usual: FloatArray) -> None:
    """Changes of how far the flexible load is off its usual power: their limits, and the work lost by turning down."""
    s, flow = b.setting, len(b.flows) - 1
    before = np.append(usual[:1], usual[:-1])
    raised, cut = s.flexible_high - 1.0, 1.0 - s.flexible_low
    up, down = cut * before + raised * usual, raised * before + cut * usual
    if s.flexible_ramp_share_per_h is not None:
        limit = s.flexible_ramp_share_per_h * s.weight * usual
        if s.checkpoint_loss_h <= 0.0 and np.all(limit >= np.maximum(up, down)):  # it cannot bind
            return
        up, down = np.minimum(up, limit), np.minimum(down, limit)
        key = "supply.flexible_ramp_share_per_h"
        b.limits.append(Limit(key, s.flexible_ramp_share_per_h, "1/h", "ramp", len(b.ramps), 1.0))
    b.flow("flexible.up", 0.0, 0.0, upper=up)
    lost = {k: -s.checkpoint_loss_h / float(s.weight[0])} if s.checkpoint_loss_h > 0.0 else {}
    b.flow("flexible.down", 0.0, 0.0, upper=down, gain=lost)
    b.ramps.append(Ramp(flow, len(b.flows) - 2, len(b.flows) - 1, np.diff(usual, prepend=0.0)))


PLAIN_DURATION_H = 10.0
"""Storages with a longer least duration get more room for energy."""
