"""How a plan shows itself in a notebook: a small card of HTML.

In: a plan. Out: HTML that stands alone inside a cell, light or dark.
Leaves out: charts; `wattscale.report.charts.chart(plan, name)` gives them as Vega-Lite.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from wattscale.report.tables import for_people, headline_figures

if TYPE_CHECKING:
    from wattscale.plan import Plan

_CELL = "padding:3px 14px 3px 0;text-align:left;"
_NUMBER = "padding:3px 14px 3px 0;text-align:right;white-space:nowrap;"


def plan_card(plan: Plan) -> str:
    """Write the card of a plan: name, headline figures with ranges, warnings.

    Args:
        plan: The plan.

    Returns:
        One `<div>`; colours are those of the notebook.
    """
    rows = []
    before = ""
    for figure in headline_figures(plan):
        stage = figure.name.partition(".")[0]
        value, span = for_people(figure)
        shown = stage if stage != before else ""
        rows.append(
            f'<tr><td style="{_CELL}opacity:.65">{shown}</td><td style="{_CELL}" title="{escape(figure.name)}">'
            f'{escape(figure.title)}</td><td style="{_NUMBER}"><b>{escape(value)}</b></td>'
            f'<td style="{_NUMBER}opacity:.65">{escape(span)}</td></tr>'
        )
        before = stage
    warned = "".join(f'<div style="opacity:.8">⚠ {escape(w.message)}</div>' for w in plan.warnings)
    return (
        '<div style="font-family:system-ui,sans-serif;font-size:14px;line-height:1.4">'
        f'<div style="font-size:16px"><b>{escape(plan.scenario.name)}</b> '
        f'<span style="opacity:.65">{escape(plan.site.name)} · Wattscale {escape(plan.version)}</span></div>'
        f'<table style="border-collapse:collapse;margin:6px 0"><tbody>{"".join(rows)}</tbody></table>{warned}</div>'
    )
