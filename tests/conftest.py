"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wattscale.catalog import Catalog, load_catalog

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
    before, sys.argv = sys.argv, [str(maker), str(folder)]
    try:
        runpy.run_path(str(maker))
    finally:
        sys.argv = before
    return folder


@pytest.fixture(scope="module")
def cluster():
    """A scheduler and two workers on loopback, as processes of their own: address and worker processes."""
    pytest.importorskip("distributed", reason="dask[distributed] is not installed (extra `cluster`)")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent / "study"), "PYTHONWARNINGS": "ignore"}
    port = 20_000 + os.getpid() % 20_000
    address = f"tcp://127.0.0.1:{port}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port),
         "--no-dashboard", "--no-show"], **quiet,
    )  # fmt: skip
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny",
             "--no-dashboard", "--host", "127.0.0.1"], **quiet,
        )
        for _ in range(2)
    ]  # fmt: skip
    yield address, workers
    for process in (*workers, scheduler):
        process.terminate()
        process.wait(10)
