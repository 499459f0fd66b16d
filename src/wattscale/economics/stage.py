"""Front of the economics stage: what the plan costs, what a token costs, and what the project is worth.

In: the scenario's table and the results of the stages before. Out: `EconomicsResult`.
Leaves out: research staff, data, licences and marketing; inflation (all money is real USD of the base year).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.result import ComputeResult
from wattscale.economics.choices import (
    affordability_figures,
    breakeven_load_figures,
    rent_figures,
    smallest_operator_figures,
)
from wattscale.economics.company import company_figures, credits_of
from wattscale.economics.contracts import (
    KINDS,
    Contract,
    certified_mw,
    contract_figures,
    contract_of,
    contracts_of,
    settlements,
)
from wattscale.economics.costs import Quantities, cost_lines, one_at_a_time, with_ranges
from wattscale.economics.exposure import EFFECTS, Exposure, power_price_figures
from wattscale.economics.prices import price_book, price_year_warnings
from wattscale.economics.reporting import refresh_figures, reported_figures
from wattscale.economics.result import EconomicsResult
from wattscale.economics.tokens import HARDWARE_SEGMENTS, token_costs
from wattscale.economics.waiting import power_wait
from wattscale.economics.worth import CostedPlan, project_figures, revenues
from wattscale.facility.result import FacilityResult
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.economics import EconomicsTable
from wattscale.site.result import SiteResult
from wattscale.supply.result import SupplyResult
from wattscale.units import HOURS_PER_YEAR, SECONDS_PER_HOUR, FloatArray
from wattscale.workload.result import ServingWorkload, WorkloadResult

EXTRAS = (
    "debt_usd", "gearing_share", "interest_during_construction_usd", "dscr_min", "equity_irr", "equity_irr_nominal",
    "price_for_target_irr_usd_per_mtok", "power_cost_sd_usd_per_year", "power_cost_var95_usd_per_year",
    "power_cost_cvar95_usd_per_year", "power_cost_risk_share", "hedge_ratio_baseload",
    "price_for_target_irr_runs_paid_usd_per_mtok",
    *(f"contracts_{effect}" for effect in EFFECTS), *(f"option_{e}.{k}" for e in EFFECTS for k in KINDS),
    "rent_", "user_", "smallest_operator_",
)  # fmt: skip
"""Figures that take most of the time, by the beginning of their names: price risk, project company, choices."""


def run(
    table: EconomicsTable,
    workload: WorkloadResult,
    compute: ComputeResult,
    site: SiteResult,
    facility: FacilityResult,
    supply: SupplyResult,
    catalog: Catalog,
    extras: bool = True,
    energisation_year: int | None = None,
) -> EconomicsResult:
    """Cost a plan.

    Args:
        table: Scenario table `economics`.
        workload: Result of the workload stage.
        compute: Result of the compute stage.
        site: Result of the site stage.
        facility: Result of the facility stage.
        supply: Result of the supply stage.
        catalog: The catalogue.
        extras: Also ranges and the figures of `EXTRAS`; a draw of a study leaves them out.
        energisation_year: Year of the grid connection where the scenario gives it.

    Returns:
        Cost lines, cash flow and figures; a figure that does not exist for the plan is left out with a warning.

    Raises:
        InputError: No price is known for an accelerator or a cooling technology.
    """
    devices = {name: count for name, count in compute.devices_by_accelerator.items() if count > 0}
    all_in = table.electricity_price_usd_per_mwh is not None
    import_mw = supply.dispatch_mw.get("grid", np.zeros(HOURS_PER_YEAR))
    contracts, contract_warnings = contracts_of(table, import_mw, site, catalog)
    settled = settlements(contracts, site.price_usd_per_mwh)
    quantities = Quantities(
        devices=devices,
        domain_devices={n: int(catalog.row("accelerators", n).number("link_domain_devices", 1.0)) for n in devices},
        design_it_mw=facility.design_it_mw,
        grid_mw=0.0 if all_in else supply.capacity_mw.get("grid", 0.0),
        water_m3=float(facility.water_m3.sum()),
        supply_usd_per_year={**supply.cost_usd_per_year, **settled},
        supply_capital_usd=supply.capital_usd,
        supply_life_years=supply.life_years,
    )
    book = price_book(table, devices, facility.cooling, site.country, catalog, facility.redundancy)
    prices = {key: figure.value for key, figure in book.items()}
    lines = cost_lines(quantities, prices, table.discount_rate)
    recipe = workload.training.recipe if workload.training else None

    def measure(values: Mapping[str, float]) -> FloatArray:
        found = cost_lines(quantities, values, table.discount_rate)
        by_device = {name: values[f"price.{name}"] for name in devices}
        costs = token_costs(found, compute, facility, recipe, by_device)
        totals = [line.total_usd_per_year for line in found]
        capital = sum(line.capital_usd for line in found)
        return np.array([*totals, sum(totals), capital, costs.tokens, costs.serving])

    value, low, high = one_at_a_time(book, measure) if extras else (measure(prices),) * 3
    count = len(lines)
    plan = CostedPlan(
        table, workload, compute, with_ranges(lines, low[:count], high[:count]),
        token_costs(lines, compute, facility, recipe, {name: prices[f"price.{name}"] for name in devices}),
        float(supply.load_mw.sum() - _unserved(supply)), supply.total_usd_per_year + sum(settled.values()),
    )  # fmt: skip
    ranges = {
        name: (float(value[i]), float(low[i]), float(high[i]))
        for i, name in enumerate(("tco_usd_per_year", "capital_usd", "tokens", "serving"), start=count)
    }
    figures, warnings = _cost_figures(plan, ranges)
    wait = power_wait(supply, site.time_to_power_years, table.purchase_year, energisation_year, catalog)
    more, more_warnings, cash = project_figures(plan, wait, ranges)
    risk, risk_warnings = _risk_figures(plan, contracts, site, supply, catalog) if extras else ({}, [])
    figures |= {**more, **risk, **contract_figures(settled, contracts)}
    if extras:
        figures |= _choice_figures(plan, figures, catalog)
    figures |= refresh_figures(plan.lines, table.discount_rate, table.project_years)
    figures |= reported_figures(figures, table.currency, catalog)
    dated = price_year_warnings(table, devices, catalog)
    told = (*dated, *warnings, *more_warnings, *contract_warnings, *risk_warnings, *wait.warnings)
    return EconomicsResult(
        plan.lines, cash, figures, told, certified_mw(contracts), table.purchase_year, table.construction_years, wait
    )


def _risk_figures(
    plan: CostedPlan, contracts: list[Contract], site: SiteResult, supply: SupplyResult, catalog: Catalog
) -> tuple[dict[str, Value], list[PlanWarning]]:
    """Exposure to the price of power, and the project company."""
    table = plan.table
    tokens, training = revenues(plan)
    serving = plan.workload.serving if plan.compute.serving else None
    output_mtok = serving.output_mtok_per_year if serving else 0.0
    credits = credits_of(table, plan.lines, supply, site.country, catalog)
    company, warnings = company_figures(table, plan.lines, (tokens, training), output_mtok, credits, catalog)
    price = company.get("price_for_target_irr_usd_per_mtok")
    if isinstance(price, float) and output_mtok > 0.0 and table.training_price_usd_per_device_hour is None:
        company["price_for_target_irr_runs_paid_usd_per_mtok"] = price + plan.costs.amortised / output_mtok
    import_mw = supply.dispatch_mw.get("grid", np.zeros(HOURS_PER_YEAR))
    all_in = table.electricity_price_usd_per_mwh is not None
    exposed = Exposure(
        site.price_usd_per_mwh, import_mw, supply.cost_usd_per_year.get("grid.energy", 0.0), all_in, plan.tco,
        site.calendar,
    )  # fmt: skip
    weighed = table.risk_paths > 0 and not all_in and float(import_mw.sum()) > 0.0
    options = [contract_of(kind, table, 1.0, import_mw, site, catalog) for kind in KINDS] if weighed else []
    exposure, more = power_price_figures(
        exposed, contracts, options, paths=table.risk_paths, seed=table.risk_seed,
        level_log_sd=catalog.value("dc_costs", "power_price.year_log_sd"),
    )  # fmt: skip
    return {**company, **exposure}, warnings + more


def _choice_figures(plan: CostedPlan, figures: Mapping[str, Value], catalog: Catalog) -> dict[str, Value]:
    """Rent or own, affordability, the smallest operator."""
    found: dict[str, Value] = {}
    table, devices = plan.table, plan.compute.devices_by_accelerator
    hour, request = figures.get("usd_per_device_hour"), figures.get("usd_per_request")
    if isinstance(hour, float):
        found.update(rent_figures(devices, hour, table.purchase_year, catalog))
    if isinstance(request, float):
        found.update(affordability_figures(request, table.requests_per_user_day, catalog))
    serving = plan.compute.serving
    if serving is not None and serving.devices > 0:
        mtok = serving.tokens_per_s_per_device * SECONDS_PER_HOUR * HOURS_PER_YEAR / 1e6
        costs = plan.costs
        found.update(
            smallest_operator_figures(
                costs.serving_capital, serving.devices, serving.devices_per_replica, mtok, costs.serving
            )
        )
        if plan.workload.serving is not None and table.price_per_mtok_usd > 0.0:
            output = plan.workload.serving.output_tokens
            found.update(breakeven_load_figures(found, table.price_per_mtok_usd, output))
    return found


def _unserved(supply: SupplyResult) -> float:
    unserved = supply.dispatch_mw.get("unserved")
    return 0.0 if unserved is None else float(unserved.sum())


def _cost_figures(
    plan: CostedPlan, ranges: Mapping[str, tuple[float, float, float]]
) -> tuple[dict[str, Value], list[PlanWarning]]:
    tco, running = plan.tco, plan.running
    hardware = sum(line.annuity_usd_per_year for line in plan.lines if line.segment in HARDWARE_SEGMENTS)
    devices = sum(plan.compute.devices_by_accelerator.values())
    energy_running = sum(line.running_usd_per_year for line in plan.lines if line.segment == "energy")
    figures: dict[str, Value] = {
        "tco_usd_per_year": ranges["tco_usd_per_year"],
        "capital_usd": ranges["capital_usd"],
        "running_usd_per_year": running,
        "electricity_usd_per_year": plan.electricity_usd,
        "hardware_usd_per_year": hardware,
        "training_usd_per_year": plan.costs.training,
        "serving_usd_per_year": ranges["serving"],
    }
    ratios = {
        "electricity_share": (plan.electricity_usd, tco),
        "electricity_share_of_running": (energy_running, running),
        "electricity_to_hardware_ratio": (plan.electricity_usd, hardware),
        "lcoe_usd_per_mwh": (plan.electricity_usd, plan.energy_mwh),
        "breakeven_electricity_usd_per_mwh": (hardware, plan.energy_mwh),
        "capital_usd_per_mw_it": (plan.capital, plan.compute.design_it_power_mw),
        "usd_per_device_hour": (tco, devices * HOURS_PER_YEAR),
    }
    figures.update({name: top / bottom for name, (top, bottom) in ratios.items() if bottom > 0})
    warnings: list[PlanWarning] = []
    if plan.compute.serving and plan.workload.serving and plan.workload.serving.output_mtok_per_year > 0:
        figures.update(_token_figures(plan, plan.workload.serving, ranges["tokens"]))
    else:
        warnings.append(PlanWarning("no-serving", "The plan serves no tokens, so it has no cost per million tokens."))
    if plan.compute.training and plan.workload.training:
        figures["usd_per_training_run"] = plan.costs.run
        figures["other_training_usd_per_year"] = max(plan.costs.training - plan.costs.amortised, 0.0)
        if plan.costs.amortised > plan.costs.training * (1.0 + 1e-9):
            warnings.append(
                PlanWarning("training-overbooked", "The runs of a year take longer than a year on these devices.")
            )
    else:
        warnings.append(PlanWarning("no-training", "The plan trains nothing, so it has no cost of a training run."))
    return figures, warnings


def _token_figures(plan: CostedPlan, serving: ServingWorkload, tokens: tuple[float, float, float]) -> dict[str, Value]:
    plan_of = plan.compute.serving
    assert plan_of is not None
    out_mtok, in_mtok = serving.output_mtok_per_year, serving.input_mtok_per_year
    low, high = _fleet_range(plan, tokens)
    input_share = plan_of.input_compute_share if in_mtok > 0 else 0.0
    total = plan.costs.tokens
    figures: dict[str, Value] = {
        "usd_per_mtok": (total / out_mtok, low / out_mtok, high / out_mtok),
        "usd_per_mtok_serving_only": plan.costs.serving / out_mtok,
        "usd_per_mtok_output": total * (1.0 - input_share) / out_mtok,
        "usd_per_request": total / serving.requests_per_year,
        "training_share_of_tokens": plan.costs.amortised / total if total > 0 else 0.0,
    }
    if in_mtok > 0:
        figures["usd_per_mtok_input"] = total * input_share / in_mtok
    return figures


def _fleet_range(plan: CostedPlan, tokens: tuple[float, float, float]) -> tuple[float, float]:
    """Widen the range of the token cost by that of the devices needed, as independent effects."""
    value, low, high = tokens
    falls, rises = (value - low) ** 2, (high - value) ** 2
    for name, cost in (("serving.devices", plan.costs.serving), ("training.device_hours", plan.costs.amortised)):
        found = plan.compute.figures.get(name)
        if isinstance(found, tuple) and found[0] > 0:
            falls += (cost * (1.0 - found[1] / found[0])) ** 2
            rises += (cost * (found[2] / found[0] - 1.0)) ** 2
    return value - falls**0.5, value + rises**0.5
