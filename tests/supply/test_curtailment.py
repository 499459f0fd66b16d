"""A curtailment contract pays for load given up against a baseline that follows from the load alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import HOURS, gas, grid, named, setting, site

from wattscale.errors import InfeasibleError, WattscaleError
from wattscale.scenario.supply import SupplyTable
from wattscale.supply import stage
from wattscale.supply.curtailment import without_contract
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.program import Link
from wattscale.supply.solve import solve
from wattscale.supply.stage import run, with_or_without_contract

CALLED = np.isin(np.arange(48), [20, 21, 40]).astype(float)
CHEAP = gas(capital_usd_per_mw=1.0, fuel_usd_per_mwh=60.0)


def offered(**values):
    given = {"called": CALLED, "curtailment_share": 0.5, "curtailment_usd_per_mw_year": 6e4, **values}
    return setting(48, **given)


def flat(catalog, load=100.0, **keys):
    given = {"curtailment_hours": 100, "curtailment_share": 0.5, "curtailment_usd_per_kw_year": 60.0, **keys}
    return run(SupplyTable(**given), np.full(HOURS, load), site(), catalog.recording(), 0.08)


@pytest.mark.slow
@pytest.mark.parametrize("connection", [None, 300.0])
def test_what_is_paid_does_not_grow_with_the_connection(catalog, connection):
    """A flat 100 MW with half of it called: at most 50 MW x 60 USD/kW = 3.0 M$, and nothing where nothing falls."""
    alone = flat(catalog, connection_mw=connection)
    moved = flat(catalog, connection_mw=connection, flexible_share=0.6, flexible_window_h=168, flexible_high_share=2.0)
    called = np.argsort(-site().price_usd_per_mwh, kind="stable")[:100]
    assert alone.cost_usd_per_year.get("grid.curtailment_credit", 0.0) == pytest.approx(0.0, abs=1.0)
    paid = -moved.cost_usd_per_year["grid.curtailment_credit"]
    assert 0.0 < paid <= 3.0e6 + 1.0
    assert moved.dispatch_mw["grid"][called].max() <= 100.0 - paid / 6e4 + 1e-6
    assert moved.figures["firm_reduction_mw"] == pytest.approx(paid / 6e4)


@pytest.mark.parametrize(("connection", "mw"), [(None, 50.0), (300.0, 50.0), (60.0, 30.0)])
def test_the_baseline_is_the_mean_load_of_the_called_hours_and_no_more_than_the_connection(connection, mw):
    campus = build(offered(connection_mw=connection), named(grid(), CHEAP))
    campus, solution = with_or_without_contract(campus, 150, 1e-5)
    baseline = min(100.0, connection or np.inf)
    assert solution.columns[campus.program.column("reduction")] == pytest.approx(mw, rel=1e-4)
    assert solution.flows[campus.program.flow("grid")][CALLED > 0].max() <= baseline - mw + 1e-3


def test_a_baseline_of_ones_own_takes_the_place_of_the_mean():
    s = offered(curtailment_baseline_mw=80.0)
    assert s.curtailment_baseline == 80.0
    assert replace(s, connection_mw=70.0).curtailment_baseline == 70.0
    assert setting(24).curtailment_baseline == 0.0


def test_a_contract_that_is_not_worth_its_limit_is_not_signed():
    """Load of 90 and 110 MW: signed, the hours of 110 stay below the mean of 100. Unsigned they do not."""
    load = np.where(np.arange(48) % 2 == 0, 90.0, 110.0)
    called = np.isin(np.arange(48), [20, 21]).astype(float)
    campus = build(offered(load_mw=load, called=called, curtailment_usd_per_mw_year=1.0), named(grid()))
    chosen, solution = with_or_without_contract(campus, 150, 1e-5)
    assert solution.flows[chosen.program.flow("grid")] == pytest.approx(load, rel=1e-4)
    assert solution.columns[chosen.program.column("reduction")] == 0.0
    free = solve(build(replace(campus.setting, called=None), campus.technologies).program)
    assert solution.objective == pytest.approx(free.objective, rel=1e-5)
    assert solution.bound <= free.objective * (1 + 1e-9)


@pytest.mark.parametrize("broken", [1.0, 1.01])
@pytest.mark.parametrize("bound", [0.995, 0.9, np.nan, 1.5])
def test_the_bound_covers_a_contract_whose_answer_is_no_plan(bound, broken, monkeypatch):
    """What no plan was found for may still be cheaper: the bound of the plan without it is not that of the choice."""
    campus, real = build(offered(curtailment_usd_per_mw_year=1.0), named(grid())), stage._answer
    cost = real(without_contract(campus), 150, 1e-5).objective

    def spoilt(asked, *rest):
        found = real(asked, *rest)
        wrong = replace(found, bound=bound * cost, flows=broken * found.flows)
        return wrong if asked is campus else found

    monkeypatch.setattr(stage, "_answer", spoilt)
    if bound == 0.995 or (bound == 1.5 and broken > 1.0):
        _, solution = with_or_without_contract(campus, 150, 1e-5)
        assert solution.objective == pytest.approx(cost)
        assert solution.bound <= min(bound, 1.0) * cost * (1 + 1e-9)
        return
    with pytest.raises(WattscaleError, match="solver_gap"):
        with_or_without_contract(campus, 150, 1e-5)


def test_a_contract_that_whole_units_cannot_keep_is_not_signed():
    """Its limit asks 10 MW of a plant whose one unit gives no less than 150: that is no reason to have no plan."""
    load = np.where(np.arange(48) % 2 == 0, 90.0, 110.0)
    called = np.isin(np.arange(48), [20, 21]).astype(float)
    s = offered(load_mw=load, called=called, max_unserved_share=0.0, unit_mw={"gas-turbine": 300.0})
    campus = build(s, named(grid(), replace(CHEAP, minimum_load=0.5)))
    with pytest.raises(InfeasibleError, match="whole units"):
        stage.solve_campus(campus)
    chosen, solution = with_or_without_contract(campus, 150, 1e-5)
    assert solution.flows[chosen.program.flow("grid")] == pytest.approx(load, rel=1e-4)


def test_an_offer_is_never_dearer_than_none():
    for pay in (0.0, 10.0, 1e3, 1e5):
        campus = build(offered(curtailment_usd_per_mw_year=pay), named(grid(), CHEAP))
        _, solution = with_or_without_contract(campus, 150, 1e-5)
        assert solution.objective <= solve(without_contract(campus).program).objective * (1 + 1e-6)


def test_a_contract_is_left_unsigned_by_what_its_links_hold_and_not_by_their_names():
    """A limit of the user's own whose name ends alike stays; links of the contract are freed whatever their names."""
    campus = build(offered(), named(grid(), CHEAP))
    program = campus.program
    links = tuple(replace(k, name=f"row {i}") for i, k in enumerate(program.links))
    own = Link("what.left", {program.column("grid"): 1.0}, 70.0)
    plain = without_contract(replace(campus, program=replace(program, links=(*links, own)))).program
    assert plain.links[-1] == own
    at = program.column("reduction")
    held = [k for k in plain.links if k.columns.get(at)]
    assert len(held) == 1
    assert held[0].limit >= max(c.upper for c in plain.columns)


def test_a_duty_holds_whatever_it_pays():
    s = offered(curtailment_required=True, curtailment_usd_per_mw_year=0.0)
    campus = build(s, named(grid(), gas(capital_usd_per_mw=1e5)))
    assert without_contract(campus) is None
    solution, exact = solve(campus.program), solve_highs(campus.program)
    assert solution.objective == pytest.approx(exact.objective, rel=1e-5)
    assert solution.flows[campus.program.flow("grid")][CALLED > 0] == pytest.approx(np.full(3, 50.0), rel=1e-3)


def test_a_duty_that_cannot_be_met_is_named(catalog):
    with pytest.raises(InfeasibleError, match=r"curtailment_share at most|max_unserved_share at least"):
        flat(catalog, curtailment_required=True, curtailment_hours=500)


def test_a_contract_without_pay_is_warned_of(catalog):
    result = flat(catalog, curtailment_usd_per_kw_year=0.0)
    assert "curtailment-unpaid" in {w.code for w in result.warnings}
