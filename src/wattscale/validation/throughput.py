"""Validation of throughput: rows of inference_throughput.csv predicted from their inputs.

In: model, system, scenario, lengths, concurrency, precision, limits. Out: output tokens per second, mean TPOT and TTFT,
each with an 80 % interval.
Leaves out: software and its version, which are not inputs: every row runs on the same engine of the model.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.replica import resolve_formats
from wattscale.compute.serving_work import Layout
from wattscale.errors import InputError, WattscaleError
from wattscale.validation.planned_rows import (
    NO_LIMIT_S,
    Planned,
    PlannedRow,
    plan_row,
)
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.served_rows import (
    Models,
    Row,
    ServedRow,
    batch_rows,
    cell,
    precision_word,
    row_rates,
    row_steps,
)
from wattscale.validation.serving import LoopRow, cache_precision, first_token_s

FILE = "inference_throughput.csv"
TARGETS = ("output_tokens_per_s", "tpot_mean_s", "ttft_mean_s")
GROUP_BY = "accelerator"
TABLE = "serving_coefficients"
ENGINE = "trtllm"
"""Engine of benchmark rows whose software is not an input."""
RESIDUALS = {"output_tokens_per_s": "tokens_per_s", "tpot_mean_s": "tpot", "ttft_mean_s": "ttft"}
GUESSED = "fp8"
"""Weights where the file does not say, on devices that multiply in it."""


def weights_of(row: Row, catalog: Catalog) -> str:
    """Read the precision of the weights; where it is not given, fp8 on devices that have it, else bf16."""
    text = row.get("weight_precision", "")
    if text and text != "UNSET":
        return precision_word(text)
    name = row.get("accelerator", "").split(" (x")[0]
    has = GUESSED in load_accelerator(catalog, name, "accelerator").peak_flops
    return GUESSED if has else "bf16"


def length(row: Row, column: str, prefix: str, catalog: Catalog) -> float:
    """Read a length, or that of the benchmark's data set for the model [token]."""
    given = cell(row, column)
    if given is not None:
        return given
    model = row.get("model", "").lower()
    found = [m for m in _lengths(catalog, prefix) if m != "default" and model.startswith(m)]
    return catalog.value(TABLE, f"{prefix}.{max(found, key=len) if found else 'default'}")


def _lengths(catalog: Catalog, prefix: str) -> list[str]:
    return [r["parameter"] for r in catalog.table(TABLE).rows if r["item"] == prefix]


def layout_of(text: str) -> Layout | None:
    """Read words such as `tp8`, `tep8`, `dep8`.

    >>> layout_of("tep8")
    Layout(tensor_parallel=8, attention_data_parallel=1, pipeline_parallel=1, expert_parallel=8)
    """
    found = re.fullmatch(r"(tep|dep|tp)(\d+)", text)
    if found is None:
        return None
    n = int(found[2])
    return {"tep": Layout(n, 1, 1, n), "dep": Layout(1, n, 1, n), "tp": Layout(n)}[found[1]]


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
    found: list[Prediction] = []
    skipped: list[Skipped] = []
    plans: dict[PlannedRow, Planned] = {}
    for i, row in enumerate(rows):
        try:
            if cell(row, "concurrency") is not None:
                loops.append(_loop(i, row, catalog, models))
                continue
            asked = _planned(row, catalog)
            if asked not in plans:
                plans[asked] = _feasible(asked, catalog)
            answer = plans[asked]
            found.append(_ranged(i, answer.tokens_per_s, answer.tpot_s, answer.ttft_s, catalog, "planned"))
        except WattscaleError as error:
            skipped.append(Skipped(i, str(error)))
    found += _looped(loops, catalog)
    return sorted(found, key=lambda p: p.row), skipped


def _planned(row: Row, catalog: Catalog) -> PlannedRow:
    devices = cell(row, "n_accelerators")
    if not devices or not row.get("accelerator"):
        raise InputError("no accelerator or no number of accelerators given", where="n_accelerators")
    limited = row.get("scenario", "") != "Offline"
    asked = PlannedRow(
        model=row.get("model", ""),
        accelerator=row["accelerator"],
        devices=int(devices),
        precision=weights_of(row, catalog),
        engine=ENGINE,
        input_tokens=length(row, "input_len", "input_tokens", catalog),
        output_tokens=length(row, "output_len", "output_tokens", catalog),
        total_b=cell(row, "params_total_B"),
        active_b=cell(row, "params_active_B"),
    )
    ttft, tpot = cell(row, "ttft_limit_s"), cell(row, "tpot_limit_s")
    if not limited:
        return asked
    tail = catalog.value(TABLE, "engine.tail_over_mean")
    return replace(asked, ttft_s=ttft or asked.ttft_s, tpot_s=tpot / tail if tpot else asked.tpot_s)


def _feasible(asked: PlannedRow, catalog: Catalog) -> Planned:
    """Plan; where a limit is below the floor of the model, without limits: the row was measured after all."""
    try:
        return plan_row(asked, catalog)
    except InputError:
        return plan_row(replace(asked, ttft_s=NO_LIMIT_S, tpot_s=NO_LIMIT_S), catalog)


def _loop(index: int, row: Row, catalog: Catalog, models: Models) -> LoopRow:
    accelerator = load_accelerator(catalog, row.get("accelerator", ""), "accelerator")
    arch = models.find(row.get("model", ""), cell(row, "params_total_B"), cell(row, "params_active_B"))
    precision = weights_of(row, catalog)
    formats, _ = resolve_formats(arch, accelerator, precision, cache_precision(accelerator, precision))
    devices = int(cell(row, "n_accelerators") or 1)
    asked = cell(row, "concurrency") or 1.0
    served = ServedRow(
        row=index,
        arch=arch,
        accelerator=accelerator,
        layout=layout_of(row.get("parallelism", "")) or Layout(devices),
        formats=formats,
        engine="vllm",
        sequences=max(1.0, asked),
        input_tokens=length(row, "input_len", "input_tokens", catalog),
        output_tokens=length(row, "output_len", "output_tokens", catalog),
    )
    return LoopRow(served, asked, asked)


def _looped(loops: list[LoopRow], catalog: Catalog) -> list[Prediction]:
    if not loops:
        return []
    served = [r.served for r in loops]
    steps = row_steps(batch_rows(served, catalog), row_rates(served, catalog))
    first = first_token_s(loops, steps, catalog)
    tpot = np.asarray(steps.mean.time_s)
    found = []
    for k, r in enumerate(loops):
        cycle = float(first[k]) + (r.served.output_tokens - 1.0) * float(tpot[k])
        speed = r.concurrency * r.served.output_tokens / cycle
        found.append(_ranged(r.served.row, speed, float(tpot[k]), float(first[k]), catalog, "residual"))
    return found


def _ranged(index: int, speed: float, tpot_s: float, ttft_s: float, catalog: Catalog, spread_of: str) -> Prediction:
    values = {"output_tokens_per_s": speed, "tpot_mean_s": tpot_s, "ttft_mean_s": ttft_s}
    spread = {t: catalog.figure(TABLE, f"{spread_of}.{RESIDUALS[t]}") for t in TARGETS}
    low = {t: v * spread[t].low for t, v in values.items()}
    high = {t: v * spread[t].high for t, v in values.items()}
    return Prediction(index, values, low, high)


cross_validate = predict
"""No row of this kind enters a fit: every prediction is of an unseen row."""
