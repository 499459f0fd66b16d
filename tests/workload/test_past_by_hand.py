"""What a layer keeps, reads and computes of the past, worked by hand for each kind."""

import math
from dataclasses import replace

import numpy as np
import pytest

from wattscale.scenario.workload import ServingTable
from wattscale.workload.flops import attention_flops, forward_flops, matmul_flops, mean_forward_flops, state_flops
from wattscale.workload.layers import Architecture, Attention, FeedForward, LayerGroup
from wattscale.workload.memory import (
    cache_terms,
    experts_touched,
    kv_bytes_per_token,
    kv_cache_bytes,
    kv_read_bytes,
    state_elements,
    weight_bytes,
    weight_bytes_touched,
)
from wattscale.workload.stage import serving_context

GROUPED = {"heads": 6, "kv_heads": 2, "head_dim": 4, "v_head_dim": 5}
WINDOW = Attention("window", **GROUPED, window=8)
CHUNK = Attention("chunk", **GROUPED, window=8)
LATENT = Attention("mla", 3, 3, 4, 6, kv_rank=5, rope_dim=2)
SPARSE = Attention("sparse", 3, 3, 4, 6, kv_rank=5, rope_dim=2, index_heads=3, index_dim=2, index_topk=8)
COMPRESSED = Attention("compressed", **GROUPED, window=8, kv_projections=1, compress_ratio=4, index_heads=3,
                       index_dim=2, index_topk=5)  # fmt: skip
LINEAR = Attention("linear", **GROUPED, state_dim=4, conv_width=3, state_bytes=4.0)
MAMBA2 = Attention("mamba2", 5, 3, 4, 4, state_dim=3, conv_width=4, groups=2)
RECURRENT = Attention("recurrent", 12, 3, 1, 1, conv_width=4, groups=4)


def model(*attention, layers=3, **more):
    groups = tuple(LayerGroup(layers, a, FeedForward("dense", 7)) for a in attention)
    return Architecture("by hand", 10, 100, False, groups, 1000, **more)


@pytest.mark.parametrize(
    ("attention", "terms"),
    [
        (Attention("full", **GROUPED), [(2 * (4 + 5), math.inf)]),
        (Attention("full", **GROUPED, kv_projections=1), [(2 * 4, math.inf)]),
        (WINDOW, [(18, 8)]),
        (CHUNK, [(18, 8)]),
        (LATENT, [(5 + 2, math.inf)]),
        (SPARSE, [(7, math.inf), (2, math.inf)]),
        (COMPRESSED, [(8, 8), (8 / 4, math.inf), (2 / 4, math.inf)]),
        (Attention("full", **GROUPED, stores_cache=False), []),
        (Attention("full", **GROUPED, causal=False), []),
        (LINEAR, []),
        (Attention("full", **GROUPED, window=8), [(18, math.inf)]),  # only sliding kinds forget
        (Attention("window", **GROUPED), [(18, math.inf)]),
        (replace(COMPRESSED, window=None), [(8 / 4, math.inf), (2 / 4, math.inf)]),
        (replace(COMPRESSED, index_heads=0), [(8, 8), (8 / 4, math.inf)]),
    ],
)
def test_elements_kept_per_token(attention, terms):
    assert cache_terms(attention) == tuple((float(slope), float(cap)) for slope, cap in terms)


@pytest.mark.parametrize(
    ("attention", "elements"),
    [
        # A state of 4 per value channel; the convolution remembers 2 tokens of queries, keys (2 x 4 each) and values.
        (LINEAR, 30 * 4 + 2 * (30 + 8 + 8)),
        # 3 per channel; 3 tokens of values and 2 groups of B and C.
        (MAMBA2, 20 * 3 + 3 * (20 + 2 * 2 * 3)),
        # One number per channel and 3 tokens of the convolution.
        (RECURRENT, 12 + 3 * 12),
        (Attention("conv", 12, 1, 1, 1, conv_width=3), 2 * 12),
        (Attention("mamba", 12, 1, 1, 1, state_dim=3), 12 * 3),
        (Attention("full", **GROUPED), 0),
    ],
)
def test_elements_of_a_state(attention, elements):
    assert state_elements(attention) == elements


def test_cache_of_a_sequence_grows_to_the_window_and_states_keep_their_bytes():
    """3 layers of 18 elements a token up to 8 tokens, and 3 states of 212 elements of 4 byte."""
    both = model(WINDOW, LINEAR)
    assert kv_cache_bytes(both, 5.0, 2.0) == 3 * (18 * 5 * 2 + 212 * 4)
    assert kv_cache_bytes(both, np.array([5.0, 50.0]), 2.0).tolist() == [3 * (18 * 5 * 2 + 848), 3 * (18 * 8 * 2 + 848)]
    assert kv_bytes_per_token(both, 2.0) == 3 * 18 * 2


def test_a_step_reads_what_is_kept_and_moves_states_twice():
    assert kv_read_bytes(model(WINDOW, LINEAR), 50.0, 2.0) == 3 * (18 * 8 * 2 + 2 * 212 * 4)


def test_sparse_attention_reads_the_tokens_it_picks_and_all_keys_of_its_indexer():
    """Of 50 tokens 8 x 7 elements and 50 x 2; compressed: 8 x 8 beside, 5 merged entries of 8, 50 / 4 keys of 2."""
    assert kv_read_bytes(model(SPARSE), 50.0, 2.0) == 3 * 2 * (8 * 7 + 50 * 2)
    assert kv_read_bytes(model(COMPRESSED), 50.0, 2.0) == 3 * 2 * (8 * 8 + 5 * 8 + 50 / 4 * 2)
    assert kv_read_bytes(model(COMPRESSED), 4.0, 2.0) == 3 * 2 * (4 * 8 + 1 * 8 + 1 * 2)
    assert kv_read_bytes(model(replace(COMPRESSED, window=None)), 50.0, 2.0) == 3 * 2 * (5 * 8 + 50 / 4 * 2)
    assert kv_read_bytes(model(replace(SPARSE, window=20)), 50.0, 2.0) == 3 * 2 * (8 * 7 + 50 * 2)
    assert kv_read_bytes(model(replace(WINDOW, index_topk=3)), 50.0, 2.0) == 3 * 2 * 3 * 18
    assert kv_read_bytes(model(replace(WINDOW, index_topk=30)), 50.0, 2.0) == 3 * 2 * 8 * 18


def test_experts_touched_by_two_tokens():
    """Of 8 experts each token passes 2: the second meets a new one with chance 3 / 4."""
    assert experts_touched(8, 2, 2.0) == pytest.approx(2 + 2 * 0.75)


def test_bytes_of_weights_that_a_step_reads():
    """Attention 1 x (240 + 80 + 100 + 300) and 3 norms of 10, router 80, head 1,000; a row of 10 a token; 3.5 experts
    of 150 weights at half a byte."""
    moe = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5)
    one = Architecture("moe", 10, 100, False, (LayerGroup(1, Attention("full", **GROUPED), moe),), 1000)
    always = 720 + 30 + 80 + 1000
    assert weight_bytes_touched(one, 2.0, 2.0, 0.5) == pytest.approx((always + 2 * 10) * 2 + 3.5 * 150 * 0.5)
    assert weight_bytes(one, 2.0, 0.5) == (always + 1000) * 2 + 8 * 150 * 0.5
    assert weight_bytes(one, 2.0) == (always + 1000 + 8 * 150) * 2
    tied = Architecture("tied", 10, 100, True, one.groups, 1000)
    assert weight_bytes_touched(tied, 2.0, 2.0, 0.5) == weight_bytes_touched(one, 2.0, 2.0, 0.5)
    assert weight_bytes_touched(one, 500.0, 2.0) == pytest.approx((always + 1000) * 2 + 8 * 150 * 2), "100 rows at most"


@pytest.mark.parametrize(
    ("attention", "seen", "flops"),
    [
        (Attention("full", **GROUPED), 50, 2 * 6 * 9 * 50),
        (WINDOW, 50, 2 * 6 * 9 * 8),
        (CHUNK, 50, 2 * 6 * 9 * 2),  # 50 = 6 chunks of 8 and 2 tokens
        (CHUNK, 16, 2 * 6 * 9 * 8),
        (LATENT, 50, 2 * 3 * (4 + 6) * 50),
        (SPARSE, 50, 2 * 3 * 10 * 8 + 2 * 3 * 2 * 50),
        (COMPRESSED, 50, 2 * 6 * 9 * (8 + 5) + 2 * 3 * 2 * 50 / 4),
        (LINEAR, 50, 6 * 30 * 4 + 2 * 3 * 30),
        (Attention("full", **GROUPED, window=8), 50, 2 * 6 * 9 * 50),
        (Attention("window", **GROUPED), 50, 2 * 6 * 9 * 50),
        (Attention("chunk", **GROUPED), 50, 2 * 6 * 9 * 50),
        (CHUNK, 0, 0),
        (replace(COMPRESSED, window=None), 50, 2 * 6 * 9 * 5 + 2 * 3 * 2 * 50 / 4),
        (replace(COMPRESSED, index_topk=0), 50, 2 * 6 * 9 * (8 + 50 / 4) + 2 * 3 * 2 * 50 / 4),
        (replace(COMPRESSED, index_heads=0), 50, 2 * 6 * 9 * (8 + 5)),
    ],
)
def test_work_on_the_past_of_a_token(attention, seen, flops):
    """2 FLOP for each query head, width of key and value, and token; of a state 6 a number and 2 a tap."""
    assert attention_flops(model(attention), float(seen)) == pytest.approx(3 * flops)


def test_decoding_on_the_latent_works_with_the_latent():
    """Scores on 5 + 2 numbers and values on 5, for 3 heads."""
    assert attention_flops(model(LATENT), 50.0, absorbed=True) == 3 * 2 * 3 * (5 + 2 + 5) * 50


@pytest.mark.parametrize(
    "attention", [WINDOW, CHUNK, LATENT, SPARSE, COMPRESSED, LINEAR, Attention("chunk", **GROUPED)]
)
@pytest.mark.parametrize("length", [5, 8, 20, 50])
def test_the_mean_over_a_sequence_is_the_sum_over_its_tokens(attention, length):
    one = model(attention)
    each = [forward_flops(one, float(n)) for n in range(1, length + 1)]
    assert mean_forward_flops(one, float(length)) == pytest.approx(sum(each) / length, rel=1e-12)


def test_an_encoder_sees_all_its_tokens_from_the_first():
    seen = Attention("full", **GROUPED, causal=False)
    one = model(Attention("window", **GROUPED, window=8, causal=False))
    assert mean_forward_flops(model(seen), 50.0) == forward_flops(model(seen), 50.0)
    assert mean_forward_flops(one, 50.0) == forward_flops(one, 50.0)
    cross = model(Attention("cross", **GROUPED))
    assert mean_forward_flops(cross, 50.0) == forward_flops(cross, 50.0), "a decoder sees all of the encoder"


def test_work_on_weights_is_two_flop_for_each_but_the_table():
    """3 layers of 720 and 210, a head of 1,000; 5 further weights a layer; a table of width 6 is projected twice 60."""
    mixing = Attention("full", **GROUPED)
    layer = LayerGroup(3, mixing, FeedForward("dense", 7), extra_params=5.0)
    plain = Architecture("plain", 10, 100, False, (layer,), 1000)
    assert matmul_flops(plain) == 2 * (3 * (720 + 210 + 5) + 1000)
    narrow = Architecture("narrow", 10, 100, True, (layer,), 1000, d_embed=6)
    assert matmul_flops(narrow) == 2 * (3 * 935 + 600 + 2 * 60)
    assert matmul_flops(Architecture("encoder", 10, 100, False, (layer,), 1000, has_head=False)) == 2 * 3 * 935
    both = Architecture("both", 10, 100, True, (layer,), 1000, encoder=(layer,), encoder_token_share=0.75)
    assert matmul_flops(both) == 2 * (3 * 935 + 0.25 * 1000)


def test_work_on_experts_is_that_of_those_a_token_passes():
    """Attention 720, a router of 10 x 8, two shared widths of 4 and 2 of 8 experts of 150, in 3 layers; head 1,000."""
    moe = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5, shared_experts=2, d_shared=4)
    layer = LayerGroup(3, Attention("full", **GROUPED), moe)
    assert matmul_flops(Architecture("moe", 10, 100, False, (layer,), 1000)) == 2 * (3 * (720 + 80 + 240 + 300) + 1000)


def test_states_and_taps_work_per_token():
    assert state_flops(MAMBA2) == 6 * 20 * 3 + 2 * 4 * 20
    assert state_flops(Attention("full", **GROUPED, conv_width=4)) == 0


def test_a_served_token_sees_the_input_and_half_of_the_output():
    assert serving_context(ServingTable(input_tokens=1000.0, output_tokens=250.0)) == 1125.0
