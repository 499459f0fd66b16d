"""Readers of other tools' result files: `vllm bench serve`, ML.ENERGY, CodeCarbon, and this package's own table.

In: a file, and facts that the file does not hold (device, precision ...). Out: rows of the measurement table.
Leaves out: time series of power; a file gives means.
Source: the tools' own documentation of their columns; ML.ENERGY as its data package names them (2026).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from wattscale.errors import InputError, clipped
from wattscale.measure.table import ALL_DEVICES, COLUMNS, Measurement, measurement
from wattscale.userfile import MIB, FileKind
from wattscale.usertext import csv_rows, parse_json, read_text

Record = Mapping[str, Any]
FIELD = "result file"
RESULTS = FileKind("a result file", (), 256 * MIB)
JOULES_PER_KWH = 3.6e6
MLENERGY = {
    "model": "model_id", "params_total_B": "total_params_billions", "params_active_B": "activated_params_billions",
    "arch": "architecture", "gpu_model": "gpu_model", "num_gpus": "num_gpus", "tp": "tensor_parallel",
    "dp": "data_parallel", "ep": "expert_parallel", "precision": "weight_precision", "task": "task",
    "max_num_seqs": "max_num_seqs", "avg_batch_size": "avg_batch_size", "avg_output_len": "avg_output_len",
    "output_tokens_per_s": "output_throughput_tokens_per_sec", "energy_per_token_J": "energy_per_token_joules",
    "energy_per_request_J": "energy_per_request_joules", "avg_power_W": "avg_power_watts",
    "itl_or_tpot_mean_ms": "mean_itl_ms",
}  # fmt: skip
"""Our column: the name in ML.ENERGY's run records (https://ml.energy/data)."""


def read_results(path: Path | str, facts: Mapping[str, str] | None = None) -> list[Measurement]:
    """Read a result file of another tool; its kind is known by its keys or columns.

    Args:
        path: `vllm bench serve --save-result` (JSON), ML.ENERGY run records (JSON or CSV), CodeCarbon's emissions.csv,
            or a table of `wattscale measure`.
        facts: Cells that the file does not hold, by column; they fill empty cells and never replace a measured one.

    Returns:
        One row per operating point.

    Raises:
        InputError: Missing, unreadable or empty file, or one of no known kind.
    """
    file = Path(path)
    records = list(_records(file))
    if not records:
        raise InputError("has no rows", where=str(file))
    kinds: tuple[tuple[str, Callable[[list[Record]], list[dict[str, Any]]]], ...] = (
        ("energy_per_token_joules", _mlenergy), ("mean_ttft_ms", _vllm), ("gpu_energy", _codecarbon),
        ("output_tokens_per_s", _own),
    )  # fmt: skip
    for key, read in kinds:
        if key in records[0]:
            rows = [{"source": file.name, **{k: v for k, v in cells.items() if v != ""}} for cells in read(records)]
            known = {k: v for k, v in (facts or {}).items() if v}
            return [measurement({**known, **_given(cells)}) for cells in rows]
    raise InputError(
        "is no result file that can be read",
        where=str(file),
        allowed="vllm bench serve JSON, ML.ENERGY JSON or CSV, CodeCarbon emissions.csv, a table of wattscale measure",
        hint=f"Its keys are {', '.join(clipped(k) for k in list(records[0])[:6])}",
    )


def _given(cells: Record) -> dict[str, Any]:
    """Drop what was not measured: empty cells, and the zeros that tools write for it."""
    return {k: v for k, v in cells.items() if v is not None and v != "" and v != 0 and v == v}


def _records(file: Path) -> Iterator[Record]:
    text = read_text(file, FIELD, RESULTS)
    if not text.lstrip().startswith(("{", "[")):
        yield from csv_rows(text, FIELD, str(file))
        return
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") and line.rstrip().endswith("}") for line in lines):
        parsed = [parse_json(line, FIELD, str(file), constants=True) for line in lines]
    else:
        parsed = parse_json(text, FIELD, str(file), constants=True)
    for found in parsed if isinstance(parsed, list) else [parsed]:
        if not isinstance(found, dict):
            raise InputError("is not a table of keys", where=str(file))
        outer = {k: v for k, v in found.items() if not isinstance(v, list | dict)}
        inner = found.get("configurations")
        yield from ({**outer, **one} for one in inner) if isinstance(inner, list) else [found]


def _own(records: list[Record]) -> list[dict[str, Any]]:
    return [{c: r[c] for c in COLUMNS if r.get(c)} for r in records]


def _mlenergy(records: list[Record]) -> list[dict[str, Any]]:
    rows = []
    for r in records:
        if str(r.get("is_stable", True)) == "False":
            continue
        cells = {ours: r.get(theirs) for ours, theirs in MLENERGY.items()}
        rows.append({**cells, "measurement_scope": ALL_DEVICES, "runtime": "vLLM", "source": "ML.ENERGY benchmark"})
    return rows


def _vllm(records: list[Record]) -> list[dict[str, Any]]:
    """Read `vllm bench serve`: speed and latencies; power is not in it.

    Keys that `--metadata KEY=VALUE` added under our column names are taken over.
    """
    rows = []
    for r in records:
        done = float(r.get("completed") or 0)
        cells: dict[str, Any] = {c: r[c] for c in COLUMNS if c in r}
        cells |= {
            "model": r.get("model_id"),
            "max_num_seqs": r.get("max_concurrency"),
            "output_tokens_per_s": r.get("output_throughput"),
            "itl_or_tpot_mean_ms": r.get("mean_tpot_ms"),
            "ttft_mean_ms": r.get("mean_ttft_ms"),
            "runtime": r.get("backend") or r.get("endpoint_type") or "vLLM",
        }
        if done:
            cells["avg_input_len"] = float(r.get("total_input_tokens") or 0) / done
            cells["avg_output_len"] = float(r.get("total_output_tokens") or 0) / done
        if "openai" in str(cells["runtime"]).lower():
            cells["runtime"] = "vLLM"
        rows.append(cells)
    return rows


def _codecarbon(records: list[Record]) -> list[dict[str, Any]]:
    """Read CodeCarbon's emissions.csv: mean power of the GPUs; it knows neither model nor tokens.

    Rows of one run hold totals since its start, so the last row of a run counts.
    """
    last = {str(r.get("run_id") or i): r for i, r in enumerate(records)}
    rows = []
    for r in last.values():
        seconds, energy = float(r.get("duration") or 0), float(r.get("gpu_energy") or 0)
        if seconds <= 0 or energy <= 0:
            raise InputError(
                "measured no GPU",
                where="emissions.csv: gpu_energy",
                value=r.get("gpu_energy"),
                hint="CodeCarbon reads GPUs through NVML; run it on the machine with the GPU",
            )
        count, _, name = str(r.get("gpu_model") or "").rpartition(" x ")
        cells = {"gpu_model": name or None, "num_gpus": r.get("gpu_count") or count or None}
        power = energy * JOULES_PER_KWH / seconds
        rows.append({**cells, "avg_power_W": power, "measurement_scope": ALL_DEVICES, "source": "CodeCarbon"})
    return rows


def joined(parts: list[list[Measurement]]) -> list[Measurement]:
    """Join files of the same runs, such as speed from one tool and power from another, row by row.

    Args:
        parts: Rows of each file; all of one length, and no cell measured twice with different values.

    Raises:
        InputError: The files have different numbers of rows.

    >>> speed, power = measurement({"output_tokens_per_s": 100}), measurement({"avg_power_W": 300})
    >>> joined([[speed], [power]])[0]["energy_per_token_J"]
    '3'
    """
    if len({len(part) for part in parts}) > 1:
        counts = ", ".join(str(len(part)) for part in parts)
        raise InputError("have different numbers of rows", where="--join", value=counts, hint="Give one run per file")
    rows = []
    for together in zip(*parts, strict=True):
        cells: dict[str, object] = {}
        for row in together:
            fixed = {k: v for k, v in row.items() if v and k not in row["derived_cells"].split(";")}
            cells |= {k: v for k, v in fixed.items() if k not in cells and k != "derived_cells"}
        rows.append(measurement(cells))
    return rows
