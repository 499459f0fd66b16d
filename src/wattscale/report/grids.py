"""Tables of the money and effects chapters as text, folded below their figures.

In: a plan. Out: title, head and rows of text, ready for the page; a table without rows is left out.
Leaves out: the tables of other chapters (html.py) and full precision (tables.xlsx).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wattscale.report.tables_impact import carbon_table, concentration_table, disruption_table, job_table, market_table
from wattscale.report.tables_money import contract_table, currency_table, worth_table
from wattscale.report.words import digits, name_for_people, people, scale

if TYPE_CHECKING:
    from wattscale.result import Plan

Grid = dict[str, Any]
DASH = "–"
COMPANY = (
    "debt_usd", "gearing_share", "interest_during_construction_usd", "dscr_min", "equity_irr", "equity_irr_nominal",
    "price_for_target_irr_usd_per_mtok", "price_for_target_irr_runs_paid_usd_per_mtok",
)  # fmt: skip
"""Figures of the project company, in the order of a financier's questions."""


def text_or_dash(value: Any, unit: str, name: str = "") -> str:
    """Write a number for people, a dash for none or zero.

    >>> text_or_dash(2.5e6, "USD"), text_or_dash(float("nan"), "USD"), text_or_dash(0.25, "1", "share")
    ('$2.50 million', '–', '25.0 %')
    """
    return people(float(value), unit, name) if value is not None and value == value and value != 0 else DASH


def worth_grid(plan: Plan) -> Grid:
    """Give what the project is worth by who pays for training."""
    rows = [
        [
            view, people(row["npv_usd"], "USD"),
            scale(row["npv_usd"], "USD").span(row["low_usd"], row["high_usd"]) if row["low_usd"] == row["low_usd"]
            and row["low_usd"] is not None else DASH,
            text_or_dash(row["irr_share"], "1", "irr"),
        ]
        for view, row in worth_table(plan).iterrows()
    ]  # fmt: skip
    head = ["Who pays for training", "Net present value", "Range", "Internal rate of return, real"]
    return {"title": "What the project is worth, before debt and by who pays for training", "head": head, "rows": rows}


def company_grid(plan: Plan) -> Grid:
    """Give debt, cover and return of the project company, in nominal money but for the real return."""
    rows = []
    for name in COMPANY:
        figure = plan.figures.get(f"economics.{name}")
        if figure is not None:
            rows.append([figure.title, people(figure.value, figure.unit, figure.name)])
    return {
        "title": "The project company: debt, cover and the owners' return",
        "head": ["Figure", "Value"],
        "rows": rows,
    }


def contract_grid(plan: Plan) -> Grid:
    """Give contracts and hedges of the plan, and what others would do."""
    rows = [
        [
            str(name)[:1].upper() + str(name)[1:], "in the plan" if row["standing"] == "plan" else "an option",
            text_or_dash(row["volume_mwh"], "MWh"), text_or_dash(row["price_usd_per_mwh"], "USD/MWh"),
            text_or_dash(row["settlement_usd_per_year"], "USD"), text_or_dash(row["premium_usd_per_year"], "USD"),
            text_or_dash(row["risk_removed_share"], "1", "share"), text_or_dash(row["premium_per_cvar"], "USD"),
        ]
        for name, row in contract_table(plan).iterrows()
    ]  # fmt: skip
    head = [
        "Contract", "Standing", "Volume a year", "Price", "Settlement a year", "Mean premium a year",
        "Price risk removed", "Premium per dollar of risk removed",
    ]  # fmt: skip
    return {"title": "Power contracts and hedges", "head": head, "rows": rows}


def currency_grid(plan: Plan) -> Grid:
    """Give the headline figures in the reporting currency."""
    code = plan.scenario.economics.currency
    rows = [
        [str(title), row["per"] or DASH, people(row["usd"], "USD"), people(row[code], "currency")]
        for title, row in currency_table(plan).iterrows()
    ]
    rate = plan.figures.get("economics.currency_per_usd")
    told = f", at {digits(rate.value)} {code} per USD, the mean of 2024" if rate is not None else ""
    return {"title": f"In {code}{told}", "head": ["Figure", "Per", "USD", code], "rows": rows}


def carbon_grid(plan: Plan) -> Grid:
    """Give the greenhouse-gas statement of a year."""
    rows = [
        [
            f"Scope {scope}", row["source"], text_or_dash(row["energy_mwh"], "MWh"),
            text_or_dash(row["factor_kg_per_mwh"], "kg/MWh"), people(row["carbon_t"], "t"), row["basis"],
        ]
        for scope, row in carbon_table(plan).iterrows()
    ]  # fmt: skip
    head = ["Scope and method", "Source", "Energy a year", "Factor", "CO₂", "Basis"]
    title = "Greenhouse-gas statement of a year, ready for reporting (methods of scope 2 are not to be added up)"
    return {"title": title, "head": head, "rows": rows}


def job_grid(plan: Plan) -> Grid:
    """Give jobs by phase and round."""
    rows = [
        [
            f"{name_for_people(str(phase))} [{row['unit']}]", row["basis"],
            *(text_or_dash(row[each], "1") for each in ("direct", "indirect", "induced", "gross")),
            people(row["displaced_share"], "1", "share"), text_or_dash(row["net"], "1"),
        ]
        for phase, row in job_table(plan).iterrows()
        if row["gross"] > 0
    ]  # fmt: skip
    head = ["Phase", "Basis", "Direct", "Indirect", "Induced", "Gross", "Would exist anyway", "Net"]
    return {"title": "Jobs by phase, each from one source alone", "head": head, "rows": rows}


def market_grid(plan: Plan) -> Grid:
    """Give capital by market segment with the total."""
    rows = [
        [name_for_people(str(segment)), people(row["capital_usd"], "USD"), people(row["share"], "1", "share")]
        for segment, row in market_table(plan).iterrows()
    ]
    return {"title": "Capital by market segment", "head": ["Segment", "Capital", "Share"], "rows": rows}


def concentration_grid(plan: Plan) -> Grid:
    """Give how concentrated the supply chain behind the plan is."""
    rows = [
        [
            str(stage), digits(row["herfindahl_share"]), digits(row["effective number"]), row["largest"],
            people(row["largest_share"], "1", "share"),
        ]
        for stage, row in concentration_table(plan).iterrows()
    ]  # fmt: skip
    head = ["Stage", "Herfindahl index", "As many as equal shares", "Largest", "Its share"]
    return {"title": "Concentration of the supply chain behind the plan", "head": head, "rows": rows}


def disruption_grid(plan: Plan) -> Grid:
    """Give the disruptions that can strike the plan; their odds are judged, and the title says so."""
    rows = [
        [
            str(title), people(row["probability_share"], "1", "share"),
            scale(row["probability_share"], "1", "share").span(
                row["probability_low_share"], row["probability_high_share"]
            ),
            f"{digits(12 * row['output_lost_years'])} months", people(row["loss_usd"], "USD"),
            text_or_dash(row["expected_usd_per_year"], "USD"), people(row["at_least_share"], "1", "share"),
        ]
        for title, row in disruption_table(plan).iterrows()
    ]  # fmt: skip
    head = [
        "Disruption",
        "Odds in a year, judged",
        "Range of the odds",
        "Output lost",
        "Loss",
        "Expected loss a year",
        "Odds of such a loss or larger",
    ]
    title = "Disruptions that can strike the plan: the odds are judgements, not statistics"
    return {"title": title, "head": head, "rows": rows}


MONEY: tuple[Callable[[Plan], Grid], ...] = (worth_grid, company_grid, contract_grid, currency_grid)
"""Tables of the economics chapter, below the cost lines."""
EFFECTS: tuple[Callable[[Plan], Grid], ...] = (
    carbon_grid, job_grid, market_grid, concentration_grid, disruption_grid,
)  # fmt: skip
"""Tables of the impact chapter."""
