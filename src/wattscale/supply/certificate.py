"""A lower bound of the least cost from any prices, so that every solver's answer comes with a proof.

In: a `Program` and `Prices`. Out: a bound in USD. Leaves out: where the prices come from.
"""

from __future__ import annotations

import numpy as np

from wattscale.supply.program import Prices, Program, Store, Term, level_alive, store_factors
from wattscale.units import FloatArray


def certified_bound(program: Program, prices: Prices, objective: float = np.inf) -> float:
    """Give a lower bound of the least cost from any prices (Lagrangian bound, exact up to rounding).

    Every flow and store sits at the bound that its reduced cost asks for, which moves its reduced cost onto the
    linking columns; these take what a budget of `objective` buys, within their own finite upper bounds.

    Args:
        program: The program.
        prices: Prices of balance, stores, ramps, budgets and links; the last two are taken as zero where negative.
        objective: Cost of any point of the program: no optimum spends more [USD].

    Returns:
        Bound [USD].

    Source: weak duality, Boyd and Vandenberghe, Convex Optimization (2004), section 5.1.
    """
    total, reduced = reduced_costs(program, prices)
    return total - _worst_columns(program, reduced, objective)


def reduced_costs(program: Program, prices: Prices) -> tuple[float, FloatArray]:
    """Give the constant part of the bound [USD] and the reduced cost of each column [USD/unit].

    A column at its upper bound saves minus its reduced cost per unit of that bound.
    """
    budgets, links = np.maximum(prices.budgets, 0.0), np.maximum(prices.links, 0.0)
    reduced = np.array([c.cost for c in program.columns])
    total = float(prices.balance @ program.load)
    for price, budget in zip(budgets, program.budgets, strict=True):
        total -= price * budget.limit
        for i, e in budget.columns.items():
            reduced[i] += price * e
    for price, link in zip(links, program.links, strict=True):
        total -= price * link.limit
        for i, a in link.columns.items():
            reduced[i] += price * a
    for price, ramp in zip(prices.ramps, program.ramps, strict=True):
        total += float(price @ ramp.base) if ramp.base is not None else 0.0
    for j, flow in enumerate(program.flows):
        r = flow_reduced_cost(program, prices, j)
        for price, budget in zip(budgets, program.budgets, strict=True):
            if j in budget.flows:
                r = r + price * budget.flows[j]
        total += _fold(r, flow.lower, flow.upper, flow.lower_terms, flow.upper_terms, reduced)
    for k, store in enumerate(program.stores):
        total += _store_bound(program, store, prices.stores[k], reduced)
    _lift_levels(program, reduced)
    return total, reduced


def flow_reduced_cost(program: Program, prices: Prices, j: int) -> FloatArray:
    """Give the cost of a flow less what the rows of its steps pay for it, budgets apart [USD/MW], shape (T,)."""
    flow = program.flows[j]
    r = flow.cost - prices.balance * flow.balance
    for k, gain in flow.gain.items():
        r = r + prices.stores[k] * gain
    for price, ramp in zip(prices.ramps, program.ramps, strict=True):
        if j == ramp.flow:
            r = r - price + np.append(price[1:], 0.0)
        if j == ramp.up:
            r = r + price
        if j == ramp.down:
            r = r - price
    return r


def _lift_levels(program: Program, reduced: FloatArray) -> None:
    """Charge a costless column's negative reduced cost to the column that its link puts above it."""
    for link in program.links:
        if link.limit != 0.0 or len(link.columns) != 2:
            continue
        (low, a), (high, b) = sorted(link.columns.items(), key=lambda item: -item[1])
        free = program.columns[low].cost == 0.0 and program.columns[low].upper > 0.0
        if free and a > 0.0 > b and reduced[low] < 0.0:
            reduced[high] += reduced[low] * -b / a
            reduced[low] = 0.0


def _worst_columns(program: Program, reduced: FloatArray, objective: float) -> float:
    """Largest saving the columns could still make: a fractional knapsack over what an optimum can spend [USD]."""
    cost = np.array([c.cost for c in program.columns])
    upper = np.array([c.upper for c in program.columns])
    gain = np.maximum(-reduced, 0.0)
    earned = float(np.minimum(cost, 0.0) @ upper)
    for flow in program.flows:
        most = flow.upper.max(initial=0.0) + sum(
            float(np.max(np.maximum(t.factor, 0.0) * upper[t.column])) for t in flow.upper_terms
        )
        earned += float(np.minimum(flow.cost, 0.0).sum()) * most
        least = flow.lower.min(initial=0.0) + sum(
            float(np.min(np.minimum(t.factor, 0.0) * upper[t.column])) for t in flow.lower_terms
        )
        earned += float(np.maximum(flow.cost, 0.0).sum()) * least
    left = objective - earned
    total = 0.0
    for i in sorted(np.flatnonzero(gain > 0), key=lambda i: max(float(cost[i]), 0.0) / max(float(gain[i]), 1e-290)):
        amount = upper[i] if cost[i] <= 0.0 else min(upper[i], max(left, 0.0) / cost[i])
        left -= amount * max(cost[i], 0.0)
        total += gain[i] * amount
    return float(total)


def _fold(
    reduced: FloatArray, lower: FloatArray, upper: FloatArray, lower_terms: tuple[Term, ...],
    upper_terms: tuple[Term, ...], columns: FloatArray,
) -> float:  # fmt: skip
    """Put a flow or store at the bound its reduced cost asks for; add the linking parts to `columns`."""
    up, down = np.minimum(reduced, 0.0), np.maximum(reduced, 0.0)
    for part, terms in ((up, upper_terms), (down, lower_terms)):
        for t in terms:
            np.add.at(columns, t.column, part * t.factor)
    return float(up @ upper + down @ lower)


def _store_bound(program: Program, store: Store, price: FloatArray, reduced: FloatArray) -> float:
    end, start = store_factors(program, store)
    total = float(price @ store.inflow) if store.inflow is not None else 0.0
    r = -price * end
    r[:-1] += price[1:] * start[1:]
    if store.level is not None:
        reduced[store.level] += price[0] * start[0] - price[-1] * end[-1]
        r[-1] = 0.0
    alive = level_alive(store)
    return total + _fold(np.where(alive, r, 0.0), store.lower, store.upper, (), store.upper_terms, reduced)
