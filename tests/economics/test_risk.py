"""Price process, risk of the power bill, hedges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.economics.price_process import PriceProcess, fit, simulate
from wattscale.economics.risk import cost_risk, hedge, hedged_cost, minimum_variance_ratio, yearly_cost
from wattscale.errors import InputError


def known(kappa=0.08, jump_rate=0.05, jump_ratio=4.0):
    """A process whose scores are standard normal, so that a refit works on the same scale."""
    season = 0.4 * np.sin(np.arange(8760) * 2 * np.pi / 24)
    variance = (1.0 - np.exp(-2.0 * kappa)) * (1.0 - season.var())
    sigma = np.sqrt(variance / (1.0 + jump_rate * jump_ratio**2))
    scores = np.linspace(-4.5, 4.5, 901)
    prices = 40.0 + 15.0 * np.sinh(scores) + 5.0 * scores
    return PriceProcess(scores, prices, season, kappa, sigma, jump_rate, 0.0, jump_ratio * sigma)


@pytest.mark.parametrize(
    "given", [{}, {"kappa": 0.05, "jump_rate": 0.1}, {"kappa": 0.1, "jump_rate": 0.08, "jump_ratio": 3.5}]
)
def test_refit_recovers_the_process_it_came_from(given):
    process = known(**given)
    found = [fit(year) for year in simulate(process, 5, seed=3)]
    for name in ("reversion_per_h", "sigma", "jump_rate", "jump_sd"):
        mean = np.mean([getattr(f, name) for f in found])
        assert mean == pytest.approx(getattr(process, name), rel=0.15), name


@pytest.mark.parametrize("zone", ["US-TEX-ERCO_2023", "DE-LU_2023", "US-MIDA-PJM_2023"])
def test_simulated_years_resemble_the_year_they_were_fitted_to(shared_data, zone):
    # Acceptance of a risk model, not of a forecast: the duration curve within 15 % of the mean price, the persistence
    # of ranks after an hour within 0.05 and after a day within 0.25.
    real = pd.read_csv(shared_data(f"hourly/price_{zone}.csv"))["price_usd_per_mwh"].to_numpy(dtype=float)
    made = simulate(fit(real), 8, seed=1)
    quantiles = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    gap = np.abs(np.quantile(made, quantiles) - np.quantile(real, quantiles))
    assert (gap < 0.15 * real.mean()).all()

    def persistence(values, lag):
        ranks = pd.Series(values).rank().to_numpy()
        return np.corrcoef(ranks[:-lag], ranks[lag:])[0, 1]

    for lag, tolerance in ((1, 0.05), (24, 0.25)):
        assert np.mean([persistence(m, lag) for m in made]) == pytest.approx(persistence(real, lag), abs=tolerance)


def test_prices_stay_within_those_observed_and_repeat_with_the_seed():
    process = known(jump_rate=0.2)
    made = simulate(process, 2, seed=1)
    assert made.min() >= process.prices_usd[0]
    assert made.max() <= process.prices_usd[-1]
    assert (made == simulate(process, 2, seed=1)).all()


def test_a_spread_of_year_levels_keeps_the_mean_and_widens_the_cost():
    narrow = yearly_cost(simulate(known(), 150, seed=1), np.ones(8760))
    wide = yearly_cost(simulate(known(), 150, seed=1, level_log_sd=0.35), np.ones(8760))
    assert wide.mean() == pytest.approx(narrow.mean(), rel=0.1)
    assert wide.std() > 5 * narrow.std()


@pytest.mark.parametrize(
    "bad", [np.ones(8759), np.full(8760, np.nan), np.full(8760, 50.0), np.tile([30.0] * 12 + [60.0] * 12, 365)]
)
def test_a_series_that_cannot_be_fitted_is_refused(bad):
    with pytest.raises(InputError, match=r"site\.prices"):
        fit(bad)


PRICES = simulate(known(), 40, seed=2, level_log_sd=0.3)
FLAT = np.ones(8760)


@settings(max_examples=20, deadline=None)
@given(strike=st.floats(10.0, 150.0), size=st.floats(0.0, 3.0))
def test_a_contract_on_the_import_itself_fixes_the_cost(strike, size):
    load = FLAT * 10.0
    cost = hedged_cost(PRICES, load, load, strike)
    assert np.ptp(cost) < 1e-3
    assert cost[0] == pytest.approx(strike * 87_600)
    partly = hedge(PRICES, load, load, strike, ratio=size)
    assert partly.risk.sd == pytest.approx(
        abs(1.0 - size) * cost_risk(yearly_cost(PRICES, load)).sd, rel=1e-6, abs=1e-3
    )


def test_no_other_ratio_varies_less_than_the_minimum_variance_ratio():
    load = 5.0 + 3.0 * np.sin(np.arange(8760) * 2 * np.pi / 24)
    solar = np.maximum(0.0, np.sin((np.arange(8760) % 24 - 6) / 12 * np.pi))
    best = minimum_variance_ratio(PRICES, load, solar)
    spreads = [hedged_cost(PRICES, load, r * solar, 40.0).std() for r in (0.8 * best, best, 1.2 * best)]
    assert spreads[1] == min(spreads)


def test_a_dearer_contract_pays_more_for_the_same_risk_removed():
    cheap, dear = (hedge(PRICES, FLAT, FLAT, strike) for strike in (50.0, 60.0))
    assert dear.premium_usd - cheap.premium_usd == pytest.approx(10.0 * 8760)
    assert dear.cvar_removed_usd == pytest.approx(cheap.cvar_removed_usd)
    assert dear.premium_per_cvar > cheap.premium_per_cvar


def test_tail_measures_are_in_order():
    risk = cost_risk(yearly_cost(PRICES, FLAT))
    assert risk.mean < risk.var < risk.cvar
