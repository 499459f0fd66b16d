"""Charts of effects on people and markets: the bridge from segments to total capital, jobs by phase and round.

In: a plan. Out: Vega-Lite specs, or None where the plan has nothing to draw.
Leaves out: tables of the same (grids.py) and money by part (charts_money.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattscale.report.palette import NO_DATA, PART, SEGMENT
from wattscale.report.theme import LIGHT, Spec, colour_scale, frame, name_axis, name_lines, number_axis, rows_height
from wattscale.report.words import name_for_people, people

if TYPE_CHECKING:
    from wattscale.result import Plan

ROOM_FOR_TEXT = 1.12
"""Length of the axis over that of the longest bar, so that the text beside it fits [1]."""
ROUNDS = {"direct": SEGMENT["accelerators"], "indirect": SEGMENT["servers"], "induced": SEGMENT["storage"]}
"""Colour by round of jobs."""


def market(plan: Plan, width: int) -> Spec | None:
    """Draw the capital by market segment as a bridge whose last bar is their sum."""
    segments = sorted(plan.impact.market_usd.items(), key=lambda item: -item[1])
    total = sum(usd for _, usd in segments)
    if not total > 0.0:
        return None
    rows: list[Spec] = []
    start = 0.0
    for segment, usd in segments:
        rows.append(_step(segment, start, start + usd, width))
        start += usd
    rows.append(_step("total", 0.0, total, width))
    known = {**SEGMENT, "memory": PART["memory"]}
    tints = {str(row["part"]): known.get(segment, NO_DATA) for row, (segment, _) in zip(rows, segments, strict=False)}
    tints[str(rows[-1]["part"])] = NO_DATA
    y = {"field": "part", "type": "nominal", "sort": None, "title": None, "axis": name_axis(width)}
    room = {"domain": [0, ROOM_FOR_TEXT * total / 1e6], "nice": False}
    x = {"field": "from", "type": "quantitative", "axis": number_axis("Capital [million USD]"), "scale": room}
    return frame(
        plan, "Who is paid for what is built", "stage impact",
        f"Each segment begins where the one above ends; together {people(total, 'USD')}.",
        width=width, height=rows_height([str(row["part"]) for row in rows], 26), data={"values": rows},
        layer=[
            {"mark": {"type": "bar", "size": 16},
             "encoding": {"y": y, "x": x, "x2": {"field": "to"},
                          "color": {"field": "part", "type": "nominal", "legend": None,
                                    "scale": colour_scale(tints)}}},
            {"mark": {"type": "text", "align": "left", "dx": 5, "color": LIGHT["ink"]},
             "encoding": {"y": y, "x": {**x, "field": "to"}, "text": {"field": "text"}}},
        ],
    )  # fmt: skip


def _step(segment: str, first_usd: float, last_usd: float, width: int) -> Spec:
    return {
        "part": name_lines(name_for_people(segment), width), "from": float(f"{first_usd / 1e6:.8g}"),
        "to": float(f"{last_usd / 1e6:.8g}"), "text": people(last_usd - first_usd, "USD"),
    }  # fmt: skip


def jobs(plan: Plan, width: int) -> Spec | None:
    """Draw the job-years of building by round, gross, and what is left of them net of displacement."""
    row = next((each for each in plan.impact.job_rows if each.phase == "construction"), None)
    if row is None or row.gross <= 0.0:
        return None
    kept = 1.0 - row.displacement_share
    rows = [
        {"bar": bar, "round": name_for_people(each), "jobs": float(f"{getattr(row, each) * share:.6g}")}
        for bar, share in (("Gross", 1.0), ("Net", kept))
        for each in ROUNDS
    ]
    tints = {name_for_people(each): tint for each, tint in ROUNDS.items()}
    basis = "input-output table" if row.basis == "table" else "factors per MW"
    basis = f"{basis}, displacement {people(row.displacement_share, '1', 'share')}"
    return frame(
        plan, "Jobs of building, by round", f"stage impact, {basis}",
        f"{people(row.gross, 'job-year')} gross, {people(row.net, 'job-year')} net.",
        width=width, height=90, data={"values": rows},
        mark={"type": "bar", "size": 22},
        encoding={
            "y": {"field": "bar", "type": "nominal", "sort": None, "title": None},
            "x": {"field": "jobs", "type": "quantitative", "stack": "zero", "axis": number_axis("Work [job-years]")},
            "color": {"field": "round", "type": "nominal", "scale": colour_scale(tints),
                      "legend": {"title": None, "columns": 3}},
        },
    )  # fmt: skip
