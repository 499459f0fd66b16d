"""The program laid out for the structured interior-point method: plain scaled arrays, time along the first axis.

In: a `Program`. Out: `Layout`, and the way back to USD. Leaves out: solving (interior.py, sweeps.py).

A part is a flow or a state; parts are numbered flows first. A state carries over from step to step and has a row of its
own: the level of a store, or a flow with a ramp, which stands in the balance too (and in whatever other row it has a
gain). The rows of a step are the balance and one per state. A part without room in a step (solar at night, a level
pinned to zero) stays in the arrays and takes no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wattscale.supply.matrix import budget_scales
from wattscale.supply.program import Flow, Prices, Program, Store, Term, level_alive, store_factors
from wattscale.units import FloatArray

IndexArray = npt.NDArray[np.int64]
NO_ROOM = 1e-9
"""Scaled room between constant bounds below which a part is fixed in a step."""


@dataclass(frozen=True)
class Layout:
    """Scaled arrays: T steps, J flows, K states, P = J + K parts, I terms, B budgets, Q pairs, X columns, L links.

    Attributes:
        gain: Factor of each flow in the rows of its step, shape (J, K + 1).
        end: Factor of the state in its own row, shape (T, K).
        start: Factor, to be negated, of the state before in this step's row, shape (T, K).
        stand: Factor of each state in the other rows of its step, shape (K, K + 1).
        first: Least row in which a state stands: 0 where a flow has a ramp, else 1.
        part: Part of each flow and store of the program, shape (P,).
        stores: Number of states that are levels of stores; they come first.
        cost, low, high: Cost and constant bounds of the parts, shape (T, P).
        active: 1 for parts with room, else 0, shape (T, P).
        term_part, term_upper: Part of each term, and 1 where it is in the upper bound, shape (I,).
        term_column, term_factor: Column and factor of each term, shape (T, I).
        pair_budget, pair_part: Budget and part of each pair, shape (Q,).
        pair_factor: Factor of the part in the budget, shape (T, Q).
        right: Right-hand side of the rows, shape (T, K + 1).
        budget_columns, budget_limit: Shapes (B, X) and (B,).
        link, link_limit: Shapes (L, X) and (L,).
        column_cost, column_upper: Shape (X,).
        fixed: Columns without room, shape (X,).
        entry_step, entry_row, entry_column, entry_factor: Columns that stand in rows, shape (E,).
        power, money: MW and USD of one unit.
        budget_scale: Factor by which each budget was divided.
    """

    gain: FloatArray
    end: FloatArray
    start: FloatArray
    stand: FloatArray
    first: int
    part: IndexArray
    stores: int
    cost: FloatArray
    low: FloatArray
    high: FloatArray
    active: FloatArray
    term_part: IndexArray
    term_upper: IndexArray
    term_column: IndexArray
    term_factor: FloatArray
    pair_budget: IndexArray
    pair_part: IndexArray
    pair_factor: FloatArray
    right: FloatArray
    budget_columns: FloatArray
    budget_limit: FloatArray
    link: FloatArray
    link_limit: FloatArray
    column_cost: FloatArray
    column_upper: FloatArray
    fixed: npt.NDArray[np.bool_]
    entry_step: IndexArray
    entry_row: IndexArray
    entry_column: IndexArray
    entry_factor: FloatArray
    power: float
    money: float
    budget_scale: FloatArray


def layout(program: Program) -> Layout:
    """Lay a program out, scaled by its mean load and by a typical cost of one step."""
    steps, n_s, n_x = program.steps, len(program.stores), len(program.columns)
    plain, parts, part = _order(program)
    n_j, n_p = len(plain), len(parts)
    power = float(np.mean(np.abs(program.load))) or 1.0
    typical = [float(np.mean(np.abs(f.cost))) for f in program.flows if f.name != "unserved"]
    linked = max((c.cost for c in program.columns), default=0.0) / steps
    money = (max([*typical, 0.0]) or linked or 1.0) * power
    low, high = (_stack([getattr(p, side) / power for p in parts], steps) for side in ("lower", "upper"))
    upper = np.array([c.upper for c in program.columns]) / power
    term_part, is_upper, column, factor = _terms(parts, steps)
    factor = np.where(upper[column] > 0.0, factor, 0.0)
    reach = np.zeros((steps, n_p))
    for i, p in enumerate(term_part):
        reach[:, p] += np.abs(factor[:, i])
    active = (reach > 0.0) | (high - low > NO_ROOM)
    ones = np.ones(steps)
    factors = [*(store_factors(program, s) for s in program.stores), *((ones, ones) for _ in program.ramps)]
    end, start = (_stack([f[i] for f in factors], steps) for i in (0, 1))
    entries = _entries(program, end, start)
    for k, store in enumerate(program.stores):
        active[:, n_j + k] &= level_alive(store) > 0
    fixed = upper <= 0.0
    for k in _idle(program, active[:, part[: len(program.flows)]]):
        active[:, n_j + k], fixed[program.stores[k].level] = False, True
    end[:, :n_s] *= active[:, n_j : n_j + n_s]
    link, link_limit = _dense([r.columns for r in program.links], n_x), np.array([r.limit for r in program.links])
    link[:, fixed] = 0.0
    link_limit[(link_limit == 0.0) & ~link.any(axis=1)] = power
    factor = np.where(active[:, term_part], factor, 0.0)
    scale = budget_scales(program)
    pairs = [(b, j) for b, row in enumerate(program.budgets) for j in row.flows]
    costs = [p.cost if isinstance(p, Flow) else np.zeros(steps) for p in parts]
    return Layout(
        gain=_gain(program, plain),
        end=end,
        start=np.where(np.arange(steps)[:, None] > 0, start, 0.0),
        stand=_stand(program), first=0 if program.ramps else 1, part=part, stores=n_s,
        cost=_stack(costs, steps) * power / money, low=low, high=high, active=active.astype(np.float64),
        term_part=term_part, term_upper=is_upper, term_column=column, term_factor=factor,
        pair_budget=np.array([b for b, _ in pairs], np.int64),
        pair_part=np.array([part[j] for _, j in pairs], np.int64),
        pair_factor=_stack([program.budgets[b].flows[j] / scale[b] for b, j in pairs], steps),
        right=_right(program, power),
        budget_columns=np.where(fixed, 0.0, _dense([r.columns for r in program.budgets], n_x) / scale[:, None]),
        budget_limit=np.array([r.limit for r in program.budgets]) / scale / power,
        link=link, link_limit=link_limit / power,
        column_cost=np.array([c.cost for c in program.columns]) * power / money,
        column_upper=upper, fixed=fixed,
        entry_step=entries[0], entry_row=entries[1], entry_column=entries[2], entry_factor=entries[3],
        power=power, money=money, budget_scale=scale,
    )  # fmt: skip


def prices(a: Layout, rows: FloatArray, budgets: FloatArray, links: FloatArray) -> Prices:
    """Give the prices in USD from the multipliers of the rows (shape (T, K + 1)), budgets and links."""
    unit = a.money / a.power
    states, n = -rows[:, 1:].T * unit, a.stores
    return Prices(-rows[:, 0] * unit, states[:n], budgets * unit / a.budget_scale, links * unit, states[n:])


def _stack(columns: list[FloatArray], steps: int) -> FloatArray:
    return np.ascontiguousarray(np.array(columns, dtype=np.float64).reshape(len(columns), steps).T)


def _dense(rows: list[Mapping[int, float]], width: int) -> FloatArray:
    found = np.zeros((len(rows), width))
    for i, row in enumerate(rows):
        for c, value in row.items():
            found[i, c] = value
    return found


def _idle(program: Program, room: npt.NDArray[np.bool_]) -> list[int]:
    """List the cyclic stores that nothing may fill or empty in any step; room is that of the flows, shape (T, J)."""
    return [
        k for k, store in enumerate(program.stores)
        if store.level is not None and not any(room[:, j].any() for j, f in enumerate(program.flows) if k in f.gain)
    ]  # fmt: skip


def _order(program: Program) -> tuple[list[int], list[Flow | Store], IndexArray]:
    """Give the flows without a ramp, all parts in order, and the part of each flow and store of the program."""
    ramped = [r.flow for r in program.ramps]
    plain = [j for j in range(len(program.flows)) if j not in ramped]
    parts: list[Flow | Store] = [program.flows[j] for j in plain]
    parts += [*program.stores, *(program.flows[j] for j in ramped)]
    part = np.empty(len(parts), np.int64)
    n_j, n_s = len(plain), len(program.stores)
    part[plain] = np.arange(n_j)
    part[len(program.flows) :] = n_j + np.arange(n_s)
    part[ramped] = n_j + n_s + np.arange(len(ramped))
    return plain, parts, part


def _terms(parts: list[Flow | Store], steps: int) -> tuple[IndexArray, IndexArray, IndexArray, FloatArray]:
    found: list[tuple[int, int, Term]] = []
    for p, part in enumerate(parts):
        found += [(p, 0, t) for t in (part.lower_terms if isinstance(part, Flow) else ())]
        found += [(p, 1, t) for t in part.upper_terms]
    column = np.array([t.column for _, _, t in found], np.int64).reshape(len(found), steps).T
    return (
        np.array([p for p, _, _ in found], np.int64),
        np.array([u for _, u, _ in found], np.int64),
        np.ascontiguousarray(column),
        _stack([t.factor for _, _, t in found], steps),
    )


def _rows(program: Program, flow: Flow) -> FloatArray:
    """Factor of a flow in the balance and in the rows of stores, shape (K + 1,)."""
    found = np.zeros(1 + len(program.stores) + len(program.ramps))
    found[0] = flow.balance
    for k, g in flow.gain.items():
        found[1 + k] = -g
    return found


def _gain(program: Program, plain: list[int]) -> FloatArray:
    gain = np.array([_rows(program, program.flows[j]) for j in plain])
    for i, ramp in enumerate(program.ramps, 1 + len(program.stores)):
        gain[plain.index(ramp.up), i] = -1.0
        gain[plain.index(ramp.down), i] = 1.0
    return gain


def _stand(program: Program) -> FloatArray:
    n_s = len(program.stores)
    stand = np.zeros((n_s + len(program.ramps), 1 + n_s + len(program.ramps)))
    for i, ramp in enumerate(program.ramps):
        stand[n_s + i] = _rows(program, program.flows[ramp.flow])
    return stand


def _right(program: Program, power: float) -> FloatArray:
    constant = [*(s.inflow for s in program.stores), *(r.base for r in program.ramps)]
    right = np.zeros((program.steps, len(constant) + 1))
    right[:, 0] = program.load / power
    for k, value in enumerate(constant):
        if value is not None:
            right[:, 1 + k] = value / power
    return right


def _entries(
    program: Program, end: FloatArray, start: FloatArray
) -> tuple[IndexArray, IndexArray, IndexArray, FloatArray]:
    """Levels at the end of the year stand as columns in the first and the last row of their store."""
    found: list[tuple[int, int, int, float]] = []
    for k, store in enumerate(program.stores):
        if store.level is not None:
            found.append((0, 1 + k, store.level, -float(start[0, k])))
            found.append((program.steps - 1, 1 + k, store.level, float(end[-1, k])))
    whole = np.array([f[:3] for f in found], np.int64).reshape(-1, 3).T
    return (
        np.ascontiguousarray(whole[0]), np.ascontiguousarray(whole[1]), np.ascontiguousarray(whole[2]),
        np.array([f[3] for f in found], np.float64),
    )  # fmt: skip
