"""Which layouts the search looks at, each list and each rule on a model small enough to count them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wattscale.compute.parallelism import (
    FULL,
    NONE,
    SELECTIVE,
    Fixed,
    Layout,
    candidate_layouts,
    join_layouts,
    powers_of_two,
)
from wattscale.compute.training_shape import TrainingShape

TINY = TrainingShape(
    layers=12.0, d_model=64.0, vocab=100.0, sequence_length=2048.0, linear_flops=1.0, attention_flops=1.0,
    head_flops=1.0, params_dense=1.0, params_expert=0.0, params_embedding=1.0, kv_elements=1.0, moe_layers=0.0,
    experts_per_token=0.0,
)  # fmt: skip
"""Twelve layers, sequences too short to be split, no experts."""
ALONE = Fixed(tensor=1, pipeline=1, interleave=1, microbatch=1, zero=1, recompute=0, context=1)


def tried(name: str, shape: TrainingShape = TINY, devices: int = 64, batch: float = 192.0, domain: int = 8,
          **fixed: int | None) -> list[int]:  # fmt: skip
    """Values of one degree among the candidates; every other one is at 1 unless it is given, None to search it."""
    given = replace(ALONE, **{name: None, **fixed})  # type: ignore[arg-type]
    return sorted({int(x) for x in getattr(candidate_layouts(shape, devices, batch, domain, given), name)})


@pytest.mark.parametrize(
    ("domain", "devices", "degrees"),
    [
        (4, 64, [1, 2, 4, 8]),  # A node of eight shares its host, whatever the links.
        (8, 64, [1, 2, 4, 8]),
        (16, 64, [1, 2, 4, 8, 16]),
        (72, 128, [1, 2, 4, 8, 16]),  # Beyond 16 ways matrices get too thin, also in a rack that is one domain.
        (8, 4, [1, 2, 4]),
        (8, 3, [1, 2]),
        (8, 1, [1]),
    ],
)
def test_tensor_degrees_are_powers_of_two_within_a_node_or_domain(
    domain: int, devices: int, degrees: list[int]
) -> None:
    assert tried("tensor", domain=domain, devices=devices, batch=1024.0) == degrees


@pytest.mark.parametrize(
    ("layers", "devices", "degrees"),
    [
        (12, 64, [1, 2, 3, 4, 6, 8, 12]),  # Divisors, and eight that leaves stages uneven.
        (12, 5, [1, 2, 3, 4]),
        (12, 12, [1, 2, 3, 4, 6, 8, 12]),
        (126, 128, [1, 2, 3, 4, 6, 7, 8, 9, 14, 16, 18, 21, 32, 42, 63, 64, 126]),
        (254, 256, [1, 2, 4, 8, 16, 32, 64, 127, 254]),  # 2 x 127; powers of two stop at 64.
        (7, 64, [1, 2, 4, 7]),
    ],
)
def test_pipeline_degrees_divide_the_layers_or_are_powers_of_two(layers: int, devices: int, degrees: list[int]) -> None:
    shape = replace(TINY, layers=float(layers))
    assert tried("pipeline", shape, devices, 1024.0) == degrees


@pytest.mark.parametrize(
    ("tokens", "degrees"),
    [(2048, [1]), (4096, [1]), (8191, [1]), (8192, [1, 2]), (16384, [1, 2, 4]), (65536, [1, 2, 4, 8, 16]),
     (262144, [1, 2, 4, 8, 16])],
)  # fmt: skip
def test_a_sequence_is_split_into_no_less_than_4096_tokens_and_16_parts(tokens: int, degrees: list[int]) -> None:
    assert tried("context", replace(TINY, sequence_length=float(tokens))) == degrees


def test_microbatches_and_what_is_kept_or_computed_again() -> None:
    """192 sequences on one device divide into each of the sizes."""
    assert tried("microbatch", devices=1) == [1, 2, 3, 4, 6, 8, 12, 16, 32, 64]
    assert tried("zero") == [1, 3]
    assert tried("recompute") == [NONE, SELECTIVE, FULL] == [0, 1, 2]
    assert tried("zero", zero=0) == [0]
    assert tried("recompute", recompute=2) == [2]


@pytest.mark.parametrize(
    ("stages", "batch", "chunks"),
    [
        (1, 192.0, [1]),  # Nothing to interleave.
        (2, 192.0, [1, 2, 3, 4, 6]),  # 2 x 6 layers.
        (3, 192.0, [1, 2, 3, 4]),
        (4, 192.0, [1, 2, 3]),
        (6, 192.0, [1, 2]),
        (12, 192.0, [1]),
        (4, 4.0, [1, 2, 3]),  # As many microbatches as stages will do,
        (4, 3.0, [1]),  # one less will not.
    ],
)
def test_chunks_need_a_layer_each_and_a_microbatch_for_every_stage(
    stages: int, batch: float, chunks: list[int]
) -> None:
    assert tried("interleave", devices=stages, batch=batch, pipeline=stages) == chunks


def test_what_the_user_fixes_is_taken_even_where_the_search_would_not() -> None:
    assert tried("interleave", devices=1, interleave=4) == [4]
    assert tried("interleave", devices=4, batch=3.0, pipeline=4, interleave=2) == [2]
    assert tried("zero", pipeline=2, zero=3) == [3], "sharded weights with a pipeline"
    assert tried("zero", pipeline=2) == [1]
    assert tried("data", batch=4.0, microbatch=2, data=4) == [4], "eight sequences of a batch of four"
    assert tried("tensor", tensor=5) == [5]
    assert tried("context", context=3) == [3]
    assert tried("pipeline", pipeline=5) == [5]


def test_experts_stay_on_each_rank_or_spread_over_a_domain() -> None:
    mixture = replace(TINY, moe_layers=4.0)
    assert tried("expert", domain=8) == [1]
    assert tried("expert", mixture, domain=8) == [1, 8]
    assert tried("expert", replace(TINY, moe_layers=1.0), domain=8) == [1, 8]
    assert tried("expert", mixture, domain=1) == [1]
    assert tried("expert", mixture, domain=8, expert=4) == [4]
    assert tried("expert", mixture, devices=2, domain=8) == [1, 2], "no more than ranks that hold other sequences"
    assert tried("expert", replace(mixture, sequence_length=8192.0), 8, domain=16, context=2, data=2) == [1, 4]


@pytest.mark.parametrize(
    ("devices", "batch", "tensor", "data"),
    [(7, 64.0, 2, 3), (64, 64.0, 2, 32), (64, 20.0, 2, 20), (8, 64.0, 8, 1)],
)
def test_replicas_fill_the_devices_but_never_outnumber_the_sequences(
    devices: int, batch: float, tensor: int, data: int
) -> None:
    assert tried("data", devices=devices, batch=batch, tensor=tensor) == [data]


def test_replicas_hold_whole_microbatches() -> None:
    """Twenty sequences by fours feed five replicas, however many devices there are."""
    assert tried("data", batch=20.0, microbatch=4) == [5]


def test_replicas_count_all_ways_of_splitting() -> None:
    """96 devices over 2 x 3 x 4 leave 4; a fixed number that needs more than there are is no layout."""
    shape = replace(TINY, sequence_length=16384.0)
    assert tried("data", shape, 96, tensor=2, pipeline=3, context=4) == [4]
    assert tried("data", shape, 96, tensor=2, pipeline=3, context=4, data=4) == [4]
    assert tried("data", shape, 96, tensor=2, pipeline=3, context=4, data=5) == []
    assert tried("data", shape, 4, tensor=8) == []
    assert tried("data", devices=4, batch=3.0, microbatch=None, data=4) == [], "a sequence too few"


def test_a_batch_is_rounded_to_whole_microbatches_by_a_tenth_at_most() -> None:
    """Of 16 sequences three ranks take 15, off by 1/16; in microbatches of 2 or 3 they would take 18."""
    assert tried("microbatch", devices=3, batch=16.0, data=3) == [1]
    assert tried("microbatch", devices=5, batch=14.0, data=5) == [1], "15 of 14, not 10"
    assert tried("microbatch", devices=1, batch=7.0) == [1]
    assert tried("tensor", devices=5, batch=7.0) == [4], "1 x 5 and 2 x 2 ranks round by more"
    assert tried("tensor", devices=3, batch=10.0) == [1, 2], "9 of 10 will do"


def test_where_no_layout_keeps_the_batch_the_nearest_is_taken() -> None:
    """Of 7 sequences three ranks take 6 whether by ones or by twos; five ranks take 5."""
    assert tried("microbatch", devices=3, batch=7.0, data=3) == [1, 2]
    assert tried("microbatch", devices=5, batch=7.0, data=5) == [1]


@pytest.mark.parametrize(
    ("devices", "batch", "sizes"),
    [
        # 3 x 2, 2 x 3, 1 x 2 x 4 and 1 x 6 miss 7 by one, below or above; 5 x 1 misses it by two.
        (5, 7.0, [2, 3, 4, 6]),
        # 3 x 1, 2 x 2 and 1 x 3 of 3.5 miss it by a half; 2 x 1, taken twice, by a half too.
        (2, 3.5, [1, 2, 3]),
        # 11 x 1 x 3 take 33 of 30, just the tenth that is allowed; 10 x 3 and 5 x 6 all, 7 x 4 28, 16 x 2 32.
        (11, 30.0, [1, 3, 4, 6, 16]),
    ],
)
def test_layouts_equally_near_all_stay(devices: int, batch: float, sizes: list[int]) -> None:
    assert tried("microbatch", devices=devices, batch=batch) == sizes


def test_the_batch_itself_and_sequence_parallelism_are_told() -> None:
    found = candidate_layouts(TINY, 8, 64, 8, replace(ALONE, tensor=None))
    assert set(np.asarray(found.batch)) == {64.0}
    assert [float(s) for s in np.asarray(found.sequence)] == [float(t > 1) for t in np.asarray(found.tensor)]
    for asked in (0, 1):
        kept = candidate_layouts(TINY, 8, 64, 8, replace(ALONE, tensor=2, sequence=asked))
        assert set(np.asarray(kept.sequence)) == {float(asked)}


def test_devices_and_microbatches_of_a_layout() -> None:
    """2 x 3 x 4 x 5 devices; 41 sequences over 4 ranks of 3 are 3.4 microbatches, 3 of them; never none."""
    lay = Layout(2, 3, 4, 5, 1, 1, 3, np.array([41.0, 2.0]), 1, 0, 1)
    assert float(lay.devices) == 120.0
    assert lay.microbatches.tolist() == [3.0, 1.0]


def test_there_is_always_one_way_not_to_split() -> None:
    assert powers_of_two(0.5) == [1]


def test_sets_of_layouts_are_put_together_and_picked_from() -> None:
    one, two = (Layout(*(np.full(n, float(n)) for _ in range(11))) for n in (1, 2))
    both = join_layouts([one, two])
    assert len(both) == 3
    assert both.take(np.array([False, True, True])).zero.tolist() == [2.0, 2.0]  # type: ignore[union-attr]
    assert float(both.take(0).pipeline) == 1.0
