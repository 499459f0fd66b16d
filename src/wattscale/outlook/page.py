"""The outlook as one HTML page that opens offline, without scripts, in the look of the report.

In: an `Outlook`. Out: HTML text.
Leaves out: figures of single draws.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from wattscale.outlook.charts import CHARTS
from wattscale.outlook.hindcast import published_miss
from wattscale.outlook.summary import shown
from wattscale.outlook.text import LINES
from wattscale.outlook.years import FUTURE
from wattscale.report.page import FULL_PX, HALF_PX, drawn, environment, style
from wattscale.report.theme import NARROW_PX
from wattscale.report.words import digits

if TYPE_CHECKING:
    import jinja2

    from wattscale.outlook.outlook import Outlook

YEARS = (2025, 2030, 2035, 2040, 2045)
COMPARED = (
    ("electricity_twh", 2030), ("electricity_twh", 2035), ("ai_share", 2035), ("unmet_share", 2030),
    ("investment_usd", 2030), ("co2_mt", 2035),
)  # fmt: skip
COMPARED_TITLES = {
    "electricity_twh": "TWh", "ai_share": "Share of AI", "unmet_share": "Unmet", "investment_usd": "1e9 USD",
    "co2_mt": "Mt CO2",
}  # fmt: skip
"""Figures that scenarios are set side by side by, and their short names."""


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    shared = environment()
    own = jinja2.PackageLoader("wattscale.outlook", "templates")
    assert shared.loader is not None
    return shared.overlay(loader=jinja2.ChoiceLoader([own, shared.loader]))


def outlook_html(outlook: Outlook) -> str:
    """Write the page of an outlook.

    Returns:
        A complete HTML page that needs nothing else.
    """
    from wattscale.catalog import load_catalog
    from wattscale.outlook.outlook import CONDITIONAL

    template = _environment().get_template("outlook.html.j2")
    return template.render(
        version=outlook.version,
        asked=outlook.asked,
        plan=outlook.units.plan,
        reading=CONDITIONAL,
        years=YEARS,
        rows=[_row(outlook, name) for name in LINES],
        need=_need(outlook),
        scenarios=_scenarios(outlook) if len(outlook.compared) > 1 else [],
        scenario_heads=[f"{COMPARED_TITLES[figure]} {year}" for figure, year in COMPARED],
        charts=_charts(outlook),
        break_evens=[b.to_dict() for b in outlook.break_evens],
        drivers=[d.to_dict() for d in outlook.drivers],
        scores=[s.to_dict() for s in outlook.scores],
        breaks=outlook.breaks,
        miss=published_miss(load_catalog()),
        rebound=outlook.rebound,
        published=list(load_catalog().rows("outlook_published")),
        digits=digits,
        **style(),
    )


def _row(outlook: Outlook, name: str) -> dict[str, Any]:
    fan = outlook.figures[f"outlook.{name}"]
    cells = []
    for year in YEARS:
        low, mid, high = fan.at(year)
        low_text, mid_text, high_text = (shown(f"outlook.{name}", x) for x in (low, mid, high))
        cells.append({"value": mid_text, "range": f"{low_text} to {high_text}"})
    return {"title": fan.title, "unit": "" if fan.unit == "1" else fan.unit, "cells": cells}


def _need(outlook: Outlook) -> str:
    """Say how much investment adds up to, in a sentence."""
    parts = [
        f"{digits(mid)} ({digits(low)} to {digits(high)}) by {year}"
        for year, (low, mid, high) in outlook.investment_need.items()
    ]
    return f"From {FUTURE[0]} on investment adds up, in trillion USD, to {', '.join(parts)}."


def _scenarios(outlook: Outlook) -> list[dict[str, Any]]:
    """Give one row per scenario and shock: name and figures of 2030 and 2035."""
    found = []
    for name, years in outlook.compared.items():
        cells = []
        for figure, year in COMPARED:
            low, mid, high = (shown(f"outlook.{figure}", x) for x in years[year][figure])
            cells.append({"value": mid, "range": f"{low} to {high}"})
        found.append({"name": name.removeprefix("Base, "), "cells": cells})
    return found


def _charts(outlook: Outlook) -> list[dict[str, Any]]:
    found = []
    for name, (draw, full) in CHARTS.items():
        spec = draw(outlook, FULL_PX if full else HALF_PX)
        if spec is not None:
            found.append(drawn(spec, draw(outlook, NARROW_PX) if full else None, f"outlook-{name}", full))
    return found
