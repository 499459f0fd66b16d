"""The energy flow of a year from the source to the token, as a Sankey chart in one Vega-Lite spec.

In: a plan. Out: nodes and links (`energy_flow`), and the chart. What enters each node leaves it.
Leaves out: hours (the flow is the sum of the year) and heat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wattscale.report.palette import NO_DATA, PART, TECHNOLOGY, colour, stack_order
from wattscale.report.theme import LIGHT, WIDE_PX, Spec, frame
from wattscale.report.words import name_for_people, people

if TYPE_CHECKING:
    from wattscale.result import Plan

CAMPUS = "Campus"
IT = "IT"
HEIGHT_PX, NODE_PX, LABEL_PX = 380, 12, 31
"""Height of the chart, width of a node, and least distance of two labels in a column [px]."""
MOST_USES = 4
"""Uses of the building shown one by one, the largest."""
POINTS = 17
LABELS_PX = 150
"""Room for the labels of the last column [px]."""
"""Points along a link."""
LEAST_SHARE = 1e-4
"""Flows below this share of the whole are left out of the chart."""


@dataclass(frozen=True)
class Node:
    """A place that energy passes.

    Attributes:
        name: Unique name.
        column: 0 sources, 1 campus, 2 uses, 3 machines, 4 what the energy does.
        colour: Colour of the node and of what leaves it.
        note: Second line of the label.
    """

    name: str
    column: int
    colour: str
    note: str = ""


@dataclass(frozen=True)
class Link:
    """Energy from one node to another [MWh]."""

    source: str
    target: str
    mwh: float


def energy_flow(plan: Plan) -> tuple[list[Node], list[Link]]:
    """Add up where the energy of the year comes from and where it goes.

    Args:
        plan: The plan.

    Returns:
        Nodes in the order they are drawn, and links [MWh]; inflow equals outflow at each node between the ends.
    """
    nodes, links = _sources(plan)
    nodes.append(Node(CAMPUS, 1, "#5b6b7c"))
    load = float(plan.supply.load_mw.sum())
    taken = sum(link.mwh for link in links)
    uses = {n: mwh for n, mwh in plan.facility.energy_by_use_mwh.items() if mwh > 0}
    it = uses.pop("it", 0.0)
    rest = load - it - sum(uses.values())
    if it > 0:
        nodes.append(Node(IT, 2, PART["it"], "servers, network, storage"))
        links.append(Link(CAMPUS, IT, it))
    ranked = sorted(uses.items(), key=lambda item: -item[1])
    small = sum(mwh for _, mwh in ranked[MOST_USES:])
    for name, mwh in ranked[:MOST_USES]:
        nodes.append(Node(name_for_people(name), 2, colour(name, PART) or NO_DATA))
        links.append(Link(CAMPUS, name_for_people(name), mwh))
    for name, mwh in (("Smaller uses", small), ("Other use", rest), ("Storage losses and export", taken - load)):
        if mwh > LEAST_SHARE * max(load, 1e-9):
            nodes.append(Node(name, 2, NO_DATA))
            links.append(Link(CAMPUS, name, mwh))
    _machines(plan, it, nodes, links)
    return nodes, links


def energy_flow_chart(plan: Plan, width: int) -> Spec | None:
    """Draw the energy flow of the year from source to token."""
    nodes, links = energy_flow(plan)
    whole = sum(link.mwh for link in links if link.target == CAMPUS)
    if whole <= 0:
        return None
    links = [link for link in links if link.mwh > LEAST_SHARE * whole]
    width = max(width, WIDE_PX)
    boxes, places = _place_nodes(nodes, links, width - LABELS_PX)
    areas = _place_links(nodes, links, boxes, places)
    off = {"scale": {"domain": [0, HEIGHT_PX], "reverse": True, "nice": False}, "axis": None, "type": "quantitative"}
    x = {"scale": {"domain": [0, width], "nice": False}, "axis": None, "type": "quantitative"}
    tint = {"field": "colour", "type": "nominal", "scale": None}
    return frame(
        plan, "Energy from source to token", "hourly dispatch, facility and compute stages, sum of the year",
        f"{people(whole, 'MWh')} enter the campus; each band is as wide as its energy.",
        width=width, height=HEIGHT_PX,
        layer=[
            {"data": {"values": areas}, "mark": {"type": "area", "opacity": 0.42, "interpolate": "monotone"},
             "encoding": {"x": {"field": "x", **x}, "y": {"field": "y", **off}, "y2": {"field": "z"}, "color": tint,
                          "detail": {"field": "link", "type": "nominal"}}},
            {"data": {"values": boxes}, "mark": {"type": "rect", "cornerRadius": 2},
             "encoding": {"x": {"field": "x", **x}, "x2": {"field": "x2"}, "y": {"field": "y", **off},
                          "y2": {"field": "z"}, "color": tint, "tooltip": [{"field": "label"}, {"field": "sub"}]}},
            *(
                {"data": {"values": boxes},
                 "mark": {"type": "text", "align": "left", "dx": 6 + NODE_PX, "dy": dy, "fontSize": size,
                          "fontWeight": weight, "color": LIGHT[ink]},
                 "encoding": {"x": {"field": "x", **x}, "y": {"field": "mid", **off}, "text": {"field": field}}}
                for field, dy, size, weight, ink in (("label", -7, 12.5, 600, "ink"), ("sub", 8, 11.5, 400, "muted"))
            ),
        ],
    )  # fmt: skip


def _sources(plan: Plan) -> tuple[list[Node], list[Link]]:
    given = {name: float(series.sum()) for name, series in plan.supply.dispatch_mw.items()}
    stores = set(plan.supply.storage_mwh) | {n for n in given if n in plan.supply.uses_mw}
    names = [n for n in stack_order(given) if n not in stores and given[n] > 0]
    nodes = [Node(name_for_people(n), 0, colour(n, TECHNOLOGY) or NO_DATA) for n in names]
    links = [Link(name_for_people(n), CAMPUS, given[n]) for n in names]
    for name in sorted(stores):
        charged = plan.supply.uses_mw.get(name)
        net = given.get(name, 0.0) - (float(charged.sum()) if charged is not None else 0.0)
        if net > 0:
            nodes.append(Node(f"{name_for_people(name)} (net)", 0, colour(name, TECHNOLOGY) or NO_DATA))
            links.append(Link(nodes[-1].name, CAMPUS, net))
    charged_net = sum(
        max(0.0, float(plan.supply.uses_mw[n].sum()) - given.get(n, 0.0)) for n in stores if n in plan.supply.uses_mw
    )
    exported = sum(float(s.sum()) for n, s in plan.supply.uses_mw.items() if n not in stores)
    balance = sum(link.mwh for link in links) - float(plan.supply.load_mw.sum()) - charged_net - exported
    if abs(balance) > 1e-3 * max(float(plan.supply.load_mw.sum()), 1e-9):
        nodes.append(Node("Not accounted for", 0, NO_DATA))
        links.append(Link("Not accounted for", CAMPUS, max(-balance, 0.0)))
    return nodes, links


def _machines(plan: Plan, it: float, nodes: list[Node], links: list[Link]) -> None:
    training, serving = plan.compute.training, plan.compute.serving
    parts = {"Training": training.power_mw.sum() if training else 0.0,
             "Serving": serving.power_mw.sum() if serving else 0.0}  # fmt: skip
    for name, mwh in parts.items():
        if mwh > 0:
            nodes.append(Node(name, 3, PART[name.lower()]))
            links.append(Link(IT, name, float(mwh)))
    spare = it - float(sum(parts.values()))
    if spare > LEAST_SHARE * max(it, 1e-9):
        nodes.append(Node("Other IT", 3, NO_DATA))
        links.append(Link(IT, "Other IT", spare))
    if training and parts["Training"] > 0:
        useful = float(parts["Training"]) * training.goodput
        nodes.append(Node("Useful steps", 4, PART["training"], "training"))
        nodes.append(Node("Restarts and waits", 4, PART["restart"], "training"))
        links.append(Link("Training", "Useful steps", useful))
        links.append(Link("Training", "Restarts and waits", float(parts["Training"]) - useful))
    work = plan.workload.serving
    if serving and work and parts["Serving"] > 0:
        share = serving.input_compute_share
        for name, part, tokens in (
            ("Output tokens", 1 - share, work.output_mtok_per_year),
            ("Input tokens", share, work.input_mtok_per_year),
        ):
            note = f"{people(tokens * 1e6, '1')} a year" if tokens else ""
            nodes.append(Node(name, 4, PART["decode" if name.startswith("Out") else "prefill"], note))
            links.append(Link("Serving", name, float(parts["Serving"]) * part))


def _place_nodes(nodes: list[Node], links: list[Link], width: int) -> tuple[list[Spec], dict[str, tuple[float, float]]]:
    through = {
        n.name: max(sum(k.mwh for k in links if k.target == n.name), sum(k.mwh for k in links if k.source == n.name))
        for n in nodes
    }
    columns = [[n for n in nodes if n.column == c and through[n.name] > 0] for c in range(5)]
    columns = [c for c in columns if c]
    per_px = max(_needed_scale([through[n.name] for n in column]) for column in columns)
    boxes: list[Spec] = []
    places: dict[str, tuple[float, float]] = {}
    for index, column in enumerate(columns):
        last = index == len(columns) - 1
        x = (width - NODE_PX) * index / max(len(columns) - 1, 1)
        slots = [max(through[n.name] / per_px, LABEL_PX) for n in column]
        gap = (HEIGHT_PX - sum(slots)) / (len(column) + 1)
        top = gap
        for node, slot in zip(column, slots, strict=True):
            tall = through[node.name] / per_px
            y = top + (slot - tall) / 2
            places[node.name] = (y, per_px)
            sub = people(through[node.name], "MWh") + (f" · {node.note}" if node.note and last else "")
            boxes.append({"x": round(x, 1), "x2": round(x + NODE_PX, 1), "y": round(y, 2),
                          "z": round(max(y + tall, y + 1), 2), "mid": round(y + tall / 2, 2), "label": node.name,
                          "sub": sub, "colour": node.colour, "last": last})  # fmt: skip
            top += slot + gap
    return boxes, places


def _needed_scale(flows: list[float]) -> float:
    """Find the least MWh per px at which a column fits, each node taking at least the height of its label."""
    small = 0
    ordered = sorted(flows)
    free = HEIGHT_PX - 10.0 * (len(flows) + 1)
    while True:
        scale = sum(ordered[small:]) / max(free - small * LABEL_PX, 1.0)
        if small == len(ordered) - 1 or ordered[small] / scale >= LABEL_PX:
            return scale
        small += 1


def _place_links(
    nodes: list[Node], links: list[Link], boxes: list[Spec], places: dict[str, tuple[float, float]]
) -> list[Spec]:
    box = {b["label"]: b for b in boxes}
    tint = {n.name: n.colour for n in nodes}
    order = {b["label"]: b["mid"] for b in boxes}
    left = {name: y for name, (y, _) in places.items()}
    right = dict(left)
    share = np.linspace(0.0, 1.0, POINTS)
    ease = share * share * (3 - 2 * share)
    rows: list[Spec] = []
    for number, link in enumerate(sorted(links, key=lambda k: (order[k.source], order[k.target]))):
        thick = link.mwh / places[link.source][1]
        y0, y1 = right[link.source], left[link.target]
        right[link.source], left[link.target] = y0 + thick, y1 + thick
        x0, x1 = box[link.source]["x2"], box[link.target]["x"]

        colour_of = tint[link.source if link.target == CAMPUS else link.target]
        rows += [
            {"link": number, "x": round(float(x0 + (x1 - x0) * s), 1), "y": round(float(y0 + (y1 - y0) * e), 2),
             "z": round(float(y0 + (y1 - y0) * e + max(thick, 0.6)), 2), "colour": colour_of}
            for s, e in zip(share, ease, strict=True)
        ]  # fmt: skip
    return rows
