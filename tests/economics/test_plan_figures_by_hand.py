"""Figures of a costed plan of round numbers: shares and ratios, tokens with their range, credits, hedges."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.economics import company, stage
from wattscale.economics.exposure import _effect
from wattscale.economics.risk import CostRisk


def line(part, segment, capital, annuity, running=0.0):
    return SimpleNamespace(
        part=part, segment=segment, capital_usd=capital, annuity_usd_per_year=annuity, running_usd_per_year=running
    )


LINES = [
    line("accelerators", "accelerators", 800.0, 200.0), line("servers", "servers", 100.0, 25.0),
    line("shell", "facility", 500.0, 50.0, 7.0), line("grid.energy", "energy", 0.0, 0.0, 60.0),
]  # fmt: skip
RANGES = {
    "tco_usd_per_year": (400.0, 350.0, 480.0), "capital_usd": (1400.0, 1200.0, 1700.0),
    "serving": (300.0, 260.0, 350.0), "tokens": (320.0, 280.0, 380.0),
}  # fmt: skip


def plan(serving=True, training=True, **costs):
    given = {"training": 100.0, "serving": 300.0, "run": 40.0, "amortised": 20.0, "tokens": 320.0, **costs}
    recipe = SimpleNamespace(
        output_mtok_per_year=50.0, input_mtok_per_year=200.0, requests_per_year=1e5, output_tokens=10.0
    )  # fmt: skip
    serves = SimpleNamespace(
        input_compute_share=0.25, devices=6.0, devices_per_replica=2, tokens_per_s_per_device=100.0
    )  # fmt: skip
    compute = SimpleNamespace(
        devices_by_accelerator={"A": 6.0, "B": 4.0}, design_it_power_mw=2.0, serving=serves if serving else None,
        training=SimpleNamespace() if training else None,
        figures={"serving.devices": (6.0, 4.5, 9.0), "training.device_hours": (100.0, 80.0, 150.0)},
    )  # fmt: skip
    return SimpleNamespace(
        tco=400.0, running=67.0, capital=1400.0, electricity_usd=90.0, energy_mwh=3.0, lines=LINES,
        costs=SimpleNamespace(serving_capital=900.0, **given), compute=compute,
        workload=SimpleNamespace(serving=recipe if serving else None, training=SimpleNamespace() if training else None),
        table=SimpleNamespace(purchase_year=2026, requests_per_user_day=5.0, price_per_mtok_usd=2.0),
    )  # fmt: skip


def test_ratios_of_a_plan():
    """Hardware is 225 of 400 USD a year; ten devices; 60 of 67 running are energy."""
    found, warnings = stage._cost_figures(plan(), RANGES)
    expected = {
        "hardware_usd_per_year": 225.0, "electricity_usd_per_year": 90.0, "running_usd_per_year": 67.0,
        "electricity_share": 90 / 400, "electricity_share_of_running": 60 / 67,
        "electricity_to_hardware_ratio": 90 / 225, "lcoe_usd_per_mwh": 30.0, "breakeven_electricity_usd_per_mwh": 75.0,
        "capital_usd_per_mw_it": 700.0,
        "usd_per_device_hour": 400 / 87_600, "usd_per_training_run": 40.0, "other_training_usd_per_year": 80.0,
        "training_usd_per_year": 100.0,
    }  # fmt: skip
    for name, value in expected.items():
        assert found[name] == pytest.approx(value), name
    assert found["serving_usd_per_year"] == RANGES["serving"]
    assert warnings == []


def test_ratios_over_nothing_are_left_out():
    bare = plan()
    bare.energy_mwh, bare.running = 0.0, 0.0
    found, _ = stage._cost_figures(bare, RANGES)
    assert not {"lcoe_usd_per_mwh", "breakeven_electricity_usd_per_mwh", "electricity_share_of_running"} & set(found)
    bare.energy_mwh = 0.5
    assert stage._cost_figures(bare, RANGES)[0]["lcoe_usd_per_mwh"] == pytest.approx(180.0)


def test_plans_without_serving_or_training_say_so():
    found, warnings = stage._cost_figures(plan(serving=False), RANGES)
    assert [w.code for w in warnings] == ["no-serving"]
    assert "usd_per_mtok" not in found
    found, warnings = stage._cost_figures(plan(training=False), RANGES)
    assert [w.code for w in warnings] == ["no-training"]
    assert "usd_per_training_run" not in found


def test_runs_that_cost_more_than_the_devices_that_train_are_told():
    """100 USD a year train: runs worth 100 fill it, 101 overbook it, and nothing else is left."""
    found, warnings = stage._cost_figures(plan(amortised=100.0), RANGES)
    assert (found["other_training_usd_per_year"], warnings) == (0.0, [])
    found, warnings = stage._cost_figures(plan(amortised=101.0), RANGES)
    assert (found["other_training_usd_per_year"], [w.code for w in warnings]) == (0.0, ["training-overbooked"])


def test_cost_of_tokens_in_and_out_with_its_range():
    """320 USD for 50 Mtok out; a quarter of the work is input of 200 Mtok; 20 USD are training's.

    Beside 280 to 380 the devices may be a quarter fewer or half more, of 300 USD; the run's hours 0.8 to 1.5 of 20.
    """
    costed = plan()
    found = stage._token_figures(costed, costed.workload.serving, RANGES["tokens"])
    low = 320 - (40**2 + 75**2 + 4**2) ** 0.5
    high = 320 + (60**2 + 150**2 + 10**2) ** 0.5
    assert found["usd_per_mtok"] == pytest.approx((6.4, low / 50, high / 50))
    assert found["usd_per_mtok_serving_only"] == pytest.approx(6.0)
    assert found["usd_per_mtok_output"] == pytest.approx(320 * 0.75 / 50)
    assert found["usd_per_mtok_input"] == pytest.approx(320 * 0.25 / 200)
    assert found["usd_per_request"] == pytest.approx(3.2e-3)
    assert found["training_share_of_tokens"] == pytest.approx(1 / 16)
    costed.workload.serving.input_mtok_per_year = 0.0
    found = stage._token_figures(costed, costed.workload.serving, RANGES["tokens"])
    assert found["usd_per_mtok_output"] == pytest.approx(6.4)
    assert "usd_per_mtok_input" not in found
    costed.compute.figures = {"serving.devices": 6.0}
    assert stage._fleet_range(costed, RANGES["tokens"]) == pytest.approx((280.0, 380.0))


def test_the_smallest_operator_of_a_plan(monkeypatch):
    """One replica of 2 of 6 devices: 300 USD, 100 USD a year, 100 token/s a device: 6,307.2 Mtok at 2 USD."""
    monkeypatch.setattr(stage, "rent_figures", lambda devices, hour, year, _: {"rent": (devices["A"], hour, year)})
    monkeypatch.setattr(stage, "affordability_figures", lambda request, day, _: {"afford": (request, day)})
    found = stage._choice_figures(plan(), {"usd_per_device_hour": 0.5, "usd_per_request": 0.25}, None)
    assert (found["rent"], found["afford"]) == ((6.0, 0.5, 2026), (0.25, 5.0))
    assert found["smallest_operator_capital_usd"] == pytest.approx(300.0)
    assert found["smallest_operator_usd_per_year"] == pytest.approx(100.0)
    assert found["smallest_operator_mtok_per_year"] == pytest.approx(2 * 100 * 3600 * 8760 / 1e6)
    assert found["smallest_operator_breakeven_load_ratio"] == pytest.approx(100 / 6307.2 / 2)
    # 50 Mtok of requests of 10 tokens are 5 million a year.
    assert found["smallest_operator_requests_per_day"] == pytest.approx(5e6 / 365)
    free = plan()
    free.table.price_per_mtok_usd = 0.0
    assert "smallest_operator_breakeven_load_ratio" not in stage._choice_figures(free, {}, None)
    assert set(stage._choice_figures(plan(serving=False), {}, None)) == set()
    assert stage._unserved(SimpleNamespace(dispatch_mw={})) == 0.0
    assert stage._unserved(SimpleNamespace(dispatch_mw={"unserved": np.array([1.0, 2.0])})) == 3.0


def test_what_a_hedge_takes_off_the_risk():
    """The tail lies 40 above the mean, 10 with the hedge, which costs 6: three quarters removed, 0.2 a dollar."""
    before, after = CostRisk(100.0, 9.0, 130.0, 140.0), CostRisk(106.0, 3.0, 112.0, 116.0)
    assert (before.mean, before.cvar) == (100.0, 140.0)
    found = _effect(before, after, "hedge")
    assert found == {
        "hedge_premium_usd_per_year": pytest.approx(6.0), "hedge_risk_removed_share": pytest.approx(0.75),
        "hedge_premium_per_cvar": pytest.approx(0.2),
    }  # fmt: skip
    worse = _effect(after, before, "hedge")
    assert worse["hedge_risk_removed_share"] == pytest.approx(-3.0)
    assert "hedge_premium_per_cvar" not in worse
    sure = CostRisk(100.0, 0.0, 100.0, 100.0)
    assert _effect(sure, sure, "hedge") == {"hedge_premium_usd_per_year": 0.0}
    small = _effect(CostRisk(1.0, 0.1, 1.5, 1.5), CostRisk(1.0, 0.1, 1.25, 1.25), "hedge")
    assert small["hedge_risk_removed_share"] == pytest.approx(0.5)
    assert small["hedge_premium_per_cvar"] == 0.0


def test_tax_credits_of_what_is_built_and_made(monkeypatch):
    """30 % of 200 USD of solar in 1,000 of capital; 5 MWh of wind at 20 USD of then, 25 of now, for ten years."""
    known = {"solar": {"itc": SimpleNamespace(itc_share=0.3)}, "sun2": {},
             "wind": {"ptc": SimpleNamespace(ptc_usd_per_mwh=20.0, price_year=2022, ptc_years=10.0)}}  # fmt: skip
    monkeypatch.setattr(company, "tax_credits", lambda country, kind, year, _: known[kind])
    monkeypatch.setattr(company, "Deflator", lambda _: SimpleNamespace(factor=lambda currency, year: 1.25))
    lines = [SimpleNamespace(part=p, capital_usd=usd) for p, usd in (
        ("solar.capital", 200.0), ("wind.capital", 300.0), ("sun2.capital", 100.0), ("solar", 400.0))]  # fmt: skip
    supply = SimpleNamespace(plant_of=lambda name: name, dispatch_mw={"wind": np.array([2.0, 3.0])})
    table = SimpleNamespace(credits="us", purchase_year=2026)
    found = company.credits_of(table, lines, supply, "US", None)
    assert (found.itc_share, found.ptc_usd_per_year, found.ptc_years) == (
        pytest.approx(0.06), pytest.approx(125.0), 10
    )  # fmt: skip
    assert company.credits_of(table, [], supply, "US", None).itc_share == 0.0
    table.credits = "none"
    assert company.credits_of(table, lines, supply, "US", None) == company.Credits()
    supply.dispatch_mw, table.credits = {}, "us"
    assert company.credits_of(table, lines, supply, "US", None).ptc_usd_per_year == 0.0
