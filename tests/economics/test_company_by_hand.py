"""The project company of a plan of few numbers: debt, owners and the price they need, reckoned once more in plain sums.

108 USD of capital: 100 that lasts ten years and 8 that is bought again after two, with three tenths of its price left.
Without interest on replacements: a tenth a year of the 100, so 70 left after three; 8 - 2.4 = 5.6 paid in the second
year and 8 - 2.8 = 5.2 left of it after one more. Running 10 and a lease of 5 a year.
"""

from __future__ import annotations

import pytest
from scipy.optimize import brentq

from wattscale.catalog import load_catalog
from wattscale.economics import company
from wattscale.economics.cashflow import capital_payments, implied_resale
from wattscale.economics.company import Credits, company_figures
from wattscale.economics.result import CostLine
from wattscale.scenario.economics import EconomicsTable

TERMS = {
    "project_years": 3, "discount_rate": 0.0, "inflation_rate": 0.1, "tax_rate": 0.25, "construction_years": 2,
    "debt_rate": 0.21, "debt_years": 2, "dscr": 1.25, "gearing_cap": 0.9, "depreciation": "straight_line_4",
    "target_irr": 0.3,
}  # fmt: skip
CREDITS = Credits(0.1, 7.0, 2)
OUTPUT_MTOK = 0.5


def line(capital=0.0, life=10.0, annuity=0.0, running=0.0):
    total = annuity + running
    return CostLine("x", "facility", capital, life, annuity, running, total, total)


LINES = [line(100.0, 10.0, 10.0, 10.0), line(8.0, 2.0, 2.8), line(0.0, 0.0, 5.0)]
REPLACED = (0.0, -5.6, 70.0 + 5.2)


def debt_and_owners(revenue):
    """Debt that two years of cash carry at 1.25 and 21 %; nine tenths of the cost are never reached at 82 USD a year.

    Cost: half waits 1.5 years, half 0.5, at 21 %: 108 x (1.1^3 + 1.1) / 2. Tax: a quarter of the cost is written off
    each year, less half of the credit of a tenth.
    """
    cost = 108 * (1.331 + 1.1) / 2
    money = (1.1, 1.21, 1.331)
    cash = [(revenue - 15) * m for m in money]
    service = [cash[0] / 1.25, cash[1] / 1.25, 0.0]
    debt = service[0] / 1.21 + service[1] / 1.4641
    cut = min(1.0, 0.9 * cost / debt)
    debt, service = debt * cut, [s * cut for s in service]
    interest = [0.21 * debt, 0.21 * (1.21 * debt - service[0]), 0.0]
    profit = [c - i - cost * 0.95 / 4 for c, i in zip(cash, interest, strict=True)]
    assert min(profit) > 0
    credit = [0.1 * cost + 7 * 1.1, 7 * 1.21, 0.0]
    owners = [debt - cost]
    for year in range(3):
        own = REPLACED[year] * money[year] * 0.75
        owners.append(cash[year] - service[year] - 0.25 * profit[year] + credit[year] + own)
    return cost, debt, owners


def worth(owners, rate):
    return sum(usd / (1 + rate) ** year for year, usd in enumerate(owners))


def figures(lines=LINES, revenue=(70.0, 12.0), output=OUTPUT_MTOK, credits=CREDITS, **changes):
    table = EconomicsTable(**{**TERMS, **changes})
    found, warnings = company_figures(table, lines, revenue, output, credits, load_catalog())
    return found, [w.code for w in warnings]


def test_debt_and_owners_of_a_plan():
    found, codes = figures()
    cost, debt, owners = debt_and_owners(82.0)
    assert found["debt_usd"] == pytest.approx(debt)
    assert found["gearing_share"] == pytest.approx(debt / cost)
    assert found["interest_during_construction_usd"] == pytest.approx(cost - 108)
    assert found["dscr_min"] == pytest.approx(1.25)
    rate = brentq(lambda r: worth(owners, r), 0.0, 3.0)
    assert found["equity_irr_nominal"] == pytest.approx(rate)
    assert found["equity_irr"] == pytest.approx((1 + rate) / 1.1 - 1)
    assert codes == []


def test_price_of_tokens_that_owners_need(monkeypatch):
    """Half a million tokens a year beside 12 USD of training; sought up to a multiple of all cost per token."""
    price = brentq(lambda p: worth(debt_and_owners(p * OUTPUT_MTOK + 40.0)[2], 0.9), 60.0, 200.0)
    found, _ = figures(revenue=(70.0, 40.0), target_irr=0.9)
    assert found["price_for_target_irr_usd_per_mtok"] == pytest.approx(price)
    per_mtok = sum(each.total_usd_per_year for each in LINES) / OUTPUT_MTOK
    monkeypatch.setattr(company, "HIGHEST_PRICE_FACTOR", 1.02 * price / per_mtok)
    assert figures(revenue=(70.0, 40.0), target_irr=0.9)[1] == []
    monkeypatch.setattr(company, "HIGHEST_PRICE_FACTOR", 0.98 * price / per_mtok)
    found, codes = figures(revenue=(70.0, 40.0), target_irr=0.9)
    assert "price_for_target_irr_usd_per_mtok" not in found
    assert codes == ["no-target-price"]


def test_a_plan_without_tokens_needs_no_price_of_them():
    found, codes = figures(output=0.0)
    assert "price_for_target_irr_usd_per_mtok" not in found
    assert "equity_irr" in found
    assert codes == []


@pytest.mark.parametrize(("years", "codes"), [(0, []), (1, ["no-debt"])])
def test_a_loss_carries_no_debt_and_only_who_asked_for_some_is_told(years, codes):
    found, told = figures(revenue=(0.0, 5.0), output=0.0, debt_years=years)
    assert (found["debt_usd"], found["gearing_share"]) == (0.0, 0.0)
    assert "dscr_min" not in found
    assert told == codes


def test_debt_lasts_no_longer_than_the_project():
    """One year of 67 x 1.1 over 1.25 at 21 %; three years of debt are asked for."""
    found, _ = figures(project_years=1, debt_years=3)
    assert found["debt_usd"] == pytest.approx(67 * 1.1 / 1.25 / 1.21)


def test_capital_of_half_a_dollar_is_geared_and_none_is_not():
    found, _ = figures([line(0.5, 10.0, 0.05)], revenue=(0.0, 0.2), output=0.0, construction_years=0)
    assert found["gearing_share"] == pytest.approx(0.2 * (1.1 / 1.21 + 1.21 / 1.4641) / 1.25 / 0.5)
    assert found["interest_during_construction_usd"] == pytest.approx(0.0)
    assert found["dscr_min"] == pytest.approx(1.25)
    bare, _ = figures([line(0.0, 0.0, 5.0)], output=0.0)
    assert bare["gearing_share"] == 0.0


def test_terms_come_from_the_table_or_the_catalogue():
    catalog = load_catalog()
    table = EconomicsTable(**{**TERMS, "dscr": None, "gearing_cap": None, "bonus_share": 0.5})
    terms = company.terms_of(table, CREDITS, catalog)
    assert terms.dscr == catalog.value("dc_costs", "finance.dscr_sizing")
    assert terms.gearing_cap == catalog.value("dc_costs", "finance.leverage")
    assert terms.depreciation == pytest.approx([0.625, 0.125, 0.125, 0.125])
    assert company.terms_of(table.model_copy(update={"gearing_cap": 0.0}), CREDITS, catalog).gearing_cap == 0.0


def test_a_part_of_a_life_of_half_years_is_bought_again_at_the_nearest_year():
    """Lives of 1.5 years end after 1.5, 3, 4.5 years: bought at 0, 2, 3, 4; half a year of a life is left of the last.

    3 USD whose annuity of 1.6 over 1.5 years implies 0.2 left at the end: 0.6 comes back each time. At 5 years the last
    is a year old: 3 - 1.6 = 1.4. A part shorter than half a year is bought once a year and one year old at the end.
    """
    part = line(3.0, 1.5, 1.6)
    assert implied_resale(part, 0.0) == pytest.approx(0.2)
    assert capital_payments(part, 0.0, 5) == pytest.approx([-3, 0, -2.4, -2.4, -2.4, 1.4])
    assert capital_payments(line(0.5, 0.25, 2.0), 0.0, 2) == pytest.approx([-0.5, -0.5, 0.0])
    assert capital_payments(line(0.5, 1.0, 0.5), 0.0, 2) == pytest.approx([-0.5, -0.5, 0.0])
    assert capital_payments(line(0.5, 0.0, 0.5), 0.0, 2) == pytest.approx([0, 0, 0])


def test_what_is_left_at_a_rate_pays_for_what_is_used():
    """100 over 4 years at 10 % with a fifth left: after 3 years one annuity and the 20 are worth (a + 20) / 1.1."""
    annuity = (100 - 20 / 1.4641) * 0.1 / (1 - 1.1**-4)
    found = capital_payments(line(100.0, 4.0, annuity), 0.1, 3)
    assert found == pytest.approx([-100, 0, 0, (annuity + 20) / 1.1])


def test_debt_of_nine_years_ends_with_a_project_of_three():
    table = EconomicsTable(**{**TERMS, "debt_years": 9})
    assert company.terms_of(table, CREDITS, load_catalog()).debt_years == 3


def test_a_price_of_cents_is_found():
    price = brentq(lambda p: worth(debt_and_owners(p * 500.0 + 40.0)[2], 0.9), 0.06, 0.2)
    found, _ = figures(revenue=(70.0, 40.0), target_irr=0.9, output=500.0)
    assert found["price_for_target_irr_usd_per_mtok"] == pytest.approx(price)
