"""Parameters and FLOPs against hand counts, and the laws between them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import DENSE, FULL, KINDS, model

from wattscale.workload.architecture import (
    Architecture,
    Attention,
    FeedForward,
    LayerGroup,
    attention_flops,
    forward_flops,
    matmul_flops,
    mean_forward_flops,
    moe_layers,
    parameters,
    params_active,
    params_total,
)


def test_a_small_dense_model_has_the_parameters_counted_by_hand() -> None:
    attention = 64 * 4 * 16 + 2 * 64 * 2 * 16 + 4 * 16 * 64
    layer = attention + 3 * 64 * 256 + 2 * 64
    assert params_total(model(FULL)) == 3 * layer + 64 + 2 * 1000 * 64


def test_mla_has_the_parameters_counted_by_hand() -> None:
    queries = 64 * 12 + 12 + 12 * 4 * 24
    latent = 64 * (20 + 8) + 20 + 20 * 4 * (16 + 16)
    assert parameters(model(KINDS["mla"], None, 1)).attention == queries + latent + 4 * 16 * 64


def test_a_tied_head_is_counted_once_in_parameters_and_once_in_flops() -> None:
    untied = model(FULL)
    tied = Architecture("tied", 64, 1000, True, untied.groups, 4096)
    assert params_total(untied) - params_total(tied) == 64_000
    assert matmul_flops(untied) == matmul_flops(tied)


def test_only_chosen_and_shared_experts_are_active() -> None:
    moe = FeedForward("moe", 0, True, 8, 2, 1, 32, 64)
    arch = model(FULL, moe)
    assert params_total(arch) - params_active(arch) == 3 * 6 * 3 * 64 * 32
    assert moe_layers(arch) == 3


def test_matmul_flops_are_two_per_active_weight_without_embedding_and_norms() -> None:
    arch = model(FULL)
    norms = 3 * 2 * 64 + 64
    assert matmul_flops(arch) == 2 * (params_active(arch, embeddings=False) - norms)


def test_an_encoder_decoder_token_runs_through_one_stack() -> None:
    encoder = LayerGroup(3, Attention("full", 4, 4, 16, 16, causal=False), DENSE)
    decoder = LayerGroup(3, Attention("full", 4, 4, 16, 16), DENSE)
    both = Architecture("t5", 64, 1000, True, (decoder,), 512, encoder=(encoder,), encoder_token_share=0.5)
    one = Architecture("half", 64, 1000, True, (decoder,), 512)
    head = 2 * 1000 * 64
    assert matmul_flops(both) == matmul_flops(one) - head / 2
    assert params_active(both) == params_total(both)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(length=st.integers(1, 60))
def test_mean_flops_of_a_sequence_equal_the_brute_force_mean(kind: str, length: int) -> None:
    arch = model(KINDS[kind])
    contexts = np.arange(1.0, length + 1.0)
    assert mean_forward_flops(arch, float(length)) == pytest.approx(forward_flops(arch, contexts).mean(), rel=1e-12)


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "chunk"])
@settings(max_examples=15, deadline=None)
@given(context=st.floats(0, 1e6), more=st.floats(0, 1e6))
def test_a_longer_context_never_costs_less(kind: str, context: float, more: float) -> None:
    arch = model(KINDS[kind])
    assert attention_flops(arch, context + more) >= attention_flops(arch, context)


@pytest.mark.parametrize("kind", KINDS)
def test_scalar_and_array_contexts_give_the_same(kind: str) -> None:
    arch = model(KINDS[kind])
    contexts = np.array([1.0, 5.0, 40.0])
    assert forward_flops(arch, contexts).tolist() == [forward_flops(arch, c) for c in contexts.tolist()]
    assert mean_forward_flops(arch, contexts).tolist() == [mean_forward_flops(arch, c) for c in contexts.tolist()]


def test_a_window_as_long_as_the_context_costs_like_full_attention() -> None:
    window = model(Attention("window", 4, 2, 16, 16, window=100))
    assert mean_forward_flops(window, 100.0) == mean_forward_flops(model(FULL), 100.0)
    assert mean_forward_flops(window, 200.0) < mean_forward_flops(model(FULL), 200.0)


def test_recurrent_layers_cost_the_same_at_any_context() -> None:
    for kind in ("linear", "mamba2", "rwkv"):
        assert attention_flops(model(KINDS[kind]), 1.0) == attention_flops(model(KINDS[kind]), 1e6) > 0


def test_absorbed_mla_scores_cost_two_latents_and_a_rotary_part_per_head() -> None:
    assert attention_flops(model(KINDS["mla"]), 10.0, absorbed=True) == 3 * 2 * 4 * (2 * 20 + 8) * 10


@settings(max_examples=25, deadline=None)
@given(layers=st.integers(1, 100), times=st.integers(2, 5))
def test_flops_of_the_stack_scale_with_its_depth(layers: int, times: int) -> None:
    head = 2 * 64 * 1000
    thin, thick = (forward_flops(model(FULL, layers=n), 100.0) - head for n in (layers, layers * times))
    assert thick == pytest.approx(times * thin)
