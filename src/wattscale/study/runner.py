"""Running a study: cases to jobs, jobs to workers, rows to the store; resumable at any moment.

In: a `Study`, a folder, workers. Out: the store, with one row per case; failed cases are rows with their cause.
Leaves out: what the results mean; summary.py and sensitivity.py.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattscale.catalog import load_catalog
from wattscale.chain import figure_of, walk
from wattscale.errors import WattscaleError
from wattscale.scenario.load import to_tables
from wattscale.stagecache import StageCache
from wattscale.study.executor import Job, Rows, run_dask, run_processes, run_serial
from wattscale.study.store import Store
from wattscale.study.studyfile import Study
from wattscale.version import VERSION

JOB_CASES = 25
"""Cases of one job: small enough to lose little when killed, large enough to keep workers busy."""
Tick = Callable[[int, int, float], None]
"""Called with cases done, cases in all and cases per second."""
_caches: OrderedDict[str, StageCache] = OrderedDict()


@dataclass(frozen=True)
class Payload:
    """What each worker needs: the study and its identity."""

    study: Study
    identity: str


def run_study(
    study: Study,
    folder: Path | str,
    *,
    workers: int = 1,
    dask: str | None = None,
    resume: bool = False,
    tick: Tick | None = None,
) -> Store:
    """Run every case of a study that the folder does not hold yet.

    Args:
        study: The study.
        folder: Folder of the results.
        workers: Processes on this machine.
        dask: Address of a Dask scheduler instead.
        resume: Go on with a folder that holds results.
        tick: Called after each job.

    Returns:
        The store, complete.

    Raises:
        InputError: A folder of something else, or no scheduler.
    """
    identity = study_identity(study)
    store = Store(Path(folder))
    store.open(_manifest(study, identity), resume)
    done = store.done() if resume else set()
    payload = Payload(study, identity)
    jobs = _jobs(len(study), done)
    if dask is not None:
        finished = run_dask(run_job, payload, jobs, dask)
    elif workers > 1:
        finished = run_processes(run_job, payload, jobs, workers)
    else:
        finished = run_serial(run_job, payload, jobs)
    start, ready = time.monotonic(), len(done)
    for rows in finished:
        store.add(rows)
        ready += len(rows)
        if tick is not None:
            tick(ready, len(study), (ready - len(done)) / max(time.monotonic() - start, 1e-9))
    return store


def _manifest(study: Study, identity: str) -> dict[str, Any]:
    return {
        "study": identity,
        "name": study.table.name,
        "wattscale": VERSION,
        "catalog": load_catalog().checksum(),
        "seed": study.table.seed,
        "cases": len(study),
        "table": study.table.model_dump(exclude_none=True),
    }


def study_identity(study: Study) -> str:
    """Hash of all that decides the results: study table, scenario, version, catalogue."""
    content = json.dumps(
        [study.table.model_dump(), to_tables(study.scenario), VERSION, load_catalog().checksum()], sort_keys=True
    )
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def _jobs(cases: int, done: set[int]) -> Iterator[Job]:
    for start in range(0, cases, JOB_CASES):
        job = [i for i in range(start, min(start + JOB_CASES, cases)) if i not in done]
        if job:
            yield job


def run_job(payload: Payload, job: Job) -> Rows:
    """Run some cases; stage results are kept between jobs of the same worker."""
    cache = _caches.setdefault(payload.identity, StageCache())
    return [run_case(payload.study, index, cache, payload.identity) for index in job]


def run_case(study: Study, index: int, cache: StageCache, identity: str) -> dict[str, Any]:
    """Run one case; a case that cannot be planned gives a row with its cause."""
    start = time.perf_counter()
    changes = study.changes(index)
    row: dict[str, Any] = {
        "case_index": index,
        "case_id": hashlib.sha256(f"{identity}/{index}".encode()).hexdigest()[:20],
        "status": "done",
        "cause": "",
        **{key: value if isinstance(value, int | float | str) else json.dumps(value) for key, value in changes.items()},
    }
    figures: dict[str, float | None] = dict.fromkeys(study.table.figures)
    try:
        last = max((name.partition(".")[0] for name in figures), key=STAGE_ORDER.__getitem__)
        run = walk(study.case(index), last, cache=cache)
        for name in figures:
            value = figure_of(run, name)
            figures[name] = None if value is None else float(value[0] if isinstance(value, tuple) else value)
    except WattscaleError as error:
        row |= {"status": "failed", "cause": str(error)}
    return {**row, **figures, "seconds": time.perf_counter() - start}


STAGE_ORDER = {"site": 0, "workload": 1, "compute": 2, "facility": 3, "supply": 4, "economics": 5, "impact": 6}
"""Order in which the chain runs its stages."""
