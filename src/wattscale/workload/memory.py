"""Bytes of weights and of the cache: what must be held, and what one step reads.

In: `Architecture`, bytes per element, tokens or context. Out: bytes.
Leaves out: activations and framework buffers (the compute stage), padding, replication over devices.
"""

from __future__ import annotations

from dataclasses import replace
from typing import overload

import numpy as np

from wattscale.units import FloatArray
from wattscale.workload.layers import Architecture, Attention
from wattscale.workload.parameters import expert_params, parameters

STATE_PASSES = 2.0
"""A recurrent state is read and written in every step."""


def cache_terms(a: Attention) -> tuple[tuple[float, float], ...]:
    """Give what a layer keeps of the past as terms slope x min(context, cap).

    Args:
        a: Token mixing.

    Returns:
        Pairs of slope [elements per token] and cap [token]; empty for recurrent kinds, reused caches and encoders.

    Source: DeepSeek-AI 2024: MLA keeps r_kv + r_rope elements; 2025: the indexer one key of its own.

    >>> cache_terms(Attention("mla", 128, 128, 192, 128, kv_rank=512, rope_dim=64))
    ((576.0, inf),)
    """
    if a.recurrent or not a.stores_cache or not a.causal:
        return ()
    width = float(a.kv_heads * (a.head_dim + (a.v_head_dim if a.kv_projections == 2 else 0)))
    if a.kv_rank:
        width = float(a.kv_rank + a.rope_dim)
    index = ((a.index_dim / a.compress_ratio, np.inf),) if a.index_heads else ()
    if a.kind == "compressed":
        beside = ((width, float(a.window)),) if a.window else ()
        return (*beside, (width / a.compress_ratio, np.inf), *index)
    cap = float(a.window) if a.window and a.kind in ("window", "chunk") else np.inf
    return ((width, cap), *index)


def state_elements(a: Attention) -> float:
    """Give the elements of the fixed state of a recurrent layer, with the convolution's memory.

    >>> state_elements(Attention("mamba2", 256, 1, 64, 64, state_dim=256))
    4194304.0
    """
    if not a.recurrent:
        return 0.0
    mixed = a.inner + (2 * a.groups * a.state_dim if a.kind == "mamba2" else 0)
    if a.kind == "linear":
        mixed += 2 * a.kv_heads * a.head_dim
    return float(a.inner * a.state_dim + max(a.conv_width - 1, 0) * mixed + (a.kind == "recurrent") * a.inner)


def kv_bytes_per_token(arch: Architecture, bytes_per_element: float) -> float:
    """Compute the cache that one more token of a short context adds (windows not yet full).

    2 L g e c for grouped attention; L (r_kv + r_rope) c for MLA.

    Args:
        arch: The model.
        bytes_per_element: Bytes of a cached number [B].

    Returns:
        Bytes per token [B/token].

    Source: DeepSeek-AI 2024: 61 layers x 576 elements, 70 kB in bf16.

    >>> from wattscale.workload.layers import FeedForward, LayerGroup
    >>> mla = Attention("mla", 128, 128, 192, 128, q_rank=1536, kv_rank=512, rope_dim=64)
    >>> v3 = Architecture("V3", 7168, 129280, False, (LayerGroup(61, mla, None),), 163840)
    >>> kv_bytes_per_token(v3, 2.0)
    70272.0
    """
    return bytes_per_element * sum(
        group.count * slope for group in arch.groups for a in group.attentions for slope, _ in cache_terms(a)
    )


@overload
def kv_cache_bytes(arch: Architecture, context: float, bytes_per_element: float) -> float: ...
@overload
def kv_cache_bytes(arch: Architecture, context: FloatArray, bytes_per_element: float) -> FloatArray: ...
def kv_cache_bytes(arch: Architecture, context: float | FloatArray, bytes_per_element: float) -> float | FloatArray:
    """Compute the cache and state of one sequence.

    Args:
        arch: The model.
        context: Tokens of the sequence so far [token], scalar or any shape.
        bytes_per_element: Bytes of a cached key or value [B]; states keep their own (`Attention.state_bytes`).

    Returns:
        Bytes per sequence, shape of `context`; windows cap it, recurrent layers add a constant.

    >>> from wattscale.workload.layers import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> kv_cache_bytes(Architecture("8B", 4096, 128256, False, (layer,), 131072), 1000.0, 2.0) / 1e6
    131.072
    """
    seen = np.asarray(context, dtype=np.float64)
    total: FloatArray = np.zeros_like(seen)
    for group in arch.groups:
        for a in group.attentions:
            held = np.zeros_like(seen)
            for slope, cap in cache_terms(a):
                held = held + slope * np.minimum(seen, cap)
            total = total + group.count * (held * bytes_per_element + state_elements(a) * a.state_bytes)
    return total if isinstance(context, np.ndarray) else float(total)


def read_elements(a: Attention, seen: FloatArray) -> FloatArray:
    """Give the cached elements that one decode step reads (sparse attention reads fewer than it keeps).

    Args:
        a: Token mixing.
        seen: Context [token], any shape.
    """
    read = np.full_like(seen, STATE_PASSES * state_elements(a))
    for place, (slope, cap) in enumerate(cache_terms(a)):
        main = place == (1 if a.kind == "compressed" and a.window else 0)
        if main and a.index_topk:
            cap = min(cap, float(a.index_topk * a.compress_ratio))
        read = read + slope * np.minimum(seen, cap)
    return read


@overload
def kv_read_bytes(arch: Architecture, context: float, bytes_per_element: float) -> float: ...
@overload
def kv_read_bytes(arch: Architecture, context: FloatArray, bytes_per_element: float) -> FloatArray: ...
def kv_read_bytes(arch: Architecture, context: float | FloatArray, bytes_per_element: float) -> float | FloatArray:
    """Compute the cache and state bytes that one decode step of one sequence moves.

    Equal to the cache for full attention; less for sparse attention; states are read and written.

    Args:
        arch: The model.
        context: Tokens of the sequence so far [token], scalar or any shape.
        bytes_per_element: Bytes of a cached number [B].

    Returns:
        Bytes per sequence and step, shape of `context`.

    >>> from wattscale.workload.layers import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> kv_read_bytes(Architecture("8B", 4096, 128256, False, (layer,), 131072), 1000.0, 2.0) / 1e6
    131.072
    """
    seen = np.asarray(context, dtype=np.float64)
    total: FloatArray = np.zeros_like(seen)
    for group in arch.groups:
        for a in group.attentions:
            states = STATE_PASSES * state_elements(a)
            read = (read_elements(a, seen) - states) * bytes_per_element + states * a.state_bytes
            total = total + group.count * read
    return total if isinstance(context, np.ndarray) else float(total)


def weight_bytes(arch: Architecture, bytes_per_element: float, expert_bytes_per_element: float | None = None) -> float:
    """Compute the bytes of all weights: of all experts, not of the active ones.

    Args:
        arch: The model.
        bytes_per_element: Bytes of a weight [B].
        expert_bytes_per_element: Bytes of a routed expert's weight where it differs (gpt-oss: fp4 experts) [B].

    Returns:
        Bytes [B].

    >>> from wattscale.workload.layers import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> round(weight_bytes(Architecture("8B", 4096, 128256, False, (layer,), 131072), 2.0) / 1e9, 1)
    16.1
    """
    found = parameters(arch)
    expert = bytes_per_element if expert_bytes_per_element is None else expert_bytes_per_element
    return (found.total - found.experts) * bytes_per_element + found.experts * expert


def experts_touched(experts: float, per_token: float, tokens: float | FloatArray) -> FloatArray:
    """Give the expected number of different experts that a step of `tokens` tokens reads.

    E (1 - (1 - k/E)^n), tokens spread evenly and independently; real routing is skewed and touches fewer.

    >>> float(experts_touched(8, 2, 1.0))
    2.0
    """
    return np.asarray(experts * (1.0 - (1.0 - per_token / experts) ** np.asarray(tokens, dtype=np.float64)))


@overload
def weight_bytes_touched(
    arch: Architecture,
    tokens: float,
    bytes_per_element: float,
    expert_bytes_per_element: float | None = None,
) -> float: ...
@overload
def weight_bytes_touched(
    arch: Architecture,
    tokens: FloatArray,
    bytes_per_element: float,
    expert_bytes_per_element: float | None = None,
) -> FloatArray: ...
def weight_bytes_touched(
    arch: Architecture,
    tokens: float | FloatArray,
    bytes_per_element: float,
    expert_bytes_per_element: float | None = None,
) -> float | FloatArray:
    """Compute the expected bytes of weights that one step over `tokens` tokens reads.

    The dense part once, of each MoE layer the experts touched, of the embedding table one row per token. Of an
    encoder-decoder model the decoder counts, which every output token reads; the encoder is read once per request.

    Args:
        arch: The model.
        tokens: Tokens of the step (all sequences together) [token], scalar or any shape.
        bytes_per_element: Bytes of a weight [B].
        expert_bytes_per_element: Bytes of a routed expert's weight where it differs [B].

    Returns:
        Bytes per step, shape of `tokens`.

    >>> from wattscale.workload.layers import FeedForward, LayerGroup
    >>> moe = FeedForward("moe", 0, True, 8, 2, d_expert=14336)
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), moe)
    >>> model = Architecture("Mixtral 8x7B", 4096, 32000, False, (layer,), 32768)
    >>> round(weight_bytes_touched(model, 1.0, 2.0) / 1e9, 1)
    25.5
    """
    n = np.asarray(tokens, dtype=np.float64)
    decoder = replace(arch, encoder=(), encoder_token_share=0.0)
    found = parameters(decoder)
    head = found.embedding if arch.tied_embeddings and arch.has_head else found.head
    always = found.attention + found.dense + found.router + found.other + head
    expert = bytes_per_element if expert_bytes_per_element is None else expert_bytes_per_element
    rows = np.minimum(n, arch.vocab) * (arch.d_embed or arch.d_model)
    total: FloatArray = (always + rows) * bytes_per_element
    for group in arch.groups:
        f = group.feed_forward
        if f is not None and f.kind == "moe":
            read = experts_touched(f.experts, f.experts_per_token, n)
            total = total + group.count * read * expert_params(arch.d_model, f) * expert
    return total if isinstance(tokens, np.ndarray) else float(total)


def moe_layers(arch: Architecture) -> int:
    """Count the layers with routed experts.

    >>> moe_layers(Architecture("none", 1, 1, True, (), 1))
    0
    """
    return sum(g.count for g in arch.groups if g.feed_forward is not None and g.feed_forward.kind == "moe")
