"""Charts of an outlook: fans with published figures over them, limits, markets, drivers, scenarios.

In: an `Outlook` and a width. Out: one Vega-Lite spec each.
Leaves out: drawing; the report's svg module draws them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wattscale.catalog import load_catalog
from wattscale.outlook.charts_frame import BLUE, HEIGHT, ORANGE, legend, placed, stacked, year_axis
from wattscale.outlook.charts_supply import cooling, limits, scarcity, supply_mix
from wattscale.outlook.summary import AS_PERCENT, Fan, shown
from wattscale.outlook.years import LAST_HISTORY, REGION_TITLES, REGIONS, YEARS
from wattscale.report.palette import NO_DATA, SEGMENT, colours
from wattscale.report.theme import LIGHT, Spec, colour_scale, name_axis, name_lines, number_axis
from wattscale.report.words import name_for_people

if TYPE_CHECKING:
    from wattscale.outlook.outlook import Outlook

REGION_COLOURS = dict(zip(REGIONS, ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#999933"), strict=True))
READ_YEAR = 2035
"""Year that the sentence below a fan reads out."""
PUBLISHED = {
    "outlook.electricity_twh": ("dc_total", "global", "electricity_use", 1.0),
    "outlook.electricity_twh.us": ("dc_total", "US", "electricity_use", 1.0),
    "outlook.ai_share": ("dc_ai", "global", "share_of_dc_electricity", 0.01),
    "outlook.co2_mt": ("dc_total", "global", "co2_indirect", 1.0),
    "outlook.investment_usd": ("dc_investment", "global", "investment", 1.0),
}
"""Series of table `outlook_published` that are drawn over a fan, and the factor to its unit."""
NEAR = 1.09
"""Published values of a year closer than this ratio share one label."""


def fan_chart(outlook: Outlook, name: str, width: int, *, log: bool = False) -> Spec:
    """Draw a figure as a fan: 80 % and 50 % of the draws, the middle, and published figures."""
    fan = outlook.figures[name]
    unit = f" [{fan.unit}]" if fan.unit != "1" else ""
    rows = [_row(fan, year) for year in fan.years]
    axis = number_axis(f"{fan.title}{unit}")
    y = {
        "type": "quantitative",
        "axis": {**axis, "format": ".0%"} if name in AS_PERCENT else axis,
        "scale": {"type": "log"} if log else {"zero": True},
    }
    x = year_axis(fan.years[0], YEARS[-1])
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "area", "color": BLUE, "opacity": 0.16},
         "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}}},
        {"mark": {"type": "area", "color": BLUE, "opacity": 0.25},
         "encoding": {"x": x, "y": {"field": "lower", **y}, "y2": {"field": "upper"}}},
        {"mark": {"type": "line", "color": BLUE}, "encoding": {"x": x, "y": {"field": "value", **y}}},
    ]  # fmt: skip
    points = [p for p in published(name) if p["year"] >= fan.years[0]]
    said = ""
    if points:
        layers += _points(points, x, y)
        said = " Numbers at the points: rows of the table of published figures."
    low, mid, high = (shown(name, x) for x in fan.at(READ_YEAR))
    reading = f"In {READ_YEAR} the middle is {mid}, 80 % of the draws lie between {low} and {high}.{said}"
    return placed(outlook, fan.title, reading, width, data={"values": rows}, layer=layers)


def _points(points: list[dict[str, Any]], x: Spec, y: Spec) -> list[dict[str, Any]]:
    """Draw published figures as points, with the number of their row beside them."""
    at = {"x": x, "y": {"field": "mid", **y}}
    shape = {
        "field": "kind", "type": "nominal", "legend": {"title": "published"},
        "scale": {"domain": ["history", "forecast"], "range": ["circle", "diamond"]},
    }  # fmt: skip
    mark = {"type": "point", "filled": True, "size": 62, "color": ORANGE, "stroke": LIGHT["surface"]}
    label = {"type": "text", "align": "left", "dx": 7, "dy": -5, "fontSize": 11, "color": LIGHT["ink"]}
    return [
        {"data": {"values": points}, "mark": mark, "encoding": {**at, "shape": shape}},
        {
            "data": {"values": labelled(points)}, "mark": label,
            "encoding": {**at, "text": {"field": "label", "type": "nominal"}},
        },
    ]  # fmt: skip


def published(name: str) -> list[dict[str, Any]]:
    """Give the published figures of a fan, with their number in the table and their definition."""
    if name not in PUBLISHED:
        return []
    *series, factor = PUBLISHED[name]
    found = []
    for number, row in enumerate(load_catalog().rows("outlook_published"), start=1):
        if [row.text("series"), row.text("region"), row.text("metric")] == series:
            found.append(
                {"year": float(row.text("year")), "mid": row.number("mid") * factor, "kind": row.text("kind"),
                 "number": number, "source": row.text("source"), "note": row.text("note")}
            )  # fmt: skip
    return found


def labelled(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give one label per year and height: the numbers of points that lie close together, joined.

    >>> labelled([{"year": 2030.0, "mid": 945.0, "number": 2}, {"year": 2030.0, "mid": 950.0, "number": 7}])
    [{'year': 2030.0, 'mid': 950.0, 'label': '2, 7'}]
    """
    groups: list[list[dict[str, Any]]] = []
    for point in sorted(points, key=lambda p: (p["year"], p["mid"])):
        last = groups[-1][-1] if groups else None
        if last is not None and last["year"] == point["year"] and point["mid"] <= last["mid"] * NEAR:
            groups[-1].append(point)
        else:
            groups.append([point])
    return [
        {"year": g[-1]["year"], "mid": g[-1]["mid"], "label": ", ".join(str(p["number"]) for p in g)} for g in groups
    ]


def electricity(outlook: Outlook, width: int) -> Spec:
    """Draw the electricity of all data centres."""
    return fan_chart(outlook, "outlook.electricity_twh", width)


def electricity_us(outlook: Outlook, width: int) -> Spec:
    """Draw the electricity of data centres in the United States."""
    return fan_chart(outlook, "outlook.electricity_twh.us", width)


def by_region(outlook: Outlook, width: int) -> Spec:
    """Draw the middle of each region's electricity, stacked."""
    names = {r: f"outlook.electricity_twh.{r}" for r in REGIONS}
    rows = [
        {"year": year, "name": REGION_TITLES[r], "v": outlook.figures[n].at(year)[1], "order": k}
        for k, (r, n) in enumerate(names.items())
        for year in YEARS
    ]
    shown = colour_scale(REGION_COLOURS, REGION_TITLES)
    return stacked(
        outlook,
        "Electricity by region",
        "Middle of the draws, region by region.",
        rows,
        shown,
        "Electricity [TWh/year]",
        width,
    )


def investment(outlook: Outlook, width: int) -> Spec:
    """Draw the middle of investment by market segment."""
    names = [n for n in outlook.figures if n.startswith("outlook.market_usd.")]
    tints = colours([n.removeprefix("outlook.market_usd.") for n in names], {**SEGMENT, "memory": "#cc79a7"})
    tints = dict(zip(names, {**tints, "other computing": NO_DATA}.values(), strict=True))
    labels = {n: name_for_people(n.removeprefix("outlook.market_usd.").replace(" ", "_")) for n in names}
    rows = [
        {"year": year, "name": labels[n], "v": outlook.figures[n].at(year)[1], "order": k}
        for k, n in enumerate(names)
        for year in YEARS
        if year >= LAST_HISTORY - 5
    ]
    return stacked(
        outlook, "Investment by market segment", "Middle of the draws; the segments add up to the investment.", rows,
        colour_scale(tints, labels), "Investment [billion USD a year]", width,
    )  # fmt: skip


def scenarios(outlook: Outlook, width: int) -> Spec | None:
    """Draw electricity in 2035 by scenario and shock, with its range."""
    if len(outlook.compared) < 2:
        return None
    rows = []
    for order, (name, years) in enumerate(outlook.compared.items()):
        low, mid, high = years[2035]["electricity_twh"]
        rows.append(
            {
                "name": name_lines(name.removeprefix("Base, "), width),
                "low": low,
                "mid": mid,
                "high": high,
                "order": order,
            }
        )
    y = {"field": "name", "type": "nominal", "sort": {"field": "order"}, "axis": {"title": None, **name_axis(width)}}
    x = {"type": "quantitative", "axis": number_axis("Electricity in 2035 [TWh/year]")}
    layers = [
        {"mark": {"type": "rule", "color": BLUE, "strokeWidth": 7, "opacity": 0.3},
         "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}}},
        {"mark": {"type": "point", "filled": True, "size": 80, "color": BLUE},
         "encoding": {"y": y, "x": {"field": "mid", **x}}},
    ]  # fmt: skip
    return placed(
        outlook, "Scenarios and shocks", "Middle and 80 % of the draws; a shock is laid over the base case.", width,
        height=30 * len(rows), data={"values": rows}, layer=layers,
    )  # fmt: skip


def drivers(outlook: Outlook, width: int) -> Spec | None:
    """Draw the strongest drivers by their total Sobol index."""
    if not outlook.drivers:
        return None
    rows = [
        {"name": name_lines(name_for_people(d.driver.name), width), "v": max(d.total.value, 0.0), "order": k}
        for k, d in enumerate(outlook.drivers)
    ]
    return placed(
        outlook, "What decides the electricity of 2035", "Share of the spread that each explains, with interactions.",
        width, height=26 * len(rows), data={"values": rows}, mark={"type": "bar", "color": BLUE, "height": 15},
        encoding={
            "y": {"field": "name", "type": "nominal", "sort": {"field": "order"},
                  "axis": {"title": None, **name_axis(width)}},
            "x": {"field": "v", "type": "quantitative", "axis": number_axis("Total Sobol index")},
        },
    )  # fmt: skip


def break_evens(outlook: Outlook, width: int) -> Spec:
    """Draw the probability that each technology pays, by year."""
    years = [y for y in YEARS if y > LAST_HISTORY]
    rows = [{"year": y, "name": b.name, "v": b.probability(y)} for b in outlook.break_evens for y in years]
    tints = colours([b.name for b in outlook.break_evens], {})
    return placed(
        outlook, "When, if ever, tomorrow's technologies pay", "Share of the draws in which each has paid.", width,
        height=HEIGHT, data={"values": rows}, mark={"type": "line"},
        encoding={
            "x": year_axis(years[0], years[-1]),
            "y": {"field": "v", "type": "quantitative", "axis": {**number_axis("Share of draws"), "format": ".0%"},
                  "scale": {"domain": [0, 1]}},
            "color": {"field": "name", "type": "nominal", "scale": colour_scale(tints), "legend": legend(width)},
        },
    )  # fmt: skip


def _row(fan: Fan, year: int) -> dict[str, float]:
    low, lower, value, upper, high = (float(q) for q in fan.quantiles[YEARS.index(year)])
    return {"year": year, "low": low, "lower": lower, "value": value, "upper": upper, "high": high}


def fan_of(name: str) -> Callable[[Outlook, int], Spec]:
    """Give the chart of one figure."""
    return lambda outlook, width: fan_chart(outlook, name, width)


CHARTS: dict[str, tuple[Callable[[Outlook, int], Spec | None], bool]] = {
    "electricity": (electricity, True),
    "by_region": (by_region, False),
    "electricity_us": (electricity_us, False),
    "limits": (limits, True),
    "ai_share": (fan_of("outlook.ai_share"), False),
    "unmet": (fan_of("outlook.unmet_share"), False),
    "scarcity": (scarcity, False),
    "waiting": (fan_of("outlook.connection_wait_years.us"), False),
    "investment": (investment, True),
    "total_investment": (fan_of("outlook.investment_usd"), False),
    "cooling": (cooling, False),
    "supply_mix": (supply_mix, False),
    "co2": (fan_of("outlook.co2_mt"), False),
    "electricity_price": (fan_of("outlook.electricity_price.us"), False),
    "token_price": (lambda o, w: fan_chart(o, "outlook.token_price_index", w, log=True), False),
    "scenarios": (scenarios, True),
    "drivers": (drivers, True),
    "break_evens": (break_evens, True),
}
"""Charts by name: how each is drawn, and whether it takes the whole width of a page."""
