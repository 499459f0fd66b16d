"""Fit the chiller curves of table `chillers` to published COP points.

Run: python benchmarks/fit_chillers.py chiller_cop_points.csv
Prints the rows of `src/wattscale/catalog/chillers.csv`; low and high are 90 % bootstrap intervals.
"""

from __future__ import annotations

import csv
import sys

import numpy as np

CHILLED_WATER_C = 6.7
EVAPORATOR_APPROACH_K = 2.0
WATER_RANGE_AND_APPROACH_K = 7.56
AIR_APPROACH_K = 12.0
KELVIN = 273.15
SOURCE = "benchmarks/fit_chillers.py on 133 COP points of Lei & Masanet 2022 (Data-Center-Water-footprint)"


def quality_fit(points: np.ndarray, above_k: float) -> np.ndarray:
    """Least relative squares of COP = (c0 + c1 x + c2 x2 + c3 lift/30) Te / lift."""
    temp, load, cop = points.T
    te = CHILLED_WATER_C - EVAPORATOR_APPROACH_K + KELVIN
    lift = temp + above_k + KELVIN - te
    terms = np.c_[np.ones_like(load), load, load**2, lift / 30.0] * (te / lift)[:, None] / cop[:, None]
    return np.linalg.lstsq(terms, np.ones_like(cop), rcond=None)[0]


def dx_fit(points: np.ndarray) -> np.ndarray:
    """Exponential fall above the flat part of the curve."""
    temp, cop = points[:, 0], points[:, 1]
    falling = cop < cop.max() - 1e-3
    slope, level = np.polyfit(temp[falling], np.log(cop[falling]), 1)
    return np.array([np.exp(level), -slope])


def bootstrap(points: np.ndarray, fit, draws: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    found = np.array([fit(points[rng.integers(0, len(points), len(points))]) for _ in range(draws)])
    return fit(points), *np.quantile(found, [0.05, 0.95], axis=0)


def main(path: str) -> None:
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))

    def points(kind: str, *columns: str) -> np.ndarray:
        return np.array([[float(r[c]) for c in columns] for r in rows if r["equipment"].startswith(kind)])

    water = points("water", "temp_c", "part_load_ratio", "cop")
    air = points("air", "temp_c", "part_load_ratio", "cop")
    dx = points("DX", "temp_c", "cop")
    names = ("constant", "load", "load2", "lift")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    for kind, data, above in (("water", water, WATER_RANGE_AND_APPROACH_K), ("air", air, AIR_APPROACH_K)):
        best, low, high = bootstrap(data, lambda p, above=above: quality_fit(p, above))
        for name, b, lo, hi in zip(names, best, low, high, strict=True):
            writer.writerow(
                ["fit", f"{kind}_{name}", "1", f"{lo:.4f}", f"{b:.4f}", f"{hi:.4f}", 2022, SOURCE, "estimated"]
            )
    best, low, high = bootstrap(dx, dx_fit)
    for name, unit, b, lo, hi in zip(("dx_cop_0c", "dx_fall"), ("1", "1/K"), best, low, high, strict=True):
        writer.writerow(["fit", name, unit, f"{lo:.4f}", f"{b:.4f}", f"{hi:.4f}", 2022, SOURCE, "estimated"])


if __name__ == "__main__":
    main(sys.argv[1])
