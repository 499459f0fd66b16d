"""What one engine step of a replica asks of each of its devices.

In: an architecture, how it is spread over devices, precisions, running sequences, lengths. Out: `StepWork`.
Leaves out: time (roofline.py) and whether it fits (serving_memory.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.compute.accelerators import BYTES_PER_ELEMENT, FLOATING
from wattscale.compute.roofline import StepWork
from wattscale.units import FloatArray
from wattscale.workload.architecture import (
    Architecture,
    Attention,
    active_parameters,
    attention_flops,
    matmul_flops,
    mean_forward_flops,
    moe_layers,
    parameters,
    weight_bytes_touched,
)
from wattscale.workload.memory import STATE_PASSES, read_elements, state_elements

FLOP_PER_MULTIPLY_ADD = 2.0
"""A multiply-add is two floating-point operations, as in published peaks."""
ACTIVATION_BYTES = 2.0
"""Activations travel between devices in bf16, also where products are in fp8 [byte]."""


@dataclass(frozen=True)
class Layout:
    """How a replica is spread over its devices.

    Attributes:
        tensor_parallel: Devices that share each attention head group and dense block [1].
        attention_data_parallel: Groups of devices that each serve their own sequences [1].
        pipeline_parallel: Stages, each with its own layers [1].
        expert_parallel: Groups over which experts are spread whole; 1 splits each expert over all devices [1].
    """

    tensor_parallel: int = 1
    attention_data_parallel: int = 1
    pipeline_parallel: int = 1
    expert_parallel: int = 1

    @property
    def devices(self) -> int:
        """Devices of the replica [1]."""
        return self.tensor_parallel * self.attention_data_parallel * self.pipeline_parallel


@dataclass(frozen=True)
class Formats:
    """Precisions of a served model.

    Attributes:
        weights: Stored weights.
        compute: Matrix products; bf16 where weights are unpacked before use (weight-only quantisation).
        cache: Keys and values.
        expert_weights: Stored weights of routed experts, where they differ.
        expert_compute: Products of routed experts, where they differ.
    """

    weights: str = "bf16"
    compute: str = "bf16"
    cache: str = "bf16"
    expert_weights: str | None = None
    expert_compute: str | None = None

    @property
    def unpacked(self) -> bool:
        """Whether integer weights are unpacked before use."""
        narrower = BYTES_PER_ELEMENT[self.weights] < BYTES_PER_ELEMENT[self.compute]
        return narrower and self.weights not in FLOATING

    @property
    def unpacked_experts(self) -> bool:
        """Whether integer weights of routed experts are unpacked before use."""
        narrower = self.expert_bytes < BYTES_PER_ELEMENT[self.expert_compute or self.compute]
        return narrower and (self.expert_weights or self.weights) not in FLOATING

    @property
    def weight_bytes(self) -> float:
        """Bytes of a stored weight [byte]."""
        return BYTES_PER_ELEMENT[self.weights]

    @property
    def expert_bytes(self) -> float:
        """Bytes of a stored weight of a routed expert [byte]."""
        return BYTES_PER_ELEMENT[self.expert_weights or self.weights]

    @property
    def cache_bytes(self) -> float:
        """Bytes of a cached key or value [byte]."""
        return BYTES_PER_ELEMENT[self.cache]


def cache_shards(a: Attention, tensor_parallel: int) -> float:
    """Give over how many devices the cache of one layer is spread under tensor parallelism.

    Key/value heads are whole, so more devices than heads hold copies; the latent of MLA is copied to all.

    Args:
        a: Token mixing.
        tensor_parallel: Devices [1].

    Returns:
        Shards [1].

    Source: vLLM and TensorRT-LLM documentation of tensor parallelism; DeepSeek-AI 2024 for MLA.

    >>> cache_shards(Attention("full", 32, 4, 128, 128), 8)
    4.0
    """
    if a.kv_rank:
        return 1.0
    heads = a.heads if a.recurrent else a.kv_heads
    return float(min(tensor_parallel, heads))


def cache_read_per_device(arch: Architecture, context: FloatArray, layout: Layout, element_bytes: float) -> FloatArray:
    """Give the cache and state bytes of one sequence that a device moves in a decode step.

    Args:
        arch: The model.
        context: Tokens of the sequence so far [token], any shape.
        layout: Spread over devices.
        element_bytes: Bytes of a cached key or value; states keep their own [byte].

    Returns:
        Bytes per sequence and step [byte], shape of `context`.

    Source: workload.memory.kv_read_bytes, divided by `cache_shards`.

    >>> from wattscale.workload.architecture import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> float(cache_read_per_device(model, np.array(1000.0), Layout(2), 2.0)) / 1e6
    65.536
    """
    seen = np.asarray(context, dtype=np.float64)
    total: FloatArray = np.zeros_like(seen)
    for group in arch.groups:
        for a in group.attentions:
            states = STATE_PASSES * state_elements(a)
            read = (read_elements(a, seen) - states) * element_bytes + states * a.state_bytes
            total = total + group.count * read / cache_shards(a, layout.tensor_parallel)
    return total


def step_work(
    arch: Architecture,
    layout: Layout,
    formats: Formats,
    sequences: FloatArray,
    context: FloatArray,
    prefill_tokens: FloatArray | float = 0.0,
    prompt_tokens: FloatArray | float = 1.0,
    expert_skew: float = 1.0,
    group_wait: float = 0.0,
    tokens_per_sequence: float = 1.0,
) -> StepWork:
    """Compose the work of one step: a token for every running sequence, and input tokens of new ones.

    Args:
        arch: The model.
        layout: Spread over devices.
        formats: Precisions.
        sequences: Running sequences of the replica [1], shape (n,).
        context: Mean tokens that a running sequence holds [token], shape (n,).
        prefill_tokens: Input tokens that share the step [token], shape (n,).
        prompt_tokens: Length of the prompts they belong to [token], shape (n,).
        expert_skew: Evenly routed tokens that touch as many experts as one real token [1].
        group_wait: How much of the other groups' input tokens each attention group waits for [1].
        tokens_per_sequence: Tokens computed per running sequence: one, or a draft to verify and one more [1].

    Returns:
        Work per device, arrays of shape (n,).

    Source: Agrawal et al. 2024 (chunked prefill); counts as in `workload.architecture`.

    >>> from wattscale.workload.architecture import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> work = step_work(model, Layout(), Formats(), np.array([1.0]), np.array([1000.0]))
    >>> round(float(work.dense_bytes) / 1e9, 1), round(float(work.cache_bytes[0]) / 1e9, 3)
    (15.0, 0.131)
    """
    asked = np.asarray(sequences, dtype=np.float64)
    b = np.maximum(asked / layout.pipeline_parallel, np.minimum(asked, 1.0))
    prefill = np.asarray(prefill_tokens, dtype=np.float64) / layout.pipeline_parallel
    tp, adp = layout.tensor_parallel, layout.attention_data_parallel
    devices = tp * adp
    decoded = b * tokens_per_sequence
    tokens = decoded + prefill
    uneven = decoded + prefill * (1.0 + group_wait * (adp - 1))

    dense_bytes = float(weight_bytes_touched(arch, 0.0, formats.weight_bytes, formats.expert_bytes))
    touched = weight_bytes_touched(arch, tokens * expert_skew, formats.weight_bytes, formats.expert_bytes)
    rows = np.minimum(tokens * expert_skew, arch.vocab) * (arch.d_embed or arch.d_model) * formats.weight_bytes
    active = active_parameters(arch)
    expert_flops = FLOP_PER_MULTIPLY_ADD * active.experts
    dense_flops = matmul_flops(arch) - expert_flops
    head = FLOP_PER_MULTIPLY_ADD * (active.head or active.embedding) if arch.has_head else 0.0
    scores = attention_flops(arch, np.asarray(context, dtype=np.float64), absorbed=True)
    prompt = np.maximum(np.asarray(prompt_tokens, dtype=np.float64), 1.0)
    prompt_scores = mean_forward_flops(arch, prompt) - matmul_flops(arch)

    expert_bytes = np.maximum(touched - dense_bytes - rows, 0.0) / devices
    experts = moe_layers(arch)
    reduces = 2.0 * arch.layers * (tp > 1)
    exchanges = 2.0 * experts * (adp > 1)
    reduce_bytes = reduces * (uneven / adp) * arch.d_model * ACTIVATION_BYTES * 2.0 * (tp - 1) / tp
    exchange_bytes = exchanges * tokens * arch.d_model * ACTIVATION_BYTES * (devices - 1) / devices
    return StepWork(
        dense_bytes=dense_bytes / tp,
        expert_bytes=expert_bytes,
        cache_bytes=b / adp * cache_read_per_device(arch, np.asarray(context), layout, formats.cache_bytes),
        dense_flops=(uneven * dense_flops - (uneven - decoded) * head) / devices,
        expert_flops=tokens * expert_flops / devices,
        score_flops=(decoded * scores + (uneven - decoded) * prompt_scores) / devices,
        activation_bytes=uneven / devices * arch.layers * arch.d_model * ACTIVATION_BYTES,
        layers=float(arch.layers),
        recurrent_layers=float(sum(g.count for g in arch.groups if any(a.recurrent for a in g.attentions))),
        expert_layers=float(experts),
        sequences=b,
        unpacked=float(formats.unpacked),
        unpacked_experts=float(formats.unpacked_experts),
        mixed=np.where(prefill > 0, 1.0, 0.0),
        collectives=reduces + exchanges,
        link_bytes=reduce_bytes + exchange_bytes,
        expert_numbers=expert_bytes * ACTIVATION_BYTES / formats.expert_bytes,
    )


def total_weight_bytes(arch: Architecture, layout: Layout, formats: Formats) -> float:
    """Give the weights held by one device: dense parts copied to each attention group, experts spread over all.

    Args:
        arch: The model.
        layout: Spread over devices.
        formats: Precisions.

    Returns:
        Bytes on a device [byte].

    Source: as `step_work`.

    >>> from wattscale.workload.architecture import FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> round(total_weight_bytes(model, Layout(), Formats()) / 1e9, 1)
    16.1
    """
    found = parameters(arch)
    dense = (found.total - found.experts) * formats.weight_bytes
    experts = found.experts * formats.expert_bytes
    split = layout.tensor_parallel * layout.pipeline_parallel
    return dense / split + experts / layout.devices
