"""What the page shows of a plan: figures for people, charts as Vega-Lite specs, warnings, sources.

In: a plan. Out: plain data that becomes JSON.
Leaves out: how it looks; the page in `dist` does that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wattscale.report.basis import bases_of, weakest_first
from wattscale.report.charts import CHARTS, chart
from wattscale.report.story import story
from wattscale.report.tables import HEADLINES, for_people, full_title, is_key, place_name
from wattscale.result import Plan
from wattscale.scenario.load import to_tables
from wattscale.web.asks import flat


def plan_view(plan: Plan, charts: Iterable[str], width: int, half_width: int, quick: bool) -> dict[str, Any]:
    """Give what the page shows of a plan.

    Args:
        plan: The plan.
        charts: Names of the charts wanted.
        width: Width of a chart that takes the whole page [px].
        half_width: Width of the other charts [px].
        quick: Whether it is a preview; badges and the story are left to the full plan.
    """
    found: dict[str, Any] = {
        "preview": quick,
        "name": plan.scenario.name,
        "place": place_name(plan),
        "figures": figures_view(plan, quick),
        "charts": {n: chart(plan, n, width if CHARTS[n].full else half_width) for n in charts if n in CHARTS},
    }
    if quick:
        return found
    return found | {
        "scenario": flat(to_tables(plan.scenario)),
        "warnings": [{"code": w.code, "message": w.message} for w in plan.warnings],
        "story": [{"heading": p.heading, "text": " ".join(p.sentences)} for p in story(plan)],
    }


def figures_view(plan: Plan, quick: bool = False) -> dict[str, dict[str, Any]]:
    """Give every figure: value, range, unit, and the same as text for people; a preview has no ranges and badges."""
    bases = {} if quick else bases_of(plan)
    found = {}
    for name, figure in plan.figures.items():
        text, span = for_people(figure)
        row: dict[str, Any] = {
            "value": figure.value, "unit": figure.unit, "title": full_title(figure), "text": text, "key": is_key(name)
        }  # fmt: skip
        if not quick:
            row |= {"low": figure.low, "high": figure.high, "range": span}
        if name in bases:
            row |= {"badge": bases[name].weakest or "scenario", "basis": bases[name].words}
        found[name] = row
    return found


def sources_view(plan: Plan) -> list[dict[str, Any]]:
    """Give every catalogue figure that the plan rests on, the least certain first."""
    return [
        {
            "id": use.figure.id, "value": use.figure.value, "low": use.figure.low, "high": use.figure.high,
            "unit": use.figure.unit, "year": use.figure.year, "confidence": use.figure.confidence,
            "source": use.figure.source, "note": use.figure.note, "stages": list(use.stages),
        }
        for use in weakest_first(plan)
    ]  # fmt: skip


def chart_list() -> list[dict[str, Any]]:
    """Give the charts in the order of the report: name, stage, whether it takes the whole width."""
    return [{"name": name, "stage": each.stage, "full": each.full} for name, each in CHARTS.items()]


def headline_names() -> list[str]:
    """Give the figures of the first page, in chain order."""
    return list(HEADLINES)
