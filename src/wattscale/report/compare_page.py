"""The comparison of plans as one HTML page that opens offline, without scripts.

In: two or more plans. Out: HTML text in the look of the report.
Leaves out: the chapters of each plan; their own reports have them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wattscale.errors import InputError
from wattscale.report.charts_compare import COMPARISONS, PLAN_COLOURS
from wattscale.report.compare import input_text, inputs_that_differ, plan_names
from wattscale.report.page import FULL_PX, HALF_PX, drawn, environment, style
from wattscale.report.tables import HEADLINES, full_title
from wattscale.report.theme import NARROW_PX
from wattscale.report.words import STAGES, change_text, name_for_people, scale

if TYPE_CHECKING:
    from wattscale.result import Plan


def compare_html(plans: Sequence[Plan]) -> str:
    """Write the comparison of plans.

    Args:
        plans: Two or more plans; the others are measured against the first.

    Returns:
        A complete HTML page that needs nothing else.

    Raises:
        InputError: Fewer than two plans.
    """
    if len(plans) < 2:
        raise InputError("a comparison needs at least two plans", where="compare", value=len(plans), allowed=">= 2")
    keys = list(dict.fromkeys(key for plan in plans for key in plan.figures))
    chapters = [
        {"title": name_for_people(stage), "rows": rows}
        for stage in STAGES
        if (rows := [_row(plans, key) for key in keys if key.startswith(f"{stage}.")])
    ]
    template = environment().get_template("compare.html.j2")
    return template.render(version=plans[0].version, chapters=chapters, **side_by_side(plans), **style())


def side_by_side(plans: Sequence[Plan]) -> dict[str, Any]:
    """Give what a page shows of plans side by side: names, colours, headline figures, inputs, charts."""
    names = plan_names([plan.scenario for plan in plans])
    differing = inputs_that_differ([plan.scenario for plan in plans])
    return {
        "names": names,
        "tints": [PLAN_COLOURS[i % len(PLAN_COLOURS)] for i in range(len(names))],
        "headlines": [_row(plans, key) for key in HEADLINES if any(key in plan.figures for plan in plans)],
        "inputs": [{"key": key, "title": row["title"], "values": [input_text(row[n]) for n in names]}
                   for key, row in differing.iterrows()],
        "charts": _charts(plans),
    }  # fmt: skip


def _row(plans: Sequence[Plan], key: str) -> dict[str, Any]:
    """Give a figure's value in each plan, with its change from the first; all in the unit of the largest."""
    found = [plan.figures.get(key) for plan in plans]
    about = next(f for f in found if f is not None)
    exact = all(f is None or f.low == f.high for f in found)
    shown = scale(max((f.value for f in found if f is not None), key=abs), about.unit, key, exact)
    first = found[0]
    cells = [
        {
            "value": shown.text(f.value) if f else "–",
            "range": shown.ends(f.low, f.high) if f and f.high > f.low else "",
            "change": change_text(first.value, f.value, f.unit, key) if place and f and first else "",
        }
        for place, f in enumerate(found)
    ]
    return {"name": key, "title": full_title(about), "cells": cells}


def _charts(plans: Sequence[Plan]) -> list[dict[str, Any]]:
    found = []
    for name, (draw, full) in COMPARISONS.items():
        spec = draw(plans, FULL_PX if full else HALF_PX)
        if spec is not None:
            found.append(drawn(spec, draw(plans, NARROW_PX) if full else None, name, full))
    return found
