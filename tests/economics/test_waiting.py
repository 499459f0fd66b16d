"""One wait for power for a plan, whoever asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wattscale.annuity import annuity
from wattscale.catalog import load_catalog
from wattscale.chain import plan as make_plan
from wattscale.economics.stage import run
from wattscale.economics.waiting import power_wait
from wattscale.impact.stage import run as run_impact
from wattscale.report.brief import start_line
from wattscale.scenario.economics import EconomicsTable
from wattscale.scenario.impact import ImpactTable
from wattscale.scenario.load import load_scenario
from wattscale.study.places import Place
from wattscale.study.sites import rank_sites

CATALOG = load_catalog()
TABLE = EconomicsTable(risk_paths=0, purchase_year=2025, construction_years=0, discount_rate=0.1)


def assessed(plan, energisation_year=None):
    economics = run(TABLE, *plan, CATALOG, True, energisation_year)
    return economics, run_impact(ImpactTable(), *plan, economics, CATALOG)


def island(make, technology):
    """A campus of engines alone; the user calls them `own`."""
    *before, supply = make(gas_mw=50.0)
    rename = {"gas": "own"}
    kept = {
        field: {rename.get(k, k): v for k, v in getattr(supply, field).items() if k != "grid"}
        for field in ("capacity_mw", "dispatch_mw", "capital_usd", "life_years")
    }
    return (*before, replace(supply, **kept, plant={"own": technology}))


def test_a_plan_on_the_grid_waits_as_long_as_is_usual_at_the_place(make):
    economics, impact = assessed(make())
    assert economics.figures["time_to_power_years"] == (2.0, 2.0, 2.0)
    assert economics.figures["npv_after_wait_usd"] == pytest.approx(economics.figures["npv_usd"][0] / 1.1**2)
    assert impact.figures["earliest_operation_year"][0] == pytest.approx(2027.5)  # transformers take 30 months


@pytest.mark.parametrize(("year", "wait"), [(2020, 0.0), (2025, 0.0), (2026, 1.0), (2035, 10.0)])
def test_a_connection_whose_year_is_given_sets_the_wait_whatever_is_usual_at_the_place(make, year, wait):
    economics, impact = assessed(make(), year)
    assert economics.figures["time_to_power_years"] == (wait,) * 3
    assert economics.figures["npv_after_wait_usd"] == pytest.approx(economics.figures["npv_usd"][0] / 1.1**wait)
    assert impact.figures["earliest_operation_year"][0] == pytest.approx(2025 + max(wait, 2.5))
    assert str(year) in economics.wait.why


@pytest.mark.parametrize(("technology", "months"), [("gas-engine", 15), ("gas-turbine", 60), ("diesel", 22)])
def test_a_campus_without_the_grid_waits_for_its_own_plant_alone(make, technology, months):
    economics, impact = assessed(island(make, technology))
    assert economics.figures["time_to_power_years"][0] == pytest.approx(months / 12)
    assert impact.figures["earliest_operation_year"][0] == pytest.approx(2025 + max(months, 30) / 12)


def test_what_the_wait_does_not_know_or_use_is_told(make):
    supply = island(make, "smr")[-1]
    told = power_wait(supply, 7.0, 2025, 2030, CATALOG)
    assert told.years == (0.0, 0.0, 0.0)
    assert [w.code for w in told.warnings] == ["energisation-unused", "delivery-unknown"]
    assert told.unknown == ("smr",)
    assert "smr" in told.warnings[1].message


def test_a_plant_without_a_known_delivery_gives_no_wait_rather_than_none(make):
    """A reactor stood ready at once, before a gas engine, and lost nothing by waiting."""
    economics, _ = assessed(island(make, "smr"))
    assert not {"time_to_power_years", "npv_after_wait_usd"} & set(economics.figures)
    assert {"time_to_power_years", "npv_after_wait_usd"} <= set(assessed(island(make, "gas-engine"))[0].figures)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "years"),
    [
        ([], 7.0),
        (["supply.energisation_year=2028"], 3.0),
        (['supply.technologies=["gas-engine"]'], 1.25),
        (['supply.technologies=["grid", "gas-engine"]', "supply.connection_mw=0"], 1.25),
    ],
)
def test_figures_report_and_ranking_of_places_count_the_same_wait(changes, years):
    # The start was 2032 and the value that of seven years of waiting in all four.
    scenario = load_scenario(None, ["economics.purchase_year=2025", *changes])
    plan = make_plan(scenario)
    value = {name: plan.figures[f"economics.{name}"].value for name in ("npv_usd", "npv_after_wait_usd")}
    rate = scenario.economics.discount_rate
    assert plan.figures["economics.time_to_power_years"].value == years
    assert value["npv_after_wait_usd"] == pytest.approx(value["npv_usd"] * (1 + rate) ** -years)
    assert plan.figures["impact.earliest_operation_year"].value == pytest.approx(2025 + max(years, 2.5))
    assert plan.economics.wait.why in start_line(plan)
    here = rank_sites(scenario, [Place("us_nova", {"site.name": "us_nova"})]).places[0]
    assert here.figures["economics.time_to_power_years"] == years
    margin = here.figures["economics.revenue_usd_per_year"] - here.figures["economics.tco_usd_per_year"]
    spread = annuity(rate, scenario.economics.project_years)
    assert here.delay_usd_per_year == pytest.approx(spread * max(margin, 0.0) * years)
