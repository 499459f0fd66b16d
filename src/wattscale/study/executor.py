"""Where cases run: in this process, in several, or on a Dask cluster, behind one interface.

In: a payload every worker needs and jobs (lists of case numbers). Out: the rows of each job as it finishes.
Leaves out: order; the store puts cases in order.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeAlias

from wattscale.errors import InputError, WattscaleError

Job: TypeAlias = Sequence[int]
Rows: TypeAlias = list[dict[str, Any]]
Work: TypeAlias = Callable[[Any, Job], Rows]
"""A module-level function of payload and job."""

AHEAD = 2
"""Jobs handed out per worker, so that none waits and memory stays bounded."""
RETRIES = 3
"""Times a job is handed out again after its worker died."""

_payload: Any = None


def run_serial(work: Work, payload: Any, jobs: Iterator[Job]) -> Iterator[Rows]:
    """Run jobs one after the other."""
    for job in jobs:
        yield work(payload, job)


def run_processes(work: Work, payload: Any, jobs: Iterator[Job], workers: int) -> Iterator[Rows]:
    """Run jobs in processes; a worker that dies costs its job's time, not the study.

    Raises:
        WattscaleError: The same job killed its worker several times.
    """
    waiting: list[tuple[Job, int]] = []
    while True:
        lost: list[tuple[Job, int]] = []
        with _pool(workers, payload) as pool:
            running: dict[Future[Rows], tuple[Job, int]] = {}
            try:
                while True:
                    while len(running) < AHEAD * workers:
                        following = waiting.pop() if waiting else _next(jobs)
                        if following is None:
                            break
                        running[pool.submit(_call, work, following[0])] = following
                    if not running:
                        return
                    finished, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        handed = running.pop(future)
                        try:
                            yield future.result()
                        except BrokenProcessPool:
                            lost.append(handed)
                            raise
            except BrokenProcessPool:
                lost += list(running.values())
        for job, tries in lost:
            if tries >= RETRIES:
                raise WattscaleError(
                    f"cases {job[0]} to {job[-1]} killed their worker {RETRIES} times (out of memory?)"
                )
            waiting.append((job, tries + 1))


def _again(lost: tuple[Job, int]) -> tuple[Job, int]:
    job, tries = lost
    if tries >= RETRIES:
        raise WattscaleError(f"cases {job[0]} to {job[-1]} killed their worker {RETRIES} times (out of memory?)")
    return job, tries + 1


def _next(jobs: Iterator[Job]) -> tuple[Job, int] | None:
    job = next(jobs, None)
    return None if job is None else (job, 0)


def _pool(workers: int, payload: Any) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(payload,))


def _start(payload: Any) -> None:
    global _payload
    _payload = payload


def _call(work: Work, job: Job) -> Rows:
    return work(_payload, job)


def run_dask(work: Work, payload: Any, jobs: Iterator[Job], address: str) -> Iterator[Rows]:
    """Run jobs on a Dask cluster; the scheduler hands the jobs of a dead worker out again.

    Args:
        work: Function of payload and job.
        payload: Sent to each worker once.
        jobs: Lists of case numbers.
        address: Of the scheduler, such as `tcp://host:8786`.

    Raises:
        InputError: dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise InputError(
            "needs dask", where="--dask", value=address, hint='Install it: pip install "dask[distributed]"'
        ) from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"no scheduler answers: {error}", where="--dask", value=address) from error
    with client:
        there = client.scatter(payload, broadcast=True)
        ahead = AHEAD * max(1, len(client.scheduler_info()["workers"]))
        running = as_completed()
        for _ in range(ahead):
            job = next(jobs, None)
            if job is not None:
                running.add(client.submit(work, there, list(job), pure=False))
        for future in running:
            yield future.result()
            job = next(jobs, None)
            if job is not None:
                running.add(client.submit(work, there, list(job), pure=False))
