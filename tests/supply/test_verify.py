"""The cross-check with HiGHS, from the scenario's key to figure and warning, and years in longer steps."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, site, solar
from test_stage import LOAD, plan
from typer.testing import CliRunner

from wattscale.errors import InputError, WattscaleError
from wattscale.scenario.supply import SupplyTable
from wattscale.supply import verify
from wattscale.supply.coarser import coarser
from wattscale.supply.expansion import build
from wattscale.supply.solve import solve
from wattscale.supply.stage import run


def small(**values):
    sun = np.clip(np.sin((np.arange(48) % 24 - 6) / 12 * np.pi), 0, None)
    s = setting(48, weight=np.full(48, 182.5), renewable={"solar": sun}, **values)
    campus = build(s, named(grid(), solar(), battery(), gas()))
    return campus, solve(campus.program)


def coarse(catalog, step_h, **keys):
    return run(SupplyTable(**keys), LOAD, site(), catalog.recording(), 0.08, None, step_h)


def test_two_solvers_that_agree_leave_a_difference_and_no_warning():
    found, warnings = verify.cross_check(*small(cfe_hourly_share=0.6))
    assert abs(found["verify_difference"]) < 1e-6
    assert warnings == ()


def test_whole_units_are_compared_as_the_plan_has_them():
    campus, solution = small(unit_mw={"gas-turbine": 20.0}, connection_mw=50.0)
    from wattscale.supply.whole_units import solve_whole, unit_columns

    whole = solve_whole(campus.program, unit_columns(campus))
    assert whole.objective > solution.objective
    found, warnings = verify.cross_check(campus, whole)
    assert found["verify_difference"] == pytest.approx(0.0, abs=1e-5)
    assert warnings == ()


@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_a_plan_off_the_second_answer_is_warned_of(factor):
    campus, solution = small()
    found, warnings = verify.cross_check(
        campus, replace(solution, objective=factor * solution.objective, bound=0.999 * factor * solution.objective)
    )
    assert [w.code for w in warnings] == ["verify-differs"]
    assert found["verify_difference"] == pytest.approx(factor - 1, rel=1e-4)
    assert "HiGHS" in warnings[0].message


def test_a_second_solver_without_an_answer_is_told(monkeypatch):
    def stops(*_):
        raise WattscaleError("HiGHS stopped with 'Time limit reached'")

    campus, solution = small()
    for answer in (stops, lambda *_: None):
        monkeypatch.setattr(verify, "solve_highs", answer)
        found, warnings = verify.cross_check(campus, solution)
        assert found == {}
        assert [w.code for w in warnings] == ["verify-failed"]


@pytest.mark.slow
@pytest.mark.parametrize("newer", [True, False])
def test_the_stage_checks_itself_when_asked(catalog, monkeypatch, newer):
    if newer and not verify.has_hipo():
        pytest.skip("highspy[extras] is not installed")
    monkeypatch.setattr(verify, "has_hipo", lambda: newer)
    result = coarse(catalog, 6, technologies=["grid", "solar", "battery"], cfe_hourly_share=0.6, verify=True)
    assert -1e-6 <= result.figures["verify_difference"] <= result.figures["solver_gap"] + 1e-6
    assert [w.code for w in result.warnings] == []


@pytest.mark.slow
def test_the_command_line_reports_the_check():
    from wattscale.cli import app

    asked = ["--set", 'supply.technologies=["grid","solar"]', "--set", "supply.verify=true", "--json"]
    done = CliRunner().invoke(app, ["plan", *asked])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    difference = found["figures"]["supply.verify_difference"]["value"]
    assert -1e-6 <= difference <= found["figures"]["supply.solver_gap"]["value"] + 1e-6
    assert not [w for w in found["warnings"] if w["code"].startswith("verify")]


@pytest.mark.slow
def test_longer_steps_give_nearly_the_same_campus_by_hours(catalog):
    keys = {"technologies": ["grid", "solar", "battery"], "cfe_hourly_share": 0.6}
    hourly, quick = plan(catalog, **keys), coarse(catalog, 3, **keys)
    assert quick.total_usd_per_year == pytest.approx(hourly.total_usd_per_year, rel=0.03)
    given = sum(quick.dispatch_mw.values()).reshape(-1, 3).sum(axis=1)
    taken = (LOAD + sum(quick.uses_mw.values())).reshape(-1, 3).sum(axis=1)
    assert given == pytest.approx(taken, abs=1e-6)
    assert quick.carbon_kg.shape == hourly.carbon_kg.shape
    assert quick.carbon_kg.sum() == pytest.approx(float(quick.dispatch_mw["grid"] @ np.full(8760, 400.0)))


def test_labels_and_marks_of_a_step_are_not_averaged():
    s = setting(6, called=np.array([0.0, 1, 0, 0, 0, 0]), tariff_period=np.array([0.0, 2, 2, 2, 2, 0]))
    found = coarser(s, 3)
    assert found.called.tolist() == [1.0, 0.0]
    assert found.tariff_period.tolist() == [0.0, 2.0]
    assert found.weight.tolist() == [3.0, 3.0]


def test_a_step_that_does_not_divide_a_day_is_refused(catalog):
    with pytest.raises(InputError, match="nearest is 4") as caught:
        coarse(catalog, 5)
    assert caught.value.where == "step_h"
