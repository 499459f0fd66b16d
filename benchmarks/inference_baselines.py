"""Predict the same measured rows of inference energy by what people use today and by this model, in one table.

    python benchmarks/inference_baselines.py DATA_FOLDER [--cross-validate]

Baselines, all from the inputs of a row alone unless said otherwise: EcoLogits' own functions (pip install ecologits)
with the true batch and number of devices, and with its defaults (batch 64, devices from the size); design power times
the time of a plain roofline; design power times the time of this model; design power over the *measured* speed (an
oracle of time).
Without --cross-validate our coefficients have seen the rows; with it, never the model of the row.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from ecologits.impacts import llm as ecologits
from scipy import stats

from wattscale.catalog import load_catalog
from wattscale.errors import WattscaleError
from wattscale.units import FloatArray
from wattscale.validation import inference
from wattscale.validation.served_rows import Models, ServedRow
from wattscale.workload.architecture import (
    forward_flops,
    kv_read_bytes,
    params_active,
    params_total,
    weight_bytes_touched,
)
from wattscale.workload.precision import bytes_per_element

JOULES_PER_KWH = 3.6e6
Answer = tuple[float, float]
"""Energy per output token [J], output tokens per second."""
ENERGY, POWER, SPEED = inference.TARGETS


def roofline_speed(r: ServedRow) -> float:
    """Output tokens per second if memory and tensor units ran at their data sheet, and nothing else took time."""
    context = r.input_tokens + r.output_tokens / 2.0
    element = bytes_per_element(r.formats.weights)
    expert = bytes_per_element(r.formats.expert_weights or r.formats.weights)
    moved = weight_bytes_touched(r.arch, r.sequences, element, expert)
    moved += r.sequences * kv_read_bytes(r.arch, context, 2.0)
    memory_s = moved / r.accelerator.memory_bytes_per_s
    compute_s = r.sequences * forward_flops(r.arch, context) / r.accelerator.peak(r.formats.compute)
    return r.sequences * r.layout.devices / max(memory_s, compute_s)


def ecologits_answer(r: ServedRow, batch: float, devices: int) -> Answer:
    active = params_active(r.arch) / 1e9
    kwh = ecologits.gpu_energy(
        active, 1.0, batch, ecologits.GPU_ENERGY_ALPHA, ecologits.GPU_ENERGY_BETA, ecologits.GPU_ENERGY_GAMMA
    )
    latency = ecologits.generation_latency(
        active, 1.0, batch, ecologits.LATENCY_ALPHA, ecologits.LATENCY_BETA, ecologits.LATENCY_GAMMA, float("inf")
    )
    return devices * kwh * JOULES_PER_KWH, batch / latency


def ecologits_defaults(r: ServedRow, _: Mapping[str, str]) -> Answer:
    memory = ecologits.model_required_memory(params_total(r.arch) / 1e9, ecologits.MODEL_QUANTIZATION_BITS)
    devices = ecologits.gpu_required_count(memory, ecologits.GPU_MEMORY)
    return ecologits_answer(r, ecologits.BATCH_SIZE, devices)


def design_power(speed: Callable[[ServedRow, Mapping[str, str]], float]) -> Callable[..., Answer]:
    def answer(r: ServedRow, row: Mapping[str, str]) -> Answer:
        found = speed(r, row)
        return r.layout.devices * r.accelerator.tdp_w / found, found

    return answer


def cells(predicted: FloatArray, measured: FloatArray) -> str:
    known = np.isfinite(measured) & (measured > 0)
    error = np.abs(predicted[known] / measured[known] - 1.0)
    rank = stats.spearmanr(predicted[known], measured[known]).statistic
    return f"{np.median(error):>9.1%}{np.quantile(error, 0.9):>9.1%}{rank:>7.3f} |"


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--cross-validate", action="store_true")
    options = asked.parse_args()
    catalog = load_catalog()
    with (options.folder / inference.FILE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    predict = inference.cross_validate if options.cross_validate else inference.predict
    ours = {p.row: p.predicted for p in predict(rows, catalog, options.folder)[0]}
    models, kept = Models(catalog), []
    for i, row in enumerate(rows):
        try:
            if i in ours and not row["measurement_scope"].startswith(inference.WALL):
                kept.append(inference.served_row(i, row, catalog, models))
        except WattscaleError:
            continue
    methods: dict[str, Callable[..., Answer]] = {
        "EcoLogits, true batch and devices": lambda r, _: ecologits_answer(r, r.sequences, r.layout.devices),
        "EcoLogits, defaults": ecologits_defaults,
        "plain roofline x design power": design_power(lambda r, _: roofline_speed(r)),
        "our time x design power": design_power(lambda r, _: ours[r.row][SPEED]),
        "measured time x design power (oracle)": design_power(lambda r, row: float(row[SPEED] or "nan")),
        "this model": lambda r, _: (ours[r.row][ENERGY], ours[r.row][SPEED]),
    }
    measured = {t: np.array([float(rows[r.row][t] or "nan") for r in kept]) for t in inference.TARGETS}
    how = "model of the row left out" if options.cross_validate else "fitted"
    print(f"{len(kept)} rows of {inference.FILE} at the devices; ours: {how}")
    titles = "".join(f"{title:>25} |" for title in ("J per output token", "mean power", "output tokens/s"))
    print(f"{'':<40}{titles}\n{'':<40}" + (f"{'median':>9}{'p90':>9}{'rank':>7} |" * 3))
    for name, answer in methods.items():
        found = np.array([answer(r, rows[r.row]) for r in kept])
        power = np.array([ours[r.row][POWER] for r in kept]) if name == "this model" else found[:, 0] * found[:, 1]
        oracle = "oracle" in name
        speed = f"{'given':>25} |" if oracle else cells(found[:, 1], measured[SPEED])
        known = np.isfinite(power)
        shown = cells(np.where(known, power, 1.0), np.where(known, measured[POWER], np.nan))
        energy = cells(np.where(known, found[:, 0], 1.0), np.where(known, measured[ENERGY], np.nan))
        print(f"{name:<40}{energy}{shown}{speed}")


if __name__ == "__main__":
    main()
