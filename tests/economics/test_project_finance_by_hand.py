"""A project company reckoned once more year by year, debt and tax of cents, and rates at the ends of their range."""

from __future__ import annotations

import numpy as np
import pytest

from wattscale.economics.cashflow import cash_flow
from wattscale.economics.depreciation import schedule
from wattscale.economics.finance import irr_many, irr_roots, mirr, payback_years
from wattscale.economics.lcoe import levelised_ptc, present_value_of_depreciation
from wattscale.economics.project_finance import Terms, price_for_irr, project_cash
from wattscale.economics.result import CostLine
from wattscale.errors import InfeasibleError


def project(capital, revenue, running, terms, ptc):
    """One draw in plain sums: a list of what the owners pay and get, the same without debt, the debt's terms."""
    mean = [(1 + terms.debt_rate) ** (k + 0.5) for k in range(terms.construction_years)] or [1.0]
    built = capital * sum(mean) / len(mean)
    cash = [r - c for r, c in zip(revenue, running, strict=True)]
    service = [max(c, 0.0) / terms.dscr if year < terms.debt_years else 0.0 for year, c in enumerate(cash)]
    carried = sum(s / (1 + terms.debt_rate) ** (year + 1) for year, s in enumerate(service))
    # Debt is capped at a share of all cost, its own fee included: D = g (B + f D).
    debt = min(carried, terms.gearing_cap * built / (1 - terms.gearing_cap * terms.fee_share))
    service = [s * debt / carried if carried else 0.0 for s in service]

    def after_tax(lent, paid):
        owners, owed, losses = [], lent, 0.0
        for year, c in enumerate(cash):
            interest = owed * terms.debt_rate
            owed += interest - paid[year]
            end = capital * terms.salvage_share if year == terms.years - 1 else 0.0
            worn = terms.depreciation[year] if year < len(terms.depreciation) else 0.0
            profit = c + end - interest - built * (1 - terms.itc_share / 2) * worn
            if terms.losses_refunded:
                tax = profit * terms.tax_rate
            else:
                used = min(losses, max(profit, 0.0) * terms.loss_use_share)
                losses += max(-profit, 0.0) - used
                tax = (max(profit, 0.0) - used) * terms.tax_rate
            credit = (built * terms.itc_share if year == 0 else 0.0) + (ptc[year] if year < terms.ptc_years else 0.0)
            owners.append(c + end - paid[year] - tax + credit)
        return owners

    cost = built + debt * terms.fee_share
    owners = [debt - cost, *after_tax(debt, service)]
    return owners, [-built, *after_tax(0.0, [0.0] * terms.years)], cost, debt, service


USUAL = {
    "years": 4, "debt_rate": 0.1, "debt_years": 3, "dscr": 1.25, "gearing_cap": 0.9, "construction_years": 3,
    "fee_share": 0.05, "tax_rate": 0.3, "loss_use_share": 0.8, "depreciation": np.array([0.5, 0.3, 0.2]),
    "itc_share": 0.2, "ptc_years": 2, "salvage_share": 0.1,
}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [{}, {"gearing_cap": 0.3}, {"losses_refunded": True}, {"debt_years": 0}, {"depreciation": np.full(8, 0.125)},
     {"construction_years": 1}, {"itc_share": 0.0, "ptc_years": 4}],
    ids=["debt by cash", "debt capped", "refunded", "no debt", "long", "built in a year", "production credit"],
)  # fmt: skip
def test_cash_of_three_projects(changes):
    """A project of cents, one that loses in its third year, one that carries no debt; with every term at work."""
    terms = Terms(**{**USUAL, **changes})
    capital = np.array([0.9, 2.0, 0.5])
    revenue = np.array([[0.5, 0.6, 0.4, 0.3], [3.0, 0.5, 0.1, 4.0], [0.05, 0.1, 0.1, 0.1]])
    running, ptc = np.array([0.1, 0.2, 0.3, 0.1]), np.array([0.05, 0.04, 0.03, 0.02])
    found = project_cash(capital, revenue, running, terms, ptc)
    for draw in range(3):
        owners, alone, cost, debt, service = project(capital[draw], revenue[draw], running, terms, ptc)
        assert found.equity_usd[draw] == pytest.approx(owners)
        assert found.project_usd[draw] == pytest.approx(alone)
        assert (found.cost_usd[draw], found.debt_usd[draw]) == pytest.approx((cost, debt))
        assert found.service_usd[draw] == pytest.approx(service)
        assert found.gearing[draw] == pytest.approx(debt / cost)
        covers = [(r - c) / s for r, c, s in zip(revenue[draw], running, service, strict=True) if s > 0]
        assert found.dscr_min[draw] == pytest.approx(min(covers, default=np.inf))


def test_a_price_that_is_just_enough_is_found_and_one_beyond_is_refused():
    """-0.5 now and p / 100 in a year at 25 %: 62.5, known to lie between the ends, ends included."""

    def cash(price):
        return np.array([[-0.5, price / 100]])

    assert price_for_irr(cash, 0.25, 0.0, 100.0) == pytest.approx(62.5)
    assert price_for_irr(cash, 0.25, 62.4, 62.6) == pytest.approx(62.5)
    for low, high in ((0.0, 62.4), (62.6, 100.0)):
        with pytest.raises(InfeasibleError):
            price_for_irr(cash, 0.25, low, high)


def part(capital, life, annuity=0.0, running=0.0, name="x"):
    return CostLine(name, "facility", capital, life, annuity, running, 0.0, 0.0)


def test_taxed_cash_of_cents():
    """Earns 1.6, pays 0.1 and a lease of 0.2 a year; 0.5 lasts half a year and is bought yearly, so 1.0 is written off.

    Tax a quarter of 1.6 - 0.3 - 1.0 - 0.1; the 0.8 of eight years wear by 0.1 and 0.6 are left after two.
    """
    plan = [part(0.5, 0.5, 1.0, 0.1), part(0.8, 8.0, 0.1), part(0.0, 0.0, 0.2), part(0.4, 4.0, 0.0, name="land")]
    assert cash_flow(plan, 1.6, 0.0, 2, 0.25) == pytest.approx([-1.7, 0.75, 1.25 + 0.6 + 0.4])
    assert cash_flow(plan, 1.6, 0.0, 2) == pytest.approx([-1.7, 0.8, 1.3 + 0.6 + 0.4])


def test_rates_of_cents_and_of_any_size():
    """A rate at the very end of the search, 1,000 %, is one."""
    nan = np.nan
    assert irr_roots(np.array([-0.5, 0.6])) == pytest.approx((0.2,))
    assert irr_roots(np.array([-0.5, 0.6]) * 1e-200) == pytest.approx((0.2,))
    assert irr_roots(np.array([-0.5, 0.6]) * 1e200) == pytest.approx((0.2,))
    assert irr_roots(np.zeros(3)) == ()
    assert irr_many(np.array([[-0.5, 0.6]]) * 1e-200)[0] == pytest.approx(0.2)
    assert irr_many(np.array([[-0.5, 5.5], [-0.5, 5.6], [0.0, 0.0]])) == pytest.approx([10, nan, nan], nan_ok=True)
    assert mirr(np.array([-0.5, 0.6]), 0.1, 0.2) == pytest.approx(0.2)
    assert mirr(np.array([-0.5, -0.25, 0.3, 0.4]), 0.25, 0.1) == pytest.approx((0.73 / 0.7) ** (1 / 3) - 1)
    assert mirr(np.array([-0.5]), 0.1, 0.2) is None
    assert mirr(np.array([0.5]), 0.1, 0.2) is None


@pytest.mark.parametrize("point", [700, 1198])
def test_a_rate_that_is_a_point_of_the_search_is_found_as_one_in_its_last_step(point):
    """1,200 points of ln(1 + r) from -95 to 1,000 %: worth exactly nothing at one of them, and nothing between two."""
    grid = np.linspace(np.log1p(-0.95), np.log1p(10.0), 1200)
    assert irr_roots(np.array([-np.exp(-grid[point]), 1.0])) == pytest.approx((np.expm1(grid[point]),))
    between = np.exp((grid[point] + grid[point + 1]) / 2)
    assert irr_roots(np.array([-1.0, between])) == pytest.approx((between - 1,))


def test_payback_of_cents():
    """Sums -0.5, 0.25, -0.25, 0.5: the last year below nothing is the second, and a third of the next pays it."""
    assert payback_years(np.array([-0.5, 0.75, -0.5, 0.75])) == pytest.approx(2 + 1 / 3)
    assert payback_years(np.array([-0.5, 1.0])) == pytest.approx(0.5)
    assert payback_years(np.array([-0.5, 0.5])) == pytest.approx(1.0)
    assert payback_years(np.array([-0.5, 0.25])) is None
    assert payback_years(np.array([0.25, 0.25])) == 0.0


def test_depreciation_of_three_years_and_its_worth():
    """Half at once, the rest by halves of a year: 0.5 + 0.5 x (1/4, 1/2, 1/4); at 25 % and 20 % inflation."""
    shares = schedule("half_year_2", None, 0.5)
    assert shares == pytest.approx([0.625, 0.25, 0.125])
    worth = 0.625 / 1.5 + 0.25 / 2.25 + 0.125 / 3.375
    assert present_value_of_depreciation(shares, 0.25, 0.2) == pytest.approx(worth)
    # 30 a MWh for one year of two at 25 %: a unit a year is worth 0.8 and 1.44; before a tax of a quarter.
    assert levelised_ptc(30.0, 0.25, 2.0, 0.25, 1.0) == pytest.approx(40 * 0.8 / 1.44)
