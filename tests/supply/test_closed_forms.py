"""The closed forms every optimiser must pass, on the linear program of the campus."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, solar, technology

from wattscale.supply.dispatch import shadow_prices
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_clarabel, solve_highs
from wattscale.supply.grid_only import applies, solve_grid_only
from wattscale.supply.setting import Period, Purchase
from wattscale.supply.solve import solve


def cost(s, technologies):
    return solve(build(s, technologies).program).objective


def test_flat_load_on_one_gas_unit_costs_its_capital_and_fuel():
    s = setting(48, weight=np.full(48, 8760 / 48))
    solution = solve(build(s, named(gas(availability=0.8))).program)
    assert solution.objective == pytest.approx(1e6 / 10 * 100 / 0.8 + 30 * 100 * 8760, rel=1e-6)


@pytest.mark.parametrize(("low", "invests"), [(30.0, True), (34.0, False)])
def test_battery_is_built_only_where_the_spread_pays_for_it(low, invests):
    """Moving one MWh from the cheap to the dear hour earns p2 - p1 / eta^2; p2 = 50, eta^2 = 0.81, and a MW with a MWh
    that moves it 60 times costs (capital + 1/eta) / 10."""
    price = np.tile([low, 50.0], 60)
    eta = 0.9
    b = battery(capital_usd_per_mw=3500.0, capital_usd_per_mwh=500.0, one_way_efficiency=eta)
    per_mw_out = (3500.0 / eta**2 + 500.0 / eta) / 10
    earned = 60 * (50.0 - low / eta**2)
    assert (earned > per_mw_out) == invests
    solution = solve(build(setting(120, import_usd_per_mwh=price), named(grid(), b)).program)
    built = solution.columns[1]
    assert (built > 1.0) == invests


def test_demand_charge_of_a_flat_load_is_twelve_times_rate_times_load():
    months = np.repeat(np.arange(12), 4)
    s = setting(48, month=months, demand_charge_usd_per_mw_month=8000.0, unserved_usd_per_mwh=1e6)
    base = cost(replace(s, demand_charge_usd_per_mw_month=0.0), named(grid()))
    assert cost(s, named(grid())) - base == pytest.approx(12 * 8000.0 * 100.0, rel=1e-6)


def test_full_carbon_free_share_is_free_on_a_clean_grid_and_impossible_on_a_dirty_one():
    clean = setting(24, grid_cfe_share=np.ones(24), cfe_hourly_share=1.0, max_unserved_share=0.0)
    assert cost(clean, named(grid())) == pytest.approx(50 * 100 * 24, rel=1e-6)
    dirty = replace(clean, grid_cfe_share=np.zeros(24))
    assert solve(build(dirty, named(grid())).program) is None


def day_and_night(steps=72, **values):
    sun = np.clip(np.sin((np.arange(steps) % 24 - 6) / 12 * np.pi), 0, None)
    return setting(steps, renewable={"solar": sun}, **values)


MIX = named(
    grid(), solar(capital_usd_per_mw=5e3), battery(capital_usd_per_mw=2e3, capital_usd_per_mwh=2e3),
    gas(capital_usd_per_mw=8e3),
)  # fmt: skip


def test_doubling_load_and_all_limits_doubles_cost():
    s = day_and_night(connection_mw=60.0, land_ha=500.0, cfe_hourly_share=0.6)
    twice = replace(s, load_mw=2 * s.load_mw, connection_mw=120.0, land_ha=1000.0)
    assert cost(twice, MIX) == pytest.approx(2 * cost(s, MIX), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("cfe_hourly_share", [None, 0.5, 0.7, 0.9]),
        ("carbon_cap_kg_per_mwh", [None, 300.0, 200.0, 50.0]),
        ("connection_mw", [None, 80.0, 40.0, 0.0]),
        ("land_ha", [None, 1500.0, 800.0, 100.0]),
    ],
)
def test_a_tighter_limit_never_lowers_cost(name, values):
    s = day_and_night(carbon_price_usd_per_t=60.0)
    costs = [cost(replace(s, **{name: v}), MIX) for v in values]
    assert all(b >= a * (1 - 1e-6) for a, b in pairwise(costs))


def test_cost_equals_what_the_prices_prove():
    campus = build(day_and_night(cfe_hourly_share=0.8, connection_mw=70.0), MIX)
    for solver in (solve_clarabel, solve_highs):
        assert abs(solver(campus.program).gap) < 1e-5


def test_three_hour_steps_with_weights_cost_the_same_as_hours():
    hourly = setting(24, import_usd_per_mwh=np.repeat([20.0, 80.0, 30.0, 60.0, 50.0, 40.0, 90.0, 10.0], 3))
    coarse = setting(8, weight=np.full(8, 3.0), import_usd_per_mwh=np.array([20.0, 80, 30, 60, 50, 40, 90, 10]))
    mix = named(grid(capital_usd_per_mw=100.0), battery(capital_usd_per_mw=50.0, capital_usd_per_mwh=30.0))
    assert cost(coarse, mix) == pytest.approx(cost(hourly, mix), rel=1e-5)


@pytest.mark.parametrize("export", [False, True])
def test_negative_prices_make_no_store_charge_and_discharge_and_no_import_vanish(export):
    price = np.tile([-80.0, -80.0, 60.0, 60.0], 12)
    s = setting(48, import_usd_per_mwh=price, export_usd_per_mwh=np.minimum(price, price - 5) if export else None)
    campus = build(s, named(grid(capital_usd_per_mw=500.0), battery(one_way_efficiency=0.8)))
    solution = solve(campus.program)
    flow = {f.name: y for f, y in zip(campus.program.flows, solution.flows, strict=True)}
    assert np.minimum(flow["battery.charge"], flow["battery.discharge"]).max() == 0.0
    used = 100 + flow["battery.charge"] + flow.get("export", 0.0) - flow["battery.discharge"] - flow["unserved"]
    assert flow["grid"] == pytest.approx(used, abs=1e-6)


def test_minimum_load_holds_and_costs():
    load = np.tile([100.0, 40.0], 12)
    plant = technology("smr", "fuelled", capital_usd_per_mw=1e4, carbon_free=True, minimum_load=0.5)
    s = setting(24, load_mw=load, import_usd_per_mwh=np.full(24, 200.0))
    campus = build(s, named(grid(), plant))
    solution = solve(campus.program)
    assert solution.columns[campus.program.column("smr")] == pytest.approx(80.0, rel=1e-5)
    assert solution.flows[campus.program.flow("smr")].min() >= 0.5 * 80.0 * (1 - 1e-5)


@pytest.mark.parametrize("charge", [0.0, 5000.0, 30000.0])
@pytest.mark.parametrize("connection", [None, 104.0])
@pytest.mark.parametrize("capital", [0.0, 2e5])
def test_closed_form_of_the_grid_alone_equals_the_program(charge, connection, capital):
    rng = np.random.default_rng(3)
    s = setting(96, load_mw=100 + rng.normal(0, 3, 96), import_usd_per_mwh=rng.normal(40, 40, 96),
                connection_mw=connection, month=np.repeat([0, 1, 2, 3], 24),
                demand_charge_usd_per_mw_month=charge)  # fmt: skip
    campus = build(s, named(grid(capital_usd_per_mw=capital)))
    closed, general = solve_grid_only(campus), solve_highs(campus.program)
    assert closed.objective == pytest.approx(general.objective, rel=1e-9)
    assert closed.gap == pytest.approx(0.0, abs=1e-9)


def test_shadow_prices_are_what_one_more_unit_of_a_limit_saves():
    s = day_and_night(connection_mw=60.0, land_ha=500.0, carbon_cap_kg_per_mwh=250.0)
    campus = build(s, MIX)
    found = shadow_prices(campus, solve(campus.program))
    base = cost(s, MIX)
    for key, step in (("connection_mw", 0.5), ("land_ha", 2.0)):
        saved = (base - cost(replace(s, **{key: getattr(s, key) + step}), MIX)) / step
        assert found[key] == pytest.approx(saved, rel=0.05, abs=0.5)
    cap = replace(s, carbon_cap_kg_per_mwh=251.0)
    assert found["carbon_cap"] / 1000 == pytest.approx((base - cost(cap, MIX)) / s.energy_mwh, rel=0.05, abs=1e-3)


def test_flexible_load_moves_to_the_cheap_hours_of_its_window_and_no_further():
    """Half of 100 MW may rise to 1.25 or fall to 0.3 of itself: two hours at each price, each window on its own."""
    price = np.tile([20.0, 20.0, 80.0, 80.0], 6)
    s = setting(24, import_usd_per_mwh=price, flexible_share=0.5, flexible_window=4)
    solution = solve(build(s, named(grid())).program)
    moved = 0.25 * 50
    assert solution.objective == pytest.approx(100 * price.sum() - 12 * moved * 60, rel=1e-6)
    within = solve(build(replace(s, flexible_window=2), named(grid())).program)
    assert within.objective == pytest.approx(100 * price.sum(), rel=1e-6)
    assert cost(replace(s, flexible_window=24), named(grid())) <= solution.objective * (1 + 1e-6)


def tariffs(seed):
    """A random tariff on the grid alone, with and without export, periods, demand charges and a limit."""
    rng, hour = np.random.default_rng(seed), np.arange(72)
    price = rng.normal(50, 20, 72)
    given = {"load_mw": 100 + rng.normal(0, 10, 72), "import_usd_per_mwh": price, "month": hour // 24}
    given["connection_mw"] = rng.choice([None, 95.0, 130.0])
    given["demand_charge_usd_per_mw_month"] = float(seed % 2) * rng.choice([1e3, 3e4])
    if seed % 3:
        given["export_usd_per_mwh"] = price - rng.choice([0.0, 5.0])
    if not seed % 2:
        given |= {"tariff_period": (hour % 24 > 17).astype(float), "periods": (Period("evening", 900.0),)}
    return given, float(rng.choice([0.0, 1e4]))


@pytest.mark.parametrize("seed", range(12))
def test_the_closed_form_holds_for_whatever_tariff_has_its_shape(seed):
    """It asks the program, so export that pays no more than import and charges by period are in it."""
    given, capital = tariffs(seed)
    campus = build(setting(72, **given), named(grid(capital_usd_per_mw=capital)))
    assert applies(campus)
    closed, exact = solve_grid_only(campus), solve_highs(campus.program)
    assert closed.objective == pytest.approx(exact.objective, rel=1e-9)
    assert closed.gap < 1e-9


@pytest.mark.parametrize(
    "values",
    [
        {"export_usd_per_mwh": np.full(24, 60.0)}, {"flexible_share": 0.2}, {"import_ramp_mw_per_h": 5.0},
        {"energy_tiers": ((100.0, 5.0),)}, {"called": np.ones(24), "curtailment_usd_per_mw_year": 9.0},
        {"demand_charge_usd_per_mw_month": 9.0, "demand_ratchet_share": 0.5},
        {"demand_charge_usd_per_mw_month": 9.0, "tariff_period": np.ones(24), "periods": (Period("all", 5.0),)},
        {"purchases": (Purchase("a", "virtual", 1.0, 1.0),), "renewable": {"ppa-a": np.ones(24)}},
    ],
)  # fmt: skip
def test_the_closed_form_leaves_all_else_to_the_solvers(values):
    assert not applies(build(setting(24, **values), named(grid())))
