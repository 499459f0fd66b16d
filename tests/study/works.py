"""Work for the executors that needs no plan: cases that square, kill their worker, or wait."""

from __future__ import annotations

import os
import signal
import time


def square(payload, job):
    """Row per case with its square."""
    time.sleep(payload.get("sleep_s", 0.0))
    return [{"case": case, "y": case**2} for case in job]


def square_and_sign(payload, job):
    """The same, and each worker leaves its number in a folder."""
    with open(os.path.join(payload["folder"], str(os.getpid())), "w", encoding="utf-8"):
        pass
    return square(payload, job)


def square_or_die(payload, job):
    """The same, but case `deadly` kills its worker."""
    for case in job:
        if case == payload["deadly"]:
            os.kill(os.getpid(), signal.SIGKILL)
    return square(payload, job)


def die_once(payload, job):
    """The same, but the first worker that meets case `deadly` dies; later ones do not."""
    for case in job:
        if case == payload["deadly"] and not os.path.exists(payload["mark"]):
            with open(payload["mark"], "w", encoding="utf-8"):
                os.kill(os.getpid(), signal.SIGKILL)
    return square(payload, job)


def buried(payload, case):
    """Row of a case whose worker died."""
    return {"case": case, "y": None}


def sleep_unless_first(payload, job):
    """Be quick at the first case and slow at the others; each leaves its process number."""
    import pathlib

    (pathlib.Path(payload) / str(os.getpid())).touch()
    if job[0] > 0:
        time.sleep(120)
    return [{"case": case, "y": None} for case in job]
