"""Front of the economics stage: what the plan costs, what a token costs, and what the project is worth.

In: the scenario's table and the results of the stages before. Out: `EconomicsResult`.
Leaves out: research staff, data, licences and marketing; inflation (all money is real USD of the base year).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.annuity import present_value_factor
from wattscale.catalog import Catalog
from wattscale.compute.result import ComputeResult
from wattscale.economics.cashflow import cash_flow
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
from wattscale.economics.finance import irr_roots, mirr, npv, payback_years
from wattscale.economics.prices import price_book, price_year_warnings
from wattscale.economics.reporting import refresh_figures, reported_figures
from wattscale.economics.result import CostLine, EconomicsResult
from wattscale.economics.tokens import HARDWARE_SEGMENTS, TokenCosts, token_costs
from wattscale.facility.result import FacilityResult
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.economics import EconomicsTable
from wattscale.site.result import SiteResult
from wattscale.supply.result import SupplyResult
from wattscale.units import HOURS_PER_YEAR, SECONDS_PER_HOUR, FloatArray
from wattscale.workload.result import ServingWorkload, WorkloadResult

MONTHS_PER_YEAR = 12
EXTRAS = (
    "debt_usd", "gearing_share", "interest_during_construction_usd", "dscr_min", "equity_irr", "equity_irr_nominal",
    "price_for_target_irr_usd_per_mtok", "power_cost_sd_usd_per_year", "power_cost_var95_usd_per_year",
    "power_cost_cvar95_usd_per_year", "power_cost_risk_share", "hedge_ratio_baseload",
    "price_for_target_irr_runs_paid_usd_per_mtok",
    *(f"contracts_{effect}" for effect in EFFECTS), *(f"option_{e}.{k}" for e in EFFECTS for k in KINDS),
    "rent_", "user_", "smallest_operator_",
)  # fmt: skip
"""Figures that take most of the time, by the beginning of their names: price risk, project company, choices."""


@dataclass(frozen=True)
class _Plan:
    """What the parts of the stage share."""

    table: EconomicsTable
    workload: WorkloadResult
    compute: ComputeResult
    lines: tuple[CostLine, ...]
    costs: TokenCosts
    energy_mwh: float
    electricity_usd: float

    @property
    def tco(self) -> float:
        return sum(line.total_usd_per_year for line in self.lines)

    @property
    def capital(self) -> float:
        return sum(line.capital_usd for line in self.lines)

    @property
    def running(self) -> float:
        return sum(line.running_usd_per_year for line in self.lines)


def run(
    table: EconomicsTable,
    workload: WorkloadResult,
    compute: ComputeResult,
    site: SiteResult,
    facility: FacilityResult,
    supply: SupplyResult,
    catalog: Catalog,
    extras: bool = True,
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
        costs = token_costs(found, compute, recipe, by_device)
        totals = [line.total_usd_per_year for line in found]
        capital = sum(line.capital_usd for line in found)
        return np.array([*totals, sum(totals), capital, costs.tokens, costs.serving])

    value, low, high = one_at_a_time(book, measure) if extras else (measure(prices),) * 3
    count = len(lines)
    plan = _Plan(
        table, workload, compute, with_ranges(lines, low[:count], high[:count]),
        token_costs(lines, compute, recipe, {name: prices[f"price.{name}"] for name in devices}),
        float(supply.load_mw.sum() - _unserved(supply)), supply.total_usd_per_year + sum(settled.values()),
    )  # fmt: skip
    ranges = {
        name: (float(value[i]), float(low[i]), float(high[i]))
        for i, name in enumerate(("tco_usd_per_year", "capital_usd", "tokens", "serving"), start=count)
    }
    figures, warnings = _cost_figures(plan, ranges)
    more, more_warnings, cash = _project_figures(plan, site, ranges)
    risk, risk_warnings = _risk_figures(plan, contracts, site, supply, catalog) if extras else ({}, [])
    figures |= {**more, **risk, **contract_figures(settled, contracts)}
    if extras:
        figures |= _choice_figures(plan, figures, catalog)
    figures |= refresh_figures(plan.lines, table.discount_rate, table.project_years)
    figures |= reported_figures(figures, table.currency, catalog)
    dated = price_year_warnings(table, devices, catalog)
    told = (*dated, *warnings, *more_warnings, *contract_warnings, *risk_warnings)
    return EconomicsResult(
        plan.lines, cash, figures, told, certified_mw(contracts), table.purchase_year, table.construction_years
    )


def _risk_figures(
    plan: _Plan, contracts: list[Contract], site: SiteResult, supply: SupplyResult, catalog: Catalog
) -> tuple[dict[str, Value], list[PlanWarning]]:
    """Exposure to the price of power, and the project company."""
    table = plan.table
    tokens, training = _revenue(plan)
    serving = plan.workload.serving if plan.compute.serving else None
    output_mtok = serving.output_mtok_per_year if serving else 0.0
    energy = {name: float(power.sum()) for name, power in supply.dispatch_mw.items()}
    credits = credits_of(table, plan.lines, energy, site.country, catalog)
    company, warnings = company_figures(table, plan.lines, (tokens, training), output_mtok, credits, catalog)
    price = company.get("price_for_target_irr_usd_per_mtok")
    if isinstance(price, float) and output_mtok > 0.0 and table.training_price_usd_per_device_hour is None:
        company["price_for_target_irr_runs_paid_usd_per_mtok"] = price + plan.costs.amortised / output_mtok
    import_mw = supply.dispatch_mw.get("grid", np.zeros(HOURS_PER_YEAR))
    all_in = table.electricity_price_usd_per_mwh is not None
    exposed = Exposure(
        site.price_usd_per_mwh, import_mw, supply.cost_usd_per_year.get("grid.energy", 0.0), all_in, plan.tco
    )
    weighed = table.risk_paths > 0 and not all_in and float(import_mw.sum()) > 0.0
    options = [contract_of(kind, table, 1.0, import_mw, site, catalog) for kind in KINDS] if weighed else []
    exposure, more = power_price_figures(
        exposed, contracts, options, paths=table.risk_paths, seed=table.risk_seed,
        level_log_sd=catalog.value("dc_costs", "power_price.year_log_sd"),
    )  # fmt: skip
    return {**company, **exposure}, warnings + more


def _choice_figures(plan: _Plan, figures: Mapping[str, Value], catalog: Catalog) -> dict[str, Value]:
    """Rent or own, affordability, the smallest operator."""
    found: dict[str, Value] = {}
    table, devices = plan.table, plan.compute.devices_by_accelerator
    hour, request = figures.get("usd_per_device_hour"), figures.get("usd_per_request")
    if isinstance(hour, float):
        found.update(rent_figures(devices, hour, table.purchase_year, catalog))
    if isinstance(request, float):
        found.update(affordability_figures(request, table.requests_per_user_day, catalog))
    serving = plan.compute.serving
    if serving is not None and sum(devices.values()) > 0.0:
        mtok = serving.tokens_per_s_per_device * SECONDS_PER_HOUR * HOURS_PER_YEAR / 1e6
        found.update(
            smallest_operator_figures(plan.capital, sum(devices.values()), serving.devices_per_replica, mtok, plan.tco)
        )
        if plan.workload.serving is not None and table.price_per_mtok_usd > 0.0:
            output = plan.workload.serving.output_tokens
            found.update(breakeven_load_figures(found, table.price_per_mtok_usd, output))
    return found


def _unserved(supply: SupplyResult) -> float:
    unserved = supply.dispatch_mw.get("unserved")
    return 0.0 if unserved is None else float(unserved.sum())


def _cost_figures(
    plan: _Plan, ranges: Mapping[str, tuple[float, float, float]]
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
        figures["other_training_usd_per_year"] = plan.costs.training - plan.costs.amortised
        if plan.costs.amortised > plan.costs.training * (1.0 + 1e-9):
            warnings.append(
                PlanWarning("training-overbooked", "The runs of a year take longer than a year on these devices.")
            )
    else:
        warnings.append(PlanWarning("no-training", "The plan trains nothing, so it has no cost of a training run."))
    return figures, warnings


def _token_figures(plan: _Plan, serving: ServingWorkload, tokens: tuple[float, float, float]) -> dict[str, Value]:
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


def _fleet_range(plan: _Plan, tokens: tuple[float, float, float]) -> tuple[float, float]:
    """Widen the range of the token cost by that of the devices needed, as independent effects."""
    value, low, high = tokens
    falls, rises = (value - low) ** 2, (high - value) ** 2
    for name, cost in (("serving.devices", plan.costs.serving), ("training.device_hours", plan.costs.amortised)):
        found = plan.compute.figures.get(name)
        if isinstance(found, tuple) and found[0] > 0:
            falls += (cost * (1.0 - found[1] / found[0])) ** 2
            rises += (cost * (found[2] / found[0] - 1.0)) ** 2
    return value - falls**0.5, value + rises**0.5


def _revenue(plan: _Plan) -> tuple[float, float]:
    """Yearly revenue of tokens, and of training device-hours at their own cost or at the scenario's price."""
    serving = plan.workload.serving
    tokens = serving.output_mtok_per_year * plan.table.price_per_mtok_usd if serving and plan.compute.serving else 0.0
    training = plan.compute.training
    if training is None:
        return tokens, 0.0
    if plan.table.training_price_usd_per_device_hour is None:
        return tokens, plan.costs.training
    return tokens, training.devices * HOURS_PER_YEAR * plan.table.training_price_usd_per_device_hour


def _project_figures(
    plan: _Plan, site: SiteResult, ranges: Mapping[str, tuple[float, float, float]]
) -> tuple[dict[str, Value], list[PlanWarning], FloatArray]:
    table = plan.table
    rate, years = table.discount_rate, table.project_years
    revenue = sum(_revenue(plan))
    cash = cash_flow(plan.lines, revenue, rate, years, table.tax_rate)
    annuities = sum(line.annuity_usd_per_year for line in plan.lines)
    value = float(npv(rate, cash))
    factor = present_value_factor(rate, years)
    # Training valued at its own cost earns what it costs, so only the cost of serving moves the value.
    at_cost = table.training_price_usd_per_device_hour is None
    cost, cost_low, cost_high = ranges["serving" if at_cost else "tco_usd_per_year"]
    month = (annuities + max(0.0, revenue - plan.tco)) / MONTHS_PER_YEAR
    figures: dict[str, Value] = {
        "npv_usd": (value, value - factor * (cost_high - cost), value + factor * (cost - cost_low)),
        "revenue_usd_per_year": revenue,
        "cost_of_delay_usd_per_month": month,
        "value_of_earlier_year_usd": month * MONTHS_PER_YEAR,
        "npv_after_wait_usd": value * (1.0 + rate) ** -site.time_to_power_years,
    }
    if plan.compute.design_it_power_mw > 0:
        figures["cost_of_delay_usd_per_month_per_mw"] = month / plan.compute.design_it_power_mw
    warnings: list[PlanWarning] = []
    if at_cost and plan.costs.amortised > 0.0:
        more, warnings = _runs_paid(plan, revenue, value)
        figures.update(more)
    roots = irr_roots(cash)
    if roots:
        figures["irr"] = min(roots, key=lambda root: abs(root - rate))
    else:
        warnings.append(PlanWarning("no-irr", "No internal rate of return between -95 % and 1,000 % exists."))
    if len(roots) > 1:
        listed = ", ".join(f"{root:.4f}" for root in roots)
        warnings.append(PlanWarning("several-irr", f"The payments change sign more than once; rates found: {listed}."))
    optional = {"mirr": mirr(cash, rate, rate), "payback_years": payback_years(cash)}
    figures.update({name: found for name, found in optional.items() if found is not None})
    return figures, warnings, cash


def _runs_paid(plan: _Plan, revenue: float, value: float) -> tuple[dict[str, Value], list[PlanWarning]]:
    """What the project is worth where the tokens sold must pay for the model's own runs too."""
    table = plan.table
    cash = cash_flow(
        plan.lines, revenue - plan.costs.amortised, table.discount_rate, table.project_years, table.tax_rate
    )
    alone = float(npv(table.discount_rate, cash))
    figures: dict[str, Value] = {"npv_runs_paid_usd": alone}
    roots = irr_roots(cash)
    if roots:
        figures["irr_runs_paid"] = min(roots, key=lambda root: abs(root - table.discount_rate))
    if not alone < 0.0 < value:
        return figures, []
    told = (
        "The project pays only if someone pays for its own training runs at cost. Where the tokens sold at "
        f"{table.price_per_mtok_usd:g} USD per million must pay for the runs too, the net present value is "
        f"{alone / 1e6:,.0f} MUSD instead of {value / 1e6:,.0f} MUSD (economics.npv_runs_paid_usd)."
    )
    return figures, [PlanWarning("runs-not-earned", told)]
