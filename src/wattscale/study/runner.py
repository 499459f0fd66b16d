"""Running a study: cases to jobs, jobs to workers, rows to the store; resumable at any moment.

In: a `Study`, a folder, workers. Out: the store, with one row per case; failed cases are rows with their cause.
Leaves out: what the results mean; summary.py and sensitivity.py.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from wattscale.catalog import load_catalog
from wattscale.chain import figure_of, walk
from wattscale.contents import Contents, check_unchanged, contents_of
from wattscale.economics.stage import EXTRAS
from wattscale.errors import InputError, WattscaleError
from wattscale.scenario.load import to_tables
from wattscale.stagecache import StageCache
from wattscale.study.executor import Job, Rows, Work, run_dask, run_processes, run_serial
from wattscale.study.store import Say, Store, case_id
from wattscale.study.studyfile import Study
from wattscale.version import VERSION

JOBS, LARGEST_JOB = 200, 100
"""Jobs that a study is cut into, and the most cases of one: little is lost when killed, and no worker waits."""
WRITING_SHARE, LEAST_GAP_S, MOST_WAITING = 0.05, 0.2, 10_000
"""Results are written when that takes no more than this share of the time, not more often than the gap [s], and before
so many rows wait."""
STUDIES_KEPT = 4
"""Studies whose points and stage results a long-lived worker keeps."""
STAGE_ORDER = {"site": 0, "workload": 1, "compute": 2, "facility": 3, "supply": 4, "economics": 5, "impact": 6}
"""Order in which the chain runs its stages."""
Tick = Callable[[int, int, float], None]
"""Called with cases done, cases in all and cases per second."""


class _Kept(threading.local):
    """Studies of this thread with their stage results; a worker may run several threads, which share nothing."""

    def __init__(self) -> None:
        self.studies: OrderedDict[str, tuple[Study, StageCache]] = OrderedDict()


_kept = _Kept()


@dataclass(frozen=True)
class Payload:
    """What each worker needs: the study, its identity, the hash of its catalogue and what its files hold."""

    study: Study
    identity: str
    catalog: str
    contents: Contents = field(default_factory=dict)


def run_study(
    study: Study,
    folder: Path | str,
    *,
    workers: int = 1,
    dask: str | None = None,
    resume: bool = False,
    tick: Tick | None = None,
    say: Say = lambda _: None,
) -> Store:
    """Run every case of a study that the folder does not hold yet.

    Args:
        study: The study.
        folder: Folder of the results.
        workers: Processes on this machine.
        dask: Address of a Dask scheduler instead.
        resume: Go on with a folder that holds results.
        tick: Called after each job.
        say: Called with a sentence on what was damaged in the folder and is mended.

    Returns:
        The store, complete.

    Raises:
        InputError: A folder of something else, no scheduler, no worker, or a file of the scenario that changes while
            the study runs.
    """
    if workers < 1:
        raise InputError("is too few", where="--workers", value=workers, allowed=">= 1")
    contents = contents_of(study.files)
    payload = Payload(study, study_identity(study, contents), load_catalog().checksum(), contents)
    store = Store(Path(folder))
    store.open(_manifest(payload), resume, say)
    done = store.done() if resume else set()
    work, jobs = Work(run_job, buried, payload), job_list(len(study), done)
    if dask is not None:
        finished = run_dask(work, jobs, dask)
    elif workers > 1:
        finished = run_processes(work, jobs, workers)
    else:
        finished = run_serial(work, jobs)
    start, before, ready = time.monotonic(), len(done), len(done)
    for rows in _stored(store, finished):
        ready += len(rows)
        now = time.monotonic()
        if tick is not None:
            tick(ready, len(study), (ready - before) / max(now - start, 1e-9))
        if before == len(done):
            start, before = (
                now,
                ready,
            )  # The first job carries the start of the workers; the rate is that of the others.
    return store


def _stored(store: Store, finished: Iterator[Rows]) -> Iterator[Rows]:
    """Write rows as they come, but not so often that writing takes much of the time; the rest is written at the end."""
    waiting: Rows = []
    cost, last = 0.0, time.monotonic()
    try:
        for rows in finished:
            waiting += rows
            if time.monotonic() - last >= max(LEAST_GAP_S, cost / WRITING_SHARE) or len(waiting) >= MOST_WAITING:
                start = time.monotonic()
                store.add(waiting)
                waiting, last = [], time.monotonic()
                cost = last - start
            yield rows
    finally:
        if waiting:
            store.add(waiting)


def _manifest(payload: Payload) -> dict[str, Any]:
    study = payload.study
    return {
        "study": payload.identity,
        "name": study.table.name,
        "wattscale": VERSION,
        "catalog": payload.catalog,
        "seed": study.table.seed,
        "cases": len(study),
        "table": study.table.model_dump(exclude_none=True),
        "scenario": to_tables(study.scenario),
        "contents": dict(payload.contents),
    }


def study_identity(study: Study, contents: Contents) -> str:
    """Hash of all that decides the results: study table, scenario, what its files hold, version, catalogue."""
    decides = [study.table.model_dump(), to_tables(study.scenario), dict(contents), VERSION, load_catalog().checksum()]
    content = json.dumps(decides, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:20]


def job_list(cases: int, done: set[int]) -> Iterator[Job]:
    """Cut the cases that are left into jobs.

    >>> [list(job) for job in job_list(3, {1})]
    [[0], [2]]
    """
    size = min(max(cases // JOBS, 1), LARGEST_JOB)
    for start in range(0, cases, size):
        job = [i for i in range(start, min(start + size, cases)) if i not in done]
        if job:
            yield job


def run_job(payload: Payload, job: Job) -> Rows:
    """Run some cases; points and stage results are kept between jobs of the same worker."""
    studies = _kept.studies
    if payload.identity not in studies:
        studies[payload.identity] = (payload.study, StageCache())
        while len(studies) > STUDIES_KEPT:
            studies.popitem(last=False)
    study, cache = studies[payload.identity]
    rows = []
    for index in job:
        rows.append(run_case(study, index, cache, payload))
        check_unchanged(payload.contents, study.files, "when the study began")
    return rows


def run_case(study: Study, index: int, cache: StageCache, payload: Payload) -> dict[str, Any]:
    """Run one case; a case that cannot be planned gives a row with its cause."""
    row, start = _row(study, index, payload), time.perf_counter()
    figures: dict[str, float | None] = dict.fromkeys(study.table.figures)
    clock = _Clock()
    try:
        last = max((name.partition(".")[0] for name in figures), key=STAGE_ORDER.__getitem__)
        extras = any(name.partition(".")[2].startswith(EXTRAS) for name in figures)
        chain = walk(study.case(index), last, clock.begins, cache, extras=extras)
        for name in figures:
            value = figure_of(chain, name)
            figures[name] = None if value is None else float(value[0] if isinstance(value, tuple) else value)
    except WattscaleError as error:
        row |= {"status": "failed", "cause": str(error)}
    except Exception as error:  # A study is an edge too: a defect that one case meets must not end the others.
        row |= {"status": "failed", "cause": f"{type(error).__name__}: {error}"}
    seconds = {"seconds": time.perf_counter() - start, **clock.ended()}
    return {**row, **figures, **seconds, "finished_utc": datetime.now(UTC).isoformat(timespec="seconds")}


def buried(payload: Payload, index: int) -> dict[str, Any]:
    """Row of a case whose worker died each time it was tried."""
    row = _row(payload.study, index, payload) | {"status": "failed", "cause": "its worker died (out of memory?)"}
    seconds = {"seconds": 0.0, **_Clock().ended()}
    return {**row, **dict.fromkeys(payload.study.table.figures), **seconds, "finished_utc": ""}


def _row(study: Study, index: int, payload: Payload) -> dict[str, Any]:
    changes = study.changes(index)
    return {
        "case_index": index,
        "case_id": case_id(payload.identity, index),
        "version": VERSION,
        "catalog": payload.catalog[:20],
        "seed": study.table.seed,
        "status": "done",
        "cause": "",
        **{key: value if isinstance(value, int | float | str) else json.dumps(value) for key, value in changes.items()},
    }


class _Clock:
    """Seconds of each stage that was run, the rest being taken from the cache."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(STAGE_ORDER, 0.0)
        self.now: tuple[str, float] | None = None

    def begins(self, stage: str, number: int, total: int) -> None:
        """Close the stage before and start this one."""
        self._close()
        self.now = (stage, time.perf_counter())

    def _close(self) -> None:
        if self.now is not None:
            stage, start = self.now
            self.spent[stage] += time.perf_counter() - start

    def ended(self) -> dict[str, float]:
        """Close the last stage and give the columns."""
        self._close()
        return {f"seconds_{stage}": spent for stage, spent in self.spent.items()}
