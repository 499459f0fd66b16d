"""Front of the compute stage: on what, how long and at what power the workload runs.

In: table `compute`, the workload's result, the catalogue. Out: `ComputeResult` with the training plan, the serving
plan and the hourly IT power of both.
Leaves out: the building around the devices (facility) and their price (economics).
"""

from __future__ import annotations

from math import ceil

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator, load_accelerator
from wattscale.compute.power import (
    ServerClass,
    idle_power,
    it_power_per_device,
    load_power_coefficients,
    load_server,
    rack_power_kw,
)
from wattscale.compute.result import ComputeResult, FrontPoint, ServingPlan, TrainingPlan
from wattscale.compute.serving_plan import plan_serving
from wattscale.compute.training import plan_training
from wattscale.errors import InputError
from wattscale.figure import PlanWarning, Value, within
from wattscale.scenario.compute import ComputeTable
from wattscale.units import HOURS_PER_YEAR, W_PER_MW, FloatArray
from wattscale.workload.result import WorkloadResult


def run(table: ComputeTable, workload: WorkloadResult, catalog: Catalog) -> ComputeResult:
    """Plan training and serving of a workload.

    Args:
        table: Scenario table `compute`.
        workload: What must be computed.
        catalog: The catalogue.

    Returns:
        Plans, hourly IT power, devices and figures.

    Raises:
        InputError: Nothing to train and nothing to serve, or a wrong name.
        InfeasibleError: The ask cannot be met on this accelerator.

    Source: docs/method/compute.md.
    """
    serves = _serves(workload)
    training: TrainingPlan | None = None
    serving: ServingPlan | None = None
    front: tuple[FrontPoint, ...] = ()
    figures: dict[str, Value] = {}
    warnings: list[PlanWarning] = []
    devices: dict[str, float] = {}
    design_mw = spare_mw = 0.0
    used: list[Accelerator] = []
    if workload.training is not None:
        chip = load_accelerator(catalog, *_accelerator(table, "training_accelerator"))
        training, found, said = plan_training(workload.training, workload.architecture, table, chip, catalog)
        figures |= {k if k.startswith("training.") else f"training.{k}": v for k, v in found.items()}
        warnings += said
        part = _part(table, catalog, chip, training.devices, training.device_power_w)
        devices, design_mw, spare_mw = _add(devices, chip.name, part, design_mw, spare_mw)
        used.append(chip)
    if serves and workload.serving is not None:
        chip = load_accelerator(catalog, *_accelerator(table, "serving_accelerator"))
        served = plan_serving(workload.serving, workload.architecture, table, chip, catalog)
        serving, front = served.plan, served.front
        figures |= served.figures
        warnings += served.warnings
        part = _part(table, catalog, chip, serving.devices, served.full_power_w)
        devices, design_mw, spare_mw = _add(devices, chip.name, part, design_mw, spare_mw)
        used.append(chip)
    power = _hourly(training, serving, spare_mw)
    rack_kw = max(rack_power_kw(a, load_server(catalog, a, table.server_cooling)) for a in used)
    design_mw = max(design_mw, float(power.max()))
    figures |= _totals(power, devices, rack_kw, design_mw)
    return ComputeResult(
        training=training,
        serving=serving,
        it_power_mw=power,
        design_it_power_mw=design_mw,
        devices_by_accelerator=devices,
        rack_kw=rack_kw,
        figures=figures,
        warnings=tuple(warnings),
        spare_power_mw=spare_mw,
        serving_front=front,
    )


def _serves(workload: WorkloadResult) -> bool:
    """Tell whether there is anything to serve; refuse a workload that neither trains nor serves."""
    serves = workload.serving is not None and bool(np.max(workload.serving.requests_per_hour) > 0)
    if workload.training is None and not serves:
        raise InputError(
            "nothing to train and nothing to serve",
            where="workload.training.tokens, workload.serving.requests_per_day",
            value="0, 0",
            allowed="at least one above zero",
        )
    return serves


def _accelerator(table: ComputeTable, key: str) -> tuple[str, str]:
    own = table.training_accelerator if key == "training_accelerator" else table.serving_accelerator
    return (own, f"compute.{key}") if own else (table.accelerator, "compute.accelerator")


def _part(
    table: ComputeTable, catalog: Catalog, chip: Accelerator, devices: int, busy_power_w: float
) -> tuple[float, float, float]:
    """Devices with spares [1], their largest IT power [MW] and the constant power of the spares [MW]."""
    server: ServerClass = load_server(catalog, chip, table.server_cooling)
    spares = ceil(round(table.spare_share * devices, 9))
    high = within(busy_power_w, catalog.figure("serving_coefficients", "residual.power"))[2]
    peak_w = min(high, chip.tdp_w * table.power_cap_share)
    idle_w = idle_power(chip, load_power_coefficients(catalog, chip))
    busy = float(it_power_per_device(max(peak_w, busy_power_w), server).total_w)
    idle = float(it_power_per_device(idle_w, server, 0.0).total_w)
    spare_mw = spares * idle / W_PER_MW
    return devices + spares, devices * busy / W_PER_MW + spare_mw, spare_mw


def _add(
    devices: dict[str, float],
    name: str,
    part: tuple[float, float, float],
    design_mw: float,
    spare_mw: float,
) -> tuple[dict[str, float], float, float]:
    merged = {**devices, name: devices.get(name, 0.0) + part[0]}
    return merged, design_mw + part[1], spare_mw + part[2]


def _hourly(training: TrainingPlan | None, serving: ServingPlan | None, spare_mw: float) -> FloatArray:
    power: FloatArray = np.full(HOURS_PER_YEAR, spare_mw)
    if training is not None:
        power = power + training.power_mw
    if serving is not None:
        power = power + serving.power_mw
    return power


def _totals(power: FloatArray, devices: dict[str, float], rack_kw: float, design_mw: float) -> dict[str, Value]:
    return {
        "devices": float(sum(devices.values())),
        "it_energy_mwh": float(power.sum()),
        "it_peak_mw": float(power.max()),
        "it_mean_mw": float(power.mean()),
        "design_it_power_mw": design_mw,
        "rack_kw": rack_kw,
    }
