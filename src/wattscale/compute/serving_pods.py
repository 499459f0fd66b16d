"""Serving with input tokens computed apart: engines that compute them, engines that decode, and the cache sent across.

In: an architecture, device and coefficients, layouts, the mean request with its limits. Out: `ReplicaCurve`s of groups
of both kinds of engines, in the proportion that keeps both busy.
Leaves out: changing the proportion by the hour, and engines of two kinds of devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import ceil

import numpy as np

from wattscale.compute.queueing import quantile_wait
from wattscale.compute.roofline import Step
from wattscale.compute.serving import ReplicaCurve, batches, capped_cycle, own_time, step_power
from wattscale.compute.serving_memory import free_bytes
from wattscale.compute.serving_setting import Request, Setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.compute.speculation import NO_DRAFT
from wattscale.workload.architecture import Architecture
from wattscale.workload.memory import kv_cache_bytes

MOST_ENGINES = 8
"""Most decoding engines of a group."""
NEARLY_NONE = 1e-9
"""Prompts that arrive during a step of an engine that is nearly idle: each is computed alone [1]."""
WORTH_SHARE = 0.05
"""Devices saved for which a larger group is worth it [1]."""
LOADS = np.linspace(0.01, 0.99, 99)
"""Loads of an engine for input tokens that are tried [1]."""


@dataclass(frozen=True)
class InputEngine:
    """An engine that computes input tokens only.

    Attributes:
        layout: How the model is spread.
        service_s: Time of the input tokens of a request in full steps that hold several [s].
        unqueued_s: Time to first token without a queue, the cache's way to the decoding engine included [s].
        requests_per_s: Most requests that keep the limit on time to first token [1/s].
        busy_power_w: Power of a device while it computes [W].
    """

    layout: Layout
    service_s: float
    unqueued_s: float
    requests_per_s: float
    busy_power_w: float


@dataclass(frozen=True)
class InputPace:
    """How fast an engine computes input tokens alone.

    Attributes:
        service_s: Time of the input tokens of a request in full steps that hold several [s].
        unqueued_s: Time to first token of a request that finds no queue [s].
        decode_s: Step of the requests of a full step without input tokens [s].
        together: Requests whose input tokens a full step holds [1].
        step: A full step.
        power_w: Power of a device while it computes [W].
    """

    service_s: float
    unqueued_s: float
    decode_s: float
    together: float
    step: Step
    power_w: float


def input_pace(
    arch: Architecture, setting: Setting, layout: Layout, formats: Formats, request: Request
) -> InputPace | None:
    """Time an engine that computes input tokens only; None where the weights do not fit.

    Args:
        arch: The model.
        setting: Device and coefficients.
        layout: Spread over devices.
        formats: Precisions.
        request: Mean request.

    Returns:
        The pace.

    Source: chunked prefill (Agrawal et al. 2024).
    """
    if free_bytes(arch, setting.accelerator, layout, formats, setting.memory) <= 0:
        return None
    computed = max(request.input_tokens * (1.0 - request.cached_share), 1.0)
    alone = replace(request, output_tokens=1.0)
    prompts = np.array([NEARLY_NONE, max(setting.chunk_tokens / computed, 1.0)])
    plain = replace(setting, speculation=NO_DRAFT)
    cycle = capped_cycle(arch, plain, layout, formats, prompts, alone, computed, "mixed")
    token_s = cycle.mixed_s / cycle.mixed_tokens
    unqueued, _ = own_time(token_s, np.zeros(2), computed, setting)
    power = np.ravel(step_power(setting, formats, cycle.mixed))
    return InputPace(
        service_s=float(token_s[1]) * computed,
        unqueued_s=float(unqueued[0]),
        decode_s=float(cycle.decode_s[1]),
        together=float(prompts[1]),
        step=Step(**{f.name: np.broadcast_to(getattr(cycle.mixed, f.name), prompts.shape)[1] for f in fields(Step)}),
        power_w=float(power[1]),
    )


def input_engine(
    arch: Architecture, setting: Setting, layout: Layout, formats: Formats, request: Request
) -> InputEngine | None:
    """Evaluate an engine that computes input tokens only, for others that decode.

    Args:
        arch: The model.
        setting: Device and coefficients.
        layout: Spread over devices.
        formats: Precisions.
        request: Mean request with its limits.

    Returns:
        The engine; None where the weights do not fit or the first token comes too late.

    Source: Zhong et al. 2024 (DistServe); Patel et al. 2024 (Splitwise).
    """
    pace = input_pace(arch, setting, layout, formats, request)
    if pace is None:
        return None
    chip = setting.accelerator
    sent = kv_cache_bytes(arch, request.input_tokens, formats.cache_bytes)
    road = (setting.transfer_bytes_per_s or chip.link_bytes_per_s or chip.memory_bytes_per_s) * layout.devices
    first = pace.unqueued_s + sent / road
    rates = LOADS / pace.service_s
    late = first + quantile_wait(rates, pace.service_s, request.quantile, setting.input_length_cv) > request.ttft_s
    if late[0]:
        return None
    most = float(rates[-1] if not late.any() else rates[int(np.argmax(late)) - 1])
    return InputEngine(layout, pace.service_s, first, most, pace.power_w)


def pod_curves(
    arch: Architecture, setting: Setting, formats: Formats, request: Request, layouts: Sequence[Layout]
) -> list[ReplicaCurve]:
    """Evaluate groups of engines, input tokens computed apart, for every layout of the decoding engines.

    The engine for input tokens is the one with most requests per device. Of 1 to `MOST_ENGINES` decoding engines, the
    smallest number is taken that wastes little: x = ceil(y r_decode / r_input) engines compute for y that decode.

    Args:
        arch: The model.
        setting: Device and coefficients.
        formats: Precisions.
        request: Mean request with its limits.
        layouts: Ways to spread the model.

    Returns:
        One curve per layout that fits; none where no engine brings the first token in time.

    Source: Zhong et al. 2024 (DistServe); Patel et al. 2024 (Splitwise).
    """
    inside = [x for x in layouts if x.pipeline_parallel == 1] or list(layouts)
    engines = [input_engine(arch, setting, layout, formats, request) for layout in inside]
    found = [e for e in engines if e is not None]
    if not found:
        return []
    best = max(found, key=lambda e: e.requests_per_s / e.layout.devices)
    curves = [_pod(arch, setting, layout, formats, request, best) for layout in inside]
    if not any(curves):
        curves = [_pod(arch, setting, layout, formats, request, best) for layout in layouts]
    return [c for c in curves if c is not None]


def _pod(
    arch: Architecture, setting: Setting, layout: Layout, formats: Formats, request: Request, first: InputEngine
) -> ReplicaCurve | None:
    b = batches(arch, setting, layout, formats, request)
    if b is None:
        return None
    step = capped_cycle(arch, setting, layout, formats, b, request, 0.0).mean
    tpot = np.asarray(step.time_s) / setting.speculation.tokens_per_step
    rate = b / (request.output_tokens * tpot)
    fast = tpot <= request.tpot_s
    full = float(rate[fast][-1]) if fast.any() else float(rate[0])
    decoding, computing = _proportion(layout.devices, full, first)
    total = rate * decoding
    load = total / computing * first.service_s
    wait = quantile_wait(total / computing, first.service_s, request.quantile, setting.input_length_cv)
    apart = computing * first.layout.devices
    share = apart / (apart + decoding * layout.devices)
    idle = setting.accelerator.tdp_w * setting.power.idle
    busy = np.clip(load, 0.0, 1.0)
    power = (1.0 - share) * step_power(setting, formats, step) + share * (idle + busy * (first.busy_power_w - idle))
    return ReplicaCurve(
        layout, formats, b * decoding, tpot, first.unqueued_s + wait, total, np.asarray(power),
        np.full_like(b, share), step, np.full_like(b, first.unqueued_s), np.full_like(b, first.service_s), decoding,
        first.layout, computing,
    )  # fmt: skip


def _proportion(devices: int, rate_per_s: float, first: InputEngine) -> tuple[int, int]:
    """Decoding engines and engines for input tokens: the smallest group near the fewest devices per request."""
    choices = [(y, ceil(round(y * rate_per_s / first.requests_per_s, 9))) for y in range(1, MOST_ENGINES + 1)]
    needed = [(y * devices + x * first.layout.devices) / y for y, x in choices]
    return next(c for c, n in zip(choices, needed, strict=True) if n <= min(needed) * (1.0 + WORTH_SHARE))
