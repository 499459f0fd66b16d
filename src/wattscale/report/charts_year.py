"""Charts of the year at the site and in the building: heat maps, months, weather, price.

In: a plan and a width. Out: one Vega-Lite spec each. Times are local standard time of the site.
Leaves out: dispatch and load (charts_power.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattscale.hours import MONTH_DAYS, month_of_hour
from wattscale.report.charts_power import LEAST_SHARE, MONTHS, colour_channel, local, tips
from wattscale.report.palette import TECHNOLOGY
from wattscale.report.theme import HEAT, NARROW_PX, Spec, frame, number_axis, origin
from wattscale.report.words import people
from wattscale.units import HOURS_PER_DAY, FloatArray

if TYPE_CHECKING:
    from wattscale.result import Plan

BIN_H = 3
"""Hours of one cell of the heat map."""


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
            "tooltip": tips("month", "m3"),
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
    days = local(plan, plan.site.price_usd_per_mwh).reshape(-1, HOURS_PER_DAY)
    month = month_of_hour()[::HOURS_PER_DAY]
    seasons = {"Dec–Feb": (11, 0, 1), "Mar–May": (2, 3, 4), "Jun–Aug": (5, 6, 7), "Sep–Nov": (8, 9, 10)}
    tints = dict(zip(seasons, ("#0072b2", "#009e73", "#d55e00", "#cc79a7"), strict=True))
    rows = [
        {"hour": h, "usd": round(float(days[np.isin(month, months)][:, h].mean()), 3), "season": season}
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
            "color": colour_channel("season", tints, None, width, lines=True),
            "tooltip": tips("season", "hour", "usd"),
        },
    )  # fmt: skip


def _heat_map(plan: Plan, width: int, series: FloatArray, title: str, unit: str, basis: str, reading: str) -> Spec:
    days = 1 if width > NARROW_PX else 4
    cells = local(plan, series).reshape(-1, HOURS_PER_DAY // BIN_H, BIN_H).mean(axis=2)
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
    here = local(plan, series)
    rows = []
    for m, name in enumerate(MONTHS):
        hours = here[month == m]
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
                          "tooltip": tips("month", "mean", "low", "high")}},
        ],
    )  # fmt: skip
