"""A training shape from published sizes, where the architecture itself is not at hand.

In: parameters, layers, width, vocabulary, as tables of runs give them. Out: `TrainingShape`.
Leaves out: kinds of attention; it is full and causal, with as many key/value heads as query heads.
"""

from __future__ import annotations

from wattscale.compute.training_shape import TrainingShape

WIDTH_PER_LAYER = 128.0
"""Usual width over layers of dense models, d = 128 L (Kaplan et al. 2020: loss is flat around it)."""
BLOCK_PARAMS_PER_WIDTH2 = 12.0
"""Parameters of a GPT block over d^2 (Narayanan et al. 2021)."""
ATTENTION_PARAMS_PER_WIDTH2 = 4.0
"""Of these in the four projections of attention."""


def guess_layers(params: float) -> float:
    """Guess the layers of a dense model of a size, P = 12 L d^2 with d = 128 L.

    >>> guess_layers(6.44e9)
    32.0
    """
    found: float = (params / (BLOCK_PARAMS_PER_WIDTH2 * WIDTH_PER_LAYER**2)) ** (1.0 / 3.0)
    return max(1.0, float(round(found)))


def table_params(params: float, layers: float, d_model: float, vocab: float, length: float) -> tuple[float, float]:
    """Split off embedding, output head and position table: which of them a published count holds.

    Takes the reading (tied, untied, tied with positions) that leaves the layers nearest to 12 L d^2.

    Args:
        params: Published parameters [1].
        layers: Layers [1].
        d_model: Width [1].
        vocab: Vocabulary [1].
        length: Sequence length, rows of a learned position table [token].

    Returns:
        Parameters of embedding and head, and of the position table [1].

    >>> table_params(12 * 24 * 2048**2 + 2 * 131072 * 2048, 24, 2048, 131072, 4096)
    (536870912, 0.0)
    """
    one, expected = vocab * d_model, BLOCK_PARAMS_PER_WIDTH2 * layers * d_model**2
    readings = [(2 * one, 0.0), (one, 0.0), (one, length * d_model)]
    return min(readings, key=lambda r: abs(params - r[0] - r[1] - expected))


def shape_from_sizes(
    params_total: float,
    params_active: float | None = None,
    *,
    layers: float | None = None,
    d_model: float | None = None,
    vocab: float | None = None,
    sequence_length: float = 2048.0,
    experts: bool = False,
    trained_share: float = 1.0,
    frozen_bytes: float = 2.0,
    biased: bool = False,
    unfused_heads: float = 0.0,
) -> TrainingShape:
    """Make a training shape of published sizes.

    Args:
        params_total: All parameters [1].
        params_active: Parameters active per token [1]; None: all.
        layers: Layers [1]; guessed from the size where None.
        d_model: Width [1]; guessed where None.
        vocab: Vocabulary [1]; 50,000 where None.
        sequence_length: Tokens of a sequence [token].
        experts: Whether the model has routed experts.
        trained_share: Parameters trained over all [1].
        frozen_bytes: Bytes of a weight that is not trained [byte].
        unfused_heads: Heads whose scores go through memory (codes before fused attention, 2022); 0 otherwise [1].
        biased: Whether attention adds a bias to the scores (ALiBi).

    Returns:
        The shape.

    Source: 12 L d^2 parameters of a block (Narayanan et al. 2021); 4 L d s FLOPs of full attention per token forward
    (PaLM 2022, appendix B), half of it under the causal mask.

    >>> found = shape_from_sizes(6.66e9, layers=32, d_model=4096, vocab=50368)
    >>> round(float(found.linear_flops + found.head_flops) / 2 / 1e9, 2)
    6.65
    """
    active = params_active or params_total
    depth = layers or guess_layers(active)
    width = d_model or WIDTH_PER_LAYER * depth
    words = vocab or 50_000.0
    table, positions = table_params(active, depth, width, words, sequence_length)
    table = min(table, 0.5 * active)
    body = active - table - positions
    dense_attention = min(body, ATTENTION_PARAMS_PER_WIDTH2 * depth * width**2)
    routed = params_total - table - positions - dense_attention if experts else 0.0
    return TrainingShape(
        layers=float(depth),
        d_model=float(width),
        vocab=float(words),
        sequence_length=float(sequence_length),
        linear_flops=2.0 * body,
        attention_flops=2.0 * depth * width * sequence_length,
        head_flops=2.0 * words * width,
        params_dense=dense_attention if experts else body,
        params_expert=routed,
        params_embedding=float(table + positions),
        kv_elements=2.0 * depth * width,
        moe_layers=float(depth) if experts else 0.0,
        experts_per_token=2.0 if experts else 0.0,
        trained_share=trained_share,
        frozen_bytes=frozen_bytes,
        score_elements=unfused_heads * sequence_length,
        biased=float(biased),
    )
