"""A first iterate of the structured method from the solution of a neighbouring program.

In: a `Layout`, its iterate, and a `Solution` of a program of the same shape (another site, draw, price or limit).
Out: the iterate at that point, pushed off its bounds. Leaves out: programs of another shape, which start cold.

The old point and its prices are taken over; a slack or multiplier at zero is lifted, so that every product w z is at
least NEAR; a part that has no room any more is put where it is held. What the push leaves open in rows and columns the
method closes, as it does from any start.
Source: Yildirim and Wright 2002, SIAM J. Optim. 12(3), 782-810; John and Yildirim 2008, Comput. Optim. Appl. 41.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from wattscale.supply.layout import Layout
from wattscale.supply.program import Program, Solution
from wattscale.units import FloatArray

if TYPE_CHECKING:
    from wattscale.supply.interior import Iterate, Residuals

NEAR = 0.05
"""Least product w z of a warm iterate, in units of a typical cost: smaller is nearer, and sooner blocked."""


def fits(program: Program, start: Solution) -> bool:
    """Tell whether a solution is one of a program of the same shape."""
    shapes = (len(program.columns),), (len(program.flows), program.steps), (len(program.stores), program.steps)
    rows = len(program.budgets), len(program.links), len(program.ramps)
    p = start.prices
    found = start.columns.shape, start.flows.shape, start.stores.shape
    return found == shapes and (len(p.budgets), len(p.links), len(p.ramps)) == rows


def enter(
    a: Layout, s: Iterate, start: Solution, residuals: Callable[[Layout, Iterate], Residuals], near: float = NEAR
) -> None:
    """Put an iterate at a known solution, off its bounds.

    Args:
        a: The program laid out.
        s: The iterate, which is overwritten.
        start: A solution that fits the program.
        residuals: Residuals of an iterate.
        near: Least product w z, in units of a typical cost.
    """
    unit = a.money / a.power
    s.x[:] = np.where(a.fixed, 0.0, np.clip(start.columns / a.power, 0.0, a.column_upper))
    s.y[:, a.part] = np.concatenate([start.flows, start.stores]).T / a.power
    s.y[:] = np.where(a.active > 0, s.y, a.low)
    s.nu[:, 0] = -start.prices.balance / unit
    s.nu[:, 1 : 1 + a.stores] = -start.prices.stores.T / unit
    if len(start.prices.ramps):
        s.nu[:, 1 + a.stores :] = -start.prices.ramps.T / unit
    for v in (s.wl, s.wu, s.zl, s.zu):
        v[:] = 0.0
    none = np.zeros(len(s.x))
    budgets, links = np.maximum(start.prices.budgets, 0.0), np.maximum(start.prices.links, 0.0)
    s.w = {"link": np.zeros(len(links)), "budget": np.zeros(len(budgets)), "zero": none, "top": none}
    s.z = {"link": links / unit, "budget": budgets * a.budget_scale / unit, "zero": none, "top": none}
    r = residuals(a, s)
    _lift(s.wl, s.zl, s.g_low, -s.r_part, near)
    _lift(s.wu, s.zu, s.g_high, s.r_part, near)
    for v in (s.wl, s.wu, s.zl, s.zu):
        v[a.active == 0] = 1.0
    reduced = _column_residual(a, s, r)
    pulls = {"link": s.z["link"], "budget": s.z["budget"], "zero": -reduced, "top": reduced}
    for k, pull in pulls.items():
        w, z = np.zeros(len(pull)), np.zeros(len(pull))
        _lift(w, z, r.small[k], pull, near)
        s.w[k], s.z[k] = np.where(s.room[k], w, 1.0), np.where(s.room[k], z, 1.0)


def _lift(w: FloatArray, z: FloatArray, slack: FloatArray, pull: FloatArray, near: float) -> None:
    """Set slack and multiplier to at least zero, and to a product of at least `near`."""
    z[:] = np.maximum(pull, 0.0)
    w[:] = np.maximum(slack, near / np.maximum(z, near**0.5))
    z[:] = np.maximum(z, near / w)


def _column_residual(a: Layout, s: Iterate, r: Residuals) -> FloatArray:
    """Residuals of the columns with the parts' multipliers at the start's own reduced costs, not lifted."""
    column = r.columns.copy()
    low, high = np.maximum(-s.r_part, 0.0), np.maximum(s.r_part, 0.0)
    for i, p in enumerate(a.term_part):
        value = (high if a.term_upper[i] else -low)[:, p] * a.term_factor[:, i]
        np.add.at(column, a.term_column[:, i], value)
    column[a.fixed] = 0.0
    return column
