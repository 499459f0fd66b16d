"""What an operator may set of the web server: where jobs are kept, how much a visitor may ask for.

In: nothing. Out: `Settings`.
Leaves out: host, port and certificates; the server or the proxy before it has those.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from wattscale.web.job_folder import usual_folder

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
"""Names under which a server on this machine alone is reached."""


@dataclass(frozen=True)
class Limits:
    """Limits of a lane.

    Attributes:
        at_once: Tasks done at once.
        seconds: Time a task may wait in all, and then take [s].
        long_after_s: Time after which a task counts as long [s].
        long_at_once: Long tasks that go on beside the lane.
        waiting: Tasks that may wait.
        grace_s: Time a task still gets when its visitor has left [s]; a process that ends by itself stays warm.
        memory_mb: Memory of a process [MiB].
    """

    at_once: int = 2
    seconds: float = 60.0
    long_after_s: float = 3.0
    long_at_once: int = 2
    waiting: int = 200
    grace_s: float = 0.5
    memory_mb: int = 4096


@dataclass(frozen=True)
class Settings:
    """Settings of the web server.

    Attributes:
        jobs: Folder in which jobs are kept, of this user alone; they survive a restart.
        read_only: Public mode: plans are made, but no jobs are taken and nothing is written.
        allowed_hosts: Host names under which the server answers; `*` for any (behind a proxy that checks them).
        root_path: Path under which a proxy shows the server, such as `/wattscale`.
        max_body_bytes: Largest request body [B].
        plans: Lane of plans and what is made of them; plans beyond its time are for jobs.
        previews: Lane of previews and of short questions.
        jobs_at_once: Jobs that run at once; more wait.
        jobs_kept: Jobs kept on disk; the oldest finished ones go first.
        job_seconds: Time that a job may take [s].
        max_cases: Largest number of cases of a study.
        header_seconds: Time in which the head of a request must have come [s].
        body_seconds: Time in which the body of a request must have come [s].
        send_seconds: Time in which a visitor must take a part of an answer [s].
        connections: Connections at once; more are sent away with status 503.
    """

    jobs: Path = field(default_factory=usual_folder)
    read_only: bool = False
    allowed_hosts: tuple[str, ...] = ("*",)
    root_path: str = ""
    max_body_bytes: int = 256 * 1024
    plans: Limits = field(default_factory=Limits)
    previews: Limits = field(
        default_factory=lambda: Limits(at_once=1, seconds=30.0, long_after_s=1.0, long_at_once=1, grace_s=0.3)
    )
    jobs_at_once: int = 2
    jobs_kept: int = 200
    job_seconds: float = 3600.0
    max_cases: int = 5000
    header_seconds: float = 10.0
    body_seconds: float = 20.0
    send_seconds: float = 30.0
    connections: int = 500
