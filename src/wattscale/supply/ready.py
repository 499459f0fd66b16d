"""Compiles the solver's passes in processes of their own, beside other work, where this installation has not yet.

In: nothing but the cache folder beside the passes. Out: files in it, found by the next import.
Leaves out: a cache elsewhere (NUMBA_CACHE_DIR, a package that cannot be written): there the passes compile when needed.

A first plan with an optimised supply then waits for what is left of the compiling after site, workload, compute and
building are done, about three seconds on two cores instead of nine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PARTS = ("band", "passes")
"""The factorisation of the band takes as long to compile as all other passes together."""
SOURCES = {"sweeps.py": ("factorise", "residuals"), "directions.py": ("expand", "prepare")}
"""Passes whose compiled forms tell that all are there."""
MOST_S = 60.0
"""Longest time to wait for a compiling process; after it the passes are compiled here [s]."""

_running: list[subprocess.Popen[bytes]] = []
_asked = False


def begin() -> None:
    """Start compiling where something is missing; does nothing the second time."""
    global _asked
    if _asked:
        return
    _asked = True
    if not missing():
        return
    for part in PARTS:
        code = f"from wattscale.supply.ready import compile_part; compile_part({part!r})"
        try:
            _running.append(
                subprocess.Popen(
                    [sys.executable, "-P", "-c", code],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
        except OSError:
            return


def wait() -> None:
    """Wait until what `begin` started has ended."""
    while _running:
        process = _running.pop()
        try:
            process.wait(MOST_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def missing() -> bool:
    """Tell whether a pass has no compiled form newer than its source in a cache folder that can be written."""
    here = Path(__file__).parent
    cache = here / "__pycache__"
    if os.environ.get("NUMBA_CACHE_DIR") or not os.access(cache if cache.is_dir() else here, os.W_OK):
        return False
    tag = f"py{sys.version_info.major}{sys.version_info.minor}.nbi"
    return any(
        not any(
            found.stat().st_mtime >= (here / source).stat().st_mtime
            for found in cache.glob(f"{source.removesuffix('.py')}.{name}-*.{tag}")
        )
        for source, names in SOURCES.items()
        for name in names
    )


def compile_part(part: str) -> None:
    """Compile one part by solving a program of two steps, with the other part as plain Python.

    Args:
        part: One of `PARTS`.
    """
    from wattscale.supply import directions, sweeps
    from wattscale.supply.interior import warm_up

    band: list[tuple[Any, str]] = [(sweeps, "factorise")]
    passes = [(sweeps, "residuals"), *((directions, name) for name in vars(directions) if _is_pass(directions, name))]
    for module, name in passes if part == "band" else band:
        setattr(module, name, getattr(module, name).py_func)
    warm_up()


def _is_pass(module: Any, name: str) -> bool:
    return hasattr(getattr(module, name), "py_func")
