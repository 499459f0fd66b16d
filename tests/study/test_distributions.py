"""Distributions against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError
from wattscale.study.distributions import KINDS, distribution

U = (np.arange(200_000) + 0.5) / 200_000


def test_means_are_those_of_the_closed_forms():
    low, mode, high = 2.0, 3.0, 7.0
    means = {"uniform": 4.5, "triangular": 4.0, "pert": (2 + 4 * 3 + 7) / 6, "normal": 4.5}
    for kind, mean in means.items():
        assert distribution(kind, low, mode, high).quantile(U).mean() == pytest.approx(mean, rel=1e-4), kind


@pytest.mark.parametrize("kind", ["normal", "lognormal"])
def test_low_and_high_of_an_unbounded_law_are_its_5th_and_95th_percentile(kind):
    found = distribution(kind, 2.0, 3.0, 7.0).quantile(np.array([0.05, 0.95]))
    assert found == pytest.approx([2.0, 7.0])


@settings(max_examples=30, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), low=st.floats(0.1, 10), mid=st.floats(0.01, 5), top=st.floats(0.01, 5))
def test_quantiles_never_fall(kind, low, mid, top):
    values = distribution(kind, low, low + mid, low + mid + top).quantile(np.linspace(0.01, 0.99, 50))
    assert (np.diff(values) >= -1e-9 * np.abs(values[1:])).all()


def test_a_range_without_width_is_a_number():
    assert distribution("pert", 5, 5, 5).quantile(np.array([0.1, 0.9])).tolist() == [5.0, 5.0]


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        (("uniforme", 1, 2, 3), "Did you mean 'uniform'"),
        (("uniform", 3, 2, 1), "out of order"),
        (("lognormal", 0, 1, 2), "above zero"),
        (("normal", 0, 1, float("inf")), "finite"),
        (("normal", 0, float("nan"), 2), "finite"),
    ],
)
def test_a_law_that_cannot_be_is_refused(given_, words):
    with pytest.raises(InputError, match=words):
        distribution(*given_, where="axis.x")
