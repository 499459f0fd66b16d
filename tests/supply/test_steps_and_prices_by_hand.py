"""Weights of steps and prices of a campus, by hand and against hours written out."""

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, site, solar

from wattscale.scenario.load import load_scenario
from wattscale.supply.coarser import coarser
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.given import setting_of
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
