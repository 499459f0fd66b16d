"""The program as one sparse matrix, for general solvers.

In: a `Program`. Out: `MatrixForm` (min c v, lo <= A v <= up, lb <= v <= ub), per MW and M$, and the way back.
Leaves out: any use of the structure in time; interior.py does that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from wattscale.supply.program import Flow, Prices, Program, Ramp, Store, level_alive, store_factors
from wattscale.units import FloatArray


@dataclass(frozen=True)
class MatrixForm:
    """min c v, lo <= A v <= up, lb <= v <= ub, with v = (x, y by flow, s by store), scaled.

    Attributes:
        cost, matrix, row_low, row_high, low, high: The linear program.
        power: MW (and MWh) of one unit of v.
        money: USD of one unit of the objective.
        budget_scale: Factor by which each budget row was divided.
    """

    cost: FloatArray
    matrix: sp.csr_matrix
    row_low: FloatArray
    row_high: FloatArray
    low: FloatArray
    high: FloatArray
    power: float
    money: float
    budget_scale: FloatArray


def scales(program: Program) -> tuple[float, float]:
    """Give the scale of power [MW] and of money [USD] of a program."""
    power = float(np.mean(np.abs(program.load))) or 1.0
    typical = max((float(np.mean(np.abs(f.cost))) for f in program.flows if f.name != "unserved"), default=1.0)
    linked = max((c.cost for c in program.columns), default=1.0)
    return power, max(typical * program.steps, linked, 1e-6) * power


def budget_scales(program: Program) -> FloatArray:
    """Give for each budget its largest factor on a flow, so that the scaled row has factors of about one."""
    return np.array(
        [
            max([float(np.max(np.abs(q))) for q in b.flows.values()] + [abs(e) for e in b.columns.values()] + [0.0])
            or 1.0
            for b in program.budgets
        ]
    )


class _Rows:
    """Collects entries of a sparse matrix, block by block."""

    def __init__(self) -> None:
        self.count = 0
        self.row: list[FloatArray] = []
        self.column: list[FloatArray] = []
        self.value: list[FloatArray] = []
        self.low: list[FloatArray] = []
        self.high: list[FloatArray] = []

    def add(self, row: object, column: object, value: object) -> None:
        r, c, v = np.broadcast_arrays(np.asarray(row), np.asarray(column), np.asarray(value, float))
        self.row.append(r.ravel() + self.count)
        self.column.append(c.ravel())
        self.value.append(v.ravel())

    def close(self, low: FloatArray, high: FloatArray) -> None:
        self.low.append(low)
        self.high.append(high)
        self.count += len(low)


def matrix_form(program: Program) -> MatrixForm:
    """Write the program as one scaled sparse matrix.

    Rows in order: balance, stores, ramps, budgets, links, then the bounds that hold linking columns.
    """
    steps, n_x = program.steps, len(program.columns)
    t = np.arange(steps)
    flow_at = [n_x + j * steps for j in range(len(program.flows))]
    store_at = [n_x + (len(program.flows) + k) * steps for k in range(len(program.stores))]
    power, money = scales(program)
    rows = _Rows()
    for j, flow in enumerate(program.flows):
        if flow.balance:
            rows.add(t, flow_at[j] + t, flow.balance)
    rows.close(program.load / power, program.load / power)
    for k, store in enumerate(program.stores):
        _store_rows(program, rows, k, store, flow_at, store_at[k], power)
    for ramp in program.ramps:
        _ramp_rows(rows, ramp, flow_at, steps, power)
    scale = budget_scales(program)
    for budget, s in zip(program.budgets, scale, strict=True):
        for j, q in budget.flows.items():
            rows.add(0, flow_at[j] + t, q / s)
        for i, e in budget.columns.items():
            rows.add(0, i, e / s)
        rows.close(np.array([-np.inf]), np.array([budget.limit / s / power]))
    for link in program.links:
        for i, a in link.columns.items():
            rows.add(0, i, a)
        rows.close(np.array([-np.inf]), np.array([link.limit / power]))
    size = n_x + (len(program.flows) + len(program.stores)) * steps
    low, high = np.full(size, -np.inf), np.full(size, np.inf)
    low[:n_x], high[:n_x] = 0.0, [c.upper / power for c in program.columns]
    for j, flow in enumerate(program.flows):
        _bounds(rows, flow, flow_at[j], low, high, power)
    for k, store in enumerate(program.stores):
        _bounds(rows, store, store_at[k], low, high, power)
        _pin(store, store_at[k], low, high)
    cost = np.concatenate([[c.cost for c in program.columns], *[f.cost for f in program.flows],
                           np.zeros(len(program.stores) * steps)])  # fmt: skip
    row, column = np.concatenate(rows.row).astype(np.int64), np.concatenate(rows.column).astype(np.int64)
    matrix: sp.csr_matrix = sp.coo_matrix((np.concatenate(rows.value), (row, column)), shape=(rows.count, size)).tocsr()
    matrix.eliminate_zeros()
    return MatrixForm(cost * power / money, matrix, np.concatenate(rows.low), np.concatenate(rows.high), low, high,
                      power, money, scale)  # fmt: skip


def _store_rows(program: Program, rows: _Rows, k: int, store: Store, flow_at: list[int], at: int, power: float) -> None:
    steps = program.steps
    t = np.arange(steps)
    end, start = store_factors(program, store)
    rows.add(t[:-1], at + t[:-1], end[:-1])
    rows.add(t[1:], at + t[:-1], -start[1:])
    if store.level is not None:
        rows.add(steps - 1, store.level, end[-1])
        rows.add(0, store.level, -start[0])
    for j, flow in enumerate(program.flows):
        if k in flow.gain:
            rows.add(t, flow_at[j] + t, -flow.gain[k])
    inflow = np.zeros(steps) if store.inflow is None else store.inflow / power
    rows.close(inflow, inflow)


def _ramp_rows(rows: _Rows, ramp: Ramp, flow_at: list[int], steps: int, power: float) -> None:
    t = np.arange(steps)
    rows.add(t, flow_at[ramp.flow] + t, 1.0)
    rows.add(t[1:], flow_at[ramp.flow] + t[:-1], -1.0)
    rows.add(t, flow_at[ramp.up] + t, -1.0)
    rows.add(t, flow_at[ramp.down] + t, 1.0)
    base = np.zeros(steps) if ramp.base is None else ramp.base / power
    rows.close(base, base)


def _bounds(rows: _Rows, part: Flow | Store, at: int, low: FloatArray, high: FloatArray, power: float) -> None:
    steps = len(part.lower)
    t = np.arange(steps)
    span = slice(at, at + steps)
    if part.upper_terms:
        rows.add(t, at + t, 1.0)
        for term in part.upper_terms:
            rows.add(t, term.column, -term.factor)
        rows.close(np.full(steps, -np.inf), part.upper / power)
    else:
        high[span] = part.upper / power
    lower_terms = part.lower_terms if isinstance(part, Flow) else ()
    if lower_terms:
        rows.add(t, at + t, 1.0)
        for term in lower_terms:
            rows.add(t, term.column, -term.factor)
        rows.close(part.lower / power, np.full(steps, np.inf))
    else:
        low[span] = part.lower / power


def _pin(store: Store, at: int, low: FloatArray, high: FloatArray) -> None:
    dead = at + np.flatnonzero(level_alive(store) == 0)
    low[dead], high[dead] = np.minimum(low[dead], 0.0), np.maximum(high[dead], 0.0)
    low[dead] = high[dead] = 0.0


def prices_of(form: MatrixForm, program: Program, row_price: FloatArray) -> Prices:
    """Read the prices of the program from the scaled row prices (sign: cost per unit of right-hand side)."""
    steps, n_s, n_b, n_l = program.steps, len(program.stores), len(program.budgets), len(program.links)
    unit = form.money / form.power
    end = steps * (1 + n_s)
    at = end + steps * len(program.ramps)
    return Prices(
        balance=row_price[:steps] * unit,
        stores=(row_price[steps:end] * unit).reshape(n_s, steps),
        budgets=-row_price[at : at + n_b] * unit / form.budget_scale if n_b else np.zeros(0),
        links=-row_price[at + n_b : at + n_b + n_l] * unit,
        ramps=(row_price[end:at] * unit).reshape(len(program.ramps), steps),
    )


def parts_of(form: MatrixForm, program: Program, v: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Split a scaled solution into columns, flows and stores in MW and MWh."""
    n_x, n_j, steps = len(program.columns), len(program.flows), program.steps
    v = v * form.power
    flows = v[n_x : n_x + n_j * steps].reshape(n_j, steps)
    return v[:n_x], flows, v[n_x + n_j * steps :].reshape(len(program.stores), steps)
