"""The process of one job: reads what is asked from the job's folder, does it, writes progress and result there.

In: a folder. Out: `progress.json`, then `result.json` or `error.json` in it.
Leaves out: when it starts and who may ask (jobs.py, api_jobs.py).
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from wattscale.errors import WattscaleError
from wattscale.web.asks import Ask, scenario_of
from wattscale.web.jobs import ERROR, PROGRESS, RECORD, RESULT, write_json
from wattscale.web.kinds import KINDS

LOOK_S = 1.0
"""Time between two looks at whether the server still lives [s]."""
WRITE_S = 0.15
"""Shortest time between two progress files [s]."""


def do_job(folder: Path) -> int:
    """Do the job of a folder.

    Returns:
        Exit code: 0 done, 1 failed with a message in `error.json`.
    """
    job = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    start, last = time.monotonic(), 0.0

    def tick(done: int, total: int, what: str) -> None:
        nonlocal last
        passed = time.monotonic() - start
        if passed - last < WRITE_S and done < total:
            return
        last = passed
        left = passed * (total - done) / done if done else None
        write_json(folder / PROGRESS, {"done": done, "total": total, "what": what, "seconds": passed, "left_s": left})

    try:
        scenario = scenario_of(Ask(**job["ask"]))
        result = KINDS[job["kind"]].run(scenario, job["options"], folder, tick)
    except WattscaleError as error:
        write_json(folder / ERROR, {"message": str(error)})
        return 1
    write_json(folder / RESULT, finite(result))
    return 0


def finite(data: Any) -> Any:
    """Put None in place of numbers that JSON does not know.

    >>> finite({"a": [1.0, float("nan")]})
    {'a': [1.0, None]}
    """
    if isinstance(data, dict):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    sys.exit(do_job(Path(sys.argv[1])))
