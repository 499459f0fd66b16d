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
from wattscale.compute.training_coefficients import (
    TABLE,
    load_machine,
    load_step_coefficients,
    own_or_default,
    tuned_share,
)
from wattscale.compute.training_memory import load_memory_coefficients
from wattscale.compute.training_power import RunPower, run_power
from wattscale.compute.training_search import BestStep, best_step
from wattscale.compute.training_shape import TrainingShape
from wattscale.compute.training_sizes import shape_from_sizes
from wattscale.errors import WattscaleError
from wattscale.units import HOURS_PER_DAY, SECONDS_PER_HOUR, W_PER_MW
from wattscale.validation.scoring import Prediction, Rows, Skipped
from wattscale.validation.training_cases import Row, cell, device, named_mixture, row_shape, scaled, usual_precision
from wattscale.validation.training_fit import RunCase, folds_of

TARGETS = ("device_hours", "energy_MWh", "avg_power_per_device_W")
GROUP_BY = "hardware"
FILE = "training_runs.csv"
CATALOG_TABLE = "reported_training_runs"
SPANNING = ("tpu",)
"""Generations that span several designs, whose devices have coefficients of their own."""
USUAL_PUE = 1.1
"""Power usage effectiveness where a row gives none (the convention of this kind of validation)."""


@dataclass(frozen=True)
class RunEstimate:
    """What the model says of a whole run; hours are None where the tokens are not known."""

    device_hours: float | None
    power_w: float
    energy_mwh: float | None


def scored(row: Row, target: str) -> bool:
    """Tell whether a target of a row is a measurement: energy and power only where their basis says so.

    >>> scored({"energy_basis": "TDP x hours (circular)"}, "energy_MWh"), scored({}, "device_hours")
    (False, True)
    """
    return target == "device_hours" or row.get("energy_basis", "").startswith("measured")


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
    named = {**row, "model": row.get("name", ""), "params_B": row.get("params_total_B", "")}
    shape = named_mixture(named, catalog) or row_shape(row, total="params_total_B", active="params_active_B")
    tokens = cell(row, "tokens_B")
    if shape is None:
        shape, tokens = shape_from_sizes(catalog.value(TABLE, "usual.params")), None
    precision = usual_precision(accelerator)
    try:
        devices, best = _usual_run(row, shape, accelerator, precision, catalog)
    except WattscaleError as error:
        return str(error)
    useful = goodput(devices, 0.0, load_reliability(catalog))
    share = tuned_share(catalog, accelerator, float(shape.params_total), early=early_code(row, accelerator, catalog))
    power = run_power(best, useful, accelerator, precision, catalog, share)
    watts = _published_scope(power, accelerator, catalog)
    if tokens is None:
        return RunEstimate(None, watts, None)
    rate = best.tokens_per_s * useful.value * share
    hours = tokens * 1e9 / rate * devices / SECONDS_PER_HOUR
    return RunEstimate(hours, watts, hours * watts / W_PER_MW * (cell(row, "pue") or USUAL_PUE))


def early_code(row: Row, accelerator: Accelerator, catalog: Catalog) -> bool:
    """Tell whether a run used the GPU codes of before fused attention and mature sharding, by its year.

    TPU codes were compiled as a whole from the start and show no such break.
    """
    year = cell(row, "year")
    return accelerator.kind == "gpu" and year is not None and year <= catalog.value(TABLE, "run.early_year")


def run_cases(rows: Rows, catalog: Catalog) -> list[RunCase]:
    """Give the tuned share of every run with known hours.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.

    Returns:
        One case per run: measured over best whole-run speed.
    """
    found = []
    for index, row in enumerate(rows):
        accelerator, size, hours = (
            device(row, "hardware", catalog),
            cell(row, "params_total_B"),
            cell(row, "device_hours"),
        )
        run = estimate(row, catalog) if accelerator and size and hours else ""
        if accelerator is None or size is None or hours is None or isinstance(run, str) or run.device_hours is None:
            continue
        early = early_code(row, accelerator, catalog)
        share = tuned_share(catalog, accelerator, size * 1e9, early=early) * run.device_hours / hours
        item = accelerator.name if accelerator.generation in SPANNING else accelerator.generation
        found.append(RunCase(index, row.get("name", ""), item, size * 1e9, share, early))
    return found


def cross_validate(rows: Rows, catalog: Catalog, folder: Path | None = None) -> tuple[list[Prediction], list[Skipped]]:
    """Predict each run by the tuned shares of the others.

    Args:
        rows: Rows of the file.
        catalog: The catalogue; gives the step model and the power.
        folder: Folder of the file; not used.

    Returns:
        Predictions; runs whose hours are not known are predicted as by `predict`.
    """
    plain, skipped = predict(rows, catalog, folder)
    cases = run_cases(rows, catalog)
    by_row = {c.row: (c, fold) for c, fold in zip(cases, folds_of(cases), strict=True)}
    found = []
    for p in plain:
        accelerator = device(rows[p.row], "hardware", catalog)
        if p.row not in by_row or accelerator is None:
            found.append(p)
            continue
        case, fold = by_row[p.row]
        factor = tuned_share(catalog, accelerator, case.params, early=case.early) / fold.share(case)
        found.append(scaled(p, {"device_hours": factor, "energy_MWh": factor}))
    return found, skipped


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
    sequences = _usual_batch(row, shape, catalog) / float(shape.sequence_length)
    while True:
        try:
            return devices, best_step(shape, devices, max(sequences, devices / 8.0), machine, k, mem)
        except WattscaleError:
            if cell(row, "n_devices") is not None or devices > 1_000_000:
                raise
            devices *= 2


def _usual_batch(row: Row, shape: TrainingShape, catalog: Catalog) -> float:
    """Tokens of a step: as usual, more in large mixtures of experts since fused codes, which would starve otherwise."""
    usual = catalog.value(TABLE, "usual.batch_tokens")
    recent = (cell(row, "year") or 0.0) > catalog.value(TABLE, "run.early_year")
    if not recent or not float(shape.moe_layers):
        return usual
    return max(usual, catalog.value(TABLE, "usual.mixture_batch_per_param") * float(shape.params_total))


def _published_scope(power: RunPower, accelerator: Accelerator, catalog: Catalog) -> float:
    """Give the power in the scope that publications use for a device.

    TPUs and V100: the mean system power per chip that was published for the generation, host included. All others:
    the device alone, from the model.
    """
    key = own_or_default(catalog, accelerator, "published_power_share")
    share = catalog.value(TABLE, key)
    return share * accelerator.tdp_w if share > 0 else power.device_w
