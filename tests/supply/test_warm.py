"""Starts from a neighbour's solution: as right as cold ones, fewer iterations, and nothing that depends on luck."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bench_modules import bench
from test_interior import mix

from wattscale.supply import warm
from wattscale.supply.general import solve_highs
from wattscale.supply.interior import solve_interior
from wattscale.supply.solve import solve

GAP = 1e-5


def dearer(program, rng, share=0.05):
    """The same program with the cost of each capacity moved by up to a share."""
    columns = tuple(replace(c, cost=c.cost * (1 + share * rng.uniform(-1, 1))) for c in program.columns)
    return replace(program, columns=columns)


def test_a_warm_answer_is_certified_and_costs_what_the_cold_one_does():
    known = mix(cfe_hourly_share=0.7)
    start = solve_interior(known, GAP)
    for near in (mix(cfe_hourly_share=0.75), mix(cfe_hourly_share=0.6), dearer(known, np.random.default_rng(1))):
        cold, found = solve_interior(near, GAP), solve_interior(near, GAP, start=start)
        assert found.gap <= GAP
        assert found.objective == pytest.approx(cold.objective, rel=2 * GAP)


def test_a_neighbours_point_saves_iterations():
    known, rng = mix(cfe_hourly_share=0.7), np.random.default_rng(3)
    start = solve_interior(known, GAP)
    near = [dearer(known, rng) for _ in range(8)]
    cold = sum(solve_interior(p, GAP).iterations for p in near)
    found = sum(solve_interior(p, GAP, start=start).iterations for p in near)
    assert found < 0.9 * cold


def test_an_answer_of_another_solver_is_a_start_too():
    program = mix(carbon_cap_kg_per_mwh=150.0)
    exact = solve_highs(program)
    found = solve_interior(program, GAP, start=exact)
    assert found.objective == pytest.approx(exact.objective, rel=GAP)
    assert found.iterations < solve_interior(program, GAP).iterations


def test_a_start_of_another_shape_is_left_out():
    start, program = solve_interior(mix(steps=72), GAP), mix()
    assert not warm.fits(program, start)
    assert np.array_equal(solve_interior(program, GAP, start=start).flows, solve_interior(program, GAP).flows)


def test_a_start_that_leads_nowhere_is_followed_by_a_cold_one():
    program = mix()
    start = solve_interior(program, GAP)
    wild = replace(start, flows=1e9 * start.flows, prices=replace(start.prices, balance=-1e9 * start.prices.balance))
    assert solve_interior(program, GAP, start=wild).objective == pytest.approx(start.objective, rel=2 * GAP)


def test_the_same_start_gives_the_same_answer_bit_for_bit():
    program = mix(cfe_hourly_share=0.7)
    start = solve_interior(mix(cfe_hourly_share=0.6), GAP)
    one, two = (solve_interior(program, GAP, start=start) for _ in range(2))
    assert np.array_equal(one.flows, two.flows)
    assert one.objective == two.objective


@pytest.mark.parametrize("seed", range(0, 24, 2))
def test_any_campus_may_start_from_its_neighbour(seed):
    """Random technologies, contracts, ramps and limits."""
    program = bench("supply_random").random_campus(seed).program
    near = dearer(program, np.random.default_rng(seed))
    start, cold = solve_interior(program, 1e-4), solve_interior(near, 1e-4)
    if start is None or cold is None:
        assert solve_highs(near) is None or solve_interior(near, 1e-4) is None
        return
    found = solve_interior(near, 1e-4, start=start)
    assert found.gap <= 1e-4
    assert found.objective == pytest.approx(cold.objective, rel=2e-4)


def test_solving_a_plan_again_may_start_from_its_first_answer():
    program = mix(steps=504, cfe_hourly_share=0.5)
    first = solve(program)
    again = solve(program, start=first)
    assert again.iterations < first.iterations
    assert again.objective == pytest.approx(first.objective, rel=1e-4)
