"""Limits of a flow's change from step to step, at given columns: how far it may still move between its neighbours.

In: a program with ramps, and a point. Out: limits of rise and fall, room of each step, the flows that hold rise and
fall. Leaves out: how a ramp enters the program (builder.py, expansion.py) and the solver (layout.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.supply.program import Program, bound_value
from wattscale.units import FloatArray


@dataclass(frozen=True)
class Limits:
    """Largest rise into each step and fall into it [MW], shape (T,), the change that does not count left in."""

    rise: FloatArray
    fall: FloatArray

    def below(self, target: FloatArray) -> FloatArray:
        """Give the largest values that keep the limits and exceed the target nowhere [MW], shape (T,).

        z_t = min over s of target_s + what may be gained on the way from s to t, in one pass each way.

        >>> Limits(np.full(3, 5.0), np.full(3, 2.0)).below(np.array([1.0, 9.0, 4.0]))
        array([1., 6., 4.])
        """
        rise, fall = np.cumsum(self.rise) - self.rise[0], np.cumsum(self.fall) - self.fall[0]
        forward: FloatArray = np.minimum.accumulate(target - rise) + rise
        both: FloatArray = np.minimum.accumulate((forward + fall)[::-1])[::-1] - fall
        return both

    def above(self, target: FloatArray) -> FloatArray:
        """Give the smallest values that keep the limits and are below the target nowhere [MW], shape (T,)."""
        return -Limits(self.fall, self.rise).below(-target)

    def low_at(self, y: FloatArray, t: int) -> float:
        """Give the least value of one step that its neighbours allow [MW]."""
        before = float(y[t - 1] - self.fall[t]) if t > 0 else -np.inf
        return max(before, float(y[t + 1] - self.rise[t + 1])) if t + 1 < len(y) else before


def ramp_limits(program: Program, columns: FloatArray) -> dict[int, Limits]:
    """Give the limits of each flow that has a ramp, at given columns."""
    found = {}
    for ramp in program.ramps:
        up, down = (program.flows[j] for j in (ramp.up, ramp.down))
        base = 0.0 if ramp.base is None else ramp.base
        found[ramp.flow] = Limits(
            bound_value(up.upper_terms, up.upper, columns) + base,
            bound_value(down.upper_terms, down.upper, columns) - base,
        )
    return found


def set_changes(program: Program, y: FloatArray) -> None:
    """Set the flows that hold rise and fall to what the flows with a ramp do, one of the two at a time."""
    for ramp in program.ramps:
        change = np.diff(y[ramp.flow], prepend=0.0)
        if ramp.base is not None:
            change -= ramp.base
        y[ramp.up], y[ramp.down] = np.maximum(change, 0.0), np.maximum(-change, 0.0)


def ramp_excess(program: Program, columns: FloatArray, flows: FloatArray) -> float:
    """Give by how much the worst change exceeds its limit, over the largest load [1]; zero where none does."""
    worst = 0.0
    for j, limits in ramp_limits(program, columns).items():
        change = np.diff(flows[j])
        over = np.maximum(change - limits.rise[1:], -change - limits.fall[1:])
        worst = max(worst, float(np.max(over, initial=0.0)))
    return worst / program.peak_mw
