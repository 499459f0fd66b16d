"""Starts the web server of `wattscale web`.

In: host, port, mode. Out: a running server, until it is stopped.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from fastapi import FastAPI

from wattscale.errors import InputError
from wattscale.supply import ready
from wattscale.web.app import create_app
from wattscale.web.settings import LOOPBACK, Settings

JOBS, MODE, ROOT, HOSTS = "WATTSCALE_JOBS", "WATTSCALE_WEB_MODE", "WATTSCALE_WEB_ROOT", "WATTSCALE_WEB_HOSTS"
"""Environment of the workers; an operator sets the first, the folder of the jobs."""
STOP_S = 3
"""Time that open requests get when the server is stopped [s]."""


def serve(
    host: str = "127.0.0.1", port: int = 8000, read_only: bool = False, root_path: str = "", workers: int = 1
) -> None:  # fmt: skip
    """Serve the web app until it is stopped.

    Args:
        host: Address to listen on; the default is reached from this machine alone.
        port: Port.
        read_only: Public mode: plans, but no jobs.
        root_path: Path under which a proxy shows the server.
        workers: Processes that answer; they share the job folder and nothing else.

    Raises:
        InputError: The port is taken or not allowed.
    """
    import uvicorn

    _check_port(host, port)
    ready.begin()
    names = LOOPBACK if host in LOOPBACK else ("*",)
    os.environ |= {MODE: "read-only" if read_only else "", ROOT: root_path, HOSTS: ",".join(names)}
    shown = f"[{host}]" if ":" in host else host
    print(f"Wattscale: http://{shown}:{port}/  (stop with Ctrl-C)", file=sys.stderr, flush=True)
    uvicorn.run(
        "wattscale.web.serve:app_of_environment", factory=True, host=host, port=port, workers=workers,
        log_level="warning", proxy_headers=True, timeout_graceful_shutdown=STOP_S, server_header=False,
    )  # fmt: skip


def app_of_environment() -> FastAPI:
    """Make the app of one worker; workers are processes of their own, so settings reach them by the environment."""
    kept = os.environ.get(JOBS)
    settings = Settings(
        read_only=os.environ.get(MODE) == "read-only",
        root_path=os.environ.get(ROOT, ""),
        allowed_hosts=tuple(os.environ.get(HOSTS, "*").split(",")),
    )
    return create_app(replace(settings, jobs=Path(kept)) if kept else settings)


def _check_port(host: str, port: int) -> None:
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot be listened on: {error}", where="--port", value=port, hint="Try another one."
        ) from None
