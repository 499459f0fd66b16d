"""Validation of energy per token: rows of inference_energy.csv predicted from their inputs.

In: model, device, layout, precision, task, running batch, output length, scope, runtime. Out: J per output token, mean
power, output tokens per second, each with an 80 % interval.
Leaves out: columns that were measured; rows at the wall without a batch are planned as throughput rows are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.replica import resolve_formats
from wattscale.compute.serving_work import Layout
from wattscale.errors import WattscaleError
from wattscale.validation.planned_rows import PlannedRow, plan_row, wall_power_w
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.served_rows import (
    Models,
    Row,
    ServedRow,
    batch_rows,
    cell,
    precision_word,
    row_power,
    row_rates,
    row_steps,
)

FILE = "inference_energy.csv"
TARGETS = ("energy_per_token_J", "avg_power_W", "output_tokens_per_s")
GROUP_BY = "gpu_model"
TABLE = "serving_coefficients"
RESIDUALS = {
    "energy_per_token_J": "joules_per_token",
    "avg_power_W": "power",
    "output_tokens_per_s": "tokens_per_s",
}
"""Figures of the catalogue with the spread of measured over predicted."""
WALL = "system_wall"
"""Beginning of the scope of rows measured at the wall of the server."""


def engine_of(runtime: str) -> str:
    """Name the serving engine of a runtime cell, as an item of `serving_coefficients`.

    >>> engine_of("vLLM 0.5.x (leaderboard v2.0)"), engine_of("vLLM 0.11.1"), engine_of("TensorRT 10.8, CUDA 12.8")
    ('vllm-0.5', 'vllm-0.11', 'trtllm')
    """
    words = runtime.lower()
    if "transformers" in words:
        return "transformers"
    if "vllm 0.5" in words or "vllm 0.4" in words:
        return "vllm-0.5"
    if "vllm 0.11" in words:
        return "vllm-0.11"
    for word, engine in (("tensorrt", "trtllm"), ("trt", "trtllm"), ("sglang", "sglang")):
        if word in words:
            return engine
    return "vllm"


def layout_of(row: Row) -> Layout:
    """Read the layout of a row; devices beyond tp, pp and dp share the tensors or, with experts spread, their groups.

    >>> layout_of({"num_gpus": "8", "tp": "1", "pp": "1", "dp": "1", "ep": "8"}).tensor_parallel
    8
    """
    devices = int(cell(row, "num_gpus") or 1)
    tp, pp, dp, ep = (int(cell(row, c) or 1) for c in ("tp", "pp", "dp", "ep"))
    if dp > 1:
        return Layout(max(1, devices // (dp * pp)), dp, pp, ep)
    if tp * pp < devices and ep * pp >= devices:
        return Layout(devices // pp, 1, pp, ep)
    return Layout(tp, 1, pp if pp > 1 else max(1, devices // tp), ep)


def length_of(row: Row, column: str, prefix: str, catalog: Catalog) -> float:
    """Read a length, or the assumption of the catalogue for the task of the row [token]."""
    given = cell(row, column)
    if given is not None:
        return given
    task = row.get("task", "") or "default"
    for name in (task, task.rsplit("-", 1)[0], "default"):
        if catalog.has_figure(TABLE, f"{prefix}.{name}"):
            return catalog.value(TABLE, f"{prefix}.{name}")
    raise WattscaleError(f"the catalogue has no {prefix}.default")


def served_row(index: int, row: Row, catalog: Catalog, models: Models) -> ServedRow:
    """Read a row as a replica.

    Args:
        index: Index in the file.
        row: Cells.
        catalog: The catalogue.
        models: Architectures known so far.

    Raises:
        WattscaleError: Unknown device or model without sizes, or no batch.
    """
    accelerator = load_accelerator(catalog, row.get("gpu_model", ""), "gpu_model")
    arch = models.find(
        row.get("model", ""), cell(row, "params_total_B"), cell(row, "params_active_B"), row.get("arch", "")
    )
    formats, _ = resolve_formats(arch, accelerator, precision_word(row.get("precision", "")), "bf16")
    batch = cell(row, "avg_batch_size") or cell(row, "max_num_seqs")
    if batch is None:
        raise WattscaleError("no running batch given")
    return ServedRow(
        row=index,
        arch=arch,
        accelerator=accelerator,
        layout=layout_of(row),
        formats=formats,
        engine=engine_of(row.get("runtime", "")),
        sequences=max(1.0, batch),
        input_tokens=length_of(row, "avg_input_len", "input_tokens", catalog),
        output_tokens=length_of(row, "avg_output_len", "output_tokens", catalog),
    )


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
    served: list[ServedRow] = []
    found: list[Prediction] = []
    skipped: list[Skipped] = []
    for i, row in enumerate(rows):
        try:
            if row.get("measurement_scope", "").startswith(WALL) and cell(row, "avg_batch_size") is None:
                found.append(_wall(i, row, catalog))
            else:
                served.append(served_row(i, row, catalog, models))
        except WattscaleError as error:
            skipped.append(Skipped(i, str(error)))
    found += _served(served, rows, catalog)
    return sorted(found, key=lambda p: p.row), skipped


def _served(served: Sequence[ServedRow], rows: Rows, catalog: Catalog) -> list[Prediction]:
    if not served:
        return []
    batch = batch_rows(served, catalog)
    steps = row_steps(batch, row_rates(served, catalog))
    power = row_power(batch, steps, catalog)
    tpot = np.asarray(steps.mean.time_s)
    found = []
    for k, r in enumerate(served):
        devices = r.layout.devices
        total = float(power[k]) * devices
        if rows[r.row].get("measurement_scope", "").startswith(WALL):
            total = wall_power_w(catalog, r.accelerator, float(power[k])) * devices
        speed = r.sequences / float(tpot[k])
        found.append(_ranged(r.row, total, speed, catalog))
    return found


def _wall(index: int, row: Row, catalog: Catalog) -> Prediction:
    planned = PlannedRow(
        model=row.get("model", ""),
        accelerator=row.get("gpu_model", ""),
        devices=int(cell(row, "num_gpus") or 1),
        precision=precision_word(row.get("precision", "")),
        engine=engine_of(row.get("runtime", "")),
        input_tokens=length_of(row, "avg_input_len", "input_tokens", catalog),
        output_tokens=length_of(row, "avg_output_len", "output_tokens", catalog),
        total_b=cell(row, "params_total_B"),
        active_b=cell(row, "params_active_B"),
        kind=row.get("arch", ""),
    )
    answer = plan_row(planned, catalog)
    return _ranged(index, answer.wall_power_w, answer.tokens_per_s, catalog)


def _ranged(index: int, power_w: float, tokens_per_s: float, catalog: Catalog) -> Prediction:
    values = {
        "energy_per_token_J": power_w / tokens_per_s,
        "avg_power_W": power_w,
        "output_tokens_per_s": tokens_per_s,
    }
    spread = {t: catalog.figure(TABLE, f"residual.{RESIDUALS[t]}") for t in TARGETS}
    low = {t: v * spread[t].low for t, v in values.items()}
    high = {t: v * spread[t].high for t, v in values.items()}
    return Prediction(index, values, low, high)


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
