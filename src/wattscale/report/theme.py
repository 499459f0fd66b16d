"""The common frame of every chart: size, type, axes, caption, and the colours that follow light and dark mode.

In: a chart's marks and encodings. Out: one Vega-Lite spec (a dict with inline data).
Leaves out: the colours of the data, which palette.py hands out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from wattscale.result import Plan

Spec: TypeAlias = dict[str, Any]
"""A Vega-Lite spec: plain JSON, the only form in which charts travel between report, app and notebook."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
WIDE_PX, NARROW_PX = 720, 320
"""Widths of a chart, axes and legends included, for a page and for a phone [px]."""
LABEL_CHARACTERS, NEW_LINE, TWO_LINES_PX = 20, "|", 32
"""Length of a line of a name where room is small, its separator in the data, and the height of a row of two lines."""
TITLE_PX, SUBTITLE_PX = 9.0, 6.8
"""Width of a letter of title and caption, rather wide, so that lines stay inside the chart [px]."""
LONGEST_SOURCE = 60
"""Longest name of a source in a caption [characters]."""
FONT = "Arial, 'Helvetica Neue', Helvetica, 'Liberation Sans', sans-serif"
"""Fonts of like widths, so that labels take the room they were given."""

LIGHT = {"ink": "#16202c", "muted": "#59636f", "line": "#c9d0d8", "grid": "#e6eaee", "surface": "#ffffff"}
DARK = {"ink": "#eef2f6", "muted": "#a3aebb", "line": "#485361", "grid": "#2a323c", "surface": "#12171d"}
"""Colours of text, axes, grid lines and ground in light and in dark mode."""
HEAT = ("#f3f0e4", "#f2d08a", "#e69f4f", "#c85a3c", "#8a2346", "#40104a")
"""Ramp of the heat maps from low to high: falls steadily in lightness, so it reads without colour too."""


def config(theme: dict[str, str]) -> Spec:
    """Give the Vega-Lite config of a mode, `LIGHT` or `DARK`."""
    text = {"labelColor": theme["muted"], "titleColor": theme["muted"], "labelFontSize": 12, "titleFontSize": 12}
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            **text, "domainColor": theme["line"], "tickColor": theme["line"], "gridColor": theme["grid"],
            "titleFontWeight": "normal", "titlePadding": 8, "labelPadding": 5, "tickSize": 4, "labelOverlap": True,
        },
        "legend": {
            **text, "labelColor": theme["ink"], "titleFontWeight": "normal", "symbolType": "square", "symbolSize": 110,
            "symbolStrokeWidth": 0, "orient": "top", "direction": "horizontal", "columnPadding": 14, "rowPadding": 4,
            "labelLimit": 220, "offset": 10, "padding": 0,
        },
        "title": {
            "color": theme["ink"], "subtitleColor": theme["muted"], "fontSize": 15, "subtitleFontSize": 12,
            "anchor": "start", "frame": "group", "fontWeight": 600, "subtitlePadding": 4, "offset": 12,
        },
        "text": {"color": theme["ink"], "fontSize": 12},
        "rule": {"color": theme["ink"]},
        "line": {"strokeWidth": 2, "strokeJoin": "round"},
        "bar": {"cornerRadiusEnd": 2},
    }  # fmt: skip


def frame(plan: Plan, title: str, basis: str, reading: str, *, width: int, height: int, **body: Any) -> Spec:
    """Compose a chart of one plan, whose scenario names it; the arguments are those of `framed`."""
    about = f"{plan.scenario.name}. Source: {basis}, Wattscale {plan.version}."
    return framed(about, title, reading, width=width, height=height, **body)


def framed(caption: str, title: str, reading: str, *, width: int, height: int, **body: Any) -> Spec:
    """Compose a chart.

    Args:
        caption: Whose data these are and where they come from.
        title: What is shown, in a few words.
        reading: What a reader sees in it, one sentence, also for screen readers.
        width: Width with axes and legends [px].
        height: Plot height [px].
        body: The rest of the spec: `data`, `mark`, `encoding`, `layer`, `transform`, `params`.

    Returns:
        The spec, its title and caption inside; `usermeta` repeats them for pages that set their own.
    """
    return {
        "$schema": SCHEMA,
        "title": {"text": _lines(title, width / TITLE_PX), "subtitle": _lines(caption, width / SUBTITLE_PX)},
        "description": f"{title}. {reading}",
        "usermeta": {"title": title, "caption": caption, "reading": reading},
        "width": width,
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": config(LIGHT),
        **body,
    }


def _lines(text: str, characters: float) -> str | list[str]:
    """Break a title that is wider than the chart: the plot would be left no room beside it.

    >>> _lines("Source: own plan", 40), _lines("Source: own plan", 8)
    ('Source: own plan', ['Source:', 'own plan'])
    """
    lines = textwrap.wrap(text, max(int(characters), 1))
    return lines if len(lines) > 1 else text


def in_mode(spec: Spec, theme: dict[str, str]) -> Spec:
    """Give the same chart with the text and axis colours of another mode, for a page that is dark as a whole.

    >>> in_mode({"config": {}, "mark": {"color": LIGHT["ink"]}}, DARK)["mark"]["color"] == DARK["ink"]
    True
    """
    swap = {LIGHT[key]: theme[key] for key in LIGHT if key != "surface"} | {LIGHT["surface"]: theme["surface"]}

    def turned(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: turned(value) for key, value in node.items()}
        if isinstance(node, list):
            return [turned(value) for value in node]
        return swap.get(node, node) if isinstance(node, str) else node

    found: Spec = turned({key: value for key, value in spec.items() if key not in ("config", "data", "datasets")})
    kept: Spec = {key: spec[key] for key in ("data", "datasets") if key in spec}
    return {**found, **kept, "config": config(theme)}


def origin(source: str, is_synthetic: bool = False) -> str:
    """Shorten the name of a source for a caption: what stands in brackets is left out of a long one.

    >>> origin("TMY of Leesburg"), origin("made from normals", True)
    ('TMY of Leesburg', 'made from normals (synthetic)')
    """
    short = source
    while len(short) > LONGEST_SOURCE and "(" in short:
        short = short[: short.rindex("(")].rstrip()
    return f"{short} (synthetic)" if is_synthetic and "synthetic" not in short else short


def number_axis(title: str, **more: Any) -> Spec:
    """Give the axis of a number, its unit in the title, with few ticks."""
    return {"title": title, "tickCount": 5, "format": "~s" if more.pop("si", False) else ",~r", **more}


def name_axis(width: int) -> Spec:
    """Give the axis of names: as long as they are on a page, in two lines on a small chart (`name_lines`)."""
    lines = {"labelExpr": f"split(datum.label, '{NEW_LINE}')", "labelLineHeight": 12}
    plain = {"labelLimit": 0, "domain": False, "ticks": False, "labelColor": LIGHT["ink"], "labelOverlap": False}
    return plain if width > 2 * NARROW_PX else plain | lines


def name_lines(text: str, width: int) -> str:
    """Break a name into the lines that `name_axis` shows.

    >>> name_lines("Length of the training run", 300)
    'Length of the|training run'
    """
    if width > 2 * NARROW_PX:
        return text
    lines = textwrap.wrap(text, LABEL_CHARACTERS)
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][: LABEL_CHARACTERS - 1]}…"]
    return NEW_LINE.join(lines)


def rows_height(names: Sequence[str], row_px: int) -> int:
    """Give the height of a chart with a row for each name [px]."""
    return len(names) * (max(row_px, TWO_LINES_PX) if any(NEW_LINE in name for name in names) else row_px)


def colour_scale(colours: dict[str, str], labels: dict[str, str] | None = None) -> Spec:
    """Give the scale that maps names (shown by their labels) to the palette's colours."""
    shown = [labels.get(name, name) if labels else name for name in colours]
    return {"domain": shown, "range": list(colours.values())}
