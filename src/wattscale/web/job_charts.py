"""Charts of what jobs give back: savings by lever, abatement cost, histograms and drivers of a study.

In: the result of a job as plain data. Out: Vega-Lite specs in the frame that all charts share.
Leaves out: charts of one plan (report/charts.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattscale.catalog.specs import spec_of
from wattscale.report.palette import SPARE, TECHNOLOGY
from wattscale.report.theme import LIGHT, Spec, colour_scale, framed, name_axis, name_lines, number_axis, rows_height
from wattscale.report.words import scale
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of
from wattscale.version import VERSION

METRICS = {
    "energy_mwh": "Energy",
    "cost_usd_per_year": "Cost",
    "carbon_t_per_year": "Carbon",
    "water_m3_per_year": "Water",
}
"""Metrics of the chart of savings, as shares of the plan without any lever."""
FULL_PX, HALF_PX = 900, 430
"""Width of a chart across the page, and of one of two side by side [px]."""
MOST_DRIVERS = 8
FANS = tuple(
    f"outlook.{name}"
    for name in ("electricity_twh", "ai_twh", "investment_usd", "co2_mt", "water_km3", "permanent_jobs", "unmet_share",
                 "scarcity_price")
)  # fmt: skip
"""Figures of an outlook that are drawn; those it lacks are left out."""
MANY = 1e5
"""Values from here on stand on an axis with a k, M or G."""
ROW_PX = 11
"""Height of a bar of the chart of savings [px]."""
TINTS = (TECHNOLOGY["grid"], TECHNOLOGY["gas"], TECHNOLOGY["nuclear"], TECHNOLOGY["solar"], *SPARE)


def job_charts(kind: str, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the charts of a job's result: name and spec, in the order of the page."""
    drawn: dict[str, Spec | None] = {}
    if kind == "levers":
        drawn = {"savings": savings(result), "abatement": abatement(result)}
    elif kind == "study":
        for name in result["figures"]:
            drawn[f"{name} histogram"] = figure_histogram(result, name)
            drawn[f"{name} drivers"] = drivers(result, name)
    elif kind == "sites":
        drawn["cost and carbon"] = sites_scatter(result)
    elif kind == "outlook":
        for name in FANS:
            drawn[name] = fan(result, name) if name in result["figures"] else None
        drawn["drivers"] = outlook_drivers(result)
    return [{"name": name, "spec": spec} for name, spec in drawn.items() if spec is not None]


def savings(result: Mapping[str, Any]) -> Spec:
    """Draw what each lever saves of energy, cost, carbon and water, as its fair share of the joint saving."""
    titles = {lever["name"]: name_lines(lever["title"], FULL_PX) for lever in result["levers"]}
    rows = [
        {"lever": titles[name], "metric": label, "percent": round(100 * row[metric] / result["baseline"][metric], 3)}
        for name, row in result["shapley"].items()
        for metric, label in METRICS.items()
        if result["baseline"][metric]
    ]
    tints = dict(zip(METRICS.values(), TINTS, strict=False))
    return framed(
        _caption("plans of every combination of levers"), "What each lever saves",
        "Bars are the share of each lever in the joint saving (Shapley), of the plan without levers.",
        width=FULL_PX, height=ROW_PX * len(METRICS) * len(titles), data={"values": rows}, mark={"type": "bar"},
        encoding={
            "y": {"field": "lever", "type": "nominal", "sort": None, "title": None, "axis": name_axis(FULL_PX)},
            "yOffset": {"field": "metric", "sort": list(METRICS.values())},
            "x": {"field": "percent", "type": "quantitative", "axis": number_axis("Saving [% of the plan]")},
            "color": {"field": "metric", "type": "nominal", "legend": {"title": None}, "scale": colour_scale(tints)},
            "tooltip": [{"field": f, "type": t} for f, t in (("lever", "nominal"), ("metric", "nominal"),
                                                             ("percent", "quantitative"))],
        },
    )  # fmt: skip


def abatement(result: Mapping[str, Any]) -> Spec | None:
    """Draw the abatement cost curve: carbon avoided along, cost of a tonne up."""
    titles = {lever["name"]: lever["title"] for lever in result["levers"]}
    rows, x = [], 0.0
    for step in result["abatement"]:
        if step["cost_usd_per_t"] is None:
            continue
        wide = step["carbon_t_per_year"] / 1e3
        rows.append({"lever": titles.get(step["lever"], step["lever"]), "from": round(x, 4), "to": round(x + wide, 4),
                     "usd": round(step["cost_usd_per_t"], 2), "zero": 0})  # fmt: skip
        x += wide
    if not rows:
        return None
    tints = {str(row["lever"]): tint for row, tint in zip(rows, TINTS, strict=False)}
    return framed(
        _caption("each step counted on top of those before it"), "Abatement cost curve",
        "Each block is as wide as the carbon it avoids and as high as what a tonne costs; below zero it saves money.",
        width=FULL_PX, height=240, data={"values": rows}, mark={"type": "rect", "opacity": 0.9},
        encoding={
            "x": {"field": "from", "type": "quantitative", "axis": number_axis("Carbon avoided [kt CO2 a year]")},
            "x2": {"field": "to"},
            "y": {"field": "usd", "type": "quantitative", "axis": number_axis("Cost [USD per t CO2]")},
            "y2": {"field": "zero"},
            "color": {"field": "lever", "type": "nominal", "legend": {"title": None, "columns": 2, "labelLimit": 420},
                      "scale": colour_scale(tints)},
            "tooltip": [{"field": f} for f in ("lever", "usd", "from", "to")],
        },
    )  # fmt: skip


def sites_scatter(result: Mapping[str, Any]) -> Spec:
    """Draw each site as a point, cost against carbon; those that no other beats stand out."""
    kinds = {True: "No other beats it", False: "Another is better in all"}
    rows = [
        {"site": row["label"], "usd": row["cost_usd_per_year"] / 1e6, "kt": row["carbon_t_per_year"] / 1e3,
         "kind": kinds[row["pareto"]]}
        for row in result["sites"]
    ]  # fmt: skip
    tints = {kinds[True]: TECHNOLOGY["nuclear"], kinds[False]: TECHNOLOGY["curtailed"]}
    return framed(
        _caption(f"full plans of {len(rows)} sites"), "Cost and carbon of the sites",
        "Lower left is better in both; green sites are beaten by no other in cost, carbon, water and wait for power.",
        width=FULL_PX, height=280, data={"values": rows}, mark={"type": "circle", "size": 90, "opacity": 0.9},
        encoding={
            "x": {"field": "usd", "type": "quantitative", "scale": {"zero": False},
                  "axis": number_axis("Cost with delay [million USD a year]")},
            "y": {"field": "kt", "type": "quantitative", "axis": number_axis("Carbon [kt CO2 a year]")},
            "color": {"field": "kind", "type": "nominal", "legend": {"title": None}, "scale": colour_scale(tints)},
            "tooltip": [{"field": f} for f in ("site", "usd", "kt", "kind")],
        },
    )  # fmt: skip


def fan(result: Mapping[str, Any], name: str) -> Spec:
    """Draw one figure of an outlook by year, with the band of its draws."""
    figure = result["figures"][name]
    rows = [
        {"year": int(year), **{k: float(f"{v:.6g}") for k, v in row.items()}} for year, row in figure["years"].items()
    ]
    x = {"field": "year", "type": "quantitative", "scale": {"zero": False, "nice": False},
         "axis": {"title": None, "format": "d", "grid": False}}  # fmt: skip
    unit = "" if figure["unit"] == "1" else f" [{figure['unit']}]"
    top = max((row["high"] for row in rows), default=0.0)
    axis = number_axis((figure["title"] if len(figure["title"]) < 40 else "") + unit, si=top >= MANY)
    if name.endswith("_share"):
        axis["format"] = ".0%"
    return framed(
        _caption(f"outlook {result['outlook']}, {result['draws']} draws"), figure["title"],
        "Line: middle of the draws; band: their low and high end. Conditional on the drivers, not a forecast.",
        width=HALF_PX, height=200, data={"values": rows},
        layer=[
            {"mark": {"type": "area", "color": TECHNOLOGY["grid"], "opacity": 0.25},
             "encoding": {"x": x, "y": {"field": "low", "type": "quantitative", "axis": axis},
                          "y2": {"field": "high"}}},
            {"mark": {"type": "line", "color": TECHNOLOGY["grid"]},
             "encoding": {"x": x, "y": {"field": "value", "type": "quantitative"},
                          "tooltip": [{"field": f} for f in ("year", "low", "value", "high")]}},
        ],
    )  # fmt: skip


def outlook_drivers(result: Mapping[str, Any]) -> Spec | None:
    """Draw what drives the electricity of the outlook, strongest first."""
    rows = [
        {"input": row["driver"].replace(".", ": ").replace("_", " "), "percent": round(100 * row["sobol_total"], 2)}
        for row in sorted(result["drivers"], key=lambda row: -row["sobol_total"])
    ]
    if not rows:
        return None
    return framed(
        _caption(f"outlook {result['outlook']}, {result['draws']} draws"), "What drives the electricity of 2035",
        "Share of the spread that goes when a driver is known (total Sobol index); longer bars move the answer more.",
        width=FULL_PX, height=rows_height([str(row["input"]) for row in rows], 24), data={"values": rows},
        mark={"type": "bar", "color": TECHNOLOGY["grid"]},
        encoding={
            "y": {"field": "input", "type": "nominal", "sort": None, "title": None, "axis": name_axis(FULL_PX)},
            "x": {"field": "percent", "type": "quantitative", "axis": number_axis("Total Sobol index [%]")},
        },
    )  # fmt: skip


def figure_histogram(result: Mapping[str, Any], name: str) -> Spec | None:
    """Draw how often a figure took which value."""
    bins, spec = result.get("histograms", {}).get(name), spec_of(name)
    if not bins or spec is None or bins[0]["low"] == bins[-1]["high"]:
        return None
    shown = scale(result["figures"][name]["p50"], spec.unit, name)
    rows = [
        {"low": b["low"] / shown.factor, "high": b["high"] / shown.factor, "percent": round(100 * b["share"], 3)}
        for b in bins
    ]
    stats = result["figures"][name]
    span = shown.span(stats["p05"], stats["p95"])
    middle = f"Half of the plans are below {shown.text(stats['p50'])}; 9 of 10 between {span}."
    unit = f" [{(shown.before + shown.after).strip()}]" if (shown.before + shown.after).strip() else ""
    return framed(
        _caption(f"study of {result['cases']} plans"), spec.title, middle,
        width=HALF_PX, height=170, data={"values": rows},
        mark={"type": "rect", "color": TECHNOLOGY["grid"], "stroke": LIGHT["surface"], "strokeWidth": 1},
        encoding={
            "x": {"field": "low", "type": "quantitative", "scale": {"zero": False},
                  "axis": number_axis(spec.title + unit, grid=False)},
            "x2": {"field": "high"},
            "y": {"field": "percent", "type": "quantitative", "axis": number_axis("Share of the plans [%]")},
            "y2": {"datum": 0},
        },
    )  # fmt: skip


def drivers(result: Mapping[str, Any], name: str) -> Spec | None:
    """Draw how strongly each input drives a figure."""
    titles = {f.key: f.title for f in fields_of(Scenario)}
    rows = [
        {"input": name_lines(titles.get(row["key"], row["key"]), HALF_PX), "rank": round(row["rank_correlation"], 4)}
        for row in result.get("drivers", {}).get(name, [])[:MOST_DRIVERS]
        if row.get("rank_correlation") is not None
    ]
    spec = spec_of(name)
    if len(rows) < 2 or spec is None:
        return None
    return framed(
        _caption(f"rank correlation over {result['cases']} plans"), f"What drives it: {spec.title.lower()}",
        "To the right: more of the input goes with more of the figure.",
        width=HALF_PX, height=rows_height([str(row["input"]) for row in rows], 24),
        data={"values": rows}, mark={"type": "bar"},
        encoding={
            "y": {"field": "input", "type": "nominal", "sort": None, "title": None, "axis": name_axis(HALF_PX)},
            "x": {"field": "rank", "type": "quantitative", "scale": {"domain": [-1, 1]},
                  "axis": number_axis("Rank correlation [1]")},
            "color": {"condition": {"test": "datum.rank < 0", "value": TECHNOLOGY["gas"]}, "value": TECHNOLOGY["grid"]},
        },
    )  # fmt: skip


def _caption(basis: str) -> str:
    return f"Source: {basis}, Wattscale {VERSION}."
