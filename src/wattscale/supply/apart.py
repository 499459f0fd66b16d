"""Flows that never run in the same step: charging and discharging of a store, import and export.

In: a program, and a point of it. Out: the steps in which two such flows run together because it pays, the program
tightened by what every plain dispatch keeps, and the program with the smaller of the two switched off there.
Leaves out: steps in which it does not pay to run both; settling nets those (settle.py).

A linear program may lose energy in a store where more import pays (negative prices), or sell what it buys. Where one of
two flows is zero, both together stay below the size of each: that row is the tightest linear one, so the bound of the
tightened program is a bound of all plain dispatches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wattscale.supply.program import Flow, Program, Solution, Store, Term, term

BoolArray = npt.NDArray[np.bool_]

FREE = 1e-3
"""Price of energy over its mean below which it counts as free [1]."""
LEAST, DUST = 1e-2, 1e-5
"""Power over the flow's largest, and over the largest load, below which it counts as a solver's rounding [1]."""


@dataclass(frozen=True)
class Pair:
    """Two flows of which one at most may run in a step, and the column that both stay below."""

    one: int
    other: int
    size: int


def pairs(program: Program) -> list[Pair]:
    """List the pairs of flows of a program that may not run together and whose sum one column limits."""
    found = []
    for one, other in program.apart:
        size = _size(program.flows[other])
        if size is not None:
            found.append(Pair(one, other, size))
    return found


def _size(flow: Flow) -> int | None:
    """Give the column that alone bounds a flow from above, by a factor of one in every step."""
    if len(flow.upper_terms) != 1 or flow.upper.any():
        return None
    t = flow.upper_terms[0]
    return int(t.column[0]) if np.all(t.column == t.column[0]) and np.all(t.factor == 1.0) else None


def meeting(program: Program, solution: Solution, least: float = LEAST) -> dict[Pair, BoolArray]:
    """Give for each pair the steps in which both flows run and may gain by it.

    Two flows of a store lose energy, which pays where energy has a negative price. Import and export cost nothing
    together where they have one price, and a yearly limit may make that pay.

    Args:
        program: The program.
        solution: A point of it.
        least: Power over the flow's largest from which it counts [1].
    """
    found: dict[Pair, BoolArray] = {}
    free = FREE * float(np.mean(np.abs(solution.prices.balance)))
    for p in pairs(program):
        both = np.minimum(solution.flows[p.one], solution.flows[p.other])
        steps = both > max(least * float(np.max(solution.flows[p.other])), DUST * program.peak_mw)
        if any(program.stores[k].level is not None for k in program.flows[p.one].gain):
            steps &= solution.prices.balance < free
        if steps.any():
            found[p] = steps
    return found


def tightened(program: Program, met: Mapping[Pair, BoolArray]) -> Program:
    """Give the program with the sum of the flows of each pair below their column, as a row and a flow for its room."""
    flows, stores = list(program.flows), list(program.stores)
    zero, ones = np.zeros(program.steps), np.ones(program.steps)
    for p in met:
        k = len(stores)
        stores.append(Store(f"{flows[p.one].name} or {flows[p.other].name}", ones, zero, zero, zero=ones))
        for j in (p.one, p.other):
            flows[j] = replace(flows[j], gain={**flows[j].gain, k: 1.0})
        size = (term(p.size, 1.0, program.steps),)
        flows.append(Flow(f"{flows[p.one].name}.both", zero, 0.0, zero, zero, (), size, {k: -1.0}))
    return replace(program, flows=tuple(flows), stores=tuple(stores))


def stripped(program: Program, solution: Solution) -> Solution:
    """Give the solution of a tightened program as one of the program; its bound stays."""
    n_j, n_k = len(program.flows), len(program.stores)
    prices = replace(solution.prices, stores=solution.prices.stores[:n_k])
    return replace(solution, flows=solution.flows[:n_j], stores=solution.stores[:n_k], prices=prices)


def blocked(program: Program, solution: Solution, met: Mapping[Pair, BoolArray]) -> Program:
    """Give the program with the smaller flow of each pair switched off in the steps given."""
    flows = list(program.flows)
    for p, steps in met.items():
        smaller = solution.flows[p.one] < solution.flows[p.other]
        for j, where in ((p.one, steps & smaller), (p.other, steps & ~smaller)):
            flows[j] = _off(flows[j], where)
    return replace(program, flows=tuple(flows))


def _off(flow: Flow, where: BoolArray) -> Flow:
    def off(t: Term) -> Term:
        return replace(t, factor=np.where(where, 0.0, t.factor))

    return replace(flow, upper=np.where(where, 0.0, flow.upper), upper_terms=tuple(off(t) for t in flow.upper_terms))
