"""Colours of the charts: one per technology, use, segment and confidence, the same in report, app and notebook.

In: a name as the stages write it (`solar`, `gas_ccgt`, `grid.energy`). Out: a colour as `#rrggbb`.
Leaves out: the colours of text, lines and surfaces, which follow the reader's light or dark mode (theme.py).

Sources: Okabe and Ito 2008, "Color Universal Design" (the first eight); Paul Tol 2021, "Colour Schemes" (the others).
"""

from __future__ import annotations

from collections.abc import Iterable

from wattscale.figure import Confidence

TECHNOLOGY: dict[str, str] = {
    "nuclear": "#008463",
    "geothermal": "#a83270",
    "hydro": "#44aa99",
    "grid": "#0072b2",
    "gas": "#d55e00",
    "diesel": "#9a6240",
    "hydrogen": "#aa4499",
    "fuel_cell": "#aa4499",
    "wind": "#56b4e9",
    "offshore": "#5e4fc1",
    "solar": "#f0b400",
    "battery": "#cc79a7",
    "storage": "#cc79a7",
    "unserved": "#b0003a",
    "export": "#999933",
    "curtailed": "#c3c6ca",
}
"""Colour by technology, in the order of the stack from firm (bottom) to flexible (top)."""

PART: dict[str, str] = {
    "it": "#0072b2",
    "training": "#0072b2",
    "serving": "#56b4e9",
    "cooling": "#44aa99",
    "compressors": "#44aa99",
    "heat_rejection": "#66c2a5",
    "fans": "#117733",
    "pumps": "#009e73",
    "ups": "#e69f00",
    "distribution": "#f0b400",
    "transformer": "#a8740a",
    "electrical": "#e69f00",
    "lighting": "#999933",
    "office": "#999933",
    "losses": "#d55e00",
    "compute": "#0072b2",
    "tensor": "#56b4e9",
    "pipeline": "#e69f00",
    "data": "#009e73",
    "expert": "#a83270",
    "context": "#66c2a5",
    "recompute": "#6699cc",
    "optimizer": "#9a6240",
    "overhead": "#cc79a7",
    "memory": "#aa4499",
    "idle": "#c3c6ca",
    "restart": "#d55e00",
    "prefill": "#44aa99",
    "decode": "#5e4fc1",
}
"""Colour by use of energy or of time."""

SEGMENT: dict[str, str] = {
    "accelerators": "#0072b2",
    "servers": "#56b4e9",
    "network": "#5e4fc1",
    "storage": "#cc79a7",
    "software": "#6f7a86",
    "facility": "#9a6240",
    "cooling": "#44aa99",
    "power": "#e69f00",
    "operations": "#999933",
    "energy": "#d55e00",
}
"""Colour by segment of the cost."""

CONFIDENCE: dict[Confidence, str] = {
    "measured": "#007a59",
    "published": "#0072b2",
    "secondary": "#4b5fa8",
    "estimated": "#a86200",
    "unverified": "#b0003a",
}
"""Colour of the badge that says how sure a figure is."""

NO_DATA = "#b9bec5"
"""Grey for "no data"."""
SPARE = ("#117733", "#aa4499", "#999933", "#5e4fc1", "#a83270", "#44aa99", "#9a6240", "#6699cc")
"""Colours for names that no table knows, handed out in order."""


def colour(name: str, table: dict[str, str]) -> str | None:
    """Find the colour of a name: the whole name first, then the first known word that it starts with or holds.

    >>> colour("solar_tracking", TECHNOLOGY) == TECHNOLOGY["solar"]
    True
    >>> colour("perpetuum", TECHNOLOGY) is None
    True
    """
    plain = name.lower().replace("-", "_").replace(" ", "_")
    if plain in table:
        return table[plain]
    if "offshore" in plain and "offshore" in table:
        return table["offshore"]
    starts = [word for word in table if plain.startswith(word)]
    holds = [word for word in table if word in plain.split("_") or word in plain.split(".")]
    found = starts or holds
    return table[found[0]] if found else None


def colours(names: Iterable[str], table: dict[str, str]) -> dict[str, str]:
    """Give each name a colour of its own; a second name of the same colour gets a spare one.

    Args:
        names: Names in the order they are drawn.
        table: One of `TECHNOLOGY`, `PART`, `SEGMENT`.

    Returns:
        Colour by name, in the given order.

    >>> colours(["grid", "solar"], TECHNOLOGY)
    {'grid': '#0072b2', 'solar': '#f0b400'}
    >>> len(set(colours(["gas", "gas_peaker", "moon"], TECHNOLOGY).values()))
    3
    """
    given: dict[str, str] = {}
    for name in names:
        known = colour(name, table)
        taken = set(given.values())
        free = [c for c in SPARE if c not in taken and c not in table.values()] or [c for c in SPARE if c not in taken]
        given[name] = known if known and known not in taken else (free or [NO_DATA])[0]
    return given


def stack_order(names: Iterable[str]) -> list[str]:
    """Sort technologies from firm (bottom of the stack) to flexible (top); unknown ones before storage.

    >>> stack_order(["battery", "solar", "grid"])
    ['grid', 'solar', 'battery']
    """
    order = list(TECHNOLOGY)

    def rank(name: str) -> tuple[int, str]:
        found = colour(name, TECHNOLOGY)
        places = [i for i, word in enumerate(order) if TECHNOLOGY[word] == found]
        return (places[0] if places else order.index("solar"), name)

    return sorted(names, key=rank)
