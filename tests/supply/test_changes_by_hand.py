"""How far a flow may move between its neighbours, and what its changes are, in steps that can be counted."""

from __future__ import annotations

import numpy as np
import pytest
from campuses import gas, grid, named, setting

from wattscale.supply.expansion import build
from wattscale.supply.ramps import Limits, ramp_excess, ramp_limits, set_changes

UNEVEN = Limits(np.array([99.0, 5.0, 4.0, 3.0]), np.array([99.0, 2.0, 1.0, 6.0]))
"""Rises of 5, 4 and 3 into the later steps, falls of 2, 1 and 6."""


def test_the_largest_values_below_a_target():
    """From 1 it may rise to 6 and 10; the last of 0 lets 6 before it, 7 before that, and 9 first."""
    assert UNEVEN.below(np.array([1.0, 20.0, 20.0, 20.0])).tolist() == [1.0, 6.0, 10.0, 13.0]
    assert UNEVEN.below(np.array([20.0, 20.0, 20.0, 0.0])).tolist() == [9.0, 7.0, 6.0, 0.0]
    assert UNEVEN.below(np.array([8.0, 7.0, 6.0, 0.0])).tolist() == [8.0, 7.0, 6.0, 0.0]


def test_the_smallest_values_above_a_target():
    """From 20 it may fall to 18, 17 and 11; before a last of 20 it must be 17, 13 and 8 already."""
    assert UNEVEN.above(np.array([20.0, 0.0, 0.0, 0.0])).tolist() == [20.0, 18.0, 17.0, 11.0]
    assert UNEVEN.above(np.array([0.0, 0.0, 0.0, 20.0])).tolist() == [8.0, 13.0, 17.0, 20.0]


def test_the_least_value_of_one_step_between_its_neighbours():
    """After 10 at least 8, before 20 at least 16; the first and last have one neighbour each."""
    y = np.array([10.0, 0.0, 20.0, 7.0])
    assert UNEVEN.low_at(y, 1) == 16.0
    assert UNEVEN.low_at(np.array([10.0, 0.0, 3.0, 7.0]), 1) == 8.0
    assert UNEVEN.low_at(y, 0) == -5.0
    assert UNEVEN.low_at(y, 3) == 14.0
    assert UNEVEN.low_at(np.array([0.0, 3.0, 0.0, 7.0]), 2) == 4.0


def program(**values):
    load = np.array([50.0, 40.0, 60.0, 50.0])
    return build(setting(4, load_mw=load, **values), named(grid())).program


def test_changes_are_a_rise_or_a_fall():
    """From 10 to 14, 9 and 9, the first counted from nothing."""
    p = program(import_ramp_mw_per_h=5.0, connection_mw=90.0)
    y = np.zeros((len(p.flows), 4))
    y[p.flow("grid")] = 10.0, 14.0, 9.0, 9.0
    set_changes(p, y)
    assert y[p.flow("grid.up")].tolist() == [10.0, 4.0, 0.0, 0.0]
    assert y[p.flow("grid.down")].tolist() == [0.0, 0.0, 5.0, 0.0]


def test_changes_of_moved_load_are_those_off_its_usual_power():
    """Usually 10, 8, 12 and 10: what follows them does not change."""
    p = program(
        flexible_share=0.2, flexible_window=4, flexible_low=0.5, flexible_high=1.5, flexible_ramp_share_per_h=0.1
    )
    y = np.zeros((len(p.flows), 4))
    y[p.flow("flexible")] = 10.0, 8.0, 13.0, 10.0
    set_changes(p, y)
    assert y[p.flow("flexible.up")] == pytest.approx([0.0, 0.0, 1.0, 0.0])
    assert y[p.flow("flexible.down")] == pytest.approx([0.0, 0.0, 0.0, 1.0])
    limits = ramp_limits(p, np.zeros(len(p.columns)))[p.flow("flexible")]
    assert limits.rise == pytest.approx([1.0 + 10, 0.8 - 2, 1.2 + 4, 1.0 - 2])
    assert limits.fall == pytest.approx([1.0 - 10, 0.8 + 2, 1.2 - 4, 1.0 + 2])


@pytest.mark.parametrize(
    ("power", "excess"),
    [((10.0, 15.0, 10.0, 15.0), 0.0), ((10.0, 16.0, 16.0, 16.0), 1.0), ((50.0, 50.0, 42.0, 42.0), 3.0)],
)
def test_what_exceeds_a_ramp_over_the_largest_load(power, excess):
    """5 MW a step, of a load of 60; the first step is free."""
    p = program(import_ramp_mw_per_h=5.0, connection_mw=90.0)
    y = np.zeros((len(p.flows), 4))
    y[p.flow("grid")] = power
    assert ramp_excess(p, np.zeros(len(p.columns)), y) == pytest.approx(excess / 60)
    assert ramp_excess(program(), np.zeros(1), y) == 0.0


def test_the_worst_of_two_ramps_counts():
    """Import by 5 MW a step and gas by a tenth of its 20: 2 and 3 MW too much, in either order."""
    load = np.array([50.0, 40.0, 60.0, 50.0])
    plants = named(grid(), gas(ramp_share_per_h=0.1))
    p = build(setting(4, load_mw=load, import_ramp_mw_per_h=5.0, connection_mw=90.0), plants).program
    x = np.zeros(len(p.columns))
    x[p.column("gas-turbine")] = 20.0
    for bought, made, excess in ((8.0, 4.0, 3.0), (6.0, 5.0, 3.0), (7.0, 2.0, 2.0), (4.0, 1.0, 0.0)):
        y = np.zeros((len(p.flows), 4))
        y[p.flow("grid"), 2:] = bought
        y[p.flow("gas-turbine"), :2] = made
        assert ramp_excess(p, x, y) == pytest.approx(excess / 60)
