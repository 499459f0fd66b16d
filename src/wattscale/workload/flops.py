"""Floating-point operations of a forward pass, as a function of context.

In: `Architecture`, tokens attended. Out: FLOP per token (a multiply-add counts 2).
Leaves out: normalisation, softmax, activation, rotary and sampling work (about 1 % and less), the embedding look-up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import overload

import numpy as np

from wattscale.units import FloatArray
from wattscale.workload.layers import Architecture, Attention
from wattscale.workload.parameters import active_parameters

FLOP_PER_MULTIPLY_ADD = 2.0
"""A multiply-add is two floating-point operations (the convention of published peaks)."""


def score_terms(a: Attention, *, absorbed: bool = False) -> tuple[tuple[float, float], ...]:
    """Give the work on attended tokens as terms slope x min(context, cap).

    Args:
        a: Token mixing.
        absorbed: MLA as decoded: scores and values straight on the latent, h (2 r_kv + r_rope) per token,
            instead of on keys and values expanded per head.

    Returns:
        Pairs of slope [FLOP per attended token] and cap [token]; empty for recurrent kinds.

    Source: DeepSeek-AI 2024 (MLA absorption), 2025 (sparse attention), 2026 (compressed attention).

    >>> score_terms(Attention("window", 32, 8, 128, 128, window=4096))
    ((16384.0, 4096.0),)
    """
    if a.recurrent:
        return ()
    per_head = a.head_dim + a.v_head_dim
    if absorbed and a.kv_rank:
        per_head = 2 * a.kv_rank + a.rope_dim
    slope = FLOP_PER_MULTIPLY_ADD * a.heads * per_head
    index = FLOP_PER_MULTIPLY_ADD * a.index_heads * a.index_dim / a.compress_ratio
    indexer = ((index, np.inf),) if index else ()
    if a.kind == "compressed":
        merged = float(a.index_topk * a.compress_ratio) if a.index_topk else np.inf
        beside = ((slope, float(a.window)),) if a.window else ()
        return (*beside, (slope / a.compress_ratio, merged), *indexer)
    if a.kind == "sparse":
        return ((slope, float(a.index_topk)), *indexer)
    return ((slope, float(a.window) if a.window and a.kind in ("window", "chunk") else np.inf),)


def state_flops(a: Attention) -> float:
    """Give the work of a recurrence per token: update and read of the state, and the short convolution [FLOP].

    >>> state_flops(Attention("linear", 32, 16, 128, 128, state_dim=128))
    3145728.0
    """
    if not a.recurrent:
        return 0.0
    return a.state_ops * a.inner * a.state_dim + FLOP_PER_MULTIPLY_ADD * a.conv_width * a.inner


@overload
def attention_flops(arch: Architecture, context: float, *, absorbed: bool = False) -> float: ...
@overload
def attention_flops(arch: Architecture, context: FloatArray, *, absorbed: bool = False) -> FloatArray: ...
def attention_flops(arch: Architecture, context: float | FloatArray, *, absorbed: bool = False) -> float | FloatArray:
    """Compute the score and value work of one token (and the state work of recurrent layers).

    sum over layers of 2 h (e + e_v) min(context, window).

    Args:
        arch: The model.
        context: Tokens attended, the token itself included [token], scalar or any shape.
        absorbed: MLA as decoded, see `score_terms`.

    Returns:
        FLOP per token, shape of `context`.

    Source: PaLM 2022, appendix B (12 L h e s per token forward and backward, not halved for the causal mask).

    >>> from wattscale.workload.layers import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> attention_flops(Architecture("8B", 4096, 128256, False, (layer,), 131072), 1000.0) / 1e6
    524.288
    """
    seen = np.asarray(context, dtype=np.float64)
    total = _sum_over_layers(arch, lambda a: _at(a, seen, absorbed))
    return total if isinstance(context, np.ndarray) else float(total)


def _at(a: Attention, seen: FloatArray, absorbed: bool) -> FloatArray:
    if a.kind == "chunk" and a.window:
        seen = np.where(seen >= 1, (seen - 1) % a.window + 1, seen)
    work = np.full_like(seen, state_flops(a))
    for slope, cap in score_terms(a, absorbed=absorbed):
        work = work + slope * np.minimum(seen, cap)
    return work


def _mean(a: Attention, length: FloatArray) -> FloatArray:
    """Mean of `_at` over the contexts 1..length, in closed form."""
    work = np.full_like(length, state_flops(a))
    for slope, cap in score_terms(a):
        if not a.causal or a.kind == "cross":
            seen = np.minimum(length, cap)
        elif a.kind == "chunk" and a.window:
            whole, rest = np.divmod(length, a.window)
            seen = (whole * a.window * (a.window + 1) + rest * (rest + 1)) / (2 * length)
        else:
            ramp = np.minimum(length, cap)
            flat = np.where(length > cap, (length - ramp) * ramp, 0.0)
            seen = (ramp * (ramp + 1) / 2 + flat) / length
        work = work + slope * seen
    return work


def _sum_over_layers(arch: Architecture, work_of: Callable[[Attention], FloatArray]) -> FloatArray:
    total: FloatArray = np.zeros(())
    for share, groups in arch.stacks:
        for group in groups:
            for a in group.attentions:
                total = total + share * group.count * work_of(a)
    return total


def matmul_flops(arch: Architecture) -> float:
    """Compute the work of one token on weights: 2 FLOP per active parameter, embedding look-up excluded [FLOP].

    >>> from wattscale.workload.layers import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> round(matmul_flops(Architecture("8B", 4096, 128256, False, (layer,), 131072)) / 1e9, 1)
    15.0
    """
    found = active_parameters(arch, by_token=True)
    head = float(arch.vocab * (arch.d_embed or arch.d_model)) if arch.has_head else 0.0
    if arch.encoder:
        head *= 1.0 - arch.encoder_token_share
    projection = 2 * arch.d_embed * arch.d_model
    weights = found.attention + found.dense + found.router + found.experts + head + projection
    return FLOP_PER_MULTIPLY_ADD * (weights + _extra(arch))


def _extra(arch: Architecture) -> float:
    return sum(share * g.count * g.extra_params for share, groups in arch.stacks for g in groups)


@overload
def forward_flops(arch: Architecture, context: float, *, absorbed: bool = False) -> float: ...
@overload
def forward_flops(arch: Architecture, context: FloatArray, *, absorbed: bool = False) -> FloatArray: ...
def forward_flops(arch: Architecture, context: float | FloatArray, *, absorbed: bool = False) -> float | FloatArray:
    """Compute the FLOP of one token in one forward pass.

    Args:
        arch: The model.
        context: Tokens attended, the token itself included [token], scalar or any shape.
        absorbed: MLA as decoded, see `score_terms`.

    Returns:
        FLOP per token, shape of `context`.

    >>> from wattscale.workload.layers import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> round(forward_flops(Architecture("8B", 4096, 128256, False, (layer,), 131072), 0.0) / 1e9, 1)
    15.0
    """
    return matmul_flops(arch) + attention_flops(arch, context, absorbed=absorbed)


@overload
def mean_forward_flops(arch: Architecture, sequence_length: float) -> float: ...
@overload
def mean_forward_flops(arch: Architecture, sequence_length: FloatArray) -> FloatArray: ...
def mean_forward_flops(arch: Architecture, sequence_length: float | FloatArray) -> float | FloatArray:
    """Compute the mean FLOP per token over a whole sequence: the mean of `forward_flops` over contexts 1..n.

    For full causal attention the mean context is (n + 1) / 2; windows end the rise (closed form).

    Args:
        arch: The model.
        sequence_length: Tokens of the sequence [token], >= 1, scalar or any shape.

    Returns:
        FLOP per token, shape of `sequence_length`.

    >>> from wattscale.workload.layers import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> mean_forward_flops(model, 9.0) == forward_flops(model, 5.0)
    True
    """
    length = np.asarray(sequence_length, dtype=np.float64)
    total = matmul_flops(arch) + _sum_over_layers(arch, lambda a: _mean(a, length))
    return total if isinstance(sequence_length, np.ndarray) else float(total)
