"""Hand-made stage results for the tests of economics and impact."""

from __future__ import annotations

import numpy as np

from wattscale.compute.result import ComputeResult, ServingPlan, TrainingPlan
from wattscale.facility.result import FacilityResult
from wattscale.scenario.workload import ServingTable, TrainingTable
from wattscale.site.result import SiteResult, Weather
from wattscale.supply.result import SupplyResult
from wattscale.workload.result import ServingWorkload, TrainingWorkload, WorkloadResult

HOURS = 8760


def flat(value):
    return np.full(HOURS, float(value))


def weather():
    """A year of clear days, sun from 6 to 18 hours local time, and a steady wind."""
    hour = (np.arange(HOURS) - 5) % 24
    sun = np.clip(np.sin(np.pi * (hour - 6) / 12), 0.0, None)
    return Weather(
        flat(15.0), flat(5.0), flat(100_000.0), flat(6.0), 800.0 * sun, 600.0 * sun, 200.0 * sun, "test", synthetic=True
    )


def make(
    serving_devices=800,
    training_devices=1600,
    serving_mw=1.0,
    training_mw=2.0,
    requests_per_hour=1e6,
    pue=1.2,
    price=60.0,
    solar_mw=0.0,
    accelerator="H100-SXM5-80GB",
    rest_of_year="train",
    figures=None,
    cooling="direct-to-chip",
    grid_kg_per_mwh=400.0,
    gas_mw=0.0,
    water_stress=2.5,
    days=36.5,
    country="US",
    redundancy="2N",
    price_usd_per_mwh=None,
):
    """Build the results of workload, compute, site, facility and supply for a small campus."""
    serving_recipe = ServingTable(requests_per_day=requests_per_hour * 24, input_tokens=1000.0, output_tokens=250.0)
    serves, trains = serving_devices > 0, training_devices > 0
    workload = WorkloadResult(
        architecture=None,
        training=TrainingWorkload(TrainingTable(rest_of_year=rest_of_year), 2.4e12, 3.8e25) if trains else None,
        serving=ServingWorkload(serving_recipe, flat(requests_per_hour), 1000.0, 250.0) if serves else None,
        figures={},
    )
    training = TrainingPlan(
        accelerator, training_devices, days, training_devices * days * 24, 0.4, 0.9, 600.0, 1200.0,
        training_mw * days * 24, flat(training_mw), 8, 16, 8, 10.0, 70.0, {"compute": 1.0},
    ) if trains else None  # fmt: skip
    serving = ServingPlan(
        accelerator, serving_devices, 8, 32.0, 0.5, 50.0, 100.0, 5.0, flat(serving_mw), serving_mw * HOURS, 70.0, 0.4
    ) if serves else None  # fmt: skip
    it_mw = serving_mw * serves + training_mw * trains
    devices = {accelerator: float(serving_devices + training_devices)} if serves or trains else {}
    compute = ComputeResult(training, serving, flat(it_mw), it_mw, devices, 40.0, figures or {})
    facility = FacilityResult(
        cooling,
        it_mw * 1.1,
        flat(it_mw * pue),
        flat(pue),
        flat(0.5),
        {"it": it_mw * HOURS},
        {"pue": pue},
        redundancy=redundancy,
    )
    hourly_price = flat(price) if price_usd_per_mwh is None else price_usd_per_mwh
    site = SiteResult(
        "Test", 40.0, -80.0, 100.0, -5.0, country, weather(), hourly_price, False, flat(grid_kg_per_mwh),
        flat(grid_kg_per_mwh * 1.2), flat(0.4), False, water_stress, 3.0, 2.0, {},
    )  # fmt: skip
    load = it_mw * pue
    own = min(load, solar_mw * 0.25)
    gas = min(load - own, gas_mw)
    grid = load - own - gas
    cost = {"grid.energy": grid * float(hourly_price.sum()), "grid.demand_charge": grid * 1000 * 12 * 8.0}
    capital, life, capacity = {}, {}, {"grid": grid}
    dispatch = {"grid": flat(grid), "unserved": flat(0.0)}
    if solar_mw:
        capital["solar"], life["solar"], capacity["solar"] = solar_mw * 1.2e6, 30.0, solar_mw
        cost["solar.capital"], cost["solar.fixed"] = capital["solar"] * 0.0888274, solar_mw * 20e3
        dispatch["solar"] = flat(own)
    if gas_mw:
        capital["gas"], life["gas"], capacity["gas"] = gas_mw * 1.3e6, 25.0, gas_mw
        cost["gas.capital"], cost["gas.fuel"] = capital["gas"] * 0.0936788, gas * HOURS * 30.0
        dispatch["gas"] = flat(gas)
    carbon = grid * grid_kg_per_mwh + gas * 400.0
    supply = SupplyResult(
        flat(load), capacity, {}, dispatch, {}, {}, cost, capital, life, flat(carbon), flat(grid * grid_kg_per_mwh),
        flat(carbon * 1.2), flat(0.4), sum(cost.values()), {}, {"cost_usd_per_mwh": 60.0},
    )  # fmt: skip
    return workload, compute, site, facility, supply
