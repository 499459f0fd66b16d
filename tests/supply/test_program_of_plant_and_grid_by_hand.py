"""Plant, stores, moved load and the grid's tariff in the program of a campus, each column, flow and link by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, solar
from program_parts import ANNUITY, CARBON, LOAD, SUN, bound, budgets, campus, columns, flow, links

from wattscale.supply.builder import ROOM
from wattscale.supply.setting import Period


def test_plant_costs_its_annuity_and_what_it_runs_on():
    """1,000 USD/MW over 10 years at 5 % and 2 % a year fixed; fuel 30 and 4 besides, 460 kg at 20 USD/t."""
    turbine = gas(capital_usd_per_mw=1e3, fixed_share=0.02, fixed_usd_per_mw_year=50.0, variable_usd_per_mwh=4.0,
                  upstream_kg_per_mwh=60.0, availability=0.9, minimum_load=0.4)  # fmt: skip
    c = campus(turbine, carbon_price_usd_per_t=20.0, lifecycle_carbon=True, max_capacity_mw={"gas-turbine": 70.0})
    assert columns(c)["gas-turbine"] == (pytest.approx(1e3 * (ANNUITY + 0.02) + 50), 70.0)
    found = flow(c, "gas-turbine")
    assert found.balance == 1.0
    assert found.cost == pytest.approx(2 * (34 + 0.46 * 20))
    assert bound(c, found.upper_terms) == ("gas-turbine", [0.9] * 4)
    assert bound(c, found.lower_terms) == ("gas-turbine", [0.4] * 4)
    (limit,) = (x for x in campus(grid(), connection_mw=90.0).limits if x.key == "supply.connection_mw")
    assert (limit.value, limit.kind, limit.index, limit.per_unit) == (90.0, "column", 0, 1.0)
    (limit,) = (x for x in c.limits if x.key == "supply.max_capacity_mw.gas-turbine")
    assert (limit.value, limit.kind, limit.index, limit.per_unit) == (70.0, "column", 0, 1.0)
    free = campus(gas())
    assert columns(free)["gas-turbine"][1] == pytest.approx(ROOM["fuelled"] * 100)
    assert flow(free, "gas-turbine").lower_terms == ()
    assert flow(free, "unserved").cost == pytest.approx(2 * 9000)
    assert flow(free, "unserved").upper == pytest.approx(1.01 * LOAD)


def test_solar_pays_for_what_it_could_give_and_shares_one_flow():
    """1.75 x 2 = 3.5 MWh a MW at 3 USD, 40 kg of its making at 20 USD/t."""
    panels = solar(capital_usd_per_mw=1e3, variable_usd_per_mwh=3.0, lifecycle_kg_per_mwh=40.0)
    c = campus(panels, carbon_price_usd_per_t=20.0, lifecycle_carbon=True)
    assert columns(c)["solar"][0] == pytest.approx(1e3 * ANNUITY + 3.5 * 3 + 3.5 * 0.04 * 20)
    assert bound(c, flow(c, "renewable").upper_terms) == ("solar", SUN.tolist())
    assert flow(c, "renewable").cost == pytest.approx(0.0)
    assert flow(c, "renewable").balance == 1.0
    assert c.program.flow("gas-turbine") == -1
    assert campus(gas()).program.flow("renewable") == -1


def test_a_store_holds_hours_of_its_power_and_loses_on_the_way():
    """0.98 an hour is 0.9604 in two; 0.9 of what is charged arrives, and a MW given takes 1 / 0.9.

    A fade of 1e-3 a cycle wears 1e-3 x 500 x 0.9 USD off each MWh charged, beside 2 of running.
    """
    store = battery(capital_usd_per_mw=100.0, capital_usd_per_mwh=500.0, keep_per_h=0.98, duration_h=20.0,
                    variable_usd_per_mwh=2.0, fixed_usd_per_mw_year=7.0, fixed_share=0.01, upstream_kg_per_mwh=0.0,
                    carbon_kg_per_mwh=10.0)  # fmt: skip
    c = campus(store, fade_per_cycle=1e-3, carbon_price_usd_per_t=20.0)
    found = columns(c)
    assert found["battery"] == (pytest.approx(100 * (ANNUITY + 0.01) + 7), pytest.approx(ROOM["storage"] * 100))
    assert found["battery.energy"] == (pytest.approx(500 * (ANNUITY + 0.01)), pytest.approx(2 * 1000 * 100))
    assert found["battery.level"] == (0.0, pytest.approx(2 * 1000 * 100))
    assert links(c)["battery.level"] == ({"battery.level": 1.0, "battery.energy": -1.0}, 0.0)
    assert links(c)["battery.duration"] == ({"battery": 20.0, "battery.energy": -1.0}, 0.0)
    (kept,) = c.program.stores
    assert kept.keep == pytest.approx(0.9604)
    assert bound(c, kept.upper_terms) == ("battery.energy", [1.0] * 4)
    assert c.program.columns[kept.level].name == "battery.level"
    charge, discharge = flow(c, "battery.charge"), flow(c, "battery.discharge")
    assert charge.cost == pytest.approx(2 * (2 + 0.45))
    assert discharge.cost == pytest.approx(2 * 0.01 * 20)
    assert (charge.balance, charge.gain, discharge.balance) == (-1.0, {0: 0.9}, 1.0)
    assert discharge.gain == {0: pytest.approx(-1 / 0.9)}
    assert bound(c, charge.upper_terms) == bound(c, discharge.upper_terms) == ("battery", [1.0] * 4)
    assert c.program.apart == ((c.program.flow("battery.charge"), c.program.flow("battery.discharge")),)
    short = campus(battery(duration_h=5.0))
    assert columns(short)["battery.energy"][1] == pytest.approx(1000 * 100), "room for 1,000 h of the peak at least"
    assert "battery.duration" not in links(campus(battery()))
    assert "battery.duration" in links(campus(battery(duration_h=0.5)))


def test_load_that_moves_within_its_window():
    """A fifth of the load, by half up and to a quarter down, made up every two steps (4 h of steps of 2)."""
    c = campus(grid(), flexible_share=0.2, flexible_window=4, flexible_low=0.25, flexible_high=1.5)
    usual = 0.2 * LOAD
    assert c.program.load == pytest.approx(0.8 * LOAD)
    found = flow(c, "flexible")
    assert (found.balance, found.gain) == (-1.0, {0: 1.0})
    assert found.lower == pytest.approx(0.25 * usual)
    assert found.upper == pytest.approx(1.5 * usual)
    (store,) = c.program.stores
    assert store.zero.tolist() == [0.0, 1.0, 0.0, 1.0]
    assert store.inflow == pytest.approx(-usual)
    assert store.upper == pytest.approx(1.5 * 20 * 2 * 2)
    assert store.lower == pytest.approx(-1.5 * 20 * 2 * 2)
    odd = campus(grid(), flexible_share=0.2, flexible_window=6, flexible_low=0.25, flexible_high=1.5)
    assert odd.program.stores[0].zero.tolist() == [0.0, 0.0, 1.0, 1.0], "the year's end closes the last window"
    brief = campus(grid(), flexible_share=0.2, flexible_window=1, flexible_low=0.25, flexible_high=1.5)
    assert brief.program.stores[0].zero.tolist() == [1.0] * 4
    assert campus(grid()).program.flow("flexible") == -1


def test_changes_of_moved_load_are_limited_or_cost_work():
    """It may rise from 0.25 of the usual to 1.5 of the next; each fall of a MW loses half an hour's work of two."""
    given = {"flexible_share": 0.2, "flexible_window": 4, "flexible_low": 0.25, "flexible_high": 1.5}
    c = campus(grid(), **given, checkpoint_loss_h=0.5)
    usual, before = 0.2 * LOAD, 0.2 * np.array([100.0, 100.0, 60.0, 80.0])
    up, down = flow(c, "flexible.up"), flow(c, "flexible.down")
    assert up.upper == pytest.approx(0.75 * before + 0.5 * usual)
    assert down.upper == pytest.approx(0.5 * before + 0.75 * usual)
    assert (up.balance, down.balance, up.gain, down.gain) == (0.0, 0.0, {}, {0: -0.25})
    (ramp,) = c.program.ramps
    assert [c.program.flows[i].name for i in (ramp.flow, ramp.up, ramp.down)] == [
        "flexible", "flexible.up", "flexible.down"
    ]  # fmt: skip
    assert ramp.base == pytest.approx(0.2 * np.array([100.0, -40.0, 20.0, -40.0]))
    c = campus(grid(), **given, flexible_ramp_share_per_h=0.1)
    assert flow(c, "flexible.up").upper == pytest.approx(0.1 * 2 * usual)
    assert flow(c, "flexible.down").upper == pytest.approx(0.1 * 2 * usual)
    assert flow(c, "flexible.down").gain == {}
    (limit,) = (x for x in c.limits if x.key == "supply.flexible_ramp_share_per_h")
    assert (limit.value, limit.kind, limit.index, limit.per_unit) == (0.1, "ramp", 0, 1.0)


def test_the_grid_with_a_peak_charge_a_month():
    """50 USD/MWh and 500 kg at 20 USD/t in the first step; selling at 30."""
    c = campus(grid(capital_usd_per_mw=1e3), carbon_price_usd_per_t=20.0, demand_charge_usd_per_mw_month=500.0,
               connection_mw=90.0, export_usd_per_mwh=np.full(4, 30.0))  # fmt: skip
    found = columns(c)
    assert found["grid"] == (pytest.approx(1e3 * ANNUITY), 90.0)
    assert found["peak.0"] == found["peak.1"] == (500.0, 90.0)
    assert links(c) == {f"peak.{m}": ({f"peak.{m}": 1.0, "grid": -1.0}, 0.0) for m in (0, 1)}
    bought, sold = flow(c, "grid"), flow(c, "export")
    assert bought.cost == pytest.approx(2 * (50 + CARBON * 0.02))
    assert [c.program.columns[i].name for i in bought.upper_terms[0].column] == ["peak.0"] * 2 + ["peak.1"] * 2
    assert bought.upper_terms[0].factor == pytest.approx(1.0)
    assert (bought.balance, sold.balance) == (1.0, -1.0)
    assert sold.cost == pytest.approx(-60.0)
    assert bound(c, sold.upper_terms) == ("grid", [1.0] * 4)
    assert c.program.apart == ((c.program.flow("grid"), c.program.flow("export")),)
    plain = campus(grid(capital_usd_per_mw=1e3), grid_capital=False)
    assert columns(plain) == {"grid": (0.0, pytest.approx(ROOM["grid"] * 100))}
    assert bound(plain, flow(plain, "grid").upper_terms) == ("grid", [1.0] * 4)


def test_a_tariff_with_periods_a_ratchet_and_calls():
    """Peak hours cost 300 a month; each month is billed 500 for at least 0.8 of the year's peak; one call.

    The load is 60 in the called step, of which half may be given up, at 1,000 USD a MW.
    """
    c = campus(
        grid(), demand_charge_usd_per_mw_month=500.0, demand_ratchet_share=0.8, connection_mw=90.0,
        tariff_period=np.array([0.0, 1.0, 1.0, 0.0]), periods=(Period("peak", 300.0),),
        called=np.array([0.0, 1.0, 0.0, 0.0]), curtailment_share=0.5, curtailment_usd_per_mw_year=1000.0,
        curtailment_required=True,
    )  # fmt: skip
    assert columns(c) == {
        "grid": (0.0, 90.0), "reduction": (-1000.0, 30.0), "billed.year": (0.0, 90.0),
        "billed.0": (500.0, 90.0), "peak.0.0": (0.0, 90.0), "peak.0.1": (300.0, 90.0), "called.0.1": (0.0, 90.0),
        "billed.1": (500.0, 90.0), "peak.1.0": (0.0, 90.0), "peak.1.1": (300.0, 90.0),
    }  # fmt: skip
    expected = {
        "supply.curtailment_share": ({"reduction": -1.0}, -30.0),
        "billed.year": ({"billed.year": 1.0, "grid": -1.0}, 0.0),
        "called.0.1": ({"called.0.1": 1.0, "peak.0.1": -1.0}, 0.0),
        "called.0.1.left": ({"called.0.1": 1.0, "reduction": 1.0}, 60.0),
    }  # fmt: skip
    for m in (0, 1):
        expected[f"billed.{m}"] = ({f"billed.{m}": 1.0, "grid": -1.0}, 0.0)
        expected[f"ratchet.{m}"] = ({"billed.year": 0.8, f"billed.{m}": -1.0}, 0.0)
        for i in (0, 1):
            expected[f"peak.{m}.{i}"] = ({f"peak.{m}.{i}": 1.0, f"billed.{m}": -1.0}, 0.0)
            expected[f"peak.{m}.{i}.year"] = ({f"peak.{m}.{i}": 1.0, "billed.year": -1.0}, 0.0)
    assert links(c) == expected
    names = [c.program.columns[i].name for i in flow(c, "grid").upper_terms[0].column]
    assert names == ["peak.0.0", "called.0.1", "peak.1.1", "peak.1.0"]
    (limit,) = (x for x in c.limits if x.key == "supply.curtailment_share")
    assert (limit.value, limit.kind, limit.per_unit) == (0.5, "link", -60.0)
    free = campus(grid(), tariff_period=np.array([0.0, 1.0, 1.0, 0.0]), periods=(Period("peak", 300.0),),
                  demand_ratchet_share=0.8)  # fmt: skip
    assert set(columns(free)) == {"grid", "peak.0.0", "peak.0.1", "peak.1.0", "peak.1.1"}, "nothing to ratchet"
    assert links(free)["peak.0.1"] == ({"peak.0.1": 1.0, "grid": -1.0}, 0.0)


def test_dearer_energy_above_a_tier():
    """Above 100 MWh a month 7 USD more: each month has 2 steps of 2 h at 90 MW at most, 360 MWh."""
    c = campus(grid(), connection_mw=90.0, energy_tiers=((100.0, 7.0), (200.0, 0.0), (300.0, 1.0)))
    assert columns(c)["tier.0.0"] == (7.0, 360.0)
    assert columns(c)["tier.1.2"] == (1.0, 360.0)
    assert "tier.0.1" not in columns(c)
    assert budgets(c)["tier.1.0"] == ({"grid": [0.0, 0.0, 2.0, 2.0]}, {"tier.1.0": -1.0}, 100.0)


def test_import_that_may_only_change_so_fast():
    c = campus(grid(), connection_mw=90.0, import_ramp_mw_per_h=5.0)
    (ramp,) = c.program.ramps
    assert c.program.flows[ramp.flow].name == "grid"
    assert flow(c, "grid.up").upper == pytest.approx([90.0, 10.0, 10.0, 10.0])
    assert flow(c, "grid.down").upper == pytest.approx([0.0, 10.0, 10.0, 10.0])
    for name in ("grid.up", "grid.down"):
        assert (flow(c, name).balance, flow(c, name).cost.tolist()) == (0.0, [0.0] * 4)
    quick = gas(ramp_share_per_h=0.45, availability=0.9)
    assert campus(quick).program.ramps == (), "0.9 in a step of 2 h is all it has"
    slow = campus(replace(quick, ramp_share_per_h=0.44))
    assert bound(slow, flow(slow, "gas-turbine.up").upper_terms) == ("gas-turbine", [0.0, 0.88, 0.88, 0.88])
    (limit,) = (x for x in slow.limits if x.kind == "ramp")
    assert (limit.key, limit.value, limit.per_unit) == ("catalog.technologies/gas-turbine.ramp_share_per_h", 0.44, 1.0)
