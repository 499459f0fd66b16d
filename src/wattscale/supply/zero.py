"""Budgets of exactly zero: whatever they count may not run, so its flows are struck out before the solver starts.

In: a `Program` with a budget of limit zero and no negative factor. Out: the program without it, and the way back.
Leaves out: budgets that can pay for themselves (negative factors); the solver takes those as they are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattscale.supply.certificate import certified_bound, flow_reduced_cost
from wattscale.supply.program import Budget, Flow, Program, Solution, Term

NOTHING = 1e-9
"""Factor over the budget's largest below which a flow does not count [1]."""
PRICE_ROOM = 1.0 + 1e-6


def is_zero(budget: Budget) -> bool:
    """Tell whether a budget forbids all that it counts."""
    factors = [*(float(np.min(q)) for q in budget.flows.values()), *budget.columns.values()]
    return budget.limit <= 0.0 and min(factors, default=0.0) >= 0.0


def strike_out(program: Program) -> Program:
    """Give the program without its budgets of zero and without what they count."""
    struck = [b for b in program.budgets if is_zero(b) and b.limit == 0.0]
    if not struck:
        return program
    flows, columns = list(program.flows), list(program.columns)
    for b in struck:
        for i, e in b.columns.items():
            if e > 0.0:
                columns[i] = replace(columns[i], upper=0.0)
        for j, q in b.flows.items():
            counted = q > NOTHING * float(np.max(q))
            for t in flows[j].lower_terms:
                for i in np.unique(t.column[counted & (t.factor > 0.0)]):
                    columns[i] = replace(columns[i], upper=0.0)
            flows[j] = _stopped(flows[j], counted)
    kept = tuple(b for b in program.budgets if b not in struck)
    return replace(program, flows=tuple(flows), columns=tuple(columns), budgets=kept)


def _stopped(flow: Flow, where: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Flow:
    def off(terms: tuple[Term, ...]) -> tuple[Term, ...]:
        return tuple(replace(t, factor=np.where(where, 0.0, t.factor)) for t in terms)

    return replace(flow, upper=np.where(where, 0.0, flow.upper), upper_terms=off(flow.upper_terms),
                   lower_terms=off(flow.lower_terms))  # fmt: skip


def put_back(program: Program, struck: Program, solution: Solution) -> Solution:
    """Give the solution with prices of all budgets of the program: what a first unit of each would save.

    The price of a struck budget is the least at which nothing it counts would pay; its bound is then proved anew.
    """
    if struck is program:
        return solution
    given = iter(solution.prices.budgets)
    kept = {id(b) for b in struck.budgets}
    prices = np.array([float(next(given)) if id(b) in kept else np.nan for b in program.budgets])
    for i in np.flatnonzero(np.isnan(prices)):
        prices[i] = _least_price(program, program.budgets[i], solution) * PRICE_ROOM
    found = replace(solution.prices, budgets=prices)
    bound = certified_bound(program, found, solution.objective)
    return replace(solution, prices=found, bound=max(bound, solution.bound))


def _least_price(program: Program, budget: Budget, solution: Solution) -> float:
    highest = 0.0
    for j, q in budget.flows.items():
        counted = q > NOTHING * float(np.max(q))
        r = flow_reduced_cost(program, solution.prices, j)
        highest = max(highest, float(np.max(-r[counted] / q[counted], initial=0.0)))
    return highest
