"""What is wrong with an answer: a limit that it breaks, or a cost that is not certified well enough for a plan.

In: a program or campus and a settled solution. Out: the faults, in the user's words and units. Leaves out: mending
them (solve.py asks another solver), and small excesses, of which the plan warns (told.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.errors import WattscaleError
from wattscale.supply.expansion import Campus
from wattscale.supply.program import Program, Solution
from wattscale.supply.ramps import ramp_excess
from wattscale.supply.settle import budget_excess, flow_bounds, imbalance

OVERDRAWN = 1e-4
"""Excess over a limit, over the limit, from which an answer is no plan [1]."""
GAP = 1e-2
"""Certified gap above which an answer is no plan [1]."""


@dataclass(frozen=True)
class Fault:
    """A limit that an answer breaks.

    Attributes:
        name: Name of the row, column or flow; `gap` for the certified gap.
        size: Excess over the limit, over the limit (over the largest load for powers), or the gap [1].
    """

    name: str
    size: float


def faults(program: Program, solution: Solution) -> list[Fault]:
    """List what keeps a solution from being a plan; none where it is one."""
    gap = solution.gap
    found = [Fault("gap", float(gap))] if not gap <= GAP else []
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
    if fault.name == "gap":
        return f"supply.solver_gap is {fault.size:.3g}, above the {GAP:g} up to which a cost is given"
    limit = next((x for x in campus.limits if x.key == fault.name), None)
    asked = f" = {limit.value:g}{'' if limit.unit == '1' else ' ' + limit.unit}" if limit else ""
    return f"{fault.name}{asked} is missed by {fault.size:.3g} of itself, above {OVERDRAWN:g}"
