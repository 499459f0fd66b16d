"""Front of the supply stage: the campus's load and site to capacities, hourly dispatch, cost, carbon and shares.

In: supply table, hourly load, site, catalogue, discount rate. Out: `SupplyResult`. Leaves out: build years and lead
times, outages, whole units, networks inside the campus; each hour's weather, price and load are known in advance.
"""

from __future__ import annotations

import numpy as np

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.figure import PlanWarning, Value
from wattscale.hours import month_of_hour
from wattscale.scenario.supply import SupplyTable
from wattscale.site.result import SiteResult
from wattscale.supply import dispatch as name
from wattscale.supply.expansion import Campus, Setting, build
from wattscale.supply.grid_only import applies, solve_grid_only
from wattscale.supply.infeasible import explain
from wattscale.supply.program import Solution
from wattscale.supply.resources import scale_to_mean, solar_capacity_factor, wind_capacity_factor
from wattscale.supply.result import SupplyResult
from wattscale.supply.settle import budget_excess
from wattscale.supply.solve import LONG, solve, solve_once
from wattscale.supply.technologies import Technology, cost_region, known_name, read_technologies
from wattscale.units import HOURS_PER_YEAR, KG_PER_T, FloatArray

KW_PER_MW = 1e3
CLEAN_RENEWABLE = ("solar", "wind", "wind-offshore", "geothermal")
"""Technologies whose energy counts as renewable."""


def run(
    table: SupplyTable,
    load_mw: FloatArray,
    site: SiteResult,
    catalog: Catalog,
    discount_rate: float,
    electricity_price_usd_per_mwh: float | None = None,
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

    Returns:
        Capacities, dispatch, cost, carbon and figures.

    Raises:
        InputError: A load or field out of range.
        InfeasibleError: Limits that cannot be met; names them and what would be enough.
    """
    _check_load(load_mw)
    technologies = read_technologies(catalog, table.technologies, cost_region(site.country), table.build_year)
    setting = _setting(table, load_mw, site, catalog, discount_rate, electricity_price_usd_per_mwh, technologies)
    campus = build(setting, technologies)
    solution = _solve(campus)
    return _result(campus, solution, site, _warnings(table, campus, solution))


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


def _setting(
    table: SupplyTable, load_mw: FloatArray, site: SiteResult, catalog: Catalog, discount_rate: float,
    flat_price: float | None, technologies: dict[str, Technology],
) -> Setting:  # fmt: skip
    paid = np.full(HOURS_PER_YEAR, flat_price) if flat_price is not None else (
        site.price_usd_per_mwh + table.grid_adder_usd_per_mwh
    )  # fmt: skip
    export = np.minimum(site.price_usd_per_mwh, paid) if table.export_allowed else None
    limits = {known_name(catalog, k, "supply.max_capacity_mw"): v for k, v in table.max_capacity_mw.items()}
    for key, value in limits.items():
        if value < 0:
            raise InputError("must not be negative", where=f"supply.max_capacity_mw.{key}", value=value,
                             allowed=">= 0")  # fmt: skip
    demand_charge = 0.0 if flat_price is not None else table.demand_charge_usd_per_kw_month
    return Setting(
        weight=np.ones(HOURS_PER_YEAR),
        load_mw=load_mw,
        month=np.roll(month_of_hour(), -round(site.utc_offset_h)),
        import_usd_per_mwh=paid,
        grid_carbon_kg_per_mwh=site.carbon_kg_per_mwh,
        grid_cfe_share=np.clip(site.cfe_share, 0.0, 1.0),
        renewable=_renewable(table, site, catalog, technologies),
        discount_rate=discount_rate,
        export_usd_per_mwh=export,
        demand_charge_usd_per_mw_month=demand_charge * KW_PER_MW,
        connection_mw=table.connection_mw,
        unserved_usd_per_mwh=table.unserved_usd_per_mwh,
        max_unserved_share=table.max_unserved_share,
        carbon_price_usd_per_t=table.carbon_price_usd_per_t,
        carbon_cap_kg_per_mwh=table.carbon_cap_kg_per_mwh,
        cfe_hourly_share=table.cfe_hourly_share,
        land_ha=table.land_ha,
        max_capacity_mw=limits,
        grid_capital=flat_price is None,
        flexible_share=table.flexible_share,
        flexible_window=table.flexible_window_h,
        flexible_low=table.flexible_low_share,
        flexible_high=table.flexible_high_share,
    )


def _renewable(
    table: SupplyTable, site: SiteResult, catalog: Catalog, technologies: dict[str, Technology]
) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    for key in technologies:
        if key == "solar":
            factor = solar_capacity_factor(site, catalog, table.solar_mounting)
            mean = table.solar_capacity_factor
            found[key] = factor if mean is None else scale_to_mean(factor, mean, "supply.solar_capacity_factor")
        elif key == "wind":
            found[key] = wind_capacity_factor(site, catalog, table.wind_capacity_factor)
        elif key == "wind-offshore":
            found[key] = wind_capacity_factor(site, catalog, offshore=True)
    return found


def _solve(campus: Campus) -> Solution:
    if applies(campus):
        closed = solve_grid_only(campus)
        if closed is not None:
            return closed
    found = solve(campus.program)
    if found is None:
        raise explain(campus, solve_once)
    return found


def _result(campus: Campus, solution: Solution, site: SiteResult, warnings: tuple[PlanWarning, ...]) -> SupplyResult:
    power, energy = name.capacities(campus, solution)
    d = name.dispatch(campus, solution)
    parts = name.costs(campus, solution, d)
    carbon, grid_carbon = name.carbon_kg(campus, d)
    total = sum(parts.values())
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
        total_usd_per_year=total,
        shadow_prices=name.shadow_prices(campus, solution),
        figures=_figures(campus, solution, d, total, power, energy),
        warnings=warnings,
    )


def _figures(
    campus: Campus, solution: Solution, d: name.Dispatch, total: float, power: dict[str, float],
    energy: dict[str, float],
) -> dict[str, Value]:  # fmt: skip
    weight = campus.setting.weight
    load = campus.setting.energy_mwh
    low, high = name.cost_range(campus, solution, d)
    carbon, _ = name.carbon_kg(campus, d)
    potential = {k: float(weight @ (d.given_mw[k] + v)) for k, v in d.curtailed_mw.items()}
    curtailed = sum(float(weight @ v) for v in d.curtailed_mw.values())
    own = sum(float(weight @ d.given_mw[k]) for k in CLEAN_RENEWABLE if k in d.given_mw)
    grid = d.given_mw.get("grid", np.zeros(len(weight)))
    figures: dict[str, Value] = {
        "cost_usd_per_mwh": (total / load, low / load, high / load),
        "cost_usd_per_year": (total, low, high),
        "energy_mwh": load,
        "cfe_hourly_share": 1.0 - float(weight @ name.dirty_mw(campus, d)) / load,
        "carbon_kg_per_mwh": float(carbon.sum()) / load,
        "carbon_t": float(carbon.sum()) / KG_PER_T,
        "peak_import_mw": float(grid.max()),
        "import_mwh": float(weight @ grid),
        "curtailment_share": curtailed / sum(potential.values()) if sum(potential.values()) > 0 else 0.0,
        "unserved_mwh": float(weight @ d.given_mw["unserved"]),
        "renewable_share": min(own / load, 1.0),
        "solver_gap": max(float(solution.gap), 0.0),
    }
    if "flexible" in d.uses_mw:
        figures["moved_mwh"] = 0.5 * float(weight @ np.abs(d.uses_mw["flexible"]))
    if "export" in d.uses_mw:
        figures["export_mwh"] = float(weight @ d.uses_mw["export"])
    for key, value in power.items():
        figures[f"capacity_mw.{key}"] = value
        if key in campus.setting.renewable:
            factor = campus.setting.renewable[key]
            figures[f"capacity_factor.{key}"] = float(weight @ factor) / float(weight.sum())
    for key, value in energy.items():
        figures[f"storage_mwh.{key}"] = value
    return figures


def _warnings(table: SupplyTable, campus: Campus, solution: Solution) -> tuple[PlanWarning, ...]:
    found: list[PlanWarning] = []
    given = set(campus.setting.max_capacity_mw) | ({"grid"} if table.connection_mw is not None else set())
    power, _ = name.capacities(campus, solution)
    for key, value in power.items():
        upper = campus.program.columns[campus.program.column(key)].upper
        if key not in given and value > 0.99 * upper > 0:
            found.append(PlanWarning("capacity-at-search-limit", f"{key} reached {value:.4g} MW, the largest size "
                                     f"looked at; set supply.max_capacity_mw.{key}"))  # fmt: skip
    if "wind" in campus.technologies and table.wind_capacity_factor is None:
        found.append(PlanWarning("wind-from-10m", "Wind output is from wind at 10 m, as airports measure it, which "
                                 "understates a wind site; set supply.wind_capacity_factor"))  # fmt: skip
    unserved = float(campus.setting.weight @ solution.flows[campus.program.flow("unserved")])
    if unserved > 1e-6 * campus.setting.energy_mwh:
        found.append(PlanWarning("unserved-load", f"{unserved:.4g} MWh of the year's load stay unserved, worth less "
                                 "than the supply they would need"))  # fmt: skip
    if np.any(budget_excess(campus.program, solution) > 1e-5):
        found.append(PlanWarning("budget-overdrawn", "A yearly limit is exceeded by more than 1e-5 of itself"))
    if solution.solver == "clarabel" and campus.program.steps >= LONG:
        found.append(
            PlanWarning(
                "solver-fallback", "A general solver took over: the structured one did not finish, or a limit is zero"
            )
        )
    if solution.gap > 1e-3:
        found.append(PlanWarning("solver-gap", f"The cost is certified to {solution.gap:.2%} only"))
    for key in table.max_capacity_mw:
        if key not in campus.technologies:
            found.append(PlanWarning("limit-unused", f"supply.max_capacity_mw.{key} limits a technology that "
                                     "supply.technologies does not name"))  # fmt: skip
    year = table.energisation_year
    if year is not None and "grid" in campus.technologies and year > table.build_year:
        found.append(PlanWarning("grid-later", f"The plan is for a year with grid connection; it comes in {year}, "
                                 f"the plant in {table.build_year}"))  # fmt: skip
    return tuple(found)
