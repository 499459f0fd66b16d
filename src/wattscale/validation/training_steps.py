"""Predictions of measured training steps (kind `training-steps`).

In: rows of training_throughput.csv, input columns only. Out: TFLOP/s per device on the row's basis, iteration time.
Leaves out: software versions; the coefficients are those of a well-tuned code.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.parallelism import Fixed, Layout, candidate_layouts
from wattscale.compute.training_coefficients import TABLE, load_machine, load_step_coefficients
from wattscale.compute.training_memory import load_memory_coefficients, training_memory, usable_bytes
from wattscale.compute.training_shape import TrainingShape
from wattscale.compute.training_step import step_times
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.training_cases import RECOMPUTE_CELLS, Row, cell, device, precision_of, row_shape, whole

TARGETS = ("tflops_per_device", "iteration_time_s")
GROUP_BY = "accelerator"
FILE = "training_throughput.csv"
NEEDED = ("params_B", "accelerator", "n_devices", "global_batch")


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
        context=1 if cell(row, "tp") else None,
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
        found = predict_row(row, catalog)
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
            continue
        time, flops = found
        residual = catalog.figure(TABLE, "residual.step_time")
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


def predict_row(row: Row, catalog: Catalog) -> tuple[float, float] | str:
    """Predict one row: iteration time [s] and the FLOPs of a step per device on its basis, or why not."""
    missing = [c for c in NEEDED if not row.get(c)]
    if missing:
        return f"no {', '.join(missing)}"
    accelerator = device(row, "accelerator", catalog)
    shape = row_shape(row, total="params_B")
    if accelerator is None or shape is None:
        return f"accelerator {row['accelerator']} is not in the catalogue"
    devices, batch = int(float(row["n_devices"])), float(row["global_batch"])
    machine = load_machine(catalog, accelerator, precision_of(row.get("precision", ""), accelerator))
    lay = candidate_layouts(shape, devices, batch, accelerator.domain_devices, fixed_layout(row))
    if len(lay) == 0:
        return "no valid layout has these degrees"
    lay = fitting(shape, lay, machine_room(machine, catalog), catalog)
    times = step_times(shape, lay, machine, load_step_coefficients(catalog, accelerator))
    done = lay.microbatches * lay.microbatch * np.asarray(lay.data)
    scaled = times.total * batch / done
    best = int(np.argmin(scaled))
    recompute = float(np.atleast_1d(lay.recompute)[best]) == RECOMPUTE_CELLS["full"]
    tokens = batch * float(shape.sequence_length)
    return float(scaled[best]), tokens * basis_flops(row, shape, recompute) / devices


def machine_room(machine: object, catalog: Catalog) -> float:
    """Give the memory of a machine that can be filled [byte]."""
    from wattscale.compute.training_coefficients import Machine

    assert isinstance(machine, Machine)
    return float(usable_bytes(machine, load_memory_coefficients(catalog)))


def fitting(shape: TrainingShape, lay: Layout, room: float, catalog: Catalog) -> Layout:
    """Keep the layouts that fit; all of them where none does, for what was measured did fit."""
    fits = training_memory(shape, lay, load_memory_coefficients(catalog)).total <= room
    return lay.take(fits) if fits.any() else lay
