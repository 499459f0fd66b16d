"""Jobs on disk: a folder for each, with its record, progress, result or error, read by any worker.

In: job records. Out: the same, whole or not at all; what is damaged or gone counts as not there.
Leaves out: when jobs run (jobs.py).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from wattscale.errors import WattscaleError
from wattscale.staged import replace_file
from wattscale.web.job_folder import PRIVATE

State = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
ENDED: tuple[State, ...] = ("done", "failed", "cancelled", "interrupted")
"""States in which nothing happens any more; `interrupted` is what a stopped server leaves behind."""
RECORD, PROGRESS, RESULT, ERROR, CANCEL = "job.json", "progress.json", "result.json", "error.json", "cancel.json"
STORAGE = 74
"""Exit code of a job's process whose result could not be written."""
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


class NoSuchJobError(WattscaleError):
    """There is no job of that id."""


class StorageError(WattscaleError):
    """The folder of the jobs cannot be written."""


class JobStore:
    """The folder of all jobs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, kind: str, title: str, ask: Mapping[str, Any], options: Mapping[str, Any],
            estimate_s: float | None = None) -> Job:  # fmt: skip
        """Write a new job, queued.

        Raises:
            StorageError: It cannot be written; nothing of it is left.
        """
        job = Job(secrets.token_hex(8), kind, title, ask, options, created=now(), estimate_s=estimate_s,
                  owner=os.getpid())  # fmt: skip
        folder = self.folder / job.id
        try:
            self.folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            folder.mkdir(mode=PRIVATE)
            return self.save(job)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise StorageError(f"the job cannot be kept: {error.strerror}") from error

    def path(self, job_id: str) -> Path:
        """Give the folder of a job; an id that is not one is refused, so no other path is ever touched."""
        if not ID.fullmatch(job_id) or not (self.folder / job_id / RECORD).is_file():
            raise NoSuchJobError(job_id)
        return self.folder / job_id

    def get(self, job_id: str) -> Job:
        """Read a job.

        Raises:
            NoSuchJobError: There is none of that id, or its record is damaged.
        """
        try:
            return Job(**json.loads((self.path(job_id) / RECORD).read_text(encoding="utf-8")))
        except (ValueError, TypeError, OSError):
            raise NoSuchJobError(job_id) from None

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
                except NoSuchJobError:
                    continue
        return sorted(found, key=lambda job: job.created, reverse=True)

    def part(self, job_id: str, name: str) -> dict[str, Any] | None:
        """Read progress, result or error of a job, or None where it is not there or damaged."""
        try:
            found = json.loads((self.path(job_id) / name).read_text(encoding="utf-8"))
        except (ValueError, OSError):
            return None
        return found if isinstance(found, dict) else None

    def drop(self, job_id: str) -> None:
        """Delete a job that has ended."""
        shutil.rmtree(self.path(job_id), ignore_errors=True)


def now() -> str:
    """Give the time in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def write_json(path: Path, data: Any) -> None:
    """Write JSON to a file, whole or not at all."""
    replace_file(path, json.dumps(data, allow_nan=False).encode())
