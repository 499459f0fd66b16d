"""Laws of the yearly model: balances, limits, and the closed form without elasticities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.outlook import market
from wattscale.outlook.fleet import Fleet, balance_error, survival
from wattscale.outlook.market import ConvergenceError, hosted
from wattscale.outlook.years import FUTURE, LAST_HISTORY, YEARS, place

SCENARIOS = ("base", "efficiency-first", "constrained-supply", "abundant-clean-power", "disruption")
UNLIMITED = {
    "packaging.growth_start": 9.0,
    "memory.growth_start": 9.0,
    "foundry.slack": 1e6,
    "grid.level": 1e4,
    "transformers.level": 1e7,
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_fleet_is_what_was_there_plus_shipped_minus_retired(run_of, scenario):
    w = run_of(scenario).path.world
    error = balance_error(list(w["fleet_mw"]), list(w["shipped_mw"]), list(w["retired_mw"]))
    assert error < 1e-6 * w["fleet_mw"].max()
    assert (w["retired_mw"] >= -1e-9).all()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_limit_is_exceeded(run_of, scenario):
    run = run_of(scenario)
    w = run.path.world
    future = slice(place(FUTURE[0]), None)
    assert (w["shipped_mw"][future] <= w["device_cap_mw"][future] * (1 + 1e-9)).all()
    for t, year in enumerate(FUTURE):
        i = place(year)
        added = sum(power[i] for power in run.path.added.values())
        stages, added_by = run.path.stages, run.path.added
        near = {"rtol": 1e-9, "atol": 1e-6}
        assert np.all(added.sum(axis=1) <= stages["capacity_mw", "transformers"][i] * (1 + near["rtol"]) + 1e-6)
        assert np.all(added_by["grid"][i] <= run.path.region["grid_mw"][i] * (1 + near["rtol"]) + 1e-6)
        gas = stages["capacity_mw", "turbines"][i][:, None] * run.world.limits.turbine_split
        assert np.all(added_by["gas"][i] <= gas * (1 + near["rtol"]) + 1e-6)
        for kind, most in run.world.limits.other.items():
            assert np.all(added_by[kind][i] <= most[t] * (1 + near["rtol"]) + 1e-6)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_ai_halls_run_only_on_connected_power(run_of, scenario):
    """Other computing is served first; where it alone outgrows the connections, no AI hall runs there."""
    r = run_of(scenario).path.region
    over = r["contracted_mw"] - r["energised_mw"]
    assert (r["deployed_mw"][over > 1e-3] <= 1e-6).all()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_unmet_demand_is_never_negative_and_nothing_is_served_beyond_demand(run_of, scenario):
    r = run_of(scenario).path.region
    assert (r["unmet_work"] >= 0).all()
    assert (r["served_work"] <= r["demand_work"] * (1 + 1e-12)).all()
    np.testing.assert_allclose(r["served_work"] + r["unmet_work"], r["demand_work"], rtol=1e-9)


def test_devices_that_run_are_never_more_than_the_fleet(base):
    running = base.path.region["deployed_mw"].sum(axis=2)
    assert (running <= base.path.world["fleet_mw"] * (1 + 1e-9)).all()


def test_without_elasticities_and_limits_demand_is_the_product_of_its_growth_rates(free_world):
    changes = {"demand.price_elasticity": 0.0, "demand.income_elasticity": 0.0, "demand.latent": 1.0, **UNLIMITED}
    world, path = free_world(changes)
    v = world.v
    level = path.world["fleet_work"][place(LAST_HISTORY)]
    for t, year in enumerate(FUTURE):
        fade = np.exp(-t / v["demand.maturing"])
        growth = v["demand.growth_long"] + (v["demand.growth_start"] - v["demand.growth_long"]) * fade
        fall = v["algorithms.fall_long"] + (v["algorithms.fall_start"] - v["algorithms.fall_long"]) * fade
        depth = v["algorithms.depth_long"] + (v["algorithms.depth_start"] - v["algorithms.depth_long"]) * fade
        level = level * np.exp(growth - fall + depth)
        training = v["training.share_long"] + (v["training.share_start"] - v["training.share_long"]) * fade
        expected = level * (1 - v["training.share_start"]) / (1 - training)
        i = place(year)
        np.testing.assert_allclose(path.region["demand_work"][i].sum(axis=1), expected, rtol=1e-9)
        assert path.region["unmet_work"][i].max() == 0
        np.testing.assert_allclose(path.region["demand_work"][i], expected[:, None] * world.shares, rtol=1e-9)


def test_other_computing_grows_at_its_rates(base):
    twh, v = base.path.region["conventional_twh"], base.v
    rate = base.world.regions["conventional.growth"] + v["conventional.growth_offset"][:, None]
    years = YEARS[-1] - LAST_HISTORY
    np.testing.assert_allclose(twh[-1], twh[place(LAST_HISTORY)] * np.exp(rate * years), rtol=1e-9)


def test_dearer_devices_lower_demand_only_where_demand_is_elastic(free_world):
    def wanted(elasticity, cost):
        changes = {"demand.price_elasticity": elasticity, "capital.trend": cost, **UNLIMITED}
        return np.median(free_world(changes)[1].region["demand_work"][place(2035)].sum(axis=1))

    assert wanted(1.0, 0.05) < 0.9 * wanted(1.0, 0.0)
    assert wanted(0.0, 0.05) == pytest.approx(wanted(0.0, 0.0))


def test_the_history_is_the_published_one_at_the_middle(base, catalog):
    mid = np.median(base.accounts.world["electricity_twh"], axis=1)
    for year in (2018, 2020, 2024):
        said = catalog.value("outlook_history", "dc.electricity", vintage=year)
        assert mid[place(year)] == pytest.approx(said, rel=0.03)


def test_mix_and_market_add_up(base):
    assert np.allclose(sum(base.path.mix.values()), 1.0)
    total = sum(base.accounts.segments.values())
    assert np.allclose(total, base.accounts.world["investment_usd"], rtol=1e-12)


def test_regions_add_up_to_the_world(base):
    a = base.accounts
    for name in ("electricity_twh", "co2_mt", "investment_usd", "permanent_jobs"):
        np.testing.assert_allclose(a.region[name].sum(axis=2), a.world[name], rtol=1e-9, err_msg=name)


def test_capital_per_power_agrees_with_what_the_market_says(base):
    """Bernstein 2025 says 35, NVIDIA and Barclays 50 to 60 million USD per MW of IT."""
    per_mw = base.world.units.capital_usd_per_mw * np.quantile(base.v["capital.market_ratio"], [0.05, 0.5, 0.95])
    assert 25e6 < per_mw[0] < per_mw[1] < per_mw[2] < 60e6
    assert per_mw[1] == pytest.approx(35e6, rel=0.1)


def test_prices_that_do_not_settle_are_an_error_that_names_year_and_equation(free_world, monkeypatch):
    monkeypatch.setattr(market, "ITERATIONS", 2)
    with pytest.raises(
        ConvergenceError,
        match=r"outlook 20\d\d: the price of a task in .* does not settle .equation: price = unit cost",
    ):
        free_world({})


@settings(max_examples=60, deadline=None)
@given(
    stock=st.floats(0, 1e6),
    weights=st.lists(st.floats(0.01, 1), min_size=5, max_size=5),
    room=st.lists(st.floats(0, 1e6), min_size=5, max_size=5),
    mobility=st.floats(0, 1),
)
def test_devices_are_hosted_within_the_room_of_each_region(stock, weights, room, mobility):
    shares = np.array([weights]) / sum(weights)
    placed = hosted(np.array([stock]), shares, np.array([room]), np.array([mobility]))
    assert (placed <= np.array([room]) * (1 + 1e-9) + 1e-6).all()
    assert placed.sum() <= stock * (1 + 1e-9) + 1e-6
    assert (placed >= 0).all()


@settings(max_examples=30, deadline=None)
@given(life=st.floats(2, 10), shape=st.floats(1, 5), age=st.floats(0, 13))
def test_survival_falls_with_age(life, shape, age):
    now, later = (survival(a, np.array([life]), np.array([shape]))[0] for a in (age, age + 0.5))
    assert 0 <= later <= now <= 1


def test_a_fleet_without_shipments_dies_out():
    fleet = Fleet(np.array([5.0]), np.array([3.0]))
    fleet.ship(np.array([100.0]), np.array([2.0]))
    for _ in range(14):
        fleet.ship(np.array([0.0]), np.array([2.0]))
    power, work = fleet.survivors()
    assert power[0] == 0 == work[0]


def test_the_largest_run_grows_as_runs_have_until_it_takes_its_share(base):
    run, halls = base.accounts.world["largest_run_mw"], base.accounts.world["ai_capacity_gw"] * 1e3
    assert (run <= halls * base.v["training.run_share"] * (1.0 + 1e-12)).all()
    assert np.median(run[place(2025)]) == pytest.approx(base.world.history.run_mw, rel=0.1)
    growth = np.log(run[place(2026)] / run[place(2025)])
    assert (growth <= base.v["training.run_growth"] + 1e-12).all()
    assert np.median(run[place(2035)] / halls[place(2035)]) == pytest.approx(np.median(base.v["training.run_share"]))
