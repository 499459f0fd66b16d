"""A model reduced to the sums of a training step: encoders, tables of another width, models without a head."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wattscale.compute.training_shape import TrainingShape, training_shape
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

MIXING = Attention("full", 6, 2, 4, 5)
"""720 weights at a width of 10: 10 x (6 x 4 + 2 x 9) and 6 x 5 x 10; 108 FLOP a token of context."""
DENSE = LayerGroup(3, MIXING, FeedForward("dense", 7))
"""Three layers of 720 + 210 weights."""
PLAIN = Architecture("by hand", 10, 100, False, (DENSE,), 1000)


def test_sums_of_a_shape() -> None:
    """With half of the weights trained a step does two and a half passes over them, and three over the scores."""
    shape = TrainingShape(1, 1, 1, 1, linear_flops=10.0, attention_flops=3.0, head_flops=2.0, params_dense=100.0,
                          params_expert=20.0, params_embedding=7.0, kv_elements=1, moe_layers=0, experts_per_token=0,
                          trained_share=0.5)  # fmt: skip
    assert shape.params_total == 127.0
    assert shape.forward_flops == 15.0
    assert shape.model_flops == 3 * 3 + 12 * 2.5


def test_a_plain_model() -> None:
    """A token of 20 sees 10.5 on the mean."""
    found = training_shape(PLAIN, 20, 0.25, 0.5)
    assert (found.layers, found.d_model, found.vocab, found.sequence_length) == (3.0, 10.0, 100.0, 20.0)
    assert (found.linear_flops, found.head_flops) == (2 * 3 * 930, 2000.0)
    assert found.attention_flops == pytest.approx(3 * 108 * 10.5, rel=1e-9)
    assert found.params_dense == 3 * 930 + 7 * 10, "with two norms a layer and a last one"
    assert (found.params_expert, found.params_embedding, found.kv_elements) == (0.0, 2000.0, 3 * 18)
    assert (found.moe_layers, found.experts_per_token, found.expert_flops) == (0.0, 0.0, 0.0)
    assert (found.experts, found.expert_width) == (0.0, 0.0)
    assert (found.trained_share, found.frozen_bytes) == (0.25, 0.5)


def test_a_model_without_a_head_has_no_work_there() -> None:
    found = training_shape(replace(PLAIN, has_head=False), 20)
    assert (found.head_flops, found.linear_flops, found.params_embedding) == (0.0, 2 * 3 * 930, 1000.0)


def test_a_table_of_another_width_is_read_in_its_own() -> None:
    """Rows of 4 numbers, projected to 10 and back."""
    found = training_shape(replace(PLAIN, d_embed=4), 20)
    assert found.head_flops == 2 * 100 * 4
    assert found.linear_flops == 2 * (3 * 930 + 2 * 4 * 10)


def test_tokens_of_an_encoder_have_no_head() -> None:
    """A quarter of the tokens runs through two layers of the encoder, the rest through those of the decoder."""
    encoder = replace(PLAIN, encoder=(replace(DENSE, count=2),), encoder_token_share=0.25)
    found = training_shape(encoder, 20)
    assert found.layers == 5.0
    assert found.head_flops == pytest.approx(0.75 * 2000.0, rel=1e-9)
    assert found.linear_flops == pytest.approx(2 * (0.75 * 3 + 0.25 * 2) * 930, rel=1e-9)


def test_one_layer_of_experts_among_layers_without_a_feed_forward() -> None:
    """One of two layers has 8 experts of 150 weights, two of them passed by a token."""
    experts = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5)
    groups = (LayerGroup(1, MIXING, experts), LayerGroup(1, MIXING, None))
    found = training_shape(replace(PLAIN, groups=groups), 20)
    assert (found.moe_layers, found.experts_per_token, found.experts, found.expert_width) == (1.0, 2.0, 8.0, 5.0)
    assert (found.params_expert, found.expert_flops) == (1200.0, 600.0)
