"""Charts of what limits and feeds the build-out: stages, scarcity prices, cooling, power.

In: an `Outlook` and a width. Out: one Vega-Lite spec each.
Leaves out: drawing; the report's svg module draws them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattscale.outlook.charts_frame import HEIGHT, legend, placed, stacked, year_axis
from wattscale.outlook.constraints import ORDERED
from wattscale.outlook.cooling_units import KINDS
from wattscale.outlook.summary import COOLING_TITLES, STAGE_TITLES
from wattscale.outlook.years import FIRST_YEAR, FUTURE, STAGES, YEARS
from wattscale.report.palette import TECHNOLOGY
from wattscale.report.theme import Spec, colour_scale, number_axis

if TYPE_CHECKING:
    from wattscale.outlook.outlook import Outlook

STAGE_COLOURS = ("#0072b2", "#56b4e9", "#5e4fc1", "#e69f00", "#009e73", "#d55e00")
"""Colours of the stages in the order in which capacity is ordered."""


def supply_mix(outlook: Outlook, width: int) -> Spec:
    """Draw the middle shares of the supply by fuel."""
    tints = {
        "coal": "#5b616a",
        "gas": TECHNOLOGY["gas"],
        "nuclear": TECHNOLOGY["nuclear"],
        "renewables": TECHNOLOGY["solar"],
    }
    rows = [
        {"year": year, "name": fuel, "v": outlook.figures[f"outlook.mix.{fuel}"].at(year)[1], "order": k}
        for k, fuel in enumerate(tints)
        for year in YEARS
    ]
    return stacked(
        outlook, "Supply of data centres", "Middle of the draws by fuel, over the year; hour by hour it differs.", rows,
        colour_scale(tints), "Share of electricity", width, normal=True,
    )  # fmt: skip


def limits(outlook: Outlook, width: int) -> Spec:
    """Draw what limits the build-out, as a share of the draws."""
    tints = dict(
        zip(STAGES, ("#c3c6ca", "#0072b2", "#56b4e9", "#5e4fc1", "#d55e00", "#e69f00", "#e3e6e9"), strict=True)
    )
    labels = {s: {"none": "not limited"}.get(s, s) for s in STAGES}
    rows = [
        {"year": year, "name": labels[stage], "v": share, "order": k}
        for year, shares in outlook.bottlenecks.items()
        for k, (stage, share) in enumerate(shares.items())
    ]
    return stacked(
        outlook, "What limits the build-out", "Share of the draws that each stage limits, year by year.", rows,
        colour_scale(tints, labels), "Share of draws", width, normal=True,
    )  # fmt: skip


def cooling(outlook: Outlook, width: int) -> Spec:
    """Draw how AI halls are cooled, as shares of the power of their devices."""
    tints = dict(zip(KINDS, ("#9fb4c7", "#e69f00", "#0072b2", "#5e4fc1"), strict=True))
    rows = [
        {"year": year, "name": COOLING_TITLES[kind], "v": outlook.figures[f"outlook.cooling.{kind}"].at(year)[1],
         "order": k}
        for k, kind in enumerate(tints)
        for year in YEARS
        if year >= FIRST_YEAR + 3
    ]  # fmt: skip
    return stacked(
        outlook, "How AI halls are cooled", "Middle of the draws; a vintage keeps the cooling it was built with.", rows,
        colour_scale({COOLING_TITLES[k]: c for k, c in tints.items()}), "Share of power", width, normal=True,
    )  # fmt: skip


def scarcity(outlook: Outlook, width: int) -> Spec:
    """Draw the mean scarcity price of each stage that is ordered."""
    years = [y for y in FUTURE if y <= FUTURE[0] + 14]
    rows = [{"year": y, "name": STAGE_TITLES[s], "v": outlook.mean_scarcity(s, y)} for s in ORDERED for y in years]
    tints = {STAGE_TITLES[s]: c for s, c in zip(ORDERED, STAGE_COLOURS, strict=True)}
    reading = "Mean of the draws: what a stage could ask on top of its price; orders bring it down a lead time later."
    return placed(
        outlook, "Scarcity price by stage", reading, width, height=HEIGHT, data={"values": rows}, mark={"type": "line"},
        encoding={
            "x": year_axis(years[0], years[-1]),
            "y": {"field": "v", "type": "quantitative", "axis": {**number_axis("Over the price"), "format": ".0%"}},
            "color": {"field": "name", "type": "nominal", "scale": colour_scale(tints), "legend": legend(width)},
        },
    )  # fmt: skip
