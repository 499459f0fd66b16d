"""Corners of a training step: few tokens for an expert, one expert, stages in and across domains, sizes with places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from round_parts import IDEAL, IDLE, SMALL, layout

from wattscale.compute.parallelism import FULL, NONE, SELECTIVE
from wattscale.compute.training_memory import MemoryCoefficients, fits, training_memory, usable_bytes, weight_bytes_held
from wattscale.compute.training_sizes import guess_layers, shape_from_sizes
from wattscale.compute.training_step import PARTS, StepTimes, _expert_saturation, local_ranks, step_times


@pytest.mark.parametrize(
    ("experts", "passed", "ranks", "width", "tensor", "share"),
    [
        (8.0, 2.0, 1.0, 12.0, 1.0, (4 / 34) * (12 / 18)),  # 16 tokens x 2 of 8 experts: four rows of half 30.
        (8.0, 2.0, 4.0, 12.0, 2.0, (16 / 46) * (6 / 12)),  # Four ranks gather, two split the width of half 6.
        (20.0, 1.0, 1.0, 12.0, 1.0, (1 / 31) * (12 / 18)),  # Less than a row counts as one,
        (10.0, 1.0, 1.0, 12.0, 1.0, (1.6 / 31.6) * (12 / 18)),  # one and a half as they are.
        (1.0, 1.0, 1.0, 12.0, 1.0, (16 / 46) * (12 / 18)),
        (8.0, 2.0, 1.0, 1.0, 1.0, (4 / 34) * (1 / 7)),
        (0.0, 0.0, 1.0, 0.0, 1.0, (1 / 31) * (1 / 7)),  # No experts, of no width.
    ],
)
def test_an_expert_reaches_what_its_rows_and_width_allow(
    experts: float, passed: float, ranks: float, width: float, tensor: float, share: float
) -> None:
    shape = replace(SMALL, experts=experts, experts_per_token=passed, expert_width=width)
    k = replace(IDEAL, half_rows=30.0, half_width=6.0)
    found = _expert_saturation(shape, layout(expert=ranks, tensor=tensor), k, np.asarray(16.0))
    assert float(found) == pytest.approx(share, rel=1e-9)


@pytest.mark.parametrize(
    ("tensor", "data", "context", "crosses"),
    [
        (8, 1, 1, False),
        (2, 2, 2, False),
        (4, 4, 1, True),
        (4, 1, 4, True),
        (1, 4, 4, True),
        (1, 2, 4, False),
        (9, 1, 1, True),
    ],
)
def test_a_stage_that_fills_more_than_a_domain_hands_on_through_the_network(
    tensor: float, data: float, context: float, crosses: bool
) -> None:
    """32 tokens of 16 numbers of 2 byte, split over tensor and context ranks, forward and back."""
    machine = replace(IDLE, link_bytes_per_s=1e3, network_bytes_per_s=1e2)
    ways = {"tensor": tensor, "data": data, "context": context, "batch": data}
    found = step_times(SMALL, layout(pipeline=2, **ways), machine, IDEAL)
    sent = 2 * 32 * 16 * 2 / tensor / context
    assert float(found.pipeline_communication) == pytest.approx(sent / (1e2 if crosses else 1e3), rel=1e-9)


@pytest.mark.parametrize(("devices", "doublings"), [(1, 0.0), (4, 0.0), (8, 0.0), (12, np.log2(1.5)), (16, 1.0)])
def test_drag_begins_beyond_one_domain(devices: float, doublings: float) -> None:
    k = replace(IDEAL, scale_drag=0.02, step_overhead_s=0.5)
    found = step_times(SMALL, layout(data=devices, batch=devices), IDLE, k)
    assert float(found.total) == pytest.approx(0.5 * (1 + 0.02 * doublings), rel=1e-9)


@pytest.mark.parametrize(("inner", "ranks", "near"), [(1, 16, 8), (3, 16, 2), (8, 16, 1), (9, 16, 1), (1, 5, 5), (2, 1, 1)])  # fmt: skip  # noqa: E501
def test_ranks_beside_each_other(inner: float, ranks: float, near: float) -> None:
    assert float(local_ranks(IDLE, inner, ranks)) == near


def test_times_of_many_layouts_are_picked_by_place() -> None:
    many = StepTimes(*(np.array([float(i), 10.0 + i, 20.0 + i]) for i in range(16)))
    kept = many.take(np.array([False, True, True]))
    assert kept.matrix.tolist() == [10.0, 20.0]
    assert float(many.take(2).link_bytes) == 35.0
    assert len(PARTS) == 12
    assert {"total", "flops", "memory_bytes", "link_bytes"}.isdisjoint(PARTS)


ADAM = MemoryCoefficients(2.0, 4.0, 12.0, 34.0, 6.0, 1000.0, 1.25)


@pytest.mark.parametrize(("stages", "table"), [(1, 200), (2, 100), (3, 100), (4, 100)])
def test_the_ends_of_a_pipeline_hold_half_of_the_table_each(stages: float, table: float) -> None:
    """800 weights over the stages; the first and the last of them hold the table and the head."""
    found = training_memory(SMALL, layout(pipeline=stages), ADAM)
    assert float(found.weights) == pytest.approx(2 * (800 / stages + table), rel=1e-9)


def test_what_fits_a_device() -> None:
    """80 byte nominal are 100; a layout that fills just that fits."""
    machine = replace(IDLE, memory_bytes=1e5)
    assert usable_bytes(machine, ADAM) == 1.25e5
    lean = replace(ADAM, activation_bytes=0.0, logits_kept_bytes=0.0, reserve_bytes=125_000.0 - 18 * 1000)
    ways = layout(recompute=NONE)
    assert float(training_memory(SMALL, ways, lean).total) == 125_000.0
    assert bool(fits(SMALL, ways, machine, lean))
    assert not bool(fits(SMALL, ways, machine, replace(lean, reserve_bytes=lean.reserve_bytes + 1.0)))
    assert float(weight_bytes_held(replace(SMALL, trained_share=0.25, frozen_bytes=0.5), ADAM)) == 0.875


@pytest.mark.parametrize("recompute", [NONE, SELECTIVE, FULL])
def test_an_interleaved_stage_keeps_no_more_microbatches_than_there_are(recompute: int) -> None:
    """4 stages of 2 chunks keep 4 (1 + 3/8) = 5.5, of five or three those; of two layers 24/34 are split by a rank."""
    whole = 32 * 16 * 34
    kept = {NONE: whole, SELECTIVE: whole * 5 / 8, FULL: 32 * 16 * 2}[recompute]
    for batch, flight in ((8.0, 5.5), (5.0, 5.0), (3.0, 3.0)):
        found = training_memory(SMALL, layout(pipeline=4, interleave=2, batch=batch, recompute=recompute), ADAM)
        again = whole if recompute == FULL else 0.0
        assert float(found.activations) == pytest.approx(kept * 2 * flight + again, rel=1e-9)


def test_a_mixture_with_a_table_of_places() -> None:
    """2 layers of width 10: 2,400 active weights, 500 of words, 300 of places; 800 of attention, others of experts."""
    found = shape_from_sizes(
        10_000, 3200, layers=2, d_model=10, vocab=50, sequence_length=30, experts=True, trained_share=0.5,
        frozen_bytes=1.0, biased=True, unfused_heads=2.0,
    )  # fmt: skip
    assert (found.params_embedding, found.params_dense, found.params_expert) == (800, 800, 10_000 - 800 - 800)
    assert found.linear_flops == 2 * 2400
    assert found.attention_flops == 2 * 2 * 10 * 30
    assert (found.head_flops, found.kv_elements) == (1000, 40)
    assert (found.moe_layers, found.experts_per_token, found.score_elements) == (2, 2, 60)
    assert (found.trained_share, found.frozen_bytes, found.biased, found.sequence_length) == (0.5, 1.0, 1.0, 30.0)
    plain = shape_from_sizes(3200, layers=2, d_model=10, vocab=50, sequence_length=30)
    assert (plain.params_embedding, plain.params_dense, plain.params_expert) == (800, 2400, 0)
    assert (plain.moe_layers, plain.experts_per_token, plain.biased) == (0, 0, 0)


def test_sizes_that_are_not_told_are_usual_ones() -> None:
    """Three layers are 384 wide; a width alone takes the layers of the size: 12 L (128 L)^2."""
    found = shape_from_sizes(3 * 12 * 384**2 + 2 * 50_000 * 384, layers=3)
    assert (found.layers, found.d_model, found.vocab, found.sequence_length) == (3, 384, 50_000, 2048)
    assert found.params_embedding == 0.5 * (3 * 12 * 384**2 + 2 * 50_000 * 384), "never more than half of all"
    other = shape_from_sizes(12 * 128**2 * 5**3, d_model=100, vocab=10)
    assert (other.layers, other.d_model) == (5, 100)
    assert [guess_layers(12 * 128**2 * n**3) for n in (1, 1.4, 1.6, 7)] == [1, 1, 2, 7]
