"""Front of the workload stage: what must be computed.

In: the scenario's `workload`, the catalogue, the users' UTC offset, a parsed config.json. Out: `WorkloadResult`.
Leaves out: devices, time and power (stage compute). The function is pure but for the request log that the scenario
names, which its reader sums by the hour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.figure import PlanWarning, Value
from wattscale.hours import Calendar
from wattscale.scenario.workload import WorkloadTable
from wattscale.workload.config import architecture_from_config, config_path, load_config
from wattscale.workload.describe import attention_share, config_name, crossover_length
from wattscale.workload.flops import forward_flops
from wattscale.workload.layers import Architecture
from wattscale.workload.memory import kv_bytes_per_token
from wattscale.workload.models import named_architecture
from wattscale.workload.parameters import params_active, params_total
from wattscale.workload.patch import from_sizes, patched
from wattscale.workload.precision import bytes_per_element
from wattscale.workload.request_log import read_request_log
from wattscale.workload.result import ServingWorkload, TrainingWorkload, WorkloadResult
from wattscale.workload.serving import serving_workload
from wattscale.workload.training import training_workload

PARAMS_DIFFER = 0.05
"""Computed and published counts further apart than this share are pointed out."""


def run(
    table: WorkloadTable,
    catalog: Catalog,
    utc_offset_h: float = 0.0,
    config: Mapping[str, object] | None = None,
    calendar: Calendar | None = None,
) -> WorkloadResult:
    """Compute what must be computed: the model, the training run, the year of requests.

    Args:
        table: The scenario's `workload`.
        catalog: The catalogue.
        utc_offset_h: Local time of the site minus UTC [h]; `workload.serving.utc_offset_h` wins where given.
        config: The parsed config.json when `table.model` is one; read here where it is None and the model ends in
            .json.
        calendar: True dates of the plan's days; None for those of the labels.

    Returns:
        The result of the stage.

    Raises:
        InputError: Unknown model, unreadable file, sizes that do not fit, neither training nor serving.

    >>> from wattscale.catalog import load_catalog
    >>> round(run(WorkloadTable(model="Llama-3.1-8B"), load_catalog()).figures["params_total"] / 1e9, 2)
    8.03
    """
    arch = _architecture(table, catalog, config)
    training = training_workload(arch, table.training)
    log = read_request_log(table.serving.log) if table.serving.log else None
    serving, warnings = serving_workload(table.serving, utc_offset_h, log, calendar)
    if training is None and serving is None:
        raise InputError(
            "neither training nor serving is asked for",
            where="workload",
            hint="Give workload.training.tokens or workload.serving.requests_per_day above zero",
        )
    figures = _figures(arch, table, training, serving)
    return WorkloadResult(arch, training, serving, figures, (*_doubts(arch, training, serving), *warnings))


def files_of(table: WorkloadTable) -> dict[str, Path]:
    """Give the files that the stage reads, by field."""
    config, log = config_path(table.model), table.serving.log
    found = {"workload.model": config, "workload.serving.log": None if log is None else Path(log)}
    return {field: path for field, path in found.items() if path is not None}


def _architecture(table: WorkloadTable, catalog: Catalog, config: Mapping[str, object] | None) -> Architecture:
    if table.model == "sizes":
        return from_sizes(catalog, table.architecture)
    if config is None:
        config = load_config(table.model)
    if config is None:
        arch = named_architecture(catalog, table.model)
    else:
        arch = architecture_from_config(config, config_name(table.model))
    return patched(arch, table.architecture)


def serving_context(serving: ServingWorkload) -> float:
    """Give the mean context of an output token: the whole input and half of the output [token]."""
    return serving.input_tokens + serving.output_tokens / 2.0


def _figures(
    arch: Architecture, table: WorkloadTable, training: TrainingWorkload | None, serving: ServingWorkload | None
) -> dict[str, Value]:
    context = serving_context(serving) if serving else table.training.sequence_length / 2.0
    figures: dict[str, Value] = {
        "params_total": params_total(arch),
        "params_active": params_active(arch),
        "params_active_without_embedding": params_active(arch, embeddings=False),
        "flops_per_token": forward_flops(arch, context),
        "kv_bytes_per_token": kv_bytes_per_token(arch, bytes_per_element(table.serving.kv_precision)),
        "attention_share": attention_share(arch, context),
    }
    crossover = crossover_length(arch)
    if math.isfinite(crossover):
        figures["crossover_length_tokens"] = crossover
    if training is not None:
        figures["training.tokens"] = training.recipe.tokens
        figures["training.flops_per_token"] = training.flops_per_token
        figures["training.total_flops"] = training.total_flops
        figures["training.tokens_per_parameter"] = training.recipe.tokens / params_active(arch)
    if serving is not None:
        figures["serving.requests_per_year"] = serving.requests_per_year
        figures["serving.output_mtok_per_year"] = serving.output_mtok_per_year
        figures["serving.input_mtok_per_year"] = serving.input_mtok_per_year
        figures["serving.peak_requests_per_hour"] = float(serving.requests_per_hour.max())
        figures["serving.peak_to_mean"] = float(serving.requests_per_hour.max() / serving.requests_per_hour.mean())
        figures["serving.input_tokens"] = serving.input_tokens
        figures["serving.output_tokens"] = serving.output_tokens
    return figures


def _doubts(
    arch: Architecture, training: TrainingWorkload | None, serving: ServingWorkload | None
) -> tuple[PlanWarning, ...]:
    found: list[PlanWarning] = []
    published = arch.params_published
    if published and abs(params_total(arch) / published - 1.0) > PARAMS_DIFFER:
        found.append(
            PlanWarning(
                "parameters-differ",
                f"{arch.name}: its sizes give {params_total(arch) / 1e9:.4g} billion parameters, its maker states "
                f"{published / 1e9:.4g} billion.",
            )
        )
    limit = arch.max_context
    if training is not None and limit and training.recipe.sequence_length > limit:
        found.append(_beyond(f"Training sequences of {training.recipe.sequence_length} tokens", arch))
    if serving is not None and limit and serving.input_tokens + serving.output_tokens > limit:
        found.append(_beyond(f"Requests of {serving.input_tokens + serving.output_tokens:.0f} tokens", arch))
    return tuple(found)


def _beyond(what: str, arch: Architecture) -> PlanWarning:
    return PlanWarning(
        "context-exceeded", f"{what} exceed the {arch.max_context} tokens that {arch.name} was made for."
    )
