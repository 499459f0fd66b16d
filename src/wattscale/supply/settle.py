"""Makes a solver's point exactly feasible: balances closed, bounds kept, no store charged and discharged at once.

In: a program and a point within solver tolerance. Out: the nearest plain dispatch with the same levels, and its cost.
Leaves out: budgets; they hold within solver tolerance and `budget_excess` tells by how much.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from wattscale.supply.absorb import absorb
from wattscale.supply.carry import carry_surplus
from wattscale.supply.program import (
    Flow,
    Program,
    Solution,
    bound_value,
    cost_of,
    level_alive,
    store_factors,
    stored,
)
from wattscale.supply.ramps import ramp_limits, set_changes
from wattscale.supply.shifted import settle_shifted
from wattscale.supply.tariff import PEAKS, REDUCTION, SPOT
from wattscale.units import FloatArray

DUST = (1e-4, 1e-5, 1e-6)
"""Capacity over the largest load below which a solver's capacity is its rounding; less where that is too much [1]."""
DUST_COST = 1e-5
"""Cost over the cost, and draw on a budget over its limit, that leaving out such capacities may have at most [1]."""

ROUNDING = 1e-3
"""Power over the largest load up to which a missing power is a solver's rounding [1]."""


SAME = 1e-9
"""Difference of two prices, relative, below which they are the same [1]."""


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
    most = max(DUST_COST, float(np.max(budget_excess(program, solution), initial=0.0)))

    def as_good(tidy: Solution, other: Solution) -> bool:
        drawn = float(np.max(budget_excess(program, tidy), initial=0.0)) > most
        return not drawn and tidy.objective - other.objective <= DUST_COST * abs(other.objective)

    tidy = _settled(program, solution, DUST[0])
    if as_good(tidy, solution):
        return tidy
    whole = _settled(program, solution, 0.0)
    tries = (tidy if least == DUST[0] else _settled(program, solution, least) for least in DUST)
    return next((found for found in tries if as_good(found, whole)), whole)


def _settled(program: Program, solution: Solution, least: float) -> Solution:
    """Settle, with capacities below the least (over the largest load) taken as zero."""
    x = np.clip(solution.columns, 0.0, [c.upper for c in program.columns])
    dust = least * program.peak_mw
    x[(x < dust) & (np.array([c.cost for c in program.columns]) > 0.0)] = 0.0
    y, s = solution.flows.copy(), solution.stores.copy()
    for k in range(len(program.stores)):
        _settle_store(program, k, solution.prices.balance, x, y, s)
    for j, flow in enumerate(program.flows):
        carried = any(level_alive(program.stores[k]).any() for k in flow.gain)
        if not carried or (flow.balance >= 0.0 and not stored(program, flow)):
            low, high = flow_bounds(flow, x)
            y[j] = np.clip(y[j], low, np.maximum(high, low))
    _close_balance(program, x, y)
    carry_surplus(program, x, y, s)
    _net(program, x, y)
    for k, store in enumerate(program.stores):
        if not level_alive(store).any():
            _close_node(program, k, x, y)
    _net(program, x, y)
    absorb(program, x, y, ROUNDING * program.peak_mw)
    set_changes(program, y)
    _tighten_peaks(program, x, y)
    _tighten_reduction(program, x)
    _tighten_excess(program, x, y)
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
    return float(np.max(np.abs(program.load - given))) / program.peak_mw


def _settle_store(program: Program, k: int, price: FloatArray, x: FloatArray, y: FloatArray, s: FloatArray) -> None:
    store = program.stores[k]
    fill, drain = store_flows(program, k)
    if store.level is None:
        for j in [j for j in fill if program.flows[j].balance < 0.0]:
            ramp = next((r for r in program.ramps if r.flow == j), None)
            if ramp is None:
                _settle_segments(program, k, j, y, s)
            else:
                settle_shifted(program, k, ramp, price, x, y, s)
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
            held = t.factor > 0.0
            np.maximum.at(x, t.column[held], ((y[j] - flow.upper) / np.where(held, t.factor, 1.0))[held])


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
    free = [j for j, f in enumerate(program.flows) if f.balance > 0 and not stored(program, f)]
    order = sorted(free, key=lambda j: float(np.mean(program.flows[j].cost)))
    limited = {r.flow for r in program.ramps}
    ramped, plain = [j for j in order if j in limited], [j for j in order if j not in limited]
    _move_ramped(program, ramped, np.zeros(program.steps), x, y)
    missing = program.load - sum(f.balance * y[j] for j, f in enumerate(program.flows))
    for j in plain:
        if program.flows[j].name == "unserved":
            missing = _move_ramped(program, ramped, np.maximum(missing, 0.0), x, y) + np.minimum(missing, 0.0)
            missing = _raise_supply(program, order, missing, x, y)
        _, high = flow_bounds(program.flows[j], x)
        more = np.clip(missing, 0.0, np.maximum(high - y[j], 0.0))
        y[j] += more
        missing = missing - more
    missing = _leave_out(program, plain, missing, x, y)
    if ramped:
        missing = _move_ramped(program, ramped, missing, x, y)
        _leave_out(program, plain, missing, x, y)


def _leave_out(program: Program, order: list[int], missing: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Let flows give less of what is too much, the dearest first."""
    for j in reversed(order):
        low, _ = flow_bounds(program.flows[j], x)
        less = np.clip(-missing, 0.0, np.maximum(y[j] - low, 0.0))
        y[j] -= less
        missing = missing + less
    return missing


def _move_ramped(program: Program, ramped: list[int], missing: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Let flows with a ramp give what is missing, or less of what is too much, as far as their ramps let them."""
    limits = ramp_limits(program, x)
    for j in ramped:
        low, high = flow_bounds(program.flows[j], x)
        raised = limits[j].below(np.clip(y[j] + np.maximum(missing, 0.0), low, np.maximum(high, low)))
        moved = limits[j].above(np.maximum(raised + np.minimum(missing, 0.0), low))
        missing = missing - (moved - y[j])
        y[j] = moved
    return missing


def _net(program: Program, x: FloatArray, y: FloatArray) -> None:
    """Take off import and export what is bought only to be sold: it never passes the campus's meter.

    All spot energy, as far as a ramp of import lets it; energy of contracts over the grid only where that costs
    nothing and no yearly limit minds.
    """
    grid, spot, sold = (program.flow(n) for n in ("grid", SPOT, "export"))
    if sold < 0:
        return
    limits = ramp_limits(program, x)
    meter = next(iter(program.flows[grid].gain), -1)
    feeding = [j for j, f in enumerate(program.flows) if f.balance == 0.0 and meter in f.gain] if spot >= 0 else [grid]
    for j in sorted(feeding, key=lambda j: j != spot):
        common = np.minimum(np.minimum(y[j], y[grid]), y[sold])
        if j not in (grid, spot):
            pay = program.flows[j].cost + program.flows[grid].cost + program.flows[sold].cost
            minds = any(np.any(b.flows[j] < 0.0) for b in program.budgets if j in b.flows)
            common = np.where(pay >= -SAME * np.abs(program.flows[sold].cost), common, 0.0) * (not minds)
        if grid in limits:
            common = y[grid] - np.clip(limits[grid].above(y[grid] - common), y[grid] - common, y[grid])
        for i in {j, grid, sold}:
            y[i] -= common


def _close_node(program: Program, k: int, x: FloatArray, y: FloatArray) -> None:
    """Close a balance of its own (a row without a level) by the flows that stand in no other row, cheapest first."""
    member = [j for j, f in enumerate(program.flows) if k in f.gain]
    order = sorted((j for j in member if program.flows[j].balance == 0.0), key=lambda j: program.flows[j].cost.mean())
    if not order:
        return
    missing = -sum(program.flows[j].gain[k] * y[j] for j in member)
    for way, ranked in ((1.0, order), (-1.0, order[::-1])):
        for j in ranked:
            low, high = flow_bounds(program.flows[j], x)
            change = np.clip(y[j] + missing / program.flows[j].gain[k], low, np.maximum(high, low)) - y[j]
            change = np.where(way * change > 0.0, change, 0.0)
            y[j] += change
            missing = missing - program.flows[j].gain[k] * change
    for i, j in combinations([j for j in order if not program.flows[j].cost.any()], 2):
        _cancel(program, k, i, j, y)
    spot = program.flow(SPOT)
    for j in order if spot in order else ():
        if j != spot:
            _before_spot(program, j, spot, x, y)


def _cancel(program: Program, k: int, i: int, j: int, y: FloatArray) -> None:
    """Take off two flows that cost nothing what they undo of each other in a row."""
    one, other = program.flows[i], program.flows[j]
    if one.gain[k] * other.gain[k] < 0.0 and not (one.lower.any() or other.lower.any()):
        common = np.minimum(np.abs(one.gain[k]) * y[i], np.abs(other.gain[k]) * y[j])
        y[i] -= common / abs(one.gain[k])
        y[j] -= common / abs(other.gain[k])


def _before_spot(program: Program, j: int, spot: int, x: FloatArray, y: FloatArray) -> None:
    """Let a contract serve the meter before spot energy where neither the cost nor a budget minds, as it is billed."""
    contract, bought = program.flows[j], program.flows[spot]
    first = contract.cost <= bought.cost + SAME * np.abs(bought.cost)
    for budget in program.budgets:
        first &= budget.flows.get(j, np.zeros(program.steps)) <= budget.flows.get(spot, np.zeros(program.steps))
    room = flow_bounds(contract, x)[1] - y[j]
    move = np.where(first, np.clip(np.minimum(room, y[spot]), 0.0, None), 0.0)
    y[j] += move
    y[spot] -= move


def _raise_supply(program: Program, order: list[int], missing: FloatArray, x: FloatArray, y: FloatArray) -> FloatArray:
    """Let capacities of import or of plant rise by the rounding of the solver (not more) before load goes unserved."""
    grid = program.column("grid")
    small = ROUNDING * program.peak_mw
    limits = ramp_limits(program, x)
    for j in order:
        flow = program.flows[j]
        if len(flow.upper_terms) != 1 or not np.all(flow.upper_terms[0].factor > 0.0):
            continue
        term = flow.upper_terms[0]
        upper = flow.upper + np.array([c.upper for c in program.columns])[term.column] * term.factor
        more = np.where((missing > 0) & (missing < small), missing, 0.0)
        more = np.clip(more, 0.0, np.maximum(upper - y[j], 0.0))
        if j in limits:
            more = np.maximum(limits[j].below(y[j] + more) - y[j], 0.0)
        y[j] += more
        missing = missing - more
        np.maximum.at(x, term.column, np.where(more > 0, (y[j] - flow.upper) / term.factor, 0.0))
        if flow.name == "grid" and grid >= 0:
            x[grid] = max(x[grid], float(np.max(y[j])))
    return missing


def _tighten_peaks(program: Program, x: FloatArray, y: FloatArray) -> None:
    """Set the monthly peaks to the largest import of the month: they only cost."""
    j = program.flow("grid")
    if j < 0:
        return
    names = [c.name for c in program.columns]
    billed = [i for i, n in enumerate(names) if n.startswith(PEAKS)]
    if not billed:
        return
    x[billed] = 0.0
    for t in program.flows[j].upper_terms:
        np.maximum.at(x, t.column, y[j])
    targets = {*billed, program.column("grid")}
    for link in (*reversed(program.links), *reversed(program.links)):
        ends = sorted(link.columns.items(), key=lambda item: -item[1])
        if link.limit != 0.0 or len(ends) != 2 or ends[1][0] not in targets or ends[0][0] not in targets:
            continue
        (low, a), (high, b) = ends
        x[high] = max(x[high], x[low] * a / -b)


def _tighten_reduction(program: Program, x: FloatArray) -> None:
    """Set the reduction that a curtailment contract pays for to what import in called hours leaves: it only earns."""
    at = program.column(REDUCTION)
    if at < 0:
        return
    over = [k for k in program.links if k.columns.get(at, 0.0) > 0.0]
    left = [k.limit - sum(a * float(x[i]) for i, a in k.columns.items() if i != at) for k in over]
    x[at] = max(min([program.columns[at].upper, *left]), 0.0)


def _tighten_excess(program: Program, x: FloatArray, y: FloatArray) -> None:
    """Set energy above a tier, or paid but not taken, to what the flows make it: it only costs."""
    for b in program.budgets:
        at = program.column(b.name)
        if at in b.columns and b.columns[at] == -1.0:
            used = sum(float(q @ y[j]) for j, q in b.flows.items())
            used += sum(e * float(x[i]) for i, e in b.columns.items() if i != at)
            x[at] = max(0.0, used - b.limit)
