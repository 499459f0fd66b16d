"""Reporting currency, refresh and residual value, redundancy, tariffs, the smallest operator, runs paid by tokens."""

from __future__ import annotations

import pytest

from wattscale.annuity import present_value_factor
from wattscale.catalog import load_catalog
from wattscale.economics.cashflow import cash_flow
from wattscale.economics.reporting import currency_per_usd, refresh_figures
from wattscale.economics.result import CostLine
from wattscale.economics.stage import run
from wattscale.errors import InputError
from wattscale.scenario.economics import EconomicsTable


def value(found):
    return found[0] if isinstance(found, tuple) else found


def costed(make, table=None, *, extras=False, **plan):
    return run(table or EconomicsTable(risk_paths=0), *make(**plan), load_catalog(), extras)


def test_headlines_are_given_in_the_readers_currency_at_one_rate(make):
    figures = costed(make, EconomicsTable(currency="EUR", risk_paths=0)).figures
    rate = figures["currency_per_usd"]
    assert rate == pytest.approx(1 / 1.0824, rel=2e-3)  # mean of the European Central Bank, 2024
    for here, there in (("usd_per_mtok", "reported_per_mtok"), ("capital_usd", "reported_capital")):
        assert figures[there] == pytest.approx(tuple(x * rate for x in figures[here]))


def test_dollars_need_no_second_figure(make):
    assert not any(name.startswith("reported") for name in costed(make).figures)


def test_an_unknown_currency_is_refused_with_the_nearest_word():
    with pytest.raises(InputError, match="EUR"):
        currency_per_usd("EURO", load_catalog())


def test_refresh_and_residual_value_are_those_of_the_cash_flow():
    # 100 USD every 4 years without resale over 10 years: bought again in years 4 and 8, half of a life left at the end.
    line = CostLine("accelerators", "accelerators", 100.0, 4.0, 25.0, 0.0, 25.0, 25.0)
    figures = refresh_figures([line], 0.0, 10)
    assert figures == {
        "replacement_usd": 200.0, "residual_value_usd": 50.0, "refresh_years": 4.0, "refresh_purchases": 2.0,
        "hardware_resale_usd": 0.0,
    }  # fmt: skip
    assert cash_flow([line], 0.0, 0.0, 10).sum() == pytest.approx(-100.0 - 200.0 + 50.0)


def test_less_redundancy_costs_less_electrical_plant_and_nothing_else(make):
    def part(redundancy, name):
        lines = costed(make, redundancy=redundancy).lines
        return next(x.capital_usd for x in lines if x.part == name)

    assert part("N", "electrical") < part("N+1", "electrical") < part("2N", "electrical")
    for name in ("shell", "fit_out", "cooling", "accelerators"):
        assert part("N", name) == pytest.approx(part("2N", name))


def test_a_tariff_on_equipment_strikes_the_plant_of_the_building(make):
    bare, taxed = costed(make), costed(make, EconomicsTable(equipment_tariff_share=0.5, risk_paths=0))
    for old, new in zip(bare.lines, taxed.lines, strict=True):
        # 0.6 of electrical and cooling capital is equipment.
        factor = 1.3 if old.part in ("electrical", "cooling") else 1.0
        assert new.capital_usd == pytest.approx(old.capital_usd * factor)


@pytest.mark.parametrize("training_mw", [0.5, 20.0])
def test_the_smallest_operator_pays_for_no_training(make, training_mw):
    # Its share was that of its devices in the whole campus, with the building and the energy of training.
    names = ("smallest_operator_capital_usd", "smallest_operator_usd_per_year")
    plain, other = (costed(make, extras=True, training_mw=mw).figures for mw in (2.0, training_mw))
    for name in names:
        assert other[name] == pytest.approx(plain[name], rel=1e-3)


def test_the_smallest_operator_breaks_even_at_the_load_given(make):
    figures = costed(make, EconomicsTable(price_per_mtok_usd=20.0, risk_paths=0), extras=True).figures
    load = figures["smallest_operator_breakeven_load_ratio"]
    earned = load * figures["smallest_operator_mtok_per_year"] * 20.0
    assert earned == pytest.approx(figures["smallest_operator_usd_per_year"])
    # 250 output tokens a request.
    assert figures["smallest_operator_requests_per_day"] * 365 * 250 / 1e6 * 20.0 == pytest.approx(earned)


def test_runs_paid_by_tokens_lower_the_value_by_their_present_cost(make):
    figures = costed(make).figures
    paid = figures["usd_per_training_run"]
    factor = present_value_factor(0.08, 15)
    assert value(figures["npv_usd"]) - figures["npv_runs_paid_usd"] == pytest.approx(factor * paid)


def test_a_plan_whose_value_rests_on_unpaid_runs_says_so(make):
    # A run of half a year on 1,600 devices, and tokens that pay for their serving but not for the run.
    plan = {"serving_devices": 80, "days": 182.5, "requests_per_hour": 1e5}
    first = costed(make, **plan).figures
    price = 1.2 * first["usd_per_mtok_serving_only"]
    assert price < value(first["usd_per_mtok"])
    result = costed(make, EconomicsTable(price_per_mtok_usd=price, risk_paths=0), **plan)
    assert "runs-not-earned" in [each.code for each in result.warnings]


def test_a_price_that_pays_the_runs_too_lies_above_by_their_cost(make):
    figures = costed(make, extras=True).figures
    gap = figures["price_for_target_irr_runs_paid_usd_per_mtok"] - figures["price_for_target_irr_usd_per_mtok"]
    own = value(figures["usd_per_mtok"]) - figures["usd_per_mtok_serving_only"]
    assert gap == pytest.approx(own)


def test_a_dear_accelerator_does_not_make_its_host_dear(make):
    def part(price, name):
        lines = costed(make, EconomicsTable(accelerator_price_usd=price, risk_paths=0)).lines
        return next(x.capital_usd for x in lines if x.part == name)

    for name in ("servers", "network"):
        assert part(50_000.0, name) == pytest.approx(part(None, name))
    assert part(50_000.0, "accelerators") == pytest.approx(2400 * 50_000.0)
