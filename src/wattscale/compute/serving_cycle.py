"""The steady batch of a replica: steps that only decode, steps that also take in input tokens, and their mean.

In: an architecture, how it is spread, device and coefficients, running sequences, lengths. Out: `Cycle`.
Leaves out: limits, power and waiting (serving.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.compute.roofline import Step, device_rates, mean_step, step_time
from wattscale.compute.serving_setting import Request, Setting
from wattscale.compute.serving_work import Formats, Layout, step_work
from wattscale.compute.speculation import add_draft
from wattscale.units import FloatArray
from wattscale.workload.architecture import Architecture


@dataclass(frozen=True)
class Cycle:
    """A steady batch: what its steps take; arrays of the shape of the batch.

    Attributes:
        mean, mixed: The mean step, and one with input tokens.
        decode_s, mixed_s: A step that only decodes, and one with input tokens [s].
        mixed_share: Share of the steps with input tokens [1].
        mixed_tokens: Input tokens of such a step [token].
    """

    mean: Step
    mixed: Step
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
    request: Request,
    computed_tokens: float,
) -> Cycle:
    """Run a replica at a steady batch in which finished requests are replaced by new ones.

    Args:
        arch: The model.
        setting: Device and coefficients.
        layout: Spread over devices.
        formats: Precisions.
        sequences: Running sequences [1], shape (n,).
        request: Mean request.
        computed_tokens: Input tokens of a request computed here: less those cached, none where others do it [token].

    Returns:
        Steps of the cycle; a step gives `setting.speculation.tokens_per_step` tokens per sequence.

    Source: chunked prefill (Agrawal et al. 2024); speculation (Leviathan et al. 2023).
    """
    guess = setting.speculation
    stages = layout.pipeline_parallel
    steps_per_request = request.output_tokens / guess.tokens_per_step
    share, tokens = mixed_steps(sequences / stages, computed_tokens, steps_per_request, setting.chunk_tokens)
    context = np.full_like(sequences, request.input_tokens + request.output_tokens / 2.0)
    device = device_rates(setting.accelerator, formats.compute, formats.expert_compute)
    seen = computed_tokens + 2.0 * request.input_tokens * request.cached_share

    def step(prefill: FloatArray | float, per_sequence: float = 1.0) -> Step:
        work = step_work(
            arch, layout, formats, sequences, context, prefill * stages, seen, setting.expert_skew,
            setting.group_wait, per_sequence,
        )  # fmt: skip
        return step_time(work, device, setting.rates)

    if guess.tokens:
        plain, verified = step(0.0), guess.tokens + 1.0
        decode, mixed = (add_draft(step(t, verified), plain, guess) for t in (0.0, tokens))
    else:
        decode, mixed = step(0.0), step(tokens)
    mean = mean_step(decode, mixed, share)
    return Cycle(mean, mixed, np.asarray(decode.time_s), np.asarray(mixed.time_s), share, tokens)
