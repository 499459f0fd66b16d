"""Parameters, caches and FLOPs of known models against the figures their makers publish."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wattscale.catalog import Catalog
from wattscale.workload.architecture import (
    Architecture,
    forward_flops,
    kv_bytes_per_token,
    params_active,
    params_total,
)
from wattscale.workload.config import architecture_from_config, load_config
from wattscale.workload.models import architecture_of_row, named_architecture
from wattscale.workload.training import training_flops_per_token

TOTAL_TOLERANCE = 0.01
"""The required one. Published counts are often rounded to two or three digits."""
KNOWN_FURTHER = {
    "Llama-4-Scout": "the published 109 B include the vision tower",
    "GLM-130B": "published as 130 B; its sizes give 128.7 B",
}

WRITTEN = Path(__file__).with_name("config_counts.json")

# Counts read on model cards and in reports; total, active (None: dense), in billions.
CONFIG_COUNTS = {
    "MiniMaxAI--MiniMax-M2.5": (229, 10),
    "Qwen--Qwen3-0.6B": (0.6, None),
    "Qwen--Qwen3-235B-A22B": (235, 22),
    "Qwen--Qwen3-235B-A22B-FP8": (235, 22),
    "Qwen--Qwen3-30B-A3B": (30.5, 3.3),
    "Qwen--Qwen3-32B": (32.8, None),
    "Qwen--Qwen3-8B": (8.2, None),
    "Qwen--Qwen3-Coder-480B-A35B-Instruct": (480, 35),
    "Qwen--Qwen3-VL-235B-A22B-Instruct": (236, 22),
    "Qwen--Qwen3-VL-8B-Instruct": (8.77, None),
    "Qwen--Qwen3-VL-2B-Instruct": (2.13, None),
    "Qwen--Qwen3.5-35B-A3B": (35, 3),
    "Qwen--Qwen3.5-122B-A10B": (122, 10),
    "deepseek-ai--DeepSeek-V3": (671, 37),
    "deepseek-ai--DeepSeek-V3.2": (671, 37),
    "deepseek-ai--DeepSeek-V4-Flash": (284, 13),
    "meta-llama--Llama-4-Maverick-17B-128E-Instruct": (400, 17),
    "meta-llama--Meta-Llama-3.1-405B": (405.85, None),
    "meta-llama--Meta-Llama-3.1-70B": (70.55, None),
    "meta-llama--Meta-Llama-3.1-8B": (8.03, None),
    "mistralai--Mixtral-8x22B-v0.1": (140.6, 39.1),
    "mistralai--Mixtral-8x7B-v0.1": (46.7, 12.9),
    "moonshotai--Kimi-K2-Instruct": (1026, 32),
    "nvidia--Llama-3_3-Nemotron-Super-49B-v1": (49.9, None),
    "nvidia--NVIDIA-Nemotron-3-Super-120B-A12B-FP8": (120.6, 12.7),
    "nvidia--Nemotron-H-56B-Base-8K": (56.3, None),
    "openai--gpt-oss-120b": (116.83, 5.13),
    "openai--gpt-oss-20b": (20.91, 3.61),
    "stepfun-ai--Step-3.7-Flash": (196, 11),
    "zai-org--GLM-5": (744, 40),
}


def closest_active(arch: Architecture) -> tuple[float, float]:
    """Active parameters with and without the embedding table: makers differ in which they state."""
    return params_active(arch), params_active(arch, embeddings=False)


def test_catalogued_models_have_their_published_parameters(catalog: Catalog) -> None:
    wrong, checked = {}, 0
    for row in catalog.rows("models"):
        arch = architecture_of_row(row)
        assert arch.params_published is not None
        error = params_total(arch) / arch.params_published - 1.0
        if row.name in KNOWN_FURTHER:
            assert abs(error) < 0.02
        elif abs(error) > TOTAL_TOLERANCE:
            wrong[row.name] = error
        checked += 1
    assert wrong == {}
    assert checked >= 60


def test_catalogued_models_have_about_their_published_active_parameters(catalog: Catalog) -> None:
    # Makers round active counts to whole billions and count embeddings and head or not; hence the loose bound.
    for row in catalog.rows("models"):
        arch = architecture_of_row(row)
        assert arch.params_active_published is not None
        tables = 2 * arch.vocab * arch.d_model
        low, high = params_active(arch) - tables, params_active(arch)
        slack = max(0.05 * arch.params_active_published, 0.6e9)
        assert low - slack <= arch.params_active_published <= high + slack, row.name


@pytest.mark.parametrize("name", CONFIG_COUNTS)
def test_real_config_files_have_their_published_parameters(name: str, shared_data: Callable[[str], Path]) -> None:
    config = load_config(shared_data(f"model_configs/{name}.json"))
    assert config is not None
    arch = architecture_from_config(config, name)
    total, active = CONFIG_COUNTS[name]
    assert params_total(arch) / 1e9 == pytest.approx(total, rel=TOTAL_TOLERANCE)
    if active is not None:
        nearest = min(closest_active(arch), key=lambda count: abs(count / 1e9 - active))
        assert nearest / 1e9 == pytest.approx(active, rel=0.06)


@pytest.mark.parametrize("case", json.loads(WRITTEN.read_text(encoding="utf-8")), ids=lambda case: case["name"])
def test_configs_as_their_makers_write_them_have_the_published_parameters(case: dict[str, Any]) -> None:
    # Keys as in the makers' files (reduced to those that sizes need, from memory); counts from cards and reports.
    arch = architecture_from_config(case["config"], case["name"])
    assert params_total(arch) / 1e9 == pytest.approx(case["params_b"], rel=TOTAL_TOLERANCE)


def test_catalogue_rows_and_config_files_of_one_model_agree(
    catalog: Catalog, shared_data: Callable[[str], Path]
) -> None:
    for row, file in (
        ("DeepSeek-V4-Flash", "deepseek-ai--DeepSeek-V4-Flash"),
        ("Gemma-4-26B-A4B", "google--gemma-4-26B-A4B"),
        ("GLM-5.2", "zai-org--GLM-5.2"),
        ("Nemotron-3-Super-120B-A12B", "nvidia--NVIDIA-Nemotron-3-Super-120B-A12B-FP8"),
        ("Qwen3.5-122B-A10B", "Qwen--Qwen3.5-122B-A10B"),
        ("Step-3.7-Flash", "stepfun-ai--Step-3.7-Flash"),
    ):
        config = load_config(shared_data(f"model_configs/{file}.json"))
        assert config is not None
        ours, theirs = named_architecture(catalog, row), architecture_from_config(config, row)
        assert set(ours.groups) == set(theirs.groups), row
        assert ours.vocab == theirs.vocab


def test_deepseek_v3_caches_70_kb_per_token_in_bf16(catalog: Catalog) -> None:
    # DeepSeek-AI 2024: 61 layers of 512 + 64 elements, 70.272 kB; Qwen-2.5 72B 327.68 kB, Llama 3.1 405B 516.096 kB.
    assert kv_bytes_per_token(named_architecture(catalog, "DeepSeek-V3"), 2.0) == 70_272
    assert kv_bytes_per_token(named_architecture(catalog, "Qwen2.5-72B"), 2.0) == 327_680
    assert kv_bytes_per_token(named_architecture(catalog, "Llama-3.1-405B"), 2.0) == 516_096


def test_llama_405b_training_takes_the_published_compute(catalog: Catalog) -> None:
    # Llama 3 report: 3.8e25 FLOP for 15.6 T tokens (their count is 6 N D; ours adds attention at 8,192 tokens).
    arch = named_architecture(catalog, "Llama-3.1-405B")
    assert training_flops_per_token(arch, 8192) * 15.6e12 == pytest.approx(3.8e25, rel=0.05)


def test_gpt3_training_takes_the_published_compute(catalog: Catalog) -> None:
    # Brown 2020, table D.1: 3.14e23 FLOP for 300 billion tokens, without attention.
    arch = named_architecture(catalog, "GPT-3-175B")
    assert training_flops_per_token(arch, 2048) * 300e9 == pytest.approx(3.14e23, rel=0.04)


def test_palm_attention_follows_its_published_formula(catalog: Catalog) -> None:
    # Chowdhery 2022, appendix B: 12 L H Q T per token of training, 3 times the forward part at full context.
    arch = named_architecture(catalog, "PaLM-540B")
    attention = forward_flops(arch, 2048.0) - forward_flops(arch, 0.0)
    assert 3 * attention == pytest.approx(12 * 118 * 48 * 256 * 2048)
