"""Time the compute stage: a full training search with a serving plan, ten thousand layouts, and the validations.

    python benchmarks/compute_speed.py [DATA_FOLDER]

Targets: search and serving plan of a 405B model under 2 s, ten thousand layouts under 1 s, each validation under 30 s.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from wattscale.catalog import load_catalog
from wattscale.compute import stage as compute
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.parallelism import candidate_layouts
from wattscale.compute.training_memory import training_memory
from wattscale.compute.training_run import make_trainer
from wattscale.compute.training_step import step_times
from wattscale.scenario.load import load_scenario
from wattscale.validation import KINDS, validate
from wattscale.workload import stage as workload

LLM_KINDS = ("training", "training-steps", "mlperf", "inference", "throughput", "serving")
MANY = 10_000


def full_plan(*settings: str) -> None:
    """Plan training and serving of the 405B example, architecture to megawatts."""
    scenario = load_scenario(None, ["workload.model=Llama-3.1-405B", *settings])
    catalog = load_catalog()
    work = workload.run(scenario.workload, catalog.recording())
    compute.run(scenario.compute, work, catalog.recording())


def many_layouts() -> None:
    """Compute memory and step of ten thousand layouts."""
    scenario, catalog = load_scenario(None), load_catalog()
    work = workload.run(scenario.workload, catalog.recording())
    chip = load_accelerator(catalog, "H100")
    trainer = make_trainer(scenario.workload.training, work.architecture, scenario.compute, chip, catalog)
    layouts = candidate_layouts(trainer.shape, 16384, trainer.batch, 8)
    layouts = layouts.take(np.resize(np.arange(len(layouts)), MANY))
    training_memory(trainer.shape, layouts, trainer.memory)
    step_times(trainer.shape, layouts, trainer.machine, trainer.step)


def timed(title: str, work: Callable[[], object], repeats: int = 3) -> None:
    spans = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        spans.append(time.perf_counter() - start)
    print(f"{title:<52}{spans[0]:>8.3f} s first {min(spans):>8.3f} s best")


def main() -> None:
    timed("405B: training search and serving plan, devices given", full_plan)
    timed("405B: the same, days given", lambda: full_plan("workload.training.days=90"))
    timed(f"{MANY} layouts: memory and step", many_layouts)
    for kind in LLM_KINDS if len(sys.argv) > 1 else ():
        file = Path(sys.argv[1]) / importlib.import_module(KINDS[kind]).FILE
        timed(f"validate {kind}", lambda kind=kind, file=file: validate(kind, file), repeats=1)


if __name__ == "__main__":
    main()
