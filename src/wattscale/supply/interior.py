"""Structured interior-point method: the program solved in passes over time, with a proof of its gap.

In: a `Program`. Out: `Solution` with certified bound, or None where it stalls (then a general solver takes over).
Leaves out: deciding that a program has no point, and whole units.

Every part (flow or store) meets only its own two bounds, so its Hessian is a number; eliminating the parts leaves the
multipliers of the rows, which couple only from step to step through the levels: a band as wide as the stores, with the
linking columns and the budgets as a small dense border. One factorisation is one pass over time (sweeps.py).
Source: Mehrotra 1992, SIAM J. Optim. 2(4); Gondzio 1996, Comput. Optim. Appl. 6; Wright, Primal-Dual Interior-Point
Methods (1997).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattscale.supply import directions, sweeps
from wattscale.supply.border import border_matrix, factorise, stretches
from wattscale.supply.certificate import certified_bound
from wattscale.supply.layout import Layout, layout, prices
from wattscale.supply.program import Budget, Column, Flow, Link, Program, Solution, Store, cost_of, term
from wattscale.supply.warm import enter, fits
from wattscale.supply.zero import is_zero
from wattscale.units import FloatArray

SMALL = ("link", "budget", "zero", "top")
"""Inequalities beside the bounds of parts: links, budgets, columns above zero, columns below their top."""


class _Direction:
    """A step of everything, with the longest lengths that keep w and z positive."""

    def __init__(self, arrays: list[FloatArray], rows: FloatArray) -> None:
        self.y, self.wl, self.wu, self.zl, self.zu = arrays
        self.nu = rows
        self.x: FloatArray = np.zeros(0)
        self.sums: FloatArray = np.zeros(3)
        self.w: dict[str, FloatArray] = {}
        self.z: dict[str, FloatArray] = {}
        self.primal = self.dual = 0.0


class Iterate:
    """Point and multipliers, with the workspace of the passes."""

    def __init__(self, a: Layout) -> None:
        self.a = a
        steps, parts = a.cost.shape
        rows, n_x, n_b = a.right.shape[1], len(a.column_cost), len(a.budget_limit)
        wide = n_x + n_b

        taken = iter(range(1, 64))

        def parts_array() -> FloatArray:
            return _staggered(steps, parts, next(taken))

        self.y, self.wl, self.wu, self.zl, self.zu = (parts_array() for _ in range(5))
        self.g_low, self.g_high, self.r_part, self.aim_low, self.aim_high = (parts_array() for _ in range(5))
        self.pulled, self.inverse, self.dl, self.du = (parts_array() for _ in range(4))
        self.part_index = np.searchsorted(a.term_part, np.arange(parts + 1))
        self.x = np.zeros(n_x)
        self.nu, self.r_rows, self.f = (np.zeros((steps, rows)) for _ in range(3))
        self.pull = np.zeros((steps, len(a.term_part)))
        self.lower = np.zeros((steps, rows, rows))
        self.couple = np.zeros((steps, rows - 1, rows))
        self.schur = np.zeros((wide, wide))
        self.hessian, self.cross, self.own = np.zeros((n_x, n_x)), np.zeros((n_b, n_x)), np.zeros((n_b, n_b))
        self.direction, self.spare = (
            _Direction([parts_array() for _ in range(5)], np.zeros((steps, rows))) for _ in range(2)
        )
        self.w: dict[str, FloatArray] = {}
        self.z: dict[str, FloatArray] = {}
        self.stretches = stretches(a)
        self.terms = (a.term_part, a.term_upper, a.term_column, a.term_factor)
        self.budget_pairs = (a.pair_budget, a.pair_part, a.pair_factor)
        self.room = {"link": np.ones(len(a.link_limit), bool), "budget": np.ones(n_b, bool), "zero": ~a.fixed,
                     "top": ~a.fixed}  # fmt: skip


def _staggered(steps: int, parts: int, place: int) -> FloatArray:
    """An array of zeros that starts at another offset within a page for each place.

    The passes read some fifteen arrays of one shape side by side; without the offsets they would all fall into the
    same sets of the cache and drive each other out.
    """
    offset = place * 9 * CACHE_LINE
    room = np.zeros(steps * parts + offset)
    return room[offset:].reshape(steps, parts)


CACHE_LINE = 8
"""Numbers of eight bytes in a cache line of 64 bytes."""


@dataclass(frozen=True)
class Residuals:
    """Residuals beside those in the workspace, and their sizes."""

    small: dict[str, FloatArray]
    columns: FloatArray
    product: float
    count: int
    primal: float
    dual: float


def solve_interior(
    program: Program, tolerance: float = 1e-4, most_iterations: int = 150, bracket: bool = False,
    start: Solution | None = None,
) -> Solution | None:  # fmt: skip
    """Solve a program by the structured method.

    Args:
        program: The program.
        tolerance: Certified relative gap at which to stop [1].
        most_iterations: Iterations after which it counts as stalled.
        bracket: Give the last point with its bound then, near or not, instead of None.
        start: Solution of a neighbouring program to start from; one of another shape is not used.

    Returns:
        The solution; its gap is above the tolerance (but below ACCEPTABLE) where the method came no nearer. None where
        it stalls before that (the program may have no point).
    """
    if any(is_zero(b) for b in program.budgets):
        return None
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if start is not None and fits(program, start):
            found = _iterate(program, tolerance, most_iterations, bracket, start)
            if found is not None:
                return found
        found = _iterate(program, tolerance, most_iterations, bracket)
        return found if found is None or bracket else _nearer(program, found, tolerance, most_iterations)


def _nearer(program: Program, found: Solution, tolerance: float, most_iterations: int) -> Solution:
    """Go on from a point that rounding stopped short of the tolerance: off its bounds, a few iterations do the rest."""
    if found.objective - found.bound <= tolerance * abs(found.objective):
        return found
    again = _iterate(program, tolerance, most_iterations, False, found)
    bound = found.bound if again is None else max(found.bound, again.bound)
    best = found if again is None or again.objective > found.objective else again
    return replace(best, bound=bound)


def _iterate(
    program: Program, tolerance: float, most_iterations: int, bracket: bool, start: Solution | None = None
) -> Solution | None:
    a = layout(program)
    s = Iterate(a)
    if start is None:
        _start(a, s)
    else:
        enter(a, s, start, _residuals)
    best: float = np.inf
    product, since = best, 0
    for iteration in range(most_iterations):
        r = _residuals(a, s)
        done = _finished(program, a, s, r, tolerance, iteration)
        if done is not None:
            return done
        merit = r.primal + float(np.max(np.abs(r.columns), initial=0.0)) / max(1.0, float(a.column_cost.max())) + r.dual
        nearer = merit < PROGRESS * best or r.product < PROGRESS * product
        best, product, since = min(best, merit), min(product, r.product), 0 if nearer else since + 1
        if since > PATIENCE and merit > FEASIBLE:
            return None
        try:
            going = _step(a, s, r)
        except np.linalg.LinAlgError:
            going = False
        if not going:
            return _finished(program, a, s, r, ACCEPTABLE, iteration)
    if bracket:
        return _answer(program, a, s, most_iterations)
    return _finished(program, a, s, _residuals(a, s), ACCEPTABLE, most_iterations)


ACCEPTABLE = 1e-3
"""Certified gap with which the method may still stop when it comes no nearer [1]."""
PROGRESS, PATIENCE = 0.9, 25
"""Iterations without this reduction of residuals or complementarity after which the method gives up."""


def warm_up() -> None:
    """Compile the passes (some ten seconds, once per installation), so that the first plan need not wait for it."""
    load, none = np.ones(2), np.zeros(2)
    columns = (Column("grid", 1.0, 10.0), Column("level", 0.0, 10.0))
    flows = (Flow("grid", np.ones(2), 1.0, none, none, (), (term(0, 1.0, 2),)),)
    stores = (Store("store", np.ones(2), none, none, (term(1, 1.0, 2),), 1),)
    budgets = (Budget("budget", {0: np.ones(2)}, {}, 10.0),)
    solve_interior(Program(np.ones(2), load, columns, flows, stores, budgets, (Link("link", {0: 1.0}, 10.0),)))


def _bounds(a: Layout, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    low, high = a.low.copy(), a.high.copy()
    for i, p in enumerate(a.term_part):
        (high if a.term_upper[i] else low)[:, p] += a.term_factor[:, i] * x[a.term_column[:, i]]
    return low, high


def _start(a: Layout, s: Iterate) -> None:
    """A first iterate: plain prices and columns, and every part at its own barrier optimum for them.

    So the parts' dual residuals vanish and all their products w z equal START; rows and columns are not closed yet.
    """
    s.x[:] = np.where(a.fixed, 0.0, np.minimum(0.5 * a.column_upper, 1.0))
    s.nu[:, 0], s.nu[:, 1:] = -1.0, 1.0
    low, high = _bounds(a, s.x)
    flows = a.gain.shape[0]
    reduced = a.cost.copy()
    reduced[:, :flows] += s.nu @ a.gain.T
    reduced[:, flows:] += a.end + s.nu @ a.stand.T
    reduced[:-1, flows:] -= a.start[1:]
    room = np.where(a.active > 0, np.maximum(high - low, 1e-3), 1.0)
    scaled = np.abs(reduced) * room
    near = 2.0 * START * room / (scaled + 2.0 * START + np.hypot(scaled, 2.0 * START))
    s.wl[:] = np.where(reduced > 0, near, room - near)
    s.wu[:] = np.where(reduced > 0, room - near, near)
    s.y[:] = np.where(a.active > 0, low + s.wl, a.low)
    s.zl[:], s.zu[:] = START / s.wl, START / s.wu
    for v in (s.wl, s.wu, s.zl, s.zu):
        v[a.active == 0] = 1.0
    s.w = {
        "link": np.maximum(a.link_limit - a.link @ s.x, 0.1), "budget": np.maximum(a.budget_limit, 0.1),
        "zero": np.where(a.fixed, 1.0, s.x), "top": np.where(a.fixed, 1.0, np.maximum(a.column_upper - s.x, 0.1)),
    }  # fmt: skip
    s.z = {k: START / w for k, w in s.w.items()}


START = 3.0
"""Product w z of the first iterate, in units of a typical cost."""


def _residuals(a: Layout, s: Iterate) -> Residuals:
    column, budget = np.zeros(len(s.x)), np.zeros(len(a.budget_limit))
    product, count, primal, dual = sweeps.residuals(
        a.gain, a.end, a.start, a.stand, a.first, a.cost, a.low, a.high, a.active, a.term_part, a.term_upper,
        a.term_column, a.term_factor, a.pair_budget, a.pair_part, a.pair_factor, a.right, s.y, s.wl, s.wu, s.zl, s.zu,
        s.nu, s.x,
        s.z["budget"], s.r_rows, s.g_low, s.g_high, s.r_part, column, budget,
    )  # fmt: skip
    for step, row, c, factor in zip(a.entry_step, a.entry_row, a.entry_column, a.entry_factor, strict=True):
        s.r_rows[step, row] -= factor * s.x[c]
        column[c] -= factor * s.nu[step, row]
    z = s.z
    column += -a.column_cost - z["budget"] @ a.budget_columns - z["link"] @ a.link + z["zero"] - z["top"]
    column[a.fixed] = 0.0
    small = {
        "link": a.link_limit - a.link @ s.x - s.w["link"],
        "budget": a.budget_limit - budget - a.budget_columns @ s.x - s.w["budget"],
        "zero": np.where(a.fixed, 0.0, s.x - s.w["zero"]),
        "top": np.where(a.fixed, 0.0, a.column_upper - s.x - s.w["top"]),
    }
    for k in SMALL:
        product += float(np.sum(s.w[k] * z[k], where=s.room[k]))
        count += int(s.room[k].sum())
        if k != "budget":
            primal = max(primal, float(np.max(-small[k], initial=0.0)))
    primal = max(primal, float(np.max(np.abs(s.r_rows), initial=0.0)))
    return Residuals(small, column, product, count, primal, dual)


def _step(a: Layout, s: Iterate, r: Residuals) -> bool:
    """One step: predictor, corrector, and a centrality corrector where the step is short; False where it cannot be."""
    if not factorise(a, s):
        return False
    small = border_matrix(a, s)
    if not np.isfinite(small).all():
        return False
    mu = r.product / r.count
    d = s.direction
    directions.aim(s.wl, s.wu, s.zl, s.zu, d.wl, d.wu, d.zl, d.zu, 0.0, 0.0, s.aim_low, s.aim_high)
    _direct(a, s, r, small, {k: -s.w[k] * s.z[k] for k in SMALL})
    after = r.product + d.primal * d.sums[0] + d.dual * d.sums[1] + d.primal * d.dual * d.sums[2]
    center = min(max((after / r.product) ** 3, 1e-6), 1.0) * mu
    directions.aim(s.wl, s.wu, s.zl, s.zu, d.wl, d.wu, d.zl, d.zu, center, 1.0, s.aim_low, s.aim_high)
    aim = {k: center - s.w[k] * s.z[k] - d.w[k] * d.z[k] for k in SMALL}
    _direct(a, s, r, small, aim)
    for _ in range(CORRECTORS):
        if min(d.primal, d.dual) > LONG_ENOUGH or not _recentre(a, s, r, small, aim, center):
            break
        d = s.direction
    if not np.isfinite(d.x).all():
        return False
    back = max(BACK, 1.0 - mu)
    primal, dual = min(1.0, back * d.primal), min(1.0, back * d.dual)
    directions.move(s.y, s.wl, s.wu, s.zl, s.zu, s.nu, d.y, d.wl, d.wu, d.zl, d.zu, d.nu, primal, dual)
    s.x += primal * d.x
    for k in SMALL:
        s.w[k] = s.w[k] + primal * d.w[k]
        s.z[k] = s.z[k] + dual * d.z[k]
    return True


def _recentre(
    a: Layout, s: Iterate, r: Residuals, small: FloatArray, aim: dict[str, FloatArray], center: float
) -> bool:
    """Bend the direction so that a longer step keeps w z near its centre; False, and the old one, where it is not."""
    d, other = s.direction, s.spare
    primal, dual = min(1.0, d.primal + REACH), min(1.0, d.dual + REACH)
    least, most = SPREAD * center, center / SPREAD
    directions.correct(a.active, s.wl, s.wu, s.zl, s.zu, s.dl, s.du, s.g_low, s.g_high, d.wl, d.wu, d.zl, d.zu, primal,
                   dual, least, most, s.aim_low, s.aim_high)  # fmt: skip
    for k in SMALL:
        v = (s.w[k] + primal * d.w[k]) * (s.z[k] + dual * d.z[k])
        aim[k] = aim[k] + np.where(v < least, least - v, np.where(v > most, np.maximum(most - v, -most), 0.0))
    s.direction, s.spare = other, d
    _direct(a, s, r, small, aim)
    if other.primal + other.dual < d.primal + d.dual + GAINED:
        s.direction, s.spare = (other, d) if other.primal + other.dual > d.primal + d.dual else (d, other)
        return False
    return True


BACK = 0.995
"""Share of the longest step that is taken [1]."""
CORRECTORS, LONG_ENOUGH, REACH, SPREAD, GAINED = 1, 0.9, 0.3, 0.3, 0.03
"""Most centrality correctors of an iteration; the step from which none is tried; how much longer a step they aim at;
the spread of w z they keep; the lengthening of both steps below which no further one is tried."""


def _direct(a: Layout, s: Iterate, r: Residuals, small: FloatArray, aim: dict[str, FloatArray]) -> None:
    """Solve for the direction that closes the residuals and changes w z by the aims; note its longest steps."""
    n_x, d = len(s.x), s.direction
    pull = {k: (aim[k] - s.z[k] * r.small[k]) / s.w[k] for k in SMALL}
    column = r.columns - pull["link"] @ a.link + pull["zero"] - pull["top"]
    budget = aim["budget"] / s.z["budget"] - r.small["budget"]
    directions.prepare(
        *s.terms, *s.budget_pairs, a.active, s.wl, s.wu, s.dl, s.du, s.g_low, s.g_high, s.r_part, s.inverse, s.pull,
        s.aim_low, s.aim_high, d.y, column, budget,
    )  # fmt: skip
    column[a.fixed] = 0.0
    directions.forward(a.gain, a.end, a.start, a.stand, a.first, d.y, s.r_rows, s.lower, s.couple, s.f)
    directions.back(a.gain, a.end, a.start, a.stand, a.first, s.lower, s.couple, s.f, d.nu, s.pulled)
    shift = np.zeros(len(small))
    directions.border_of(a.term_part, a.term_column, *s.budget_pairs, s.inverse, s.pull, s.pulled, n_x, shift)
    np.subtract.at(shift, a.entry_column, a.entry_factor * d.nu[a.entry_step, a.entry_row])
    shift[n_x:] *= -1.0
    delta = np.linalg.solve(small, np.concatenate([column, budget]) + shift)
    delta[:n_x][a.fixed] = 0.0
    directions.shift_parts(a.term_part, a.term_column, *s.budget_pairs, s.inverse, s.pull, delta, n_x, d.y)
    levels = a.entry_factor * delta[a.entry_column]
    np.subtract.at(s.r_rows, (a.entry_step, a.entry_row), levels)
    directions.forward(a.gain, a.end, a.start, a.stand, a.first, d.y, s.r_rows, s.lower, s.couple, s.f)
    np.add.at(s.r_rows, (a.entry_step, a.entry_row), levels)
    directions.back(a.gain, a.end, a.start, a.stand, a.first, s.lower, s.couple, s.f, d.nu, s.pulled)
    primal, dual = directions.expand(
        *s.terms, s.wl, s.wu, s.zl, s.zu, s.dl, s.du, s.g_low, s.g_high, s.inverse, s.aim_low, s.aim_high, d.y,
        s.pulled, delta, d.wl, d.wu, d.zl, d.zu, d.sums,
    )  # fmt: skip
    d.x = np.asarray(delta[:n_x], np.float64)
    db = np.asarray(delta[n_x:], np.float64)
    d.w = {
        "link": r.small["link"] - np.asarray(a.link @ d.x, np.float64),
        "budget": (aim["budget"] - s.w["budget"] * db) / s.z["budget"],
        "zero": r.small["zero"] + d.x,
        "top": r.small["top"] - d.x,
    }
    d.z = {k: (aim[k] - s.z[k] * d.w[k]) / s.w[k] for k in SMALL}
    d.z["budget"] = db
    for k in SMALL:
        where = s.room[k]
        primal = min(primal, float(np.min(d.w[k] / s.w[k], initial=0.0, where=where)))
        dual = min(dual, float(np.min(d.z[k] / s.z[k], initial=0.0, where=where)))
        d.sums += [float(np.sum(v, where=where)) for v in (d.w[k] * s.z[k], s.w[k] * d.z[k], d.w[k] * d.z[k])]
    d.primal, d.dual = (min(1.0 / BACK, -1.0 / v if v < 0 else 1.0 / BACK) for v in (primal, dual))


def _finished(
    program: Program, a: Layout, s: Iterate, r: Residuals, tolerance: float, iteration: int
) -> Solution | None:
    """Give the solution once it is near enough, by the certified bound."""
    objective = float(np.sum(a.cost * s.y) + a.column_cost @ s.x)
    if r.product > tolerance * abs(objective) or r.primal > FEASIBLE:
        return None
    answer = _answer(program, a, s, iteration)
    return answer if answer.objective - answer.bound <= tolerance * abs(answer.objective) else None


def _answer(program: Program, a: Layout, s: Iterate, iteration: int) -> Solution:
    """Give the point in MW and USD with the bound that its prices prove."""
    found = prices(a, s.nu, s.z["budget"], s.z["link"])
    parts = s.y.T[a.part] * a.power
    columns, flows = s.x * a.power, parts[: len(program.flows)]
    cost = cost_of(program, columns, flows)
    bound = certified_bound(program, found, cost + ROOM * abs(cost))
    return Solution(columns, flows, parts[len(program.flows) :], found, cost, bound, "interior", iteration)


FEASIBLE = 1e-6
"""Largest gap of any row over the mean load at which to stop [1]."""
ROOM = 1e-3
"""Room above the cost of a nearly feasible point for that of some feasible one [1]."""
