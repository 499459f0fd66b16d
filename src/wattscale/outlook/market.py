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
from wattscale.outlook.entering import Entered
from wattscale.outlook.world import World
from wattscale.outlook.years import FUTURE, REGION_TITLES, REGIONS
from wattscale.units import HOURS_PER_YEAR, FloatArray

TOLERANCE, ITERATIONS = 1e-6, 50
"""Largest change of a log price at the solution, and how many steps may be taken to it."""
STEEPEST, SAFEST = -60.0, 0.5
"""Steepest answer of a price to itself that a step assumes, and the first step's damping."""
MEMORY = 0.6
"""Share of the last slope that a step keeps at least, as regions move each other."""
SECANT_STEPS, NUDGE = 12, 1e-6
"""Steps before Newton takes over, and the nudge of a log price by which it finds slopes."""
SMALL_MW = 1e-6
TWH = 1e6


class ConvergenceError(WattscaleError):
    """A year whose prices do not settle: names the year and the equation."""


@dataclass(frozen=True)
class Before:
    """State at the end of the year before, in the draws and regions of the world.

    Attributes:
        power_mw, work: Surviving devices: power [MW] and work [H100e], shape (draws,).
        energised_mw: Power that is connected [MW], shape (draws, regions).
        conventional_twh: Electricity of other computing this year [TWh], shape (draws, regions).
        ai_twh_start: Electricity of AI in the last year of history [TWh], shape (draws, regions).
        log_price: Log of the price of a task over its reference, from which the search starts [1], same shape.
        entered: What adopted technologies change.
    """

    power_mw: FloatArray
    work: FloatArray
    energised_mw: FloatArray
    conventional_twh: FloatArray
    ai_twh_start: FloatArray
    log_price: FloatArray
    entered: Entered


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


def contracted_per_device(world: World, pue: FloatArray) -> FloatArray:
    """Give the contracted power of a hall per device power [1], shape (draws, regions)."""
    v = world.v
    return np.asarray((v["hardware.overhead"] * v["facility.peak_factor"])[:, None] * pue)


def conventional_mw(world: World, twh: FloatArray) -> FloatArray:
    """Give the contracted power of other computing [MW], shape (draws, regions)."""
    v = world.v
    return np.asarray(twh * TWH / HOURS_PER_YEAR / v["conventional.load"][:, None] * v["facility.peak_factor"][:, None])


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
    log_price = before.log_price
    last: tuple[FloatArray, FloatArray] | None = None
    slope = np.full_like(log_price, 1.0 - 1.0 / SAFEST)
    for step in range(ITERATIONS):
        found = at_price(world, t, capacity, before, pue, log_price)
        answer = found.log_price
        gap = np.abs(answer - log_price)
        if gap.max() < TOLERANCE:
            return found
        if last is not None:
            slope = _seen_slope(log_price - last[0], answer - last[1], slope)
        last = (log_price, answer)
        if step >= SECANT_STEPS and (step - SECANT_STEPS) % 2 == 0:
            log_price = log_price + _newton(world, t, capacity, before, pue, log_price, answer)
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


def _newton(
    world: World,
    t: int,
    capacity: Capacity,
    before: Before,
    pue: FloatArray,
    log_price: FloatArray,
    answer: FloatArray,
) -> FloatArray:
    """Give a Newton step over all regions, in the draws that are not settled: (1 - J) step = answer - price."""
    regions = len(REGIONS)
    jacobian = np.empty((world.draws, regions, regions))
    for k in range(regions):
        moved = log_price.copy()
        moved[:, k] -= NUDGE
        jacobian[:, :, k] = (answer - at_price(world, t, capacity, before, pue, moved).log_price) / NUDGE
    gap = answer - log_price
    step = np.linalg.solve(np.eye(regions) - jacobian, gap[:, :, None])[:, :, 0]
    open_draws = (np.abs(gap).max(axis=1) >= TOLERANCE / 2.0)[:, None]
    return np.asarray(np.where(open_draws, step, 0.0))


def at_price(
    world: World, t: int, capacity: Capacity, before: Before, pue: FloatArray, log_price: FloatArray
) -> Settled:
    """Give demand, devices and power at a trial price; `log_price` of the result is the price that follows."""
    v = world.v
    demand = answered(_reference_demand(world, t, before.entered), log_price, v["demand.price_elasticity"][:, None])
    total = demand.sum(axis=1)
    wanted = np.maximum(total - before.work, 0.0) / world.density[t]
    cap = capacity.device_cap
    weights = demand / np.maximum(total, SMALL_MW)[:, None]
    weights = weights * world.hits["access"][len(world.history.shipped_mw) + t]
    weights = weights / weights.sum(axis=1, keepdims=True)
    per_device = contracted_per_device(world, pue)
    other = conventional_mw(world, before.conventional_twh)
    available = capacity.available
    room = np.maximum(before.energised_mw + available - other, 0.0) / per_device
    shipped = np.minimum(wanted, cap)
    deployed = hosted(before.power_mw + shipped, weights, room, before.entered.mobility)
    unhosted = before.power_mw + shipped - deployed.sum(axis=1)
    shipped = np.maximum(shipped - unhosted, 0.0)
    needed = other + (before.power_mw + wanted)[:, None] * weights * per_device
    device_ratio = wanted / cap
    power_ratio = np.maximum(needed - before.energised_mw, 0.0) / np.maximum(available, SMALL_MW)
    electricity = _electricity_price(world, t, before, deployed, pue)
    scarce = np.maximum(np.maximum(device_ratio[:, None], power_ratio) - 1.0, 0.0) * v["scarcity.price_slope"][:, None]
    cost = _unit_cost(world, t, pue, electricity, scarce)
    answer = np.log(cost) + np.log(world.demand.work[t])[:, None]
    if world.reference is not None:
        answer = answer - world.extras["log_cost_start"] - world.reference[t]
    else:
        answer = np.zeros_like(answer)
    return Settled(answer, demand, wanted, shipped, deployed, needed, device_ratio, power_ratio, electricity, cost)


def split_work(world: World, t: int, entered: Entered) -> tuple[FloatArray, FloatArray]:
    """Give the work of serving and of training over that of serving all tasks in data centres on GPUs [1].

    Args:
        world: The world.
        t: Future year, from 0.
        entered: What adopted technologies change.

    Returns:
        Serving and training, shape (draws,); without new technologies 1 and s / (1 - s), s the share of training.
    """
    on_gpus, here = 1.0 - world.work_saving[t], 1.0 - world.edge_share[t]
    share = world.training_share[t]
    serving = here * on_gpus * (1.0 - entered.scattered)
    training = share / (1.0 - share) * here * on_gpus * (1.0 - world.training_saving[t]) * entered.training_work
    return np.asarray(serving), np.asarray(training)


def _reference_demand(world: World, t: int, entered: Entered) -> FloatArray:
    """Give work wanted at reference prices [H100e], shape (draws, regions)."""
    d, v = world.demand, world.v
    tasks = d.service[t] * d.work[t] * d.income[t]
    level = world.extras["work_start"] * v["demand.latent"] * (1.0 - v["training.share_start"])
    level = level * tasks * sum(split_work(world, t, entered))
    return np.asarray(level[:, None] * world.shares * world.hits["demand"][len(world.history.shipped_mw) + t])


def _electricity_price(world: World, t: int, before: Before, deployed: FloatArray, pue: FloatArray) -> FloatArray:
    """Give the price of electricity: base x gas x (1 + scarcity) + carbon [USD/MWh], shape (draws, regions)."""
    v, r = world.v, world.regions
    ai = deployed * (v["hardware.overhead"] * v["hardware.load"])[:, None] * pue * HOURS_PER_YEAR / TWH
    grown = np.maximum(ai - before.ai_twh_start, 0.0) * (1.0 - v["electricity.planned_share"])[:, None]
    base_use = r["electricity.total"] * np.exp(r["electricity.growth"] * (t + 1))
    scarcity = v["electricity.inverse_elasticity"][:, None] * grown / base_use
    fuel = 1.0 + r["mix.gas"] * (world.gas_ratio[t] - 1.0)[:, None]
    carbon = world.carbon_price(FUTURE[t]) * world.extras["intensity"][t]
    return np.asarray(r["electricity.price"] * fuel * (1.0 + scarcity) + carbon - world.extras["carbon_start"])


def _unit_cost(world: World, t: int, pue: FloatArray, electricity: FloatArray, scarce: FloatArray) -> FloatArray:
    """Give the cost of work on new devices [USD/H100e-year], shape (draws, regions)."""
    v, units = world.v, world.units
    fixed = units.fixed_usd_per_mw_year * v["capital.market_ratio"] * np.exp(v["capital.trend"] * (t + 1))
    energy = electricity * (HOURS_PER_YEAR * v["hardware.load"])[:, None] * pue
    per_work = (v["hardware.overhead"] / world.density[t])[:, None]
    return np.asarray((fixed[:, None] * (1.0 + units.device_share * scarce) + energy) * per_work)
