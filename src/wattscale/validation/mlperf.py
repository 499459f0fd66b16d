"""Predictions of MLPerf Training results (kind `mlperf`).

In: rows of mlperf_training.csv, input columns only. Out: tokens per second, mean power of all nodes.
Leaves out: convergence; the samples a run needs are not predicted.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.goodput import Goodput
from wattscale.compute.parallelism import candidate_layouts
from wattscale.compute.training_coefficients import TABLE, Machine, load_machine, load_step_coefficients
from wattscale.compute.training_memory import load_memory_coefficients
from wattscale.compute.training_power import run_power
from wattscale.compute.training_search import BestStep, best_step
from wattscale.compute.training_shape import TrainingShape
from wattscale.errors import WattscaleError
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.training_cases import Row, cell, device, row_shape, scaled, usual_precision
from wattscale.validation.training_fit import Case, StepFit, fit_item, held_out
from wattscale.validation.training_steps import fitting

TARGETS = ("tokens_per_s", "avg_power_W")
GROUP_BY = "accelerator"
FILE = "mlperf_training.csv"
NEEDED = ("params_B", "accelerator", "n_accelerators", "global_batch_size")
STEADY = Goodput(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""A benchmark run of minutes has no failures."""


def predict(rows: Rows, catalog: Catalog, folder: Path | None = None) -> tuple[list[Prediction], list[Skipped]]:
    """Predict every row from its inputs.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.
        folder: Folder of the file; not used.

    Returns:
        Predictions with 80 % intervals of the throughput, and rows with too few inputs.
    """
    predictions: list[Prediction] = []
    skipped: list[Skipped] = []
    residual = catalog.figure(TABLE, "residual.benchmark_time")
    for index, row in enumerate(rows):
        found = predict_row(row, catalog)
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
            continue
        rate, power = found
        predictions.append(
            Prediction(
                index,
                {"tokens_per_s": rate, "avg_power_W": power},
                {"tokens_per_s": rate / residual.high},
                {"tokens_per_s": rate / residual.low},
            )
        )
    return predictions, skipped


def predict_row(row: Row, catalog: Catalog) -> tuple[float, float] | str:
    """Predict one row: tokens per second [1/s] and power of all nodes with their switches [W], or why not."""
    found = row_run(row, catalog)
    if isinstance(found, str):
        return found
    accelerator, shape, precision, machine = found
    devices, batch = int(float(row["n_accelerators"])), float(row["global_batch_size"])
    k, mem = load_step_coefficients(catalog, accelerator), load_memory_coefficients(catalog)
    try:
        best = best_step(shape, devices, batch, machine, k, mem)
    except WattscaleError as error:
        return str(error)
    nodes = cell(row, "n_nodes") or 1.0
    return best.tokens_per_s, devices * _node_power(best, accelerator, precision, nodes > 1, catalog)


def row_run(row: Row, catalog: Catalog) -> tuple[Accelerator, TrainingShape, str, Machine] | str:
    """Give device, model, precision and machine of a row, or say what is missing."""
    missing = [c for c in NEEDED if not row.get(c)]
    if missing:
        return f"no {', '.join(missing)}"
    accelerator = device(row, "accelerator", catalog)
    if accelerator is None:
        return f"accelerator {row['accelerator']} is not in the catalogue"
    adapters = "lora" in row.get("benchmark", "").lower()
    share = catalog.value(TABLE, "adapter.trained_share") if adapters else 1.0
    shape = row_shape(row, total="params_B", trained_share=share)
    if shape is None:
        return "no parameters"
    precision = usual_precision(accelerator, eight_bit=True)
    return accelerator, shape, precision, load_machine(catalog, accelerator, precision)


Key = tuple[str, ...]


def run_cases(rows: Rows, catalog: Catalog) -> dict[Key, Case]:
    """Describe the measured configurations; equal ones count once, at the geometric mean of their submitters.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.

    Returns:
        Cases by benchmark, accelerator, devices and batch.
    """
    same: dict[Key, list[Row]] = {}
    for row in rows:
        if row.get("tokens_per_s"):
            same.setdefault(configuration(row), []).append(row)
    found = {}
    for key, group in same.items():
        run = row_run(group[0], catalog)
        if isinstance(run, str):
            continue
        accelerator, shape, _, machine = run
        n, batch = int(float(group[0]["n_accelerators"])), float(group[0]["global_batch_size"])
        lay = candidate_layouts(shape, n, batch, accelerator.domain_devices)
        if len(lay) == 0:
            continue
        lay = fitting(shape, lay, machine, catalog)
        rate = math.exp(float(np.mean([math.log(float(r["tokens_per_s"])) for r in group])))
        seconds = batch * float(shape.sequence_length) / rate
        name = f"{group[0].get('model', '')} on {accelerator.name}"
        found[key] = Case(name, fit_item(accelerator), shape, machine, lay, batch, seconds)
    return found


def configuration(row: Row) -> Key:
    """Name the configuration of a row."""
    return tuple(row.get(c, "") for c in ("benchmark", "accelerator", "n_accelerators", "global_batch_size"))


def cross_validate(rows: Rows, catalog: Catalog, folder: Path | None = None) -> tuple[list[Prediction], list[Skipped]]:
    """Predict each row by coefficients fitted to the other models and accelerators of the file.

    Args:
        rows: Rows of the file.
        catalog: The catalogue; gives starting points and what is not fitted.
        folder: Folder of the file; not used.

    Returns:
        Predictions of the measured rows.
    """
    plain, skipped = predict(rows, catalog, folder)
    cases = run_cases(rows, catalog)
    fit = StepFit(list(cases.values()), catalog)
    logs, _ = held_out(fit, fit.fit())
    rates = {
        key: case.batch * float(case.shape.sequence_length) / (case.seconds * math.exp(log))
        for (key, case), log in zip(cases.items(), logs, strict=True)
    }
    found = []
    for p in plain:
        rate = rates.get(configuration(rows[p.row]))
        if rate is not None:
            found.append(scaled(p, {"tokens_per_s": rate / p.predicted["tokens_per_s"]}))
    return found, skipped


def _node_power(best: BestStep, accelerator: Accelerator, precision: str, switched: bool, catalog: Catalog) -> float:
    """Give the power of a device with its share of server, and of switches where there are several nodes [W]."""
    power = run_power(best, STEADY, accelerator, precision, catalog)
    return power.server_w + (power.network_w if switched else 0.0)
