"""Scenario table `compute`: on which machines."""

from __future__ import annotations

from typing import Literal

from wattscale.scenario.quantity import TableModel, choice, quantity
from wattscale.scenario.workload import Precision


class ComputeTable(TableModel):
    """Table `compute`."""

    accelerator: str = choice("H100-SXM5-80GB", "Accelerator, a name of the catalogue")
    training_accelerator: str | None = choice(None, "Another accelerator for training")
    serving_accelerator: str | None = choice(None, "Another accelerator for serving")
    power_cap_share: float = quantity(
        1.0, "1", "Power limit of a device over its design power", "scenario", ge=0.3, le=1
    )
    inter_node_gbytes_per_s: float = quantity(
        50.0, "GB/s", "Network bandwidth of one device between scale-up domains, one direction",
        "one 400 Gb/s adapter per device, usual for H100 clusters (Meta, Llama 3 report 2024)",
        confidence="published", gt=0, le=100_000,
    )  # fmt: skip
    spare_share: float = quantity(
        0.02,
        "1",
        "Devices held as spares",
        "estimate; hot spares of large training clusters are 1-3 %",
        ge=0,
        le=1,
    )
    server_cooling: Literal["air", "liquid"] | None = choice(
        None, "How the servers are cooled (else what their class is usually built with)"
    )
    engine: str = choice("vllm", "Serving engine whose overheads apply, an item of serving_coefficients")
    replica_objective: Literal["devices", "energy"] = choice(
        "devices", "What a serving replica is chosen for: fewest devices, or least energy per token"
    )
    load_balancing: Literal["spread", "consolidate"] = choice(
        "spread", "Whether all replicas share the load of an hour, or as few as can take it while the rest idle"
    )
    latency_quantile: float = quantity(
        0.9, "1", "Share of the requests that must meet the limit on time to first token",
        "estimate; published limits are stated for the median to the 99th percentile", ge=0.5, le=0.999,
    )  # fmt: skip
    serving_mode: Literal["aggregated", "disaggregated", "best"] = choice(
        "aggregated",
        "One engine computes input tokens and decodes, engines of their own do each, or what serves most per device",
    )
    attention_parallel: Literal["tensor", "data", "best"] = choice(
        "best", "In models with experts: devices share each attention head group, or serve their own sequences each"
    )
    activation_precision: Precision | None = choice(
        None, "Precision of activations, and so of the products (else that of the weights where the chip has it)"
    )
    speculative_tokens: int = quantity(
        0, "1", "Tokens drafted per step for speculative decoding; 0 for none", "scenario", ge=0, le=32
    )
    draft_acceptance: float = quantity(
        0.7, "1", "Chance that the model accepts a drafted token",
        "estimate; 0.6-0.85 for trained drafts (Leviathan et al. 2023); 0.85-0.9 (DeepSeek-AI 2024, one token)",
        ge=0, le=1,
    )  # fmt: skip
    draft_cost_share: float = quantity(
        0.05, "1", "Time of one draft step over that of a step of the model",
        "estimate; one layer or a model of about a fiftieth of the size", ge=0, le=1,
    )  # fmt: skip
    device_usd_per_h: float | None = quantity(
        None, "USD/h", "Price of a device-hour for the choices of a serving replica (else that of the catalogue)",
        "scenario", ge=0, le=10_000,
    )  # fmt: skip
