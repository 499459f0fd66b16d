"""The front of the stage, and the description of a model."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.scenario.workload import ArchitectureTable, ServingTable, TrainingTable, WorkloadTable
from wattscale.workload.architecture import attention_flops, mean_forward_flops, params_total
from wattscale.workload.config import load_config
from wattscale.workload.describe import attention_share, crossover_length, describe, doubling_ratio
from wattscale.workload.flops import matmul_flops
from wattscale.workload.models import named_architecture
from wattscale.workload.stage import run
from wattscale.workload.training import training_flops_per_token


def test_the_default_workload_trains_and_serves_llama_405b(catalog: Catalog) -> None:
    result = run(WorkloadTable(), catalog)
    assert result.training is not None
    assert result.serving is not None
    assert result.figures["params_total"] == pytest.approx(405.85e9, rel=1e-4)
    assert result.serving.requests_per_hour.shape == (8760,)
    assert result.serving.requests_per_year == pytest.approx(365 * 20e6)
    assert result.warnings == ()


def test_training_flops_are_three_forward_passes_at_the_mean_context(catalog: Catalog) -> None:
    result = run(WorkloadTable(model="Llama-3.1-8B"), catalog)
    assert result.training is not None
    per_token = 3 * mean_forward_flops(result.architecture, 8192.0)
    assert result.training.total_flops == pytest.approx(15.6e12 * per_token)


def test_adapters_save_the_gradient_of_the_weights_but_not_of_attention(catalog: Catalog) -> None:
    arch = named_architecture(catalog, "Llama-2-70B")
    whole, adapters = (training_flops_per_token(arch, 8192, share) for share in (1.0, 0.0))
    assert whole - adapters == pytest.approx(matmul_flops(arch))
    assert adapters > 2 * mean_forward_flops(arch, 8192.0)


def test_no_tokens_no_training_and_no_requests_no_serving(catalog: Catalog) -> None:
    assert run(WorkloadTable(training=TrainingTable(tokens=0.0)), catalog).training is None
    assert run(WorkloadTable(serving=ServingTable(requests_per_day=0.0)), catalog).serving is None
    with pytest.raises(InputError, match="neither training nor serving"):
        run(
            WorkloadTable(training=TrainingTable(tokens=0.0), serving=ServingTable(requests_per_day=0.0)),
            catalog,
        )


def test_a_config_given_or_read_makes_the_same_model(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "my-model" / "config.json"
    path.parent.mkdir()
    config = {
        "model_type": "llama",
        "hidden_size": 512,
        "intermediate_size": 2048,
        "num_hidden_layers": 4,
        "num_attention_heads": 8,
        "vocab_size": 999,
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    table = WorkloadTable(model=str(path))
    given, read = run(table, catalog, config=load_config(path)), run(table, catalog)
    assert given.architecture == read.architecture
    assert given.architecture.name == "my-model"


def test_architecture_keys_patch_the_named_model(catalog: Catalog) -> None:
    plain = run(WorkloadTable(), catalog)
    variant = run(WorkloadTable(architecture=ArchitectureTable(linear_attention_share=0.5)), catalog)
    assert variant.figures["crossover_length_tokens"] > plain.figures["crossover_length_tokens"]  # type: ignore[operator]


def test_sizes_alone_are_enough(catalog: Catalog) -> None:
    table = WorkloadTable(model="sizes", architecture=ArchitectureTable(params_total_b=300.0, params_active_b=20.0))
    assert params_total(run(table, catalog).architecture) == pytest.approx(300e9, rel=0.01)


def test_lengths_beyond_the_models_context_are_pointed_out(catalog: Catalog) -> None:
    table = WorkloadTable(model="Llama-2-7B", serving=ServingTable(input_tokens=5000.0))
    assert [w.code for w in run(table, catalog).warnings] == ["context-exceeded", "context-exceeded"]


def test_the_log_replaces_requests_and_token_counts(catalog: Catalog, shared_data: Callable[[str], Path]) -> None:
    path = str(shared_data("traces/azure_llm_conversation_2023.csv"))
    result = run(WorkloadTable(serving=ServingTable(log=path)), catalog)
    assert result.serving is not None
    assert result.serving.input_tokens == pytest.approx(1155, abs=1)
    assert [w.code for w in result.warnings] == ["log-short"]


def test_every_figure_is_finite_and_described(catalog: Catalog) -> None:
    figures = run(WorkloadTable(), catalog).figures
    assert all(isinstance(v, float) and math.isfinite(v) for v in figures.values())


def test_a_model_without_full_attention_has_no_crossover(catalog: Catalog) -> None:
    assert math.isinf(crossover_length(named_architecture(catalog, "Mamba-2.8B")))
    assert "crossover_length_tokens" not in run(WorkloadTable(model="Mamba-2.8B"), catalog).figures


def test_at_the_crossover_attention_is_half_of_the_work(catalog: Catalog) -> None:
    for name in ("Llama-3.1-8B", "DeepSeek-V3", "gpt-oss-120b", "Qwen3.5-27B"):
        arch = named_architecture(catalog, name)
        length = crossover_length(arch)
        assert attention_share(arch, length) == pytest.approx(0.5)
        assert attention_flops(arch, length) == pytest.approx(matmul_flops(arch))


def test_doubling_the_length_costs_between_two_and_four_times(catalog: Catalog) -> None:
    arch = named_architecture(catalog, "Llama-3.1-8B")
    ratios = [doubling_ratio(arch, float(n)) for n in np.geomspace(1, 1e9, 12)]
    assert ratios == sorted(ratios)
    assert 2.0 <= ratios[0] < ratios[-1] <= 4.0


def test_a_description_adds_up(catalog: Catalog) -> None:
    found = describe(named_architecture(catalog, "Mixtral-8x7B"))
    rows = found.parameter_rows()
    assert sum(total for _, total, _ in rows) == pytest.approx(found.params_total)
    assert sum(active for *_, active in rows) == pytest.approx(found.params_active)
    assert found.weight_bytes["bf16"] == 2 * found.params_total
    assert found.moe_layers == 32
