"""Figures and warnings of a supply plan.

In: a `Campus`, its solution and dispatch. Out: the figures of the stage and what to be careful about.
Leaves out: the arrays and costs of the result (dispatch.py).
"""

from __future__ import annotations

import numpy as np

from wattscale.figure import PlanWarning, Value
from wattscale.scenario.supply import SupplyTable
from wattscale.supply import dispatch as name
from wattscale.supply.expansion import Campus
from wattscale.supply.faults import certified_gap
from wattscale.supply.program import Solution
from wattscale.supply.purchases import volume_mwh
from wattscale.supply.settle import budget_excess
from wattscale.supply.solve import LONG, STRUCTURED, USUAL
from wattscale.supply.swings import TRAINING_SWING, Swings, ramp_mw_per_h, swing_warnings, swings
from wattscale.supply.tariff import REDUCTION
from wattscale.units import KG_PER_T

CLEAN_RENEWABLE = ("solar", "wind", "wind-offshore", "geothermal")
"""Plants whose energy counts as renewable."""


def figures_of(campus: Campus, solution: Solution, d: name.Dispatch) -> dict[str, Value]:
    """Give the figures of a plan without the stage's name."""
    setting = campus.setting
    weight, load = setting.weight, setting.energy_mwh
    total = sum(name.costs(campus, solution, d).values())
    low, high = name.cost_range(campus, solution, d)
    carbon, _ = name.carbon_kg(campus, d)
    exported = float(name.export_carbon_kg(campus, d).sum())
    potential = sum(float(weight @ (d.given_mw[k] + v)) for k, v in d.curtailed_mw.items())
    curtailed = sum(float(weight @ v) for v in d.curtailed_mw.values())
    own = sum(float(weight @ d.given_mw[k]) for k, t in campus.technologies.items() if t.plant in CLEAN_RENEWABLE)
    grid = d.given_mw.get("grid", np.zeros(len(weight)))
    metered = grid + sum((d.given_mw[p.key] for p in setting.over_grid), np.zeros(len(weight)))
    figures: dict[str, Value] = {
        "cost_usd_per_mwh": (total / load, low / load, high / load),
        "cost_usd_per_year": (total, low, high),
        "energy_mwh": load,
        "cfe_hourly_share": name.carbon_free_share_of_year(campus, d),
        "carbon_kg_per_mwh": (float(carbon.sum()) - exported) / load,
        "carbon_t": float(carbon.sum()) / KG_PER_T,
        "peak_import_mw": float(metered.max()),
        "import_mwh": float(weight @ grid),
        "curtailment_share": curtailed / potential if potential > 0 else 0.0,
        "unserved_mwh": float(weight @ d.given_mw["unserved"]),
        "renewable_share": min(own / load, 1.0),
        "solver_gap": max(certified_gap(campus.program, solution), 0.0),
        "clean_annual_share": clean_mwh(campus, solution, d) / load,
        "load_ramp_mw_per_h": ramp_mw_per_h(setting.load_mw),
        "import_ramp_mw_per_h": ramp_mw_per_h(metered),
    }
    if "flexible" in d.uses_mw:
        figures["moved_mwh"] = float(weight @ np.maximum(-d.uses_mw["flexible"], 0.0))
    if setting.checkpoint_loss_h > 0.0 and "flexible" in d.uses_mw:
        lost = setting.checkpoint_loss_h * float(solution.flows[campus.program.flow("flexible.down")].sum())
        figures["checkpoint_loss_mwh"] = lost
    if setting.called is not None:
        figures["firm_reduction_mw"] = float(solution.columns[campus.program.column(REDUCTION)])
    figures |= {f"ramp_bound_hours.{k}": v for k, v in name.ramp_hours(campus, solution).items()}
    if "export" in d.uses_mw:
        figures["export_mwh"] = float(weight @ d.uses_mw["export"])
        figures["export_carbon_t"] = exported / KG_PER_T
    return figures | _sizes(campus, solution, d)


def _sizes(campus: Campus, solution: Solution, d: name.Dispatch) -> dict[str, Value]:
    setting, figures = campus.setting, dict[str, Value]()
    power, energy = name.capacities(campus, solution)
    for key, value in power.items():
        figures[f"capacity_mw.{key}"] = value
        if key in setting.renewable:
            figures[f"capacity_factor.{key}"] = float(setting.weight @ setting.renewable[key] / setting.weight.sum())
    for key, value in energy.items():
        figures[f"storage_mwh.{key}"] = value
        figures[f"storage_cycles.{key}"] = float(setting.weight @ d.given_mw[key]) / value if value > 0 else 0.0
    for p in setting.purchases:
        size = float(solution.columns[campus.program.column(p.key)])
        figures[f"ppa_mw.{p.name}"] = size
        if p.delivery == "physical":
            taken = float(setting.weight @ d.given_mw[p.key])
            figures[f"ppa_mwh.{p.name}"] = taken
            figures[f"ppa_used_share.{p.name}"] = taken / (size * volume_mwh(setting, p)) if size > 0 else 0.0
    return figures


def clean_mwh(campus: Campus, solution: Solution, d: name.Dispatch) -> float:
    """Give the own and contracted carbon-free energy of the year, whenever it is used, less all losses [MWh].

    Losses are those of stores and of training that was stopped; where they are more than the clean energy it is zero.
    """
    weight = campus.setting.weight
    total = sum(
        float(weight @ d.given_mw[k])
        for k, t in campus.technologies.items()
        if t.kind == "renewable" or (t.kind == "fuelled" and t.carbon_free)
    )
    for p in campus.setting.purchases:
        size = float(solution.columns[campus.program.column(p.key)])
        if p.carbon_free:
            virtual = p.delivery == "virtual"
            total += size * volume_mwh(campus.setting, p) if virtual else float(weight @ d.given_mw[p.key])
    stores = [k for k, t in campus.technologies.items() if t.kind == "storage"]
    total -= sum(float(weight @ (d.uses_mw[k] - d.given_mw[k])) for k in stores)
    if campus.setting.checkpoint_loss_h > 0.0 and "flexible" in d.uses_mw:
        total -= float(weight @ d.uses_mw["flexible"])
    return max(total, 0.0)


def swings_of(table: SupplyTable, campus: Campus) -> Swings:
    """Size the fast swings of the load."""
    share = TRAINING_SWING * table.flexible_share if table.swing_share is None else table.swing_share
    return swings(campus.setting.load_mw, share, table.swing_period_s, table.ups_minutes)


def swing_figures(s: Swings) -> dict[str, Value]:
    """Give the figures of the fast swings, none where there are none."""
    if s.power_mw <= 0.0:
        return {}
    return {"swing_mw": s.power_mw, "swing_energy_kwh": s.energy_kwh, "swings_per_year": s.per_year}


def warnings_of(table: SupplyTable, campus: Campus, solution: Solution) -> tuple[PlanWarning, ...]:
    """Give what to be careful about."""
    power, _ = name.capacities(campus, solution)
    found = [*_size_warnings(table, campus, power), *_solver_warnings(table, campus, solution)]
    plants = {t.plant for t in campus.technologies.values() if t.capacity_factor is None}
    plants |= {p.technology for p in table.ppas if p.kind == "pay-as-produced" and p.capacity_factor is None}
    if "wind" in plants and table.wind_capacity_factor is None:
        found.append(PlanWarning("wind-from-10m", "Wind output is from wind at 10 m, as airports measure it, which "
                                 "understates a wind site; set supply.wind_capacity_factor"))  # fmt: skip
    unserved = float(campus.setting.weight @ solution.flows[campus.program.flow("unserved")])
    if unserved > 1e-6 * campus.setting.energy_mwh:
        found.append(PlanWarning("unserved-load", f"{unserved:.4g} MWh of the year's load stay unserved, worth less "
                                 "than the supply they would need"))  # fmt: skip
    year = table.energisation_year
    if year is not None and power.get("grid", 0.0) > 0.0 and year > table.build_year:
        found.append(PlanWarning("grid-later", f"The plan is for a year with grid connection; it comes in {year}, "
                                 f"the plant in {table.build_year}"))  # fmt: skip
    if table.curtailment_hours and campus.setting.called is None:
        found.append(PlanWarning("curtailment-unpaid", "A contract that pays nothing is not signed: set supply."
                                 "curtailment_usd_per_kw_year, or curtailment_required if it is a duty"))  # fmt: skip
    stores = sum(power[k] for k, t in campus.technologies.items() if t.kind == "storage")
    found += swing_warnings(swings_of(table, campus), stores, power.get("grid", 0.0))
    return tuple(found)


def _size_warnings(table: SupplyTable, campus: Campus, power: dict[str, float]) -> list[PlanWarning]:
    found = []
    given = set(campus.setting.max_capacity_mw) | ({"grid"} if table.connection_mw is not None else set())
    for key, value in power.items():
        upper = campus.program.columns[campus.program.column(key)].upper
        if key not in given and value > 0.99 * upper > 0:
            found.append(PlanWarning("capacity-at-search-limit", f"{key} reached {value:.4g} MW, the largest size "
                                     f"looked at; set supply.max_capacity_mw.{key}"))  # fmt: skip
    for key in table.max_capacity_mw:
        if key not in campus.technologies:
            found.append(PlanWarning("limit-unused", f"supply.max_capacity_mw.{key} limits a technology that "
                                     "supply.technologies does not name"))  # fmt: skip
    for own in table.own_technologies:
        if own.name not in campus.technologies:
            found.append(PlanWarning("technology-unused", f"supply.own_technologies has {own.name}, which "
                                     "supply.technologies does not name"))  # fmt: skip
    return found


def _solver_warnings(table: SupplyTable, campus: Campus, solution: Solution) -> list[PlanWarning]:
    found = []
    if np.any(budget_excess(campus.program, solution) > 1e-5):
        found.append(PlanWarning("budget-overdrawn", "A yearly limit is exceeded by more than 1e-5 of itself"))
    if solution.solver == "clarabel" and campus.program.steps >= LONG:
        found.append(PlanWarning("solver-fallback", "A general solver took over: the structured one did not finish"))
    gap = certified_gap(campus.program, solution)
    if solution.solver == STRUCTURED and solution.iterations >= table.solver_iterations < USUAL:
        found.append(PlanWarning("solver-stopped", f"Stopped after {solution.iterations} iterations; the least cost is "
                                 f"between {solution.bound:.6g} and {solution.objective:.6g} USD/year"))  # fmt: skip
    elif gap > 1e-3:
        found.append(PlanWarning("solver-gap", f"The cost is certified to {gap:.2%} only"))
    return found
