"""What the project is worth: revenue, cash flow, net present value, delay.

In: a costed plan, its wait for power, the range of its cost. Out: figures, warnings, yearly payments.
Leaves out: the project company with its debt (company.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wattscale.annuity import present_value_factor
from wattscale.compute.result import ComputeResult
from wattscale.economics.cashflow import cash_flow
from wattscale.economics.finance import irr_roots, mirr, npv, payback_years
from wattscale.economics.result import CostLine
from wattscale.economics.tokens import TokenCosts
from wattscale.economics.waiting import MONTHS_PER_YEAR, PowerWait
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.economics import EconomicsTable
from wattscale.units import HOURS_PER_YEAR, FloatArray
from wattscale.workload.result import WorkloadResult


@dataclass(frozen=True)
class CostedPlan:
    """What the parts of the stage share.

    Attributes:
        table: Scenario table.
        workload, compute: Results of the stages.
        lines: Cost lines with ranges.
        costs: The yearly cost split by purpose.
        energy_mwh: Energy served in a year [MWh].
        electricity_usd: Cost of it with contracts [USD/year].
    """

    table: EconomicsTable
    workload: WorkloadResult
    compute: ComputeResult
    lines: tuple[CostLine, ...]
    costs: TokenCosts
    energy_mwh: float
    electricity_usd: float

    @property
    def tco(self) -> float:
        """Total cost of ownership [USD/year]."""
        return sum(line.total_usd_per_year for line in self.lines)

    @property
    def capital(self) -> float:
        """Overnight capital [USD]."""
        return sum(line.capital_usd for line in self.lines)

    @property
    def running(self) -> float:
        """Running cost [USD/year]."""
        return sum(line.running_usd_per_year for line in self.lines)


def revenues(plan: CostedPlan) -> tuple[float, float]:
    """Give the yearly revenue of tokens, and of training device-hours at their own cost or at the scenario's price.

    Args:
        plan: The costed plan.

    Returns:
        Revenue of tokens and of training [USD/year].
    """
    serving = plan.workload.serving
    tokens = serving.output_mtok_per_year * plan.table.price_per_mtok_usd if serving and plan.compute.serving else 0.0
    training = plan.compute.training
    if training is None:
        return tokens, 0.0
    if plan.table.training_price_usd_per_device_hour is None:
        return tokens, plan.costs.training
    return tokens, training.devices * HOURS_PER_YEAR * plan.table.training_price_usd_per_device_hour


def project_figures(
    plan: CostedPlan, wait: PowerWait, ranges: Mapping[str, tuple[float, float, float]]
) -> tuple[dict[str, Value], list[PlanWarning], FloatArray]:
    """Give what the project is worth before debt.

    Args:
        plan: The costed plan.
        wait: The wait for power that holds for it.
        ranges: Value, low and high of the yearly cost, of serving and in all [USD/year].

    Returns:
        Figures, warnings, and yearly payments from year 0 on [USD].

    Source: `finance.npv`, `cashflow.cash_flow`.
    """
    table = plan.table
    rate, years = table.discount_rate, table.project_years
    revenue = sum(revenues(plan))
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
    }
    if not wait.unknown:
        figures |= {"time_to_power_years": wait.years, "npv_after_wait_usd": value * (1.0 + rate) ** -wait.years[0]}
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


def _runs_paid(plan: CostedPlan, revenue: float, value: float) -> tuple[dict[str, Value], list[PlanWarning]]:
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
