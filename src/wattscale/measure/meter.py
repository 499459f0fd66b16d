"""Power of this machine's GPUs, read through zeus (NVML or AMD SMI).

In: nothing, or the indices of the devices. Out: a `Meter` whose windows give seconds and joules.
Leaves out: host, fans and power supplies; only the devices are read.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wattscale.errors import InputError

REMEDY = (
    "Measure on the machine with the GPU, with the extra installed: pip install 'wattscale[measure]'; result files of "
    "other tools can be read anywhere: wattscale measure --read FILE"
)


@dataclass(frozen=True)
class Window:
    """A stretch of time and what the devices drew in it.

    Attributes:
        seconds: Length [s].
        joules: Energy of all devices [J].
    """

    seconds: float
    joules: float

    @property
    def watts(self) -> float:
        """Mean power of all devices [W]."""
        return self.joules / self.seconds


class Meter(Protocol):
    """What a measurement needs of a power meter."""

    @property
    def device(self) -> str:
        """Name of the devices, as the driver gives it."""
        ...

    @property
    def count(self) -> int:
        """Number of the devices."""
        ...

    def begin(self) -> None:
        """Start a window."""
        ...

    def end(self) -> Window:
        """End it."""
        ...


class ZeusMeter:
    """Meter of zeus: the energy counters of the driver, or its power polled where there are none."""

    def __init__(self, monitor: Any, device: str, count: int) -> None:
        self._monitor, self.device, self.count = monitor, device, count

    def begin(self) -> None:
        """Start a window."""
        self._monitor.begin_window("wattscale", sync_execution=False)

    def end(self) -> Window:
        """End it."""
        found = self._monitor.end_window("wattscale", sync_execution=False)
        return Window(float(found.time), float(found.total_energy))


def open_meter(devices: Sequence[int] | None = None) -> Meter:
    """Open the GPUs of this machine.

    Args:
        devices: Indices of the devices; all where None.

    Returns:
        The meter.

    Raises:
        InputError: No zeus, no driver, or no GPU; says which and what to do.
    """
    try:
        gpu, energy, errors = (
            importlib.import_module(f"zeus.{part}") for part in ("device.gpu", "monitor.energy", "device.exception")
        )
    except ImportError as error:
        lacks = "zeus is not installed" if (error.name or "") == "zeus" else f"zeus cannot be loaded ({error})"
        raise InputError(f"{lacks}, so no power can be read", where="measure", hint=REMEDY) from None
    try:
        found = gpu.get_gpus()
        chosen = list(devices) if devices is not None else list(range(len(found)))
        if not chosen:
            raise InputError("this machine has no GPU that can be read", where="measure", hint=REMEDY)
        name = str(found.get_name(chosen[0]))
        monitor = energy.ZeusMonitor(gpu_indices=chosen, approx_instant_energy=True)
    except InputError:
        raise
    except (errors.ZeusBaseGPUError, RuntimeError, OSError, ValueError, IndexError) as error:
        said = str(error).rstrip(".")
        hint = f"The driver says: {said}. {REMEDY}"
        raise InputError("no GPU of this machine can be read", where="measure", hint=hint) from None
    return ZeusMeter(monitor, name, len(chosen))
