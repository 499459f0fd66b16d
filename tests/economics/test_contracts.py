"""Power purchase agreements and hedges: what they cost and what they do to the risk."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import load_catalog
from wattscale.economics.contracts import Contract, certified_mw, contract_profile, contracts_of
from wattscale.economics.stage import run
from wattscale.scenario.economics import EconomicsTable


def value(found):
    return found[0] if isinstance(found, tuple) else found


def market(seed=1):
    """A year of prices with seasons, shocks and a memory of a few hours."""
    rng = np.random.default_rng(seed)
    hour = np.arange(8760)
    noise = np.convolve(rng.normal(0.0, 8.0, 8760 + 23), np.full(24, 1 / np.sqrt(24)), "valid")
    return 50.0 + 10.0 * np.sin(2 * np.pi * hour / 24) + noise


@cache
def costed(make, **table):
    plan = make(price_usd_per_mwh=market())
    return run(EconomicsTable(risk_paths=40, **table), *plan, load_catalog())


def test_a_contract_moves_the_cost_by_its_settlement(make):
    bare = costed(make)
    held = costed(make, contract="baseload", contract_price_usd_per_mwh=70.0)
    energy = held.figures["contract_mwh_per_year"]
    assert energy == pytest.approx(3.6 * 8760)
    extra = value(held.figures["tco_usd_per_year"]) - value(bare.figures["tco_usd_per_year"])
    assert extra == pytest.approx(energy * (70.0 - market().mean()), rel=1e-9)
    assert extra == pytest.approx(held.figures["contract_settlement_usd_per_year"], rel=1e-9)
    paid = held.figures["electricity_usd_per_year"] - bare.figures["electricity_usd_per_year"]
    assert paid == pytest.approx(extra)


def test_a_matched_contract_leaves_no_price_risk(make):
    figures = costed(make, contract="24-7").figures
    assert figures["contracts_risk_removed_share"] == pytest.approx(1.0)
    assert figures["power_cost_risk_share"] == pytest.approx(0.0, abs=1e-9)


def test_half_a_hedge_halves_the_risk_of_a_flat_load(make):
    whole, half = (costed(make, hedge_share=share).figures for share in (1.0, 0.5))
    bare = costed(make).figures
    assert whole["contracts_risk_removed_share"] == pytest.approx(1.0, abs=0.01)
    assert half["power_cost_sd_usd_per_year"] == pytest.approx(0.5 * bare["power_cost_sd_usd_per_year"], rel=0.02)
    assert half["contracts_premium_usd_per_year"] == pytest.approx(0.5 * whole["contracts_premium_usd_per_year"])


def test_network_charges_carry_no_price_risk(make):
    plan = make(price_usd_per_mwh=market())
    dear = make(price_usd_per_mwh=market())
    dear[4].cost_usd_per_year["grid.energy"] += 3.6 * 8760 * 20.0
    one, two = (run(EconomicsTable(risk_paths=40), *p, load_catalog()).figures for p in (plan, dear))
    assert two["power_cost_sd_usd_per_year"] == pytest.approx(one["power_cost_sd_usd_per_year"], rel=1e-9)


def test_a_solar_contract_pays_by_day_alone(make):
    plan = make()
    profile = contract_profile("pay-as-produced", "solar", 1.0, np.full(8760, 3.6), plan[2], load_catalog())
    local = (np.arange(8760) - 5) % 24
    assert profile.sum() == pytest.approx(3.6 * 8760)
    assert profile[(local < 4) | (local > 20)].max() == pytest.approx(0.0, abs=1e-9)


def test_only_purchase_agreements_carry_certificates():
    flat = np.ones(8760)
    assert certified_mw([Contract("hedge", flat, 50.0)]) is None
    assert certified_mw([Contract("hedge", flat, 50.0), Contract("baseload", flat, 50.0)]).sum() == 8760


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        ({"contract": "baseload", "electricity_price_usd_per_mwh": 60.0}, ["contract-ignored"]),
        ({"contract": "baseload", "hedge_share": 0.5}, ["over-contracted"]),
        ({"hedge_share": 1.0}, []),
    ],
)
def test_doubtful_contracts_warn(make, table, codes):
    plan = make()
    _, warnings = contracts_of(EconomicsTable(**table), np.full(8760, 3.6), plan[2], load_catalog())
    assert [each.code for each in warnings] == codes


def test_a_plan_off_the_grid_has_nothing_to_contract(make):
    plan = make()
    found, warnings = contracts_of(EconomicsTable(contract="24-7"), np.zeros(8760), plan[2], load_catalog())
    assert found == []
    assert [each.code for each in warnings] == ["contract-ignored"]


@settings(max_examples=30, deadline=None)
@given(
    strike=st.floats(0.0, 200.0),
    share=st.floats(0.0, 2.0),
    price=st.floats(-50.0, 300.0),
    kind=st.sampled_from(["baseload", "24-7"]),
)
def test_a_contract_at_the_price_of_the_market_costs_nothing(make, strike, share, price, kind):
    load = 1.0 + np.sin(np.arange(8760) / 5.0) ** 2
    profile = contract_profile(kind, "solar", share, load, None, load_catalog())
    assert profile.sum() == pytest.approx(share * load.sum())
    flat = np.full(8760, price)
    assert float(Contract(kind, profile, price).settlement_usd(flat)) == pytest.approx(0.0, abs=1e-3)
    gap = float(Contract(kind, profile, strike).settlement_usd(flat))
    assert gap == pytest.approx((strike - price) * profile.sum(), rel=1e-9, abs=1e-3)
