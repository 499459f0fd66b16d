"""Stand-ins for a worker's tasks: what takes long, takes all memory, or ends its process."""

from __future__ import annotations

import os
import time
from typing import Any

from wattscale.web import worker
from wattscale.web.refusals import Refusal
from wattscale.web.tasks import Made

MIB = 2**20


def sleep(planner: Any, seconds: float) -> Made:
    time.sleep(seconds)
    return Made(str(os.getpid()).encode())


def fill(planner: Any, mib: int) -> Made:
    return Made(str(len(bytearray(mib * MIB))).encode())


def end(planner: Any) -> Made:
    os._exit(3)


def fail(planner: Any) -> Made:
    raise RuntimeError("a defect")


def refuse(planner: Any) -> Refusal:
    return Refusal(422, "input", "no")


def work(pipe: Any, memory_mb: int) -> None:
    """Work as a worker does, on these tasks."""
    worker.TASKS.update({each.__name__: each for each in (sleep, fill, end, fail, refuse)})
    worker.work(pipe, memory_mb)
