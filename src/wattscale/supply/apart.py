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

from wattscale.supply.program import Flow, Program, Solution, Store, Term
from wattscale.units import FloatArray

BoolArray = npt.NDArray[np.bool_]

FREE = 1e-3
"""Price of energy over its mean below which it counts as free [1]."""
LEAST, DUST = 1e-2, 1e-5
"""Power over the flow's largest, and over the largest load, below which it counts as a solver's rounding [1]."""


@dataclass(frozen=True)
class Pair:
    """Two flows of which one at most may run in a step; both stay below what bounds the other."""

    one: int
    other: int


def pairs(program: Program) -> list[Pair]:
    """List the pairs of flows of a program that may not run together."""
    return [Pair(one, other) for one, other in program.apart]


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
    """Give the program with the sum of the flows of each pair below what bounds each, as a row and a flow for its room.

    That is the whole upper bound of the other flow: its columns, and what stands fixed beside them, as where units are
    counted from their least number on.
    """
    flows, stores = list(program.flows), list(program.stores)
    zero, ones = np.zeros(program.steps), np.ones(program.steps)
    for p in met:
        k = len(stores)
        stores.append(Store(f"{flows[p.one].name} or {flows[p.other].name}", ones, zero, zero, zero=ones))
        for j in (p.one, p.other):
            flows[j] = replace(flows[j], gain={**flows[j].gain, k: 1.0})
        upper, terms = _room(flows[p.one], flows[p.other])
        flows.append(Flow(f"{flows[p.one].name}.both", zero, 0.0, zero, upper, (), terms, {k: -1.0}))
    return replace(program, flows=tuple(flows), stores=tuple(stores))


def _room(one: Flow, other: Flow) -> tuple[FloatArray, tuple[Term, ...]]:
    """Upper bound of the sum of two flows of which one is zero: that of the other, or of the one where that is off."""
    off = (other.upper == 0.0) & np.all([t.factor == 0.0 for t in other.upper_terms], axis=0)
    if not off.any():
        return other.upper, other.upper_terms
    alone = tuple(replace(t, factor=np.where(off, t.factor, 0.0)) for t in one.upper_terms)
    return np.where(off, one.upper, other.upper), (*other.upper_terms, *alone)


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
