"""Power of a training run, mean and by hour of the year.

In: the chosen step, goodput, the accelerator, power coefficients. Out: `RunPower`, hourly MW.
Leaves out: swings within a step and ramps at checkpoints, which are shorter than an hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.goodput import Goodput
from wattscale.compute.power import (
    Cooling,
    idle_power,
    it_power_per_device,
    load_power_coefficients,
    load_server,
)
from wattscale.compute.power_cap import CLOCKS, clock_at_draw, load_cap_rules
from wattscale.compute.training_coefficients import coefficient
from wattscale.compute.training_search import BestStep
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, W_PER_MW, FloatArray


@dataclass(frozen=True)
class RunPower:
    """Power of one device during a run and beside it [W].

    Attributes:
        busy_device_w: Device, while it steps.
        device_w: Device, mean over the run.
        server_w: With its share of host, fans and power supplies, mean over the run.
        total_w: With network and storage, mean over the run.
        network_w: Share of the network outside the server.
        idle_total_w: The same of a device that is on and computes nothing.
        kernel_share: Time of matrix and attention kernels over that of the step [1].
        compute_utilisation: FLOP/s done, recompute included, over the peak, while it steps [1].
    """

    busy_device_w: float
    device_w: float
    server_w: float
    total_w: float
    network_w: float
    idle_total_w: float
    kernel_share: float
    compute_utilisation: float


def step_power_share(
    kernel_share: float, matrix_power_share: float, stall_power_share: float, power_cap_share: float = 1.0
) -> float:
    """Give the mean power of a training step over the design power.

    p = k p_matrix + (1 - k) p_stall, each at most the cap: matrix kernels run a device near its design power, the
    rest of a step (element-wise work, communication, waiting) well below it.

    Args:
        kernel_share: Time share of matrix and attention kernels k [1].
        matrix_power_share: Power in them over the design power [1].
        stall_power_share: Power beside them over the design power [1].
        power_cap_share: Power limit over the design power [1].

    Returns:
        Share [1].

    Source: table `training_coefficients`, from the wall power of MLPerf Training and the sensors of OLMo 2.

    >>> step_power_share(0.5, 1.0, 0.5)
    0.75
    """
    matrix, stall = min(matrix_power_share, power_cap_share), min(stall_power_share, power_cap_share)
    return kernel_share * matrix + (1.0 - kernel_share) * stall


def run_power(
    best: BestStep, useful: Goodput, accelerator: Accelerator, precision: str, catalog: Catalog,
    tuned_share: float = 1.0, power_cap_share: float = 1.0, cooling: Cooling | None = None,
) -> RunPower:  # fmt: skip
    """Give the power of a device in a training run.

    Mean = busy power over steps and evaluation, idle power over restarts, lost holds and checkpoints.

    Args:
        best: The step.
        useful: Goodput of the run.
        accelerator: The device.
        precision: Precision of the matrix products.
        catalog: The catalogue.
        tuned_share: Speed of the run's steps, the cap included, over those of the best layout [1].
        power_cap_share: Power limit over the design power [1].
        cooling: How the server is cooled; None as usual for its class.

    Returns:
        Power in three scopes.

    Source: `step_power_share`; tables `servers`, `power_coefficients`.
    """
    idle = idle_power(accelerator, load_power_coefficients(catalog, accelerator))
    seconds = float(best.step.total) / tuned_share
    slow = kernel_clock(accelerator, catalog, power_cap_share)
    kernels = float(best.step.matrix + best.step.attention + best.step.recompute) / slow / seconds
    busy = accelerator.tdp_w * step_power_share(
        min(1.0, kernels),
        coefficient(catalog, accelerator, "matrix_power_share"),
        coefficient(catalog, accelerator, "stall_power_share"),
        power_cap_share,
    )
    working = useful.value + useful.evaluation_share + useful.lost_work_share
    device = working * busy + (1.0 - working) * idle
    server = load_server(catalog, accelerator, cooling)
    power = it_power_per_device(device, server, working)
    rest = it_power_per_device(idle, server, 0.0)
    return RunPower(
        busy_device_w=busy,
        device_w=device,
        server_w=float(power.server_w),
        total_w=float(power.total_w),
        network_w=server.network_w,
        idle_total_w=float(rest.total_w),
        kernel_share=kernels,
        compute_utilisation=float(best.step.flops) / seconds / accelerator.peak(precision),
    )


def cap_speed(
    best: BestStep, accelerator: Accelerator, catalog: Catalog, cap: float, tuned_share: float = 1.0
) -> float:
    """Give the speed of a step under a power cap over that without one [1].

    Args:
        best: The step.
        accelerator: The device.
        catalog: The catalogue.
        cap: Power limit over the design power [1].
        tuned_share: Speed of the run's steps over those of the best layout [1]; the rest of the time it waits.

    Returns:
        Speed [1]; only the part of the time that computes slows down, by the rule that serving follows too.

    Source: `power_cap.clock_at_draw`.
    """
    kernels = float((best.step.matrix + best.step.attention + best.step.recompute) / best.step.total)
    computing = min(1.0, kernels * tuned_share)
    return 1.0 / (computing / kernel_clock(accelerator, catalog, cap) + 1.0 - computing)


def kernel_clock(accelerator: Accelerator, catalog: Catalog, cap: float) -> float:
    """Give the clock of matrix and attention kernels under a power cap over that at the design power.

    Args:
        accelerator: The device.
        catalog: The catalogue.
        cap: Power limit over the design power [1].

    Returns:
        Clock [1]; 1 where the cap lies above what the kernels draw, at least the lowest of `power_cap.CLOCKS`.

    Source: `power_cap.clock_at_draw`, the rule that serving follows too; draw of the kernels from the table
    `training_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> kernel_clock(load_accelerator(load_catalog(), "H100"), load_catalog(), 1.0)
    1.0
    """
    matrix = coefficient(catalog, accelerator, "matrix_power_share")
    if cap >= matrix:
        return 1.0
    power = load_power_coefficients(catalog, accelerator)
    draw = (max(cap - power.idle, 0.0) / (matrix - power.idle)) ** (1.0 / power.exponent)
    return max(float(clock_at_draw(draw, load_cap_rules(catalog).voltage_floor)), float(CLOCKS[0]))


def training_year(
    devices: float, days: float, busy_w: float, idle_w: float, runs_per_year: float,
    rest_of_year: Literal["idle", "off", "train"],
) -> FloatArray:  # fmt: skip
    """Lay the runs of a year along its hours, from hour 0 on, and fill the rest.

    Args:
        devices: Devices [1].
        days: Length of one run [day].
        busy_w: IT power per device during a run [W].
        idle_w: IT power per device that is on and idle [W].
        runs_per_year: Runs of a year [1/year].
        rest_of_year: What the devices do outside the runs.

    Returns:
        IT power [MW], shape (8760,); runs longer than the year fill it.

    Source: definition; the hour in which the last run ends is shared.

    >>> year = training_year(1000, 10, 1000.0, 100.0, 1.0, "idle")
    >>> float(year[0]), round(float(year[-1]), 3), round(float(year.sum()))
    (1.0, 0.1, 1092)
    """
    rest_w = {"idle": idle_w, "off": 0.0, "train": busy_w}[rest_of_year]
    hours = days * HOURS_PER_DAY * runs_per_year
    share = np.clip(hours - np.arange(HOURS_PER_YEAR), 0.0, 1.0)
    return np.asarray(devices * (share * busy_w + (1.0 - share) * rest_w) / W_PER_MW, dtype=np.float64)
