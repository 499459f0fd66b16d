"""Closes the windows of shifted load exactly where its changes are limited or cost work.

In: a program whose flexible load has a ramp, and a solver's point. Out: the same arrays, changed in place: each window
gets its energy and what was lost in it, and no change exceeds its limit. Leaves out: flexible load without a ramp
(settle.py).

Where energy is free a solver may lose work for nothing, by a rise and a fall at once. What is left over without them is
taken off in the steps where energy is free, so that no other supply is asked for anything.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from wattscale.supply.program import Program, Ramp
from wattscale.supply.ramps import Limits, ramp_limits
from wattscale.units import FloatArray

BoolArray = npt.NDArray[np.bool_]

FREE = 1e-2
"""Size of a price of energy over the mean size below which a step counts as free [1]."""
ROUNDING = 1e-4
"""Energy of a window that is left, over its energy, up to which it is the solver's rounding [1]."""
EXACT = 1e-13
"""Energy of a window that is missing, over its energy, at which it counts as none [1]."""


def settle_shifted(
    program: Program, k: int, ramp: Ramp, price: FloatArray, x: FloatArray, y: FloatArray, s: FloatArray
) -> None:
    """Move a flow with a ramp so that its store is empty at the end of each window.

    Args:
        program: The program.
        k: The store; its level is zero at the end of each window.
        ramp: The ramp; its flow fills the store, its fall may draw on it.
        price: Price of energy in each step [USD/MW], shape (T,).
        x: Columns.
        y: Flows, changed in place.
        s: Levels, changed in place.
    """
    store, limits = program.stores[k], ramp_limits(program, x)[ramp.flow]
    flow = program.flows[ramp.flow]
    whole = np.clip(limits.above(limits.below(y[ramp.flow])), flow.lower, flow.upper)
    nothing = FREE * float(np.mean(np.abs(price)))
    free, useful = ((price > -nothing) & (price < top) for top in (nothing, np.inf))
    first = 0
    for end in np.flatnonzero(store.zero > 0) if store.zero is not None else [program.steps - 1]:
        window = _Window(program, k, ramp, limits, slice(first, int(end) + 1), whole)
        part = window.closed(free, useful)
        whole[window.span] = part
        s[k, window.span] = np.cumsum(window.filled(part))
        s[k, int(end)] = 0.0
        first = int(end) + 1
    y[ramp.flow] = whole


class _Window:
    """The steps of a store between two zero levels, with the flow that fills it and its neighbours."""

    def __init__(self, program: Program, k: int, ramp: Ramp, limits: Limits, span: slice, whole: FloatArray) -> None:
        self.span, self.weight = span, program.weight[span]
        self.wide = slice(max(span.start - 1, 0), span.stop + 1)
        self.inner = slice(span.start - self.wide.start, span.stop - self.wide.start)
        self.given, self.limits = whole[self.wide].copy(), Limits(limits.rise[self.wide], limits.fall[self.wide])
        self.inside = np.zeros(len(self.given))
        self.inside[self.inner] = 1.0
        flow, inflow = program.flows[ramp.flow], program.stores[k].inflow
        self.least, self.most = flow.lower[self.wide], flow.upper[self.wide]
        zero = np.zeros(program.steps)
        self.base = (zero if ramp.base is None else ramp.base)[span]
        self.inflow = (zero if inflow is None else inflow)[span]
        self.gain, self.lost = flow.gain[k], program.flows[ramp.down].gain.get(k, 0.0)
        self.before = float(whole[span.start - 1]) if span.start else 0.0

    def filled(self, part: FloatArray) -> FloatArray:
        """What each step adds to the store [MWh]."""
        fall = np.maximum(self.base - np.diff(part, prepend=self.before), 0.0)
        return self.weight * (self.gain * part + self.lost * fall + self.inflow)

    def lowered(self, by: float, where: FloatArray) -> FloatArray:
        """Flow lowered by as much, or raised where that is negative, as far as bounds and ramp let it [MW]."""
        target = np.clip(self.given - by * where, self.least, self.most)
        moved = self.limits.above(target) if by > 0.0 else self.limits.below(target)
        return moved[self.inner]

    def closed(self, free: BoolArray, useful: BoolArray) -> FloatArray:
        """Flow moved so that the window ends at level zero [MW].

        What is left over is taken off in the free steps, where they are enough; a mere rounding in all steps but those
        in which energy is a burden; else in all.
        """
        room = float(np.max(self.most))
        left = float(self.filled(self.given[self.inner]).sum())
        rounding = abs(left) <= ROUNDING * float(self.weight @ np.abs(self.given[self.inner]))
        for where in ((useful if rounding else free)[self.wide] * self.inside, self.inside):

            def over(by: float, where: FloatArray = where) -> float:
                return float(self.filled(self.lowered(by, where)).sum())

            by = over(0.0) / (self.gain * max(float(self.weight @ where[self.inner]), 1e-9))
            if abs(over(by)) <= EXACT * float(self.weight @ np.abs(self.given[self.inner])):
                return self.lowered(by, where)
            if over(-room) * over(room) <= 0.0:
                return self.lowered(float(brentq(over, -room, room, xtol=EXACT * room)), where)
        return self.lowered(0.0, self.inside)
