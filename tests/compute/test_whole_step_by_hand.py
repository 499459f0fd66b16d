"""One step in which everything happens at once: each part written out from the model's and the machine's numbers.

A mixture of six layers on 32 devices, split in every way there is, in domains of two devices.
"""

from __future__ import annotations

from math import log2

import pytest

from wattscale.compute.parallelism import FULL, NONE, SELECTIVE, Layout
from wattscale.compute.training_coefficients import Machine, StepCoefficients
from wattscale.compute.training_memory import MemoryCoefficients, training_memory
from wattscale.compute.training_shape import TrainingShape
from wattscale.compute.training_step import step_times

SHAPE = TrainingShape(
    layers=6.0, d_model=10.0, vocab=50.0, sequence_length=40.0, linear_flops=12_000.0, attention_flops=3_000.0,
    head_flops=1_000.0, params_dense=6_000.0, params_expert=2_400.0, params_embedding=600.0, kv_elements=60.0,
    moe_layers=3.0, experts_per_token=2.0, trained_share=0.5, frozen_bytes=0.5, score_elements=0.7, biased=1.0,
    expert_flops=6_000.0, experts=8.0, expert_width=12.0,
)  # fmt: skip
MACHINE = Machine(
    peak_flops=1000.0, half_peak_flops=500.0, halvings=1.0, memory_bytes=1e6, memory_bytes_per_s=200.0,
    domain_devices=2.0, link_bytes_per_s=20.0, network_bytes_per_s=5.0, domain_latency_s=0.01, network_latency_s=0.03,
)  # fmt: skip
RATES = StepCoefficients(
    gemm_efficiency=0.8, attention_efficiency=0.5, bias_slowdown=1.5, fp8_gain=0.9, half_rows=20.0, half_width=5.0,
    elementwise_bytes=24.0, score_bytes=40.0, logits_bytes=6.0, memory_efficiency=0.5, optimizer_bytes=20.0,
    domain_efficiency=0.5, network_efficiency=0.8, shard_penalty=1.5, tensor_overlap=0.25, data_overlap=0.01,
    scale_drag=0.02, layer_overhead_s=0.1, step_overhead_s=7.0, expert_overlap=0.2, expert_layer_s=0.04,
)  # fmt: skip
TOKENS = 3 * 40 / 2
"""Three sequences of a microbatch, each split over two ranks."""
BANDWIDTH = 200 * 0.5
LINK, NETWORK = 20 * 0.5, 5 * 0.8


def layout(zero: int, recompute: int, sequence: int) -> Layout:
    return Layout(2.0, 2.0, 4.0, 2.0, 4.0, 2.0, 3.0, 48.0, zero, recompute, sequence)


def one_layer(sequence: int) -> tuple[float, float, float, float, float]:
    """Seconds of products, attention and small operators of a layer forward; bytes of the last two in memory.

    Half of the 2,000 FLOP a token are the experts'. Rows of 60 reach 60/80 of the efficiency, a rank's width of 5
    half of it; an expert sees 60 x 2 x 4 / 8 = 60 rows too, and is 12 / 2 wide.
    """
    plain = TOKENS * 1000 / 2 / (1000 * 0.8 * 0.9 * 60 / 80 * 5 / 10)
    experts = TOKENS * 1000 / 2 / (1000 * 0.8 * 0.9 * 60 / 80 * 6 / 11)
    scores = TOKENS * 0.7 * 40 / 2
    attention = TOKENS * 500 / 2 / (500 * 0.5 / 1.5) + scores / BANDWIDTH
    width = 10 / 34 * (0.5 if sequence else 1.0) + 24 / 34 * (2000 / 2400) / 2
    small = TOKENS * 10 * 24 * width
    return plain + experts, attention, small / BANDWIDTH, small, scores


@pytest.mark.parametrize("sequence", [0, 1])
@pytest.mark.parametrize("zero", [0, 1, 3])
@pytest.mark.parametrize("recompute", [NONE, SELECTIVE, FULL])
def test_every_part_of_a_step(zero: int, recompute: int, sequence: int) -> None:
    found = step_times(SHAPE, layout(zero, recompute, sequence), MACHINE, RATES)
    products, attention, small, small_bytes, scores = one_layer(sequence)
    again = 1.0 if recompute == FULL else 0.0
    # Six layers in 2 x 2 chunks are two each, so four a stage; a backward pass trains half of the weights: 1 + 0.5.
    repeated = {NONE: 0.0, SELECTIVE: attention + 12 / 32 * small, FULL: products + attention + small}[recompute]
    stage = {
        "matrix": 2.5 * (4 * products + TOKENS * 1000 / 2 / (500 * 0.8 * 60 / 80 * 5 / 10)),
        "attention": 3.5 * 4 * attention,
        "elementwise": 3 * 4 * small + TOKENS * 50 * 6 / 2 / BANDWIDTH,
        "recompute": 4 * repeated,
    }  # fmt: skip
    launches = 4 * (3 + again) * (0.1 + 0.5 * 0.04)
    buffer, passes = TOKENS * 10 * 2, 4 * (2 + again)
    # Two ranks in a domain; four expert ranks in two, where a token's two copies reach 1.5; others over the network.
    tensor = passes * 4 * (0.01 + buffer / 2 / LINK)
    expert = passes * 2 * (0.03 + 2 / 4 * (1.5 * buffer / 2) / NETWORK) * 3 / 6
    keys = TOKENS * 2 * 10 / 2 * 2
    context = passes * (0.03 + keys / 2 / NETWORK)
    hop = 0.03 + buffer / 2 / NETWORK
    sent = {
        "tensor_communication": tensor * 0.75, "expert_communication": expert * 0.8,
        "context_communication": context * 0.75, "pipeline_communication": 2 * 2 * hop * 0.75,
    }  # fmt: skip
    whole = sum(stage.values()) + launches + sum(sent.values())
    held, of_experts = 6600 / 4, 2400 / 16
    volume = 2.5 * 2 * 4 * 1.5 if zero == 3 else 6 * 0.5
    gathered = volume * (7 * 0.03 + 7 / 8 * held / NETWORK + 0.03 + of_experts / 2 / NETWORK)
    data = gathered - 0.01 * (4 * whole if zero == 3 else whole)
    assert data > 0
    updated = (held + of_experts) * 0.5 * 20 / (8 if zero else 1)
    for name, seconds in {**stage, **sent}.items():
        assert float(getattr(found, name)) == pytest.approx(4 * seconds), name
    assert float(found.pipeline_bubble) == pytest.approx(whole / 2)
    assert float(found.data_communication) == pytest.approx(data)
    assert float(found.optimizer) == pytest.approx(updated / BANDWIDTH)
    plain = 4 * whole + whole / 2 + data + updated / BANDWIDTH + 7
    drag = 0.02 * log2(32 / 2)
    assert float(found.total) == pytest.approx(plain * (1 + drag))
    assert float(found.overhead) == pytest.approx(4 * launches + 7 + plain * drag)
    flops = (4 * 2000 + 1000) * 2.5 + again * 4 * 2000 + (3.5 + again) * 4 * 500
    assert float(found.flops) == pytest.approx(4 * flops * TOKENS / 2)
    moved = (3 + again) * (4 * (small_bytes + scores) + (held + of_experts) * 2)
    assert float(found.memory_bytes) == pytest.approx(4 * moved + updated)
    assert float(found.link_bytes) == pytest.approx(4 * (tensor + context) * LINK)


@pytest.mark.parametrize("sequence", [0, 1])
@pytest.mark.parametrize("zero", [0, 1, 2, 3])
@pytest.mark.parametrize("recompute", [NONE, SELECTIVE, FULL])
def test_every_part_of_the_memory(zero: int, recompute: int, sequence: int) -> None:
    found = training_memory(SHAPE, layout(zero, recompute, sequence), MemoryCoefficients(2.0, 4.0, 12.0, 34.0, 6.0, 1e3, 1.0))  # fmt: skip  # noqa: E501
    # The first of two stages holds half of the table twice over: 600 x 1 / 4; experts are over four ranks besides.
    dense, experts = 6600 / 4, 2400 / 16
    whole, sharded = dense + experts, dense / 8 + experts / 2
    layer = whole / 6 * 2 if zero == 3 else 0.0
    assert float(found.weights) == pytest.approx((0.5 * 2 + 0.5 * 0.5) * ((sharded if zero == 3 else whole) + layer))
    assert float(found.gradients) == pytest.approx(4 * 0.5 * ((sharded if zero >= 2 else whole) + layer))
    assert float(found.optimizer) == pytest.approx(12 * 0.5 * (sharded if zero >= 1 else whole))
    along = 0.5 if sequence else 1.0
    kept = TOKENS * 10 * 34 * (10 / 34 * along + 24 / 34 * (2000 / 2400) / 2)
    held = {NONE: kept, SELECTIVE: 20 / 32 * kept, FULL: TOKENS * 10 * 2 * along}[recompute]
    # Three layers a stage, and 2 x (1 + 1/4) microbatches in flight.
    assert float(found.activations) == pytest.approx(held * 3 * 2.5 + (kept if recompute == FULL else 0.0))
    assert float(found.logits) == pytest.approx(TOKENS * 50 * 6 / 2)
    assert float(found.reserve) == 1000.0
