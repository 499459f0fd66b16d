"""What an archetype is built of: experts or not, heads, states, stacks; the widths that meet the parameters."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from wattscale.errors import InputError
from wattscale.workload import archetype as archetypes
from wattscale.workload.archetype import Traits, archetype, traits
from wattscale.workload.layers import Architecture, Attention, FeedForward, LayerGroup
from wattscale.workload.parameters import params_active, params_total

PLAIN = {"layers": 10, "d_model": 1024, "vocab": 32_000}


def of(catalog, total, active=None, kind="dense", **more):
    return archetype(catalog, total, active, kind, **{**PLAIN, **more})


def has_experts(arch):
    return arch.groups[0].feed_forward.kind == "moe"


@pytest.mark.parametrize(
    ("kind", "active", "experts"),
    [
        ("dense", 2.0, False),
        ("dense", 1.9, False),  # 95 %: few weights left out do not make experts
        ("dense", 0.5, True),
        ("MoE decoder", 1.9, True),
        ("MoE decoder", 2.0, False),  # all of them active: nothing to route
    ],
)
def test_experts_where_they_are_named_or_much_is_inactive(catalog, kind, active, experts):
    assert has_experts(of(catalog, 2.0, active, kind)) is experts


def test_a_dense_width_takes_what_attention_and_tables_leave(catalog):
    """2e9 less a table of 32,000 x 1,024 (tied, or twice) and 10 layers of attention and norms, over 3 matrices."""
    arch = of(catalog, 2.0, heads=8, kv_heads=8)
    tables = 32_000 * 1024 * (1 if arch.tied_embeddings else 2)
    rest = tables + 10 * (4 * 1024**2 + 2 * 1024) + 1024
    assert arch.groups[0].feed_forward.d_ff == round((2e9 - rest) / (10 * 3 * 1024))
    assert params_total(arch) == pytest.approx(2e9, rel=0.01)


def test_experts_hold_the_rest_and_a_token_passes_its_share(catalog):
    arch = of(catalog, 4.0, 1.0)
    assert params_total(arch) == pytest.approx(4e9, rel=0.02)
    assert params_active(arch) == pytest.approx(1e9, rel=0.05)
    f = arch.groups[0].feed_forward
    held = params_total(arch) - 10 * f.experts * 3 * 1024 * f.d_expert
    assert f.experts_per_token / f.experts == pytest.approx((1e9 - held) / (4e9 - held), rel=0.05)


def test_heads_share_the_width(catalog):
    assert (of(catalog, 2.0, heads=8).groups[0].attention.head_dim, of(catalog, 2.0).groups[0].attention.heads) == (
        128,
        8,
    )
    assert of(catalog, 2.0, kind="dense (MQA)").groups[0].attention.kv_heads == 1
    assert of(catalog, 2.0, heads=16, kv_heads=4).groups[0].attention.kv_heads == 4
    old = of(catalog, 2.0, year=2020).groups[0]
    assert (old.attention.kv_heads, old.feed_forward.gated) == (8, False)


def test_an_encoder_and_a_decoder_share_the_depth(catalog):
    arch = of(catalog, 2.0, kind="encoder-decoder")
    (decoder,), (encoder,) = arch.groups, arch.encoder
    assert (decoder.count, encoder.count, arch.encoder_token_share) == (5, 5, 0.5)
    assert (decoder.second.kind, decoder.norms, encoder.attention.causal) == ("cross", 3, False)
    assert params_total(arch) == pytest.approx(2e9, rel=0.01)


def test_states_take_most_layers_of_a_hybrid_and_all_of_an_rwkv(catalog):
    space, mixing = of(catalog, 2.0, kind="hybrid Mamba").groups
    assert (space.attention.kind, mixing.attention.kind) == ("mamba2", "full")
    assert space.count > mixing.count >= 1
    assert space.count + mixing.count == 10
    assert space.attention.heads * space.attention.v_head_dim == 2 * 1024
    assert (space.attention.state_dim, space.attention.groups) == (128, 8)
    (rwkv,) = of(catalog, 2.0, kind="RWKV").groups
    assert (rwkv.attention.kind, rwkv.count, rwkv.attention.inner) == ("rwkv", 10, 1024)
    assert (rwkv.feed_forward.gated, rwkv.feed_forward.receptance) == (False, True)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("dense decoder (GQA 4 kv)", (False, False, False, False, True, 4)),
        ("MoE decoder, multi-query", (True, False, False, False, True, 1)),
        ("encoder decoder", (False, True, False, False, True, None)),
        ("hybrid SSM", (False, False, True, False, True, None)),
        ("RNN", (False, False, False, True, True, None)),
        ("dense, ALiBi", (False, False, False, False, False, 0)),
        ("dense, ALiBi, GEGLU", (False, False, False, False, True, 0)),
        ("dense, ALiBi, SwiGLU", (False, False, False, False, True, 0)),
        ("dense, ALiBi, gated", (False, False, False, False, True, 0)),
        ("routed experts (MQA)", (True, False, False, False, True, 1)),
        ("multiquery, ALiBi", (False, False, False, False, False, 1)),
        ("multigroup 2", (False, False, False, False, True, 2)),
        ("MHA", (False, False, False, False, True, 0)),
        ("encoder-decoder", (False, True, False, False, True, None)),
        ("Mamba", (False, False, True, False, True, None)),
        ("state space", (False, False, True, False, True, None)),
        ("RWKV", (False, False, False, True, True, None)),
    ],
)
def test_words_for_a_kind_of_model(words, found):
    t = traits(words)
    assert (t.moe, t.encoder_decoder, t.state_space, t.rwkv, t.gated, t.kv_heads) == found


@pytest.mark.parametrize(("year", "plain"), [(None, False), (2023, True), (2024, False)])
def test_older_models_have_plain_heads_and_two_matrices(year, plain):
    found = traits("dense", year, grouped_since=2024)
    assert (found.kv_heads, found.gated) == ((0, False) if plain else (None, True))
    assert traits("dense (GQA 8 kv)", year).kv_heads == 8
    assert traits("dense, swiglu", 2020).gated


USUAL = {
    "attention.grouped_since_year": 2024.0, "attention.head_dim": 128.0, "attention.kv_heads": 8.0,
    "dense.layers_level": 10.0, "dense.layers_power": 0.5, "dense.d_model_level": 1500.0, "dense.d_model_power": 0.25,
    "moe.layers_level": 20.0, "moe.layers_power": 0.25, "moe.d_model_level": 700.0, "moe.d_model_power": 0.5,
    "dense.vocab": 32_000.0, "dense.vocab_share_most": 0.2, "dense.tied_share_least": 0.1, "moe.active_share_most": 0.9,
    "hybrid.attention_layers_share": 0.1, "moe.experts_per_token": 8.0, "moe.fine_grained_experts": 64.0,
    "moe.experts_per_token_coarse": 2.0,
}  # fmt: skip
BOOK = SimpleNamespace(value=lambda table, name: USUAL[name])


def test_depth_width_and_words_of_a_dense_model_by_its_size():
    """16 billion: 10 x 16^0.5 layers, a width of 1,500 x 2 in whole 64s: 47. 24 heads of 125 on 8 keys."""
    arch = archetype(BOOK, 16.0)
    (group,) = arch.groups
    assert (group.count, arch.d_model, arch.vocab) == (40, 47 * 64, 32_000)
    heads = round(47 * 64 / 128)
    assert group.attention == Attention("full", heads, 8, 47 * 64 // heads, 47 * 64 // heads)
    assert not arch.tied_embeddings
    assert group.feed_forward.gated


def test_depth_and_width_of_experts_follow_the_active_size():
    """16 of 64 billion active: 20 x 16^0.25 layers, width 700 x 4 in whole 64s: 44."""
    arch = archetype(BOOK, 64.0, 16.0)
    assert (arch.layers, arch.d_model) == (40, 44 * 64)
    two = archetype(BOOK, 64.0, 16.0, "encoder-decoder MoE")
    assert two.encoder == (), "experts are not split into two stacks"


@pytest.mark.parametrize(("active", "experts"), [(1.79, True), (1.81, False)])
def test_nine_tenths_active_are_still_dense(active, experts):
    assert has_experts(archetype(BOOK, 2.0, active, layers=4, d_model=512, vocab=1000)) is experts


def test_a_tiny_model_has_a_layer_a_step_of_width_and_few_words():
    """100,000 weights: 0.1 layers, a width of 150 in whole 64s: 128, a fifth in a table of 156 rows, tied."""
    arch = archetype(BOOK, 1e-4)
    assert (arch.layers, arch.d_model, arch.vocab, arch.tied_embeddings) == (1, 128, round(0.2 * 1e5 / 128), True)
    assert archetypes._stepped(30.0) == 64
    assert archetypes._stepped(97.0) == 128
    assert archetypes._usual_vocab(BOOK, 1000, 0.1) == 20_000
    assert archetypes._usual_vocab(BOOK, 1000, 8.0) == 32_000
    assert archetypes._usual_vocab(BOOK, 1000, 1e-9) == 1
    assert archetypes._law(BOOK, "dense", "layers", 4.0) == 20.0


@pytest.mark.parametrize(("vocab", "tied"), [(195_000, False), (196_000, True)])
def test_a_table_above_a_tenth_of_the_model_is_the_head_too(vocab, tied):
    """Of 2 billion 200 million: 195,312 rows of 1,024."""
    assert archetype(BOOK, 2.0, layers=4, d_model=1024, vocab=vocab).tied_embeddings is tied


@pytest.mark.parametrize(
    ("words", "width", "heads", "kv", "found"),
    [
        (Traits(), 1024, None, None, (8, 8, 128)),
        (Traits(), 4096, None, None, (32, 8, 128)),
        (Traits(), 512, None, None, (4, 4, 128)),  # never more keys than queries
        (Traits(), 50, None, None, (1, 1, 50)),
        (Traits(), 1000, 3, None, (3, 3, 333)),
        (Traits(), 4, 9, None, (9, 8, 1)),
        (Traits(kv_heads=0), 4096, None, None, (32, 32, 128)),
        (Traits(kv_heads=1), 4096, None, None, (32, 1, 128)),
        (Traits(kv_heads=1), 4096, None, 4, (32, 4, 128)),
        (Traits(kv_heads=8), 512, None, None, (4, 4, 128)),
        (Traits(), 512, None, 4, (4, 4, 128)),
    ],
)
def test_heads_of_the_usual_width(words, width, heads, kv, found):
    query, keys, dim = found
    assert archetypes._mixing(BOOK, words, width, heads, kv) == Attention("full", query, keys, dim, dim)


def test_more_keys_than_queries_are_refused_where_they_are_given():
    with pytest.raises(InputError, match="more key/value heads") as caught:
        archetypes._mixing(BOOK, Traits(), 512, 4, 5)
    assert (caught.value.where, caught.value.allowed) == ("workload.architecture.kv_heads", "1 to 4")


def test_layers_of_each_kind_of_model():
    full, feed = Attention("full", 8, 8, 128, 128), FeedForward("dense", 5)
    plain = archetypes._groups(BOOK, Traits(), 30, full, feed, 1024)
    assert plain == (LayerGroup(30, full, feed),)
    rwkv = archetypes._groups(BOOK, Traits(rwkv=True), 30, full, feed, 1024)
    mixing = Attention("rwkv", 1024, 1, 1, 1, state_dim=3)
    assert rwkv == (LayerGroup(30, mixing, replace(feed, gated=False, receptance=True)),)
    # Twice the width in heads of 128, a tenth of the layers with attention, at least one.
    space = Attention("mamba2", 16, 1, 128, 128, state_dim=128, conv_width=4, groups=8)
    hybrid = Traits(state_space=True)
    assert archetypes._groups(BOOK, hybrid, 30, full, feed, 1024) == (LayerGroup(27, space, feed),
                                                                     LayerGroup(3, full, feed))  # fmt: skip
    narrow = archetypes._groups(BOOK, hybrid, 4, full, feed, 256)
    few = Attention("mamba2", 4, 1, 128, 128, state_dim=128, conv_width=4, groups=4)
    assert narrow == (LayerGroup(3, few, feed), LayerGroup(1, full, feed))


@pytest.mark.parametrize(("depth", "half"), [(7, 3), (2, 1), (1, 1)])
def test_two_stacks_of_half_the_depth(depth, half):
    full, feed = Attention("full", 8, 8, 128, 128), FeedForward("dense", 5)
    arch = Architecture("two", 1024, 100, True, (LayerGroup(depth, full, feed),), 50)
    found = archetypes._two_stacks(arch, depth)
    assert found.groups == (LayerGroup(half, full, feed, norms=3, second=replace(full, kind="cross")),)
    assert found.encoder == (LayerGroup(half, replace(full, causal=False), feed),)
    assert found.encoder_token_share == 0.5


FLAT = Architecture("flat", 10, 100, True, (LayerGroup(2, Attention("full", 6, 2, 4, 5), FeedForward("dense", 0)),), 50)
REST = 1000 + 10 + 2 * (720 + 20)
"""A table of 100 x 10, a norm, and 2 layers of 720 weights of attention with two norms."""


@pytest.mark.parametrize("gated", [True, False])
def test_the_width_shares_what_is_left_among_layers_and_matrices(gated):
    feed = FeedForward("dense", 0, gated)
    arch = replace(FLAT, groups=(replace(FLAT.groups[0], feed_forward=feed),))
    encoder = (replace(FLAT.groups[0], count=3, feed_forward=feed),)
    both = archetypes._with_width(
        replace(arch, encoder=encoder), REST + 10 + 3 * 740 + 5 * (3 if gated else 2) * 10 * 77
    )
    for group in (*both.groups, *both.encoder):
        assert group.feed_forward == replace(feed, d_ff=77)
    with pytest.raises(InputError, match=r"alone have 2\.49e-06 billion"):
        archetypes._with_width(arch, REST + 10.0)


@pytest.mark.parametrize(
    ("ratio", "experts", "chosen"),
    [
        (10.3, 103, 10),  # of 8 to 16 a token 10 come out even
        (10.0625, 161, 16),
        (10 + 1 / 17, 161, 16),  # 17 would come out even, but 16 are the most
        (8.0, 64, 8),
        (4.5, 9, 2),  # below 64 experts of which 8 are chosen: few large ones
        (4.25, 17, 4),
        (7.75, 31, 4),
    ],
)
def test_experts_that_make_the_ratio_of_total_and_active(ratio, experts, chosen):
    """The rest of the model is 2,490; a width of 600 in 2 layers of three matrices of 10."""
    routed = experts * 2 * 3 * 10 * 600
    found = archetypes._with_experts(BOOK, FLAT, REST + routed, REST + routed / ratio)
    assert found.groups[0].feed_forward == FeedForward("moe", 0, True, experts, chosen, d_expert=600)


def test_experts_are_a_number_wide_at_least_and_need_room():
    one = archetypes._with_experts(BOOK, FLAT, REST + 1030.0, REST + 100.0).groups[0].feed_forward
    assert (one.experts, one.experts_per_token, one.d_expert) == (103, 10, 1)
    for total, active in ((REST + 10.0, REST + 0.0), (REST + 0.0, REST + 10.0)):
        with pytest.raises(InputError, match=r"alone have 2\.49e-06 billion active"):
            archetypes._with_experts(BOOK, FLAT, total, active)
