"""A training run as an amount of computing.

In: architecture and recipe. Out: model FLOPs per token and of the run.
Leaves out: devices and time (stage compute); recomputation, which is no model work.
"""

from __future__ import annotations

from wattscale.scenario.workload import TrainingTable
from wattscale.workload.flops import mean_forward_flops
from wattscale.workload.layers import Architecture
from wattscale.workload.result import TrainingWorkload

BACKWARD_PER_FORWARD = 2.0
"""The backward pass multiplies by the weights twice: for the gradient of the input and of the weights."""


def training_flops_per_token(arch: Architecture, sequence_length: int) -> float:
    """Compute the model FLOPs of one training token: forward once, backward twice the forward.

    6 N_active + 3 x attention at the mean causal context.

    Args:
        arch: The model.
        sequence_length: Tokens of a sequence [token].

    Returns:
        FLOP per token.

    Source: Kaplan 2020; PaLM 2022, appendix B (there the causal mask is not counted).

    >>> from wattscale.workload.layers import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> round(training_flops_per_token(model, 8192) / 1e9, 1)
    51.5
    """
    return (1.0 + BACKWARD_PER_FORWARD) * mean_forward_flops(arch, float(sequence_length))


def training_workload(arch: Architecture, recipe: TrainingTable) -> TrainingWorkload | None:
    """Give the computing of one run, None where no tokens are trained.

    Args:
        arch: The model.
        recipe: The scenario's `workload.training`.
    """
    if recipe.tokens == 0:
        return None
    per_token = training_flops_per_token(arch, recipe.sequence_length)
    return TrainingWorkload(recipe, per_token, per_token * recipe.tokens)
