"""Water, jobs and money of a plan of half a megawatt-hour and half a dollar: nothing is lost below one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from books import Book, figure

from wattscale.catalog import load_catalog
from wattscale.economics.result import CostLine
from wattscale.economics.stage import run as run_economics
from wattscale.impact import employment as jobs_of
from wattscale.impact import jobs as factors_of
from wattscale.impact import stage, water
from wattscale.impact.input_output import Economy, Effect, effects
from wattscale.impact.jobs import job_factors, jobs
from wattscale.impact.market import market_usd
from wattscale.impact.spending import input_output_figures, local_figures, spending
from wattscale.scenario.economics import EconomicsTable
from wattscale.scenario.impact import ImpactTable


def test_water_of_half_a_megawatt_hour(monkeypatch):
    """0.5 MWh of a plant of 3 m3, 0.25 of the grid at 2; a plant of no known factor and what is unserved drink none."""
    monkeypatch.setattr(water, "factor", lambda book, table, name, *_, **__: None if name == "magic" else figure(3.0))
    power = {"grid": 0.25, "gas": 0.5, "magic": 8.0, "unserved": 8.0}
    dispatch = {name: np.array([mwh, 0.0]) for name, mwh in power.items()}
    assert water.source_water_m3(dispatch, 2.0, None) == pytest.approx(0.5 + 1.5)


def test_job_factors_that_are_known_and_missing(monkeypatch):
    known = {("data_centre", "operation"), ("gas", "construction"), ("gas", "variable")}
    monkeypatch.setattr(
        factors_of, "factor", lambda book, table, name, phase: figure(2.0) if (name, phase) in known else None
    )
    found, missing = job_factors({"gas": 0.5, "wave": 0.5}, None)
    assert set(found) == {"data_centre.operation", "gas.construction", "gas.variable"}
    assert missing == ["wave"]
    assert jobs({"gas": 0.5}, {"gas": 0.25}, {"gas.variable": 2.0, "gas.operation": 2.0, "sun.variable": 2.0}) == {
        "gas.variable": 0.5, "gas.operation": 1.0, "sun.variable": 0.0,
    }  # fmt: skip


ROUNDS = {
    "sector_construction.jobs_direct": figure(5.0), "sector_construction.jobs_supplier": figure(3.0),
    "sector_construction.jobs_induced": figure(2.0), "data_centre.employment_multiplier": figure(6.0, 4.0, 7.0),
    "data_centre.value_added_per_job": figure(1e5), "all.displacement": figure(0.5, 0.25, 0.75),
    "all.local_content": figure(0.6, 0.5, 0.8),
}  # fmt: skip


def test_jobs_of_every_phase_and_round_with_their_ranges(monkeypatch):
    """4 MW of building at 10 (8 to 14), 1 (0.5 to 2) and of gas 50 MW at 0.1 (0 to 0.2); nothing else.

    Building 40 (32 to 56), 3 and 2 more for 5. Running 4 (2 to 8), all of the centre: 20 more, 3 to 2; their range by
    4 and by 7 for each of the 4. Half of all is displaced, a quarter to three quarters.
    """
    factors = {
        "data_centre.construction": figure(10.0, 8.0, 14.0), "data_centre.operation": figure(1.0, 0.5, 2.0),
        "gas.manufacturing": figure(0.1, 0.0, 0.2),
    }  # fmt: skip
    monkeypatch.setattr(jobs_of, "job_factors", lambda *_: (factors, []))
    parts, rows, found, warnings = jobs_of.employment(ImpactTable(), {"gas": 50.0}, 4.0, {}, Book(ROUNDS))
    assert (parts, warnings) == (
        {"data_centre.construction": 40.0, "data_centre.operation": 4.0, "gas.manufacturing": 5.0},
        [],
    )
    told = [(r.phase, r.direct, r.indirect, r.induced, r.displacement_share) for r in rows]
    assert told == [
        ("construction", pytest.approx(40.0), pytest.approx(24.0), pytest.approx(16.0), 0.5),
        ("operation", pytest.approx(4.0), pytest.approx(12.0), pytest.approx(8.0), 0.5),
        ("manufacturing", pytest.approx(5.0), 0.0, 0.0, 0.5),
    ]  # fmt: skip
    expected = {
        "jobs_construction_job_years": (40.0, 32.0, 56.0),
        "jobs_construction_local_job_years": (24.0, 16.0, 44.8),
        "jobs_manufacturing_job_years": (5.0, 0.0, 10.0),
        "jobs_permanent": (4.0, 2.0, 8.0), "jobs_permanent_net": (2.0, 0.5, 6.0),
        "jobs_permanent_all": (24.0, 2.0 + 12.0, 8.0 + 24.0), "jobs_permanent_all_net": (12.0, 3.5, 24.0),
        "value_added_usd_per_year": 24e5,
        "jobs_construction_indirect_job_years": (24.0, 19.2, 33.6),
        "jobs_construction_induced_job_years": (16.0, 12.8, 22.4),
        "jobs_construction_all_job_years": (80.0, 64.0, 112.0),
        "jobs_construction_all_net_job_years": (40.0, 16.0, 84.0),
    }  # fmt: skip
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value), name


def line(part, segment, capital, running=0.0):
    return CostLine(part, segment, capital, 5.0, 0.0, running, 0.0, 0.0)


LINES = [
    line("accelerators", "accelerators", 0.25), line("more", "accelerators", 1.0), line("shell", "facility", 0.5, 0.2),
    line("land", "facility", 0.25, 0.0), line("staff", "operations", 0.0, 0.1),
]  # fmt: skip


def test_market_of_two_dollars():
    """A line of exactly one dollar counts, one of nothing makes no market; a fifth of 1.25 is memory."""
    assert market_usd(LINES, 0.2) == pytest.approx({"accelerators": 1.0, "facility": 0.75, "memory": 0.25})
    assert market_usd(LINES) == pytest.approx({"accelerators": 1.25, "facility": 0.75})
    assert market_usd(LINES[2:], 0.2) == pytest.approx({"facility": 0.75})


def test_what_stays_local_of_two_dollars_and_of_none():
    found = local_figures(LINES, (0.5, 0.2, 0.8))
    assert found["local_capital_usd"] == pytest.approx((0.25, 0.1, 0.4))
    assert found["local_capital_share"] == pytest.approx(0.125)
    assert local_figures(LINES[2:4], (0.5, 0.2, 0.8))["local_capital_share"] == pytest.approx(1 / 3)
    assert local_figures(LINES[4:], (0.5, 0.2, 0.8)) == {"local_capital_usd": (0.0, 0.0, 0.0)}


ECONOMY = Economy(
    ("steel", "bread"), np.array([[0.2, 0.1], [0.0, 0.5]]), np.array([5.0, 20.0]), np.array([0.4, 0.3]),
    np.array([0.25, 0.5]), np.array([0.0, 0.8]),
)  # fmt: skip


def test_spending_by_sector_in_the_tables_money():
    """0.8 of the table's money a dollar: half of 0.75 of the building stays, all of the 0.1 of staff; chips do not."""
    table = ImpactTable(
        input_output_sectors={"facility": "steel", "operations": "bread"}, input_output_local={"facility": 0.5},
        input_output_money_per_usd=0.8, input_output_induced_share=0.0,
    )  # fmt: skip
    capital, running = spending(LINES, ECONOMY, table)
    assert (capital.tolist(), running.tolist()) == (pytest.approx([0.3, 0.0]), pytest.approx([0.08, 0.08]))


def test_a_sector_that_nothing_pulls_is_induced_nothing():
    found = effects(ECONOMY, np.array([1.0, 0.0]))
    assert found["indirect"].output_usd == pytest.approx([0.25, 0.0])
    assert found["induced"].output_usd.tolist() == [0.0, 0.0]


def test_figures_of_a_table_of_cents():
    """Output 0.4 of 0.8 of the table's money a dollar, of two dollars of capital: a quarter is spent inside."""

    def effect(output, number, added):
        return Effect(np.array([output, 0.0]), np.array([number, 1.0]), np.array([added, 0.08]))

    rounds = {
        "construction": [effect(0.4, 3.0, 0.16), effect(0.2, 2.0, 0.08), effect(9, 1, 0.4)],
        "operation": [effect(0.1, 30.0, 0.24), effect(0.1, 20.0, 0.32), effect(9, 10, 0.0)],
    }
    names = ("direct", "indirect", "induced")
    rounds = {phase: dict(zip(names, each, strict=True)) for phase, each in rounds.items()}
    table = ImpactTable(input_output_money_per_usd=0.8, input_output_induced_share=0.0)
    expected = {
        "io_construction_job_years": 7.0, "io_construction_job_years_direct": 4.0,
        "io_construction_value_added_usd": 0.5, "io_operation_jobs": 52.0, "io_operation_jobs_direct": 31.0,
        "io_operation_value_added_usd_per_year": 0.9, "io_spent_inside_share": 0.25,
    }  # fmt: skip
    assert input_output_figures(table, LINES, rounds) == pytest.approx(expected)
    more = input_output_figures(table.model_copy(update={"input_output_induced_share": 0.5}), LINES, rounds)
    assert more == pytest.approx({
        **expected, "io_construction_job_years_induced": 2.0, "io_construction_value_added_induced_usd": 0.6,
        "io_operation_jobs_induced": 11.0, "io_operation_value_added_induced_usd_per_year": 0.1,
    })  # fmt: skip
    half = input_output_figures(table, LINES[2:3], rounds)
    assert half["io_spent_inside_share"] == pytest.approx(1.0)
    assert "io_spent_inside_share" not in input_output_figures(table, LINES[4:], rounds)


def test_a_wait_of_a_plan_without_a_cost_of_delay_costs_nothing(monkeypatch):
    """Two years from the purchase where one is for building: twelve months late."""
    monkeypatch.setattr(stage, "longest_wait", lambda *_: ("x", (24.0, 12.0, 36.0)))
    supply = SimpleNamespace(
        load_mw=np.ones(2), dispatch_mw={}, metered_mw={}, capacity_mw={}, by_plant=dict, plant_of=lambda name: name
    )
    economics = SimpleNamespace(
        figures={}, lines=[], purchase_year=2026, construction_years=1.0, wait=SimpleNamespace(years=(0.0, 0.0, 0.0))
    )
    book = Book(disruptions=[], supply_stages=[], supply_chain=[])
    found, *_ = stage._supply_chain(SimpleNamespace(price_usd_per_mwh=np.ones(2)), supply, economics, book)
    assert (found["late_start_months"], found["late_start_usd"]) == ((12.0, 0.0, 24.0), (0.0, 0.0, 0.0))


@pytest.fixture(scope="module")
def assessed(make):
    def use(extra=(), **plan):
        *before, facility, supply = make(serving_devices=8, training_devices=0, serving_mw=0.01, **plan)
        facility.figures.update(extra)
        catalog = load_catalog()
        economics = run_economics(EconomicsTable(risk_paths=0), *before, facility, supply, catalog, False)
        return stage.run(ImpactTable(), *before, facility, supply, economics, catalog)

    return use


@pytest.mark.parametrize(("fuel", "mwh"), [((2.0, 1.0, 3.0), 2.0), (0.5, 0.5), (None, 0.0)])
def test_tests_of_generators_burn_their_diesel(assessed, fuel, mwh):
    """Its direct carbon in kg a MWh of fuel, of the central figure; none where no tests are known."""
    found = assessed({} if fuel is None else {"generator_test_fuel_mwh": fuel})
    carbon = load_catalog().value("tech_costs", "fuel_diesel.carbon_direct")
    assert found.figures["generator_test_t_per_year"] == pytest.approx(mwh * carbon / 1e3)


def test_half_a_megawatt_of_own_plant_has_builders_and_the_grid_has_none(assessed):
    found = assessed(solar_mw=0.04)
    per_mw = load_catalog().value("multipliers", "solar.construction")
    assert found.jobs["solar.construction"] == pytest.approx(0.04 * per_mw)
    assert not any(key.startswith(("grid.", "unserved.", "export.")) for key in found.jobs)
    assert found.warnings == ()
    assert "solar.construction" not in assessed().jobs
