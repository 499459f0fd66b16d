"""The process of power prices reckoned once more, hour by hour: its season, its shocks and jumps, its simulation."""

from __future__ import annotations

from itertools import pairwise
from math import log, sqrt
from statistics import NormalDist, fmean, median

import numpy as np
import pytest

from wattscale.economics import price_process
from wattscale.economics.price_process import PriceProcess, _fit_jumps, fit, seasonal_mean, simulate
from wattscale.errors import InputError
from wattscale.hours import calendar_of


def variance(values):
    return fmean(v**2 for v in values) - fmean(values) ** 2


def mixture(x, steps):
    """Expectation maximisation of ordinary shocks about zero and of jumps, with plain sums over the hours."""
    pairs = list(pairwise(x))
    phi = sum(a * b for a, b in pairs) / sum(a * a for a, _ in pairs)
    shocks = [b - phi * a for a, b in pairs]
    sigma, rate, mean = 1.4826 * median(abs(s) for s in shocks), 0.05, 0.0
    width = 2 * max(sqrt(variance(shocks)), sigma)
    for _ in range(steps):
        usual, jumps = NormalDist(0.0, sigma), NormalDist(mean, width)
        odds = [rate * jumps.pdf(s) / ((1 - rate) * usual.pdf(s)) for s in shocks]
        shares = [o / (1 + o) for o in odds]
        # Reversion by weighted least squares, each hour weighed by how sure its shock is, jumps taken at their mean.
        sure = [(1 - w) / sigma**2 + w / width**2 for w in shares]
        over = sum(k * a * (b - w * mean) for k, w, (a, b) in zip(sure, shares, pairs, strict=True))
        phi = over / sum(k * a * a for k, (a, _) in zip(sure, pairs, strict=True))
        shocks = [b - phi * a for a, b in pairs]
        jumped, ordinary = sum(shares), sum(1 - w for w in shares)
        rate = min(0.5, jumped / len(shocks))
        mean = sum(w * s for w, s in zip(shares, shocks, strict=True)) / jumped
        sigma = sqrt(sum((1 - w) * s * s for w, s in zip(shares, shocks, strict=True)) / ordinary)
        width = sqrt(sum(w * (s - mean) ** 2 for w, s in zip(shares, shocks, strict=True)) / jumped)
        width = max(width, sigma * sqrt(1.0001))
    return sigma, rate, mean, sqrt(width**2 - sigma**2)


def wandering(seed, jump_share, hours=60):
    """Hours that fall back by three tenths, with shocks of 0.2 and jumps of 1.5 +- 0.4."""
    rng = np.random.default_rng(seed)
    x = np.zeros(hours)
    for hour in range(1, hours):
        jump = rng.normal(1.5, 0.4) if rng.random() < jump_share else 0.0
        x[hour] = 0.7 * x[hour - 1] + rng.normal(0.0, 0.2) + jump
    return x


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
@pytest.mark.parametrize("jump_share", [0.1, 0.75])
def test_each_step_of_the_mixture(steps, jump_share):
    """Few jumps, and so many that their share ends at the half that still counts as jumps."""
    for seed in range(4):
        x = wandering(seed, jump_share)
        assert _fit_jumps(x, steps) == pytest.approx(mixture(x.tolist(), steps), rel=1e-6)


def test_more_jumps_than_ordinary_hours_count_as_half():
    assert [_fit_jumps(wandering(seed, 0.75, 400), 60)[1] for seed in (1, 2)] == [0.5, 0.5]


def test_hours_that_do_not_move_leave_a_trace_of_a_shock():
    """Nothing but two peaks of 3 and 4: the median move is none, so the first shock is 1e-9 and the next 1e-12.

    The peaks are jumps for sure: 2 of 19 moves, of 3.5 +- 0.5. Moves of 2e-9 alone show what the start adds.
    """
    x = np.zeros(20)
    x[5], x[11] = 3.0, 4.0
    assert _fit_jumps(x, 0)[0] == pytest.approx(1e-9, abs=0.0)
    sigma, *jumps = _fit_jumps(x, 1)
    assert sigma == pytest.approx(1e-12, abs=0.0)
    assert jumps == pytest.approx([2 / 19, 3.5, 0.5])
    small = 2e-9 * np.array([1.0, 1, -1, -1, 1, 1, -1, -1, 1])
    assert _fit_jumps(small, 0)[0] == pytest.approx(2 * 1.4826e-9 + 1e-9, abs=0.0)


def test_the_only_peak_of_a_still_year_is_a_jump_however_far_out():
    """A peak of 4 among 8,759 moves, hundreds of times the spread of both kinds."""
    x = np.zeros(8760)
    x[5000] = 4.0
    sigma, rate, mean, _ = _fit_jumps(x, 3)
    assert sigma < 1e-9
    assert (rate, mean) == (pytest.approx(1 / 8759, rel=1e-4), pytest.approx(4.0, rel=1e-4))


def test_jumps_are_no_rarer_than_one_in_a_million():
    x = np.zeros(2_000_001)
    x[5000] = 4.0
    assert _fit_jumps(x, 1)[1] == 1e-6


def test_moves_of_one_size_have_jumps_that_are_hardly_wider():
    """Moves of 1 up and down, none of which depends on the one before: jumps a ten-thousandth wider in variance."""
    x = np.array([1.0, 1, -1, -1, 1, 1, -1, -1, 1])
    sigma, _, mean, sd = _fit_jumps(x, 1)
    assert (sigma, mean, sd) == (pytest.approx(1.0), pytest.approx(0.0), pytest.approx(0.01, rel=1e-6))


@pytest.fixture
def found(monkeypatch):
    """Fit prices 1 to 8,760 with a season and jumps that are given."""
    prices = np.random.default_rng(3).permutation(8760) + 1.0

    def use(jumps, season=0.0, price=prices):
        monkeypatch.setattr(price_process, "_fit_jumps", lambda x, iterations: jumps)
        monkeypatch.setattr(price_process, "seasonal_mean", lambda scores, calendar: np.full(8760, season))
        return fit(price), price

    return use


def test_reversion_gives_the_variance_seen(found):
    """Scores of 8,760 ranks vary by 0.9995 or so; shocks by 0.3^2 + 0.1 (0.4^2 + 0.9 x 0.5^2) = 0.1285."""
    fitted, price = found((0.3, 0.1, 0.5, 0.4))
    scores = [NormalDist().inv_cdf((rank - 0.5) / 8760) for rank in range(1, 8761)]
    assert fitted.scores == pytest.approx(scores)
    assert fitted.prices_usd == pytest.approx(np.sort(price))
    assert fitted.reversion_per_h == pytest.approx(-0.5 * log(1 - 0.1285 / variance(scores)))
    assert (fitted.sigma, fitted.jump_rate, fitted.jump_mean, fitted.jump_sd) == (0.3, 0.1, 0.5, 0.4)


def test_shocks_that_vary_more_than_prices_are_forgotten_within_the_hour(found):
    """What is left after an hour is a thousandth, not less."""
    for sigma in (1.0, 2.0):
        assert found((sigma, 0.0, 0.0, 0.0))[0].reversion_per_h == pytest.approx(-log(1e-3))


def test_shocks_below_a_thousandth_are_no_market(found):
    assert found((0.0011, 0.0, 0.0, 0.0))[0].sigma == 0.0011
    with pytest.raises(InputError, match="too few values"):
        found((0.0009, 0.0, 0.0, 0.0))


def test_a_season_is_taken_off_before_shocks_are_sought(monkeypatch):
    """All of the scores but a tenth is season: the tenth is what the jumps are sought in."""
    seen = []
    monkeypatch.setattr(price_process, "_fit_jumps", lambda x, steps: seen.append(x) or (0.01, 0.0, 0.0, 0.0))
    monkeypatch.setattr(price_process, "seasonal_mean", lambda scores, calendar: 0.9 * scores)
    fitted = fit(np.arange(8760.0))
    assert seen[0] == pytest.approx(fitted.scores / 10)


def test_the_season_sweep_by_sweep():
    """Means by month, then by quarter, hour and weekend of what is left, four times; 2024 begins on a Monday."""
    values = np.random.default_rng(5).gamma(2.0, 1.0, 8760) * (1 + np.arange(8760) / 8760)
    month, cell = [], []
    for day, date in enumerate(calendar_of(2024).dates().astype("datetime64[D]")):
        name = int(str(date)[5:7])
        weekend = (date.astype(int) + 3) % 7 in (5, 6)  # 1 January 1970 was a Thursday
        assert day or not weekend
        month += [name] * 24
        cell += [(name % 12 // 3, hour, weekend) for hour in range(24)]
    left = values.copy()
    for _ in range(4):
        for groups in (month, cell):
            hours = {}
            for hour, group in enumerate(groups):
                hours.setdefault(group, []).append(hour)
            for members in hours.values():
                left[members] -= left[members].mean()
    assert seasonal_mean(values, calendar_of(2024)) == pytest.approx(values - left, rel=1e-12)


def test_a_simulated_year_hour_by_hour():
    """From the same random numbers: 1,000 hours to forget the start, each hour keeping exp(-0.2) of the one before.

    Jumps of a tenth of the hours, 0.5 on average, lift the level by 0.05 / (1 - exp(-0.2)), which is taken out. The
    level of a year is drawn last.
    """
    scores = np.linspace(-6.0, 6.0, 13)
    season = 0.3 * np.sin(np.arange(8760) / 24)
    process = PriceProcess(scores, scores**3, season, 0.2, 0.3, 0.1, 0.5, 0.4)
    rng = np.random.default_rng(7)
    shocks, dice = rng.normal(0.0, 0.3, (2, 9760)), rng.random((2, 9760))
    jumps = iter(rng.normal(0.5, 0.4, int((dice < 0.1).sum())))
    levels = rng.normal(0.0, 1.0, 2)
    keep = np.exp(-0.2)
    expected = np.zeros((2, 8760))
    for year in range(2):
        x = 0.0
        for hour in range(9760):
            x = keep * x + shocks[year, hour] + (next(jumps) if dice[year, hour] < 0.1 else 0.0)
            if hour >= 1000:
                score = x - 0.05 / (1 - keep) + season[hour - 1000]
                expected[year, hour - 1000] = np.interp(score, scores, scores**3)
    assert simulate(process, 2, 7) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    told = simulate(process, 2, 7, level_log_sd=0.6)
    assert told == pytest.approx(expected * np.exp(0.6 * levels - 0.18)[:, None], rel=1e-9, abs=1e-9)
