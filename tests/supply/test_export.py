"""Export by hand: nothing is bought to be sold, carbon-free share hour by hour, carbon of what leaves."""

from __future__ import annotations

import numpy as np
import pytest
from campuses import HOURS, battery, gas, grid, named, setting, site, solar

from wattscale.scenario.supply import SupplyTable
from wattscale.supply import dispatch as name
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.limits import OWN_LEFT
from wattscale.supply.setting import Purchase
from wattscale.supply.solve import solve
from wattscale.supply.stage import run

PRICE = np.tile([80.0, 20.0, -10.0, 50.0], 12)
HALF = np.tile([1.0, 0.0], 24)


def answer(s, *plants):
    campus = build(s, named(*plants))
    solution = solve(campus.program)
    return campus, solution, name.dispatch(campus, solution)


@pytest.mark.parametrize("plants", [(), (battery(capital_usd_per_mw=1e6),)])
def test_nothing_passes_through_the_campus_where_selling_pays_what_buying_costs(plants):
    """One price both ways and no demand charge: import and export at once cost nothing, and are no supply."""
    s = setting(48, import_usd_per_mwh=PRICE, export_usd_per_mwh=PRICE)
    _, _, d = answer(s, grid(), *plants)
    used = s.load_mw + (d.uses_mw["battery"] - d.given_mw["battery"] if plants else 0.0)
    assert d.given_mw["grid"] == pytest.approx(used, abs=1e-6)
    assert d.uses_mw["export"].max() == 0.0


@pytest.mark.slow
def test_a_year_on_the_grid_with_export_allowed_imports_its_load(catalog):
    """It once imported 143,080 MWh for a load of 134,780."""
    table = SupplyTable(export_allowed=True, grid_adder_usd_per_mwh=0.0, demand_charge_usd_per_kw_month=0.0,
                        technologies=["grid", "battery"])  # fmt: skip
    result = run(table, np.full(HOURS, 15.0), site(), catalog.recording(), 0.08)
    lost = float(sum(result.uses_mw["battery"]) - sum(result.dispatch_mw["battery"]))
    assert result.figures["import_mwh"] == pytest.approx(15.0 * HOURS + lost, rel=1e-6)
    assert result.figures["export_mwh"] == 0.0


def test_import_that_may_change_by_little_only_is_netted_as_far_as_that_lets_it():
    s = setting(48, import_usd_per_mwh=PRICE, export_usd_per_mwh=PRICE, import_ramp_mw_per_h=20.0,
                renewable={"solar": HALF})  # fmt: skip
    _, _, d = answer(s, grid(), solar(capital_usd_per_mw=100.0))
    assert np.abs(np.diff(d.given_mw["grid"])).max() <= 20.0 + 1e-6


def seller():
    """200 MW of sun in half the hours and 50 MW of gas at 30 USD/MWh, of which 150 MW may be sold at 60."""
    sizes = {"solar": 200.0, "gas-turbine": 50.0}
    s = setting(48, renewable={"solar": HALF}, import_usd_per_mwh=np.full(48, 70.0), connection_mw=150.0,
                export_usd_per_mwh=np.full(48, 60.0), max_capacity_mw=sizes)  # fmt: skip
    return answer(s, grid(), solar(capital_usd_per_mw=1.0), gas(capital_usd_per_mw=1.0, fuel_usd_per_mwh=30.0))


def test_the_hourly_share_is_that_of_the_load_and_export_takes_the_dirty_part_first():
    """Sun of 200 MW in half the hours and gas that sells all day: in sunny hours gas leaves, in others it serves."""
    campus, _, d = seller()
    assert d.given_mw["gas-turbine"] == pytest.approx(np.full(48, 50.0), rel=1e-3)
    assert d.uses_mw["export"] == pytest.approx(150.0 * HALF, rel=1e-3, abs=0.02)
    dirty = np.where(HALF > 0.0, 0.0, 50.0 + 0.7 * 50.0)
    assert name.dirty_mw(campus, d) == pytest.approx(dirty, abs=0.1)
    assert name.carbon_free_share(campus, d) == pytest.approx(1.0 - dirty / 100.0, abs=1e-3)
    assert name.carbon_free_share_of_year(campus, d) == pytest.approx(1.0 - 0.425, abs=1e-3)


def test_what_leaves_takes_the_mix_of_the_hour():
    """In sunny hours 150 of 250 MW leave, so 0.6 of the 50 MW x 400 kg of gas."""
    campus, _, d = seller()
    assert name.export_carbon_kg(campus, d) == pytest.approx(0.6 * 50.0 * 400.0 * HALF, rel=1e-2, abs=50.0)


@pytest.mark.parametrize("share", [0.6, 0.8, 0.95])
def test_a_share_with_export_beside_gas_is_met_at_the_least_cost(share):
    steps = np.arange(720)
    sun = np.clip(np.sin((steps % 24 - 6) / 12 * np.pi), 0, None)
    price = 60.0 + 30.0 * np.cos(steps / 7.0)
    s = setting(720, renewable={"solar": sun}, import_usd_per_mwh=price + 5.0, export_usd_per_mwh=price,
                connection_mw=120.0, cfe_hourly_share=share)  # fmt: skip
    plants = (grid(), solar(capital_usd_per_mw=2e4), gas(capital_usd_per_mw=2e4, fuel_usd_per_mwh=55.0), battery())
    campus, solution, d = answer(s, *plants)
    assert solution.solver == "interior"
    assert campus.program.flow(OWN_LEFT) >= 0
    assert name.carbon_free_share_of_year(campus, d) >= share - 1e-6
    assert solution.objective == pytest.approx(solve_highs(campus.program).objective, rel=1e-3)
    left, own = solution.flows[campus.program.flow(OWN_LEFT)], d.given_mw["gas-turbine"]
    assert left == pytest.approx(np.maximum(own - d.uses_mw["export"], 0.0), abs=1e-6)


def test_without_export_or_emitting_plant_the_share_needs_no_row():
    sunny = {"renewable": {"solar": HALF}, "cfe_hourly_share": 0.5}
    free = build(setting(48, export_usd_per_mwh=PRICE, **sunny), named(grid(), solar()))
    alone = build(setting(48, **sunny), named(grid(), solar(), gas()))
    assert free.program.flow(OWN_LEFT) == alone.program.flow(OWN_LEFT) == -1


def test_losses_of_dirty_energy_leave_a_share_of_zero_and_not_less():
    """A battery on a grid without any clean energy loses some of it; 0 is the least a share can be."""
    s = setting(48, import_usd_per_mwh=PRICE, grid_cfe_share=np.zeros(48))
    campus, _, d = answer(s, grid(), battery())
    assert float(d.uses_mw["battery"].sum()) > 1.0
    assert name.carbon_free_share_of_year(campus, d) == 0.0
    assert name.carbon_free_share(campus, d).min() == 0.0


def test_a_contract_that_sells_dearer_than_it_buys_is_not_netted():
    """Contract energy at 10 + 8 for the network, sold at 40: that is trade, not a passing through."""
    p = Purchase("flat", "physical", 10.0, 150.0, 150.0, 0.5)
    s = setting(24, purchases=(p,), renewable={"ppa-flat": np.ones(24)}, network_usd_per_mwh=np.full(24, 8.0),
                export_usd_per_mwh=np.full(24, 40.0))  # fmt: skip
    campus, solution, d = answer(s, grid())
    assert d.uses_mw["export"] == pytest.approx(np.full(24, 50.0), rel=1e-3)
    assert d.given_mw["grid"].max() < 1e-6
    assert solution.objective == pytest.approx(solve_highs(campus.program).objective, rel=1e-5)
