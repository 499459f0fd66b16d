"""Ranges of near-optimal designs: how far each capacity may move while the cost stays close to the least.

In: a `Campus` and its solution. Out: least and largest size of each capacity at a given extra cost. Leaves out: which
sizes go together; each end is a design of its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattscale.supply.expansion import Campus
from wattscale.supply.program import Budget, Prices, Program, Solution
from wattscale.supply.solve import solve_once
from wattscale.supply.zero import strike_out

PULL = 0.05
"""Weight of the cost itself in the search for an end, so that a size of zero has a cost too [1]."""
TOLERANCE = 1e-3
"""Certified gap asked of each end [1]."""


def near_optimal(campus: Campus, solution: Solution, share: float) -> dict[str, tuple[float, float]]:
    """Find the least and largest size of each capacity and store with cost at most (1 + share) x the least.

    Two programs per capacity, with the cost as a budget, each started from the optimum.

    Args:
        campus: The campus.
        solution: Its optimum.
        share: Extra cost allowed [1].

    Returns:
        Ends by column: technology [MW] or `<technology>.energy` [MWh]; a column whose ends are not found is left out.

    Source: modelling to generate alternatives, Neumann and Brown 2021, Electric Power Systems Research 190.
    """
    found: dict[str, tuple[float, float]] = {}
    program = strike_out(campus.program)
    limited = _cost_limited(program, solution.objective, share)
    start = _start(solution) if program is campus.program else None
    names = [n for t in campus.technologies for n in (t, f"{t}.energy") if program.column(n) >= 0]
    for name in names:
        at = program.column(name)
        here = float(solution.columns[at])
        ends = [_end(limited, at, sign, solution.objective, here, start) for sign in (1.0, -1.0)]
        if ends[0] is not None and ends[1] is not None:
            found[name] = (min(ends[0], here), max(ends[1], here))
    return found


def _cost_limited(program: Program, objective: float, share: float) -> Program:
    """Add the cost as a budget, and bound each capacity by what that budget buys."""
    limit = objective * (1.0 + share)
    flows = {j: f.cost for j, f in enumerate(program.flows) if np.any(f.cost)}
    columns = {i: c.cost for i, c in enumerate(program.columns) if c.cost}
    cost = Budget("cost", flows, columns, limit)
    return replace(program, budgets=(*program.budgets, cost))


def _start(solution: Solution) -> Solution:
    """The optimum as a start for its ends: prices in the weight that cost has there, none on the cost itself."""
    p = solution.prices
    budgets = np.append(PULL * p.budgets, 0.0)
    prices = Prices(PULL * p.balance, PULL * p.stores, budgets, PULL * p.links, PULL * p.ramps)
    return replace(solution, prices=prices)


def _end(program: Program, at: int, sign: float, objective: float, here: float, start: Solution | None) -> float | None:
    upper = program.columns[at].upper
    own = program.columns[at].cost
    most = min(upper, objective / own) if own > 0 else upper
    unit = max(here, 0.05 * float(np.mean(np.abs(program.load))))
    flows = tuple(replace(f, cost=PULL * f.cost) for f in program.flows)
    columns = [replace(c, cost=PULL * c.cost) for c in program.columns]
    columns[at] = replace(columns[at], cost=columns[at].cost + sign * abs(objective) / unit, upper=most)
    found = solve_once(replace(program, flows=flows, columns=tuple(columns)), TOLERANCE, start=start)
    return None if found is None else float(found.columns[at])
