"""Fit the coefficients of the training model on published measurements and write them to the catalogue.

    python benchmarks/fit_training.py DATA_FOLDER [--write]

Three steps: (1) step-time coefficients on training_throughput.csv and mlperf_training.csv, few universal ones and at
most three per hardware generation; (2) the share of tuned speed that whole runs keep, per generation, on
training_runs.csv; (3) residual quantiles for the intervals. Each is cross-validated by leaving out one model at a time.
"""

from __future__ import annotations

import csv
import math
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares

from wattscale.catalog import Catalog, load_catalog
from wattscale.compute.parallelism import Layout, candidate_layouts, join_layouts
from wattscale.compute.training_coefficients import (
    TABLE,
    Machine,
    StepCoefficients,
    load_machine,
    own_or_default,
    stack_machines,
)
from wattscale.compute.training_shape import TrainingShape, stack_shapes
from wattscale.compute.training_step import step_times
from wattscale.validation import mlperf, training, training_steps
from wattscale.validation.training_cases import device, precision_of, row_shape, usual_precision

UNIVERSAL = {
    "bias_slowdown": (1.98, 2.02),  # held: FlashAttention-2 against a kernel with bias
    "fp8_gain": (0.5, 1.1),
    "half_rows": (1.0, 2000.0),
    "half_width": (1.0, 1000.0),
    "elementwise_bytes": (10.0, 200.0),
    "logits_bytes": (6.0, 60.0),
    "shard_penalty": (1.0, 15.0),
    "data_overlap": (0.0, 1.0),
    "scale_drag": (0.0, 0.05),
    "layer_overhead_s": (1e-6, 1e-4),
    "step_overhead_s": (1e-4, 0.2),
}
"""Universal coefficients with their bounds."""
PER_GENERATION = {
    "gemm_efficiency": ((0.3, 0.9), ("volta", "ampere", "hopper", "blackwell", "cdna")),
    "attention_efficiency": ((0.05, 0.8), ("volta", "ampere", "hopper")),
    "tensor_overlap": ((0.0, 0.9), ("ampere", "hopper")),
}
"""Coefficients per generation, their bounds, and the generations that have enough data of their own."""
SAME_AS = {("blackwell", "tensor_overlap"): "hopper", ("volta", "tensor_overlap"): "ampere"}
"""Generations that share the value of another: overlapped tensor communication came with Hopper."""
KEPT = 60
"""Candidates kept per case, the fastest at the start values."""
LOSS_SCALE = 0.05
SOURCE = "benchmarks/fit_training.py on training steps of {} (2019-2024) and MLPerf Training v4.0-v5.0"
PUBLISHERS = "Narayanan 2021, Korthikanti 2022, Smith 2022, Megatron-LM, MosaicML llm-foundry"


@dataclass(frozen=True)
class Case:
    """One measured step: its model, machine, the layouts it may have used, and seconds per step."""

    group: str
    generation: str
    shape: TrainingShape
    machine: Machine
    layouts: Layout
    batch: float
    seconds: float
    weight: float


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def step_cases(rows: Sequence[dict[str, str]], catalog: Catalog) -> list[Case]:
    found = []
    for row in rows:
        accelerator, shape = device(row, "accelerator", catalog), row_shape(row, total="params_B")
        assert accelerator is not None
        assert shape is not None
        n, batch = int(row["n_devices"]), float(row["global_batch"])
        machine = load_machine(catalog, accelerator, precision_of(row["precision"], accelerator))
        lay = candidate_layouts(shape, n, batch, accelerator.domain_devices, training_steps.fixed_layout(row))
        lay = training_steps.fitting(shape, lay, training_steps.machine_room(machine, catalog), catalog)
        tokens = batch * float(shape.sequence_length)
        if row["tokens_per_s"]:
            seconds = tokens / float(row["tokens_per_s"])
        elif row["iteration_time_s"]:
            seconds = float(row["iteration_time_s"])
        else:
            full = float(row["activation_recompute"] == "full")
            flops = tokens * training_steps.basis_flops(row, shape, full) / n
            seconds = flops / (float(row["tflops_per_device"]) * 1e12)
        found.append(Case(row["model"], accelerator.generation, shape, machine, lay, batch, seconds, 1.0))
    return found


def mlperf_cases(rows: Sequence[dict[str, str]], catalog: Catalog) -> list[Case]:
    """Equal configurations count once, at the geometric mean of their submitters."""
    same: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        if row["tokens_per_s"]:
            key = (row["benchmark"], row["accelerator"], row["n_accelerators"], row["global_batch_size"])
            same[key].append(row)
    found = []
    for group in same.values():
        row = group[0]
        accelerator = device(row, "accelerator", catalog)
        assert accelerator is not None
        share = catalog.value(TABLE, "adapter.trained_share") if "lora" in row["benchmark"] else 1.0
        shape = row_shape(row, total="params_B", trained_share=share)
        assert shape is not None
        machine = load_machine(catalog, accelerator, usual_precision(accelerator, eight_bit=True))
        n, batch = int(row["n_accelerators"]), float(row["global_batch_size"])
        lay = candidate_layouts(shape, n, batch, accelerator.domain_devices)
        lay = training_steps.fitting(shape, lay, training_steps.machine_room(machine, catalog), catalog)
        rate = math.exp(float(np.mean([math.log(float(r["tokens_per_s"])) for r in group])))
        seconds = batch * float(shape.sequence_length) / rate
        name = f"{row['model']} on {accelerator.name}"
        found.append(Case(name, accelerator.generation, shape, machine, lay, batch, seconds, 1.0))
    return found


class Fit:
    """All cases as one set of arrays, and the vector of free coefficients."""

    def __init__(self, cases: Sequence[Case], catalog: Catalog) -> None:
        self.catalog, self.cases = catalog, list(cases)
        self.names: list[tuple[str, str]] = [("default", p) for p in UNIVERSAL]
        bounds = list(UNIVERSAL.values())
        for parameter, (limits, generations) in PER_GENERATION.items():
            self.names += [(g, parameter) for g in generations]
            bounds += [limits] * len(generations)
        self.low, self.high = np.array(bounds).T
        start = np.array([catalog.value(TABLE, own_or_default(catalog, g, p)) for g, p in self.names])
        self.start = np.clip(start, self.low + 1e-3 * (self.high - self.low), self.high - 1e-3 * (self.high - self.low))
        self._prune(self.start)

    def _prune(self, x: np.ndarray) -> None:
        kept = []
        for case in self.cases:
            if len(case.layouts) > KEPT:
                k = StepCoefficients(**{n: v[0] for n, v in self.arrays(x, [case.generation]).items()})
                t = step_times(case.shape, case.layouts, case.machine, k).total
                done = case.layouts.microbatches * case.layouts.microbatch * np.asarray(case.layouts.data)
                case = replace(case, layouts=case.layouts.take(np.argsort(t / done)[:KEPT]))
            kept.append(case)
        self.kept = kept
        sizes = [len(c.layouts) for c in kept]
        self.starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self.shape = stack_shapes([c.shape for c, n in zip(kept, sizes, strict=True) for _ in range(n)])
        self.machine = stack_machines([c.machine for c, n in zip(kept, sizes, strict=True) for _ in range(n)])
        self.layouts = join_layouts([c.layouts for c in kept])
        self.generations = [c.generation for c, n in zip(kept, sizes, strict=True) for _ in range(n)]
        self.seconds = np.array([c.seconds for c in kept])
        self.weights = np.array([c.weight for c in kept])

    def arrays(self, x: np.ndarray, generations: Sequence[str]) -> dict[str, np.ndarray]:
        values = dict(zip(self.names, (float(v) for v in x), strict=True))
        found = {}
        unique = sorted(set(generations))
        where = np.array([unique.index(g) for g in generations])
        for f in fields(StepCoefficients):
            per = []
            for g in unique:
                source = SAME_AS.get((g, f.name), g)
                fixed = self.catalog.value(TABLE, own_or_default(self.catalog, g, f.name))
                per.append(values.get((source, f.name), values.get(("default", f.name), fixed)))
            found[f.name] = np.array(per)[where]
        return found

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """Log of predicted over measured seconds, one per case."""
        k = StepCoefficients(**self.arrays(x, self.generations))
        t = step_times(self.shape, self.layouts, self.machine, k).total
        done = self.layouts.microbatches * self.layouts.microbatch * np.asarray(self.layouts.data)
        best = np.minimum.reduceat(t / done, self.starts)
        batch = np.array([c.batch for c in self.kept])
        return np.asarray(np.log(best * batch / self.seconds))

    def solve(self, used: np.ndarray, start: np.ndarray) -> np.ndarray:
        found = least_squares(
            lambda x: (self.weights * self.residuals(x))[used],
            start, bounds=(self.low, self.high), loss="soft_l1", f_scale=LOSS_SCALE,
            x_scale=self.high - self.low, max_nfev=60,
        )  # fmt: skip
        return np.asarray(found.x)


def cross_validate(fit: Fit, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out one model at a time; give held-out residuals and the coefficients of each fold."""
    groups = np.array([c.group for c in fit.cases])
    held = np.empty(len(groups))
    folds = []
    inside = np.clip(x, fit.low + 1e-3 * (fit.high - fit.low), fit.high - 1e-3 * (fit.high - fit.low))
    for group in dict.fromkeys(groups):
        out = groups == group
        found = fit.solve(~out, inside)
        held[out] = fit.residuals(found)[out]
        folds.append(found)
    return held, np.array(folds)


def summary(title: str, logs: np.ndarray) -> None:
    error = np.abs(np.expm1(logs))
    print(f"{title:<42} n {error.size:4d}  median {np.median(error):6.3f}  p90 {np.quantile(error, 0.9):6.3f}")


def tuned_shares(rows: Sequence[dict[str, str]], catalog: Catalog) -> dict[str, list[tuple[str, float]]]:
    """Give measured over best whole-run speed of each run, by generation."""
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in rows:
        if not row["device_hours"] or not row["tokens_B"] or row["kind"] == "nas":
            continue
        accelerator = device(row, "hardware", catalog)
        estimate = training.estimate(row, catalog)
        if accelerator is None or isinstance(estimate, str) or estimate.device_hours is None:
            continue
        used = catalog.value(TABLE, own_or_default(catalog, accelerator.generation, "tuned_share"))
        share = used * estimate.device_hours / float(row["device_hours"])
        found[accelerator.generation].append((row["name"], share))
    return found


def write(values: dict[tuple[str, str], tuple[float, float, float]], source: dict[tuple[str, str], str]) -> None:
    """Replace rows of the table in place; rows of new generations are added."""
    path = Path(__file__).resolve().parents[1] / "src/wattscale/catalog/training_coefficients.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    units = {r["parameter"]: r["unit"] for r in rows}
    index = {(r["item"], r["parameter"]): r for r in rows}
    for key, (low, value, high) in values.items():
        row = index.get(key)
        if row is None:
            row = {"item": key[0], "parameter": key[1], "unit": units[key[1]], "note": ""}
            rows.append(row)
        row |= {"low": f"{low:.4g}", "value": f"{value:.4g}", "high": f"{high:.4g}", "year": "2026"}
        row |= {"source": source[key], "confidence": "estimated"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def fit_steps(folder: Path, catalog: Catalog, save: bool) -> None:
    steps = step_cases(read(folder, training_steps.FILE), catalog)
    runs = mlperf_cases(read(folder, mlperf.FILE), catalog)
    fit = Fit([*steps, *runs], catalog)
    everything = np.ones(len(fit.cases), dtype=bool)
    x = fit.solve(everything, fit.start)
    fit._prune(x)
    x = fit.solve(everything, x)
    logs = fit.residuals(x)
    n = len(steps)
    summary("training steps, fitted", logs[:n])
    summary("MLPerf configurations, fitted", logs[n:])
    held, folds = cross_validate(fit, x)
    summary("training steps, model left out", held[:n])
    summary("MLPerf configurations, left out", held[n:])
    values = {}
    for i, (name, value) in enumerate(zip(fit.names, x, strict=True)):
        low, high = min(value, folds[:, i].min()), max(value, folds[:, i].max())
        values[name] = (float(low), float(value), float(high))
        print(f"  {name[0]:<10}{name[1]:<22}{value:10.4g}   {low:.4g} .. {high:.4g}")
    for (to, parameter), source in SAME_AS.items():
        values[to, parameter] = values[source, parameter]
    low, high = np.exp(-np.quantile(held, [0.9, 0.1]))
    values["residual", "step_time"] = (float(low), 1.0, float(high))
    print("  residual measured/predicted", low, high)
    for case, log in zip(fit.cases, held, strict=True):
        if abs(log) > 0.15:
            print(f"    {case.group:<40} {math.expm1(log):+.2f}")
    if save:
        text = SOURCE.format(PUBLISHERS) + "; range over folds that leave out one model"
        write(values, {key: text for key in values})


def fit_runs(folder: Path, catalog: Catalog, save: bool) -> None:
    shares = tuned_shares(read(folder, training.FILE), catalog)
    values, source = {}, {}
    held: list[float] = []
    everything = [math.log(s) for runs in shares.values() for _, s in runs]
    overall = float(np.median(everything))
    for generation, runs in shares.items():
        logs = np.array([math.log(s) for _, s in runs])
        own = shrunk(logs, overall)
        for i in range(len(logs)):
            held.append(shrunk(np.delete(logs, i), overall) - logs[i])
        values[generation, "tuned_share"] = (math.exp(logs.min()), math.exp(own), math.exp(logs.max()))
        print(f"  {generation:<10} {math.exp(own):.3f}", [(name, round(s, 2)) for name, s in runs])
    values["default", "tuned_share"] = (
        math.exp(min(everything)), math.exp(overall), math.exp(max(everything)),
    )  # fmt: skip
    errors = -np.array(held)
    summary("device-hours, run left out", -errors)
    low, high = np.exp(np.quantile(-errors, [0.1, 0.9]))
    print("  residual", low, high, "->", 1 / high, 1 / low)
    text = "benchmarks/fit_training.py on published runs (training_runs): median of measured over best speed, shrunk"
    source = {key: text for key in values}
    if save:
        write(values, source)


def shrunk(logs: np.ndarray, overall: float) -> float:
    """Give the median of a generation, drawn to that of all by one run's weight."""
    if logs.size == 0:
        return overall
    return (logs.size * float(np.median(logs)) + overall) / (logs.size + 1)


def main() -> None:
    folder, save = Path(sys.argv[1]), "--write" in sys.argv
    start = time.perf_counter()
    fit_steps(folder, load_catalog(), save)
    fit_runs(folder, load_catalog(), save)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
