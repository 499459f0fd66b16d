"""Stand-ins for a worker's tasks: what takes long, takes all memory, or ends its process."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from wattscale.web import worker
from wattscale.web.refusals import Refusal
from wattscale.web.tasks import Made

MIB = 2**20
ENDLESS = "endless"
"""Word in the arguments of a task that then never ends."""


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


def work_that_may_never_end(pipe: Any, memory_mb: int) -> None:
    """Work as a worker does; tasks whose arguments hold the word never end."""
    worker.TASKS.update({name: _endless_at_the_word(task) for name, task in worker.TASKS.items()})
    worker.work(pipe, memory_mb)


def _endless_at_the_word(task: Any) -> Any:
    def done(planner: Any, **arguments: Any) -> Made:
        while ENDLESS in json.dumps(arguments):
            time.sleep(60)
        made: Made = task(planner, **arguments)
        return made

    return done
