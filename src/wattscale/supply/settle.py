"""Makes a solver's point exactly feasible: balances closed, bounds kept, no store charged and discharged at once.

In: a program and a point within solver tolerance. Out: the nearest plain dispatch with the same levels, and its cost.
Leaves out: budgets; they hold within solver tolerance and `budget_excess` tells by how much.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattscale.supply.carry import carry_surplus
from wattscale.supply.program import Flow, Program, Solution, bound_value, cost_of, store_factors
from wattscale.units import FloatArray

DUST = 1e-4
"""Capacity over the largest load below which a solver's capacity is its rounding [1]."""


def settle(program: Program, solution: Solution) -> Solution:
    """Give the solution with bounds, stores and balance exact.

    Levels are kept; charging and discharging follow from them, one at a time. What is then missing in the balance is
    taken from (or left out of) the other flows, cheapest first.

    Args:
        program: The program.
        solution: A point within the tolerance of a solver.

    Returns:
        The settled solution; its objective is that of the settled point.
    """
    x = np.clip(solution.columns, 0.0, [c.upper for c in program.columns])
    dust = DUST * float(np.max(np.abs(program.load)))
    x[(x < dust) & (np.array([c.cost for c in program.columns]) > 0.0)] = 0.0
    y, s = solution.flows.copy(), solution.stores.copy()
    for k in range(len(program.stores)):
        _settle_store(program, k, x, y, s)
    for j, flow in enumerate(program.flows):
        if not flow.gain:
            low, high = flow_bounds(flow, x)
            y[j] = np.clip(y[j], low, np.maximum(high, low))
    _close_balance(program, x, y)
    carry_surplus(program, x, y, s)
    _tighten_peaks(program, x, y)
    return replace(solution, columns=x, flows=y, stores=s, objective=cost_of(program, x, y))


def flow_bounds(flow: Flow, columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give lower and upper bound of a flow at given columns, each of shape (T,)."""
    return bound_value(flow.lower_terms, flow.lower, columns), bound_value(flow.upper_terms, flow.upper, columns)


def budget_excess(program: Program, solution: Solution) -> FloatArray:
    """Give by how much each budget is overdrawn, relative to its limit [1]; negative where it is not used up."""
    found = []
    for b in program.budgets:
        used = sum(float(q @ solution.flows[j]) for j, q in b.flows.items())
        used += sum(e * float(solution.columns[i]) for i, e in b.columns.items())
        scale = abs(b.limit) or float(sum(np.abs(q).sum() for q in b.flows.values())) or 1.0
        found.append((used - b.limit) / scale)
    return np.array(found)


def store_flows(program: Program, k: int) -> tuple[list[int], list[int]]:
    """Give the flows that fill and that empty a store."""
    fill = [j for j, f in enumerate(program.flows) if f.gain.get(k, 0.0) > 0]
    drain = [j for j, f in enumerate(program.flows) if f.gain.get(k, 0.0) < 0]
    return fill, drain


def imbalance(program: Program, solution: Solution) -> float:
    """Give the largest gap in the balance of any step, over the largest load [1]."""
    given = sum(f.balance * y for f, y in zip(program.flows, solution.flows, strict=True))
    return float(np.max(np.abs(program.load - given))) / max(float(np.max(np.abs(program.load))), 1e-9)


def _settle_store(program: Program, k: int, x: FloatArray, y: FloatArray, s: FloatArray) -> None:
    store = program.stores[k]
    fill, drain = store_flows(program, k)
    if store.level is None:
        for j in fill:
            _settle_segments(program, k, j, y, s)
        return
    top = bound_value(store.upper_terms, store.upper, x)
    s[k] = np.clip(s[k], store.lower, np.maximum(top, store.lower))
    s[k, -1] = x[store.level] = min(x[store.level], top[-1])
    end, start = store_factors(program, store)
    need = end * s[k] - start * np.roll(s[k], 1)
    if store.inflow is not None:
        need -= store.inflow
    for group, part in ((fill, np.maximum(need, 0.0)), (drain, np.maximum(-need, 0.0))):
        if len(group) != 1:
            continue
        j = group[0]
        flow = program.flows[j]
        y[j] = part / abs(flow.gain[k])
        for t in flow.upper_terms:
            np.maximum.at(x, t.column[t.factor > 0], (y[j] / np.where(t.factor > 0, t.factor, 1.0))[t.factor > 0])


def _settle_segments(program: Program, k: int, j: int, y: FloatArray, s: FloatArray) -> None:
    """Spread what is missing of each segment's energy over its steps, within the flow's bounds, and redo the level."""
    store, flow, weight = program.stores[k], program.flows[j], program.weight
    ends = np.flatnonzero(store.zero > 0) if store.zero is not None else np.array([program.steps - 1])
    first = 0
    inflow = np.zeros(program.steps) if store.inflow is None else store.inflow
    for last in ends:
        span = slice(first, last + 1)
        part = np.clip(y[j, span], flow.lower[span], flow.upper[span])
        missing = -float(weight[span] @ (flow.gain[k] * part + inflow[span])) / flow.gain[k]
        room = (flow.upper[span] - part) if missing > 0 else (part - flow.lower[span])
        total = float(weight[span] @ room)
        if total > 0:
            part = part + room * missing / total
        y[j, span] = part
        s[k, span] = np.cumsum(weight[span] * (flow.gain[k] * part + inflow[span]))
        s[k, last] = 0.0
        first = last + 1


def _close_balance(program: Program, x: FloatArray, y: FloatArray) -> None:
    free = [j for j, f in enumerate(program.flows) if f.balance > 0 and not f.gain]
    order = sorted(free, key=lambda j: float(np.mean(program.flows[j].cost)))
    missing = program.load - sum(f.balance * y[j] for j, f in enumerate(program.flows))
    for j in order:
        if program.flows[j].name == "unserved":
            missing = _raise_import(program, missing, x, y)
        _, high = flow_bounds(program.flows[j], x)
        more = np.clip(missing, 0.0, np.maximum(high - y[j], 0.0))
        y[j] += more
        missing = missing - more
    for j in reversed(order):
        low, _ = flow_bounds(program.flows[j], x)
        less = np.clip(-missing, 0.0, np.maximum(y[j] - low, 0.0))
        y[j] -= less
        missing = missing + less


def _raise_import(program: Program, missing: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Let import rise by the rounding of the solver (not more) before any load goes unserved."""
    j, grid = program.flow("grid"), program.column("grid")
    if j < 0 or grid < 0:
        return missing
    small = 1e-3 * float(np.max(np.abs(program.load)))
    more = np.where((missing > 0) & (missing < small), missing, 0.0)
    more = np.clip(more, 0.0, np.maximum(program.columns[grid].upper - y[j], 0.0))
    y[j] += more
    for t in program.flows[j].upper_terms:
        np.maximum.at(x, t.column, y[j])
    x[grid] = max(x[grid], float(np.max(y[j])))
    return missing - more


def _tighten_peaks(program: Program, x: FloatArray, y: FloatArray) -> None:
    """Set the monthly peaks to the largest import of the month: they only cost."""
    j = program.flow("grid")
    if j < 0:
        return
    for t in program.flows[j].upper_terms:
        peaks = [i for i in np.unique(t.column) if program.columns[i].name.startswith("peak.")]
        for i in peaks:
            x[i] = float(np.max(y[j][t.column == i]))
