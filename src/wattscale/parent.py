"""Processes that end with the one that started them, also where that was killed and could not tell them.

In: nothing, or the id of the process that started this one. Out: a watch, beside the work of this process.
Leaves out: how processes are started, and their usual end.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time

LOOK_S = 1.0
"""Time between two looks at whether a process still lives that cannot be waited for [s]."""


def end_with_parent(pid: int = 0) -> None:
    """End this process as soon as the one that started it is gone.

    A worker of a killed process would wait for work that never comes: it holds itself an end of the pipe that the work
    comes through.

    Args:
        pid: Process that started this one; not needed where that did it by `multiprocessing`.
    """
    threading.Thread(target=_end_with, args=(pid,), name="parent", daemon=True).start()


def _end_with(pid: int) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    else:
        while os.getppid() == pid:
            time.sleep(LOOK_S)
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():  # with all that it started
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
