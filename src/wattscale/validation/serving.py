"""Validation of latencies: rows of inference_serving.csv predicted from their inputs.

In: model, device, precision, layout, lengths, concurrency of a closed loop. Out: mean TTFT and TPOT, each with an
80 % interval.
Leaves out: multi-token prediction and random prompts, which the file does not flag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator, load_accelerator
from wattscale.compute.replica import resolve_formats
from wattscale.compute.serving_memory import load_memory_rules, max_sequences
from wattscale.compute.serving_work import Layout
from wattscale.errors import WattscaleError
from wattscale.units import FloatArray
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.served_rows import (
    Models,
    Row,
    RowSteps,
    ServedRow,
    batch_rows,
    cell,
    precision_word,
    row_rates,
    row_steps,
)

FILE = "inference_serving.csv"
TARGETS = ("ttft_ms", "tpot_ms")
GROUP_BY = "accelerator"
TABLE = "serving_coefficients"
WIDE = ("fp32", "tf32", "bf16", "fp16")
"""Precisions of weights that are not quantised."""
NODE_DEVICES = 8
"""Devices of a server: a larger tensor-parallel size that is the product of two equal expert sizes is one of them."""


@dataclass(frozen=True)
class LoopRow:
    """A row with what its closed loop adds.

    Attributes:
        served: The row as a replica, its running sequences cut at what memory holds.
        concurrency: Requests in the loop of one replica [1].
        prefill_sequences: Requests in the loop of one worker that computes input tokens [1].
        scheduler: Engine, or an early version of it, whose waits before the first token apply.
    """

    served: ServedRow
    concurrency: float
    prefill_sequences: float
    scheduler: str = "vllm"


def worker_layout(row: Row, prefix: str = "") -> Layout:
    """Read the layout of a worker.

    Attention groups as many as tensor-parallel devices are the same devices counted twice, and so is a size beyond a
    server that is the product of two equal expert sizes.

    Args:
        row: Cells.
        prefix: Empty, `prefill_` or `decode_`.

    >>> worker_layout({"tp_size": "4", "attention_dp_size": "4", "moe_tp_size": "1", "moe_ep_size": "16"})
    Layout(tensor_parallel=1, attention_data_parallel=4, pipeline_parallel=1, expert_parallel=4)
    """
    tp = int(cell(row, f"{prefix}tp_size") or 1)
    groups = int(cell(row, f"{prefix}attention_dp_size") or 1)
    moe_tp = int(cell(row, f"{prefix}moe_tp_size") or 1)
    moe_ep = int(cell(row, f"{prefix}moe_ep_size") or 1)
    stages = int(cell(row, f"{prefix}pp_size") or 1)
    twice = moe_tp == moe_ep and moe_tp > 1
    if tp > NODE_DEVICES and twice and moe_tp * moe_ep == tp:
        tp = moe_tp
    if groups > 1 and tp == groups:
        tp = 1
    if groups > NODE_DEVICES and twice and moe_tp * moe_ep == groups:
        groups = moe_tp
    return Layout(tp, groups, stages, min(moe_ep, tp * groups))


def cache_precision(accelerator: Accelerator, weights: str) -> str:
    """Give the precision of keys and values that goes with quantised weights where a file does not say.

    >>> from wattscale.catalog import load_catalog
    >>> cache_precision(load_accelerator(load_catalog(), "H100"), "fp8")
    'fp8'
    """
    return "fp8" if weights not in WIDE and "fp8" in accelerator.peak_flops else "bf16"


def scheduler_of(backend: str, version: str) -> str:
    """Name the scheduler of a row, as an item of `serving_coefficients`: an engine, or an early version of it.

    >>> scheduler_of("trtllm", "1.0.0rc6"), scheduler_of("trtllm", "1.2.0rc2"), scheduler_of("", "")
    ('trtllm-1.0', 'trtllm', 'vllm')
    """
    if backend == "trtllm" and version.startswith(("0.", "1.0")):
        return "trtllm-1.0"
    return backend or "vllm"


def loop_row(index: int, row: Row, catalog: Catalog, models: Models) -> LoopRow:
    """Read a row.

    Args:
        index: Index in the file.
        row: Cells.
        catalog: The catalogue.
        models: Architectures known so far.

    Raises:
        WattscaleError: Unknown device or model, or no concurrency.
    """
    accelerator = load_accelerator(catalog, row.get("accelerator", ""), "accelerator")
    arch = models.find(row.get("model", ""))
    words = row.get("precision", "") or row.get("gemm_quant_mode", "") or "bf16"
    precision = precision_word(words)
    formats, _ = resolve_formats(arch, accelerator, precision, cache_precision(accelerator, precision))
    asked = cell(row, "concurrency") or cell(row, "batch_size")
    inputs, outputs = cell(row, "input_len"), cell(row, "output_len")
    if asked is None or inputs is None or outputs is None:
        raise WattscaleError("no concurrency or no lengths given")
    apart = row.get("mode", "") == "disagg"
    layout = worker_layout(row, "decode_" if apart else "")
    loop = asked / (cell(row, "decode_num_workers") or 1.0 if apart else 1.0)
    prefill = asked / (cell(row, "prefill_num_workers") or 1.0) if apart else asked
    rules = load_memory_rules(catalog)
    most = max_sequences(arch, accelerator, layout, formats, rules, inputs + outputs / 2.0)
    served = ServedRow(
        row=index,
        arch=arch,
        accelerator=accelerator,
        layout=layout,
        formats=formats,
        engine=row.get("backend", "") or "vllm",
        sequences=max(1.0, min(loop, most) if most >= 1.0 else loop),
        input_tokens=inputs,
        output_tokens=outputs,
        prefill_layout=worker_layout(row, "prefill_") if apart else None,
    )
    scheduler = scheduler_of(row.get("backend", ""), row.get("backend_version", ""))
    return LoopRow(served, loop, prefill, scheduler)


def predict(rows: Rows, catalog: Catalog, folder: Path) -> tuple[list[Prediction], list[Skipped]]:
    """Predict every row.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.
        folder: Folder of the file, not used.

    Returns:
        Predictions and rows skipped with the reason.
    """
    models = Models(catalog)
    loops: list[LoopRow] = []
    skipped: list[Skipped] = []
    for i, row in enumerate(rows):
        try:
            loops.append(loop_row(i, row, catalog, models))
        except WattscaleError as error:
            skipped.append(Skipped(i, str(error)))
    if not loops:
        return [], skipped
    served = [r.served for r in loops]
    batch = batch_rows(served, catalog)
    steps = row_steps(batch, row_rates(served, catalog))
    first = first_token_s(loops, steps, catalog)
    spread = {t: catalog.figure(TABLE, f"residual.{t.removesuffix('_ms')}") for t in TARGETS}
    found = []
    for k, r in enumerate(loops):
        values = {"ttft_ms": float(first[k]) * 1e3, "tpot_ms": float(np.asarray(steps.mean.time_s)[k]) * 1e3}
        low = {t: v * spread[t].low for t, v in values.items()}
        high = {t: v * spread[t].high for t, v in values.items()}
        found.append(Prediction(r.served.row, values, low, high))
    return found, skipped


def own_times(loops: Sequence[LoopRow], steps: RowSteps, chunk: float) -> tuple[FloatArray, FloatArray]:
    """Give the steps with a request's own input tokens, and what those tokens add to them [s].

    Args:
        loops: Rows.
        steps: Their steps.
        chunk: Token budget of a step [token].
    """
    parts = np.array([max(1.0, r.served.input_tokens / chunk) for r in loops])
    alone = np.array([r.served.prefill_layout is not None for r in loops])
    own = np.asarray(steps.prompt.time_s) * parts
    added = np.where(alone, own, own - np.asarray(steps.decode.time_s) * parts)
    return own, np.maximum(added, 0.0)


def first_token_s(loops: Sequence[LoopRow], steps: RowSteps, catalog: Catalog) -> FloatArray:
    """Give the mean time to first token in a closed loop.

    TTFT = fixed + factor * own + wave * added * (C - 1)^a + queue for memory; requests of a closed loop start together,
    so that each waits for a part of the others' input tokens.

    Args:
        loops: Rows.
        steps: Their steps.
        catalog: The catalogue.

    Returns:
        Times [s], shape (rows,).
    """
    own, added = own_times(loops, steps, catalog.value(TABLE, "engine.chunk_tokens"))

    def by_engine(name: str) -> FloatArray:
        values = []
        for r in loops:
            key = f"engine-{r.scheduler}.{name}"
            values.append(catalog.value(TABLE, key if catalog.has_figure(TABLE, key) else f"default.{name}"))
        return np.array(values)

    others, queue = loop_waits(loops, steps)
    wave = by_engine("wave_share") * added * others ** by_engine("wave_exponent")
    return by_engine("first_token_s") + by_engine("own_factor") * own + wave + queue


def loop_waits(loops: Sequence[LoopRow], steps: RowSteps) -> tuple[FloatArray, FloatArray]:
    """Give the other requests of the loop [1] and the wait of those that memory does not hold [s].

    Args:
        loops: Rows.
        steps: Their steps.
    """
    running = np.array([r.served.sequences for r in loops])
    apart = np.array([r.served.prefill_layout is not None for r in loops])
    start = np.array([r.prefill_sequences for r in loops])
    others = np.maximum(np.where(apart, start, np.minimum(start, running)) - 1.0, 0.0)
    over = np.maximum(np.array([r.concurrency for r in loops]) - running, 0.0)
    outputs = np.array([r.served.output_tokens for r in loops])
    return others, over * outputs * np.asarray(steps.mean.time_s) / running


def cross_validate(rows: Rows, catalog: Catalog, folder: Path) -> tuple[list[Prediction], list[Skipped]]:
    """Predict each row by coefficients fitted to the rows of other models only.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.
        folder: Folder of the file.

    Returns:
        Predictions and rows skipped with the reason.
    """
    from wattscale.validation.serving_cross import predict_unseen

    return predict_unseen(FILE, rows, catalog, folder)
