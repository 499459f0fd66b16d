"""Windows of moved load closed by hand: steps of two hours, usually 20 MW each, that may be 5 to 30 MW."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from campuses import grid, named, setting

from wattscale.supply.expansion import build
from wattscale.supply.shifted import settle_shifted

DEAR = [50.0] * 4


def program(steps=4, weight=2.0, load=100.0, **values):
    given = {"flexible_share": 0.2, "flexible_window": round(4 * weight), "flexible_low": 0.25, "flexible_high": 1.5,
             "flexible_ramp_share_per_h": 0.6, **values}  # fmt: skip
    s = setting(steps, weight=np.full(steps, weight), load_mw=np.broadcast_to(load, steps).astype(float), **given)
    return build(s, named(grid())).program


def closed(power, price, p=None, **values):
    """Power and level after settling, and their program."""
    p = p or program(len(power), **values)
    y, s = np.zeros((len(p.flows), p.steps)), np.zeros((1, p.steps))
    j = p.flow("flexible")
    y[j] = power
    settle_shifted(p, 0, p.ramps[0], np.array(price), np.zeros(len(p.columns)), y, s)
    return pytest.approx(y[j].tolist(), rel=1e-9), pytest.approx(s[0].tolist(), rel=1e-9, abs=1e-9)


def test_what_is_left_over_is_taken_off_where_energy_is_free():
    """6 MWh too much go from the steps whose price is within a hundredth of the mean's: 1.5 MW of each of two."""
    power, level = closed([22.0, 20.0, 20.0, 21.0], [50.0, 0.1, 50.0, -0.1])
    assert power == [22.0, 18.5, 20.0, 19.5]
    assert level == [4.0, 1.0, 1.0, 0.0]
    # A price of 1.5 hundredths is no free one, nor is one that pays; what is missing is added likewise.
    assert closed([22.0, 20.0, 20.0, 21.0], [50.0, 0.37, 50.0, -0.1])[0] == [22.0, 20.0, 20.0, 18.0]
    assert closed([22.0, 20.0, 20.0, 21.0], [50.0, -0.37, 50.0, 0.1])[0] == [22.0, 20.0, 20.0, 18.0]
    assert closed([22.0, 20.0, 20.0, 21.0], [50.0, -60.0, 50.0, 0.1])[0] == [22.0, 20.0, 20.0, 18.0]
    assert closed([20.0, 16.0, 20.0, 20.0], [50.0, 0.1, 50.0, -0.1])[0] == [20.0, 18.0, 20.0, 22.0]


@pytest.mark.parametrize(("more", "settled"), [
    (0.0072, [-0.0024, 0.0, -0.0024, 0.0048]), (-0.0072, [0.0024, 0.0, 0.0024, -0.0048]),
    (0.012, [0.0, 0.0, -0.012, 0.012]), (-0.012, [0.0, 0.0, 0.012, -0.012]),
])  # fmt: skip
def test_a_rounding_is_taken_off_wherever_energy_is_no_burden(more, settled):
    """Up to a ten-thousandth of 160 MWh all steps but the one whose price is below nothing share it, here 0.0144.

    0.024 MWh are none: they go from the free step.
    """
    power = 20.0 + np.array([0.0, 0.0, 0.0, more])
    found, _ = closed(power, [50.0, -60.0, 0.1, 40.0])
    assert found == (20.0 + np.array(settled)).tolist()


def test_where_free_steps_are_not_enough_all_take_part():
    """32 MWh too much, of which the free step at 6 MW could take 2: all but that at its least are lowered by 5 MW.

    Without any free step all are lowered or raised alike.
    """
    assert closed([30.0, 30.0, 30.0, 6.0], [50.0, 50.0, 50.0, 0.1])[0] == [25.0, 25.0, 25.0, 5.0]
    assert closed([24.0, 20.0, 16.0, 24.0], DEAR)[0] == [23.0, 19.0, 15.0, 23.0]
    assert closed([20.0, 20.0, 16.0, 20.0], DEAR)[0] == [21.0, 21.0, 17.0, 21.0]


@pytest.mark.parametrize(
    ("power", "free", "settled"),
    [
        ([22.0, 20.0, 22.0, 18.0], 3, [21.5, 19.5, 21.5, 17.5]),
        ([20.5, 20.0, 22.0, 18.0], 3, [20.375, 19.875, 21.875, 17.875]),
        ([18.0, 20.0, 18.0, 22.0], 3, [18.5, 20.5, 18.5, 22.5]),
        ([19.5, 20.0, 18.0, 22.0], 3, [19.625, 20.125, 18.125, 22.125]),
        ([22.0, 22.0, 20.0, 20.0], 2, [22.0, 22.0, 18.0, 18.0]),
        ([20.0, 30.0, 20.0, 20.0], 1, [20.0, 20.0, 20.0, 20.0]),
        ([21.0, 20.0, 22.0, 18.0], [1, 3], [21.0, 19.0, 22.0, 18.0]),
    ],
)
def test_no_step_is_moved_beyond_its_ramp(power, free, settled):
    """4 MW a step. A free step at the end of its ramp takes nothing, and does not drag its neighbour along.

    A change that is too large is cut before.
    """
    price = np.where(np.isin(np.arange(4), free), 0.0, 50.0)
    price[3] = 0.0 if settled[3] == 18.0 else price[3]
    assert closed(power, price, flexible_ramp_share_per_h=0.1)[0] == settled


def test_windows_are_closed_one_after_the_other():
    """Two windows of two steps: the first has 4 MW too much, the second lacks 2; neither touches the other."""
    found, level = closed([22.0, 22.0, 19.0, 19.0], DEAR, flexible_window=4)
    assert found == [20.0, 20.0, 20.0, 20.0]
    assert level == [0.0, 0.0, 0.0, 0.0]
    found, level = closed([26.0, 18.0, 14.0, 22.0], DEAR, flexible_window=4)
    assert found == [24.0, 16.0, 16.0, 24.0]
    assert level == [8.0, 0.0, -8.0, 0.0]
    # 4 MW a step: the second window may only rise to 20 after the first one's 16, the first not fall beyond.
    found, level = closed([22.0, 22.0, 18.0, 18.0], [50.0, 50.0, 50.0, 0.0], flexible_window=4,
                          flexible_ramp_share_per_h=0.1)  # fmt: skip
    assert found == [20.0, 20.0, 18.0, 22.0]
    assert level == [0.0, 0.0, -4.0, 0.0]


def test_a_window_next_to_another_keeps_its_ramp_across_the_border():
    """4 MW a step: the free step before 16 MW cannot rise to 21, nor the one after 24 fall to 19: all take part."""
    found, _ = closed([20.0, 19.0, 19.0, 16.0, 20.0, 24.0, 21.0, 20.0, 21.0], [50.0, 50.0, 0.0] * 2 + [0.0, 50.0, 50.0],
                      flexible_window=6, flexible_ramp_share_per_h=0.1)  # fmt: skip
    third = 2 / 3
    assert found == [
        20 + third, 19 + third, 19 + third, 16.0, 20.0, 24.0, 21 - third, 20 - third, 21 - third
    ]  # fmt: skip


def test_work_lost_by_turning_down_is_made_up_in_its_window():
    """A fall of 4 MW loses a quarter of it in each hour of its step: 2 MWh, for which both steps rise by half a MW.

    The second window falls by 1 MW from 18.5: with 0.75 MW lacking in all, a rise by a third makes a quarter of a
    third less be lost.
    """
    given = {"checkpoint_loss_h": 0.5, "flexible_ramp_share_per_h": None, "flexible_window": 4}
    found, level = closed([22.0, 18.0, 17.5, 22.0], DEAR, **given)
    assert found == [22.5, 18.5, 17.5 + 1 / 3, 22.0 + 1 / 3]
    assert level == [5.0, 0.0, -14 / 3, 0.0]
    # The first step falls from its usual 20 MW: 2 - 1.2 MW lack, and a quarter of 2. The third falls by 1.2 and more.
    found, _ = closed([18.0, 21.2, 20.0, 20.0], DEAR, **given)
    first = 1.3 / 2.25
    later = 0.25 * (1.2 + first) / 2.25
    assert found == [18.0 + first, 21.2 + first, 20.0 + later, 20.0 + later]


@pytest.mark.parametrize("load", [100.0, [100.0, 60.0]])
def test_load_that_may_only_rise_comes_back_to_its_usual_power(load):
    """In quarters of an hour, from half above; what is lowered most ends where the least power is."""
    usual = 0.2 * np.broadcast_to(load, 2)
    found, level = closed(1.5 * usual, [50.0, 50.0], weight=0.25, load=load, flexible_low=1.0, flexible_window=1)
    assert found == usual.tolist()
    assert level == [0.0, 0.0]


def test_a_store_that_is_empty_at_the_end_of_the_year_alone_has_one_window():
    p = program(flexible_window=4)
    p = replace(p, stores=(replace(p.stores[0], zero=None),))
    found, level = closed([22.0, 22.0, 18.0, 20.0], [50.0, 50.0, 50.0, 0.1], p)
    assert found == [22.0, 22.0, 18.0, 18.0]
    assert level == [4.0, 8.0, 4.0, 0.0]


def test_power_beyond_its_bounds_is_first_brought_within_them():
    assert closed([60.0, 60.0, 60.0, 60.0], DEAR)[0] == [20.0] * 4


def test_what_cannot_be_closed_within_its_ramps_is_left_as_it_is():
    """Windows of one step of 30 MW beside others of 30, by 4 MW a step: none can come down to 20."""
    found, level = closed([30.0, 30.0, 30.0], DEAR[:3], flexible_window=2, flexible_ramp_share_per_h=0.1)
    assert found == [30.0] * 3
    assert level == [0.0] * 3
