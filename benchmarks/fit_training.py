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
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog, load_catalog
from wattscale.compute.training_coefficients import TABLE
from wattscale.validation import mlperf, training, training_steps
from wattscale.validation.training_fit import (
    SAME_AS,
    Case,
    StepFit,
    fit_tuned,
    folds_of,
    held_out,
)

STEP_SOURCE = (
    "benchmarks/fit_training.py on training steps of Narayanan 2021, Korthikanti 2022, Smith 2022, Megatron-LM,"
    " MosaicML llm-foundry (2019-2024), MLPerf Training v4.0-v5.0 and table training_steps; range over folds that"
    " leave out one model"
)
RUN_SOURCE = (
    "benchmarks/fit_training.py on published training runs (2019-2025); range over folds that leave out one run"
)
CURRENT = "hopper"
"""Generation whose runs stand for those of generations without published runs: the newest codes with many runs."""
COVER = 0.8
"""Share of rows that the interval is to cover."""
Values = dict[tuple[str, str], tuple[float, float, float]]


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summary(title: str, logs: np.ndarray) -> None:
    if not logs.size:
        return
    error = np.abs(np.expm1(logs))
    print(f"{title:<42} n {error.size:4d}  median {np.median(error):6.3f}  p90 {np.quantile(error, 0.9):6.3f}")


def interval(logs: np.ndarray) -> tuple[float, float]:
    """Give the ends that cover a further row with 80 %, from left-out residuals (conformal ranks)."""
    n, tail = logs.size, (1.0 - COVER) / 2.0
    low, high = max(0.0, ((n + 1) * tail - 1.0) / n), min(1.0, (n + 1) * (1.0 - tail) / n)
    return float(np.exp(np.quantile(logs, low))), float(np.exp(np.quantile(logs, high)))


def write(values: Values, source: str) -> None:
    """Replace rows of the table in place; rows of new generations are added."""
    path = Path(__file__).resolve().parents[1] / "src/wattscale/catalog/training_coefficients.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    units = {r["parameter"]: r["unit"] for r in rows}
    index = {(r["item"], r["parameter"]): r for r in rows}
    for key, found in values.items():
        row = index.get(key)
        if row is None:
            row = {"item": key[0], "parameter": key[1], "unit": units[key[1]], "note": ""}
            rows.append(row)
        low, value, high = (0.0 if v < 1e-6 else v for v in (min(found), found[1], max(found)))
        row |= {"low": f"{low:.4g}", "value": f"{value:.4g}", "high": f"{high:.4g}", "year": "2026"}
        row |= {"source": source, "confidence": "estimated"}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def fit_steps(folder: Path, catalog: Catalog) -> Values:
    """Fit in three steps: what the files pin; then, with that held, newer generations; then mixtures of experts."""
    steps = [training_steps.step_case(row, catalog) for row in read(folder, training_steps.FILE)]
    known = [case for case in steps if isinstance(case, Case) and not math.isnan(case.seconds)]
    runs = list(mlperf.run_cases(read(folder, mlperf.FILE), catalog).values())
    values, held = fitted(StepFit([*known, *runs], catalog), {"training steps": len(known), "MLPerf": len(runs)})
    values["residual", "step_time"] = ends_of(held[: len(known)])
    values["residual", "benchmark_time"] = ends_of(held[len(known) :])
    left = []
    own = training_steps.catalogued_cases(catalog)
    dense, mixed = ([c for c in own if (float(c.shape.moe_layers) > 0) == moe] for moe in (False, True))
    for stage, cases in (("newer", [*runs, *dense]), ("mixtures", mixed)):
        known_so_far = catalog.with_overrides(overrides(values, catalog))
        n = len(cases) - (len(runs) if stage == "newer" else 0)
        more, held = fitted(StepFit(cases, known_so_far, stage), {f"{stage}, MLPerf": len(cases) - n, stage: n})
        values |= more
        left.append(held[len(cases) - n :])
    for (to, parameter), source in SAME_AS.items():
        values[to, parameter] = values[source, parameter]
    values["residual", "newer_time"] = ends_of(np.concatenate(left))
    for name in ("step_time", "benchmark_time", "newer_time"):
        low, _, high = values["residual", name]
        print(f"  residual of {name}, measured over predicted: {low:.3f} .. {high:.3f}")
    return values


def ends_of(logs: np.ndarray) -> tuple[float, float, float]:
    """Interval and centre of measured over predicted, from logs of predicted over measured."""
    low, high = interval(-logs)
    return low, 1.0, high


def overrides(values: Values, catalog: Catalog) -> dict[str, float]:
    """Fitted values as overrides of a catalogue; items the table has not yet cannot be overridden."""
    found = {f"{TABLE}/{item}.{parameter}": value[1] for (item, parameter), value in values.items()}
    return {key: value for key, value in found.items() if catalog.has_figure(TABLE, key.partition("/")[2])}


def fitted(fit: StepFit, parts: dict[str, int]) -> tuple[Values, np.ndarray]:
    """Fit, cross-validate and print; give values with their range over the folds, and left-out residuals."""
    x = fit.fit()
    held, folds = held_out(fit, x)
    logs, ends = fit.residuals(x), np.cumsum(list(parts.values()))[:-1]
    for title, plain, left in zip(parts, np.split(logs, ends), np.split(held, ends), strict=True):
        summary(f"{title}, fitted", plain)
        summary(f"{title}, left out", left)
    values: Values = {}
    for i, (name, value) in enumerate(zip(fit.names, x, strict=True)):
        low, high = float(folds[:, i].min()), float(folds[:, i].max())
        values[name] = (low, float(value), high)
        print(f"  {name[0]:<10}{name[1]:<22}{value:10.4g}   {low:.4g} .. {high:.4g}")
    for case, log in zip(fit.cases, held, strict=True):
        if abs(log) > 0.15:
            print(f"    {case.group:<46} {math.expm1(log):+.2f}")
    return values, held


def fit_runs(folder: Path, catalog: Catalog) -> Values:
    cases = training.run_cases(read(folder, training.FILE), catalog)
    found, folds = fit_tuned(cases), folds_of(cases)
    everything = [*folds, found]
    values: Values = {
        ("run", "early_share"): (min(f.early for f in everything), found.early, max(f.early for f in everything)),
    }
    print(f"  early codes {found.early:.2f}, all {found.overall:.3f}")
    for item, (share, half) in found.by_item.items():
        tops, halves = zip(*(f.by_item.get(item, (f.overall, 0.0)) for f in folds), strict=True)
        values[item, "tuned_share"] = (min(tops), share, max(tops))
        values[item, "tuned_half_params"] = (min(halves), half, max(halves))
        print(f"  {item:<10} {share:.3f} {half:.3g}", [(c.name, round(c.share, 2)) for c in cases if c.item == item])
    for parameter in ("tuned_share", "tuned_half_params"):
        values["default", parameter] = values[CURRENT, parameter]
    logs = np.array([math.log(f.share(c) / c.share) for c, f in zip(cases, folds, strict=True)])
    summary("device-hours, run left out", -logs)
    low, high = interval(logs)
    power = catalog.figure(TABLE, "residual.power")
    down, up = math.hypot(math.log(low), math.log(power.low)), math.hypot(math.log(high), math.log(power.high))
    values["residual", "device_hours"] = (low, 1.0, high)
    values["residual", "energy"] = (math.exp(-down), 1.0, math.exp(up))
    print(f"  residual of hours, measured over predicted: {low:.2f} .. {high:.2f}")
    return values


def main() -> None:
    folder, save = Path(sys.argv[1]), "--write" in sys.argv
    start = time.perf_counter()
    catalog = load_catalog()
    steps = fit_steps(folder, catalog)
    runs = fit_runs(folder, catalog.with_overrides(overrides(steps, catalog)))
    if save:
        write(steps, STEP_SOURCE)
        write(runs, RUN_SOURCE)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
