"""Carbon, jobs, water and money of a plan of half a megawatt-hour and half a dollar: nothing is lost below one."""

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
from wattscale.impact.carbon import (
    Certificates,
    Metered,
    OperationalCarbon,
    operational_carbon,
    residual_mix,
    scope_table,
)
from wattscale.impact.embodied import Made, embodied_t, yearly_t
from wattscale.impact.input_output import Economy, Effect, effects
from wattscale.impact.jobs import job_factors, jobs
from wattscale.impact.market import market_usd
from wattscale.impact.per_use import carbon_of_energy, carbon_per_use, serving_embodied_t
from wattscale.impact.spending import input_output_figures, local_figures, spending
from wattscale.scenario.economics import EconomicsTable
from wattscale.scenario.impact import ImpactTable

MIX = np.array([400.0, 200.0])
BOUGHT, CLEAN = np.array([0.1, 0.2]), np.array([0.05, 0.0])
METER = Metered(BOUGHT, CLEAN, MIX, BOUGHT * MIX)
SUPPLY = SimpleNamespace(
    carbon_kg=BOUGHT * MIX + 5.0, grid_carbon_kg=BOUGHT * MIX, carbon_lifecycle_kg=BOUGHT * MIX + np.array([5.0, 9.0])
)  # fmt: skip


# --- Carbon -----------------------------------------------------------------------------------------------------------


def test_carbon_of_a_third_of_a_megawatt_hour():
    """0.3 MWh bought, 80 kg, and 0.05 clean, 20 kg more at the grid's mean; 10 kg of own plant.

    Of the first hour half is certified by the hour: 20 kg of its 40 are left. By the year 0.05 + a tenth of 0.3.
    """
    certificates = Certificates(0.1, np.array([0.05, 0.0]))
    found = operational_carbon(SUPPLY, METER, certificates, 500.0, np.array([100.0, 300.0]))
    assert found == OperationalCarbon(
        own_plant=pytest.approx(0.01), grid_location=pytest.approx(0.1), grid_market=pytest.approx(0.22 * 0.5),
        grid_hourly=pytest.approx(0.06), grid_marginal=pytest.approx(0.075), lifecycle=pytest.approx(0.094),
    )  # fmt: skip
    rows = scope_table(found, SUPPLY, METER, certificates, 500.0, 0.7, 0.2)
    told = [(r.scope, r.energy_mwh, r.factor_kg_per_mwh, r.carbon_t) for r in rows]
    assert told == [
        ("1", None, None, pytest.approx(0.01)), ("1", None, None, 0.2),
        ("2 location-based", pytest.approx(0.35), pytest.approx(100 / 0.35), pytest.approx(0.1)),
        ("2 market-based", pytest.approx(0.13), 0.0, 0.0),
        ("2 market-based", pytest.approx(0.22), pytest.approx(500.0), pytest.approx(0.11)),
        ("2 hourly-matched", pytest.approx(0.1), 0.0, 0.0),
        ("2 hourly-matched", pytest.approx(0.25), pytest.approx(240.0), pytest.approx(0.06)),
        ("2 marginal", pytest.approx(0.35), pytest.approx(75 / 0.35), pytest.approx(0.075)),
        ("3.3 fuel and energy", pytest.approx(0.35), pytest.approx(4 / 0.35), pytest.approx(0.004)),
        ("3.2 capital goods", None, None, 0.7),
    ]  # fmt: skip


def test_carbon_that_is_less_over_its_life_than_when_burned_has_no_upstream():
    sink = SimpleNamespace(**{**vars(SUPPLY), "carbon_lifecycle_kg": BOUGHT * MIX - 9.0})
    carbon = operational_carbon(sink, METER, Certificates(), 500.0)
    rows = {r.scope: r for r in scope_table(carbon, sink, METER, Certificates(), 500.0, 0.7)}
    assert rows["3.3 fuel and energy"].carbon_t == 0.0
    assert "2 marginal" not in rows
    assert [r.carbon_t for r in scope_table(carbon, sink, METER, Certificates(), 500.0, 0.7)][1] == 0.0


def test_certificates_of_a_third_of_a_megawatt_hour():
    certificates = Certificates(0.1, np.array([0.05, 0.0]))
    carbon = operational_carbon(SUPPLY, METER, certificates, 500.0, 200.0)
    found = stage._carbon(carbon, certificates, METER)
    assert found == pytest.approx(
        {
            "carbon_t_per_year": 0.11, "carbon_market_t_per_year": 0.12, "carbon_hourly_t_per_year": 0.07,
            "carbon_lifecycle_t_per_year": 0.094, "scope1_t_per_year": 0.01, "scope2_location_t_per_year": 0.1,
            "scope2_market_t_per_year": 0.11, "scope2_hourly_t_per_year": 0.06, "scope2_marginal_t_per_year": 0.07,
            "certificates_share": 0.13 / 0.35, "certificates_hourly_share": 0.1 / 0.35,
        }
    )  # fmt: skip
    assert stage._meter_mean(METER) == pytest.approx(100 / 0.35)


@pytest.mark.parametrize(("own", "country", "mix"), [(0.0, "AA", 0.0), (None, "AA", 30.0), (None, "BB", 240.0)])
def test_residual_mix_is_ones_own_the_countrys_or_a_ratio(own, country, mix):
    """1.2 times a grid of 200 where a country publishes none."""
    book = Book({"AA.residual_mix": figure(30.0), "other.residual_ratio": figure(1.2)})
    book.has_figure = lambda table, key: key in book.figures
    assert residual_mix(ImpactTable(residual_mix_kg_per_mwh=own), country, 200.0, book) == pytest.approx(mix)


def test_carbon_of_energy_of_half_a_kilogram():
    """0.4 MWh used at a grid of 2 and 1 kg: 0.5; by way of it 0.25, so half of its mean; 0.2 more over 0.4 MWh."""
    supply = SimpleNamespace(load_mw=np.array([0.1, 0.3]), dispatch_mw={}, kept_share=np.ones(2))
    found = carbon_of_energy(supply, np.array([2.0, 1.0]), np.array([0.05, 0.2]), np.array([0.15, 0.3]))
    assert found.grid_kg_per_mwh == pytest.approx([1.0, 0.5])
    assert found.own_kg_per_mwh == pytest.approx(0.5)


def use(out=0.5, sold=True, serves=True, trains=False):
    """Carbon of one use of a campus of 0.2 MW on half a grid."""
    part = SimpleNamespace(power_mw=np.full(2, 0.1))
    compute = SimpleNamespace(serving=part if serves else None, training=part if trains else None)
    workload = SimpleNamespace(
        serving=SimpleNamespace(output_mtok_per_year=out, requests_per_year=0.5) if sold else None
    )
    facility = SimpleNamespace(energy_at_work_mwh=lambda mw: 1.5 * mw)
    site = SimpleNamespace(carbon_lifecycle_kg_per_mwh=np.array([40.0, 20.0]))
    supply = SimpleNamespace(
        load_mw=np.full(2, 0.2), dispatch_mw={}, kept_share=np.ones(2), carbon_lifecycle_kg=np.array([6.0, 4.0])
    )
    meter = SimpleNamespace(bought_mw=np.full(2, 0.1))
    return carbon_per_use(workload, compute, site, facility, supply, meter, 0.0005)


def test_carbon_of_half_a_million_tokens():
    """0.15 MWh each hour at half of 40 and 20, and (10 - 6) / 0.4 = 10 kg: 4.5 + 3 kg, and 0.5 of what was made."""
    assert use() == pytest.approx({"carbon_g_per_output_token": 8000 / 0.5e6, "carbon_g_per_request": 16_000.0})
    assert use(out=0.0) == use(sold=False) == use(serves=False) == {}


def test_embodied_carbon_of_serving_alone(monkeypatch):
    """All devices where none train; a plant that gives nothing counts whole, half a MWh half sold counts half."""
    monkeypatch.setattr("wattscale.impact.per_use.serving_shares", lambda *_: SimpleNamespace(power=1.0, energy=0.5))
    serving = SimpleNamespace(accelerator="X", devices=0.25)
    compute = SimpleNamespace(serving=serving, training=None)
    factors = {
        "device.X": 100.0,
        "server": 20.0,
        "network_share": 0.5,
        "building": 0.0,
        "plant.sun": 1e3,
        "plant.oil": 1e3,
    }
    life = {"it": 5.0, "building": 20.0, "sun": 10.0, "oil": 20.0}
    supply = SimpleNamespace(
        load_mw=np.zeros(2), dispatch_mw={"sun": np.array([0.2, 0.3])}, kept_share=np.array([1.0, 1 / 6])
    )

    def found(devices, plant):
        return serving_embodied_t(compute, None, supply, Made(devices, 0.0, plant, life), factors)

    assert found({"X": 0.5}, {}) == pytest.approx(0.5 * 0.12 * 1.5 / 5)
    assert found({"X": 0.5}, {"sun": 0.4, "oil": 0.4}) == pytest.approx(0.018 + 0.4 * 0.5 * 0.5 / 10 + 0.4 * 0.5 / 20)
    assert found({}, {"oil": 0.4}) == pytest.approx(0.4 * 0.5 / 20)
    compute.training = SimpleNamespace(accelerator="X", devices=0.75)
    assert found({"X": 0.5}, {}) == pytest.approx(0.018 / 4)


def test_embodied_carbon_over_lives_of_half_a_year_and_of_none():
    """Half a device of 100 and a server of 20 kg, a tenth more of network; plant of its kind, or of no known factor."""
    made = Made({"X": 0.5}, 0.2, {"roof": 0.4, "magic": 9.0}, {}, {"roof": "sun"})
    factors = {"device.X": 100.0, "server": 20.0, "network_share": 0.1, "building": 50.0, "plant.sun": 30.0}
    parts = embodied_t(made, factors)
    assert parts == pytest.approx(
        {
            "accelerators": 0.05,
            "servers": 0.01,
            "network": 0.006,
            "building": 0.01,
            "plant.roof": 0.012,
            "plant.magic": 0,
        }
    )
    yearly = yearly_t(parts, {"it": 0.5, "building": 0.0, "roof": 4.0})
    assert yearly == pytest.approx({"accelerators": 0.1, "servers": 0.02, "network": 0.012, "plant.roof": 0.003})


# --- Water, jobs, money -----------------------------------------------------------------------------------------------


def test_water_of_half_a_megawatt_hour(monkeypatch):
    """0.5 MWh of a plant of 3 m3, 0.25 of the grid at 2; a plant of no known factor and what is unserved drink none."""
    monkeypatch.setattr(water, "factor", lambda book, table, name, *_, **__: figure(3.0) if name == "gas" else None)
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


# --- The whole stage --------------------------------------------------------------------------------------------------


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
