"""Fit the serving and power coefficients to measured rows and write them to the catalogue.

    python benchmarks/fit_serving.py FOLDER [--write] [--folds 10]

FOLDER holds inference_energy.csv, inference_serving.csv and, for the spread of planned systems alone,
inference_throughput.csv. Prints the errors on models that the fit has not seen; with --write it replaces the fitted
rows of serving_coefficients.csv and power_coefficients.csv.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog, load_catalog
from wattscale.validation import read_rows, throughput
from wattscale.validation import serving_data as data
from wattscale.validation import serving_fit as fit

CATALOG = Path(__file__).resolve().parents[1] / "src" / "wattscale" / "catalog"
SOURCE = "benchmarks/fit_serving.py on ML.ENERGY v1-v3 and InferenceX rows (inference_energy, inference_serving)"
PLANNED_SOURCE = (
    "benchmarks/fit_serving.py on MLPerf Inference v4.1 and v5.1 (inference_throughput), no row of which is fitted"
)
TARGETS = ("joules_per_token", "power", "tokens_per_s", "tpot", "ttft")


def intervals(full: dict[str, float], fits: tuple[dict[str, float], ...]) -> dict[str, tuple[float, float]]:
    """Widest values over the folds: how far a coefficient moves when some models are left out."""
    found = {}
    for key, value in full.items():
        seen = [value, *(f[key] for f in fits if key in f)]
        found[key] = (min(seen), max(seen))
    return found


def write(
    catalog: Catalog, full: dict[str, float], ranges: dict[str, tuple[float, float]], ratios: dict[str, np.ndarray]
) -> None:
    """Replace the fitted rows of both tables."""
    for table in ("serving_coefficients", "power_coefficients"):
        path = CATALOG / f"{table}.csv"
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        for row in rows:
            key = f"{table}/{row['item']}.{row['parameter']}"
            if key in full:
                low, high = ranges[key]
                row |= {"low": f"{low:.4g}", "value": f"{full[key]:.4g}", "high": f"{high:.4g}", "source": SOURCE}
                row |= {"confidence": "estimated", "note": "fitted; range over fits that leave models out"}
            if row["item"] == "residual" and row["parameter"] in ratios:
                low, mid, high = np.quantile(ratios[row["parameter"]], [0.1, 0.5, 0.9])
                row |= {"low": f"{low:.4g}", "value": f"{mid:.4g}", "high": f"{high:.4g}", "source": SOURCE}
                row |= {"note": "measured over predicted, models not seen by the fit: 10th, 50th, 90th percentile"}
        rows += _missing(table, rows, full, ranges)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _missing(
    table: str, rows: list[dict[str, str]], full: dict[str, float], ranges: dict[str, tuple[float, float]]
) -> list[dict[str, str]]:
    """Rows of fitted coefficients that the table has not yet, with the unit of their common value."""
    known = {f"{table}/{row['item']}.{row['parameter']}" for row in rows}
    units = {row["parameter"]: row["unit"] for row in rows if row["item"] == "default"}
    found = []
    for key in full:
        if key.startswith(f"{table}/") and key not in known:
            item, name = key.removeprefix(f"{table}/").rsplit(".", 1)
            low, high = ranges[key]
            found.append(
                {"item": item, "parameter": name, "unit": units[name], "low": f"{low:.4g}"}
                | {"value": f"{full[key]:.4g}", "high": f"{high:.4g}", "year": rows[0]["year"], "source": SOURCE}
                | {"confidence": "estimated", "note": "fitted; range over fits that leave models out"}
            )
    return found


def planned_ratios(folder: Path, catalog: Catalog) -> dict[str, np.ndarray]:
    """Measured over predicted of systems planned from scratch (inference_throughput.csv); none of them is fitted."""
    rows = read_rows(folder / throughput.FILE)
    found, _ = throughput.predict(rows, catalog, folder)
    planned = [p for p in found if not rows[p.row].get("concurrency")]
    return {
        throughput.RESIDUALS[t]: np.array(
            [float(rows[p.row][t]) / p.predicted[t] for p in planned if rows[p.row].get(t)]
        )
        for t in throughput.TARGETS
    }


def write_planned(ratios: dict[str, np.ndarray]) -> None:
    """Replace the spread of planned systems, item `planned` of the table."""
    path = CATALOG / "serving_coefficients.csv"
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    rows = [r for r in rows if r["item"] != "planned"]
    for name, ratio in ratios.items():
        ends = (f"{v:.4g}" for v in np.quantile(ratio, [0.1, 0.5, 0.9]))
        low, mid, high = ends
        rows.append(
            {"item": "planned", "parameter": name, "unit": "1", "low": low, "value": mid, "high": high}
            | {"year": rows[0]["year"], "source": PLANNED_SOURCE, "confidence": "estimated"}
            | {"note": "measured over predicted of systems planned from scratch: 10th, 50th, 90th percentile"}
        )
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Fit, cross-validate, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--folds", type=int, default=10)
    asked = parser.parse_args()
    catalog, begun = load_catalog(), time.time()
    energy_rows = read_rows(asked.folder / "inference_energy.csv")
    latency_rows = read_rows(asked.folder / "inference_serving.csv")
    energy, latency = data.energy_data(energy_rows, catalog), data.latency_data(latency_rows, catalog)
    full = fit.fit_all(energy, latency, catalog)
    print(f"fitted {len(full)} coefficients to {len(energy.served)} + {len(latency.served)} rows", end="; ")
    print(f"{time.time() - begun:.0f} s")
    for key, value in full.items():
        print(f"  {key} = {value:.4g}")
    names = (
        [data.family(energy_rows[r.row]["model"]) for r in energy.served],
        [data.family(latency_rows[r.row]["model"]) for r in latency.served],
    )
    unseen = fit.cross_validate(energy, latency, names, catalog, asked.folds, full)
    print(f"models not seen by the fit ({asked.folds} folds, {time.time() - begun:.0f} s):")
    for target in TARGETS:
        error = np.abs(1.0 / unseen.ratios[target] - 1.0)
        bias = float(np.median(1.0 / unseen.ratios[target] - 1.0))
        print(
            f"  {target:18s} n {error.size:4d}  median {np.median(error):.3f}  p90 {np.quantile(error, 0.9):.3f}",
            end="",
        )
        print(f"  bias {bias:+.3f}")
    if asked.write:
        write(catalog, full, intervals(full, unseen.fits), unseen.ratios)
        write_planned(planned_ratios(asked.folder, load_catalog()))
        print("written to", CATALOG)


if __name__ == "__main__":
    main()
