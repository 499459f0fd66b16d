"""Points of a study: margins, correlation, seeds."""

import numpy as np
import pytest
from scipy import stats

from wattscale.errors import InputError
from wattscale.study.sampling import DRAWS, correlated, grid_points, unit_points


@pytest.mark.parametrize("method", DRAWS)
def test_points_are_uniform_inside_the_cube_and_the_same_for_the_same_seed(method):
    points = unit_points(method, 1000, 3, 7)
    assert points.shape == (1000, 3)
    assert ((points > 0) & (points < 1)).all()
    assert all(stats.kstest(points[:, c], "uniform").pvalue > 0.001 for c in range(3))
    assert (points == unit_points(method, 1000, 3, 7)).all()
    assert (points != unit_points(method, 1000, 3, 8)).any()


def test_a_latin_hypercube_has_one_point_in_each_slice():
    points = unit_points("latin-hypercube", 50, 2, 1)
    for column in points.T:
        assert sorted((column * 50).astype(int)) == list(range(50))


def test_correlation_is_that_asked_and_the_margins_stay():
    points = unit_points("latin-hypercube", 20_000, 3, 1)
    found = correlated(points, ["a", "b", "c"], {("a", "b"): 0.6, ("b", "c"): -0.4})
    ranks = stats.spearmanr(found).statistic
    assert ranks[0, 1] == pytest.approx(0.6, abs=0.015)
    assert ranks[1, 2] == pytest.approx(-0.4, abs=0.015)
    assert ranks[0, 2] == pytest.approx(0.0, abs=0.015)
    assert all(stats.kstest(found[:, c], "uniform").pvalue > 0.001 for c in range(3))


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ({("a", "x"): 0.5}, "no axis"),
        ({("a", "b"): 1.5}, "-1 to 1"),
        ({("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}, "contradict"),
    ],
)
def test_correlations_that_cannot_be_are_refused(pairs, words):
    with pytest.raises(InputError, match=words):
        correlated(np.full((4, 3), 0.5), ["a", "b", "c"], pairs)


def test_a_grid_holds_every_combination_once():
    points = grid_points([3, 2, 4])
    assert len(points) == 24
    assert len({tuple(p) for p in points}) == 24
