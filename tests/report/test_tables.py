from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from wattscale.errors import InputError
from wattscale.report import (
    compare_summary,
    compare_table,
    figure_table,
    hourly_csv,
    inputs_that_differ,
    plan_summary,
    tables_xlsx,
)
from wattscale.report.tables import assumption_table, capacity_table, cost_table, month_table
from wattscale.report.words import digits, people, scale
from wattscale.result import Plan
from wattscale.scenario.load import build


def test_figures_keep_full_precision(plan: Plan) -> None:
    table = figure_table(plan)
    assert table.loc["compute.training.device_hours", "value"] == 30.7e6
    assert list(table.index) == list(plan.figures)
    assert table.loc["supply.cost_usd_per_mwh", "weakest"] == "unverified"
    assert table.loc["workload.params_total", "weakest"] == "scenario"


def test_months_add_up_to_the_year(plan: Plan) -> None:
    months = month_table(plan)
    assert list(months.index) == list(range(1, 13))
    assert_allclose(months["facility_energy_mwh"].sum(), plan.facility.power_mw.sum())
    assert_allclose(months["carbon_t"].sum(), plan.supply.carbon_kg.sum() / 1e3)
    given = sum(months[f"{name}_mwh"] for name in plan.supply.dispatch_mw)
    assert_allclose(given - months["to_battery_mwh"], months["facility_energy_mwh"], rtol=1e-9)
    assert_allclose(months["peak_mw"].max(), plan.facility.power_mw.max())


def test_capacity_factor_is_energy_over_full_power(plan: Plan) -> None:
    table = capacity_table(plan)
    assert_allclose(table.loc["solar", "capacity_factor_share"], plan.supply.dispatch_mw["solar"].sum() / (180 * 8760))
    assert np.isnan(table.loc["unserved", "capacity_factor_share"])


def test_cost_lines_are_sorted_and_complete(plan: Plan) -> None:
    table = cost_table(plan)
    assert table["total_usd_per_year"].is_monotonic_decreasing
    assert_allclose(table["total_usd_per_year"].sum(), sum(c.total_usd_per_year for c in plan.economics.lines))


def test_assumptions_list_every_key_that_has_a_value(plan: Plan) -> None:
    table = assumption_table(plan.scenario)
    assert table.loc["supply.technologies", "value"] == "grid, solar, wind, battery, gas"
    assert table.loc["economics.price_per_mtok_usd", ["value", "low", "high"]].tolist() == [5.0, 3.0, 8.0]
    assert table.loc["workload.serving.ttft_s", "confidence"] == "published"
    assert "supply.land_ha" not in table.index


def test_the_workbook_has_numbers_as_numbers_and_units_in_headers(plan: Plan) -> None:
    book = openpyxl.load_workbook(io.BytesIO(tables_xlsx(plan)))
    assert book.sheetnames == [
        "figures", "months", "cost", "capacity", "assumptions", "sources", "warnings", "worth", "jobs", "market",
    ]  # fmt: skip
    assert list(book["market"].values)[-1] == ("total", 2_450_000_000, 1)
    cost = list(book["cost"].values)
    assert cost[0][:3] == ("part", "segment", "capital [USD]")
    assert cost[1][0] == "accelerators"
    assert cost[1][2] == 1_060_000_000
    figures = {row[0]: row for row in book["figures"].values}
    assert figures["facility.pue"][3] == 1.15
    assert len(list(book["months"].values)) == 13


def test_a_name_that_looks_like_a_formula_stays_text(make_plan: Callable[..., Plan]) -> None:
    plan = make_plan(scenario={"workload": {"model": "=1+1"}})
    book = openpyxl.load_workbook(io.BytesIO(tables_xlsx(plan)))
    cells = {row[0]: row for row in book["assumptions"].iter_rows()}
    found = next(row for key, row in ((c.value, r) for c, r in cells.items()) if key == "workload.model")
    assert found[2].value == "=1+1"
    assert found[2].data_type in ("s", "inlineStr")


def test_the_same_plan_gives_the_same_workbook(plan: Plan) -> None:
    assert tables_xlsx(plan) == tables_xlsx(plan)


@pytest.mark.slow
def test_the_hourly_sheet_has_a_row_per_hour(plan: Plan) -> None:
    book = openpyxl.load_workbook(io.BytesIO(tables_xlsx(plan, hourly=True)), read_only=True)
    assert sum(1 for _ in book["hourly"].values) == 8761


def test_the_hourly_csv_balances_when_read_back(plan: Plan) -> None:
    table = pd.read_csv(io.StringIO(hourly_csv(plan)), index_col="time_utc")
    assert len(table) == 8760
    given = sum(table[f"{name}_mw"] for name in plan.supply.dispatch_mw)
    assert_allclose(given, table["facility_power_mw"] + table["to_battery_mw"], atol=1e-6)


def test_a_comparison_gives_absolute_and_relative_changes(make_plan: Callable[..., Plan]) -> None:
    table = compare_table([make_plan("A"), make_plan("B", 1.1), make_plan("A", 0.5)])
    assert list(table.columns[:5]) == ["title", "unit", "A", "B", "A (2)"]
    assert_allclose(table["change share: B"], np.sign(table["A"]) * 0.1, rtol=1e-9)
    assert_allclose(table.loc["facility.peak_mw", "change: B"], 7.12)
    assert_allclose(table.loc["economics.npv_usd", "change share: A (2)"], 0.5)


def test_a_figure_that_one_plan_lacks_is_empty_in_the_comparison(
    plan: Plan, without: Callable[[Plan, str], Plan]
) -> None:
    table = compare_table([plan, without(plan, "training")])
    assert np.isnan(table.loc["compute.training.mfu"].iloc[3])
    assert table.loc["compute.training.mfu"].iloc[2] == 0.41


def test_one_plan_is_no_comparison(plan: Plan) -> None:
    with pytest.raises(InputError, match="at least two"):
        compare_table([plan])


def test_inputs_that_differ_are_those_alone() -> None:
    a = build({"name": "A", "facility": {"cooling": "chiller"}})
    b = build({"name": "B", "economics": {"price_per_mtok_usd": {"low": 1.0, "mode": 2.0, "high": 3.0}}})
    table = inputs_that_differ([a, b])
    assert set(table.index) == {"facility.cooling", "economics.price_per_mtok_usd"}
    assert table.loc["facility.cooling", "A"] == "chiller"
    assert table.loc["economics.price_per_mtok_usd", "B"] == "1.0 to 3.0, mode 2.0"


def test_a_key_that_one_scenario_leaves_open_differs() -> None:
    a, b = build({"name": "A"}), build({"name": "B", "supply": {"land_ha": 3.0}})
    table = inputs_that_differ([a, b])
    assert table.loc["supply.land_ha", "A"] is None
    assert table.loc["supply.land_ha", "B"] == 3.0


def test_the_terminal_screen_fits_80_by_30(plan: Plan) -> None:
    lines = plan_summary(plan, 80).splitlines()
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 80
    assert any("$98.4/MWh" in line for line in lines)


def test_the_terminal_screen_is_plain_unless_it_is_a_terminal(plan: Plan) -> None:
    assert "\x1b[" not in plan_summary(plan)
    assert "\x1b[" in plan_summary(plan, colour=True)


def test_the_comparison_screen_shows_values_changes_and_inputs(make_plan: Callable[..., Plan]) -> None:
    text = compare_summary([make_plan("A"), make_plan("B", 1.1, {"facility": {"cooling": "chiller"}})], 110)
    row = next(line for line in text.splitlines() if line.startswith("Busiest hour"))
    assert row.split() == ["Busiest", "hour", "of", "the", "campus", "71.2", "MW", "78.3", "MW", "+10", "%"]
    assert "facility.cooling" in text


def test_many_warnings_are_counted_not_listed(plan: Plan) -> None:
    many = replace(plan)
    many.__dict__["figures"], many.__dict__["warnings"] = plan.figures, plan.warnings * 4
    assert "and 4 more" in plan_summary(many, 100)


@given(st.floats(-1e30, 1e30, allow_nan=False, allow_subnormal=False))
@settings(max_examples=200, deadline=None)
def test_digits_are_right_to_half_a_percent(value: float) -> None:
    text = digits(value).replace(",", "").replace("−", "-")
    if "×10" in text:
        mantissa, power = text.split("×10")
        power = power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
        read = float(mantissa) * 10.0 ** int(power)
    else:
        read = float(text)
    assert_allclose(read, value, rtol=5.1e-3)


@given(st.floats(1e-9, 1e15), st.sampled_from(["MWh", "MW", "t", "USD", "USD/year", "1", "m3", "J/token", "h"]))
@settings(max_examples=200, deadline=None)
def test_value_and_range_are_shown_in_the_same_unit(value: float, unit: str) -> None:
    shown = scale(value, unit)
    assert shown.text(value).endswith(shown.after)
    assert shown.span(value, 2 * value).endswith(shown.after)
    assert people(-value, unit) == "−" + people(value, unit)


@pytest.mark.parametrize("count", [2, 4, 7])
def test_plans_that_do_not_fit_beside_each_other_stand_below(make_plan: Callable[..., Plan], count: int) -> None:
    """Six plans at 80 columns showed 16,384 devices as `16,3…`."""
    plans = [make_plan(f"Plan {i}", 1.0 + 0.1 * i) for i in range(count)]
    text = compare_summary(plans, 80)
    assert max(len(line) for line in text.splitlines()) <= 80
    figures = text[: text.index("The inputs are the same")]
    assert "…" not in figures
    for plan in plans:
        assert people(plan.figures["facility.peak_mw"].value, "MW") in figures
        assert plan.scenario.name in figures
