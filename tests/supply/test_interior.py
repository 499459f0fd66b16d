"""The structured solver against general ones and against the published optima of the reference campus."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from bench_modules import bench
from campuses import battery, gas, grid, named, setting, solar

from wattscale.supply import border, interior
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.interior import solve_interior, warm_up
from wattscale.supply.layout import layout
from wattscale.supply.settle import budget_excess, imbalance, settle


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
    module = bench("supply_campus")
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


def test_a_point_that_rounding_stops_short_of_the_tolerance_is_carried_on(monkeypatch):
    """A step that cannot be taken near the end once left example 03 at a clean share of 1.0 with a gap of 1.9e-5."""
    program, step, stopped = mix(), interior._step, []

    def stops_once(a, s, r):
        cost = abs(float(np.sum(a.cost * s.y) + a.column_cost @ s.x))
        if not stopped and r.product < 8e-4 * cost and r.primal < interior.FEASIBLE:
            stopped.append(r.product / cost)
            return False
        return step(a, s, r)

    monkeypatch.setattr(interior, "_step", stops_once)
    found = solve_interior(program, 1e-6)
    assert stopped[0] > 1e-6
    assert found.objective - found.bound <= 1e-6 * found.objective
    assert found.objective == pytest.approx(solve_highs(program).objective, rel=1e-6)


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


def test_stretches_that_share_only_columns_give_the_same_answer_as_the_whole(monkeypatch):
    """Without stores every step stands alone, so that each month is factorised with its own peak."""
    program = stretched()
    a = layout(program)
    assert len(border.stretches(a)) == 3
    cut = solve_interior(program, 1e-7)
    monkeypatch.setattr(border, "WORTH", 0.0)
    assert len(border.stretches(a)) == 1
    whole = solve_interior(program, 1e-7)
    assert cut.objective == pytest.approx(whole.objective, rel=1e-9)
    assert cut.prices.balance == pytest.approx(whole.prices.balance, rel=1e-5)


def stretched():
    steps = 3 * border.LEAST
    hour = np.arange(steps)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None)
    s = setting(steps, renewable={"solar": sun}, month=hour // 100, demand_charge_usd_per_mw_month=900.0,
                import_usd_per_mwh=40 + 20 * np.cos(hour / 5), carbon_cap_kg_per_mwh=400.0)  # fmt: skip
    return build(s, named(grid(), solar(capital_usd_per_mw=4e5), gas())).program


@pytest.mark.slow
def test_two_years_in_one_program_share_their_capacities_alone():
    """Common capacities, own peaks and levels; a year twice costs twice that of one."""
    years = bench("supply_years")
    made = bench("supply_campus").make_campus(3)
    program = years.years_program([made, made])
    assert len(border.stretches(layout(program))) == 2
    found = solve_interior(program, 1e-3)
    assert 2 * 346_277_070 * (1 - 1e-6) <= found.objective <= 2 * 346_277_070 * (1 + 1e-3)
    level, energy = program.column("level.bat.1"), program.column("bat_e")
    assert 0.0 <= found.columns[level] <= found.columns[energy] * (1 + 1e-6)


def test_drawn_years_keep_the_season_and_differ():
    years = bench("supply_years")
    made = bench("supply_campus").make_campus(3)
    drawn = years.weather_years(made, 3, 1, [])
    for year in drawn[1:]:
        assert not np.array_equal(year["solar"], made["solar"])
        by_month = [float(np.corrcoef(_months(year["solar"]), _months(made["solar"]))[0, 1])]
        assert min(by_month) > 0.8


def _months(series):
    return series[:8736].reshape(13, -1).mean(axis=1)


@pytest.mark.slow
def test_a_first_plan_works_where_no_compiled_code_can_be_kept():
    """No folder of the package, of the user or of the environment can be written."""
    script = (
        "import numba.core.caching as c\n"
        "def refuse(self): raise OSError('read-only')\n"
        "for k in vars(c).values():\n"
        "    if isinstance(k, type) and hasattr(k, 'ensure_cache_path'): k.ensure_cache_path = refuse\n"
        "from wattscale.supply import interior\n"
        "import numpy as np\n"
        "from wattscale.supply import directions\n"
        "directions.aim(*(np.ones((2, 2)) for _ in range(8)), 1.0, 0.0, *(np.ones((2, 2)) for _ in range(2)))\n"
        "assert directions.aim.stats.cache_path is None, directions.aim.stats\n"
        "assert len(directions.aim.signatures) == 1\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
