"""The serving plan of a year: replica, fleet, hourly power, figures.

In: a year of requests, the architecture, table `compute`, an accelerator. Out: `ServingPlan`, figures, warnings.
Leaves out: training (training.py) and what both share (stage.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.fleet import FleetHours, replicas_needed, run_hours
from wattscale.compute.power import ItPower, idle_power, it_power_per_device, load_server
from wattscale.compute.precision_choice import narrower_costs_more
from wattscale.compute.queueing import mixture_quantile
from wattscale.compute.replica import candidate_layouts, choose_replica, replica_curves, resolve_formats
from wattscale.compute.result import FrontPoint, ServingPlan
from wattscale.compute.serving import UNPACED_TOKENS, Replica
from wattscale.compute.serving_front import front_of
from wattscale.compute.serving_memory import cache_held_per_device
from wattscale.compute.serving_setting import Request, Setting, load_setting
from wattscale.compute.serving_work import total_weight_bytes
from wattscale.compute.speculation import NO_DRAFT, Speculation
from wattscale.errors import InputError
from wattscale.figure import PlanWarning, Value, within
from wattscale.scenario.compute import ComputeTable
from wattscale.units import J_PER_MWH, SECONDS_PER_HOUR, W_PER_MW, FloatArray
from wattscale.workload.architecture import Architecture
from wattscale.workload.result import ServingWorkload

PERCENTILES = (50, 90, 99)
"""Percentiles of the time to first token that are reported."""


@dataclass(frozen=True)
class _Mean:
    """Means over the hours, weighted by requests."""

    batch: float
    ttft_s: float
    tpot_s: float
    input_share: float


@dataclass(frozen=True)
class Served:
    """What `plan_serving` answers.

    Attributes:
        plan: The plan.
        full_power_w: Power of a device of a replica at its largest batch [W].
        figures, warnings: For the report.
        front: Choices of a replica that no other beats.
    """

    plan: ServingPlan
    full_power_w: float
    figures: dict[str, Value]
    warnings: tuple[PlanWarning, ...]
    front: tuple[FrontPoint, ...]


def plan_serving(
    workload: ServingWorkload,
    arch: Architecture,
    table: ComputeTable,
    accelerator: Accelerator,
    catalog: Catalog,
) -> Served:
    """Plan the serving of a year of requests.

    Args:
        workload: Requests by hour and the recipe.
        arch: The model.
        table: Scenario table `compute`.
        accelerator: The device.
        catalog: The catalogue.

    Returns:
        The plan with figures, warnings and the choices behind it.

    Raises:
        InfeasibleError: The model does not fit or a limit is below its floor.

    Source: docs/method/compute.md.
    """
    recipe = workload.recipe
    formats, warnings = resolve_formats(
        arch, accelerator, recipe.precision, recipe.kv_precision, activations=table.activation_precision
    )
    warnings += _context_warning(workload, arch) + _calibration_warning(accelerator, catalog)
    request = Request(
        workload.input_tokens,
        workload.output_tokens,
        recipe.prefix_cache_share,
        recipe.ttft_s,
        recipe.tpot_ms / 1e3,
        table.latency_quantile,
    )
    setting = _setting(table, accelerator, catalog)
    server = load_server(catalog, accelerator, table.server_cooling)
    node, attention = int(server.devices_per_node), table.attention_parallel
    layouts = candidate_layouts(arch, accelerator, node, recipe.tensor_parallel, attention)
    others = candidate_layouts(arch, accelerator, node) if recipe.tensor_parallel else ()
    curves = replica_curves(arch, setting, formats, request, layouts)
    replica = choose_replica(
        arch, setting, formats, request, layouts, table.replica_objective, others, table.serving_mode, curves
    )
    requests = workload.requests_per_hour
    count = replicas_needed(requests, replica.requests_per_s, recipe.headroom_share)

    def devices_in(precision: str) -> int:
        other, _ = resolve_formats(arch, accelerator, precision, recipe.kv_precision)
        same = replica_curves(arch, setting, other, request, layouts)
        best = choose_replica(
            arch, setting, other, request, layouts, table.replica_objective, others, table.serving_mode, same
        )
        return best.devices * replicas_needed(requests, best.requests_per_s, recipe.headroom_share)

    warnings += narrower_costs_more(accelerator, recipe.precision, formats, count * replica.devices, devices_in)
    idle_w = idle_power(accelerator, setting.power)
    hours = run_hours(replica, requests, count, idle_w, table.load_balancing)
    it = it_power_per_device(hours.device_power_w, server, np.clip(hours.load_share, 0.0, 1.0))
    plan = _plan(workload, arch, accelerator, replica, request, hours, it)
    warnings += _pace_warning(plan, request)
    full_w = float(replica.curve.device_power_w[replica.full])
    figures = _figures(plan, replica, hours, request, setting, catalog) | _waits(replica, hours, requests, setting)
    front = front_of(curves, request, _price(table, accelerator, catalog))
    return Served(plan, full_w, figures, warnings, front)


def _setting(table: ComputeTable, accelerator: Accelerator, catalog: Catalog) -> Setting:
    guess = Speculation(table.speculative_tokens, table.draft_acceptance, table.draft_cost_share)
    return load_setting(
        catalog,
        accelerator,
        _engine(table, catalog),
        table.power_cap_share,
        guess if guess.tokens else NO_DRAFT,
        table.inter_node_gbytes_per_s * 1e9,
    )


def _price(table: ComputeTable, accelerator: Accelerator, catalog: Catalog) -> float | None:
    """Price of a device-hour: that of the scenario, else that of the catalogue, else none [USD/h]."""
    if table.device_usd_per_h is not None:
        return table.device_usd_per_h
    row = catalog.row("accelerators", accelerator.name)
    return row.number("tco_usd_per_h") if row.has("tco_usd_per_h") else None


def _waits(replica: Replica, hours: FleetHours, requests: FloatArray, setting: Setting) -> dict[str, Value]:
    """Percentiles of the time to first token over all requests of the year."""
    curve = replica.curve
    batch = np.clip(hours.sequences, curve.sequences[0], curve.sequences[replica.full])
    unqueued, service, rate = (
        np.interp(batch, curve.sequences, x) for x in (curve.unqueued_s, curve.service_s, curve.queue_rate_per_s)
    )
    light = np.minimum(hours.sequences / batch, 1.0)
    return {
        f"serving.ttft_p{q}_s": mixture_quantile(
            unqueued, rate * light, service, requests, q / 100.0, setting.input_length_cv
        )
        for q in PERCENTILES
    }


def _engine(table: ComputeTable, catalog: Catalog) -> str:
    known = [n for n in catalog.names("serving_coefficients") if n.startswith("engine-")]
    if table.engine == "default" or f"engine-{table.engine}" in known:
        return table.engine
    raise InputError(
        "not a known serving engine",
        where="compute.engine",
        value=table.engine,
        allowed=", ".join(["default", *(n.removeprefix("engine-") for n in known)]),
    )


def _context_warning(workload: ServingWorkload, arch: Architecture) -> tuple[PlanWarning, ...]:
    longest = workload.input_tokens + workload.output_tokens
    if not arch.max_context or longest <= arch.max_context:
        return ()
    message = (
        f"A mean request of {longest:.0f} tokens is longer than the {arch.max_context} tokens that the maker of "
        f"{arch.name} states as its context."
    )
    return (PlanWarning("context-beyond-model", message),)


def _calibration_warning(accelerator: Accelerator, catalog: Catalog) -> tuple[PlanWarning, ...]:
    if catalog.has_figure("serving_coefficients", f"{accelerator.generation}.weight_efficiency"):
        return ()
    message = (
        f"No measurements of serving on {accelerator.name} went into the coefficients: its efficiencies are the "
        "means of NVIDIA data-centre generations."
    )
    return (PlanWarning("uncalibrated-accelerator", message),)


def _pace_warning(plan: ServingPlan, request: Request) -> tuple[PlanWarning, ...]:
    limit_ms = request.tpot_s * 1e3
    if not 1.0 < request.output_tokens <= UNPACED_TOKENS or plan.tpot_ms <= limit_ms:
        return ()
    message = (
        f"The time per token, {plan.tpot_ms:.3g} ms, is above the limit of {limit_ms:.3g} ms: nobody reads along with "
        f"{request.output_tokens:.3g} output tokens, so only the time to the first token is held."
    )
    return (PlanWarning("time-per-token-not-held", message),)


def _weighted(values: FloatArray, weights: FloatArray) -> float:
    return float(np.average(values, weights=weights))


def _mean_hours(hours: FleetHours, requests: FloatArray) -> _Mean:
    return _Mean(
        batch=_weighted(hours.sequences, requests),
        ttft_s=_weighted(hours.ttft_s, requests),
        tpot_s=_weighted(hours.tpot_s, requests),
        input_share=_weighted(hours.input_time_share, requests),
    )


def _plan(
    workload: ServingWorkload,
    arch: Architecture,
    accelerator: Accelerator,
    replica: Replica,
    request: Request,
    hours: FleetHours,
    it: ItPower,
) -> ServingPlan:
    requests = workload.requests_per_hour
    devices = hours.replicas * replica.devices
    mean = _mean_hours(hours, requests)
    tokens = workload.requests_per_year * workload.output_tokens
    device_joules = float(np.sum(hours.device_power_w)) * SECONDS_PER_HOUR * devices
    power_mw = np.asarray(it.total_w) * devices / W_PER_MW
    layout, formats = replica.curve.layout, replica.curve.formats
    context = request.input_tokens + request.output_tokens / 2.0
    cache = cache_held_per_device(arch, context, layout, formats)
    held = total_weight_bytes(arch, layout, formats) + (
        cache * float(replica.curve.sequences[replica.full]) / replica.curve.engines / layout.attention_data_parallel
    )
    return ServingPlan(
        accelerator=accelerator.name,
        devices=devices,
        devices_per_replica=replica.devices,
        batch=mean.batch,
        ttft_s=mean.ttft_s,
        tpot_ms=mean.tpot_s * 1e3,
        tokens_per_s_per_device=replica.requests_per_s * request.output_tokens / replica.devices,
        joules_per_output_token=device_joules / tokens,
        power_mw=power_mw,
        energy_mwh=float(power_mw.sum()),
        memory_gb=held / 1e9,
        input_compute_share=mean.input_share,
    )


def _capped(value: Value, top: float) -> Value:
    return (value[0], value[1], max(value[0], min(value[2], top))) if isinstance(value, tuple) else value


def _figures(
    plan: ServingPlan,
    replica: Replica,
    hours: FleetHours,
    request: Request,
    setting: Setting,
    catalog: Catalog,
) -> dict[str, Value]:
    def ranged(value: float, target: str, inverse: bool = False) -> Value:
        factors = catalog.figure("serving_coefficients", f"residual.{target}")
        if inverse:
            return (value, value / max(factors.high, 1.0), value / min(factors.low, 1.0))
        return within(value, factors)

    tokens_per_year = plan.energy_mwh * J_PER_MWH
    served = float(np.sum(hours.device_power_w)) * SECONDS_PER_HOUR * plan.devices / plan.joules_per_output_token
    return {
        "serving.devices": ranged(float(plan.devices), "tokens_per_s", inverse=True),
        "serving.devices_per_replica": float(plan.devices_per_replica),
        "serving.replicas": float(hours.replicas),
        "serving.batch": plan.batch,
        "serving.full_batch": float(replica.curve.sequences[replica.full]),
        "serving.ttft_s": ranged(plan.ttft_s, "ttft"),
        "serving.tpot_ms": ranged(plan.tpot_ms, "tpot"),
        "serving.tokens_per_s_per_device": ranged(plan.tokens_per_s_per_device, "tokens_per_s"),
        "serving.joules_per_output_token": ranged(plan.joules_per_output_token, "joules_per_token"),
        "serving.it_joules_per_output_token": ranged(tokens_per_year / served, "joules_per_token"),
        "serving.energy_mwh": ranged(plan.energy_mwh, "power"),
        "serving.device_power_w": _capped(
            ranged(float(np.mean(hours.device_power_w)), "power"),
            setting.accelerator.tdp_w * setting.power_cap_share,
        ),
        "serving.utilisation": float(np.mean(hours.load_share)),
        "serving.memory_gb": plan.memory_gb,
        "serving.input_compute_share": plan.input_compute_share,
        "serving.mfu": float(np.asarray(replica.curve.step.compute_utilisation)[replica.full]),
    }
