"""Predictions of whole training runs (kind `training`): device-hours, energy, mean power of a device.

In: rows of training_runs.csv, input columns only. Out: the three targets with 80 % intervals.
Leaves out: the batch and layout a run really used (the best layout at a usual batch is taken), and its failures.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.goodput import goodput, load_reliability
from wattscale.compute.training_coefficients import TABLE, load_machine, load_step_coefficients, own_or_default
from wattscale.compute.training_memory import load_memory_coefficients
from wattscale.compute.training_power import RunPower, run_power
from wattscale.compute.training_search import BestStep, best_step
from wattscale.compute.training_shape import TrainingShape
from wattscale.compute.training_sizes import shape_from_sizes
from wattscale.errors import WattscaleError
from wattscale.units import HOURS_PER_DAY, SECONDS_PER_HOUR, W_PER_MW
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.training_cases import Row, cell, device, row_shape, usual_precision

TARGETS = ("device_hours", "energy_MWh", "avg_power_per_device_W")
GROUP_BY = "hardware"
FILE = "training_runs.csv"
USUAL_PUE = 1.1
"""Power usage effectiveness where a row gives none (the convention of this kind of validation)."""


@dataclass(frozen=True)
class RunEstimate:
    """What the model says of a whole run; hours are None where the tokens are not known."""

    device_hours: float | None
    power_w: float
    energy_mwh: float | None


def predict(rows: Rows, catalog: Catalog, folder: Path | None = None) -> tuple[list[Prediction], list[Skipped]]:
    """Predict every row from its inputs.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.
        folder: Folder of the file; not used.

    Returns:
        Predictions with 80 % intervals; rows without a known device are skipped. Without tokens only the power is
        predicted.
    """
    predictions: list[Prediction] = []
    skipped: list[Skipped] = []
    for index, row in enumerate(rows):
        found = estimate(row, catalog)
        if isinstance(found, str):
            skipped.append(Skipped(index, found))
            continue
        predictions.append(_banded(index, found, catalog))
    return predictions, skipped


def _banded(index: int, found: RunEstimate, catalog: Catalog) -> Prediction:
    values = {
        "device_hours": (found.device_hours, "residual.device_hours"),
        "energy_MWh": (found.energy_mwh, "residual.energy"),
        "avg_power_per_device_W": (found.power_w, "residual.power"),
    }
    known = {name: (value, catalog.figure(TABLE, key)) for name, (value, key) in values.items() if value is not None}
    return Prediction(
        index,
        {name: value for name, (value, _) in known.items()},
        {name: value * residual.low for name, (value, residual) in known.items()},
        {name: value * residual.high for name, (value, residual) in known.items()},
    )


def estimate(row: Row, catalog: Catalog) -> RunEstimate | str:
    """Predict one run from scratch, or say why not.

    Args:
        row: A row, input columns only.
        catalog: The catalogue.

    Returns:
        Device-hours, mean power in the scope usually published for the device, energy with PUE.
    """
    accelerator = device(row, "hardware", catalog)
    if accelerator is None:
        return f"hardware {row.get('hardware', '')} is not in the catalogue, or its power is not known"
    shape = row_shape(row, total="params_total_B", active="params_active_B")
    tokens = cell(row, "tokens_B")
    if shape is None:
        shape, tokens = shape_from_sizes(catalog.value(TABLE, "usual.params")), None
    precision = usual_precision(accelerator)
    try:
        devices, best = _usual_run(row, shape, accelerator, precision, catalog)
    except WattscaleError as error:
        return str(error)
    useful = goodput(devices, 0.0, load_reliability(catalog))
    share = catalog.value(TABLE, own_or_default(catalog, accelerator.generation, "tuned_share"))
    power = run_power(best, useful, accelerator, precision, catalog, share)
    watts = _published_scope(power, accelerator, catalog)
    if tokens is None:
        return RunEstimate(None, watts, None)
    rate = best.tokens_per_s * best.devices / best.devices * useful.value * share
    hours = tokens * 1e9 / rate * devices / SECONDS_PER_HOUR
    return RunEstimate(hours, watts, hours * watts / W_PER_MW * (cell(row, "pue") or USUAL_PUE))


def _usual_run(
    row: Row, shape: TrainingShape, accelerator: Accelerator, precision: str, catalog: Catalog
) -> tuple[int, BestStep]:
    """Find the best step at the devices of the row, or at those that make a run of usual length."""
    machine = load_machine(catalog, accelerator, precision)
    k, mem = load_step_coefficients(catalog, accelerator), load_memory_coefficients(catalog)
    given = cell(row, "n_devices")
    if given is None:
        seconds = catalog.value(TABLE, "usual.days") * HOURS_PER_DAY * SECONDS_PER_HOUR
        work = float(shape.model_flops) * (cell(row, "tokens_B") or 1.0) * 1e9
        given = work / (float(machine.peak_flops) * float(k.gemm_efficiency) * 0.5 * seconds)
        domain = float(accelerator.domain_devices) if accelerator.domain_devices <= 72 else 8.0
        given = domain * max(1.0, round(given / domain))
    devices = int(given)
    sequences = catalog.value(TABLE, "usual.batch_tokens") / float(shape.sequence_length)
    while True:
        try:
            return devices, best_step(shape, devices, max(sequences, devices / 8.0), machine, k, mem)
        except WattscaleError:
            if cell(row, "n_devices") is not None or devices > 1_000_000:
                raise
            devices *= 2


def _published_scope(power: RunPower, accelerator: Accelerator, catalog: Catalog) -> float:
    """Give the power in the scope that publications use for a device: system for TPU and V100, else the device."""
    key = own_or_default(catalog, accelerator.generation, "published_system_scope")
    return power.server_w if catalog.value(TABLE, key) > 0.5 else power.device_w
