"""An outlook in words and columns for a terminal.

In: an `Outlook`. Out: text that fits the terminal.
Leaves out: figures by region and segment; `--json` and the page give them.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from wattscale.outlook.summary import AS_PERCENT
from wattscale.outlook.years import FUTURE
from wattscale.report.words import digits, scale
from wattscale.screen import folded, screen_width, text_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wattscale.outlook.influence import Influence
    from wattscale.outlook.outlook import Outlook

YEARS = (2025, 2030, 2035, 2045)
SHORT = {
    "share_of_electricity.us": "Share of electricity, US", "electricity_price.us": "Power price, US",
    "permanent_jobs": "Permanent jobs", "water_km3": "Water, sites and plants", "investment_usd": "Investment",
}  # fmt: skip
"""Titles that fit their column."""
UNITS = {"1e9 USD/year": "G$/year", "1e9 m3/year": "km3/year", "job": "1"}
LINES = (
    "electricity_twh", "ai_share", "share_of_electricity.us", "ai_capacity_gw", "investment_usd", "co2_mt", "water_km3",
    "pue_ai", "mix.renewables", "electricity_price.us", "token_price_index", "unmet_share",
    "permanent_jobs", "largest_run_gw",
)  # fmt: skip
PERCENT = 100.0


def outlook_text(outlook: Outlook) -> str:
    """Write an outlook for a terminal."""
    parts = [_head(outlook), _figures(outlook), _limits(outlook)]
    if len(outlook.compared) > 1:
        parts.append(_scenarios(outlook))
    parts.append(_break_evens(outlook))
    if outlook.drivers:
        parts.append(_drivers(outlook))
    return folded("\n\n".join([*parts, _hindcast(outlook)]))


def _head(outlook: Outlook) -> str:
    from wattscale.outlook.outlook import CONDITIONAL

    asked = outlook.asked
    about = f"{asked.name}: {asked.about} {asked.draws:,} draws, seed {asked.seed}; unit figures from the plan "
    return textwrap.fill(f"Outlook to 2045. {about}“{outlook.units.plan}”. {CONDITIONAL}", screen_width())


def _figures(outlook: Outlook) -> str:
    rows: list[tuple[str, ...]] = [("middle (80 % of draws)", *(str(year) for year in YEARS))]
    for name in LINES:
        fan = outlook.figures[f"outlook.{name}"]
        unit = UNITS.get(fan.unit, fan.unit)
        unit = f" [{unit}]" if unit != "1" else ""
        rows.append((SHORT.get(name, fan.title) + unit, *(_named_span(name, fan.at(year)) for year in YEARS)))
    return "\n".join([text_table(rows, words=(0,)), _need(outlook)])


def _need(outlook: Outlook) -> str:
    parts = [f"{_span(ends)} by {year}" for year, ends in outlook.investment_need.items()]
    return f"Investment adds up, in trillion USD from {FUTURE[0]} on, to {', '.join(parts)}."


def _named_span(name: str, ends: tuple[float, float, float]) -> str:
    """Give a range with its middle; shares in per cent, the sign once."""
    if f"outlook.{name}" not in AS_PERCENT:
        return _span(ends)
    low, mid, high = (PERCENT * x for x in ends)
    return f"{_span((low, mid, high))} %"


def _span(ends: tuple[float, float, float]) -> str:
    low, mid, high = ends
    return f"{digits(mid)} ({digits(low)}–{digits(high)})"


def _limits(outlook: Outlook) -> str:
    rows = ["What limits the build-out (share of draws in which demand is not met, and what limits most of them):"]
    for year in (2026, 2027, 2028, 2030, 2032, 2035, 2040):
        share, stage = outlook.tightest[year]
        rows.append(f"  {year}  {share * PERCENT:3.0f} %  {stage if share else 'nothing'}")
    return "\n".join(rows)


def _scenarios(outlook: Outlook) -> str:
    rows: list[tuple[str, ...]] = [("Scenario or shock", "TWh 2030", "TWh 2035", "Mt CO2 2035")]
    for name, years in outlook.compared.items():
        found = (years[2030]["electricity_twh"], years[2035]["electricity_twh"], years[2035]["co2_mt"])
        rows.append((name, *map(_span, found)))
    return text_table(rows, words=(0,))


def _break_evens(outlook: Outlook) -> str:
    rows = ["When, if ever, it pays: share of draws by 2035 and by 2045, and the year by which half of them have it"]
    for each in outlook.break_evens:
        by = f"{each.probability(2035) * PERCENT:4.0f} % {each.probability(2045) * PERCENT:4.0f} %"
        half = each.to_dict()["median_year"] or "never"
        rows.append(_hung(f"  {by}  {half:>5}  ", f"{each.name}: {each.question}"))
    from wattscale.outlook.outlook import SAVING

    r = outlook.rebound
    all_in = f"{'costs' if r['net_change'] > 0 else 'saves'} {abs(r['net_change']) * PERCENT:.0f} %"
    alone = f"{SAVING * (1.0 - r['direct']) * PERCENT:.0f} %"
    rows.append(
        f"  Halving the energy per token saves {alone} of it if only energy gets cheaper, "
        f"and {all_in} if the whole price falls with it."
    )
    return "\n".join(rows)


def _drivers(outlook: Outlook) -> str:
    title = "Strongest drivers of the electricity of 2035 (total Sobol index), and what would narrow them:"
    return "\n".join([title, *driver_rows(outlook.drivers)])


def driver_rows(drivers: Iterable[Influence]) -> list[str]:
    """Write one row for each driver: its index, name, range and what would narrow it."""
    rows = []
    for each in drivers:
        d = each.driver
        span = " ".join(scale(d.high, d.figure.unit).span(d.low, d.high).split())
        rows.append(_hung(f"  {each.total.value:5.2f}  ", f"{d.name}: {span}; narrowed by {_bare(each.narrowed_by)}"))
    return rows


def _bare(text: str) -> str:
    return text.removeprefix("a judgement; ").removeprefix("narrowed by ")


def _hung(head: str, text: str) -> str:
    """Set text behind a head, its further lines below its first."""
    return textwrap.fill(
        text, screen_width(), initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False
    )


def _hindcast(outlook: Outlook) -> str:
    rows = ["Hindcast (skill: 1 - CRPS over that of last growth carried on; below zero is worse)"]
    for s in outlook.scores:
        rows.append(
            f"  {s.series:<28}{s.known_to} to {s.last}: skill {s.skill:5.2f}, error {s.mape:4.0%} "
            f"(naive {s.naive_mape:4.0%}), inside 90 %: {s.coverage_90:4.0%}"
        )
    for b in outlook.breaks:
        if b.is_significant:
            rows.append(f"  Growth of {b.series} changed around {b.year} (F = {b.statistic:.0f}).")
    return "\n".join(rows)
