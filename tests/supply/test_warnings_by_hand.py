"""What a supply plan is warned of: each doubt just on both sides of where it begins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, solar, technology
from program_parts import point

from wattscale.scenario.load import load_scenario
from wattscale.supply.dispatch import Dispatch
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.setting import Purchase
from wattscale.supply.solve import STRUCTURED
from wattscale.supply.swings import Swings, swing_warnings
from wattscale.supply.told import clean_mwh, swing_figures, swings_of, warnings_of

FLAT = np.ones(4)


def table(**values):
    return load_scenario({"supply": values}).supply


def solved(*plants, **values):
    campus = build(setting(4, **values), named(*plants))
    return campus, solve_highs(campus.program)


def codes(campus, solution, **values):
    """Codes of the warnings; the connection is as large as wanted unless one is given."""
    given = table(**values)
    given = given if "connection_mw" in values else given.model_copy(update={"connection_mw": None})
    return {w.code for w in warnings_of(given, campus, solution)}


def sized(campus, solution, name, value):
    """The same solution with another size of one column."""
    columns = solution.columns.copy()
    columns[campus.program.column(name)] = value
    return replace(solution, columns=columns)


QUIET = {"swing_share": 0.0}


def test_a_plain_plan_is_warned_of_nothing():
    assert codes(*solved(grid(capital_usd_per_mw=1e3), connection_mw=150.0), connection_mw=150.0, **QUIET) == set()


def test_a_size_at_the_end_of_the_search_is_told_but_not_one_that_was_asked():
    """From 0.99 of the largest size looked at on; a limit of the scenario is no end of the search."""
    campus, solution = solved(grid(capital_usd_per_mw=1e3), gas(capital_usd_per_mw=1e9))
    (most,) = (c.upper for c in campus.program.columns if c.name == "gas-turbine")
    assert "capacity-at-search-limit" not in codes(campus, sized(campus, solution, "gas-turbine", 0.98 * most), **QUIET)
    assert "capacity-at-search-limit" in codes(campus, sized(campus, solution, "gas-turbine", 0.995 * most), **QUIET)
    given = replace(campus, setting=replace(campus.setting, max_capacity_mw={"gas-turbine": most}))
    at_end = sized(campus, solution, "gas-turbine", most)
    assert "capacity-at-search-limit" not in codes(given, at_end, max_capacity_mw={"gas-turbine": most}, **QUIET)
    (most,) = (c.upper for c in campus.program.columns if c.name == "grid")
    at_end = sized(campus, solution, "grid", most)
    assert "capacity-at-search-limit" in codes(campus, at_end, **QUIET)
    assert "capacity-at-search-limit" not in codes(campus, at_end, connection_mw=most, **QUIET)


def test_limits_and_technologies_that_nothing_names_are_told():
    campus, solution = solved(grid(capital_usd_per_mw=1e3))
    own = [{"name": "mine", "like": "solar"}]
    assert codes(campus, solution, max_capacity_mw={"solar": 5.0}, **QUIET) == {"limit-unused"}
    assert codes(campus, solution, own_technologies=own, **QUIET) == {"technology-unused"}
    assert codes(campus, solution, max_capacity_mw={"grid": 500.0}, **QUIET) == set()


def test_load_that_is_not_served_is_told_from_a_millionth_on():
    """400 MWh a year: a millionth is 0.4 Wh of a thousand."""
    campus, solution = solved(grid(capital_usd_per_mw=1e3))
    at = campus.program.flow("unserved")
    for mwh, told in ((3e-4, False), (5e-4, True)):
        flows = solution.flows.copy()
        flows[at] = 0.0
        flows[at, 0] = mwh
        assert ("unserved-load" in codes(campus, replace(solution, flows=flows), **QUIET)) is told


def test_a_connection_that_comes_after_the_plant_is_told():
    campus, solution = solved(grid(capital_usd_per_mw=1e3))
    assert codes(campus, solution, energisation_year=2031, build_year=2030, **QUIET) == {"grid-later"}
    assert codes(campus, solution, energisation_year=2030, build_year=2030, **QUIET) == set()
    island = solved(gas())
    assert "grid-later" not in codes(*island, energisation_year=2031, build_year=2030, **QUIET)


def test_what_the_solver_left_open_is_told():
    """A gap of more than a thousandth; or fewer iterations allowed than usual, and all of them used."""
    campus, solution = solved(grid(capital_usd_per_mw=1e3))
    near, far = (replace(solution, bound=solution.objective * (1 - gap)) for gap in (0.9e-3, 1.1e-3))
    assert codes(campus, near, **QUIET) == set()
    assert codes(campus, far, **QUIET) == {"solver-gap"}
    worn = replace(far, iterations=50, solver=STRUCTURED)
    assert codes(campus, worn, solver_iterations=50, **QUIET) == {"solver-stopped"}
    assert codes(campus, worn, solver_iterations=51, **QUIET) == {"solver-gap"}


def test_swings_that_nothing_holds_are_told():
    """40 MW about the mean take 20 MW of store; the UPS holds 10 kWh or not."""
    s = Swings(40.0, 10.0, 10.0, 1e6)
    assert swing_warnings(s, 20.0, 50.0) == []
    (on_ups,) = swing_warnings(s, 19.0, 50.0)
    assert on_ups.code == "swing-on-ups"
    assert "reach the grid" in on_ups.message
    assert "battery of 20 MW" in on_ups.message
    assert "1 million a year" in on_ups.message
    assert "own plant" in swing_warnings(s, 19.0, 0.0)[0].message
    assert "reach the grid" in swing_warnings(s, 19.0, 0.5)[0].message
    assert swing_warnings(replace(s, energy_kwh=10.5), 19.0, 50.0)[0].code == "swing-unbuffered"
    assert swing_warnings(replace(s, power_mw=0.0), 0.0, 50.0) == []
    assert len(swing_warnings(replace(s, power_mw=0.5), 0.0, 50.0)) == 1


def test_swings_of_a_plan_follow_its_share_or_half_of_what_trains():
    """100 MW: 0.3 given; else half of the 0.4 that may move."""
    campus, _ = solved(grid(capital_usd_per_mw=1e3))
    assert swings_of(table(swing_share=0.3), campus).power_mw == pytest.approx(30.0)
    assert swings_of(table(flexible_share=0.4), campus).power_mw == pytest.approx(20.0)
    assert swing_figures(Swings(0.0, 0.0, 1.0, 1.0)) == {}
    assert swing_figures(Swings(0.5, 2.0, 1.0, 3.0)) == {
        "swing_mw": 0.5, "swing_energy_kwh": 2.0, "swings_per_year": 3.0
    }  # fmt: skip


def test_clean_energy_of_a_year_less_what_is_lost():
    """Steps of 2 h: solar 5, clean gas 3, contract 2, on paper 7 x 1.5; a store takes 4 and gives 3, stops lose 1."""
    purchases = (Purchase("a", "physical", 1.0, 9.0), Purchase("b", "virtual", 1.0, 9.0),
                 Purchase("c", "physical", 1.0, 9.0, carbon_free=False))  # fmt: skip
    campus, solution = solved(
        grid(capital_usd_per_mw=1e3), solar(), gas(carbon_free=True), battery(), weight=2 * FLAT, purchases=purchases,
        renewable={"solar": FLAT, "ppa-a": FLAT, "ppa-b": 1.5 / 8 * FLAT, "ppa-c": FLAT}, checkpoint_loss_h=0.5,
        flexible_share=0.1, flexible_window=4, flexible_low=0.5, flexible_high=1.5,
    )  # fmt: skip
    solution = sized(campus, solution, "ppa-b", 7.0)
    given = {"grid": 90 * FLAT, "solar": 5 * FLAT, "gas-turbine": 3 * FLAT, "battery": 3 * FLAT, "ppa-a": 2 * FLAT,
             "ppa-c": 50 * FLAT}  # fmt: skip
    d = Dispatch(given, {"battery": 4 * FLAT, "flexible": 1 * FLAT}, {})
    assert clean_mwh(campus, solution, d) == pytest.approx(8 * (5 + 3 + 2) + 7 * 1.5 - 8 * 1 - 8 * 1)
    free = replace(campus, setting=replace(campus.setting, checkpoint_loss_h=0.0))
    assert clean_mwh(free, solution, d) == pytest.approx(8 * (5 + 3 + 2) + 7 * 1.5 - 8 * 1)
    bare = Dispatch({k: 0 * v for k, v in given.items()}, {"battery": 4 * FLAT}, {})
    assert clean_mwh(free, sized(campus, solution, "ppa-b", 0.0), bare) == 0.0


WINDY = {"kind": "pay-as-produced", "technology": "wind"}


@pytest.mark.parametrize(
    ("plant", "contract", "table_wide", "told"),
    [
        (None, None, None, False), ("wind", None, None, True), ("wind", None, 0.3, False), ("solar", None, None, False),
        (None, WINDY, None, True), (None, WINDY, 0.3, False), (None, {**WINDY, "capacity_factor": 0.3}, None, False),
        (None, {"kind": "baseload", "technology": "wind"}, None, False),
        (None, {"kind": "pay-as-produced", "technology": "solar"}, None, False),
    ],
)  # fmt: skip
def test_wind_from_a_mast_of_ten_metres_is_told_where_no_study_stands_for_it(plant, contract, table_wide, told):
    plants = [grid(), *([technology("mine", "renewable", like=plant)] if plant else [])]
    c = build(setting(4, renewable={"mine": FLAT}), named(*plants))
    ppas = [{"name": "a", "usd_per_mwh": 1.0, "max_mw": 1.0, **contract}] if contract else []
    found = codes(c, point(c), ppas=ppas, wind_capacity_factor=table_wide, **QUIET)
    assert ("wind-from-10m" in found) is told
    if plant:
        studied = replace(
            c, technologies={**c.technologies, "mine": replace(c.technologies["mine"], capacity_factor=0.3)}
        )
        assert "wind-from-10m" not in codes(studied, point(c), **QUIET)


def test_a_connection_of_half_a_megawatt_is_one_and_one_of_nothing_is_none():
    c, _ = solved(grid(capital_usd_per_mw=1e3))
    for mw, told in ((0.5, True), (0.0, False)):
        found = codes(c, point(c, {"grid": mw}), energisation_year=2031, build_year=2030, **QUIET)
        assert ("grid-later" in found) is told


def test_stores_alone_hold_swings_and_half_of_the_swing_is_enough():
    """0.4 of 100 MW swing: 20 MW of stores about the mean, whatever plant there is."""
    c, _ = solved(grid(), gas(), battery(), replace(battery(), name="other"))
    for stores, told in ((20.0, False), (19.0, True)):
        sizes = {"grid": 100.0, "gas-turbine": 100.0, "battery": 0.75 * stores, "other": 0.25 * stores}
        assert codes(c, point(c, sizes), swing_share=0.4) == ({"swing-on-ups"} if told else set())
    island, _ = solved(gas())
    (found,) = warnings_of(table(swing_share=0.4), island, point(island))
    assert "own plant" in found.message


def test_the_end_of_a_search_for_a_small_campus():
    """A peak of 0.01 MW: import up to 0.03 is looked at; what may not be built at all is at no end."""
    c = build(setting(4, load_mw=0.01 * FLAT, renewable={"solar": FLAT}), named(grid(), solar()))
    free = table(**QUIET).model_copy(update={"connection_mw": None})
    found = warnings_of(free, c, point(c, {"grid": 0.03, "solar": 0.9}))
    assert [w.code for w in found] == ["capacity-at-search-limit"]
    assert "grid reached 0.03 MW" in found[0].message
    none = replace(c, program=replace(c.program, columns=tuple(replace(x, upper=0.0) for x in c.program.columns)))
    assert warnings_of(free, none, point(c)) == ()


def test_a_limit_of_the_year_that_is_overdrawn_is_told_from_a_hundred_thousandth_on():
    """A hundredth of 400 MWh may stay unserved, and 1.5 hundred-thousandths more than that is too much."""
    c = build(setting(4, max_unserved_share=0.01), named(grid()))
    for over, told in ((0.5e-5, False), (1.5e-5, True)):
        found = codes(c, point(c, {"grid": 100.0}, {"unserved": 1.0 + over}), **QUIET)
        assert ("budget-overdrawn" in found) is told


@pytest.mark.parametrize(
    ("steps", "solver", "told"),
    [(500, "clarabel", True), (499, "clarabel", False), (500, "highs", False), (501, STRUCTURED, False)],
)
def test_a_general_solver_on_a_long_campus_is_told(steps, solver, told):
    c = build(setting(steps), named(grid()))
    assert ("solver-fallback" in codes(c, replace(point(c), solver=solver), **QUIET)) is told


@pytest.mark.parametrize(
    ("solver", "iterations", "most", "code"),
    [
        (STRUCTURED, 149, 149, "solver-stopped"), (STRUCTURED, 148, 149, "solver-gap"),
        ("highs", 149, 149, "solver-gap"), (STRUCTURED, 150, 150, "solver-gap"),
    ],
)  # fmt: skip
def test_a_solver_that_was_stopped_early_is_told_from_one_that_did_no_better(solver, iterations, most, code):
    c = build(setting(4), named(grid()))
    s = replace(point(c), objective=1e9, bound=0.998e9, solver=solver, iterations=iterations)
    found = warnings_of(table(solver_iterations=most, connection_mw=500.0, **QUIET), c, s)
    assert [w.code for w in found] == [code]
    expected = "between 9.98e+08 and 1e+09 USD/year" if code == "solver-stopped" else "to 0.20% only"
    assert expected in found[0].message


def test_a_contract_that_pays_nothing_is_told_as_not_signed():
    c = build(setting(4), named(grid()))
    assert codes(c, point(c), curtailment_hours=5, **QUIET) == {"curtailment-unpaid"}
    signed = build(setting(4, called=np.array([1.0, 0.0, 0.0, 0.0])), named(grid()))
    assert codes(signed, point(signed), curtailment_hours=5, **QUIET) == set()
