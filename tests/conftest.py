"""Fixtures shared by all tests."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from wattscale.catalog import Catalog, load_catalog

settings.register_profile("repeatable", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("search", derandomize=False, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("WATTSCALE_HYPOTHESIS", "repeatable"))
"""Tests and CI draw the same examples each time: a red run is the change's fault. `dev.py fuzz` draws new ones."""
CLUSTER_S = 120.0
"""Longest time a cluster may take to start or stop on a busy machine."""
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Give the path of a measurement file; skip where the collection is absent."""

    def path(name: str) -> Path:
        found = SHARED_DATA / name
        if not found.exists():
            pytest.skip(f"measurement file {name} is not beside the repository")
        return found

    return path


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hourly files and request logs as people have them, written by `cases/make_hourly_and_logs.py`."""
    maker = Path(__file__).parent / "cases" / "make_hourly_and_logs.py"
    folder = tmp_path_factory.mktemp("cases")
    runpy.run_path(str(maker))["write_cases"](folder)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler and two workers on loopback, as processes of their own: address and worker processes.

    The scheduler takes a free port and writes its address down.
    """
    distributed = pytest.importorskip("distributed", reason="dask[distributed] is not installed (extra `cluster`)")
    paths = [str(Path(__file__).parent / "study"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONWARNINGS": "ignore"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    told = tmp_path_factory.mktemp("cluster") / "scheduler.json"
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    scheduler = subprocess.Popen([*command, "--scheduler-file", str(told), "--no-dashboard", "--no-show"], **quiet)
    address, workers = _address(told, scheduler), []
    try:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]
        workers += [subprocess.Popen([*command, "--no-dashboard", "--host", "127.0.0.1"], **quiet) for _ in range(2)]
        with distributed.Client(address, timeout=CLUSTER_S, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=CLUSTER_S)
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.terminate()
            process.wait(CLUSTER_S)


def _address(told: Path, scheduler: subprocess.Popen) -> str:
    """Wait until the scheduler has written down where it listens."""
    end = time.monotonic() + CLUSTER_S
    while time.monotonic() < end and scheduler.poll() is None:
        try:
            return json.loads(told.read_text())["address"]
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.05)
    raise RuntimeError("the scheduler of the test cluster did not start")
