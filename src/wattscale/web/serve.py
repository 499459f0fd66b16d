"""Starts the web server of `wattscale web`.

In: host, port, mode. Out: a running server, until it is stopped.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wattscale.errors import InputError
from wattscale.web import nursery
from wattscale.web.children import SAFE
from wattscale.web.job_folder import make_private
from wattscale.web.settings import LOOPBACK, Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

JOBS, MODE, ROOT, HOSTS = "WATTSCALE_JOBS", "WATTSCALE_WEB_MODE", "WATTSCALE_WEB_ROOT", "WATTSCALE_WEB_HOSTS"
"""Environment of the workers; an operator sets the first, the folder of the jobs."""
OPEN = (
    "Warning: {host} can be reached from other machines, and this server has no login: whoever reaches it can use it. "
    "Put a proxy with a login before it where that is not meant."
)


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
        InputError: The address is empty or unknown, the port taken or not allowed, the job folder open to others.
    """
    _check_address(host, port)
    names = (*LOOPBACK, host) if is_loopback(host) else ("*",)
    os.environ |= {MODE: "read-only" if read_only else "", ROOT: root_path, HOSTS: ",".join(names), SAFE: "1"}
    settings = settings_of_environment()
    if not read_only:
        make_private(settings.jobs)
    if workers == 1:
        nursery.begin()
    import uvicorn

    from wattscale.supply import ready
    from wattscale.web.edge import server_options

    ready.begin()
    shown = f"[{host}]" if ":" in host else host
    if not is_loopback(host):
        print(OPEN.format(host=shown), file=sys.stderr)
    print(f"Wattscale: http://{shown}:{port}/  (stop with Ctrl-C)", file=sys.stderr, flush=True)
    uvicorn.run(
        "wattscale.web.serve:app_of_environment", factory=True, host=host, port=port, workers=workers,
        proxy_headers=True, **server_options(settings),
    )  # fmt: skip


def app_of_environment() -> FastAPI:
    """Make the app of one worker; workers are processes of their own, so settings reach them by the environment."""
    from wattscale.web.app import create_app

    return create_app(settings_of_environment())


def settings_of_environment() -> Settings:
    """Read the settings of this process."""
    kept = os.environ.get(JOBS)
    settings = Settings(
        read_only=os.environ.get(MODE) == "read-only",
        root_path=os.environ.get(ROOT, ""),
        allowed_hosts=tuple(os.environ.get(HOSTS, "*").split(",")),
    )
    return replace(settings, jobs=Path(kept).absolute()) if kept else settings


def is_loopback(host: str) -> bool:
    """Tell whether an address is reached from this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    try:
        return host in LOOPBACK or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_address(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on.

    Raises:
        InputError: It is empty (which would mean every address of this machine), unknown, or taken.
    """
    import socket

    if not host.strip():
        raise InputError(
            "is empty, which would open the server to every network", where="--host", value=host,
            hint="Use 127.0.0.1 for this machine alone, or name 0.0.0.0 outright.",
        )  # fmt: skip
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (socket.gaierror, UnicodeError) as error:
        raise InputError(f"is no address of this machine: {error}", where="--host", value=host) from None
    except (OSError, OverflowError) as error:
        raise InputError(
            f"cannot be listened on: {error}", where="--port", value=port, hint="Try another one."
        ) from None
