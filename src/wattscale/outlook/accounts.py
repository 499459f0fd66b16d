"""What follows from a path: investment by segment, jobs, carbon, water, tokens, sizes of runs.

In: a path, unit figures of the plan, cost of plants. Out: accounts by year and draw.
Leaves out: net jobs after displacement; the figures are gross.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog, Deflator
from wattscale.outlook.mix import FUELS
from wattscale.outlook.planunits import is_building
from wattscale.outlook.record import Path
from wattscale.outlook.world import World
from wattscale.outlook.years import LAST_HISTORY, TIMES, YEARS, place
from wattscale.units import HOURS_PER_YEAR, FloatArray

KW_PER_MW, MT = 1e3, 1e6
TWH_TO_MWH = 1e6
PLANT_OF_KIND = {
    "grid": "grid_interconnection.capex",
    "gas": "gas_ocgt.capex",
    "renewables": "solar_utility.capex",
    "nuclear": "nuclear_smr.capex",
}
FIRM_SOLAR = 4.0
"""Solar capacity per firm capacity at a capacity factor of a quarter; batteries are inside the market segment power."""


@dataclass(frozen=True)
class Accounts:
    """Results by name.

    Attributes:
        world: Shape (years, draws); the unit is the last part of the name.
        region: Shape (years, draws, regions).
        segments: Investment by market segment [USD/year], shape (years, draws); their sum is `investment_usd`.
    """

    world: Mapping[str, FloatArray]
    region: Mapping[str, FloatArray]
    segments: Mapping[str, FloatArray]


def plant_costs(catalog: Catalog) -> dict[str, FloatArray]:
    """Read the capital of new power by kind and year of build [USD/MW], in USD of the base year, shape (years,).

    Learning is that of the cost tables; what scarcity of turbines adds comes on top.
    """
    deflator = Deflator(catalog)
    found = {}
    for kind, key in PLANT_OF_KIND.items():
        usd = [
            deflator.to_base(catalog.figure("tech_costs", key, region="US", vintage=max(year, LAST_HISTORY))).value
            for year in YEARS
        ]
        found[kind] = np.array(usd) * KW_PER_MW * (FIRM_SOLAR if kind == "renewables" else 1.0)
    return found


def accounts(world: World, path: Path, plants: Mapping[str, FloatArray]) -> Accounts:
    """Add up a path.

    Args:
        world: The world it was run in.
        path: The path.
        plants: Capital of new power by kind and year [USD/MW].

    Returns:
        Accounts by year, draw, region and segment.
    """
    v, r = world.v, path.region
    total = r["ai_twh"] + r["conventional_twh"]
    segments = _segments(world, path, plants)
    investment = np.sum(list(segments.values()), axis=0)
    built = np.maximum(np.diff(r["deployed_mw"], axis=0, prepend=0.0), 0.0) * v["hardware.overhead"][:, None]
    jobs = built * world.units.jobs_construction_per_mw * world.regions["jobs.wage_level"]
    site, plant = _water(world, path, total)
    carbon_cost = total * TWH_TO_MWH * r["intensity_t_per_mwh"] * r["carbon_usd_per_t"]
    staff = r["contracted_mw"] / v["facility.peak_factor"][:, None] * world.units.jobs_permanent_per_mw
    ai_mw = (r["deployed_mw"] * r["pue_ai"]).sum(axis=2) * v["hardware.overhead"]
    every = {
        "electricity_twh": total.sum(axis=2),
        "ai_twh": r["ai_twh"].sum(axis=2),
        "ai_share": r["ai_twh"].sum(axis=2) / total.sum(axis=2),
        "co2_mt": (total * r["intensity_t_per_mwh"]).sum(axis=2) * TWH_TO_MWH / MT,
        "water_m3": site + plant,
        "water_site_m3": site,
        "carbon_cost_usd": carbon_cost.sum(axis=2),
        "investment_usd": investment,
        "ai_investment_usd": investment - segments["other computing"] - segments["own power"],
        "construction_job_years": jobs.sum(axis=2),
        "permanent_jobs": staff.sum(axis=2),
        "tokens_per_month": path.world["service"] * world.history.tokens[-1] / v["use.google_share"],
        "ai_capacity_gw": ai_mw / KW_PER_MW,
        "unmet_share": r["unmet_work"].sum(axis=2) / r["demand_work"].sum(axis=2),
        "largest_run_mw": world.largest_run_mw(ai_mw, TIMES[:, None]),
        "token_price_index": _token_price(world, path),
        "scarcity_price": 1.0 + np.maximum(path.world["device_ratio"] - 1.0, 0.0) * v["scarcity.price_slope"],
        "embodied_mt": path.world["shipped_mw"] * v["hardware.overhead"] * world.units.embodied_t_per_mw / MT,
    }  # fmt: skip
    every["other_capacity_gw"] = (
        r["conventional_twh"].sum(axis=2) * TWH_TO_MWH / HOURS_PER_YEAR / v["conventional.load"] / KW_PER_MW
    )
    by_region = {"electricity_twh": total, "permanent_jobs": staff, "built_mw": built}
    by_region["share_of_electricity"] = total / _other_use(world, total)
    by_region["co2_mt"] = total * r["intensity_t_per_mwh"] * TWH_TO_MWH / MT
    by_region["investment_usd"] = _placed(path, segments, built)
    return Accounts(every, by_region, segments)


def _other_use(world: World, total: FloatArray) -> FloatArray:
    """Give all electricity used by region [TWh]: other use grows on, data centres come on top."""
    r = world.regions
    start = total[place(LAST_HISTORY) - 1]
    age = (TIMES - (LAST_HISTORY - 1))[:, None]
    other = (r["electricity.total"] - np.median(start, axis=0)) * np.exp(r["electricity.growth"] * age)
    return np.asarray(other[:, None, :] + total)


def _segments(world: World, path: Path, plants: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Split investment: devices with each shipment, buildings with each new MW, other computing, own power."""
    v, units = world.v, world.units
    age = (TIMES - LAST_HISTORY)[:, None]
    per_mw = units.capital_usd_per_mw * v["capital.market_ratio"] * np.exp(v["capital.trend"] * age)
    shipped = path.world["shipped_mw"] * v["hardware.overhead"]
    grown = np.diff(path.region["deployed_mw"].sum(axis=2), axis=0, prepend=0.0)
    built = np.maximum(grown, 0.0) * v["hardware.overhead"] * path.world["dearer_halls"]
    found = {
        name: per_mw * share * (built if is_building(name) else shipped) for name, share in units.segment_share.items()
    }
    growth = np.exp(v["conventional.investment_growth"] * age)
    found["other computing"] = v["conventional.investment"] * growth
    scarce = {"gas": 1.0 + path.stages["scarcity", "turbines"]}
    found["own power"] = np.sum(
        [path.added[k].sum(axis=2) * usd[:, None] * scarce.get(k, 1.0) for k, usd in plants.items()], axis=0
    )
    return found


def _placed(path: Path, segments: Mapping[str, FloatArray], built: FloatArray) -> FloatArray:
    """Place investment in regions [USD/year], shape (years, draws, regions); the sum is the investment of the world.

    Devices where devices run, buildings where halls are added, own power where it is built, the rest where other
    computing runs.
    """
    r = path.region
    running = _share(r["deployed_mw"], r["conventional_twh"])
    weights = {
        "building": _share(built, running), "own power": _share(np.sum(list(path.added.values()), axis=0), running),
        "other computing": _share(r["conventional_twh"], running),
    }  # fmt: skip
    found = np.zeros_like(built)
    for name, usd in segments.items():
        found += usd[:, :, None] * weights.get("building" if is_building(name) else name, running)
    return found


def _share(amount: FloatArray, otherwise: FloatArray) -> FloatArray:
    """Give the share of each region [1]; that of another quantity where there is nothing to share."""
    total = amount.sum(axis=2, keepdims=True)
    other = otherwise / otherwise.sum(axis=2, keepdims=True)
    return np.asarray(np.where(total > 0.0, amount / np.where(total > 0.0, total, 1.0), other))


def _water(world: World, path: Path, total: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Give the water of sites and of power plants [m3/year], shape (years, draws).

    At sites: energy of IT times what its cooling takes. At plants: electricity by fuel times what the fuel takes; the
    lakes of hydropower are not counted.
    """
    v, r = world.v, path.region
    per_fuel: dict[str, FloatArray | float] = {**world.plant_water, "coal": v["water.coal_plants"][:, None]}
    ai = (r["ai_twh"] / r["pue_ai"] * r["wue_ai"]).sum(axis=2)
    other = r["conventional_twh"].sum(axis=2) * v["water.other_site"]
    plants = np.sum([(path.mix[f] * total * per_fuel[f]).sum(axis=2) for f in FUELS], axis=0)
    return np.asarray((ai + other) * TWH_TO_MWH), np.asarray(plants * TWH_TO_MWH)


def _token_price(world: World, path: Path) -> FloatArray:
    """Give the price of a task at constant difficulty mix, 2025 = 1, mean over regions by demand."""
    weights = world.shares
    price = (path.region["price_ratio"] * weights).sum(axis=2)
    work = np.where(TIMES[:, None] <= LAST_HISTORY, path.world["work_per_task"], 1.0)
    price = price * work
    return np.asarray(price / price[place(LAST_HISTORY)])
