"""The Monte Carlo error of a quantile, by hand."""

import numpy as np
import pytest

from wattscale.study.summary import quantile_error


@pytest.mark.parametrize(("n", "q", "error"), [(100, 0.5, 0.05), (400, 0.5, 0.025), (100, 0.1, 0.03), (100, 0.9, 0.03)])
def test_error_of_a_quantile_of_even_draws_is_that_of_the_binomial(n, q, error):
    """Even draws from 0 to 1: a step of sqrt(q (1 - q) / n) in probability is the same step in the value."""
    assert quantile_error(np.linspace(0.0, 1.0, n), q) == pytest.approx(error, rel=1e-9)


def test_error_is_in_the_unit_of_the_values():
    assert quantile_error(np.linspace(0.0, 200.0, 100), 0.5) == pytest.approx(10.0, rel=1e-9)


def test_error_at_the_edge_of_few_draws_stays_within_them():
    """Four draws, q = 0.05: the step of 0.109 below it would leave them; from 0 to 0.159 of 0..1 it is half of that."""
    assert quantile_error(np.linspace(0.0, 1.0, 4), 0.05) == pytest.approx((0.05 + np.sqrt(0.05 * 0.95 / 4)) / 2)
