from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.report.brief import worth_line
from wattscale.report.story import said, story
from wattscale.result import Plan, PlanFigure


def with_figures(plan: Plan, **figures: PlanFigure | None) -> Plan:
    """Give the plan with figures changed (`stage__name`), or taken out (None)."""
    changed = replace(plan)
    kept = dict(plan.figures)
    for key, figure in figures.items():
        name = key.replace("__", ".", 1)
        kept.pop(name, None)
        if figure is not None:
            kept[name] = figure
    changed.__dict__["figures"], changed.__dict__["warnings"] = kept, plan.warnings
    return changed


def figure(name: str, value: float, low: float, high: float, unit: str) -> PlanFigure:
    return PlanFigure(name, value, low, high, unit, name, ())


def told(plan: Plan) -> dict[str, str]:
    return {paragraph.heading: " ".join(paragraph.sentences) for paragraph in story(plan)}


def test_a_sentence_whose_figure_is_missing_is_not_written(plan: Plan) -> None:
    bare = with_figures(plan, impact__water_m3_per_year=None, facility__pue=None)
    assert "of water a year" in told(plan)["What it does to the world around it"]
    assert "of water a year" not in told(bare)["What it does to the world around it"]
    assert "(PUE)" not in told(bare)["What it takes"]


def test_about_stands_before_wide_ranges_alone(plan: Plan) -> None:
    narrow = with_figures(plan, facility__peak_mw=figure("facility.peak_mw", 70.0, 69.0, 71.0, "MW"))
    wide = with_figures(plan, facility__peak_mw=figure("facility.peak_mw", 70.0, 40.0, 100.0, "MW"))
    assert said(narrow, "facility.peak_mw") == "70.0 MW"
    assert said(wide, "facility.peak_mw") == "about 70.0 MW"


@pytest.mark.parametrize(
    ("npv", "verdict"),
    [
        (1e6, "it earns more than it costs"),
        (-1e6, "it does not earn back its cost"),
        (-1e-6, "it just earns back its cost."),
    ],
)
def test_the_verdict_follows_the_sign_of_the_net_present_value(plan: Plan, npv: float, verdict: str) -> None:
    changed = with_figures(plan, economics__npv_usd=figure("economics.npv_usd", npv, npv, npv, "USD"))
    assert verdict in told(changed)["What it costs"]


def test_what_is_sold_is_said_for_serving_and_for_training(plan: Plan, without: Callable[[Plan, str], Plan]) -> None:
    both = told(plan)["What it costs"]
    assert "At $5 per million tokens sold and with training paid at its own cost, it" in both
    assert "per million tokens sold" not in told(without(plan, "serving"))["What it costs"]
    assert "training paid" not in told(without(plan, "training"))["What it costs"]


def test_an_open_sign_is_said(plan: Plan) -> None:
    assert "Even the sign of net present value and internal rate of return is open." in told(plan)["How sure this is"]


def test_shares_of_the_sources_of_power_are_those_of_the_energy(plan: Plan) -> None:
    total = sum(s.sum() for n, s in plan.supply.dispatch_mw.items() if n != "battery")
    text = told(plan)["How it is powered"]
    assert f"wind ({plan.supply.dispatch_mw['wind'].sum() / total:.0%})" in text
    assert "battery (" not in text
    only = replace(plan, supply=replace(plan.supply, dispatch_mw={"grid": np.ones(8760)}, storage_mwh={}))
    only.__dict__["figures"], only.__dict__["warnings"] = plan.figures, ()
    assert "The power comes from grid (100%)." in told(only)["How it is powered"]


def test_a_value_of_nothing_but_rounding_is_told_as_zero() -> None:
    def told(npv: float) -> str:
        figures = {"economics.npv_usd": SimpleNamespace(value=npv), "economics.capital_usd": SimpleNamespace(value=1e6)}
        return worth_line(SimpleNamespace(figures=figures))  # type: ignore[arg-type]

    assert told(-7.6e-10) == "NPV $0"
    assert told(-2.0e5) == "NPV −$200,000"
