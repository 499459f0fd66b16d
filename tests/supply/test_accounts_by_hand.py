"""What is told of a plan, from sizes and powers that are given (plan_parts.py), no solver: three steps of two hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, named, solar
from plan_parts import (
    BILLED,
    CARBON,
    LOST,
    PAPER,
    POWERS,
    RANGED,
    REACTOR,
    SOLD,
    TARIFF,
    VOLUMES,
    WIND,
    WORTHLESS,
    plan,
)

from wattscale.supply import dispatch as name
from wattscale.supply.dispatch import Dispatch
from wattscale.supply.expansion import build
from wattscale.supply.purchases import resale_usd_per_mwh
from wattscale.supply.setting import Purchase


def lists(powers):
    return {k: pytest.approx(v.tolist()) for k, v in powers.items()}


def test_powers_by_technology():
    """The contract of 6 MW could give 6, 3 and 6; that of 5 sells what it has left but where the price is negative.

    Where it gives more than its volume, by a solver's rounding, nothing is curtailed.
    """
    _, _, d = plan()
    assert lists(d.given_mw) == {
        "grid": [5.0, 5.0, 9.0], "solar": [3.0, 0.3, 0.0], "wind": [3.0, 0.0, 0.0], "battery": [0.0, 1.5, 0.5],
        "gas-turbine": [1.0, 2.0, 4.0], "smr": [1.0, 1.0, 2.0], "ppa-lost": [2.0, 4.0, 6.0],
        "ppa-sold": [1.0, 2.0, 3.0], "unserved": [0.5, 0.0, 0.25],
    }  # fmt: skip
    assert lists(d.uses_mw) == {
        "battery": [2.0, 0.0, 1.0], "export": [1.0, 0.0, 2.0], "flexible": [-0.5, 0.5, 0.0]
    }  # fmt: skip
    assert lists(d.curtailed_mw) == {
        "solar": [1.0, 0.1, 0.0], "wind": [1.0, 0.0, 0.0], "ppa-lost": [4.0, 0.0, 0.0], "ppa-sold": [0.0, 0.0, 2.0]
    }  # fmt: skip


def test_powers_where_there_is_little():
    """Without contracts the meter is all grid energy; without a grid nothing is sold; without plant nothing is used."""
    few = {"purchases": (), "flexible_share": 0.0}
    c, s, d = plan((grid(),), {"grid": 40.0}, {"grid": [7.0, 9.0, 15.0], "export": [1.0, 0.0, 2.0]}, **few)
    assert lists(d.given_mw) == {"grid": [7.0, 9.0, 15.0], "unserved": [0.0, 0.0, 0.0]}
    assert lists(d.uses_mw) == {"export": [1.0, 0.0, 2.0]}
    assert d.curtailed_mw == {}
    assert name.capacities(c, s) == ({"grid": 40.0}, {})
    assert set(plan((grid(),), {}, {}, **few, export_usd_per_mwh=None)[2].uses_mw) == set()
    assert set(plan((gas(),), {}, {}, **few)[2].uses_mw) == set()
    c, s, _ = plan()
    assert name.capacities(c, s)[1] == {"battery": 12.0}


def test_carbon_of_each_step():
    """Grid 5, 5 and 9 MW for two hours; the contract without certificates emits as the grid does; gas 400."""
    c, _, d = plan()
    total, of_grid = name.carbon_kg(c, d)
    grid_kg = 2 * CARBON * np.array([5.0, 5.0, 9.0])
    assert of_grid == pytest.approx(grid_kg)
    sold_kg = 2 * CARBON * np.array([1.0, 2.0, 3.0])
    assert total == pytest.approx(grid_kg + sold_kg + 800.0 * np.array([1.0, 2.0, 4.0]))
    over = plan(purchases=(LOST, replace(SOLD, through_grid=True), PAPER, WORTHLESS))[0]
    assert name.carbon_kg(over, d)[1] == pytest.approx(grid_kg + sold_kg)
    assert name.carbon_kg(over, d)[0] == pytest.approx(total)
    island = build(replace(c.setting, purchases=(), export_usd_per_mwh=None), named(gas()))
    alone = Dispatch({"gas-turbine": np.array([1.0, 2.0, 4.0]), "unserved": np.zeros(3)}, {}, {})
    assert [x.tolist() for x in name.carbon_kg(island, alone)] == [[800.0, 1600.0, 3200.0], [0.0] * 3]


def test_carbon_of_what_is_sold_at_the_mix_of_the_step():
    """1 of 16, none of 15.8 and 2 of 24.5 MW given, what is not served apart."""
    c, _, d = plan()
    total, _ = name.carbon_kg(c, d)
    assert name.export_carbon_kg(c, d) == pytest.approx(total * np.array([1 / 16.0, 0.0, 2 / 24.5]))


def test_power_over_the_meter_by_certificates():
    """Two clean contracts add up; one behind the meter and one on paper are no part of it."""
    second = Purchase("second", "physical", 40.0, 4.0)
    over = replace(SOLD, through_grid=True, surplus_sold=False)
    powers = {**POWERS, "ppa-second": [1.0, 0.5, 0.0]}
    flat = np.ones(3)
    volumes = {"solar": flat, "wind": flat, **VOLUMES, "ppa-second": flat}
    c, _, d = plan(powers=powers, purchases=(LOST, second, over, PAPER), renewable=volumes)
    found = lists(name.metered_mw(c, d))
    assert found == {"clean": [3.0, 4.5, 6.0], "other": [1.0, 2.0, 3.0]}
    assert name.metered_mw(plan(purchases=(SOLD, PAPER))[0], d) == {}


DIRTY = np.array([0.5 + 5 * 0.8 + 1 + 1 - 1, 5 * 0.6 + 2 + 2, 0.25 + 9 * 0.5 + 4 + 3 - 2])
"""Unserved, the dirty part of import, gas and the contract without certificates, less what is sold: 5.5, 7 and 9.75."""


def test_load_that_no_clean_energy_meets():
    c, _, d = plan()
    assert DIRTY.tolist() == [5.5, 7.0, 9.75]
    assert name.dirty_mw(c, d) == pytest.approx(DIRTY)
    plenty = replace(d, uses_mw={**d.uses_mw, "export": np.array([50.0, 0.0, 11.0])})
    assert name.dirty_mw(c, plenty) == pytest.approx([0.0, 7.0, 0.75])
    unsold = replace(d, uses_mw={"battery": d.uses_mw["battery"]})
    assert name.dirty_mw(c, unsold) == pytest.approx([6.5, 7.0, 11.75])
    # A store that is not called clean gives what counted when it was filled; without a grid nothing is imported.
    other = build(c.setting, {**c.technologies, "battery": battery(carbon_free=False)})
    assert name.dirty_mw(other, d) == pytest.approx(DIRTY)
    island = build(replace(c.setting, purchases=(), export_usd_per_mwh=None), named(gas(), REACTOR))
    alone = Dispatch({k: d.given_mw[k] for k in ("gas-turbine", "smr", "unserved")}, {}, {})
    assert name.dirty_mw(island, alone) == pytest.approx([1.5, 2.0, 4.25])


def test_carbon_free_share_of_each_step_and_of_the_year():
    """Over the load as it is moved: 9.5, 20.5 and 30 MW; over the usual 120 MWh in the year."""
    c, _, d = plan()
    assert name.carbon_free_share(c, d) == pytest.approx(1 - DIRTY / [9.5, 20.5, 30.0])
    assert name.carbon_free_share_of_year(c, d) == pytest.approx(1 - 2 * DIRTY.sum() / 120.0)
    # More dirty than load is no share below zero; without load all of it is clean; half a MW is a load.
    given = {k: 0.0 * v for k, v in d.given_mw.items()}
    c = build(replace(c.setting, load_mw=np.array([10.0, 0.0, 0.5])), c.technologies)
    lossy = Dispatch({**given, "gas-turbine": np.array([12.0, 0.0, 0.125])}, {"export": np.zeros(3)}, {})
    assert name.carbon_free_share(c, lossy) == pytest.approx([0.0, 1.0, 0.75])
    assert name.carbon_free_share_of_year(c, lossy) == 0.0
    clean = Dispatch(given, {}, {})
    assert name.carbon_free_share(c, clean) == pytest.approx([1.0, 1.0, 1.0])
    assert name.carbon_free_share_of_year(c, clean) == 1.0


def test_lifecycle_carbon_of_import_fuel_and_contracts():
    """Grid and the contract without certificates at the grid's 550, 450 and 350; the other at 11; gas 460."""
    c, _, d = plan((grid(), solar(lifecycle_kg_per_mwh=40.0), WIND, battery(), gas(upstream_kg_per_mwh=60.0), REACTOR))
    kg = (CARBON + 50) * np.array([6.0, 7.0, 12.0]) + 460.0 * np.array([1.0, 2.0, 4.0]) + 11 * np.array([2.0, 4.0, 6.0])
    assert name.lifecycle_kg(c, d, CARBON + 50.0) == pytest.approx(2 * kg)
    island = build(replace(c.setting, purchases=(), export_usd_per_mwh=None), named(gas(), REACTOR))
    alone = Dispatch({k: d.given_mw[k] for k in ("gas-turbine", "smr", "unserved")}, {}, {})
    assert name.lifecycle_kg(island, alone, CARBON).tolist() == [800.0, 1600.0, 3200.0]


def test_carbon_that_cap_and_price_count():
    """Direct: import and contract at the grid's, gas at 400, stores at what they emit.

    Life-cycle: 40 kg for each of 1.1 MWh that a MW of solar could give, 465 of gas, 11 of stores and of a
    contract.
    """
    plants = (grid(), solar(lifecycle_kg_per_mwh=40.0), WIND, battery(carbon_kg_per_mwh=6.0, lifecycle_kg_per_mwh=5.0),
              gas(upstream_kg_per_mwh=60.0, lifecycle_kg_per_mwh=5.0), REACTOR)  # fmt: skip
    c, s, d = plan(plants, grid_lifecycle_kg_per_mwh=CARBON + 50)
    power, _ = name.capacities(c, s)
    bought = 2 * np.array([6.0, 7.0, 12.0])
    assert name.counted_carbon_kg(c, d, power) == pytest.approx(CARBON @ bought + 14 * 400.0 + 4 * 6.0)
    whole = replace(c, setting=replace(c.setting, lifecycle_carbon=True))
    expected = (CARBON + 50) @ bought + 14 * 465.0 + 4 * 11.0 + 8.0 * 1.1 * 40.0 + 24 * 11.0
    assert name.counted_carbon_kg(whole, d, power) == pytest.approx(expected)
    island = build(replace(c.setting, purchases=(), export_usd_per_mwh=None), named(gas()))
    alone = Dispatch({"gas-turbine": np.ones(3)}, {}, {})
    assert name.counted_carbon_kg(island, alone, {"gas-turbine": 9.0}) == 2400.0


def test_cost_of_a_contract_by_part():
    """Lost: 6 MW could give 30 MWh at 45, 24 are taken. Sold: 30 MWh at 35, of which 8 and 6 earn 30 and 0.5.

    On paper: 4, 8 and 2 MWh at 50 against 30, 0.5 and -10.
    """
    c, _, d = plan()
    assert name.purchase_costs(c, LOST, 6.0, d) == {
        "ppa-lost.energy": pytest.approx(30 * 45.0), "ppa-lost.network": pytest.approx(24 * 5.0)
    }  # fmt: skip
    assert name.purchase_costs(c, SOLD, 5.0, d) == {
        "ppa-sold.energy": pytest.approx(30 * 35.0), "ppa-sold.sold": pytest.approx(-(8 * 30.0 + 6 * 0.5))
    }  # fmt: skip
    assert name.purchase_costs(c, PAPER, 4.0, d) == {
        "ppa-paper.settlement": pytest.approx(4 * 20.0 + 8 * 49.5 + 2 * 60.0)
    }  # fmt: skip
    # Where only half of the volume is owed, what is taken is paid if that is more.
    half = replace(LOST, take_or_pay_share=0.5)
    assert name.purchase_costs(c, half, 6.0, d)["ppa-lost.energy"] == pytest.approx(24 * 45.0)
    assert name.purchase_costs(c, half, 10.0, d)["ppa-lost.energy"] == pytest.approx(25 * 45.0)
    assert resale_usd_per_mwh(c.setting, SOLD).tolist() == [30.0, 0.5, 0.0]
    assert resale_usd_per_mwh(c.setting, LOST).tolist() == [0.0] * 3


def test_each_part_of_the_cost():
    """At no interest over 10 years a tenth of the capital a year, a fifth of the battery's power over 5.

    38 MWh of import, 28 above the first tier; gas 14 MWh, 6 charged; 1.5 MWh unserved; carbon as counted above.
    """
    c, s, d = plan(RANGED, BILLED, **TARIFF)
    carbon = 2 * CARBON @ np.array([6.0, 7.0, 12.0]) + 14 * 400.0
    expected = {
        "grid.capital": 4e3, "grid.fixed": 800.0,
        "grid.energy": 10 * 35.0 + 10 * 5.5 - 18 * 5.0, "grid.export": -(2 * 20.0 + 4 * 3.0),
        "grid.curtailment_credit": -1500.0, "grid.demand_charge": 15 * 500.0 + 14 * 300.0,
        "grid.energy_tiers": 28 * 7.0 + 18 * 2.0,
        "solar.capital": 400.0, "solar.fixed": 40.0, "solar.variable": 3.0 * 8.8,
        "wind.capital": 3200.0, "wind.fixed": 0.0, "smr.capital": 800.0, "smr.fixed": 0.0, "smr.fuel": 56.0,
        "battery.capital": 3e3 / 5 + 2.4e3, "battery.fixed": 27e3 * 0.05 + 150.0, "battery.variable": 12.0,
        "battery.degradation": 6 * 1e-3 * 2e3 * 0.9,
        "gas-turbine.capital": 1500.0, "gas-turbine.fixed": 500.0, "gas-turbine.variable": 56.0,
        "gas-turbine.fuel": 420.0, "unserved": 450.0, "carbon_price": carbon / 1000 * 20.0,
        "ppa-lost.energy": 1350.0, "ppa-lost.network": 120.0, "ppa-sold.energy": 1050.0, "ppa-sold.sold": -243.0,
        "ppa-paper.settlement": 596.0, "ppa-worthless.settlement": 2 * (36 - 20.5),
    }  # fmt: skip
    assert name.costs(c, s, d) == {k: pytest.approx(v) for k, v in expected.items()}


def test_parts_of_the_cost_that_nothing_asks_for_are_left_out():
    powers = {k: v for k, v in POWERS.items() if "ppa" not in k and k not in ("spot", "export")}
    c, s, d = plan(powers=powers, grid_capital=False, export_usd_per_mwh=None, purchases=())
    assert set(name.costs(c, s, d)) == {
        "grid.energy", "solar.capital", "solar.fixed", "wind.capital", "wind.fixed", "battery.capital", "battery.fixed",
        "gas-turbine.capital", "gas-turbine.fixed", "gas-turbine.fuel", "smr.capital", "smr.fixed", "smr.fuel",
        "unserved",
    }  # fmt: skip
    unpaid = {**TARIFF, "curtailment_usd_per_mw_year": 0.0, "curtailment_required": True}
    assert "grid.curtailment_credit" not in name.costs(*plan(RANGED, BILLED, **unpaid))
    assert "grid.curtailment_credit" not in name.costs(*plan(curtailment_usd_per_mw_year=250.0))


def test_cost_at_the_low_and_the_high_end():
    """Less and more by capital, its annuity and its fixed share, and by the fuel of 14 and 8 MWh; a flat price has no
    grid."""
    c, s, d = plan(RANGED, BILLED, **TARIFF)
    base = sum(name.costs(c, s, d).values())
    low = -40 * 100 * 0.12 - 8 * 100 * 0.11 - 12 * 200 * 0.15 - 14 * 10 - 8 * 7
    high = 40 * 200 * 0.12 + 8 * 200 * 0.11 + 12 * 500 * 0.15 + 14 * 15 + 8 * 2
    assert name.cost_range(c, s, d) == pytest.approx((base + low, base + high))
    c, s, d = plan(RANGED, BILLED, **TARIFF, grid_capital=False)
    base = sum(name.costs(c, s, d).values())
    assert name.cost_range(c, s, d) == pytest.approx((base + low + 480, base + high - 960))
    assert [name.capital_of(RANGED[3], 3.0, 12.0, level) for level in (0, 1, 2)] == [27e3, 24.6e3, 33e3]
    assert name.capital_of(RANGED[3], 3.0, 12.0) == 27e3
