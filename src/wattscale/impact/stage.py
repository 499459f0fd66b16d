"""Front of the impact stage: carbon, water, households, jobs and market of a plan.

In: the scenario's table and the results of the stages before. Out: `ImpactResult`.
Leaves out: effects of what the tokens are used for.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.result import ComputeResult
from wattscale.economics.costs import one_at_a_time
from wattscale.economics.result import EconomicsResult
from wattscale.economics.waiting import (
    MARGINAL_MW,
    MONTHS_PER_YEAR,
    NOT_PLANT,
    PowerWait,
    earliest_start,
    longest_wait,
    uses_grid,
)
from wattscale.facility.result import FacilityResult
from wattscale.figure import Figure, Value
from wattscale.impact.carbon import (
    Certificates,
    Metered,
    OperationalCarbon,
    metered,
    operational_carbon,
    residual_mix,
    scope_table,
)
from wattscale.impact.embodied import Made, embodied_factors, embodied_t, yearly_t
from wattscale.impact.employment import employment, own_or_found, rows_of_table
from wattscale.impact.input_output import Economy
from wattscale.impact.market import market_usd
from wattscale.impact.per_use import carbon_per_use, run_energy_mwh, serving_embodied_t
from wattscale.impact.result import ImpactResult
from wattscale.impact.spending import input_output_figures, local_figures, table_rounds
from wattscale.impact.supply_chain import (
    Concentration,
    Disruption,
    concentrations,
    disruptions,
    expected_loss_usd,
    exposures,
)
from wattscale.impact.water import source_water_m3, stress_weighted_m3
from wattscale.scenario.impact import ImpactTable
from wattscale.site.result import SiteResult
from wattscale.supply.result import SupplyResult
from wattscale.units import KG_PER_T, FloatArray
from wattscale.workload.result import WorkloadResult


def run(
    table: ImpactTable,
    workload: WorkloadResult,
    compute: ComputeResult,
    site: SiteResult,
    facility: FacilityResult,
    supply: SupplyResult,
    economics: EconomicsResult,
    catalog: Catalog,
    economy: Economy | None = None,
) -> ImpactResult:
    """Give the effects of a plan.

    Args:
        table: Scenario table `impact`.
        workload: Result of the workload stage.
        compute: Result of the compute stage.
        site: Result of the site stage.
        facility: Result of the facility stage.
        supply: Result of the supply stage.
        economics: Result of the economics stage.
        catalog: The catalogue.
        economy: The user's input-output table, None without one.

    Returns:
        Embodied carbon, jobs and market by part, figures, and the greenhouse-gas statement.
    """
    certificates = Certificates(table.market_carbon_share, economics.certified_mw)
    meter = metered(supply, site.carbon_kg_per_mwh)
    residual = residual_mix(table, site.country, _meter_mean(meter), catalog)
    flat = table.marginal_kg_per_mwh
    marginal = site.carbon_marginal_kg_per_mwh if flat is None else flat
    carbon = operational_carbon(supply, meter, certificates, residual, marginal)
    parts, embodied, serving_t = _embodied(compute, facility, supply, economics, catalog)
    plants = {n: mw for n, mw in supply.by_plant(supply.capacity_mw).items() if mw > 0 and n not in NOT_PLANT}
    energy = supply.by_plant({name: float(power.sum()) for name, power in supply.dispatch_mw.items()})
    jobs_by_part, rows, job_figures, warnings = employment(table, plants, facility.design_it_mw, energy, catalog)
    rounds = None if economy is None else table_rounds(table, economics.lines, economy)
    test_fuel = facility.figures.get("generator_test_fuel_mwh", 0.0)
    generator = first(test_fuel) * catalog.value("tech_costs", "fuel_diesel.carbon_direct") / KG_PER_T
    chain, stages, scenarios = _supply_chain(site, supply, economics, catalog)
    local = own_or_found(table.local_content_share, catalog.figure("multipliers", "all.local_content"))
    figures: dict[str, Value] = {
        **_carbon(carbon, certificates, meter),
        "residual_mix_kg_per_mwh": residual,
        "generator_test_t_per_year": generator,
        **embodied,
        "carbon_total_t_per_year": _plus(embodied["embodied_t_per_year"], carbon.lifecycle),
        **carbon_per_use(workload, compute, site, facility, supply, meter, serving_t),
        **_water(site, facility, supply, catalog),
        **_households(compute, facility, catalog),
        **job_figures,
        **local_figures(economics.lines, local),
        **chain,
    }
    if rounds is not None:
        figures.update(input_output_figures(table, economics.lines, rounds))
        rows = rows_of_table(rounds, table.input_output_sectors, rows)
    market = market_usd(economics.lines, catalog.value("dc_costs", "accelerator.memory_share"))
    statement = scope_table(carbon, supply, meter, certificates, residual, first(embodied["embodied_t"]), generator)
    return ImpactResult(
        parts, jobs_by_part, market, figures, tuple(warnings), statement, tuple(stages), tuple(scenarios), tuple(rows)
    )


def first(value: Value) -> float:
    """Give the central value of a figure.

    >>> first((2.0, 1.0, 3.0))
    2.0
    """
    return value[0] if isinstance(value, tuple) else value


def _meter_mean(meter: Metered) -> float:
    """Mean direct carbon of the energy at the grid's meter, at the grid's mean of each hour [kg/MWh]."""
    energy = float(meter.total_mw.sum())
    return float(meter.total_kg.sum()) / energy if energy > 0.0 else 0.0


def _carbon(carbon: OperationalCarbon, certificates: Certificates, meter: Metered) -> dict[str, Value]:
    """Operational carbon by scope and method."""
    figures: dict[str, Value] = {
        "carbon_t_per_year": carbon.location,
        "carbon_market_t_per_year": carbon.market,
        "carbon_hourly_t_per_year": carbon.hourly,
        "carbon_lifecycle_t_per_year": carbon.lifecycle,
        "scope1_t_per_year": carbon.own_plant,
        "scope2_location_t_per_year": carbon.grid_location,
        "scope2_market_t_per_year": carbon.grid_market,
        "scope2_hourly_t_per_year": carbon.grid_hourly,
    }
    if carbon.grid_marginal is not None:
        figures["scope2_marginal_t_per_year"] = carbon.grid_marginal
    energy, clean = float(meter.total_mw.sum()), float(meter.clean_mw.sum())
    if energy > 0.0:
        bought = meter.bought_mw
        figures["certificates_share"] = (clean + certificates.covered_mwh(bought)) / energy
        figures["certificates_hourly_share"] = (clean + float(certificates.matched_mw(bought).sum())) / energy
    return figures


def _embodied(
    compute: ComputeResult, facility: FacilityResult, supply: SupplyResult, economics: EconomicsResult, catalog: Catalog
) -> tuple[dict[str, float], dict[str, Value], float]:
    """Embodied carbon by part [t], its figures, and the yearly part of serving [t/year]."""
    lives = {line.part: line.life_years for line in economics.lines}
    stores = {name: mwh for name, mwh in supply.storage_mwh.items() if mwh > 0}
    plants = {
        name: mw for name, mw in supply.capacity_mw.items() if mw > 0 and name not in NOT_PLANT and name not in stores
    }
    made = Made(
        devices={name: count for name, count in compute.devices_by_accelerator.items() if count > 0},
        design_it_mw=facility.design_it_mw,
        plant={**plants, **stores},
        life_years={**supply.life_years, "it": lives.get("accelerators", 0.0), "building": lives.get("shell", 0.0)},
        kind=supply.plant,
    )
    book = embodied_factors(made, catalog)

    def measure(factors: Mapping[str, float]) -> FloatArray:
        found = embodied_t(made, factors)
        return np.array([sum(found.values()), sum(yearly_t(found, made.life_years).values())])

    value, low, high = one_at_a_time(book, measure)
    names = ("embodied_t", "embodied_t_per_year")
    figures: dict[str, Value] = {n: (float(value[i]), float(low[i]), float(high[i])) for i, n in enumerate(names)}
    factors = _values(book)
    return embodied_t(made, factors), figures, serving_embodied_t(compute, facility, supply, made, factors)


def _late_plants(site: SiteResult, supply: SupplyResult, delay_usd_per_month: float) -> dict[str, float]:
    """Cost of a month without each power plant: its energy from the grid, or off the grid its part of the load."""
    load, months = float(supply.load_mw.sum()), MONTHS_PER_YEAR
    energy = supply.by_plant({name: float(mw.sum()) for name, mw in supply.dispatch_mw.items()})
    if uses_grid(supply) or load <= 0.0:
        price = max(0.0, float(site.price_usd_per_mwh.mean()))
        return {name: mwh * price / months for name, mwh in energy.items()}
    return {name: delay_usd_per_month * mwh / load for name, mwh in energy.items()}


def _supply_chain(
    site: SiteResult, supply: SupplyResult, economics: EconomicsResult, catalog: Catalog
) -> tuple[dict[str, Value], list[Concentration], list[Disruption]]:
    """Concentration, the longest wait and the expected loss of what the plan buys."""
    bought = ["devices", "building", *(n for n, mw in supply.by_plant(supply.capacity_mw).items() if mw > MARGINAL_MW)]
    delay = first(economics.figures.get("cost_of_delay_usd_per_month", 0.0))
    plants = _late_plants(site, supply, delay)
    scenarios = disruptions(bought, exposures(economics.lines, delay, plants), catalog)
    stages = concentrations(bought, catalog)
    lead = longest_wait(bought, catalog)[1]
    figures: dict[str, Value] = {
        "lead_time_months": lead,
        **_start(lead, economics.wait, economics, delay),
        "supply_hhi_max": max((stage.hhi for stage in stages), default=0.0),
        "supply_hhi_mean": sum(stage.hhi for stage in stages) / len(stages) if stages else 0.0,
        "disruption_expected_usd_per_year": expected_loss_usd(scenarios),
        "disruption_worst_usd": max((each.loss_usd for each in scenarios), default=0.0),
    }
    return figures, stages, scenarios


def _start(
    lead: tuple[float, float, float], wait: PowerWait, economics: EconomicsResult, delay_usd_per_month: float
) -> dict[str, Value]:
    """The earliest start that deliveries and power allow, and what waiting for it costs."""
    start = earliest_start(economics.purchase_year, lead, wait.years, economics.construction_years)
    late = start.late_months
    return {
        "earliest_operation_year": start.year,
        "late_start_months": late,
        "late_start_usd": (late[0] * delay_usd_per_month, late[1] * delay_usd_per_month, late[2] * delay_usd_per_month),
    }


def _water(site: SiteResult, facility: FacilityResult, supply: SupplyResult, catalog: Catalog) -> dict[str, Value]:
    on_site = float(facility.water_m3.sum())
    source = source_water_m3(supply.by_plant(supply.dispatch_mw), site.grid_water_l_per_kwh, catalog)
    return {
        "water_m3_per_year": on_site,
        "water_source_m3_per_year": source,
        "water_total_m3_per_year": on_site + source,
        "water_stress_weighted_m3_per_year": stress_weighted_m3(on_site, site.water_stress),
        "water_total_stress_weighted_m3_per_year": stress_weighted_m3(on_site + source, site.water_stress),
    }


def _households(compute: ComputeResult, facility: FacilityResult, catalog: Catalog) -> dict[str, Value]:
    """Energy in years of a household's use: the whole campus for a year, and one training run with its overhead."""
    use = catalog.figure("multipliers", "household.electricity")
    energy = float(facility.power_mw.sum())
    figures: dict[str, Value] = {
        "households_equivalent": (energy / use.value, energy / use.high, energy / use.low),
    }
    if compute.training:
        figures["training_run_households"] = float(run_energy_mwh(compute, facility).sum()) / use.value
    return figures


def _values(book: Mapping[str, Figure]) -> dict[str, float]:
    return {key: figure.value for key, figure in book.items()}


def _plus(value: Value, more: float) -> Value:
    return (value[0] + more, value[1] + more, value[2] + more) if isinstance(value, tuple) else value + more
