"""Whether a solver's point is an answer: numbers throughout, rows and bounds kept, cost near its proven bound.

In: a `Program` and a `Solution`. Out: what is wrong with it, or nothing. Leaves out: what to do then.
"""

from __future__ import annotations

import numpy as np

from wattscale.supply.faults import GAP, OVERDRAWN
from wattscale.supply.matrix import MatrixForm, matrix_form, scales
from wattscale.supply.program import Program, Solution
from wattscale.units import FloatArray

FREE = 1e-4
"""Cost over the usual cost of the program (its dear parts for its whole load) below which it counts as free [1]."""


def money_scale(program: Program) -> float:
    """Give the cost below which a gap is measured against this cost, as a relative one would mean nothing [USD]."""
    return FREE * scales(program)[1]


def flaw(program: Program, solution: Solution) -> str:
    """Say what keeps a point from being an answer; empty where nothing does.

    Args:
        program: The program.
        solution: A solver's point with its bound.
    """
    numbers = (solution.columns, solution.flows, solution.stores, solution.objective, solution.bound)
    if not all(np.all(np.isfinite(x)) for x in numbers):
        return "values that are no numbers"
    missed = largest_miss(program, solution)
    if missed > OVERDRAWN:
        return f"rows missed by {missed:.1e} of their size"
    gap = (solution.objective - solution.bound) / max(abs(solution.objective), money_scale(program))
    if not -OVERDRAWN <= gap <= GAP:
        return f"a gap of {gap:.1%} to its proven bound"
    return ""


def largest_miss(program: Program, solution: Solution) -> float:
    """Give by how much a point misses its worst row or bound, over the row's largest term or the mean load [1]."""
    form = matrix_form(program)
    point = np.concatenate([solution.columns, solution.flows.ravel(), solution.stores.ravel()]) / form.power
    given = form.matrix @ point
    row = np.maximum(form.row_low - given, given - form.row_high) / (1.0 + _largest_terms(form, point))
    bound = np.maximum(form.low - point, point - form.high) / (1.0 + np.abs(point))
    return float(max(np.max(row, initial=0.0), np.max(bound, initial=0.0)))


def _largest_terms(form: MatrixForm, point: FloatArray) -> FloatArray:
    """Size of the largest term of each row."""
    largest = np.zeros(len(form.row_low))
    rows = np.repeat(np.arange(len(largest)), np.diff(form.matrix.indptr))
    np.maximum.at(largest, rows, np.abs(form.matrix.data * point[form.matrix.indices]))
    return largest
