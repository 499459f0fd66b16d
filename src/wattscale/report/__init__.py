"""The report of a plan: page, workbook, hourly table, terminal screen, notebook card, charts and comparisons.

In: plans. Out: text and bytes, nothing is written here. The modules load pandas, jinja2 and vl-convert when used.
Leaves out: making the plan (chain.py) and serving it (web).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from wattscale.report.notebook import ChartView
    from wattscale.report.theme import Spec
    from wattscale.result import Plan
    from wattscale.scenario.schema import Scenario

__all__ = [
    "chart",
    "chart_names",
    "compare_html",
    "compare_summary",
    "compare_table",
    "figure_table",
    "hourly_csv",
    "inputs_that_differ",
    "plan_card",
    "plan_summary",
    "report_html",
    "show",
    "tables_xlsx",
]


def report_html(plan: Plan, others: Sequence[Plan] = ()) -> str:
    """Write the report: one HTML page that opens offline; with `others` it has a chapter that compares."""
    from wattscale.report import html

    return html.report_html(plan, others)


def tables_xlsx(plan: Plan, hourly: bool = False) -> bytes:
    """Write the workbook; with `hourly` it has a sheet of 8,760 rows too."""
    from wattscale.report import spreadsheet

    return spreadsheet.tables_xlsx(plan, hourly)


def hourly_csv(plan: Plan) -> str:
    """Write the hourly year as CSV: `time_utc` and one column per series, units in the names, ten digits."""
    text: str = plan.hourly().to_csv(date_format="%Y-%m-%dT%H:%MZ", float_format="%.10g", lineterminator="\n")
    return text


def figure_table(plan: Plan) -> pd.DataFrame:
    """Give every figure at full precision: title, value, low, high, unit, weakest input, equation."""
    from wattscale.report import tables

    return tables.figure_table(plan)


def plan_card(plan: Plan) -> str:
    """Write the card that a notebook shows."""
    from wattscale.report import notebook

    return notebook.plan_card(plan)


def plan_summary(plan: Plan, width: int | None = None, colour: bool | None = None) -> str:
    """Write the terminal screen of a plan."""
    from wattscale.report import terminal

    return terminal.plan_summary(plan, width, colour)


def compare_summary(plans: Sequence[Plan], width: int | None = None, colour: bool | None = None) -> str:
    """Write the terminal screen of plans side by side."""
    from wattscale.report import terminal

    return terminal.compare_summary(plans, width, colour)


def compare_table(plans: Sequence[Plan]) -> pd.DataFrame:
    """Lay the figures of plans side by side, with the differences from the first."""
    from wattscale.report import compare

    return compare.compare_table(plans)


def compare_html(plans: Sequence[Plan]) -> str:
    """Write the comparison of plans as one HTML page that opens offline."""
    from wattscale.report import compare_page

    return compare_page.compare_html(plans)


def inputs_that_differ(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """List the scenario keys whose values differ."""
    from wattscale.report import compare

    return compare.inputs_that_differ(scenarios)


def chart(plan: Plan, name: str, width: int = 720) -> Spec | None:
    """Make one chart as a Vega-Lite spec, `width` px wide; None where the plan has nothing to draw."""
    from wattscale.report import charts

    return charts.chart(plan, name, width)


def show(plan: Plan, name: str, width: int = 720) -> ChartView | None:
    """Show one chart in a notebook: Vega-Lite where it is drawn, else a still picture."""
    from wattscale.report import notebook

    return notebook.show(plan, name, width)


def chart_names() -> list[str]:
    """List the charts in the order of the report.

    >>> chart_names()[0]
    'energy_flow'
    """
    from wattscale.report.charts import CHARTS

    return list(CHARTS)
