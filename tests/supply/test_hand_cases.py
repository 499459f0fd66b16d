"""Tariffs, outages and the worth of load by hand, and flat cases of REopt.jl whose answers follow from their inputs.

REopt.jl (NREL, test/runtests.jl and test/scenarios): no_techs.json, generator.json, nogridcost_multiscenario.json and
off_grid.json; its loads in kW are MW here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from campuses import HOURS, battery, gas, grid, named, setting, site, solar, technology
from test_contracts import solved

from wattscale.scenario.supply import SupplyTable
from wattscale.site.prices import read_prices
from wattscale.supply.expansion import build
from wattscale.supply.solve import solve
from wattscale.supply.stage import run


def test_year_one_bill_of_a_flat_load_on_a_blended_tariff():
    """REopt no_techs: 10,000 kWh flat, 0.1 USD/kWh and 10 USD/kW-month: energy 1,000.00 and demand 136.99."""
    months = np.minimum(np.arange(HOURS) // 730, 11)
    s = setting(HOURS, load_mw=np.full(HOURS, 10_000 / HOURS), import_usd_per_mwh=np.full(HOURS, 0.1), month=months,
                demand_charge_usd_per_mw_month=10.0)  # fmt: skip
    campus = build(s, named(grid()))
    from wattscale.supply.dispatch import costs, dispatch
    from wattscale.supply.grid_only import solve_grid_only

    solution = solve_grid_only(campus)
    parts = costs(campus, solution, dispatch(campus, solution))
    assert parts["grid.energy"] == pytest.approx(1000.00, abs=0.005)
    assert parts["grid.demand_charge"] == pytest.approx(136.99, abs=0.005)


def test_a_generator_for_one_outage_is_as_large_as_the_outage_needs_and_rests_else():
    """REopt generator: a single outage from step 10 to 100 sizes the set; it gives nothing outside the outage."""
    load = 9.0 + 0.55 * np.sin(np.arange(240) / 7.0)
    outage = np.zeros(240)
    outage[9:100] = 1.0
    s = setting(240, load_mw=load, called=outage, curtailment_share=1.0, curtailment_required=True)
    campus, solution, _ = solved(s, grid(), gas(capital_usd_per_mw=500.0, fuel_usd_per_mwh=300.0))
    given = solution.flows[campus.program.flow("gas-turbine")]
    assert solution.columns[campus.program.column("gas-turbine")] == pytest.approx(load[9:100].max(), rel=1e-3)
    assert given[9:100] == pytest.approx(load[9:100], rel=1e-3)
    assert np.delete(given, slice(9, 100)).max() < 1e-2


def test_expected_cost_of_outages_without_a_plant_is_the_worth_of_what_is_not_served():
    """REopt nogridcost_multiscenario: a critical load of 10, outages of 1 and 5 hours equally likely, 1 USD/kWh: 60 kWh
    unserved in all, 30 USD expected, times the present-worth factor of 16.18109 that REopt uses: 485.4327."""
    expected, unserved = 0.0, 0.0
    for hours in (1, 5):
        outage = np.zeros(48)
        outage[9 : 9 + hours] = 1.0
        s = setting(48, load_mw=np.full(48, 10.0), called=outage, curtailment_share=1.0, unserved_usd_per_mwh=1.0,
                    curtailment_required=True, import_usd_per_mwh=np.zeros(48))  # fmt: skip
        campus = build(s, named(grid()))
        solution = solve(campus.program)
        unserved += float(solution.flows[campus.program.flow("unserved")].sum())
        expected += 0.5 * solution.objective
    assert unserved == pytest.approx(60.0, rel=1e-6)
    assert expected * 16.18109 == pytest.approx(485.4327, rel=1e-6)


def test_off_grid_fuel_is_what_the_served_share_needs():
    """REopt off_grid, second case: 99 of 100 kWh from a set of 0.3232898 at 40.7 kWh per gallon: 7.52 gallons."""
    per_gallon, efficiency, price = 40.7, 0.3232898, 3.0
    diesel = technology("diesel", "fuelled", fuel_usd_per_mwh=price / (per_gallon * efficiency))
    s = setting(10, load_mw=np.full(10, 10.0), max_unserved_share=0.01, unserved_usd_per_mwh=0.0)
    _, _, parts = solved(s, diesel)
    assert parts["diesel.fuel"] / price == pytest.approx(7.52, abs=0.005)


@pytest.mark.parametrize(("worth", "built"), [(2300.0, True), (2200.0, False)])
def test_a_plant_for_rare_hours_is_built_only_where_unserved_load_is_worth_it(worth, built):
    """Five hours above the connection: a MW of plant costs 10,000 + 5 x 250, a MW unserved 5 x its worth."""
    load = np.full(48, 100.0)
    load[10:15] = 110.0
    s = setting(48, load_mw=load, connection_mw=100.0, unserved_usd_per_mwh=worth)
    campus, solution, _ = solved(s, grid(), gas(capital_usd_per_mw=1e5, fuel_usd_per_mwh=250.0))
    assert 5 * (worth - 250.0) > 1e4 if built else 5 * (worth - 250.0) < 1e4
    assert solution.columns[campus.program.column("gas-turbine")] == pytest.approx(10.0 if built else 0.0, abs=0.02)


def test_a_curtailment_contract_costs_its_backup_and_earns_its_credit():
    """Eight dear hours called at 40 %: 40 MW of backup, 8 x 40 MWh from it instead of import, and the credit."""
    price = np.full(48, 50.0)
    called = np.zeros(48)
    called[20:28] = 1.0
    price[20:28] = 120.0
    plants = (grid(capital_usd_per_mw=2e4), gas(capital_usd_per_mw=2e4, fuel_usd_per_mwh=200.0))
    free = setting(48, import_usd_per_mwh=price)
    _, _, before = solved(free, *plants)
    bound = replace(free, called=called, curtailment_share=0.4, curtailment_usd_per_mw_year=900.0,
                    curtailment_required=True)  # fmt: skip
    _, _, after = solved(bound, *plants)
    backup, moved, credit = 2e4 / 10 * 40.0, 8 * 40.0 * (200.0 - 120.0), 900.0 * 0.4 * 100.0
    assert sum(after.values()) - sum(before.values()) == pytest.approx(backup + moved - credit, rel=1e-3)


def test_a_leap_year_of_flat_prices_costs_the_same_once_its_day_is_dropped(tmp_path, catalog):
    totals = []
    for year, hours in ((2023, 8760), (2024, 8784)):
        times = pd.date_range(f"{year}-01-01", periods=hours, freq="h")
        rows = pd.DataFrame({"time_utc": times.strftime("%Y-%m-%dT%H:%MZ"), "price_usd_per_mwh": np.full(hours, 40.0)})
        path = tmp_path / f"{year}.csv"
        rows.to_csv(path, index=False)
        place = replace(site(), price_usd_per_mwh=read_prices(str(path)).price_usd_per_mwh)
        totals.append(run(SupplyTable(), np.full(HOURS, 100.0), place, catalog.recording(), 0.08).total_usd_per_year)
    assert totals[0] == pytest.approx(totals[1], rel=1e-12)


def test_the_order_in_which_campuses_are_solved_changes_no_digit():
    sun = np.clip(np.sin((np.arange(720) % 24 - 6) / 12 * np.pi), 0, None)
    plants = named(grid(), solar(capital_usd_per_mw=5e4), battery(capital_usd_per_mw=2e4, capital_usd_per_mwh=2e4))
    programs = [build(setting(720, renewable={"solar": sun}, cfe_hourly_share=x), plants).program for x in (0.5, 0.8)]
    forth = [solve(p) for p in programs]
    back = [solve(p) for p in programs[::-1]][::-1]
    for a, b in zip(forth, back, strict=True):
        assert a.objective == b.objective
        assert np.array_equal(a.flows, b.flows)


def test_a_store_that_only_loses_is_never_filled():
    """Prices that do not differ leave nothing to earn by moving energy."""
    campus, solution, _ = solved(setting(48), grid(), battery(capital_usd_per_mw=1.0, capital_usd_per_mwh=1.0))
    assert solution.flows[campus.program.flow("battery.charge")].max() < 1e-2
