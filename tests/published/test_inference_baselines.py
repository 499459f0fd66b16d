"""Beside EcoLogits, design power and a plain roofline, on measured rows of each generation.

Source: ML.ENERGY benchmark, leaderboards v1-v3 (2023-2026); EcoLogits from its package, its own functions.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "inference_baselines.py"


@pytest.mark.slow
def test_energy_per_token_is_nearer_than_that_of_every_baseline(
    shared_data, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ecologits", reason="ecologits is not installed")
    folder = shared_data("inference_energy.csv").parent
    spec = importlib.util.spec_from_file_location("inference_baselines", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", [str(BENCHMARK), str(folder)])
    module.main()
    lines = [line for line in capsys.readouterr().out.splitlines() if "%" in line]
    median = {line[:40].strip(): float(line[40:].split("%")[0]) for line in lines}
    ours = median.pop("this model")
    assert len(median) == 5
    assert ours < 15.0
    assert all(ours < 0.5 * other for other in median.values())


def test_ecologits_functions_used_are_those_of_its_own_chain() -> None:
    """70B, 1,000 tokens, PUE 1: IT energy of the package's chain less its server share is devices x energy."""
    ecologits = pytest.importorskip("ecologits.impacts.llm", reason="ecologits is not installed")
    chain = ecologits.compute_llm_impacts_dag(70.0, 70.0, 1000.0, 1e9, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    one = ecologits.gpu_energy(
        70.0, 1000.0, 64, ecologits.GPU_ENERGY_ALPHA, ecologits.GPU_ENERGY_BETA, ecologits.GPU_ENERGY_GAMMA
    )
    devices = ecologits.gpu_required_count(ecologits.model_required_memory(70.0, 16), ecologits.GPU_MEMORY)
    assert chain["gpu_energy"] == pytest.approx(one)
    assert chain["request_it_energy"] - chain["server_energy"] == pytest.approx(devices * one)
