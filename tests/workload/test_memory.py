"""Bytes of weights, caches and states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import KINDS, model

from wattscale.workload.architecture import (
    FeedForward,
    experts_touched,
    kv_bytes_per_token,
    kv_cache_bytes,
    kv_read_bytes,
    parameters,
    params_total,
    weight_bytes,
    weight_bytes_touched,
)

MOE = FeedForward("moe", 0, True, 8, 2, 1, 32, 64)


def test_grouped_attention_keeps_keys_and_values_of_each_group() -> None:
    assert kv_bytes_per_token(model(KINDS["full"]), 2.0) == 3 * 2 * 2 * 16 * 2


def test_mla_keeps_the_latent_and_the_rotary_part() -> None:
    assert kv_bytes_per_token(model(KINDS["mla"]), 1.0) == 3 * (20 + 8)


def test_a_window_caps_the_cache() -> None:
    arch = model(KINDS["window"])
    assert kv_cache_bytes(arch, 1000.0, 2.0) == kv_cache_bytes(arch, 7.0, 2.0) == 7 * kv_bytes_per_token(arch, 2.0)


def test_a_recurrent_state_does_not_grow() -> None:
    for kind in ("linear", "mamba2", "rwkv"):
        arch = model(KINDS[kind])
        assert kv_cache_bytes(arch, 1.0, 2.0) == kv_cache_bytes(arch, 1e6, 2.0) > 0
        assert kv_bytes_per_token(arch, 2.0) == 0


def test_a_state_keeps_its_own_precision_and_is_read_and_written() -> None:
    arch = model(replace(KINDS["mamba2"], state_bytes=4.0))
    assert kv_cache_bytes(arch, 1.0, 1.0) == kv_cache_bytes(arch, 1.0, 2.0) == 3 * 4 * (8 * 16 * 32 + 3 * (128 + 128))
    assert kv_read_bytes(arch, 1.0, 1.0) == 2 * kv_cache_bytes(arch, 1.0, 1.0)


def test_sparse_attention_reads_less_than_it_keeps() -> None:
    arch = model(KINDS["sparse"])
    kept, read = kv_cache_bytes(arch, 100.0, 1.0), kv_read_bytes(arch, 100.0, 1.0)
    assert kept == 3 * 100 * (28 + 8)
    assert read == 3 * (5 * 28 + 100 * 8)


def test_compressed_attention_keeps_a_window_and_merged_entries() -> None:
    arch = model(KINDS["compressed"])
    assert kv_cache_bytes(arch, 100.0, 1.0) == 3 * (6 * 16 + 100 / 4 * (16 + 8))
    assert kv_read_bytes(arch, 100.0, 1.0) == 3 * (6 * 16 + 3 * 16 + 100 / 4 * 8)


@pytest.mark.parametrize("kind", KINDS)
def test_scalar_and_array_contexts_give_the_same_cache(kind: str) -> None:
    arch, contexts = model(KINDS[kind]), np.array([0.0, 3.0, 5000.0])
    assert kv_cache_bytes(arch, contexts, 2.0).tolist() == [kv_cache_bytes(arch, c, 2.0) for c in contexts.tolist()]


@settings(max_examples=25, deadline=None)
@given(tokens=st.integers(1, 100_000), more=st.integers(0, 100_000))
def test_more_tokens_touch_more_experts_but_never_more_than_all(tokens: int, more: int) -> None:
    few, many = (float(experts_touched(64, 8, float(n))) for n in (tokens, tokens + more))
    assert 8 - 1e-9 <= few <= many <= 64


def test_experts_touched_agree_with_counting_random_choices() -> None:
    rng = np.random.default_rng(1)
    counts = [len({e for _ in range(6) for e in rng.choice(16, 4, replace=False)}) for _ in range(2000)]
    assert float(experts_touched(16, 4, 6.0)) == pytest.approx(np.mean(counts), rel=0.01)


def test_one_token_reads_the_active_weights_and_many_tokens_all() -> None:
    arch = model(KINDS["full"], MOE)
    table = parameters(arch).embedding
    assert weight_bytes_touched(arch, 1e6, 2.0) == pytest.approx(2 * params_total(arch))
    active = parameters(arch).total - table - 3 * 6 * 3 * 64 * 32
    assert weight_bytes_touched(arch, 1.0, 2.0) == pytest.approx(2 * (active + 64))


def test_experts_may_have_a_precision_of_their_own() -> None:
    arch = model(KINDS["full"], MOE)
    saved = parameters(arch).experts * 1.5
    assert weight_bytes(arch, 2.0) - weight_bytes(arch, 2.0, 0.5) == saved


def test_memory_of_a_moe_model_holds_all_experts_not_the_active_ones() -> None:
    arch = model(KINDS["full"], MOE)
    assert weight_bytes(arch, 2.0) == 2 * params_total(arch)
