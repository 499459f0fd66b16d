"""Jobs: work of minutes, each in a process and a folder of its own, so that a restart loses no finished one.

In: a kind of work and what it is asked. Out: job records, progress and results, read from disk by any worker.
Leaves out: the work itself (work.py).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from wattscale.errors import InputError, WattscaleError
from wattscale.web.settings import Settings

State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled", "interrupted")
"""States in which nothing happens any more; `interrupted` is what a stopped server leaves behind."""
POLL_S = 0.1
"""Time between two looks at the running processes [s]."""
RECORD, PROGRESS, RESULT, ERROR, CANCEL = "job.json", "progress.json", "result.json", "error.json", "cancel.json"
ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Job:
    """One job as it is kept on disk; times are UTC in ISO 8601."""

    id: str
    kind: str
    title: str
    ask: Mapping[str, Any]
    options: Mapping[str, Any]
    state: State = "queued"
    created: str = ""
    started: str = ""
    finished: str = ""
    error: str = ""
    estimate_s: float | None = None
    owner: int = 0


class JobStore:
    """The folder of all jobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, kind: str, title: str, ask: Mapping[str, Any], options: Mapping[str, Any],
            estimate_s: float | None = None) -> Job:  # fmt: skip
        """Write a new job, queued."""
        job = Job(secrets.token_hex(8), kind, title, ask, options, created=now(), estimate_s=estimate_s,
                  owner=os.getpid())  # fmt: skip
        (self.folder / job.id).mkdir(parents=True)
        self.save(job)
        return job

    def path(self, job_id: str) -> Path:
        """Give the folder of a job; an id that is not one is refused, so no other path is ever touched."""
        if not ID.fullmatch(job_id) or not (self.folder / job_id / RECORD).is_file():
            raise NoSuchJobError(job_id)
        return self.folder / job_id

    def get(self, job_id: str) -> Job:
        """Read a job."""
        return Job(**json.loads((self.path(job_id) / RECORD).read_text(encoding="utf-8")))

    def save(self, job: Job) -> Job:
        """Write a job, whole or not at all."""
        write_json(self.folder / job.id / RECORD, asdict(job))
        return job

    def all(self) -> list[Job]:
        """List all jobs, the newest first."""
        found = []
        for folder in self.folder.glob("*/") if self.folder.is_dir() else ():
            if ID.fullmatch(folder.name):
                try:
                    found.append(self.get(folder.name))
                except (NoSuchJobError, ValueError, TypeError, OSError):
                    continue
        return sorted(found, key=lambda job: job.created, reverse=True)

    def part(self, job_id: str, name: str) -> Any:
        """Read progress, result or error of a job, or None."""
        try:
            return json.loads((self.path(job_id) / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def drop(self, job_id: str) -> None:
        """Delete a job that has ended."""
        shutil.rmtree(self.path(job_id), ignore_errors=True)


class NoSuchJobError(WattscaleError):
    """There is no job of that id."""


class Jobs:
    """Starts queued jobs, watches them, ends them."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.store = settings, JobStore(settings.jobs)
        self.running: dict[str, tuple[subprocess.Popen[bytes], float]] = {}
        self.queue: list[str] = []
        self.lock = threading.RLock()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._watch, name="jobs", daemon=True)

    def open(self) -> None:
        """Mark what an earlier server left unfinished, and begin to watch."""
        if self.settings.read_only:
            return
        self.store.folder.mkdir(parents=True, exist_ok=True)
        for job in self.store.all():
            if job.state not in ENDED and not _is_alive(job.owner):
                self.store.save(replace(job, state="interrupted", finished=now(), error="The server was stopped."))
        self.thread.start()

    def close(self) -> None:
        """End every running job; they are marked as interrupted."""
        self.stopped.set()
        with self.lock:
            for job_id in [*self.running, *self.queue]:
                self._end(job_id, "interrupted", "The server was stopped.")

    def submit(self, kind: str, title: str, ask: Mapping[str, Any], options: Mapping[str, Any],
               estimate_s: float | None = None) -> Job:  # fmt: skip
        """Take a job.

        Raises:
            InputError: Too many jobs wait already.
        """
        with self.lock:
            if len(self.queue) >= 10 * self.settings.jobs_at_once:
                raise InputError("too many jobs wait already", where="jobs", hint="Try again when some are done.")
            self._forget_old()
            job = self.store.add(kind, title, ask, options, estimate_s)
            self.queue.append(job.id)
            return job

    def again(self, job_id: str) -> Job:
        """Take a job that has ended once more, as a new one."""
        old = self.store.get(job_id)
        return self.submit(old.kind, old.title, old.ask, old.options, old.estimate_s)

    def cancel(self, job_id: str) -> Job:
        """End a job that waits or runs; one that has ended stays as it is.

        A job of another worker is marked, and that worker ends it.
        """
        with self.lock:
            if self.store.get(job_id).state not in ENDED:
                if job_id in self.running or job_id in self.queue:
                    self._end(job_id, "cancelled", "")
                else:
                    write_json(self.store.path(job_id) / CANCEL, {"asked": now()})
            return self.store.get(job_id)

    def _forget_old(self) -> None:
        ended = [job for job in self.store.all() if job.state in ENDED]
        for job in ended[self.settings.jobs_kept :]:
            self.store.drop(job.id)

    def _end(self, job_id: str, state: State, error: str) -> None:
        process = self.running.pop(job_id, None)
        if process is not None and process[0].poll() is None:
            process[0].kill()
            process[0].wait()
        if job_id in self.queue:
            self.queue.remove(job_id)
        self.store.save(replace(self.store.get(job_id), state=state, finished=now(), error=error))

    def _watch(self) -> None:
        while not self.stopped.wait(POLL_S):
            with self.lock:
                for job_id in [*self.running, *self.queue]:
                    if self.store.part(job_id, CANCEL) is not None:
                        self._end(job_id, "cancelled", "")
                for job_id in list(self.running):
                    self._look(job_id)
                while self.queue and len(self.running) < self.settings.jobs_at_once:
                    self._start(self.queue.pop(0))

    def _look(self, job_id: str) -> None:
        process, start = self.running[job_id]
        code = process.poll()
        if code is None:
            if time.monotonic() - start > self.settings.job_seconds:
                self._end(job_id, "failed", f"It took longer than {self.settings.job_seconds:g} s.")
            return
        error = self.store.part(job_id, ERROR)
        if code == 0 and error is None:
            self._end(job_id, "done", "")
        else:
            self._end(job_id, "failed", error["message"] if error else f"The process ended with code {code}.")

    def _start(self, job_id: str) -> None:
        folder = self.store.path(job_id)
        command = [sys.executable, "-m", "wattscale.web.work", str(folder)]
        with (folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.running[job_id] = (process, time.monotonic())
        self.store.save(replace(self.store.get(job_id), state="running", started=now(), owner=os.getpid()))


def now() -> str:
    """Give the time in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def write_json(path: Path, data: Any) -> None:
    """Write JSON to a file, whole or not at all."""
    staged = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    staged.write_text(json.dumps(data, allow_nan=False), encoding="utf-8")
    os.replace(staged, path)


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
