"""The price risk of a plan in four simulated years of three hours, and the season of prices, worked by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.economics import exposure, stage
from wattscale.economics.contracts import Contract
from wattscale.economics.exposure import Exposure, power_price_figures
from wattscale.economics.price_process import fit, normal_scores, seasonal_mean
from wattscale.economics.risk import cost_risk
from wattscale.errors import InputError
from wattscale.hours import local_weekday, month_of_hour
from wattscale.scenario.economics import EconomicsTable

PRICE = np.array([20.0, 30.0, 40.0])
IMPORT = np.array([1.0, 2.0, 3.0])
YEARS = np.array([[10.0, 20.0, 30.0], [20.0, 40.0, 30.0], [40.0, 20.0, 60.0], [10.0, 80.0, 90.0]])
COST = np.array([140.0, 190.0, 260.0, 440.0])
HEDGE = Contract("hedge", np.ones(3), 30.0)
PROFILE_WORTH = np.array([60.0, 90.0, 120.0, 180.0])


@pytest.fixture
def simulated(monkeypatch):
    """Put the four years in place of simulated ones."""

    def use(years=YEARS):
        monkeypatch.setattr(exposure, "fit", lambda price, calendar: "process")
        monkeypatch.setattr(exposure, "simulate", lambda *_, **__: years.copy())

    use()
    return use


def figures(contracts=(), options=(), paths=4, **changes):
    given = {"price_usd_per_mwh": PRICE, "import_mw": IMPORT, "energy_usd_per_year": 250.0, "all_in": False,
             "tco_usd_per_year": 1000.0, **changes}  # fmt: skip
    return power_price_figures(Exposure(**given), contracts, options, paths=paths, seed=1, level_log_sd=0.1)


def test_spot_part_of_the_cost_moves_and_network_charges_stay(simulated):
    """Spot 20 + 60 + 120 = 200 of 250 USD; simulated years of 257.5 on average are scaled to it."""
    found, warnings = figures()
    risk = cost_risk(COST * 200 / 257.5 + 50)
    assert risk.mean == pytest.approx(250.0)
    assert found["power_cost_sd_usd_per_year"] == pytest.approx(risk.sd)
    assert found["power_cost_var95_usd_per_year"] == pytest.approx(risk.var)
    assert found["power_cost_cvar95_usd_per_year"] == pytest.approx(risk.cvar)
    assert found["power_cost_risk_share"] == pytest.approx((risk.cvar - 250) / 1000)
    ratio = np.cov(COST, 2 * PROFILE_WORTH)[0, 1] / np.var(2 * PROFILE_WORTH, ddof=1)
    assert found["hedge_ratio_baseload"] == pytest.approx(ratio)
    assert warnings == []
    assert len(found) == 5


def test_contracts_and_options_pay_strike_less_price(simulated):
    """3 MWh at 30 USD, 90, less what their hours are worth in each year, scaled like the prices."""
    scale = 200 / 257.5
    before, after = cost_risk(COST * scale + 50), cost_risk((COST - PROFILE_WORTH) * scale + 140)
    held, _ = figures([HEDGE])
    assert held["power_cost_cvar95_usd_per_year"] == pytest.approx(after.cvar)
    assert held["power_cost_risk_share"] == pytest.approx((after.cvar - after.mean) / 1000)
    assert held["contracts_premium_usd_per_year"] == pytest.approx(90 - 112.5 * scale)
    removed = (before.cvar - before.mean) - (after.cvar - after.mean)
    assert held["contracts_risk_removed_share"] == pytest.approx(removed / (before.cvar - before.mean))
    weighed, _ = figures(options=[HEDGE])
    assert weighed["power_cost_cvar95_usd_per_year"] == pytest.approx(before.cvar)
    assert weighed["option_premium_usd_per_year.hedge"] == pytest.approx(90 - 112.5 * scale)
    assert weighed["option_risk_removed_share.hedge"] == pytest.approx(removed / (before.cvar - before.mean))


def test_all_of_a_flat_price_moves_and_no_more_than_the_cost(simulated):
    sd = cost_risk(COST / 257.5).sd
    assert figures(all_in=True)[0]["power_cost_sd_usd_per_year"] == pytest.approx(250 * sd)
    assert figures(energy_usd_per_year=150.0)[0]["power_cost_sd_usd_per_year"] == pytest.approx(150 * sd)
    negative = figures(price_usd_per_mwh=-PRICE)[0]
    assert negative["power_cost_sd_usd_per_year"] == pytest.approx(250 * sd)
    small = figures(price_usd_per_mwh=PRICE / 400)[0]
    assert small["power_cost_sd_usd_per_year"] == pytest.approx(0.5 * sd)


def test_half_a_dollar_has_a_risk_and_nothing_has_none(simulated):
    assert figures(paths=0) == figures(energy_usd_per_year=0.0) == figures(tco_usd_per_year=0.0) == ({}, [])
    assert figures(energy_usd_per_year=0.5)[0] != {}
    assert figures(tco_usd_per_year=0.5)[0] != {}
    simulated(YEARS / 1000)
    assert figures()[0]["power_cost_sd_usd_per_year"] == pytest.approx(200 * cost_risk(COST / 257.5).sd)
    simulated(np.zeros((4, 3)))
    found, warnings = figures()
    assert found == {}
    assert [w.code for w in warnings] == ["no-price-risk"]


def test_one_year_has_a_spread_of_none(simulated):
    simulated(YEARS[:1])
    assert figures(paths=1)[0]["power_cost_sd_usd_per_year"] == 0.0


def test_prices_that_cannot_be_fitted_are_told(monkeypatch):
    def refuse(price, calendar):
        raise InputError("flat", where="site.prices")

    monkeypatch.setattr(exposure, "fit", refuse)
    assert [w.code for w in figures()[1]] == ["no-price-risk"]


def test_a_weekend_of_its_own_in_every_season_of_three_months():
    """A level of each quarter, December first, and of its weekends, that no month alone can show."""
    quarter = ((np.arange(12) + 1) // 3 % 4)[month_of_hour()]
    weekend = local_weekday() >= 5
    values = 5.0 * quarter - 4.0 * weekend * (1 + quarter**2)
    assert seasonal_mean(values) == pytest.approx(values, abs=1e-2)


def test_a_fit_gives_back_season_reversion_and_shocks():
    """Scores that fall back by a fifth of an hour's distance, beside a season of two levels of a day."""
    rng = np.random.default_rng(11)
    x = np.zeros(8760)
    for hour, shock in enumerate(rng.normal(0, 0.3, 8759)):
        x[hour + 1] = 0.8 * x[hour] + shock
    day = np.where(np.arange(8760) % 24 < 12, -0.2, 0.2)
    found = fit(40.0 + 10.0 * (x + day))
    spread = np.std(x + day)
    assert found.reversion_per_h == pytest.approx(-np.log(0.8), rel=0.15)
    sigma = np.sqrt(found.sigma**2 + found.jump_rate * (found.jump_sd**2 + found.jump_mean**2))
    assert sigma == pytest.approx(0.3 / spread, rel=0.1)
    assert found.season[12:24].mean() - found.season[:12].mean() == pytest.approx(0.4 / spread, rel=0.15)
    assert (np.diff(found.scores) >= 0).all()
    assert (np.diff(found.prices_usd) >= 0).all()
    factor = np.exp(-found.reversion_per_h)
    shock = found.sigma**2 + found.jump_rate * (found.jump_sd**2 + (1 - found.jump_rate) * found.jump_mean**2)
    left = normal_scores(40.0 + 10.0 * (x + day)) - found.season
    assert shock / (1 - factor**2) == pytest.approx(left.var())


def risk_of(monkeypatch, import_mw, serving=True, **table):
    """Which options are weighed, what is exposed, and the figures, of a plan with bare parts."""
    seen = {}

    def power(exposed, contracts, options, *, paths, seed, level_log_sd):
        seen.update(exposed=exposed, options=options)
        return {}, []

    monkeypatch.setattr(stage, "revenues", lambda plan: (1.0, 2.0))
    monkeypatch.setattr(stage, "credits_of", lambda *_: None)
    price = {"price_for_target_irr_usd_per_mtok": 3.0}
    monkeypatch.setattr(stage, "company_figures", lambda *given: (seen.update(output=given[3]) or dict(price), []))
    monkeypatch.setattr(stage, "contract_of", lambda kind, table, share, *_: (kind, share))
    monkeypatch.setattr(stage, "power_price_figures", power)
    catalog = SimpleNamespace(value=lambda *_: 0.1)
    tokens = SimpleNamespace(output_mtok_per_year=0.5)
    plan = SimpleNamespace(
        table=EconomicsTable(**table), lines=[], tco=9.0, costs=SimpleNamespace(amortised=4.0),
        workload=SimpleNamespace(serving=tokens),
        compute=SimpleNamespace(serving=SimpleNamespace() if serving else None),
    )  # fmt: skip
    site = SimpleNamespace(country="US", price_usd_per_mwh=PRICE, calendar=None)
    supply = SimpleNamespace(dispatch_mw={"grid": import_mw}, cost_usd_per_year={"grid.energy": 7.0} if serving else {})
    seen["figures"] = stage._risk_figures(plan, [], site, supply, catalog)[0]
    return seen


def test_options_are_weighed_for_the_whole_of_an_import_at_market_prices(monkeypatch):
    """Half a MWh is an import and one path a year; a flat price, no path or no import leaves nothing to weigh."""
    half = np.array([0.5, 0.0, 0.0])
    seen = risk_of(monkeypatch, half, risk_paths=1)
    assert seen["options"] == [(kind, 1.0) for kind in stage.KINDS]
    assert (seen["exposed"].energy_usd_per_year, seen["exposed"].all_in, seen["output"]) == (7.0, False, 0.5)
    assert seen["figures"]["price_for_target_irr_runs_paid_usd_per_mtok"] == pytest.approx(3 + 4 / 0.5)
    assert risk_of(monkeypatch, half, risk_paths=0)["options"] == []
    assert risk_of(monkeypatch, 0 * half, risk_paths=1)["options"] == []
    flat = risk_of(monkeypatch, half, risk_paths=1, electricity_price_usd_per_mwh=50.0)
    assert (flat["options"], flat["exposed"].all_in) == ([], True)
    sold = risk_of(monkeypatch, half, training_price_usd_per_device_hour=2.0)["figures"]
    assert "price_for_target_irr_runs_paid_usd_per_mtok" not in sold


def test_december_shares_its_hours_with_january_and_february():
    """Nights of -1 and days of 1 in December alone: its share of the winter's weekdays, and of its weekends."""
    winter, december = np.isin(month_of_hour(), (0, 1, 11)), month_of_hour() == 11
    sign = np.where(np.arange(8760) % 24 < 12, -1.0, 1.0)
    expected = np.zeros(8760)
    for days in (local_weekday() < 5, local_weekday() >= 5):
        expected[winter & days] = (december & days).sum() / (winter & days).sum()
    assert seasonal_mean(sign * december) == pytest.approx(sign * expected, abs=1e-9)


def test_a_plan_without_tokens_or_grid_energy_exposes_none(monkeypatch):
    seen = risk_of(monkeypatch, np.zeros(3), serving=False)
    assert (seen["output"], seen["exposed"].energy_usd_per_year) == (0.0, 0.0)
    assert "price_for_target_irr_runs_paid_usd_per_mtok" not in seen["figures"]
