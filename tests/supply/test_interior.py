"""The structured solver against general ones and against the published optima of the reference campus."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, solar

from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.interior import solve_interior, warm_up
from wattscale.supply.layout import layout
from wattscale.supply.settle import budget_excess, imbalance, settle

ROOT = Path(__file__).resolve().parents[2]


def reference():
    spec = importlib.util.spec_from_file_location("supply_campus", ROOT / "benchmarks" / "supply_campus.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mix(steps=96, **values):
    hour = np.arange(steps)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)
    s = setting(steps, renewable={"solar": sun}, month=hour // 48, demand_charge_usd_per_mw_month=500.0, **values)
    kinds = (grid(), solar(capital_usd_per_mw=5e3), battery(capital_usd_per_mw=2e3, capital_usd_per_mwh=2e3), gas())
    return build(s, named(*kinds)).program


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "carbon", "dirty", "optimum"),
    [
        (0, 1.0, 1.0, 255_186_933.2),
        (1, 1.0, 1.0, 640_101_712.0),
        (0, 4.0, 0.5, 268_887_043.0),
        (1, 4.0, 0.5, 665_989_470.0),
    ],
)
def test_reference_campus_is_certified_and_within_its_gap_of_the_known_optimum(seed, carbon, dirty, optimum):
    """Optima: HiGHS HiPO at 1e-8 (carbon cap binds), Clarabel (carbon-free share binds) on the same inputs."""
    module = reference()
    campus = module.make_campus(seed)
    campus["carbon_cap"] *= carbon
    campus["cfe_budget"] *= dirty
    program = module.campus_program(campus)
    found = solve_interior(program, 1e-3)
    settled = settle(program, found)
    assert settled.gap <= 1e-3
    assert settled.bound <= optimum * (1 + 1e-8)
    assert optimum * (1 - 1e-7) <= settled.objective <= optimum * (1 + 1e-3)
    assert imbalance(program, settled) < 1e-9
    assert np.all(budget_excess(program, settled) < 1e-5)


@pytest.mark.parametrize(
    "values", [{}, {"cfe_hourly_share": 0.8}, {"carbon_cap_kg_per_mwh": 150.0}, {"connection_mw": 30.0}]
)
def test_same_cost_and_prices_as_a_vertex_solver(values):
    program = mix(**values)
    exact, found = solve_highs(program), solve_interior(program, 1e-6)
    assert found.objective == pytest.approx(exact.objective, rel=2e-6)
    assert found.bound <= exact.objective * (1 + 1e-9)
    assert found.prices.budgets == pytest.approx(exact.prices.budgets, rel=1e-2, abs=1e-3)


def test_an_impossible_campus_is_left_to_others():
    program = mix(carbon_cap_kg_per_mwh=1.0, max_unserved_share=0.001, land_ha=10.0)
    assert solve_highs(program) is None
    assert solve_interior(program) is None


def test_cost_does_not_depend_on_the_order_of_flows_and_columns():
    """Permuting what is a set leaves the optimum where it is."""
    a = mix(cfe_hourly_share=0.7)
    swapped = replace(a, links=a.links[::-1], budgets=a.budgets[::-1])
    assert solve_interior(swapped, 1e-6).objective == pytest.approx(solve_interior(a, 1e-6).objective, rel=2e-6)


def test_night_is_a_part_without_room():
    a = layout(mix())
    assert a.active[0].sum() < a.active[12].sum()


def test_warm_up_runs_through():
    assert warm_up() is None
