"""Chooses the solver of a program and makes its answer exact.

In: a `Program`. Out: a settled `Solution` with certified gap, or None where the program has no point.
Leaves out: the reasons of an infeasible program (infeasible.py).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wattscale.supply import ready
from wattscale.supply.absorb import LEFT, absorb_all
from wattscale.supply.general import solve_clarabel
from wattscale.supply.program import Program, Solution
from wattscale.supply.settle import budget_excess, imbalance, settle, store_flows
from wattscale.supply.zero import put_back, strike_out

BoolArray = npt.NDArray[np.bool_]

LONG = 500
"""Steps from which the structured method is used; below, a general solver is quick and ends at a vertex [1]."""
TOLERANCE = 1e-5
"""Certified gap asked of the structured method [1]."""
SETTLE_SHARE = 1e-5
"""Cost of settling a point, over its cost, above which burnt energy is taken to have paid [1]."""
BALANCE = 1e-9
"""Largest gap of the balance over the largest load [1]."""
FREE = 1e-3
"""Price of energy over its mean below which it counts as free [1]."""
OVERDRAWN = 1e-4
"""Draw on a budget over its limit from which a settled point counts as broken [1]."""
ROUNDS = 4
USUAL = 150
"""Iterations the structured method may take before another solver is asked."""


def solve_once(
    program: Program, tolerance: float = TOLERANCE, iterations: int = USUAL, start: Solution | None = None
) -> Solution | None:
    """Solve a program by the structured method where it is long, else (or where that stalls) by a general solver.

    Args:
        program: The program.
        tolerance: Certified relative gap asked of the structured method [1].
        iterations: Iterations after which the structured method stops; below `USUAL` it then gives its best bracket.
        start: Solution of a neighbouring program of the same shape, from which the structured method starts.

    Returns:
        The solution as the solver gives it, or None where the program has no point.
    """
    if program.steps >= LONG:
        ready.wait()
        from wattscale.supply.interior import solve_interior

        found = solve_interior(program, tolerance, iterations, iterations < USUAL, start)
        if found is not None:
            return found
    return solve_clarabel(program)


def solve(
    program: Program, tolerance: float = TOLERANCE, iterations: int = USUAL, start: Solution | None = None
) -> Solution | None:
    """Solve a program so that no store charges and discharges in the same step.

    A linear program may burn energy in a store where more import pays (negative prices). In the steps where the
    answer does so, discharging is made dear and the program is solved again; the bound stays that of the first
    answer, so the gap tells what the rule costs at most. Where energy is free, burning it is a matter of taste and
    is simply left out.

    Args:
        program: The program.
        tolerance: Certified relative gap asked of the structured method [1].
        iterations: As in `solve_once`.
        start: Solution of a neighbouring program (another site, draw, price or limit): saves about a quarter of the
            time. The answer then depends on it within the certified gap, so sweeps that must not depend on their
            order give none.

    Returns:
        The settled solution, or None where the program has no point.
    """
    struck = strike_out(program)
    found = solve_once(struck, tolerance, iterations, start)
    if found is None:
        return None
    return put_back(program, struck, _without_burning(struck, found, tolerance, iterations))


def _without_burning(program: Program, first: Solution, tolerance: float, iterations: int) -> Solution:
    best, found = settle(program, first), first
    blocked = program
    for _ in range(ROUNDS):
        burning = burns(program, found)
        if _plain(program, best, found) or not burning:
            break
        blocked = _block(blocked, burning)
        again = solve_once(blocked, tolerance, iterations, found)
        if again is None:
            break
        found = again
        settled = settle(program, found)
        if (_broken(program, settled), settled.objective) < (_broken(program, best), best.objective):
            best = settled
    return replace(absorb_all(program, best, first), bound=first.bound)


def _broken(program: Program, settled: Solution) -> bool:
    """Tell whether settling a point broke its balance or overdrew a budget."""
    drawn = float(np.max(budget_excess(program, settled), initial=0.0))
    return imbalance(program, settled) > LEFT or drawn > OVERDRAWN


def _plain(program: Program, settled: Solution, found: Solution) -> bool:
    """Tell whether settling the point cost nothing and left the balance closed and the budgets kept."""
    dearer = settled.objective - found.objective > SETTLE_SHARE * abs(found.objective)
    return not dearer and imbalance(program, settled) <= BALANCE and not _broken(program, settled)


def burns(program: Program, solution: Solution) -> dict[int, BoolArray]:
    """Give for each emptying flow the steps in which its store is also filled and energy is free or worse."""
    found: dict[int, BoolArray] = {}
    free = FREE * float(np.mean(np.abs(solution.prices.balance)))
    for k, store in enumerate(program.stores):
        fill, drain = store_flows(program, k)
        if store.level is None or len(fill) != 1 or len(drain) != 1:
            continue
        both = np.minimum(solution.flows[fill[0]], solution.flows[drain[0]])
        steps = (both > 1e-2 * max(float(np.max(solution.flows[drain[0]])), 1e-9)) & (solution.prices.balance < free)
        if steps.any():
            found[drain[0]] = steps
    return found


def _block(program: Program, steps: dict[int, BoolArray]) -> Program:
    """Make discharging dear in the steps given."""
    dear = max(float(np.max(np.abs(f.cost / program.weight))) for f in program.flows)
    flows = list(program.flows)
    for j, where in steps.items():
        cost = flows[j].cost + np.where(where, dear, 0.0) * program.weight
        flows[j] = replace(flows[j], cost=cost)
    return replace(program, flows=tuple(flows))
