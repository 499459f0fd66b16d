"""An answer that breaks a limit or is certified badly is no plan: another solver is asked, and then it is an error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import battery, gas, grid, named, setting, solar

from wattscale.errors import InputError, WattscaleError
from wattscale.scenario.load import load_scenario
from wattscale.supply import solve as module
from wattscale.supply import stage
from wattscale.supply.expansion import build
from wattscale.supply.faults import broken_limits, certified_gap, faults, flaw, paid, refuse_faults
from wattscale.supply.general import solve_clarabel, solve_highs
from wattscale.supply.interior import solve_interior
from wattscale.supply.solve import STRUCTURED, solve
from wattscale.supply.told import warnings_of

SUN = np.clip(np.sin((np.arange(720) % 24 - 6) / 12 * np.pi), 0, None)


def campus(**values):
    given = {"renewable": {"solar": SUN}, "cfe_hourly_share": 0.6, "land_ha": 1900.0, "connection_mw": 110.0, **values}
    return build(setting(720, **given), named(grid(), solar(capital_usd_per_mw=3e5), battery(), gas()))


def test_an_exact_answer_has_no_faults():
    c = campus()
    assert faults(c.program, solve_highs(c.program)) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda s, p: replace(s, flows=s.flows * 1.01), "balance"),
        (lambda s, p: replace(s, columns=np.where(p.column("grid") == np.arange(len(s.columns)), 120.0, s.columns)),
         "grid"),
        (lambda s, p: replace(s, columns=np.where(p.column("solar") == np.arange(len(s.columns)), 980.0, s.columns)),
         "supply.land_ha"),
        (lambda s, p: replace(s, bound=0.9 * s.objective), "gap"),
        (lambda s, p: replace(s, bound=np.nan), "gap"),
        (lambda s, p: replace(s, bound=1.5 * s.objective), "gap"),
    ],
)  # fmt: skip
def test_each_kind_of_fault_is_found(change, name):
    c = campus()
    wrong = change(solve_highs(c.program), c.program)
    assert name in [f.name for f in faults(c.program, wrong)]


def test_a_share_that_is_missed_is_told_in_the_users_words():
    """An answer for 0.55 where 0.6 is asked misses the limit by an eighth of what may be dirty."""
    c, lower = campus(), campus(cfe_hourly_share=0.55)
    with pytest.raises(WattscaleError, match=r"supply\.cfe_hourly_share = 0\.6 is missed by 0\.12") as caught:
        refuse_faults(c, solve(lower.program))
    assert not isinstance(caught.value, InputError)


def test_a_cost_without_a_proof_is_refused_with_its_gap():
    c = campus()
    found = solve(c.program)
    with pytest.raises(WattscaleError, match=r"supply\.solver_gap is 0\.05"):
        refuse_faults(c, replace(found, bound=0.95 * found.objective))


def wrong_first(program, *rest):
    """The structured method as it would be with a fault: an answer of a looser program, which breaks the share."""
    looser = tuple(replace(b, limit=1.2 * b.limit) for b in program.budgets)
    return solve_interior(replace(program, budgets=looser), 1e-5)


def test_a_broken_limit_goes_to_the_general_solver(monkeypatch):
    c = campus()
    monkeypatch.setattr(module, "solve_once", wrong_first)
    found = solve(c.program)
    assert found.solver == "clarabel"
    assert broken_limits(c.program, found) == []
    assert found.objective == pytest.approx(solve_highs(c.program).objective, rel=1e-4)


def test_where_the_general_solver_does_no_better_there_is_no_plan(monkeypatch):
    c = campus()
    monkeypatch.setattr(module, "solve_once", wrong_first)
    monkeypatch.setattr(module, "solve_clarabel", lambda p: replace(wrong_first(p), solver="clarabel"))
    with pytest.raises(WattscaleError, match=r"cfe_hourly_share"):
        stage.solve_campus(c)


def test_an_answer_stopped_too_early_goes_to_the_general_solver():
    """It was refused: few iterations kept the other solver away. Nor is that one told to have stopped."""
    c = campus(cfe_hourly_share=0.9)
    found = stage.solve_campus(c, iterations=5)
    assert found.solver == "clarabel"
    assert found.objective == pytest.approx(solve_highs(c.program).objective, rel=1e-4)
    table = load_scenario({"supply": {"solver_iterations": 5}}).supply
    told = {w.code for w in warnings_of(table, c, found)}
    assert "solver-fallback" in told
    assert "solver-stopped" not in told
    assert "solver-stopped" in {w.code for w in warnings_of(table, c, replace(found, solver=STRUCTURED))}


@pytest.mark.parametrize("price", [0.0, 1e-9, 1e-3, np.tile([50.0, -50.0], 360)])
def test_a_plan_that_costs_nothing_is_measured_against_what_a_year_usually_costs(price):
    """Free import, and prices that cancel: a rounding of a cent over a cost of nothing was a gap of 3e8."""
    s = setting(720, renewable={"solar": SUN}, import_usd_per_mwh=price, connection_mw=150.0)
    c = build(s, named(grid(), solar(), battery(capital_usd_per_mw=1e6)))
    found = stage.solve_campus(c)
    assert abs(found.objective - solve_highs(c.program).objective) < 1.0
    assert abs(certified_gap(c.program, found)) < 1e-4
    assert "gap" in [f.name for f in faults(c.program, replace(found, bound=found.bound - 1e9))]


@pytest.mark.parametrize("share", [1.0, 0.995, 0.98, 1.01, np.nan])
def test_one_gap_holds_for_plans_and_for_any_program(share):
    """A bound far below the cost proves nothing; one above it is false."""
    right = share in (1.0, 0.995)
    c = build(setting(48), named(grid(), battery()))
    found = solve_highs(c.program)
    found = replace(found, bound=share * found.objective)
    assert (faults(c.program, found) == []) is right
    assert (flaw(c.program, found) == "") is right
    if share == 1.01:
        with pytest.raises(WattscaleError, match="below what the solver proved"):
            refuse_faults(c, found)


def test_whole_units_keep_no_design_that_breaks_a_limit(monkeypatch):
    from wattscale.supply import whole_units

    c = campus(unit_mw={"gas-turbine": 20.0})
    monkeypatch.setattr(whole_units, "broken_limits", lambda p, s: ["all"])
    with pytest.raises(WattscaleError, match="no design in whole units was found that keeps its limits") as caught:
        stage.solve_campus(c)
    assert not isinstance(caught.value, InputError), "a solver that fails proves no limit too tight"
    assert solve_clarabel(c.program) is not None


def test_a_campus_whose_whole_load_can_be_moved_is_measured_by_that_load():
    """Nothing of its load is fixed; a rounding of 1e-13 MW counted as a limit missed, since held against none."""
    c = build(setting(720, flexible_share=1.0, flexible_window=24, connection_mw=300.0), named(grid()))
    assert np.max(np.abs(c.program.load)) == 0.0
    assert c.program.peak_mw == pytest.approx(100.0)
    assert faults(c.program, solve(c.program)) == []


def test_a_gap_is_measured_against_what_is_paid_not_against_what_sales_leave():
    """A campus that earns what it pays has a net cost near nothing; 25,000 USD of 20 million were a gap of 2.4 %."""
    c = campus()
    found = solve(c.program)
    spent = paid(c.program, found)
    assert spent == pytest.approx(found.objective, rel=1e-9)  # nothing is sold
    sold = replace(found, objective=0.01 * spent, bound=0.01 * spent - 1e-3 * spent)
    assert certified_gap(c.program, sold) == pytest.approx(1e-3)
