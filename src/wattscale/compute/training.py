"""Front of training: how long a run takes on how many devices, and what it draws.

In: the training workload, the architecture, the compute table, an accelerator, the catalogue.
Out: `TrainingPlan`, figures, warnings.
Leaves out: several runs at once on one cluster, and data centres apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.goodput import Goodput, goodput, load_reliability
from wattscale.compute.parallelism import RECOMPUTE, Fixed
from wattscale.compute.result import TrainingPlan
from wattscale.compute.training_coefficients import (
    TABLE,
    Machine,
    StepCoefficients,
    load_machine,
    load_step_coefficients,
    own_or_default,
)
from wattscale.compute.training_memory import MemoryCoefficients, load_memory_coefficients
from wattscale.compute.training_power import RunPower, cap_speed, run_power, training_year
from wattscale.compute.training_search import BestStep, best_step
from wattscale.compute.training_shape import TrainingShape, training_shape
from wattscale.compute.training_step import PARTS
from wattscale.errors import InfeasibleError, InputError
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.workload import TrainingTable
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, SECONDS_PER_HOUR, W_PER_MW
from wattscale.workload.architecture import Architecture
from wattscale.workload.result import TrainingWorkload

SECONDS_PER_DAY = HOURS_PER_DAY * SECONDS_PER_HOUR
DAYS_PER_YEAR = HOURS_PER_YEAR / HOURS_PER_DAY

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
        run_share: Whole-run speed of a usual run over that of the best layout without failures [1].
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

    def slowed(self, speed: float) -> Run:
        """Give the same run at another speed of its steps [1]."""
        return replace(self, run_share=self.run_share * speed, tokens_per_s=self.tokens_per_s * speed)


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
    tuned_key: str

    def run(self, devices: int) -> Run:
        """Find the best run of a number of devices."""
        best = best_step(self.shape, devices, self.batch, self.machine, self.step, self.memory, self.fixed)
        state = float(np.max(self.shape.params_total)) * float(np.max(self.shape.trained_share))
        per_device = state * (self.memory.weight_bytes + self.memory.optimizer_state_bytes) / devices
        useful = goodput(devices, per_device, load_reliability(self.catalog))
        share = self.catalog.value(TABLE, self.tuned_key)
        return Run(devices, best, useful, share, best.tokens_per_s * useful.value * share)


def make_trainer(
    recipe: TrainingTable, architecture: Architecture, table: ComputeTable, accelerator: Accelerator, catalog: Catalog
) -> Trainer:
    """Gather what a run depends on, from the scenario and the catalogue."""
    shape = training_shape(architecture, recipe.sequence_length)
    where = "workload.training.precision"
    machine = load_machine(catalog, accelerator, recipe.precision, table.inter_node_gbytes_per_s * 1e9, where)
    fixed = Fixed(
        tensor=recipe.tensor_parallel,
        pipeline=recipe.pipeline_parallel,
        zero=recipe.zero_stage,
        recompute=None if recipe.recompute is None else RECOMPUTE[recipe.recompute],
    )
    batch = max(1.0, recipe.global_batch_tokens / recipe.sequence_length)
    step, memory = load_step_coefficients(catalog, accelerator), load_memory_coefficients(catalog)
    tuned = own_or_default(catalog, accelerator.generation, "tuned_share")
    return Trainer(shape, machine, step, memory, catalog, batch, fixed, recipe.days is None, tuned)


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
    low = max(1, math.floor(work / (peak * days * SECONDS_PER_DAY)))
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
    fastest, high = math.inf, low
    while high <= math.ceil(trainer.batch) * MOST_DEVICES_PER_SEQUENCE:
        run = _try(trainer, high)
        if run is not None:
            if run.days(tokens) <= days:
                return run, low if high > low else high - 1
            fastest = min(fastest, run.days(tokens))
        low, high = high, math.ceil(high * GROWTH) + 1
    raise _too_fast(days, fastest)


def _too_fast(days: float, fastest: float) -> InfeasibleError:
    hint = f"The shortest found is {fastest:.3g} days" if math.isfinite(fastest) else "The model does not fit"
    return InfeasibleError(
        "no number of devices trains this fast at this batch",
        where="workload.training.days",
        value=days,
        hint=f"{hint}; give more days, or raise workload.training.global_batch_tokens",
    )


def _ask(recipe: TrainingTable) -> None:
    both = recipe.devices is not None and recipe.days is not None
    if both or (recipe.devices is None and recipe.days is None):
        raise InputError(
            "give one of workload.training.devices and workload.training.days; the other is solved",
            where="workload.training",
            value="both" if both else "neither",
            allowed="devices or days",
        )


def plan_training(
    workload: TrainingWorkload, architecture: Architecture, table: ComputeTable, accelerator: Accelerator,
    catalog: Catalog,
) -> tuple[TrainingPlan, dict[str, Value], tuple[PlanWarning, ...]]:  # fmt: skip
    """Plan a training run: devices or days, step, goodput, energy and power by hour.

    days = tokens / (tokens per step / step time * goodput * tuned share)

    Args:
        workload: What is trained, on how many tokens.
        architecture: The model.
        table: Scenario table `compute`.
        accelerator: The device.
        catalog: The catalogue.

    Returns:
        The plan, figures by name (prefix `training.`), warnings.

    Raises:
        InputError: Both or neither of devices and days; a precision the device lacks.
        InfeasibleError: The model does not fit, or the days are too few.

    Source: docs/method/compute-training.md.
    """
    recipe = workload.recipe
    _ask(recipe)
    trainer = make_trainer(recipe, architecture, table, accelerator, catalog)
    if recipe.devices is not None:
        run = trainer.run(recipe.devices)
    else:
        assert recipe.days is not None
        run = devices_for_days(trainer, recipe.tokens, recipe.days)
    speed = cap_speed(run.best, accelerator, recipe.precision, catalog, table.power_cap_share)
    run = run.slowed(speed)
    power = run_power(
        run.best, run.goodput, accelerator, recipe.precision, catalog, run.run_share, table.power_cap_share,
        table.server_cooling,
    )  # fmt: skip
    plan = _plan(run, power, trainer, recipe, accelerator)
    return plan, _figures(plan, run, trainer, power), _warnings(run, recipe, trainer)


def _plan(run: Run, power: RunPower, trainer: Trainer, recipe: TrainingTable, accelerator: Accelerator) -> TrainingPlan:
    days = run.days(recipe.tokens)
    hours = run.devices * days * HOURS_PER_DAY
    total = float(run.best.step.total)
    shares = {part: float(getattr(run.best.step, part)) / total for part in PARTS}
    shares["compute"] = shares.pop("matrix") + shares.pop("attention") + shares.pop("elementwise")
    return TrainingPlan(
        accelerator=accelerator.name,
        devices=run.devices,
        days=days,
        device_hours=hours,
        mfu=_mfu(run, trainer),
        goodput=run.goodput.value,
        device_power_w=power.device_w,
        it_power_w_per_device=power.total_w,
        energy_mwh=hours * power.total_w / W_PER_MW,
        power_mw=training_year(
            run.devices, days, power.total_w, power.idle_total_w, recipe.runs_per_year, recipe.rest_of_year
        ),
        tensor_parallel=round(float(run.best.layout.tensor)),
        pipeline_parallel=round(float(run.best.layout.pipeline)),
        data_parallel=round(float(run.best.layout.data)),
        step_time_s=total / run.run_share,
        memory_gb=run.best.memory_bytes / 1e9,
        time_shares=shares,
    )


def _mfu(run: Run, trainer: Trainer) -> float:
    """Model FLOPs of the steps over the peak of all devices held; no recompute, no failures."""
    speed = run.best.tokens_per_s * run.run_share
    return speed * float(np.max(trainer.shape.model_flops)) / (run.devices * float(np.max(trainer.machine.peak_flops)))


def _figures(plan: TrainingPlan, run: Run, trainer: Trainer, power: RunPower) -> dict[str, Value]:
    low, high = (getattr(trainer.catalog.figure(TABLE, "residual.device_hours"), end) for end in ("low", "high"))
    shares = plan.time_shares

    def slower(x: float) -> Value:
        return (x, x * low, x * high)

    energy = trainer.catalog.figure(TABLE, "residual.energy")
    return {
        "training.devices": float(plan.devices),
        "training.days": slower(plan.days) if trainer.days_solved else plan.days,
        "training.device_hours": slower(plan.device_hours),
        "training.mfu": (plan.mfu, plan.mfu / high, min(1.0, plan.mfu / low)),
        "training.hfu": power.compute_utilisation,
        "training.goodput": plan.goodput,
        "training.energy_mwh": (plan.energy_mwh, plan.energy_mwh * energy.low, plan.energy_mwh * energy.high),
        "training.step_time_s": plan.step_time_s,
        "training.tokens_per_s": run.tokens_per_s,
        "training.memory_gb": plan.memory_gb,
        "training.device_power_w": plan.device_power_w,
        "training.it_power_w_per_device": plan.it_power_w_per_device,
        "training.communication_share": sum(v for k, v in shares.items() if k.endswith("communication")),
        "training.bubble_share": shares["pipeline_bubble"],
        "training.recompute_share": shares["recompute"],
        "training.tensor_parallel": float(plan.tensor_parallel),
        "training.pipeline_parallel": float(plan.pipeline_parallel),
        "training.data_parallel": float(plan.data_parallel),
        "training.microbatch": float(run.best.layout.microbatch),
        "training.zero_stage": float(run.best.layout.zero),
        "training.interruptions_per_day": run.goodput.interruptions_per_day,
        "training.checkpoint_interval_s": run.goodput.checkpoint_interval_s,
        "training.joules_per_token": plan.it_power_w_per_device * plan.devices / run.tokens_per_s,
    }


def _warnings(run: Run, recipe: TrainingTable, trainer: Trainer) -> tuple[PlanWarning, ...]:
    found: list[PlanWarning] = []
    unused = run.devices - run.best.devices
    if unused > 0.01 * run.devices:
        found.append(
            PlanWarning(
                "training-devices-unused",
                f"{unused} of {run.devices} devices fit into no whole replica and stay idle during the run; the"
                f" layout takes {run.best.devices}",
            )
        )
    days = run.days(recipe.tokens)
    if days * recipe.runs_per_year > DAYS_PER_YEAR:
        found.append(
            PlanWarning(
                "training-longer-than-year",
                f"The runs take {days * recipe.runs_per_year:.0f} days of {DAYS_PER_YEAR:.0f}; the year's power is that"
                " of training throughout",
            )
        )
    asked = recipe.global_batch_tokens
    done = run.best.tokens_per_step
    if abs(done / asked - 1.0) > 0.1:
        found.append(
            PlanWarning(
                "training-batch-rounded",
                f"The step takes {done:.3g} tokens instead of {asked:.3g} to make whole microbatches",
            )
        )
    return tuple(found)
