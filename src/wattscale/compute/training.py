"""Front of training: how long a run takes on how many devices, and what it draws.

In: the training workload, the architecture, the compute table, an accelerator, the catalogue.
Out: `TrainingPlan`, figures, warnings.
Leaves out: several runs at once on one cluster, and data centres apart.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.result import TrainingPlan
from wattscale.compute.training_coefficients import TABLE, own_or_default
from wattscale.compute.training_power import RunPower, run_power, training_year
from wattscale.compute.training_run import Run, Trainer, devices_for_days, make_trainer
from wattscale.compute.training_search import nominal_gb
from wattscale.compute.training_step import PARTS
from wattscale.errors import InputError
from wattscale.figure import PlanWarning, Value, within
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.workload import TrainingTable
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR, W_PER_MW
from wattscale.workload.architecture import Architecture
from wattscale.workload.result import TrainingWorkload

DAYS_PER_YEAR = HOURS_PER_YEAR / HOURS_PER_DAY
NARROW = ("int8", "fp4")
"""Formats in which few have trained: a step counts for the generation that it was measured on alone."""


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
    power = run_power(
        run.best, run.goodput, accelerator, recipe.precision, catalog, run.run_share, table.power_cap_share,
        table.server_cooling,
    )  # fmt: skip
    plan = _plan(run, power, trainer, recipe, accelerator)
    return plan, _figures(plan, run, trainer, power), _warnings(run, recipe, accelerator, trainer)


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
        memory_gb=nominal_gb(run.best.memory_bytes, trainer.memory),
        time_shares=shares,
    )


def _mfu(run: Run, trainer: Trainer) -> float:
    """Model FLOPs of the steps over the peak of all devices held; no recompute, no failures."""
    speed = run.best.tokens_per_s * run.run_share
    return speed * float(np.max(trainer.shape.model_flops)) / (run.devices * float(np.max(trainer.machine.peak_flops)))


def _figures(plan: TrainingPlan, run: Run, trainer: Trainer, power: RunPower) -> dict[str, Value]:
    hours = trainer.catalog.figure(TABLE, "residual.device_hours")
    shares = plan.time_shares

    def slower(x: float) -> Value:
        return within(x, hours)

    energy = trainer.catalog.figure(TABLE, "residual.energy")
    return {
        "training.devices": float(plan.devices) if trainer.days_solved else slower(float(plan.devices)),
        "training.days": slower(plan.days) if trainer.days_solved else plan.days,
        "training.device_hours": slower(plan.device_hours),
        "training.mfu": (plan.mfu, plan.mfu / max(hours.high, 1.0), min(1.0, plan.mfu / min(hours.low, 1.0))),
        "training.hfu": power.compute_utilisation,
        "training.goodput": plan.goodput,
        "training.energy_mwh": within(plan.energy_mwh, energy),
        "training.step_time_s": plan.step_time_s,
        "training.tokens_per_s": run.tokens_per_s,
        "training.memory_gb": plan.memory_gb,
        "training.device_power_w": plan.device_power_w,
        "training.server_power_w_per_device": power.server_w,
        "training.it_power_w_per_device": plan.it_power_w_per_device,
        "training.communication_share": sum(v for k, v in shares.items() if k.endswith("communication")),
        "training.bubble_share": shares["pipeline_bubble"],
        "training.recompute_share": shares["recompute"],
        "training.tensor_parallel": float(plan.tensor_parallel),
        "training.pipeline_parallel": float(plan.pipeline_parallel),
        "training.data_parallel": float(plan.data_parallel),
        "training.context_parallel": float(run.best.layout.context),
        "training.expert_parallel": float(run.best.layout.expert),
        "training.layouts_considered": float(run.best.considered),
        "training.microbatch": float(run.best.layout.microbatch),
        "training.zero_stage": float(run.best.layout.zero),
        "training.interruptions_per_day": run.goodput.interruptions_per_day,
        "training.checkpoint_interval_s": run.goodput.checkpoint_interval_s,
        "training.joules_per_token": plan.it_power_w_per_device * plan.devices / run.tokens_per_s,
    }


def _made_to_train(accelerator: Accelerator, catalog: Catalog) -> bool:
    own = f"{accelerator.server}.trains"
    return catalog.value("servers", own if catalog.has_figure("servers", own) else "default.trains") > 0.0


def _step_measured(precision: str, accelerator: Accelerator, catalog: Catalog) -> bool:
    """Tell whether a training step in a format was published for the generation of a device."""
    measured = (row for row in catalog.rows("training_steps") if row.text("precision") == precision)
    chips = {row.text("accelerator") for row in measured}
    return accelerator.generation in {catalog.row("accelerators", chip).text("generation") for chip in chips}


def _doubts(devices: int, recipe: TrainingTable, accelerator: Accelerator, trainer: Trainer) -> Iterator[PlanWarning]:
    """Warn of hardware, scales and precisions on which no step was measured."""
    if own_or_default(trainer.catalog, accelerator, "gemm_efficiency").startswith("default."):
        yield PlanWarning(
            "training-hardware-unfitted",
            f"No measured training step stands behind {accelerator.name}; its efficiency is that of others",
        )
    if not _made_to_train(accelerator, trainer.catalog):
        yield PlanWarning(
            "training-hardware-unusual",
            f"{accelerator.name} is made for use, not for training: its memory, cooling and links are not those of a"
            " training machine",
        )
    measured = trainer.catalog.value(TABLE, "usual.most_devices")
    if devices > measured:
        yield PlanWarning(
            "training-scale-unmeasured",
            f"{devices} devices are more than the {measured:.0f} of the largest published run; failures and network"
            " drag are extrapolated",
        )
    if recipe.precision in NARROW and not _step_measured(recipe.precision, accelerator, trainer.catalog):
        yield PlanWarning(
            "training-precision-unfitted",
            f"No measured training step stands behind {recipe.precision}; its efficiency is extrapolated from fp8",
        )


def _warnings(run: Run, recipe: TrainingTable, accelerator: Accelerator, trainer: Trainer) -> tuple[PlanWarning, ...]:
    found = list(_doubts(run.devices, recipe, accelerator, trainer))
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
