"""What every HTML page of the package shares: templates, colours, charts drawn for page and phone.

In: Vega-Lite specs. Out: the template engine and what its templates need.
Leaves out: what a page says (html.py, compare_page.py).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from wattscale.report.palette import CONFIDENCE
from wattscale.report.svg import render
from wattscale.report.theme import DARK, LIGHT, Spec
from wattscale.report.words import name_for_people, people

if TYPE_CHECKING:
    import jinja2

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


def drawn(spec: Spec, narrow: Spec | None, name: str, full: bool, scrolls: bool = False) -> dict[str, Any]:
    """Draw a chart for the page and, where a spec is given, once more for the phone."""
    meta = spec["usermeta"]
    return {
        "name": name, "title": meta["title"], "caption": meta["caption"], "full": full,
        "keeps": scrolls, "halo": name == "energy_flow",
        "reading": meta["reading"], "wide": render(spec, f"{name}-w"),
        "narrow": render(narrow, f"{name}-n") if narrow else "",
    }  # fmt: skip
