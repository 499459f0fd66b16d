"""Measures studies: draws per second by workers, share of time by stage, places, kills, memory.

    python benchmarks/study.py draws [--cases 10000] [--workers 1 2] [--dask 2]
    python benchmarks/study.py sites [--workers 2] [--full]
    python benchmarks/study.py kills [--cases 500] [--kills 20]
    python benchmarks/study.py memory [--cases 100000]

Draws vary money alone, so no supply is solved anew. Run it on an otherwise idle machine; `load` is printed beside.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wattscale.scenario.load import load_scenario
from wattscale.study import runner
from wattscale.study.front import run_study
from wattscale.study.places import places_of
from wattscale.study.sites import rank_sites
from wattscale.study.store import Store
from wattscale.study.studyfile import load_study
from wattscale.study.summary import summary

MONEY = {
    "name": "Money",
    "method": "latin-hypercube",
    "axis": [
        {"key": "economics.price_per_mtok_usd", "low": 10.0, "high": 20.0, "distribution": "uniform"},
        {"key": "economics.accelerator_price_usd", "low": 20_000, "high": 40_000, "distribution": "lognormal"},
        {"key": "economics.accelerator_life_years", "low": 3.0, "mode": 5.0, "high": 7.0},
    ],
}
RESUME = """
import sys, json
from wattscale.study.front import run_study
if __name__ == "__main__":
    run_study(json.loads(sys.argv[1]), sys.argv[2], resume=True)
"""
FULL = ["grid", "solar", "wind", "battery", "gas-turbine"]


def say(**row):
    print(json.dumps({**row, "load": round(os.getloadavg()[0], 1)}), flush=True)


def draws(cases, workers, dask):
    study, base = {**MONEY, "cases": cases}, None
    for count in workers:
        start = time.perf_counter()
        found = run_study(study, workers=count)
        wall = time.perf_counter() - start
        base = base or wall
        shares = {k: round(v, 3) for k, v in found.summary["stages"].items()}
        say(what="draws", workers=count, cases=cases, wall_s=round(wall, 1), speed_up=round(base / wall, 2), **shares)
    if dask:
        with cluster(dask) as address:
            start = time.perf_counter()
            run_study(study, dask=address)
            wall = time.perf_counter() - start
        say(what="draws", dask_workers=dask, cases=cases, wall_s=round(wall, 1), speed_up=round(base / wall, 2))


class cluster:  # noqa: N801 (reads like a function)
    """A Dask scheduler and single-threaded workers on loopback, waited for before the clock starts."""

    def __init__(self, workers):
        self.workers = workers

    def __enter__(self):
        from distributed import Client

        address = f"tcp://127.0.0.1:{20_000 + os.getpid() % 20_000}"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        quiet["env"] = {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        host, port = address[6:].split(":")
        word = [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--host",
            host,
            "--port",
            port,
            "--no-dashboard",
        ]
        self.processes = [subprocess.Popen(word, **quiet)]
        word = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
        self.processes += [subprocess.Popen(word, **quiet) for _ in range(self.workers)]
        with Client(address, timeout="30s", set_as_default=False) as client:
            client.wait_for_workers(self.workers, timeout=60)
        return address

    def __exit__(self, *_):
        for process in self.processes[::-1]:
            process.terminate()
            process.wait(20)


def sites(workers, full):
    scenario = load_scenario(None, ["supply.technologies=" + json.dumps(FULL)] if full else [])
    for count in workers:
        start = time.perf_counter()
        found = rank_sites(scenario, places_of(), workers=count)
        wall = time.perf_counter() - start
        say(
            what="sites", workers=count, full=full, places=len(found.places), failed=found.failed, wall_s=round(wall, 1)
        )


def kills(cases, count):
    study, moments = {**MONEY, "cases": cases}, random.Random(1)
    with tempfile.TemporaryDirectory() as parent:
        folder, killed = Path(parent) / "out", 0
        for _ in range(count):
            parts = len(list(folder.glob("part-*")))
            process = subprocess.Popen([sys.executable, "-c", RESUME, json.dumps(study), str(folder)])
            while process.poll() is None and len(list(folder.glob("part-*"))) == parts and moments.random() > 0.002:
                time.sleep(0.02)
            time.sleep(moments.random() * 0.1)
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
            process.wait()
        found = run_study(study, folder, resume=True).cases
    whole = run_study(study).cases
    kept = [c for c in whole.columns if not c.startswith("seconds") and c != "finished_utc"]
    say(what="kills", cases=cases, killed=killed, same=bool(found[kept].equals(whole[kept])))


def memory(cases):
    """Coordinate a study whose cases cost nothing: rows of the real shape from one real case."""
    study = load_study({**MONEY, "cases": cases})
    payload = runner.Payload(study, runner.study_identity(study), "0" * 20)
    one = runner.run_job(payload, [0])[0]
    jobs = runner.job_list(len(study), set())
    rows = ([{**one, **runner._row(study, i, payload)} for i in job] for job in jobs)
    with tempfile.TemporaryDirectory() as parent:
        store = Store(Path(parent) / "out")
        store.open(runner._manifest(payload), resume=False)
        start = time.perf_counter()
        for _ in runner._stored(store, rows):
            pass
        found = summary(study, store)
        wall, parts = time.perf_counter() - start, len(list(store.parts()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    say(what="memory", cases=found["cases"], parts=parts, peak_gb=round(peak, 2), wall_s=round(wall, 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("draws", "sites", "kills", "memory"))
    parser.add_argument("--cases", type=int)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--dask", type=int, default=0)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    if given.what == "draws":
        draws(given.cases or 10_000, given.workers, given.dask)
    elif given.what == "sites":
        sites(given.workers, given.full)
    elif given.what == "kills":
        kills(given.cases or 500, given.kills)
    else:
        memory(given.cases or 100_000)


if __name__ == "__main__":
    main()
