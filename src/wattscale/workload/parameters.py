"""Parameters of an architecture, by part.

In: `Architecture`. Out: counts by part, in total and active per token.
Leaves out: buffers and quantisation scales; multi-token-prediction modules, which serving does not need.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from wattscale.workload.layers import Architecture, Attention, FeedForward, LayerGroup


@dataclass(frozen=True)
class Parameters:
    """Parameters by part [1].

    Attributes:
        embedding: Token and position tables, other look-up tables.
        head: Output head, zero where tied.
        attention: Token mixing.
        dense: Dense feed-forward and shared experts.
        router: Routers and projections around the experts.
        experts: Routed experts.
        other: Normalisations and small parts.
        towers: Vision and audio towers.
    """

    embedding: float = 0.0
    head: float = 0.0
    attention: float = 0.0
    dense: float = 0.0
    router: float = 0.0
    experts: float = 0.0
    other: float = 0.0
    towers: float = 0.0

    @property
    def total(self) -> float:
        """Sum of all parts [1]."""
        return float(sum(getattr(self, f.name) for f in fields(self)))


def attention_params(d_model: int, a: Attention) -> float:
    """Count the parameters of one token mixing block.

    Args:
        d_model: Width of the residual stream.
        a: The block.

    Returns:
        Parameters [1].

    Source: Vaswani 2017; Ainslie 2023 (GQA); DeepSeek-AI 2024 (MLA), 2025 (sparse); Gu and Dao 2023, 2024 (Mamba);
    Yang 2024 (gated delta rule); Peng 2023, 2024, 2025 (RWKV); De 2024 (Griffin).

    >>> attention_params(4096, Attention("full", 32, 8, 128, 128))
    41943040.0
    """
    count: float = _COUNTS.get(a.kind, _softmax_params)(d_model, a)
    return float(count)


def _softmax_params(d: int, a: Attention) -> float:
    q_in = a.q_rank or d
    count = (d * a.q_rank + a.q_rank if a.q_rank else 0) + q_in * a.heads * a.head_dim
    if a.kv_rank:
        nope = a.head_dim - a.rope_dim
        count += d * (a.kv_rank + a.rope_dim) + a.kv_rank + a.kv_rank * a.heads * (nope + a.v_head_dim)
    else:
        count += (d + a.qkv_bias) * a.kv_heads * _kv_width(a)
    if a.o_rank:
        count += a.inner * a.o_rank + a.o_groups * a.o_rank * d
    else:
        count += (a.inner + a.out_bias) * d
    count += a.qkv_bias * a.heads * a.head_dim + a.output_gate * d * a.inner + a.head_gates * d * a.heads
    count += 2 * a.head_dim * a.qk_norm
    return count + _indexer_params(d, a) + _compressor_params(d, a)


def _kv_width(a: Attention) -> int:
    """Width of keys and values made per KV head: both, the keys alone, or none."""
    return (0, a.head_dim, a.head_dim + a.v_head_dim)[a.kv_projections]


def _indexer_params(d: int, a: Attention) -> float:
    if not a.index_heads:
        return 0.0
    keys = d * a.index_dim if a.compress_ratio == 1 else 0
    return (a.q_rank or d) * a.index_heads * a.index_dim + keys + d * a.index_heads


def _compressor_params(d: int, a: Attention) -> float:
    """Weighted merge of `compress_ratio` tokens; two overlapping streams where an indexer selects (DeepSeek-V4)."""
    if a.compress_ratio == 1:
        return 0.0
    streams = 2 if a.index_heads else 1
    return 2 * d * streams * (a.head_dim + (a.index_dim if a.index_heads else 0))


def _linear_params(d: int, a: Attention) -> float:
    keys, values = a.kv_heads * a.head_dim, a.inner
    count = d * (2 * keys + values) + values * d + a.head_gates * d * a.heads
    if a.low_rank:  # decay and output gate of low rank (Kimi Delta Attention)
        count += 2 * (d * a.low_rank + a.low_rank * values)
    elif a.output_gate:
        count += d * values
    return count + (2 * keys + values) * a.conv_width + a.v_head_dim + 2 * a.heads


def _mamba_params(d: int, a: Attention) -> float:
    inner, n = a.inner, a.state_dim
    scan = inner * (a.low_rank + 2 * n) + (a.low_rank + 1) * inner + inner * n + inner
    return d * 2 * inner + inner * (a.conv_width + 1) + scan + inner * d


def _mamba2_params(d: int, a: Attention) -> float:
    mixed = a.inner + 2 * a.groups * a.state_dim
    return d * (a.inner + mixed + a.heads) + mixed * (a.conv_width + 1) + 3 * a.heads + a.inner + a.inner * d


def _rwkv_params(d: int, a: Attention) -> float:
    projections = 5 if a.output_gate else 4
    return projections * d * a.inner + 2 * a.low_rank * d + 6 * d


def _recurrent_params(d: int, a: Attention) -> float:
    w = a.inner
    return 2 * d * w + w * d + w * (a.conv_width + 1) + 2 * w * (w // a.groups) + 3 * w


def _conv_params(d: int, a: Attention) -> float:
    return 3 * d * a.inner + a.inner * a.conv_width + a.inner * d


_COUNTS = {
    "linear": _linear_params,
    "mamba": _mamba_params,
    "mamba2": _mamba2_params,
    "rwkv": _rwkv_params,
    "recurrent": _recurrent_params,
    "conv": _conv_params,
}


def expert_params(d_model: int, f: FeedForward) -> float:
    """Count the parameters of one routed expert.

    >>> expert_params(4096, FeedForward("moe", 0, True, 8, 2, d_expert=14336))
    176160768.0
    """
    return _block(f.latent or d_model, f.d_expert, f)


def dense_params(d_model: int, f: FeedForward) -> float:
    """Count the feed-forward parameters that every token passes (dense block, shared experts).

    >>> dense_params(4096, FeedForward("dense", 14336))
    176160768.0
    """
    dense = _block(d_model, f.d_ff, f) if f.kind != "none" else 0.0
    shared = f.shared_experts * _block(d_model, f.d_shared, f)
    return dense + shared + f.receptance * d_model * d_model + f.gated_shared * d_model


def router_params(d_model: int, f: FeedForward) -> float:
    """Count the parameters of the router and of the projections around the experts.

    >>> router_params(4096, FeedForward("moe", 0, True, 8, 2, d_expert=14336))
    32768.0
    """
    return float(d_model * f.experts + 2 * d_model * f.latent)


def _block(width: int, inner: int, f: FeedForward) -> float:
    matrices = 3 if f.gated else 2
    return float(matrices * width * inner + f.bias * ((matrices - 1) * inner + (width if inner else 0)))


def parameters(arch: Architecture) -> Parameters:
    """Count all parameters by part.

    Args:
        arch: The model.

    Returns:
        Parameters by part [1].
    """
    return _count(arch, active=False, by_token=False)


def active_parameters(arch: Architecture, *, by_token: bool = False) -> Parameters:
    """Count the active parameters by part: of the routed experts only those a token passes.

    The embedding table counts in full, as in most published counts; see `params_active`.

    Args:
        arch: The model.
        by_token: Weigh the stacks of an encoder-decoder model by the share of the tokens that run through each, which
            is what FLOPs per token need.

    Returns:
        Parameters by part [1].
    """
    return _count(arch, active=True, by_token=by_token)


def _count(arch: Architecture, *, active: bool, by_token: bool) -> Parameters:
    width = arch.d_embed or arch.d_model
    projection = 2 * width * arch.d_model if arch.d_embed else 0
    parts = dict.fromkeys((f.name for f in fields(Parameters)), 0.0)
    parts["embedding"] = arch.vocab * width + projection + arch.positions * arch.d_model
    parts["embedding"] += 0.0 if active else arch.lookup_params
    parts["head"] = 0.0 if arch.tied_embeddings or not arch.has_head else float(arch.vocab * width)
    parts["towers"] = 0.0 if active else arch.tower_params
    for share, groups in arch.stacks:
        weight = share if by_token else 1.0
        parts["other"] += weight * arch.d_model * (1 + arch.norm_bias)
        for group in groups:
            for key, count in _layer(arch, group, active=active).items():
                parts[key] += weight * group.count * count
    return Parameters(**parts)


def _layer(arch: Architecture, group: LayerGroup, *, active: bool) -> dict[str, float]:
    d, f = arch.d_model, group.feed_forward
    found = {
        "attention": sum(attention_params(d, a) for a in group.attentions),
        "other": group.norms * d * (1 + arch.norm_bias) + group.extra_params,
    }
    if f is not None:
        found["dense"] = dense_params(d, f)
        if f.kind == "moe":
            found["router"] = router_params(d, f)
            found["experts"] = (f.experts_per_token if active else f.experts) * expert_params(d, f)
    return found


def params_total(arch: Architecture) -> float:
    """Count all parameters, tables and towers included.

    Args:
        arch: The model.

    Returns:
        Parameters [1].

    >>> from wattscale.workload.layers import LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> round(params_total(Architecture("Llama 3.1 8B", 4096, 128256, False, (layer,), 131072)) / 1e9, 2)
    8.03
    """
    return parameters(arch).total


def params_active(arch: Architecture, *, embeddings: bool = True) -> float:
    """Count the parameters active for one token.

    Makers disagree on the embedding table, of which a token reads one row: most count it (DeepSeek-V3 37 B,
    Mixtral 12.9 B, Qwen3 30B-A3B 3.3 B), gpt-oss does not (5.1 B). FLOPs never count it.

    Args:
        arch: The model.
        embeddings: Count the table even where it is not the output head.

    Returns:
        Parameters [1]; both stacks of an encoder-decoder model.

    >>> from wattscale.workload.layers import LayerGroup
    >>> moe = FeedForward("moe", 0, True, 8, 2, d_expert=14336)
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), moe)
    >>> round(params_active(Architecture("Mixtral 8x7B", 4096, 32000, False, (layer,), 32768)) / 1e9, 1)
    12.9
    """
    found = active_parameters(arch)
    table = 0.0 if embeddings or arch.tied_embeddings else found.embedding
    return found.total - table
