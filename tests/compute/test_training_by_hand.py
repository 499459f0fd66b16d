"""Memory, traffic and time of training steps of a small model of round sizes, part by part."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from round_parts import IDEAL, IDLE, SMALL, layout

from wattscale.compute.collectives import distinct_domains
from wattscale.compute.parallelism import FULL, NONE, SELECTIVE
from wattscale.compute.training_memory import MemoryCoefficients, training_memory
from wattscale.compute.training_shape import training_shape
from wattscale.compute.training_step import local_ranks, step_times
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

EXPERTS = replace(SMALL, params_expert=1600.0, moe_layers=4.0, experts_per_token=2.0)
ADAM = MemoryCoefficients(2.0, 4.0, 12.0, 34.0, 6.0, 1000.0, 1.0)


@pytest.mark.parametrize(
    ("changes", "weights", "gradients", "optimizer"),
    [
        ({}, 1000, 1000, 1000),
        ({"tensor": 2}, 500, 500, 500),
        # The first and last of 4 stages hold half of the table each: 800 / 4 and 100.
        ({"pipeline": 4}, 300, 300, 300),
        ({"tensor": 2, "data": 4, "context": 2, "zero": 1}, 500, 500, 500 / 8),
        ({"tensor": 2, "data": 4, "zero": 2}, 500, 125, 125),
        # From ZeRO 3 on one layer of the stage's two is gathered whole: 300 / 2.
        ({"pipeline": 4, "data": 4, "zero": 3}, 75 + 150, 75 + 150, 75),
    ],
)
def test_weights_gradients_and_state_of_a_device(
    changes: dict[str, float], weights: float, gradients: float, optimizer: float
) -> None:
    found = training_memory(SMALL, layout(**changes), ADAM)
    assert float(found.weights) == pytest.approx(2 * weights)
    assert float(found.gradients) == pytest.approx(4 * gradients)
    assert float(found.optimizer) == pytest.approx(12 * optimizer)
    assert float(found.reserve) == 1000.0


def test_experts_are_spread_over_their_ranks_and_sharded_over_the_others() -> None:
    """1,600 over 2 ranks are 800 a device; of 4 data ranks 2 hold the same experts and share their state."""
    found = training_memory(EXPERTS, layout(data=4, expert=2, zero=1), ADAM)
    assert float(found.weights) == pytest.approx(2 * (1000 + 800))
    assert float(found.optimizer) == pytest.approx(12 * (1000 / 4 + 800 / 2))


def test_frozen_weights_keep_their_bytes_and_need_no_state() -> None:
    """A quarter is trained: 0.25 x 2 + 0.75 x 0.5 byte a weight; gradients and state of a quarter."""
    found = training_memory(replace(SMALL, trained_share=0.25, frozen_bytes=0.5), layout(), ADAM)
    assert float(found.weights) == pytest.approx((0.5 + 0.375) * 1000)
    assert float(found.gradients) == pytest.approx(0.25 * 4 * 1000)
    assert float(found.optimizer) == pytest.approx(0.25 * 12 * 1000)


WHOLE = 64 * 16 * 34
"""Microbatch of 2 x 32 tokens of width 16, 34 byte kept of each [byte]."""


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, 8 * WHOLE),
        ({"context": 2}, 8 * WHOLE / 2),
        # 10 of 34 byte stay whole under tensor parallelism unless the sequence is split, too.
        ({"tensor": 2}, 8 * WHOLE * (10 + 24 / 2) / 34),
        ({"tensor": 2, "sequence": 1}, 8 * WHOLE / 2),
        # Selective recompute leaves 5/8; full keeps 2 byte an element and one layer while it is computed again.
        ({"recompute": SELECTIVE}, 8 * WHOLE * 5 / 8),
        ({"recompute": FULL}, 8 * 64 * 16 * 2 + WHOLE),
        ({"recompute": FULL, "tensor": 2, "sequence": 1}, (8 * 64 * 16 * 2 + WHOLE) / 2),
        # 4 stages of 2 layers keep 4 microbatches, 4 (1 + 3 / (4 x 2)) = 5.5 interleaved, never more than there are.
        ({"pipeline": 4, "batch": 64}, 2 * 4 * WHOLE),
        ({"pipeline": 4, "interleave": 2, "batch": 64}, 2 * 5.5 * WHOLE),
        ({"pipeline": 4, "batch": 4}, 2 * 2 * WHOLE),
        # 8 layers on 3 stages: the fullest has 3.
        ({"pipeline": 3, "batch": 64}, 3 * 3 * WHOLE),
    ],
)
def test_activations_of_the_fullest_device(changes: dict[str, float], kept: float) -> None:
    found = training_memory(SMALL, layout(**{"microbatch": 2, "batch": 2, **changes}), ADAM)
    assert float(found.activations) == pytest.approx(kept)
    logits = 64 * 100 * 6.0 / changes.get("tensor", 1) / changes.get("context", 1)
    assert float(found.logits) == pytest.approx(logits)
    parts = (found.weights, found.gradients, found.optimizer, found.activations, found.logits, found.reserve)
    assert float(found.total) == pytest.approx(sum(float(p) for p in parts))


@pytest.mark.parametrize(("recompute", "linear", "scores"), [(NONE, 3.0, 3.5), (FULL, 4.0, 4.5), (SELECTIVE, 3.0, 3.5)])
def test_products_and_attention_of_a_step(recompute: int, linear: float, scores: float) -> None:
    """64 tokens in 2 microbatches at 1e6 FLOP/s: products forward and twice backward, attention 2.5 times backward."""
    machine = replace(IDLE, peak_flops=1e6, half_peak_flops=1e6)
    found = step_times(SMALL, layout(batch=2, recompute=recompute), machine, IDEAL)
    assert float(found.matrix) == pytest.approx(64 * 3 * (8 * 24 * 256 + 3200) / 1e6)
    assert float(found.attention) == pytest.approx(64 * 3.5 * 8000 / 1e6)
    again = (linear - 3.0) * 64 * 8 * 24 * 256 + (scores - 3.5) * 64 * 8000
    assert float(found.recompute) == pytest.approx(again / 1e6)
    assert float(found.flops) == pytest.approx(64 * (3 * (8 * 24 * 256 + 3200) + 3.5 * 8000) + again)


def test_frozen_weights_have_no_gradient_of_their_own() -> None:
    machine = replace(IDLE, peak_flops=1e6, half_peak_flops=1e6)
    found = step_times(replace(SMALL, trained_share=0.25), layout(), machine, IDEAL)
    assert float(found.matrix) == pytest.approx(32 * (2 + 0.25) * (8 * 24 * 256 + 3200) / 1e6)


def test_selective_recompute_repeats_attention_where_scores_are_kept() -> None:
    machine = replace(IDLE, half_peak_flops=1e6)
    found = step_times(replace(SMALL, score_elements=5.0), layout(recompute=SELECTIVE), machine, IDEAL)
    assert float(found.recompute) == pytest.approx(32 * 8000 / 1e6)


def test_narrow_products_and_short_batches_reach_less_of_the_peak() -> None:
    """32 rows of half-rows 96, width 16 / 2 of half-width 24: a quarter each; fp8 gains 1.5 on products alone."""
    machine = replace(IDLE, peak_flops=1e6, half_peak_flops=1e6, halvings=1)
    k = replace(IDEAL, half_rows=96.0, half_width=24.0, fp8_gain=1.5)
    found = step_times(SMALL, layout(tensor=2), machine, k)
    expected = 3 * 32 / 2 * (8 * 24 * 256 / 1.5 + 3200) / 1e6 * 16
    assert float(found.matrix) == pytest.approx(expected)


def test_biased_attention_is_slower_and_scores_that_are_kept_are_moved() -> None:
    """Twice as slow with a bias; 32 tokens x 5 scores x 3 byte through 1e3 byte/s in each of 3.5 passes of 8 layers."""
    shape = replace(SMALL, biased=1.0, score_elements=5.0)
    machine = replace(IDLE, half_peak_flops=1e6, memory_bytes_per_s=2e3)
    found = step_times(
        shape, layout(), machine, replace(IDEAL, bias_slowdown=2.0, score_bytes=3.0, memory_efficiency=0.5)
    )
    assert float(found.attention) == pytest.approx(3.5 * (32 * 8000 * 2 / 1e6 + 8 * 32 * 5 * 3 / 1e3))


def test_experts_multiply_fewer_rows_of_their_own_width() -> None:
    """32 tokens x 2 of 8 experts are 8 rows each: 8 / (8 + 24) of the peak; all ranks of the group gather there."""
    shape = replace(EXPERTS, expert_flops=8_000.0, experts=8.0, expert_width=16.0)
    machine, k = replace(IDLE, peak_flops=1e6), replace(IDEAL, half_rows=24.0)
    linear = (8 * 24 * 256 - 8000) * (32 + 24) / 32
    one = step_times(shape, layout(), machine, k)
    assert float(one.matrix) == pytest.approx(3 * 32 * (linear + 8000 * 4) / 1e6)
    spread = step_times(shape, layout(data=4, expert=4, batch=4), machine, k)
    assert float(spread.matrix) == pytest.approx(3 * 32 * (linear + 8000 * (32 + 24) / 32) / 1e6)


BUFFER = 32 * 16 * 2.0
"""Activations of a microbatch [byte]."""


@pytest.mark.parametrize(("recompute", "passes"), [(NONE, 2), (FULL, 3)])
def test_tensor_ranks_pass_activations_in_four_half_reductions_a_pass(recompute: int, passes: int) -> None:
    """Of 4 ranks in a domain each pass moves 3/4 of the buffer at 1e3 byte/s; half of it is hidden."""
    machine, k = replace(IDLE, link_bytes_per_s=1e3), replace(IDEAL, tensor_overlap=0.5)
    found = step_times(SMALL, layout(tensor=4, recompute=recompute), machine, k)
    shown = 8 * passes * 4 * 0.75 * BUFFER / 1e3
    assert float(found.tensor_communication) == pytest.approx(shown / 2)
    assert float(found.link_bytes) == pytest.approx(shown * 1e3)


def test_experts_in_the_domain_exchange_tokens_twice_each_way() -> None:
    """Each of 32 tokens goes to 2 experts; 3/4 of them are elsewhere; 4 of the 8 layers have experts."""
    machine, k = replace(IDLE, link_bytes_per_s=1e3), replace(IDEAL, expert_overlap=0.25)
    found = step_times(EXPERTS, layout(data=4, expert=4, batch=4), machine, k)
    assert float(found.expert_communication) == pytest.approx(0.75 * 8 * 2 * 2 * 0.75 * 2 * BUFFER / 1e3 * 4 / 8)


def test_experts_across_domains_send_one_copy_a_domain() -> None:
    """16 ranks in 2 domains: a token's 2 copies reach 1.5 domains, half of that is outside."""
    machine = replace(IDLE, network_bytes_per_s=1e3)
    found = step_times(EXPERTS, layout(data=16, expert=16, batch=16), machine, IDEAL)
    assert float(found.expert_communication) == pytest.approx(8 * 2 * 2 * 0.5 * 1.5 * BUFFER / 1e3 * 4 / 8)


def test_context_ranks_pass_keys_and_values_round() -> None:
    """6 elements a token and layer of 2 byte for all 32 tokens; of 4 ranks each pass moves 3/4."""
    machine = replace(IDLE, link_bytes_per_s=1e3)
    found = step_times(SMALL, layout(context=4), machine, IDEAL)
    assert float(found.context_communication) == pytest.approx(8 * 2 * 0.75 * 32 * 6 * 2 / 1e3)


@pytest.mark.parametrize(("tensor", "speed"), [(8, 1e3), (16, 1e2)])
def test_stages_hand_on_their_activations_forward_and_back(tensor: float, speed: float) -> None:
    """Twice per chunk; through the domain where a stage fits it, else through the network, each rank its part."""
    machine = replace(IDLE, link_bytes_per_s=1e3, network_bytes_per_s=1e2)
    found = step_times(SMALL, layout(pipeline=2, interleave=2, tensor=tensor, batch=2), machine, IDEAL)
    inside = step_times(SMALL, layout(tensor=tensor, batch=2), machine, IDEAL)
    assert float(inside.pipeline_communication) == 0.0
    assert float(found.pipeline_communication) == pytest.approx(2 * 2 * 2 * BUFFER / tensor / speed)


def test_gradients_are_reduced_and_weights_gathered_once_a_step() -> None:
    """4 byte of gradient and 2 of weight for 1,000 weights, 15/16 of each over the network at 1e3 byte/s."""
    wire = replace(IDLE, network_bytes_per_s=1e3, domain_devices=1)
    even = layout(data=16, batch=16)
    assert float(step_times(SMALL, even, wire, IDEAL).data_communication) == pytest.approx(6 * 1000 * 15 / 16 / 1e3)
    frozen = step_times(replace(SMALL, trained_share=0.5), even, wire, IDEAL)
    assert float(frozen.data_communication) == pytest.approx(3 * 1000 * 15 / 16 / 1e3)


def test_sharded_weights_are_gathered_in_every_microbatch() -> None:
    """ZeRO 3: 2 + 2 byte gathered and 2 of gradient in each of 3 microbatches, at a penalty of 1.5."""
    wire = replace(IDLE, network_bytes_per_s=1e3, domain_devices=1)
    found = step_times(SMALL, layout(data=16, batch=48, zero=3), wire, replace(IDEAL, shard_penalty=1.5))
    assert float(found.data_communication) == pytest.approx(1.5 * 3 * 6 * 1000 * 15 / 16 / 1e3)


def test_experts_reduce_their_gradients_among_the_ranks_that_hold_the_same() -> None:
    """Of 16 ranks 4 hold the same quarter of 1,600 expert weights; all 16 hold the 1,000 others."""
    wire = replace(IDLE, network_bytes_per_s=1e3, domain_devices=1)
    found = step_times(EXPERTS, layout(data=16, expert=4, batch=16), wire, IDEAL)
    assert float(found.data_communication) == pytest.approx(6 * (1000 * 15 / 16 + 400 * 3 / 4) / 1e3)


@pytest.mark.parametrize(("zero", "hidden_stages"), [(1, 1), (3, 3)])
def test_traffic_hides_behind_the_last_microbatch_or_behind_all_where_each_gathers(
    zero: int, hidden_stages: int
) -> None:
    """3 microbatches of 1 s: 6 (ZeRO 1) or 18 kB (ZeRO 3) less 1/16 at 1e3 byte/s show what half of it leaves."""
    one_s = 32 * (3 * (8 * 24 * 256 + 3200) + 3.5 * 8000)
    machine = replace(IDLE, peak_flops=one_s, half_peak_flops=one_s, network_bytes_per_s=1e3, domain_devices=1)
    found = step_times(SMALL, layout(data=16, batch=48, zero=zero), machine, replace(IDEAL, data_overlap=0.5))
    volume = 6.0 if zero == 1 else 18.0
    assert float(found.data_communication) == pytest.approx(volume * 15 / 16 - 0.5 * hidden_stages)


def test_traffic_that_is_hidden_whole_costs_nothing() -> None:
    slow = replace(IDLE, peak_flops=1e5, half_peak_flops=1e5, network_bytes_per_s=1e6, domain_devices=1)
    found = step_times(SMALL, layout(data=16, batch=16), slow, replace(IDEAL, data_overlap=1.0))
    assert float(found.data_communication) == 0.0


def test_the_optimiser_reads_and_writes_its_share_of_the_state() -> None:
    """1,000 weights x 26 byte over 4 ranks from ZeRO 1 on, at half of 2e3 byte/s."""
    machine, k = replace(IDLE, memory_bytes_per_s=2e3), replace(IDEAL, optimizer_bytes=26.0, memory_efficiency=0.5)
    assert float(step_times(SMALL, layout(data=4, batch=4), machine, k).optimizer) == pytest.approx(26.0)
    sharded = step_times(SMALL, layout(data=2, context=2, batch=2, zero=1), machine, k)
    assert float(sharded.optimizer) == pytest.approx(26.0 / 4)
    assert float(sharded.memory_bytes) == pytest.approx(26_000 / 4 + 3 * 1000 * 2)


def test_a_step_drags_with_each_doubling_of_the_domains() -> None:
    """64 devices are 8 domains, three doublings of 2 %; the step's own overhead of 0.5 s is dragged, too."""
    k = replace(IDEAL, scale_drag=0.02, step_overhead_s=0.5)
    found = step_times(SMALL, layout(data=64, batch=64), IDLE, k)
    assert float(found.total) == pytest.approx(0.5 * 1.06)
    assert float(found.overhead) == pytest.approx(0.5 * 1.06)
    assert float(step_times(SMALL, layout(data=4, batch=4), IDLE, k).total) == pytest.approx(0.5)


def test_layers_with_experts_launch_more() -> None:
    """4 of 8 layers add 1 ms a pass to 2 ms of every layer: 8 x 3 x (2 + 0.5) ms."""
    k = replace(IDEAL, layer_overhead_s=2e-3, expert_layer_s=1e-3)
    assert float(step_times(EXPERTS, layout(), IDLE, k).overhead) == pytest.approx(0.06)


def test_the_head_moves_its_logits_once() -> None:
    machine = replace(IDLE, memory_bytes_per_s=1e3)
    found = step_times(SMALL, layout(tensor=2), machine, replace(IDEAL, logits_bytes=4.0))
    assert float(found.elementwise) == pytest.approx(32 * 100 * 4 / 2 / 1e3)


def test_ranks_of_a_group_that_share_a_domain() -> None:
    assert float(local_ranks(IDLE, 2, 16)) == 4.0
    assert float(local_ranks(IDLE, 3, 16)) == 2.0
    assert float(local_ranks(IDLE, 16, 16)) == 1.0
    assert float(local_ranks(IDLE, 1, 4)) == 4.0


def test_the_shape_of_a_model_with_two_kinds_of_experts() -> None:
    """2 layers of 8 experts of which 2 are passed, 4 of 16 of which 4 are: means by layer, work by active share."""
    mixing = Attention("full", 6, 2, 4, 5)
    few = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5)
    many = FeedForward("moe", 0, experts=16, experts_per_token=4, d_expert=8)
    groups = (LayerGroup(2, mixing, few), LayerGroup(4, mixing, many), LayerGroup(1, mixing, FeedForward("dense", 7)))
    found = training_shape(Architecture("by hand", 10, 100, False, groups, 1000), 32)
    experts = 2 * 8 * 3 * 50 + 4 * 16 * 3 * 80
    assert found.layers == 7.0
    assert found.moe_layers == 6.0
    assert found.experts_per_token == pytest.approx((2 * 2 + 4 * 4) / 6)
    assert found.experts == pytest.approx((2 * 8 + 4 * 16) / 6)
    assert found.expert_width == pytest.approx((2 * 5 + 4 * 8) / 6)
    assert found.params_expert == experts
    assert found.params_embedding == 2000.0
    assert found.expert_flops == pytest.approx(2 * experts / 4)
    assert found.head_flops == 2000.0
    assert found.params_dense == 7 * 720 + 15 * 10 + 2 * 80 + 4 * 160 + 210
    # Work on weights: of the experts a quarter in both kinds; a token sees 16.5 on the mean.
    assert found.linear_flops == 2 * (7 * 720 + 2 * 80 + 4 * 160 + 210 + experts / 4)
    assert found.attention_flops == pytest.approx(7 * 2 * 6 * 9 * 16.5)
    assert found.kv_elements == 7 * 18
    assert math.isclose(found.forward_flops, found.linear_flops + found.head_flops + found.attention_flops)


def test_copies_that_go_to_one_domain_travel_once() -> None:
    """Of 4 domains 2 copies reach 4 (1 - 0.75^2) = 1.75; a group within a part of one domain reaches one."""
    assert float(distinct_domains(2, 4)) == pytest.approx(1.75)
    assert float(distinct_domains(2, 0.5)) == 1.0
