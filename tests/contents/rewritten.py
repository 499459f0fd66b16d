"""Files that a scenario can name, each in two contents of the same size, and how to write one over the other."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

HOURS = pd.date_range("2023-01-01", "2023-12-31 23:00", freq="h")
SMALL = {
    "workload": {"model": "Llama-3.1-8B", "training": {"tokens": 0}, "serving": {"requests_per_day": 5e7}},
    "site": {"name": "us_dallas"},
    "economics": {"risk_paths": 0},
}
"""A plan of one small model served from the grid."""


def prices(second: bool) -> bytes:
    return _hourly("price_usd_per_mwh", "90.00" if second else "50.00")


def carbon(second: bool) -> bytes:
    return _hourly("ci_direct_g_per_kwh", "400.0" if second else "300.0")


def _hourly(column: str, value: str) -> bytes:
    return "\n".join([f"time_utc,{column}", *(f"{t:%Y-%m-%d %H:%M},{value}" for t in HOURS), ""]).encode()


def weather(second: bool) -> bytes:
    """An Open-Meteo answer without sun, which the plan takes from the monthly normals."""
    day = [float(10 + abs(hour - 14)) for hour in range(24)]
    columns = {
        "temperature_2m": [30.0 if second else 20.0] * len(HOURS),
        "dew_point_2m": [5.0] * len(HOURS),
        "surface_pressure": [1000.0] * len(HOURS),
        "wind_speed_10m": day * 365,
        "time": [f"{t:%Y-%m-%dT%H:%M}" for t in HOURS],
    }
    answer = {
        "latitude": 32.8, "longitude": -96.8, "elevation": 150.0, "utc_offset_seconds": 0, "hourly": columns,
        "hourly_units": {"temperature_2m": "°C", "wind_speed_10m": "m/s"},
    }  # fmt: skip
    return json.dumps(answer).encode()


def requests(second: bool) -> bytes:
    tokens = 400 if second else 200
    rows = [f"{t:%Y-%m-%d %H:%M:%S},500,{tokens}" for t in HOURS[:400]]
    return "\n".join(["TIMESTAMP,ContextTokens,GeneratedTokens", *rows, ""]).encode()


def model(second: bool) -> bytes:
    config = {
        "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 48 if second else 32,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256,
        "max_position_embeddings": 8192,
    }  # fmt: skip
    return json.dumps(config).encode()


def sectors(second: bool) -> bytes:
    """Coefficients of a table of two sectors, as pymrio writes them."""
    head = "region\t\tR\tR\nsector\t\tfarm\tplant\nregion\tsector\t\t\n"
    return f"{head}R\tfarm\t0.2\t0.1\nR\tplant\t0.3\t{'0.5' if second else '0.4'}\n".encode()


def economy(folder: Path) -> Path:
    """Write the rest of an input-output table; its coefficients are `A.txt` beside it."""
    tables = {"": "A", "labour": "S", "income": "S"}
    for part, name in tables.items():
        (folder / part).mkdir(exist_ok=True)
        index = "2" if name == "A" else "1"
        files = {name: {"name": f"{name}.txt", "nr_index_col": index, "nr_header": "2"}}
        (folder / part / "file_parameters.json").write_text(json.dumps({"files": files}))
        if name == "S":
            rows = "region\tR\tR\nsector\tfarm\tplant\nkind\t\t\n" + ("Total" if part == "labour" else "Value Added")
            (folder / part / "S.txt").write_text(rows + "\t0.5\t0.5\n")
    return folder / "file_parameters.json"


IO = {
    "input_output_jobs": "labour/Total", "input_output_value_added": "income/Value Added",
    "input_output_sectors": {"facility": "R: plant"},
}  # fmt: skip
KINDS: Mapping[str, tuple[str, Callable[[bool], bytes], Mapping[str, Any], str]] = {
    "site.prices": ("prices.csv", prices, {}, "site.mean_price_usd_per_mwh"),
    "site.carbon": ("carbon.csv", carbon, {}, "impact.carbon_t_per_year"),
    "site.weather": ("weather.json", weather, {}, "site.mean_temp_c"),
    "workload.serving.log": ("log.csv", requests, {}, "workload.serving.output_tokens"),
    "workload.model": ("config.json", model, {}, "workload.params_total"),
    "impact.input_output": ("A.txt", sectors, IO, "impact.io_construction_job_years"),
}
"""File written, its two contents, further keys of its table, and a figure that must follow, by scenario key."""


def scenario_with(key: str, folder: Path) -> tuple[dict[str, Any], Path, Callable[[bool], bytes]]:
    """Give a scenario that names a file of this kind, the file, and what it can hold."""
    name, content, more, _ = KINDS[key]
    tables = json.loads(json.dumps(SMALL))
    named = economy(folder) if key == "impact.input_output" else folder / name
    *path, last = key.split(".")
    here = tables
    for part in path:
        here = here.setdefault(part, {})
    here |= {last: str(named), **more}
    return tables, folder / name, content


def rewrite(path: Path, content: bytes) -> None:
    """Write a file anew under the same path, size and time of change."""
    before = path.stat() if path.exists() else None
    path.write_bytes(content)
    if before is not None:
        assert path.stat().st_size == before.st_size
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
