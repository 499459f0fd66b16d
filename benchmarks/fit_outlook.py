"""Checks the drivers of the outlook against published series, and prints the band it gives for each.

Usage: python benchmarks/fit_outlook.py FILE.csv

FILE.csv has the columns of the kind `outlook` (docs/reference/validation.md). Prints the trends that a few universal
drivers rest on (work per watt, tokens, price of fixed quality, excess of PUE) beside the range in the catalogue, then
coverage and width of the 80 % interval by series. Nothing is written: the ranges are judged from several sources, and
a file that is one of them must not set them alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from wattscale.catalog import load_catalog
from wattscale.validation import read_rows, validate


def slope(rows, series: str, metric: str = "", skip: float = 0.0) -> float:
    """Give the growth of a series in logs a year by least squares."""
    kept = [r for r in rows if r["series"] == series and r["mid"] and (not metric or r["metric"] == metric)]
    points = [(float(r["year"]), np.log(float(r["mid"]) - skip)) for r in kept if float(r["mid"]) > skip]
    years, logs = np.array(points).T
    return float(np.polyfit(years - years.mean(), logs, 1)[0])


def survey_slope(rows) -> float:
    """Give the yearly fall of the excess of the surveyed PUE over its floor."""
    kept = [r for r in rows if r["series"] == "pue" and "survey" in r["region"] and float(r["year"]) <= 2018]
    years = np.array([float(r["year"]) for r in kept])
    excess = np.log([float(r["mid"]) - 1.0 for r in kept])
    return float(np.polyfit(years - years.mean(), excess, 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    path = parser.parse_args().file
    rows, catalog = read_rows(path), load_catalog()
    print("trends in logs a year, and the driver they inform")
    trends = {
        "hardware.efficiency_growth": slope(rows, "accelerator_efficiency", "dense_fp16_per_tdp"),
        "demand.growth_start (history is steeper)": slope(rows, "tokens_google"),
    }
    for name, trend in trends.items():
        figure = catalog.figure("outlook_drivers", name.split()[0])
        print(f"  {name:<44}{trend:8.3f}   catalogue {figure.low} {figure.value} {figure.high}")
    print(f"  {'excess of surveyed PUE, to 2018':<44}{survey_slope(rows):8.3f}   flat since")
    found = validate("outlook", path)
    print(f"\n{found['n']} rows, {len(found['skipped'])} skipped; {found['metrics']['mid']}")
    for series, metrics in found["by_group"].items():
        m = metrics["mid"]
        if m["n"]:
            line = f"inside {m['inside_band']:5.2f}  width {m['band_ratio']:5.2f}  error {m['median_ape']:6.3f}"
            print(f"  {series:<28}{m['n']:4.0f}  {line}")


if __name__ == "__main__":
    main()
