"""The compute stage stays fast enough for searches and studies."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "compute_speed.py"


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("compute_speed", BENCHMARK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def processor_s(work: Callable[[], object]) -> float:
    """Processor time, which does not count other programs of the machine [s]."""
    start = time.process_time()
    work()
    return time.process_time() - start


def test_a_training_search_and_serving_plan_of_405b_take_under_two_seconds(benchmark: ModuleType) -> None:
    assert processor_s(benchmark.full_plan) < 2.0
    assert processor_s(lambda: benchmark.full_plan("workload.training.days=90")) < 2.0


def test_ten_thousand_layouts_take_under_a_second(benchmark: ModuleType) -> None:
    assert processor_s(benchmark.many_layouts) < 1.0
