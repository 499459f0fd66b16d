"""Contracts over the grid netted against spot, by hand: one meter, one connection, one peak, surplus lost or sold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from campuses import HOURS, battery, gas, grid, named, setting, site, technology
from test_contracts import solved

from wattscale.chain import walk
from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.scenario.supply import SupplyTable
from wattscale.scenario.supply_terms import PowerPurchase
from wattscale.supply.dispatch import carbon_kg, dispatch
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.setting import Purchase
from wattscale.supply.settle import imbalance, settle
from wattscale.supply.solve import solve_once
from wattscale.supply.stage import run

MONTHS = np.repeat(np.arange(3), 24)


def flat_half(**values):
    """A flat load of 100 MW, 50 MW of it from a baseload contract at 30, spot at 50 of which 8 are the network's."""
    p = Purchase("flat", "physical", 30.0, 50.0, 50.0)
    given = {
        "purchases": (p,), "renewable": {"ppa-flat": np.ones(72)}, "month": MONTHS,
        "demand_charge_usd_per_mw_month": 1000.0, "network_usd_per_mwh": np.full(72, 8.0), **values,
    }  # fmt: skip
    return setting(72, **given)


def test_a_baseload_contract_of_half_the_load_pays_one_peak_and_one_connection():
    """Billed: 100 MW of connection, 100 MW of peak in each month, 8 USD on every MWh of the meter."""
    campus, solution, parts = solved(flat_half(), grid(capital_usd_per_mw=7e3))
    assert parts["grid.demand_charge"] == pytest.approx(3 * 1000.0 * 100.0, rel=1e-4)
    assert parts["grid.capital"] == pytest.approx(7e3 / 10 * 100.0, rel=1e-4)
    assert parts["grid.energy"] == pytest.approx(50.0 * 50.0 * 72, rel=1e-4)
    assert parts["ppa-flat.energy"] == pytest.approx(30.0 * 50.0 * 72, rel=1e-4)
    assert parts["ppa-flat.network"] == pytest.approx(8.0 * 50.0 * 72, rel=1e-4)
    assert solution.columns[campus.program.column("grid")] == pytest.approx(100.0, rel=1e-4)


def test_a_peak_of_the_load_is_billed_once_however_the_energy_is_bought():
    """Load of 60 and 100 MW by turns: the contract takes its 50, spot 10 and 50, the peak is 100."""
    s = flat_half(load_mw=np.tile([60.0, 100.0], 36))
    campus, solution, parts = solved(s, grid())
    assert parts["grid.demand_charge"] == pytest.approx(3 * 1000.0 * 100.0, rel=1e-4)
    assert solution.flows[campus.program.flow("spot")][:2] == pytest.approx([10.0, 50.0], abs=0.02)


def test_surplus_of_a_contract_is_lost_or_sold_at_spot():
    """150 MW of baseload for 100 MW: 50 MW are lost, or sold at 40 (the spot price, no network on it)."""
    p = Purchase("flat", "physical", 30.0, 150.0, 150.0)
    s = setting(24, purchases=(p,), renewable={"ppa-flat": np.ones(24)}, spot_usd_per_mwh=np.full(24, 40.0))
    _, _, lost = solved(s, grid())
    _, _, sold = solved(replace(s, purchases=(replace(p, surplus_sold=True),)), grid())
    assert "ppa-flat.sold" not in lost
    assert sold["ppa-flat.sold"] == pytest.approx(-40.0 * 50.0 * 24, rel=1e-3)
    assert sum(lost.values()) - sum(sold.values()) == pytest.approx(40.0 * 50.0 * 24, rel=1e-3)


def test_what_may_be_sold_serves_the_own_load_first():
    """Selling at spot and buying at spot are worth the same; the bill nets them, so nothing is sold here."""
    p = Purchase("flat", "physical", 30.0, 50.0, 50.0, surplus_sold=True)
    s = flat_half(purchases=(p,), spot_usd_per_mwh=np.full(72, 42.0))
    _, _, parts = solved(s, grid())
    assert parts["ppa-flat.sold"] == pytest.approx(0.0, abs=1e-3)
    assert parts["grid.energy"] == pytest.approx(50.0 * 50.0 * 72, rel=1e-4)


def test_surplus_is_left_unsold_where_the_price_is_negative():
    price = np.tile([40.0, -15.0], 12)
    p = Purchase("flat", "physical", 30.0, 150.0, 150.0, surplus_sold=True)
    s = setting(24, purchases=(p,), renewable={"ppa-flat": np.ones(24)}, spot_usd_per_mwh=price,
                import_usd_per_mwh=price + 9.0)  # fmt: skip
    campus, solution, parts = solved(s, grid())
    assert parts["ppa-flat.sold"] == pytest.approx(-40.0 * 50.0 * 12, rel=1e-3)
    bought = solution.flows[campus.program.flow("spot")]
    assert bought[1::2] == pytest.approx(np.full(12, 100.0), rel=1e-4)
    assert bought[::2] == pytest.approx(np.zeros(12), abs=0.02)


def test_solar_by_contract_saves_energy_by_day_and_no_peak():
    sun = np.clip(np.sin((np.arange(72) % 24 - 6) / 12 * np.pi), 0, None)
    p = Purchase("sun", "physical", 20.0, 80.0, 80.0)
    s = flat_half(purchases=(p,), renewable={"ppa-sun": sun})
    _, _, parts = solved(s, grid())
    volume = 80.0 * float(sun.sum())
    assert parts["grid.demand_charge"] == pytest.approx(3 * 1000.0 * 100.0, rel=1e-4)
    assert parts["grid.energy"] == pytest.approx(50.0 * (7200.0 - volume), rel=1e-4)
    assert parts["ppa-sun.energy"] == pytest.approx(20.0 * volume, rel=1e-4)


def test_the_connection_bounds_spot_and_contract_together():
    s = flat_half(connection_mw=70.0, load_mw=np.full(72, 100.0))
    campus, solution, _ = solved(s, grid(), gas())
    assert solution.flows[campus.program.flow("grid")].max() == pytest.approx(70.0, rel=1e-4)
    assert solution.flows[campus.program.flow("ppa-flat")] == pytest.approx(np.full(72, 50.0), rel=1e-3)


def test_a_carbon_free_contract_cleans_its_own_part_of_the_meter_alone():
    """Half the load from the contract, half from a grid of 30 % carbon-free: a share of 0.65, and not more."""
    s = flat_half(cfe_hourly_share=0.65, max_unserved_share=0.0)
    campus = build(s, named(grid()))
    assert solve_highs(campus.program) is not None
    assert solve_highs(build(replace(s, cfe_hourly_share=0.66), named(grid())).program) is None


def test_called_hours_cut_the_meter_not_the_spot_part():
    called = np.zeros(72)
    called[10] = 1.0
    s = flat_half(called=called, curtailment_share=0.7, curtailment_required=True)
    campus, solution, _ = solved(s, grid(capital_usd_per_mw=1e5), gas(capital_usd_per_mw=100.0, fuel_usd_per_mwh=400.0))
    assert solution.flows[campus.program.flow("grid")][10] == pytest.approx(30.0, rel=1e-2)


def test_a_contract_beside_storage_on_a_long_horizon_closes_every_balance():
    """The structured method, settled: what the meter reads is spot and contract to the last digit."""
    steps, rng = 720, np.random.default_rng(4)
    p = Purchase("wind", "physical", 25.0, 120.0, surplus_sold=True)
    s = setting(
        steps, purchases=(p,), renewable={"ppa-wind": rng.uniform(0, 1, steps)}, month=np.arange(steps) // 240,
        demand_charge_usd_per_mw_month=3000.0, import_usd_per_mwh=rng.normal(50, 25, steps), cfe_hourly_share=0.6,
        spot_usd_per_mwh=np.full(steps, 20.0), network_usd_per_mwh=np.full(steps, 8.0),
    )  # fmt: skip
    campus = build(s, named(grid(), battery(capital_usd_per_mw=2e3, capital_usd_per_mwh=2e3)))
    found = settle(campus.program, solve_once(campus.program))
    assert found.solver == "interior"
    flow = {f.name: y for f, y in zip(campus.program.flows, found.flows, strict=True)}
    assert flow["grid"] == pytest.approx(flow["spot"] + flow["ppa-wind"], abs=1e-9)
    assert flow["spot"].min() >= 0.0
    assert np.all(flow["ppa-wind"] <= found.columns[campus.program.column("ppa-wind")] * s.renewable["ppa-wind"] + 1e-9)
    assert found.objective == pytest.approx(solve_highs(campus.program).objective, rel=2e-4)


def test_selling_surplus_of_a_contract_that_need_not_be_taken_is_refused(catalog):
    from test_own import given

    row = {"name": "a", "kind": "baseload", "usd_per_mwh": 1, "max_mw": 1, "take_or_pay_share": 0.5}
    with pytest.raises(InputError, match="surplus_sold"):
        given(catalog, ppas=[{**row, "surplus_sold": True}])
    assert not given(catalog, ppas=[row], export_allowed=True).purchases[0].surplus_sold
    assert given(catalog, ppas=[{**row, "take_or_pay_share": 1}], export_allowed=True).purchases[0].surplus_sold


def test_a_contract_over_the_grid_without_a_grid_is_refused(catalog):
    table = SupplyTable(technologies=["solar"], ppas=[PowerPurchase(name="a", usd_per_mwh=1.0, max_mw=1.0)])
    with pytest.raises(InputError, match="through_grid"):
        run(table, np.full(HOURS, 10.0), site(), catalog.recording(), 0.08)


def test_falling_blocks_are_refused_with_the_reason(catalog):
    from test_own import given

    with pytest.raises(InputError, match="not convex"):
        given(catalog, energy_tiers=[{"above_mwh_per_month": 5, "usd_per_mwh": -1}])


@pytest.mark.slow
def test_the_example_of_power_contracts_shows_what_its_comments_promise():
    path = Path(__file__).resolve().parents[2] / "examples" / "07_power_contracts.toml"
    supply = walk(load_scenario(path), "supply").results["supply"]
    figures = supply.figures
    assert supply.capacity_mw["gas-engine"] == pytest.approx(8.0)
    assert figures["ppa_mw.block"] == pytest.approx(4.0)
    assert figures["peak_import_mw"] <= 12.0 + 1e-6
    assert figures["clean_annual_share"] >= 0.5 - 1e-5
    assert supply.cost_usd_per_year["ppa-west-wind.sold"] < 0
    assert "whole-units" in {w.code for w in supply.warnings}


@pytest.mark.parametrize(("carbon_free", "kg"), [(True, 50.0 * 500.0 * 24), (False, 100.0 * 500.0 * 24)])
def test_a_contract_without_certificates_emits_what_the_grid_does(carbon_free, kg):
    """Half of 100 MW from the contract: with certificates it emits nothing, without them 500 kg/MWh like the rest."""
    p = Purchase("flat", "physical", 30.0, 50.0, 50.0, carbon_free=carbon_free)
    s = setting(24, purchases=(p,), renewable={"ppa-flat": np.ones(24)}, carbon_price_usd_per_t=100.0)
    campus, solution, parts = solved(s, grid())
    total, of_grid = carbon_kg(campus, dispatch(campus, solution))
    assert float(total.sum()) == pytest.approx(kg, rel=1e-3)
    assert float(of_grid.sum()) == pytest.approx(kg, rel=1e-3)
    assert parts["carbon_price"] == pytest.approx(kg / 1e3 * 100.0, rel=1e-3)


def test_what_is_bought_to_be_sold_is_taken_off_the_meter_only_as_far_as_it_reads():
    """A meter read a rounding below the spot energy behind it was left below nothing, and the balance off by it."""
    green = Purchase("green", "physical", 60.0, 60.0)
    s = setting(24, import_usd_per_mwh=50.0, export_usd_per_mwh=50.0, connection_mw=300.0, purchases=(green,),
                renewable={"wind": np.ones(24), "ppa-green": np.zeros(24)})  # fmt: skip
    wind = technology("wind", "renewable", capital_usd_per_mw=1.0, carbon_free=True)
    program = build(s, named(grid(), wind)).program
    exact = solve_highs(program)
    flows = exact.flows.copy()
    meter, spot, sold = (program.flow(n) for n in ("grid", "spot", "export"))
    extra = np.minimum(10.0, 300.0 - flows[sold])
    flows[meter], flows[spot] = flows[meter] + extra, flows[spot] + extra + 7e-6
    flows[sold] += extra
    settled = settle(program, replace(exact, flows=flows))
    assert settled.flows[meter].min() >= 0.0
    assert settled.flows[spot] == pytest.approx(settled.flows[meter], abs=1e-9)
    assert imbalance(program, settled) < 1e-9
