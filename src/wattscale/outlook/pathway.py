"""The yearly model 2015 to 2045: history by shipments, then years whose demand, devices, power and prices agree.

In: `World`. Out: `Path`, every quantity by year, draw and region.
Leaves out: money by segment, jobs and water; accounts.py adds them up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from wattscale.outlook.constraints import POWER_KINDS, in_order
from wattscale.outlook.fleet import Fleet
from wattscale.outlook.market import (
    TWH,
    Before,
    Settled,
    contracted_per_device,
    conventional_mw,
    settle,
)
from wattscale.outlook.mix import FUELS, mix_in
from wattscale.outlook.world import HISTORY_YEARS, World
from wattscale.outlook.years import FUTURE, LAST_HISTORY, REGIONS, STAGES, YEARS, place
from wattscale.units import HOURS_PER_YEAR, FloatArray

BY_REGION = (
    "ai_twh", "conventional_twh", "contracted_mw", "energised_mw", "needed_mw", "demand_work", "served_work",
    "unmet_work", "electricity_usd_per_mwh", "price_ratio", "power_ratio", "intensity_t_per_mwh", "deployed_mw",
    "log_price",
)  # fmt: skip
WORLDWIDE = (
    "shipped_mw", "wanted_mw", "device_cap_mw", "retired_mw", "fleet_mw", "fleet_work", "density", "pue_ai",
    "device_ratio", "binding", "service", "work_per_task", "unit_cost",
)  # fmt: skip
SPARE_START = 1.02
"""Connected power over needed power at the end of history: no reserve of note, by the queues of 2025."""
SATURATED = 1.0 - 1e-9
"""Shares closer to one than this are one, in floating point."""


@dataclass(frozen=True)
class Path:
    """What the model gives.

    Attributes:
        region: By name, shape (years, draws, regions).
        world: By name, shape (years, draws).
        added: New power by kind [MW], shape (years, draws, regions).
        mix: Share of the electricity by fuel [1], shape (years, draws, regions).
    """

    region: Mapping[str, FloatArray]
    world: Mapping[str, FloatArray]
    added: Mapping[str, FloatArray]
    mix: Mapping[str, FloatArray]


class Record:
    """Arrays being filled, year by year."""

    def __init__(self, draws: int) -> None:
        years, regions = len(YEARS), len(REGIONS)
        self.region = {name: np.zeros((years, draws, regions)) for name in BY_REGION}
        self.world = {name: np.zeros((years, draws)) for name in WORLDWIDE}
        self.added = {kind: np.zeros((years, draws, regions)) for kind in POWER_KINDS}
        self.mix = {fuel: np.zeros((years, draws, regions)) for fuel in FUELS}

    def path(self) -> Path:
        """Freeze."""
        return Path(self.region, self.world, self.added, self.mix)


def pue_of_ai(world: World, year: int) -> FloatArray:
    """Give the PUE of AI halls: the part above one falls at the rate drawn, before 2025 it was higher [1]."""
    v = world.v
    return np.asarray(
        1.0 + (v["facility.pue_ai"] - 1.0) * np.exp(-v["facility.pue_fall"] * 3.0 * (year - LAST_HISTORY))
    )


def run_path(world: World) -> Path:
    """Run all years.

    Args:
        world: The world, with reference prices and the history of other computing (`referenced`).

    Raises:
        ConvergenceError: A year whose prices do not settle.
    """
    record = Record(world.draws)
    fleet = Fleet(world.v["hardware.life"], world.v["hardware.life_shape"])
    for year in HISTORY_YEARS:
        _history_year(world, record, fleet, year)
    world = _with_start(world, record)
    for t in range(len(FUTURE)):
        _future_year(world, record, fleet, t)
    return record.path()


def referenced(world: World, middle: World) -> World:
    """Give the world its reference prices and the past of other computing, from a run at the medians.

    Args:
        world: World of the draws.
        middle: The base world at the medians of its drivers, one draw.
    """
    still = {**middle.v, "scarcity.price_slope": np.zeros(1)}
    middle = replace(middle, v=still, conventional=np.zeros_like(middle.history.electricity))
    path = run_path(middle)
    ai = path.region["ai_twh"][: len(HISTORY_YEARS), 0]
    future = slice(place(FUTURE[0]), None)
    cost = np.log(path.region["price_ratio"][future, 0]) - np.log(path.region["price_ratio"][place(LAST_HISTORY), 0])
    return replace(world, conventional=middle.history.electricity - ai, reference=cost)


def _history_year(world: World, record: Record, fleet: Fleet, year: int) -> None:
    """History: devices are shipped as published, all demand is served."""
    i, v = place(year), world.v
    old_mw, _ = fleet.survivors()
    shipped = world.history.shipped_mw[i] * v["hardware.level"]
    fleet.ship(shipped, world.history.density[i] * np.ones(world.draws))
    end_mw = old_mw + shipped
    assert world.conventional is not None
    other = world.conventional[i] * v["conventional.level"][:, None]
    w = record.world
    w["shipped_mw"][i], w["wanted_mw"][i], w["device_cap_mw"][i] = shipped, shipped, shipped
    w["fleet_mw"][i], w["density"][i], w["device_ratio"][i] = end_mw, world.history.density[i], 1.0
    w["retired_mw"][i] = (w["fleet_mw"][i - 1] if i else 0.0) + shipped - end_mw
    w["fleet_work"][i] = _fleet_work(fleet)
    pue = pue_of_ai(world, year)
    deployed = end_mw[:, None] * world.shares
    _write_power(world, record, i, deployed, other, pue, None)
    r = record.region
    r["needed_mw"][i] = r["contracted_mw"][i]
    r["energised_mw"][i] = r["contracted_mw"][i] * SPARE_START
    r["demand_work"][i] = w["fleet_work"][i][:, None] * world.shares
    r["served_work"][i] = r["demand_work"][i]
    r["electricity_usd_per_mwh"][i] = world.regions["electricity.price"]
    r["power_ratio"][i] = 1.0
    units = world.units
    fixed = units.fixed_usd_per_mw_year * v["capital.market_ratio"]
    energy = world.regions["electricity.price"] * (HOURS_PER_YEAR * v["hardware.load"] * pue)[:, None]
    cost = (fixed[:, None] + energy) * (v["hardware.overhead"] / world.history.density[i])[:, None]
    r["price_ratio"][i] = cost
    w["unit_cost"][i] = (cost * world.shares).sum(axis=1)
    w["service"][i], w["work_per_task"][i] = world.history.tokens[i] / world.history.tokens[-1], np.nan


def _with_start(world: World, record: Record) -> World:
    """Note what the last year of history hands on: work served, cost, carbon by year."""
    i, v, r = place(LAST_HISTORY), world.v, world.regions
    intensity = np.array([mix_in(v, r, year).intensity for year in FUTURE])
    start = mix_in(v, r, LAST_HISTORY).intensity
    extras = {
        "work_start": record.world["fleet_work"][i],
        "log_cost_start": np.log(record.region["price_ratio"][i]),
        "intensity": intensity,
        "carbon_start": r["carbon.price"] * start,
    }
    tokens = record.world["service"]
    work = record.world["fleet_work"] / np.maximum(tokens, 1e-300)
    record.world["work_per_task"][: i + 1] = (work / work[i])[: i + 1]
    return replace(world, extras=extras)


def _future_year(world: World, record: Record, fleet: Fleet, t: int) -> None:
    """A year to come: prices settle, devices ship, power is connected."""
    year = FUTURE[t]
    i, v, r, w = place(year), world.v, record.region, record.world
    old_mw, old_work = fleet.survivors()
    growth = world.regions["conventional.growth"] + v["conventional.growth_offset"][:, None]
    other = r["conventional_twh"][i - 1] * np.exp(growth)
    start = r["log_price"][i - 1]
    before = Before(old_mw, old_work, r["energised_mw"][i - 1], other, r["ai_twh"][place(LAST_HISTORY)], start)
    pue = pue_of_ai(world, year)
    found = settle(world, t, before, pue)
    r["log_price"][i] = found.log_price
    fleet.ship(found.shipped_mw, world.density[t])
    w["shipped_mw"][i], w["wanted_mw"][i] = found.shipped_mw, found.wanted_mw
    w["device_cap_mw"][i] = world.limits.device_cap(t)
    w["fleet_mw"][i] = old_mw + found.shipped_mw
    w["retired_mw"][i] = w["fleet_mw"][i - 1] - old_mw
    w["fleet_work"][i], w["density"][i] = old_work + found.shipped_mw * world.density[t], world.density[t]
    w["device_ratio"][i] = found.device_ratio
    w["unit_cost"][i] = (found.unit_cost * world.shares).sum(axis=1)
    w["work_per_task"][i] = world.demand.work[t]
    work_per_mw = (w["fleet_work"][i] / np.maximum(w["fleet_mw"][i], 1e-9))[:, None]
    can = found.deployed_mw * work_per_mw
    met = can >= found.demand * SATURATED
    r["demand_work"][i], r["served_work"][i] = found.demand, np.where(met, found.demand, can)
    r["unmet_work"][i] = found.demand - r["served_work"][i]
    used = r["served_work"][i] / np.maximum(can, 1e-9)
    served = r["served_work"][i].sum(axis=1) / world.extras["work_start"]
    inference = (1.0 - world.training_share[t]) / (1.0 - v["training.share_start"])
    w["service"][i] = served * inference / world.demand.work[t] / (1 - world.edge_share[t]) / (1 - world.work_saving[t])
    r["electricity_usd_per_mwh"][i], r["power_ratio"][i] = found.electricity, found.power_ratio
    r["price_ratio"][i] = found.unit_cost * world.demand.work[t][:, None]
    r["needed_mw"][i] = found.needed_mw
    _connect(world, record, t, i, found, other, pue)
    _write_power(world, record, i, found.deployed_mw, other, pue, used)
    w["binding"][i] = _binding(world, t, found)


def _connect(world: World, record: Record, t: int, i: int, found: Settled, other: FloatArray, pue: FloatArray) -> None:
    """Energise what runs, by kind of new power; what is connected stays connected."""
    r = record.region
    contracted = conventional_mw(world, other) + found.deployed_mw * contracted_per_device(world, pue)
    available, allowed = world.limits.available(t)
    used = np.clip(contracted - r["energised_mw"][i - 1], 0.0, available)
    kinds = in_order(used, {k: a[t] for k, a in world.limits.additions.items()}, allowed)
    for kind, power in kinds.items():
        record.added[kind][i] = power
    r["energised_mw"][i] = r["energised_mw"][i - 1] + used


def _write_power(
    world: World,
    record: Record,
    i: int,
    deployed: FloatArray,
    other: FloatArray,
    pue: FloatArray,
    used: FloatArray | None,
) -> None:
    """Write power, electricity, mix and carbon of a year; the mean of two year-ends runs through the year."""
    v, r = world.v, record.region
    r["deployed_mw"][i] = deployed
    running = deployed if used is None else deployed * used
    mean = (running + (r["deployed_mw"][i - 1] if i else 0.0)) / 2.0
    record.world["pue_ai"][i] = pue
    r["ai_twh"][i] = mean * (v["hardware.overhead"] * v["hardware.load"] * pue)[:, None] * HOURS_PER_YEAR / TWH
    r["conventional_twh"][i] = other
    r["contracted_mw"][i] = conventional_mw(world, other) + deployed * contracted_per_device(world, pue)
    connected = np.maximum(r["contracted_mw"][i], 1e-9)
    own = {
        fuel: np.minimum(record.added[kind][: i + 1].sum(axis=0) / connected, SATURATED)
        for fuel, kind in (("gas", "gas"), ("renewables", "renewables"), ("nuclear", "nuclear"))
    }
    mixed = mix_in(v, world.regions, YEARS[i], own)
    for fuel, share in mixed.shares.items():
        record.mix[fuel][i] = share
    r["intensity_t_per_mwh"][i] = mixed.intensity


def _binding(world: World, t: int, found: Settled) -> FloatArray:
    """Name what limits a draw: the tightest device stage, power, transformers, or nothing; places in `STAGES`."""
    devices = found.device_ratio > 1.0
    power = (found.power_ratio > 1.0).any(axis=1) & (
        found.shipped_mw < np.minimum(found.wanted_mw, world.limits.device_cap(t)) - 1e-6
    )
    _, allowed = world.limits.available(t)
    stage = np.where(devices, 1.0 + world.limits.tightest_device_stage(t), 0.0)
    stage = np.where(power, float(STAGES.index("grid connection")), stage)
    stage = np.where(power & (allowed < 1.0), float(STAGES.index("transformers")), stage)
    return np.where(found.wanted_mw <= 0.0, float(STAGES.index("demand met by fleet")), stage)


def _fleet_work(fleet: Fleet) -> FloatArray:
    """Work of the fleet at the end of the last year shipped [H100e]."""
    held = Fleet(fleet.life_years, fleet.shape, fleet.shipped_mw[:-1], fleet.density[:-1])
    _, old = held.survivors()
    return np.asarray(old + fleet.shipped_mw[-1] * fleet.density[-1])
