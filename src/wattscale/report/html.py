"""The report: one HTML file that opens offline, without scripts and without a request to anywhere.

In: a plan. Out: HTML text; charts as inline SVG, style inside, light and dark, for page, phone and paper.
Leaves out: interaction (the web app) and full precision (tables.xlsx, plan.json).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wattscale.catalog.specs import spec_of
from wattscale.report.basis import Basis, bases_of, confidence_counts
from wattscale.report.charts import CHARTS, chart, charts_of_stage
from wattscale.report.compare_page import side_by_side
from wattscale.report.cooling import cooling_options
from wattscale.report.glossary import GLOSSARY
from wattscale.report.grids import EFFECTS, MONEY, text_or_dash
from wattscale.report.page import FULL_PX, HALF_PX, drawn, environment, style
from wattscale.report.story import story
from wattscale.report.tables import (
    assumption_table,
    capacity_table,
    cost_table,
    for_people,
    full_title,
    headline_figures,
    is_key,
    place_name,
    source_table,
)
from wattscale.report.theme import NARROW_PX
from wattscale.report.words import STAGES, name_for_people, people, round_words, scale

if TYPE_CHECKING:
    from wattscale.result import Plan, PlanFigure


FIRST_CALENDAR_YEAR = 1900
"""A number of years beyond this is a date, not a duration."""
SHOWN_SOURCES = 40
"""Sources that stand open, the weakest; the others are folded below them."""


def report_html(plan: Plan, others: Sequence[Plan] = ()) -> str:
    """Write the report of a plan.

    Args:
        plan: The plan.
        others: Plans to compare it with in a chapter of their own.

    Returns:
        A complete HTML page, below 3 MB, that needs nothing else.
    """
    bases = bases_of(plan)
    return environment().get_template("report.html.j2").render(
        plan=plan,
        scenario=plan.scenario,
        place=place_name(plan),
        paragraphs=story(plan),
        headlines=[figure_row(f, bases[f.name]) for f in headline_figures(plan)],
        front=_charts(plan, "plan"),
        chapters=[_chapter(plan, stage, bases) for stage in STAGES],
        comparison=side_by_side([plan, *others]) if others else None,
        assumptions=_assumptions(plan),
        sources=source_table(plan).reset_index().to_dict("records"),
        shown_sources=SHOWN_SOURCES,
        counts=confidence_counts(plan),
        glossary=GLOSSARY,
        **style(),
    )  # fmt: skip


def figure_row(figure: PlanFigure, basis: Basis) -> dict[str, Any]:
    """Give what a page shows of a figure: value, range, place of the value in it, badge, equation, inputs."""
    spec = spec_of(figure.name)
    value, span = for_people(figure)
    shown = scale(figure.value, figure.unit, figure.name, figure.low == figure.high)
    low, high = min(figure.low, figure.value), max(figure.high, figure.value)
    return {
        "name": figure.name, "title": full_title(figure), "value": value, "span": span,
        "number": shown.number(figure.value), "unit": shown.after.strip(),
        "ends": shown.ends(figure.low, figure.high) if span else "",
        "place": round(100 * (figure.value - low) / (high - low), 1) if span and high > low else None,
        "badge": basis.weakest, "badge_text": basis.badge, "basis": basis.words,
        "equation": spec.equation if spec else "",
        "inputs": ", ".join(spec.inputs) if spec else "", "source": spec.source if spec else "",
    }  # fmt: skip


def _charts(plan: Plan, stage: str) -> list[dict[str, Any]]:
    found = []
    for name in charts_of_stage(stage):
        full, scrolls = CHARTS[name].full, CHARTS[name].scrolls
        spec = chart(plan, name, FULL_PX if full else HALF_PX)
        if spec is not None:
            narrow = chart(plan, name, NARROW_PX) if full and not scrolls else None
            found.append(drawn(spec, narrow, name, full, scrolls))
    return found


def _chapter(plan: Plan, stage: str, bases: Mapping[str, Basis]) -> dict[str, Any]:
    mine = [f for f in plan.figures.values() if f.name.startswith(f"{stage}.")]
    shown = [f for f in mine if is_key(f.name)] or mine
    warnings = getattr(plan, stage).warnings
    code = plan.scenario.economics.currency

    def row(figure: PlanFigure) -> dict[str, Any]:
        made = figure_row(figure, bases[figure.name])
        return {**made, "title": made["title"].replace("the reporting currency", code)}

    return {
        "stage": stage, "title": name_for_people(stage), "question": STAGES[stage],
        "figures": [row(f) for f in shown], "more": [row(f) for f in mine if f not in shown],
        "grids": [grid for grid in (make(plan) for make in GRIDS.get(stage, ())) if grid["rows"]],
        "charts": _charts(plan, stage), "warnings": warnings,
    }  # fmt: skip


def _cost_grid(plan: Plan) -> dict[str, Any]:
    """Give the cost lines as text: part, segment, capital, life, a year's annuity, running cost and range."""
    rows = [
        [
            name_for_people(str(part)), name_for_people(row["segment"]), text_or_dash(row["capital_usd"], "USD"),
            text_or_dash(row["life_years"], "year"), text_or_dash(row["annuity_usd_per_year"], "USD"),
            text_or_dash(row["running_usd_per_year"], "USD"), people(row["total_usd_per_year"], "USD"),
            scale(row["total_usd_per_year"], "USD").span(row["low_usd_per_year"], row["high_usd_per_year"]),
        ]
        for part, row in cost_table(plan).iterrows()
    ]  # fmt: skip
    head = ["Part", "Segment", "Capital", "Life", "Annuity a year", "Running a year", "Total a year", "Range"]
    return {"title": f"{len(rows)} cost lines", "head": head, "rows": rows}


def _capacity_grid(plan: Plan) -> dict[str, Any]:
    """Give what is built or connected as text: power, storage, energy, capacity factor, curtailment, capital."""
    rows = [
        [
            name_for_people(str(name)), text_or_dash(row["capacity_mw"], "MW"), text_or_dash(row["storage_mwh"], "MWh"),
            text_or_dash(row["energy_mwh"], "MWh"), text_or_dash(row["capacity_factor_share"], "1", "share"),
            text_or_dash(row["curtailed_mwh"], "MWh"), text_or_dash(row["capital_usd"], "USD"),
        ]
        for name, row in capacity_table(plan).iterrows()
    ]  # fmt: skip
    head = ["Source", "Capacity", "Storage", "Energy a year", "Capacity factor", "Curtailed a year", "Capital"]
    return {"title": "Capacity and energy by source", "head": head, "rows": rows}


def _cooling_grid(plan: Plan) -> dict[str, Any]:
    """Give every cooling technology for this place and load as text, cheapest first."""
    rows = [
        [
            f"{o.title} (this plan)" if o.cooling == plan.facility.cooling else o.title,
            f"{o.pue:.3f}", f"{o.tue:.3f}", f"{o.wue_l_per_kwh:.2f}", people(o.energy_mwh, "MWh"),
            people(o.water_m3, "m3"), people(o.peak_mw, "MW"), people(o.cost_usd_per_year, "USD"),
            f"{o.rack_limit_kw:.0f} kW" + ("" if o.feasible else ", too low here"),
        ]
        for o in cooling_options(plan)
    ]  # fmt: skip
    head = ["Technology", "PUE", "TUE", "WUE [L/kWh]", "Energy a year", "Water a year", "Peak", "Cost a year", "Rack"]
    return {"title": "Every cooling technology for the same computing at this place", "head": head, "rows": rows}


GRIDS: dict[str, tuple[Callable[[Plan], dict[str, Any]], ...]] = {
    "facility": (_cooling_grid,),
    "supply": (_capacity_grid,),
    "economics": (_cost_grid, *MONEY),
    "impact": EFFECTS,
}
"""Tables that a chapter folds below its figures."""


def _assumptions(plan: Plan) -> list[tuple[str, list[dict[str, Any]]]]:
    """Give the assumptions as text, by table in chain order."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for row in assumption_table(plan.scenario).reset_index().to_dict("records"):
        key = str(row["key"])
        is_choice = row["source"] == "scenario" and row["kind"] == "default"
        tables.setdefault(key.partition(".")[0], []).append(
            {
                "key": key, "title": row["title"], "value": _input_text(key, row), "kind": row["kind"],
                "confidence": "" if is_choice else row["confidence"],
                "source": "a choice" if is_choice else row["source"],
            }
        )  # fmt: skip
    return list(tables.items())


def _input_text(key: str, row: Mapping[Hashable, Any]) -> str:
    value, unit = row["value"], str(row["unit"])
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    if unit == "year" and float(value).is_integer() and value > FIRST_CALENDAR_YEAR:
        return f"{value:.0f}"
    shown = scale(float(value), unit, key, row["kind"] != "range")
    span = f" ({shown.span(float(row['low']), float(row['high']))})" if row["kind"] == "range" else ""
    return round_words(shown.text(float(value)) + span)
