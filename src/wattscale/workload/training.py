"""A training run as an amount of computing.

In: architecture and recipe. Out: model FLOPs per token and of the run.
Leaves out: devices and time (stage compute); recomputation, which is no model work.
"""

from __future__ import annotations

from wattscale.scenario.workload import TrainingTable
from wattscale.workload.flops import matmul_flops, mean_forward_flops
from wattscale.workload.layers import Architecture
from wattscale.workload.result import TrainingWorkload

GRADIENT_OF_INPUT = 1.0
"""The backward pass multiplies by every weight once for the gradient of the layer's input, trained or not."""
GRADIENT_OF_WEIGHTS = 1.0
"""And once more for the gradient of each weight that is trained."""


def training_flops_per_token(arch: Architecture, sequence_length: int, trained_share: float = 1.0) -> float:
    """Compute the model FLOPs of one training token: forward once, backward twice (once on frozen weights).

    (2 + trained_share) x work on weights + 3 x attention at the mean causal context; 6 N_active + attention when all
    is trained.

    Args:
        arch: The model.
        sequence_length: Tokens of a sequence [token].
        trained_share: Share of the weights that are trained [1]; near 0 for adapters.

    Returns:
        FLOP per token.

    Source: Kaplan 2020; PaLM 2022, appendix B (there the causal mask is not counted); Hu 2021 (LoRA).

    >>> from wattscale.workload.layers import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> round(training_flops_per_token(model, 8192) / 1e9, 1)
    51.5
    """
    forward = mean_forward_flops(arch, float(sequence_length))
    frozen = (1.0 - trained_share) * matmul_flops(arch)
    return (1.0 + GRADIENT_OF_INPUT) * forward + GRADIENT_OF_WEIGHTS * (forward - frozen)


def training_workload(arch: Architecture, recipe: TrainingTable) -> TrainingWorkload | None:
    """Give the computing of one run, None where no tokens are trained.

    Args:
        arch: The model.
        recipe: The scenario's `workload.training`.
    """
    if recipe.tokens == 0:
        return None
    per_token = training_flops_per_token(arch, recipe.sequence_length, recipe.trained_share)
    return TrainingWorkload(recipe, per_token, per_token * recipe.tokens)
