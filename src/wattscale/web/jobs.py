"""Jobs: work of minutes, each in a process and a folder of its own, so that a restart loses no finished one.

In: a kind of work and what it is asked. Out: jobs that are started, watched and ended, whatever happens to the disk.
Leaves out: the work itself (work.py), what lies on disk (job_store.py).
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from wattscale.errors import MOST_SHOWN, InputError, WattscaleError, clipped
from wattscale.web.children import command_of, environment
from wattscale.web.job_folder import make_private
from wattscale.web.job_store import (
    CANCEL,
    ENDED,
    ERROR,
    PROGRESS,
    RESULT,
    STORAGE,
    Job,
    JobStore,
    NoSuchJobError,
    State,
    now,
    write_json,
)
from wattscale.web.kinds import KINDS
from wattscale.web.settings import Settings

POLL_S = 0.1
"""Time between two looks at the running processes [s]."""
STALE_S = 30.0
"""Time without a look after which the watcher counts as stuck [s]."""


class ReadOnlyError(WattscaleError):
    """The server is in public mode and takes no jobs."""


class Jobs:
    """Starts queued jobs, watches them, ends them."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.store = settings, JobStore(settings.jobs)
        self.running: dict[str, tuple[subprocess.Popen[bytes], float]] = {}
        self.queue: list[str] = []
        self.unsaved: dict[str, Job] = {}
        self.trouble = ""
        self.looked = time.monotonic()
        self.lock = threading.RLock()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="jobs", daemon=True)

    def open(self) -> None:
        """Mark what an earlier server left unfinished, and begin to watch.

        Raises:
            InputError: The folder of the jobs is not of this user alone.
        """
        if self.settings.read_only:
            return
        make_private(self.store.folder)
        for job in self.store.all():
            if job.state not in ENDED and not _is_alive(job.owner):
                self._save(replace(job, state="interrupted", finished=now(), error="The server was stopped."))
        self.thread.start()

    def close(self) -> None:
        """End every running job; they are marked as interrupted."""
        self.stopped.set()
        with self.lock:
            for job_id in [*self.running, *self.queue]:
                self._end(job_id, "interrupted", "The server was stopped.")

    def state(self) -> dict[str, Any]:
        """Say how the jobs fare: the state of the watcher, numbers, and the last trouble."""
        if self.settings.read_only:
            return {"state": "off", "running": 0, "queued": 0, "unsaved": 0, "trouble": ""}
        is_stuck = not self.thread.is_alive() or time.monotonic() - self.looked > STALE_S
        state = "stuck" if is_stuck else "troubled" if self.trouble or self.unsaved else "watching"
        return {"state": state, "running": len(self.running), "queued": len(self.queue),
                "unsaved": len(self.unsaved), "trouble": self.trouble}  # fmt: skip

    def submit(self, kind: str, ask: Mapping[str, Any], options: Mapping[str, Any],
               estimate_s: float | None = None) -> Job:  # fmt: skip
        """Take a job.

        Raises:
            InputError: Too many jobs wait already.
            StorageError: It cannot be written.
        """
        with self.lock:
            if len(self.queue) >= 10 * self.settings.jobs_at_once:
                raise InputError("too many jobs wait already", where="jobs", hint="Try again when some are done.")
            self._forget_old()
            job = self.store.add(kind, KINDS[kind].title, ask, options, estimate_s)
            self.queue.append(job.id)
            return job

    def again(self, job_id: str) -> Job:
        """Take a job that has ended once more, as a new one."""
        old = self.get(job_id)
        return self.submit(old.kind, old.ask, old.options, old.estimate_s)

    def get(self, job_id: str) -> Job:
        """Give a job as it stands, also where the disk does not know yet."""
        return self.unsaved.get(job_id) or self.store.get(job_id)

    def all(self) -> list[Job]:
        """List all jobs, the newest first."""
        return [self.unsaved.get(job.id, job) for job in self.store.all()]

    def found(self, kind: str, key: str, but: Collection[str] = ()) -> Job | None:
        """Find the newest job that does, or has done, the same work; `but` are jobs that are not wanted."""
        live = ("queued", "running", "done")
        same = (job for job in self.all() if job.kind == kind and job.options.get("key") == key)
        return next((job for job in same if job.state in live and job.id not in but), None)

    def shown(self, job: Job) -> dict[str, Any]:
        """Give what a visitor sees of a job."""
        about = asdict(job)
        about.pop("owner")
        return about | {"progress": self._part(job.id, PROGRESS)}

    def cancel(self, job_id: str) -> Job:
        """End a job that waits or runs; one that has ended stays as it is.

        A job of another worker is marked, and that worker ends it.
        """
        with self.lock:
            if self.get(job_id).state not in ENDED:
                if job_id in self.running or job_id in self.queue:
                    self._end(job_id, "cancelled", "")
                else:
                    write_json(self.store.path(job_id) / CANCEL, {"asked": now()})
            return self.get(job_id)

    def _forget_old(self) -> None:
        ended = [job for job in self.store.all() if job.state in ENDED]
        for job in ended[self.settings.jobs_kept :]:
            with suppress(NoSuchJobError, OSError):
                self.store.drop(job.id)

    def _end(self, job_id: str, state: State, error: str) -> None:
        process = self.running.pop(job_id, None)
        if process is not None:
            _kill(process[0])
        if job_id in self.queue:
            self.queue.remove(job_id)
        with suppress(NoSuchJobError):  # its folder is gone, and with it all there was to say of it
            self._save(replace(self.get(job_id), state=state, finished=now(), error=error))

    def _save(self, job: Job) -> None:
        """Write a job's record; where the disk refuses, remember it and try again later."""
        try:
            self.store.save(job)
            self.unsaved.pop(job.id, None)
        except OSError as error:
            if (self.store.folder / job.id).is_dir():
                self.unsaved[job.id] = job
                self.trouble = f"the state of a job cannot be written: {error.strerror}"
            else:
                self.unsaved.pop(job.id, None)

    def _save_again(self, job_id: str) -> None:
        self._save(self.unsaved[job_id])

    def _watch(self) -> None:
        while not self.stopped.wait(POLL_S):
            with self.lock:
                self.trouble = self._look_round()
                self.looked = time.monotonic()

    def _look_round(self) -> str:
        """Look at every job once; trouble with one keeps no other from being looked at. Gives the last trouble."""
        self.trouble = ""
        for job_id in list(self.unsaved):
            self._tried(self._save_again, job_id)
        for job_id in [*self.running, *self.queue]:
            self._tried(self._look, job_id)
        while self.queue and len(self.running) < self.settings.jobs_at_once:
            self._tried(self._start, self.queue.pop(0))
        return self.trouble

    def _tried(self, step: Callable[[str], None], job_id: str) -> None:
        try:
            step(job_id)
        except Exception as error:  # the edge of the web: the watcher outlives whatever befalls one job
            self.trouble = f"{type(error).__name__}: {clipped(error, MOST_SHOWN)}"
            if not isinstance(error, OSError | NoSuchJobError):
                traceback.print_exc()

    def _look(self, job_id: str) -> None:
        if not (self.store.folder / job_id).is_dir():
            self._end(job_id, "failed", "Its folder is gone.")
        elif self._part(job_id, CANCEL) is not None:
            self._end(job_id, "cancelled", "")
        elif job_id in self.running:
            process, start = self.running[job_id]
            code = process.poll()
            if code is not None:
                self._end(job_id, *self._outcome(job_id, code))
            elif time.monotonic() - start > self.settings.job_seconds:
                self._end(job_id, "failed", f"It took longer than {self.settings.job_seconds:g} s.")

    def _outcome(self, job_id: str, code: int) -> tuple[State, str]:
        """Say how a job ended whose process has."""
        error = self._part(job_id, ERROR)
        if error is not None:
            return "failed", str(error.get("message", ""))
        if code == 0 and self._part(job_id, RESULT) is not None:
            return "done", ""
        if code in (0, STORAGE):
            return "failed", "Its result could not be written: is the disk full?"
        return "failed", f"The process ended with code {code}; log.txt in the job's folder may say why."

    def _part(self, job_id: str, name: str) -> dict[str, Any] | None:
        try:
            return self.store.part(job_id, name)
        except NoSuchJobError:
            return None

    def _start(self, job_id: str) -> None:
        folder = self.store.path(job_id)
        try:
            with (folder / "log.txt").open("wb") as log:
                process = subprocess.Popen(
                    command_of("wattscale.web.work", str(folder), str(os.getpid())), stdin=subprocess.DEVNULL,
                    stdout=log, stderr=log, env=environment(), cwd=folder, start_new_session=True,
                )  # fmt: skip
        except OSError as error:
            self._end(job_id, "failed", f"It could not be started: {error.strerror}.")
            raise
        self.running[job_id] = (process, time.monotonic())
        self._save(replace(self.get(job_id), state="running", started=now(), owner=os.getpid()))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a job's process with all that it started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _is_alive(pid: int) -> bool:
    if pid <= 0 or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
