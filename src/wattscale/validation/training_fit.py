"""Fit of the training coefficients to measured steps and runs, and leave-one-model-out cross-validation.

In: rows of training_throughput.csv, mlperf_training.csv and training_runs.csv. Out: coefficients by item and
parameter, residuals of rows whose model the fit has not seen.
Leaves out: writing the catalogue (benchmarks/fit_training.py does); there is no coefficient of a single model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.optimize import least_squares

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.parallelism import Layout, join_layouts
from wattscale.compute.training_coefficients import TABLE, Machine, StepCoefficients, stack_machines
from wattscale.compute.training_shape import TrainingShape, stack_shapes
from wattscale.compute.training_step import step_times
from wattscale.units import FloatArray

Bounds = dict[str, tuple[float, float]]
Items = dict[str, tuple[tuple[float, float], tuple[str, ...]]]
UNIVERSAL: Bounds = {
    "fp8_gain": (0.5, 1.1),
    "half_rows": (1.0, 2000.0),
    "half_width": (1.0, 1000.0),
    "elementwise_bytes": (10.0, 200.0),
    "score_bytes": (2.0, 40.0),
    "logits_bytes": (6.0, 60.0),
    "shard_penalty": (1.0, 15.0),
    "data_overlap": (0.0, 1.0),
    "layer_overhead_s": (1e-6, 1e-4),
    "step_overhead_s": (1e-4, 0.2),
}
"""Universal coefficients with the bounds that physics or the source of the quantity allows."""
PER_GENERATION: Items = {
    "gemm_efficiency": ((0.3, 0.9), ("volta", "ampere", "hopper", "blackwell", "cdna")),
    "attention_efficiency": ((0.05, 0.8), ("volta", "ampere", "hopper")),
    "tensor_overlap": ((0.0, 0.9), ("ampere", "hopper")),
    "scale_drag": ((0.0, 0.05), ("ampere",)),
}
"""Coefficients per generation, their bounds, and the generations that have data of their own."""
NEWER: Items = {
    "gemm_efficiency": ((0.3, 0.9), ("blackwell", "cdna", "tpu")),
    "attention_efficiency": ((0.05, 0.65), ("blackwell",)),
    "fp8_gain": ((0.5, 1.1), ("cdna",)),
    "tensor_overlap": ((0.0, 0.9), ("tpu",)),
    "shard_penalty": ((1.0, 6.0), ("blackwell",)),
}
"""Coefficients of the generations that the catalogue's dense steps add, fitted with the others held."""
MIXTURES: Bounds = {"expert_overlap": (0.0, 0.9), "expert_layer_s": (1e-4, 6e-3)}
"""Universal coefficients of mixtures of experts, fitted to the catalogue's mixtures with the others held."""
STAGES: dict[str, tuple[Bounds, Items]] = {
    "first": (UNIVERSAL, PER_GENERATION), "newer": ({}, NEWER), "mixtures": (MIXTURES, {}),
}  # fmt: skip
"""What each step of the fit leaves free."""
SAME_AS = {
    ("blackwell", "tensor_overlap"): "hopper",
    ("cdna", "tensor_overlap"): "hopper",
    ("volta", "tensor_overlap"): "ampere",
    ("volta", "scale_drag"): "ampere",
    ("MI355X", "gemm_efficiency"): "blackwell",
    ("MI355X", "fp8_gain"): "default",
}
"""Generations that share the value of another: overlapped tensor communication came with Hopper; MI355X and B200 train
equally fast (MLPerf Training v5.1, fine-tuning: 10.2 and 9.9 minutes; AMD 2025: 1.0 to 1.16 times B200)."""
FAMILY = {"MI355X": "cdna", "MI250X": "cdna"}
"""Devices with values of their own, and the generation whose values they share otherwise."""
KEPT = 60
"""Candidates kept per case, the fastest at the start values."""
LOSS_SCALE = 0.05
"""Relative error beyond which a row loses weight (soft L1), so that a few odd rows do not steer the fit."""
FOLD_EVALUATIONS = 8
"""Evaluations of a fold, which starts at the fit to all."""
EDGE = 1e-3
"""Starting points lie at least this share of the range inside their bounds."""


@dataclass(frozen=True)
class Case:
    """One measured step: its model, machine, the layouts it may have used, and seconds per step.

    Attributes:
        group: What is left out together in cross-validation.
        generation: Hardware generation, or a device of `FAMILY`.
        shape, machine, layouts: What the step time depends on.
        batch: Sequences of a step [1].
        seconds: Measured time of a step [s].
    """

    group: str
    generation: str
    shape: TrainingShape
    machine: Machine
    layouts: Layout
    batch: float
    seconds: float


def done(lay: Layout) -> FloatArray:
    """Give the sequences that a step of a layout really takes [1]."""
    return np.asarray(lay.microbatches * lay.microbatch * np.asarray(lay.data), dtype=np.float64)


def fit_item(accelerator: Accelerator) -> str:
    """Name what the coefficients of a device belong to: the device itself or its generation.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> fit_item(load_accelerator(load_catalog(), "H100"))
    'hopper'
    """
    return accelerator.name if accelerator.name in FAMILY else accelerator.generation


def _own(catalog: Catalog, item: str, parameter: str) -> float:
    for name in (item, FAMILY.get(item, item)):
        if catalog.has_figure(TABLE, f"{name}.{parameter}"):
            return catalog.value(TABLE, f"{name}.{parameter}")
    return catalog.value(TABLE, f"default.{parameter}")


class StepFit:
    """All cases as one set of arrays, and the vector of free coefficients.

    Attributes:
        names: Item and parameter of each free coefficient.
        low, high: Bounds.
        start: Values of the catalogue, inside the bounds.
        groups: Group of each case.
    """

    def __init__(self, cases: Sequence[Case], catalog: Catalog, stage: str = "first") -> None:
        self.catalog, self.cases = catalog, list(cases)
        present = {FAMILY.get(c.generation, c.generation) for c in cases}
        common, per_generation = STAGES[stage]
        self.names: list[tuple[str, str]] = [("default", p) for p in common]
        bounds = list(common.values())
        for parameter, (limits, generations) in per_generation.items():
            own = [g for g in generations if g in present]
            self.names += [(g, parameter) for g in own]
            bounds += [limits] * len(own)
        self.low, self.high = np.array(bounds).T
        self.start = self.inside(np.array([_own(catalog, g, p) for g, p in self.names]))
        self.groups = np.array([c.group for c in cases])
        self.prune(self.start)

    def inside(self, x: FloatArray) -> FloatArray:
        """Move values off their bounds."""
        edge = EDGE * (self.high - self.low)
        return np.asarray(np.clip(x, self.low + edge, self.high - edge))

    def prune(self, x: FloatArray) -> None:
        """Keep the layouts of each case that are fastest with these values."""
        kept = []
        for case in self.cases:
            if len(case.layouts) > KEPT:
                k = StepCoefficients(**{n: float(v[0]) for n, v in self._arrays(x, [case.generation]).items()})
                time = step_times(case.shape, case.layouts, case.machine, k).total
                case = replace(case, layouts=case.layouts.take(np.argsort(time / done(case.layouts))[:KEPT]))
            kept.append(case)
        sizes = [len(c.layouts) for c in kept]
        self._starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        each = [c for c, n in zip(kept, sizes, strict=True) for _ in range(n)]
        self._shape = stack_shapes([c.shape for c in each])
        self._machine = stack_machines([c.machine for c in each])
        self._layouts = join_layouts([c.layouts for c in kept])
        self._generations = [c.generation for c in each]
        self._target = np.array([c.seconds / c.batch for c in kept])

    def _arrays(self, x: FloatArray, generations: Sequence[str]) -> dict[str, FloatArray]:
        values = dict(zip(self.names, (float(v) for v in x), strict=True))
        unique = sorted(set(generations))
        where = np.array([unique.index(g) for g in generations])
        found = {}
        for f in fields(StepCoefficients):
            per = []
            for g in unique:
                per.append(self._value(values, g, f.name))
            found[f.name] = np.array(per)[where]
        return found

    def _value(self, values: dict[tuple[str, str], float], item: str, parameter: str) -> float:
        """Find a coefficient of an item, or of its family, or of all: as fitted, as its twin, or of the catalogue."""
        for name in dict.fromkeys((item, FAMILY.get(item, item), "default")):
            for fitted in ((name, parameter), (SAME_AS.get((name, parameter), name), parameter)):
                if fitted in values:
                    return values[fitted]
            if self.catalog.has_figure(TABLE, f"{name}.{parameter}"):
                return self.catalog.value(TABLE, f"{name}.{parameter}")
        raise KeyError(parameter)

    def residuals(self, x: FloatArray) -> FloatArray:
        """Log of predicted over measured seconds, one per case."""
        k = StepCoefficients(**self._arrays(x, self._generations))
        time = step_times(self._shape, self._layouts, self._machine, k).total / done(self._layouts)
        return np.asarray(np.log(np.minimum.reduceat(time, self._starts) / self._target))

    def solve(self, used: np.ndarray, start: FloatArray, evaluations: int = 60) -> FloatArray:
        """Fit to the chosen cases."""

        def chosen(x: FloatArray) -> FloatArray:
            return np.asarray(self.residuals(x)[used])

        found = least_squares(
            chosen,
            self.inside(start),
            bounds=(self.low, self.high),
            loss="soft_l1",
            f_scale=LOSS_SCALE,
            x_scale=self.high - self.low,
            max_nfev=evaluations,
        )
        return np.asarray(found.x, dtype=np.float64)

    def fit(self) -> FloatArray:
        """Fit to all cases, twice: the kept layouts follow the first result."""
        everything = np.ones(len(self.cases), dtype=bool)
        x = self.solve(everything, self.start)
        self.prune(x)
        return self.solve(everything, x)


def held_out(fit: StepFit, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Leave out one group at a time.

    Args:
        fit: The cases.
        x: Coefficients fitted to all, to start from.

    Returns:
        Log residual of each case by the fit that has not seen it; the coefficients of each fold.
    """
    held = np.empty(len(fit.cases))
    folds = []
    for group in dict.fromkeys(fit.groups):
        out = fit.groups == group
        found = fit.solve(~out, x, FOLD_EVALUATIONS)
        held[out] = fit.residuals(found)[out]
        folds.append(found)
    return held, np.array(folds)


@dataclass(frozen=True)
class RunCase:
    """One published run: measured over best whole-run speed, with the size of its model.

    Attributes:
        row: Index of the row.
        name: Name of the run.
        item: Generation, or device where the generation spans several designs.
        params: Parameters [1].
        share: Measured over best speed [1].
        early: Whether it ran on the GPU codes of before fused attention.
    """

    row: int
    name: str
    item: str
    params: float
    share: float
    early: bool = False


@dataclass(frozen=True)
class TunedShares:
    """What published runs keep of the best layout's speed: s = s_max N / (N + N_half), times `early` for early codes.

    Attributes:
        overall: Median s of all runs [1].
        early: Factor of runs on early GPU codes [1].
        by_item: s_max [1] and N_half [1] by item.
    """

    overall: float
    early: float
    by_item: dict[str, tuple[float, float]]

    def share(self, case: RunCase) -> float:
        """Give the share of a run [1]; that of all runs where its item is unknown."""
        top, half = self.by_item.get(case.item, (self.overall, 0.0))
        return top * case.params / (case.params + half) * (self.early if case.early else 1.0)


HALF_SIZES = (0.0, *np.geomspace(2e8, 5e10, 49))
"""Half-way sizes tried for the tuned share [1]; 0 means no effect of size."""
EARLY_SHARES = np.arange(1.0, 0.58, -0.02)
"""Factors tried for early codes [1]."""
SIZED = 5
"""Runs that an item must have for a size effect of its own."""
SIZE_COST = 0.02
"""Gain in the mean absolute log error that a size effect must bring."""


def fit_tuned(cases: Sequence[RunCase]) -> TunedShares:
    """Fit the tuned shares to published runs.

    Least mean absolute log error over grids of N_half and of the early factor; s_max is the median of an item, drawn to
    the overall share by the weight of one run.

    Args:
        cases: Runs, at least one.

    Returns:
        The shares.

    >>> found = fit_tuned([RunCase(0, "x", "hopper", 7e9, 0.5), RunCase(1, "y", "volta", 1e9, 0.5)])
    >>> round(found.overall, 3), found.early
    (0.5, 1.0)
    """
    best: tuple[float, TunedShares] | None = None
    for early in EARLY_SHARES if any(c.early for c in cases) else (1.0,):
        found = _with_early(cases, float(early))
        error = float(np.mean([abs(math.log(found.share(c) / c.share)) for c in cases]))
        if best is None or error < best[0] - 1e-9:
            best = (error, found)
    assert best is not None
    return best[1]


def _with_early(cases: Sequence[RunCase], early: float) -> TunedShares:
    plain = {c.row: math.log(c.share / (early if c.early else 1.0)) for c in cases}
    overall = float(np.median(list(plain.values())))
    by_item = {}
    for item in dict.fromkeys(c.item for c in cases):
        own = [c for c in cases if c.item == item]
        logs, sizes = np.array([plain[c.row] for c in own]), np.array([c.params for c in own])
        best = (math.inf, 0.0, 0.0)
        for half in HALF_SIZES if len(own) >= SIZED else (0.0,):
            rest = logs - np.log(sizes / (sizes + half))
            centre = (len(own) * float(np.median(rest)) + overall) / (len(own) + 1)
            error = float(np.mean(np.abs(rest - centre))) + (SIZE_COST if half else 0.0)
            best = min(best, (error, float(half), centre))
        by_item[item] = (math.exp(best[2]), best[1])
    return TunedShares(math.exp(overall), early, by_item)


def folds_of(cases: Sequence[RunCase]) -> list[TunedShares]:
    """Fit the tuned shares once without each run, in the order of the runs."""
    return [fit_tuned([c for c in cases if c is not out]) for out in cases]
