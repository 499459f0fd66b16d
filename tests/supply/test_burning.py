"""No limit rewards a flow: what stores and stopped training lose counts for nothing, and asked is delivered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from campuses import HOURS, battery, grid, named, setting, solar

from wattscale.chain import walk
from wattscale.scenario.load import load_scenario
from wattscale.site.prices import read_prices
from wattscale.supply.apart import blocked, meeting, pairs, stripped, tightened
from wattscale.supply.dispatch import dispatch
from wattscale.supply.expansion import build
from wattscale.supply.faults import broken_limits
from wattscale.supply.general import solve_highs
from wattscale.supply.interior import Iterate, _residuals
from wattscale.supply.layout import layout
from wattscale.supply.solve import solve, solve_once
from wattscale.supply.stage import campus_of
from wattscale.supply.told import clean_mwh
from wattscale.supply.warm import enter

ROOT = Path(__file__).resolve().parents[2]
PRICES = ROOT.parent / "shared" / "data" / "hourly"
SUN = np.clip(np.sin((np.arange(96) % 24 - 6) / 12 * np.pi), 0, None)


@pytest.mark.slow
@pytest.mark.parametrize(("share", "usd"), [(0.8, 103.791), (0.9, 126.626), (1.0, 236.710)])
def test_a_clean_share_of_the_year_is_delivered_and_certified(share, usd):
    """Example 03 without its hourly share: a share of the year once asked for energy to burn (0.9 gave 0.836)."""
    asked = ["supply.cfe_hourly_share=0", f"supply.clean_annual_share={share}"]
    result = walk(load_scenario(ROOT / "examples" / "03_clean_campus.toml", asked), "supply").results["supply"]
    assert result.figures["clean_annual_share"] >= share - 1e-6
    assert result.figures["solver_gap"] < 1e-5
    assert result.figures["cost_usd_per_mwh"][0] == pytest.approx(usd, rel=1e-4)


@pytest.mark.parametrize("flexible", [0.0, 0.4])
def test_losses_are_no_use_of_clean_energy(flexible):
    """By day sun is dear, so a share of 0.9 is all that is built: what storage and moved training lose is not in it."""
    s = setting(96, renewable={"solar": SUN}, clean_annual_share=0.9, flexible_share=flexible, flexible_window=24,
                checkpoint_loss_h=0.5)  # fmt: skip
    campus = build(s, named(grid(), solar(capital_usd_per_mw=4e4), battery(one_way_efficiency=0.8)))
    solution = solve(campus.program)
    d = dispatch(campus, solution)
    used = float((d.given_mw["solar"] - d.uses_mw["battery"] + d.given_mw["battery"]).sum())
    used -= float(d.uses_mw["flexible"].sum()) if flexible else 0.0
    assert clean_mwh(campus, solution, d) == pytest.approx(used)
    assert used / 9600.0 >= 0.9 - 1e-6
    assert float(d.given_mw["grid"].sum()) <= 0.1 * 9600.0 * (1 + 1e-5)
    assert solution.objective == pytest.approx(solve_highs(campus.program).objective, rel=1e-4)


def test_a_clean_share_of_zero_asks_for_nothing():
    s = setting(24, clean_annual_share=0.0, import_usd_per_mwh=np.tile([10.0, 90.0], 12))
    campus = build(s, named(grid(), battery()))
    assert campus.program.budgets == ()
    solution = solve(campus.program)
    assert clean_mwh(campus, solution, dispatch(campus, solution)) == 0.0


def negative(steps=48):
    """A battery on the grid alone, in a year that is half below zero."""
    price = np.where(np.arange(steps) % 12 < 6, -60.0, 60.0)
    return build(setting(steps, import_usd_per_mwh=price), named(grid(), battery(capital_usd_per_mw=100.0)))


def test_where_burning_pays_the_bound_is_that_of_the_tightened_program():
    """Charge and discharge at once would earn 60 USD for each MWh lost; a plain dispatch cannot."""
    program = negative().program
    loose, solution = solve_highs(program), solve(program)
    met = meeting(program, loose)
    tight = solve_highs(tightened(program, met))
    assert met
    assert tight.objective > loose.objective + 1.0
    assert solution.bound >= loose.objective
    assert solution.bound <= tight.objective + 1e-6 * abs(tight.objective)
    assert broken_limits(program, solution) == []
    for p in pairs(program):
        assert np.minimum(solution.flows[p.one], solution.flows[p.other]).max() == 0.0


def test_the_smaller_of_two_flows_is_switched_off_and_a_warm_start_begins_with_it_off():
    """A warm start once left flows without room where they were, so that in a year nothing was switched off."""
    program = negative(720).program
    found = solve_once(program)
    met = meeting(program, found)
    off = blocked(program, found, met)
    again = solve_once(off, start=found)
    for p, steps in met.items():
        assert np.minimum(again.flows[p.one], again.flows[p.other])[steps].max() == 0.0
    a = layout(off)
    s = Iterate(a)
    enter(a, s, found, _residuals)
    held = a.active == 0
    assert np.array_equal(s.y[held], a.low[held])


def test_a_solution_of_the_tightened_program_is_one_of_the_program():
    program = negative().program
    tight = tightened(program, meeting(program, solve_highs(program)))
    found = stripped(program, solve_highs(tight))
    assert found.flows.shape == (len(program.flows), program.steps)
    assert found.stores.shape == found.prices.stores.shape == (len(program.stores), program.steps)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["AU-NSW_2023", "DE-LU_2024"])
def test_real_years_with_negative_prices_are_certified_to_a_tenth_of_a_per_cent(name, catalog):
    path = PRICES / f"price_{name}.csv"
    if not path.exists():
        pytest.skip("the shared price files are not beside this checkout")
    place = walk(load_scenario({"preset": "first-campus", "site": {"name": "us_dallas"}}), "site").results["site"]
    place = replace(place, price_usd_per_mwh=read_prices(str(path)).price_usd_per_mwh)
    table = load_scenario({"supply": {
        "technologies": ["grid", "solar", "wind", "battery"], "export_allowed": True, "grid_adder_usd_per_mwh": 0,
        "connection_mw": 100,
    }}).supply  # fmt: skip
    campus = campus_of(table, np.full(HOURS, 100.0), place, catalog.recording(), 0.08)
    solution = solve(campus.program)
    flow = {f.name: y for f, y in zip(campus.program.flows, solution.flows, strict=True)}
    assert float((place.price_usd_per_mwh < 0.0).sum()) > 100
    assert solution.gap < 1e-3
    assert broken_limits(campus.program, solution) == []
    assert np.minimum(flow["grid"], flow["export"]).max() < 1e-6
    assert np.minimum(flow["battery.charge"], flow["battery.discharge"]).max() == 0.0
