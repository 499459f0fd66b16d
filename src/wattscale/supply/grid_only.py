"""The campus on the grid alone, in closed form.

In: a `Campus` whose only technology is the grid. Out: its exact optimum, or None where a budget forbids it.
Leaves out: everything with a choice between sources; expansion.py and solve.py do that.
"""

from __future__ import annotations

import numpy as np

from wattscale.supply.certificate import certified_bound
from wattscale.supply.expansion import Campus
from wattscale.supply.program import Prices, Program, Solution, cost_of
from wattscale.supply.settle import budget_excess
from wattscale.units import FloatArray

TOLERANCE = 1e-9


def applies(campus: Campus) -> bool:
    """Tell whether the closed form holds: only the grid, nothing exported, no load moved, no limit on changes."""
    s = campus.setting
    firm = s.export_usd_per_mwh is None and s.flexible_share == 0.0 and not s.purchases
    firm = firm and s.import_ramp_mw_per_h is None
    plain = s.tariff_period is None and s.demand_ratchet_share == 0.0 and s.called is None and not s.energy_tiers
    return set(campus.technologies) == {"grid"} and firm and plain


def solve_grid_only(campus: Campus) -> Solution | None:
    """Give the optimum of a campus on the grid alone.

    Each step imports its load up to the month's peak; a peak is worth its charge while the hours above it would cost
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
    charge = setting.demand_charge_usd_per_mw_month
    months = np.unique(setting.month) if charge > 0 else np.array([-1])
    of_month = [np.flatnonzero(setting.month == m) if charge > 0 else np.arange(program.steps) for m in months]
    peaks = np.array([_peak(load[i], worth[i], charge) for i in of_month])
    capacity = min(_capacity(load, worth, of_month, charge, annual, float(peaks.max())), limit)
    peaks = np.minimum(peaks, capacity)
    x = np.zeros(len(program.columns))
    x[grid] = float(peaks.max())
    cap = np.zeros(program.steps)
    for m, i, peak in zip(months, of_month, peaks, strict=True):
        cap[i] = peak
        if m >= 0:
            x[program.column(f"peak.{m}")] = peak
    y = np.zeros((len(program.flows), program.steps))
    y[flow] = np.minimum(load, cap)
    y[program.flow("unserved")] = program.load - y[flow]
    prices = _prices(program, campus, worth, y[flow], cap, of_month, months, annual, limit)
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
    load: FloatArray, worth: FloatArray, of_month: list[np.ndarray], charge: float, annual: float, top: float
) -> float:
    """Largest connection whose last MW is worth its capital over all months [MW]."""
    if annual <= 0:
        return top

    def value(capacity: float) -> float:
        """Worth of one more MW above `capacity`, less the demand charges it causes."""
        return sum(max(float(worth[i] @ (load[i] > capacity)) - charge, 0.0) for i in of_month)

    levels = np.unique(load[load <= top])
    low, high = -1, len(levels) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if value(float(levels[middle])) >= annual else (low, middle)
    return float(levels[high]) if len(levels) else 0.0


def _prices(
    program: Program, campus: Campus, worth: FloatArray, imported: FloatArray, cap: FloatArray,
    of_month: list[np.ndarray], months: np.ndarray, annual: float, limit: float,
) -> Prices:  # fmt: skip
    """Prices of the optimum: import cost, plus what the month's peak and the connection cost where they bind.

    The monthly charge is laid on the hours at the month's peak in proportion to their worth; where the peaks of
    several months bind the connection, its capital (or its scarcity) is shared among them in the same way.
    """
    charge = campus.setting.demand_charge_usd_per_mw_month
    flow = program.flows[program.flow("grid")]
    at_peak = [i[(imported[i] >= cap[i] * (1 - 1e-12)) & (worth[i] > 0)] for i in of_month]
    above = [i[program.load[i] > cap[i] * (1 + 1e-12)] for i in of_month]
    room = np.array([float(worth[i].sum()) for i in at_peak])
    least = np.array([float(worth[i].sum()) for i in above])
    spare = np.maximum(room - charge, 0.0)
    must = np.maximum(least - charge, 0.0)
    binding = cap_max = float(max((cap[i].max(initial=0.0) for i in of_month), default=0.0))
    tops = np.array([float(cap[i].max(initial=0.0)) >= cap_max * (1 - 1e-12) for i in of_month])
    must, spare = np.where(tops, must, 0.0), np.where(tops, spare, 0.0)
    target = max(annual, float(must.sum())) if binding >= limit * (1 - 1e-12) else annual
    slack = float((spare - must).sum())
    scarcity = must + (spare - must) * (min(max((target - float(must.sum())) / slack, 0.0), 1.0) if slack > 0 else 0.0)
    price = flow.cost + np.zeros(program.steps)
    links = np.zeros(len(program.links))
    for n, (hours, over) in enumerate(zip(at_peak, above, strict=True)):
        want = charge + scarcity[n]
        base = float(worth[over].sum())
        rest = np.setdiff1d(hours, over)
        total = float(worth[rest].sum())
        price[over] += worth[over]
        if total > 0:
            price[rest] += worth[rest] * min(max((want - base) / total, 0.0), 1.0)
        if months[n] >= 0:
            links[n] = scarcity[n]
    unserved = campus.setting.unserved_usd_per_mwh * program.weight
    price = np.minimum(price, unserved)
    return Prices(price, np.zeros((0, program.steps)), np.zeros(len(program.budgets)), links)
