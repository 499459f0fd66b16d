"""The yearly model 2015 to 2045: history by shipments, then years whose demand, devices, power and prices agree.

In: `World`. Out: `Path`, every quantity by year, draw and region.
Leaves out: money by segment, jobs and water; accounts.py adds them up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from wattscale.outlook.constraints import DEVICE_STAGES, Capacity, in_order
from wattscale.outlook.cooling import Halls, Shares, dearer, fleet_shares, halls, vintage_shares
from wattscale.outlook.entering import Entered, Entry
from wattscale.outlook.fleet import Fleet
from wattscale.outlook.market import Settled, settle
from wattscale.outlook.orders import Expansion
from wattscale.outlook.record import Path, Record
from wattscale.outlook.terms import TWH, Before, contracted_per_device, conventional_mw, split_work
from wattscale.outlook.world import HISTORY_YEARS, World
from wattscale.outlook.years import FUTURE, LAST_HISTORY, REGIONS, STAGES, YEARS, place
from wattscale.units import HOURS_PER_YEAR, FloatArray

SPARE_START = 1.02
"""Connected power over needed power at the end of history: no reserve of note, by the queues of 2025."""
SATURATED = 1.0 - 1e-9
"""Shares closer to one than this are one, in floating point."""


@dataclass
class Run:
    """State that a run carries from year to year.

    Attributes:
        world: The world.
        record: What is written down.
        fleet: Devices by vintage.
        entry: Technologies that enter by what the path gives.
        cooled: How each vintage is cooled, shares by kind.
    """

    world: World
    record: Record
    fleet: Fleet
    entry: Entry
    cooled: list[Shares] = field(default_factory=list)

    def halls(self, year: int) -> Halls:
        """Give the halls in use at the start of a year; those of its own vintage in the first."""
        v, units = self.world.v, self.world.units.cooling
        if not self.cooled:
            self.cool(year)
            return halls(v, units, self.cooled[-1], year)
        weights = self.fleet.weights()
        shares = fleet_shares(self.cooled[-len(weights) :], weights)
        return halls(v, units, shares, year)

    def cool(self, year: int) -> None:
        """Choose the cooling of a year's vintage, and write down what it costs."""
        w = self.world
        new = vintage_shares(w.v, w.regions["cooling.density_level"], w.units.cooling, year)
        if len(self.cooled) <= place(year):
            self.cooled.append(new)
        extra = dearer(w.units.cooling, new)
        self.record.world["dearer_halls"][place(year)] = (extra * w.shares).sum(axis=1)


def run_path(world: World) -> Path:
    """Run all years.

    Args:
        world: The world, with reference prices and the history of other computing (`referenced`).

    Raises:
        ConvergenceError: A year whose prices do not settle.
    """
    fleet = Fleet(world.v["hardware.life"], world.v["hardware.life_shape"])
    run = Run(world, Record(world.draws), fleet, Entry(world.v, len(REGIONS), world.entering))
    for year in HISTORY_YEARS:
        _history_year(run, year)
    run.world = _with_start(world, run.record)
    expansion = Expansion(world.limits, world.v, world.regions)
    for t in range(len(FUTURE)):
        _future_year(run, expansion, t)
    return run.record.path()


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


def _history_year(run: Run, year: int) -> None:
    """History: devices are shipped as published, all demand is served."""
    world, record, fleet = run.world, run.record, run.fleet
    i, v = place(year), world.v
    old_mw, _ = fleet.survivors()
    shipped = world.history.shipped_mw[i] * v["hardware.level"]
    at = run.halls(year)
    run.cool(year)
    fleet.ship(shipped, world.history.density[i] * np.ones(world.draws))
    end_mw = old_mw + shipped
    assert world.conventional is not None
    other = world.conventional[i] * v["conventional.level"][:, None]
    w = record.world
    w["shipped_mw"][i], w["wanted_mw"][i], w["device_cap_mw"][i] = shipped, shipped, shipped
    w["fleet_mw"][i], w["density"][i], w["device_ratio"][i] = end_mw, world.history.density[i], 1.0
    w["retired_mw"][i] = (w["fleet_mw"][i - 1] if i else 0.0) + shipped - end_mw
    w["fleet_work"][i] = _fleet_work(fleet)
    deployed = end_mw[:, None] * world.shares
    _write_power(run, i, deployed, other, at, None)
    r = record.region
    r["needed_mw"][i] = r["contracted_mw"][i]
    r["energised_mw"][i] = r["contracted_mw"][i] * SPARE_START
    r["demand_work"][i] = w["fleet_work"][i][:, None] * world.shares
    r["served_work"][i] = r["demand_work"][i]
    r["electricity_usd_per_mwh"][i] = world.regions["electricity.price"]
    r["power_ratio"][i] = 1.0
    units = world.units
    fixed = units.fixed_usd_per_mw_year * v["capital.market_ratio"]
    energy = world.regions["electricity.price"] * (HOURS_PER_YEAR * v["hardware.load"])[:, None] * at.pue
    cost = (fixed[:, None] + energy) * (v["hardware.overhead"] / world.history.density[i])[:, None]
    r["price_ratio"][i] = cost
    w["unit_cost"][i] = (cost * world.shares).sum(axis=1)
    w["service"][i], w["work_per_task"][i] = world.history.tokens[i] / world.history.tokens[-1], np.nan


def _with_start(world: World, record: Record) -> World:
    """Note what the last year of history hands on: work served, cost, carbon by year."""
    i = place(LAST_HISTORY)
    extras = {
        "work_start": record.world["fleet_work"][i],
        "log_cost_start": np.log(record.region["price_ratio"][i]),
        "intensity": np.array([world.mix(year).intensity for year in FUTURE]),
        "carbon_start": world.carbon_price(LAST_HISTORY) * world.mix(LAST_HISTORY).intensity,
    }
    tokens = record.world["service"]
    work = record.world["fleet_work"] / np.maximum(tokens, 1e-300)
    record.world["work_per_task"][: i + 1] = (work / work[i])[: i + 1]
    return replace(world, extras=extras)


def _future_year(run: Run, expansion: Expansion, t: int) -> None:
    """A year to come: prices settle, devices ship, power is connected, capacity is ordered."""
    world, record, fleet, year = run.world, run.record, run.fleet, FUTURE[t]
    i, v, r, w = place(year), world.v, record.region, record.world
    old_mw, old_work = fleet.survivors()
    growth = world.regions["conventional.growth"] + v["conventional.growth_offset"][:, None]
    other = r["conventional_twh"][i - 1] * np.exp(growth)
    start, entered = r["log_price"][i - 1], run.entry.in_year(year, world.training_share[t])
    before = Before(old_mw, old_work, r["energised_mw"][i - 1], other, r["ai_twh"][place(LAST_HISTORY)], start, entered)
    at, capacity = run.halls(year), expansion.capacity(t)
    found = settle(world, t, capacity, before, at.pue)
    r["log_price"][i] = found.log_price
    run.cool(year)
    fleet.ship(found.shipped_mw, world.density[t])
    w["shipped_mw"][i], w["wanted_mw"][i] = found.shipped_mw, found.wanted_mw
    w["device_cap_mw"][i] = capacity.device_cap
    w["fleet_mw"][i] = old_mw + found.shipped_mw
    w["retired_mw"][i] = w["fleet_mw"][i - 1] - old_mw
    w["fleet_work"][i], w["density"][i] = old_work + found.shipped_mw * world.density[t], world.density[t]
    w["device_ratio"][i] = found.device_ratio
    w["unit_cost"][i] = (found.unit_cost * world.shares).sum(axis=1)
    used = _serve(run, t, found, entered)
    r["electricity_usd_per_mwh"][i], r["power_ratio"][i] = found.electricity, found.power_ratio
    r["price_ratio"][i] = found.unit_cost * world.demand.work[t][:, None]
    r["needed_mw"][i] = found.needed_mw
    _connect(run, i, capacity, found, other, at)
    _write_power(run, i, found.deployed_mw, other, at, used, entered.matched)
    w["binding"][i] = _binding(capacity, found)
    _order(run, expansion, i, capacity, found)
    power = (found.deployed_mw * at.pue).sum(axis=1) * v["hardware.overhead"]
    run.entry.learn(
        year,
        {
            "largest_run_mw": world.largest_run_mw(power, year),
            "scarcity_price": 1.0 + np.maximum(found.device_ratio - 1.0, 0.0) * v["scarcity.price_slope"],
            "matched_usd_per_mwh": world.matched_cost[t], "grid_usd_per_mwh": found.electricity,
        },
    )  # fmt: skip


def _serve(run: Run, t: int, found: Settled, entered: Entered) -> FloatArray:
    """Write demand, what is served and what is not; give the share of the devices that is in use [1]."""
    world, r, w = run.world, run.record.region, run.record.world
    i, v = place(FUTURE[t]), world.v
    w["work_per_task"][i] = world.demand.work[t]
    work_per_mw = (w["fleet_work"][i] / np.maximum(w["fleet_mw"][i], 1e-9))[:, None]
    can = found.deployed_mw * work_per_mw
    met = can >= found.demand * SATURATED
    r["demand_work"][i], r["served_work"][i] = found.demand, np.where(met, found.demand, can)
    r["unmet_work"][i] = found.demand - r["served_work"][i]
    served = r["served_work"][i].sum(axis=1) / world.extras["work_start"]
    serving, training = split_work(world, t, entered)
    tasks = served / (serving + training) / (1.0 - v["training.share_start"])
    w["service"][i] = tasks / world.demand.work[t]
    return np.asarray(r["served_work"][i] / np.maximum(can, 1e-9))


def _connect(run: Run, i: int, capacity: Capacity, found: Settled, other: FloatArray, at: Halls) -> None:
    """Energise what runs, by kind of new power; what is connected stays connected; keep the queue.

    backlog = backlog before + requested - connected - withdrawn.
    """
    world, record = run.world, run.record
    r = record.region
    contracted = conventional_mw(world, other) + found.deployed_mw * contracted_per_device(world, at.pue)
    used = np.clip(contracted - r["energised_mw"][i - 1], 0.0, capacity.available)
    for kind, power in in_order(used, capacity.additions, capacity.allowed).items():
        record.added[kind][i] = power
    r["energised_mw"][i] = r["energised_mw"][i - 1] + used
    need = np.maximum(np.maximum(found.needed_mw, contracted) - r["energised_mw"][i - 1], 0.0)
    waiting = r["backlog_mw"][i - 1]
    asked = np.maximum(need - waiting, 0.0)
    left = np.maximum(need - used, 0.0)
    r["requested_mw"][i], r["connected_mw"][i], r["backlog_mw"][i] = asked, used, left
    r["withdrawn_mw"][i] = waiting + asked - used - left


def _order(run: Run, expansion: Expansion, i: int, capacity: Capacity, found: Settled) -> None:
    """Order capacity by the scarcity of the year, and write down capacity, orders and scarcity prices."""
    r, stages = run.record.region, run.record.stages
    need = np.maximum(found.needed_mw - r["energised_mw"][i - 1], 0.0)
    without_gas = np.maximum(need - capacity.available + capacity.additions["gas"], 0.0)
    total = need.sum(axis=1, keepdims=True)
    wanted = dict.fromkeys(DEVICE_STAGES, found.wanted_mw[:, None])
    wanted |= {"transformers": total, "turbines": without_gas.sum(axis=1, keepdims=True), "grid": need}
    before = dict(expansion.pipeline)
    scarcity = expansion.order(wanted)
    level: dict[str, FloatArray] = {stage: capacity.devices[stage] for stage in DEVICE_STAGES}
    level |= {"transformers": capacity.transformers, "turbines": capacity.additions["gas"].sum(axis=1)}
    level |= {"grid": capacity.additions["grid"].sum(axis=1)}
    r["grid_mw"][i], r["grid_scarcity"][i] = capacity.additions["grid"], scarcity["grid"]
    for stage, mw in level.items():
        stages["capacity_mw", stage][i] = mw
        stages["ordered_mw", stage][i] = (expansion.pipeline[stage] - before[stage]).sum(axis=1)
        stages["arrived_mw", stage][i] = expansion.arrived[stage].sum(axis=1)
        weights = run.world.shares if stage == "grid" else 1.0
        stages["scarcity", stage][i] = (scarcity[stage] * weights).sum(axis=1)


def _write_power(
    run: Run,
    i: int,
    deployed: FloatArray,
    other: FloatArray,
    at: Halls,
    used: FloatArray | None,
    matched: FloatArray | float = 0.0,
) -> None:  # fmt: skip
    """Write power, electricity, cooling, mix and carbon of a year; the mean of two year-ends runs through the year."""
    world, record = run.world, run.record
    v, r = world.v, record.region
    r["deployed_mw"][i] = deployed
    running = deployed if used is None else deployed * used
    mean = (running + (r["deployed_mw"][i - 1] if i else 0.0)) / 2.0
    r["pue_ai"][i], r["wue_ai"][i] = at.pue, at.wue
    record.world["pue_ai"][i] = (at.pue * deployed).sum(axis=1) / np.maximum(deployed.sum(axis=1), 1e-9)
    for kind, share in at.shares.items():
        record.cooling[kind][i] = share
    r["ai_twh"][i] = mean * (v["hardware.overhead"] * v["hardware.load"])[:, None] * at.pue * HOURS_PER_YEAR / TWH
    r["conventional_twh"][i] = other
    r["contracted_mw"][i] = conventional_mw(world, other) + deployed * contracted_per_device(world, at.pue)
    connected = np.maximum(r["contracted_mw"][i], 1e-9)
    own = {
        fuel: np.minimum(record.added[kind][: i + 1].sum(axis=0) / connected, SATURATED)
        for fuel, kind in (("gas", "gas"), ("renewables", "renewables"), ("nuclear", "nuclear"))
    }
    left = 1.0 - sum(own.values(), start=np.zeros_like(connected))
    own["renewables"] = own["renewables"] + matched * left * r["ai_twh"][i] / (r["ai_twh"][i] + other)
    mixed = world.mix(YEARS[i], own)
    for fuel, share in mixed.shares.items():
        record.mix[fuel][i] = share
    r["intensity_t_per_mwh"][i] = mixed.intensity
    r["carbon_usd_per_t"][i] = world.carbon_price(YEARS[i])


def _binding(capacity: Capacity, found: Settled) -> FloatArray:
    """Name what limits a draw: the tightest device stage, power, transformers, or nothing; places in `STAGES`."""
    devices = found.device_ratio > 1.0
    power = (found.power_ratio > 1.0).any(axis=1) & (
        found.shipped_mw < np.minimum(found.wanted_mw, capacity.device_cap) - 1e-6
    )
    stage = np.where(devices, 1.0 + capacity.tightest_device_stage, 0.0)
    stage = np.where(power, float(STAGES.index("grid connection")), stage)
    stage = np.where(power & (capacity.allowed < 1.0), float(STAGES.index("transformers")), stage)
    return np.where(found.wanted_mw <= 0.0, float(STAGES.index("demand met by fleet")), stage)


def _fleet_work(fleet: Fleet) -> FloatArray:
    """Work of the fleet at the end of the last year shipped [H100e]."""
    held = Fleet(fleet.life_years, fleet.shape, fleet.shipped_mw[:-1], fleet.density[:-1])
    _, old = held.survivors()
    return np.asarray(old + fleet.shipped_mw[-1] * fleet.density[-1])
