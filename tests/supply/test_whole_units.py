"""Whole units against HiGHS as a mixed-integer solver, and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.optimize
from campuses import HOURS, battery, gas, grid, named, setting, site, solar, technology

from wattscale.errors import InfeasibleError, InputError
from wattscale.scenario.load import load_scenario
from wattscale.supply import whole_units
from wattscale.supply.apart import blocked, pairs, tightened
from wattscale.supply.expansion import build
from wattscale.supply.faults import broken_limits
from wattscale.supply.general import solve_highs
from wattscale.supply.matrix import matrix_form
from wattscale.supply.program import Link
from wattscale.supply.settle import settle
from wattscale.supply.solve import solve, solve_apart
from wattscale.supply.stage import run
from wattscale.supply.whole_units import GAP, shift, solve_whole, unit_columns


def milp(program, unit_mw):
    """Least cost by HiGHS with the unit counts as integers."""
    form = matrix_form(program)
    scale, integer = np.ones(len(form.cost)), np.zeros(len(form.cost))
    for i, unit in unit_mw.items():
        scale[i], integer[i] = unit / form.power, 1
    rows = scipy.optimize.LinearConstraint(form.matrix.multiply(scale).tocsc(), form.row_low, form.row_high)
    found = scipy.optimize.milp(
        form.cost * scale, integrality=integer, bounds=scipy.optimize.Bounds(form.low / scale, form.high / scale),
        constraints=rows, options={"mip_rel_gap": 1e-6},
    )  # fmt: skip
    return None if found.x is None else found.fun * form.money


def plants():
    smr = technology("smr", "fuelled", capital_usd_per_mw=3.2e4, fuel_usd_per_mwh=9.0, carbon_free=True,
                     minimum_load=0.5, availability=0.93)  # fmt: skip
    return (
        grid(capital_usd_per_mw=2e3), solar(capital_usd_per_mw=5e3), gas(capital_usd_per_mw=6e3),
        battery(capital_usd_per_mw=2e3, capital_usd_per_mwh=2e3), smr,
    )  # fmt: skip


def campus(seed, steps=72, **values):
    rng, hour = np.random.default_rng(seed), np.arange(steps)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)
    given = {
        "load_mw": 100 + 15 * rng.random(steps), "renewable": {"solar": sun}, "carbon_price_usd_per_t": 80.0,
        "import_usd_per_mwh": 50 + 30 * np.cos(hour / 5) + 10 * rng.random(steps), "connection_mw": 60.0,
        "max_unserved_share": 0.01, "unit_mw": {"smr": 17.0, "gas-turbine": 23.0}, **values,
    }  # fmt: skip
    return build(setting(steps, **given), named(*plants()))


@pytest.mark.parametrize("seed", range(4))
def test_whole_units_cost_what_a_mixed_integer_solver_finds(seed):
    c = campus(seed, cfe_hourly_share=[None, 0.5, 0.7, 0.8][seed])
    units = unit_columns(c)
    found, exact = solve_whole(c.program, units), milp(c.program, units)
    assert found.objective == pytest.approx(exact, rel=GAP)
    assert found.objective >= exact * (1 - 1e-6)
    assert found.bound <= exact * (1 + 1e-6)
    assert found.gap <= GAP + 1e-4
    for i, unit in units.items():
        assert found.columns[i] / unit == pytest.approx(round(found.columns[i] / unit), abs=1e-9)


def test_units_of_thirty_for_a_flat_load_of_a_hundred_are_four():
    s = setting(24, weight=np.full(24, 365.0), unit_mw={"gas-turbine": 30.0})
    c = build(s, named(gas()))
    found = solve_whole(c.program, unit_columns(c))
    assert found.columns[0] == pytest.approx(120.0)
    assert found.objective == pytest.approx(120 * 1e5 + 30 * 100 * 8760, rel=1e-6)


def test_a_unit_too_large_for_its_minimum_load_is_not_built():
    """One unit of 300 MW would give at least 150 MW to a load of 100 MW."""
    smr = technology("smr", "fuelled", capital_usd_per_mw=10.0, carbon_free=True, minimum_load=0.5)
    s = setting(24, unit_mw={"smr": 300.0})
    c = build(s, named(grid(), smr))
    found = solve_whole(c.program, unit_columns(c))
    assert found.columns[c.program.column("smr")] == 0.0
    assert found.objective == pytest.approx(50 * 100 * 24, rel=1e-6)


def test_limits_that_only_fractions_meet_are_told():
    s = setting(24, unit_mw={"gas-turbine": 30.0}, max_capacity_mw={"gas-turbine": 100.0}, max_unserved_share=0.01)
    c = build(s, named(gas()))
    with pytest.raises(InfeasibleError, match="unit_mw"):
        solve_whole(c.program, unit_columns(c))


def test_a_stopped_search_keeps_a_bracket_of_the_optimum():
    c = campus(2, cfe_hourly_share=0.7)
    units = unit_columns(c)
    whole, stopped = solve_whole(c.program, units), solve_whole(c.program, units, most=3)
    assert stopped.bound <= whole.objective * (1 + 1e-6)
    assert stopped.objective >= whole.bound * (1 - 1e-6)
    assert stopped.iterations <= 5


def burning(steps=96):
    """A battery on the grid where three hours of eight are far below zero, and a part of them where losing pays."""
    price = np.where(np.arange(steps) % 8 < 3, -60.0, 70.0)
    s = setting(steps, import_usd_per_mwh=price, connection_mw=400.0, unit_mw={"battery": 50.0},
                max_capacity_mw={"battery": 200.0})  # fmt: skip
    return build(s, named(grid(), battery(one_way_efficiency=0.7)))


def test_a_store_in_whole_units_costs_what_the_same_store_costs_otherwise():
    """200 MW is best and 4 units. Settled from its least number on, its size was counted twice: a gap of 302 %."""
    c = burning()
    whole, free = solve_whole(c.program, unit_columns(c)), solve(c.program)
    assert whole.columns[c.program.column("battery")] == pytest.approx(200.0)
    assert whole.objective == pytest.approx(free.objective, rel=1e-5)
    assert broken_limits(c.program, whole) == []
    assert whole.gap < 1e-3


def test_flows_kept_apart_stay_so_when_units_are_counted_from_their_least_number_on():
    """Charge and discharge share one size, whether it is a column, a number, or both."""
    price = np.where(np.arange(48) % 12 < 6, -60.0, 60.0)
    c = build(setting(48, import_usd_per_mwh=price), named(grid(), battery(capital_usd_per_mw=100.0)))
    program, at = c.program, c.program.column("battery")
    for least, most in ((0.0, 300.0), (150.0, 150.0), (100.0, 150.0)):
        moved, cost = shift(program, {at: least}, {at: most})
        held = replace(program, columns=tuple(replace(k, upper=most) if i == at else k
                                              for i, k in enumerate(program.columns)),
                       links=(*program.links, Link("least", {at: -1.0}, -least)))  # fmt: skip
        exact = solve_highs(tightened(held, dict.fromkeys(pairs(held)))).objective
        assert exact > solve_highs(held).objective + 1000.0
        assert solve_highs(tightened(moved, dict.fromkeys(pairs(moved)))).objective + cost == pytest.approx(exact)
        assert solve_apart(moved).bound + cost == pytest.approx(exact, rel=1e-4)
        settled = solve(moved)
        assert broken_limits(moved, settled) == []
        assert settled.bound + cost == pytest.approx(exact, rel=1e-4)
        units = ((int(least / 50),), (int(most / 50),))
        search = whole_units._Search(program, (at,), np.array([50.0]), 1e-5, 9)
        assert whole_units._node(search, *units).bound == pytest.approx(exact, rel=1e-4)


def test_where_one_flow_is_off_the_other_may_use_its_own_room():
    c = burning()
    (pair,) = pairs(c.program)
    off = np.arange(96) < 50
    flows = list(c.program.flows)
    flows[pair.other] = replace(flows[pair.other], upper_terms=tuple(
        replace(t, factor=np.where(off, 0.0, t.factor)) for t in flows[pair.other].upper_terms))  # fmt: skip
    program = replace(c.program, flows=tuple(flows))
    plain = solve_highs(blocked(program, solve_highs(program), {pair: np.ones(96, bool)}))
    assert solve_highs(tightened(program, {pair: off})).objective <= plain.objective + 1e-6 * abs(plain.objective)


def test_settling_raises_a_size_by_what_is_missing_and_not_by_what_stands_already():
    """Counted from 10 MW on, a plant that is short of 1e-3 MW was made 10 MW larger."""
    c = build(setting(24, weight=np.full(24, 365.0)), named(gas()))
    moved, cost = shift(c.program, {0: 10.0}, {0: 200.0})
    exact = solve_highs(moved)
    short = replace(exact, columns=exact.columns * (1 - 1e-5), flows=exact.flows * (1 - 1e-5))
    settled = settle(moved, short)
    assert settled.columns[0] == pytest.approx(90.0, abs=1e-2)
    assert settled.objective + cost == pytest.approx(100 * 1e5 + 30 * 100 * 8760, rel=1e-4)


def test_where_one_number_of_units_alone_is_possible_the_bound_is_proven_too(monkeypatch):
    """The cost of the only design stood as its bound, however dear the answer was."""
    s = setting(24, weight=np.full(24, 365.0), unit_mw={"gas-turbine": 300.0}, max_capacity_mw={"gas-turbine": 200.0})
    c = build(s, named(grid(), gas()))
    least = 50.0 * 100 * 8760

    def dear(program, tolerance):
        found = solve(program, tolerance)
        return replace(found, objective=1.005 * found.objective)

    monkeypatch.setattr(whole_units, "solve", dear)
    found = solve_whole(c.program, unit_columns(c))
    assert found.objective == pytest.approx(1.005 * least, rel=1e-5)
    assert found.bound <= least * (1 + 1e-9)


def test_a_design_thrown_away_for_a_broken_limit_keeps_its_bound(monkeypatch):
    """Four units of 30 MW are cheapest; where a solver fails at them, five are no optimum."""
    s = setting(24, weight=np.full(24, 365.0), unit_mw={"gas-turbine": 30.0})
    c = build(s, named(gas()))
    cost = {n: n * 30 * 1e5 + 30 * 100 * 8760 for n in (4, 5)}

    def fails_at_four(program, found):
        return ["balance"] if program.flows[program.flow("gas-turbine")].upper[0] == 120.0 else []

    monkeypatch.setattr(whole_units, "broken_limits", fails_at_four)
    found = solve_whole(c.program, unit_columns(c))
    assert found.objective == pytest.approx(cost[5], rel=1e-5)
    assert found.bound == pytest.approx(cost[4], rel=1e-4)


def test_counting_a_column_from_its_least_leaves_the_optimum_where_it_is():
    c = campus(1)
    at = c.program.column("gas-turbine")
    free = solve_highs(c.program)
    moved, cost = shift(c.program, {at: 0.5 * free.columns[at]}, {at: c.program.columns[at].upper})
    assert solve_highs(moved).objective + cost == pytest.approx(free.objective, rel=1e-9)


@pytest.mark.parametrize(
    ("units", "where"),
    [({"smr": 0}, "unit_mw.smr"), ({"battery": 4}, "unit_mw.battery"), ({"smrr": 77}, "unit_mw")],
)
def test_a_wrong_unit_is_named(catalog, units, where):
    table = load_scenario({"supply": {"unit_mw": units}}).supply
    with pytest.raises(InputError) as caught:
        run(table, np.full(HOURS, 100.0), site(), catalog.recording(), 0.08)
    assert where in str(caught.value)


@pytest.mark.slow
def test_a_year_with_reactors_of_77_mw_is_certified_and_told(catalog):
    keys = {"technologies": ["grid", "smr", "battery"], "unit_mw": {"smr": 77, "geothermal": 5}, "connection_mw": 200,
            "cfe_hourly_share": 0.8}  # fmt: skip
    load = 300 + 20 * np.cos(2 * np.pi * np.arange(HOURS) / 24)
    result = run(load_scenario({"supply": keys}).supply, load, site(), catalog.recording(), 0.08)
    assert result.capacity_mw["smr"] / 77 == pytest.approx(round(result.capacity_mw["smr"] / 77), abs=1e-9)
    assert result.capacity_mw["smr"] > 0
    assert result.figures["solver_gap"] <= 1e-3
    assert {w.code for w in result.warnings} == {"whole-units", "unit-unused"}
