"""Where workers come from: a warm process of which each is a copy, where the system can make copies.

In: nothing. Out: the context that starts workers.
Leaves out: what is loaded there (warm.py), what workers do (worker.py).
"""

from __future__ import annotations

import multiprocessing
from typing import Any


def nursery() -> Any:
    """Give the context that starts workers: copied from a warm process, else loaded anew."""
    context: Any = multiprocessing.get_context(_kind())
    if _kind() == "forkserver":
        context.set_forkserver_preload(["wattscale.web.warm"])
    return context


def begin() -> None:
    """Start the warm process now, beside the loading of the server itself."""
    nursery()
    if _kind() == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


def _kind() -> str:
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
