"""Charts of power over time: weeks, months, the whole year as a heat map, the load duration curve, PUE, weather.

In: a plan and a plot width. Out: one Vega-Lite spec each. Times are local standard time of the site.
Leaves out: money and effects (charts_money.py) and the flow of energy (flow.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from wattscale.hours import MONTH_DAYS, month_of_hour
from wattscale.report.palette import TECHNOLOGY, colours, stack_order
from wattscale.report.theme import HEAT, LIGHT, NARROW_PX, Spec, colour_scale, frame, number_axis, origin
from wattscale.report.words import name_for_people, people
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, FloatArray

if TYPE_CHECKING:
    from wattscale.result import Plan

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK_H = 7 * HOURS_PER_DAY
BIN_H = 3
"""Hours of one cell of the heat map."""
LEAST_SHARE = 1e-3
"""Series below this share of the largest are not drawn."""
LOAD_LABEL = "Campus load"


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
    carbon_free = _weeks(_local(plan, plan.supply.cfe_share)).mean(axis=1)
    load = _weeks(_local(plan, plan.supply.load_mw)).mean(axis=1)
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
            "color": _colour("source", tints, labels, width),
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": _tips("month", "source", "gwh"),
        },
    )  # fmt: skip


def heat_map_power(plan: Plan, width: int) -> Spec:
    """Draw the power of the facility over the whole year, hour of day by day."""
    return _heat_map(
        plan, width, plan.facility.power_mw, "Power of the campus, every day of the year", "Power [MW]",
        "hourly facility power", "Each column is a day, each row three hours; darker is more power.",
    )  # fmt: skip


def heat_map_pue(plan: Plan, width: int) -> Spec:
    """Draw PUE over the whole year, hour of day by day."""
    return _heat_map(
        plan, width, plan.facility.pue, "PUE, every day of the year", "PUE [1]",
        f"facility stage on weather: {origin(plan.site.weather.source, plan.site.weather.synthetic)}",
        "Each column is a day, each row three hours; darker is a higher overhead.",
    )  # fmt: skip


def heat_map_cfe(plan: Plan, width: int) -> Spec | None:
    """Draw the carbon-free share of the energy used over the whole year; none where it never changes."""
    if float(np.ptp(plan.supply.cfe_share)) < LEAST_SHARE:
        return None
    return _heat_map(
        plan, width, 100 * (1 - plan.supply.cfe_share), "Energy that is not carbon free, every day of the year",
        "Not carbon free [%]", "hourly dispatch and hourly grid mix",
        "Each column is a day, each row three hours; darker is less carbon free.",
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
            "color": _colour("series", tints, None, width, lines=True),
            "tooltip": _tips("series", "share", "mw"),
        },
    )  # fmt: skip


def pue_by_month(plan: Plan, width: int) -> Spec:
    """Draw mean PUE of each month, with the band from the 5th to the 95th percentile of its hours."""
    return _monthly_band(
        plan, width, plan.facility.pue, "PUE by month", "PUE [1]",
        f"facility stage on weather: {origin(plan.site.weather.source, plan.site.weather.synthetic)}",
        TECHNOLOGY["nuclear"],
        float(plan.facility.power_mw.sum() / max(float(plan.compute.it_power_mw.sum()), 1e-9)),
    )  # fmt: skip


def water_by_month(plan: Plan, width: int) -> Spec | None:
    """Draw the water taken on site in each month."""
    month = month_of_hour()
    sums = [float(plan.facility.water_m3[month == m].sum()) for m in range(12)]
    if not sum(sums):
        return None
    rows = [{"month": name, "m3": float(f"{m3:.5g}")} for name, m3 in zip(MONTHS, sums, strict=True)]
    air = plan.site.weather
    return frame(
        plan, "Water on site by month", f"facility stage on weather: {origin(air.source, air.synthetic)}",
        f"{people(sum(sums), 'm3/year')} in all.",
        width=width, height=200, data={"values": rows}, mark={"type": "bar", "color": TECHNOLOGY["grid"]},
        encoding={
            "x": {"field": "month", "type": "ordinal", "sort": list(MONTHS), "title": None, "axis": {"labelAngle": 0}},
            "y": {"field": "m3", "type": "quantitative", "axis": number_axis("Water [m³ a month]")},
            "tooltip": _tips("month", "m3"),
        },
    )  # fmt: skip


def temperature_by_month(plan: Plan, width: int) -> Spec:
    """Draw the air temperature of each month, with the band from the 5th to the 95th percentile of its hours."""
    air = plan.site.weather
    return _monthly_band(
        plan, width, air.temp_air_c, "Air temperature by month", "Air temperature [°C]",
        f"weather: {origin(air.source, air.synthetic)}", TECHNOLOGY["gas"],
        float(air.temp_air_c.mean()),
    )  # fmt: skip


def price_by_hour(plan: Plan, width: int) -> Spec:
    """Draw the mean day of grid price in each season."""
    local = _local(plan, plan.site.price_usd_per_mwh).reshape(-1, HOURS_PER_DAY)
    month = month_of_hour()[::HOURS_PER_DAY]
    seasons = {"Dec–Feb": (11, 0, 1), "Mar–May": (2, 3, 4), "Jun–Aug": (5, 6, 7), "Sep–Nov": (8, 9, 10)}
    tints = dict(zip(seasons, ("#0072b2", "#009e73", "#d55e00", "#cc79a7"), strict=True))
    rows = [
        {"hour": h, "usd": round(float(local[np.isin(month, months)][:, h].mean()), 3), "season": season}
        for season, months in seasons.items()
        for h in range(HOURS_PER_DAY)
    ]
    kind = "synthetic price" if plan.site.price_synthetic else "price series"
    return frame(
        plan, "Grid price through the day", kind, "Mean day of each season, local time.",
        width=width, height=200, data={"values": rows}, mark={"type": "line"},
        encoding={
            "x": {"field": "hour", "type": "quantitative", "scale": {"domain": [0, 23]},
                  "axis": {"title": "Local hour of day [h]", "values": [0, 6, 12, 18, 23], "grid": False}},
            "y": {"field": "usd", "type": "quantitative", "axis": number_axis("Wholesale price [USD/MWh]")},
            "color": _colour("season", tints, None, width, lines=True),
            "tooltip": _tips("season", "hour", "usd"),
        },
    )  # fmt: skip


def it_power_week(plan: Plan, width: int) -> Spec:
    """Draw the mean week of IT power, training below serving."""
    parts = {"Training": plan.compute.training, "Serving": plan.compute.serving}
    rows = [
        {"hour": h, "mw": round(float(value), 3), "part": name, "order": order}
        for order, (name, part) in enumerate(parts.items())
        if part is not None
        for h, value in enumerate(_weeks(_local(plan, part.power_mw)).mean(axis=0))
    ]
    tints = {name: tint for name, tint in (("Training", "#0072b2"), ("Serving", "#56b4e9")) if parts[name] is not None}
    return frame(
        plan, "IT power through the week", "compute stage", "Mean week of the year, local time.",
        width=width, height=200, data={"values": rows}, mark={"type": "area"},
        encoding={
            "x": _week_axis(),
            "y": {"field": "mw", "type": "quantitative", "axis": number_axis("IT power [MW]")},
            "color": _colour("part", tints, None, width),
            "order": {"field": "order", "type": "quantitative"},
        },
    )  # fmt: skip


def _week(plan: Plan, width: int, week: int, title: str, reading: str) -> Spec:
    hours = slice(week * WEEK_H, (week + 1) * WEEK_H)
    given = _in_use(plan.supply.dispatch_mw)
    labels = {name: name_for_people(name) for name in given}
    tints = colours(given, TECHNOLOGY)
    areas = {name: _local(plan, series)[hours] for name, series in given.items()}
    below = {name: -_local(plan, series)[hours] for name, series in _in_use(plan.supply.uses_mw).items()}
    for name in below:
        labels[f"to {name}"] = f"To {name_for_people(name).lower()}"
        tints[f"to {name}"] = f"{tints.get(name, TECHNOLOGY['export'])}80"
    rows = [
        {"hour": h, "mw": round(float(mw), 3), "source": labels[name], "order": order}
        for order, (name, series) in enumerate(
            [*areas.items(), *((f"to {n}", s) for n, s in below.items())]
        )
        for h, mw in enumerate(series)
    ]  # fmt: skip
    load = [{"hour": h, "mw": round(float(mw), 3)} for h, mw in enumerate(_local(plan, plan.supply.load_mw)[hours])]
    first = _date(week * 7)
    value = {"field": "mw", "type": "quantitative", "axis": number_axis("Power [MW]"), "title": "Power [MW]"}
    return frame(
        plan, f"{title} ({first} to {_date(week * 7 + 6)})", "hourly least-cost dispatch", reading,
        width=width, height=250,
        layer=[
            {
                "data": {"values": rows},
                "mark": {"type": "area", "interpolate": "step-after"},
                "encoding": {
                    "x": _week_axis(),
                    "y": {**value, "stack": "zero"},
                    "color": _colour("source", {n: tints[n] for n in labels}, labels, width),
                    "order": {"field": "order", "type": "quantitative"},
                },
            },
            {
                "data": {"values": load},
                "mark": {"type": "line", "color": LIGHT["ink"], "interpolate": "step-after", "strokeWidth": 1.6},
                "encoding": {"x": _week_axis(), "y": value},
            },
        ],
    )  # fmt: skip


def _heat_map(plan: Plan, width: int, series: FloatArray, title: str, unit: str, basis: str, reading: str) -> Spec:
    days = 1 if width > NARROW_PX else 4
    cells = _local(plan, series).reshape(-1, HOURS_PER_DAY // BIN_H, BIN_H).mean(axis=2)
    cells = cells[: len(cells) // days * days].reshape(-1, days, cells.shape[1]).mean(axis=1)
    rows = [
        {"d": d * days, "e": (d + 1) * days, "h": b * BIN_H, "k": (b + 1) * BIN_H, "v": float(f"{cell:.4g}")}
        for d, day in enumerate(cells)
        for b, cell in enumerate(day)
    ]
    starts = np.cumsum((0, *MONTH_DAYS[:-1])).tolist()
    names = ",".join(f"'{m if width > NARROW_PX else m[0]}'" for m in MONTHS)
    low, high = float(cells.min()), float(cells.max())
    if high - low < 1e-6 * max(abs(high), 1e-9):
        low, high = low - 0.05 * max(abs(low), 1e-9), high + 0.05 * max(abs(high), 1e-9)
    return frame(
        plan, title, basis, reading, width=width, height=150, data={"values": rows},
        mark={"type": "rect", "aria": False},
        encoding={
            "x": {"field": "d", "type": "quantitative", "scale": {"domain": [0, 365], "nice": False}, "title": None,
                  "axis": {"values": starts, "grid": False, "labelAlign": "left", "labelOffset": 3,
                           "labelOverlap": False, "labelExpr": f"[{names}][indexof({starts}, datum.value)]"}},
            "x2": {"field": "e"},
            "y": {"field": "h", "type": "quantitative",
                  "scale": {"domain": [0, 24], "reverse": True, "nice": False},
                  "axis": {"title": "Local hour [h]", "values": [0, 6, 12, 18, 24], "grid": False}},
            "y2": {"field": "k"},
            "color": {"field": "v", "type": "quantitative",
                      "scale": {"range": list(HEAT), "domain": [low, high], "nice": False},
                      "legend": {"title": unit, "gradientLength": min(width, 260), "tickCount": 4, "format": ".3~r",
                                 "titleOrient": "left" if width > NARROW_PX else "top"}},
        },
    )  # fmt: skip


def _monthly_band(
    plan: Plan, width: int, series: FloatArray, title: str, axis: str, basis: str, tint: str, mean: float
) -> Spec:
    month = month_of_hour()
    local = _local(plan, series)
    rows = []
    for m, name in enumerate(MONTHS):
        hours = local[month == m]
        low, high = (round(float(q), 4) for q in np.percentile(hours, (5, 95)))
        rows.append({"month": name, "mean": round(float(hours.mean()), 4), "low": low, "high": high})
    x = {"field": "month", "type": "ordinal", "sort": list(MONTHS), "title": None, "axis": {"labelAngle": 0}}
    scale = {"zero": False, "nice": True}
    return frame(
        plan, title, basis, f"Line: mean of the month; band: 5th to 95th percentile of its hours. Year {mean:.3g}.",
        width=width, height=200, data={"values": rows},
        layer=[
            {"mark": {"type": "area", "color": tint, "opacity": 0.25, "interpolate": "monotone"},
             "encoding": {"x": x, "y": {"field": "low", "type": "quantitative", "scale": scale,
                                        "axis": number_axis(axis)}, "y2": {"field": "high"}}},
            {"mark": {"type": "line", "color": tint, "point": {"color": tint, "size": 30}, "interpolate": "monotone"},
             "encoding": {"x": x, "y": {"field": "mean", "type": "quantitative", "title": axis},
                          "tooltip": _tips("month", "mean", "low", "high")}},
        ],
    )  # fmt: skip


def _week_axis() -> Spec:
    names = ",".join(f"'{day}'" for day in WEEKDAYS)
    return {
        "field": "hour", "type": "quantitative", "title": None, "scale": {"domain": [0, WEEK_H - 1], "nice": False},
        "axis": {"values": list(range(0, WEEK_H, HOURS_PER_DAY)), "labelExpr": f"[{names}][datum.value/24]",
                 "labelAlign": "left", "labelOffset": 4, "labelOverlap": False},
    }  # fmt: skip


def _colour(
    field: str, tints: Mapping[str, str], labels: dict[str, str] | None, width: int, lines: bool = False
) -> Spec:
    legend: Spec = {"title": None, "columns": max(2, width // 105)}
    if lines:
        legend |= {"symbolType": "stroke", "symbolStrokeWidth": 3}
    return {"field": field, "type": "nominal", "scale": colour_scale(dict(tints), labels), "legend": legend}


def _tips(*fields: str) -> list[Spec]:
    return [{"field": f, "type": "nominal" if f in ("month", "source", "series", "season") else "quantitative"}
            for f in fields]  # fmt: skip


def _in_use(series: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Keep the sources that can be seen in a chart: those that ever give a thousandth of the largest."""
    peaks = {name: float(np.abs(series[name]).max()) for name in stack_order(series)}
    largest = max(peaks.values(), default=0.0)
    return {name: series[name] for name, peak in peaks.items() if peak > LEAST_SHARE * largest}


def _local(plan: Plan, series: FloatArray) -> FloatArray:
    return np.roll(series, round(plan.site.utc_offset_h))


def _weeks(local: FloatArray) -> FloatArray:
    return local[: 52 * WEEK_H].reshape(52, WEEK_H)


def _weekly_mixes(plan: Plan) -> FloatArray:
    series = [plan.supply.load_mw, *_in_use(plan.supply.dispatch_mw).values()]
    return np.stack([_weeks(_local(plan, s)).mean(axis=1) for s in series], axis=1)


def _date(day: int) -> str:
    for m, days in enumerate(MONTH_DAYS):
        if day < days:
            return f"{day + 1} {MONTHS[m]}"
        day -= days
    return "31 Dec"
