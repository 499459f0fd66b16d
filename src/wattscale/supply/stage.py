"""Front of the supply stage: the campus's load and site to capacities, hourly dispatch, cost, carbon and shares.

In: supply table, hourly load, site, catalogue, discount rate. Out: `SupplyResult`. Leaves out: build years and lead
times, outages, on and off of units, networks in the campus; each hour's weather, price and load are known in advance.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattscale.catalog import Catalog
from wattscale.errors import InfeasibleError, InputError
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.supply import SupplyTable
from wattscale.site.result import SiteResult
from wattscale.supply import dispatch as name
from wattscale.supply.coarser import check_step, coarser, hourly_again, mean_of
from wattscale.supply.curtailment import without_contract
from wattscale.supply.expansion import Campus, build
from wattscale.supply.faults import faults, refuse_faults, trusted_bound
from wattscale.supply.given import setting_of
from wattscale.supply.grid_only import applies, solve_grid_only
from wattscale.supply.infeasible import explain
from wattscale.supply.near import near_optimal
from wattscale.supply.program import Solution
from wattscale.supply.result import SupplyResult
from wattscale.supply.solve import TOLERANCE, USUAL, solve, solve_once
from wattscale.supply.technologies import cost_region, read_technologies
from wattscale.supply.told import figures_of, swing_figures, swings_of, warnings_of
from wattscale.supply.verify import cross_check
from wattscale.supply.whole_units import solve_whole, unit_columns, unit_warnings
from wattscale.units import HOURS_PER_YEAR, FloatArray


def run(
    table: SupplyTable,
    load_mw: FloatArray,
    site: SiteResult,
    catalog: Catalog,
    discount_rate: float,
    electricity_price_usd_per_mwh: float | None = None,
    step_h: int = 1,
    tolerance: float = TOLERANCE,
) -> SupplyResult:
    """Find the least-cost supply of a campus over a year.

    Args:
        table: Scenario table `supply`.
        load_mw: Load of the campus at its meter [MW], shape (8760,).
        site: Weather, price and carbon of the place.
        catalog: Catalogue.
        discount_rate: Real discount rate [1/year].
        electricity_price_usd_per_mwh: Flat all-in price of grid energy: replaces price, adder, demand charge and
            connection cost [USD/MWh].
        step_h: Hours of a step; steps of 3 give sizes within a tenth in a seventh of the time [h].
        tolerance: Certified relative gap asked of the solver [1].

    Returns:
        Capacities, dispatch, cost, carbon and figures.

    Raises:
        InputError: A load or field out of range.
        InfeasibleError: Limits that cannot be met; names them and what would be enough.
    """
    campus = campus_of(table, load_mw, site, catalog, discount_rate, electricity_price_usd_per_mwh, step_h)
    campus, solution = with_or_without_contract(campus, table.solver_iterations, tolerance)
    if step_h > 1:
        lifecycle = mean_of(site.carbon_lifecycle_kg_per_mwh, step_h)
        site = replace(site, carbon_lifecycle_kg_per_mwh=lifecycle)
    doubts = (
        *warnings_of(table, campus, solution),
        *unit_warnings(campus, solution),
        *_weather_doubts(table, campus, site),
    )
    result = _result(campus, solution, site, doubts)
    checked, unlike = cross_check(campus, solution) if table.verify else ({}, ())
    more = swing_figures(swings_of(table, campus)) | _ranges(table, campus, solution) | checked
    result = replace(result, figures=result.figures | more, warnings=(*result.warnings, *unlike))
    return result if step_h == 1 else hourly_again(result, load_mw, step_h)


def campus_of(
    table: SupplyTable,
    load_mw: FloatArray,
    site: SiteResult,
    catalog: Catalog,
    discount_rate: float,
    electricity_price_usd_per_mwh: float | None = None,
    step_h: int = 1,
) -> Campus:
    """Write the campus of a scenario as a program, for `run` to solve and `interchange.to_network` to export.

    Args:
        table: Scenario table `supply`.
        load_mw: Load of the campus at its meter [MW], shape (8760,).
        site: Weather, price and carbon of the place.
        catalog: Catalogue.
        discount_rate: Real discount rate [1/year].
        electricity_price_usd_per_mwh: Flat all-in price of grid energy [USD/MWh]; None for the tariff.
        step_h: Hours of a step [h].

    Raises:
        InputError: A load or field out of range.
    """
    _check_load(load_mw)
    check_step(step_h)
    region = cost_region(site.country)
    technologies = read_technologies(catalog, table.technologies, region, table.build_year, table.own_technologies)
    setting = setting_of(table, load_mw, site, catalog, discount_rate, electricity_price_usd_per_mwh, technologies)
    return build(setting if step_h == 1 else coarser(setting, step_h), technologies)


def _check_load(load_mw: FloatArray) -> None:
    if load_mw.shape != (HOURS_PER_YEAR,):
        raise InputError("must have 8760 hours", where="load", value=load_mw.shape)
    if not np.all(np.isfinite(load_mw)):
        raise InputError("has values that are not numbers", where="load")
    if float(load_mw.min()) < 0:
        raise InputError("must not be negative", where="load", value=f"{load_mw.min():.4g} MW", allowed=">= 0")
    if float(load_mw.max()) <= 0:
        raise InputError("is zero all year: there is nothing to supply", where="load",
                         hint="Give workload.training.tokens or workload.serving.requests_per_day")  # fmt: skip


def with_or_without_contract(campus: Campus, iterations: int, tolerance: float) -> tuple[Campus, Solution]:
    """Solve a campus with its curtailment contract and without, and give the cheaper with what it was solved as.

    A contract is a yes or no: where it is signed, import in called hours stays below its baseline, else it need not.

    Args:
        campus: The campus, with or without such a contract on offer.
        iterations: As in `solve_campus`.
        tolerance: As in `solve_campus`.

    Raises:
        WattscaleError: As `solve_campus`; also where the answer with the contract is so bad that it may be far cheaper.
    """
    plain = without_contract(campus)
    if plain is None:
        return campus, solve_campus(campus, iterations, tolerance)
    unsigned = solve_campus(plain, iterations, tolerance)
    try:
        signed = _answer(campus, iterations, tolerance)
    except InfeasibleError:  # in whole units: then it is not signed
        signed = None
    if signed is None:
        return plain, unsigned
    bound = min(unsigned.bound, trusted_bound(campus.program, signed))
    if faults(campus.program, signed) or unsigned.objective <= signed.objective:
        chosen, found = plain, replace(unsigned, bound=bound)
    else:
        chosen, found = campus, replace(signed, bound=bound)
    refuse_faults(chosen, found)
    return chosen, found


def solve_campus(campus: Campus, iterations: int = USUAL, tolerance: float = TOLERANCE) -> Solution:
    """Find the least-cost supply of a campus by the method that suits it.

    Args:
        campus: The campus.
        iterations: Iterations after which the solver gives its best bracket.
        tolerance: Certified relative gap asked [1].

    Raises:
        InfeasibleError: Limits that cannot be met.
        WattscaleError: No solver found an answer that keeps its limits and is certified well enough.
    """
    found = _answer(campus, iterations, tolerance)
    if found is None:
        raise explain(campus, solve_once)
    refuse_faults(campus, found)
    return found


def _weather_doubts(table: SupplyTable, campus: Campus, site: SiteResult) -> tuple[PlanWarning, ...]:
    """Doubts about the weather's year, where what is built or bought follows wind and sun."""
    plants = any(t.kind == "renewable" for t in campus.technologies.values())
    contracts = any(p.kind == "pay-as-produced" for p in table.ppas)
    return site.weather_doubts if plants or contracts else ()


def _answer(campus: Campus, iterations: int, tolerance: float) -> Solution | None:
    """Solve by the method that suits the campus; None where it has no point."""
    if applies(campus):
        closed = solve_grid_only(campus)
        if closed is not None and not faults(campus.program, closed):
            return closed
    units = unit_columns(campus)
    return solve_whole(campus.program, units) if units else solve(campus.program, tolerance, iterations)


def _result(campus: Campus, solution: Solution, site: SiteResult, warnings: tuple[PlanWarning, ...]) -> SupplyResult:
    power, energy = name.capacities(campus, solution)
    d = name.dispatch(campus, solution)
    parts = name.costs(campus, solution, d)
    carbon, grid_carbon = name.carbon_kg(campus, d)
    pays_grid = campus.setting.grid_capital
    built = {k: t for k, t in campus.technologies.items() if k != "grid" or pays_grid}
    return SupplyResult(
        load_mw=campus.setting.load_mw,
        capacity_mw=power,
        storage_mwh=energy,
        dispatch_mw=d.given_mw,
        uses_mw=d.uses_mw,
        curtailed_mw=d.curtailed_mw,
        cost_usd_per_year=parts,
        capital_usd={k: name.capital_of(t, power[k], energy.get(k, 0.0)) for k, t in built.items()},
        life_years={k: t.life_years for k, t in built.items()},
        carbon_kg=carbon,
        grid_carbon_kg=grid_carbon,
        carbon_lifecycle_kg=name.lifecycle_kg(campus, d, site.carbon_lifecycle_kg_per_mwh),
        cfe_share=name.carbon_free_share(campus, d),
        total_usd_per_year=sum(parts.values()),
        shadow_prices=name.shadow_prices(campus, solution),
        figures=figures_of(campus, solution, d),
        warnings=warnings,
        metered_mw=name.metered_mw(campus, d),
        plant={key: t.plant for key, t in campus.technologies.items()},
    )


def _ranges(table: SupplyTable, campus: Campus, solution: Solution) -> dict[str, Value]:
    """Near-optimal ranges: figures that ask for more solves."""
    found: dict[str, Value] = {}
    if table.near_optimal_share <= 0.0:
        return found
    power, energy = name.capacities(campus, solution)
    for key, (low, high) in near_optimal(campus, solution, table.near_optimal_share).items():
        store = key.removesuffix(".energy")
        if key in power:
            found[f"capacity_mw.{key}"] = (power[key], low, high)
        elif store in energy:
            found[f"storage_mwh.{store}"] = (energy[store], low, high)
    return found
