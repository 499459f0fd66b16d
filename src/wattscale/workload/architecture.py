"""Front of the architecture model: the sizes of a model, and what they cost.

In: sizes (`layers`). Out: parameters, FLOPs, bytes, under one name for the other stages.
Leaves out: reading of config files (`config`) and the catalogue (`models`).
"""

from __future__ import annotations

from wattscale.workload.flops import (
    attention_flops,
    forward_flops,
    matmul_flops,
    mean_forward_flops,
)
from wattscale.workload.layers import Architecture, Attention, FeedForward, LayerGroup
from wattscale.workload.memory import (
    experts_touched,
    kv_bytes_per_token,
    kv_cache_bytes,
    kv_read_bytes,
    moe_layers,
    weight_bytes,
    weight_bytes_touched,
)
from wattscale.workload.parameters import (
    Parameters,
    active_parameters,
    parameters,
    params_active,
    params_total,
)

__all__ = [
    "Architecture",
    "Attention",
    "FeedForward",
    "LayerGroup",
    "Parameters",
    "active_parameters",
    "attention_flops",
    "experts_touched",
    "forward_flops",
    "kv_bytes_per_token",
    "kv_cache_bytes",
    "kv_read_bytes",
    "matmul_flops",
    "mean_forward_flops",
    "moe_layers",
    "parameters",
    "params_active",
    "params_total",
    "weight_bytes",
    "weight_bytes_touched",
]
