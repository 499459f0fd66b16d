"""Takes up power that nothing can give less of, where ramps hold plants and import at what they give.

In: a settled point with ramps that still gives too much in some steps. Out: the same arrays, changed in place: shifted
load runs higher (its windows then get more work than asked), and what is left is lost in a store, which charges and
discharges at once. Leaves out: every other way to close a balance; settle.py and carry.py come first.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattscale.supply.carry import SMALL, pairs
from wattscale.supply.program import Program, Solution, bound_value, cost_of, level_alive
from wattscale.supply.ramps import ramp_limits, set_changes
from wattscale.units import FloatArray


def absorb(program: Program, x: FloatArray, y: FloatArray, most_mw: float) -> None:
    """Take up what a point gives too much, in steps where it is no more than `most_mw`.

    Args:
        program: The program; without ramps nothing is done.
        x: Columns.
        y: Flows, changed in place.
        most_mw: Largest surplus that is taken up [MW].
    """
    if not program.ramps:
        return
    surplus = np.asarray(sum(f.balance * y[j] for j, f in enumerate(program.flows)) - program.load, np.float64)
    surplus[(surplus > most_mw) | (surplus < SMALL * program.peak_mw)] = 0.0
    if not surplus.any():
        return
    surplus = _run_higher(program, x, y, surplus)
    for p in pairs(program):
        kept = p.gained / p.lost
        if kept >= 1.0:
            continue
        room = [bound_value(program.flows[j].upper_terms, program.flows[j].upper, x) - y[j] for j in (p.fill, p.drain)]
        charge = np.clip(np.minimum(surplus / (1.0 - kept), np.minimum(room[0], room[1] / kept)), 0.0, None)
        y[p.fill] += charge
        y[p.drain] += kept * charge
        surplus = surplus - (1.0 - kept) * charge


def _run_higher(program: Program, x: FloatArray, y: FloatArray, surplus: FloatArray) -> FloatArray:
    """Let shifted load take the surplus within its bounds and its ramp; give what is left."""
    limits = ramp_limits(program, x)
    for j, flow in enumerate(program.flows):
        windows = [k for k in flow.gain if program.stores[k].level is None and level_alive(program.stores[k]).any()]
        if flow.balance >= 0.0 or not windows:
            continue
        target = np.minimum(y[j] + surplus, flow.upper)
        taken = np.maximum((limits[j].below(target) if j in limits else target) - y[j], 0.0)
        y[j] += taken
        surplus = surplus - taken
    return surplus


def absorb_all(program: Program, solution: Solution, raw: Solution) -> Solution:
    """Give the solution with all that it gives too much taken up, or the solver's own point where that cannot be.

    That point is within the solver's tolerance of everything; it may lose energy in stores or work by turning down.
    """
    flows = solution.flows.copy()
    absorb(program, solution.columns, flows, np.inf)
    left = np.abs(sum(f.balance * y for f, y in zip(program.flows, flows, strict=True)) - program.load)
    if float(np.max(left)) > LEFT * program.peak_mw:
        return raw
    set_changes(program, flows)
    return replace(solution, flows=flows, objective=cost_of(program, solution.columns, flows))


LEFT = 1e-6
"""Largest gap of the balance over the largest load with which a settled point is taken [1]."""
