"""Own technologies, contracts and tariffs as the scenario gives them; near-optimal ranges; swings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import HOURS, battery, grid, named, setting, site, solar

from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.scenario.supply import SupplyTable
from wattscale.supply.expansion import build
from wattscale.supply.given import setting_of
from wattscale.supply.near import near_optimal
from wattscale.supply.program import Link
from wattscale.supply.solve import solve
from wattscale.supply.stage import run
from wattscale.supply.swings import swing_warnings, swings
from wattscale.supply.technologies import read_technologies

LOAD = 100 + 5 * np.cos(2 * np.pi * np.arange(HOURS) / 24)


def table(**keys):
    return load_scenario({"supply": keys}).supply


def given(catalog, **keys):
    t = table(**keys)
    return setting_of(t, LOAD, site(), catalog, 0.08, None, read_technologies(catalog, ["grid"], "US", 2025))


def test_an_own_technology_is_one_of_the_catalogue_with_some_values_replaced(catalog):
    rows = table(
        technologies=["grid", "cheap-gas"],
        own_technologies=[{"name": "cheap-gas", "like": "ccgt", "capital_usd_per_kw": 500, "minimum_load": 0.3}],
    ).own_technologies
    found = read_technologies(catalog, ["grid", "gas-combined-cycle", "cheap-gas"], "US", 2025, rows)
    mine, theirs = found["cheap-gas"], found["gas-combined-cycle"]
    assert mine.capital_usd_per_mw == (500e3, 500e3, 500e3)
    assert mine.minimum_load == 0.3
    assert mine.plant == "gas-combined-cycle"
    assert mine.fuel_usd_per_mwh == theirs.fuel_usd_per_mwh


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ({"name": "x", "like": "solr"}, "own_technologies.0.like"),
        ({"name": "x", "like": "grid"}, "own_technologies.0.like"),
        ({"name": "solar", "like": "wind"}, "own_technologies.0.name"),
        ({"name": "x", "like": "solar", "fuel_usd_per_mwh": 3.0}, "own_technologies.0.fuel_usd_per_mwh"),
        ({"name": "x", "like": "smr", "roundtrip_efficiency": 0.8}, "own_technologies.0.roundtrip_efficiency"),
        ({"name": "x", "like": "smr", "availability": 0.4}, "own_technologies.0.minimum_load"),
    ],
)
def test_a_wrong_own_technology_is_named(catalog, row, where):
    rows = table(own_technologies=[row]).own_technologies
    with pytest.raises(InputError) as caught:
        read_technologies(catalog, ["x", "solar"], "US", 2025, rows)
    assert where in str(caught.value)


def test_a_tariff_period_holds_on_working_days_in_local_hours_of_its_months(catalog):
    """June to August 2025 has 65 working days; five hours of each are dearer by 25 USD."""
    period = {"name": "summer", "months": [6, 7, 8], "from_hour": 15, "to_hour": 20, "working_days": True,
              "energy_usd_per_mwh": 25.0}  # fmt: skip
    s = given(catalog, tariff_periods=[period])
    inside = s.tariff_period == 1
    assert inside.sum() == 65 * 5
    assert np.unique((np.flatnonzero(inside) - 5) % 24).tolist() == [15, 16, 17, 18, 19]
    assert s.import_usd_per_mwh[inside] == pytest.approx(site().price_usd_per_mwh[inside] + 12.0 + 25.0)


def test_a_period_over_midnight_and_the_first_of_two_hold(catalog):
    night = {"name": "night", "from_hour": 22, "to_hour": 6}
    day = {"name": "all", "from_hour": 0, "to_hour": 24}
    s = given(catalog, tariff_periods=[night, day])
    assert (s.tariff_period == 1).sum() == 365 * 8
    assert (s.tariff_period == 2).sum() == 365 * 16


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ({"tariff_periods": [{"name": "x", "months": [13]}]}, "tariff_periods.0.months"),
        ({"tariff_periods": [{"name": "x", "from_hour": 4, "to_hour": 4}]}, "tariff_periods.0.to_hour"),
        ({"energy_tiers": [{"above_mwh_per_month": 5, "usd_per_mwh": 1}, {"above_mwh_per_month": 4, "usd_per_mwh": 1}]},
         "energy_tiers.1"),
        ({"ppas": [{"name": "a", "usd_per_mwh": 1, "max_mw": 1, "min_mw": 2}]}, "ppas.0.min_mw"),
        ({"ppas": 2 * [{"name": "a", "kind": "baseload", "usd_per_mwh": 1, "max_mw": 1}]}, "ppas.1.name"),
    ],
)  # fmt: skip
def test_a_wrong_row_of_a_contract_or_tariff_is_named(catalog, keys, where):
    with pytest.raises(InputError) as caught:
        given(catalog, **keys)
    assert where in str(caught.value)


def test_the_utility_calls_in_the_dearest_hours(catalog):
    s = given(catalog, curtailment_hours=100, curtailment_usd_per_kw_year=10)
    assert s.called.sum() == 100
    assert site().price_usd_per_mwh[s.called > 0].min() >= site().price_usd_per_mwh[s.called == 0].max()


def test_near_optimal_ranges_hold_the_optimum_and_beyond_them_cost_more():
    sun = np.clip(np.sin((np.arange(720) % 24 - 6) / 12 * np.pi), 0, None)
    s = setting(720, renewable={"solar": sun}, cfe_hourly_share=0.8)
    plants = named(grid(), solar(capital_usd_per_mw=5e4), battery(capital_usd_per_mw=2e4, capital_usd_per_mwh=2e4))
    campus = build(s, plants)
    best = solve(campus.program)
    found = near_optimal(campus, best, 0.02)
    assert set(found) == {"grid", "solar", "battery", "battery.energy"}
    at = campus.program.column("solar")
    low, high = found["solar"]
    assert low < best.columns[at] < high
    beyond = replace(campus.program, links=(*campus.program.links, Link("beyond", {at: -1.0}, -1.02 * high)))
    assert solve(beyond).objective > 1.019 * best.objective


def test_swings_without_a_battery_are_warned_of_and_one_of_half_their_size_calms_them():
    s = swings(np.full(4, 100.0), 0.4, 5.0, 5.0)
    assert [w.code for w in swing_warnings(s, 0.0, 100.0)] == ["swing-on-ups"]
    assert swing_warnings(s, 20.0, 100.0) == []
    slow = swings(np.full(4, 100.0), 0.9, 3600.0, 0.1)
    assert [w.code for w in swing_warnings(slow, 0.0, 100.0)] == ["swing-unbuffered"]


@pytest.mark.slow
def test_contracts_tariff_and_limits_together_are_solved_by_the_own_solver(catalog):
    keys = {
        "connection_mw": 90, "technologies": ["grid", "solar", "battery", "my-gas"], "cfe_hourly_share": 0.6,
        "demand_ratchet_share": 0.7, "curtailment_hours": 100, "curtailment_share": 0.5,
        "curtailment_usd_per_kw_year": 90, "flexible_share": 0.3,
        "storage_fade_per_cycle": 2e-5, "carbon_scope": "life-cycle", "carbon_price_usd_per_t": 50,
        "own_technologies": [{"name": "my-gas", "like": "gas-turbine", "capital_usd_per_kw": 700}],
        "ppas": [{"name": "west", "usd_per_mwh": 20, "max_mw": 20, "take_or_pay_share": 0.8, "capacity_factor": 0.3},
                 {"name": "paper", "delivery": "virtual", "usd_per_mwh": 35, "max_mw": 20}],
        "tariff_periods": [{"name": "evening", "from_hour": 15, "to_hour": 20, "demand_usd_per_kw_month": 9}],
        "energy_tiers": [{"above_mwh_per_month": 9000, "usd_per_mwh": 8}],
    }  # fmt: skip
    result = run(table(**keys), LOAD, site(), catalog.recording(), 0.08)
    assert isinstance(table(**keys), SupplyTable)
    assert sum(result.cost_usd_per_year.values()) == pytest.approx(result.total_usd_per_year)
    assert result.figures["solver_gap"] < 1e-3
    assert {w.code for w in result.warnings} <= {"swing-on-ups"}
    assert result.figures["swing_mw"] == pytest.approx(0.15 * 105.0)
    assert result.dispatch_mw["ppa-west"].max() <= 20.0 + 1e-6


def test_a_store_of_ones_own_calms_swings_whatever_it_is_called(catalog):
    """An exact copy of the battery under another name once left the warning standing."""
    row = {"name": "mybat", "like": "battery", "capital_usd_per_kw": 1.0, "capital_usd_per_kwh": 1.0}
    keys = {"swing_share": 0.01, "connection_mw": 150, "technologies": ["grid", "mybat"], "own_technologies": [row]}
    result = run(table(**keys), LOAD, site(), catalog.recording(), 0.08, step_h=6)
    assert result.capacity_mw["mybat"] > 1.0
    assert "swing-on-ups" not in {w.code for w in result.warnings}
