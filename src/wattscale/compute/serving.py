"""A serving replica: what it does at every batch, and which replica to build.

In: an architecture, an accelerator, request lengths, limits on latency, fitted coefficients. Out: `ReplicaCurve` over
the batch, and the replica with the largest batch that keeps memory, TPOT and TTFT limits.
Leaves out: how many replicas a year of requests takes (fleet.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from wattscale.compute.power import device_power
from wattscale.compute.power_cap import capped_clock, slowed
from wattscale.compute.queueing import quantile_wait
from wattscale.compute.roofline import Step
from wattscale.compute.serving_cycle import Cycle, run_cycle
from wattscale.compute.serving_memory import max_sequences
from wattscale.compute.serving_setting import Request, Setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.units import FloatArray
from wattscale.workload.architecture import Architecture

GRID_POINTS = 96
"""Batches at which a replica is evaluated, spread evenly in the logarithm."""
UNPACED_TOKENS = 2.0
"""Up to this many output tokens nobody reads along, and no limit on the time per token holds [token]."""


@dataclass(frozen=True)
class ReplicaCurve:
    """A replica over its batch; arrays of shape (GRID_POINTS,), up to the batch that memory allows.

    A replica is one engine, or a group of engines that decode and engines that compute input tokens for them.

    Attributes:
        layout, formats: How the model is spread and stored.
        sequences: Running sequences, all decoding engines together [1].
        tpot_s: Time per output token [s].
        ttft_s: Time to first token at the quantile of the limit [s].
        requests_per_s: Requests served [1/s].
        device_power_w: Mean power of a device [W].
        input_time_share: Share of the device time spent on input tokens [1].
        step: Step times and utilisations.
        unqueued_s: Time to first token of a request that finds no queue [s].
        service_s: Time for which the input tokens of a request hold up those behind it [s].
        engines: Engines that decode [1].
        input_layout: Layout of the engines that compute input tokens apart; None where the same engine does.
        input_engines: How many of them [1].
        input_only: Whether the work is input alone: then `sequences` counts requests and `device_power_w` is that of a
            device while it computes.
    """

    layout: Layout
    formats: Formats
    sequences: FloatArray
    tpot_s: FloatArray
    ttft_s: FloatArray
    requests_per_s: FloatArray
    device_power_w: FloatArray
    input_time_share: FloatArray
    step: Step
    unqueued_s: FloatArray
    service_s: FloatArray
    engines: int = 1
    input_layout: Layout | None = None
    input_engines: int = 0
    input_only: bool = False

    @property
    def devices(self) -> int:
        """Devices of the replica [1]."""
        apart = self.input_layout.devices * self.input_engines if self.input_layout else 0
        return self.layout.devices * self.engines + apart

    @property
    def load_share(self) -> FloatArray:
        """Share of the time in which an engine for input alone computes [1]."""
        return np.asarray(self.requests_per_s * self.service_s)

    @property
    def queue_rate_per_s(self) -> FloatArray:
        """Requests that arrive at one queue for input tokens [1/s]."""
        return self.requests_per_s / max(self.input_engines, 1)


@dataclass(frozen=True)
class Replica:
    """A curve cut at the largest batch within the limits.

    Attributes:
        curve: The replica over its batch.
        full: Index of the largest batch within the limits.
        binding: Which limit sets it: memory, tpot or ttft.
    """

    curve: ReplicaCurve
    full: int
    binding: str

    @property
    def devices(self) -> int:
        """Devices of the replica [1]."""
        return self.curve.devices

    @property
    def requests_per_s(self) -> float:
        """Requests served at the largest batch [1/s]."""
        return float(self.curve.requests_per_s[self.full])

    @property
    def joules_per_request(self) -> float:
        """Energy of the devices per request at the largest batch [J]."""
        busy = float(self.curve.load_share[self.full]) if self.curve.input_only else 1.0
        return self.devices * float(self.curve.device_power_w[self.full]) * busy / self.requests_per_s


def own_time(
    token_s: FloatArray, decode_step_s: FloatArray, input_tokens: float, setting: Setting
) -> tuple[FloatArray, FloatArray]:
    """Give what a request that joins a running batch waits for by itself, and how long it holds up others.

    unqueued = fixed + factor * (own input tokens + half a step + the decode steps they share)

    Args:
        token_s: Time of one input token [s].
        decode_step_s: Step without input tokens [s].
        input_tokens: Input tokens to compute [token].
        setting: Holds the engine's constants.

    Returns:
        Time to first token without a queue and service time of the queue [s], shape of the arrays.

    Source: chunked prefill (Agrawal et al. 2024).
    """
    chunks = np.maximum(1.0, np.ceil(input_tokens / setting.chunk_tokens))
    own = input_tokens * token_s + (chunks + 0.5) * decode_step_s
    service = input_tokens * (token_s + decode_step_s / setting.chunk_tokens)
    return np.asarray(setting.first_token_s + setting.own_factor * own), np.asarray(service)


def step_power(setting: Setting, formats: Formats, step: Step) -> FloatArray:
    """Give the mean power of a device of a replica [W].

    Args:
        setting: Device and coefficients.
        formats: Precisions.
        step: What it does.

    Returns:
        Power [W], shape of the step.

    Source: `power.device_power`.
    """
    return np.asarray(
        device_power(
            setting.accelerator,
            step.compute_utilisation,
            step.memory_utilisation,
            step.link_utilisation,
            formats.compute,
            setting.power,
            setting.power_cap_share,
            busy_share=step.busy_share,
            cache_utilisation=step.cache_utilisation,
            expert_utilisation=step.expert_utilisation,
        )
    )


def capped_cycle(
    arch: Architecture,
    setting: Setting,
    layout: Layout,
    formats: Formats,
    sequences: FloatArray,
    request: Request,
    computed_tokens: float,
    limited: Literal["mean", "mixed"] = "mean",
) -> Cycle:
    """Run a replica at a steady batch, at the clock that its power cap allows.

    Args:
        arch: The model.
        setting: Device and coefficients.
        layout: Spread over devices.
        formats: Precisions.
        sequences: Running sequences [1], shape (n,).
        request: Mean request.
        computed_tokens: Input tokens of a request computed here [token].
        limited: Which step must keep the cap: the mean, or that with input tokens where an engine has no other.

    Returns:
        Steps of the cycle.

    Source: power_cap.py.
    """

    def at(clock: FloatArray | float) -> Cycle:
        slow = replace(setting, rates=slowed(setting.rates, clock))
        return run_cycle(arch, slow, layout, formats, sequences, request, computed_tokens)

    if setting.power_cap_share >= 1.0:
        return run_cycle(arch, setting, layout, formats, sequences, request, computed_tokens)

    def step_at(clock: float) -> Step:
        found = at(clock)
        return found.mean if limited == "mean" else found.mixed

    return at(capped_clock(step_at, formats.compute, setting.power, setting.cap_rules, setting.power_cap_share))


def batches(
    arch: Architecture, setting: Setting, layout: Layout, formats: Formats, request: Request
) -> FloatArray | None:
    """List the batches of a replica, from 1 to what memory holds; None where not even one sequence fits.

    Args:
        arch: The model.
        setting: Device and coefficients.
        layout: Spread over devices.
        formats: Precisions.
        request: Mean request.

    Returns:
        Running sequences [1], shape (GRID_POINTS,).

    Source: `serving_memory.max_sequences`.
    """
    context = request.input_tokens + request.output_tokens / 2.0
    most = max_sequences(arch, setting.accelerator, layout, formats, setting.memory, context)
    return np.geomspace(1.0, most, GRID_POINTS) if most >= 1.0 else None


def replica_curve(
    arch: Architecture, setting: Setting, layout: Layout, formats: Formats, request: Request
) -> ReplicaCurve | None:
    """Evaluate a replica that computes input tokens itself, at every batch up to what memory allows.

    Args:
        arch: The model.
        setting: Device and coefficients.
        layout: Spread over devices.
        formats: Precisions.
        request: Mean request.

    Returns:
        The curve, or None where not even one sequence fits.

    Source: as the modules it calls.
    """
    b = batches(arch, setting, layout, formats, request)
    if b is None:
        return None
    computed = request.input_tokens * (1.0 - request.cached_share)
    cycle = capped_cycle(arch, setting, layout, formats, b, request, computed)
    step = cycle.mean
    tpot = np.asarray(step.time_s) / setting.speculation.tokens_per_step
    rate = b / (request.output_tokens * tpot)
    input_s = np.maximum(cycle.mixed_s - cycle.decode_s, 0.0)
    unqueued, service = own_time(input_s / np.maximum(cycle.mixed_tokens, 1e-9), cycle.decode_s, computed, setting)
    wait = quantile_wait(rate, service, request.quantile, setting.input_length_cv)
    share = cycle.mixed_share * input_s / np.asarray(step.time_s)
    power = step_power(setting, formats, step)
    return ReplicaCurve(
        layout, formats, b, tpot, np.asarray(unqueued + wait), rate, power, share, step, unqueued, service
    )


def cut_at_limits(curve: ReplicaCurve, request: Request) -> Replica | None:
    """Find the largest batch within the latency limits.

    Args:
        curve: A replica over its batch.
        request: Carries the limits.

    Returns:
        The replica, or None where even one sequence is too slow.

    Source: none needed.
    """
    slow_token = (curve.tpot_s > request.tpot_s) & (request.output_tokens > UNPACED_TOKENS or not curve.input_only)
    slow_start = curve.ttft_s > request.ttft_s
    bad = slow_token | slow_start
    if bad[0]:
        return None
    if not bad.any():
        return Replica(curve, len(bad) - 1, "memory")
    first = int(np.argmax(bad))
    return Replica(curve, first - 1, "tpot" if slow_token[first] else "ttft")
