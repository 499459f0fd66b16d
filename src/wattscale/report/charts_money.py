"""Charts of money, effects and doubt: cost, cash flow, carbon, jobs, time shares, and the ranges of the figures.

In: a plan and a plot width. Out: one Vega-Lite spec each.
Leaves out: power over time (charts_power.py) and the flow of energy (flow.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wattscale.hours import month_of_hour
from wattscale.report.charts_power import MONTHS
from wattscale.report.palette import NO_DATA, PART, SEGMENT, TECHNOLOGY, colours
from wattscale.report.tables import full_title, is_key
from wattscale.report.theme import (
    LIGHT,
    NARROW_PX,
    Spec,
    colour_scale,
    frame,
    name_axis,
    name_lines,
    number_axis,
    rows_height,
)
from wattscale.report.words import name_for_people, people, scale

if TYPE_CHECKING:
    from wattscale.result import Plan

LEAST_SHARE = 1e-3
"""Shares of the time, and capacities relative to the largest, that are too small to be drawn."""
ROOM_FOR_TEXT = 1.14
"""Length of an axis over its longest bar, so that the number behind the bar has room."""
MOST_BARS = 16
"""Bars of one chart; smaller ones are put together as "Other"."""


def cost_by_segment(plan: Plan, width: int) -> Spec | None:
    """Draw the yearly cost as one bar, split by segment."""
    totals: dict[str, float] = {}
    for line in plan.economics.lines:
        totals[line.segment] = totals.get(line.segment, 0.0) + line.total_usd_per_year
    totals = {k: v for k, v in sorted(totals.items(), key=lambda item: -item[1]) if v > 0}
    whole = sum(totals.values())
    if not whole:
        return None
    labels = {name: f"{name_for_people(name)} {value / whole:.0%}" for name, value in totals.items()}
    rows = [
        {"segment": labels[name], "usd": round(value / 1e6, 4), "order": order, "row": ""}
        for order, (name, value) in enumerate(totals.items())
    ]
    return frame(
        plan, "Where the yearly cost goes", "economics stage, annuities plus running cost",
        f"{people(whole, 'USD/year')}, largest part {name_for_people(next(iter(totals)))}.",
        width=width, height=44, data={"values": rows},
        mark={"type": "bar", "size": 38, "stroke": LIGHT["surface"], "strokeWidth": 1.5},
        encoding={
            "y": {"field": "row", "type": "nominal", "axis": None},
            "x": {"field": "usd", "type": "quantitative", "stack": "zero", "scale": {"nice": False},
                  "axis": number_axis("Cost [million USD a year]", grid=False)},
            "color": {"field": "segment", "type": "nominal", "legend": _legend(width),
                      "scale": colour_scale(colours(totals, SEGMENT), labels)},
            "order": {"field": "order", "type": "quantitative"},
        },
    )  # fmt: skip


def cost_by_part(plan: Plan, width: int) -> Spec | None:
    """Draw the yearly cost of each part as a bar with its range, coloured by segment."""
    lines = sorted(plan.economics.lines, key=lambda line: -line.total_usd_per_year)
    if not lines:
        return None
    rows = [
        {"part": name_lines(name_for_people(line.part), width), "segment": name_for_people(line.segment),
         "usd": line.total_usd_per_year / 1e6, "low": line.low_usd_per_year / 1e6, "high": line.high_usd_per_year / 1e6}
        for line in lines[:MOST_BARS]
    ]  # fmt: skip
    rest = lines[MOST_BARS:]
    if rest:
        sums = [sum(getattr(line, key) for line in rest) / 1e6
                for key in ("total_usd_per_year", "low_usd_per_year", "high_usd_per_year")]  # fmt: skip
        rows.append({"part": f"{len(rest)} smaller parts", "segment": "Smaller parts",
                     "usd": sums[0], "low": sums[1], "high": sums[2]})  # fmt: skip
    segments = list(dict.fromkeys(line.segment for line in lines[:MOST_BARS]))
    tints = {name_for_people(name): tint for name, tint in colours(segments, SEGMENT).items()}
    return _ranged_bars(
        plan, width, rows, tints | ({"Smaller parts": NO_DATA} if rest else {}), "Yearly cost by part",
        "Cost [million USD a year]", "economics stage",
    )  # fmt: skip


def cash_flow(plan: Plan, width: int) -> Spec | None:
    """Draw the cash flow of each year with its running sum."""
    flow = plan.economics.cash_flow_usd / 1e6
    if not len(flow) or not np.any(flow):
        return None
    rows = [
        {"year": year, "usd": round(float(usd), 3), "sum": round(float(total), 3)}
        for year, (usd, total) in enumerate(zip(flow, np.cumsum(flow), strict=True))
    ]
    x = {"field": "year", "type": "ordinal", "title": "Year of the project", "axis": {"labelAngle": 0}}
    return frame(
        plan, "Cash flow", "economics stage, real USD of the base year, not discounted",
        f"Bars: each year; line: running sum, {people(float(flow.sum()) * 1e6, 'USD')} at the end.",
        width=width, height=210, data={"values": rows},
        layer=[
            {"mark": {"type": "bar"},
             "encoding": {"x": x, "y": {"field": "usd", "type": "quantitative",
                                        "axis": number_axis("Cash flow [million USD]")},
                          "color": {"condition": {"test": "datum.usd < 0", "value": TECHNOLOGY["gas"]},
                                    "value": TECHNOLOGY["grid"]}}},
            {"mark": {"type": "line", "color": LIGHT["ink"], "strokeWidth": 1.6, "point": {"color": LIGHT["ink"],
                                                                                          "size": 22}},
             "encoding": {"x": x, "y": {"field": "sum", "type": "quantitative"}}},
        ],
    )  # fmt: skip


def time_shares(plan: Plan, width: int) -> Spec | None:
    """Draw where the time of the machines goes: a training step, and serving."""
    bars: list[tuple[str, str, float]] = []
    if plan.compute.training is not None:
        shares = sorted(plan.compute.training.time_shares.items(), key=lambda item: (item[0] != "compute", -item[1]))
        bars += [("Training step", name, share) for name, share in shares if share >= LEAST_SHARE]
    if plan.compute.serving is not None:
        share = plan.compute.serving.input_compute_share
        bars += [("Serving", "prefill", share), ("Serving", "decode", 1 - share)]
    if not bars:
        return None
    said = {"prefill": "Reading input (prefill)", "decode": "Writing output (decode)"}
    names = list(dict.fromkeys(name for _, name, share in bars if share > 0))
    labels = {name: said.get(name, name_for_people(name)) for name in names}
    rows = [
        {"bar": bar, "part": labels[name], "share": round(100 * share, 3), "order": names.index(name)}
        for bar, name, share in bars
        if share > 0
    ]
    return frame(
        plan, "Where the machines' time goes", "compute stage", "Shares of a training step and of serving.",
        width=width, height=46 * len({r["bar"] for r in rows}), data={"values": rows},
        mark={"type": "bar", "size": 28, "stroke": LIGHT["surface"], "strokeWidth": 1.5},
        encoding={
            "y": {"field": "bar", "type": "nominal", "title": None, "sort": None},
            "x": {"field": "share", "type": "quantitative", "stack": "zero", "scale": {"domain": [0, 100]},
                  "axis": number_axis("Share of the time [%]", grid=False)},
            "color": {"field": "part", "type": "nominal", "legend": _legend(width, 190),
                      "scale": colour_scale(colours(names, PART), labels)},
            "order": {"field": "order", "type": "quantitative"},
        },
    )  # fmt: skip


def ranges(plan: Plan, width: int) -> Spec | None:
    """Draw the range of each figure that has one, relative to its value, widest first."""
    known = [f for f in plan.figures.values() if is_key(f.name) and f.high > f.low and f.value]
    widest = sorted(known, key=lambda f: -(f.high - f.low) / abs(f.value))[:MOST_BARS]
    if not widest:
        return None
    rows = []
    for f in widest:
        shown = scale(f.value, f.unit, f.name)
        ends = sorted(100 * (end - f.value) / abs(f.value) for end in (f.low, f.high))
        rows.append({"figure": name_lines(full_title(f), width),
                     "low": max(ends[0], -200.0), "high": min(ends[1], 200.0),
                     "text": shown.text(f.value), "range": shown.span(f.low, f.high),
                     "shown": f"{shown.text(f.value)}  ({shown.ends(f.low, f.high)})"})  # fmt: skip
    y = {"field": "figure", "type": "nominal", "sort": None, "title": None, "axis": name_axis(width)}
    apart = width > 2 * NARROW_PX
    said = json.dumps({row["figure"]: row["shown"] for row in rows}, ensure_ascii=False)
    right = {"orient": "right", "labelExpr": f"({said})[datum.label]", "labelColor": LIGHT["muted"], "labelLimit": 330}
    values = {
        "mark": {"type": "point", "opacity": 0},
        "encoding": {"y": {**y, "axis": {**name_axis(width), **right}}, "x": {"datum": 0, "type": "quantitative"}},
    }
    return frame(
        plan, "How sure the figures are", "ranges that the stages know, widest first, cut at ±200 %",
        "Each band runs from the low to the high end of a figure, as a change from its value.",
        width=width, height=rows_height([str(row["figure"]) for row in rows], 22),
        data={"values": rows},
        resolve={"scale": {"y": "independent"}} if apart else {},
        layer=[
            {"mark": {"type": "bar", "size": 12, "color": TECHNOLOGY["wind"], "opacity": 0.75, "cornerRadius": 6},
             "encoding": {"y": y, "x": {"field": "low", "type": "quantitative",
                                        "axis": number_axis("Range around the value [%]")},
                          "x2": {"field": "high"}, "tooltip": [{"field": "text"}, {"field": "range"}]}},
            {"mark": {"type": "tick", "color": LIGHT["ink"], "thickness": 2, "size": 14},
             "encoding": {"y": {**y, "axis": None} if apart else y, "x": {"datum": 0, "type": "quantitative"}}},
            *([values] if apart else []),
        ],
    )  # fmt: skip


def carbon_by_month(plan: Plan, width: int) -> Spec | None:
    """Draw the carbon of the power used in each month, by source: grid, own plant, and upstream of both.

    Certified contracts over the grid stand apart, at the mean of the grid, as the location-based method counts them.
    """
    month = month_of_hour()
    supply = plan.supply
    certified = supply.metered_mw.get("clean", np.zeros_like(supply.carbon_kg))
    contracts = certified * plan.site.carbon_kg_per_mwh
    upstream = np.maximum(supply.carbon_lifecycle_kg - supply.carbon_kg, 0.0)
    parts = {
        "Grid, direct": (supply.grid_carbon_kg, TECHNOLOGY["grid"]),
        "Contracts, at the grid's mean": (contracts, TECHNOLOGY["wind"]),
        "Own plant, direct": (supply.carbon_kg - supply.grid_carbon_kg, TECHNOLOGY["gas"]),
        "Upstream (fuel supply, plants)": (upstream, NO_DATA),
    }
    kept = {name: pair for name, pair in parts.items() if float(pair[0].sum()) > 1.0}
    if not kept:
        return None
    rows = [
        {"month": MONTHS[m], "kt": round(float(series[month == m].sum()) / 1e6, 5), "source": name, "order": order}
        for order, (name, (series, _)) in enumerate(kept.items())
        for m in range(12)
    ]
    return frame(
        plan, "Carbon of the power used", "supply stage: hourly dispatch times hourly carbon intensity",
        f"Direct {people(float(supply.carbon_kg.sum() + contracts.sum()) / 1e3, 't/year')}, "
        f"life cycle of the energy bought {people(float(supply.carbon_lifecycle_kg.sum()) / 1e3, 't/year')}.",
        width=width, height=210, data={"values": rows}, mark={"type": "bar"},
        encoding={
            "x": {"field": "month", "type": "ordinal", "sort": list(MONTHS), "title": None, "axis": {"labelAngle": 0}},
            "y": {"field": "kt", "type": "quantitative", "axis": number_axis("Carbon [kt CO2 a month]")},
            "color": {"field": "source", "type": "nominal", "legend": _legend(width, 210),
                      "scale": colour_scale({n: tint for n, (_, tint) in kept.items()})},
            "order": {"field": "order", "type": "quantitative"},
        },
    )  # fmt: skip


def embodied(plan: Plan, width: int) -> Spec | None:
    """Draw the embodied carbon by part."""
    parts = {name: t / 1e3 for name, t in plan.impact.embodied_t.items()}
    return _plain_bars(plan, width, parts, "Embodied carbon by part", "Embodied carbon [kt CO2]", TECHNOLOGY["diesel"])


def jobs(plan: Plan, width: int) -> Spec | None:
    """Draw the job-years of construction by part."""
    ending = ".construction"
    parts = {n.removesuffix(ending): v for n, v in plan.impact.jobs.items() if n.endswith(ending)}
    return _plain_bars(plan, width, parts, "Construction jobs by part", "Work [job-years]", TECHNOLOGY["nuclear"])


def capacities(plan: Plan, width: int) -> Spec | None:
    """Draw the capacity of each source of power."""
    largest = max(plan.supply.capacity_mw.values(), default=0.0)
    sizes = {name: mw for name, mw in plan.supply.capacity_mw.items() if mw > LEAST_SHARE * largest}
    tints = {name_lines(name_for_people(n), width): tint for n, tint in colours(sizes, TECHNOLOGY).items()}
    return _plain_bars(plan, width, sizes, "What is built or connected", "Capacity [MW]", "", tints)


def supply_cost(plan: Plan, width: int) -> Spec | None:
    """Draw the yearly cost of the supply by part."""
    parts = {name: usd / 1e6 for name, usd in plan.supply.cost_usd_per_year.items()}
    total = sum(parts.values())
    shown = {name: usd for name, usd in parts.items() if usd > LEAST_SHARE * total}
    return _plain_bars(plan, width, shown, "What the power costs", "Cost [million USD a year]", SEGMENT["energy"])


def _plain_bars(
    plan: Plan, width: int, parts: dict[str, float], title: str, axis: str, tint: str,
    tints: dict[str, str] | None = None,
) -> Spec | None:  # fmt: skip
    ordered = sorted(((n, v) for n, v in parts.items() if v > 0), key=lambda item: -item[1])
    shown, rest = ordered[:MOST_BARS], ordered[MOST_BARS:]
    if not shown:
        return None
    rows = [
        {"part": name_lines(name_for_people(n), width), "value": float(f"{v:.6g}"), "text": people(v, "1")}
        for n, v in shown
    ]
    if rest:
        total = sum(v for _, v in rest)
        rows.append({"part": f"{len(rest)} smaller parts", "value": total, "text": people(total, "1")})
    colour: Spec = {"value": tint}
    if tints:
        colour = {"field": "part", "type": "nominal", "legend": None, "scale": colour_scale(tints)}
    y = {"field": "part", "type": "nominal", "sort": None, "title": None, "axis": name_axis(width)}
    largest = max(ordered[0][1], sum(v for _, v in rest))
    room = {"domain": [0, ROOM_FOR_TEXT * largest], "nice": False}
    x = {"field": "value", "type": "quantitative", "axis": number_axis(axis), "scale": room}
    return frame(
        plan, title, "stages supply and impact", f"Largest: {rows[0]['part']} with {rows[0]['text']}.",
        width=width, height=rows_height([str(row["part"]) for row in rows], 26), data={"values": rows},
        layer=[
            {"mark": {"type": "bar", "size": 16}, "encoding": {"y": y, "x": x, "color": colour}},
            {"mark": {"type": "text", "align": "left", "dx": 5, "color": LIGHT["ink"]},
             "encoding": {"y": y, "x": x, "text": {"field": "text"}}},
        ],
    )  # fmt: skip


def _ranged_bars(
    plan: Plan, width: int, rows: Sequence[Spec], tints: dict[str, str], title: str, axis: str, basis: str
) -> Spec:
    y = {"field": "part", "type": "nominal", "sort": None, "title": None, "axis": name_axis(width)}
    return frame(
        plan, title, basis, "Bars: value; thin lines: range from the range of the figures behind it.",
        width=width, height=rows_height([str(row["part"]) for row in rows], 24),
        data={"values": [{k: float(f"{v:.6g}") if isinstance(v, float) else v for k, v in r.items()} for r in rows]},
        layer=[
            {"mark": {"type": "bar", "size": 14},
             "encoding": {"y": y, "x": {"field": "usd", "type": "quantitative", "axis": number_axis(axis)},
                          "color": {"field": "segment", "type": "nominal", "scale": colour_scale(tints),
                                    "legend": _legend(width)},
                          "tooltip": [{"field": "part"}, {"field": "usd", "format": ",.3r"},
                                      {"field": "low", "format": ",.3r"}, {"field": "high", "format": ",.3r"}]}},
            {"mark": {"type": "rule", "color": LIGHT["ink"], "strokeWidth": 1.4},
             "encoding": {"y": y, "x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}}},
        ],
    )  # fmt: skip


def _legend(width: int, label_px: int = 135) -> Spec:
    return {"title": None, "columns": max(1, width // label_px)}
