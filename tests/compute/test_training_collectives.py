"""Collectives: hand examples and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.compute.collectives import (
    Links,
    all_reduce_s,
    all_to_all_s,
    distinct_domains,
    hierarchical_pass_s,
    point_to_point_s,
    ring_pass_s,
)

TWO = Links(8, 4e11, 5e10, 5e-6, 1e-5)
few = settings(max_examples=30, deadline=None)


def test_one_rank_sends_nothing() -> None:
    assert float(ring_pass_s(1e9, 1, 1e9, 1.0)) == 0.0
    assert float(all_reduce_s(1e9, 1, 1, TWO)) == 0.0
    assert float(all_to_all_s(1e9, 1, 1, TWO)) == 0.0


def test_a_ring_of_four_moves_three_quarters_of_the_buffer() -> None:
    assert float(ring_pass_s(4e9, 4, 1e9, 0.5)) == pytest.approx(3 * 0.5 + 3.0)


def test_inside_one_domain_the_network_does_not_matter() -> None:
    slow = Links(8, 4e11, 1.0, 5e-6, 1e-5)
    assert float(hierarchical_pass_s(1e9, 8, 8, slow)) == float(hierarchical_pass_s(1e9, 8, 8, TWO))


def test_sharing_a_domain_takes_load_off_the_network() -> None:
    alone = float(hierarchical_pass_s(1e9, 64, 1, TWO))
    shared = float(hierarchical_pass_s(1e9, 64, 8, TWO))
    assert shared < alone / 4


def test_point_to_point_takes_the_slower_level_only_across_domains() -> None:
    assert float(point_to_point_s(5e10, 1, TWO)) == pytest.approx(1.0, rel=1e-4)
    assert float(point_to_point_s(5e10, 0, TWO)) == pytest.approx(0.125, rel=1e-4)


@few
@given(st.floats(1e3, 1e12), st.integers(1, 4096), st.integers(1, 8))
def test_an_all_reduce_is_two_passes(size: float, ranks: int, near: int) -> None:
    one = float(hierarchical_pass_s(size, ranks, near, TWO))
    assert float(all_reduce_s(size, ranks, near, TWO)) == pytest.approx(2 * one)


@few
@given(st.floats(1e3, 1e12), st.integers(1, 512), st.floats(1.01, 100.0))
def test_more_bytes_never_take_less_time(size: float, ranks: int, factor: float) -> None:
    assert float(all_to_all_s(size * factor, ranks, 8, TWO)) >= float(all_to_all_s(size, ranks, 8, TWO))


def test_arrays_and_numbers_agree() -> None:
    ranks = np.array([1.0, 8.0, 64.0])
    together = hierarchical_pass_s(1e9, ranks, np.minimum(ranks, 8.0), TWO)
    alone = [float(hierarchical_pass_s(1e9, n, min(n, 8.0), TWO)) for n in ranks]
    assert together.tolist() == pytest.approx(alone)


def test_a_token_travels_once_to_a_domain_that_holds_several_of_its_experts() -> None:
    """Eight experts over four domains reach 3.6 of them, over very many nearly eight; one domain is one copy."""
    assert float(distinct_domains(8, 4)) == pytest.approx(3.6, abs=0.01)
    assert float(distinct_domains(8, 10_000)) == pytest.approx(8.0, rel=0.001)
    assert float(distinct_domains(8, 1)) == 1.0


def test_fewer_bytes_over_the_network_never_slow_an_exchange() -> None:
    links = Links(8, 4e11, 5e10, 0.0, 0.0)
    whole, once = (float(all_to_all_s(1e9, 32, 8, links, x)) for x in (None, 4e8))
    assert once < whole
    assert float(all_to_all_s(1e9, 8, 8, links, 1e8)) == float(all_to_all_s(1e9, 8, 8, links))


SLOW = Links(8, domain_bytes_per_s=100.0, network_bytes_per_s=10.0, domain_latency_s=0.5, network_latency_s=3.0)
"""100 byte/s and half a second a step inside a domain, 10 byte/s and three seconds outside."""


def test_passes_over_both_levels_by_hand() -> None:
    """12 ranks, 4 of each domain: 3 steps inside with 3/4 of 800 byte, 2 outside with 2/3 of 200.

    Where no two share a domain all goes outside; where more could than there are, all stays inside.
    """
    assert float(hierarchical_pass_s(800.0, 12, 4, SLOW)) == pytest.approx(3 * 0.5 + 6 + 2 * 3 + 200 * 2 / 3 / 10)
    assert float(hierarchical_pass_s(800.0, 4, 0.5, SLOW)) == pytest.approx(3 * 3 + 60)
    assert float(hierarchical_pass_s(800.0, 4, 9, SLOW)) == pytest.approx(3 * 0.5 + 6)
    assert float(all_reduce_s(800.0, 4, 9, SLOW)) == pytest.approx(15.0)


@pytest.mark.parametrize(
    ("ranks", "near", "outside", "seconds"),
    [
        (4, 4, None, 3 / 4 * 8 + 1.5),  # 800 byte: three quarters to three others in the domain.
        (4, 4, 1e9, 3 / 4 * 8 + 1.5),
        (16, 4, None, 3 / 4 * 80 + 3),  # Three quarters leave it, which takes longer than what stays.
        (16, 4, 40.0, 3 + 3),  # Copies that travel once are 40 byte,
        (16, 4, 4.0, 3 + 0.3),  # or 4: still more than the 3 s inside.
        (4, 0.5, None, 3 / 4 * 80 + 3),  # No two share a domain.
        (4, 9, None, 3 / 4 * 8 + 1.5),
        (0.5, 1, None, 0.0),  # A part of a rank keeps all it has.
        (1, 1, None, 0.0),
    ],
)
def test_exchanges_over_both_levels_by_hand(ranks: float, near: float, outside: float | None, seconds: float) -> None:
    found = float(all_to_all_s(800.0, ranks, near, SLOW, outside))
    assert found == pytest.approx(seconds, rel=1e-9)


def test_the_slower_level_of_an_exchange_counts() -> None:
    """16 ranks, 14 of them near: 13/16 of 800 byte and 6.5 s inside; the rest, 1/8, is 4 s outside."""
    fast = Links(8, domain_bytes_per_s=100.0, network_bytes_per_s=100.0, domain_latency_s=0.5, network_latency_s=3.0)
    assert float(all_to_all_s(800.0, 16, 14, fast)) == pytest.approx(13 / 16 * 8 + 6.5, rel=1e-9)


def test_less_than_one_rank_passes_nothing() -> None:
    assert float(ring_pass_s(800.0, 0.5, 10.0, 1.0)) == 0.0
    assert float(ring_pass_s(800.0, 2, 10.0, 1.0)) == pytest.approx(1 + 40)


def test_a_hop_by_hand() -> None:
    assert [float(point_to_point_s(800.0, x, SLOW)) for x in (0, 0.5, 1)] == pytest.approx([8.5, 83.0, 83.0])


def test_domains_reached_by_hand() -> None:
    """Three copies over four domains: 4 (1 - (3/4)^3); one or less holds all of them."""
    assert [float(distinct_domains(3, m)) for m in (4, 2, 1, 0.5)] == pytest.approx([4 * 37 / 64, 1.75, 1.0, 1.0])
