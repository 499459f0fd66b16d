"""Where cases run: in this process, in several, or on a Dask cluster, behind one interface.

In: a payload every worker needs and jobs (lists of case numbers). Out: the rows of each job as it finishes.
Leaves out: order; the store puts cases in order. A case that kills its worker is found by running it alone, and buried.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import resource_tracker
from typing import Any, TypeAlias

from wattscale.errors import InputError
from wattscale.parent import end_with_parent

Job: TypeAlias = Sequence[int]
Rows: TypeAlias = list[dict[str, Any]]

AHEAD = 2
"""Jobs handed out per worker, so that none waits and memory stays bounded."""
CHANCES = 2
"""Times a case that runs alone may lose its worker before it is buried; the first loss may be someone else's doing."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Variables that keep a worker to one core, so that workers do not get in each other's way."""
PATIENCE_S = 10.0
"""How long a Dask scheduler may take to answer."""

_payload: Any = None


@dataclass(frozen=True)
class Work:
    """What is done with cases.

    Attributes:
        run: Module-level function of payload and job that gives a row per case.
        bury: Module-level function of payload and case that gives the row of a case that killed its worker.
        payload: What each worker needs.
    """

    run: Callable[[Any, Job], Rows]
    bury: Callable[[Any, int], dict[str, Any]]
    payload: Any


def run_serial(work: Work, jobs: Iterator[Job]) -> Iterator[Rows]:
    """Run jobs one after the other."""
    for job in jobs:
        yield work.run(work.payload, job)


def run_processes(work: Work, jobs: Iterator[Job], workers: int) -> Iterator[Rows]:
    """Run jobs in processes; a worker that dies costs its job's time, not the study."""
    while True:
        lost: list[Job] = []
        yield from _pooled(work, jobs, workers, lost)
        if not lost:
            return
        for job in lost:
            for case in job:
                yield _alone(work, case)


def _pooled(work: Work, jobs: Iterator[Job], workers: int, lost: list[Job]) -> Iterator[Rows]:
    """Run jobs until none is left or a worker dies; then the jobs it took along are put on `lost`."""
    running: dict[Future[Rows], Job] = {}
    with _pool(workers, work.payload) as pool:
        try:
            while True:
                for job in _some(jobs, AHEAD * workers - len(running)):
                    lost.append(job)
                    running[pool.submit(_call, work.run, job)] = job
                    lost.remove(job)
                if not running:
                    return
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    rows = future.result()
                    del running[future]
                    yield rows
        except BrokenProcessPool:
            lost += running.values()
        except BaseException:
            _end(pool)
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the workers at once, whatever they are at: nobody waits for their cases any more."""
    for process in list((pool._processes or {}).values()):
        process.terminate()


def _alone(work: Work, case: int) -> Rows:
    for _ in range(CHANCES):
        with _pool(1, work.payload) as pool:
            try:
                return pool.submit(_call, work.run, [case]).result()
            except BrokenProcessPool:
                continue
    return [work.bury(work.payload, case)]


def _some(jobs: Iterator[Job], count: int) -> Iterator[Job]:
    for _ in range(count):
        job = next(jobs, None)
        if job is None:
            return
        yield job


def _pool(workers: int, payload: Any) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start, initargs=(pickle.dumps(payload),))
    try:
        with _one_thread(), _deaf_to_ctrl_c():
            for _ in range(workers):
                pool.submit(int)
    except BaseException:
        _end(pool)
        pool.shutdown(cancel_futures=True)
        raise
    return pool


@contextmanager
def _one_thread() -> Iterator[None]:
    """Set the variables that a new process reads when it loads its libraries."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back: a pool that is half begun cannot be ended, and processes begun meanwhile shall not hear it."""
    heard: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    ours = threading.current_thread() is threading.main_thread() and before is not signal.SIG_IGN
    if ours:
        signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    resource_tracker.ensure_running()  # It lifts the mask when it starts.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if ours:
            signal.signal(signal.SIGINT, before)
    if heard:
        raise KeyboardInterrupt


def _start(payload: bytes) -> None:
    """Unpack what every worker needs; here, since it loads the libraries, and the workers do so side by side."""
    global _payload
    end_with_parent()
    _payload = pickle.loads(payload)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinating process, which ends its workers.


def _call(run: Callable[[Any, Job], Rows], job: Job) -> Rows:
    return run(_payload, job)


def run_dask(work: Work, jobs: Iterator[Job], address: str) -> Iterator[Rows]:
    """Run jobs on a Dask cluster; the scheduler hands the jobs of a dead worker out again.

    Args:
        work: What is done.
        jobs: Lists of case numbers.
        address: Of the scheduler, such as `tcp://host:8786`.

    Raises:
        InputError: dask is not installed, no scheduler answers, or it has no workers.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise InputError(
            "needs dask", where="--dask", value=address, hint='Install it: pip install "dask[distributed]"'
        ) from None
    try:
        client = distributed.Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"no scheduler answers: {error}", where="--dask", value=address) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError:
            raise InputError("the scheduler has no workers", where="--dask", value=address) from None
        running: Any = distributed.as_completed(loop=client.loop)
        handed: dict[str, Job] = {}

        def hand_out(job: Job) -> None:
            future = client.submit(work.run, work.payload, list(job), pure=False)
            handed[future.key] = job
            running.add(future)

        for job in _some(jobs, AHEAD * sum(client.nthreads().values())):
            hand_out(job)
        for future in running:
            job = handed.pop(future.key)
            try:
                yield future.result()
            except distributed.KilledWorker:
                if len(job) == 1:
                    yield [work.bury(work.payload, job[0])]
                else:
                    for case in job:
                        hand_out([case])
            for following in _some(jobs, 1):
                hand_out(following)
