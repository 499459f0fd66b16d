"""The campus as a linear program with a structure in time, one description for every solver.

In: columns that link the hours (capacities, monthly peaks), flows and stores of each step, budgets over all steps.
Out: `Program`, and `Solution` with a primal point and the prices of its rows. Leaves out: whole units (no integers)
and what the columns mean; expansion.py builds a program from a scenario.

The program, for steps t with weights w_t [h], columns x, flows y and stores s:

    min   sum_x cost x + sum_t cost_t y_t
    s.t.  sum_j balance_j y_tj = load_t                                        (balance, MW)
          (s_tk - keep_tk s_(t-1)k) / w_t - sum_j gain_jk y_tj = inflow_tk     (stores, cyclic, MW)
          lower_tj + sum a_l x <= y_tj <= upper_tj + sum a_u x                 (bounds with linking terms)
          lower_tk <= s_tk <= upper_tk + sum a_u x
          y_tj - y_(t-1)j - up_t + down_t = base_t                             (ramps, up and down are flows, MW)
          sum_t q_t y_t + e x <= limit                                         (budgets)
          A x <= h,  0 <= x <= upper                                           (links)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from wattscale.hours import IntArray
from wattscale.units import FloatArray


@dataclass(frozen=True)
class Term:
    """A linking column in a bound of a flow or store.

    Attributes:
        column: Index of the column in each step, shape (T,).
        factor: Its factor in each step, shape (T,).
    """

    column: IntArray
    factor: FloatArray


@dataclass(frozen=True)
class Column:
    """A linking column: cost [USD/unit], 0 <= x <= upper; `upper` must be finite and hold in some optimum."""

    name: str
    cost: float
    upper: float


@dataclass(frozen=True)
class Flow:
    """A power in each step [MW].

    Attributes:
        name: Name for people.
        cost: Cost per MW held over the step, weight included [USD/MW], shape (T,).
        balance: +1 into the campus, -1 out of it, 0 neither.
        lower, upper: Constant parts of the bounds [MW], shape (T,).
        lower_terms, upper_terms: Linking parts of the bounds.
        gain: Store index to what one MW adds to the store per hour [1].
    """

    name: str
    cost: FloatArray
    balance: float
    lower: FloatArray
    upper: FloatArray
    lower_terms: tuple[Term, ...] = ()
    upper_terms: tuple[Term, ...] = ()
    gain: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Store:
    """An energy level at the end of each step [MWh].

    Attributes:
        name: Name for people.
        keep: Share of the level kept over the step [1], shape (T,).
        lower, upper: Constant parts of the bounds [MWh], shape (T,).
        upper_terms: Linking part of the upper bound.
        level: Column that holds the level at the end of the last step, which is that before the first (cyclic);
            None where the level is zero there.
        zero: Steps at whose end the level is zero, shape (T,); None for none.
        inflow: Constant flow into the store [MW], shape (T,); None for none.
    """

    name: str
    keep: FloatArray
    lower: FloatArray
    upper: FloatArray
    upper_terms: tuple[Term, ...] = ()
    level: int | None = None
    zero: FloatArray | None = None
    inflow: FloatArray | None = None


@dataclass(frozen=True)
class Budget:
    """A limit over the year: sum_t q_t y_t + e x <= limit.

    Attributes:
        name: Scenario field it comes from.
        flows: Flow index to q, weight included, shape (T,).
        columns: Column index to e.
        limit: Right-hand side.
    """

    name: str
    flows: Mapping[int, FloatArray]
    columns: Mapping[int, float]
    limit: float


@dataclass(frozen=True)
class Link:
    """A row over the columns alone: sum a x <= limit."""

    name: str
    columns: Mapping[int, float]
    limit: float


@dataclass(frozen=True)
class Ramp:
    """The change of a flow from step to step, split into two other flows: y_t - y_(t-1) - up_t + down_t = base_t.

    What limits the change, costs it, or draws on a store by it are the bounds, costs and gains of those two flows.
    Before the first step the flow is zero (room in `up` there leaves the first step free); the year is no circle.

    Attributes:
        flow: Index of the flow.
        up, down: Indices of the flows (outside the balance) that hold its rise and its fall [MW].
        base: Change that does not count [MW], shape (T,); None for none.
    """

    flow: int
    up: int
    down: int
    base: FloatArray | None = None


@dataclass(frozen=True)
class Program:
    """The linear program of one campus; see the module's text for the rows."""

    weight: FloatArray
    load: FloatArray
    columns: tuple[Column, ...]
    flows: tuple[Flow, ...]
    stores: tuple[Store, ...]
    budgets: tuple[Budget, ...]
    links: tuple[Link, ...]
    ramps: tuple[Ramp, ...] = ()
    apart: tuple[tuple[int, int], ...] = ()
    """Pairs of flows of which a plain dispatch runs one at most in a step; no row of the program says so."""

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.weight)

    @property
    def peak_mw(self) -> float:
        """Largest power asked in a step, against which small powers are measured: load, or load that can be moved."""
        moved = [float(np.max(np.abs(s.inflow), initial=0.0)) for s in self.stores if s.inflow is not None]
        return max(float(np.max(np.abs(self.load), initial=0.0)), *moved, 1e-9)

    def column(self, name: str) -> int:
        """Index of a column by name, -1 where there is none."""
        return next((i for i, c in enumerate(self.columns) if c.name == name), -1)

    def flow(self, name: str) -> int:
        """Index of a flow by name, -1 where there is none."""
        return next((i for i, f in enumerate(self.flows) if f.name == name), -1)


@dataclass(frozen=True)
class Prices:
    """Dual values: what one more unit of the right-hand side costs or saves.

    Attributes:
        balance: Price of load in each step, weight included [USD/MW], shape (T,).
        stores: Price of the store rows, shape (K, T).
        budgets: Saving per unit of each budget's limit, >= 0.
        links: Saving per unit of each link's limit, >= 0.
        ramps: Price of the ramp rows, shape (R, T); of no length where the program has none.
    """

    balance: FloatArray
    stores: FloatArray
    budgets: FloatArray
    links: FloatArray
    ramps: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass(frozen=True)
class Solution:
    """A point of the program with its prices and a certified bound.

    Attributes:
        columns: Values x.
        flows: Values y, shape (J, T).
        stores: Levels s, shape (K, T).
        prices: Dual values.
        objective: Cost of the point [USD].
        bound: Cost that no point of the program can undercut [USD].
        solver: Name of the solver.
        iterations: Iterations it took.
    """

    columns: FloatArray
    flows: FloatArray
    stores: FloatArray
    prices: Prices
    objective: float
    bound: float
    solver: str
    iterations: int

    @property
    def gap(self) -> float:
        """Objective above the bound, relative [1]."""
        return (self.objective - self.bound) / max(abs(self.objective), 1e-9)


def term(column: int, factor: float | FloatArray, steps: int) -> Term:
    """Make a term of one column with a constant or hourly factor."""
    return Term(np.full(steps, column, np.int64), np.broadcast_to(np.asarray(factor, float), (steps,)).copy())


def cost_of(program: Program, columns: FloatArray, flows: FloatArray) -> float:
    """Give the cost of a point [USD]."""
    linked = sum(c.cost * x for c, x in zip(program.columns, columns, strict=True))
    return float(linked + sum(f.cost @ y for f, y in zip(program.flows, flows, strict=True)))


def bound_value(terms: Sequence[Term], constant: FloatArray, columns: FloatArray) -> FloatArray:
    """Give a bound at given columns, shape (T,)."""
    value = constant.copy()
    for t in terms:
        value += t.factor * columns[t.column]
    return value


def store_factors(program: Program, store: Store) -> tuple[FloatArray, FloatArray]:
    """Give the factors of the level after and (negated) before each step in the store's row [1/h].

    The level before a step that follows a zero level counts nothing.
    """
    end, start = 1.0 / program.weight, store.keep / program.weight
    if store.zero is not None:
        zero = store.zero > 0
        end = np.where(zero, 0.0, end)
        start = np.where(np.roll(zero, 1), 0.0, start)
    if store.level is None:
        start = start.copy()
        start[0] = 0.0
    return end, start


def stored(program: Program, flow: Flow) -> bool:
    """Tell whether a flow fills or empties a store with a cyclic level; a row without one is a balance of its own."""
    return any(program.stores[k].level is not None for k in flow.gain)


def level_alive(store: Store) -> IntArray:
    """Tell in which steps the level is a free variable of its own, shape (T,) of 0 and 1."""
    alive = np.ones(len(store.keep), np.int64)
    if store.zero is not None:
        alive[store.zero > 0] = 0
    alive[-1] = 0
    return alive
