"""What a chart really draws: its marks as the drawing engine places them, those of axes and legends left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

LEAST_PX = 0.1
"""Sides below this cannot be seen [px]."""


def marks_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Give each mark of the data with its items."""
    import vl_convert

    return list(_walk(vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]))


def unseen(spec: dict[str, Any]) -> list[str]:
    """Name every mark of a chart that draws nothing that can be seen; one for a chart without any mark."""
    found = marks_of(spec)
    # A chart may split one mark over groups, one for each colour or facet: a kind of mark must be seen somewhere.
    kinds: dict[str, int] = {}
    for mark in found:
        if all(item.get("opacity", 1) == 0 for item in mark["items"]):
            continue  # what the pointer meets, meant to be unseen
        kinds[mark["marktype"]] = kinds.get(mark["marktype"], 0) + seen(mark)
    return [f"{kind}: none of its items has a size" for kind, n in kinds.items() if n == 0] or (
        [] if kinds else ["no mark at all"]
    )


def seen(mark: dict[str, Any]) -> int:
    """Count the items of a mark that can be seen; a line or an area counts once."""
    items = [i for i in mark["items"] if i.get("opacity", 1) > 0 and (i.get("fill") or i.get("stroke"))]
    kind = mark["marktype"]
    if kind in ("line", "area", "trail"):
        return int(len(items) > 1 and _spread(items, kind) > LEAST_PX)
    return sum(_has_size(kind, item) for item in items)


def _has_size(kind: str, item: dict[str, Any]) -> bool:
    if kind in ("rect", "image"):
        return min(abs(item.get("width", 0)), abs(item.get("height", 0))) > LEAST_PX
    if kind == "rule":
        return max(abs(item.get(f"{d}2", item.get(d, 0)) - item.get(d, 0)) for d in "xy") > LEAST_PX
    if kind == "symbol":
        return bool(item.get("size", 64) > 0)
    if kind == "text":
        return bool(str(item.get("text", "")).strip())
    return bool(item.get("path") or item.get("shape") or item.get("outerRadius"))


def _spread(items: list[dict[str, Any]], kind: str) -> float:
    wide = max(i.get("x", 0) for i in items) - min(i.get("x", 0) for i in items)
    if kind != "area":
        return float(wide)
    thick = max(abs(i.get("height", i.get("y2", 0) - i.get("y", 0))) for i in items)
    return float(min(wide, thick))


def _walk(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("role") == "mark" and node.get("marktype") != "group":
            yield node
            return
        if str(node.get("role", "")).startswith(("axis", "legend", "title")):
            return
        for each in node.get("items", []):
            yield from _walk(each)
