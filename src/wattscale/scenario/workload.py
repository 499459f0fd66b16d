"""Scenario table `workload`: which model, trained how, serving whom."""

from __future__ import annotations

from typing import Literal

from wattscale.scenario.quantity import TableModel, choice, quantity

Precision = Literal["fp32", "tf32", "bf16", "fp16", "fp8", "int8", "fp4", "int4"]


class ArchitectureTable(TableModel):
    """Table `workload.architecture`: sizes that replace those of the model, or describe one by sizes alone.

    With `workload.model = "sizes"` the model is an archetype of these sizes; with any other model each key given
    replaces that of the model ("what if it used a 4k window in 3 of 4 layers").
    """

    params_total_b: float | None = quantity(None, "1e9", "Total parameters", "the model", gt=0, le=1e6)
    params_active_b: float | None = quantity(None, "1e9", "Parameters active per token", "the model", gt=0, le=1e6)
    layers: int | None = quantity(None, "1", "Number of layers", "the model", ge=1, le=10_000)
    d_model: int | None = quantity(None, "1", "Width of the residual stream", "the model", ge=1, le=1_000_000)
    heads: int | None = quantity(None, "1", "Query heads", "the model", ge=1, le=100_000)
    kv_heads: int | None = quantity(None, "1", "Key/value heads", "the model", ge=1, le=100_000)
    vocab: int | None = quantity(None, "1", "Vocabulary size", "the model", ge=1, le=100_000_000)
    attention_window: int | None = quantity(
        None, "token", "Window of the layers with sliding attention", "the model", ge=1, le=100_000_000
    )
    full_attention_every: int | None = quantity(
        None, "1", "One layer in this many keeps full attention", "the model", ge=1, le=10_000
    )
    linear_attention_share: float | None = quantity(
        None, "1", "Share of the attention layers replaced by linear attention", "the model", ge=0, le=1
    )


class TrainingTable(TableModel):
    """Table `workload.training`. Zero tokens: no training."""

    tokens: float = quantity(
        15.6e12,
        "token",
        "Training tokens",
        "Meta, Llama 3 report 2024",
        confidence="published",
        ge=0,
        le=1e17,
    )
    devices: int | None = quantity(
        None, "1", "Accelerators of the run (else solved from `days`)", "scenario", ge=1, le=100_000_000
    )
    days: float | None = quantity(
        None, "day", "Length of the run (else solved from `devices`)", "scenario", gt=0, le=3650
    )
    sequence_length: int = quantity(
        8192,
        "token",
        "Sequence length",
        "Meta, Llama 3 report 2024",
        confidence="published",
        ge=1,
        le=10_000_000,
    )
    global_batch_tokens: float = quantity(
        16e6,
        "token",
        "Tokens of one optimiser step",
        "Meta, Llama 3 report 2024 (16 M in the main phase)",
        confidence="published",
        gt=0,
        le=1e12,
    )
    precision: Precision = choice("bf16", "Precision of the matrix products")
    trained_share: float = quantity(
        1.0,
        "1",
        "Share of the weights that are trained: 1 for pre-training and full fine-tuning, near 0 for adapters (LoRA)",
        "scenario",
        ge=0,
        le=1,
    )
    frozen_precision: Precision = choice(
        "bf16", "Precision in which weights that are not trained are held: bf16 for LoRA, int4 or fp4 for QLoRA"
    )
    runs_per_year: float = quantity(1.0, "1/year", "Runs of this kind in a year", "scenario", ge=0, le=1000)
    rest_of_year: Literal["idle", "off", "train"] = choice(
        "train",
        "What the training devices do outside the run: idle, off, or train further models at the same power",
    )
    tensor_parallel: int | None = quantity(
        None, "1", "Tensor-parallel degree (else searched)", "scenario", ge=1, le=1024
    )
    pipeline_parallel: int | None = quantity(
        None, "1", "Pipeline-parallel degree (else searched)", "scenario", ge=1, le=1024
    )
    zero_stage: Literal[0, 1, 2, 3] | None = choice(None, "ZeRO stage of the data parallelism (else searched)")
    recompute: Literal["none", "selective", "full"] | None = choice(None, "Activation recompute (else searched)")


class ServingTable(TableModel):
    """Table `workload.serving`. Zero requests: no serving."""

    requests_per_day: float = quantity(20e6, "1/day", "Requests per day, mean over the year", "scenario", ge=0, le=1e12)
    input_tokens: float = quantity(
        1000.0,
        "token",
        "Mean input tokens of a request",
        "Azure LLM inference trace 2023, conversation: mean about 1,000 (Patel et al. 2024)",
        confidence="measured",
        ge=1,
        le=10_000_000,
    )
    output_tokens: float = quantity(
        250.0,
        "token",
        "Mean output tokens of a request",
        "Azure LLM inference trace 2023, conversation: mean about 210 (Patel et al. 2024)",
        confidence="measured",
        ge=1,
        le=1_000_000,
    )
    ttft_s: float = quantity(
        2.0,
        "s",
        "Limit on time to first token",
        "MLPerf Inference v5.1: 2 s (Llama 2 70B, server)",
        confidence="published",
        gt=0,
        le=3600,
    )
    tpot_ms: float = quantity(
        100.0,
        "ms",
        "Limit on time per output token",
        "MLPerf Inference v5.1: 175 ms (Llama 3.1 405B), 40-200 ms (Llama 2 70B)",
        confidence="published",
        gt=0,
        le=60_000,
    )
    precision: Precision = choice("fp8", "Precision of weights and matrix products")
    kv_precision: Precision = choice("fp8", "Precision of the KV cache")
    peak_to_mean: float = quantity(
        1.6,
        "1",
        "Busiest hour of a day over its mean hour",
        "estimate; production chat traces show about 1.3 to 2",
        ge=1,
        le=24,
    )
    peak_hour_local: float = quantity(15.0, "h", "Local hour of day with most requests", "estimate", ge=0, lt=24)
    weekend_share: float = quantity(0.75, "1", "Weekend requests over weekday requests", "estimate", ge=0, le=10)
    headroom_share: float = quantity(
        0.2,
        "1",
        "Fleet kept free above the busiest hour",
        "estimate; usual autoscaling targets are 70-85 % load",
        ge=0,
        le=10,
    )
    utc_offset_h: float | None = quantity(
        None, "h", "Local time of the users minus UTC (else that of the site)", "site", ge=-12, le=14
    )
    log: str | None = choice(None, "Request log (CSV or Parquet: TIMESTAMP, ContextTokens, GeneratedTokens)", file=True)
    log_scale: Literal["as_logged", "requests_per_day"] = choice(
        "as_logged", "Take the requests of the log as they are, or scale its pattern to requests_per_day"
    )
    tensor_parallel: int | None = quantity(
        None, "1", "Devices of one replica (else searched)", "scenario", ge=1, le=1024
    )
    prefix_cache_share: float = quantity(
        0.0, "1", "Share of input tokens found in the prefix cache", "scenario", ge=0, le=1
    )


class WorkloadTable(TableModel):
    """Table `workload`."""

    model: str = choice("Llama-3.1-405B", "Catalogue name, path of a config.json, or `sizes`")
    architecture: ArchitectureTable = ArchitectureTable()
    training: TrainingTable = TrainingTable()
    serving: ServingTable = ServingTable()
