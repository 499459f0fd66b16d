"""Measured rows as the fit of the serving coefficients sees them.

In: rows of inference_energy.csv and inference_serving.csv. Out: `FitData`, the model family of a row.
Leaves out: the fit (serving_fit) and rows without a batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from wattscale.catalog import Catalog
from wattscale.compute.roofline import DeviceRates, StepWork
from wattscale.errors import WattscaleError
from wattscale.units import FloatArray
from wattscale.validation import inference, serving
from wattscale.validation.scoring import Rows
from wattscale.validation.served_rows import Models, RowBatch, ServedRow, batch_rows, cell

Mask = npt.NDArray[np.bool_]
Arrays = TypeVar("Arrays", StepWork, DeviceRates)


@dataclass(frozen=True)
class FitData:
    """Measured rows as the fit sees them; arrays of shape (rows,)."""

    served: tuple[ServedRow, ...]
    batch: RowBatch
    step_s: FloatArray
    """Measured mean step [s]."""
    power_share: FloatArray
    """Measured power over the design power, NaN where not measured [1]."""
    first_s: FloatArray
    """Measured time to first token [s], NaN where not measured."""
    loops: tuple[serving.LoopRow | None, ...]


def energy_data(rows: Rows, catalog: Catalog) -> FitData:
    """Take the rows of inference_energy.csv with a running batch and device power.

    Args:
        rows: Rows.
        catalog: The catalogue.
    """
    models = Models(catalog)
    served, step, power = [], [], []
    for i, row in enumerate(rows):
        speed, watts = cell(row, "output_tokens_per_s"), cell(row, "avg_power_W")
        if row.get("measurement_scope", "").startswith(inference.WALL) or speed is None or watts is None:
            continue
        try:
            r = inference.served_row(i, row, catalog, models)
        except WattscaleError:
            continue
        served.append(r)
        step.append(r.sequences / speed)
        power.append(watts / r.layout.devices / r.accelerator.tdp_w)
    blank = np.full(len(served), np.nan)
    return FitData(
        tuple(served), batch_rows(served, catalog), np.array(step), np.array(power), blank,
        (None,) * len(served),
    )  # fmt: skip


def latency_data(rows: Rows, catalog: Catalog) -> FitData:
    """Take the rows of inference_serving.csv with both latencies.

    Args:
        rows: Rows.
        catalog: The catalogue.
    """
    models = Models(catalog)
    loops, step, first = [], [], []
    for i, row in enumerate(rows):
        tpot, ttft = cell(row, "tpot_ms"), cell(row, "ttft_ms")
        if tpot is None or ttft is None:
            continue
        try:
            loops.append(serving.loop_row(i, row, catalog, models))
        except WattscaleError:
            continue
        step.append(tpot / 1e3)
        first.append(ttft / 1e3)
    served = [r.served for r in loops]
    blank = np.full(len(served), np.nan)
    return FitData(tuple(served), batch_rows(served, catalog), np.array(step), blank, np.array(first), tuple(loops))


def keep(data: FitData, chosen: Mask) -> FitData:
    """Keep some rows of the data.

    Args:
        data: Rows.
        chosen: Which to keep, shape (rows,).
    """
    index = np.flatnonzero(chosen)
    b = data.batch
    batch = RowBatch(
        rows=tuple(b.rows[i] for i in index),
        decode=_cut(b.decode, chosen),
        mixed=_cut(b.mixed, chosen),
        prompt=_cut(b.prompt, chosen),
        mixed_share=b.mixed_share[chosen],
        device=_cut(b.device, chosen),
        tdp_w=b.tdp_w[chosen],
    )
    return FitData(
        served=batch.rows,
        batch=batch,
        step_s=data.step_s[chosen],
        power_share=data.power_share[chosen],
        first_s=data.first_s[chosen],
        loops=tuple(data.loops[i] for i in index),
    )


def _cut(thing: Arrays, chosen: Mask) -> Arrays:
    return type(thing)(**{f.name: np.asarray(getattr(thing, f.name))[chosen] for f in fields(thing)})


def fold_groups(names: Sequence[Sequence[str]], folds: int) -> list[set[str]]:
    """Deal the model families into groups that leave the fit together, those with most rows into different groups.

    Args:
        names: Model family of each row, per file.
        folds: Groups [1].

    Returns:
        Families of each group.

    >>> fold_groups([["a", "b", "c", "c"], ["b"]], 2) == [{"b", "a"}, {"c"}]
    True
    """
    rows = Counter(name for group in names for name in group)
    ordered = sorted(rows, key=lambda n: (-rows[n], n))
    return [set(ordered[i::folds]) for i in range(folds)]


def family(name: str) -> str:
    """Name the model of a row without maker, tuning and precision, so that siblings leave the fit together.

    >>> family("meta-llama/Llama-3.3-70B-Instruct"), family("nvidia/Qwen3-32B-NVFP4")
    ('llama70b', 'qwen32b')
    """
    words = name.lower().split("/")[-1].replace("_", "-").split("-")
    dress = {"meta", "instruct", "fp8", "nvfp4", "hf", "it", "chat", "thinking", "coder", "2507", "v0.1", "v0.3"}
    kept = "".join(w for w in words if w not in dress)
    return "".join(c for c in kept.replace("3.1", "").replace("3.3", "").replace("qwen3", "qwen") if c.isalnum())
