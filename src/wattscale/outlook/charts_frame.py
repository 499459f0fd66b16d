"""Frame and stack that the charts of an outlook share.

In: rows and encodings. Out: one Vega-Lite spec each, with title, reading and caption.
Leaves out: what is drawn; charts.py and charts_supply.py say that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattscale.report.theme import WIDE_PX, Spec, framed, number_axis

if TYPE_CHECKING:
    from wattscale.outlook.outlook import Outlook

BLUE, ORANGE = "#0072b2", "#d55e00"
HEIGHT = 260
TICK_YEARS = 5


def year_axis(first: int, last: int) -> Spec:
    """Give the axis of years, with a label every five years."""
    ticks = [year for year in range(first, last + 1) if year % TICK_YEARS == 0]
    axis = {"title": None, "format": "d", "grid": False, "values": ticks}
    return {"field": "year", "type": "quantitative", "axis": axis, "scale": {"domain": [first, last]}}


def stacked(
    outlook: Outlook, title: str, reading: str, rows: list[dict[str, Any]], scale: Spec, axis: str, width: int,
    normal: bool = False,
) -> Spec:  # fmt: skip
    """Draw areas that stand on each other, in the order of the rows."""
    y_axis = {**number_axis(axis), "format": ".0%"} if normal else number_axis(axis)
    first, last = min(r["year"] for r in rows), max(r["year"] for r in rows)
    return placed(
        outlook, title, reading, width, height=HEIGHT, data={"values": rows}, mark={"type": "area"},
        encoding={
            "x": year_axis(first, last),
            "y": {"field": "v", "type": "quantitative", "stack": "normalize" if normal else "zero", "axis": y_axis},
            "color": {"field": "name", "type": "nominal", "scale": scale, "legend": legend(width)},
            "order": {"field": "order", "type": "quantitative"},
        },
    )  # fmt: skip


def legend(width: int) -> dict[str, Any]:
    """Give a legend without title, in the columns that fit."""
    return {"title": None, "columns": 2 if width < WIDE_PX else 4}


def placed(outlook: Outlook, title: str, reading: str, width: int, *, height: int = HEIGHT, **body: Any) -> Spec:
    """Put title, reading and caption round a chart."""
    caption = f"{outlook.asked.name}. Source: outlook, {outlook.asked.draws:,} draws, Wattscale {outlook.version}."
    return framed(caption, title, reading, width=width, height=height, **body)
