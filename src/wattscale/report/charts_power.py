"""Charts of power over time: weeks, months, the load duration curve.

In: a plan and a plot width. Out: one Vega-Lite spec each. Times are local standard time of the site.
Leaves out: the year at the site and in the building (charts_year.py), money (charts_money.py), the flow (flow.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wattscale.hours import MONTH_DAYS, IntArray, local_hour, local_weekday, month_of_hour
from wattscale.report.palette import TECHNOLOGY, colours, stack_order
from wattscale.report.theme import LIGHT, Spec, colour_scale, frame, number_axis
from wattscale.report.words import name_for_people, people
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

if TYPE_CHECKING:
    from wattscale.result import Plan

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONDAY_FIRST = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK_H = 7 * HOURS_PER_DAY
LEAST_SHARE = 1e-3
"""Series below this share of the largest are not drawn."""
LOAD_LABEL = "Campus load"
MOVED_LABEL = "Moved training"
"""Load that is turned down stands above the axis like a source, what is made up below it."""


def typical_week(plan: Plan, width: int) -> Spec:
    """Draw load and dispatch over the week whose supply mix is nearest to that of the year."""
    mixes = _weekly_mixes(plan)
    week = int(np.argmin(np.abs(mixes - mixes.mean(axis=0)).sum(axis=1)))
    reading = "Stacked areas show which source serves each hour; the line is the load."
    return _week(plan, width, week, "A typical week", reading)


def hardest_week(plan: Plan, width: int) -> Spec | None:
    """Draw load and dispatch over the week that is hardest to supply; none where there is but one source.

    That is the week with the least carbon-free share; where the share never changes, the one with most load.
    """
    if len(_in_use(plan.supply.dispatch_mw)) < 2:
        return None
    carbon_free = _weeks(local(plan, plan.supply.cfe_share)).mean(axis=1)
    load = _weeks(local(plan, plan.supply.load_mw)).mean(axis=1)
    week = int(np.argmin(carbon_free) if np.ptp(carbon_free) > 1e-6 else np.argmax(load))
    reading = "The week with the least carbon-free energy, or with the largest load where the share is constant."
    return _week(plan, width, week, "The hardest week", reading)


def monthly_energy(plan: Plan, width: int) -> Spec:
    """Draw the energy of each month by the source that gave it."""
    month = month_of_hour()
    given = _in_use(plan.supply.dispatch_mw)
    tints = colours(given, TECHNOLOGY)
    rows = [
        {"month": MONTHS[m], "source": name_for_people(name), "gwh": round(float(series[month == m].sum()) / 1e3, 4),
         "order": order}
        for order, (name, series) in enumerate(given.items())
        for m in range(12)
    ]  # fmt: skip
    labels = {name: name_for_people(name) for name in given}
    return frame(
        plan, "Energy by month and source", "hourly dispatch of the supply stage",
        f"Each bar is a month's energy, {people(float(plan.supply.load_mw.sum()), 'MWh')} in the year.",
        width=width, height=240, data={"values": rows}, mark={"type": "bar"},
        encoding={
            "x": {"field": "month", "type": "ordinal", "sort": list(MONTHS), "title": None, "axis": {"labelAngle": 0}},
            "y": {"field": "gwh", "type": "quantitative", "axis": number_axis("Energy [GWh a month]")},
            "color": colour_channel("source", tints, labels, width),
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": tips("month", "source", "gwh"),
        },
    )  # fmt: skip


def load_duration(plan: Plan, width: int) -> Spec:
    """Draw load and grid import sorted from the busiest hour to the quietest."""
    series = {LOAD_LABEL: plan.supply.load_mw, "IT load": plan.compute.it_power_mw}
    tints = {LOAD_LABEL: LIGHT["ink"], "IT load": "#6699cc"}
    grid = plan.supply.dispatch_mw.get("grid")
    if grid is not None and len(_in_use(plan.supply.dispatch_mw)) > 1:
        series["Grid import"], tints["Grid import"] = grid, TECHNOLOGY["grid"]
    places = np.unique(np.linspace(0, HOURS_PER_YEAR - 1, 160).astype(int))
    rows = [
        {"share": round(float(100 * h / (HOURS_PER_YEAR - 1)), 2), "mw": round(float(ordered[h]), 3), "series": name}
        for name, ordered in ((n, np.sort(s)[::-1]) for n, s in series.items())
        for h in places
    ]
    peak, mean = float(plan.supply.load_mw.max()), float(plan.supply.load_mw.mean())
    return frame(
        plan, "Load duration curve", "hourly load and dispatch",
        f"Peak {people(peak, 'MW')}, mean {people(mean, 'MW')}, load factor {mean / peak if peak else 0:.0%}.",
        width=width, height=230, data={"values": rows}, mark={"type": "line"},
        encoding={
            "x": {"field": "share", "type": "quantitative", "scale": {"domain": [0, 100]},
                  "axis": number_axis("Share of the year with at least this power [%]")},
            "y": {"field": "mw", "type": "quantitative", "axis": number_axis("Power [MW]")},
            "color": colour_channel("series", tints, None, width, lines=True),
            "tooltip": tips("series", "share", "mw"),
        },
    )  # fmt: skip


def it_power_week(plan: Plan, width: int) -> Spec:
    """Draw the mean week of IT power, training below serving."""
    parts = {"Training": plan.compute.training, "Serving": plan.compute.serving}
    rows = [
        {"hour": h, "mw": round(float(value), 3), "part": name, "order": order}
        for order, (name, part) in enumerate(parts.items())
        if part is not None
        for h, value in enumerate(_mean_week(plan, part.power_mw))
    ]
    tints = {name: tint for name, tint in (("Training", "#0072b2"), ("Serving", "#56b4e9")) if parts[name] is not None}
    return frame(
        plan, "IT power through the week", "compute stage", "Mean week of the year, local time.",
        width=width, height=200, data={"values": rows}, mark={"type": "area"},
        encoding={
            "x": _week_axis(MONDAY_FIRST),
            "y": {"field": "mw", "type": "quantitative", "axis": number_axis("IT power [MW]")},
            "color": colour_channel("part", tints, None, width),
            "order": {"field": "order", "type": "quantitative"},
        },
    )  # fmt: skip


def _week(plan: Plan, width: int, week: int, title: str, reading: str) -> Spec:
    hours = slice(week * WEEK_H, (week + 1) * WEEK_H)
    given = _in_use(plan.supply.dispatch_mw)
    labels = {name: name_for_people(name) for name in given}
    tints = colours(given, TECHNOLOGY)
    areas = {name: local(plan, series)[hours] for name, series in given.items()}
    below = {name: -local(plan, series)[hours] for name, series in _in_use(plan.supply.uses_mw).items()}
    for name in below:
        labels[f"to {name}"] = MOVED_LABEL if name == "flexible" else f"To {name_for_people(name).lower()}"
        tints[f"to {name}"] = f"{tints.get(name, TECHNOLOGY['export'])}80"
    rows = [
        {"hour": h, "mw": round(float(mw), 3), "source": labels[name], "order": order}
        for order, (name, series) in enumerate(
            [*areas.items(), *((f"to {n}", s) for n, s in below.items())]
        )
        for h, mw in enumerate(series)
    ]  # fmt: skip
    load = [{"hour": h, "mw": round(float(mw), 3)} for h, mw in enumerate(local(plan, plan.supply.load_mw)[hours])]
    value = {"field": "mw", "type": "quantitative", "axis": number_axis("Power [MW]"), "title": "Power [MW]"}
    days = [MONDAY_FIRST[int(day)] for day in local(plan, _weekdays(plan).astype(np.float64))[hours][::HOURS_PER_DAY]]
    return frame(
        plan, f"{title} ({_date(week * 7)} to {_date(week * 7 + 6)})", "hourly least-cost dispatch", reading,
        width=width, height=250,
        layer=[
            {
                "data": {"values": rows},
                "mark": {"type": "area", "interpolate": "step-after"},
                "encoding": {
                    "x": _week_axis(days),
                    "y": {**value, "stack": "zero"},
                    "color": colour_channel("source", {n: tints[n] for n in labels}, labels, width),
                    "order": {"field": "order", "type": "quantitative"},
                },
            },
            {
                "data": {"values": load},
                "mark": {"type": "line", "color": LIGHT["ink"], "interpolate": "step-after", "strokeWidth": 1.6},
                "encoding": {"x": _week_axis(days), "y": value},
            },
        ],
    )  # fmt: skip


def _week_axis(days: Sequence[str]) -> Spec:
    names = ",".join(f"'{day}'" for day in days)
    return {
        "field": "hour", "type": "quantitative", "title": None, "scale": {"domain": [0, WEEK_H - 1], "nice": False},
        "axis": {"values": list(range(0, WEEK_H, HOURS_PER_DAY)), "labelExpr": f"[{names}][datum.value/24]",
                 "labelAlign": "left", "labelOffset": 4, "labelOverlap": False},
    }  # fmt: skip


def colour_channel(
    field: str, tints: Mapping[str, str], labels: dict[str, str] | None, width: int, lines: bool = False
) -> Spec:
    """Give the colour channel with the palette of names and a legend that fits the width."""
    legend: Spec = {"title": None, "columns": max(2, width // 105)}
    if lines:
        legend |= {"symbolType": "stroke", "symbolStrokeWidth": 3}
    return {"field": field, "type": "nominal", "scale": colour_scale(dict(tints), labels), "legend": legend}


def tips(*fields: str) -> list[Spec]:
    """Give the fields that a living chart names under the pointer."""
    return [{"field": f, "type": "nominal" if f in ("month", "source", "series", "season") else "quantitative"}
            for f in fields]  # fmt: skip


def _in_use(series: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Keep the sources that can be seen in a chart: those that ever give a thousandth of the largest."""
    peaks = {name: float(np.abs(series[name]).max()) for name in stack_order(series)}
    largest = max(peaks.values(), default=0.0)
    return {name: series[name] for name, peak in peaks.items() if peak > LEAST_SHARE * largest}


def local(plan: Plan, series: FloatArray) -> FloatArray:
    """Turn a year in UTC to local standard time, to the hour."""
    return np.roll(series, round(plan.site.utc_offset_h))


def _weekdays(plan: Plan) -> IntArray:
    return local_weekday(plan.site.calendar, plan.site.utc_offset_h)


def _mean_week(plan: Plan, series: FloatArray) -> FloatArray:
    """Mean of each hour of the local week, from Monday 00:00, shape (168,)."""
    hour = np.floor(local_hour(plan.site.utc_offset_h)).astype(np.int64)
    place = _weekdays(plan) * HOURS_PER_DAY + hour
    return np.asarray(np.bincount(place, series, WEEK_H) / np.bincount(place, minlength=WEEK_H))


def _weeks(local: FloatArray) -> FloatArray:
    return local[: 52 * WEEK_H].reshape(52, WEEK_H)


def _weekly_mixes(plan: Plan) -> FloatArray:
    series = [plan.supply.load_mw, *_in_use(plan.supply.dispatch_mw).values()]
    return np.stack([_weeks(local(plan, s)).mean(axis=1) for s in series], axis=1)


def _date(day: int) -> str:
    for m, days in enumerate(MONTH_DAYS):
        if day < days:
            return f"{day + 1} {MONTHS[m]}"
        day -= days
    return "31 Dec"
