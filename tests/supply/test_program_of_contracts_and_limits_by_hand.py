"""Contracts and the limits of the year and of land in the program of a campus, each budget and link by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, solar
from program_parts import CARBON, CLEAN, DIRTY, PAPER, SUN, bound, budgets, campus, columns, flow, links


def contracted(*purchases, **values):
    flat = np.ones(4)
    return campus(
        grid(), gas(), purchases=purchases, spot_usd_per_mwh=np.array([40.0, -10.0, 20.0, 60.0]),
        network_usd_per_mwh=5 * flat, carbon_price_usd_per_t=20.0,
        renewable={"ppa-clean": SUN, "ppa-dirty": flat, "ppa-paper": flat}, **values,
    )  # fmt: skip


def test_contracts_over_the_meter_behind_it_and_on_paper():
    """Clean: 3.5 MWh a MW at 45 paid in any case. Paper: 8 MWh at 50 against a mean spot of 27.5.

    Dirty: half of 8 MWh paid in any case, the rest as taken; what is not taken earns 40, 0, 20 and 60.
    """
    c = contracted(CLEAN, DIRTY, PAPER)
    found = columns(c)
    assert found["ppa-clean"] == (pytest.approx(45 * 3.5), 10.0)
    assert found["ppa-dirty"] == (pytest.approx(-2 * 120.0), 8.0)
    assert found["ppa-paper"] == (pytest.approx(2 * (10 + 60 + 30 - 10)), 5.0)
    assert found["short.ppa-dirty"] == (35.0, pytest.approx(4 * 8.0))
    assert links(c) == {"ppa-clean.least": ({"ppa-clean": -1.0}, -2.0)}
    clean, dirty, spot, metered = (flow(c, k) for k in ("ppa-clean", "ppa-dirty", "spot", "grid"))
    assert (metered.balance, spot.balance, clean.balance, dirty.balance) == (1.0, 0.0, 0.0, 1.0)
    assert (metered.gain, spot.gain, clean.gain, dirty.gain) == ({0: -1.0}, {0: 1.0}, {0: 1.0}, {})
    assert metered.cost == pytest.approx(2 * 5.0)
    assert spot.cost == pytest.approx(2 * (50 - 5 + CARBON * 0.02))
    assert clean.cost == pytest.approx(0.0)
    assert dirty.cost == pytest.approx(2 * (np.array([40.0, 0.0, 20.0, 60.0]) + 35 + CARBON * 0.02))
    assert bound(c, clean.upper_terms) == ("ppa-clean", SUN.tolist())
    (meter,) = c.program.stores
    assert (meter.keep.tolist(), meter.zero.tolist()) == ([1.0] * 4, [1.0] * 4)
    assert budgets(c)["short.ppa-dirty"] == (
        {"ppa-dirty": [-2.0] * 4}, {"ppa-dirty": 4.0, "short.ppa-dirty": -1.0}, 0.0
    )  # fmt: skip
    never = contracted(replace(DIRTY, take_or_pay_share=0.0, surplus_sold=False))
    assert columns(never)["ppa-dirty"][0] == 0.0
    assert "short.ppa-dirty" not in columns(never)
    small = contracted(replace(CLEAN, min_mw=0.5))
    assert links(small)["ppa-clean.least"] == ({"ppa-clean": -1.0}, -0.5)


ENERGY = 2 * 280.0


def test_unserved_load_and_carbon_are_limited_by_the_year():
    """A hundredth of 560 MWh; 250 kg for each: import at its own, gas at 400, dirty contracts as the grid."""
    c = contracted(CLEAN, DIRTY, PAPER, max_unserved_share=0.01, carbon_cap_kg_per_mwh=250.0)
    assert budgets(c)["supply.max_unserved_share"] == ({"unserved": [2.0] * 4}, {}, pytest.approx(0.01 * ENERGY))
    flows, sizes, limit = budgets(c)["supply.carbon_cap_kg_per_mwh"]
    assert limit == pytest.approx(250 * ENERGY)
    assert flows == {"spot": (2 * CARBON).tolist(), "gas-turbine": [800.0] * 4, "ppa-dirty": (2 * CARBON).tolist()}
    assert sizes == {}
    (told,) = (x for x in c.limits if x.key == "supply.carbon_cap_kg_per_mwh")
    assert (told.unit, told.per_unit) == ("kg/MWh", ENERGY)
    whole = campus(grid(), solar(lifecycle_kg_per_mwh=40.0), battery(lifecycle_kg_per_mwh=5.0),
                   carbon_cap_kg_per_mwh=250.0, lifecycle_carbon=True,
                   grid_lifecycle_kg_per_mwh=CARBON + 50)  # fmt: skip
    flows, sizes, _ = budgets(whole)["supply.carbon_cap_kg_per_mwh"]
    assert sizes == {"solar": pytest.approx(40 * 3.5)}
    assert flows == {"grid": (2 * (CARBON + 50)).tolist(), "battery.discharge": [10.0] * 4}
    assert "supply.max_unserved_share" not in budgets(campus(grid(), max_unserved_share=1.0))


def test_the_carbon_free_share_of_the_hours_limits_what_is_dirty():
    """At least 0.7 of 560 MWh: what is not clean is 168 at most; import is 0.3 clean."""
    c = contracted(CLEAN, DIRTY, PAPER, cfe_hourly_share=0.7)
    flows, _, limit = budgets(c)["supply.cfe_hourly_share"]
    assert limit == pytest.approx(0.3 * ENERGY)
    assert flows == {
        "unserved": [2.0] * 4, "spot": pytest.approx([1.4] * 4), "gas-turbine": [2.0] * 4, "ppa-dirty": [2.0] * 4
    }  # fmt: skip
    assert "supply.cfe_hourly_share" not in budgets(campus(grid(), cfe_hourly_share=0.0))
    plain = budgets(campus(grid(), gas(carbon_free=True), cfe_hourly_share=0.5))["supply.cfe_hourly_share"][0]
    assert set(plain) == {"unserved", "grid"}


def test_dirty_plant_that_is_sold_again_does_not_count_at_home():
    """own - export - left + clean sold = 0 in each step; only what is left counts."""
    c = campus(grid(), gas(), cfe_hourly_share=0.7, export_usd_per_mwh=np.full(4, 30.0))
    flows, _, _ = budgets(c)["supply.cfe_hourly_share"]
    assert flows == {"unserved": [2.0] * 4, "grid": pytest.approx([1.4] * 4), "own.left": [2.0] * 4}
    gains = {name: flow(c, name).gain for name in ("gas-turbine", "export", "own.left", "clean.sold")}
    assert gains == {"gas-turbine": {0: 1.0}, "export": {0: -1.0}, "own.left": {0: -1.0}, "clean.sold": {0: 1.0}}
    assert bound(c, flow(c, "own.left").upper_terms)[0] == "gas-turbine"
    assert bound(c, flow(c, "clean.sold").upper_terms)[0] == "grid"
    assert flow(c, "own.left").balance == flow(c, "clean.sold").balance == 0.0
    (row,) = c.program.stores
    assert (row.keep.tolist(), row.zero.tolist(), row.lower.sum(), row.upper.sum()) == ([1.0] * 4, [1.0] * 4, 0.0, 0.0)


def test_clean_energy_of_the_year_covers_its_share():
    """0.9 of 560 MWh from solar, clean plant and contracts, less what stores lose and stopped training costs."""
    c = campus(
        grid(), solar(), gas(carbon_free=True), battery(), clean_annual_share=0.9, purchases=(CLEAN, DIRTY, PAPER),
        renewable={"solar": SUN, "ppa-clean": SUN, "ppa-dirty": np.ones(4), "ppa-paper": np.ones(4)},
        flexible_share=0.2, flexible_window=4, flexible_low=0.25, flexible_high=1.5, checkpoint_loss_h=0.5,
    )  # fmt: skip
    flows, sizes, limit = budgets(c)["supply.clean_annual_share"]
    gives, takes = [-2.0] * 4, [2.0] * 4
    assert flows == {
        "renewable": gives, "gas-turbine": gives, "battery.discharge": gives, "battery.charge": takes,
        "flexible": takes, "ppa-clean": gives,
    }  # fmt: skip
    assert sizes == {"ppa-paper": pytest.approx(-8.0)}
    assert limit == pytest.approx(-0.9 * ENERGY + 0.2 * ENERGY)
    plain = campus(grid(), gas(), clean_annual_share=0.9)
    assert budgets(plain)["supply.clean_annual_share"] == ({}, {}, pytest.approx(-0.9 * ENERGY))
    assert "supply.clean_annual_share" not in budgets(campus(grid()))


def test_land_is_shared_by_what_takes_any():
    c = campus(grid(), solar(land_ha_per_mw=2.0), gas(land_ha_per_mw=0.5), land_ha=30.0)
    assert links(c)["supply.land_ha"] == ({"solar": 2.0, "gas-turbine": 0.5}, 30.0)
    (limit,) = (x for x in c.limits if x.key == "supply.land_ha")
    assert (limit.value, limit.kind, limit.per_unit) == (30.0, "link", 1.0)
    assert "supply.land_ha" not in links(campus(grid(), land_ha=30.0))
