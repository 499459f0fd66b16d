"""Ramp limits and the checkpoint cost of shifted load: by hand, against HiGHS, and as laws."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, solar, technology
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wattscale.errors import InputError
from wattscale.scenario.supply_terms import OwnTechnology
from wattscale.supply import solve as solve_module
from wattscale.supply.certificate import certified_bound
from wattscale.supply.dispatch import dispatch, ramp_hours, shadow_prices
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.infeasible import explain
from wattscale.supply.interior import solve_interior
from wattscale.supply.program import bound_value
from wattscale.supply.ramps import Limits, ramp_excess
from wattscale.supply.settle import budget_excess, imbalance
from wattscale.supply.solve import solve, solve_once
from wattscale.supply.technologies import read_technologies
from wattscale.supply.told import figures_of

TIGHT = 2e-5


def slow(**values):
    given = {"fuel_usd_per_mwh": 10.0, "ramp_share_per_h": 0.1, **values}
    return technology("smr", "fuelled", **given)


def cost(s, technologies):
    return solve(build(s, technologies).program).objective


def changes(solution, program, name):
    return np.abs(np.diff(solution.flows[program.flow(name)]))


SWINGING = np.tile([100.0, 60.0], 12)
TWO_PLANTS = named(slow(), gas(capital_usd_per_mw=0.0, fuel_usd_per_mwh=50.0))


def test_a_slow_plant_leaves_the_swing_to_the_fast_one():
    """100 MW of slow plant change by 10 MW an hour: 70 and 60 MW of it, 30 and 0 MW of the one at 50 USD/MWh."""
    s = setting(24, load_mw=SWINGING, max_capacity_mw={"smr": 100.0})
    solution = solve(build(s, TWO_PLANTS).program)
    assert solution.objective == pytest.approx(12 * (70 * 10 + 30 * 50 + 60 * 10), rel=1e-5)
    assert solution.flows[0] == pytest.approx(np.tile([70.0, 60.0], 12), abs=1e-3)


def test_price_of_a_ramp_is_what_a_faster_one_saves():
    """One MW per hour more shifts 1 MWh of twelve hours from 50 to 10 USD/MWh; a share of 1 is 100 MW per hour."""
    campus = build(setting(24, load_mw=SWINGING, max_capacity_mw={"smr": 100.0}), TWO_PLANTS)
    solution = solve(campus.program)
    prices = shadow_prices(campus, solution)
    assert prices["catalog.technologies/smr.ramp_share_per_h"] == pytest.approx(100 * 12 * 40.0, rel=1e-3)
    assert prices["max_capacity_mw.smr"] == pytest.approx(0.1 * 12 * 40.0, rel=1e-3)
    assert ramp_hours(campus, solution) == {"smr": pytest.approx(23.0)}


def test_first_hour_is_free_and_a_share_of_one_is_no_ramp():
    s = setting(24, import_usd_per_mwh=np.full(24, 80.0))
    assert cost(s, named(grid(), slow(ramp_share_per_h=0.01))) == pytest.approx(24 * 100 * 10.0, rel=1e-5)
    assert build(s, named(slow(ramp_share_per_h=1.0))).program.ramps == ()


def test_limit_of_import_changes_counts_the_hours_of_a_step():
    load = np.tile([100.0, 70.0], 4)
    s = setting(8, weight=np.full(8, 3.0), load_mw=load, import_ramp_mw_per_h=5.0, unserved_usd_per_mwh=200.0)
    program = build(s, named(grid())).program
    assert changes(solve(program), program, "grid") == pytest.approx(15.0, abs=1e-4)


def test_import_ramp_alone_leaves_the_closed_form_of_the_grid():
    s = setting(24, load_mw=SWINGING, import_ramp_mw_per_h=10.0)
    program = build(s, named(grid(), battery())).program
    solution = solve(program)
    assert changes(solution, program, "grid").max() <= 10.0 + 1e-4
    assert solution.objective > cost(replace(s, import_ramp_mw_per_h=None), named(grid(), battery())) * (1 + 1e-5)


def test_two_prices_and_a_checkpoint_cost_move_what_the_closed_form_says():
    """Of 50 MW, +12.5 MW in two cheap hours and -7.5 MW in two dear ones: 25 = 15 + 0.5 h x (12.5 + 7.5) MW."""
    price = np.tile([20.0, 20.0, 80.0, 80.0], 6)
    s = setting(24, import_usd_per_mwh=price, flexible_share=0.5, flexible_window=4, checkpoint_loss_h=0.5)
    campus = build(s, named(grid()))
    solution = solve(campus.program)
    assert solution.objective == pytest.approx(100 * price.sum() - 6 * (2 * 80 * 7.5 - 2 * 20 * 12.5), rel=1e-5)
    figures = figures_of(campus, solution, dispatch(campus, solution))
    assert figures["checkpoint_loss_mwh"] == pytest.approx(6 * 0.5 * 20.0, rel=1e-3)
    assert figures["moved_mwh"] == pytest.approx(6 * 15.0, rel=1e-3)


def test_ramp_of_shifted_load_is_on_how_far_it_is_moved():
    """5 MW an hour about the usual power: from -5 to +5 over two hours and back, whatever the load itself does."""
    price = np.tile([80.0, 50.0, 20.0, 50.0], 6)
    s = setting(24, import_usd_per_mwh=price, flexible_share=0.5, flexible_window=24, load_mw=SWINGING,
                flexible_ramp_share_per_h=0.1)  # fmt: skip
    campus = build(s, named(grid()))
    moved = dispatch(campus, solve(campus.program)).uses_mw["flexible"]
    most = 0.1 * 0.5 * SWINGING
    assert np.all(np.abs(np.diff(moved)) <= most[1:] + 1e-4)
    assert np.abs(moved).max() > 1.0


@pytest.mark.parametrize("loss", [0.0, 0.5])
def test_without_variability_nothing_moves_and_nothing_is_lost(loss):
    s = setting(48, flexible_share=0.4, flexible_window=24, checkpoint_loss_h=loss, flexible_ramp_share_per_h=0.2)
    campus = build(s, named(grid()))
    solution = solve(campus.program)
    assert solution.objective == pytest.approx(48 * 100 * 50.0, rel=1e-6)
    assert figures_of(campus, solution, dispatch(campus, solution)).get("checkpoint_loss_mwh", 0.0) < 0.1


def test_infeasible_ramps_are_named_in_the_users_words():
    s = setting(24, load_mw=SWINGING, import_ramp_mw_per_h=10.0, max_unserved_share=0.01)
    said = str(explain(build(s, named(grid())), solve_once))
    assert "supply.import_ramp_mw_per_h at least 38.41 MW/h (now 10)" in said
    own = replace(slow(), like="smr")
    s = setting(24, load_mw=SWINGING, max_unserved_share=0.01, max_capacity_mw={"smr": 120.0})
    assert solve(build(s, named(own)).program) is None
    assert "supply.own_technologies.smr.ramp_share_per_h at least 0.32" in str(
        explain(build(s, named(own)), solve_once)
    )


def test_only_fuelled_plants_have_ramps(catalog):
    own = OwnTechnology(name="sun", like="solar", ramp_share_per_h=0.5)
    with pytest.raises(InputError, match="no property of a technology like solar"):
        read_technologies(catalog, ["sun"], "US", 2025, [own])
    found = read_technologies(catalog, ["smr", "nuclear", "gas-turbine"], "US", 2025)
    assert {k: t.ramp_share_per_h for k, t in found.items()} == {"gas-turbine": None, "smr": 0.4, "nuclear": 0.3}


def random_campus(seed, negative=False):
    """A campus of a few days with ramps on import, plants and shifted load, each drawn or left out."""
    rng = np.random.default_rng(seed)
    steps = int(rng.choice([48, 72]))
    h = np.arange(steps)
    sun = np.clip(np.sin((h % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.3, 1, steps)
    load = 100 * np.clip(1 + 0.3 * np.sin(h / 24 * 2 * np.pi) + 0.1 * rng.normal(size=steps), 0.2, None)
    keys = {"flexible_share": float(rng.uniform(0.1, 0.6)), "flexible_window": int(rng.choice([12, 24, 48]))}
    keys = keys if rng.random() < 0.6 else {}
    for key, low, high in (("flexible_ramp_share_per_h", 0.05, 0.5), ("checkpoint_loss_h", 0.05, 1.0),
                           ("import_ramp_mw_per_h", 2.0, 30.0), ("cfe_hourly_share", 0.3, 0.7)):  # fmt: skip
        if rng.random() < 0.6:
            keys[key] = float(rng.uniform(low, high))
    price = rng.normal(50, 60 if negative else 10, steps)
    s = setting(steps, load_mw=load, renewable={"solar": sun}, month=h // 48, demand_charge_usd_per_mw_month=500.0,
                import_usd_per_mwh=price, **keys)  # fmt: skip
    share = steps / 96
    kinds = [grid(), solar(capital_usd_per_mw=5e3 * share)]
    kinds += [battery(capital_usd_per_mw=2e3, capital_usd_per_mwh=2e3)] if rng.random() < 0.7 else []
    fast = {} if rng.random() < 0.5 else {"ramp_share_per_h": 0.1}
    kinds += [gas(capital_usd_per_mw=5e4 * share, **fast)] if rng.random() < 0.7 else []
    kinds.append(slow(capital_usd_per_mw=float(rng.uniform(2e4, 9e4)) * share, minimum_load=0.5, availability=0.93,
                      carbon_free=True, ramp_share_per_h=float(rng.uniform(0.02, 0.3))))  # fmt: skip
    return build(s, named(*kinds))


@hypothesis_settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_structured_solver_agrees_with_highs_on_random_sets_with_ramps(seed, negative):
    program = random_campus(seed, negative).program
    exact, found = solve_highs(program), solve_interior(program, TIGHT)
    assert len(program.ramps) >= 1
    assert abs(exact.gap) < 1e-5
    assert found.bound <= exact.objective + 1e-6 * abs(exact.objective)
    assert abs(found.objective - exact.objective) <= 2 * TIGHT * abs(exact.objective)


@hypothesis_settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_a_settled_answer_keeps_balance_ramps_and_budgets(seed, negative):
    program = random_campus(seed, negative).program
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solve_module, "LONG", 10)
        found = solve(program)
    assert found.solver == "interior"
    assert imbalance(program, found) < 1e-6
    assert ramp_excess(program, found.columns, found.flows) < 1e-9
    assert np.all(budget_excess(program, found) < 1e-4)
    assert found.objective >= found.bound - 1e-5 * abs(found.bound)
    for store, level in zip(program.stores, found.stores, strict=True):
        top = bound_value(store.upper_terms, store.upper, found.columns)
        assert np.all(level <= top + 1e-6 * program.load.max())


def test_a_plant_that_cannot_slow_down_loses_energy_rather_than_the_balance():
    """Forced output at night with nothing to take it: the solver's own point stands, which loses it in the battery."""
    program = random_campus(60).program
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solve_module, "LONG", 10)
        found = solve(program)
    assert imbalance(program, found) < 1e-8
    assert found.gap < 1e-4


@hypothesis_settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 0.5))
def test_any_prices_of_ramps_prove_a_bound(seed, noise):
    program = random_campus(seed).program
    exact = solve_highs(program)
    rng = np.random.default_rng(seed)
    p = exact.prices
    moved = {k: getattr(p, k) * (1 + noise * rng.normal(size=getattr(p, k).shape)) for k in ("balance", "ramps")}
    assert certified_bound(program, replace(p, **moved), exact.objective) <= exact.objective * (1 + 1e-9)
    assert certified_bound(program, p, exact.objective) == pytest.approx(exact.objective, rel=1e-6)


def test_doubling_load_and_all_limits_doubles_cost_with_ramps():
    campus = random_campus(3)
    s = replace(campus.setting, import_ramp_mw_per_h=8.0, checkpoint_loss_h=0.2)
    twice = replace(s, load_mw=2 * s.load_mw, import_ramp_mw_per_h=16.0)
    once, both = (solve_highs(build(v, campus.technologies).program).objective for v in (s, twice))
    assert both == pytest.approx(2 * once, rel=1e-6)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("import_ramp_mw_per_h", [None, 40.0, 15.0, 4.0]),
        ("flexible_ramp_share_per_h", [None, 0.5, 0.1, 0.02]),
        ("checkpoint_loss_h", [0.0, 0.1, 0.5, 2.0]),
    ],
)
def test_a_tighter_ramp_or_a_dearer_checkpoint_is_never_cheaper(key, values):
    campus = random_campus(3)
    s = replace(campus.setting, flexible_share=0.4, flexible_window=24, **{key: None if values[0] is None else 0.0})
    costs = [solve_highs(build(replace(s, **{key: v}), campus.technologies).program).objective for v in values]
    assert all(b >= a * (1 - 1e-9) for a, b in pairwise(costs))
    assert costs[-1] > costs[0] * (1 + 1e-4)


@hypothesis_settings(max_examples=30, deadline=None)
@given(arrays(float, 12, elements=st.floats(-50, 50)), st.floats(0, 20), st.floats(0, 20))
def test_values_below_a_target_are_the_largest_that_keep_the_limits(target, rise, fall):
    limits = Limits(np.full(12, rise), np.full(12, fall))
    z = limits.below(target)
    assert np.all(z <= target + 1e-9)
    assert np.all(np.diff(z) <= rise + 1e-9)
    assert np.all(-np.diff(z) <= fall + 1e-9)
    steps = np.arange(12)[:, None] - np.arange(12)[None, :]
    reach = target[None, :] + np.where(steps > 0, rise * steps, -fall * steps)
    assert z == pytest.approx(reach.min(axis=1), abs=1e-9)
    assert limits.above(target) == pytest.approx(-Limits(limits.fall, limits.rise).below(-target))


def test_a_storage_that_may_not_be_built_and_a_plant_struck_out_need_no_other_solver():
    """Rows in which nothing has room get no multiplier, so that the structured solver still works."""
    campus = random_campus(12)
    s = replace(campus.setting, max_capacity_mw={"battery": 0.0, "smr": 0.0}, import_ramp_mw_per_h=20.0)
    program = build(s, named(grid(), battery(), slow(), gas(capital_usd_per_mw=2e4))).program
    assert solve_interior(program, TIGHT).objective == pytest.approx(solve_highs(program).objective, rel=2 * TIGHT)


def test_a_limit_that_cannot_bind_stays_out_of_the_program():
    """574,065 MW an hour on a connection of 100 MW left a gap of 24 % after 33 s."""
    free = build(setting(48, flexible_share=0.5, flexible_window=24, connection_mw=150.0), named(grid()))
    loose = replace(free.setting, import_ramp_mw_per_h=574065.0, flexible_ramp_share_per_h=1e6)
    assert build(loose, named(grid())).program.ramps == free.program.ramps == ()
    assert len(build(replace(loose, import_ramp_mw_per_h=149.0), named(grid())).program.ramps) == 1
