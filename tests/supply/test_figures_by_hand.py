"""Figures of a plan whose sizes and powers are given (plan_parts.py), and what limits and ramps are worth at prices
that are given too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import gas, grid, named, setting, solar
from plan_parts import BILLED, CARBON, LOST, RANGED, TARIFF, VOLUMES, plan
from program_parts import point

from wattscale.supply import dispatch as name
from wattscale.supply.expansion import build
from wattscale.supply.told import clean_mwh, figures_of

DIRTY_MWH = 2 * (5.5 + 7.0 + 9.75)
CARBON_KG = 2 * CARBON * np.array([6.0, 7.0, 12.0]) + 800.0 * np.array([1.0, 2.0, 4.0])
SOLD_KG = CARBON_KG @ [1 / 16.0, 0.0, 2 / 24.5]


def test_figures_of_a_plan():
    """120 MWh of load. The meter reads 7, 9 and 15 MW. Of 64.8 MWh of sun, wind and contracts 16.2 are curtailed.

    Clean: 12.6 MWh of sun and wind, 8 of the reactor, 24 by contract, 14 on paper, less 2 that the battery lost.
    """
    c, s, d = plan(RANGED, BILLED, **TARIFF)
    s = replace(s, objective=1e9, bound=0.9e9)
    total, (low, high) = sum(name.costs(c, s, d).values()), name.cost_range(c, s, d)
    expected = {
        "energy_mwh": 120.0, "cost_usd_per_year": (total, low, high),
        "cost_usd_per_mwh": (total / 120, low / 120, high / 120), "cfe_hourly_share": 1 - DIRTY_MWH / 120,
        "carbon_kg_per_mwh": (CARBON_KG.sum() - SOLD_KG) / 120, "carbon_t": CARBON_KG.sum() / 1000,
        "peak_import_mw": 15.0, "import_mwh": 38.0, "curtailment_share": 0.25, "unserved_mwh": 1.5,
        "renewable_share": 12.6 / 120, "solver_gap": 0.1, "clean_annual_share": 56.6 / 120, "load_ramp_mw_per_h": 10.0,
        "import_ramp_mw_per_h": 6.0, "moved_mwh": 1.0, "firm_reduction_mw": 6.0, "export_mwh": 6.0,
        "export_carbon_t": SOLD_KG / 1000,
        "capacity_mw.grid": 40.0, "capacity_mw.solar": 8.0, "capacity_mw.wind": 16.0, "capacity_mw.battery": 3.0,
        "capacity_mw.gas-turbine": 5.0, "capacity_mw.smr": 2.0, "capacity_factor.solar": 0.55 / 3,
        "capacity_factor.wind": 0.25 / 3, "storage_mwh.battery": 12.0, "storage_cycles.battery": 4 / 12,
        "ppa_mw.lost": 6.0, "ppa_mwh.lost": 24.0, "ppa_used_share.lost": 24 / 30, "ppa_mw.sold": 5.0,
        "ppa_mwh.sold": 12.0, "ppa_used_share.sold": 12 / 30, "ppa_mw.paper": 4.0, "ppa_mw.worthless": 1.0,
    }  # fmt: skip
    assert figures_of(c, s, d) == {k: pytest.approx(v) for k, v in expected.items()}
    assert clean_mwh(c, s, d) == pytest.approx(56.6)
    more = replace(d, uses_mw={**d.uses_mw, "flexible": np.array([-0.5, 2.0, -0.25])})
    assert figures_of(c, s, more)["moved_mwh"] == pytest.approx(1.5)


def test_figures_at_their_ends():
    """Nothing built, nothing curtailed, a bound above the cost; and a store and a contract of half a MW."""
    c, s, d = plan((grid(), solar()), {"grid": 40.0}, {"grid": [7.0, 9.0, 15.0], "spot": [7.0, 9.0, 15.0]},
                   flexible_share=0.0, export_usd_per_mwh=None, purchases=(LOST,), checkpoint_loss_h=0.5)  # fmt: skip
    f = figures_of(c, replace(s, bound=2.0), d)
    for key in ("curtailment_share", "solver_gap", "ppa_used_share.lost", "renewable_share", "unserved_mwh"):
        assert f[key] == 0.0
    assert not {"moved_mwh", "checkpoint_loss_mwh", "firm_reduction_mw", "export_mwh", "export_carbon_t"} & set(f)
    small = {**BILLED, "battery.energy": 0.5, "ppa-lost": 0.5}
    c, s, d = plan(RANGED, small, **TARIFF)
    assert figures_of(c, s, d)["storage_cycles.battery"] == pytest.approx(4 / 0.5)
    assert figures_of(c, s, d)["ppa_used_share.lost"] == pytest.approx(24 / 2.5)
    c, s, d = plan(RANGED, {**BILLED, "battery.energy": 0.0}, **TARIFF)
    assert figures_of(c, s, d)["storage_cycles.battery"] == 0.0
    plenty = replace(d, given_mw={**d.given_mw, "solar": np.full(3, 99.0)})
    assert figures_of(c, s, plenty)["renewable_share"] == 1.0
    island = plan((gas(),), {}, {}, purchases=(), export_usd_per_mwh=None, flexible_share=0.0)
    assert figures_of(*island)["import_mwh"] == figures_of(*island)["peak_import_mw"] == 0.0
    # A third of a MWh could be had and none is curtailed; and all of it is.
    sun = {"solar": np.array([0.01, 0.0, 0.0]), "wind": np.zeros(3), **VOLUMES}
    for used, share in ((0.16, 0.0), (0.0, 1.0), (0.04, 0.75)):
        given = {"renewable": [used, 0.0, 0.0]}
        f = figures_of(*plan(RANGED, {"solar": 16.0}, given, purchases=(), renewable=sun, **TARIFF))
        assert f["curtailment_share"] == pytest.approx(share)


def test_work_lost_by_turning_down_is_told_and_is_no_clean_energy():
    """Half an hour of each of 3 MW that it fell; over the year it drew 1.5, 4.5 and 6 MW less the usual 2, 4 and 6."""
    c, s, d = plan(RANGED, BILLED, **TARIFF, checkpoint_loss_h=0.5)
    s.flows[c.program.flow("flexible.down")] = [1.0, 0.0, 2.0]
    assert figures_of(c, s, d)["checkpoint_loss_mwh"] == pytest.approx(1.5)
    more = replace(d, uses_mw={**d.uses_mw, "flexible": np.array([-0.5, 0.5, 2.0])})
    assert clean_mwh(c, s, more) == pytest.approx(56.6 - 2 * 2.0)
    assert clean_mwh(c, s, replace(d, uses_mw={"battery": d.uses_mw["battery"]})) == pytest.approx(56.6)


LOAD = np.array([60.0, 40.0, 50.0])
WEIGHT = np.array([2.0, 3.0, 4.0])


def limited(*plants, **values):
    given = {"weight": WEIGHT, "load_mw": LOAD, "renewable": {"solar": np.array([0.5, 0.0, 0.25])}, **values}
    return build(setting(3, **given), named(*plants))


def test_what_a_limit_of_a_size_of_carbon_and_of_land_saves():
    """Import for 50 costs 100, 150 and 200 USD a MW and step. Power is worth 250, 120 and 260: a MW more saves 150
    and 60, less the 20 it costs a year. Gas saves 190 and 140 at 60, 90 and 120, and counts in the budget of carbon.
    """
    plants = (grid(capital_usd_per_mw=200.0), gas(capital_usd_per_mw=1e4), solar(capital_usd_per_mw=5e3))
    c = limited(*plants, connection_mw=30.0, land_ha=12.0, carbon_cap_kg_per_mwh=100.0, cfe_hourly_share=0.5,
                max_capacity_mw={"gas-turbine": 20.0, "solar": 4.0}, max_unserved_share=0.001)  # fmt: skip
    price = np.array([250.0, 120.0, 260.0])
    free = point(c, balance=price)
    found = name.shadow_prices(c, free)
    assert found == {
        "connection_mw": pytest.approx(150.0 + 60.0 - 20.0), "max_capacity_mw.gas-turbine": 0.0,
        "max_capacity_mw.solar": 0.0, "max_unserved_share": 0.0, "cfe_hourly_share": 0.0, "carbon_cap": 0.0,
        "land_ha": 0.0,
    }  # fmt: skip
    budgets = np.array([{"supply.carbon_cap_kg_per_mwh": 0.02, "supply.cfe_hourly_share": 9.0,
                         "supply.max_unserved_share": -0.5}[b.name] for b in c.program.budgets])  # fmt: skip
    links = np.array([{"supply.land_ha": 0.75}.get(k.name, 0.0) for k in c.program.links])
    found = name.shadow_prices(c, replace(free, prices=replace(free.prices, budgets=budgets, links=links)))
    assert found["carbon_cap"] == pytest.approx(20.0)
    assert found["cfe_hourly_share"] == 9.0
    assert found["max_unserved_share"] == 0.0
    assert found["land_ha"] == 0.75


def test_what_a_ramp_saves_and_the_hours_in_which_it_holds():
    """5 MW an hour are 10, 15 and 20 a step. A rise into the last step is worth 4, a fall into the second 3, whatever
    the first step says: (4 x 20 + 3 x 15) / 5. At a thousandth off its limit it holds, at a thousandth and a half not.
    """
    c = limited(grid(), import_ramp_mw_per_h=5.0)
    s = point(c, ramps=np.array([[9.0, 3.0, -4.0]]))
    assert name.shadow_prices(c, s) == {"import_ramp_mw_per_h": pytest.approx((4 * 20 + 3 * 15) / 5)}
    s.flows[c.program.flow("grid.up")] = [180.0, 0.0, 20.0 * 0.9985]
    s.flows[c.program.flow("grid.down")] = [0.0, 15.0 * 0.9995, 0.0]
    assert name.ramp_hours(c, s) == {"grid": 3.0}
    s.flows[c.program.flow("grid.up")] = [0.0, 0.0, 20.0 * 0.9995]
    assert name.ramp_hours(c, s) == {"grid": 7.0}
    assert figures_of(c, s, name.dispatch(c, s))["ramp_bound_hours.grid"] == 7.0
    assert name.ramp_hours(limited(grid(), connection_mw=30.0), s) == {}


def test_a_plant_too_small_to_count_is_at_no_limit():
    """A fifth of its size an hour: 0.6 of it into the second step, 0.8 into the last; less than a thousandth of a MW
    is none."""
    c = limited(gas(ramp_share_per_h=0.2))
    for size, hours in ((0.0019, 7.0), (0.0015, 4.0), (0.001, 0.0)):
        s = point(c, {"gas-turbine": size}, {"gas-turbine.up": size * 0.2 * WEIGHT})
        assert name.ramp_hours(c, s) == {"gas-turbine": hours}
    # At prices of 2 for each rise, a share more is worth 2 x 30 MW x 0.6 + 2 x 30 x 0.8, over the share.
    s = point(c, {"gas-turbine": 30.0}, ramps=np.full((1, 3), -2.0))
    (worth,) = name.shadow_prices(c, s).values()
    assert worth == pytest.approx(2 * 30 * (0.6 + 0.8) / 0.2)


def test_a_ramp_of_moved_load_is_worth_what_its_rises_and_falls_are():
    """Of usually 12, 8 and 10 MW it may fall by 12 into the second step and rise by 11 into the last: 0.75 of before
    and half of the next, or the other way round. The fall is worth 3 and the rise 4, whatever the first step says."""
    given = {"flexible_share": 0.2, "flexible_window": 9, "flexible_low": 0.25, "flexible_high": 1.5}
    c = limited(grid(), **given, flexible_ramp_share_per_h=0.6)
    s = point(c, ramps=np.array([[9.0, 3.0, -4.0]]))
    assert name.shadow_prices(c, s) == {"flexible_ramp_share_per_h": pytest.approx((3 * 12 + 4 * 11) / 0.6)}
