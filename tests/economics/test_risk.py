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


def known(**changes):
    season = 0.5 * np.sin(np.arange(8760) * 2 * np.pi / 24)
    values = {
        "shift_usd": 40.0, "scale_usd": 15.0, "season": season, "reversion_per_h": 0.12, "sigma": 0.15,
        "jump_rate": 0.02, "jump_mean": 0.4, "jump_sd": 0.9, **changes,
    }  # fmt: skip
    return PriceProcess(**values)


@pytest.mark.parametrize("changes", [{}, {"reversion_per_h": 0.05, "sigma": 0.08, "jump_rate": 0.05}])
def test_refit_recovers_the_process_it_came_from(changes):
    # The refit scales prices by its own centre and width; parameters are compared on that scale, over ten years.
    process = known(**changes)
    found = [fit(year) for year in simulate(process, 10, seed=3, cap_usd=1e6, floor_usd=-1e6)]
    mean = {name: np.mean([getattr(f, name) for f in found]) for name in ("reversion_per_h", "jump_rate")}
    assert mean["reversion_per_h"] == pytest.approx(process.reversion_per_h, rel=0.15)
    assert mean["jump_rate"] == pytest.approx(process.jump_rate, rel=0.15)


def test_refit_on_the_same_scale_recovers_shocks_and_jumps():
    process = known(season=np.zeros(8760))
    found = []
    for year in simulate(process, 10, seed=5, cap_usd=1e6, floor_usd=-1e6):
        refit = fit(year)
        # Near the centre asinh is linear, so sizes scale with the widths.
        found.append((refit.sigma, refit.jump_sd, refit.jump_mean, refit.jump_rate))
    spread = np.array(found)
    assert (spread.std(axis=0) < 0.25 * np.abs(spread.mean(axis=0))).all()


@pytest.mark.parametrize("zone", ["US-TEX-ERCO_2023", "DE-LU_2023", "US-MIDA-PJM_2023"])
def test_simulated_years_resemble_the_year_they_were_fitted_to(shared_data, zone):
    # Acceptance of a risk model, not of a forecast: the middle of the duration curve within 15 % of the mean price,
    # the persistence after an hour and a day within 0.15.
    real = pd.read_csv(shared_data(f"hourly/price_{zone}.csv"))["price_usd_per_mwh"].to_numpy(dtype=float)
    made = simulate(fit(real), 8, seed=1)
    quantiles = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
    gap = np.abs(np.quantile(made, quantiles) - np.quantile(real, quantiles))
    assert (gap < 0.15 * real.mean()).all()

    def persistence(values, lag):
        ranks = pd.Series(values).rank().to_numpy()
        return np.corrcoef(ranks[:-lag], ranks[lag:])[0, 1]

    for lag in (1, 24):
        assert np.mean([persistence(m, lag) for m in made]) == pytest.approx(persistence(real, lag), abs=0.15)


def test_prices_stay_between_floor_and_cap_and_repeat_with_the_seed():
    made = simulate(known(jump_rate=0.2, jump_sd=3.0), 2, seed=1, floor_usd=-50.0, cap_usd=300.0)
    assert made.min() >= -50.0
    assert made.max() <= 300.0
    again = simulate(known(jump_rate=0.2, jump_sd=3.0), 2, seed=1, floor_usd=-50.0, cap_usd=300.0)
    assert (made == again).all()


def test_a_spread_of_year_levels_keeps_the_mean_and_widens_the_cost():
    narrow = yearly_cost(simulate(known(), 400, seed=1), np.ones(8760))
    wide = yearly_cost(simulate(known(), 400, seed=1, level_log_sd=0.35), np.ones(8760))
    assert wide.mean() == pytest.approx(narrow.mean(), rel=0.06)
    assert wide.std() > 5 * narrow.std()


@pytest.mark.parametrize("bad", [np.ones(8759), np.full(8760, np.nan), np.full(8760, 50.0)])
def test_a_series_that_cannot_be_fitted_is_refused(bad):
    with pytest.raises(InputError, match=r"site\.prices"):
        fit(bad)


PRICES = simulate(known(), 60, seed=2, level_log_sd=0.3)
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
