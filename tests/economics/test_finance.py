"""Rates of return, payback, tax and replacement chains."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.annuity import present_value_factor
from wattscale.economics.cashflow import capital_payments, cash_flow, tax
from wattscale.economics.finance import irr, irr_many, irr_roots, mirr, npv, payback_years
from wattscale.economics.resale import net_annuity, remaining_value_share
from wattscale.economics.result import CostLine


def line(capital, life, rate, resale=0.0, running=0.0):
    return CostLine("x", "facility", capital, life, capital * net_annuity(rate, life, resale), running, 0.0, 0.0)


@settings(max_examples=50, deadline=None)
@given(life=st.integers(1, 40), years=st.integers(1, 40), rate=st.floats(0.0, 0.3), resale=st.floats(0.0, 0.9))
def test_a_replacement_chain_is_worth_its_annuity(life, years, rate, resale):
    cash = capital_payments(line(1000.0, float(life), rate, resale), rate, years)
    expected = -1000.0 * net_annuity(rate, life, resale) * present_value_factor(rate, years)
    assert float(npv(rate, cash)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_remaining_value_falls_from_one_to_the_resale_value():
    values = [remaining_value_share(0.07, 10, age, 0.2) for age in range(11)]
    assert values[0] == pytest.approx(1.0)
    assert values[-1] == pytest.approx(0.2)
    assert all(a > b for a, b in pairwise(values))


def test_all_roots_of_an_old_textbook_case_are_found():
    # -4000, 25000, -25000: 25 % and 400 % (Lorie and Savage 1955, pump problem in later wording).
    assert irr_roots(np.array([-4000.0, 25000.0, -25000.0])) == pytest.approx((0.25, 4.0))


@settings(max_examples=50, deadline=None)
@given(first=st.floats(-0.5, 0.3), second=st.floats(0.4, 5.0))
def test_roots_built_in_are_roots_found(first, second):
    a, b = 1.0 + first, 1.0 + second
    roots = irr_roots(np.array([-1.0, a + b, -a * b]))
    assert roots == pytest.approx((first, second), abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(rate=st.floats(-0.3, 2.0), years=st.integers(1, 40))
def test_one_payment_back_gives_the_rate_it_grew_by(rate, years):
    cash = np.zeros(years + 1)
    cash[0], cash[-1] = -1.0, (1.0 + rate) ** years
    assert irr(cash) == pytest.approx(rate, abs=1e-7)
    assert irr_many(cash)[0] == pytest.approx(rate, abs=1e-7)
    assert mirr(cash, 0.05, 0.08) == pytest.approx(rate, abs=1e-9)


def test_no_rate_exists_for_payments_of_one_sign():
    assert irr(np.array([-1.0, -2.0])) is None
    assert np.isnan(irr_many(np.array([[-1.0, -2.0]]))[0])


def test_several_possible_rates_are_not_hidden_in_a_batch():
    assert np.isnan(irr_many(np.array([[-100.0, 230.0, -132.0]]))[0])


def test_payback_waits_for_the_last_deficit():
    assert payback_years(np.array([-10.0, 20.0, -15.0, 10.0])) == pytest.approx(2.5)
    assert payback_years(np.array([-10.0, 5.0])) is None


def test_losses_shield_later_profit_up_to_the_limit():
    assert tax(np.array([-100.0, 50.0, 100.0]), 0.2, use_share=0.8).tolist() == pytest.approx([0.0, 2.0, 8.0])


def test_tax_is_the_same_for_a_row_and_for_many():
    rows = np.array([[-100.0, 50.0, 100.0], [10.0, -5.0, 20.0]])
    both = tax(rows, 0.3)
    assert both[0].tolist() == tax(rows[0], 0.3).tolist()
    assert both[1].tolist() == tax(rows[1], 0.3).tolist()


def test_depreciation_shields_exactly_the_capital():
    asset = line(100.0, 4.0, 0.0)
    untaxed = cash_flow([asset], 25.0, 0.0, 4)
    taxed = cash_flow([asset], 25.0, 0.0, 4, tax_rate=0.4)
    assert taxed.tolist() == untaxed.tolist()
