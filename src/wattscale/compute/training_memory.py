"""Memory of a training step on the fullest device, and whether it fits.

In: `TrainingShape`, `Layout`, `Machine`, memory coefficients. Out: bytes by part.
Leaves out: offload to host memory and fragmentation beyond the reserve.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.collectives import Numbers
from wattscale.compute.parallelism import FULL, SELECTIVE, Layout
from wattscale.compute.training_coefficients import TABLE, Machine
from wattscale.compute.training_shape import TrainingShape
from wattscale.compute.training_step import (
    ACTIVATION_BYTES,
    DENSE_GPT_FLOPS_PER_WIDTH2,
    REPLICATED_SHARE,
    SELECTIVE_SHARE,
)
from wattscale.units import FloatArray


@dataclass(frozen=True)
class MemoryCoefficients:
    """What a parameter and an activation take.

    Attributes:
        weight_bytes: Weights per parameter [byte].
        gradient_bytes: Gradients per trained parameter [byte].
        optimizer_state_bytes: Adam: 32-bit copy and two moments per trained parameter [byte].
        activation_bytes: Activations kept per token, layer and unit of width without recompute, flash attention [byte].
        logits_kept_bytes: Logits and their gradient per token and vocabulary entry [byte].
        reserve_bytes: Context, communication buffers, fragmentation [byte].
        bytes_per_nominal: Memory of a device over its nominal size (makers count GiB) [1].
    """

    weight_bytes: float
    gradient_bytes: float
    optimizer_state_bytes: float
    activation_bytes: float
    logits_kept_bytes: float
    reserve_bytes: float
    bytes_per_nominal: float


@dataclass(frozen=True)
class Memory:
    """Bytes on the fullest device, by part [byte]."""

    weights: FloatArray
    gradients: FloatArray
    optimizer: FloatArray
    activations: FloatArray
    logits: FloatArray
    reserve: FloatArray

    @property
    def total(self) -> FloatArray:
        """Sum of the parts [byte]."""
        return np.asarray(sum(getattr(self, f.name) for f in fields(self)), dtype=np.float64)


def load_memory_coefficients(catalog: Catalog) -> MemoryCoefficients:
    """Read the memory coefficients; source: table `training_coefficients`, item `memory`.

    >>> from wattscale.catalog import load_catalog
    >>> load_memory_coefficients(load_catalog()).weight_bytes
    2.0
    """
    return MemoryCoefficients(**{f.name: catalog.value(TABLE, f"memory.{f.name}") for f in fields(MemoryCoefficients)})


def training_memory(s: TrainingShape, lay: Layout, k: MemoryCoefficients) -> Memory:
    """Count the memory of a training step.

    Weights, gradients and optimiser state: 2 + 2 + 12 bytes per trained parameter (a frozen one has its weight alone),
    over tensor and pipeline ranks, and over data ranks from ZeRO 1 (state), 2 (gradients), 3 (weights) on. Activations
    per layer and microbatch:
    tokens d (10 + 24 f/t) a/34 with tensor parallelism, 34/t with sequence parallelism, 5/8 of it with
    selective, 2 d tokens with full recompute; a stage keeps p microbatches, (1 + (p-1)/(p v)) times that when
    interleaved.

    Args:
        s: The model.
        lay: The layout.
        k: Coefficients.

    Returns:
        Bytes on the fullest device.

    Source: Rajbhandari et al. 2020 (ZeRO), Korthikanti et al. 2022 (activations, equations 1-6).

    >>> from wattscale.compute.training_shape import TrainingShape
    >>> shape = TrainingShape(1.0, 1.0, 0.0, 1.0, 24.0, 0.0, 0.0, 1e9, 0.0, 0.0, 0.0, 0.0, 0.0)
    >>> adam = MemoryCoefficients(2, 2, 12, 0, 0, 0, 1)
    >>> float(training_memory(shape, Layout(*(1.0,) * 8, 0, 0, 0), adam).total)
    16000000000.0
    """
    split = np.asarray(lay.tensor) * lay.pipeline
    ranks = np.asarray(lay.data) * lay.context
    ends = np.maximum(1.0, 0.5 * np.asarray(lay.pipeline))
    dense = (s.params_dense + s.params_embedding * ends) / split
    expert = s.params_expert / split / lay.expert
    zero = np.asarray(lay.zero)

    def over(stage: int) -> FloatArray:
        sharded = dense / ranks + expert / (ranks / lay.expert)
        return np.asarray(np.where(zero >= stage, sharded, dense + expert), dtype=np.float64)

    gathered = np.where(zero >= 3, (dense + expert) / s.layers * lay.pipeline, 0.0)
    trained = np.asarray(s.trained_share)
    activations, logits = _activations(s, lay, k)
    return Memory(
        weights=weight_bytes_held(s, k) * (over(3) + gathered),
        gradients=k.gradient_bytes * trained * (over(2) + gathered),
        optimizer=k.optimizer_state_bytes * trained * over(1),
        activations=activations,
        logits=logits,
        reserve=np.full(np.shape(activations), k.reserve_bytes),
    )


def _activations(s: TrainingShape, lay: Layout, k: MemoryCoefficients) -> tuple[FloatArray, FloatArray]:
    tokens = np.asarray(lay.microbatch * np.asarray(s.sequence_length) / lay.context, dtype=np.float64)
    blocks = s.linear_flops / s.layers / (DENSE_GPT_FLOPS_PER_WIDTH2 * np.square(s.d_model))
    along = np.where(np.asarray(lay.sequence) > 0, 1.0 / np.asarray(lay.tensor), 1.0)
    share = REPLICATED_SHARE * along + (1.0 - REPLICATED_SHARE) * blocks / lay.tensor
    whole = tokens * s.d_model * k.activation_bytes * share
    full = np.asarray(lay.recompute) == FULL
    some = np.where(np.asarray(lay.recompute) == SELECTIVE, (1.0 - SELECTIVE_SHARE) * whole, whole)
    kept = np.where(full, tokens * s.d_model * ACTIVATION_BYTES * along, some)
    stage_layers = np.ceil(np.asarray(s.layers) / lay.pipeline)
    p, v = np.asarray(lay.pipeline, dtype=np.float64), np.asarray(lay.interleave, dtype=np.float64)
    flight = np.minimum(np.where(v > 1, p * (1.0 + (p - 1.0) / (p * v)), p), lay.microbatches)
    again = np.where(full, whole, 0.0)
    logits = tokens * s.vocab * k.logits_kept_bytes / lay.tensor
    return np.asarray(kept * stage_layers * flight + again), np.asarray(logits)


def weight_bytes_held(s: TrainingShape, k: MemoryCoefficients) -> FloatArray:
    """Give the mean bytes of a weight: trained ones in working precision, frozen ones as they are held [byte].

    >>> from wattscale.compute.training_sizes import shape_from_sizes
    >>> adapters = shape_from_sizes(7e9, trained_share=0.0, frozen_bytes=0.5)
    >>> float(weight_bytes_held(adapters, MemoryCoefficients(2, 2, 12, 34, 6, 0, 1.0)))
    0.5
    """
    trained = np.asarray(s.trained_share, dtype=np.float64)
    return np.asarray(trained * k.weight_bytes + (1.0 - trained) * s.frozen_bytes)


def usable_bytes(m: Machine, k: MemoryCoefficients) -> Numbers:
    """Give the memory of a device that can be filled [byte]; the reserve is part of what fills it.

    >>> usable_bytes(Machine(1, 1, 0, 80e9, 1, 1, 1, 1, 0, 0), MemoryCoefficients(2, 2, 12, 34, 4, 0, 1.0))
    80000000000.0
    """
    return m.memory_bytes * k.bytes_per_nominal


def fits(s: TrainingShape, lay: Layout, m: Machine, k: MemoryCoefficients) -> np.ndarray:
    """Tell which layouts fit the memory of a device, one bool per candidate.

    >>> from wattscale.compute.training_shape import TrainingShape
    >>> shape = TrainingShape(1.0, 1.0, 0.0, 1.0, 24.0, 0.0, 0.0, 1e9, 0.0, 0.0, 0.0, 0.0, 0.0)
    >>> adam = MemoryCoefficients(2, 2, 12, 0, 0, 0, 1)
    >>> bool(fits(shape, Layout(*(1.0,) * 8, 0, 0, 0), Machine(1, 1, 0, 80e9, 1, 1, 1, 1, 0, 0), adam))
    True
    """
    return np.asarray(training_memory(s, lay, k).total <= usable_bytes(m, k))
