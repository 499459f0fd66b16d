"""Step times against closed forms, and the fit against data it must recover."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from round_parts import IDEAL, layout

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.parallelism import FULL, NONE, Layout, candidate_layouts
from wattscale.compute.training_coefficients import Machine, load_machine, load_step_coefficients
from wattscale.compute.training_shape import training_shape
from wattscale.compute.training_sizes import shape_from_sizes
from wattscale.compute.training_step import step_times
from wattscale.validation.training_fit import Case, RunCase, StepFit, fit_tuned
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

HALF = replace(IDEAL, gemm_efficiency=0.5, attention_efficiency=0.5)
"""Nothing but matrix products at half the peak, and communication at full bandwidth."""
FAST = Machine(1e15, 1e15, 0, 80e9, 1e20, 8, 1e20, 1e20, 0, 0)
"""A machine whose memory and links cost nothing."""
GPT3 = shape_from_sizes(12 * 96 * 12288**2 + 51200 * 12288, layers=96, d_model=12288, vocab=51200)


def test_flops_of_a_step_are_those_of_narayanan() -> None:
    """96 B s L d^2 (1 + s/12d + V/16Ld) with full recompute; the attention term halved for the causal mask."""
    b, s, n, d, v = 16, 2048, 96, 12288, 51200
    expected = 96 * b * s * n * d**2 * (1 + s / (12 * d) + 12 / 16 * v / (12 * n * d))
    found = step_times(GPT3, layout(microbatch=16, batch=16, recompute=FULL), FAST, HALF)
    assert float(found.flops) == pytest.approx(expected, rel=0.005)


def test_a_single_device_works_at_the_efficiency_given() -> None:
    found = step_times(GPT3, layout(microbatch=2, batch=2), FAST, HALF)
    assert float(found.total) == pytest.approx(float(found.flops) / 0.5e15, rel=1e-9)


@pytest.mark.parametrize(("stages", "chunks", "microbatches"), [(2, 1, 8), (8, 1, 32), (8, 3, 32), (96, 1, 96)])
def test_the_bubble_is_that_of_the_schedule(stages: int, chunks: int, microbatches: int) -> None:
    """(p - 1)/(v m) of the ideal time (Narayanan et al. 2021, section 2.2)."""
    shape = replace(GPT3, head_flops=0.0)
    even = layout(pipeline=stages, interleave=chunks, batch=microbatches)
    step = step_times(shape, even, FAST, HALF)
    chunk_layers = math.ceil(96 / stages / chunks) * stages * chunks
    ideal = float(step_times(replace(shape, layers=float(chunk_layers)), layout(batch=microbatches), FAST, HALF).total)
    bubble = float(step.pipeline_bubble) / (float(step.total) - float(step.pipeline_bubble))
    assert bubble == pytest.approx((stages - 1) / (chunks * microbatches))
    assert float(step.total) >= ideal / stages * 0.99


def test_tensor_traffic_is_eight_ring_passes_of_the_activations() -> None:
    """2 all-reduces forward and 2 backward of b s d 16-bit numbers, each two passes of (t - 1)/t."""
    slow = replace(FAST, link_bytes_per_s=4e11)
    found = step_times(GPT3, layout(tensor=8, batch=1), slow, HALF)
    expected = 96 * 8 * (7 / 8) * 2048 * 12288 * 2 / 4e11
    assert float(found.tensor_communication) == pytest.approx(expected)


def test_data_traffic_shows_only_beyond_what_it_overlaps() -> None:
    wire = replace(FAST, network_bytes_per_s=5e10, domain_devices=1)
    one = layout(tensor=1, data=16, batch=16)
    bare = float(step_times(GPT3, one, wire, HALF).data_communication)
    params = float(GPT3.params_total)
    assert bare == pytest.approx(6 * 15 / 16 * params / 5e10, rel=1e-6)
    hidden = step_times(GPT3, one, wire, replace(HALF, data_overlap=1.0))
    stage = float(hidden.matrix + hidden.attention)
    assert float(hidden.data_communication) == pytest.approx(max(0.0, bare - stage), rel=1e-6)


@pytest.mark.parametrize(("recompute", "passes"), [(NONE, 3), (FULL, 4)])
def test_a_layer_is_launched_forward_and_twice_backward_and_once_more_when_recomputed(
    recompute: int, passes: int
) -> None:
    """96 layers x 1 ms x passes for each of 4 microbatches; backward has a pass for inputs and one for weights."""
    even = layout(batch=4, recompute=recompute)
    slow = replace(HALF, layer_overhead_s=1e-3)
    added = float(step_times(GPT3, even, FAST, slow).total) - float(step_times(GPT3, even, FAST, HALF).total)
    assert added == pytest.approx(4 * 96 * passes * 1e-3, rel=1e-6)


@pytest.mark.parametrize(("recompute", "passes"), [(NONE, 3), (FULL, 4)])
def test_small_operators_read_their_bytes_once_forward_and_twice_backward(recompute: int, passes: int) -> None:
    """24 bytes per element of 2048 x 12288 in 96 layers at 1e12 byte/s: 0.0580 s a pass."""
    memory, plain = replace(FAST, memory_bytes_per_s=1e12), layout(recompute=recompute)
    some = step_times(GPT3, plain, memory, replace(HALF, elementwise_bytes=24.0))
    none = step_times(GPT3, plain, memory, HALF)
    expected = passes * 96 * 24 * 2048 * 12288 / 1e12
    assert float(some.total) - float(none.total) == pytest.approx(expected, rel=1e-6)
    assert float(some.memory_bytes) - float(none.memory_bytes) == pytest.approx(expected * 1e12, rel=1e-6)


def test_sizes_and_architecture_give_the_same_shape() -> None:
    layer = LayerGroup(32, Attention("full", 32, 32, 128, 128), FeedForward("dense", 16384, False))
    gpt = Architecture("GPT", 4096, 51200, True, (layer,), 2048)
    one = training_shape(gpt, 2048)
    two = shape_from_sizes(float(one.params_total), layers=32, d_model=4096, vocab=51200, sequence_length=2048)
    assert float(two.model_flops) == pytest.approx(float(one.model_flops), rel=0.002)
    assert float(two.params_dense) == pytest.approx(float(one.params_dense), rel=0.002)


def test_the_fit_recovers_the_coefficients_that_made_its_data(catalog: Catalog) -> None:
    chip = load_accelerator(catalog, "H100")
    machine, known = load_machine(catalog, chip, "bf16"), load_step_coefficients(catalog, chip)
    truth = replace(known, gemm_efficiency=0.6, attention_efficiency=0.25, elementwise_bytes=60.0)
    cases = []
    for width in (1024, 2048, 4096, 8192):
        for length in (512, 4096, 32768):
            depth = width // 128
            shape = shape_from_sizes(
                12 * depth * width**2 + 51200 * width, layers=depth, d_model=width, vocab=51200, sequence_length=length
            )
            lay = layout(microbatch=max(1, 16384 // length), batch=max(1, 16384 // length), recompute=NONE)
            lay = Layout(**{k: np.atleast_1d(np.asarray(v, dtype=float)) for k, v in lay.__dict__.items()})
            seconds = float(step_times(shape, lay, machine, truth).total[0])
            batch = float(np.max(lay.batch))
            cases.append(Case(f"{width}", "hopper", shape, machine, lay, batch, seconds))
    fit = StepFit(cases, catalog)
    found = dict(zip(fit.names, fit.fit(), strict=True))
    assert float(np.abs(fit.residuals(np.array(list(found.values())))).max()) < 0.01
    assert found["hopper", "attention_efficiency"] == pytest.approx(0.25, rel=0.05)
    assert found["hopper", "gemm_efficiency"] == pytest.approx(0.6, rel=0.05)


def test_tuned_shares_recover_a_size_effect() -> None:
    sizes = (1e9, 3e9, 7e9, 3e10, 7e10, 4e11)
    runs = [RunCase(i, f"{n:g}", "hopper", n, 0.9 * n / (n + 7e9)) for i, n in enumerate(sizes)]
    found = fit_tuned(runs)
    for run in runs:
        assert found.share(run) == pytest.approx(run.share, rel=0.15)
    assert 4e9 < found.by_item["hopper"][1] < 1.2e10


def test_candidates_of_a_fixed_layout_are_one(catalog: Catalog) -> None:
    from wattscale.compute.parallelism import Fixed

    whole = Fixed(tensor=8, pipeline=12, data=16, interleave=1, microbatch=1, zero=1, recompute=FULL, context=1)
    assert len(candidate_layouts(GPT3, 1536, 1536, 8, whole)) == 1
