"""What one year of the market knows before prices are found: every term that does not move with the price.

In: the world, the state at the end of the year before, capacity of the year. Out: `Terms`.
Leaves out: the search for prices; market.py does that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.outlook.constraints import Capacity
from wattscale.outlook.entering import Entered
from wattscale.outlook.world import World
from wattscale.outlook.years import FUTURE, REGIONS, place
from wattscale.units import HOURS_PER_YEAR, FloatArray

TWH = 1e6
SMALL_MW = 1e-6


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
class Terms:
    """A year without its prices. Shapes (draws,), (draws, 1) or (draws, regions).

    Attributes:
        reference_work: Work wanted at reference prices [H100e].
        elasticity: Price elasticity [1].
        density: Work per power of new devices [H100e/MW].
        access: Share of its demand for devices that a region may meet [1], shape (regions,).
        one: Ones, shape (regions,): sums over regions as products of matrices.
        device_cap: Devices that can be made [MW].
        available: New power that can be energised [MW].
        room: Devices that connected and new power allow [MW].
        other_mw: Contracted power of other computing [MW].
        per_device: Contracted power of a hall per device power [1].
        power_usd, power_slope, start_mw: Price of electricity = power_usd + power_slope x (devices - start_mw)
            [USD/MWh, USD/MWh/MW, MW].
        price_slope: Rise of a price per excess of demand over capacity [1].
        cost_fixed, cost_scarce, cost_energy: Cost of work = fixed + scarce x scarcity + energy x price of electricity
            [USD/H100e-year, the same, MWh/H100e-year].
        log_answer: What turns the log of cost into the log of the price of a task over its reference; None in the run
            that finds the reference.
    """

    reference_work: FloatArray
    elasticity: FloatArray
    density: FloatArray
    access: FloatArray
    one: FloatArray
    device_cap: FloatArray
    available: FloatArray
    room: FloatArray
    other_mw: FloatArray
    per_device: FloatArray
    power_usd: FloatArray
    power_slope: FloatArray
    start_mw: FloatArray
    price_slope: FloatArray
    cost_fixed: FloatArray
    cost_scarce: FloatArray
    cost_energy: FloatArray
    log_answer: FloatArray | None


def year_terms(world: World, t: int, capacity: Capacity, before: Before, pue: FloatArray) -> Terms:
    """Work out every term of a year that does not move with the price.

    Args:
        world: The world.
        t: Future year, from 0.
        capacity: What can be made and connected in the year.
        before: State at the end of the year before.
        pue: Power usage effectiveness of AI halls [1], shape (draws, regions).
    """
    v = world.v
    per_device, other = contracted_per_device(world, pue), conventional_mw(world, before.conventional_twh)
    room = np.maximum(before.energised_mw + capacity.available - other, 0.0) / per_device
    usd, slope, start = _electricity(world, t, before, pue)
    fixed, energy = _cost(world, t, pue)
    answer = None
    if world.reference is not None:
        answer = np.log(world.demand.work[t])[:, None] - world.extras["log_cost_start"] - world.reference[t]
    return Terms(
        reference_work=_reference_work(world, t, before.entered),
        elasticity=v["demand.price_elasticity"][:, None],
        density=world.density[t],
        access=world.hits["access"][place(FUTURE[t])],
        one=np.ones(len(REGIONS)),
        device_cap=capacity.device_cap,
        available=np.maximum(capacity.available, SMALL_MW),
        room=room,
        other_mw=other,
        per_device=per_device,
        power_usd=usd,
        power_slope=slope,
        start_mw=start,
        price_slope=v["scarcity.price_slope"][:, None],
        cost_fixed=fixed,
        cost_scarce=fixed * world.units.device_share,
        cost_energy=energy,
        log_answer=answer,
    )


def contracted_per_device(world: World, pue: FloatArray) -> FloatArray:
    """Give the contracted power of a hall per device power [1], shape (draws, regions)."""
    v = world.v
    return np.asarray((v["hardware.overhead"] * v["facility.peak_factor"])[:, None] * pue)


def conventional_mw(world: World, twh: FloatArray) -> FloatArray:
    """Give the contracted power of other computing [MW], shape (draws, regions)."""
    v = world.v
    return np.asarray(twh * TWH / HOURS_PER_YEAR / v["conventional.load"][:, None] * v["facility.peak_factor"][:, None])


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


def _reference_work(world: World, t: int, entered: Entered) -> FloatArray:
    """Give work wanted at reference prices [H100e], shape (draws, regions)."""
    d, v = world.demand, world.v
    tasks = d.service[t] * d.work[t] * d.income[t]
    level = world.extras["work_start"] * v["demand.latent"] * (1.0 - v["training.share_start"])
    level = level * tasks * sum(split_work(world, t, entered))
    return np.asarray(level[:, None] * world.shares * world.hits["demand"][place(FUTURE[t])])


def _electricity(world: World, t: int, before: Before, pue: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give price of electricity, its rise per MW of devices, and the devices from which it rises.

    base x gas x (1 + slope x unplanned use / all use) + rise of the carbon price.
    """
    v, r = world.v, world.regions
    per_mw = (v["hardware.overhead"] * v["hardware.load"])[:, None] * pue * HOURS_PER_YEAR / TWH
    base_use = r["electricity.total"] * np.exp(r["electricity.growth"] * (t + 1))
    base = r["electricity.price"] * (1.0 + r["mix.gas"] * (world.gas_ratio[t] - 1.0)[:, None])
    carbon = world.carbon_price(FUTURE[t]) * world.extras["intensity"][t] - world.extras["carbon_start"]
    unplanned = v["electricity.inverse_elasticity"] * (1.0 - v["electricity.planned_share"])
    return base + carbon, base * unplanned[:, None] * per_mw / base_use, before.ai_twh_start / per_mw


def _cost(world: World, t: int, pue: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the fixed cost of work on new devices [USD/H100e-year] and its energy [MWh/H100e-year]."""
    v, units = world.v, world.units
    per_work = (v["hardware.overhead"] / world.density[t])[:, None]
    fixed = units.fixed_usd_per_mw_year * v["capital.market_ratio"] * np.exp(v["capital.trend"] * (t + 1))
    return fixed[:, None] * per_work, (HOURS_PER_YEAR * v["hardware.load"])[:, None] * pue * per_work
