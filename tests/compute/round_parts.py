"""Parts of round numbers that cases worked by hand begin with: a small model, a machine, a replica's curve."""

from __future__ import annotations

import numpy as np

from wattscale.compute.parallelism import Layout
from wattscale.compute.roofline import Step
from wattscale.compute.serving import ReplicaCurve
from wattscale.compute.serving_work import Formats
from wattscale.compute.serving_work import Layout as ReplicaLayout
from wattscale.compute.training_coefficients import Machine, StepCoefficients
from wattscale.compute.training_shape import TrainingShape

SMALL = TrainingShape(
    layers=8.0, d_model=16.0, vocab=100.0, sequence_length=32.0, linear_flops=8 * 24 * 256.0, attention_flops=8_000.0,
    head_flops=3_200.0, params_dense=800.0, params_expert=0.0, params_embedding=200.0, kv_elements=8 * 6.0,
    moe_layers=0.0, experts_per_token=0.0,
)  # fmt: skip
"""8 layers of width 16 whose products are those of a dense GPT (24 d^2 FLOP a layer), on sequences of 32 tokens."""
IDEAL = StepCoefficients(
    gemm_efficiency=1, attention_efficiency=1, bias_slowdown=1, fp8_gain=1, half_rows=0, half_width=0,
    elementwise_bytes=0, score_bytes=0, logits_bytes=0, memory_efficiency=1, optimizer_bytes=0, domain_efficiency=1,
    network_efficiency=1, shard_penalty=1, tensor_overlap=0, data_overlap=0, scale_drag=0, layer_overhead_s=0,
    step_overhead_s=0,
)  # fmt: skip
"""Nothing is lost, hidden or added; each case brings in one thing."""
IDLE = Machine(1e30, 1e30, 0, 80e9, 1e30, 8, 1e30, 1e30, 0, 0)
"""Computes and sends in no time; each case slows down one thing."""
CURVE = ReplicaCurve(
    layout=ReplicaLayout(2), formats=Formats(), sequences=np.array([1.0, 2.0, 4.0]), tpot_s=np.array([0.1, 0.2, 0.4]),
    ttft_s=np.array([0.5, 0.6, 1.5]), requests_per_s=np.array([1.0, 1.6, 2.0]),
    device_power_w=np.array([200.0, 300.0, 400.0]), input_time_share=np.array([0.1, 0.2, 0.4]),
    step=Step(*(np.full(3, x) for x in (1.0, 0.5, 0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0))),
    unqueued_s=np.array([0.4, 0.45, 0.6]), service_s=np.full(3, 0.25),
)  # fmt: skip
"""Two devices with one, two or four sequences at a time."""


def layout(**changes: float) -> Layout:
    """One device that does all of a training step, but for the changes."""
    names = ("tensor", "pipeline", "data", "context", "expert", "interleave", "microbatch", "batch")
    plain = dict.fromkeys(names, 1.0) | dict.fromkeys(("zero", "recompute", "sequence"), 0.0)
    return Layout(**{**plain, **changes})
