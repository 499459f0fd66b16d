"""What a language model is made of: token mixing, feed-forward, layer groups, the whole.

In: sizes, from a config.json, the catalogue or by hand. Out: frozen `Architecture`.
Leaves out: values of weights, tokenisers, activation functions (they cost little beside the matrix products).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AttentionKind = Literal[
    "full", "window", "chunk", "mla", "sparse", "compressed", "cross",
    "linear", "mamba", "mamba2", "rwkv", "recurrent", "conv",
]  # fmt: skip
RECURRENT_KINDS: frozenset[str] = frozenset({"linear", "mamba", "mamba2", "rwkv", "recurrent", "conv"})
"""Kinds whose memory of the past has a fixed size."""


@dataclass(frozen=True)
class Attention:
    """One kind of token mixing, the same in every layer of its group.

    Attributes:
        kind: full; window (sliding, last `window` tokens); chunk (tokens of the same chunk of `window`); mla (latent
            of `kv_rank`, DeepSeek-V2); sparse (an indexer picks `index_topk` tokens, on top of full or MLA);
            compressed (tokens merged by `compress_ratio`, plus a window, DeepSeek-V4); cross (decoder on encoder);
            linear (state per head, with or without delta rule); mamba, mamba2 (state space); rwkv; recurrent
            (gated linear recurrence, Griffin); conv (short convolution, LFM2).
        heads: Query heads; value heads for linear; heads of mamba2; channels for mamba, recurrent and conv.
        kv_heads: Key/value heads; key heads for linear.
        head_dim: Width of a query/key head (MLA: with the rotary part).
        v_head_dim: Width of a value head.
        window: Tokens seen by window, chunk and the window part of compressed [token].
        q_rank: Rank of the query projection, 0 for none.
        kv_rank: Rank of the key/value latent, 0 for none.
        rope_dim: Rotary part of the head, kept beside the latent (MLA).
        state_dim: State per value channel (linear: the key width; mamba: N); 0 for kinds with a growing cache.
        state_ops: FLOP per state element and token of the recurrence: 2 per multiply-add of update and read
            (plain linear attention 4, delta rule 6, state space with decay 6).
        state_bytes: Bytes of a state element as the model keeps it, whatever the precision of the cache [B].
        conv_width: Taps of the short convolution, 0 for none.
        groups: Groups of B and C (mamba2); blocks of the gates (recurrent).
        low_rank: Rank of the data-dependent gates (mamba: of dt; rwkv, KDA: of decay and gate), 0 for none.
        output_gate: The output is multiplied by a projected gate of its own width.
        head_gates: Projections of one number per head (gates, decay, beta).
        kv_projections: 2 for keys and values, 1 where the values are the keys, 0 where another layer's are reused.
        stores_cache: Whether the layer keeps keys and values of its own.
        qkv_bias, out_bias: Whether the projections have a bias.
        qk_norm: Whether queries and keys are normalised by a weight per head width.
        index_heads, index_dim, index_topk: Indexer of sparse and compressed attention.
        compress_ratio: Tokens merged into one entry.
        o_rank, o_groups: Rank per group and groups of a low-rank output projection, 0 for none.
        causal: False for encoders.
    """

    kind: AttentionKind
    heads: int
    kv_heads: int
    head_dim: int
    v_head_dim: int
    window: int | None = None
    q_rank: int = 0
    kv_rank: int = 0
    rope_dim: int = 0
    state_dim: int = 0
    state_ops: float = 6.0
    state_bytes: float = 2.0
    conv_width: int = 0
    groups: int = 1
    low_rank: int = 0
    output_gate: bool = False
    head_gates: int = 0
    kv_projections: int = 2
    stores_cache: bool = True
    qkv_bias: bool = False
    out_bias: bool = False
    qk_norm: bool = False
    index_heads: int = 0
    index_dim: int = 0
    index_topk: int = 0
    compress_ratio: int = 1
    o_rank: int = 0
    o_groups: int = 0
    causal: bool = True

    @property
    def recurrent(self) -> bool:
        """Whether the past is held in a state of fixed size."""
        return self.kind in RECURRENT_KINDS

    @property
    def inner(self) -> int:
        """Width of the mixed values before the output projection."""
        return self.heads * self.v_head_dim


@dataclass(frozen=True)
class FeedForward:
    """The feed-forward part of a layer.

    Attributes:
        kind: dense, moe or none.
        d_ff: Inner width of the dense block; in a moe layer that of a dense block beside the experts (0: none).
        gated: Three matrices (SwiGLU, GeGLU) instead of two.
        experts: Routed experts.
        experts_per_token: Routed experts that a token passes.
        shared_experts: Experts that every token passes.
        d_expert: Inner width of one routed expert.
        d_shared: Inner width of one shared expert.
        latent: Width to which tokens are projected before the routed experts, 0 for none (Nemotron 3).
        receptance: A further d x d gate (RWKV channel mix).
        bias: Whether the matrices have a bias.
        gated_shared: Whether the shared experts have a gate of one number.
    """

    kind: Literal["dense", "moe", "none"]
    d_ff: int
    gated: bool = True
    experts: int = 0
    experts_per_token: int = 0
    shared_experts: int = 0
    d_expert: int = 0
    d_shared: int = 0
    latent: int = 0
    receptance: bool = False
    bias: bool = False
    gated_shared: bool = False


@dataclass(frozen=True)
class LayerGroup:
    """Equal layers; in the order of their first appearance, not of the stack.

    Attributes:
        count: How many.
        attention: Token mixing, None where the layer has none.
        feed_forward: Feed-forward, None where the layer has none.
        norms: Normalisations of width d_model.
        second: A second token mixing of the layer: a decoder's attention on the encoder, or a state space beside
            attention (Falcon-H1).
        extra_params: Weights of the layer outside the parts above (per-layer inputs, hyper-connections), each used
            once per token [1].
    """

    count: int
    attention: Attention | None
    feed_forward: FeedForward | None
    norms: int = 2
    second: Attention | None = None
    extra_params: float = 0.0

    @property
    def attentions(self) -> tuple[Attention, ...]:
        """All token mixing of a layer."""
        return tuple(a for a in (self.attention, self.second) if a is not None)


@dataclass(frozen=True)
class Architecture:
    """A language model as sizes.

    Attributes:
        name: Name for people.
        d_model: Width of the residual stream.
        vocab: Rows of the embedding table.
        tied_embeddings: Whether the output head is the embedding table.
        groups: Layers of the decoder (or the only stack).
        max_context: Longest context the maker states [token].
        encoder: Layers of the encoder of an encoder-decoder model.
        encoder_token_share: Share of the tokens that run through the encoder (the others run through the decoder).
        positions: Rows of a learned position table, 0 for none.
        d_embed: Width of the embedding table where it is not d_model, 0 otherwise.
        norm_bias: Whether normalisations have a bias (LayerNorm).
        tower_params: Parameters outside the language model (vision and audio towers) [1].
        lookup_params: Further tables of which a token reads one row (per-layer embeddings) [1].
        has_head: False for encoders without an output head.
        params_published: Total as its maker states it, where the catalogue knows [1].
        params_active_published: Active per token as its maker states it [1].
    """

    name: str
    d_model: int
    vocab: int
    tied_embeddings: bool
    groups: tuple[LayerGroup, ...]
    max_context: int
    encoder: tuple[LayerGroup, ...] = ()
    encoder_token_share: float = 0.0
    positions: int = 0
    d_embed: int = 0
    norm_bias: bool = False
    tower_params: float = 0.0
    lookup_params: float = 0.0
    has_head: bool = True
    params_published: float | None = None
    params_active_published: float | None = None

    @property
    def layers(self) -> int:
        """Layers of the decoder (or the only stack)."""
        return sum(g.count for g in self.groups)

    @property
    def stacks(self) -> tuple[tuple[float, tuple[LayerGroup, ...]], ...]:
        """Stacks with the share of the tokens that run through each."""
        share = self.encoder_token_share if self.encoder else 0.0
        decoder = (1.0 - share, self.groups)
        return (decoder, (share, self.encoder)) if self.encoder else (decoder,)
