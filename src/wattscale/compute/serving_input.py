"""Serving of requests that are input almost alone: embeddings, classification, scoring.

In: an architecture, device and coefficients, layouts, the mean request with its limits. Out: `ReplicaCurve`s of engines
that compute the input tokens of one request after another, over their load.
Leaves out: pooling and other heads after the last layer (they cost little), and gains of many short requests in a step
beyond a full step's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from wattscale.compute.queueing import mean_wait, quantile_wait
from wattscale.compute.roofline import Step
from wattscale.compute.serving import ReplicaCurve
from wattscale.compute.serving_pods import LOADS, input_pace
from wattscale.compute.serving_setting import Request, Setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.workload.architecture import Architecture

FEW_TOKENS = 8.0
"""Up to this many output tokens an engine for input alone is tried beside those that decode [token]."""


def input_curve(
    arch: Architecture, setting: Setting, layout: Layout, formats: Formats, request: Request
) -> ReplicaCurve | None:
    """Evaluate an engine whose work is input tokens, at loads from idle to busy all the time.

    service = input tokens in full steps + a share of a decode step for each output token after the first; wait M/G/1;
    running requests = rate * (wait + time in the engine)

    The first output token comes with the input tokens; further ones ride along with the input of others, so a token
    takes a decode step where the engine is free and a full step where it is busy.

    Args:
        arch: The model.
        setting: Device and coefficients.
        layout: Spread over devices.
        formats: Precisions.
        request: Mean request.

    Returns:
        The curve; its power is that of a device while it computes. None where the weights do not fit.

    Source: Pollaczek-Khinchine formula (queueing.py); Little 1961; chunked prefill (Agrawal et al. 2024).
    """
    pace = input_pace(arch, setting, layout, formats, request)
    if pace is None:
        return None
    further = max(request.output_tokens - 1.0, 0.0)
    service = pace.service_s + further * pace.decode_s / pace.together
    rates = LOADS / service
    tpot = pace.decode_s + LOADS * max(float(pace.step.time_s) - pace.decode_s, 0.0)
    mean = mean_wait(rates, service, setting.input_length_cv)
    late = quantile_wait(rates, service, request.quantile, setting.input_length_cv)
    step = Step(**{f.name: np.full_like(rates, getattr(pace.step, f.name)) for f in fields(Step)})
    return ReplicaCurve(
        layout=layout,
        formats=formats,
        sequences=rates * (mean + pace.unqueued_s + further * tpot),
        tpot_s=tpot,
        ttft_s=pace.unqueued_s + late,
        requests_per_s=rates,
        device_power_w=np.full_like(rates, pace.power_w),
        input_time_share=np.full_like(rates, pace.service_s / service),
        step=step,
        unqueued_s=np.full_like(rates, pace.unqueued_s),
        service_s=np.full_like(rates, service),
        input_only=True,
    )


def input_curves(
    arch: Architecture, setting: Setting, formats: Formats, request: Request, layouts: Sequence[Layout]
) -> list[ReplicaCurve]:
    """Evaluate every layout that fits as an engine for input alone, see `input_curve`."""
    found = (input_curve(arch, setting, layout, formats, request) for layout in layouts)
    return [c for c in found if c is not None]
