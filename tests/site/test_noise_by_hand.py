"""Seeded series against sums done by hand: persistence, correlation, days spread over hours, months over days."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from wattscale.hours import MONTH_DAYS
from wattscale.site.noise import (
    correlated_days,
    days_of_months,
    persistent,
    restore_monthly_mean,
    scores_by_month,
    spread_days,
    standard_by_month,
)

FIRST = np.cumsum([0, *MONTH_DAYS])[:12]
"""First day of each month, counted from 0."""


def test_a_value_is_the_last_ones_share_and_a_shock_that_keeps_the_variance() -> None:
    """p = 0.6: 2; 0.6 x 2 + 0.8 x 1 = 2; 0.6 x 2 - 0.8 x 1 = 0.4. Each row by itself, and the shocks are left alone."""
    shocks = np.array([[2.0, 1.0, -1.0], [0.0, 5.0, 0.0]])
    assert persistent(shocks, 0.6) == pytest.approx(np.array([[2.0, 2.0, 0.4], [0.0, 4.0, 2.4]]), rel=1e-12)
    assert persistent(shocks[0], -0.6) == pytest.approx([2.0, -0.4, -0.56], rel=1e-12)
    assert shocks.tolist() == [[2.0, 1.0, -1.0], [0.0, 5.0, 0.0]]


class Drawn:
    """Stands in for a generator: gives the shocks it holds."""

    def __init__(self, count: int) -> None:
        self.shocks = np.random.default_rng(11).standard_normal((count, 365))

    def standard_normal(self, shape: tuple[int, int]) -> np.ndarray:
        assert shape == self.shocks.shape
        return self.shocks.copy()


def day_by_day(shocks: np.ndarray, p: float) -> list[float]:
    values = [float(shocks[0])]
    for e in shocks[1:]:
        values.append(p * values[-1] + (1 - p * p) ** 0.5 * e)
    return values


@pytest.mark.parametrize(
    ("p", "asked", "of_shocks"),
    [
        # Two memories wash out part of what shocks share: 0.6 (1 - 0.5 x 0.8) / sqrt(0.75 x 0.36).
        ((0.5, 0.8), 0.6, 0.36 / 0.27**0.5),
        ((0.5, 0.8), -0.6, -0.36 / 0.27**0.5),
        ((0.5, 0.5), 0.6, 0.6),
        # 0.9 / sqrt(0.19) is more than any shock has.
        ((0.0, 0.9), 0.9, 0.97),
        ((0.0, 0.9), -0.9, -0.97),
    ],
)
def test_two_series_share_the_shocks_that_their_correlation_asks(
    p: tuple[float, float], asked: float, of_shocks: float
) -> None:
    rng = Drawn(2)
    one, two = rng.shocks
    found = correlated_days(rng, np.array(p), np.array([[1.0, asked], [asked, 1.0]]))  # type: ignore[arg-type]
    assert found[0] == pytest.approx(day_by_day(one, p[0]), rel=1e-9)
    both = of_shocks * one + (1 - of_shocks**2) ** 0.5 * two
    assert found[1] == pytest.approx(day_by_day(both, p[1]), rel=1e-8)


def test_correlations_that_exclude_each_other_meet_at_the_nearest_possible() -> None:
    """One that goes with two others at 0.9 which go against each other at -0.9: eigenvalues 1.9, 1.9 and -0.8.

    The last, along (1, -1, -1), is lifted to 0.001: diagonal (2 x 1.9 + 0.001) / 3, beside it (1.9 - 0.001) / 3.
    """
    rng = Drawn(3)
    asked = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]])
    found = correlated_days(rng, np.zeros(3), asked)  # type: ignore[arg-type]
    r = (1.9 - 0.001) / (2 * 1.9 + 0.001)
    one, two, three = rng.shocks
    side = (1 - r * r) ** 0.5
    across = (-r - r * r) / side
    assert found[0] == pytest.approx(one)
    assert found[1] == pytest.approx(r * one + side * two, rel=1e-9)
    assert found[2] == pytest.approx(r * one + across * two + (1 - r * r - across**2) ** 0.5 * three, rel=1e-6)


def test_noons_are_such_that_each_day_keeps_its_mean() -> None:
    """A day's mean holds an eighth of the noon before, three quarters of its own, an eighth of the noon after."""
    daily = np.random.default_rng(2).standard_normal(365)
    share = 0.75 * np.eye(365) + 0.125 * (np.roll(np.eye(365), 1, axis=1) + np.roll(np.eye(365), -1, axis=1))
    noon = np.linalg.solve(share, daily)
    found = spread_days(daily).reshape(365, 24)
    for hour in range(24):
        away = hour + 0.5 - 12
        neighbour = np.roll(noon, 1) if away < 0 else np.roll(noon, -1)
        np.testing.assert_allclose(found[:, hour], noon + abs(away) / 24 * (neighbour - noon), rtol=1e-9, atol=1e-12)


def test_mid_months_are_such_that_each_month_keeps_its_mean() -> None:
    """Straight lines between the middles of months, round the turn of the year too."""
    middle = [first + n / 2 for first, n in zip(FIRST, MONTH_DAYS, strict=True)]
    assert middle[:2] == [15.5, 45.0]
    weight = np.zeros((365, 12))
    for day in range(365):
        at = day + 0.5
        before = max((m for m in range(12) if middle[m] <= at), default=11)
        after = (before + 1) % 12
        apart = (middle[after] - middle[before]) % 365
        far = ((at - middle[before]) % 365) / apart
        weight[day, before], weight[day, after] = 1 - far, far
    of_month = np.array([weight[f : f + n].mean(axis=0) for f, n in zip(FIRST, MONTH_DAYS, strict=True)])
    monthly = np.array([3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0, 6.0, -5.0, 3.0, 5.0, 8.0])
    assert days_of_months(monthly) == pytest.approx(weight @ np.linalg.solve(of_month, monthly), rel=1e-9)


@pytest.mark.parametrize("per_day", [1, 24])
def test_months_are_shifted_to_their_means(per_day: int) -> None:
    """January counts 0, 1, 2 ... and February goes on: their means lie in their middles."""
    values = np.arange(365.0 * per_day)
    found = restore_monthly_mean(values, np.array([10.0, 20.0, *[0.0] * 10]))
    count = 31 * per_day
    assert found[:count] == pytest.approx(np.arange(count) - (count - 1) / 2 + 10)
    feb = 28 * per_day
    assert found[count : count + feb] == pytest.approx(np.arange(feb) - (feb - 1) / 2 + 20)
    assert found[-count:] == pytest.approx(np.arange(count) - (count - 1) / 2), "December"


def test_scores_of_each_month_have_mean_0_and_spread_1() -> None:
    """4 and 8 by turns: -1 and 1. No spread at all: zeros. A spread of half a billionth is not blown up to one."""
    turns = np.where(np.arange(365) % 2, 8.0, 4.0)
    april = slice(90, 120)
    june = slice(151, 181)
    september = slice(243, 273)
    daily = turns.copy()
    daily[june] = 7.0
    daily[september] = np.where(np.arange(30) % 2, 5e-10, -5e-10)
    found = standard_by_month(daily)
    assert found[april] == pytest.approx(turns[april] / 2 - 3)
    assert (found[june] == 0.0).all()
    assert found[september] == pytest.approx(np.where(np.arange(30) % 2, 0.5, -0.5))
    # January begins and ends with 4: its mean is (16 x 4 + 15 x 8) / 31, its spread sqrt(16 x 15) / 31 x 4.
    mean, spread = 184 / 31, 4 * 240**0.5 / 31
    assert found[:31] == pytest.approx((turns[:31] - mean) / spread)


def test_the_rank_of_a_day_in_its_month_gives_its_score() -> None:
    """Days that alternate within themselves by more than between them: the daily mean ranks them."""
    daily = np.random.default_rng(4).permutation(365).astype(float)
    hourly = np.repeat(daily, 24) + np.tile([-500.0, 500.0], 4380)
    found = scores_by_month(hourly)
    for first, n in zip(FIRST, MONTH_DAYS, strict=True):
        month = list(daily[first : first + n])
        ranks = [sorted(month).index(v) for v in month]
        assert found[first : first + n] == pytest.approx([NormalDist().inv_cdf((r + 0.5) / n) for r in ranks])
