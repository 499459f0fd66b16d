"""A model reduced to the sums that a training step depends on.

In: `Architecture`, sequence length, share of trained parameters. Out: `TrainingShape`.
Leaves out: where in the stack unlike layers sit; they are averaged over the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from wattscale.compute.collectives import Numbers
from wattscale.workload.architecture import (
    Architecture,
    kv_bytes_per_token,
    matmul_flops,
    mean_forward_flops,
    moe_layers,
    parameters,
)


@dataclass(frozen=True)
class TrainingShape:
    """What a step must compute, hold and send, per token where the name says so; numbers or arrays of one shape.

    Attributes:
        layers: Layers [1].
        d_model: Width of the residual stream [1].
        vocab: Vocabulary [1].
        sequence_length: Tokens of a sequence [token].
        linear_flops: Forward FLOPs per token on the weights of the layers [FLOP/token].
        attention_flops: Forward FLOPs per token of scores and values, mean over the causal sequence [FLOP/token].
        head_flops: Forward FLOPs per token of the output head [FLOP/token].
        params_dense: Parameters of the layers outside routed experts [1].
        params_expert: Parameters of routed experts [1].
        params_embedding: Parameters of embedding and output head [1].
        kv_elements: Keys and values per token, all layers [1/token].
        moe_layers: Layers with routed experts [1].
        experts_per_token: Routed experts a token passes [1].
        trained_share: Parameters that are trained over all [1]; below 1 for adapters (LoRA).
        frozen_bytes: Bytes of a weight that is not trained [byte]; 0.5 where a frozen base is held in 4 bits (QLoRA).
        score_elements: Scores written to memory per token and layer, heads times sequence; 0 with fused attention [1].
        biased: 1 where attention adds a bias to the scores (ALiBi), which fused kernels do more slowly.
        expert_flops: Part of `linear_flops` on routed experts [FLOP/token]; 0 where their width is not known.
        experts: Routed experts of a layer [1]; 0 with `expert_flops`.
        expert_width: Inner width of a routed expert [1]; 0 with `expert_flops`.
    """

    layers: Numbers
    d_model: Numbers
    vocab: Numbers
    sequence_length: Numbers
    linear_flops: Numbers
    attention_flops: Numbers
    head_flops: Numbers
    params_dense: Numbers
    params_expert: Numbers
    params_embedding: Numbers
    kv_elements: Numbers
    moe_layers: Numbers
    experts_per_token: Numbers
    trained_share: Numbers = 1.0
    frozen_bytes: Numbers = 2.0
    score_elements: Numbers = 0.0
    biased: Numbers = 0.0
    expert_flops: Numbers = 0.0
    experts: Numbers = 0.0
    expert_width: Numbers = 0.0

    @property
    def params_total(self) -> Numbers:
        """All parameters [1]."""
        return self.params_dense + self.params_expert + self.params_embedding

    @property
    def forward_flops(self) -> Numbers:
        """Forward FLOPs per token [FLOP/token]."""
        return self.linear_flops + self.attention_flops + self.head_flops

    @property
    def model_flops(self) -> Numbers:
        """Forward and backward FLOPs per token without recompute; 2 instead of 3 passes over frozen weights."""
        return 3.0 * self.attention_flops + (self.linear_flops + self.head_flops) * (2.0 + self.trained_share)


def training_shape(
    architecture: Architecture, sequence_length: int, trained_share: float = 1.0, frozen_bytes: float = 2.0
) -> TrainingShape:
    """Reduce an architecture to what a training step depends on.

    Args:
        architecture: The model.
        sequence_length: Tokens of a sequence [token].
        trained_share: Parameters that are trained over all [1].
        frozen_bytes: Bytes of a weight that is not trained [byte].

    Returns:
        The sums; attention counts the causal half, as flash attention computes it.

    Source: FLOPs and parameters of the workload stage.

    >>> from wattscale.workload.layers import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> found = training_shape(Architecture("8B", 4096, 128256, False, (layer,), 131072), 8192)
    >>> round(float(found.model_flops) / 6 / 1e9, 1), round(float(found.params_total) / 1e9, 2)
    (8.6, 8.03)
    """
    part = parameters(architecture)
    weights = matmul_flops(architecture)
    head = 2.0 * architecture.vocab * (architecture.d_embed or architecture.d_model)
    head = head * (1.0 - architecture.encoder_token_share) if architecture.has_head else 0.0
    blocks = [(g.count, g.feed_forward) for g in architecture.groups if g.feed_forward is not None]
    mixtures = [(n, f) for n, f in blocks if f.kind == "moe"]
    used = _mean([(n, f.experts_per_token / f.experts) for n, f in mixtures])
    embedding = part.embedding + part.head
    return TrainingShape(
        layers=float(architecture.layers + sum(g.count for g in architecture.encoder)),
        d_model=float(architecture.d_model),
        vocab=float(architecture.vocab),
        sequence_length=float(sequence_length),
        linear_flops=weights - head,
        attention_flops=mean_forward_flops(architecture, float(sequence_length)) - weights,
        head_flops=head,
        params_dense=part.total - part.experts - embedding,
        params_expert=part.experts,
        params_embedding=embedding,
        kv_elements=kv_bytes_per_token(architecture, 1.0),
        moe_layers=float(moe_layers(architecture)),
        experts_per_token=_mean([(n, f.experts_per_token) for n, f in mixtures]),
        trained_share=trained_share,
        frozen_bytes=frozen_bytes,
        expert_flops=2.0 * part.experts * used,
        experts=_mean([(n, f.experts) for n, f in mixtures]),
        expert_width=_mean([(n, f.d_expert) for n, f in mixtures]),
    )


def _mean(counted: Sequence[tuple[int, float]]) -> float:
    """Mean of values with how often each occurs, 0 of nothing."""
    return float(sum(n * value for n, value in counted) / max(1, sum(n for n, _ in counted)))


def stack_shapes(shapes: Sequence[TrainingShape]) -> TrainingShape:
    """Put the shapes of many models into one of arrays, to compute their steps together.

    >>> one = TrainingShape(*(1.0,) * 13)
    >>> stack_shapes([one, one]).layers.tolist()
    [1.0, 1.0]
    """
    return TrainingShape(
        **{f.name: np.array([float(getattr(s, f.name)) for s in shapes]) for f in fields(TrainingShape)}
    )
