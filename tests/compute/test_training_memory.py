"""Memory of a training step: hand counts and laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.compute.parallelism import FULL, NONE, SELECTIVE, Layout
from wattscale.compute.training_memory import MemoryCoefficients, load_memory_coefficients, training_memory
from wattscale.compute.training_sizes import shape_from_sizes

SEVEN = shape_from_sizes(6.74e9, layers=32, d_model=4096, vocab=32000, sequence_length=4096)
MOE = shape_from_sizes(47e9, 13e9, layers=32, d_model=4096, vocab=32000, experts=True)
ADAM = MemoryCoefficients(2, 2, 12, 32, 6, 0, 1)


def layout(**changes: float) -> Layout:
    plain = dict.fromkeys(
        ("tensor", "pipeline", "data", "context", "expert", "interleave", "microbatch", "batch"), 1.0
    ) | dict.fromkeys(("zero", "recompute", "sequence"), 0.0)
    return Layout(**{**plain, **changes})


def states(lay: Layout) -> float:
    found = training_memory(SEVEN, lay, ADAM)
    return float(found.weights + found.gradients + found.optimizer)


def test_mixed_precision_adam_takes_sixteen_bytes_per_parameter() -> None:
    assert states(layout()) == pytest.approx(16 * 6.74e9, rel=1e-6)


@pytest.mark.parametrize(("zero", "expected"), [(0, 16.0), (1, 4 + 12 / 8), (2, 2 + 14 / 8)])
def test_zero_shards_what_rajbhandari_counts(zero: int, expected: float) -> None:
    assert states(layout(data=8, zero=zero)) == pytest.approx(expected * 6.74e9, rel=1e-6)


def test_zero_3_shards_everything_but_one_gathered_layer() -> None:
    layer = (2 + 2) * 6.74e9 / 32
    assert states(layout(data=8, zero=3)) == pytest.approx(16 / 8 * 6.74e9 + layer, rel=1e-6)


def test_moe_memory_counts_all_experts_not_the_active_ones() -> None:
    found = training_memory(MOE, layout(), ADAM)
    assert float(found.weights) == pytest.approx(2 * 47e9, rel=1e-6)


def test_expert_parallelism_spreads_the_experts_only() -> None:
    one = float(training_memory(MOE, layout(), ADAM).weights)
    eight = float(training_memory(MOE, layout(data=8, expert=8), ADAM).weights)
    assert one - eight == pytest.approx(2 * 7 / 8 * float(MOE.params_expert), rel=1e-6)


def test_activations_of_a_gpt_layer_follow_korthikanti() -> None:
    gpt = shape_from_sizes(12 * 48 * 6144**2, layers=48, d_model=6144, vocab=1, sequence_length=2048)
    found = training_memory(gpt, layout(microbatch=4), replace(ADAM, logits_kept_bytes=0.0))
    assert float(found.activations) == pytest.approx(48 * 4 * 2048 * 6144 * 32, rel=1e-3)


def test_recompute_saves_memory_in_order() -> None:
    none, some, full = (
        float(training_memory(SEVEN, layout(recompute=r), ADAM).activations) for r in (NONE, SELECTIVE, FULL)
    )
    assert none > some > full


def test_first_pipeline_stage_holds_as_many_microbatches_as_stages() -> None:
    deep = layout(pipeline=4, batch=64)
    one = float(training_memory(SEVEN, layout(), ADAM).activations)
    assert float(training_memory(SEVEN, deep, ADAM).activations) == pytest.approx(one, rel=1e-6)


def test_sequence_parallelism_never_takes_more(catalog: Catalog) -> None:
    k = load_memory_coefficients(catalog)
    for t in (2.0, 4.0, 8.0):
        plain = training_memory(SEVEN, layout(tensor=t), k).total
        along = training_memory(SEVEN, layout(tensor=t, sequence=1.0), k).total
        assert np.all(along < plain)
