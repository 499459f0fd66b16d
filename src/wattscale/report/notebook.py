"""How a plan and its charts show themselves in a notebook.

In: a plan, or a chart spec. Out: HTML that stands alone in a cell; Vega-Lite where the notebook draws it.
Leaves out: widgets; the web app is for playing with a scenario.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from wattscale.report.charts import chart
from wattscale.report.svg import render
from wattscale.report.tables import for_people, headline_figures, place_name
from wattscale.report.theme import LIGHT, WIDE_PX, Spec

if TYPE_CHECKING:
    from wattscale.result import Plan

VEGA_LITE = "application/vnd.vegalite.v5+json"
"""Type under which JupyterLab and VS Code draw a Vega-Lite spec."""


@dataclass(frozen=True)
class ChartView:
    """A chart that a notebook shows: as Vega-Lite where it can, else as a still picture.

    Attributes:
        spec: The Vega-Lite spec.
    """

    spec: Spec

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {VEGA_LITE: self.spec, "text/html": self.html(), "text/plain": str(self.spec["description"])}

    def html(self) -> str:
        """Draw the chart with title and caption on a light card."""
        meta = self.spec["usermeta"]
        colours = ";".join(f"--{name}:{value}" for name, value in LIGHT.items())
        return (
            f'<figure style="{colours};background:{LIGHT["surface"]};color:{LIGHT["ink"]};margin:0;padding:14px;'
            f'max-width:760px;font-family:system-ui,sans-serif"><b>{escape(meta["title"])}</b>{render(self.spec)}'
            f'<figcaption style="color:{LIGHT["muted"]};font-size:13px">{escape(meta["caption"])}</figcaption></figure>'
        )


def show(plan: Plan, name: str, width: int = WIDE_PX) -> ChartView | None:
    """Show one chart of a plan in a notebook.

    Args:
        plan: The plan.
        name: A name of `chart_names()`.
        width: Width with axes and legends [px].

    Returns:
        The chart to be shown; None where the plan has nothing to draw.
    """
    spec = chart(plan, name, width)
    return None if spec is None else ChartView(spec)


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
        f'<span style="opacity:.65">{escape(place_name(plan))} · Wattscale {escape(plan.version)}</span></div>'
        f'<table style="border-collapse:collapse;margin:6px 0"><tbody>{"".join(rows)}</tbody></table>{warned}</div>'
    )
