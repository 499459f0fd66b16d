"""Waits at and beyond a full load, and quantiles over hours of which some are overloaded or endless."""

from __future__ import annotations

from math import exp, inf, log

import numpy as np
import pytest

from wattscale.compute.queueing import busy_share, mean_wait, mixture_quantile, quantile_wait


def test_a_server_that_is_asked_for_all_it_can_do_is_waited_for_without_end() -> None:
    """0.5, 1.0 and 1.5 requests a second of 1 s each; and half a request of 2 s."""
    assert mean_wait(np.array([0.0, 0.5, 1.0, 1.5, 2.5]), 1.0).tolist() == [0.0, 0.5, inf, inf, inf]
    assert quantile_wait(np.array([0.0, 0.5, 1.0, 1.5]), 1.0, 0.9) == pytest.approx([0.0, log(5.0), inf, inf])
    assert float(mean_wait(0.5, 2.0)) == inf


def test_the_quantile_of_a_light_load_is_zero_up_to_the_share_that_waits() -> None:
    """15 of 100 wait; one in ten waits longer than W / rho ln 1.5, W = 0.15 x 2 (1 + 0.25) / (2 x 0.85)."""
    wait = 0.15 * 2.0 * 1.25 / 1.7
    assert float(quantile_wait(0.075, 2.0, 0.9, 0.5)) == pytest.approx(wait / 0.15 * log(1.5), rel=1e-9)
    assert float(quantile_wait(0.075, 2.0, 0.84, 0.5)) == 0.0


def test_overloaded_hours_are_late_for_all_their_requests_and_no_more() -> None:
    """Half of the requests are of an hour at twice its load; 0.6 late in all leave 0.1 of the other: 0.25 exp(-t)."""
    rate, one = np.array([2.0, 0.5]), np.ones(2)
    assert mixture_quantile(0 * one, rate, one, one, 0.4) == pytest.approx(log(0.25 / 0.1), rel=1e-9)
    assert mixture_quantile(0 * one, rate, one, one, 0.51) == inf
    assert mixture_quantile(0 * one, np.array([1.0, 0.5]), one, one, 0.51) == inf


def test_hours_of_unlike_service_mix_by_their_requests() -> None:
    """Loads 0.5 of 1 s and 0.8 of 2 s with a spread of one half: W = 0.625 and 5; three in four are of the first."""
    fixed, rate, service = np.array([1.0, 2.0]), np.array([0.5, 0.4]), np.array([1.0, 2.0])
    weights = np.array([6.0, 2.0])
    found = mixture_quantile(fixed, rate, service, weights, 0.9, 0.5)
    late = 0.75 * 0.5 * exp(-0.5 * (found - 1) / 0.625) + 0.25 * 0.8 * exp(-0.8 * (found - 2) / 5.0)
    assert found > 2.0
    assert late == pytest.approx(0.1, rel=1e-9)


def test_hours_without_a_request_in_the_queue_wait_for_nobody() -> None:
    """Nothing to compute, or nobody before: only what every request takes."""
    one, none = np.array([3.0]), np.array([0.0])
    assert mixture_quantile(one, one, none, one, 0.99) == pytest.approx(3.0, rel=1e-9)
    assert mixture_quantile(one, none, one, one, 0.99) == pytest.approx(3.0, rel=1e-9)


@pytest.mark.parametrize(
    ("fixed_s", "quantile", "later"),
    [
        (1.0, 0.8, 2.5),  # 0.92e6 s are found,
        (1.0, 0.9, inf),  # 1.6e6 not: it doubles from one to 1,048,576 s, which is beyond a million and too short.
        (0.75, 0.92, inf),  # The steps from 786,432 to 1,572,864 s end before 1.8e6.
    ],
)
def test_waits_beyond_a_million_seconds_are_without_end(fixed_s: float, quantile: float, later: float) -> None:
    """Load 0.5 of a million seconds each: P(wait > t) = 0.5 exp(-t / 1e6)."""
    found = mixture_quantile(np.array([fixed_s]), np.array([5e-7]), np.array([1e6]), np.ones(1), quantile)
    assert found == pytest.approx(fixed_s + 1e6 * log(later) if later < inf else inf, rel=1e-9)


def test_a_server_is_idle_when_nothing_runs() -> None:
    """Two sequences on the mean: none in exp(-2) of the time."""
    assert float(busy_share(2.0)) == pytest.approx(1 - exp(-2.0), rel=1e-9)
