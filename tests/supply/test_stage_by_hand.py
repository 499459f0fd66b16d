"""The stage's front on campuses of a few steps: what it solves, what it gives on, and years in longer steps."""

from __future__ import annotations

from dataclasses import fields, replace
from types import SimpleNamespace

import numpy as np
import pytest
from campuses import HOURS, gas, grid, named, setting, site, solar
from plan_parts import BILLED, CARBON, RANGED, TARIFF, plan
from program_parts import columns, links, point

from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.scenario.load import load_scenario
from wattscale.supply import dispatch as name
from wattscale.supply import stage
from wattscale.supply.coarser import check_step, coarser, hourly_again
from wattscale.supply.curtailment import without_contract
from wattscale.supply.expansion import build
from wattscale.supply.near import near_optimal
from wattscale.supply.result import SupplyResult
from wattscale.supply.setting import Setting
from wattscale.supply.told import figures_of

DOUBT = PlanWarning("a-doubt", "The year was a windy one")


def table(**keys):
    return load_scenario({"supply": keys}).supply


@pytest.mark.parametrize("pays_grid", [True, False])
def test_a_result_holds_each_part_of_the_plan(pays_grid):
    """Capital of the grid only where it is paid; 460 kg of grid energy over its life where 400 are direct."""
    c, s, d = plan(RANGED, BILLED, **TARIFF, grid_capital=pays_grid)
    r = stage._result(c, s, SimpleNamespace(carbon_lifecycle_kg_per_mwh=CARBON + 60.0), (DOUBT,))
    power, energy = name.capacities(c, s)
    assert (r.capacity_mw, r.storage_mwh, r.warnings) == (power, energy, (DOUBT,))
    assert r.load_mw is c.setting.load_mw
    capital = {"grid": 40e3, "solar": 4e3, "wind": 32e3, "battery": 27e3, "gas-turbine": 15e3, "smr": 8e3}
    lives = dict.fromkeys(capital, 10.0)
    if not pays_grid:
        del capital["grid"], lives["grid"]
    assert (r.capital_usd, r.life_years) == (capital, lives)
    total, of_grid = name.carbon_kg(c, d)
    assert (r.carbon_kg.tolist(), r.grid_carbon_kg.tolist()) == (total.tolist(), of_grid.tolist())
    assert r.carbon_lifecycle_kg.tolist() == name.lifecycle_kg(c, d, CARBON + 60.0).tolist()
    assert r.cfe_share.tolist() == name.carbon_free_share(c, d).tolist()
    assert r.cost_usd_per_year == name.costs(c, s, d)
    assert r.total_usd_per_year == sum(r.cost_usd_per_year.values())
    assert (r.shadow_prices, r.figures) == (name.shadow_prices(c, s), figures_of(c, s, d))
    for own, given in ((r.dispatch_mw, d.given_mw), (r.uses_mw, d.uses_mw), (r.curtailed_mw, d.curtailed_mw),
                       (r.metered_mw, name.metered_mw(c, d))):  # fmt: skip
        assert {k: v.tolist() for k, v in own.items()} == {k: v.tolist() for k, v in given.items()}
    assert r.plant == {k: k for k in c.technologies}


def test_doubts_about_the_weather_are_told_where_something_follows_it():
    place = replace(site(), weather_doubts=(DOUBT,))
    alone, sunny = (
        build(setting(2, renewable={"solar": np.ones(2)}), named(*p)) for p in ((grid(), gas()), (grid(), solar()))
    )
    sun = table(ppas=[{"name": "a", "usd_per_mwh": 1, "max_mw": 1}])
    flat = table(ppas=[{"name": "a", "kind": "baseload", "usd_per_mwh": 1, "max_mw": 1}])
    assert [stage._weather_doubts(t, c, place) for t, c in (
        (table(), alone), (flat, alone), (sun, alone), (table(), sunny)
    )] == [(), (), (DOUBT,), (DOUBT,)]  # fmt: skip


def test_the_grid_alone_is_solved_in_closed_form_where_its_answer_has_no_fault(monkeypatch):
    alone = build(setting(4), named(grid()))
    assert stage._answer(alone, 150, 1e-5).solver == "closed-form"
    assert stage._answer(build(setting(4), named(grid(), gas())), 150, 1e-5).solver != "closed-form"
    whole = build(setting(4, unit_mw={"gas-turbine": 30.0}), named(gas(capital_usd_per_mw=10.0)))
    assert stage._answer(whole, 150, 1e-5).columns[0] == pytest.approx(120.0)
    with monkeypatch.context() as patch:
        patch.setattr(stage, "faults", lambda *_: ("a fault",))
        assert stage._answer(alone, 150, 1e-5).solver != "closed-form"
    monkeypatch.setattr(stage, "solve_grid_only", lambda _: None)
    assert stage._answer(alone, 150, 1e-5).solver != "closed-form"


def test_ranges_are_told_where_they_are_asked_for():
    c = build(setting(4), named(grid(capital_usd_per_mw=1e3), gas()))
    s = stage._answer(c, 150, 1e-5)
    assert stage._ranges(table(), c, s) == {}
    found = stage._ranges(table(near_optimal_share=0.125), c, s)
    ends = near_optimal(c, s, 0.125)
    power, _ = name.capacities(c, s)
    assert found == {f"capacity_mw.{k}": (power[k], *ends[k]) for k in ("grid", "gas-turbine")}


def test_the_campus_without_its_contract():
    """Nothing reduced, and the one link that holds import to the reduction as free as the largest column."""
    called = np.array([0.0, 1.0, 0.0, 0.0])
    c = build(setting(4, called=called, curtailment_share=0.5, curtailment_usd_per_mw_year=10.0,
                      renewable={"solar": called}), named(grid(), solar()))  # fmt: skip
    assert columns(c)["reduction"] == (-10.0, 50.0)
    free = without_contract(c)
    assert columns(free) == {**columns(c), "reduction": (-10.0, 0.0)}
    held = {"called.0.0.left": ({"called.0.0": 1.0, "reduction": 1.0}, 1e4)}
    assert links(free) == {**links(c), **held}
    assert without_contract(build(setting(4), named(grid()))) is None
    duty = setting(4, called=called, curtailment_share=0.5, curtailment_required=True)
    assert without_contract(build(duty, named(grid()))) is None


SERIES = {
    "load_mw": [1.0, 3.0, 8.0, 4.0], "import_usd_per_mwh": [10.0, 30.0, -5.0, 5.0],
    "grid_carbon_kg_per_mwh": [100.0, 300.0, 50.0, 60.0], "grid_cfe_share": [0.0, 0.5, 1.0, 0.5],
    "export_usd_per_mwh": [1.0, 2.0, 3.0, 4.0], "spot_usd_per_mwh": [5.0, 6.0, 7.0, 8.0],
    "network_usd_per_mwh": [0.0, 1.0, 2.0, 3.0], "grid_lifecycle_kg_per_mwh": [4.0, 8.0, 0.0, 2.0],
}  # fmt: skip


def test_a_setting_in_longer_steps():
    """Means of amounts, the first of labels, any of marks, the sum of hours; all else as it is."""
    labels = {"month": np.array([0, 1, 1, 1]), "tariff_period": np.array([2.0, 1.0, 0.0, 1.0])}
    s = setting(4, **{k: np.array(v) for k, v in SERIES.items()}, **labels, called=np.array([0.0, 1.0, 0.0, 0.0]),
                renewable={"solar": np.array([0.0, 0.5, 1.0, 0.0])}, land_ha=7.0, unit_mw={"smr": 4.0})  # fmt: skip
    s = replace(s, weight=np.array([1.0, 1.0, 2.0, 2.0]))
    found = coarser(s, 2)
    expected = {k: [(v[0] + v[1]) / 2, (v[2] + v[3]) / 2] for k, v in SERIES.items()}
    expected |= {"month": [0, 1], "tariff_period": [2.0, 0.0], "called": [1.0, 0.0], "weight": [2.0, 4.0]}
    for f in fields(Setting):
        if f.name == "renewable":
            assert {k: v.tolist() for k, v in found.renewable.items()} == {"solar": [0.25, 0.5]}
        elif f.name in expected:
            assert getattr(found, f.name).tolist() == expected[f.name], f.name
        else:
            assert getattr(found, f.name) == getattr(s, f.name), f.name


def test_a_result_in_hours_again():
    """Powers and shares hold in each hour of a step of 4, carbon of a step is shared; figures stay as they are."""
    step = np.arange(2190.0)
    given = {k: {"grid": step, "n": 5.0} for k in ("dispatch_mw", "uses_mw", "curtailed_mw", "metered_mw")}
    r = SupplyResult(step, {"grid": 9.0}, {"b": 8.0}, given["dispatch_mw"], given["uses_mw"], given["curtailed_mw"],
                     {"grid.energy": 7.0}, {"grid": 6.0}, {"grid": 5.0}, 4 * step, 8 * step, 12 * step, step / 2190,
                     3.0, {"x": 2.0}, {"y": 1.0}, (DOUBT,), given["metered_mw"], {"grid": "grid"})  # fmt: skip
    load = np.arange(float(HOURS))
    found, hourly = hourly_again(r, load, 4), np.repeat(step, 4)
    assert found.load_mw is load
    assert found.carbon_kg.tolist() == hourly.tolist()
    assert found.grid_carbon_kg.tolist() == (2 * hourly).tolist()
    assert found.carbon_lifecycle_kg.tolist() == (3 * hourly).tolist()
    assert found.cfe_share.tolist() == (hourly / 2190).tolist()
    for key in given:
        assert getattr(found, key)["grid"].tolist() == hourly.tolist()
        assert getattr(found, key)["n"] == 5.0
    for key in ("capacity_mw", "storage_mwh", "cost_usd_per_year", "capital_usd", "life_years", "total_usd_per_year",
                "shadow_prices", "figures", "warnings", "plant"):  # fmt: skip
        assert getattr(found, key) == getattr(r, key)


def test_steps_divide_a_day():
    for n in (1, 2, 3, 4, 6, 8, 12, 24):
        check_step(n)
    for n, near in ((5, 4), (7, 6), (10, 8), (11, 12), (0, 1), (25, 24), (48, 24)):
        with pytest.raises(InputError) as caught:
            check_step(n)
        assert f"The nearest is {near}" in str(caught.value)
        assert "1, 2, 3, 4, 6, 8, 12, 24" in str(caught.value)


@pytest.mark.parametrize(
    ("unsigned", "signed", "fault", "chosen"),
    [
        ((10.0, 9.0), (8.0, 7.0), (), ("signed", 8.0, 7.0)), ((10.0, 6.0), (8.0, 7.0), (), ("signed", 8.0, 6.0)),
        ((8.0, 7.0), (10.0, 5.0), (), ("unsigned", 8.0, 5.0)), ((8.0, 7.0), (8.0, 7.5), (), ("unsigned", 8.0, 7.0)),
        ((10.0, 9.0), (8.0, 7.0), ("a fault",), ("unsigned", 10.0, 7.0)),
        ((10.0, 9.0), None, (), ("unsigned", 10.0, 9.0)),
    ],
)  # fmt: skip
def test_a_contract_is_signed_where_the_plan_with_it_costs_less(monkeypatch, unsigned, signed, fault, chosen):
    """The bound is the lower of both plans', whichever is chosen; a plan with a fault is none, nor is no plan."""
    called = np.array([0.0, 1.0, 0.0, 0.0])
    c = build(setting(4, called=called, curtailment_share=0.5, curtailment_usd_per_mw_year=10.0), named(grid()))
    one, other = (x and replace(point(c), objective=x[0], bound=x[1]) for x in (unsigned, signed))
    monkeypatch.setattr(stage, "solve_campus", lambda *_: one)
    monkeypatch.setattr(stage, "_answer", lambda *_: other)
    monkeypatch.setattr(stage, "faults", lambda *_: fault)
    monkeypatch.setattr(stage, "trusted_bound", lambda _, s: s.bound)
    monkeypatch.setattr(stage, "refuse_faults", lambda *_: None)
    campus, found = stage.with_or_without_contract(c, 150, 1e-5)
    assert ("signed" if campus is c else "unsigned", found.objective, found.bound) == chosen


def test_a_year_in_steps_of_two_hours(catalog):
    """Hours of 1 and 3 MW are steps of 2; their life-cycle carbon of 500 and 700 kg/MWh is 600, 1,200 kg an hour."""
    place = replace(site(), carbon_lifecycle_kg_per_mwh=np.resize([500.0, 700.0], HOURS))
    load = np.resize([1.0, 3.0], HOURS)
    r = stage.run(table(swing_share=0.0), load, place, catalog, 0.08, None, 2)
    assert r.load_mw is load
    assert r.dispatch_mw["grid"] == pytest.approx(np.full(HOURS, 2.0))
    assert r.carbon_lifecycle_kg == pytest.approx(np.full(HOURS, 1200.0))
    assert "verify_difference" not in r.figures
    assert r.figures["capacity_mw.grid"] == pytest.approx(2.0)
