"""Weights of steps and prices of a campus, by hand and against hours written out."""

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, site, solar

from wattscale.scenario.load import load_scenario
from wattscale.scenario.supply import SupplyTable
from wattscale.supply.coarser import coarser
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.given import setting_of
from wattscale.supply.stage import campus_of, run
from wattscale.supply.technologies import read_technologies

SUN = np.clip(np.sin((np.arange(24) - 6) / 12 * np.pi), 0, None)


def day(weight):
    """A day of 24 steps with a dear evening; with weight 2 each stands for two equal hours."""
    price = np.where(np.arange(24) < 16, 40.0, 160.0)
    load = np.where(np.arange(24) % 6 < 3, 100.0, 60.0)
    return setting(24, weight=np.full(24, weight), load_mw=load, import_usd_per_mwh=price, renewable={"solar": SUN},
                   carbon_price_usd_per_t=20.0, cfe_hourly_share=0.6)  # fmt: skip


def doubled(s):
    """The same day with each step written out as two hours."""
    series = ("load_mw", "month", "import_usd_per_mwh", "grid_carbon_kg_per_mwh", "grid_cfe_share")
    written = {name: np.repeat(getattr(s, name), 2) for name in series}
    return replace(s, weight=np.ones(48), renewable={"solar": np.repeat(SUN, 2)}, **written)


def test_a_step_of_two_hours_is_two_equal_hours():
    plants = named(grid(capital_usd_per_mw=1e4), solar(capital_usd_per_mw=2e4), battery(), gas(capital_usd_per_mw=3e4))
    short, long = (solve_highs(build(s, plants).program) for s in (doubled(day(2.0)), day(2.0)))
    assert long.objective == pytest.approx(short.objective, rel=1e-6)
    assert long.columns == pytest.approx(short.columns, rel=1e-4, abs=1e-3)


def test_energy_of_a_step_costs_by_its_hours():
    """100 MW in 24 steps of 3 h at 50 USD/MWh: 360,000 USD."""
    s = setting(24, weight=np.full(24, 3.0))
    assert solve_highs(build(s, named(grid())).program).objective == pytest.approx(24 * 3 * 100 * 50.0)


def test_a_store_loses_in_a_step_what_it_loses_in_its_hours():
    """2 % an hour is 1 - 0.98^3 in a step of three."""
    program = build(setting(24, weight=np.full(24, 3.0)), named(grid(), battery(keep_per_h=0.98))).program
    assert np.asarray(program.stores[0].keep) == pytest.approx(0.98**3)


def test_a_coarser_year_keeps_its_energy_and_its_dearest_label():
    """Steps of 4 h: weights of 4, mean load, the month of the first hour, called where one of the hours is."""
    load = np.arange(24.0)
    s = coarser(setting(24, load_mw=load, called=np.eye(1, 24, 5)[0], month=np.arange(24) // 12), 4)
    assert s.weight == pytest.approx(np.full(6, 4.0))
    assert s.load_mw == pytest.approx([1.5, 5.5, 9.5, 13.5, 17.5, 21.5])
    assert s.weight @ s.load_mw == pytest.approx(load.sum())
    assert s.called.tolist() == [0, 1, 0, 0, 0, 0]
    assert s.month.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(("adder", "flat", "sold"), [(12.0, None, 45.0), (12.0, 30.0, 30.0), (12.0, 90.0, 45.0)])
def test_selling_never_pays_more_than_buying_costs(catalog, adder, flat, sold):
    """Spot of 45 USD/MWh; a flat price of 30 replaces what is paid, so that no more is paid for export either."""
    place = replace(site(), price_usd_per_mwh=np.full(8760, 45.0))
    table = load_scenario({"supply": {"export_allowed": True, "grid_adder_usd_per_mwh": adder}}).supply
    known = read_technologies(catalog, ["grid"], "US", 2025)
    s = setting_of(table, np.full(8760, 100.0), place, catalog, 0.08, flat, known)
    assert s.export_usd_per_mwh == pytest.approx(np.full(8760, sold))


def test_results_of_longer_steps_are_spread_over_their_hours(catalog):
    """Powers and prices hold in each hour of a step of 4; carbon of a step is shared among them."""
    load = 100.0 + 10.0 * np.sin(np.arange(8760))
    result = run(SupplyTable(), load, site(), catalog.recording(), 0.08, None, 4)
    means = np.repeat(load.reshape(-1, 4).mean(axis=1), 4)
    assert result.dispatch_mw["grid"] == pytest.approx(means)
    assert result.carbon_kg.shape == (8760,)
    assert result.carbon_kg == pytest.approx(means * 400.0)
    assert result.carbon_kg.sum() / 1000 == pytest.approx(result.figures["carbon_t"])


def test_a_limit_on_changes_leaves_the_first_step_free_and_costs_nothing():
    """Import may change by 10 MW a step: rises and falls within that, but for the first, from wherever it starts."""
    s = setting(24, load_mw=np.linspace(60.0, 100.0, 24), import_ramp_mw_per_h=10.0, connection_mw=120.0)
    program = build(s, named(grid(), gas())).program
    (ramp,) = program.ramps
    up, down = program.flows[ramp.up], program.flows[ramp.down]
    for flow in (up, down):
        assert np.asarray(flow.cost) == pytest.approx(0.0)
        assert flow.balance == 0.0
        assert np.asarray(flow.upper)[1:] == pytest.approx(10.0)
        assert all(term.factor[0] == 0.0 for term in flow.upper_terms)
    assert np.asarray(up.upper)[0] >= 120.0
    assert np.asarray(down.upper)[0] == 0.0


def test_a_plant_that_ramps_by_its_size_is_limited_by_what_is_built():
    """A quarter of the capacity an hour; in steps of 2 h half of it; none where a step reaches the whole range."""
    for weight, factor in ((1.0, 0.25), (2.0, 0.5)):
        s = setting(24, weight=np.full(24, weight))
        program = build(s, named(grid(), gas(ramp_share_per_h=0.25))).program
        (ramp,) = program.ramps
        (term,) = program.flows[ramp.up].upper_terms
        assert term.factor[1:] == pytest.approx(factor)
    assert build(setting(24, weight=np.full(24, 4.0)), named(grid(), gas(ramp_share_per_h=0.25))).program.ramps == ()


@pytest.mark.parametrize("step_h", [1, 2, 3])
def test_a_year_has_as_many_steps_as_their_length_allows(catalog, step_h):
    campus = campus_of(SupplyTable(), np.full(8760, 100.0), site(), catalog.recording(), 0.08, None, step_h)
    assert campus.program.steps == 8760 // step_h
    assert campus.setting.weight.sum() == 8760.0
