"""Laws of the supply program on random short horizons: balance, cost, carbon, bound, and agreement of the solvers."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "supply"))
from campuses import battery, gas, grid, named, setting, solar, technology

from wattscale.supply import dispatch as name
from wattscale.supply.expansion import build
from wattscale.supply.general import solve_highs
from wattscale.supply.interior import solve_interior
from wattscale.supply.setting import Period, Purchase
from wattscale.supply.settle import budget_excess, flow_bounds
from wattscale.supply.solve import solve


@st.composite
def contracts(draw, steps, hour, rng):
    """Terms of tariff, purchases, curtailment and yearly limits; any of them may be missing."""
    green = Purchase("green", "physical", rng.uniform(20, 60), 60.0, 0.0, draw(st.sampled_from([0.0, 0.6, 1.0])))
    paper = Purchase("paper", "virtual", rng.uniform(40, 60), 40.0)
    called = np.zeros(steps)
    called[rng.integers(0, steps, 3)] = 1.0
    periods = draw(st.booleans())
    return {
        "demand_ratchet_share": draw(st.sampled_from([0.0, 0.8])),
        "tariff_period": (hour % 24 >= 17).astype(float) if periods else None,
        "periods": (Period("evening", 2000.0),) if periods else (),
        "energy_tiers": draw(st.sampled_from([(), ((100_000.0, 4.0), (200_000.0, 9.0))])),
        "called": draw(st.sampled_from([None, called])),
        "curtailment_share": draw(st.sampled_from([0.4, 1.0])),
        "purchases": draw(st.sampled_from([(), (green,), (green, paper)])),
        "lifecycle_carbon": draw(st.booleans()),
        "fade_per_cycle": draw(st.sampled_from([0.0, 1e-4])),
        "clean_annual_share": draw(st.sampled_from([None, 0.3])),
    }


@st.composite
def campuses(draw):
    """A random technology set, random prices (some negative), random limits, over one to four days."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    steps = 24 * draw(st.integers(1, 4))
    hour = np.arange(steps)
    sun = np.clip(np.sin((hour % 24 - 6) / 12 * np.pi), 0, None) * rng.uniform(0.3, 1, steps)
    breeze = np.clip(0.4 + 0.4 * np.sin(hour / 17 + rng.uniform(0, 6)), 0, 1)
    pool = [
        solar(capital_usd_per_mw=rng.uniform(2e5, 1.2e6)),
        technology("wind", "renewable", capital_usd_per_mw=rng.uniform(5e5, 2e6), variable_usd_per_mwh=2.0,
                   carbon_free=True, land_ha_per_mw=30.0),
        battery(capital_usd_per_mw=rng.uniform(1e4, 3e5), capital_usd_per_mwh=rng.uniform(1e4, 3e5), keep_per_h=0.999),
        technology("long-duration-storage", "storage", capital_usd_per_mwh=rng.uniform(2e3, 3e4), duration_h=20.0,
                   one_way_efficiency=0.7, carbon_free=True, variable_usd_per_mwh=1.0),
        gas(capital_usd_per_mw=rng.uniform(5e5, 2e6), fuel_usd_per_mwh=rng.uniform(20, 90)),
        technology("smr", "fuelled", capital_usd_per_mw=rng.uniform(3e6, 9e6), fuel_usd_per_mwh=12.0, carbon_free=True,
                   minimum_load=0.5, availability=0.93),
    ]  # fmt: skip
    chosen = [t for t in pool if draw(st.booleans())]
    limits = {
        "demand_charge_usd_per_mw_month": draw(st.sampled_from([0.0, 3000.0])),
        "connection_mw": draw(st.sampled_from([None, 130.0])),
        "carbon_price_usd_per_t": draw(st.sampled_from([0.0, 80.0])),
        "carbon_cap_kg_per_mwh": draw(st.sampled_from([None, 350.0])),
        "cfe_hourly_share": draw(st.sampled_from([None, 0.6])),
        "max_unserved_share": draw(st.sampled_from([1.0, 0.01])),
    }
    limits |= draw(contracts(steps, hour, rng))
    price = rng.normal(45, 40, steps)
    export = price - 5.0 if draw(st.booleans()) else None
    s = setting(
        steps, weight=np.full(steps, 8760 / steps), load_mw=100 + 10 * np.sin(hour / 24 * 2 * np.pi),
        import_usd_per_mwh=price, export_usd_per_mwh=export, month=hour // 24,
        renewable={"solar": sun, "wind": breeze, "ppa-green": breeze, "ppa-paper": sun},
        grid_carbon_kg_per_mwh=rng.uniform(100, 700, steps), grid_cfe_share=rng.uniform(0.2, 0.7, steps), **limits,
    )  # fmt: skip
    return build(s, named(grid(capital_usd_per_mw=1e5), *chosen))


@settings(max_examples=25, deadline=None)
@given(campuses())
def test_every_answer_balances_adds_up_keeps_its_limits_and_is_certified(campus):
    solution = solve(campus.program)
    exact = solve_highs(campus.program)
    assert (solution is None) == (exact is None)
    if solution is None:
        return
    d = name.dispatch(campus, solution)
    load = campus.setting.load_mw
    assert sum(d.given_mw.values()) == pytest.approx(load + sum(d.uses_mw.values()), abs=1e-6)
    assert sum(name.costs(campus, solution, d).values()) == pytest.approx(solution.objective, rel=1e-9)
    assert solution.bound <= exact.objective + 1e-6 * abs(exact.objective)
    assert solution.objective >= exact.objective - 1e-5 * abs(exact.objective)
    assert np.all(budget_excess(campus.program, solution) < 1e-4)
    for flow, y in zip(campus.program.flows, solution.flows, strict=True):
        low, high = flow_bounds(flow, solution.columns)
        assert np.all(y >= low - 1e-3)
        assert np.all(y <= high + 1e-3)
    for key, stored in d.uses_mw.items():
        if key != "export":
            assert np.minimum(stored, d.given_mw[key]).max() == 0.0
    if not any(k != "export" for k in d.uses_mw):
        assert solution.objective == pytest.approx(exact.objective, rel=1e-4)


@settings(max_examples=10, deadline=None)
@given(campuses())
def test_carbon_and_carbon_free_energy_add_up_by_source(campus):
    solution = solve(campus.program)
    if solution is None:
        return
    d = name.dispatch(campus, solution)
    total, of_grid = name.carbon_kg(campus, d)
    weight = campus.setting.weight
    own = sum(
        float(weight @ d.given_mw[k]) * t.carbon_kg_per_mwh for k, t in campus.technologies.items() if k != "grid"
    )
    assert float(total.sum()) == pytest.approx(float(of_grid.sum()) + own, rel=1e-9, abs=1e-6)
    used = campus.setting.load_mw + sum(d.uses_mw.values())
    dirty = float(weight @ ((1 - name.carbon_free_share(campus, d)) * used))
    assert dirty == pytest.approx(float(weight @ name.dirty_mw(campus, d)), rel=1e-9, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(campuses())
def test_the_structured_solver_takes_any_set_of_technologies_and_limits(campus):
    exact, found = solve_highs(campus.program), solve_interior(campus.program, 1e-4)
    assert (found is None) == (exact is None)
    if found is not None:
        assert found.gap <= 1e-4
        assert found.bound <= exact.objective + 1e-7 * abs(exact.objective)
        assert found.objective == pytest.approx(exact.objective, rel=1.1e-4)
