"""The outlook as one HTML page that opens offline, without scripts, in the look of the report.

In: an `Outlook`. Out: HTML text.
Leaves out: figures of single draws.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from wattscale.outlook.charts import CHARTS
from wattscale.outlook.hindcast import published_miss
from wattscale.outlook.text import LINES
from wattscale.report.page import FULL_PX, HALF_PX, drawn, environment, style
from wattscale.report.theme import NARROW_PX
from wattscale.report.words import digits

if TYPE_CHECKING:
    import jinja2

    from wattscale.outlook.outlook import Outlook

YEARS = (2025, 2030, 2035, 2040, 2045)


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
        cells.append({"value": digits(mid), "range": f"{digits(low)} to {digits(high)}"})
    return {"title": fan.title, "unit": "" if fan.unit == "1" else fan.unit, "cells": cells}


def _charts(outlook: Outlook) -> list[dict[str, Any]]:
    found = []
    for name, (draw, full) in CHARTS.items():
        spec = draw(outlook, FULL_PX if full else HALF_PX)
        if spec is not None:
            found.append(drawn(spec, draw(outlook, NARROW_PX) if full else None, f"outlook-{name}", full))
    return found
