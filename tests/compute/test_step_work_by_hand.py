"""Work of an engine step in the corners: few sequences, large batches, recurrent layers, both kinds of spreading;
and a step in which everything takes time at once."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from wattscale.compute.roofline import DeviceRates, RateCoefficients, StepWork, step_time
from wattscale.compute.serving_memory import cache_held_per_device
from wattscale.compute.serving_work import Formats, Layout, cache_read_per_device, step_work, total_weight_bytes
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

MIXING = Attention("full", heads=6, kv_heads=2, head_dim=4, v_head_dim=5)
DENSE, EXPERTS = FeedForward("dense", 7), FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5)
PLAIN = Architecture("by hand", 10, 100, False, (LayerGroup(3, MIXING, DENSE),), 1000)
"""Three layers of 720 + 210 weights, 70 of norms, a head of 1,000."""
MIXED = replace(PLAIN, groups=(*PLAIN.groups, LayerGroup(2, MIXING, EXPERTS)))
"""Two more with 8 experts of 150 weights, two of them passed by a token."""


def work(arch: Architecture, layout: Layout = Layout(), sequences: float = 6.0, formats: Formats = Formats(),  # noqa: B008
         **more: float) -> dict[str, float]:  # fmt: skip
    found = step_work(arch, layout, formats, np.array([sequences]), np.array([50.0]), **more)
    return {f.name: float(np.ravel(getattr(found, f.name))[0]) for f in fields(found)}


@pytest.mark.parametrize(
    ("asked", "stages", "running"),
    [(6.0, 3, 2.0), (6.0, 1, 6.0), (1.5, 2, 1.0), (0.5, 2, 0.5), (0.5, 1, 0.5), (3.0, 4, 1.0), (0.0, 2, 0.0)],
)
def test_a_stage_runs_its_part_of_the_sequences_but_not_less_than_one(
    asked: float, stages: int, running: float
) -> None:
    assert work(PLAIN, Layout(1, 1, stages), asked)["sequences"] == running


def test_half_an_input_token_makes_a_step_mixed_and_stages_take_their_part() -> None:
    """Of 30 input tokens two stages compute 15 at a time, beside 3 of 6 sequences."""
    assert work(PLAIN, prefill_tokens=0.5)["mixed"] == 1.0
    assert work(PLAIN)["mixed"] == 0.0
    found = work(PLAIN, Layout(1, 1, 2), prefill_tokens=30.0, prompt_tokens=20.0)
    assert found["dense_flops"] == pytest.approx(18 * 2 * 3 * 930 + 3 * 2000, rel=1e-9)
    assert found["score_flops"] == pytest.approx(3 * 108 * (3 * 50 + 15 * 10.5), rel=1e-9)


def test_input_of_less_than_a_token_sees_itself() -> None:
    """Prompts of none, of one and of two tokens: each sees 1, 1 and 1.5 on the mean."""
    for tokens, seen in ((0.0, 1.0), (1.0, 1.0), (2.0, 1.5)):
        found = work(PLAIN, sequences=0.0, prefill_tokens=4.0, prompt_tokens=tokens)
        assert found["score_flops"] == pytest.approx(4 * 3 * 108 * seen, rel=1e-9), tokens


@pytest.mark.parametrize(("sequences", "skew", "rows"), [(200.0, 1.0, 100), (200.0, 0.4, 80), (200.0, 0.6, 100)])
def test_rows_of_the_table_are_no_experts(sequences: float, skew: float, rows: int) -> None:
    """A step of 200 tokens reads at most the 100 rows that there are, which count as no weights of experts."""
    found = work(MIXED, sequences=sequences, expert_skew=skew)
    assert found["expert_bytes"] == pytest.approx(2 * 2 * 150 * 8 * (1 - 0.75 ** (sequences * skew)), rel=1e-9)
    narrow = work(replace(MIXED, d_embed=4), sequences=sequences, expert_skew=skew)
    assert narrow["expert_bytes"] == pytest.approx(found["expert_bytes"], rel=1e-9)


def test_a_model_without_experts_reads_none() -> None:
    """Nor does rounding of its rows leave any."""
    for sequences in (1.0, 7.0, 33.3, 99.9, 250.0):
        assert work(PLAIN, sequences=sequences)["expert_bytes"] == pytest.approx(0.0, abs=1e-9)
    assert work(PLAIN, sequences=0.01)["expert_bytes"] == 0.0, "nor less than none"


@pytest.mark.parametrize(("tied", "head", "per_token"), [(True, True, 2000.0), (False, True, 2000.0), (False, False, 0.0)])  # fmt: skip  # noqa: E501
def test_input_tokens_need_no_logits_from_a_head_tied_or_not(tied: bool, head: bool, per_token: float) -> None:
    arch = replace(PLAIN, tied_embeddings=tied, has_head=head)
    found = work(arch, prefill_tokens=30.0, prompt_tokens=20.0)
    assert found["dense_flops"] == pytest.approx(36 * 2 * 3 * 930 + 6 * per_token, rel=1e-9)
    assert work(arch)["dense_flops"] == pytest.approx(6 * (2 * 3 * 930 + per_token), rel=1e-9)


def test_groups_of_two_tensor_ranks_reduce_among_themselves_and_exchange_with_all() -> None:
    """2 reductions in 5 layers of 3 tokens of 10 numbers, each passed twice by half; 2 exchanges in 2 layers of 6."""
    found = work(MIXED, Layout(2, 2))
    assert found["collectives"] == 10 + 4
    assert found["link_bytes"] == pytest.approx(10 * 3 * 10 * 2 * 2 / 2 + 4 * 6 * 10 * 2 * 3 / 4, rel=1e-9)
    waiting = work(MIXED, Layout(2, 2), prefill_tokens=8.0, prompt_tokens=4.0, group_wait=0.5)
    # Eight input tokens count as twelve in the reductions of a group, and as eight in the exchange.
    assert waiting["link_bytes"] == pytest.approx(10 * 9 * 10 * 2 * 2 / 2 + 4 * 14 * 10 * 2 * 3 / 4, rel=1e-9)
    assert work(MIXED, Layout(4))["link_bytes"] == pytest.approx(10 * 6 * 10 * 2 * 2 * 3 / 4, rel=1e-9)
    assert work(PLAIN, Layout(1, 2))["collectives"] == 0.0


RECURRENT = Attention("mamba2", 5, 1, 4, 4, state_dim=3, conv_width=4, groups=2, state_bytes=4.0)
"""A state of 5 x 4 x 3 numbers and 3 steps of 20 + 2 x 2 x 3 of the convolution: 156, of 4 byte each."""


def test_states_keep_their_bytes_and_are_read_and_written() -> None:
    """Two layers with a state beside three with 18 numbers of a token, of one byte; two ranks share each."""
    arch = replace(PLAIN, groups=(*PLAIN.groups, LayerGroup(2, RECURRENT, DENSE)))
    read = cache_read_per_device(arch, np.array([50.0]), Layout(2), 1.0)
    assert read == pytest.approx([3 * 18 * 50 / 2 + 2 * 2 * 156 * 4 / 2], rel=1e-9)
    held = cache_held_per_device(arch, 50.0, Layout(2), Formats(cache="fp8"))
    assert held == pytest.approx(3 * 18 * 50 / 2 + 2 * 156 * 4 / 2, rel=1e-9)
    found = work(arch, Layout(1, 2), formats=Formats(cache="fp8"))
    assert found["recurrent_layers"] == 2.0
    assert found["cache_bytes"] == pytest.approx(3 * (3 * 18 * 50 + 2 * 2 * 156 * 4), rel=1e-9)


def test_windows_hold_and_read_no_more_than_their_width() -> None:
    """20 tokens of 18 numbers of two bytes in each of three layers, of 50; all of 10."""
    window = Attention("window", heads=6, kv_heads=2, head_dim=4, v_head_dim=5, window=20)
    arch = replace(PLAIN, groups=(LayerGroup(3, window, DENSE),))
    for context, kept in ((50.0, 20), (10.0, 10)):
        assert cache_held_per_device(arch, context, Layout(), Formats()) == 3 * 18 * 2 * kept
        assert cache_read_per_device(arch, np.array([context]), Layout(), 2.0).tolist() == [3 * 18 * 2 * kept]


def test_weights_of_a_device_in_two_formats() -> None:
    """Experts in half a byte over eight devices; 5 x 720 + 630 + 160 of routers + 110 of norms + 2,000 in two bytes."""
    found = total_weight_bytes(MIXED, Layout(2, 2, 2), Formats("bf16", "bf16", "fp8", "int4", "bf16"))
    assert found == pytest.approx(2 * (3600 + 630 + 160 + 110 + 2000) / 4 + 0.5 * 2 * 8 * 150 / 8, rel=1e-9)


@pytest.mark.parametrize(
    ("formats", "unpacked", "experts"),
    [
        (Formats("bf16", "bf16"), False, False),
        (Formats("int4", "bf16"), True, True),
        (Formats("fp4", "bf16"), False, False),  # Narrow floating numbers are used as they are.
        (Formats("int8", "int8"), False, False),
        (Formats("bf16", "fp8"), False, False),
        (Formats("bf16", "bf16", "fp8", "int4", "bf16"), False, True),
        (Formats("int4", "bf16", "fp8", "bf16", "bf16"), True, False),
        (Formats("int8", "bf16", "fp8", "int8", "int8"), True, False),
        (Formats("int8", "bf16", "fp8", "fp4", "bf16"), True, False),
        (Formats("int8", "int8", "fp8", None, "bf16"), False, True),
    ],
)
def test_integers_narrower_than_their_products_are_unpacked(formats: Formats, unpacked: bool, experts: bool) -> None:
    assert (formats.unpacked, formats.unpacked_experts) == (unpacked, experts)


WORK = StepWork(
    dense_bytes=200.0, expert_bytes=120.0, cache_bytes=90.0, dense_flops=700.0, expert_flops=600.0, score_flops=50.0,
    activation_bytes=30.0, layers=4.0, recurrent_layers=3.0, expert_layers=2.0, sequences=6.0, unpacked=0.5,
    unpacked_experts=0.25, mixed=0.75, collectives=5.0, link_bytes=8.0, expert_numbers=240.0,
)  # fmt: skip
DEVICE = DeviceRates(1e3, 2e3, 5e2, 1e2, 1e1, width=1.0, expert_width=0.5)
RATES = RateCoefficients(
    weight_efficiency=0.8, cache_efficiency=0.6, compute_efficiency=0.7, narrow_efficiency=0.9, score_efficiency=0.4,
    link_efficiency=0.5, collective_s=0.03, expert_memory_efficiency=0.75, expert_compute_efficiency=0.65,
    unpack_efficiency=0.5, activation_passes=3.0, layer_s=0.02, recurrent_layer_s=0.03, expert_layer_s=0.05,
    mixed_layer_s=0.04, step_s=0.1, sequence_s=0.01, eager=0.25, roof_exponent=2.0,
)  # fmt: skip


@pytest.mark.parametrize("scores", [50.0, 500.0])
def test_a_step_in_which_everything_takes_time(scores: float) -> None:
    """Weights unpacked take half as long again, experts a quarter; fp8 is one halving, fp4 two."""
    found = step_time(replace(WORK, score_flops=scores), DEVICE, RATES)
    dense_m, dense_c = 1.5 * 200 / 80, 1.5 * 700 / (1e3 * 0.7 * 0.9)
    expert_m, expert_c = 1.25 * 120 / (80 * 0.75), 1.25 * 600 / (2e3 * 0.7 * 0.65 * 0.81)
    cache, score = 90 / 60, scores / 200
    links = 5 * 0.03 + 8 / 5
    device = (dense_m**2 + dense_c**2) ** 0.5 + (expert_m**2 + expert_c**2) ** 0.5
    device += max(cache, score) + 30 * 3 / 80 + links
    launches = 4 * (0.02 + 0.75 * 0.04) + 3 * 0.03 + 2 * 0.05
    working = 0.25 * (launches**2 + device**2) ** 0.5 + 0.75 * (launches + device)
    time = 0.1 + 6 * 0.01 + working
    expected = {
        "time_s": time, "memory_s": dense_m + expert_m + cache, "compute_s": dense_c + expert_c + score,
        "link_s": links, "overhead_s": time - device,
        "compute_utilisation": (700 / 1e3 + 600 / 2e3 + scores / 5e2) / time,
        "memory_utilisation": (200 + 120 + 90) / (time * 100), "link_utilisation": 8 / (time * 10),
        "busy_share": (0.25 * device + 0.75 * working) / time, "cache_utilisation": 90 / (time * 100),
        "expert_utilisation": 240 / (time * 100),
    }  # fmt: skip
    for name, value in expected.items():
        assert float(getattr(found, name)) == pytest.approx(value, rel=1e-9), name
