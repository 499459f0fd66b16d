"""Whole units: capacities that are multiples of a unit, by branch and bound over the few unit counts.

In: a `Program` and the size of a unit of some columns. Out: the cheapest design found, with the bound that no design in
whole units can undercut; the gap between the two is certified, also when the search is stopped. Leaves out: on and off
of single units (all built ones run between minimum load and availability together) and units of storages and of grid.

Each node of the search is the campus's own program with counts between two bounds, solved by the fast solver; its
certified bound is that of the node. Where a store is charged and discharged at once the node has the rows that keep
them apart, as the answer has (apart.py). A node is dropped once no design in it can beat the best one by more than GAP.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from wattscale.errors import InfeasibleError, WattscaleError
from wattscale.figure import PlanWarning
from wattscale.supply.expansion import Campus
from wattscale.supply.faults import broken_limits, certified_gap, money_scale
from wattscale.supply.program import Flow, Program, Solution, bound_value
from wattscale.supply.solve import TOLERANCE, solve, solve_apart, solve_once
from wattscale.supply.zero import put_back, strike_out
from wattscale.units import FloatArray

SOLVER = "whole units"
"""Name that such a solution bears; its iterations are the programs solved."""
GAP = 5e-4
"""Certified gap at which the search ends [1]."""
MOST = 80
"""Programs after which the search stops with its best bracket."""
LEAST_TOLD = 1e-4
"""Gap below which the warning names no smaller one [1]."""
ROUND = 1e-3
"""Distance of a count from a whole number that is a solver's rounding [1]."""


@dataclass(order=True)
class _Node:
    """Counts between `low` and `high`, with a bound of the cost of all designs within."""

    bound: float
    low: tuple[int, ...] = field(compare=False)
    high: tuple[int, ...] = field(compare=False)
    counts: FloatArray = field(compare=False)


@dataclass
class _Search:
    """State of the search."""

    program: Program
    columns: tuple[int, ...]
    unit_mw: FloatArray
    tolerance: float
    most: int
    programs: int = 0
    best: Solution | None = None
    dropped: float = np.inf
    tried: dict[tuple[int, ...], float] = field(default_factory=dict)


def unit_columns(campus: Campus) -> dict[int, float]:
    """Give the columns of a campus that come in whole units, with the size of a unit [MW]."""
    return {campus.program.column(k): v for k, v in campus.setting.unit_mw.items() if k in campus.technologies}


def solve_whole(
    program: Program, unit_mw: Mapping[int, float], tolerance: float = TOLERANCE, most: int = MOST
) -> Solution | None:
    """Find the least-cost design whose columns are whole multiples of their units.

    Args:
        program: The program.
        unit_mw: Column index to the size of its unit [MW].
        tolerance: Certified relative gap asked of each program [1].
        most: Programs after which the search stops.

    Returns:
        The best design with the bound of the search; None where not even fractions of units are a design.

    Raises:
        InfeasibleError: Fractions of units would do, whole ones do not.
        WattscaleError: The search stopped, or threw a design away for a broken limit, before it found one.

    Source: Land and Doig 1960, Econometrica 28(3); best bound first.
    """
    struck = strike_out(program)
    columns = tuple(unit_mw)
    s = _Search(struck, columns, np.array([unit_mw[i] for i in columns]), tolerance, most)
    high = tuple(int(struck.columns[i].upper / unit_mw[i] + ROUND) for i in columns)
    root = _node(s, (0,) * len(columns), high)
    if root is None and solve_once(struck, tolerance) is None:
        return None
    if root is None:
        raise _none_whole(s)
    if root.low == root.high:
        s.dropped = root.bound
    _try(s, np.ceil(root.counts - ROUND), root)
    heap = [root]
    while heap and s.programs < s.most:
        node = heapq.heappop(heap)
        if _hopeless(s, node.bound):
            s.dropped = min(s.dropped, node.bound)
            continue
        _try(s, np.rint(node.counts), node)
        for low, up in _halves(node):
            if low == up:
                s.dropped = min(s.dropped, _try(s, np.array(low, float), node))
                continue
            child = _node(s, low, up, node.bound)
            if child is not None:
                heapq.heappush(heap, child)
    if s.best is None and (heap or np.isfinite(s.dropped)):
        raise WattscaleError(
            "supply: no design in whole units was found that keeps its limits, and it is not proven "
            f"that there is none ({s.programs} programs). Make a unit smaller, or a limit looser"
        )
    if s.best is None:
        raise _none_whole(s)
    bound = min([s.dropped, s.best.objective, *(n.bound for n in heap)])
    best = put_back(program, struck, replace(s.best, bound=bound))
    return replace(best, solver=SOLVER, iterations=s.programs)


def _none_whole(s: _Search) -> InfeasibleError:
    return InfeasibleError("leaves no design that meets the limits in whole units", where="supply.unit_mw",
                           value=s.unit_mw.tolist(), hint="Make a unit smaller, or a limit looser")  # fmt: skip


def shift(program: Program, low: Mapping[int, float], high: Mapping[int, float]) -> tuple[Program, float]:
    """Count columns from `low` on: x = low + x', 0 <= x' <= high - low.

    Args:
        program: The program.
        low: Lower bounds by column.
        high: Upper bounds by column.

    Returns:
        The program in x', and the cost of `low` itself [USD].
    """
    at = np.zeros(len(program.columns))
    at[list(low)] = list(low.values())
    columns = list(program.columns)
    for i, least in low.items():
        columns[i] = replace(columns[i], upper=max(high[i] - least, 0.0))

    def moved(f: Flow) -> Flow:
        return replace(f, lower=bound_value(f.lower_terms, f.lower, at), upper=bound_value(f.upper_terms, f.upper, at))

    stores = tuple(replace(s, upper=bound_value(s.upper_terms, s.upper, at)) for s in program.stores)
    budgets = tuple(replace(b, limit=b.limit - sum(e * at[i] for i, e in b.columns.items())) for b in program.budgets)
    links = tuple(replace(k, limit=k.limit - sum(a * at[i] for i, a in k.columns.items())) for k in program.links)
    cost = float(sum(c.cost * x for c, x in zip(program.columns, at, strict=True)))
    flows = tuple(moved(f) for f in program.flows)
    return replace(program, columns=tuple(columns), flows=flows, stores=stores, budgets=budgets, links=links), cost


def _within(s: _Search, low: tuple[int, ...], high: tuple[int, ...]) -> tuple[Program, float, FloatArray]:
    """The program with counts between two bounds, the cost of the lower one, and its columns."""
    least = dict(zip(s.columns, s.unit_mw * np.array(low), strict=True))
    most = dict(zip(s.columns, s.unit_mw * np.array(high), strict=True))
    program, cost = shift(s.program, least, most)
    at = np.zeros(len(s.program.columns))
    at[list(least)] = list(least.values())
    return program, cost, at


def _node(s: _Search, low: tuple[int, ...], high: tuple[int, ...], parent: float = -np.inf) -> _Node | None:
    """Solve a node's program with fractions of units; None where it has no point."""
    program, cost, at = _within(s, low, high)
    s.programs += 1
    found = solve_apart(program, s.tolerance)
    if found is None:
        return None
    counts = (found.columns + at)[list(s.columns)] / s.unit_mw
    return _Node(max(found.bound + cost, parent), low, high, np.clip(counts, low, high))


def _try(s: _Search, counts: FloatArray, node: _Node) -> float:
    """Solve the program at whole counts, and keep the best design so far; give the bound of their cost."""
    whole = tuple(int(c) for c in np.clip(counts, node.low, node.high))
    if whole in s.tried:
        return s.tried[whole]
    program, cost, at = _within(s, whole, whole)
    s.programs += 1
    found = solve(program, s.tolerance)
    s.tried[whole] = np.inf if found is None else found.bound + cost
    if found is None:
        return np.inf
    if broken_limits(program, found):
        s.dropped = min(s.dropped, s.tried[whole])
    elif s.best is None or found.objective + cost < s.best.objective:
        s.best = replace(found, columns=found.columns + at, objective=found.objective + cost, bound=found.bound + cost)
    return s.tried[whole]


def _hopeless(s: _Search, bound: float) -> bool:
    """Tell whether no design above this bound beats the best one by more than GAP."""
    if s.best is None:
        return False
    return bound >= s.best.objective - GAP * max(abs(s.best.objective), money_scale(s.program))


def _halves(node: _Node) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Split the count that is farthest from whole, or else the widest, below and above its value."""
    off = np.abs(node.counts - np.rint(node.counts))
    span = np.array(node.high) - np.array(node.low)
    if not span.any():
        return []
    off = np.where(span > 0, off, -1.0)
    i = int(np.argmax(off)) if off.max() > ROUND else int(np.argmax(span))
    cut = min(max(int(np.floor(node.counts[i])), node.low[i]), node.high[i] - 1)
    below, above = list(node.high), list(node.low)
    below[i], above[i] = cut, cut + 1
    return [(node.low, tuple(below)), (tuple(above), node.high)]


def unit_warnings(campus: Campus, solution: Solution) -> list[PlanWarning]:
    """Tell how whole units were found, and which sizes of units were of no use."""
    unused = [k for k in campus.setting.unit_mw if k not in campus.technologies]
    found = [
        PlanWarning("unit-unused", f"supply.unit_mw.{k}: supply.technologies does not name this technology")
        for k in unused
    ]
    if solution.solver == SOLVER:
        gap = certified_gap(campus.program, solution)
        stopped = "; the search was stopped" if gap > GAP and solution.iterations >= MOST else ""
        text = (f"{solution.iterations} programs were solved for whole units; no other choice is more than "
                f"{max(gap, LEAST_TOLD):.2%} cheaper")  # fmt: skip
        found.append(PlanWarning("whole-units", text + stopped))
    return found
