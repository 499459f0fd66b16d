"""Carbon of a third of a megawatt-hour, of half a million tokens and of half a device: nothing is lost below one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from books import Book, Row, figure

from wattscale.impact import stage
from wattscale.impact.carbon import (
    Certificates,
    Metered,
    OperationalCarbon,
    operational_carbon,
    residual_mix,
    scope_table,
)
from wattscale.impact.embodied import Made, embodied_factors, embodied_t, yearly_t
from wattscale.impact.per_use import carbon_of_energy, carbon_per_use, serving_embodied_t
from wattscale.scenario.impact import ImpactTable

MIX = np.array([400.0, 200.0])
BOUGHT, CLEAN = np.array([0.1, 0.2]), np.array([0.05, 0.0])
METER = Metered(BOUGHT, CLEAN, MIX, BOUGHT * MIX)
SUPPLY = SimpleNamespace(
    carbon_kg=BOUGHT * MIX + 5.0, grid_carbon_kg=BOUGHT * MIX, carbon_lifecycle_kg=BOUGHT * MIX + np.array([5.0, 9.0])
)  # fmt: skip


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
    part = SimpleNamespace(power_mw=np.array([0.1, 0.05]))
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
    """0.15 and 0.075 MWh at half of 40 and 20, and (10 - 6) / 0.4 = 10 kg: 3.75 + 2.25 kg, and 0.5 of what was made."""
    assert use() == pytest.approx({"carbon_g_per_output_token": 6500 / 0.5e6, "carbon_g_per_request": 13_000.0})
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


def test_a_device_of_its_own_carbon_and_one_by_its_power():
    """150 kg for X; 700 W of Y at 0.2 (0.1 to 0.4) kg each: 140 (70 to 280)."""
    usual = {"default.server": figure(1.0), "default.network_share": figure(0.1), "building.construction": figure(2.0)}
    book = Book({**usual, "X.device": figure(150.0), "default.device_per_w": figure(0.2, 0.1, 0.4)},
                accelerators=[Row(name="X", tdp_w=700.0), Row(name="Y", tdp_w=700.0)])  # fmt: skip
    book.has_figure = lambda table, key: key in book.figures
    found = embodied_factors(Made({"X": 1.0, "Y": 1.0}, 0.0, {}, {}), book)
    assert found["device.X"].value == 150.0
    by_power = found["device.Y"]
    assert (by_power.value, by_power.low, by_power.high, by_power.unit) == (140.0, 70.0, 280.0, "kg")


def test_what_has_no_life_in_the_cost_lines_is_made_but_not_spread(monkeypatch):
    factors = {
        "device.X": figure(100.0),
        "server": figure(0.0),
        "network_share": figure(0.0),
        "building": figure(500.0),
    }
    monkeypatch.setattr(stage, "embodied_factors", lambda *_: factors)
    monkeypatch.setattr(stage, "serving_embodied_t", lambda *_: 0.0)
    compute = SimpleNamespace(devices_by_accelerator={"X": 0.5})
    supply = SimpleNamespace(storage_mwh={}, capacity_mw={}, life_years={}, plant={})
    _, found, _ = stage._embodied(compute, SimpleNamespace(design_it_mw=0.2), supply, SimpleNamespace(lines=[]), None)
    assert found["embodied_t"] == pytest.approx((0.15,) * 3)
    assert found["embodied_t_per_year"] == (0.0,) * 3


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
