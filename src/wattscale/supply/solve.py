"""Chooses the solver of a program and makes its answer exact.

In: a `Program`. Out: a settled `Solution` with certified gap, or None where the program has no point.
Leaves out: the reasons of an infeasible program (infeasible.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from wattscale.supply import ready
from wattscale.supply.absorb import LEFT, absorb_all
from wattscale.supply.apart import LEAST, blocked, meeting, stripped, tightened
from wattscale.supply.faults import OVERDRAWN, broken_limits, faults, money_scale, proven
from wattscale.supply.general import solve_clarabel
from wattscale.supply.program import Program, Solution
from wattscale.supply.settle import budget_excess, imbalance, settle
from wattscale.supply.zero import put_back, strike_out

LONG = 500
"""Steps from which the structured method is used; below, a general solver is quick and ends at a vertex [1]."""
TOLERANCE = 1e-5
"""Certified gap asked of the structured method [1]."""
SETTLE_SHARE = 1e-5
"""Cost of settling a point, over its cost, above which burnt energy is taken to have paid [1]."""
BALANCE = 1e-9
"""Largest gap of the balance over the largest load [1]."""
ROUNDS = 5
"""Programs that may be solved again so that no two flows run together."""
STRUCTURED = "interior"
"""Name that solutions of the structured method bear."""
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
    """Solve a program so that no store charges and discharges, and nothing is bought to be sold, in the same step.

    A linear program may burn energy in a store where more import pays (negative prices). Where it does, it is solved
    again with a row that every plain dispatch keeps, whose bound is that of the answer, and then with the smaller of
    the two flows switched off in those steps. Where it does not pay, running both is a matter of taste and is simply
    left out.

    An answer that breaks a limit, or is certified worse than a plan may be, goes to a general solver; `faults` tells
    whether that helped.

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

    def usual(p: Program, near: Solution | None) -> Solution | None:
        return solve_once(p, tolerance, iterations, near)

    found = usual(struck, start)
    if found is None:
        return None
    plan = put_back(program, struck, _plain_dispatch(struck, found, usual))
    if found.solver != STRUCTURED or (proven(struck, found) and not broken_limits(program, plan)):
        return plan
    found = solve_clarabel(struck)
    if found is None:
        return plan
    other = put_back(program, struck, _plain_dispatch(struck, found, lambda p, _: solve_clarabel(p)))
    return min(plan, other, key=lambda s: (bool(faults(program, s)), s.objective))


def solve_apart(program: Program, tolerance: float = TOLERANCE) -> Solution | None:
    """Solve a program as `solve_once`; where two flows ran together that may not, with the row that forbids most of it.

    Returns:
        The solution as the solver gives it, with the better of the two bounds; None where the program has no point.
    """
    found = solve_once(program, tolerance)
    met = {} if found is None else meeting(program, found)
    tight = solve_once(tightened(program, met), tolerance) if met else None
    if found is None or tight is None:
        return found
    return replace(stripped(program, tight), bound=max(found.bound, tight.bound))


Solver = Callable[[Program, Solution | None], Solution | None]
"""Solves a program, from a near solution where there is one."""


def _plain_dispatch(program: Program, first: Solution, solver: Solver) -> Solution:
    """Settle a solution; where that costs something because two flows ran together, solve without their doing so."""
    best = settle(program, first)
    met = {} if _plain(program, best, first) else meeting(program, first)
    if not met:
        return replace(absorb_all(program, best, first), bound=first.bound)
    bound, tight = first.bound, tightened(program, met)
    found = solver(tight, None)
    for n in range(ROUNDS):
        if found is None:
            break
        bound = max(bound, found.bound) if n == 0 else bound
        point = stripped(program, found)
        settled = settle(program, point)
        if (_broken(program, settled), settled.objective) < (_broken(program, best), best.objective):
            best = settled
        met = meeting(program, point) or meeting(program, point, LEAST / 10.0)
        if _plain(program, settled, point) or not met:
            break
        tight = blocked(tight, point, met)
        found = solver(tight, found)
    return replace(absorb_all(program, best, first), bound=bound)


def _broken(program: Program, settled: Solution) -> bool:
    """Tell whether settling a point broke its balance or overdrew a budget."""
    drawn = float(np.max(budget_excess(program, settled), initial=0.0))
    return imbalance(program, settled) > LEFT or drawn > OVERDRAWN


def _plain(program: Program, settled: Solution, found: Solution) -> bool:
    """Tell whether settling the point cost nothing and left the balance closed and the budgets kept."""
    cost = max(abs(found.objective), money_scale(program))
    dearer = settled.objective - found.objective > SETTLE_SHARE * cost
    return not dearer and imbalance(program, settled) <= BALANCE and not _broken(program, settled)
