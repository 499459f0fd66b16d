"""Which replica to serve a model with: precisions, ways to spread it, and what stops an ask.

In: architecture, accelerator, serving recipe. Out: the replica that costs least devices or energy; or an
`InfeasibleError` that names the limit that binds and the nearest ask that would do.
Leaves out: mixing accelerators in one replica.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from wattscale.compute.accelerators import BYTES_PER_ELEMENT, Accelerator, nearest_precision
from wattscale.compute.serving import UNPACED_TOKENS, Replica, ReplicaCurve, cut_at_limits, replica_curve
from wattscale.compute.serving_input import FEW_TOKENS, input_curves
from wattscale.compute.serving_memory import free_bytes, max_sequences
from wattscale.compute.serving_pods import pod_curves
from wattscale.compute.serving_setting import Request, Setting
from wattscale.compute.serving_work import Formats, Layout, total_weight_bytes
from wattscale.errors import InfeasibleError
from wattscale.figure import PlanWarning
from wattscale.workload.architecture import Architecture, moe_layers

Objective: TypeAlias = Literal["devices", "energy"]

UNPACKED_TO = ("bf16", "fp16", "fp32")
"""Precisions that weights are unpacked to where the device cannot multiply them as stored, first one it has."""
MAX_STAGES = 16
"""Most pipeline stages tried where a model fits no scale-up domain."""


def resolve_formats(
    arch: Architecture,
    accelerator: Accelerator,
    precision: str,
    kv_precision: str,
    where: str = "workload.serving.precision",
    activations: str | None = None,
) -> tuple[Formats, tuple[PlanWarning, ...]]:
    """Decide what is stored and multiplied in which precision.

    In models with routed experts a 4-bit precision is that of the experts; the rest stays in bf16, as in the published
    4-bit weights of such models. Weights that a device cannot multiply as stored are unpacked first.

    Args:
        arch: The model.
        accelerator: The device.
        precision: Stored weights.
        kv_precision: Keys and values.
        where: Scenario field, for messages.
        activations: Activations, and so products; None takes that of the weights where the device has it.

    Returns:
        Formats, and a warning where weights are unpacked.

    Raises:
        InfeasibleError: The device has neither the precision nor one to unpack to.

    Source: weight-only quantisation (Frantar et al. 2023; Lin et al. 2024); gpt-oss and Kimi K2 model cards.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> plain = Architecture("plain", 1, 1, True, (), 1)
    >>> resolve_formats(plain, load_accelerator(load_catalog(), "H100"), "int4", "fp8")[0].compute
    'bf16'
    """
    if activations is not None:
        return _asked_formats(arch, accelerator, precision, kv_precision, activations), ()
    wide = next((p for p in UNPACKED_TO if p in accelerator.peak_flops), None)
    native = multiplies(accelerator, precision)
    slow = native and wide is not None and _slower(accelerator, precision, wide)
    if not native and wide is None:
        raise InfeasibleError(
            f"{accelerator.name} has no {precision} arithmetic and none to unpack it to",
            where=where,
            value=precision,
            allowed=", ".join(accelerator.peak_flops),
            hint=f"Nearest: {nearest_precision(precision, tuple(accelerator.peak_flops))}, or another"
            " compute.accelerator",
        )
    warnings: tuple[PlanWarning, ...] = ()
    compute = precision if native and not slow else str(wide)
    if compute != precision:
        how = f"multiplies in {precision} more slowly than in {wide}" if slow else f"does not multiply in {precision}"
        message = (
            f"{accelerator.name} {how}: weights are stored in {precision} and "
            f"unpacked to {wide} before use, so compute runs at the {wide} rate."
        )
        warnings = (PlanWarning("weight-only-precision", message),)
    if BYTES_PER_ELEMENT[precision] < 1.0 and moe_layers(arch) and wide is not None:
        return Formats(wide, wide, kv_precision, precision, compute), warnings
    return Formats(precision, compute, kv_precision), warnings


def multiplies(accelerator: Accelerator, precision: str) -> bool:
    """Tell whether a device multiplies in a precision; what it lacks stands in the column `lacks`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> multiplies(load_accelerator(load_catalog(), "B200"), "int4")
    False
    """
    return precision in accelerator.peak_flops


def _slower(accelerator: Accelerator, precision: str, wide: str) -> bool:
    """Tell whether products in a narrow precision are slower than in the one that its weights unpack to."""
    peaks = accelerator.peak_flops
    return BYTES_PER_ELEMENT[precision] < BYTES_PER_ELEMENT[wide] and peaks[precision] < peaks[wide]


def _asked_formats(
    arch: Architecture, accelerator: Accelerator, precision: str, kv_precision: str, activations: str
) -> Formats:
    where = "compute.activation_precision"
    if BYTES_PER_ELEMENT[activations] < BYTES_PER_ELEMENT[precision]:
        raise InfeasibleError(
            f"activations narrower than the weights ({precision}) save nothing: products run in the wider of the two",
            where=where,
            value=activations,
            allowed=", ".join(p for p, b in BYTES_PER_ELEMENT.items() if b >= BYTES_PER_ELEMENT[precision]),
        )
    if not multiplies(accelerator, activations):
        raise InfeasibleError(
            f"{accelerator.name} does not multiply in {activations}",
            where=where,
            value=activations,
            allowed=", ".join(p for p in accelerator.peak_flops if multiplies(accelerator, p)),
        )
    if BYTES_PER_ELEMENT[precision] < 1.0 and moe_layers(arch):
        wide = next((p for p in UNPACKED_TO if p in accelerator.peak_flops), activations)
        return Formats(wide, wide, kv_precision, precision, activations)
    return Formats(precision, activations, kv_precision)


def candidate_layouts(
    arch: Architecture,
    accelerator: Accelerator,
    node_devices: int,
    devices: int | None = None,
    attention: Literal["tensor", "data", "best"] = "best",
) -> list[Layout]:
    """List the ways to spread a model: powers of two inside the scale-up domain, stages beyond it.

    Args:
        arch: The model.
        accelerator: The device.
        node_devices: Devices of a server, the domain where there is no scale-up link [1].
        devices: Only replicas of this many devices [1].
        attention: In models with experts: tensor spreads attention heads, data spreads sequences, best tries both.

    Returns:
        Layouts, smallest first.

    Source: usual practice of serving engines (vLLM, TensorRT-LLM, SGLang).

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> from wattscale.workload.architecture import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> [x.devices for x in candidate_layouts(model, load_accelerator(load_catalog(), "H100"), 8)][:4]
    [1, 2, 4, 8]
    """
    domain = max(accelerator.domain_devices, node_devices)
    heads = max((a.heads for g in arch.groups for a in g.attentions), default=1)
    sizes = [devices] if devices else [2**i for i in range(12)]
    experts = moe_layers(arch) > 0
    found: list[Layout] = []
    for n in sizes:
        if n <= domain:
            if n <= heads and (attention != "data" or not experts or n == 1):
                found.append(Layout(n, 1, 1, n if experts else 1))
            if experts and n > 1 and attention != "tensor":
                found.append(Layout(1, n, 1, n))
                if n > 8 and n % 8 == 0:
                    found.append(Layout(8, n // 8, 1, n))
        else:
            split = min(domain, heads, 8 if accelerator.domain_devices > 8 else domain)
            if n % split == 0 and 1 < n // split <= MAX_STAGES:
                found.append(Layout(split, 1, n // split, split if experts else 1))
    return found


def replica_curves(
    arch: Architecture,
    setting: Setting,
    formats: Formats,
    request: Request,
    layouts: Sequence[Layout],
    mode: Literal["aggregated", "disaggregated", "best"] = "best",
) -> list[ReplicaCurve]:
    """Evaluate every way to spread a model, input tokens computed along or apart.

    Args:
        arch: The model.
        setting: Device and coefficients.
        formats: Precisions.
        request: Mean request with its limits.
        layouts: Ways to spread the model.
        mode: aggregated leaves out the ways that compute input tokens apart.

    Returns:
        Curves of what fits.

    Source: serving.py, serving_pods.py.
    """
    found = [replica_curve(arch, setting, layout, formats, request) for layout in layouts]
    if request.output_tokens <= FEW_TOKENS:
        found += input_curves(arch, setting, formats, request, layouts)
    apart = [] if mode == "aggregated" else pod_curves(arch, setting, formats, request, layouts)
    return [c for c in found if c is not None] + apart


def choose_replica(
    arch: Architecture,
    setting: Setting,
    formats: Formats,
    request: Request,
    layouts: Sequence[Layout],
    objective: Objective = "devices",
    others: Sequence[Layout] = (),
    mode: Literal["aggregated", "disaggregated", "best"] = "aggregated",
    curves: Sequence[ReplicaCurve] | None = None,
) -> Replica:
    """Choose the replica that serves a request with the fewest devices, or the least energy, within the limits.

    Args:
        arch: The model.
        setting: Device and coefficients.
        formats: Precisions.
        request: Mean request with its limits.
        layouts: Ways to spread the model.
        objective: devices (cost) or energy.
        others: Where the number of devices was asked for, all ways to spread the model, to name the nearest that fits.
        mode: Whether one engine does all, engines of their own compute input tokens, or whatever is better.
        curves: What `replica_curves` gave, where it is known already.

    Returns:
        The replica.

    Raises:
        InfeasibleError: Nothing fits or nothing is fast enough; names the limit and the nearest ask.
    """
    found = replica_curves(arch, setting, formats, request, layouts, mode) if curves is None else curves
    together = [c for c in found if c.input_layout is None]
    apart = [] if mode == "aggregated" else [c for c in found if c.input_layout is not None]
    if mode == "disaggregated" and together and not apart:
        raise InfeasibleError(
            f"no engine for input tokens alone brings the first token of {request.input_tokens:.0f} in time",
            where="workload.serving.ttft_s",
            value=request.ttft_s,
            hint='Allow more time, or set compute.serving_mode to "aggregated" or "best"',
        )
    fitting = apart if mode == "disaggregated" else [*together, *apart]
    if not fitting:
        if others:
            raise _too_few_devices(arch, setting, formats, request, layouts, others)
        raise _too_large(arch, setting, formats, request, layouts)
    replicas = [r for r in (cut_at_limits(c, request) for c in fitting) if r is not None]
    if not replicas and not np.isfinite([c.ttft_s[0] for c in fitting]).all():
        fitting = input_curves(arch, setting, formats, request, layouts) or fitting
        replicas = [r for r in (cut_at_limits(c, request) for c in fitting) if r is not None]
    if not replicas:
        raise _too_slow(fitting, request)
    if objective == "energy":
        return min(replicas, key=lambda r: r.joules_per_request)
    return max(replicas, key=lambda r: (r.requests_per_s / r.devices, -r.devices))


def _too_large(
    arch: Architecture, setting: Setting, formats: Formats, request: Request, layouts: Sequence[Layout]
) -> InfeasibleError:
    memory = setting.accelerator.memory_bytes
    best = max(layouts, key=lambda x: free_bytes(arch, setting.accelerator, x, formats, setting.memory))
    free = free_bytes(arch, setting.accelerator, best, formats, setting.memory)
    what = "its weights" if free < 0 else f"one sequence of {request.input_tokens:.0f} input tokens"
    return InfeasibleError(
        f"{arch.name} does not fit: {what} exceed the memory of {best.devices} x {setting.accelerator.name} "
        f"({memory / 1e9:.3g} GB each) by {abs(free) * best.devices / 1e9:.3g} GB",
        where="compute.accelerator",
        value=setting.accelerator.name,
        hint=f"Use a narrower workload.serving.precision than {formats.weights}, more devices per replica or an "
        "accelerator with more memory",
    )


def _too_few_devices(
    arch: Architecture,
    setting: Setting,
    formats: Formats,
    request: Request,
    layouts: Sequence[Layout],
    others: Sequence[Layout],
) -> InfeasibleError:
    context = request.input_tokens + request.output_tokens / 2.0
    chip = setting.accelerator
    fits = sorted({x.devices for x in others if max_sequences(arch, chip, x, formats, setting.memory, context) >= 1.0})
    if not fits:
        return _too_large(arch, setting, formats, request, others)
    asked = layouts[0].devices if layouts else None
    why = f"no way to spread {arch.name} over that many {chip.name}"
    if layouts:
        held = min(total_weight_bytes(arch, x, formats) for x in layouts)
        why = (
            f"{arch.name} does not fit: its weights in {formats.expert_weights or formats.weights} take "
            f"{held / 1e9:.0f} GB on each {chip.name}, which has {chip.memory_bytes / 1e9:.0f} GB"
        )
    return InfeasibleError(
        why,
        where="workload.serving.tensor_parallel",
        value=asked,
        allowed=", ".join(str(n) for n in fits),
        hint=f"The smallest that fits is {fits[0]}; leave it out to have it searched",
    )


def _too_slow(curves: Sequence[ReplicaCurve], request: Request) -> InfeasibleError:
    fastest = min(curves, key=lambda c: float(c.tpot_s[0]))
    tpot = float(fastest.tpot_s[0])
    if tpot > request.tpot_s and not (fastest.input_only and request.output_tokens <= UNPACED_TOKENS):
        step = fastest.step
        parts = {
            "reading weights and caches": float(np.ravel(step.memory_s)[0]),
            "computing": float(np.ravel(step.compute_s)[0]),
            "exchanging data between devices": float(np.ravel(step.link_s)[0]),
            "the overhead of the engine": float(np.ravel(step.overhead_s)[0]),
        }
        return InfeasibleError(
            f"below the floor of {tpot * 1e3:.3g} ms of one sequence on {fastest.devices} devices, most of it "
            f"{max(parts, key=lambda k: parts[k])}",
            where="workload.serving.tpot_ms",
            value=round(request.tpot_s * 1e3, 6),
            allowed=f">= {tpot * 1e3 * 1.01:.3g} ms",
            hint="Allow more time, or use a narrower workload.serving.precision or a faster accelerator",
        )
    steady = [c for c in curves if c.tpot_s[0] <= request.tpot_s] or curves
    soonest = min(steady, key=lambda c: float(c.ttft_s[0]))
    ttft = float(soonest.ttft_s[0])
    return InfeasibleError(
        f"below the floor of {ttft:.3g} s: computing {request.input_tokens:.0f} input tokens on "
        f"{soonest.devices} devices takes that long",
        where="workload.serving.ttft_s",
        value=request.ttft_s,
        allowed=f">= {ttft * 1.01:.3g} s",
        hint="Allow more time, or use fewer input tokens or a faster accelerator",
    )
