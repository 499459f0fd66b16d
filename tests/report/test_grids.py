"""Tables and short lines of money and effects: contracts, worth, currency, greenhouse-gas statement, jobs, odds."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import openpyxl
import pytest

from wattscale.impact.carbon import ScopeRow
from wattscale.impact.employment import JobRow
from wattscale.impact.supply_chain import Concentration, Disruption
from wattscale.report import plan_summary, report_html, tables_xlsx
from wattscale.report.brief import brief
from wattscale.report.grids import contract_grid, currency_grid, disruption_grid, job_grid, market_grid, worth_grid
from wattscale.report.story import story
from wattscale.report.tables_impact import market_table
from wattscale.report.tables_money import contract_table, currency_table, worth_table
from wattscale.result import Plan, PlanFigure

FIGURES = {
    "economics.npv_usd": (120e6, 100e6, 140e6, "USD"),
    "economics.npv_runs_paid_usd": (-330e6, -330e6, -330e6, "USD"),
    "economics.irr": (0.098, 0.098, 0.098, "1"),
    "economics.irr_runs_paid": (0.03, 0.03, 0.03, "1"),
    "economics.currency_per_usd": (0.9, 0.9, 0.9, "1"),
    "economics.reported_per_mtok": (3.483, 2.61, 5.04, "currency/Mtok"),
    "economics.reported_tco_per_year": (487.71e6, 396e6, 621e6, "currency/year"),
    "economics.contract_mwh_per_year": (108_000.0,) * 3 + ("MWh/year",),
    "economics.contract_strike_usd_per_mwh": (38.0,) * 3 + ("USD/MWh",),
    "economics.contract_settlement_usd_per_year": (200_000.0,) * 3 + ("USD/year",),
    "economics.contracts_premium_usd_per_year": (222_000.0,) * 3 + ("USD/year",),
    "economics.contracts_risk_removed_share": (0.9,) * 3 + ("1",),
    "economics.contracts_premium_per_cvar": (0.05,) * 3 + ("1",),
    "economics.option_premium_usd_per_year.24-7": (1.2e6,) * 3 + ("USD/year",),
    "economics.option_risk_removed_share.24-7": (1.0,) * 3 + ("1",),
    "impact.scope2_location_t_per_year": (40_000.0,) * 3 + ("t/year",),
    "impact.scope2_market_t_per_year": (8_000.0,) * 3 + ("t/year",),
    "impact.scope2_hourly_t_per_year": (9_000.0,) * 3 + ("t/year",),
    "impact.lead_time_months": (30.0, 24.0, 60.0, "month"),
    "impact.earliest_operation_year": (2027.5, 2027.0, 2030.0, "calendar year"),
    "impact.late_start_months": (6.0, 0.0, 36.0, "month"),
}


@pytest.fixture(scope="module")
def rich(make_plan: Callable[..., Plan]) -> Plan:
    made = make_plan(scenario={"economics": {"currency": "EUR", "contract": "baseload"}})
    impact = replace(
        made.impact,
        scope_table=(
            ScopeRow("2 location-based", "Grid energy", 135_000.0, 323.0, 43_700.0, "hourly mean of the grid"),
            ScopeRow("3.2 capital goods", "Devices, building and plant", None, None, 34_500.0, "year of purchase"),
        ),
        job_rows=(
            JobRow("construction", "table", 400.0, 300.0, 100.0, 0.5),
            JobRow("operation", "factors", 12.0, 24.0, 0.0, 0.5),
            JobRow("manufacturing", "factors", 0.0, 0.0, 0.0, 0.5),
        ),
        concentrations=(Concentration("euv", "EUV lithography", 1.0, 1.0, "ASML", 1.0),),
        disruptions=(Disruption("Strait closed", "foundry", (0.02, 0.005, 0.05), 0.75, 32e6),),
    )
    plan = replace(made, impact=impact)
    added = {
        name: PlanFigure(name, value, low, high, unit, name.rpartition(".")[2], ())
        for name, (value, low, high, unit) in FIGURES.items()
    }
    plan.__dict__["figures"] = {**made.figures, **added}
    plan.__dict__["warnings"] = made.warnings
    return plan


def test_the_worth_is_shown_by_who_pays_for_training(rich: Plan) -> None:
    table = worth_table(rich)
    assert table["npv_usd"].tolist() == [120e6, -330e6]
    assert table["irr_share"].tolist() == [0.098, 0.03]
    assert worth_grid(rich)["rows"][1] == [
        "Tokens pay for the model's own training runs too", "−$330 million", "–", "3.00 %",
    ]  # fmt: skip


def test_contracts_of_the_plan_stand_before_the_options(rich: Plan) -> None:
    table = contract_table(rich)
    assert table["standing"].tolist() == ["plan", "plan", "option"]
    assert table.index[0] == "baseload agreement"
    assert table.loc["24-7 on the whole import", "risk_removed_share"] == 1.0
    assert contract_grid(rich)["rows"][0][2:5] == ["108 GWh", "$38.0/MWh", "$200,000"]


def test_the_reporting_currency_stands_beside_the_dollar(rich: Plan, plan: Plan) -> None:
    table = currency_table(rich)
    assert (table["EUR"] / table["usd"]).tolist() == pytest.approx([0.9, 0.9])
    assert currency_grid(rich)["title"] == "In EUR, at 0.900 EUR per USD, the mean of 2024"
    assert len(currency_table(plan)) == 0


def test_segments_close_to_the_total_capital(rich: Plan) -> None:
    table = market_table(rich)
    assert table["capital_usd"].iloc[:-1].sum() == pytest.approx(table.loc["total", "capital_usd"], rel=1e-9)
    assert table["share"].iloc[:-1].sum() == pytest.approx(1.0)
    assert market_grid(rich)["rows"][-1][0] == "Total"


def test_jobs_name_their_basis_and_leave_out_phases_without_any(rich: Plan) -> None:
    rows = job_grid(rich)["rows"]
    assert [row[:2] for row in rows] == [
        ["Construction [job-year]", "input-output table"], ["Operation [job]", "factors per MW"],
    ]  # fmt: skip
    assert rows[0][2:] == ["400", "300", "100", "800", "50.0 %", "400"]


def test_odds_are_told_to_be_judged(rich: Plan) -> None:
    grid = disruption_grid(rich)
    assert "judgements" in grid["title"]
    assert grid["rows"][0][1:] == ["2.00 %", "0.500 to 5.00 %", "9.00 months", "$32.0 million", "$640,000", "2.00 %"]


@pytest.mark.slow
def test_the_chapters_carry_their_tables(rich: Plan) -> None:
    page = report_html(rich)
    for words in (
        "What the project is worth", "Power contracts and hedges", "In EUR, at 0.900", "ready for reporting",
        "Jobs by phase", "Capital by market segment", "Concentration of the supply chain", "are judgements",
    ):  # fmt: skip
        assert words in page, words
    assert page.count("reporting currency") == 0


def test_a_plan_without_them_has_no_empty_tables(page: str) -> None:
    assert "Power contracts and hedges" not in page
    assert "ready for reporting" not in page
    assert "In USD" not in page


def test_short_lines_say_worth_contracts_currency_carbon_and_start(rich: Plan) -> None:
    lines = dict(brief(rich))
    assert list(lines) == ["worth", "contracts", "EUR", "scope 2", "start"]
    assert "$120 million if its training runs are paid at cost, −$330 million if the tokens" in lines["worth"]
    assert lines["contracts"].startswith("baseload agreement of 108 GWh a year at $38/MWh adds $200,000 a year")
    assert lines["contracts"].endswith("removes 90 % of the price risk")
    assert lines["EUR"] == "3.48 per million tokens, 488 million a year"
    assert lines["scope 2"] == "grid carbon a year 40 kt location-based, 8 kt market-based, 9 kt matched by the hour"
    assert lines["start"].startswith("2027.5 at the earliest (longest delivery 30 months, power after ")
    screen = plan_summary(rich, width=140, colour=False)
    assert all(word in screen and text[:60] in screen for word, text in lines.items())
    told = " ".join(sentence for paragraph in story(rich) for sentence in paragraph.sentences)
    assert "Where the tokens sold must pay for the model's own training runs too, that value is −$330 million." in told


def test_methods_that_agree_are_told_once(rich: Plan) -> None:
    same = replace(rich)
    alike = {k: replace(f, value=40_000.0) if ".scope2_" in k else f for k, f in rich.figures.items()}
    same.__dict__["figures"], same.__dict__["warnings"] = alike, rich.warnings
    assert dict(brief(same))["scope 2"] == "grid carbon 40 kt a year by every method"


def test_the_workbook_has_a_sheet_for_each(rich: Plan) -> None:
    book = openpyxl.load_workbook(io.BytesIO(tables_xlsx(rich)))
    wanted = ["worth", "contracts", "currency", "carbon", "jobs", "market", "concentration", "disruptions"]
    assert book.sheetnames[7:] == wanted
    assert next(iter(book["contracts"].values))[2:5] == ("volume [MWh]", "price [USD/MWh]", "settlement [USD/year]")
    assert next(iter(book["jobs"].values)) == (
        "phase", "basis", "unit", "direct", "indirect", "induced", "gross", "displaced [1]", "net",
    )  # fmt: skip
