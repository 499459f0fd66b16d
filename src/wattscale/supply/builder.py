"""Collects the columns, flows, stores, ramps, budgets and links of one campus.

In: a `Setting` and technologies. Out: the lists of a `Program`, filled by expansion.py, tariff.py, purchases.py.
Leaves out: what is to be built; each technology's module says that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from wattscale.supply.program import Budget, Column, Flow, Link, Ramp, Store, Term, term
from wattscale.supply.setting import Limit, Setting
from wattscale.supply.technologies import Technology
from wattscale.units import FloatArray

ROOM = {"renewable": 100.0, "fuelled": 3.0, "storage": 20.0, "grid": 3.0}
"""Largest capacity over peak load that the optimiser looks at where the scenario gives no limit [1]."""


class Builder:
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
        self.ramps: list[Ramp] = []
        self.limits: list[Limit] = []
        self.apart: list[tuple[int, int]] = []
        self.at: dict[str, int] = {}

    def column(self, name: str, cost: float, upper: float) -> int:
        """Add a linking column; give its index."""
        self.at[name] = len(self.columns)
        self.columns.append(Column(name, cost, upper))
        return self.at[name]

    def capacity(self, technology: Technology, cost: float) -> int:
        """Add the column of a capacity [MW], limited by the scenario or by the room the optimiser looks at."""
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
        """Add a flow; give its index."""
        zero = np.zeros(self.steps)
        cost = np.broadcast_to(np.asarray(cost_per_mwh, float), (self.steps,)) * self.setting.weight
        self.flows.append(
            Flow(name, cost, balance, zero, zero if upper is None else upper, lower_terms, terms, gain or {})
        )
        return len(self.flows) - 1

    def at_most(self, column: int, factor: float | FloatArray = 1.0) -> tuple[Term, ...]:
        """Give the bound `factor x column`."""
        return (term(column, factor, self.steps),)

    def ramp(self, flow: int, most_mw: FloatArray | None = None, terms: tuple[Term, ...] = ()) -> None:
        """Limit the change of a flow from step to step, up and down alike; the first step is free.

        Args:
            flow: Index of the flow.
            most_mw: Constant part of the limit [MW], shape (T,).
            terms: Linking part of the limit.
        """
        f, most = self.flows[flow], np.zeros(self.steps) if most_mw is None else most_mw.copy()
        later = np.arange(self.steps) > 0
        terms = tuple(replace(t, factor=np.where(later, t.factor, 0.0)) for t in terms)
        first = f.upper[0] + sum(t.factor[0] * self.columns[t.column[0]].upper for t in f.upper_terms)
        up = self.flow(f"{f.name}.up", 0.0, 0.0, terms, upper=np.where(later, most, first))
        down = self.flow(f"{f.name}.down", 0.0, 0.0, terms, upper=np.where(later, most, 0.0))
        self.ramps.append(Ramp(flow, up, down))

    def limit(self, key: str, value: float, unit: str, per_unit: float, flows: Mapping[int, FloatArray],
              columns: Mapping[int, float] | None = None, offset: float = 0.0) -> None:  # fmt: skip
        """Add a budget that a scenario field limits, at `offset + value x per_unit`."""
        self.limits.append(Limit(key, value, unit, "budget", len(self.budgets), per_unit))
        self.budgets.append(Budget(key, flows, columns or {}, offset + value * per_unit))
