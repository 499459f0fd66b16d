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
    " MosaicML llm-foundry (2019-2024) and MLPerf Training v4.0-v5.0; range over folds that leave out one model"
)
RUN_SOURCE = (
    "benchmarks/fit_training.py on published training runs (2019-2025); range over folds that leave out one run"
)
COVER = 0.8
"""Share of rows that the interval is to cover."""
Values = dict[tuple[str, str], tuple[float, float, float]]


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def summary(title: str, logs: np.ndarray) -> None:
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
    steps = [training_steps.step_case(row, catalog) for row in read(folder, training_steps.FILE)]
    known = [case for case in steps if isinstance(case, Case) and not math.isnan(case.seconds)]
    fit = StepFit([*known, *mlperf.run_cases(read(folder, mlperf.FILE), catalog).values()], catalog)
    x = fit.fit()
    held, folds = held_out(fit, x)
    logs, n = fit.residuals(x), len(known)
    summary("training steps, fitted", logs[:n])
    summary("MLPerf configurations, fitted", logs[n:])
    summary("training steps, model left out", held[:n])
    summary("MLPerf configurations, left out", held[n:])
    values: Values = {}
    for i, (name, value) in enumerate(zip(fit.names, x, strict=True)):
        low, high = float(folds[:, i].min()), float(folds[:, i].max())
        values[name] = (low, float(value), high)
        print(f"  {name[0]:<10}{name[1]:<22}{value:10.4g}   {low:.4g} .. {high:.4g}")
    for (to, parameter), source in SAME_AS.items():
        values[to, parameter] = values[source, parameter]
    low, high = interval(-held)
    values["residual", "step_time"] = (low, 1.0, high)
    print(f"  residual, measured over predicted: {low:.3f} .. {high:.3f}")
    for case, log in zip(fit.cases, held, strict=True):
        if abs(log) > 0.15:
            print(f"    {case.group:<46} {math.expm1(log):+.2f}")
    return values


def fit_runs(folder: Path, catalog: Catalog) -> Values:
    cases = training.run_cases(read(folder, training.FILE), catalog)
    found, folds = fit_tuned(cases), folds_of(cases)
    everything = [*folds, found]
    values: Values = {
        ("default", "tuned_share"): (min(c.share for c in cases), found.overall, max(c.share for c in cases)),
        ("default", "tuned_half_params"): (0.0, 0.0, 0.0),
        ("run", "early_share"): (min(f.early for f in everything), found.early, max(f.early for f in everything)),
    }
    print(f"  early codes {found.early:.2f}, all {found.overall:.3f}")
    for item, (share, half) in found.by_item.items():
        tops, halves = zip(*(f.by_item.get(item, (f.overall, 0.0)) for f in folds), strict=True)
        values[item, "tuned_share"] = (min(tops), share, max(tops))
        values[item, "tuned_half_params"] = (min(halves), half, max(halves))
        print(f"  {item:<10} {share:.3f} {half:.3g}", [(c.name, round(c.share, 2)) for c in cases if c.item == item])
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
    fitted = {f"{TABLE}/{item}.{parameter}": value[1] for (item, parameter), value in steps.items()}
    known = {key: value for key, value in fitted.items() if catalog.has_figure(TABLE, key.partition("/")[2])}
    runs = fit_runs(folder, catalog.with_overrides(known))
    if save:
        write(steps, STEP_SOURCE)
        write(runs, RUN_SOURCE)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
