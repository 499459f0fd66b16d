"""The economics stage on hand-made plans."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.annuity import present_value_factor
from wattscale.catalog import load_catalog
from wattscale.economics.prices import accelerator_price
from wattscale.economics.stage import run
from wattscale.errors import InputError
from wattscale.scenario.economics import EconomicsTable


def value(found):
    return found[0] if isinstance(found, tuple) else found


def costed(make, table=None, **plan):
    return run(table or EconomicsTable(risk_paths=20), *make(**plan), load_catalog())


def test_lines_add_up_to_the_total_cost_of_ownership(make):
    result = costed(make, solar_mw=5.0)
    total = sum(line.total_usd_per_year for line in result.lines)
    assert value(result.figures["tco_usd_per_year"]) == pytest.approx(total, rel=1e-12)
    assert value(result.figures["capital_usd"]) == pytest.approx(sum(x.capital_usd for x in result.lines), rel=1e-12)


def test_the_supply_is_counted_once(make):
    plan = make(solar_mw=5.0)
    supply = plan[4]
    result = run(EconomicsTable(), *plan, load_catalog())
    paid = sum(x.total_usd_per_year for x in result.lines if x.part in supply.cost_usd_per_year)
    assert paid == pytest.approx(supply.total_usd_per_year, rel=1e-12)
    assert sum(x.capital_usd for x in result.lines if x.part == "solar.capital") == supply.capital_usd["solar"]


def test_hardware_of_one_h100_costs_what_the_sources_say(make):
    # Large-buyer price 2025, 23,238 USD, + 11,200 for the rest of the server, / (1 - 0.19) for the network, + 500 for
    # storage, all in USD of 2024: about 42 k USD.
    result = costed(make, serving_devices=1000, training_devices=0)
    hardware = sum(
        x.capital_usd for x in result.lines if x.segment in ("accelerators", "servers", "network", "storage")
    )
    deflated = hardware / 1000 / ((23_238 + 11_200) / 0.81 + 500)
    assert 0.96 < deflated < 1.0


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    serving=st.integers(0, 5000),
    training=st.integers(0, 20000),
    requests=st.floats(1e3, 1e8),
    price=st.floats(-20.0, 800.0),
    solar=st.floats(0.0, 50.0),
    rate=st.floats(0.0, 0.2),
    contract=st.sampled_from(["none", "pay-as-produced", "baseload", "24-7"]),
    hedge=st.floats(0.0, 1.0),
)
def test_money_adds_up_for_any_plan(make, serving, training, requests, price, solar, rate, contract, hedge):
    plan = make(
        serving_devices=serving, training_devices=training, requests_per_hour=requests, price=price, solar_mw=solar
    )
    table = EconomicsTable(discount_rate=rate, contract=contract, hedge_share=hedge, risk_paths=0)
    result = run(table, *plan, load_catalog())
    figures = result.figures
    tco = value(figures["tco_usd_per_year"])
    total = sum(line.annuity_usd_per_year + line.running_usd_per_year for line in result.lines)
    assert tco == pytest.approx(total, rel=1e-6, abs=1e-3)
    split = value(figures["serving_usd_per_year"]) + figures["training_usd_per_year"]
    assert split == pytest.approx(tco, rel=1e-6, abs=1e-3)
    for line in result.lines:
        assert line.low_usd_per_year <= line.total_usd_per_year + 1e-6
        assert line.high_usd_per_year >= line.total_usd_per_year - 1e-6
    if serving:
        workload = plan[0].serving
        paid = figures["usd_per_mtok_input"] * workload.input_mtok_per_year
        paid += figures["usd_per_mtok_output"] * workload.output_mtok_per_year
        assert paid == pytest.approx(value(figures["usd_per_mtok"]) * workload.output_mtok_per_year, rel=1e-6)
        assert figures["usd_per_request"] == pytest.approx(value(figures["usd_per_mtok"]) * 250 / 1e6, rel=1e-6)


@pytest.mark.parametrize("rate", [0.0, 0.08])
@pytest.mark.parametrize("years", [5, 15, 22])
def test_a_price_equal_to_the_cost_makes_the_project_worth_nothing(make, rate, years):
    plan = make(training_devices=0)
    catalog = load_catalog()
    first = run(EconomicsTable(discount_rate=rate, project_years=years), *plan, catalog)
    price = value(first.figures["usd_per_mtok"])
    table = EconomicsTable(discount_rate=rate, project_years=years, price_per_mtok_usd=price)
    second = run(table, *plan, catalog)
    assert value(second.figures["npv_usd"]) == pytest.approx(0.0, abs=1e-6 * value(first.figures["capital_usd"]))
    if rate > 0:
        assert second.figures["irr"] == pytest.approx(rate, abs=1e-6)


def test_npv_is_margin_times_present_value_factor_before_tax(make):
    table = EconomicsTable(price_per_mtok_usd=50.0)
    result = costed(make, table, solar_mw=3.0)
    figures = result.figures
    margin = figures["revenue_usd_per_year"] - value(figures["tco_usd_per_year"])
    assert value(figures["npv_usd"]) == pytest.approx(margin * present_value_factor(0.08, 15), rel=1e-6)


def test_training_at_its_own_cost_neither_makes_nor_loses_money(make):
    table = EconomicsTable()
    result = costed(make, table, serving_devices=0, serving_mw=0.0)
    assert value(result.figures["npv_usd"]) == pytest.approx(0.0, abs=1.0)
    earns_nothing = EconomicsTable(training_price_usd_per_device_hour=0.0)
    without = costed(make, earns_nothing, serving_devices=0, serving_mw=0.0)
    assert value(without.figures["npv_usd"]) < 0
    assert without.figures["irr"] < 0


def test_a_project_that_never_earns_has_no_rate_of_return_and_says_so(make):
    table = EconomicsTable(training_price_usd_per_device_hour=0.0)
    result = costed(make, table, serving_devices=0, serving_mw=0.0, price=5000.0)
    assert "irr" not in result.figures
    assert "payback_years" not in result.figures
    assert "no-irr" in [w.code for w in result.warnings]


def test_a_plan_without_serving_has_no_cost_per_token_and_says_so(make):
    result = costed(make, serving_devices=0, serving_mw=0.0)
    assert not [name for name in result.figures if "mtok" in name]
    assert "no-serving" in [w.code for w in result.warnings]


def test_a_plan_without_training_says_so(make):
    result = costed(make, training_devices=0, training_mw=0.0)
    assert "usd_per_training_run" not in result.figures
    assert "no-training" in [w.code for w in result.warnings]


def test_a_run_pays_for_its_days_or_for_the_idle_year(make):
    shared = costed(make, rest_of_year="train")
    idle = costed(make, rest_of_year="idle")
    assert shared.figures["usd_per_training_run"] == pytest.approx(0.1 * shared.figures["training_usd_per_year"])
    assert idle.figures["usd_per_training_run"] == pytest.approx(idle.figures["training_usd_per_year"])


def test_runs_longer_than_the_year_are_reported(make):
    result = costed(make, days=500.0)
    assert "training-overbooked" in [w.code for w in result.warnings]
    assert result.figures["other_training_usd_per_year"] == 0.0


def test_dearer_power_raises_the_token_cost_by_its_share(make):
    base, dear = costed(make, price=60.0), costed(make, price=66.0)
    rise = value(dear.figures["usd_per_mtok"]) / value(base.figures["usd_per_mtok"]) - 1.0
    assert 0.0 < rise < 0.1 * base.figures["electricity_share"]


def test_break_even_electricity_price_makes_power_as_dear_as_hardware(make):
    base = costed(make, training_devices=0)
    price = base.figures["breakeven_electricity_usd_per_mwh"] - 8.0 * 12 / 8.76
    dear = costed(make, training_devices=0, price=price)
    assert dear.figures["electricity_to_hardware_ratio"] == pytest.approx(1.0, rel=1e-6)


def test_own_price_and_life_replace_the_catalogue(make):
    cheap = costed(make, EconomicsTable(accelerator_price_usd=5000.0, accelerator_life_years=8.0))
    line = next(x for x in cheap.lines if x.part == "accelerators")
    assert line.capital_usd == pytest.approx(2400 * 5000.0)
    assert line.life_years == 8.0
    assert line.low_usd_per_year < line.total_usd_per_year < line.high_usd_per_year


def test_a_device_without_a_price_is_refused_by_name():
    class NoPrices:
        def row(self, table, name, where=""):
            return SimpleNamespace(name=name, has=lambda column: False)

        def has_figure(self, table, key):
            return False

    with pytest.raises(InputError, match=r"no price is known for a new chip.*") as told:
        accelerator_price(EconomicsTable(), "a new chip", NoPrices())
    assert told.value.where == "economics.accelerator_price_usd"


def test_an_uncertain_fleet_widens_the_range_of_the_token_cost(make):
    sure = costed(make, training_devices=0)
    unsure = costed(make, training_devices=0, figures={"serving.devices": (800.0, 400.0, 1600.0)})
    assert unsure.figures["usd_per_mtok"][1] < sure.figures["usd_per_mtok"][1]
    assert unsure.figures["usd_per_mtok"][2] > sure.figures["usd_per_mtok"][2]
    assert unsure.figures["usd_per_mtok"][2] > 1.9 * unsure.figures["usd_per_mtok"][0]


def test_ranges_hold_the_value_and_are_inside_all_low_to_all_high(make):
    figures = costed(make).figures
    for name in ("tco_usd_per_year", "capital_usd", "usd_per_mtok", "npv_usd", "serving_usd_per_year"):
        central, low, high = figures[name]
        assert low < central < high
    assert figures["tco_usd_per_year"][2] < 2.0 * figures["tco_usd_per_year"][0]


def test_delay_costs_at_least_the_idle_capital(make):
    result = costed(make, EconomicsTable(price_per_mtok_usd=0.0))
    idle = sum(line.annuity_usd_per_year for line in result.lines) / 12
    assert result.figures["cost_of_delay_usd_per_month"] == pytest.approx(idle)
    rich = costed(make, EconomicsTable(price_per_mtok_usd=1000.0))
    running = sum(line.running_usd_per_year for line in rich.lines)
    lost = (rich.figures["revenue_usd_per_year"] - running) / 12
    assert rich.figures["cost_of_delay_usd_per_month"] == pytest.approx(lost)


def test_tax_lowers_the_value_of_a_profitable_project(make):
    before = costed(make, EconomicsTable(price_per_mtok_usd=60.0))
    after = costed(make, EconomicsTable(price_per_mtok_usd=60.0, tax_rate=0.21))
    assert 0 < value(after.figures["npv_usd"]) < value(before.figures["npv_usd"])


def test_cash_flow_has_a_year_more_than_the_project(make):
    result = costed(make, EconomicsTable(project_years=20))
    assert result.cash_flow_usd.shape == (21,)
    assert np.isfinite(result.cash_flow_usd).all()
    assert result.cash_flow_usd[0] == pytest.approx(-value(result.figures["capital_usd"]))


def test_liquid_cooling_costs_more_to_build_than_air(make):
    assert value(costed(make).figures["capital_usd"]) > value(costed(make, cooling="chiller").figures["capital_usd"])


def test_a_tariff_raises_the_price_of_accelerators_alone(make):
    free, taxed = costed(make), costed(make, EconomicsTable(tariff_share=0.25))
    capital = [next(x.capital_usd for x in r.lines if x.part == "accelerators") for r in (free, taxed)]
    assert capital[1] == pytest.approx(1.25 * capital[0])


def test_owning_pays_above_the_break_even_use(make):
    figures = costed(make).figures
    use = figures["rent_breakeven_utilisation"]
    assert use[0] * figures["rent_usd_per_device_hour"][0] == pytest.approx(figures["usd_per_device_hour"])
    assert use[1] < use[0] < use[2]
    assert "rent_usd_per_device_hour" not in costed(make, accelerator="B200-SXM").figures


def test_a_poorer_country_pays_a_larger_share_of_income(make):
    figures = costed(make).figures
    shares = [figures[f"user_share_of_income.{country}"] for country in ("US", "CN", "IN", "ET")]
    assert shares == sorted(shares)
    assert figures["user_usd_per_year"] == pytest.approx(figures["usd_per_request"] * 3650)


def test_debt_carries_its_cover_and_the_target_price_earns_the_target(make):
    table = EconomicsTable(price_per_mtok_usd=40.0, tax_rate=0.21)
    figures = costed(make, table).figures
    assert figures["dscr_min"] >= 1.45 - 1e-9
    assert figures["gearing_share"] <= 0.55 + 1e-9
    again = EconomicsTable(price_per_mtok_usd=figures["price_for_target_irr_usd_per_mtok"], tax_rate=0.21)
    assert costed(make, again).figures["equity_irr_nominal"] == pytest.approx(table.target_irr, abs=1e-6)


def test_a_flat_power_price_has_no_price_risk_and_says_so(make):
    result = costed(make)
    assert "no-price-risk" in [w.code for w in result.warnings]
    assert "power_cost_cvar95_usd_per_year" not in result.figures


def test_a_price_that_moves_puts_a_small_share_of_the_cost_at_risk(make):
    plan = list(make(training_devices=0, training_mw=0.0))
    rng = np.random.default_rng(1)
    plan[2] = replace(plan[2], price_usd_per_mwh=rng.lognormal(4.0, 0.5, 8760))
    figures = run(EconomicsTable(risk_paths=50), *plan, load_catalog()).figures
    mean = plan[4].cost_usd_per_year["grid.energy"]
    assert mean < figures["power_cost_var95_usd_per_year"] <= figures["power_cost_cvar95_usd_per_year"]
    assert 0.0 < figures["power_cost_risk_share"] < figures["electricity_share"] * 2


def test_the_laws_credits_help_the_owners_of_a_plan_with_own_solar(make):
    terms = {"price_per_mtok_usd": 30.0, "tax_rate": 0.21}
    plain = costed(make, EconomicsTable(**terms), solar_mw=8.0).figures
    helped = costed(make, EconomicsTable(**terms, credits="law"), solar_mw=8.0).figures
    ended = costed(make, EconomicsTable(**terms, credits="law", purchase_year=2030), solar_mw=8.0).figures
    later = costed(make, EconomicsTable(**terms, purchase_year=2030), solar_mw=8.0).figures
    assert helped["equity_irr"] > plain["equity_irr"]
    assert ended["equity_irr"] == pytest.approx(later["equity_irr"])


def test_software_is_bought_as_the_scenario_says(make):
    lines = {
        way: {x.part: x for x in costed(make, EconomicsTable(risk_paths=0, software=way)).lines}
        for way in ("own", "average", "licensed")
    }
    assert "software" not in lines["own"]
    average, licensed = lines["average"]["software"], lines["licensed"]["software"]
    assert average.capital_usd == pytest.approx(0.014 * lines["own"]["accelerators"].capital_usd)
    # 18,000 USD of 2025 for each of 2,400 devices, in USD of 2024: 2 to 4 % less.
    assert 0.96 < licensed.capital_usd / (2400 * 18_000) < 0.99
    assert average.life_years == licensed.life_years == 5.0
    assert average.low_usd_per_year < 0.01 * average.total_usd_per_year
    for part, line in lines["own"].items():
        assert lines["licensed"][part] == line


def test_software_follows_the_devices_between_serving_and_training(make):
    own, licensed = (costed(make, EconomicsTable(risk_paths=0, software=way)).figures for way in ("own", "licensed"))
    more = value(licensed["tco_usd_per_year"]) - value(own["tco_usd_per_year"])
    serving = value(licensed["serving_usd_per_year"]) - value(own["serving_usd_per_year"])
    assert serving == pytest.approx(more * 800 / 2400)
    assert value(licensed["hardware_usd_per_year"]) == value(own["hardware_usd_per_year"])


def test_the_value_where_tokens_pay_for_the_runs_has_a_rate_of_its_own(make):
    figures = costed(make, EconomicsTable(risk_paths=0, price_per_mtok_usd=60.0)).figures
    assert figures["irr_runs_paid"] < figures["irr"]
    paid = costed(make, EconomicsTable(risk_paths=0, price_per_mtok_usd=60.0, training_price_usd_per_device_hour=1.0))
    assert "irr_runs_paid" not in paid.figures


def test_no_range_of_a_cost_reaches_below_zero(make):
    for way in ("own", "average", "licensed"):
        lines = costed(make, EconomicsTable(risk_paths=0, software=way)).lines
        assert min(line.low_usd_per_year for line in lines if line.total_usd_per_year >= 0) >= 0.0


def test_devices_without_a_price_are_shared_out_by_number(make):
    free, cheap = (
        costed(make, EconomicsTable(accelerator_price_usd=price, risk_paths=0), serving_devices=8, training_devices=64)
        for price in (0.0, 0.01)
    )
    assert value(free.figures["usd_per_mtok"]) == pytest.approx(value(cheap.figures["usd_per_mtok"]), rel=1e-4)


def test_a_year_of_purchase_without_known_prices_is_told(make):
    def told(year, **own):
        return {w.code for w in costed(make, EconomicsTable(purchase_year=year, risk_paths=0, **own)).warnings}

    assert "price-year" not in told(2025)
    assert "price-year" in told(2015)
    assert "price-year" in told(2040)
    assert "price-year" not in told(2040, accelerator_price_usd=20_000.0)
