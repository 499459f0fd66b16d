"""Charts of plans side by side: changes, cost, energy and carbon as stacks, load curves, cost against carbon.

In: two or more plans and a plot width. Out: one Vega-Lite spec each.
Leaves out: single plans (charts.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wattscale.report.charts_money import ROOM_FOR_TEXT
from wattscale.report.compare import plan_names
from wattscale.report.palette import NO_DATA, SEGMENT, TECHNOLOGY, colours, stack_order
from wattscale.report.tables import HEADLINES, full_title
from wattscale.report.theme import LIGHT, Spec, colour_scale, framed, name_axis, name_lines, number_axis
from wattscale.report.words import is_share, name_for_people, people
from wattscale.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from wattscale.result import Plan

PLAN_COLOURS = ("#0072b2", "#d55e00", "#008463", "#cc79a7", "#5e4fc1", "#f0b400", "#56b4e9", "#9a6240")
"""Colours of the plans, in the order given; they start again after the last."""
CUT_PERCENT = 200.0
"""Changes beyond this are cut in the chart; the table has them in full."""


def changes(plans: Sequence[Plan], width: int) -> Spec | None:
    """Draw how the headline figures change from the first plan to each other one."""
    names = plan_names([plan.scenario for plan in plans])
    first, rows = plans[0], []
    for key in HEADLINES:
        base = first.figures.get(key)
        for name, plan in zip(names[1:], plans[1:], strict=True):
            here = plan.figures.get(key)
            if base is None or here is None:
                continue
            whole = 1.0 if is_share(base.unit, key) else abs(base.value)
            if whole == 0:
                continue
            percent = 100 * (here.value - base.value) / whole
            cut = float(np.clip(percent, -CUT_PERCENT, CUT_PERCENT))
            rows.append({"figure": name_lines(full_title(base), width), "plan": name, "percent": round(cut, 3)})
    if not rows:
        return None
    tall = 14 * max(1, len(plans) - 1) + 12
    return _framed(
        plans, "Change of the headline figures",
        f"Change from “{names[0]}”, shares in points, cut at ±{CUT_PERCENT:g} %.",
        width=width, height=tall * len({r["figure"] for r in rows}),
        data={"values": rows}, mark={"type": "bar", "size": 11},
        encoding={
            "y": {"field": "figure", "type": "nominal", "sort": None, "title": None,
                  "axis": name_axis(width)},
            "yOffset": {"field": "plan", "type": "nominal", "sort": None},
            "x": {"field": "percent", "type": "quantitative",
                  "axis": number_axis("Change from the first plan [%, shares in points]")},
            "color": _plans(names, names[1:], width),
        },
    )  # fmt: skip


def cost_stacks(plans: Sequence[Plan], width: int) -> Spec | None:
    """Draw the yearly cost of each plan, stacked by segment."""
    sums: list[dict[str, float]] = []
    for plan in plans:
        parts: dict[str, float] = {}
        for line in plan.economics.lines:
            parts[line.segment] = parts.get(line.segment, 0.0) + line.total_usd_per_year / 1e6
        sums.append(parts)
    order = sorted({n for parts in sums for n in parts}, key=lambda n: -sum(p.get(n, 0.0) for p in sums))
    return _stacks(plans, width, sums, order, SEGMENT, "Yearly cost by segment", "Cost [million USD a year]")


def energy_stacks(plans: Sequence[Plan], width: int) -> Spec | None:
    """Draw the energy of each plan, stacked by source."""
    sums = [{n: float(s.sum()) / 1e3 for n, s in plan.supply.dispatch_mw.items() if s.sum() > 0} for plan in plans]
    order = stack_order({n for parts in sums for n in parts})
    return _stacks(plans, width, sums, order, TECHNOLOGY, "Energy by source", "Energy [GWh a year]")


def carbon_stacks(plans: Sequence[Plan], width: int) -> Spec | None:
    """Draw the carbon of the power of each plan: grid, own plant, upstream."""
    tints = {"Grid, direct": TECHNOLOGY["grid"], "Own plant, direct": TECHNOLOGY["gas"], "Upstream": NO_DATA}
    sums = []
    for plan in plans:
        direct, grid = float(plan.supply.carbon_kg.sum()), float(plan.supply.grid_carbon_kg.sum())
        upstream = max(float(plan.supply.carbon_lifecycle_kg.sum()) - direct, 0.0)
        sums.append(dict(zip(tints, (grid / 1e6, (direct - grid) / 1e6, upstream / 1e6), strict=True)))
    order = [n for n in tints if any(parts[n] > 1e-9 for parts in sums)]
    return _stacks(plans, width, sums, order, tints, "Carbon of the power used", "Carbon [kt CO2 a year]")


def load_curves(plans: Sequence[Plan], width: int) -> Spec | None:
    """Draw the load duration curves of the plans over one another."""
    names = plan_names([plan.scenario for plan in plans])
    places = np.unique(np.linspace(0, HOURS_PER_YEAR - 1, 120).astype(int))
    rows = [
        {"share": round(100 * float(h) / (HOURS_PER_YEAR - 1), 2), "mw": round(float(ordered[h]), 3), "plan": name}
        for name, ordered in zip(names, (np.sort(p.supply.load_mw)[::-1] for p in plans), strict=True)
        for h in places
    ]
    return _framed(
        plans, "Load duration curves", "Each line is the load of a plan, its hours sorted from busiest to quietest.",
        width=width, height=230, data={"values": rows}, mark={"type": "line"},
        encoding={
            "x": {"field": "share", "type": "quantitative", "scale": {"domain": [0, 100]},
                  "axis": number_axis("Share of the year with at least this power [%]")},
            "y": {"field": "mw", "type": "quantitative", "axis": number_axis("Power [MW]")},
            "color": _plans(names, names, width, line=True),
        },
    )  # fmt: skip


def cost_and_carbon(plans: Sequence[Plan], width: int) -> Spec | None:
    """Draw each plan as a point, cost against carbon, with the ranges of both."""
    names = plan_names([plan.scenario for plan in plans])
    rows = []
    for name, plan in zip(names, plans, strict=True):
        cost, carbon = (plan.figures.get(key) for key in ("economics.tco_usd_per_year", "impact.carbon_t_per_year"))
        if cost is not None and carbon is not None:
            rows.append({"plan": name,
                         "usd": cost.value / 1e6, "low": cost.low / 1e6, "high": cost.high / 1e6,
                         "kt": carbon.value / 1e3, "kt_low": carbon.low / 1e3, "kt_high": carbon.high / 1e3,
                         })  # fmt: skip
    if not rows:
        return None
    x = {"type": "quantitative", "axis": number_axis("Cost [million USD a year]"), "scale": {"zero": False}}
    y = {"type": "quantitative", "axis": number_axis("Carbon [kt CO2 a year]"), "scale": {"zero": False}}
    colour = _plans(names, names, width)
    return _framed(
        plans, "Cost against carbon", "Lower left is better on both; lines are the ranges.",
        width=width, height=230, data={"values": rows},
        layer=[
            {"mark": {"type": "rule", "opacity": 0.55},
             "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, "y": {"field": "kt", **y},
                          "color": colour}},
            {"mark": {"type": "rule", "opacity": 0.55},
             "encoding": {"x": {"field": "usd", **x}, "y": {"field": "kt_low", **y}, "y2": {"field": "kt_high"},
                          "color": colour}},
            {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1},
             "encoding": {"x": {"field": "usd", **x}, "y": {"field": "kt", **y}, "color": colour}},
        ],
    )  # fmt: skip


COMPARISONS: dict[str, tuple[Callable[[Sequence[Plan], int], Spec | None], bool]] = {
    "changes": (changes, True),
    "cost_stacks": (cost_stacks, False),
    "energy_stacks": (energy_stacks, False),
    "carbon_stacks": (carbon_stacks, False),
    "load_curves": (load_curves, False),
    "cost_and_carbon": (cost_and_carbon, True),
}
"""Charts by name, and whether each takes the whole width of a page."""


def _stacks(
    plans: Sequence[Plan], width: int, sums: Sequence[dict[str, float]], order: Sequence[str], table: dict[str, str],
    title: str, axis: str,
) -> Spec | None:  # fmt: skip
    if not order:
        return None
    names = plan_names([plan.scenario for plan in plans])
    labels = {name: name_for_people(name) for name in order}
    tints = {n: table[n] for n in order} if set(order) <= set(table) else colours(order, table)
    rows = [
        {
            "plan": name_lines(name, width),
            "part": labels[part],
            "value": float(f"{parts[part]:.6g}"),
            "order": order.index(part),
        }
        for name, parts in zip(names, sums, strict=True)
        for part in order
        if parts.get(part, 0.0) > 0
    ]  # fmt: skip
    unit = axis.partition("[")[2].rstrip("]").replace("a year", "").strip()
    totals = [{"plan": name_lines(n, width), "value": sum(p.values()), "text": people(sum(p.values()), "1")}
              for n, p in zip(names, sums, strict=True)]  # fmt: skip
    y = {"field": "plan", "type": "nominal", "sort": None, "title": None,
         "axis": name_axis(width)}  # fmt: skip
    room = {"domain": [0, ROOM_FOR_TEXT * max(sum(p.values()) for p in sums)], "nice": False}
    x = {"field": "value", "type": "quantitative", "axis": number_axis(axis), "scale": room}
    return _framed(
        plans, title, f"Stacked by part, in {unit}; the number is the sum.",
        width=width, height=38 * len(plans),
        layer=[
            {"data": {"values": rows}, "mark": {"type": "bar", "size": 24, "cornerRadiusEnd": 0,
                                                "stroke": LIGHT["surface"], "strokeWidth": 1},
             "encoding": {"y": y, "x": {**x, "stack": "zero"}, "order": {"field": "order", "type": "quantitative"},
                          "color": {"field": "part", "type": "nominal", "scale": colour_scale(tints, labels),
                                    "legend": {"title": None, "columns": max(2, width // 125)}}}},
            {"data": {"values": totals}, "mark": {"type": "text", "align": "left", "dx": 5},
             "encoding": {"y": y, "x": x, "text": {"field": "text"}}},
        ],
    )  # fmt: skip


def _plans(names: Sequence[str], shown: Sequence[str], width: int, line: bool = False) -> Spec:
    given = {name: PLAN_COLOURS[i % len(PLAN_COLOURS)] for i, name in enumerate(names)}
    legend: Spec = {"title": None, "columns": max(1, width // 250), "labelLimit": 300}
    if line:
        legend |= {"symbolType": "stroke", "symbolStrokeWidth": 3}
    return {"field": "plan", "type": "nominal", "legend": legend, "scale": colour_scale({n: given[n] for n in shown})}


def _framed(plans: Sequence[Plan], title: str, reading: str, **body: object) -> Spec:
    names = plan_names([plan.scenario for plan in plans])
    caption = f"{'; '.join(names)}. Source: plans made by Wattscale {plans[0].version}."
    return framed(caption, title, reading, **body)  # type: ignore[arg-type]
