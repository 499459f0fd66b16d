"""Share of a long training run that is spent in useful steps: failures, checkpoints, evaluation.

In: devices, state to save, reliability figures. Out: `Goodput` with its parts.
Leaves out: planned changes of the recipe and slow devices that do not fail (scale drag of the step has those).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from wattscale.catalog import Catalog
from wattscale.compute.training_coefficients import TABLE
from wattscale.units import HOURS_PER_DAY, SECONDS_PER_HOUR

SECONDS_PER_DAY = HOURS_PER_DAY * SECONDS_PER_HOUR


@dataclass(frozen=True)
class Reliability:
    """How often a run stops, and what that costs.

    Attributes:
        device_mtbf_h: Mean device-hours between unexpected interruptions of the run [h].
        restart_s: From the failure to the first new step, detection and loading included [s].
        restart_s_per_log2_devices: Added per doubling of the devices [s].
        checkpoint_bytes_per_s: Rate at which the state leaves one device, the run held meanwhile [byte/s].
        checkpoint_fixed_s: Fixed hold of a checkpoint [s].
        evaluation_share: Time of evaluation and other pauses over that of steps [1].
        planned_per_day: Planned stops per day [1/day].
    """

    device_mtbf_h: float
    restart_s: float
    restart_s_per_log2_devices: float
    checkpoint_bytes_per_s: float
    checkpoint_fixed_s: float
    evaluation_share: float
    planned_per_day: float


@dataclass(frozen=True)
class Goodput:
    """Where the time of a run goes: `value` is the useful share, and all shares sum to 1 [1]."""

    value: float
    restart_share: float
    lost_work_share: float
    checkpoint_share: float
    evaluation_share: float
    interruptions_per_day: float
    checkpoint_interval_s: float


def load_reliability(catalog: Catalog) -> Reliability:
    """Read the reliability figures; source: table `training_coefficients`, item `run`.

    >>> from wattscale.catalog import load_catalog
    >>> 4e4 < load_reliability(load_catalog()).device_mtbf_h < 6e4
    True
    """
    return Reliability(**{f.name: catalog.value(TABLE, f"run.{f.name}") for f in fields(Reliability)})


def goodput(devices: float, state_bytes_per_device: float, r: Reliability) -> Goodput:
    """Give the useful share of a run.

    With failures at rate f = devices/MTBF and a hold of c per checkpoint, the interval of least loss is
    T = sqrt(2 c / f); the share lost is c/T + f (T/2 + restart) + planned restarts, and evaluation comes on top:
    goodput = 1 / ((1 + evaluation) (1 + lost)).

    Args:
        devices: Devices of the run, at least one [1].
        state_bytes_per_device: Weights and optimiser state that one device saves [byte].
        r: Reliability figures.

    Returns:
        Goodput and its parts.

    Source: Young 1974, Daly 2006 (optimal checkpoint interval); rates of the Llama 3 report (2024).

    >>> quiet = Reliability(1e12, 0.0, 0.0, 1e9, 0.0, 0.25, 0.0)
    >>> round(goodput(8, 0.0, quiet).value, 3)
    0.8
    """
    per_s = devices / (r.device_mtbf_h * SECONDS_PER_HOUR)
    hold = r.checkpoint_fixed_s + state_bytes_per_device / r.checkpoint_bytes_per_s
    interval = math.sqrt(2.0 * hold / per_s) if hold > 0 else 0.0
    restart = r.restart_s + r.restart_s_per_log2_devices * math.log2(devices)
    planned_per_s = r.planned_per_day / SECONDS_PER_DAY
    checkpoint = hold / interval if interval > 0 else 0.0
    lost = per_s * interval / 2.0
    stopped = (per_s + planned_per_s) * restart
    value = 1.0 / ((1.0 + r.evaluation_share) * (1.0 + checkpoint + lost + stopped))
    return Goodput(
        value=value,
        restart_share=stopped * (1.0 + r.evaluation_share) * value,
        lost_work_share=lost * (1.0 + r.evaluation_share) * value,
        checkpoint_share=checkpoint * (1.0 + r.evaluation_share) * value,
        evaluation_share=r.evaluation_share * value,
        interruptions_per_day=per_s * SECONDS_PER_DAY,
        checkpoint_interval_s=interval,
    )
