"""Prices of devices, their years, rates of many draws and the load of a small operator, worked by hand."""

from __future__ import annotations

from math import hypot

import numpy as np
import pytest

from wattscale.catalog import load_catalog
from wattscale.catalog.money import Deflator
from wattscale.economics.cashflow import tax
from wattscale.economics.choices import breakeven_load_figures
from wattscale.economics.finance import irr_many
from wattscale.economics.prices import accelerator_price, price_year_warnings
from wattscale.scenario.economics import EconomicsTable


def test_price_of_no_year_has_the_spread_of_estimates():
    """An open price stays; a list price times 0.71 (0.6 to 0.9), whose spread joins that of estimates by squares."""
    catalog = load_catalog()
    spread = catalog.figure("dc_costs", "accelerator.price_spread")
    share = catalog.figure("dc_costs", "accelerator.large_buyer_share")
    assert (spread.low, spread.high, share.low, share.value, share.high) == (0.8, 1.25, 0.6, 0.71, 0.9)
    usual = accelerator_price(EconomicsTable(), "RTX 4090", catalog)
    assert (usual.low, usual.value, usual.high) == pytest.approx((1279.2, 1599.0, 1998.75))
    listed = accelerator_price(EconomicsTable(), "A10", catalog)
    value = 2800 * 0.71
    assert listed.value == pytest.approx(value)
    assert listed.low == pytest.approx(value * (1 - hypot(0.2, 0.11 / 0.71)))
    assert listed.high == pytest.approx(value * (1 + hypot(0.25, 0.19 / 0.71)))


def test_a_dated_list_price_is_brought_to_a_large_buyer_and_a_large_buyers_own_stays():
    catalog = load_catalog()
    table = EconomicsTable().model_copy(update={"purchase_year": 2025})
    for model, share in (("L40S", 0.71), ("H20", 1.0)):
        dated = Deflator(catalog).to_base(catalog.figure("accelerator_prices", f"{model}.price", vintage=2025))
        assert accelerator_price(table, model, catalog).value == pytest.approx(dated.value * share)


@pytest.mark.parametrize(
    ("model", "year", "told"),
    [
        ("H100", 2021, "known for 2022 to 2025; that of 2022 is taken for 2021"),
        ("H100", 2026, "known for 2022 to 2025; that of 2025 is taken for 2026"),
        ("H20", 2026, "known for 2025 alone; that of 2025 is taken for 2026"),
        ("H20", 2024, "known for 2025 alone; that of 2025 is taken for 2024"),
        ("GB200-NVL72 (per GPU)", 2026, "known for 2024 to 2025; that of 2025 is taken for 2026"),
        ("H100", 2022, ""), ("H100", 2024, ""), ("H100", 2025, ""), ("H20", 2025, ""), ("A10", 2026, ""),
    ],
)  # fmt: skip
def test_a_year_without_prices_is_told(model, year, told):
    table = EconomicsTable().model_copy(update={"purchase_year": year})
    warnings = price_year_warnings(table, [model], load_catalog())
    assert [told in w.message for w in warnings] == ([True] if told else [])
    own = table.model_copy(update={"accelerator_price_usd": 0.5})
    assert price_year_warnings(own, [model], load_catalog()) == []


def test_half_a_token_of_a_million_has_a_load_and_ranges_have_none():
    """Cost 3 over 0.5 Mtok at 4 USD: 1.5; 3 / 4 of a million tokens in requests of 250: 3,000 a year."""
    given = {"smallest_operator_usd_per_year": 3.0, "smallest_operator_mtok_per_year": 0.5}
    found = breakeven_load_figures(given, 4.0, 250.0)
    assert found["smallest_operator_breakeven_load_ratio"] == pytest.approx(1.5)
    assert found["smallest_operator_requests_per_day"] == pytest.approx(3000 / 365)
    for name in given:
        assert breakeven_load_figures({**given, name: (1.0, 1.0, 1.0)}, 4.0, 250.0) == {}
        assert breakeven_load_figures({**given, "smallest_operator_mtok_per_year": 0.0}, 4.0, 250.0) == {}


def test_rates_of_many_rows():
    """Doubled at the end of three idle years; a loan; a gap that hides a second change; rates past the search; cents.

    -1 + 11 / (1 + r): 1,000 % is the last rate sought; -1 + 0.05 / (1 + r): -95 % the first.
    """
    rows = np.array([
        [-1.0, 0.0, 0.0, 2.0], [5.0, -3.0, -3.0, 0.0], [-100.0, 230.0, 0.0, -132.0], [-1.0, 10.9, 0.0, 0.0],
        [-1.0, 11.1, 0.0, 0.0], [-1.0, 0.051, 0.0, 0.0], [-1.0, 0.049, 0.0, 0.0], [-0.003, 0.001, 0.0025, 0.0],
        [0.0, 0.0, 0.0, 0.0], [-1e9, 0.0, 2.25e9, 0.0], [0.0, -4.0, 5.0, 0.0],
    ])  # fmt: skip
    loan = (0.6 + np.sqrt(0.36 + 2.4)) / 2 - 1
    cents = (1 / 3 + np.sqrt(1 / 9 + 10 / 3)) / 2 - 1
    nan = np.nan
    expected = [2 ** (1 / 3) - 1, loan, nan, 9.9, nan, -0.949, nan, cents, nan, 0.5, 0.25]
    assert irr_many(rows) == pytest.approx(expected, abs=1e-12, nan_ok=True)


def test_losses_and_profits_of_cents():
    """0.5 lost; 0.25 earned, of which four fifths are offset: 0.05 taxed; then 2 less the 0.3 left. Half of it each."""
    assert tax(np.array([-0.5, 0.25, 2.0, -0.1, 0.0]), 0.5, 0.8) == pytest.approx([0.0, 0.025, 0.85, 0.0, 0.0])
    stacked = np.tile([-0.5, 0.25], (2, 3, 1))
    assert tax(stacked, 0.5, 0.8)[..., 1] == pytest.approx(np.full((2, 3), 0.025))
