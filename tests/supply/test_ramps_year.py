"""Ramps over a whole year: the reference campus with all kinds of them, and plans of the stage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bench_modules import bench
from campuses import HOURS, site

from wattscale.scenario.supply import SupplyTable
from wattscale.scenario.supply_terms import OwnTechnology
from wattscale.supply.interior import solve_interior
from wattscale.supply.program import Flow, Program, Ramp, term
from wattscale.supply.ramps import ramp_excess
from wattscale.supply.settle import budget_excess, imbalance, settle
from wattscale.supply.stage import run

LOAD = 100 + 5 * np.cos(2 * np.pi * np.arange(HOURS) / 24)
MIX = ["grid", "solar", "wind", "battery"]


def plan(catalog, place=None, **keys):
    return run(SupplyTable(**keys), LOAD, place or site(), catalog.recording(), 0.08)


def closes(result):
    given, taken = sum(result.dispatch_mw.values()), result.load_mw + sum(result.uses_mw.values())
    return float(np.abs(given - taken).max()) < 1e-6


def with_ramps(program: Program, size: float, loss: float) -> Program:
    """The reference campus: SMR at 30 % an hour, import at 5 % of the campus, training at 20 %, work lost."""
    n, zero = program.steps, np.zeros(program.steps)
    later = np.arange(n) > 0
    share = (term(program.column("smr"), np.where(later, 0.3, 0.0), n),)
    usual = -program.stores[2].inflow
    first = np.where(later, 0.0, 2 * size)
    flows, ramps = list(program.flows), []
    for j, most, terms, gain, base in (
        (2, first, share, {}, None), (3, np.where(later, 0.05 * size, first), (), {}, None),
        (9, 0.2 * usual, (), {2: -loss}, np.diff(usual, prepend=0.0)),
    ):  # fmt: skip
        flows += [Flow("up", zero, 0.0, zero, most, (), terms), Flow("down", zero, 0.0, zero, most, (), terms, gain)]
        ramps.append(Ramp(j, len(flows) - 2, len(flows) - 1, base))
    return replace(program, flows=tuple(flows), ramps=tuple(ramps))


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "without"), [(0, 255_186_933.2), (1, 640_101_712.0)])
def test_reference_campus_with_ramps_is_certified_and_kept_when_settled(seed, without):
    """Optimum without ramps: as in test_interior.py; no ramp lowers it."""
    module = bench("supply_campus")
    campus = module.make_campus(seed)
    program = with_ramps(module.campus_program(campus), campus["size"], 0.25)
    found = solve_interior(program, 1e-3)
    settled = settle(program, found)
    assert 0.0 < settled.gap <= 1e-3
    assert settled.bound > without
    assert imbalance(program, settled) < 1e-6
    assert ramp_excess(program, settled.columns, settled.flows) < 1e-6
    assert np.all(budget_excess(program, settled) < 1e-5)
    assert settled.iterations < 80


@pytest.mark.slow
def test_a_year_with_a_slow_reactor_and_a_limit_on_import_changes(catalog):
    slow = OwnTechnology(name="slow", like="smr", capital_usd_per_kw=3000.0, ramp_share_per_h=0.02)
    keys = {"technologies": [*MIX, "slow"], "own_technologies": [slow], "cfe_hourly_share": 0.9}
    free, result = plan(catalog, **keys), plan(catalog, **keys, import_ramp_mw_per_h=2.0)
    assert closes(result)
    assert result.figures["solver_gap"] < 1e-3
    assert np.abs(np.diff(result.dispatch_mw["grid"])).max() <= 2.0 + 1e-4
    assert result.figures["import_ramp_mw_per_h"] <= 2.0 + 1e-4
    most = 0.02 * result.capacity_mw["slow"]
    assert np.abs(np.diff(result.dispatch_mw["slow"])).max() <= most + 1e-4
    assert result.total_usd_per_year >= free.total_usd_per_year * (1 - 1e-3)
    assert result.shadow_prices["import_ramp_mw_per_h"] > 0
    assert result.figures["ramp_bound_hours.grid"] > 0
    assert sum(result.cost_usd_per_year.values()) == pytest.approx(result.total_usd_per_year)


@pytest.mark.slow
def test_turning_training_down_costs_work_that_is_made_up_in_its_week(catalog):
    dips = site()
    dips = replace(dips, price_usd_per_mwh=dips.price_usd_per_mwh - 70 * (np.sin(np.arange(HOURS) / 53) > 0.8))
    keys = {"technologies": MIX, "cfe_hourly_share": 0.8, "flexible_share": 0.4}
    free = plan(catalog, dips, **keys, checkpoint_loss_h=0.0)
    result = plan(catalog, dips, **keys, checkpoint_loss_h=0.25, flexible_ramp_share_per_h=0.3)
    moved = result.uses_mw["flexible"]
    falls = np.maximum(-np.diff(moved, prepend=0.0), 0.0)
    assert closes(result)
    assert result.figures["solver_gap"] < 1e-3
    assert result.figures["checkpoint_loss_mwh"] == pytest.approx(0.25 * falls.sum(), rel=1e-6)
    assert moved.sum() == pytest.approx(0.25 * falls.sum(), rel=1e-3)
    lost = np.add.reduceat(moved - 0.25 * falls, np.arange(0, HOURS, 168))
    assert np.abs(lost).max() < 1e-4 * 168 * 40
    assert np.all(np.abs(np.diff(moved)) <= 0.3 * 0.4 * LOAD[1:] + 1e-4)
    assert result.total_usd_per_year >= free.total_usd_per_year * (1 - 1e-3)
    assert result.figures["moved_mwh"] < free.figures["moved_mwh"]


@pytest.mark.slow
def test_the_grid_alone_with_a_ramp_no_longer_has_a_closed_form(catalog):
    plain, result = plan(catalog), plan(catalog, import_ramp_mw_per_h=10.0)
    assert result.total_usd_per_year == pytest.approx(plain.total_usd_per_year, rel=1e-4)
    assert closes(result)


@pytest.mark.slow
def test_ramps_hold_on_real_prices_with_negative_hours(catalog, shared_data):
    frame = pd.read_csv(shared_data("hourly/price_DE-LU_2023.csv"))
    price = frame["price_usd_per_mwh"].interpolate().to_numpy(float)[:HOURS]
    keys = {"technologies": [*MIX, "smr"], "cfe_hourly_share": 0.8, "max_capacity_mw": {"smr": 40.0}}
    result = plan(
        catalog,
        replace(site(), price_usd_per_mwh=price),
        **keys,
        flexible_share=0.4,
        import_ramp_mw_per_h=10.0,
        flexible_ramp_share_per_h=0.3,
    )
    assert (price < 0).sum() > 200
    assert closes(result)
    assert result.figures["solver_gap"] < 1e-3
    assert np.abs(np.diff(result.dispatch_mw["grid"])).max() <= 10.0 + 1e-4
    assert np.minimum(result.uses_mw["battery"], result.dispatch_mw["battery"]).max() == 0.0
    assert "solver-fallback" not in [w.code for w in result.warnings]
