"""Keeps in the stores what a settled point would have to burn.

In: a program and a point whose stores empty more than the step can use. Out: the same arrays, changed in place: less is
emptied, and what stays behind replaces later filling (or later supply). Leaves out: any other way to close a balance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wattscale.supply.program import Program, bound_value, stored
from wattscale.supply.ramps import ramp_limits
from wattscale.units import FloatArray

OVERFULL = 1e-6
"""Level above its limit, over the largest limit, that counts as rounding [1]."""
SMALL = 1e-10
"""Surplus over the largest load that needs no treatment [1]."""


Floor = Callable[[int, int], float]
"""Least value of a flow (index) in a step [MW]."""


@dataclass(frozen=True)
class Pair:
    """A store with the flow that fills it, the one that empties it, and their factors."""

    store: int
    fill: int
    drain: int
    gained: float
    lost: float


def pairs(program: Program) -> list[Pair]:
    """List the cyclic stores with one flow in and one out."""
    found = []
    for k, store in enumerate(program.stores):
        fill = [j for j, f in enumerate(program.flows) if f.gain.get(k, 0.0) > 0]
        drain = [j for j, f in enumerate(program.flows) if f.gain.get(k, 0.0) < 0]
        if store.level is not None and len(fill) == len(drain) == 1:
            gained, lost = program.flows[fill[0]].gain[k], -program.flows[drain[0]].gain[k]
            found.append(Pair(k, fill[0], drain[0], gained, lost))
    return found


def carry_surplus(program: Program, x: FloatArray, y: FloatArray, s: FloatArray) -> None:
    """Empty stores less where a step has more than it can use, and use the rest later.

    A step whose surplus would overfill a store before it can be used is left as it is.

    Args:
        program: The program.
        x: Columns.
        y: Flows, changed in place.
        s: Levels, changed in place.
    """
    surplus = sum(f.balance * y[j] for j, f in enumerate(program.flows)) - program.load
    tolerance = SMALL * program.peak_mw
    found = pairs(program)
    if not found or not np.any(surplus > tolerance):
        return
    free = [j for j, f in enumerate(program.flows) if f.balance > 0 and not stored(program, f)]
    free.sort(key=lambda j: -float(np.mean(program.flows[j].cost)))
    floor = _floor(program, free, x, y)
    top = {p.store: bound_value(program.stores[p.store].upper_terms, program.stores[p.store].upper, x) for p in found}
    extra = dict.fromkeys((p.store for p in found), 0.0)
    wanted = np.flatnonzero(surplus > tolerance)
    t, done = int(wanted[0]), 0
    before: list[tuple[int, FloatArray, FloatArray, float]] = []
    while done < 2 * program.steps:
        before.append((t, y[:, t].copy(), s[:, t].copy(), float(surplus[t])))
        for p in found:
            extra[p.store] *= float(program.stores[p.store].keep[t])
        _hour(program, found, free, floor, top, extra, y, s, t, float(surplus[t]))
        surplus[t] = 0.0
        for p in found:
            s[p.store, t] += extra[p.store]
        if any(s[p.store, t] > top[p.store][t] + OVERFULL * float(np.max(top[p.store])) for p in found):
            t = _undo(before, y, s, surplus)
            extra = dict.fromkeys(extra, 0.0)
        done += 1
        t = (t + 1) % program.steps
        if not any(extra.values()):
            before.clear()
            later = wanted[(wanted >= t) & (surplus[wanted] > tolerance)]
            if not len(later):
                break
            t = int(later[0])
    for p in found:
        level = program.stores[p.store].level
        if level is not None:
            x[level] = s[p.store, -1]


def _undo(before: list[tuple[int, FloatArray, FloatArray, float]], y: FloatArray, s: FloatArray, surplus: FloatArray
          ) -> int:  # fmt: skip
    """Put back the steps since a surplus was first kept; give that step, whose surplus then counts as none."""
    for t, flows, levels, left in reversed(before):
        y[:, t], s[:, t], surplus[t] = flows, levels, left
    first = before[0][0]
    surplus[first] = 0.0
    return first


def _floor(program: Program, free: list[int], x: FloatArray, y: FloatArray) -> Floor:
    """Give the least value of each flow in a step, by its bound and by its ramp."""
    low = {j: bound_value(program.flows[j].lower_terms, program.flows[j].lower, x) for j in free}
    limits = ramp_limits(program, x)

    def floor(j: int, t: int) -> float:
        least = float(low[j][t])
        return max(least, limits[j].low_at(y[j], t)) if j in limits else least

    return floor


def _hour(
    program: Program, found: list[Pair], free: list[int], floor: Floor, top: dict[int, FloatArray],
    extra: dict[int, float], y: FloatArray, s: FloatArray, t: int, surplus: float,
) -> None:  # fmt: skip
    """Keep the surplus of one step in the stores, or use what was kept in place of filling and of other supply."""
    weight = float(program.weight[t])
    for p in found:
        if surplus <= 0.0:
            break
        room = max(float(top[p.store][t] - s[p.store, t]) - extra[p.store], 0.0) / (weight * p.lost)
        less = min(surplus, float(y[p.drain, t]), room)
        y[p.drain, t] -= less
        extra[p.store] += weight * p.lost * less
        surplus -= less
    for p in found:
        if extra[p.store] <= 0.0 or surplus > 0.0:
            continue
        spare = sum(max(float(y[j, t]) - floor(j, t), 0.0) for j in free)
        less = min(float(y[p.fill, t]), extra[p.store] / (weight * p.gained), spare)
        y[p.fill, t] -= less
        extra[p.store] = max(extra[p.store] - weight * p.gained * less, 0.0)
        more = 0.0
        if y[p.fill, t] == 0.0:
            most = float(np.max(y[p.drain]))
            more = max(min(extra[p.store] / (weight * p.lost), most - float(y[p.drain, t]), spare - less), 0.0)
            y[p.drain, t] += more
            extra[p.store] = max(extra[p.store] - weight * p.lost * more, 0.0)
        _give_way(free, floor, y, t, less + more)


def _give_way(free: list[int], floor: Floor, y: FloatArray, t: int, amount: float) -> None:
    """Let the other flows give less, the dearest first."""
    for j in free:
        less = min(amount, max(float(y[j, t]) - floor(j, t), 0.0))
        y[j, t] -= less
        amount -= less
