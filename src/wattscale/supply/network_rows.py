"""Collects the rows of a PyPSA network: buses, capacities, flows and their ramps.

In: a network and the parts that network_reader.py finds in it. Out: the lists of a `Program`, and where each component
stands in them. Leaves out: what each kind of component means; network_reader.py says that.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wattscale.errors import InputError
from wattscale.supply.network_values import LISTS
from wattscale.supply.program import Budget, Column, Flow, Link, Ramp, Store, Term, term
from wattscale.units import FloatArray

ROOM = 100.0
"""Power over the largest load that an unlimited capacity may reach in a first solve [1]."""
FREE_RAMP = 2.0
"""Change of power over the most it can be, either way, that no step exceeds [1]."""
ROOM_HOURS = 1000.0
"""Energy over the largest load that an unlimited store may reach in a first solve [h]."""


@dataclass(frozen=True)
class Size:
    """A capacity: `least` plus the value of a column (-1 for none).

    `room` is what a size without a limit may reach in this solve, zero where the network sets a limit.
    """

    component: str
    name: str
    least: float
    column: int
    room: float = 0.0


@dataclass
class Rows:
    """Collects the parts of the program."""

    n: Any
    room: float
    columns: list[Column] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    budgets: list[Budget] = field(default_factory=list)
    rows: list[Link] = field(default_factory=list)
    ramps: list[Ramp] = field(default_factory=list)
    sizes: dict[tuple[str, str], Size] = field(default_factory=dict)
    flow_at: dict[tuple[str, str, str], int] = field(default_factory=dict)
    store_at: dict[tuple[str, str], int] = field(default_factory=dict)
    bus: dict[str, int] = field(default_factory=dict)
    limit_at: dict[str, int] = field(default_factory=dict)
    constant: float = 0.0
    existing: float = 0.0

    def __post_init__(self) -> None:
        n = self.n
        self.steps = len(n.snapshots)
        weights = n.snapshot_weightings
        self.weight: FloatArray = weights["stores"].to_numpy(float)
        self.money: FloatArray = weights["objective"].to_numpy(float)
        self.counted: FloatArray = weights["generators"].to_numpy(float)
        self.zero = np.zeros(self.steps)
        demand = {str(b): self.zero for b in n.buses.index}
        for name, row in self.active("Load"):
            demand[row["bus"]] = demand[row["bus"]] - row["sign"] * self.series("Load", "p_set")[name].to_numpy(float)
        self.demand: dict[str, FloatArray] = demand
        self.peak = float(np.max(sum(np.abs(v) for v in demand.values()), initial=0.0))
        if self.peak <= 0.0:
            raise InputError("has no load: there is nothing to supply", where="network: loads")
        self.main = max(demand, key=lambda b: float(self.weight @ np.abs(demand[b])))
        self.load = demand[self.main]

    def active(self, component: str) -> list[tuple[str, Any]]:
        """Rows of a component's table that take part."""
        table = getattr(self.n, LISTS[component])
        return [(str(k), row) for k, row in table.iterrows() if bool(row.get("active", True))]

    def series(self, component: str, attribute: str) -> Any:
        """Values of an attribute in all steps, one column per component."""
        return self.n.get_switchable_as_dense(component, attribute)

    def size(self, component: str, name: str, nominal: str = "p_nom") -> Size:
        """Read a capacity, with its column where it may grow."""
        row = getattr(self.n, LISTS[component]).loc[name]
        key = (component, name)
        if key in self.sizes:
            return self.sizes[key]
        room = self.room * self.peak * (ROOM_HOURS if nominal == "e_nom" else ROOM)
        if not bool(row[f"{nominal}_extendable"]):
            size = float(row[nominal])
            self.sizes[key] = Size(component, name, size, -1, room if np.isinf(size) else 0.0)
            return self.sizes[key]
        fixed = float(row.get(f"{nominal}_set", np.nan))
        least, most = max(float(row[f"{nominal}_min"]), 0.0), float(row[f"{nominal}_max"])
        least, most = (fixed, fixed) if np.isfinite(fixed) else (least, most)
        if most < least:
            raise InputError("is below the least size", where=f"network: {component} '{name}' {nominal}_max",
                             value=most, allowed=f">= {least:g}")  # fmt: skip
        if np.isfinite(most):
            room = 0.0
        else:
            most = least + room
        cost = self._yearly_cost(component, name)
        self.constant += cost * least
        self.existing += cost * float(row[nominal])
        self.columns.append(Column(f"{component}.{name}", cost, most - least))
        self.sizes[key] = Size(component, name, least, len(self.columns) - 1, room)
        return self.sizes[key]

    def _yearly_cost(self, component: str, name: str) -> float:
        parts: Any = getattr(getattr(self.n, "c", None), LISTS[component], None)
        if hasattr(parts, "periodized_cost"):
            cost = float(parts.periodized_cost.sel(name=name))
        else:
            cost = float(getattr(self.n, LISTS[component]).capital_cost[name])
        if not np.isfinite(cost):
            raise InputError("is no number", where=f"network: {component} '{name}' capital_cost", value=cost,
                             hint="Check capital_cost, overnight_cost, discount_rate and lifetime")  # fmt: skip
        return cost

    def bound(self, size: Size, factor: FloatArray | float) -> tuple[FloatArray, tuple[Term, ...]]:
        """Give `factor x size` as constant and linking part of a bound."""
        factor = np.broadcast_to(np.asarray(factor, float), (self.steps,))
        constant = factor * (size.room if np.isinf(size.least) else size.least)
        return constant, (term(size.column, factor, self.steps),) if size.column >= 0 else ()

    def flow(self, key: tuple[str, str, str], cost: FloatArray, ends: dict[str, float], low: tuple[FloatArray, Any],
             high: tuple[FloatArray, Any], gain: dict[int, float] | None = None) -> int:  # fmt: skip
        """Add a flow that gives `ends` to each bus per unit, and `gain` to stores."""
        gain = dict(gain or {})
        for b, share in ends.items():
            if self.bus[b] >= 0 and share:
                gain[self.bus[b]] = gain.get(self.bus[b], 0.0) + share
        balance = ends.get(self.main, 0.0)
        self.flows.append(Flow(".".join(key), cost * self.money, balance, low[0], high[0], low[1], high[1], gain))
        self.flow_at[key] = len(self.flows) - 1
        return self.flow_at[key]

    def ramp(self, size: Size, of: int, low: FloatArray, high: FloatArray) -> None:
        """Limit the change of a flow from step to step, whatever the hours of a step, as PyPSA does.

        `low` and `high` are the bounds of the flow over its size.
        """
        free = FREE_RAMP * float(max(np.max(np.abs(low)), np.max(np.abs(high))))
        change = []
        for attribute in ("ramp_limit_up", "ramp_limit_down"):
            known = attribute in getattr(self.n, LISTS[size.component])
            change.append(self.series(size.component, attribute)[size.name].to_numpy(float) if known
                          else np.full(self.steps, np.nan))  # fmt: skip
        if all(np.isnan(c).all() for c in change):
            return
        ends = {}
        for limit, word in zip(change, ("up", "down"), strict=True):
            share = np.where(np.isnan(limit), free, limit)
            share[0] = free
            key = (size.component, size.name, word)
            ends[word] = self.flow(key, self.zero, {}, (self.zero, ()), self.bound(size, share))
        self.ramps.append(Ramp(of, ends["up"], ends["down"]))
