"""The campus on the grid alone, in closed form.

In: a `Campus` whose load can be met by import alone. Out: its exact optimum, or None where a budget forbids it.
Leaves out: everything with a choice between sources; expansion.py and solve.py do that.
"""

from __future__ import annotations

import numpy as np

from wattscale.hours import IntArray
from wattscale.supply.certificate import certified_bound
from wattscale.supply.expansion import Campus
from wattscale.supply.program import Prices, Program, Solution, cost_of
from wattscale.supply.settle import budget_excess
from wattscale.units import FloatArray

TOLERANCE = 1e-9


def applies(campus: Campus) -> bool:
    """Tell whether the closed form holds, by what the program is made of.

    Load is met by import or not at all; import in each step stays below one column, which is the connection or a peak
    of its own below it; nothing is carried from step to step; and selling pays no more than buying.
    """
    program = campus.program
    flows, buying, selling = program.flows, program.flow("grid"), program.flow("export")
    if program.stores or program.ramps or buying < 0 or len(flows) != (2 if selling < 0 else 3):
        return False
    if selling >= 0 and np.any(flows[selling].cost + flows[buying].cost < 0.0):
        return False
    if len(flows[buying].upper_terms) != 1 or np.any(flows[buying].upper_terms[0].factor != 1.0):
        return False
    grid, peaks = program.column("grid"), _peaks(program)
    below = [{i: 1.0, grid: -1.0} for i in peaks]
    plain = all(k.limit == 0.0 and k.columns in below for k in program.links) and len(program.links) == len(peaks)
    costs = [c.cost for c in program.columns]
    return plain and len(program.columns) == len({grid, *peaks}) and min(costs) >= 0.0


def _peaks(program: Program) -> list[int]:
    """List the columns beside the connection that bound import."""
    bounding = np.unique(program.flows[program.flow("grid")].upper_terms[0].column)
    return [int(i) for i in bounding if i != program.column("grid")]


def solve_grid_only(campus: Campus) -> Solution | None:
    """Give the optimum of a campus on the grid alone.

    Each step imports its load up to its peak; a peak is worth its charge while the hours above it would cost
    more unserved. The peak of a month solves: demand charge = sum over hours above it of (unserved - price) x weight.
    The connection is worth its capital the same way, over all months.

    Returns:
        The optimum with its certified bound, or None where it breaks a budget (then a solver has to look for a point).
    """
    program, setting = campus.program, campus.setting
    grid, flow = program.column("grid"), program.flow("grid")
    worth = np.maximum(setting.unserved_usd_per_mwh * setting.weight - program.flows[flow].cost, 0.0)
    load = np.where(worth > 0, program.load, 0.0)
    annual, limit = program.columns[grid].cost, program.columns[grid].upper
    column = program.flows[flow].upper_terms[0].column
    bins = np.unique(column)
    steps_of = [np.flatnonzero(column == i) for i in bins]
    charges = np.array([0.0 if i == grid else program.columns[i].cost for i in bins])
    peaks = np.array([_peak(load[i], worth[i], c) for i, c in zip(steps_of, charges, strict=True)])
    capacity = min(_capacity(load, worth, steps_of, charges, annual, float(peaks.max())), limit)
    peaks = np.minimum(peaks, capacity)
    x = np.zeros(len(program.columns))
    cap = np.zeros(program.steps)
    for at, i, peak in zip(bins, steps_of, peaks, strict=True):
        cap[i], x[at] = peak, peak
    x[grid] = float(peaks.max())
    y = np.zeros((len(program.flows), program.steps))
    y[flow] = np.minimum(load, cap)
    y[program.flow("unserved")] = program.load - y[flow]
    prices = _prices(program, campus, worth, y[flow], cap, steps_of, charges)
    solution = Solution(x, y, np.zeros((0, program.steps)), prices, cost_of(program, x, y), 0.0, "closed-form", 0)
    if np.any(budget_excess(program, solution) > TOLERANCE):
        return None
    bound = certified_bound(program, prices, solution.objective)
    return Solution(x, y, solution.stores, prices, solution.objective, bound, "closed-form", 0)


def _marginal(load: FloatArray, worth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Loads in falling order, and the worth of one more MW just below each."""
    order = np.argsort(-load, kind="stable")
    return load[order], np.cumsum(worth[order])


def _peak(load: FloatArray, worth: FloatArray, charge: float) -> float:
    """Largest capacity whose last MW is worth its charge [MW]."""
    if charge <= 0:
        return float(load.max(initial=0.0))
    levels, value = _marginal(load, worth)
    paying = np.flatnonzero(value >= charge)
    return float(levels[paying[0]]) if len(paying) else 0.0


def _capacity(
    load: FloatArray, worth: FloatArray, steps_of: list[IntArray], charges: FloatArray, annual: float, top: float
) -> float:
    """Largest connection whose last MW is worth its capital over all peaks [MW]."""
    if annual <= 0:
        return top

    def value(capacity: float) -> float:
        """Worth of one more MW above `capacity`, less the demand charges it causes."""
        gains = [float(worth[i] @ (load[i] > capacity)) - c for i, c in zip(steps_of, charges, strict=True)]
        return float(sum(max(gain, 0.0) for gain in gains))

    levels = np.unique(load[load <= top])
    low, high = -1, len(levels) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if value(float(levels[middle])) >= annual else (low, middle)
    return float(levels[high]) if len(levels) else 0.0


def _prices(
    program: Program, campus: Campus, worth: FloatArray, imported: FloatArray, cap: FloatArray,
    steps_of: list[IntArray], charges: FloatArray,
) -> Prices:  # fmt: skip
    """Prices of the optimum: import cost, plus what the peak of each step and the connection cost where they bind.

    A peak's charge is laid on the hours at the peak in proportion to their worth; where several peaks bind the
    connection, its capital (or its scarcity) is shared among them in the same way.
    """
    flow, grid = program.flows[program.flow("grid")], program.columns[program.column("grid")]
    at_peak = [i[(imported[i] >= cap[i] * (1 - 1e-12)) & (worth[i] > 0)] for i in steps_of]
    above = [i[program.load[i] > cap[i] * (1 + 1e-12)] for i in steps_of]
    tops = np.array([float(cap[i].max(initial=0.0)) for i in steps_of])
    binding = tops >= tops.max() * (1 - 1e-12)
    spare = np.maximum(np.array([float(worth[i].sum()) for i in at_peak]) - charges, 0.0) * binding
    must = np.maximum(np.array([float(worth[i].sum()) for i in above]) - charges, 0.0) * binding
    limited = float(tops.max()) >= grid.upper * (1 - 1e-12)
    target = max(grid.cost, float(must.sum())) if limited else grid.cost
    slack = float((spare - must).sum())
    scarcity = must + (spare - must) * (min(max((target - float(must.sum())) / slack, 0.0), 1.0) if slack > 0 else 0.0)
    price = flow.cost + np.zeros(program.steps)
    for want, hours, over in zip(charges + scarcity, at_peak, above, strict=True):
        base = float(worth[over].sum())
        rest = np.setdiff1d(hours, over)
        total = float(worth[rest].sum())
        price[over] += worth[over]
        if total > 0:
            price[rest] += worth[rest] * min(max((want - base) / total, 0.0), 1.0)
    places = {int(flow.upper_terms[0].column[i[0]]): n for n, i in enumerate(steps_of)}
    links = np.array([scarcity[places[next(i for i, a in k.columns.items() if a > 0)]] for k in program.links])
    price = np.minimum(price, campus.setting.unserved_usd_per_mwh * program.weight)
    return Prices(price, np.zeros((0, program.steps)), np.zeros(len(program.budgets)), links)
