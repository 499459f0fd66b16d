"""A serving replica: what it does at every batch, and which replica to build.

In: an architecture, an accelerator, request lengths, limits on latency, fitted coefficients. Out: `ReplicaCurve` over
the batch, and the replica with the largest batch that keeps memory, TPOT and TTFT limits.
Leaves out: how many replicas a year of requests takes (fleet.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.power import PowerCoefficients, device_power, load_power_coefficients
from wattscale.compute.queueing import quantile_wait
from wattscale.compute.roofline import (
    RateCoefficients,
    Step,
    device_rates,
    load_rates,
    mean_step,
    step_time,
)
from wattscale.compute.serving_memory import MemoryRules, load_memory_rules, max_sequences
from wattscale.compute.serving_work import Formats, Layout, step_work
from wattscale.units import FloatArray
from wattscale.workload.architecture import Architecture

GRID_POINTS = 96
"""Batches at which a replica is evaluated, spread evenly in the logarithm."""


@dataclass(frozen=True)
class Request:
    """A mean request and what its user waits for at most.

    Attributes:
        input_tokens: Input tokens [token].
        output_tokens: Output tokens [token].
        cached_share: Share of the input tokens found in a prefix cache [1].
        ttft_s: Limit on the time to first token [s].
        tpot_s: Limit on the time per output token [s].
        quantile: Share of the requests that must meet the TTFT limit [1].
    """

    input_tokens: float
    output_tokens: float
    cached_share: float
    ttft_s: float
    tpot_s: float
    quantile: float


@dataclass(frozen=True)
class Setting:
    """Device and coefficients of a replica, read once from the catalogue."""

    accelerator: Accelerator
    rates: RateCoefficients
    power: PowerCoefficients
    memory: MemoryRules
    chunk_tokens: float
    expert_skew: float
    group_wait: float
    first_token_s: float
    own_factor: float
    power_cap_share: float


@dataclass(frozen=True)
class ReplicaCurve:
    """A replica over its batch; arrays of shape (GRID_POINTS,), up to the batch that memory allows.

    Attributes:
        layout, formats: How the model is spread and stored.
        sequences: Running sequences [1].
        tpot_s: Time per output token [s].
        ttft_s: Time to first token at the quantile of the limit [s].
        requests_per_s: Requests served [1/s].
        device_power_w: Mean power of a device [W].
        input_time_share: Share of the step spent on input tokens [1].
        step: Step times and utilisations.
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
        return self.curve.layout.devices

    @property
    def requests_per_s(self) -> float:
        """Requests served at the largest batch [1/s]."""
        return float(self.curve.requests_per_s[self.full])

    @property
    def joules_per_request(self) -> float:
        """Energy of the devices per request at the largest batch [J]."""
        return self.devices * float(self.curve.device_power_w[self.full]) / self.requests_per_s


def load_setting(catalog: Catalog, accelerator: Accelerator, engine: str, power_cap_share: float = 1.0) -> Setting:
    """Read all coefficients that a replica needs.

    Args:
        catalog: The catalogue.
        accelerator: The device.
        engine: Serving engine, see table `serving_coefficients`.
        power_cap_share: Power limit over the design power [1].

    Returns:
        The setting.

    Source: tables `serving_coefficients` and `power_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> found = load_setting(load_catalog(), load_accelerator(load_catalog(), "H100"), "default")
    >>> found.accelerator.name
    'H100-SXM5-80GB'
    """
    own = f"engine-{engine}.first_token_s"
    first = own if catalog.has_figure("serving_coefficients", own) else "default.first_token_s"
    return Setting(
        accelerator=accelerator,
        rates=load_rates(catalog, accelerator.generation, engine),
        power=load_power_coefficients(catalog, accelerator),
        memory=load_memory_rules(catalog),
        chunk_tokens=catalog.value("serving_coefficients", "engine.chunk_tokens"),
        expert_skew=catalog.value("serving_coefficients", "engine.expert_skew"),
        group_wait=catalog.value("serving_coefficients", "engine.group_wait"),
        first_token_s=catalog.value("serving_coefficients", first),
        own_factor=catalog.value("serving_coefficients", "default.own_factor"),
        power_cap_share=power_cap_share,
    )


@dataclass(frozen=True)
class Cycle:
    """A steady batch: what its steps take; arrays of the shape of the batch.

    Attributes:
        mean: The mean step.
        decode_s, mixed_s: A step that only decodes, and one with input tokens [s].
        mixed_share: Share of the steps with input tokens [1].
        mixed_tokens: Input tokens of such a step [token].
    """

    mean: Step
    decode_s: FloatArray
    mixed_s: FloatArray
    mixed_share: FloatArray
    mixed_tokens: FloatArray


def mixed_steps(
    sequences: FloatArray, computed_tokens: FloatArray | float, output_tokens: FloatArray | float, chunk: float
) -> tuple[FloatArray, FloatArray]:
    """Give how often a step takes in input tokens, and how many.

    B / L_out requests finish and are replaced per step; a step takes at most `chunk` input tokens.
    q = max(1 - exp(-B / L_out), B L_in / (L_out chunk)), at most 1

    Args:
        sequences: Running sequences [1], shape (n,).
        computed_tokens: Input tokens of a request to compute [token].
        output_tokens: Output tokens of a request [token].
        chunk: Token budget of a step [token].

    Returns:
        Share of the steps with input tokens [1] and input tokens of such a step [token].

    Source: Poisson arrivals into steps; chunked prefill (Agrawal et al. 2024).

    >>> q, tokens = mixed_steps(np.array([1e-6]), 500.0, 1.0, 8192.0)
    >>> round(float(tokens[0]), 2)
    500.0
    """
    arrivals = np.asarray(sequences, dtype=np.float64) / np.asarray(output_tokens)
    tokens = arrivals * np.asarray(computed_tokens)
    share = np.minimum(np.maximum(-np.expm1(-arrivals), tokens / chunk), 1.0)
    return np.where(tokens > 0, share, 0.0), tokens / share


def run_cycle(
    arch: Architecture,
    setting: Setting,
    layout: Layout,
    formats: Formats,
    sequences: FloatArray,
    input_tokens: FloatArray,
    output_tokens: FloatArray,
    computed_share: float = 1.0,
) -> Cycle:
    """Run a replica at a steady batch in which finished requests are replaced by new ones.

    Args:
        arch: The model.
        setting: Device and coefficients.
        layout: Spread over devices.
        formats: Precisions.
        sequences: Running sequences [1], shape (n,).
        input_tokens: Input tokens of a request [token], shape (n,).
        output_tokens: Output tokens of a request [token], shape (n,).
        computed_share: Share of the input tokens found in no cache [1].

    Returns:
        Steps of the cycle.

    Source: chunked prefill (Agrawal et al. 2024).
    """
    computed = input_tokens * computed_share
    share, tokens = mixed_steps(sequences / layout.pipeline_parallel, computed, output_tokens, setting.chunk_tokens)
    context = input_tokens + output_tokens / 2.0
    device = device_rates(setting.accelerator, formats.compute, formats.expert_compute)

    def step(prefill: FloatArray | float) -> Step:
        work = step_work(
            arch, layout, formats, sequences, context, prefill * layout.pipeline_parallel, computed,
            setting.expert_skew, setting.group_wait,
        )  # fmt: skip
        return step_time(work, device, setting.rates)

    decode, mixed = step(0.0), step(tokens)
    mean = mean_step(decode, mixed, share)
    return Cycle(mean, np.asarray(decode.time_s), np.asarray(mixed.time_s), share, tokens)


def time_to_first_token(
    token_s: FloatArray,
    decode_step_s: FloatArray,
    input_tokens: float,
    rate_per_s: FloatArray,
    chunk_tokens: float,
    quantile: float,
    fixed_s: float = 0.0,
    own_factor: float = 1.0,
) -> FloatArray:
    """Give the time to first token of a request that joins a running batch.

    TTFT = fixed + half a step + own input tokens + the decode steps they share + wait behind others' input tokens

    Args:
        token_s: Time of one input token [s].
        decode_step_s: Step without input tokens [s].
        input_tokens: Input tokens to compute [token].
        rate_per_s: Requests arriving at the replica [1/s].
        chunk_tokens: Token budget of a step [token].
        quantile: Which quantile of the wait [1].
        fixed_s: What the engine adds to every request [s].
        own_factor: How much longer the own steps take than the work in them [1].

    Returns:
        Time [s], shape of the arrays.

    Source: chunked prefill (Agrawal et al. 2024), M/D/1 wait.

    >>> one = np.array([0.0])
    >>> float(time_to_first_token(one + 1e-4, one + 0.01, 1000.0, one, 8192.0, 0.5)[0])
    0.115
    """
    chunks = np.maximum(1.0, np.ceil(input_tokens / chunk_tokens))
    own = input_tokens * token_s + (chunks + 0.5) * decode_step_s
    service = input_tokens * (token_s + decode_step_s / chunk_tokens)
    return np.asarray(fixed_s + own_factor * own + quantile_wait(rate_per_s, service, quantile))


def replica_curve(
    arch: Architecture, setting: Setting, layout: Layout, formats: Formats, request: Request
) -> ReplicaCurve | None:
    """Evaluate a replica at every batch up to what memory allows.

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
    context = request.input_tokens + request.output_tokens / 2.0
    most = max_sequences(arch, setting.accelerator, layout, formats, setting.memory, context)
    if most < 1.0:
        return None
    b = np.geomspace(1.0, max(most, 1.0), GRID_POINTS)
    inputs = np.full_like(b, request.input_tokens)
    outputs = np.full_like(b, request.output_tokens)
    cycle = run_cycle(arch, setting, layout, formats, b, inputs, outputs, 1.0 - request.cached_share)
    step = cycle.mean
    tpot = np.asarray(step.time_s)
    rate = b / (request.output_tokens * tpot)
    computed = request.input_tokens * (1.0 - request.cached_share)
    prefill_s = np.maximum(cycle.mixed_s - cycle.decode_s, 0.0)
    ttft = time_to_first_token(
        prefill_s / np.maximum(cycle.mixed_tokens, 1e-9), cycle.decode_s, computed, rate, setting.chunk_tokens,
        request.quantile, setting.first_token_s, setting.own_factor,
    )  # fmt: skip
    power = device_power(
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
    share = cycle.mixed_share * prefill_s / tpot
    return ReplicaCurve(layout, formats, b, tpot, ttft, rate, np.asarray(power), share, step)


def cut_at_limits(curve: ReplicaCurve, request: Request) -> Replica | None:
    """Find the largest batch within the latency limits.

    Args:
        curve: A replica over its batch.
        request: Carries the limits.

    Returns:
        The replica, or None where even one sequence is too slow.

    Source: none needed.
    """
    slow_token = curve.tpot_s > request.tpot_s
    slow_start = curve.ttft_s > request.ttft_s
    bad = slow_token | slow_start
    if bad[0]:
        return None
    if not bad.any():
        return Replica(curve, len(bad) - 1, "memory")
    first = int(np.argmax(bad))
    return Replica(curve, first - 1, "tpot" if slow_token[first] else "ttft")
