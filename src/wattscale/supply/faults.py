"""What is wrong with an answer: a limit that it breaks, or a cost that is not certified well enough.

In: a program or campus and a solution. Out: for a plan the faults, in the user's words and units; for any program
whether its point is an answer. Leaves out: mending them (solve.py asks another solver), and small excesses, of which
the plan warns (told.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.errors import WattscaleError
from wattscale.supply.expansion import Campus
from wattscale.supply.matrix import MatrixForm, matrix_form, scales
from wattscale.supply.program import Program, Solution
from wattscale.supply.ramps import ramp_excess
from wattscale.supply.settle import budget_excess, flow_bounds, imbalance
from wattscale.units import FloatArray

OVERDRAWN = 1e-4
"""Excess over a limit, over the limit, from which an answer is no plan [1]."""
GAP = 1e-2
"""Certified gap above which an answer is no plan [1]."""
FREE = 1e-4
"""Cost over the usual cost of the program (its dear parts for its whole load) below which it counts as free [1]."""


@dataclass(frozen=True)
class Fault:
    """A limit that an answer breaks.

    Attributes:
        name: Name of the row, column or flow; `gap` for the certified gap.
        size: Excess over the limit, over the limit (over the largest load for powers), or the gap [1].
    """

    name: str
    size: float


def money_scale(program: Program) -> float:
    """Give the cost below which a gap is measured against this cost, as a relative one would mean nothing [USD]."""
    return FREE * scales(program)[1]


def certified_gap(program: Program, solution: Solution) -> float:
    """Give the cost above its proven bound, over the cost before what is earned, or over `money_scale` if more [1].

    What a campus sells may bring its cost near nothing, and a gap over that would mean nothing.
    """
    scale = max(abs(solution.objective), paid(program, solution), money_scale(program))
    return float((solution.objective - solution.bound) / scale)


def paid(program: Program, solution: Solution) -> float:
    """Give what a solution costs before what it earns by sales and negative prices [USD]."""
    built = sum(max(c.cost, 0.0) * x for c, x in zip(program.columns, solution.columns, strict=True))
    run = sum(np.maximum(f.cost, 0.0) @ y for f, y in zip(program.flows, solution.flows, strict=True))
    return float(built + run)


def proven(program: Program, solution: Solution) -> bool:
    """Tell whether the cost stands near its bound, and not below it, which no bound allows."""
    return -OVERDRAWN <= certified_gap(program, solution) <= GAP


def trusted_bound(program: Program, solution: Solution) -> float:
    """Give the bound of an answer that may be no plan; minus infinity where a point that keeps all limits belies it."""
    belied = certified_gap(program, solution) < -OVERDRAWN and not broken_limits(program, solution)
    return solution.bound if np.isfinite(solution.bound) and not belied else -np.inf


def faults(program: Program, solution: Solution) -> list[Fault]:
    """List what keeps a solution from being a plan; none where it is one."""
    found = [] if proven(program, solution) else [Fault("gap", certified_gap(program, solution))]
    return [*found, *broken_limits(program, solution)]


def broken_limits(program: Program, solution: Solution) -> list[Fault]:
    """List the limits that a settled solution breaks."""
    x, load = solution.columns, program.peak_mw
    found = [Fault("balance", imbalance(program, solution)), Fault("ramp", ramp_excess(program, x, solution.flows))]
    found += [Fault(b.name, float(v)) for b, v in zip(program.budgets, budget_excess(program, solution), strict=True)]
    for link in program.links:
        used = sum(a * float(x[i]) for i, a in link.columns.items())
        scale = max(abs(link.limit), max(abs(a) for a in link.columns.values()) * load)
        found.append(Fault(link.name, (used - link.limit) / scale))
    for c, value in zip(program.columns, x, strict=True):
        found.append(Fault(c.name, max(float(value) - c.upper, -float(value)) / max(c.upper, load)))
    for flow, y in zip(program.flows, solution.flows, strict=True):
        low, high = flow_bounds(flow, x)
        found.append(Fault(flow.name, float(np.max(np.maximum(low - y, y - high))) / load))
    return [f for f in found if not f.size <= OVERDRAWN]


def refuse_faults(campus: Campus, solution: Solution) -> None:
    """Refuse an answer that is no plan.

    Raises:
        WattscaleError: Naming each figure or limit and by how much it is missed.
    """
    found = faults(campus.program, solution)
    if found:
        said = "; ".join(_say(campus, f) for f in found[:MOST_TOLD])
        raise WattscaleError(f"supply: no solver found a plan that holds: {said}. Loosen the limits named or raise "
                             "supply.solver_iterations, and please report the case")  # fmt: skip


MOST_TOLD = 4
"""Faults that a message names."""


def _say(campus: Campus, fault: Fault) -> str:
    if fault.name == "gap" and fault.size < 0.0:
        return f"the cost is {-fault.size:.3g} of itself below what the solver proved to be its least"
    if fault.name == "gap":
        return f"supply.solver_gap is {fault.size:.3g}, above the {GAP:g} up to which a cost is given"
    limit = next((x for x in campus.limits if x.key == fault.name), None)
    asked = f" = {limit.value:g}{'' if limit.unit == '1' else ' ' + limit.unit}" if limit else ""
    return f"{fault.name}{asked} is missed by {fault.size:.3g} of itself, above {OVERDRAWN:g}"


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
    if not proven(program, solution):
        return f"a gap of {certified_gap(program, solution):.1%} to its proven bound"
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
