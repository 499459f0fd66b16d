"""A training run of a number of devices, and the fewest devices that are fast enough.

In: the recipe, the model, the machine. Out: `Trainer`, `Run`.
Leaves out: power and energy; the front in training.py adds them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.goodput import Goodput, goodput, load_reliability
from wattscale.compute.parallelism import RECOMPUTE, Fixed
from wattscale.compute.training_coefficients import (
    TABLE,
    Machine,
    StepCoefficients,
    load_machine,
    load_step_coefficients,
    tuned_share,
)
from wattscale.compute.training_memory import MemoryCoefficients, load_memory_coefficients
from wattscale.compute.training_power import cap_speed
from wattscale.compute.training_search import BestStep, best_step
from wattscale.compute.training_shape import TrainingShape, training_shape
from wattscale.errors import InfeasibleError
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.workload import TrainingTable
from wattscale.units import HOURS_PER_DAY, SECONDS_PER_HOUR
from wattscale.workload.architecture import Architecture
from wattscale.workload.precision import bytes_per_element

SECONDS_PER_DAY = HOURS_PER_DAY * SECONDS_PER_HOUR
MOST_DEVICES_PER_SEQUENCE = 1024
"""Devices that can share one sequence of the batch, tensor times pipeline times context, at most."""
GROWTH = 1.3
"""Step of the search for a number of devices that is fast enough."""


@dataclass(frozen=True)
class Run:
    """A run of a number of devices: its step, goodput and speed.

    Attributes:
        devices: Devices held by the run [1].
        best: The layout and its step.
        goodput: Useful share of the time.
        run_share: Speed of the steps, as usually tuned and under the power cap, over that of the best layout [1].
        tokens_per_s: Tokens per second over the whole run [token/s].
    """

    devices: int
    best: BestStep
    goodput: Goodput
    run_share: float
    tokens_per_s: float

    def days(self, tokens: float) -> float:
        """Length of the run [day]."""
        return tokens / self.tokens_per_s / SECONDS_PER_DAY


@dataclass(frozen=True)
class Trainer:
    """Everything a run of a model on a machine depends on but the devices."""

    shape: TrainingShape
    machine: Machine
    step: StepCoefficients
    memory: MemoryCoefficients
    catalog: Catalog
    batch: float
    fixed: Fixed
    days_solved: bool
    tuned: float
    accelerator: Accelerator
    power_cap_share: float

    def run(self, devices: int) -> Run:
        """Find the best run of a number of devices; where the batch is too small for them all, some stay idle."""
        found = self._run_of_all(devices)
        fewer = devices // 2
        while fewer >= 1:
            try:
                smaller = self._run_of_all(fewer)
            except InfeasibleError:
                break
            if smaller.tokens_per_s <= found.tokens_per_s:
                break
            found, fewer = replace(smaller, devices=devices), fewer // 2
        return found

    def _run_of_all(self, devices: int) -> Run:
        best = best_step(self.shape, devices, self.batch, self.machine, self.step, self.memory, self.fixed)
        state = float(np.max(self.shape.params_total)) * float(np.max(self.shape.trained_share))
        per_device = state * (self.memory.weight_bytes + self.memory.optimizer_state_bytes) / best.devices
        useful = goodput(best.devices, per_device, load_reliability(self.catalog))
        capped = cap_speed(best, self.accelerator, self.catalog, self.power_cap_share, self.tuned)
        share = self.tuned * capped
        return Run(devices, best, useful, share, best.tokens_per_s * useful.value * share)


def make_trainer(
    recipe: TrainingTable, architecture: Architecture, table: ComputeTable, accelerator: Accelerator,
    catalog: Catalog,
) -> Trainer:  # fmt: skip
    """Gather what a run depends on, from the scenario and the catalogue.

    Args:
        recipe: Scenario table `workload.training`.
        architecture: The model.
        table: Scenario table `compute`.
        accelerator: The device.
        catalog: The catalogue.

    Returns:
        The trainer. Weights that the recipe freezes (`trained_share` below 1) have neither gradients nor optimiser
        state, and no pass for the gradient of the weight.
    """
    frozen = bytes_per_element(recipe.frozen_precision)
    shape = training_shape(architecture, recipe.sequence_length, recipe.trained_share, frozen)
    _check_degrees(recipe, architecture)
    where = "workload.training.precision"
    accelerator.check_training(recipe.precision, where)
    machine = load_machine(catalog, accelerator, recipe.precision, table.inter_node_gbytes_per_s * 1e9, where)
    fixed = Fixed(
        tensor=recipe.tensor_parallel,
        pipeline=recipe.pipeline_parallel,
        zero=recipe.zero_stage,
        recompute=None if recipe.recompute is None else RECOMPUTE[recipe.recompute],
    )
    batch = max(1.0, recipe.global_batch_tokens / recipe.sequence_length)
    step, memory = load_step_coefficients(catalog, accelerator), load_memory_coefficients(catalog)
    floor = catalog.value(TABLE, "run.tuned_floor")
    tuned = tuned_share(catalog, accelerator, float(np.max(shape.params_total)), floor)
    return Trainer(
        shape,
        machine,
        step,
        memory,
        catalog,
        batch,
        fixed,
        recipe.days is None,
        tuned,
        accelerator,
        table.power_cap_share,
    )


def _check_degrees(recipe: TrainingTable, architecture: Architecture) -> None:
    """Refuse degrees that the model cannot be split by: whole heads per tensor rank, whole layers per stage."""
    t, p = recipe.tensor_parallel or 1, recipe.pipeline_parallel or 1
    heads = math.gcd(*(a.heads for g in architecture.groups for a in g.attentions)) or architecture.d_model
    if heads % t:
        whole = [n for n in range(1, heads + 1) if heads % n == 0]
        raise InfeasibleError(
            f"does not divide the {heads} heads of {architecture.name}",
            where="workload.training.tensor_parallel", value=t,
            hint=f"Nearest that does: {min(whole, key=lambda n: abs(n - t))}",
        )  # fmt: skip
    layers = architecture.layers + sum(g.count for g in architecture.encoder)
    if p > layers:
        raise InfeasibleError(
            f"is more than the layers of {architecture.name}",
            where="workload.training.pipeline_parallel", value=p, allowed=f"1 to {layers}",
        )  # fmt: skip


def devices_for_days(trainer: Trainer, tokens: float, days: float) -> Run:
    """Find the fewest devices that finish within a number of days, in whole replicas.

    Args:
        trainer: What the run depends on.
        tokens: Tokens of the run [token].
        days: Days allowed [day].

    Returns:
        The run of the smallest count found by bisection.

    Raises:
        InfeasibleError: No number of devices is fast enough; names the shortest time found.

    Source: bisection on the search of `best_step`.
    """
    work = float(np.max(trainer.shape.model_flops)) * tokens
    peak = float(np.max(trainer.machine.peak_flops))
    low = math.floor(work / (peak * days * SECONDS_PER_DAY))
    found, low = _first_fast_enough(trainer, tokens, days, low)
    while found.devices - low > max(1, found.devices // 1000):
        middle = (low + found.devices) // 2
        run = _try(trainer, middle)
        if run is not None and run.days(tokens) <= days:
            found = run
        else:
            low = middle
    whole = _try(trainer, found.best.devices)
    return whole if whole is not None and whole.days(tokens) <= days else found


def _try(trainer: Trainer, devices: int) -> Run | None:
    try:
        return trainer.run(devices)
    except InfeasibleError:
        return None


def _first_fast_enough(trainer: Trainer, tokens: float, days: float, low: int) -> tuple[Run, int]:
    """Grow the devices until the run is fast enough; give it and the last count that was not."""
    fastest, most = math.inf, math.ceil(trainer.batch) * MOST_DEVICES_PER_SEQUENCE
    low = high = max(1, min(low, most // MOST_DEVICES_PER_SEQUENCE))
    while high <= most:
        run = _try(trainer, high)
        if run is not None:
            if run.days(tokens) <= days:
                return run, low if high > low else high - 1
            fastest = min(fastest, run.days(tokens))
        low, high = high, math.ceil(high * GROWTH) + 1
    raise _too_fast(days, fastest)


def _too_fast(days: float, fastest: float) -> InfeasibleError:
    if not math.isfinite(fastest):
        return InfeasibleError(
            "the model fits on no number of devices at this batch",
            where="compute.accelerator",
            hint="Take a device with more memory, or a shorter workload.training.sequence_length",
        )
    return InfeasibleError(
        "no number of devices trains this fast: a batch splits over so many and no more",
        where="workload.training.days",
        value=days,
        allowed=f">= {fastest:.3g} days",
        hint="Give more days, or raise workload.training.global_batch_tokens",
    )
