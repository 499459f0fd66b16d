"""Predictions of MLPerf Training results (kind `mlperf`).

In: rows of mlperf_training.csv, input columns only. Out: tokens per second, mean power of all nodes.
Leaves out: convergence; the samples a run needs are not predicted.
"""

from __future__ import annotations

from pathlib import Path

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.goodput import Goodput
from wattscale.compute.training_coefficients import TABLE, load_machine, load_step_coefficients
from wattscale.compute.training_memory import load_memory_coefficients
from wattscale.compute.training_power import run_power
from wattscale.compute.training_search import BestStep, best_step
from wattscale.errors import WattscaleError
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.training_cases import Row, device, row_shape, usual_precision

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
    residual = catalog.figure(TABLE, "residual.step_time")
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
    machine = load_machine(catalog, accelerator, precision)
    devices, batch = int(float(row["n_accelerators"])), float(row["global_batch_size"])
    k, mem = load_step_coefficients(catalog, accelerator), load_memory_coefficients(catalog)
    try:
        best = best_step(shape, devices, batch, machine, k, mem)
    except WattscaleError as error:
        return str(error)
    return best.tokens_per_s, devices * _node_power(best, accelerator, precision, catalog)


def _node_power(best: BestStep, accelerator: Accelerator, precision: str, catalog: Catalog) -> float:
    """Give the power of a device with its share of server and switches, storage left out [W]."""
    power = run_power(best, STEADY, accelerator, precision, catalog)
    return power.server_w + power.network_w
