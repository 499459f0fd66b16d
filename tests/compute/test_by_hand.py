"""Waiting and useful time of a run against numbers worked by hand."""

import math

import pytest

from wattscale.compute.goodput import Reliability, goodput
from wattscale.compute.queueing import mean_wait, mixture_quantile, quantile_wait


@pytest.mark.parametrize(("cv", "wait_s"), [(0.0, 0.5), (0.5, 0.625), (1.0, 1.0), (2.0, 2.5)])
def test_waits_grow_with_the_square_of_the_spread_of_service(cv, wait_s):
    """Half loaded, 1 s of service: W = 0.5 x 1 x (1 + cv^2) / (2 x 0.5) = (1 + cv^2) / 2."""
    assert float(mean_wait(0.5, 1.0, cv)) == pytest.approx(wait_s)


def test_wait_is_in_units_of_the_service():
    """Load 0.8 of 2 s each: W = 0.8 x 2 / (2 x 0.2) = 4 s."""
    assert float(mean_wait(0.4, 2.0)) == pytest.approx(4.0)


def test_the_tail_of_waits_by_hand():
    """Load 0.5, W = 0.5: P(wait > w) = 0.5 exp(-w); 1 in 100 waits longer than ln 50."""
    assert float(quantile_wait(0.5, 1.0, 0.99)) == pytest.approx(math.log(50.0))


def test_two_hours_of_unlike_load_mix_by_their_requests():
    """One hour takes 1 s, the other 3 s, none waits; with 3 of 4 requests in the first the 70 % quantile is 1 s, the
    80 % quantile 3 s."""
    import numpy as np

    fixed, none, share = np.array([1.0, 3.0]), np.array([1e-9, 1e-9]), np.array([3.0, 1.0])
    assert mixture_quantile(fixed, none, none, share, 0.7) == pytest.approx(1.0, abs=1e-6)
    assert mixture_quantile(fixed, none, none, share, 0.8) == pytest.approx(3.0, abs=1e-6)


def test_goodput_of_a_thousand_devices_by_hand():
    """1,000 devices at 1e5 h each stop every 100 h = 360,000 s. A checkpoint holds 10 s and 40 GB at 1 GB/s: 50 s.

    Young: T = sqrt(2 x 50 x 360,000) = 6,000 s, so that checkpoints (50 / 6,000) and lost work (3,000 / 360,000) cost
    the same 1/120. Restart takes 300 s: 1/1,200 for failures, and with 2.4 planned stops a day 300 / 36,000 = 1/120.
    Lost in all 0.0258333 per useful second, and a quarter of evaluation on top.
    """
    r = Reliability(device_mtbf_h=1e5, restart_s=300.0, restart_s_per_log2_devices=0.0, checkpoint_bytes_per_s=1e9,
                    checkpoint_fixed_s=10.0, evaluation_share=0.25, planned_per_day=2.4)  # fmt: skip
    found = goodput(1000, 40e9, r)
    whole = 1 + 3 / 120 + 1 / 1200
    assert found.checkpoint_interval_s == pytest.approx(6000.0)
    assert found.interruptions_per_day == pytest.approx(0.24)
    assert found.value == pytest.approx(1 / (1.25 * whole))
    assert found.lost_work_share == pytest.approx(1 / 120 / whole)
    assert found.checkpoint_share == pytest.approx(1 / 120 / whole)
    assert found.restart_share == pytest.approx((1 / 120 + 1 / 1200) / whole)
    assert found.evaluation_share == pytest.approx(0.25 / 1.25 / whole)


def test_restart_takes_longer_with_each_doubling_of_the_devices():
    """1,024 devices are ten doublings: 300 + 10 x 30 = 600 s, stopped 2 x a day by plan: 1,200 / 86,400."""
    r = Reliability(1e15, 300.0, 30.0, 1e9, 0.0, 0.0, 2.0)
    assert goodput(1024, 0.0, r).value == pytest.approx(1 / (1 + 1200 / 86_400))
