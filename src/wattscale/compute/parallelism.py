"""How a training run is spread over devices: one layout, or all that a number of devices allows.

In: sizes of the model, devices, batch, what the user fixes. Out: `Layout`, arrays with one entry per candidate.
Leaves out: uneven pipeline stages and heterogeneous devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from wattscale.compute.collectives import Numbers
from wattscale.compute.training_shape import TrainingShape
from wattscale.units import FloatArray

NONE, SELECTIVE, FULL = 0, 1, 2
"""Activation recompute: nothing, attention only, whole layers."""
NODE_DEVICES = 8
"""Tensor parallelism may span a node of this many devices even where they share no scale-up link."""
BATCH_TOLERANCE = 0.1
"""A layout may round the batch by this share to make whole microbatches; where none can, the nearest is taken."""
EQUALLY_NEAR = 1e-9
"""Layouts whose batches are off by shares within this of each other are equally near."""
RECOMPUTE = {"none": NONE, "selective": SELECTIVE, "full": FULL}


@dataclass(frozen=True)
class Layout:
    """How the work is spread; numbers or arrays of one shape.

    Attributes:
        tensor: Tensor-parallel degree t; sequence parallelism splits the rest of the layer too where `sequence` is 1.
        pipeline: Pipeline-parallel degree p.
        data: Data-parallel degree.
        context: Context-parallel degree (each sequence split over devices).
        expert: Expert-parallel degree, within the data-parallel ranks.
        interleave: Model chunks per pipeline stage v (1: plain 1F1B).
        microbatch: Sequences of one microbatch.
        batch: Sequences of one optimiser step.
        zero: ZeRO stage 0..3 (3: fully sharded data parallelism).
        recompute: 0 none, 1 selective, 2 full.
        sequence: 1 with sequence parallelism.
    """

    tensor: Numbers
    pipeline: Numbers
    data: Numbers
    context: Numbers
    expert: Numbers
    interleave: Numbers
    microbatch: Numbers
    batch: Numbers
    zero: Numbers
    recompute: Numbers
    sequence: Numbers

    @property
    def devices(self) -> FloatArray:
        """Devices of the layout [1]."""
        found = np.asarray(self.tensor) * self.pipeline * self.data * self.context
        return np.asarray(found, dtype=np.float64)

    @property
    def microbatches(self) -> FloatArray:
        """Microbatches of one step and replica, the batch rounded to whole ones [1]."""
        found = np.asarray(self.batch) / (np.asarray(self.data) * self.microbatch)
        return np.asarray(np.maximum(1.0, np.round(found)), dtype=np.float64)

    def take(self, chosen: int | FloatArray | np.ndarray) -> Layout:
        """Pick candidates by index or mask."""
        return Layout(**{f.name: np.asarray(getattr(self, f.name))[chosen] for f in fields(Layout)})

    def __len__(self) -> int:
        return int(np.size(self.tensor))


@dataclass(frozen=True)
class Fixed:
    """What the user fixes of a layout; None is searched."""

    tensor: int | None = None
    pipeline: int | None = None
    data: int | None = None
    interleave: int | None = None
    microbatch: int | None = None
    zero: int | None = None
    recompute: int | None = None
    sequence: int | None = None
    context: int | None = None
    expert: int | None = None


def powers_of_two(limit: float) -> list[int]:
    """List 1, 2, 4 ... up to a limit.

    >>> powers_of_two(9)
    [1, 2, 4, 8]
    """
    return [2**i for i in range(int(np.log2(max(1.0, limit))) + 1)]


def _pipeline_degrees(layers: int, devices: int) -> list[int]:
    whole = [p for p in range(1, layers + 1) if layers % p == 0 and p <= devices]
    return sorted({*whole, *(p for p in powers_of_two(min(layers, devices, 64)))})


def _choices(shape: TrainingShape, devices: int, domain: int, fixed: Fixed) -> list[Sequence[int]]:
    layers = int(np.max(shape.layers))
    long = int(np.max(shape.sequence_length)) // 4096
    return [
        [fixed.tensor] if fixed.tensor else powers_of_two(min(max(domain, NODE_DEVICES), 16, devices)),
        [fixed.pipeline] if fixed.pipeline else _pipeline_degrees(layers, devices),
        [fixed.context] if fixed.context else powers_of_two(min(max(1, long), 16)),
        [fixed.interleave] if fixed.interleave else [1, 2, 3, 4, 6],
        [fixed.microbatch] if fixed.microbatch else [1, 2, 3, 4, 6, 8, 12, 16, 32, 64],
        [fixed.zero] if fixed.zero is not None else [1, 3],
        [fixed.recompute] if fixed.recompute is not None else [NONE, SELECTIVE, FULL],
        _expert_degrees(shape, domain, fixed),
    ]


def _expert_degrees(shape: TrainingShape, domain: int, fixed: Fixed) -> list[int]:
    """Experts on every rank (nothing to exchange), or spread over a domain."""
    if not np.any(np.asarray(shape.moe_layers) > 0):
        return [1]
    return [fixed.expert] if fixed.expert else sorted({1, domain})


def candidate_layouts(
    shape: TrainingShape, devices: int, batch: float, domain: int, fixed: Fixed | None = None
) -> Layout:
    """List every layout that a number of devices and a batch allow.

    Args:
        shape: The model.
        devices: Devices at hand [1]; a layout uses them all or leaves fewer than one replica out.
        batch: Sequences of one optimiser step [1].
        domain: Devices of a scale-up domain; tensor parallelism stays inside it or a node [1].
        fixed: What the user fixes.

    Returns:
        Candidates, arrays of one length (perhaps none); memory is not looked at here.

    Source: Narayanan et al. 2021: tensor parallelism within a domain or node, interleaving only with a pipeline.

    >>> from wattscale.compute.training_shape import TrainingShape
    >>> tiny = TrainingShape(4.0, 64.0, 100.0, 128.0, *(1.0,) * 9)
    >>> sorted(set(candidate_layouts(tiny, 4, 8, 2).data.tolist()))
    [1.0, 2.0, 4.0]
    """
    fixed = fixed or Fixed()
    axes = _choices(shape, devices, domain, fixed)
    grid = np.array(np.meshgrid(*axes, indexing="ij"), dtype=np.float64).reshape(len(axes), -1)
    t, p, c, v, mb, zero, recompute, spread = grid
    data = np.floor(devices / (t * p * c)) if fixed.data is None else np.full(t.shape, float(fixed.data))
    if fixed.data is None:
        data = np.minimum(data, np.floor(batch / mb))
    layers = float(np.max(shape.layers))
    sequence = (t > 1) if fixed.sequence is None else np.full(t.shape, fixed.sequence > 0)
    valid = (
        (data >= 1)
        & (t * p * c * data <= devices)
        & ((v == 1) | ((p > 1) & (p * v <= layers)) | (fixed.interleave is not None))
        & ((zero < 3) | (p == 1) | (fixed.zero == 3))
        & ((mb * data <= batch) | (fixed.microbatch is not None))
    )
    whole = np.maximum(1.0, np.round(batch / (np.maximum(data, 1.0) * mb)))
    valid &= (v == 1) | (whole >= p) | (fixed.interleave is not None)
    off = np.abs(whole * mb * data / batch - 1.0)
    nearest = float(np.min(off[valid], initial=np.inf))
    valid &= off <= max(BATCH_TOLERANCE, nearest) + EQUALLY_NEAR
    experts = np.minimum(data * c, spread)
    along = np.asarray(sequence, dtype=np.float64)
    found = Layout(t, p, data, c, experts, v, mb, np.full(t.shape, float(batch)), zero, recompute, along)
    return found.take(valid)


def join_layouts(layouts: Sequence[Layout]) -> Layout:
    """Put several sets of candidates into one.

    >>> one = Layout(*(np.ones(2),) * 11)
    >>> len(join_layouts([one, one]))
    4
    """
    return Layout(
        **{f.name: np.concatenate([np.atleast_1d(getattr(x, f.name)) for x in layouts]) for f in fields(Layout)}
    )
