"""All charts of a plan by name: the one place from which report, app and notebook take them.

In: a plan, the name of a chart, a width. Out: one Vega-Lite spec, or None where the plan has nothing to draw.
Leaves out: drawing (svg.py on paper and offline, Vega in the browser).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattscale.errors import InputError, did_you_mean
from wattscale.report import charts_market as market
from wattscale.report import charts_money as money
from wattscale.report import charts_power as power
from wattscale.report import charts_year as year
from wattscale.report.flow import energy_flow_chart
from wattscale.report.theme import DARK, LIGHT, NARROW_PX, WIDE_PX, Spec, in_mode

if TYPE_CHECKING:
    from wattscale.result import Plan

__all__ = ["CHARTS", "DARK", "LIGHT", "NARROW_PX", "WIDE_PX", "Chart", "Spec", "chart", "charts_of_stage", "in_mode"]


@dataclass(frozen=True)
class Chart:
    """A chart that a plan may have.

    Attributes:
        stage: Chapter it belongs to; `plan` for the first page.
        draw: Plan and width [px] to spec.
        full: Takes the whole width of a page; the others stand side by side.
        scrolls: Is scrolled sideways on a phone; other full ones are drawn once more for it.
    """

    stage: str
    draw: Callable[[Plan, int], Spec | None]
    full: bool = False
    scrolls: bool = False


CHARTS: dict[str, Chart] = {
    "energy_flow": Chart("plan", energy_flow_chart, full=True, scrolls=True),
    "cost_by_segment": Chart("plan", money.cost_by_segment, full=True),
    "ranges": Chart("plan", money.ranges, full=True),
    "it_power_week": Chart("compute", power.it_power_week),
    "time_shares": Chart("compute", money.time_shares),
    "temperature_by_month": Chart("site", year.temperature_by_month),
    "price_by_hour": Chart("site", year.price_by_hour),
    "heat_map_power": Chart("facility", year.heat_map_power, full=True, scrolls=True),
    "heat_map_pue": Chart("facility", year.heat_map_pue, full=True, scrolls=True),
    "pue_by_month": Chart("facility", year.pue_by_month),
    "water_by_month": Chart("facility", year.water_by_month),
    "capacities": Chart("supply", money.capacities),
    "supply_cost": Chart("supply", money.supply_cost),
    "typical_week": Chart("supply", power.typical_week, full=True, scrolls=True),
    "hardest_week": Chart("supply", power.hardest_week, full=True, scrolls=True),
    "heat_map_cfe": Chart("supply", year.heat_map_cfe, full=True, scrolls=True),
    "monthly_energy": Chart("supply", power.monthly_energy),
    "load_duration": Chart("supply", power.load_duration),
    "cost_by_part": Chart("economics", money.cost_by_part, full=True),
    "cash_flow": Chart("economics", money.cash_flow, full=True),
    "carbon_by_month": Chart("impact", money.carbon_by_month),
    "embodied": Chart("impact", money.embodied),
    "jobs": Chart("impact", money.jobs),
    "jobs_by_round": Chart("impact", market.jobs),
    "market": Chart("impact", market.market, full=True),
}
"""Charts by name, in the order of the report."""


def chart(plan: Plan, name: str, width: int = WIDE_PX) -> Spec | None:
    """Make one chart of a plan.

    Args:
        plan: The plan.
        name: A key of `CHARTS`.
        width: Width with axes and legends [px]; `WIDE_PX` for a page, `NARROW_PX` for a phone.

    Returns:
        A Vega-Lite spec with inline data, title and caption inside; None where the plan has nothing to draw.

    Raises:
        InputError: No such chart.
    """
    if name not in CHARTS:
        raise InputError(
            "no such chart", where="chart", value=name, allowed=", ".join(CHARTS), hint=did_you_mean(name, CHARTS)
        )
    return CHARTS[name].draw(plan, width)


def charts_of_stage(stage: str) -> list[str]:
    """List the charts of a chapter.

    >>> charts_of_stage("site")
    ['temperature_by_month', 'price_by_hour']
    """
    return [name for name, each in CHARTS.items() if each.stage == stage]
