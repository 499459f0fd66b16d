"""Weights of each kind of layer, counted matrix by matrix as the layer is defined; d is 10 everywhere."""

import pytest

from wattscale.scenario.workload import ArchitectureTable
from wattscale.workload.layers import Architecture, Attention, FeedForward, LayerGroup
from wattscale.workload.parameters import (
    active_parameters,
    attention_params,
    dense_params,
    expert_params,
    parameters,
    router_params,
)
from wattscale.workload.patch import patched

D = 10


def weights(*shapes):
    """Sum of matrices (rows, columns) and vectors (length,)."""
    return sum(shape[0] * (shape[1] if len(shape) > 1 else 1) for shape in shapes)


GROUPED = {"heads": 6, "kv_heads": 2, "head_dim": 4, "v_head_dim": 5}
QUERY, KEY, VALUE, OUT = (D, 24), (D, 8), (D, 10), (30, D)
PER_KIND = {
    "plain": (Attention("full", **GROUPED), [QUERY, KEY, VALUE, OUT]),
    "biases": (Attention("full", **GROUPED, qkv_bias=True, out_bias=True),
               [QUERY, KEY, VALUE, OUT, (24,), (8,), (10,), (D,)]),
    "norms of queries and keys": (Attention("full", **GROUPED, qk_norm=True), [QUERY, KEY, VALUE, OUT, (4,), (4,)]),
    "gate of the output": (Attention("full", **GROUPED, output_gate=True), [QUERY, KEY, VALUE, OUT, (D, 30)]),
    "two numbers per head": (Attention("full", **GROUPED, head_gates=2), [QUERY, KEY, VALUE, OUT, (D, 6), (D, 6)]),
    "values are the keys": (Attention("full", **GROUPED, kv_projections=1), [QUERY, KEY, OUT]),
    "keys of another layer": (Attention("full", **GROUPED, kv_projections=0), [QUERY, OUT]),
    "output of low rank in groups": (Attention("full", **GROUPED, o_rank=3, o_groups=2),
                                     [QUERY, KEY, VALUE, (15, 3), (15, 3), (6, D)]),
    # Down to 7 and up to 3 heads of 2 + 2 (rotary); latent of 5 beside the rotary key, up to keys of 2 and values of 6.
    "latent": (Attention("mla", 3, 3, 4, 6, q_rank=7, kv_rank=5, rope_dim=2),
               [(D, 7), (7,), (7, 12), (D, 5 + 2), (5,), (5, 3 * (2 + 6)), (18, D)]),
    "latent without a rank of the queries": (Attention("mla", 3, 3, 4, 6, kv_rank=5, rope_dim=2),
                                             [(D, 12), (D, 5 + 2), (5,), (5, 3 * (2 + 6)), (18, D)]),
    # The indexer has queries of its own, one key and a weight per head.
    "indexer": (Attention("sparse", **GROUPED, index_heads=3, index_dim=2, index_topk=5),
                [QUERY, KEY, VALUE, OUT, (D, 6), (D, 2), (D, 3)]),
    "indexer on queries of low rank": (
        Attention("sparse", 3, 3, 4, 6, q_rank=7, kv_rank=5, rope_dim=2, index_heads=3, index_dim=2, index_topk=5),
        [(D, 7), (7,), (7, 12), (D, 7), (5,), (5, 24), (18, D), (7, 6), (D, 2), (D, 3)]),
    # Values and weights of the merge, twice where the streams overlap; entries of the indexer are merged, too.
    "compressed": (Attention("compressed", **GROUPED, kv_projections=1, compress_ratio=4),
                   [QUERY, KEY, OUT, (D, 4), (D, 4)]),
    "compressed with an indexer": (
        Attention("compressed", **GROUPED, kv_projections=1, compress_ratio=4, index_heads=3, index_dim=2),
        [QUERY, KEY, OUT, (D, 6), (D, 3), *[(D, 4 + 2)] * 4]),
    # 2 key heads of 4, 6 value heads of 5: queries, keys, values, output, convolution of all, norm, decay and step.
    "linear": (Attention("linear", **GROUPED, state_dim=4, conv_width=3),
               [(D, 8), (D, 8), (D, 30), (30, D), (8 + 8 + 30, 3), (5,), (6,), (6,)]),
    "linear with gates": (Attention("linear", **GROUPED, state_dim=4, output_gate=True, head_gates=2),
                          [(D, 8), (D, 8), (D, 30), (30, D), (5,), (6,), (6,), (D, 30), (D, 6), (D, 6)]),
    "linear with gates of low rank": (Attention("linear", **GROUPED, state_dim=4, output_gate=True, low_rank=2),
                                      [(D, 8), (D, 8), (D, 30), (30, D), (5,), (6,), (6,), *[(D, 2), (2, 30)] * 2]),
    # Width 20, state 3, step of rank 2: in, convolution with bias, step with B and C, step up with bias, A, D, out.
    "mamba": (Attention("mamba", 20, 1, 1, 1, state_dim=3, conv_width=4, low_rank=2),
              [(D, 40), (20, 4), (20,), (20, 2 + 3 + 3), (2, 20), (20,), (20, 3), (20,), (20, D)]),
    # 5 heads of 4, 2 groups of B and C of 3: in for gate, values, B, C, steps; convolution; A, D and bias; norm; out.
    "mamba2": (Attention("mamba2", 5, 1, 4, 4, state_dim=3, conv_width=4, groups=2),
               [(D, 20 + 20 + 12 + 5), (32, 4), (32,), (5,), (5,), (5,), (20,), (20, D)]),
    "rwkv": (Attention("rwkv", 5, 1, 4, 4, state_dim=4, low_rank=3),
             [*[(D, 20)] * 4, (D, 3), (3, D), *[(D,)] * 6]),
    "rwkv with a gate": (Attention("rwkv", 5, 1, 4, 4, state_dim=4, output_gate=True), [*[(D, 20)] * 5, *[(D,)] * 6]),
    # Width 12: two branches in, out, convolution with bias, two gates of 4 blocks of 3, their biases and the decay.
    "recurrent": (Attention("recurrent", 12, 1, 1, 1, conv_width=4, groups=4),
                  [(D, 12), (D, 12), (12, D), (12, 4), (12,), *[(3, 3)] * 8, (12,), (12,), (12,)]),
    "convolution": (Attention("conv", 12, 1, 1, 1, conv_width=3), [(D, 36), (12, 3), (12, D)]),
}  # fmt: skip


@pytest.mark.parametrize("kind", PER_KIND)
def test_token_mixing_has_the_weights_of_its_matrices(kind):
    attention, shapes = PER_KIND[kind]
    assert attention_params(D, attention) == weights(*shapes)


@pytest.mark.parametrize(
    ("block", "shapes"),
    [
        (FeedForward("dense", 7), [(D, 7), (D, 7), (7, D)]),
        (FeedForward("dense", 7, gated=False), [(D, 7), (7, D)]),
        (FeedForward("dense", 7, bias=True), [(D, 7), (7,), (D, 7), (7,), (7, D), (D,)]),
        (FeedForward("dense", 7, gated=False, bias=True), [(D, 7), (7,), (7, D), (D,)]),
        (FeedForward("dense", 7, gated=False, receptance=True), [(D, 7), (7, D), (D, D)]),
        (FeedForward("moe", 0, shared_experts=2, d_shared=3, gated_shared=True, bias=True),
         [*[(D, 3), (3,), (D, 3), (3,), (3, D), (D,)] * 2, (D,)]),
        (FeedForward("moe", 7, shared_experts=1, d_shared=3), [(D, 7), (D, 7), (7, D), (D, 3), (D, 3), (3, D)]),
        (FeedForward("none", 7), []),
    ],
)  # fmt: skip
def test_feed_forward_that_every_token_passes(block, shapes):
    assert dense_params(D, block) == weights(*shapes)


def test_experts_and_their_router():
    plain = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5)
    assert expert_params(D, plain) == weights((D, 5), (D, 5), (5, D))
    assert router_params(D, plain) == weights((D, 8))
    latent = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5, latent=4, gated=False)
    assert expert_params(D, latent) == weights((4, 5), (5, 4))
    assert router_params(D, latent) == weights((D, 8), (D, 4), (4, D))


MIXING = Attention("full", **GROUPED)
MIXED = weights(QUERY, KEY, VALUE, OUT)
SPARSE = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5)
DENSE = FeedForward("dense", 7)


def test_a_model_is_its_tables_layers_and_norms():
    """100 rows; 2 layers of attention with 8 experts of which a token passes 2, 3 with a dense block; biased norms.

    Two norms a layer and one at the end, each of 2 x 10; 4 further weights in each of the first layers.
    """
    groups = (LayerGroup(2, MIXING, SPARSE, extra_params=4.0), LayerGroup(3, MIXING, DENSE))
    model = Architecture("by hand", D, 100, False, groups, 50, positions=50, norm_bias=True, tower_params=77.0,
                         lookup_params=33.0)  # fmt: skip
    found, active = parameters(model), active_parameters(model)
    assert found.embedding == 100 * D + 50 * D + 33
    assert active.embedding == 100 * D + 50 * D
    assert found.head == active.head == 100 * D
    assert found.attention == active.attention == 5 * MIXED
    assert found.dense == active.dense == 3 * 3 * 7 * D
    assert found.router == active.router == 2 * 8 * D
    assert found.experts == 2 * 8 * 3 * 5 * D
    assert active.experts == 2 * 2 * 3 * 5 * D
    assert found.other == active.other == 20 + 5 * 2 * 20 + 2 * 4
    assert (found.towers, active.towers) == (77.0, 0.0)


def test_a_narrow_table_is_projected_in_and_out():
    """Rows of 6 and matrices from 6 to 10 and back; a tied head adds nothing, a model without one neither."""
    layer = (LayerGroup(1, MIXING, DENSE),)
    assert parameters(Architecture("narrow", D, 100, True, layer, 50, d_embed=6)).embedding == 600 + 2 * 6 * D
    assert parameters(Architecture("narrow", D, 100, False, layer, 50, d_embed=6)).head == 600
    assert parameters(Architecture("tied", D, 100, True, layer, 50)).head == 0
    assert parameters(Architecture("encoder", D, 100, False, layer, 50, has_head=False)).head == 0


def test_a_token_of_an_encoder_and_decoder_passes_one_of_them():
    """3 of 4 tokens run through 4 layers of encoder, one through 2 of decoder with a second attention."""
    decoder, encoder = (LayerGroup(2, MIXING, DENSE, second=MIXING),), (LayerGroup(4, MIXING, DENSE),)
    model = Architecture("two stacks", D, 100, True, decoder, 50, encoder=encoder, encoder_token_share=0.75)
    assert parameters(model).attention == (2 * 2 + 4) * MIXED
    assert active_parameters(model).attention == (2 * 2 + 4) * MIXED
    by_token = active_parameters(model, by_token=True)
    assert by_token.attention == (0.25 * 2 * 2 + 0.75 * 4) * MIXED
    assert by_token.dense == (0.25 * 2 + 0.75 * 4) * 3 * 7 * D
    assert by_token.other == 0.25 * (D + 2 * 2 * D) + 0.75 * (D + 4 * 2 * D)


@pytest.mark.parametrize(
    ("attention", "table", "heads"),
    [
        (MIXING, {"heads": 12}, (12, 2)),
        (MIXING, {"kv_heads": 3}, (6, 3)),
        (MIXING, {"heads": 1}, (1, 1)),  # never more keys than queries
        (PER_KIND["latent"][0], {"heads": 8}, (8, 8)),  # a latent is expanded for every head
        (PER_KIND["mamba"][0], {"heads": 12}, (20, 1)),  # states have no softmax heads
    ],
)
def test_other_numbers_of_heads(attention, table, heads):
    model = Architecture("by hand", D, 100, False, (LayerGroup(2, attention, DENSE),), 50)
    found = patched(model, ArchitectureTable(**table)).groups[0].attention
    assert (found.heads, found.kv_heads) == heads


@pytest.mark.parametrize(("layers", "counts"), [(10, (2, 3, 5)), (5, (1, 2, 2)), (3, (1, 1, 1)), (1, (1,))])
def test_layers_keep_their_proportions_by_largest_remainder(layers, counts):
    """Of 5 layers 1, 1.5 and 2.5 are due: the odd one goes to the first of equal remainders; of 3 0.6, 0.9 and 1.5."""
    groups = tuple(LayerGroup(n, MIXING, DENSE) for n in (2, 3, 5))
    found = patched(Architecture("by hand", D, 100, False, groups, 50), ArchitectureTable(layers=layers)).groups
    assert sum(g.count for g in found) == layers
    assert tuple(g.count for g in found) == counts
