"""The dense border of the Newton system: columns and budgets after elimination of the rows, stretch by stretch.

In: a `Layout` and its iterate. Out: the factorised band, and the matrix of columns and budgets. Leaves out: the passes
over time themselves (sweeps.py) and solving for a direction (interior.py).

Where no state goes on from one step to the next (the turn of a year in a program of several, any step of one without
stores), the stretches on both sides share only columns. Each is then factorised with the few columns that stand in it,
so that the time grows with the years and not with their square.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattscale.supply import sweeps
from wattscale.supply.layout import IndexArray, Layout
from wattscale.units import FloatArray

if TYPE_CHECKING:
    from wattscale.supply.interior import Iterate

LEAST = 700
"""Fewest steps of a stretch, about a month: shorter ones cost more calls than they save."""
WORTH = 0.7
"""Work of all stretches over that of the whole above which the whole is taken [1]."""


@dataclass(frozen=True)
class Stretch:
    """Steps that no state connects to others.

    Attributes:
        span: The steps.
        used: Columns that stand in them, shape (U,).
        term_column: Place of each term's column in `used`, shape (steps, I).
        entries: Step, row, column and factor of columns in rows, within the stretch.
    """

    span: slice
    used: IndexArray
    term_column: IndexArray
    entries: tuple[IndexArray, IndexArray, IndexArray, FloatArray]


def stretches(a: Layout) -> tuple[Stretch, ...]:
    """Cut the steps into stretches, or leave them whole where that saves too little."""
    steps, n_x = len(a.start), len(a.column_cost)
    free = np.flatnonzero(~np.any(a.start != 0.0, axis=1))
    cuts = [0]
    for t in free:
        if t - cuts[-1] >= LEAST and steps - t >= LEAST:
            cuts.append(int(t))
    found = tuple(_stretch(a, slice(b, e)) for b, e in zip(cuts, [*cuts[1:], steps], strict=True))
    n_b = len(a.budget_limit)
    work = sum((p.span.stop - p.span.start) * (len(p.used) + n_b) ** 2 for p in found)
    if len(found) > 1 and work < WORTH * steps * (n_x + n_b) ** 2:
        return found
    entries = (a.entry_step, a.entry_row, a.entry_column, a.entry_factor)
    return (Stretch(slice(0, steps), np.arange(n_x), a.term_column, entries),)


def _stretch(a: Layout, span: slice) -> Stretch:
    inside = (a.entry_step >= span.start) & (a.entry_step < span.stop)
    column, factor = a.term_column[span], a.term_factor[span]
    used = np.unique(np.concatenate([column[factor != 0.0], a.entry_column[inside]]))
    place = np.zeros(len(a.column_cost), np.int64)
    place[used] = np.arange(len(used))
    entries = (a.entry_step[inside] - span.start, a.entry_row[inside], place[a.entry_column[inside]],
               a.entry_factor[inside])  # fmt: skip
    return Stretch(span, used, place[column], entries)


def factorise(a: Layout, s: Iterate) -> bool:
    """Factorise the band of all stretches and sum up their borders; False where it is not definite."""
    n_x, n_b = len(s.x), len(a.budget_limit)
    for v in (s.schur, s.hessian, s.cross, s.own):
        v[:] = 0.0
    for p in s.stretches:
        n = len(p.used)
        schur, hessian = np.zeros((n + n_b, n + n_b)), np.zeros((n, n))
        cross, own = np.zeros((n_b, n)), np.zeros((n_b, n_b))
        q = p.span
        failed = sweeps.factorise(
            a.gain, a.end[q], a.start[q], a.stand, a.first, a.active[q], a.term_part, a.term_upper, p.term_column,
            a.term_factor[q], a.pair_budget, a.pair_part, a.pair_factor[q], s.wl[q], s.wu[q], s.zl[q], s.zu[q],
            *p.entries, s.part_index, s.dl[q], s.du[q], s.inverse[q], s.pull[q], s.lower[q], s.couple[q], schur,
            hessian, cross, own,
        )  # fmt: skip
        if failed:
            return False
        border = np.concatenate([p.used, n_x + np.arange(n_b)])
        s.schur[np.ix_(border, border)] += schur
        s.hessian[np.ix_(p.used, p.used)] += hessian
        s.cross[:, p.used] += cross
        s.own += own
    return True


def border_matrix(a: Layout, s: Iterate) -> FloatArray:
    """Dense matrix of columns and budgets after elimination of the rows."""
    n_x = len(s.x)
    small = s.schur.copy()
    small[n_x:] *= -1.0
    weight = {k: s.z[k] / s.w[k] for k in s.w}
    cross = s.cross + a.budget_columns
    small[:n_x, :n_x] += s.hessian + a.link.T @ (weight["link"][:, None] * a.link)
    small[:n_x, :n_x] += np.diag(np.where(a.fixed, 1.0, weight["zero"] + weight["top"]))
    small[:n_x, n_x:] += cross.T
    small[n_x:, :n_x] -= cross
    small[n_x:, n_x:] += s.own + np.diag(1.0 / weight["budget"])
    return small
