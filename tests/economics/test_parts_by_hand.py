"""Cash, rates, tax, shares and prices of small plans, worked by hand."""

import numpy as np
import pytest

from wattscale.economics.cashflow import capital_payments, cash_flow, implied_resale, tax
from wattscale.economics.choices import breakeven_load_figures, smallest_operator_figures
from wattscale.economics.contracts import Contract, certified_mw
from wattscale.economics.finance import irr, irr_many, irr_roots, mirr, npv, payback_years
from wattscale.economics.lcoe import PlantCost, fixed_charge_rate, lcoe, levelised_ptc
from wattscale.economics.price_process import PriceProcess, _fit_jumps, normal_scores, seasonal_mean, simulate
from wattscale.economics.project_finance import Terms, interest_during_construction, project_cash, sculpted_debt
from wattscale.economics.result import CostLine
from wattscale.economics.tokens import ServingShares, run_share_of_year
from wattscale.hours import month_of_hour
from wattscale.scenario.workload import TrainingTable


def line(capital=0.0, life=10.0, annuity_usd=0.0, running=0.0, part="x", segment="facility"):
    return CostLine(part, segment, capital, life, annuity_usd, running, annuity_usd + running, annuity_usd + running)


def test_present_value_of_a_row_of_payments():
    """-100 + 110 / 1.1 + 121 / 1.21 = 100; a rate for each of two rows."""
    assert float(npv(0.1, np.array([-100.0, 110.0, 121.0]))) == pytest.approx(100.0)
    rows = np.array([[-100.0, 110.0], [-100.0, 150.0]])
    assert npv(np.array([0.1, 0.5]), rows) == pytest.approx([0.0, 0.0])


def test_rates_of_return_of_payments_with_gaps_and_losses():
    """-100 and 144 after two years: 20 %; -100 and 50 after one: -50 %; of 10 and 20 % the nearer to the usual one."""
    assert irr(np.array([-100.0, 0.0, 144.0])) == pytest.approx(0.2)
    assert irr(np.array([-100.0, 50.0])) == pytest.approx(-0.5)
    two = np.array([-100.0, 230.0, -132.0])
    assert (irr(two, 0.05), irr(two, 0.5)) == (pytest.approx(0.1), pytest.approx(0.2))
    found = irr_many(np.array([[-100.0, 0.0, 144.0], [-100.0, 50.0, 0.0], [-100.0, 230.0, -132.0], [1.0, 1.0, 1.0]]))
    assert found[:2] == pytest.approx([0.2, -0.5])
    assert np.isnan(found[2:]).all()
    assert irr_roots(np.array([-1.0, 10.9])) == (pytest.approx(9.9),)
    assert irr_roots(np.array([-1.0, 11.5])) == ()


def test_modified_rate_of_return():
    """Out 100 + 50 / 1.25 = 140; back 100 x 1.1 + 120 = 230 after three years."""
    found = mirr(np.array([-100.0, -50.0, 100.0, 120.0]), 0.25, 0.1)
    assert found == pytest.approx((230 / 140) ** (1 / 3) - 1)
    assert mirr(np.array([-100.0, -50.0]), 0.1, 0.1) is None
    assert mirr(np.array([100.0, 50.0]), 0.1, 0.1) is None


def test_payback_by_straight_line_within_the_year():
    assert payback_years(np.array([-100.0, 80.0, -20.0, 80.0])) == pytest.approx(2.5)
    assert payback_years(np.array([10.0, 5.0])) == 0.0
    assert payback_years(np.array([-100.0, 99.0])) is None


def test_a_line_is_bought_again_at_the_end_of_its_life_and_valued_at_the_end():
    """100 every 2 years for 5: the third is a year old of two and counts half at no interest; resale of 30 each time.

    The annuity without interest pays 70 in 2 years; after one the value is 100 - 35.
    """
    kept = line(100.0, 2.0, annuity_usd=35.0)
    assert implied_resale(kept, 0.0) == pytest.approx(0.3)
    assert capital_payments(kept, 0.0, 5) == pytest.approx([-100, 0, -70, 0, -70, 65])
    assert capital_payments(kept, 0.0, 4) == pytest.approx([-100, 0, -70, 0, 30])
    assert capital_payments(line(0.0), 0.0, 3) == pytest.approx([0, 0, 0, 0])
    assert capital_payments(line(100.0, 10.0, 10.0), 0.0, 4) == pytest.approx([-100, 0, 0, 0, 60])


def test_resale_that_an_annuity_implies_at_a_rate():
    """Annuity of 100 over 3 years at 10 % less a fifth of its value then: s = 0.2 comes back."""
    full = 100 * 0.1 / (1 - 1.1**-3)
    assert implied_resale(line(100.0, 3.0, full * (1 - 0.2 / 1.331)), 0.1) == pytest.approx(0.2)


def test_a_dollar_of_capital_is_resold_like_a_million():
    assert implied_resale(line(1.0, 10.0, 0.08), 0.0) == pytest.approx(0.2)
    assert implied_resale(line(0.0, 10.0, 0.0), 0.0) == 0.0


def test_the_smallest_operator_has_one_replica_at_the_same_unit_costs():
    """8 of 100 devices: 8 % of capital and cost; at full load 8 x 2 Mtok, of which 10 USD each must earn 40."""
    found = smallest_operator_figures(1000.0, 100.0, 8, 2.0, 500.0)
    assert (found["smallest_operator_capital_usd"], found["smallest_operator_usd_per_year"]) == (80.0, 40.0)
    assert found["smallest_operator_mtok_per_year"] == 16.0
    needed = breakeven_load_figures(found, 10.0, 1000.0)
    assert needed["smallest_operator_breakeven_load_ratio"] == pytest.approx(0.25)
    assert needed["smallest_operator_requests_per_day"] == pytest.approx(4 * 1e6 / 1000 / 365)
    assert breakeven_load_figures({**found, "smallest_operator_mtok_per_year": 0.0}, 10.0, 1000.0) == {}


def test_certificates_come_hour_by_hour_with_purchase_agreements_alone():
    rows = [Contract("baseload", np.array([1.0, 2.0]), 50.0), Contract("24-7", np.array([3.0, 0.0]), 50.0)]
    assert certified_mw([*rows, Contract("hedge", np.array([9.0, 9.0]), 50.0)]).tolist() == [4.0, 2.0]
    assert certified_mw([Contract("hedge", np.array([9.0, 9.0]), 50.0)]) is None


def test_cash_of_a_plan_after_tax():
    """Revenue 60, running 10, a lease of 5; 100 written off in 4 years; land is not. Tax a quarter of 60 - 15 - 25."""
    plan = [line(100.0, 4.0, 25.0, 10.0), line(0.0, 0.0, 5.0), line(40.0, 4.0, 0.0, part="land")]
    assert cash_flow(plan, 60.0, 0.0, 4, 0.25) == pytest.approx([-140, 40, 40, 40, 80])
    assert cash_flow(plan, 60.0, 0.0, 4) == pytest.approx([-140, 45, 45, 45, 85])


def test_losses_offset_a_share_of_later_profit():
    """A loss of 10 against profits of 8 and 8, of which 0.8 may be offset: 6.4, then the 3.6 left."""
    assert tax(np.array([-10.0, 8.0, 8.0]), 0.5, 0.8) == pytest.approx([0.0, 0.8, 2.2])


def test_levelised_cost_of_a_plant_of_every_cost():
    """(0.08 x 1e6 + 20,000) / (8,760 x 0.5) + 3 + 20 / 0.4 + 0.5 x 30 - 4."""
    plant = PlantCost(1e6, 20_000.0, 3.0, 20.0, 0.4, 0.5)
    assert lcoe(plant, 0.5, 0.08, 4.0, 30.0) == pytest.approx(100_000 / 4380 + 3 + 50 + 15 - 4)
    # No interest, 20 years: (1 - 0.25 x 0.8 x (1 - 0.3 / 2) - 0.3) / 0.75 / 20.
    assert fixed_charge_rate(0.0, 20, 0.25, 0.8, 0.3) == pytest.approx((1 - 0.17 - 0.3) / 0.75 / 20)
    assert levelised_ptc(30.0, 0.0, 20, 0.25, 10.0) == pytest.approx(30 / 0.75 / 2)


def test_shares_of_serving_by_what_drives_a_cost():
    shares = ServingShares(hardware=0.3, power=0.5, energy=0.7)
    for segment in ("accelerators", "servers", "network", "storage", "software"):
        assert shares.of(line(segment=segment)) == 0.3
    assert shares.of(line(part="maintenance.it", segment="operations")) == 0.3
    assert shares.of(line(segment="energy")) == 0.7
    assert shares.of(line(part="water", segment="operations")) == 0.7
    assert shares.of(line(part="shell")) == 0.5


def test_the_part_of_a_year_that_a_run_pays():
    """73 days of 365; three idle runs a year pay a third each, where they need no more."""
    assert run_share_of_year(TrainingTable(rest_of_year="train"), 73.0) == pytest.approx(0.2)
    assert run_share_of_year(TrainingTable(rest_of_year="idle", runs_per_year=3.0), 73.0) == pytest.approx(1 / 3)
    assert run_share_of_year(TrainingTable(rest_of_year="off", runs_per_year=8.0), 73.0) == pytest.approx(0.2)
    assert run_share_of_year(TrainingTable(rest_of_year="idle", runs_per_year=0.0), 73.0) == pytest.approx(0.2)


def test_interest_while_building_is_paid_from_mid_year():
    """Two years at 21 %: half waits 1.5 years, half 0.5: (1.1^3 + 1.1) / 2 - 1."""
    assert interest_during_construction(0.21, 2) == pytest.approx((1.331 + 1.1) / 2 - 1)
    assert interest_during_construction(0.21, 0) == 0.0


def test_debt_is_what_the_cash_of_its_years_carries():
    """130 and 65 a year over 1.3 at 25 %: 100 / 1.25 + 50 / 1.5625; a loss carries none, nor a year after its tenor."""
    terms = Terms(4, debt_rate=0.25, debt_years=3, dscr=1.3)
    debt, service = sculpted_debt(np.array([[130.0, 65.0, -10.0, 99.0]]), terms)
    assert service[0] == pytest.approx([100, 50, 0, 0])
    assert float(debt[0]) == pytest.approx(80 + 32)


def test_cash_of_owners_with_debt_and_tax():
    """Cost 100; 60 a year for 2 years; 1.2 of cover at 25 %: 50 a year serve 40 + 32 = 72 of debt, capped at 50 of 100.

    Scaled by 50 / 72 the service is 34.722; interest 12.5, then 25 % of 50 x 1.25 - 34.722 = 27.778. Written off in two
    halves: profit 60 - 50 - interest, losses carried. A fifth of tax.
    """
    terms = Terms(2, debt_rate=0.25, debt_years=2, dscr=1.2, gearing_cap=0.5, tax_rate=0.2,
                  depreciation=np.array([0.5, 0.5]), loss_use_share=1.0)  # fmt: skip
    found = project_cash(np.array([100.0]), np.full(2, 80.0), np.full(2, 20.0), terms)
    service = 50 * 50 / 72
    interest = (12.5, 0.25 * (62.5 - service))
    assert float(found.debt_usd[0]) == pytest.approx(50.0)
    assert found.service_usd[0] == pytest.approx([service, service])
    assert found.interest_usd[0] == pytest.approx(interest)
    taxed = (0.0, 0.2 * (10 - interest[1] - 2.5))
    assert found.tax_usd[0] == pytest.approx(taxed)
    assert found.equity_usd[0] == pytest.approx([-50, 60 - service - taxed[0], 60 - service - taxed[1]])
    assert found.project_usd[0] == pytest.approx([-100, 60 - 2, 60 - 2])
    assert float(found.dscr_min[0]) == pytest.approx(60 / service)
    assert float(found.gearing[0]) == pytest.approx(0.5)


def test_ranks_become_normal_scores():
    """The middle of three is 0; equal values share the mean rank."""
    found = normal_scores(np.array([7.0, 1.0, 7.0, 9.0]))
    assert found[0] == found[2] == pytest.approx(0.0)
    assert (found[1], found[3]) == (pytest.approx(-1.1503, abs=1e-3), pytest.approx(1.1503, abs=1e-3))


def test_an_additive_season_is_found_exactly():
    """A level for each month, and one for each hour of day in each season of three months, December first."""
    month, hour = month_of_hour(), np.arange(8760) % 24
    values = 3.0 * month + 2.0 * hour * (1 + ((month + 1) // 3) % 4)
    assert seasonal_mean(values) == pytest.approx(values, abs=0.05)


def process(**more):
    scores = np.linspace(-5, 5, 2001)
    given = {"scores": scores, "prices_usd": 50.0 + 10.0 * scores, "season": np.zeros(8760), "reversion_per_h": 0.2,
             "sigma": 0.3, "jump_rate": 0.0, "jump_mean": 0.0, "jump_sd": 0.0}  # fmt: skip
    return PriceProcess(**{**given, **more})


def test_simulated_prices_have_the_spread_and_memory_of_their_process():
    """Phi = exp(-0.2); variance sigma^2 / (1 - phi^2), in prices of 10 USD a score about 50."""
    phi = np.exp(-0.2)
    prices = simulate(process(), 20, 1)
    assert prices.mean() == pytest.approx(50.0, abs=0.2)
    assert prices.std() == pytest.approx(10 * 0.3 / np.sqrt(1 - phi**2), rel=0.02)
    assert np.corrcoef(prices[:, :-1].ravel(), prices[:, 1:].ravel())[0, 1] == pytest.approx(phi, abs=0.01)


def test_jumps_widen_prices_and_keep_their_level():
    """A tenth of the hours jumps by 0.5 +- 0.4: variance of a shock 0.3^2 + 0.1 (0.4^2 + 0.9 x 0.5^2)."""
    phi = np.exp(-0.2)
    prices = simulate(process(jump_rate=0.1, jump_mean=0.5, jump_sd=0.4), 20, 2)
    shock = 0.09 + 0.1 * (0.16 + 0.9 * 0.25)
    assert prices.mean() == pytest.approx(50.0, abs=0.3)
    assert prices.std() == pytest.approx(10 * np.sqrt(shock / (1 - phi**2)), rel=0.03)


def test_levels_of_years_spread_and_keep_their_mean():
    prices = simulate(process(sigma=0.01), 200, 3, level_log_sd=0.2).mean(axis=1)
    assert prices.mean() == pytest.approx(50.0, rel=0.03)
    assert np.log(prices).std() == pytest.approx(0.2, rel=0.15)


def test_jumps_are_told_from_ordinary_shocks():
    """One hour in fifty jumps by 3 +- 0.5 scores, against ordinary shocks of 0.2."""
    rng = np.random.default_rng(4)
    at = rng.random(8760) < 0.02
    shocks = rng.normal(0, 0.2, 8760) + at * rng.normal(3.0, 0.5, 8760)
    x = np.zeros(8760)
    for hour in range(1, 8760):
        x[hour] = 0.8 * x[hour - 1] + shocks[hour]
    sigma, rate, mean, sd = _fit_jumps(x, 200)
    assert sigma == pytest.approx(0.2, rel=0.03)
    assert rate == pytest.approx(at.mean(), rel=0.05)
    assert mean == pytest.approx(3.0, rel=0.05)
    assert sd == pytest.approx(0.5, rel=0.15)
