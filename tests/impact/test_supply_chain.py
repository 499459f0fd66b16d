"""Concentration, waits and disruptions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import load_catalog
from wattscale.economics.waiting import longest_wait
from wattscale.impact.supply_chain import (
    concentrations,
    disruptions,
    expected_loss_usd,
    hhi,
    lost_years,
    severity_curve,
)


@pytest.mark.parametrize(
    ("stage", "published"),
    [("hbm", 0.457), ("leading_edge_foundry", 0.51), ("euv_lithography", 1.0), ("polysilicon", 0.867)],
)
def test_concentration_equals_the_published_index(stage, published):
    found = {each.stage: each for each in concentrations(["devices", "solar"], load_catalog())}
    assert found[stage].hhi == pytest.approx(published, abs=0.01)
    assert found[stage].effective_number == pytest.approx(1 / published, rel=0.03)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=10))
def test_the_index_lies_between_one_over_n_and_one(weights):
    shares = [w / sum(weights) for w in weights]
    assert 1 / len(shares) - 1e-9 <= hhi(shares) <= 1 + 1e-9


def test_a_plan_waits_for_the_slowest_thing_it_buys():
    catalog = load_catalog()
    assert longest_wait(["devices"], catalog)[0] == "Accelerators"
    assert longest_wait(["devices", "building", "gas-turbine"], catalog)[0] == "Heavy gas turbines"
    assert longest_wait([], catalog)[1] == (0.0, 0.0, 0.0)


@settings(max_examples=50, deadline=None)
@given(share=st.floats(0.0, 1.0), length=st.floats(0.0, 5.0), stock=st.floats(0.0, 2.0), speed=st.floats(0.1, 10.0))
def test_stock_and_substitution_only_lessen_a_loss(share, length, stock, speed):
    bare = lost_years(share, length, 0.0, math.inf)
    assert 0.0 <= lost_years(share, length, stock, speed) <= bare + 1e-12
    assert bare == pytest.approx(share * length)


def test_only_scenarios_of_what_the_plan_buys_strike_it():
    catalog = load_catalog()
    struck = {each.stage for each in disruptions(["devices"], 1e6, catalog)}
    assert "leading_edge_country" in struck
    assert "solar_modules" not in struck


def test_expected_loss_scales_with_the_cost_of_delay():
    catalog = load_catalog()
    once = expected_loss_usd(disruptions(["devices", "building"], 1e6, catalog))
    twice = expected_loss_usd(disruptions(["devices", "building"], 2e6, catalog))
    assert once[1] < once[0] < once[2]
    assert twice == pytest.approx([2 * x for x in once])


def test_larger_losses_are_rarer():
    points = severity_curve(disruptions(["devices", "building", "solar"], 1e6, load_catalog()))
    losses, odds = zip(*points, strict=True)
    assert list(losses) == sorted(losses, reverse=True)
    assert list(odds) == sorted(odds)
    assert odds[-1] < 1.0


def test_every_disruption_strikes_a_stage_and_entity_of_the_tables():
    catalog = load_catalog()
    for row in catalog.rows("disruptions"):
        assert catalog.has_row("supply_stages", row.text("stage"))
        assert catalog.has_row("supply_chain", f"{row.text('stage')}/{row.text('entity')}")


def test_a_late_delivery_costs_what_waits_for_it(make):
    from wattscale.economics.stage import run as run_economics
    from wattscale.impact.supply_chain import exposures
    from wattscale.scenario.economics import EconomicsTable

    money = run_economics(EconomicsTable(risk_paths=0), *make(), load_catalog(), False)
    delay = money.figures["cost_of_delay_usd_per_month"]
    cost = exposures(money.lines, delay, {"solar": 1.0})
    assert cost["building"] == delay
    # Devices that do not come are not paid for: their annuity is not lost, the rest is.
    # Neither is the software that comes with them.
    software = next(line.annuity_usd_per_year for line in money.lines if line.part == "software")
    assert cost["devices"] == pytest.approx(delay - (money.figures["hardware_usd_per_year"] + software) / 12)
    by_thing = expected_loss_usd(disruptions(["devices", "solar"], cost, load_catalog()))
    alike = expected_loss_usd(disruptions(["devices", "solar"], delay, load_catalog()))
    assert by_thing[0] < alike[0]


def test_the_severity_curve_of_a_plan_holds_its_expected_loss(make):
    from wattscale.economics.stage import run as run_economics
    from wattscale.impact.stage import run
    from wattscale.scenario.economics import EconomicsTable
    from wattscale.scenario.impact import ImpactTable

    plan, catalog = make(solar_mw=2.0), load_catalog()
    money = run_economics(EconomicsTable(risk_paths=0), *plan, catalog, False)
    result = run(ImpactTable(), *plan, money, catalog)
    expected = sum(each.expected_usd for each in result.disruptions)
    assert result.figures["disruption_expected_usd_per_year"][0] == pytest.approx(expected)
    assert severity_curve(result.disruptions)[0][0] == result.figures["disruption_worst_usd"]
    assert result.concentrations[0].hhi == result.figures["supply_hhi_max"]
