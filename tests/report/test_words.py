"""Numbers and changes in the words of people."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattscale.report import compare_html, compare_summary, plan_summary
from wattscale.report.charts_compare import changes
from wattscale.report.html import _assumptions
from wattscale.report.words import change_text, people, scale
from wattscale.result import Plan

UNITS = ("1", "MW", "MWh/year", "USD", "USD/MWh", "t/year", "m3", "calendar year", "1e6 token/year", "1/year")


@given(st.integers(-(10**9), 10**9) | st.floats(-1e15, 1e15), st.sampled_from(UNITS), st.booleans())
def test_a_minus_is_a_minus_sign_everywhere(value: float, unit: str, exact: bool) -> None:
    text = scale(float(value), unit, exact=exact).text(float(value))
    assert "-" not in text
    number = text.partition("×")[0]
    assert ("−" in number) == (value < 0 and any(digit in number for digit in "123456789"))


def test_minus_one_has_the_sign_that_is_promised() -> None:
    assert people(-1, "1") == "−1"
    assert people(-42.0, "1") == "−42"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.999742, "MW", "1.00 MW"), (999_742.0, "MWh", "1.00 TWh"), (999_999_999.0, "USD", "$1.00 billion"),
        (0.99996, "s", "1.00 s"), (999.9, "kWh", "1.00 MWh"), (999_999.7, "1", "1.00 million"),
    ],
)  # fmt: skip
def test_rounding_moves_on_to_the_next_unit(value: float, unit: str, text: str) -> None:
    assert people(value, unit) == text


@pytest.mark.parametrize(
    ("first", "other", "unit", "name", "text"),
    [
        (0.408, 0.504, "1", "supply.cfe_hourly_share", "+9.6 points"),
        (0.504, 0.408, "1", "supply.cfe_hourly_share", "−9.6 points"),
        (0.0, 0.5, "1", "supply.cfe_hourly_share", "+50.0 points"),
        (0.408, 0.40802, "1", "supply.cfe_hourly_share", "≈"),
        (0.05, 0.10, "1", "economics.irr", "+5.0 points"),
        (0.3, 0.4, "1", "compute.training.mfu", "+10.0 points"),
        (1.10, 1.21, "1", "facility.pue", "+10 %"),
        (100.0, 100.00048, "MW", "facility.peak_mw", "≈"),
        (100.0, 104.26, "MW", "facility.peak_mw", "+4.3 %"),
        (-330e6, 120e6, "USD", "economics.npv_usd", "+$450 million"),
        (120e6, -330e6, "USD", "economics.npv_usd", "−$450 million"),
        (2030.0, 2032.0, "calendar year", "impact.earliest_operation_year", "+2 years"),
        (2030.5, 2030.0, "calendar year", "impact.earliest_operation_year", "−0.5 years"),
        (2.0, 50.0, "MW", "x", "×25.0"),
        (3.0, 3.0, "MW", "x", "="),
        (0.0, 3.0, "MW", "x", "new"),
    ],
)
def test_a_change_is_told_as_people_count_it(first: float, other: float, unit: str, name: str, text: str) -> None:
    assert change_text(first, other, unit, name) == text


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12), st.sampled_from(UNITS), st.sampled_from(["x", "a.share"]))
def test_any_change_is_short(first: float, other: float, unit: str, name: str) -> None:
    text = change_text(first, other, unit, name)
    assert 0 < len(text) < 45
    assert "nan" not in text
    assert "-" not in text


@pytest.fixture(scope="module")
def pair(make_plan: Callable[..., Plan]) -> tuple[Plan, Plan]:
    """Two plans: 16,384 and 8,192 devices, and a carbon-free share of 40.8 and 50.4 %."""

    def with_figures(plan: Plan, devices: float, share: float) -> Plan:
        exact = {"compute.training.devices": devices, "supply.cfe_hourly_share": share}
        figures = {n: replace(f, value=exact.get(n, f.value), low=exact.get(n, f.low), high=exact.get(n, f.high))
                   for n, f in plan.figures.items()}  # fmt: skip
        plan.__dict__["figures"] = figures
        return plan

    return with_figures(make_plan("A"), 16384.0, 0.408), with_figures(make_plan("B"), 8192.0, 0.504)


def test_counts_that_are_exact_are_not_rounded(pair: tuple[Plan, Plan]) -> None:
    for text in (compare_summary(pair, width=120, colour=False), compare_html(pair)):
        assert "16,384" in text
        assert "8,192" in text
        assert "16,400" not in text
        assert "8,190" not in text
    assert "16,384" in plan_summary(pair[0], width=100, colour=False)
    ranged = replace(pair[0].figures["compute.training.devices"], low=12_000.0)
    assert scale(ranged.value, ranged.unit, ranged.name, ranged.low == ranged.high).text(ranged.value) == "16,400"


def test_exact_inputs_are_not_rounded_in_the_report(make_plan: Callable[..., Plan]) -> None:
    serving = {"input_tokens": 8192, "output_tokens": 1536}
    made = make_plan("A", scenario={"workload": {"serving": serving, "training": {"devices": 16384}}})
    told = {each["key"]: each["value"] for _, rows in _assumptions(made) for each in rows}
    assert told["workload.training.devices"].split()[0] == "16,384"
    assert told["workload.serving.input_tokens"].split()[0] == "8,192"
    assert told["workload.serving.output_tokens"].split()[0] == "1,536"


def test_shares_differ_by_points_in_every_view(pair: tuple[Plan, Plan]) -> None:
    for text in (compare_summary(pair, width=120, colour=False), compare_html(pair)):
        assert "+9.6 points" in text
        assert "+24 %" not in text
    spec = changes(pair, 720)
    assert spec is not None
    assert "points" in spec["encoding"]["x"]["axis"]["title"]
    drawn = {str(row["figure"]): row["percent"] for row in spec["data"]["values"]}
    share = next(value for name, value in drawn.items() if "arbon-free" in name)
    assert math.isclose(share, 9.6, abs_tol=0.01)


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_the_screens_fit_their_width(pair: tuple[Plan, Plan], width: int) -> None:
    for text in (plan_summary(pair[0], width, False), compare_summary(pair, width, False)):
        assert max(map(len, text.splitlines())) <= width
