"""What a plan of small change is worth: revenue, present value, delay, rates of return, runs that tokens pay."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.economics import worth
from wattscale.economics.result import CostLine
from wattscale.economics.tokens import TokenCosts
from wattscale.economics.waiting import PowerWait
from wattscale.economics.worth import CostedPlan, project_figures, revenues
from wattscale.scenario.economics import EconomicsTable

ANNUITY = 0.9 / 1.44
"""0.9 USD over two years at 25 %: 1 / 1.25 + 1 / 1.5625 = 1.44 years of payments."""
LINES = (CostLine("shell", "facility", 0.9, 2.0, ANNUITY, 0.1, 0.0, 0.0),)
RANGES = {"serving": (0.6, 0.5, 0.75), "tco_usd_per_year": (2.0, 1.0, 4.0)}
WAIT = PowerWait((2.0, 1.0, 3.0))


def plan(mtok=0.5, price=2.4, training=None, training_price=None, amortised=0.0, served=True, mw=0.5, lines=LINES):
    table = EconomicsTable(
        discount_rate=0.25, project_years=2, price_per_mtok_usd=price, training_price_usd_per_device_hour=training_price
    )
    sold = None if mtok is None else SimpleNamespace(output_mtok_per_year=mtok)
    compute = SimpleNamespace(serving=served or None, training=training, design_it_power_mw=mw)
    costs = TokenCosts(0.3, 0.2, amortised, amortised, 0.4)
    return CostedPlan(table, SimpleNamespace(serving=sold), compute, lines, costs, 1.0, 1.0)


def told(costed, wait=WAIT):
    figures, warnings, cash = project_figures(costed, wait, RANGES)
    return figures, [w.code for w in warnings], cash


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (1.2, 0.0)),
        ({"mtok": None}, (0.0, 0.0)),
        ({"served": False}, (0.0, 0.0)),
        ({"training": SimpleNamespace(devices=3.0)}, (1.2, 0.2)),
        ({"training": SimpleNamespace(devices=3.0), "training_price": 0.25}, (1.2, 3 * 8760 * 0.25)),
        ({"training": SimpleNamespace(devices=3.0), "training_price": 0.0, "mtok": None}, (0.0, 0.0)),
    ],
)
def test_revenue_of_tokens_and_of_training(given, expected):
    """Half a million tokens at 2.4 USD; training at its own cost of 0.2 a year or at a price an hour."""
    assert revenues(plan(**given)) == pytest.approx(expected)


def test_sums_of_a_plan():
    costed = plan(lines=(*LINES, CostLine("grid.energy", "energy", 0.0, 0.0, 0.0, 0.3, 0.3, 0.3)))
    assert (costed.tco, costed.capital, costed.running) == pytest.approx((ANNUITY + 0.4, 0.9, 0.4))


def test_worth_and_delay_of_a_plan_of_cents():
    """Pays 0.9, earns 1.2 - 0.1 twice: 1.1 x 1.44 - 0.9. Serving may cost 0.1 less or 0.15 more, for 1.44 years.

    A month later is a twelfth of the annuity and of what is earned above all cost: 1.2 - 0.1 a year in all.
    """
    figures, codes, cash = told(plan())
    value = 1.1 * 1.44 - 0.9
    assert cash == pytest.approx([-0.9, 1.1, 1.1])
    assert figures.pop("npv_usd") == pytest.approx((value, value - 1.44 * 0.15, value + 1.44 * 0.1))
    assert figures.pop("time_to_power_years") == (2.0, 1.0, 3.0)
    # r: 0.9 (1 + r)^2 = 1.1 (1 + r) + 1.1
    rate = (1.1 + (1.21 + 4 * 0.9 * 1.1) ** 0.5) / 1.8 - 1
    assert figures == pytest.approx(
        {
            "revenue_usd_per_year": 1.2, "cost_of_delay_usd_per_month": 1.1 / 12, "value_of_earlier_year_usd": 1.1,
            "npv_after_wait_usd": value / 1.5625, "cost_of_delay_usd_per_month_per_mw": 1.1 / 6, "irr": rate,
            "mirr": ((1.1 * 1.25 + 1.1) / 0.9) ** 0.5 - 1, "payback_years": 9 / 11,
        }
    )  # fmt: skip
    assert codes == []


def test_a_loss_delays_nothing_but_its_capital():
    """Earns 0.24 of 0.725 a year: a month costs a twelfth of the annuity; the sum never turns positive."""
    figures, codes, _ = told(plan(price=0.48, mw=0.0), PowerWait((1.0, 1.0, 1.0), unknown=("x",)))
    assert figures["cost_of_delay_usd_per_month"] == pytest.approx(ANNUITY / 12)
    assert figures["npv_usd"][0] == pytest.approx(0.14 * 1.44 - 0.9)
    absent = ("cost_of_delay_usd_per_month_per_mw", "npv_after_wait_usd", "time_to_power_years", "payback_years")
    assert not set(absent) & set(figures)
    assert codes == []


def test_training_that_is_sold_puts_all_of_the_cost_in_doubt():
    """At a price an hour the range of the whole cost counts, 1 less or 2 more, and tokens pay no runs."""
    figures, codes, _ = told(plan(training=SimpleNamespace(devices=0.001), training_price=0.1, amortised=0.3))
    value = (1.1 + 0.876) * 1.44 - 0.9
    assert figures["npv_usd"] == pytest.approx((value, value - 1.44 * 2, value + 1.44))
    assert "npv_runs_paid_usd" not in figures
    assert codes == []


def test_runs_that_the_tokens_pay():
    """Runs of 0.3 a year, of 1.1: 0.8 twice. Of 0.6: 0.5 twice, a loss, which is told; no runs, no second figure."""
    figures, codes, _ = told(plan(amortised=0.3))
    assert figures["npv_runs_paid_usd"] == pytest.approx(0.8 * 1.44 - 0.9)
    assert figures["irr_runs_paid"] == pytest.approx((0.8 + (0.64 + 4 * 0.9 * 0.8) ** 0.5) / 1.8 - 1)
    assert codes == []
    figures, codes, _ = told(plan(amortised=0.6))
    assert figures["npv_runs_paid_usd"] == pytest.approx(0.5 * 1.44 - 0.9)
    assert codes == ["runs-not-earned"]
    figures, codes, _ = told(plan(price=0.48, amortised=0.2))
    assert (figures["npv_runs_paid_usd"], codes) == (pytest.approx(-0.06 * 1.44 - 0.9), [])
    assert "irr_runs_paid" not in figures
    assert "npv_runs_paid_usd" not in told(plan())[0]


def test_a_gain_that_pays_the_runs_too_is_not_told():
    """Worth 6.3 without and 0.9 with the runs: both are gains."""
    figures, codes, _ = told(plan(price=10.2, amortised=3.75))
    assert figures["npv_usd"][0] == pytest.approx(5.0 * 1.44 - 0.9)
    assert figures["npv_runs_paid_usd"] == pytest.approx(1.25 * 1.44 - 0.9)
    assert codes == []


@pytest.mark.parametrize(("rate", "nearest"), [(0.12, 0.1), (0.18, 0.2)])
def test_of_two_rates_the_nearer_to_the_usual_one_stands_and_both_are_told(monkeypatch, rate, nearest):
    """-100, 230, -132 has 10 and 20 %, for the plan and for the plan that pays its runs."""
    monkeypatch.setattr(worth, "cash_flow", lambda *_: np.array([-100.0, 230.0, -132.0]))
    costed = plan(amortised=0.1)
    object.__setattr__(costed, "table", costed.table.model_copy(update={"discount_rate": rate}))
    figures, codes, _ = told(costed)
    assert (figures["irr"], figures["irr_runs_paid"]) == (pytest.approx(nearest), pytest.approx(nearest))
    assert codes == ["several-irr"]


def test_payments_of_one_sign_have_no_rate(monkeypatch):
    monkeypatch.setattr(worth, "cash_flow", lambda *_: np.array([-1.0, -0.5]))
    figures, codes, _ = told(plan())
    assert codes == ["no-irr"]
    assert not {"irr", "mirr", "payback_years"} & set(figures)
