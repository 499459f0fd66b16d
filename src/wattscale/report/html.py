"""The report: one HTML file that opens offline, without scripts and without a request to anywhere.

In: a plan. Out: HTML text; charts as inline SVG, style inside, light and dark, for page, phone and paper.
Leaves out: interaction (the web app) and full precision (tables.xlsx, plan.json).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from wattscale.catalog.specs import spec_of
from wattscale.report.basis import basis_of, confidence_counts
from wattscale.report.charts import CHARTS, chart, charts_of_stage
from wattscale.report.glossary import GLOSSARY
from wattscale.report.palette import CONFIDENCE
from wattscale.report.story import story
from wattscale.report.svg import render
from wattscale.report.tables import (
    assumption_table,
    for_people,
    full_title,
    headline_figures,
    is_key,
    place_name,
    source_table,
)
from wattscale.report.theme import DARK, LIGHT, NARROW_PX
from wattscale.report.words import STAGES, name_for_people, people, scale

if TYPE_CHECKING:
    import jinja2

    from wattscale.result import Plan, PlanFigure

FULL_PX, HALF_PX = 980, 430
"""Width of a chart across the page, and of one of two side by side, which a phone shows as it is [px]."""
DARK_BADGES = {
    "measured": "#4fd1a5",
    "published": "#6cb8f0",
    "secondary": "#a9b3f7",
    "estimated": "#f0b35a",
    "unverified": "#ff8099",
}
"""Badge colours that are legible on a dark ground."""
MARKS = {"measured": "●", "published": "◕", "secondary": "◑", "estimated": "◔", "unverified": "○"}
"""Sign of each confidence, so that no badge speaks by colour alone."""


def report_html(plan: Plan) -> str:
    """Write the report of a plan.

    Args:
        plan: The plan.

    Returns:
        A complete HTML page, below 3 MB, that needs nothing else.
    """
    return environment().get_template("report.html.j2").render(
        plan=plan,
        scenario=plan.scenario,
        place=place_name(plan),
        paragraphs=story(plan),
        headlines=[figure_row(plan, f) for f in headline_figures(plan)],
        front=_charts(plan, "plan"),
        chapters=[_chapter(plan, stage) for stage in STAGES],
        assumptions=_assumptions(plan),
        sources=source_table(plan).reset_index().to_dict("records"),
        counts=confidence_counts(plan),
        glossary=GLOSSARY,
        **style(),
    )  # fmt: skip


@cache
def environment() -> jinja2.Environment:
    """Give the template engine with the package's templates, every value escaped."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("wattscale.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["people"] = lambda value, unit="1", name="": people(float(value), unit, name)
    made.filters["named"] = name_for_people
    return made


def style() -> dict[str, Any]:
    """Give the colours that every page of the report needs."""
    return {"light": LIGHT, "dark": DARK, "badges": CONFIDENCE, "dark_badges": DARK_BADGES, "marks": MARKS}


def figure_row(plan: Plan, figure: PlanFigure) -> dict[str, Any]:
    """Give what a page shows of a figure: value, range, place of the value in it, badge, equation, inputs."""
    spec, basis = spec_of(figure.name), basis_of(plan, figure.name)
    value, span = for_people(figure)
    shown = scale(figure.value, figure.unit, figure.name)
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


def drawn(spec: dict[str, Any], narrow: dict[str, Any] | None, name: str, full: bool) -> dict[str, Any]:
    """Draw a chart for the page and, where a spec is given, once more for the phone."""
    meta = spec["usermeta"]
    return {
        "name": name, "title": meta["title"], "caption": meta["caption"], "full": full,
        "keeps": name == "energy_flow",
        "reading": meta["reading"], "wide": render(spec, f"{name}-w"),
        "narrow": render(narrow, f"{name}-n") if narrow else "",
    }  # fmt: skip


def _charts(plan: Plan, stage: str) -> list[dict[str, Any]]:
    found = []
    for name in charts_of_stage(stage):
        full = CHARTS[name].full
        spec = chart(plan, name, FULL_PX if full else HALF_PX)
        if spec is not None:
            narrow = chart(plan, name, NARROW_PX) if full and name != "energy_flow" else None
            found.append(drawn(spec, narrow, name, full))
    return found


def _chapter(plan: Plan, stage: str) -> dict[str, Any]:
    mine = [f for f in plan.figures.values() if f.name.startswith(f"{stage}.")]
    shown = [f for f in mine if is_key(f.name)] or mine
    warnings = getattr(plan, stage).warnings
    return {
        "stage": stage, "title": name_for_people(stage), "question": STAGES[stage],
        "figures": [figure_row(plan, f) for f in shown],
        "more": [figure_row(plan, f) for f in mine if f not in shown],
        "charts": _charts(plan, stage), "warnings": warnings,
    }  # fmt: skip


def _assumptions(plan: Plan) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for key, row in assumption_table(plan.scenario).iterrows():
        value, unit = row["value"], str(row["unit"])
        if isinstance(value, bool):
            text = "yes" if value else "no"
        elif isinstance(value, int | float):
            shown = scale(float(value), unit, str(key))
            is_label = unit == "year" and float(value).is_integer() and value > 1900
            text = f"{value:.0f}" if is_label else shown.text(float(value))
            if row["kind"] == "range":
                text += f" ({shown.span(float(row['low']), float(row['high']))})"
        else:
            text = str(value)
        rows.append({"key": str(key), "table": str(key).partition(".")[0], "title": row["title"], "value": text,
                     "kind": row["kind"], "confidence": row["confidence"], "source": row["source"]})  # fmt: skip
    return rows
