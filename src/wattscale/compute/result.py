"""What the compute stage gives to the next ones.

Units are in the names; hourly arrays have shape (8760,) in UTC (convention 1).
"""

from __future__ import annotations

from dataclasses import dataclass

from wattscale.figure import PlanWarning, Value
from wattscale.units import W_PER_MW, FloatArray


@dataclass(frozen=True)
class TrainingPlan:
    """How the training run is done and what it takes."""

    accelerator: str
    devices: int
    days: float
    """Length of one run, restarts and evaluation included [day]."""
    device_hours: float
    """Device-hours of one run [h]."""
    mfu: float
    """Model FLOPs of a steady step over peak [1]."""
    goodput: float
    """Share of the run spent in useful steps [1]."""
    device_power_w: float
    """Mean power of one device during the run [W]."""
    it_power_w_per_device: float
    """The same with its share of host, fans, power supplies and network [W]."""
    energy_mwh: float
    """IT energy of one run [MWh]."""
    power_mw: FloatArray
    """IT power of training, rest of the year included [MW], shape (8760,)."""
    tensor_parallel: int
    pipeline_parallel: int
    data_parallel: int
    step_time_s: float
    memory_gb: float
    """Memory taken on the fullest device [GB]."""
    time_shares: dict[str, float]
    """Shares of the step: compute, tensor_communication, pipeline_bubble, data_communication, ... summing to 1."""


@dataclass(frozen=True)
class ServingPlan:
    """How requests are served and what it takes."""

    accelerator: str
    devices: int
    """Devices of the fleet, for the busiest hour with headroom [1]."""
    devices_per_replica: int
    batch: float
    """Sequences decoded together by a replica in the mean hour [1]."""
    ttft_s: float
    tpot_ms: float
    tokens_per_s_per_device: float
    """Output tokens per second and device of a busy replica [token/s]."""
    joules_per_output_token: float
    """Energy of the devices per output token, prefill and idle included [J/token]."""
    power_mw: FloatArray
    """IT power of serving [MW], shape (8760,)."""
    energy_mwh: float
    """IT energy of the year [MWh]."""
    memory_gb: float
    """Memory taken on the fullest device [GB]."""
    input_compute_share: float
    """Share of the device time spent on input tokens (prefill), for the split of cost [1]."""


@dataclass(frozen=True)
class FrontPoint:
    """One choice of a serving replica and batch that no other beats in cost, energy and interactivity at once."""

    layout: str
    """How the model is spread, in words such as `TP8` or `2 x TP4 + 1 x TP8 for input`."""
    devices: int
    """Devices of the replica [1]."""
    batch: float
    """Running sequences of the replica [1]."""
    interactivity_tokens_per_s: float
    """Output tokens per second that one user sees, 1 / TPOT [token/s]."""
    ttft_s: float
    """Time to first token at the quantile of the limit [s]."""
    tokens_per_s_per_device: float
    """Output tokens per second and device [token/s]."""
    joules_per_output_token: float
    """Energy of the devices per output token, input tokens included [J/token]."""
    device_h_per_mtok: float
    """Device-hours per million output tokens [h]."""
    usd_per_mtok: float | None
    """The same at the price of a device-hour [USD]; None where no price is known."""


@dataclass(frozen=True)
class ComputeResult:
    """Result of the compute stage; a part that is not asked for is None."""

    training: TrainingPlan | None
    serving: ServingPlan | None
    it_power_mw: FloatArray
    """IT power of all devices with hosts and network [MW], shape (8760,)."""
    design_it_power_mw: float
    """Largest IT power the plan can draw, for sizing the building [MW]."""
    devices_by_accelerator: dict[str, float]
    """Devices bought, spares included [1]."""
    rack_kw: float
    """Power of a rack of these devices at full load [kW]."""
    figures: dict[str, Value]
    """Figures of the stage without the stage's name, such as `training.mfu`."""
    warnings: tuple[PlanWarning, ...] = ()
    spare_power_mw: float = 0.0
    """Constant power of the spare devices, part of `it_power_mw` [MW]."""
    serving_front: tuple[FrontPoint, ...] = ()
    """Choices of a serving replica from fast to cheap, each better than the others in cost, energy or interactivity."""

    @property
    def it_power_at_work_mw(self) -> FloatArray:
        """IT power if the training run went on in every hour of the year [MW], shape (8760,).

        What one run or one token takes is read at this power: it does not change with what the training devices do
        between the runs.
        """
        if self.training is None:
            return self.it_power_mw
        rest = self.it_power_mw - self.training.power_mw
        return rest + self.training.devices * self.training.it_power_w_per_device / W_PER_MW
