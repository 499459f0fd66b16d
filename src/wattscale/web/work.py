"""The process of one job: reads what is asked from the job's folder, does it, writes progress and result there.

In: a folder. Out: `progress.json`, then `result.json` or `error.json` in it.
Leaves out: when it starts and who may ask (jobs.py, api_jobs.py).
"""

from __future__ import annotations

import json
import math
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from wattscale.errors import WattscaleError
from wattscale.parent import end_with_parent
from wattscale.web.asks import Ask, scenario_of
from wattscale.web.job_store import ERROR, PROGRESS, RECORD, RESULT, STORAGE, write_json
from wattscale.web.kinds import KINDS

WRITE_S = 0.15
"""Shortest time between two progress files [s]."""


def do_job(folder: Path) -> int:
    """Do the job of a folder.

    Returns:
        Exit code: 0 done, 1 failed with a message in `error.json`, `STORAGE` where a file cannot be written.
    """
    try:
        return _do(folder)
    except OSError as error:
        print(f"cannot be written: {error}", file=sys.stderr)
        return STORAGE


def _do(folder: Path) -> int:
    job = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    start, last = time.monotonic(), 0.0

    def tick(done: int, total: int, what: str) -> None:
        nonlocal last
        passed = time.monotonic() - start
        if passed - last < WRITE_S and done < total:
            return
        last = passed
        left = passed * (total - done) / done if done else None
        told = {"done": done, "total": total, "what": what, "seconds": passed, "left_s": left}
        with suppress(OSError):  # a full disk may be empty again when the result comes
            write_json(folder / PROGRESS, told)

    try:
        scenario = scenario_of(Ask(**job["ask"]))
        result = KINDS[job["kind"]].run(scenario, job["options"], folder, tick)
    except (WattscaleError, MemoryError) as error:
        words = "It needs more memory than there is." if isinstance(error, MemoryError) else str(error)
        write_json(folder / ERROR, {"message": words})
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


if __name__ == "__main__":
    end_with_parent(int(sys.argv[2]))
    sys.exit(do_job(Path(sys.argv[1])))
