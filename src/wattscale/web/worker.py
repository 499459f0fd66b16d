"""One process that does what requests ask, a task at a time, until its server ends or stops it.

In: tasks through a pipe. Out: `Made` or `Refusal` for each, through the same pipe.
Leaves out: deadlines; the server ends the process when one has passed (lanes.py).
"""

from __future__ import annotations

import signal
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

from wattscale.parent import end_with_parent
from wattscale.web.refusals import DEFECT, Refusal, refusal_of
from wattscale.web.tasks import TASKS, Made

MIB = 2**20


def work(pipe: Connection, memory_mb: int) -> None:
    """Answer tasks until the pipe is closed.

    Args:
        pipe: Gives (task, arguments), takes answers.
        memory_mb: Memory the process may use [MiB].
    """
    from wattscale.web.planner import Planner

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends its workers
    end_with_parent()
    bound_memory(memory_mb)
    warmed = sys.modules.get("wattscale.web.warm")
    planner = Planner(warmed.CACHE if warmed is not None else None)
    while True:
        try:
            task, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            pipe.send(done(planner, task, arguments))
        except OSError:
            return


def done(planner: Any, task: str, arguments: dict[str, Any]) -> Made | Refusal:
    """Do one task; whatever goes wrong in it is told, and the worker lives on."""
    try:
        return TASKS[task](planner, **arguments)
    except Exception as error:  # the edge of the web: a request never ends its worker
        refusal = refusal_of(error)
        if refusal is DEFECT:
            traceback.print_exc()
        return refusal


def bound_memory(memory_mb: int) -> None:
    """Bound the memory of this process, where the system can."""
    try:
        import resource
    except ImportError:
        return
    most = memory_mb * MIB
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
