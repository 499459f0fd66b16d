"""A plan made by hand, so that the report is tested without the stages: round sizes, seeded hourly series."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from wattscale.compute.result import ComputeResult, ServingPlan, TrainingPlan
from wattscale.economics.result import CostLine, EconomicsResult
from wattscale.facility.result import FacilityResult
from wattscale.figure import Figure, PlanWarning
from wattscale.hours import local_hour, local_weekday
from wattscale.impact.employment import JobRow
from wattscale.impact.result import ImpactResult
from wattscale.result import Plan, PlanFigure
from wattscale.scenario.load import load_scenario
from wattscale.site.result import SiteResult, Weather
from wattscale.supply.result import SupplyResult
from wattscale.units import FloatArray
from wattscale.workload.result import ServingWorkload, TrainingWorkload, WorkloadResult

HOURS = np.arange(8760)
OFFSET_H = -5.0
SCENARIO: dict[str, Any] = {
    "name": "Sample campus with solar, wind and batteries",
    "preset": "first-campus",
    "supply": {"technologies": ["grid", "solar", "wind", "battery", "gas"], "cfe_hourly_share": 0.9},
    "economics": {"price_per_mtok_usd": {"low": 3.0, "mode": 5.0, "high": 8.0}},
}


def weather(rng: np.random.Generator) -> Weather:
    season = -np.cos(2 * np.pi * (HOURS / 24 - 20) / 365)
    day = np.cos(2 * np.pi * (local_hour(OFFSET_H) - 15) / 24)
    temp = 13 + 12 * season + 5 * day + 3 * np.repeat(rng.standard_normal(365), 24)
    sun = np.maximum(0, np.cos(2 * np.pi * (local_hour(OFFSET_H) - 12) / 24)) * (0.65 + 0.35 * season)
    cloud = np.repeat(rng.uniform(0.3, 1.0, 365), 24)
    ghi = 1000 * sun * cloud
    zero = np.zeros(8760)
    return Weather(
        temp, temp - 6, zero + 101_000, np.abs(rng.normal(5, 2, 8760)), ghi, ghi * 0.7, ghi * 0.3, "by hand", True
    )


def dispatch(load: FloatArray, sun: FloatArray, rng: np.random.Generator) -> tuple[dict[str, FloatArray], ...]:
    """Serve the load by rule: sun and wind first, battery, gas, then the grid; the balance closes in every hour."""
    solar_mw, wind_mw, battery_mw, battery_mwh = 180.0, 120.0, 60.0, 240.0
    gusts = np.convolve(rng.uniform(0, 1, 8760 + 23), np.ones(24) / 24, "valid")
    solar, wind = solar_mw * sun / 1000, wind_mw * np.clip((gusts - 0.4) * 2.2, 0, 1)
    charge, discharge, curtailed = np.zeros(8760), np.zeros(8760), np.zeros(8760)
    stored = 0.0
    for hour in range(8760):
        left = solar[hour] + wind[hour] - load[hour]
        if left > 0:
            charge[hour] = min(left, battery_mw, (battery_mwh - stored) / 0.9)
            stored += 0.9 * charge[hour]
            curtailed[hour] = left - charge[hour]
        else:
            discharge[hour] = min(-left, battery_mw, stored)
            stored -= discharge[hour]
    rest = np.maximum(load - solar - wind - discharge, 0)
    grid = np.minimum(rest, 80.0)
    given = {
        "grid": grid,
        "gas": rest - grid,
        "wind": wind,
        "solar": solar - curtailed,
        "battery": discharge,
        "unserved": np.zeros(8760),
    }
    return given, {"battery": charge}, {"solar": curtailed, "wind": np.zeros(8760)}


def compute_result() -> ComputeResult:
    shape = 1 + 0.35 * np.cos(2 * np.pi * (local_hour(OFFSET_H) - 15) / 24)
    shape = shape * np.where(local_weekday(None, OFFSET_H) >= 5, 0.8, 1.05)
    serving, training = 38 * shape / 1.35, np.full(8760, 22.0)
    shares = {"compute": 0.62, "tensor_communication": 0.14, "pipeline_bubble": 0.12, "data_communication": 0.04}
    shares["memory"] = 0.08
    return ComputeResult(
        training=TrainingPlan(
            "H100-SXM5-80GB", 16384, 78.0, 30.7e6, 0.41, 0.9, 640.0, 1150.0, 41_000.0, training, 8, 16, 128, 4.1, 71.0,
            shares,
        ),
        serving=ServingPlan(
            "H100-SXM5-80GB", 21_600, 8, 42.0, 0.8, 62.0, 85.0, 6.5, serving, float(serving.sum()), 68.0, 0.34
        ),
        it_power_mw=training + serving,
        design_it_power_mw=66.0,
        devices_by_accelerator={"H100-SXM5-80GB": 38_740.0},
        rack_kw=41.0,
        figures={},
    )  # fmt: skip


def facility_result(it_power_mw: FloatArray, temp_c: FloatArray) -> FacilityResult:
    pue = 1.12 + 0.004 * np.maximum(temp_c - 12, 0)
    power = it_power_mw * pue
    extra = float((power - it_power_mw).sum())
    uses = {
        "it": float(it_power_mw.sum()), "cooling": 0.45 * extra, "fans": 0.1 * extra, "pumps": 0.1 * extra,
        "ups_and_distribution": 0.3 * extra, "lighting": 0.05 * extra,
    }  # fmt: skip
    water = it_power_mw * np.maximum(temp_c - 10, 0) * 0.03
    return FacilityResult("direct-to-chip", 72.0, power, pue, water, uses, {})


COST_LINES = (
    CostLine("accelerators", "accelerators", 1_060e6, 5, 265e6, 0, 220e6, 330e6),
    CostLine("servers", "servers", 210e6, 5, 52e6, 0, 44e6, 66e6),
    CostLine("network", "network", 160e6, 5, 40e6, 0, 30e6, 55e6),
    CostLine("storage", "storage", 20e6, 5, 5e6, 0, 3e6, 9e6),
    CostLine("shell", "facility", 190e6, 25, 17.8e6, 0, 14e6, 22e6),
    CostLine("electrical", "power", 380e6, 20, 38.7e6, 0, 31e6, 47e6),
    CostLine("cooling", "cooling", 150e6, 20, 15.3e6, 0, 12e6, 19e6),
    CostLine("staff", "operations", 0, 0, 0, 18e6, 12e6, 26e6),
    CostLine("maintenance", "operations", 0, 0, 0, 21e6, 15e6, 30e6),
    CostLine("grid.energy", "energy", 0, 0, 0, 9.1e6, 6e6, 14e6),
    CostLine("grid.demand_charge", "energy", 0, 0, 0, 7.7e6, 4e6, 15e6),
    CostLine("solar", "energy", 190e6, 30, 16.9e6, 3.2e6, 16e6, 24e6),
    CostLine("wind", "energy", 190e6, 30, 16.9e6, 3.6e6, 17e6, 25e6),
    CostLine("battery", "energy", 70e6, 15, 8.2e6, 1.1e6, 7e6, 12e6),
    CostLine("gas.fuel", "energy", 0, 0, 0, 1.4e6, 0.9e6, 2.5e6),
)

FIGURES: dict[str, tuple[float, float, float, str, str]] = {
    "workload.params_total": (405.9e9, 405.9e9, 405.9e9, "1", "Parameters of the model"),
    "workload.params_active": (405.9e9, 405.9e9, 405.9e9, "1", "Parameters used for each token"),
    "compute.training.devices": (16384, 16384, 16384, "1", "Accelerators of the training run"),
    "compute.training.device_hours": (30.7e6, 27e6, 36e6, "h", "Device-hours of the training run"),
    "compute.training.mfu": (0.41, 0.35, 0.46, "1", "Model FLOPs utilisation of training"),
    "compute.training.goodput": (0.9, 0.86, 0.94, "1", "Share of the run in useful steps"),
    "compute.training.energy_mwh": (41_000, 36_000, 48_000, "MWh", "IT energy of the training run"),
    "compute.training.days": (78, 70, 92, "day", "Length of the training run"),
    "compute.serving.devices": (21_600, 17_000, 28_000, "1", "Accelerators that serve requests"),
    "compute.serving.batch": (42, 42, 42, "1", "Sequences decoded together"),
    "compute.serving.ttft_s": (0.8, 0.6, 1.2, "s", "Time to first token"),
    "compute.serving.tpot_ms": (62, 50, 80, "ms", "Time per output token"),
    "compute.serving.joules_per_output_token": (6.5, 4.6, 9.4, "J/token", "Energy per output token"),
    "facility.pue": (1.15, 1.11, 1.21, "1", "Power usage effectiveness, year"),
    "facility.wue_l_per_kwh": (0.25, 0.1, 0.6, "L/kWh", "Water usage effectiveness"),
    "facility.tue": (1.31, 1.25, 1.4, "1", "Total usage effectiveness"),
    "facility.peak_mw": (71.2, 68, 78, "MW", "Busiest hour of the campus"),
    "facility.energy_mwh": (508_000, 470_000, 560_000, "MWh", "Energy of the campus in a year"),
    "supply.cost_usd_per_mwh": (98.4, 82, 121, "USD/MWh", "Cost of the power used"),
    "supply.cfe_hourly_share": (0.9, 0.9, 0.9, "1", "Hourly matched carbon-free share"),
    "supply.carbon_kg_per_mwh": (71, 50, 98, "kg/MWh", "Direct carbon of the power used"),
    "supply.capacity_mw.solar": (180, 180, 180, "MW", "Solar capacity"),
    "supply.capacity_mw.wind": (120, 120, 120, "MW", "Wind capacity"),
    "economics.usd_per_mtok": (3.87, 2.9, 5.6, "USD/Mtok", "Cost per million output tokens"),
    "economics.tco_usd_per_year": (541.9e6, 440e6, 690e6, "USD/year", "Total cost of ownership"),
    "economics.electricity_share": (0.126, 0.1, 0.16, "1", "Share of electricity in the cost"),
    "economics.npv_usd": (-310e6, -900e6, 400e6, "USD", "Net present value"),
    "economics.irr": (0.052, -0.02, 0.12, "1/year", "Internal rate of return"),
    "economics.cost_of_delay_usd_per_month": (41e6, 30e6, 55e6, "USD/month", "Cost of a month of delay"),
    "impact.carbon_t_per_year": (36_000, 25_000, 50_000, "t/year", "Carbon from the power used, in a year"),
    "impact.embodied_t": (152_000, 90_000, 230_000, "t", "Embodied carbon"),
    "impact.jobs_construction_job_years": (4_300, 3_000, 6_200, "job-year", "Construction jobs"),
    "impact.jobs_permanent": (210, 140, 300, "job", "Permanent jobs"),
    "impact.households_equivalent": (48_400, 44_000, 53_000, "1", "Households that use as much electricity"),
    "impact.water_m3_per_year": (116_000, 60_000, 240_000, "m3/year", "Water used in a year"),
}

LEDGERS: dict[str, dict[str, Figure]] = {
    stage: {figure.id: figure for figure in figures}
    for stage, figures in {
        "workload": (),
        "compute": (
            Figure("accelerators/H100-SXM5-80GB.bf16_tflops", 989, 989, 989, "TFLOP/s", "NVIDIA datasheet 2023",
                   "2023", "published"),
            Figure("power/idle.share", 0.12, 0.08, 0.2, "1", "Own fit to MLPerf power 2024", "2024", "estimated"),
        ),
        "site": (Figure("sites/us_nova.stress", 1.8, 1, 3, "1", "Aqueduct 4.0, WRI 2023", "2023", "secondary"),),
        "facility": (Figure("ups/2n.loss", 0.05, 0.03, 0.08, "1", "Efficiency survey 2021", "2021", "measured"),),
        "supply": (
            Figure("technologies/solar.capex", 1050, 900, 1300, "USD/kW", "NREL ATB 2024", "2024", "published"),
            Figure("technologies/gas.leak", 0.02, 0.005, 0.04, "1", "from memory", "2020", "unverified"),
        ),
        "economics": (),
        "impact": (),
    }.items()
}  # fmt: skip


def fake_plan(name: str | None = None, scale: float = 1.0, scenario: dict[str, Any] | None = None) -> Plan:
    """Compose the plan; `scale` multiplies every figure, for comparisons."""
    rng = np.random.default_rng(1)
    loaded = load_scenario({**SCENARIO, **(scenario or {}), **({"name": name} if name else {})})
    air, machines = weather(rng), compute_result()
    building = facility_result(machines.it_power_mw, air.temp_air_c)
    given, used, curtailed = dispatch(building.power_mw, air.ghi_w_per_m2, rng)
    price = 35 + 15 * np.cos(2 * np.pi * (local_hour(OFFSET_H) - 18) / 24) + rng.gamma(1.0, 6.0, 8760)
    grid_kg = 340 + 60 * np.cos(2 * np.pi * local_hour(OFFSET_H) / 24)
    zero = np.zeros(8760)
    own_kg = given["gas"] * 370
    plan = Plan(
        version="0.1.0",
        scenario=loaded,
        workload=WorkloadResult(
            architecture=None,  # type: ignore[arg-type]
            training=TrainingWorkload(loaded.workload.training, 2.6e12, 3.9e25),
            serving=ServingWorkload(loaded.workload.serving, zero + 20e6 / 24, 1000.0, 250.0),
            figures={},
        ),
        compute=machines,
        site=SiteResult(
            "Northern Virginia", 39.0, -77.5, 90.0, OFFSET_H, "US", air, price, True, grid_kg, grid_kg + 60, zero + 0.4,
            True, 1.8, 1.6, 4.0, {},
        ),
        facility=building,
        supply=SupplyResult(
            building.power_mw, {"grid": 80.0, "solar": 180.0, "wind": 120.0, "battery": 60.0, "gas": 20.0},
            {"battery": 240.0}, given, used, curtailed,
            {"grid.energy": 9.1e6, "grid.demand_charge": 7.7e6, "solar.capital": 20.1e6, "wind.capital": 20.5e6,
             "battery.capital": 9.3e6, "gas.fuel": 1.4e6},
            {"solar": 190e6, "wind": 190e6, "battery": 70e6}, {"solar": 30.0, "wind": 30.0, "battery": 15.0},
            given["grid"] * grid_kg + own_kg, given["grid"] * grid_kg, given["grid"] * (grid_kg + 60) + own_kg * 1.2,
            1 - 0.6 * given["grid"] / building.power_mw, 68.1e6, {"cfe_hourly_share": 41.0}, {},
        ),
        economics=EconomicsResult(COST_LINES, np.array([-2.6e9] + [390e6] * 15), {}),
        impact=ImpactResult(
            {"accelerators": 64_000.0, "servers": 21_000.0, "building": 44_000.0, "solar": 23_000.0},
            {"data_centre.construction": 3_400.0, "solar.construction": 900.0, "data_centre.operation": 180.0,
             "solar.operation": 30.0},
            {"accelerators": 1_060e6, "servers": 210e6, "network": 160e6, "power": 830e6, "facility": 190e6},
            {},
            job_rows=(
                JobRow("construction", "factors", 4_300.0, 3_800.0, 3_900.0, 0.67),
                JobRow("operation", "factors", 210.0, 400.0, 410.0, 0.67),
            ),
        ),
        ledgers=LEDGERS,
    )  # fmt: skip
    figures = {
        key: PlanFigure(key, v * scale, low * scale, high * scale, unit, title, tuple(LEDGERS[key.partition(".")[0]]))
        for key, (v, low, high, unit, title) in FIGURES.items()
    }
    plan.__dict__["figures"] = figures  # in place of the cached property: described here, not in the catalogue
    plan.__dict__["warnings"] = (
        PlanWarning("synthetic-weather", "The weather is made from monthly normals, not from a weather file."),
        PlanWarning("synthetic-price", "The hourly price is a shape and a yearly mean, not a market's series."),
    )
    return plan


def without(plan: Plan, part: str) -> Plan:
    """Give the plan without its training or its serving."""
    changed = replace(
        plan,
        workload=replace(plan.workload, **{part: None}),
        compute=replace(plan.compute, **{part: None}),
    )
    kept = {k: f for k, f in plan.figures.items() if not k.startswith(f"compute.{part}.")}
    changed.__dict__["figures"], changed.__dict__["warnings"] = kept, plan.warnings
    return changed
