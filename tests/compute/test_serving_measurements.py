"""The serving model against measured rows: errors stay where docs/method/compute.md says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wattscale.validation import validate


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "file", "target", "median"),
    [
        ("inference", "inference_energy.csv", "energy_per_token_J", 0.12),
        ("inference", "inference_energy.csv", "avg_power_W", 0.10),
        ("inference", "inference_energy.csv", "output_tokens_per_s", 0.15),
        ("serving", "inference_serving.csv", "tpot_ms", 0.15),
        ("serving", "inference_serving.csv", "ttft_ms", 0.30),
        ("throughput", "inference_throughput.csv", "output_tokens_per_s", 0.35),
    ],
)
def test_median_errors_stay_below_their_targets(
    kind: str, file: str, target: str, median: float, shared_data: Callable[[str], Path]
) -> None:
    found = validate(kind, shared_data(file))
    assert len(found["skipped"]) <= 0.05 * (found["n"] + len(found["skipped"]))
    assert found["metrics"][target]["median_ape"] <= median


@pytest.mark.slow
def test_energy_per_token_ranks_as_measured(shared_data: Callable[[str], Path]) -> None:
    found = validate("inference", shared_data("inference_energy.csv"))
    assert found["metrics"]["energy_per_token_J"]["spearman"] >= 0.97
    assert 0.7 <= found["metrics"]["energy_per_token_J"]["inside_band"] <= 0.95
