"""Compare the training model with what planners use instead, on the same published rows, in one table.

    python benchmarks/training_baselines.py DATA_FOLDER

Baselines: a constant MFU (the median of the measured rows of the hardware, so a favourable one), the bare roofline
(peak FLOP/s, no losses), and design power times hours for energy.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from wattscale.catalog import load_catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.validation import mlperf, training, training_steps
from wattscale.validation.training_cases import cell, device, row_shape, usual_precision
from wattscale.validation.training_fit import Case

Pairs = list[tuple[str, float, float]]
"""Hardware, predicted, measured."""


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def line(title: str, pairs: Pairs) -> str:
    error = np.array([abs(p / m - 1.0) for _, p, m in pairs])
    return f"{title:<44}{len(pairs):>6}{np.median(error):>10.1%}{np.quantile(error, 0.9):>10.1%}"


def constant(ideal: Pairs) -> Pairs:
    """Divide ideal times by the median utilisation of the hardware."""
    by: dict[str, list[float]] = defaultdict(list)
    for hardware, best, measured in ideal:
        by[hardware].append(best / measured)
    return [(h, best / float(np.median(by[h])), m) for h, best, m in ideal]


def main() -> None:
    folder, catalog = Path(sys.argv[1]), load_catalog()
    print(f"{'predictor':<44}{'rows':>6}{'median':>10}{'p90':>10}")
    rows = read(folder, training_steps.FILE)
    ideal: Pairs = []
    for row in rows:
        case = training_steps.step_case(row, catalog)
        if isinstance(case, Case) and not math.isnan(case.seconds):
            flops = float(case.shape.model_flops) * float(case.shape.sequence_length) * case.batch
            best = flops / float(row["n_devices"]) / float(case.machine.peak_flops)
            ideal.append((row["accelerator"], best, case.seconds))
    found, _ = training_steps.cross_validate(rows, catalog)
    rates = {p.row: float(rows[p.row]["tflops_per_device"]) for p in found if rows[p.row]["tflops_per_device"]}
    ours = [("", p.predicted["tflops_per_device"], rates[p.row]) for p in found if p.row in rates]
    print(line("steps: bare roofline", ideal))
    print(line("steps: constant MFU of the hardware", constant(ideal)))
    print(line("steps: this model, model left out", ours))
    rows = read(folder, mlperf.FILE)
    ideal = []
    for row in rows:
        run = mlperf.row_run(row, catalog)
        if not isinstance(run, str) and row["tokens_per_s"]:
            _, shape, _, machine = run
            best = float(shape.model_flops) / float(row["n_accelerators"]) / float(machine.peak_flops)
            ideal.append((row["accelerator"], best, 1.0 / float(row["tokens_per_s"])))
    found, _ = mlperf.cross_validate(rows, catalog)
    measured = {p.row: float(rows[p.row]["tokens_per_s"]) for p in found if rows[p.row]["tokens_per_s"]}
    ours = [("", p.predicted["tokens_per_s"], measured[p.row]) for p in found if p.row in measured]
    print(line("MLPerf: bare roofline", ideal))
    print(line("MLPerf: constant MFU of the hardware", constant(ideal)))
    print(line("MLPerf: this model, model left out", ours))
    rows = read(folder, training.FILE)
    ideal = []
    for row in rows:
        chip, hours, tokens = device(row, "hardware", catalog), cell(row, "device_hours"), cell(row, "tokens_B")
        shape = row_shape(row, total="params_total_B", active="params_active_B")
        if chip and hours and tokens and shape:
            peak = chip.peak(usual_precision(chip))
            ideal.append((row["hardware"], float(shape.model_flops) * tokens * 1e9 / peak / 3600, hours))
    found, _ = training.cross_validate(rows, catalog)
    kept = [p for p in found if rows[p.row]["device_hours"] and "device_hours" in p.predicted]
    ours = [("", p.predicted["device_hours"], float(rows[p.row]["device_hours"])) for p in kept]
    print(line("device-hours: constant MFU of the hardware", constant(ideal)))
    print(line("device-hours: this model, run left out", ours))
    energy: dict[str, Pairs] = {"design power x measured hours x PUE": [], "this model, run left out": []}
    for p in found:
        row = rows[p.row]
        if "energy_MWh" not in p.predicted or not row["energy_MWh"] or not training.scored(row, "energy_MWh"):
            continue
        measured = float(row["energy_MWh"])
        energy["this model, run left out"].append(("", p.predicted["energy_MWh"], measured))
        if row["device_hours"]:
            tdp = load_accelerator(catalog, row["hardware"]).tdp_w
            pue = cell(row, "pue") or training.USUAL_PUE
            energy["design power x measured hours x PUE"].append(
                ("", float(row["device_hours"]) * tdp * pue / 1e6, measured)
            )
    for title, pairs in energy.items():
        print(line(f"energy: {title}", pairs))


if __name__ == "__main__":
    main()
