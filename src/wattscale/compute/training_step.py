"""Time of one optimiser step, part by part, for one layout or many at once.

In: `TrainingShape`, `Layout`, `Machine`, `StepCoefficients`, numbers or arrays of one shape. Out: `StepTimes`.
Leaves out: failures and evaluation (goodput), data loading, uneven stages.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from wattscale.compute.collectives import (
    Numbers,
    all_to_all_s,
    distinct_domains,
    hierarchical_pass_s,
    point_to_point_s,
)
from wattscale.compute.parallelism import FULL, SELECTIVE, Layout
from wattscale.compute.power_limit import held_efficiency
from wattscale.compute.training_coefficients import Machine, StepCoefficients
from wattscale.compute.training_shape import TrainingShape
from wattscale.units import FloatArray

ACTIVATION_BYTES = 2.0
"""Activations and parameters travel in 16 bit."""
REPLICATED_SHARE = 10.0 / 34.0
"""Share of a layer's activations that plain tensor parallelism does not split (Korthikanti et al. 2022, eq. 2)."""
DENSE_GPT_FLOPS_PER_WIDTH2 = 24.0
"""Forward FLOPs per token and layer over d^2 of a GPT block, 12 d^2 parameters (Narayanan et al. 2021)."""
ATTENTION_BACKWARD = 2.5
"""Backward over forward FLOPs of flash attention, scores recomputed (Dao 2022)."""

SELECTIVE_SHARE = 12.0 / 32.0
"""Activations that selective recompute drops and makes again: both norm outputs and the activation function's output,
4 + 8 of 32 bytes per width (counted as in Korthikanti et al. 2022, without dropout)."""


@dataclass(frozen=True)
class StepTimes:
    """Parts of an optimiser step on the slowest device; they add up to `total` [s].

    `flops` and `memory_bytes` are what one device computes and moves in a step, recompute included;
    `link_bytes` what it sends.
    """

    matrix: FloatArray
    attention: FloatArray
    elementwise: FloatArray
    recompute: FloatArray
    tensor_communication: FloatArray
    expert_communication: FloatArray
    context_communication: FloatArray
    pipeline_communication: FloatArray
    pipeline_bubble: FloatArray
    data_communication: FloatArray
    optimizer: FloatArray
    overhead: FloatArray
    total: FloatArray
    flops: FloatArray
    memory_bytes: FloatArray
    link_bytes: FloatArray

    def take(self, chosen: int | np.ndarray) -> StepTimes:
        """Pick candidates by index or mask."""
        return StepTimes(**{f.name: np.asarray(getattr(self, f.name))[chosen] for f in fields(StepTimes)})


PARTS = tuple(f.name for f in fields(StepTimes) if f.name not in ("total", "flops", "memory_bytes", "link_bytes"))
"""Parts of a step that add up to its total."""


def local_ranks(machine: Machine, inner: Numbers, ranks: Numbers) -> FloatArray:
    """Give the ranks of a group that share a domain when `inner` devices sit between neighbours of the group.

    >>> from wattscale.compute.training_coefficients import Machine
    >>> float(local_ranks(Machine(1, 1, 0, 1, 1, 8, 1, 1, 0, 0), 2, 16))
    4.0
    """
    room = np.floor(np.asarray(machine.domain_devices) / np.asarray(inner))
    return np.asarray(np.clip(room, 1.0, np.asarray(ranks)), dtype=np.float64)


@dataclass(frozen=True)
class _Pass:
    """One forward pass of one microbatch through one layer, and the head, on one device [s]."""

    matrix: FloatArray
    attention: FloatArray
    elementwise: FloatArray
    head_matrix: FloatArray
    head_memory: FloatArray
    tokens: FloatArray
    elementwise_bytes: FloatArray


def _reached(m: Machine, k: StepCoefficients) -> FloatArray:
    """Share of the peak that large products reach at the power the device may draw [1]."""
    return held_efficiency(k.gemm_efficiency, k.gemm_ceiling, m.power_ratio, m.voltage_floor)


def _saturation(rows: Numbers, width: Numbers, k: StepCoefficients) -> FloatArray:
    """Share of the large-matrix efficiency that a product of these rows and width per rank reaches [1]."""
    return np.asarray(rows / (rows + k.half_rows) * width / (width + k.half_width))


def _expert_saturation(s: TrainingShape, lay: Layout, k: StepCoefficients, tokens: FloatArray) -> FloatArray:
    """The same of one routed expert: rows are the tokens that reach it, from all ranks of the expert group."""
    gathered = tokens * s.experts_per_token * lay.expert
    rows = np.maximum(gathered / np.maximum(np.asarray(s.experts, dtype=np.float64), 1.0), 1.0)
    return _saturation(rows, np.maximum(np.asarray(s.expert_width), 1.0) / lay.tensor, k)


def _forward(s: TrainingShape, lay: Layout, m: Machine, k: StepCoefficients) -> _Pass:
    tokens = np.asarray(lay.microbatch * np.asarray(s.sequence_length) / lay.context, dtype=np.float64)
    reached = _reached(m, k)
    efficiency = reached * _saturation(tokens, s.d_model / np.asarray(lay.tensor), k)
    linear = s.linear_flops / s.layers
    gain = np.asarray(k.fp8_gain) ** np.asarray(m.halvings)
    routed = s.expert_flops / s.layers
    experts = tokens * routed / lay.tensor / (m.peak_flops * reached * gain * _expert_saturation(s, lay, k, tokens))
    matrix = tokens * (linear - routed) / lay.tensor / (m.peak_flops * efficiency * gain) + experts
    slow = np.where(np.asarray(s.biased) > 0, k.bias_slowdown, 1.0)
    fused = m.half_peak_flops * k.attention_efficiency / slow
    bandwidth = m.memory_bytes_per_s * k.memory_efficiency
    scores = tokens * s.score_elements * k.score_bytes / lay.tensor
    attention = tokens * s.attention_flops / s.layers / lay.tensor / fused + scores / bandwidth
    blocks = linear / (DENSE_GPT_FLOPS_PER_WIDTH2 * np.square(s.d_model))
    split = np.where(np.asarray(lay.sequence) > 0, 1.0 / np.asarray(lay.tensor), 1.0)
    share = REPLICATED_SHARE * split + (1.0 - REPLICATED_SHARE) * blocks / lay.tensor
    traffic = tokens * s.d_model * k.elementwise_bytes * share
    return _Pass(
        matrix=np.asarray(matrix),
        attention=np.asarray(attention),
        elementwise=np.asarray(traffic / bandwidth),
        head_matrix=np.asarray(tokens * s.head_flops / lay.tensor / (m.half_peak_flops * efficiency)),
        head_memory=np.asarray(tokens * s.vocab * k.logits_bytes / lay.tensor / bandwidth),
        tokens=tokens,
        elementwise_bytes=np.asarray(traffic + scores),
    )


@dataclass(frozen=True)
class _Stage:
    """One microbatch, forward and backward, on the slowest pipeline stage [s], and its work."""

    matrix: FloatArray
    attention: FloatArray
    elementwise: FloatArray
    recompute: FloatArray
    launches: FloatArray
    flops: FloatArray
    memory_bytes: FloatArray

    @property
    def total(self) -> FloatArray:
        return self.matrix + self.attention + self.elementwise + self.recompute + self.launches


def _stage_layers(s: TrainingShape, lay: Layout) -> FloatArray:
    chunks = np.asarray(lay.pipeline) * lay.interleave
    return np.asarray(np.ceil(np.asarray(s.layers) / chunks) * lay.interleave, dtype=np.float64)


def _stage_compute(s: TrainingShape, lay: Layout, f: _Pass, k: StepCoefficients) -> _Stage:
    n = _stage_layers(s, lay)
    back = 1.0 + np.asarray(s.trained_share, dtype=np.float64)
    full = np.where(np.asarray(lay.recompute) == FULL, 1.0, 0.0)
    part = np.where(np.asarray(lay.recompute) == SELECTIVE, SELECTIVE_SHARE, full)
    some = (np.asarray(lay.recompute) == SELECTIVE) & (np.asarray(s.score_elements) > 0)
    again = np.where(some, 1.0, full)
    linear, scores = s.linear_flops / s.layers, s.attention_flops / s.layers
    flops = (n * linear + s.head_flops) * (1.0 + back) + full * n * linear
    flops = flops + (1.0 + ATTENTION_BACKWARD + full) * n * scores
    return _Stage(
        matrix=np.asarray((1.0 + back) * (n * f.matrix + f.head_matrix)),
        attention=np.asarray((1.0 + ATTENTION_BACKWARD) * n * f.attention),
        elementwise=np.asarray(3.0 * n * f.elementwise + f.head_memory),
        recompute=np.asarray(n * (full * f.matrix + again * f.attention + part * f.elementwise)),
        launches=np.asarray(
            n * (3.0 + full) * (k.layer_overhead_s + np.asarray(s.moe_layers) / s.layers * k.expert_layer_s)
        ),
        flops=np.asarray(flops * f.tokens / lay.tensor),
        memory_bytes=np.asarray((3.0 + full) * n * f.elementwise_bytes),
    )


@dataclass(frozen=True)
class _Traffic:
    """Exposed communication of one microbatch on one stage [s], and the bytes behind it."""

    tensor: FloatArray
    expert: FloatArray
    context: FloatArray
    pipeline: FloatArray
    link_bytes: FloatArray

    @property
    def total(self) -> FloatArray:
        return self.tensor + self.expert + self.context + self.pipeline


def _stage_traffic(s: TrainingShape, lay: Layout, m: Machine, k: StepCoefficients, tokens: FloatArray) -> _Traffic:
    """Time the communication of one microbatch.

    Tensor: 2 all-reduces of the activations forward, 2 backward, 2 more with full recompute, each a reduce-scatter
    and an all-gather. Experts: 2 all-to-alls forward, 2 backward. Context: keys and values round the ring.
    Pipeline: activations forward, gradients backward, per chunk.
    """
    links, n = m.links(k), _stage_layers(s, lay)
    shown = 1.0 - np.asarray(k.tensor_overlap)
    passes = 2.0 + np.where(np.asarray(lay.recompute) == FULL, 1.0, 0.0)
    buffer = tokens * s.d_model * ACTIVATION_BYTES
    tensor = n * passes * 4.0 * hierarchical_pass_s(buffer, lay.tensor, local_ranks(m, 1.0, lay.tensor), links)
    sent = buffer * s.experts_per_token / lay.tensor
    near = local_ranks(m, 1.0, lay.expert)
    away = buffer * distinct_domains(s.experts_per_token, np.asarray(lay.expert) / near) / lay.tensor
    expert = n * passes * 2.0 * all_to_all_s(sent, lay.expert, near, links, away) * s.moe_layers / s.layers
    keys = tokens * lay.context * s.kv_elements / s.layers / lay.tensor * ACTIVATION_BYTES
    near = local_ranks(m, lay.tensor, lay.context)
    context = n * passes * hierarchical_pass_s(keys, lay.context, near, links)
    crosses = np.asarray(np.asarray(lay.tensor) * lay.data * lay.context > m.domain_devices, dtype=np.float64)
    hop = point_to_point_s(buffer / lay.tensor, crosses, links)
    pipe = np.where(np.asarray(lay.pipeline) > 1, 2.0 * np.asarray(lay.interleave) * hop, 0.0)
    return _Traffic(
        tensor=np.asarray(tensor * shown),
        expert=np.asarray(expert * (1.0 - np.asarray(k.expert_overlap))),
        context=np.asarray(context * shown),
        pipeline=np.asarray(pipe * shown),
        link_bytes=np.asarray((tensor + context) * links.domain_bytes_per_s),
    )


def _data_traffic(s: TrainingShape, lay: Layout, m: Machine, k: StepCoefficients) -> tuple[FloatArray, FloatArray]:
    """Time of gradient and parameter traffic of one step, and parameters held before sharding.

    Reduce-scatter of 32-bit gradients and all-gather of 16-bit parameters; ZeRO 3 gathers the parameters twice and
    scatters 16-bit gradients in every microbatch.
    """
    links = m.links(k)
    ranks = np.asarray(lay.data) * lay.context
    near = local_ranks(m, lay.tensor, ranks)
    split = np.asarray(lay.tensor) * lay.pipeline
    dense = (s.params_dense + s.params_embedding) / split
    expert = s.params_expert / (split * lay.expert)
    sharded = np.asarray(lay.zero) >= 3
    passed = (2.0 + np.asarray(s.trained_share)) * ACTIVATION_BYTES
    volume = np.where(sharded, passed * lay.microbatches * k.shard_penalty, 6.0 * s.trained_share)
    apart = ranks / lay.expert
    time = volume * (
        hierarchical_pass_s(dense, ranks, near, links)
        + hierarchical_pass_s(expert, apart, local_ranks(m, np.asarray(lay.tensor) * lay.expert, apart), links)
    )
    return time, np.asarray(dense + expert)


def step_times(s: TrainingShape, lay: Layout, m: Machine, k: StepCoefficients) -> StepTimes:
    """Time one optimiser step.

    step = (microbatches + (p - 1)/v) * stage + exposed data traffic + optimiser + overhead, all times the drag of
    scale; stage = layers/p * (forward + backward + recompute + exposed traffic) + head.

    Args:
        s: The model.
        lay: The layout.
        m: The machine.
        k: Coefficients.

    Returns:
        The parts [s], arrays of the common shape.

    Source: Narayanan et al. 2021 (parallelism, bubble), Korthikanti et al. 2022 (recompute, sequence parallelism),
    Rajbhandari et al. 2020 (ZeRO); coefficients of benchmarks/fit_training.py.

    >>> from wattscale.compute.training_shape import TrainingShape
    >>> shape = TrainingShape(1.0, 1.0, 0.0, 1.0, 1e12, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    >>> one = Layout(*(1.0,) * 8, 0, 0, 0)
    >>> ideal = StepCoefficients(1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0)
    >>> float(step_times(shape, one, Machine(1e12, 1e12, 0, 1, 1, 1, 1, 1, 0, 0), ideal).total)
    3.0
    """
    f = _forward(s, lay, m, k)
    c = _stage_compute(s, lay, f, k)
    t = _stage_traffic(s, lay, m, k, f.tokens)
    stage, busy = c.total + t.total, lay.microbatches
    bubble = (np.asarray(lay.pipeline) - 1.0) / lay.interleave * stage
    traffic, held = _data_traffic(s, lay, m, k)
    cover = np.where(np.asarray(lay.zero) >= 3, busy * stage, stage)
    data = np.maximum(0.0, traffic - np.asarray(k.data_overlap) * cover)
    shards = np.where(np.asarray(lay.zero) >= 1, np.asarray(lay.data) * lay.context, 1.0)
    updated = held * s.trained_share / shards * k.optimizer_bytes
    update = updated / (m.memory_bytes_per_s * k.memory_efficiency)
    plain = busy * stage + bubble + data + update + k.step_overhead_s
    drag = k.scale_drag * np.log2(np.maximum(1.0, lay.devices / m.domain_devices))
    weights_read = (3.0 + np.where(np.asarray(lay.recompute) == FULL, 1.0, 0.0)) * held * ACTIVATION_BYTES
    parts: dict[str, Numbers] = {
        "matrix": busy * c.matrix, "attention": busy * c.attention, "elementwise": busy * c.elementwise,
        "recompute": busy * c.recompute, "tensor_communication": busy * t.tensor,
        "expert_communication": busy * t.expert, "context_communication": busy * t.context,
        "pipeline_communication": busy * t.pipeline, "pipeline_bubble": bubble, "data_communication": data,
        "optimizer": update, "overhead": busy * c.launches + k.step_overhead_s + plain * drag,
        "total": plain * (1.0 + drag), "flops": busy * c.flops,
        "memory_bytes": busy * (c.memory_bytes + weights_read) + updated, "link_bytes": busy * t.link_bytes,
    }  # fmt: skip
    shape = np.broadcast_shapes(*(np.shape(x) for x in parts.values()))
    return StepTimes(**{name: np.broadcast_to(np.asarray(x, dtype=np.float64), shape) for name, x in parts.items()})
