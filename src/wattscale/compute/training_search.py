"""The best layout of a training run among all that fit, and why none fits where that is so.

In: the model, devices, batch, machine, coefficients. Out: `BestStep`; an `InfeasibleError` with the nearest remedy.
Leaves out: failures and cost; the fastest step is the best.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wattscale.compute.parallelism import FULL, Fixed, Layout, candidate_layouts
from wattscale.compute.training_coefficients import Machine, StepCoefficients
from wattscale.compute.training_memory import MemoryCoefficients, training_memory, usable_bytes
from wattscale.compute.training_shape import TrainingShape
from wattscale.compute.training_step import StepTimes, step_times
from wattscale.errors import InfeasibleError


@dataclass(frozen=True)
class BestStep:
    """The chosen layout with its step, memory and speed.

    Attributes:
        layout: One candidate.
        step: Its times.
        memory_bytes: Memory of the fullest device [byte].
        tokens_per_step: Tokens of one optimiser step [token].
        considered: Layouts looked at [1].
        fitting: Layouts that fit the memory [1].
    """

    layout: Layout
    step: StepTimes
    memory_bytes: float
    tokens_per_step: float
    considered: int
    fitting: int

    @property
    def devices(self) -> int:
        """Devices of the layout [1]."""
        return round(float(self.layout.devices))

    @property
    def tokens_per_s(self) -> float:
        """Tokens per second of the run while it steps [token/s]."""
        return self.tokens_per_step / float(self.step.total)


def best_step(
    s: TrainingShape, devices: int, batch: float, m: Machine, k: StepCoefficients, mem: MemoryCoefficients,
    fixed: Fixed | None = None, where: str = "workload.training.devices",
) -> BestStep:  # fmt: skip
    """Find the fastest layout that fits.

    Args:
        s: The model.
        devices: Devices at hand [1].
        batch: Sequences of one optimiser step [1].
        m: The machine.
        k: Coefficients of time.
        mem: Coefficients of memory.
        fixed: What the user fixes.
        where: Scenario field to name when nothing fits.

    Returns:
        The layout of most tokens per second.

    Raises:
        InfeasibleError: No layout is valid, or none fits; names the limit and the nearest remedy.

    Source: exhaustive search as in Isaev et al. 2023 (Calculon), all candidates computed at once.

    >>> from wattscale.compute.training_sizes import shape_from_sizes
    >>> machine = Machine(1e15, 1e15, 0, 80e9, 3e12, 8, 4e11, 5e10, 0, 0)
    >>> ideal = StepCoefficients(1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0)
    >>> adam = MemoryCoefficients(2, 2, 12, 34, 6, 0, 1)
    >>> best_step(shape_from_sizes(7e9), 8, 64, machine, ideal, adam).devices
    8
    """
    lay = candidate_layouts(s, devices, batch, int(np.max(m.domain_devices)), fixed)
    if len(lay) == 0:
        raise InfeasibleError(
            "no parallel layout is valid", where=where, value=devices, hint=_no_layout_hint(s, devices, batch, fixed)
        )
    memory = training_memory(s, lay, mem).total
    room = float(np.max(usable_bytes(m, mem)))
    fitting = np.flatnonzero(memory <= room)
    if fitting.size == 0:
        raise InfeasibleError(
            f"the model does not fit: the best layout takes {nominal_gb(memory.min(), mem):.3g} GB per device"
            f" of {nominal_gb(room, mem):.3g} GB",
            where=where, value=devices, hint=_nearest_fit(s, devices, batch, m, mem, fixed),
        )  # fmt: skip
    kept = lay.take(fitting)
    times = step_times(s, kept, m, k)
    tokens = kept.microbatches * kept.microbatch * kept.data * np.asarray(s.sequence_length)
    chosen = int(np.argmax(tokens / times.total))
    return BestStep(
        layout=kept.take(chosen),
        step=times.take(chosen),
        memory_bytes=float(memory[fitting[chosen]]),
        tokens_per_step=float(tokens[chosen]),
        considered=len(lay),
        fitting=int(fitting.size),
    )


def nominal_gb(memory_bytes: float, mem: MemoryCoefficients) -> float:
    """Express memory as makers of devices count it (an "80 GB" device holds 80 GiB) [GB].

    >>> nominal_gb(85.9e9, MemoryCoefficients(2, 2, 12, 32, 6, 0, 1.07375))
    80.0
    """
    return round(float(memory_bytes) / mem.bytes_per_nominal / 1e9, 3)


def _no_layout_hint(s: TrainingShape, devices: int, batch: float, fixed: Fixed | None) -> str:
    fixed = fixed or Fixed()
    needed = (fixed.tensor or 1) * (fixed.pipeline or 1)
    if needed > devices:
        return f"The parallel degrees given need at least {needed} devices"
    if batch < 1:
        return "Raise workload.training.global_batch_tokens to at least one sequence"
    return "Leave tensor_parallel and pipeline_parallel free, or give more devices"


def _nearest_fit(
    s: TrainingShape, devices: int, batch: float, m: Machine, mem: MemoryCoefficients, fixed: Fixed | None
) -> str:
    """Name the nearest feasible choice: loosen what is fixed first, then add devices."""
    domain, room = int(np.max(m.domain_devices)), float(np.max(usable_bytes(m, mem)))

    def least(n: int, given: Fixed | None) -> bool:
        lay = candidate_layouts(s, n, batch, domain, given)
        return bool((training_memory(s, lay, mem).total <= room).any())

    if fixed is not None and least(devices, None):
        for key, word in (
            ("recompute", "recompute = 'full'"), ("zero", "zero_stage = 3"), ("tensor", "a higher tensor_parallel"),
            ("pipeline", "a higher pipeline_parallel"),
        ):  # fmt: skip
            loose = Fixed(**{**fixed.__dict__, key: FULL if key == "recompute" else None})
            if getattr(fixed, key) is not None and least(devices, loose):
                return f"Use {word}, or leave it free"
        return "Leave tensor_parallel, pipeline_parallel, zero_stage and recompute free"
    n = devices
    while n <= 2**24:
        n *= 2
        if least(n, fixed):
            return f"Nearest that fits: {_smallest(lambda x: least(x, fixed), n // 2, n)} devices"
    return _shorter(s, devices, batch, m, mem, fixed)


def _shorter(
    s: TrainingShape, devices: int, batch: float, m: Machine, mem: MemoryCoefficients, fixed: Fixed | None
) -> str:
    """Name the longest sequence that fits, by bisection; where none does, a device with more memory is the only way."""
    domain, room = int(np.max(m.domain_devices)), float(np.max(usable_bytes(m, mem)))
    length = round(float(np.max(s.sequence_length)))

    def too_long(tokens: int) -> bool:
        shape = replace(s, sequence_length=float(tokens))
        lay = candidate_layouts(shape, devices, max(1.0, batch * length / tokens), domain, fixed)
        return not bool((training_memory(shape, lay, mem).total <= room).any())

    if too_long(1):
        return "No number of devices makes it fit; take a device with more memory"
    longest = _smallest(too_long, 1, length) - max(1, length // 64)
    return f"No number of devices makes it fit; a sequence of about {max(1, longest):.3g} tokens does"


def _smallest(holds: object, low: int, high: int) -> int:
    """Bisect the smallest whole number in (low, high] for which a growing condition holds."""
    assert callable(holds)
    while high - low > max(1, low // 64):
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
