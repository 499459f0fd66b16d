"""Predictions of measured training steps (kind `training-steps`).

In: rows of training_throughput.csv, input columns only. Out: TFLOP/s per device on the row's basis, iteration time.
Leaves out: software versions; the coefficients are those of a well-tuned code.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.parallelism import Fixed, Layout, candidate_layouts
from wattscale.compute.training_coefficients import TABLE, Machine, load_machine, load_step_coefficients
from wattscale.compute.training_memory import load_memory_coefficients, training_memory, usable_bytes
from wattscale.compute.training_shape import TrainingShape
from wattscale.compute.training_step import step_times
from wattscale.errors import WattscaleError
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.training_cases import (
    RECOMPUTE_CELLS,
    Row,
    cell,
    device,
    named_mixture,
    precision_of,
    row_shape,
    scaled,
    whole,
)
from wattscale.validation.training_fit import Case, StepFit, done, fit_item, held_out

TARGETS = ("tflops_per_device", "iteration_time_s")
GROUP_BY = "accelerator"
FILE = "training_throughput.csv"
CATALOG_TABLE = "training_steps"
NEEDED = ("params_B", "accelerator", "n_devices", "global_batch")
OLDER = ("volta", "ampere", "hopper")
"""Generations whose dense steps were fitted first; others, and mixtures of experts, spread more."""


def fixed_layout(row: Row) -> Fixed:
    """Read what a row fixes of the layout; an empty cell is searched."""
    words = row.get("activation_recompute", "").lower()
    zero = whole(row, "zero_stage")
    return Fixed(
        tensor=whole(row, "tp"),
        pipeline=whole(row, "pp"),
        data=whole(row, "dp"),
        interleave=whole(row, "interleave") or (None if zero is None else 1),
        microbatch=whole(row, "microbatch"),
        zero=zero,
        recompute=RECOMPUTE_CELLS.get(words),
        sequence=whole(row, "sequence_parallel"),
        context=whole(row, "cp") or (1 if cell(row, "tp") else None),
        expert=whole(row, "ep"),
    )


def basis_flops(row: Row, shape: TrainingShape, recompute: float) -> float:
    """Give the FLOPs per token that a row's TFLOP/s counts, full attention as its sources count it.

    Hardware FLOPs hold the recompute (Narayanan et al. 2021: 96 B s L d^2 (1 + s/6d + V/16Ld)); model FLOPs do not
    (72 ...; or 6 N + 12 L d s with the published parameters N, as MosaicML counts).

    Args:
        row: The row.
        shape: Its model.
        recompute: 1 with full recompute [1].

    Returns:
        FLOPs per token [FLOP/token].
    """
    basis = row.get("tflops_basis", "").lower()
    again = 1.0 if basis.startswith("hardware") and recompute else 0.0
    attention = 2.0 * float(shape.attention_flops)
    params = cell(row, "params_B")
    if "incl. attention" in basis and params is not None and "moe" not in row.get("arch", "").lower():
        return 6.0 * params * 1e9 + 3.0 * attention
    body = float(shape.linear_flops) + attention
    return (3.0 + again) * body + 3.0 * float(shape.head_flops)


def predict(rows: Rows, catalog: Catalog, folder: Path | None = None) -> tuple[list[Prediction], list[Skipped]]:
    """Predict every row from its inputs.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.
        folder: Folder of the file; not used.

    Returns:
        Predictions with 80 % intervals, and rows with too few inputs.
    """
    predictions: list[Prediction] = []
    skipped: list[Skipped] = []
    for index, row in enumerate(rows):
        try:
            found = predict_row(row, catalog)
        except (WattscaleError, ValueError) as error:
            found = str(error)
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
            continue
        time, flops, spread = found
        residual = catalog.figure(TABLE, spread)
        low, high = time * residual.low, time * residual.high
        rate = {name: flops / t / 1e12 for name, t in (("at", time), ("low", high), ("high", low))}
        predictions.append(
            Prediction(
                index,
                {"tflops_per_device": rate["at"], "iteration_time_s": time},
                {"tflops_per_device": rate["low"], "iteration_time_s": low},
                {"tflops_per_device": rate["high"], "iteration_time_s": high},
            )
        )
    return predictions, skipped


def predict_row(row: Row, catalog: Catalog) -> tuple[float, float, str] | str:
    """Predict one row: iteration time [s], FLOPs of a step per device on its basis, and the figure of its spread."""
    found = step_case(row, catalog)
    if isinstance(found, str):
        return found
    accelerator = device(row, "accelerator", catalog)
    assert accelerator is not None
    times = step_times(found.shape, found.layouts, found.machine, load_step_coefficients(catalog, accelerator))
    scaled = times.total * found.batch / done(found.layouts)
    best = int(np.argmin(scaled))
    recompute = float(np.atleast_1d(found.layouts.recompute)[best])
    later = found.generation not in OLDER or float(found.shape.moe_layers) > 0
    spread = "residual.newer_time" if later else "residual.step_time"
    return float(scaled[best]), _flops(row, found, recompute), spread


def _flops(row: Row, case: Case, recompute: float) -> float:
    """Give the FLOPs of a step per device on the basis of a row."""
    again = float(recompute == RECOMPUTE_CELLS["full"])
    return (
        case.batch * float(case.shape.sequence_length) * basis_flops(row, case.shape, again) / float(row["n_devices"])
    )


def step_case(row: Row, catalog: Catalog) -> Case | str:
    """Describe a row: model, machine, the layouts it may have used, measured seconds; or say what is missing.

    Args:
        row: A row of the file.
        catalog: The catalogue.

    Returns:
        The case; its seconds are NaN where the row gives no measurement.
    """
    missing = [c for c in NEEDED if not row.get(c)]
    if missing:
        return f"no {', '.join(missing)}"
    accelerator = device(row, "accelerator", catalog)
    shape = named_mixture(row, catalog) or row_shape(row, total="params_B", active="params_active_B")
    if accelerator is None or shape is None:
        return f"accelerator {row['accelerator']} is not in the catalogue"
    devices, batch = int(float(row["n_devices"])), float(row["global_batch"])
    machine = load_machine(catalog, accelerator, precision_of(row.get("precision", ""), accelerator))
    lay = candidate_layouts(shape, devices, batch, accelerator.domain_devices, fixed_layout(row))
    if len(lay) == 0:
        return "no valid layout has these degrees"
    lay = fitting(shape, lay, machine, catalog)
    case = Case(row.get("model", ""), fit_item(accelerator), shape, machine, lay, batch, math.nan)
    return replace(case, seconds=_measured(row, case))


def catalogued_cases(catalog: Catalog) -> list[Case]:
    """Give the published steps of the catalogue as cases, one group per model and accelerator.

    Args:
        catalog: The catalogue.

    Returns:
        The cases.

    Source: table `training_steps`.
    """
    found = []
    for row in catalog.table(CATALOG_TABLE).rows:
        case = step_case(dict(row), catalog)
        accelerator = device(dict(row), "accelerator", catalog)
        if isinstance(case, Case) and accelerator is not None:
            found.append(replace(case, group=f"{case.group} on {accelerator.name}"))
    return found


def _measured(row: Row, case: Case) -> float:
    rate, time, tflops = (cell(row, c) for c in ("tokens_per_s", "iteration_time_s", "tflops_per_device"))
    if rate:
        return case.batch * float(case.shape.sequence_length) / rate
    if time:
        return time
    if tflops:
        return _flops(row, case, RECOMPUTE_CELLS.get(row.get("activation_recompute", "").lower(), 0)) / tflops / 1e12
    return math.nan


def cross_validate(rows: Rows, catalog: Catalog, folder: Path | None = None) -> tuple[list[Prediction], list[Skipped]]:
    """Predict each row by coefficients fitted to the rows of other models.

    Args:
        rows: Rows of the file.
        catalog: The catalogue; gives starting points and what is not fitted.
        folder: Folder of the file; not used.

    Returns:
        Predictions of the measured rows; rows without a measurement are left to `predict`.
    """
    plain, skipped = predict(rows, catalog, folder)
    cases = {i: case for i, row in enumerate(rows) if isinstance(case := step_case(row, catalog), Case)}
    known = {i: case for i, case in cases.items() if not math.isnan(case.seconds)}
    fit = StepFit(list(known.values()), catalog)
    logs, _ = held_out(fit, fit.fit())
    times = {i: case.seconds * math.exp(log) for (i, case), log in zip(known.items(), logs, strict=True)}
    found = []
    for p in plain:
        if p.row in times:
            factor = times[p.row] / p.predicted["iteration_time_s"]
            found.append(scaled(p, {"iteration_time_s": factor, "tflops_per_device": 1.0 / factor}))
    return found, skipped


def fitting(shape: TrainingShape, lay: Layout, machine: Machine, catalog: Catalog) -> Layout:
    """Keep the layouts that fit; all of them where none does, for what was measured did fit."""
    k = load_memory_coefficients(catalog)
    fits = training_memory(shape, lay, k).total <= usable_bytes(machine, k)
    return lay.take(fits) if fits.any() else lay
