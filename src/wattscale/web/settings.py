"""What an operator may set of the web server: where jobs are kept, how much a visitor may ask for.

In: nothing. Out: `Settings`.
Leaves out: host, port and certificates; the server or the proxy before it has those.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
"""Names under which a server on this machine alone is reached."""


def _job_folder() -> Path:
    return Path(tempfile.gettempdir()) / "wattscale-jobs"


@dataclass(frozen=True)
class Settings:
    """Settings of the web server.

    Attributes:
        jobs: Folder in which jobs are kept; they survive a restart.
        read_only: Public mode: plans are made, but no jobs are taken and nothing is written.
        allowed_hosts: Host names under which the server answers; `*` for any (behind a proxy that checks them).
        root_path: Path under which a proxy shows the server, such as `/wattscale`.
        max_body_bytes: Largest request body [B].
        plan_seconds: Time that a plan may take in a request [s]; longer ones are for jobs.
        threads: Plans computed at once.
        waiting: Requests that may wait for a free thread; more are sent away with status 503.
        jobs_at_once: Jobs that run at once; more wait.
        jobs_kept: Jobs kept on disk; the oldest finished ones go first.
        job_seconds: Time that a job may take [s].
        max_cases: Largest number of cases of a study.
    """

    jobs: Path = field(default_factory=_job_folder)
    read_only: bool = False
    allowed_hosts: tuple[str, ...] = ("*",)
    root_path: str = ""
    max_body_bytes: int = 256 * 1024
    plan_seconds: float = 60.0
    threads: int = 2
    waiting: int = 200
    jobs_at_once: int = 2
    jobs_kept: int = 200
    job_seconds: float = 3600.0
    max_cases: int = 5000
