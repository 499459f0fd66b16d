"""One year of the market: demand, fleet, power and prices that agree with each other.

In: the state at the end of the year before. Out: prices at which demand, devices and power fit, within every limit.
Leaves out: what happens between years; pathway.py moves the state on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.errors import WattscaleError
from wattscale.outlook.constraints import Capacity
from wattscale.outlook.demand import answered
from wattscale.outlook.terms import SMALL_MW, Before, Terms, year_terms
from wattscale.outlook.world import World
from wattscale.outlook.years import FUTURE, REGION_TITLES, REGIONS
from wattscale.units import FloatArray

TOLERANCE, ITERATIONS = 1e-6, 50
"""Largest change of a log price at the solution, and how many steps may be taken to it."""
STEEPEST, SAFEST = -60.0, 0.5
"""Steepest answer of a price to itself that a step assumes, and the first step's damping."""
MEMORY = 0.6
"""Share of the last slope that a step keeps at least, as regions move each other."""
SECANT_STEPS, NUDGE = 12, 1e-6
"""Steps before Newton takes over, and the nudge of a log price by which it finds slopes."""


class ConvergenceError(WattscaleError):
    """A year whose prices do not settle: names the year and the equation."""


@dataclass(frozen=True)
class Settled:
    """A year at its prices. Shapes (draws,) or (draws, regions).

    Attributes:
        log_price: Log of the price of a task over its reference [1].
        demand: Work wanted [H100e].
        wanted_mw, shipped_mw: Devices wanted and shipped [MW].
        deployed_mw: Devices that run [MW].
        needed_mw: Power that all demand would need [MW].
        load_factor: Contracted power per device power [1].
        device_ratio: Devices wanted over what can be made [1].
        power_ratio: New power wanted over what can be energised [1].
        electricity: Price of electricity [USD/MWh].
        unit_cost: Cost of work [USD/H100e-year].
    """

    log_price: FloatArray
    demand: FloatArray
    wanted_mw: FloatArray
    shipped_mw: FloatArray
    deployed_mw: FloatArray
    needed_mw: FloatArray
    device_ratio: FloatArray
    power_ratio: FloatArray
    electricity: FloatArray
    unit_cost: FloatArray


def hosted(stock: FloatArray, weights: FloatArray, room: FloatArray, mobility: FloatArray) -> FloatArray:
    """Place devices in regions: by demand, and of those without power a share where there is room.

    Args:
        stock: Devices [MW], shape (draws,).
        weights: Demand by region [1], sums to one, shape (draws, regions).
        room: Devices that power allows [MW], shape (draws, regions).
        mobility: Share of the excess that moves [1], shape (draws,).

    Returns:
        Devices that run [MW], never above `room`, in sum never above `stock`.

    >>> hosted(np.array([10.0]), np.array([[0.5, 0.5]]), np.array([[3.0, 9.0]]), np.array([0.5])).tolist()
    [[3.0, 6.0]]
    """
    asked = stock[:, None] * weights
    first = np.minimum(asked, room)
    spare = room - first
    total = spare.sum(axis=1)
    moved = np.minimum((asked - first).sum(axis=1) * mobility, total)
    return np.asarray(first + spare * (moved / np.maximum(total, SMALL_MW))[:, None])


def settle(world: World, t: int, capacity: Capacity, before: Before, pue: FloatArray) -> Settled:
    """Find the prices of a year by a damped fixed point.

    The damping of each draw and region follows the slope seen in the last two steps (a secant), so that steep scarcity
    prices do not swing. Draws whose regions push each other around a kink take a Newton step over all regions
    every other time.

    Args:
        world: The world.
        t: Future year, from 0.
        capacity: What can be made and connected in the year.
        before: State at the end of the year before.
        pue: Power usage effectiveness of AI halls [1], shape (draws, regions).

    Raises:
        ConvergenceError: The prices do not settle; names year, region and equation.
    """
    terms = year_terms(world, t, capacity, before, pue)
    log_price = before.log_price
    last: tuple[FloatArray, FloatArray] | None = None
    slope = np.full_like(log_price, 1.0 - 1.0 / SAFEST)
    for step in range(ITERATIONS):
        found = at_price(terms, before, log_price)
        answer = found.log_price
        gap = np.abs(answer - log_price)
        if gap.max() < TOLERANCE:
            return found
        if last is not None:
            slope = _seen_slope(log_price - last[0], answer - last[1], slope)
        last = (log_price, answer)
        if step >= SECANT_STEPS and (step - SECANT_STEPS) % 2 == 0:
            log_price = log_price + _newton(terms, before, log_price, answer)
        else:
            log_price = log_price + (answer - log_price) / (1.0 - slope)
    worst = int(np.argmax(gap.max(axis=0)))
    raise ConvergenceError(
        f"outlook {FUTURE[t]}: the price of a task in {REGION_TITLES[REGIONS[worst]]} does not settle "
        f"(equation: price = unit cost x work per task x margin; gap {gap.max():.2g} after {ITERATIONS} steps)"
    )


def _seen_slope(step: FloatArray, change: FloatArray, slope: FloatArray) -> FloatArray:
    """Give the slope seen in the last step, not less steep than a share of the one before."""
    moved = np.abs(step) > TOLERANCE * 1e-3
    seen = np.where(moved, change / np.where(moved, step, 1.0), 0.0)
    return np.asarray(np.clip(np.minimum(seen, slope * MEMORY), STEEPEST, 0.0))


def _newton(terms: Terms, before: Before, log_price: FloatArray, answer: FloatArray) -> FloatArray:
    """Give a Newton step over all regions, in the draws that are not settled: (1 - J) step = answer - price."""
    regions = len(REGIONS)
    jacobian = np.empty((len(log_price), regions, regions))
    for k in range(regions):
        moved = log_price.copy()
        moved[:, k] -= NUDGE
        jacobian[:, :, k] = (answer - at_price(terms, before, moved).log_price) / NUDGE
    gap = answer - log_price
    step = np.linalg.solve(np.eye(regions) - jacobian, gap[:, :, None])[:, :, 0]
    open_draws = (np.abs(gap).max(axis=1) >= TOLERANCE / 2.0)[:, None]
    return np.asarray(np.where(open_draws, step, 0.0))


def at_price(terms: Terms, before: Before, log_price: FloatArray) -> Settled:
    """Give demand, devices and power at a trial price; `log_price` of the result is the price that follows."""
    demand = answered(terms.reference_work, log_price, terms.elasticity)
    total = demand @ terms.one
    wanted = np.maximum(total - before.work, 0.0) / terms.density
    weights = demand * terms.access
    weights = weights / (weights @ terms.one)[:, None]
    shipped = np.minimum(wanted, terms.device_cap)
    deployed = hosted(before.power_mw + shipped, weights, terms.room, before.entered.mobility)
    unhosted = before.power_mw + shipped - deployed @ terms.one
    shipped = np.maximum(shipped - unhosted, 0.0)
    needed = terms.other_mw + (before.power_mw + wanted)[:, None] * weights * terms.per_device
    device_ratio = wanted / terms.device_cap
    power_ratio = np.maximum(needed - before.energised_mw, 0.0) / terms.available
    electricity = terms.power_usd + terms.power_slope * np.maximum(deployed - terms.start_mw, 0.0)
    scarce = np.maximum(np.maximum(device_ratio[:, None], power_ratio) - 1.0, 0.0) * terms.price_slope
    cost = terms.cost_fixed + terms.cost_scarce * scarce + terms.cost_energy * electricity
    answer = np.log(cost) + terms.log_answer if terms.log_answer is not None else np.zeros_like(cost)
    return Settled(answer, demand, wanted, shipped, deployed, needed, device_ratio, power_ratio, electricity, cost)
