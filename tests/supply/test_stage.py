"""The stage on whole years: figures, balances, messages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from campuses import HOURS, site

from wattscale.errors import InfeasibleError, InputError
from wattscale.scenario.supply import SupplyTable
from wattscale.supply.stage import run

LOAD = 100 + 5 * np.cos(2 * np.pi * np.arange(HOURS) / 24)


def plan(catalog, load=LOAD, price=None, place=None, **keys):
    return run(SupplyTable(**keys), load, place or site(), catalog.recording(), 0.08, price)


def closes(result):
    given, taken = sum(result.dispatch_mw.values()), result.load_mw + sum(result.uses_mw.values())
    return float(np.abs(given - taken).max()) < 1e-6


def test_a_flat_all_in_price_is_the_cost_of_a_megawatt_hour(catalog):
    result = plan(catalog, price=70.0)
    assert result.figures["cost_usd_per_mwh"][0] == pytest.approx(70.0)
    assert result.figures["capacity_mw.grid"] == pytest.approx(105.0)


def test_grid_cost_is_energy_demand_charge_and_connection(catalog):
    result = plan(catalog)
    parts = result.cost_usd_per_year
    assert parts["grid.energy"] == pytest.approx(float(LOAD @ (site().price_usd_per_mwh + 12.0)))
    assert parts["grid.demand_charge"] == pytest.approx(12 * 8000 * 105.0)
    assert sum(parts.values()) == pytest.approx(result.total_usd_per_year)
    assert result.figures["carbon_kg_per_mwh"] == pytest.approx(400.0)
    assert result.figures["cfe_hourly_share"] == pytest.approx(0.4)
    assert closes(result)


@pytest.mark.slow
def test_ninety_per_cent_carbon_free_is_met_and_all_parts_add_up(catalog):
    result = plan(catalog, technologies=["grid", "solar", "wind", "battery"], cfe_hourly_share=0.9)
    assert closes(result)
    assert sum(result.cost_usd_per_year.values()) == pytest.approx(result.total_usd_per_year)
    assert result.figures["cfe_hourly_share"] == pytest.approx(0.9, abs=1e-6)
    assert result.figures["solver_gap"] < 1e-3
    assert float((1 - result.cfe_share) @ LOAD) <= 0.1 * LOAD.sum() * (1 + 1e-5)
    assert result.cfe_share.min() >= 0.0
    assert result.cfe_share.max() <= 1.0
    assert result.carbon_kg.sum() == pytest.approx(float(result.dispatch_mw["grid"].sum()) * 400.0)
    charge, discharge = result.uses_mw["battery"], result.dispatch_mw["battery"]
    assert np.minimum(charge, discharge).max() == 0.0
    assert discharge.sum() == pytest.approx(0.85 * charge.sum(), rel=0.02)
    for key in ("solar", "wind"):
        assert result.curtailed_mw[key].min() >= -1e-9
    low, high = result.figures["cost_usd_per_mwh"][1:]
    assert low <= result.figures["cost_usd_per_mwh"][0] <= high


def test_unknown_technology_names_the_nearest_one(catalog):
    with pytest.raises(InputError, match="solar") as caught:
        plan(catalog, technologies=["grid", "sollar"])
    assert caught.value.where == "supply.technologies"


@pytest.mark.parametrize(
    ("keys", "where", "enough"),
    [
        ({"connection_mw": 80.0}, "supply.connection_mw", 105.0),
        ({"cfe_hourly_share": 1.0}, "supply.cfe_hourly_share", 0.4),
        ({"carbon_cap_kg_per_mwh": 100.0}, "supply.carbon_cap_kg_per_mwh", 400.0),
    ],
)
def test_an_ask_out_of_reach_names_its_limit_and_what_is_enough(catalog, keys, where, enough):
    with pytest.raises(InfeasibleError) as caught:
        plan(catalog, **keys, max_unserved_share=0.0)
    assert caught.value.where == where
    assert caught.value.value == keys[where.split(".")[1]]
    word = str(caught.value.hint).split(where)[1].split()[2]
    assert float(word) == pytest.approx(enough, rel=2e-3)


def test_two_limits_at_odds_are_both_named(catalog):
    with pytest.raises(InfeasibleError) as caught:
        plan(catalog, connection_mw=50.0, cfe_hourly_share=0.9, max_unserved_share=0.0)
    assert "supply.connection_mw" in str(caught.value)
    assert "supply.cfe_hourly_share" in str(caught.value)


@pytest.mark.parametrize(
    ("load", "word"),
    [(LOAD[:-1], "8760"), (-LOAD, "negative"), (0 * LOAD, "zero"), (np.where(LOAD > 104, np.nan, LOAD), "numbers")],
)
def test_a_broken_load_is_refused(catalog, load, word):
    with pytest.raises(InputError, match=word):
        plan(catalog, load=load)


def test_a_limit_on_an_unnamed_technology_is_warned_of(catalog):
    result = plan(catalog, max_capacity_mw={"wind": 5.0})
    assert [w.code for w in result.warnings] == ["limit-unused"]


def test_the_ledger_of_the_catalogue_holds_what_was_read(catalog):
    view = catalog.recording()
    run(SupplyTable(), LOAD, site(), view, 0.08)
    assert "tech_costs/grid_interconnection.capex@US:2025" in view.used


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["DE-LU_2023", "US-TEX-ERCO_2021", "AU-NSW_2023"])
def test_real_prices_with_spikes_and_negative_hours_are_solved_and_certified(catalog, shared_data, zone):
    frame = pd.read_csv(shared_data(f"hourly/price_{zone}.csv"))
    price = frame["price_usd_per_mwh"].interpolate().to_numpy(float)[:HOURS]
    place = replace(site(), price_usd_per_mwh=price)
    result = plan(catalog, place=place, technologies=["grid", "battery", "solar"], grid_adder_usd_per_mwh=0.0)
    assert closes(result)
    assert result.figures["solver_gap"] < 1e-3
    assert np.minimum(result.uses_mw["battery"], result.dispatch_mw["battery"]).max() == 0.0
    assert [w.code for w in result.warnings] == []


@pytest.mark.slow
def test_moved_load_is_made_up_within_its_week_and_saves_money(catalog):
    firm = plan(catalog)
    result = plan(catalog, flexible_share=0.4, checkpoint_loss_h=0.0)
    moved = result.uses_mw["flexible"]
    assert closes(result)
    assert np.abs(np.add.reduceat(moved, np.arange(0, HOURS, 168))).max() < 1e-6 * LOAD.sum()
    assert moved.min() >= -0.4 * 0.7 * 105 * (1 + 1e-9)
    assert result.figures["moved_mwh"] > 0
    assert result.total_usd_per_year < firm.total_usd_per_year
    assert result.figures["solver_gap"] < 1e-3
