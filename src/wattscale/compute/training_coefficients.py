"""The fitted coefficients of the training model, and the machine as a step sees it.

In: the catalogue, an accelerator, a precision. Out: `StepCoefficients`, `Machine`.
Leaves out: the fit; benchmarks/fit_training.py does it and writes the table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import BYTES_PER_ELEMENT, Accelerator
from wattscale.compute.collectives import Links, Numbers

TABLE = "training_coefficients"
HALF_BYTES = BYTES_PER_ELEMENT["bf16"]


@dataclass(frozen=True)
class StepCoefficients:
    """Coefficients of the step time; numbers, or arrays where rows of several generations are computed together.

    Attributes:
        gemm_efficiency: Share of the peak that large matrix products reach [1].
        attention_efficiency: Share of the bf16 peak that fused attention reaches [1].
        bias_slowdown: Time of attention with a bias on the scores (ALiBi) over that without [1].
        fp8_gain: Efficiency of fp8 matrix products over that of bf16, each against its own peak [1].
        half_rows: Rows at which a matrix product reaches half its efficiency [token].
        half_width: Width per tensor rank at which it reaches half its efficiency [1].
        elementwise_bytes: Memory traffic per token, layer and unit of width, forward [byte].
        score_bytes: Memory traffic per score of unfused attention, forward [byte].
        logits_bytes: Memory traffic per token and vocabulary entry, forward and backward [byte].
        memory_efficiency: Share of the memory bandwidth reached [1].
        optimizer_bytes: Memory traffic of the optimiser per parameter held [byte].
        domain_efficiency: Share of the link bandwidth that collectives reach in the domain [1].
        network_efficiency: Share of the adapter bandwidth that collectives reach between domains [1].
        shard_penalty: Traffic time of parameter-wise sharding (ZeRO 3) over that of bucketed rings [1].
        tensor_overlap: Share of tensor and pipeline traffic hidden behind computing [1].
        data_overlap: Share of the computing time behind which gradient and shard traffic hides [1].
        scale_drag: Loss per doubling of the devices beyond one domain (stragglers, network noise) [1].
        layer_overhead_s: Fixed time per layer and pass, launches and synchronisation [s].
        step_overhead_s: Fixed time per optimiser step [s].
        gemm_ceiling: Most that a matrix product reaches of the peak, at full clock [1].
        expert_overlap: Share of expert traffic (all-to-all) hidden behind computing [1].
        expert_layer_s: Fixed time per layer with routed experts and pass: routing, permutation, launches [s].
    """

    gemm_efficiency: Numbers
    attention_efficiency: Numbers
    bias_slowdown: Numbers
    fp8_gain: Numbers
    half_rows: Numbers
    half_width: Numbers
    elementwise_bytes: Numbers
    score_bytes: Numbers
    logits_bytes: Numbers
    memory_efficiency: Numbers
    optimizer_bytes: Numbers
    domain_efficiency: Numbers
    network_efficiency: Numbers
    shard_penalty: Numbers
    tensor_overlap: Numbers
    data_overlap: Numbers
    scale_drag: Numbers
    layer_overhead_s: Numbers
    step_overhead_s: Numbers
    gemm_ceiling: Numbers = 1.0
    expert_overlap: Numbers = 0.0
    expert_layer_s: Numbers = 0.0


@dataclass(frozen=True)
class Machine:
    """A device and its links at the precision of a run; numbers or arrays of one shape.

    Attributes:
        peak_flops: Dense peak of the matrix products [FLOP/s].
        half_peak_flops: Dense peak in bf16, of attention and head [FLOP/s].
        halvings: Halvings of the element below 16 bit: 1 for fp8, 2 for fp4; each costs efficiency [1].
        memory_bytes: Memory of a device as its maker counts it [byte].
        memory_bytes_per_s: Memory bandwidth [byte/s].
        domain_devices: Devices of a scale-up domain [1].
        link_bytes_per_s: Scale-up link, one direction [byte/s].
        network_bytes_per_s: Network of a device between domains, one direction [byte/s].
        domain_latency_s, network_latency_s: Latency of one step [s].
        power_ratio: Design power per peak operation over that of the generation's reference device [1].
        voltage_floor: Lowest voltage over that at full clock; below it power falls with the clock alone [1].
    """

    peak_flops: Numbers
    half_peak_flops: Numbers
    halvings: Numbers
    memory_bytes: Numbers
    memory_bytes_per_s: Numbers
    domain_devices: Numbers
    link_bytes_per_s: Numbers
    network_bytes_per_s: Numbers
    domain_latency_s: Numbers
    network_latency_s: Numbers
    power_ratio: Numbers = 1.0
    voltage_floor: Numbers = 1.0

    def links(self, coefficients: StepCoefficients) -> Links:
        """Both levels of network at the bandwidth that collectives reach."""
        return Links(
            self.domain_devices,
            self.link_bytes_per_s * coefficients.domain_efficiency,
            self.network_bytes_per_s * coefficients.network_efficiency,
            self.domain_latency_s,
            self.network_latency_s,
        )


def own_or_default(catalog: Catalog, accelerator: Accelerator, parameter: str) -> str:
    """Name the most specific figure of a coefficient: of the device, of its generation, or `default`.

    Only devices whose generation spans several designs (TPU v2, v3, v4) have figures of their own.

    Args:
        catalog: The catalogue.
        accelerator: The device.
        parameter: Which coefficient.

    Returns:
        `item.parameter` of the table `training_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> own_or_default(load_catalog(), load_accelerator(load_catalog(), "H100"), "half_rows")
    'default.half_rows'
    """
    for item in (accelerator.name, accelerator.generation):
        if catalog.has_figure(TABLE, f"{item}.{parameter}"):
            return f"{item}.{parameter}"
    return f"default.{parameter}"


def coefficient(catalog: Catalog, accelerator: Accelerator, parameter: str) -> float:
    """Read the most specific value of a coefficient, see `own_or_default`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> coefficient(load_catalog(), load_accelerator(load_catalog(), "H100"), "network_gb_per_s")
    50.0
    """
    return catalog.value(TABLE, own_or_default(catalog, accelerator, parameter))


def tuned_share(
    catalog: Catalog, accelerator: Accelerator, params_total: float, floor: float = 0.0, early: bool = False
) -> float:
    """Give the speed of a usual run over that of the best layout without failures.

    s = s_max N / (N + N_half): published hours of small models hold more than one clean pass (trials, distillation,
    less tuning), those of large ones do not.

    Args:
        catalog: The catalogue.
        accelerator: The device.
        params_total: Parameters N [1].
        floor: Least size factor N / (N + N_half) [1].
        early: Whether the run uses GPU codes of before fused attention (2022 and earlier).

    Returns:
        Share [1]; slightly above 1 where published runs beat the model's best layout.

    Source: benchmarks/fit_training.py on published device-hours.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> 0.4 < tuned_share(load_catalog(), load_accelerator(load_catalog(), "A100"), 7e9) < 0.9
    True
    """
    half = coefficient(catalog, accelerator, "tuned_half_params")
    size = params_total / (params_total + half)
    age = catalog.value(TABLE, "run.early_share") if early else 1.0
    return coefficient(catalog, accelerator, "tuned_share") * max(floor, size) * age


def power_ratio(catalog: Catalog, accelerator: Accelerator) -> float:
    """Give the design power per peak bf16 operation over that of the generation's reference device.

    Parts of one design differ in the power they may draw; a part with less of it holds a lower clock in matrix
    products. Design powers that are our estimate say nothing about the clock and count as the reference.

    Args:
        catalog: The catalogue.
        accelerator: The device.

    Returns:
        Ratio [1], to three digits; 1 where the generation has no reference.

    Source: `<generation>.reference_w_per_tflops` of the table `training_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> round(power_ratio(load_catalog(), load_accelerator(load_catalog(), "H100")), 2)
    1.0
    """
    key = own_or_default(catalog, accelerator, "reference_w_per_tflops")
    if not catalog.has_figure(TABLE, key) or accelerator.half_flops is None:
        return 1.0
    return round(accelerator.tdp_w / (accelerator.half_flops / 1e12) / catalog.value(TABLE, key), 3)


def load_step_coefficients(catalog: Catalog, accelerator: Accelerator) -> StepCoefficients:
    """Read the coefficients of an accelerator's generation.

    Args:
        catalog: The catalogue.
        accelerator: The device.

    Returns:
        The coefficients; those a generation has not of its own are universal.

    Source: table `training_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> found = load_step_coefficients(load_catalog(), load_accelerator(load_catalog(), "H100"))
    >>> 0.3 < found.gemm_efficiency < 1.0
    True
    """
    return StepCoefficients(**{f.name: coefficient(catalog, accelerator, f.name) for f in fields(StepCoefficients)})


def load_machine(
    catalog: Catalog, accelerator: Accelerator, precision: str, network_bytes_per_s: float | None = None,
    where: str = "workload.training.precision",
) -> Machine:  # fmt: skip
    """Describe a device at a precision.

    Args:
        catalog: The catalogue.
        accelerator: The device.
        precision: Precision of the matrix products.
        network_bytes_per_s: Network of a device between domains [byte/s]; None takes what is usual for the generation.
        where: Scenario field of the precision, for messages.

    Returns:
        The machine.

    Raises:
        InputError: The device lacks the precision.

    Source: tables `accelerators`, `training_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> load_machine(load_catalog(), load_accelerator(load_catalog(), "H100"), "fp8").halvings
    1.0
    """
    peak = accelerator.peak(precision, where)
    half = accelerator.half_flops or peak
    usual = coefficient(catalog, accelerator, "network_gb_per_s")
    network = usual * 1e9 if network_bytes_per_s is None else network_bytes_per_s
    link = accelerator.link_bytes_per_s or network
    return Machine(
        peak_flops=peak,
        half_peak_flops=min(half, peak) if precision in ("fp32", "tf32") else half,
        halvings=max(0.0, math.log2(HALF_BYTES / BYTES_PER_ELEMENT[precision])),
        memory_bytes=accelerator.memory_bytes,
        memory_bytes_per_s=accelerator.memory_bytes_per_s,
        domain_devices=float(accelerator.domain_devices),
        link_bytes_per_s=link,
        network_bytes_per_s=network,
        domain_latency_s=catalog.value(TABLE, "default.domain_latency_s"),
        network_latency_s=catalog.value(TABLE, "default.network_latency_s"),
        power_ratio=power_ratio(catalog, accelerator),
        voltage_floor=catalog.value(TABLE, "default.voltage_floor"),
    )


def stack_machines(machines: Sequence[Machine]) -> Machine:
    """Put many machines into one of arrays.

    >>> one = Machine(*(1.0,) * 10)
    >>> stack_machines([one, one]).peak_flops.tolist()
    [1.0, 1.0]
    """
    return Machine(**{f.name: np.array([float(getattr(m, f.name)) for m in machines]) for f in fields(Machine)})
