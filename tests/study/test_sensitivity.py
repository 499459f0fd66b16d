"""Sensitivity indices against functions whose indices are known."""

import numpy as np
import pytest

from wattscale.study.sensitivity import (
    morris_effects,
    morris_points,
    rank_drivers,
    saltelli_points,
    sobol_indices,
)


def ishigami(points):
    """Ishigami function with a = 7, b = 0.1 on -pi..pi."""
    x = np.pi * (2 * points - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_sobol_indices_of_the_ishigami_function_are_those_published():
    # Saltelli et al. 2008, Global Sensitivity Analysis, section 4: S1 0.314, 0.442, 0; ST 0.558, 0.442, 0.244.
    first, total = sobol_indices(ishigami(saltelli_points(5 * 4096, 3, 1)), 3)
    assert [s.value for s in first] == pytest.approx([0.314, 0.442, 0.0], abs=0.02)
    assert [t.value for t in total] == pytest.approx([0.558, 0.442, 0.244], abs=0.02)
    assert all(s.low <= s.value <= s.high for s in (*first, *total))


def test_intervals_cover_the_true_index_in_most_seeds():
    true, inside = 0.558, 0
    for seed in range(20):
        _, total = sobol_indices(ishigami(saltelli_points(5 * 256, 3, seed)), 3, seed)
        inside += total[0].low <= true <= total[0].high
    assert inside >= 14


def test_a_function_that_adds_has_equal_first_and_total_indices():
    points = saltelli_points(4 * 2048, 2, 3)
    first, total = sobol_indices(3 * points[:, 0] + 4 * points[:, 1], 2)
    assert [s.value for s in first] == pytest.approx([9 / 25, 16 / 25], abs=0.01)
    assert [t.value for t in total] == pytest.approx([9 / 25, 16 / 25], abs=0.01)


def test_a_constant_has_no_indices():
    first, total = sobol_indices(np.full(40, 5.0), 3)
    assert [i.value for i in (*first, *total)] == [0.0] * 6


def test_morris_effects_of_a_line_are_its_slopes_without_spread():
    points = morris_points(400, 3, 1)
    found = morris_effects(points, points @ np.array([2.0, -5.0, 0.0]))
    assert [mu for mu, _ in found] == pytest.approx([2.0, 5.0, 0.0])
    assert [sigma for _, sigma in found] == pytest.approx([0.0] * 3, abs=1e-9)


def test_morris_spread_tells_an_interaction():
    points = morris_points(400, 2, 1)
    found = morris_effects(points, points[:, 0] * points[:, 1])
    assert all(sigma > 0.1 for _, sigma in found)


def test_rank_correlation_of_what_does_not_vary_is_zero():
    points = np.random.default_rng(1).random((50, 2))
    assert rank_drivers(points, np.ones(50)) == [0.0, 0.0]
    points[:, 1] = 0.5
    assert rank_drivers(points, points[:, 0] ** 3) == pytest.approx([1.0, 0.0])
