"""What a solved campus tells, each part from its flows: twelve steps of two hours, every kind of plant and contract.

The numbers expected are written out from the flows and sizes; that the flows are the cheapest is tested elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, solar

from wattscale.supply import dispatch as name
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.setting import Purchase
from wattscale.supply.told import figures_of

STEPS, HOURS = 12, 2.0
SUN = np.clip(np.sin((np.arange(STEPS) - 3) / 6 * np.pi), 0, None)
PRICE = np.where(np.arange(STEPS) < 8, 40.0, 160.0)
LOAD = np.where(np.arange(STEPS) % 3 < 2, 100.0, 60.0)
CARBON = np.linspace(300.0, 600.0, STEPS)
CLEAN = Purchase("clean", "physical", 45.0, 10.0, 10.0, 1.0, lifecycle_kg_per_mwh=11.0)
OTHER = Purchase("other", "physical", 35.0, 8.0, 8.0, 0.5, carbon_free=False, through_grid=False)
PAPER = Purchase("paper", "virtual", 50.0, 5.0, 5.0)
ANNUITY = 0.05 / (1 - 1.05**-10)


def ranged(t, **levels):
    return replace(t, **levels)


PLANTS = named(
    ranged(grid(fixed_share=0.02), capital_usd_per_mw=(1e4, 0.9e4, 1.2e4)),
    ranged(solar(fixed_share=0.01, variable_usd_per_mwh=3.0, lifecycle_kg_per_mwh=40.0),
           capital_usd_per_mw=(1e3, 0.8e3, 1.5e3)),
    ranged(battery(variable_usd_per_mwh=2.0, fixed_usd_per_mw_year=50.0, capital_usd_per_mw=1e3),
           capital_usd_per_mwh=(1e3, 0.8e3, 1.5e3)),
    ranged(gas(variable_usd_per_mwh=4.0, fixed_usd_per_mw_year=100.0, upstream_kg_per_mwh=60.0),
           capital_usd_per_mw=(3e3, 2e3, 5e3), fuel_usd_per_mwh=(30.0, 20.0, 45.0)),
)  # fmt: skip


@pytest.fixture(scope="module")
def solved():
    flat = np.ones(STEPS)
    s = setting(
        STEPS, weight=HOURS * flat, load_mw=LOAD, import_usd_per_mwh=PRICE + 5.0, spot_usd_per_mwh=PRICE,
        network_usd_per_mwh=5.0 * flat, grid_carbon_kg_per_mwh=CARBON, grid_lifecycle_kg_per_mwh=CARBON + 50.0,
        discount_rate=0.05, connection_mw=70.0, carbon_price_usd_per_t=20.0, fade_per_cycle=1e-3,
        max_capacity_mw={"solar": 150.0, "battery": 15.0, "gas-turbine": 20.0},
        demand_charge_usd_per_mw_month=500.0, purchases=(CLEAN, OTHER, PAPER), unserved_usd_per_mwh=300.0,
        renewable={"solar": SUN, "ppa-clean": SUN, "ppa-other": flat, "ppa-paper": flat},
    )  # fmt: skip
    campus = build(s, PLANTS)
    solution = solve_highs(campus.program)
    return campus, solution, name.dispatch(campus, solution)


def energy(series):
    """Energy of a series over the steps of two hours [MWh]."""
    return HOURS * float(np.sum(series))


def test_the_case_uses_every_kind_of_plant(solved):
    campus, solution, d = solved
    power, stored = name.capacities(campus, solution)
    assert all(power[k] > 1.0 for k in PLANTS), power
    assert stored["battery"] > 1.0
    assert all(energy(d.given_mw[k]) > 1.0 for k in (*PLANTS, "ppa-clean", "ppa-other"))


def test_power_balances_and_solar_is_used_or_curtailed(solved):
    campus, solution, d = solved
    given, taken = sum(d.given_mw.values()), LOAD + sum(d.uses_mw.values())
    assert given == pytest.approx(taken, abs=1e-6)
    power, _ = name.capacities(campus, solution)
    assert d.given_mw["solar"] + d.curtailed_mw["solar"] == pytest.approx(power["solar"] * SUN, abs=1e-9)
    assert d.given_mw["ppa-clean"] + d.curtailed_mw["ppa-clean"] == pytest.approx(10.0 * SUN, abs=1e-6)


def test_each_part_of_the_cost_follows_from_sizes_and_energy(solved):
    campus, solution, d = solved
    (power, stored), e = name.capacities(campus, solution), {k: energy(v) for k, v in d.given_mw.items()}
    charged = energy(d.uses_mw["battery"])
    imported = d.given_mw["grid"] + d.given_mw["ppa-clean"]
    counted = HOURS * float(CARBON @ (d.given_mw["grid"] + d.given_mw["ppa-other"])) + 400.0 * e["gas-turbine"]
    expected = {
        "grid.capital": 1e4 * power["grid"] * ANNUITY, "grid.fixed": 1e4 * power["grid"] * 0.02,
        "grid.energy": HOURS * float((PRICE + 5.0) @ d.given_mw["grid"]),
        "grid.demand_charge": 500.0 * imported.max(),
        "solar.capital": 1e3 * power["solar"] * ANNUITY, "solar.fixed": 1e3 * power["solar"] * 0.01,
        "solar.variable": 3.0 * power["solar"] * energy(SUN),
        "battery.capital": (1e3 * power["battery"] + 1e3 * stored["battery"]) * ANNUITY,
        "battery.fixed": 50.0 * power["battery"], "battery.variable": 2.0 * charged,
        "battery.degradation": 1e-3 * 1e3 * 0.9 * charged,
        "gas-turbine.capital": 3e3 * power["gas-turbine"] * ANNUITY, "gas-turbine.fixed": 100.0 * power["gas-turbine"],
        "gas-turbine.variable": 4.0 * e["gas-turbine"], "gas-turbine.fuel": 30.0 * e["gas-turbine"],
        "ppa-clean.energy": 45.0 * 10.0 * energy(SUN), "ppa-clean.network": 5.0 * e["ppa-clean"],
        "ppa-other.energy": 35.0 * max(e["ppa-other"], 0.5 * 8.0 * 24.0),
        "ppa-paper.settlement": HOURS * 5.0 * float((50.0 - PRICE).sum()),
        "unserved": 300.0 * e["unserved"], "carbon_price": counted / 1000 * 20.0,
    }  # fmt: skip
    parts = name.costs(campus, solution, d)
    assert set(parts) == set(expected)
    for key, usd in expected.items():
        assert parts[key] == pytest.approx(usd, rel=1e-6, abs=1e-3), key
    assert sum(parts.values()) == pytest.approx(solution.objective, rel=1e-7)


def test_the_range_of_the_cost_moves_capital_and_fuel_and_leaves_the_design(solved):
    campus, solution, d = solved
    (power, stored), fuel = name.capacities(campus, solution), energy(d.given_mw["gas-turbine"])
    base = sum(name.costs(campus, solution, d).values())
    for level, found in zip((0, 1), name.cost_range(campus, solution, d), strict=True):
        more = (
            (-1e3, 2e3)[level] * power["grid"] * (ANNUITY + 0.02)
            + (-200.0, 500.0)[level] * power["solar"] * (ANNUITY + 0.01)
            + (-200.0, 500.0)[level] * stored["battery"] * ANNUITY
            + (-1e3, 2e3)[level] * power["gas-turbine"] * ANNUITY
            + (-10.0, 15.0)[level] * fuel
        )
        assert found == pytest.approx(base + more, rel=1e-9)


def test_carbon_of_import_contracts_and_plant(solved):
    """Without certificates a contract emits what the grid does; behind the meter it is no part of the grid's energy."""
    campus, _, d = solved
    total, of_grid = name.carbon_kg(campus, d)
    assert of_grid == pytest.approx(HOURS * CARBON * d.given_mw["grid"])
    plant = HOURS * (400.0 * d.given_mw["gas-turbine"] + CARBON * d.given_mw["ppa-other"])
    assert total == pytest.approx(of_grid + plant)
    over = replace(campus, setting=replace(campus.setting, purchases=(CLEAN, replace(OTHER, through_grid=True), PAPER)))
    assert name.carbon_kg(over, d)[1] == pytest.approx(HOURS * CARBON * (d.given_mw["grid"] + d.given_mw["ppa-other"]))
    lifecycle = (
        (CARBON + 50) * (d.given_mw["grid"] + d.given_mw["ppa-other"])
        + 460.0 * d.given_mw["gas-turbine"]
        + 11.0 * d.given_mw["ppa-clean"]
    )
    assert name.lifecycle_kg(campus, d, CARBON + 50.0) == pytest.approx(HOURS * lifecycle)


def test_carbon_that_cap_and_price_count_over_the_life_cycle(solved):
    """With the plant: 40 kg for each MWh that solar could give, 460 of gas, contracts at their own."""
    campus, solution, d = solved
    whole = replace(campus, setting=replace(campus.setting, lifecycle_carbon=True))
    power, _ = name.capacities(campus, solution)
    expected = HOURS * float((CARBON + 50) @ (d.given_mw["grid"] + d.given_mw["ppa-other"]))
    expected += 40.0 * power["solar"] * energy(SUN) + 460.0 * energy(d.given_mw["gas-turbine"])
    expected += 11.0 * energy(d.given_mw["ppa-clean"])
    assert name.counted_carbon_kg(whole, d, power) == pytest.approx(expected)


def test_contracted_power_over_the_meter(solved):
    campus, _, d = solved
    found = name.metered_mw(campus, d)
    assert set(found) == {"clean"}
    assert found["clean"] == pytest.approx(d.given_mw["ppa-clean"])


def test_figures_are_sums_over_hours(solved):
    campus, solution, d = solved
    f, (power, stored) = figures_of(campus, solution, d), name.capacities(campus, solution)
    load, metered = energy(LOAD), d.given_mw["grid"] + d.given_mw["ppa-clean"]
    cost = sum(name.costs(campus, solution, d).values())
    assert f["energy_mwh"] == load
    assert f["cost_usd_per_year"][0] == pytest.approx(cost)
    assert f["cost_usd_per_mwh"][0] == pytest.approx(cost / load)
    assert f["cost_usd_per_mwh"][1] < f["cost_usd_per_mwh"][0] < f["cost_usd_per_mwh"][2]
    assert f["carbon_t"] == pytest.approx(name.carbon_kg(campus, d)[0].sum() / 1000)
    assert f["carbon_kg_per_mwh"] == pytest.approx(name.carbon_kg(campus, d)[0].sum() / load)
    assert f["peak_import_mw"] == pytest.approx(metered.max())
    assert f["import_mwh"] == pytest.approx(energy(d.given_mw["grid"]))
    assert f["unserved_mwh"] == pytest.approx(energy(d.given_mw["unserved"]), abs=1e-6)
    # Shares of the year: solar alone is own; solar and the contract are what could be curtailed.
    assert f["renewable_share"] == pytest.approx(energy(d.given_mw["solar"]) / load)
    curtailed = sum(energy(v) for v in d.curtailed_mw.values())
    could = curtailed + sum(energy(d.given_mw[k]) for k in d.curtailed_mw)
    assert f["curtailment_share"] == pytest.approx(curtailed / could, abs=1e-9)
    assert f["load_ramp_mw_per_h"] == 40.0
    assert f["import_ramp_mw_per_h"] == pytest.approx(np.abs(np.diff(metered)).max())
    assert f["capacity_mw.solar"] == power["solar"]
    assert f["capacity_factor.solar"] == pytest.approx(SUN.mean())
    assert f["storage_mwh.battery"] == stored["battery"]
    assert f["storage_cycles.battery"] == pytest.approx(energy(d.given_mw["battery"]) / stored["battery"])
    assert f["ppa_mw.clean"] == pytest.approx(10.0)
    assert f["ppa_mwh.clean"] == pytest.approx(energy(d.given_mw["ppa-clean"]))
    assert f["ppa_used_share.clean"] == pytest.approx(energy(d.given_mw["ppa-clean"]) / (10 * energy(SUN)))
    assert "ppa_mwh.paper" not in f


def test_surplus_of_a_contract_is_sold_at_the_spot_price(solved):
    """What is not used earns the hourly price where that is above zero, and is not curtailed."""
    campus, _, d = solved
    sold = replace(CLEAN, surplus_sold=True)
    c = replace(campus, setting=replace(campus.setting, purchases=(sold, OTHER, PAPER), spot_usd_per_mwh=PRICE - 50.0))
    rest = 10.0 * SUN - d.given_mw["ppa-clean"]
    parts = name.purchase_costs(c, sold, 10.0, d)
    assert parts["ppa-clean.sold"] == pytest.approx(-HOURS * float(rest @ np.maximum(PRICE - 50.0, 0.0)))
