"""Time of one engine step from the work it asks of a device: memory, tensor units, links and overheads.

In: bytes, FLOPs, collectives and sequences of a step, a device, fitted coefficients. Out: step time and how busy the
device's units are. Everything takes floats or arrays of one shape, so that a data set is predicted in one call.
Leaves out: what a step is made of (serving_work.py) and waiting (queueing.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import BYTES_PER_ELEMENT, Accelerator
from wattscale.units import FloatArray

Numbers: TypeAlias = float | FloatArray

TABLE = "serving_coefficients"
"""Catalogue table of the fitted coefficients."""


@dataclass(frozen=True)
class StepWork:
    """What one engine step asks of each device of a replica.

    Attributes:
        dense_bytes: Weights read that every token passes [byte].
        expert_bytes: Weights of the routed experts touched [byte].
        cache_bytes: Keys, values and states of the decoded sequences read [byte].
        dense_flops: Products with the dense weights [FLOP].
        expert_flops: Products with the experts [FLOP].
        score_flops: Attention scores and values, and recurrences [FLOP].
        activation_bytes: Activations read and written between the products, once per pass [byte].
        layers: Layers passed [1].
        recurrent_layers: Layers with a state of fixed size [1].
        expert_layers: Layers with routed experts [1].
        sequences: Sequences decoded by the replica [1].
        unpacked: 1 where weights are unpacked before use (weight-only quantisation), else 0 [1].
        unpacked_experts: The same for the experts [1].
        mixed: 1 where the step also takes in input tokens, 0 where it only decodes; between for a mean [1].
        collectives: Collectives on the scale-up link [1].
        link_bytes: Bytes sent over the scale-up link [byte].
        expert_numbers: Weights of `expert_bytes` as if each took two bytes, on which the power depends [byte].
    """

    dense_bytes: Numbers
    expert_bytes: Numbers
    cache_bytes: Numbers
    dense_flops: Numbers
    expert_flops: Numbers
    score_flops: Numbers
    activation_bytes: Numbers
    layers: Numbers
    recurrent_layers: Numbers
    expert_layers: Numbers
    sequences: Numbers
    unpacked: Numbers
    unpacked_experts: Numbers
    mixed: Numbers
    collectives: Numbers
    link_bytes: Numbers
    expert_numbers: Numbers = 0.0


@dataclass(frozen=True)
class DeviceRates:
    """Peaks of the device, as floats or arrays of the shape of the work.

    Attributes:
        flops: Dense peak at the precision of the matrix products [FLOP/s].
        expert_flops: Dense peak at the precision of the experts' products [FLOP/s].
        score_flops: Dense peak of attention, which stays in bf16 [FLOP/s].
        memory_bytes_per_s: Memory bandwidth [byte/s].
        link_bytes_per_s: Scale-up link, one direction [byte/s].
        width, expert_width: Bytes of the numbers that are multiplied [byte].
    """

    flops: Numbers
    expert_flops: Numbers
    score_flops: Numbers
    memory_bytes_per_s: Numbers
    link_bytes_per_s: Numbers
    width: Numbers = 2.0
    expert_width: Numbers = 2.0


@dataclass(frozen=True)
class RateCoefficients:
    """Fitted coefficients of the step time; hardware by generation, the others by engine.

    Attributes:
        weight_efficiency: Share of the memory bandwidth reached while dense weights are read [1].
        cache_efficiency: The same for keys, values and states [1].
        compute_efficiency: Share of the peak reached by large dense products [1].
        narrow_efficiency: Factor on it per halving of the numbers below 2 bytes, whose peak is harder to reach [1].
        score_efficiency: Share of the peak reached by attention over input tokens [1].
        link_efficiency: Share of the link bandwidth reached [1].
        collective_s: Latency of one collective [s].
        expert_memory_efficiency: Bandwidth reached on experts over that on dense weights [1].
        expert_compute_efficiency: Rate reached on experts over that on dense products [1].
        unpack_efficiency: Both reached on integer weights unpacked before use, over weights used as stored [1].
        activation_passes: How often the activations of a layer travel to memory and back [1].
        layer_s: Launch and small kernels of one layer [s].
        recurrent_layer_s: Added by the small kernels of a recurrent layer [s].
        expert_layer_s: Added by routing in a layer with experts [s].
        mixed_layer_s: Added per layer in steps that take in input tokens (no captured graph) [s].
        step_s: Scheduler and sampler, once per step [s].
        sequence_s: The same per running sequence [s].
        eager: 1 for engines that launch kernel by kernel, while the device works on earlier ones; 0 for engines that
            replay captured graphs, where the overhead of a layer is the device's own [1].
        roof_exponent: Rounds the corner of the roofline, time = (memory^n + compute^n)^(1/n) [1].
    """

    weight_efficiency: Numbers
    cache_efficiency: Numbers
    compute_efficiency: Numbers
    narrow_efficiency: Numbers
    score_efficiency: Numbers
    link_efficiency: Numbers
    collective_s: Numbers
    expert_memory_efficiency: Numbers
    expert_compute_efficiency: Numbers
    unpack_efficiency: Numbers
    activation_passes: Numbers
    layer_s: Numbers
    recurrent_layer_s: Numbers
    expert_layer_s: Numbers
    mixed_layer_s: Numbers
    step_s: Numbers
    sequence_s: Numbers
    eager: Numbers
    roof_exponent: Numbers


UTILISATIONS = (
    "compute_utilisation", "memory_utilisation", "link_utilisation", "busy_share", "cache_utilisation",
    "expert_utilisation",
)  # fmt: skip
"""Attributes of a step that the power depends on."""
HARDWARE = (
    "weight_efficiency", "cache_efficiency", "compute_efficiency", "score_efficiency", "link_efficiency",
    "collective_s", "roof_exponent",
)  # fmt: skip
"""Coefficients by hardware generation; the others are by engine."""


@dataclass(frozen=True)
class Step:
    """One engine step.

    Attributes:
        time_s: Length [s].
        memory_s, compute_s, link_s, overhead_s: What it would take by each alone [s].
        compute_utilisation, memory_utilisation, link_utilisation: Work done over what the peaks could do [1].
        busy_share: Share of the time in which the device does not wait for its host [1].
        cache_utilisation: Part of the memory utilisation for keys and values [1].
        expert_utilisation: The part for experts, were their weights two bytes each [1].
    """

    time_s: Numbers
    memory_s: Numbers
    compute_s: Numbers
    link_s: Numbers
    overhead_s: Numbers
    compute_utilisation: Numbers
    memory_utilisation: Numbers
    link_utilisation: Numbers
    busy_share: Numbers
    cache_utilisation: Numbers
    expert_utilisation: Numbers


def load_rates(catalog: Catalog, generation: str, engine: str) -> RateCoefficients:
    """Read the coefficients of a hardware generation and a serving engine.

    What a generation or engine has not of its own is that of the item `default`.

    Args:
        catalog: The catalogue.
        generation: Generation of the accelerator, such as `hopper`.
        engine: Engine, such as `vllm-0.11`.

    Returns:
        The coefficients; source: table `serving_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> 0.5 < load_rates(load_catalog(), "hopper", "default").weight_efficiency <= 1.0
    True
    """
    values: dict[str, float] = {}
    for name in (f.name for f in fields(RateCoefficients)):
        item = generation if name in HARDWARE else f"engine-{engine}"
        key = f"{item}.{name}" if catalog.has_figure(TABLE, f"{item}.{name}") else f"default.{name}"
        values[name] = catalog.value(TABLE, key)
    return RateCoefficients(**values)


def stack_rates(rates: Sequence[RateCoefficients]) -> RateCoefficients:
    """Put the coefficients of many rows into arrays, shape (rows,).

    Args:
        rates: One set per row.

    Returns:
        One set of arrays.

    Source: none needed.

    >>> one = RateCoefficients(*range(1, 20))
    >>> stack_rates([one, one]).step_s.tolist()
    [16.0, 16.0]
    """
    names = [f.name for f in fields(RateCoefficients)]
    return RateCoefficients(**{n: np.array([float(getattr(r, n)) for r in rates]) for n in names})


def device_rates(
    accelerator: Accelerator, precision: str, expert_precision: str | None = None, where: str = "precision"
) -> DeviceRates:
    """Take the peaks that a step needs from an accelerator.

    Args:
        accelerator: The device.
        precision: Precision of the matrix products.
        expert_precision: That of the routed experts, where it differs.
        where: Field for messages.

    Returns:
        The peaks.

    Source: table `accelerators`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> device_rates(load_accelerator(load_catalog(), "H200"), "bf16").memory_bytes_per_s
    4800000000000.0
    """
    peak = accelerator.peak(precision, where)
    return DeviceRates(
        flops=peak,
        expert_flops=accelerator.peak(expert_precision, where) if expert_precision else peak,
        score_flops=accelerator.half_flops or peak,
        memory_bytes_per_s=accelerator.memory_bytes_per_s,
        link_bytes_per_s=accelerator.link_bytes_per_s or accelerator.memory_bytes_per_s,
        width=BYTES_PER_ELEMENT[precision],
        expert_width=BYTES_PER_ELEMENT[expert_precision or precision],
    )


def step_time(work: StepWork, device: DeviceRates, rates: RateCoefficients) -> Step:
    """Give the time of one engine step and how busy it keeps the device.

    t = roof(dense) + roof(experts) + attention + activations + links + overheads, roof = (memory^n + compute^n)^(1/n)

    Args:
        work: Work of the step per device.
        device: Peaks.
        rates: Fitted coefficients.

    Returns:
        Time and utilisations.

    Source: roofline model (Williams et al. 2009), kernel by kernel; overheads of serving engines.

    >>> work = StepWork(8e9, *[0] * 15)
    >>> ideal = RateCoefficients(1, 1, 1, 1, 1, 1, 0, 1, 1, 1, *[0] * 8, 4)
    >>> float(step_time(work, DeviceRates(1e15, 1e15, 1e15, 4e12, 4e11), ideal).time_s)
    0.002
    """
    bandwidth = device.memory_bytes_per_s * np.asarray(rates.weight_efficiency)
    rate = device.flops * np.asarray(rates.compute_efficiency) * _narrow(device.width, rates)
    slower = 1.0 / np.asarray(rates.unpack_efficiency) - 1.0
    dense_f = 1.0 + np.asarray(work.unpacked) * slower
    expert_f = 1.0 + np.asarray(work.unpacked_experts) * slower
    dense_m = dense_f * np.asarray(work.dense_bytes) / bandwidth
    dense_c = dense_f * np.asarray(work.dense_flops) / rate
    expert_m = expert_f * np.asarray(work.expert_bytes) / (bandwidth * rates.expert_memory_efficiency)
    expert_rate = (
        device.expert_flops
        * np.asarray(rates.compute_efficiency)
        * rates.expert_compute_efficiency
        * _narrow(device.expert_width, rates)
    )
    expert_c = expert_f * np.asarray(work.expert_flops) / expert_rate
    cache = np.asarray(work.cache_bytes) / (device.memory_bytes_per_s * np.asarray(rates.cache_efficiency))
    scores = np.asarray(work.score_flops) / (device.score_flops * np.asarray(rates.score_efficiency))
    attention = np.maximum(cache, scores)
    links = np.asarray(work.collectives) * rates.collective_s + np.asarray(work.link_bytes) / (
        device.link_bytes_per_s * np.asarray(rates.link_efficiency)
    )
    layers = np.asarray(work.layers)
    host = rates.step_s + np.asarray(work.sequences) * rates.sequence_s
    launches = (
        layers * (rates.layer_s + np.asarray(work.mixed) * rates.mixed_layer_s)
        + np.asarray(work.recurrent_layers) * rates.recurrent_layer_s
        + np.asarray(work.expert_layers) * rates.expert_layer_s
    )
    n, eager = rates.roof_exponent, np.asarray(rates.eager)
    activations = np.asarray(work.activation_bytes) * rates.activation_passes / bandwidth
    device_s = _roof(dense_m, dense_c, n) + _roof(expert_m, expert_c, n) + attention + activations + links
    working = eager * _roof(launches, device_s, n) + (1.0 - eager) * (launches + device_s)
    time = host + working
    busy = eager * device_s + (1.0 - eager) * working
    at_peak = (
        np.asarray(work.dense_flops) / device.flops
        + np.asarray(work.expert_flops) / device.expert_flops
        + np.asarray(work.score_flops) / device.score_flops
    )
    moved = np.asarray(work.dense_bytes) + np.asarray(work.expert_bytes) + np.asarray(work.cache_bytes)
    return Step(
        time_s=time,
        memory_s=dense_m + expert_m + cache,
        compute_s=dense_c + expert_c + scores,
        link_s=links,
        overhead_s=time - device_s,
        compute_utilisation=at_peak / time,
        memory_utilisation=moved / (time * device.memory_bytes_per_s),
        link_utilisation=np.asarray(work.link_bytes) / (time * device.link_bytes_per_s),
        busy_share=busy / time,
        cache_utilisation=np.asarray(work.cache_bytes) / (time * device.memory_bytes_per_s),
        expert_utilisation=np.asarray(work.expert_numbers) / (time * device.memory_bytes_per_s),
    )


def _roof(memory_s: FloatArray, compute_s: FloatArray, exponent: Numbers) -> FloatArray:
    return np.asarray((memory_s**exponent + compute_s**exponent) ** (1.0 / np.asarray(exponent)))


def _narrow(width: Numbers, rates: RateCoefficients) -> FloatArray:
    halvings = np.maximum(np.log2(2.0 / np.asarray(width)), 0.0)
    return np.asarray(np.asarray(rates.narrow_efficiency) ** halvings)


def mean_step(decode: Step, mixed: Step, mixed_share: Numbers) -> Step:
    """Average steps that only decode and steps that also take in input tokens.

    Args:
        decode: Step that only decodes.
        mixed: Step with input tokens.
        mixed_share: Share of the steps with input tokens [1].

    Returns:
        The mean step; utilisations are weighted by time.

    Source: none needed.

    >>> slow, fast = (Step(t, t, 0.0, 0.0, 0.0, 0.0, u, 0.0, 1.0, 0.0, 0.0) for t, u in ((3.0, 1.0), (1.0, 0.0)))
    >>> float(mean_step(fast, slow, 0.5).time_s), float(mean_step(fast, slow, 0.5).memory_utilisation)
    (2.0, 0.75)
    """
    q = np.asarray(mixed_share)
    time = (1.0 - q) * decode.time_s + q * mixed.time_s

    def plain(name: str) -> FloatArray:
        return np.asarray((1.0 - q) * getattr(decode, name) + q * getattr(mixed, name))

    def weighted(name: str) -> FloatArray:
        a, b = getattr(decode, name) * decode.time_s, getattr(mixed, name) * mixed.time_s
        return np.asarray(((1.0 - q) * a + q * b) / time)

    return Step(
        time,
        *(plain(n) for n in ("memory_s", "compute_s", "link_s", "overhead_s")),
        *(weighted(n) for n in UTILISATIONS),
    )
