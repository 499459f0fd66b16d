"""Broken inputs, each with the words its message must hold: field or file, and the remedy.

A case is (name, make): `make(folder)` prepares files and returns the arguments of the command line.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

Make = Callable[[Path], list[str]]

HEAD = "time_utc,price_usd_per_mwh"
SMALL_LOG = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.0,374,44\n"


def scenario(text: str) -> Make:
    def make(folder: Path) -> list[str]:
        path = folder / "scenario.toml"
        path.write_text(text, encoding="utf-8")
        return ["plan", str(path)]

    return make


def settings(*pairs: str) -> Make:
    return lambda folder: ["plan", *(part for pair in pairs for part in ("--set", pair))]


def with_file(key: str, name: str, content: str | bytes) -> Make:
    def make(folder: Path) -> list[str]:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return ["plan", "--set", f"{key}={path}"]

    return make


def hours(count: int, start: str = "2023-01-01") -> list[str]:
    first = dt.datetime.fromisoformat(start)
    return [(first + dt.timedelta(hours=h)).strftime("%Y-%m-%d %H:%M") for h in range(count)]


def price_file(change: Callable[[list[str]], list[str]]) -> Make:
    rows = [f"{stamp},{30 + i % 24}" for i, stamp in enumerate(hours(8760))]
    return with_file("site.prices", "prices.csv", "\n".join([HEAD, *change(rows)]) + "\n")


def epw(change: Callable[[list[str]], list[str]]) -> Make:
    header = [
        "LOCATION,Testville,VA,USA,TMY,999999,39.0,-77.5,-5.0,100.0",
        "DESIGN CONDITIONS,0",
        "TYPICAL/EXTREME PERIODS,0",
        "GROUND TEMPERATURES,0",
        "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
        "COMMENTS 1,made for a test",
        "COMMENTS 2,",
        "DATA PERIODS,1,1,Data,Sunday,1/1,12/31",
    ]
    rows = []
    for hour in range(8760):
        day = dt.date(2001, 1, 1) + dt.timedelta(days=hour // 24)
        cells = ["2001", str(day.month), str(day.day), str(hour % 24 + 1), "60", "?9"]
        cells += ["12.0", "6.0", "66", "101325", "0", "1415", "300", "100", "50", "60"]
        cells += ["0"] * 4 + [
            "180",
            "3.0",
            "5",
            "5",
            "20",
            "77777",
            "9",
            "999999999",
            "10",
            "0.1",
            "0",
            "88",
            "0",
            "0",
            "0",
        ]
        rows.append(",".join(cells))
    return with_file("site.weather", "weather.epw", "\n".join([*header, *change(rows)]) + "\n")


def replaced(rows: list[str], index: int, row: str) -> list[str]:
    return [*rows[:index], row, *rows[index + 1 :]]


def config(content: str) -> Make:
    return with_file("workload.model", "config.json", content)


CASES: dict[str, tuple[Make, tuple[str, ...]]] = {
    "missing scenario file": (lambda f: ["plan", str(f / "none.toml")], ("none.toml", "no such file")),
    "folder as scenario": (lambda f: ["plan", str(f)], ("is a folder",)),
    "TOML syntax error": (scenario("[supply\nconnection_mw = 3"), ("scenario.toml", "line 1")),
    "scenario not in UTF-8": (
        lambda f: [(f / "s.toml").write_bytes(b'name = "caf\xe9"') and "plan", str(f / "s.toml")],
        ("s.toml", "UTF-8"),
    ),
    "unknown table": (scenario("[suply]\nconnection_mw = 3"), ("suply", "unknown key", "supply")),
    "unknown key": (scenario("[supply]\nconection_mw = 3"), ("supply.conection_mw", "connection_mw")),
    "wrong type": (settings("supply.connection_mw=much"), ("supply.connection_mw", "must be a number")),
    "negative power": (settings("supply.connection_mw=-3"), ("supply.connection_mw", "-3", ">= 0")),
    "not a number": (settings("supply.connection_mw=nan"), ("supply.connection_mw", "finite")),
    "infinite": (settings("workload.training.tokens=inf"), ("workload.training.tokens",)),
    "unknown cooling": (settings("facility.cooling=chiler"), ("facility.cooling", "chiller")),
    "unknown accelerator": (settings("compute.accelerator=H1000"), ("compute.accelerator", "H100")),
    "unknown model": (settings("workload.model=Llama-3.1-450B"), ("workload.model", "Llama-3.1-405B")),
    "unknown site": (settings("site.name=us_nowa"), ("site.name", "us_nova")),
    "unknown technology": (settings('supply.technologies=["grid","sollar"]'), ("supply.technologies", "solar")),
    "unknown preset": (scenario('preset = "first-campuss"'), ("preset", "first-campus")),
    "range out of order": (
        settings("supply.connection_mw={low=5,mode=3,high=9}"),
        ("supply.connection_mw", "low <= mode <= high"),
    ),
    "range without a mode": (settings("supply.connection_mw={low=5,high=9}"), ("supply.connection_mw", "mode")),
    "devices and days": (
        settings("workload.training.devices=4096", "workload.training.days=90"),
        ("workload.training.devices", "days"),
    ),
    "neither devices nor days": (
        scenario('preset = "none"\n[workload.training]\ntokens = 1e12'),
        ("workload.training.devices", "days"),
    ),
    "nothing to do": (
        settings("workload.training.tokens=0", "workload.serving.requests_per_day=0"),
        ("workload.training.tokens", "requests_per_day"),
    ),
    "latitude alone": (settings("site.latitude=45"), ("site.longitude",)),
    "latitude too large": (settings("site.latitude=95", "site.longitude=5"), ("site.latitude", "<= 90")),
    "missing weather file": (settings("site.weather=none.epw"), ("site.weather", "no such file")),
    "weather file of another kind": (
        with_file("site.weather", "w.epw", "this is not weather\n" * 20),
        ("w.epw",),
    ),
    "weather with a missing value": (
        epw(lambda rows: replaced(rows, 100, rows[100].replace(",12.0,", ",99.9,"))),
        ("weather.epw",),
    ),
    "weather with a gap": (epw(lambda rows: rows[:500] + rows[524:]), ("weather.epw", "8736")),
    "price file one hour short": (price_file(lambda rows: rows[:-1]), ("prices.csv", "8759")),
    "price file with an empty value": (
        price_file(lambda rows: replaced(rows, 7, rows[7].split(",")[0] + ",")),
        ("prices.csv",),
    ),
    "price file with an hour twice": (price_file(lambda rows: replaced(rows, 8, rows[7])), ("prices.csv",)),
    "price file without its column": (
        with_file("site.prices", "prices.csv", "time_utc,price\n2023-01-01 00:00,3\n"),
        ("prices.csv", "price_usd_per_mwh"),
    ),
    "carbon file below zero": (
        with_file(
            "site.carbon",
            "carbon.csv",
            "time_utc,ci_direct_g_per_kwh\n" + "\n".join(f"{s},-5" for s in hours(8760)) + "\n",
        ),
        ("carbon.csv",),
    ),
    "carbon file empty": (with_file("site.carbon", "carbon.csv", ""), ("carbon.csv",)),
    "corrupt config.json": (config('{"model_type": "llama", '), ("config.json",)),
    "config.json without sizes": (config(json.dumps({"model_type": "llama"})), ("config.json",)),
    "config.json that is a list": (config("[1, 2]"), ("config.json",)),
    "model too large for the devices": (
        settings("workload.training.devices=8"),
        ("workload.training.devices",),
    ),
    "model too large for the replica": (
        settings("workload.serving.tensor_parallel=1"),
        ("workload.serving.tensor_parallel",),
    ),
    "time per token below the floor": (settings("workload.serving.tpot_ms=0.01"), ("workload.serving.tpot_ms",)),
    "time to first token below the floor": (settings("workload.serving.ttft_s=0.0001"), ("workload.serving.ttft_s",)),
    "precision the chip has not": (
        settings("workload.training.precision=fp4"),
        ("workload.training.precision", "bf16"),
    ),
    "carbon cap out of reach": (
        settings("supply.carbon_cap_kg_per_mwh=1"),
        ("supply.carbon_cap_kg_per_mwh",),
    ),
    "carbon-free share out of reach": (settings("supply.cfe_hourly_share=1"), ("supply.cfe_hourly_share",)),
    "connection too small": (settings("supply.connection_mw=1"), ("supply.connection_mw",)),
    "request log without its columns": (
        with_file("workload.serving.log", "log.csv", "time,in,out\n1,2,3\n"),
        ("log.csv", "TIMESTAMP"),
    ),
    "request log without rows": (
        with_file("workload.serving.log", "log.csv", SMALL_LOG.splitlines()[0] + "\n"),
        ("log.csv",),
    ),
    "corrupt request log": (with_file("workload.serving.log", "log.parquet", b"PAR1 nonsense"), ("log.parquet",)),
    "unknown figure of the catalogue": (
        settings('catalog."accelerators/H100-SXM5-80GB.tdp_watt"=3'),
        ("catalog", "tdp_w"),
    ),
    "malformed setting": (lambda f: ["plan", "--set", "supply.connection_mw"], ("--set", "key=value")),
    "unknown figure to solve for": (
        lambda f: ["solve", "--vary", "supply.connection_mw", "--until", "facility.peek_mw=3"],
        ("--until", "facility.peak_mw"),
    ),
    "field that cannot be varied": (
        lambda f: ["solve", "--vary", "facility.cooling", "--until", "facility.peak_mw=3"],
        ("facility.cooling", "not a number"),
    ),
    "figure that cannot be reached": (
        lambda f: ["solve", "--vary", "site.seed", "--until", "workload.params_total=3"],
        ("does not reach",),
    ),
    "comparison of one": (lambda f: ["compare", "examples/01_first_campus.toml"], ("two",)),
    "output folder is a file": (
        lambda f: [(f / "out").write_text("x") and "plan", "--out", str(f / "out")],
        ("--out", "is a file"),
    ),
    "unknown command": (lambda f: ["plann"], ("plann",)),
    "unknown option": (lambda f: ["plan", "--jsn"], ("--jsn",)),
    "unknown kind of validation": (
        lambda f: ["validate", "puee", "--data", "x.csv"],
        ("puee", "pue"),
    ),
    "unknown stage to explain": (lambda f: ["explain", "facilty"], ("facilty", "facility")),
    "result file of no known kind": (
        lambda f: [(f / "r.json").write_text('{"a": 1}') and "measure", "--read", str(f / "r.json")],
        ("r.json", "vllm bench serve"),
    ),
    "list of batches that is none": (lambda f: ["measure", "--batch", "many"], ("--batch", "1,8,32")),
    "measure without a server": (
        lambda f: ["measure", "--server", "http://127.0.0.1:9", "--speed-only", "--batch", "1"],
        ("--server", "127.0.0.1:9"),
    ),
    "calibration of rows without a device": (
        lambda f: [
            (f / "m.csv").write_text("model,avg_power_W,output_tokens_per_s\nLlama-3.1-8B,400,900\n") and "calibrate",
            str(f / "m.csv"),
        ],
        ("gpu_model", "--accelerator"),
    ),
    "unknown table to look at": (lambda f: ["catalog", "acelerators"], ("acelerators", "accelerators")),
}
