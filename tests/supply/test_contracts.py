"""Tariffs, purchase agreements, curtailment, degradation and yearly limits, by hand on a flat campus of 100 MW."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, solar, technology

from wattscale.supply import dispatch as name
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.interior import solve_interior
from wattscale.supply.setting import Period, Purchase
from wattscale.supply.settle import budget_excess
from wattscale.supply.solve import solve


def solved(s, *technologies):
    """Solve, and check that the parts of the cost add up and that two solvers agree."""
    campus = build(s, named(*technologies))
    solution, exact = solve(campus.program), solve_highs(campus.program)
    own = solve_interior(campus.program, 1e-4)
    assert own.objective == pytest.approx(exact.objective, rel=2e-4)
    assert solution.objective == pytest.approx(exact.objective, rel=1e-5, abs=1.0)
    d = name.dispatch(campus, solution)
    parts = name.costs(campus, solution, d)
    assert sum(parts.values()) == pytest.approx(solution.objective, rel=1e-9)
    assert np.all(budget_excess(campus.program, solution) < 1e-5)
    return campus, solution, parts


MONTHS = np.repeat(np.arange(3), 24)


def test_ratchet_bills_each_month_at_its_share_of_the_years_peak():
    """Months of 100, 40 and 40 MW; a ratchet of 0.7 bills 100, 70 and 70 MW."""
    load = np.repeat([100.0, 40.0, 40.0], 24)
    s = setting(72, load_mw=load, month=MONTHS, demand_charge_usd_per_mw_month=1000.0, demand_ratchet_share=0.7)
    _, _, parts = solved(s, grid())
    assert parts["grid.demand_charge"] == pytest.approx(1000.0 * 240.0, rel=1e-5)


def test_a_period_charges_its_own_peak_on_top_of_the_months():
    """60 MW in the evening period, 100 MW else: 100 x 1000 + 60 x 500 in each month."""
    evening = np.arange(72) % 24 >= 18
    s = setting(72, load_mw=np.where(evening, 60.0, 100.0), month=MONTHS, demand_charge_usd_per_mw_month=1000.0,
                tariff_period=evening.astype(float), periods=(Period("evening", 500.0),))  # fmt: skip
    _, _, parts = solved(s, grid())
    assert parts["grid.demand_charge"] == pytest.approx(3 * (100_000 + 30_000), rel=1e-5)


def test_energy_above_a_tier_costs_its_extra():
    """2,400 MWh a month: 1,400 of them 5 dearer, 400 of these 7 more."""
    s = setting(72, month=MONTHS, energy_tiers=((1000.0, 5.0), (2000.0, 7.0)))
    _, _, parts = solved(s, grid())
    assert parts["grid.energy_tiers"] == pytest.approx(3 * (1400 * 5 + 400 * 7), rel=1e-5)


def test_called_hours_leave_only_the_rest_of_the_baseline_and_pay_for_what_is_given_up():
    called = np.zeros(48)
    called[20:22] = 1.0
    s = setting(48, called=called, curtailment_share=0.6, curtailment_usd_per_mw_year=1000.0, connection_mw=100.0)
    campus, solution, parts = solved(
        s, grid(capital_usd_per_mw=5e3), gas(capital_usd_per_mw=2e3, fuel_usd_per_mwh=60.0)
    )
    imported = solution.flows[campus.program.flow("grid")]
    assert imported[20:22] == pytest.approx([40.0, 40.0], rel=1e-3)
    assert parts["grid.curtailment_credit"] == pytest.approx(-1000.0 * 60.0, rel=1e-4)


@pytest.mark.parametrize(("share", "paid"), [(1.0, 48 * 80.0), (0.5, 24 * 80.0), (0.0, 12 * 80.0)])
def test_take_or_pay_pays_its_share_even_when_little_is_taken(share, paid):
    """80 MW signed, but the spot price is below the contract's in 36 of 48 hours."""
    price = np.where(np.arange(48) % 4 == 0, 90.0, 20.0)
    p = Purchase("flat", "physical", 40.0, 80.0, 80.0, share, through_grid=False)
    s = setting(48, import_usd_per_mwh=price, purchases=(p,), renewable={"ppa-flat": np.ones(48)})
    _, _, parts = solved(s, grid())
    assert parts["ppa-flat.energy"] == pytest.approx(40.0 * paid, rel=1e-4)


def test_a_virtual_contract_settles_the_difference_and_leaves_the_hours_alone():
    """Sold at 40 against a spot of 50 it earns 10 a MWh, so all 30 MW are signed; import stays at 100 MW."""
    p = Purchase("paper", "virtual", 40.0, 30.0)
    s = setting(24, purchases=(p,), renewable={"ppa-paper": np.full(24, 0.5)})
    campus, solution, parts = solved(s, grid())
    assert parts["ppa-paper.settlement"] == pytest.approx(-10.0 * 0.5 * 30.0 * 24, rel=1e-5)
    assert solution.flows[campus.program.flow("grid")] == pytest.approx(np.full(24, 100.0))


def test_physical_contracts_and_import_share_the_connection():
    p = Purchase("flat", "physical", 10.0, 100.0)
    s = setting(24, purchases=(p,), renewable={"ppa-flat": np.ones(24)}, connection_mw=70.0)
    campus, solution, parts = solved(s, grid(), gas())
    assert solution.columns[campus.program.column("ppa-flat")] == pytest.approx(70.0, rel=1e-4)
    assert parts["gas-turbine.fuel"] == pytest.approx(30 * 24 * 30.0, rel=1e-3)


def test_yearly_match_counts_surplus_that_hourly_match_does_not():
    """Sun for half the day gives all the year's energy, but only half of the hours'."""
    sun = np.tile([1.0, 0.0], 12)
    base = setting(24, renewable={"solar": sun}, export_usd_per_mwh=np.full(24, 0.0), connection_mw=100.0)
    plants = (grid(), solar(capital_usd_per_mw=2e4))
    campus, solution, _ = solved(replace(base, clean_annual_share=1.0), *plants)
    assert solution.columns[campus.program.column("solar")] == pytest.approx(200.0, rel=1e-3)
    assert solve(build(replace(base, cfe_hourly_share=0.9, max_unserved_share=0.0), named(*plants)).program) is None


def test_wear_makes_a_battery_dearer_by_fade_times_its_energy_cost():
    price = np.tile([10.0, 90.0], 24)
    s = setting(48, import_usd_per_mwh=price)
    campus, solution, parts = solved(replace(s, fade_per_cycle=1e-3), grid(), battery())
    charged = solution.flows[campus.program.flow("battery.charge")].sum()
    assert charged > 1.0
    assert parts["battery.degradation"] == pytest.approx(charged * 0.9 * 1e-3 * 1e3, rel=1e-6)


def test_lifecycle_cap_counts_what_building_solar_emitted():
    """Solar of 40 kg per MWh it could give: a cap of 40 with a grid of 500 needs all energy from it."""
    sun = np.ones(24)
    s = setting(24, renewable={"solar": sun}, carbon_cap_kg_per_mwh=40.0)
    plants = (grid(), solar(capital_usd_per_mw=1e6, lifecycle_kg_per_mwh=40.0))
    direct, _, parts = solved(s, *plants)
    assert direct.program.budgets[-1].columns == {}
    whole, solution, dearer = solved(replace(s, lifecycle_carbon=True), *plants)
    assert sum(dearer.values()) > sum(parts.values())
    assert solution.columns[whole.program.column("solar")] == pytest.approx(100.0, rel=1e-3)
    tighter = replace(s, lifecycle_carbon=True, carbon_cap_kg_per_mwh=30.0, max_unserved_share=0.0)
    assert solve(build(tighter, named(*plants)).program) is None


def test_priced_lifecycle_carbon_adds_up():
    s = setting(24, renewable={"solar": np.ones(24)}, carbon_price_usd_per_t=80.0, lifecycle_carbon=True,
                grid_lifecycle_kg_per_mwh=np.full(24, 600.0))  # fmt: skip
    plants = (grid(), solar(capital_usd_per_mw=1e6, lifecycle_kg_per_mwh=40.0), gas(upstream_kg_per_mwh=70.0),
              battery(lifecycle_kg_per_mwh=20.0))  # fmt: skip
    _, _, parts = solved(s, *plants)
    assert parts["carbon_price"] > 0


def sunny(steps=240, **values):
    sun = np.clip(np.sin((np.arange(steps) % 24 - 6) / 12 * np.pi), 0, None)
    return setting(steps, renewable={"solar": sun}, **values)


PLANTS = (
    grid(), solar(capital_usd_per_mw=5e3), battery(capital_usd_per_mw=2e3, capital_usd_per_mwh=2e3),
    technology("smr", "fuelled", capital_usd_per_mw=9e4, fuel_usd_per_mwh=12.0, carbon_free=True, minimum_load=0.5),
    technology("fuel-cell", "fuelled", capital_usd_per_mw=5e3, fuel_usd_per_mwh=12.0, minimum_load=0.2),
)  # fmt: skip


def test_a_budget_of_zero_strikes_out_what_it_counts_and_keeps_a_proof():
    s = sunny(720, cfe_hourly_share=1.0, max_unserved_share=0.0)
    campus = build(s, named(*PLANTS))
    solution, exact = solve(campus.program), solve_highs(campus.program)
    assert solution.solver == "interior"
    assert solution.objective == pytest.approx(exact.objective, rel=1e-4)
    assert solution.gap < 1e-4
    assert solution.columns[campus.program.column("fuel-cell")] == 0.0
    assert solution.flows[campus.program.flow("unserved")].max() <= 1e-4


def test_a_stopped_solve_gives_a_bracket_of_the_optimum():
    campus = build(sunny(720, cfe_hourly_share=0.9), named(*PLANTS))
    exact = solve(campus.program).objective
    stopped = solve(campus.program, iterations=10)
    assert (stopped.solver, stopped.iterations) == ("interior", 10)
    assert stopped.bound <= exact * (1 + 1e-6) <= stopped.objective * (1 + 1e-4)
    assert stopped.gap > 1e-4
