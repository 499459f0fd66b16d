"""Laws of the project company."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import load_catalog
from wattscale.economics.depreciation import schedule, tax_credits
from wattscale.economics.project_finance import Terms, interest_during_construction, price_for_irr, project_cash
from wattscale.errors import InfeasibleError, InputError


@settings(max_examples=30, deadline=None)
@given(
    revenue=st.floats(1e6, 5e7),
    rate=st.floats(0.0, 0.12),
    dscr=st.floats(1.05, 2.0),
    tenor=st.integers(0, 20),
    cap=st.floats(0.1, 0.9),
    tax_rate=st.floats(0.0, 0.4),
)
def test_debt_is_repaid_and_cash_adds_up(revenue, rate, dscr, tenor, cap, tax_rate):
    terms = Terms(20, rate, tenor, dscr, cap, tax_rate=tax_rate, depreciation=schedule("macrs_7", load_catalog()))
    found = project_cash(np.array([1e8, 2e8]), np.full(20, revenue), np.full(20, 1e6), terms)
    repaid = (found.service_usd - found.interest_usd).sum(axis=1)
    assert repaid == pytest.approx(found.debt_usd, rel=1e-6, abs=1e-3)
    assert (found.gearing <= cap + 1e-9).all()
    assert (found.dscr_min >= dscr - 1e-9).all()
    owners = found.available_usd - found.service_usd - found.tax_usd
    assert found.equity_usd[:, 1:] == pytest.approx(owners, rel=1e-6, abs=1e-3)
    assert found.equity_usd[:, 0] == pytest.approx(found.debt_usd - found.cost_usd, rel=1e-6)


def test_interest_on_debt_is_taken_off_taxable_profit():
    lone = Terms(10, tax_rate=0.3, depreciation=schedule("straight_line_10", load_catalog()))
    lent = Terms(10, 0.08, 10, 1.5, tax_rate=0.3, depreciation=schedule("straight_line_10", load_catalog()))
    args = (np.array([100.0]), np.full(10, 40.0), np.zeros(10))
    paid, saved = project_cash(*args, lone), project_cash(*args, lent)
    assert paid.tax_usd.sum() - saved.tax_usd.sum() == pytest.approx(0.3 * saved.interest_usd.sum())


def test_a_loss_is_worth_more_to_an_owner_with_other_profit():
    shared = {"years": 10, "tax_rate": 0.3, "depreciation": schedule("macrs_3", load_catalog())}
    args = (np.array([100.0]), np.full(10, 20.0), np.zeros(10))
    alone = project_cash(*args, Terms(**shared)).equity_npv(0.08)[0]
    together = project_cash(*args, Terms(**shared, losses_refunded=True)).equity_npv(0.08)[0]
    assert together > alone


def test_interest_during_construction_grows_with_the_years_of_building():
    found = [interest_during_construction(0.08, years) for years in range(4)]
    assert found[0] == 0.0
    assert found == sorted(found)


def test_one_draw_gives_the_same_as_many():
    terms = Terms(5, 0.06, 4, tax_rate=0.2)
    capital, revenue = np.array([90.0, 110.0]), np.array([[30.0] * 5, [50.0] * 5])
    both = project_cash(capital, revenue, np.zeros(5), terms)
    one = project_cash(capital[1:], revenue[1:], np.zeros(5), terms)
    assert both.equity_usd[1].tolist() == one.equity_usd[0].tolist()


def test_the_price_found_earns_the_target_rate():
    terms = Terms(12, 0.07, 8, 1.4, 0.6, tax_rate=0.25, depreciation=schedule("macrs_5", load_catalog()))

    def cash_at(price):
        return project_cash(np.array([1e6]), np.full(12, price * 100.0), np.full(12, 2e4), terms).equity_usd

    price = price_for_irr(cash_at, 0.15, 0.0, 1e6)
    found = project_cash(np.array([1e6]), np.full(12, price * 100.0), np.full(12, 2e4), terms)
    assert found.equity_irr()[0] == pytest.approx(0.15, abs=1e-6)


def test_a_rate_out_of_reach_is_refused():
    with pytest.raises(InfeasibleError, match="price_per_mtok"):
        price_for_irr(lambda p: np.array([-100.0, p]), 0.5, 0.0, 10.0)


@pytest.mark.parametrize(
    "name", ["macrs_3", "macrs_5", "macrs_7", "macrs_15", "macrs_20", "straight_line_39", "half_year_15"]
)
def test_every_schedule_writes_off_the_whole_basis(name):
    assert schedule(name, load_catalog()).sum() == pytest.approx(1.0)


def test_an_unknown_schedule_is_refused_with_the_nearest_word():
    with pytest.raises(InputError, match="macrs_5"):
        schedule("marcs_5", load_catalog())


def test_credits_end_with_their_law():
    catalog = load_catalog()
    assert set(tax_credits("US", "wind", 2026, catalog)) == {"ptc", "itc"}
    assert tax_credits("US", "wind", 2030, catalog) == {}
    assert tax_credits("US", "smr", 2036, catalog) == {}
