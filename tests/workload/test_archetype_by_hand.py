"""What an archetype is built of: experts or not, heads, states, stacks; the widths that meet the parameters."""

import pytest

from wattscale.workload.archetype import archetype, traits
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
    ],
)
def test_words_for_a_kind_of_model(words, found):
    t = traits(words)
    assert (t.moe, t.encoder_decoder, t.state_space, t.rwkv, t.gated, t.kv_heads) == found
