"""Charts as SVG text that sits inside a page: drawn offline, following the page's light or dark mode.

In: a Vega-Lite spec. Out: one `<svg>` element, its text and axis colours as CSS variables (`--ink`, `--muted` ...).
Leaves out: interaction; the app draws the same spec with Vega in the browser.
"""

from __future__ import annotations

import re
from html import escape

from wattscale.report.theme import LIGHT, Spec

_ARIA = re.compile(r' (?:aria-[a-z]+|role|class)="[^"]*"')
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_PATHS = re.compile(r' (?:d|transform|x|y|x1|x2|y1|y2|width|height)="[^"]*"')
_IDS = re.compile(r'(id="|url\(#|href="#)([A-Za-z]+_?\d+)')


def render(spec: Spec, prefix: str = "c") -> str:
    """Draw a chart without its title and caption, which the page sets as text.

    Args:
        spec: A Vega-Lite spec with inline data.
        prefix: Word that makes ids inside the SVG unique in the page.

    Returns:
        The `<svg>` element, accessible as one image named by the spec's description.
    """
    import vl_convert

    bare = {key: value for key, value in spec.items() if key not in ("title", "usermeta")}
    drawn = vl_convert.vegalite_to_svg(bare)
    return inline(drawn, str(spec.get("description", "Chart")), prefix)


def png(spec: Spec, scale: float = 2.0) -> bytes:
    """Draw a chart with title and caption on white, for slides and documents."""
    import vl_convert

    drawn: bytes = vl_convert.vegalite_to_png({**spec, "background": LIGHT["surface"]}, scale=scale)
    return drawn


def inline(drawn: str, label: str, prefix: str) -> str:
    """Make an SVG fit to stand in a page: small, one image for screen readers, colours by CSS variable.

    >>> inline('<svg width="10" height="5" viewBox="0 0 10 5"><text fill="#16202c">a</text></svg>', "A", "x")
    '<svg role="img" aria-label="A" viewBox="0 0 10 5" width="10" height="5"><text fill="var(--ink)">a</text></svg>'
    """
    body = drawn[drawn.index(">", drawn.index("<svg")) + 1 :]
    head = drawn[drawn.index("<svg") : drawn.index(">", drawn.index("<svg"))]
    box = _attribute(head, "viewBox")
    width, height = _attribute(head, "width"), _attribute(head, "height")
    body = _ARIA.sub("", body)
    body = _PATHS.sub(lambda m: _NUMBER.sub(lambda n: f"{float(n[0]):.1f}".removesuffix(".0"), m[0]), body)
    numbers: dict[str, int] = {}
    body = _IDS.sub(lambda m: f"{m[1]}{prefix}-{numbers.setdefault(m[2], len(numbers))}", body)
    body = re.sub(r' font-family="[^"]*"', "", body)
    for name, value in LIGHT.items():
        body = body.replace(f'"{value}"', f'"var(--{name})"')
    return (
        f'<svg role="img" aria-label="{escape(label, quote=True)}" viewBox="{box}" width="{width}" '
        f'height="{height}">{body}'
    )


def _attribute(head: str, name: str) -> str:
    found = re.search(rf' {name}="([^"]*)"', head)
    return found[1] if found else ""
