"""Time of one engine step from the work it asks of a device: memory, tensor units, links and overheads.

In: bytes, FLOPs, collectives and sequences of a step, a device, fitted coefficients. Out: step time and how busy the
device's units are. Everything takes floats or arrays of one shape, so that a data set is predicted in one call.
Leaves out: what a step is made of (serving_work.py) and waiting (queueing.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.units import FloatArray

Numbers: TypeAlias = float | FloatArray

TABLE = "serving_coefficients"
"""Catalogue table of the fitted coefficients."""


@dataclass(frozen=True)
class StepWork:
    """What one engine step asks of each device of a replica.

    Attributes:
        weight_bytes: Weights read [byte].
        kv_bytes: Keys, values and states of the running sequences read [byte].
        decode_flops: Matrix products of the decoded tokens [FLOP].
        prefill_flops: Matrix products of the input tokens that share the step [FLOP].
        layers: Layers passed [1].
        expert_layers: Layers with routed experts [1].
        sequences: Sequences decoded by the replica [1].
        collectives: Collectives on the scale-up link [1].
        link_bytes: Bytes sent over the scale-up link [byte].
    """

    weight_bytes: Numbers
    kv_bytes: Numbers
    decode_flops: Numbers
    prefill_flops: Numbers
    layers: Numbers
    expert_layers: Numbers
    sequences: Numbers
    collectives: Numbers
    link_bytes: Numbers


@dataclass(frozen=True)
class DeviceRates:
    """Peaks of the device, as floats or arrays of the shape of the work.

    Attributes:
        flops: Dense peak at the precision of the matrix products [FLOP/s].
        memory_bytes_per_s: Memory bandwidth [byte/s].
        link_bytes_per_s: Scale-up link, one direction [byte/s].
    """

    flops: Numbers
    memory_bytes_per_s: Numbers
    link_bytes_per_s: Numbers


@dataclass(frozen=True)
class RateCoefficients:
    """Fitted coefficients of the step time; hardware by generation, overheads by engine.

    Attributes:
        weight_efficiency: Share of the memory bandwidth reached while weights are read [1].
        kv_efficiency: The same for the KV cache [1].
        decode_efficiency: Share of the peak reached by the decoded tokens' products at large batch [1].
        prefill_efficiency: Share of the peak reached by input tokens [1].
        link_efficiency: Share of the link bandwidth reached [1].
        collective_s: Latency of one collective [s].
        layer_s: Launch and small kernels of one layer [s].
        expert_layer_s: Added by routing in a layer with experts [s].
        step_s: Scheduler and sampler, once per step [s].
        sequence_s: The same per running sequence [s].
    """

    weight_efficiency: Numbers
    kv_efficiency: Numbers
    decode_efficiency: Numbers
    prefill_efficiency: Numbers
    link_efficiency: Numbers
    collective_s: Numbers
    layer_s: Numbers
    expert_layer_s: Numbers
    step_s: Numbers
    sequence_s: Numbers


HARDWARE = (
    "weight_efficiency", "kv_efficiency", "decode_efficiency", "prefill_efficiency", "link_efficiency",
    "collective_s",
)  # fmt: skip
"""Coefficients by hardware generation; the others are by engine."""


@dataclass(frozen=True)
class Step:
    """One engine step.

    Attributes:
        time_s: Length [s].
        memory_s, compute_s, link_s, overhead_s: What it would take by each alone [s].
        compute_utilisation, memory_utilisation, link_utilisation: Work done over what the peaks could do [1].
    """

    time_s: Numbers
    memory_s: Numbers
    compute_s: Numbers
    link_s: Numbers
    overhead_s: Numbers
    compute_utilisation: Numbers
    memory_utilisation: Numbers
    link_utilisation: Numbers


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

    >>> one = RateCoefficients(*range(1, 11))
    >>> stack_rates([one, one]).step_s.tolist()
    [9.0, 9.0]
    """
    names = [f.name for f in fields(RateCoefficients)]
    return RateCoefficients(**{n: np.array([float(getattr(r, n)) for r in rates]) for n in names})


def device_rates(accelerator: Accelerator, precision: str, where: str = "precision") -> DeviceRates:
    """Take the peaks that a step needs from an accelerator.

    Args:
        accelerator: The device.
        precision: Precision of the matrix products.
        where: Field for messages.

    Returns:
        The peaks.

    Source: table `accelerators`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> device_rates(load_accelerator(load_catalog(), "H200"), "bf16").memory_bytes_per_s
    4800000000000.0
    """
    return DeviceRates(
        flops=accelerator.peak(precision, where),
        memory_bytes_per_s=accelerator.memory_bytes_per_s,
        link_bytes_per_s=accelerator.link_bytes_per_s or accelerator.memory_bytes_per_s,
    )


def step_time(work: StepWork, device: DeviceRates, rates: RateCoefficients) -> Step:
    """Give the time of one engine step and how busy it keeps the device.

    t = max(t_weights, t_decode) + t_kv + t_prefill + t_links + overheads; weights are read while the decoded tokens
    are multiplied, the rest follows one after the other.

    Args:
        work: Work of the step per device.
        device: Peaks.
        rates: Fitted coefficients.

    Returns:
        Time and utilisations.

    Source: roofline model (Williams et al. 2009); chunked prefill as in Agrawal et al. 2024 (Sarathi-Serve).

    >>> work = StepWork(8e9, 0, 0, 0, 0, 0, 0, 0, 0)
    >>> ideal = RateCoefficients(1, 1, 1, 1, 1, 0, 0, 0, 0, 0)
    >>> float(step_time(work, DeviceRates(1e15, 4e12, 4e11), ideal).time_s)
    0.002
    """
    weights = np.asarray(work.weight_bytes) / (device.memory_bytes_per_s * np.asarray(rates.weight_efficiency))
    cache = np.asarray(work.kv_bytes) / (device.memory_bytes_per_s * np.asarray(rates.kv_efficiency))
    decode = np.asarray(work.decode_flops) / (device.flops * np.asarray(rates.decode_efficiency))
    prefill = np.asarray(work.prefill_flops) / (device.flops * np.asarray(rates.prefill_efficiency))
    links = np.asarray(work.collectives) * rates.collective_s + np.asarray(work.link_bytes) / (
        device.link_bytes_per_s * np.asarray(rates.link_efficiency)
    )
    overhead = (
        rates.step_s
        + np.asarray(work.layers) * rates.layer_s
        + np.asarray(work.expert_layers) * rates.expert_layer_s
        + np.asarray(work.sequences) * rates.sequence_s
    )
    time = np.maximum(weights, decode) + cache + prefill + links + overhead
    flops = np.asarray(work.decode_flops) + np.asarray(work.prefill_flops)
    moved = np.asarray(work.weight_bytes) + np.asarray(work.kv_bytes)
    return Step(
        time_s=time,
        memory_s=weights + cache,
        compute_s=decode + prefill,
        link_s=links,
        overhead_s=overhead,
        compute_utilisation=flops / (time * device.flops),
        memory_utilisation=moved / (time * device.memory_bytes_per_s),
        link_utilisation=np.asarray(work.link_bytes) / (time * device.link_bytes_per_s),
    )
