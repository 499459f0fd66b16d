"""The least-cost supply of a campus as a program: what may be built, what each hour needs, what is limited.

In: `Setting` (hourly series, prices, limits) and technologies. Out: `Campus`, the program with what its parts mean.
Leaves out: solving it (solve.py) and naming the result (dispatch.py). Steps may have any number and weight.

Solar and wind give what they have or are curtailed; import cannot be thrown away, so a negative price is no gift.
The carbon-free share counts energy as it enters: 1 - (import x (1 - grid share) + emitting plant + unserved) / load,
which equals clean generation net of storage plus clean import, capped by the load in each hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wattscale.hours import IntArray
from wattscale.supply.program import Budget, Column, Flow, Link, Program, Store, Term, term
from wattscale.supply.technologies import Technology
from wattscale.units import KG_PER_T, FloatArray

ROOM = {"renewable": 100.0, "fuelled": 3.0, "storage": 20.0, "grid": 3.0}
"""Largest capacity over peak load that the optimiser looks at where the scenario gives no limit [1]."""
ROOM_HOURS = 1000.0
"""Largest storage over peak load where the scenario gives no limit [h]."""


@dataclass(frozen=True)
class Setting:
    """What the optimiser is given beside the technologies.

    Attributes:
        weight: Hours of each step [h], shape (T,).
        load_mw: Load [MW], shape (T,).
        month: Billing month of each step, shape (T,).
        import_usd_per_mwh: Price of import, adder included [USD/MWh], shape (T,).
        export_usd_per_mwh: Price of export; None where it is not allowed.
        grid_carbon_kg_per_mwh: Direct carbon of import, shape (T,).
        grid_cfe_share: Carbon-free share of import [1], shape (T,).
        renewable: Capacity factor by technology [1], shape (T,).
        discount_rate: Real discount rate [1/year].
        demand_charge_usd_per_mw_month: Charge on the monthly peak of import.
        connection_mw: Limit of the connection; None for as large as wanted.
        unserved_usd_per_mwh: Value of load not served.
        max_unserved_share: Largest unserved share of the energy [1].
        carbon_price_usd_per_t: Price on direct carbon.
        carbon_cap_kg_per_mwh: Cap on direct carbon per MWh of load; None for none.
        cfe_hourly_share: Least carbon-free share [1]; None for none.
        land_ha: Land; None for no limit.
        max_capacity_mw: Largest capacity by technology [MW].
        grid_capital: Whether the connection's capital is paid here (not with an all-in price).
    """

    weight: FloatArray
    load_mw: FloatArray
    month: IntArray
    import_usd_per_mwh: FloatArray
    grid_carbon_kg_per_mwh: FloatArray
    grid_cfe_share: FloatArray
    renewable: Mapping[str, FloatArray]
    discount_rate: float
    export_usd_per_mwh: FloatArray | None = None
    demand_charge_usd_per_mw_month: float = 0.0
    connection_mw: float | None = None
    unserved_usd_per_mwh: float = 9000.0
    max_unserved_share: float = 1.0
    carbon_price_usd_per_t: float = 0.0
    carbon_cap_kg_per_mwh: float | None = None
    cfe_hourly_share: float | None = None
    land_ha: float | None = None
    max_capacity_mw: Mapping[str, float] = field(default_factory=dict)
    grid_capital: bool = True

    @property
    def energy_mwh(self) -> float:
        """Energy of the load [MWh]."""
        return float(self.weight @ self.load_mw)


@dataclass(frozen=True)
class Limit:
    """A limit the user set, so that an infeasible ask can be told in the user's words.

    Attributes:
        key: Scenario field.
        value: Its value there.
        unit: Unit of the value.
        kind: column (upper bound), budget or link.
        index: Index of the row or column in the program.
        per_unit: Right-hand side per unit of the value.
    """

    key: str
    value: float
    unit: str
    kind: str
    index: int
    per_unit: float


@dataclass(frozen=True)
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


class _Builder:
    """Collects columns, flows, stores, budgets and links of one campus."""

    def __init__(self, setting: Setting, technologies: Mapping[str, Technology]) -> None:
        self.setting, self.technologies = setting, technologies
        self.steps = len(setting.weight)
        self.peak = max(float(np.max(setting.load_mw)), 1e-6)
        self.columns: list[Column] = []
        self.flows: list[Flow] = []
        self.stores: list[Store] = []
        self.budgets: list[Budget] = []
        self.links: list[Link] = []
        self.limits: list[Limit] = []
        self.at: dict[str, int] = {}

    def column(self, name: str, cost: float, upper: float) -> int:
        self.at[name] = len(self.columns)
        self.columns.append(Column(name, cost, upper))
        return self.at[name]

    def capacity(self, technology: Technology, cost: float) -> int:
        """Column of a capacity [MW], limited by the scenario or by the room the optimiser looks at."""
        name, setting = technology.name, self.setting
        upper = ROOM[technology.kind] * self.peak
        given = setting.max_capacity_mw.get(name)
        if name == "grid" and setting.connection_mw is not None:
            given = setting.connection_mw
            self.limits.append(Limit("supply.connection_mw", given, "MW", "column", len(self.columns), 1.0))
        elif given is not None:
            key = f"supply.max_capacity_mw.{name}"
            self.limits.append(Limit(key, given, "MW", "column", len(self.columns), 1.0))
        return self.column(name, cost, upper if given is None else given)

    def flow(self, name: str, cost_per_mwh: float | FloatArray, balance: float, terms: tuple[Term, ...] = (), *,
             upper: FloatArray | None = None, lower_terms: tuple[Term, ...] = (),
             gain: Mapping[int, float] | None = None) -> int:  # fmt: skip
        zero = np.zeros(self.steps)
        cost = np.broadcast_to(np.asarray(cost_per_mwh, float), (self.steps,)) * self.setting.weight
        self.flows.append(
            Flow(name, cost, balance, zero, zero if upper is None else upper, lower_terms, terms, gain or {})
        )
        return len(self.flows) - 1

    def at_most(self, column: int, factor: float | FloatArray = 1.0) -> tuple[Term, ...]:
        return (term(column, factor, self.steps),)


def build(setting: Setting, technologies: Mapping[str, Technology]) -> Campus:
    """Write the campus as a program.

    Args:
        setting: Hourly series, prices and limits.
        technologies: What may be built, by name.

    Returns:
        The campus.
    """
    b = _Builder(setting, technologies)
    if "grid" in technologies:
        _grid(b, technologies["grid"])
    _renewables(b, [t for t in technologies.values() if t.kind == "renewable"])
    for t in technologies.values():
        if t.kind == "fuelled":
            _fuelled(b, t)
    for t in technologies.values():
        if t.kind == "storage":
            _storage(b, t)
    b.flow("unserved", setting.unserved_usd_per_mwh, 1.0, upper=np.maximum(setting.load_mw, 0.0))
    _budgets(b)
    _land(b)
    program = Program(
        setting.weight, setting.load_mw, tuple(b.columns), tuple(b.flows), tuple(b.stores), tuple(b.budgets),
        tuple(b.links),
    )  # fmt: skip
    return Campus(setting, technologies, program, tuple(b.limits))


def _grid(b: _Builder, t: Technology) -> None:
    setting = b.setting
    cost = t.annual_usd_per_mw(setting.discount_rate) if setting.grid_capital else 0.0
    grid = b.capacity(t, cost)
    carbon_cost = setting.grid_carbon_kg_per_mwh * setting.carbon_price_usd_per_t / KG_PER_T
    terms = b.at_most(grid)
    if setting.demand_charge_usd_per_mw_month > 0:
        months = np.unique(setting.month)
        upper = b.columns[grid].upper
        peaks = [b.column(f"peak.{m}", setting.demand_charge_usd_per_mw_month, upper) for m in months]
        b.links += [Link(f"peak.{m}", {p: 1.0, grid: -1.0}, 0.0) for m, p in zip(months, peaks, strict=True)]
        billed = np.asarray(peaks, np.int64)[np.searchsorted(months, setting.month)]
        terms = (Term(billed, np.ones(b.steps)),)
    b.flow("grid", setting.import_usd_per_mwh + carbon_cost, 1.0, terms)
    if setting.export_usd_per_mwh is not None:
        b.flow("export", -setting.export_usd_per_mwh, -1.0, b.at_most(grid))


def _renewables(b: _Builder, technologies: list[Technology]) -> None:
    """Solar and wind share one flow, the energy used; running cost is paid on what they could give."""
    terms = []
    for t in technologies:
        factor = b.setting.renewable[t.name]
        potential_mwh = float(b.setting.weight @ factor)
        cost = t.annual_usd_per_mw(b.setting.discount_rate) + t.variable_usd_per_mwh * potential_mwh
        terms.append(term(b.capacity(t, cost), factor, b.steps))
    if terms:
        b.flow("renewable", 0.0, 1.0, tuple(terms))


def _fuelled(b: _Builder, t: Technology) -> None:
    at = b.capacity(t, t.annual_usd_per_mw(b.setting.discount_rate))
    carbon_cost = t.carbon_kg_per_mwh * b.setting.carbon_price_usd_per_t / KG_PER_T
    lower = b.at_most(at, t.minimum_load) if t.minimum_load else ()
    cost = t.variable_usd_per_mwh + t.fuel_usd_per_mwh[0] + carbon_cost
    b.flow(t.name, cost, 1.0, b.at_most(at, t.availability), lower_terms=lower)


def _storage(b: _Builder, t: Technology) -> None:
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
    b.flow(f"{t.name}.charge", t.variable_usd_per_mwh, -1.0, b.at_most(power), gain={k: eta})
    b.flow(f"{t.name}.discharge", 0.0, 1.0, b.at_most(power), gain={k: -1.0 / eta})


PLAIN_DURATION_H = 10.0
"""Storages with a longer least duration get more room for energy."""


def _budgets(b: _Builder) -> None:
    setting, weight = b.setting, b.setting.weight
    energy = setting.energy_mwh
    index = {f.name: i for i, f in enumerate(b.flows)}
    fuelled = [t for t in b.technologies.values() if t.kind == "fuelled"]
    unserved = {index["unserved"]: weight}

    def add(key: str, flows: Mapping[int, FloatArray], value: float, limit: float, unit: str, per_unit: float) -> None:
        b.limits.append(Limit(key, value, unit, "budget", len(b.budgets), per_unit))
        b.budgets.append(Budget(key, flows, {}, limit))

    share = setting.max_unserved_share
    if share < 1.0:
        add("supply.max_unserved_share", unserved, share, share * energy, "1", energy)
    grid = {index["grid"]: weight} if "grid" in index else {}
    if setting.cfe_hourly_share is not None and setting.cfe_hourly_share > 0.0:
        dirty = {i: w * (1.0 - setting.grid_cfe_share) for i, w in grid.items()}
        dirty |= {index[t.name]: weight for t in fuelled if not t.carbon_free} | unserved
        x = setting.cfe_hourly_share
        add("supply.cfe_hourly_share", dirty, x, (1.0 - x) * energy, "1", -energy)
    if setting.carbon_cap_kg_per_mwh is not None:
        carbon = {i: w * setting.grid_carbon_kg_per_mwh for i, w in grid.items()}
        carbon |= {index[t.name]: weight * t.carbon_kg_per_mwh for t in fuelled if t.carbon_kg_per_mwh > 0}
        cap = setting.carbon_cap_kg_per_mwh
        add("supply.carbon_cap_kg_per_mwh", carbon, cap, cap * energy, "kg/MWh", energy)


def _land(b: _Builder) -> None:
    if b.setting.land_ha is None:
        return
    used = {b.at[t.name]: t.land_ha_per_mw for t in b.technologies.values() if t.land_ha_per_mw > 0}
    if used:
        b.limits.append(Limit("supply.land_ha", b.setting.land_ha, "ha", "link", len(b.links), 1.0))
        b.links.append(Link("supply.land_ha", used, b.setting.land_ha))
