"""What an outlook says about statements on the coming decades, in numbers and words.

In: figures of an outlook, brought by the layer above. Out: a number with range, or a sentence beside the plan's number.
Leaves out: running the outlook, and the verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Range = tuple[float, float, float]
"""Value, low and high."""


@dataclass(frozen=True)
class Measure:
    """A number with its range.

    Attributes:
        value: Central value.
        low: Low end.
        high: High end.
        flip: What would change the verdict, in words; empty where only the number itself would.
        sources: Ids of figures behind it.
        form: What the number is, where it is not what the table of statements says.
        unit: Its unit in that case.
    """

    value: float
    low: float
    high: float
    flip: str = ""
    sources: tuple[str, ...] = ()
    form: str = ""
    unit: str = ""


@dataclass(frozen=True)
class OutlookFigures:
    """What statements about the coming decades are held against, each as value, low and high (80 % of the draws).

    Attributes:
        growth: Yearly growth of data-centre electricity, 2025 to 2030 [1/year].
        per_watt_growth: Yearly growth of work per watt of new devices, 2017 to 2025 [1/year].
        elasticity: Price elasticity of the use of AI [1].
        co2_change: Change of direct carbon, 2024 to 2035 [1].
        ai_share_2030: Share of AI in data-centre electricity of 2030 [1].
        edge_work_share_2035: Share of the work that devices at the edge do in 2035 [1].
        electricity_change: Change of data-centre electricity, 2025 to 2035 [1].
        neuromorphic_2035, neuromorphic_2045, quantum_2045: Share of draws in which each pays by the year [1].
        neuromorphic_share_2045: Share of the work on neuromorphic devices in 2045 [1].
        renewable_hourly_2035: Share of draws in which all hours can be renewable at an accepted premium by 2035 [1].
        multi_site_2035: Share of draws in which the largest run outgrows one site by 2035 [1].
        ledger_2045: Share of draws in which ledger-coordinated serving undercuts a campus by 2045 [1].
        limited_2027: Share of draws in which any stage limits the build-out of 2027 [1].
        tightest_2027: That stage.
        draws: Number of draws.
    """

    growth: Range
    per_watt_growth: Range
    elasticity: Range
    co2_change: Range
    ai_share_2030: Range
    edge_work_share_2035: Range
    electricity_change: Range
    neuromorphic_2035: float
    neuromorphic_2045: float
    neuromorphic_share_2045: Range
    quantum_2045: float
    renewable_hourly_2035: float
    multi_site_2035: float
    ledger_2045: float
    limited_2027: float
    tightest_2027: str
    draws: int


def _range(name: str, figure: str, form: str) -> Callable[[OutlookFigures], Measure]:
    """A figure of the outlook with its range, in the unit of the statement."""

    def metric(o: OutlookFigures) -> Measure:
        value, low, high = getattr(o, name)
        return Measure(value, low, high, sources=(figure,), form=form)

    return metric


def _chance(name: str, figure: str, form: str) -> Callable[[OutlookFigures], Measure]:
    """A probability from the draws; its range is two standard errors of the count."""

    def metric(o: OutlookFigures) -> Measure:
        p = float(getattr(o, name))
        error = 2.0 * (max(p * (1.0 - p), 1.0 / o.draws) / o.draws) ** 0.5
        said = f"{form} ({p:.1%})"
        return Measure(p, max(p - error, 0.0), min(p + error, 1.0), sources=(figure,), form=said, unit="1")

    return metric


OUTLOOK_METRICS: Mapping[str, Callable[[OutlookFigures], Measure]] = {
    "5": _range("growth", "outlook.growth", "yearly growth of data-centre electricity, 2025 to 2030, in the outlook"),
    "17": _range(
        "per_watt_growth", "outlook.flop_per_watt", "yearly growth of work per watt of new devices, 2017 to 2025"
    ),
    "29": _range("co2_change", "outlook.co2_mt", "change of data-centre emissions, 2024 to 2035, in the outlook"),
    "33": _range("ai_share_2030", "outlook.ai_share", "share of AI in data-centre electricity of 2030, in the outlook"),
    "36": _chance(
        "neuromorphic_2035", "outlook.break_evens", "share of the draws in which they cost less, all in, by 2035"
    ),
    "37": _chance(
        "neuromorphic_2045", "outlook.break_evens", "share of the draws in which they cost less, all in, by 2045"
    ),
    "38": _chance(
        "quantum_2045", "outlook.break_evens", "share of the draws in which they shorten a training run by 2045"
    ),
}
"""Statements whose number comes from the outlook where there is one."""


def _span(x: Range, percent: bool = True) -> str:
    value, low, high = (100.0 * y for y in x) if percent else x
    mark = " %" if percent else ""
    return f"{value:.3g}{mark} ({low:.3g} to {high:.3g})"


OUTLOOK_WORDS: Mapping[str, Callable[[OutlookFigures], str]] = {
    "18": lambda o: f"in the outlook the price elasticity is {_span(o.elasticity, percent=False)}",
    "31": lambda o: (
        f"in the outlook a stage limits the build-out of 2027 in {o.limited_2027:.0%} of the draws, "
        f"most often {o.tightest_2027}"
    ),
    "34": lambda o: (
        f"in {o.renewable_hourly_2035:.0%} of the draws every hour can be renewable at an accepted premium by 2035"
    ),
    "35": lambda o: (
        f"in the outlook the edge does {_span(o.edge_work_share_2035)} of the work in 2035, "
        f"and all data centres use {_span(o.electricity_change)} more than in 2025"
    ),
    "37": lambda o: f"they do {_span(o.neuromorphic_share_2045)} of the work in 2045",
    "39": lambda o: (
        f"in {o.multi_site_2035:.0%} of the draws the largest run outgrows a site by 2035; a ledger undercuts a campus "
        f"in {o.ledger_2045:.0%} by 2045"
    ),
}
"""What the outlook adds to a statement, in a sentence."""
