"""How the server starts Python: never with modules of the folder it was itself started in.

In: a module to run. Out: command and environment of its process.
"""

from __future__ import annotations

import os
import site
import sys
from pathlib import Path

import wattscale

SAFE = "PYTHONSAFEPATH"
"""Environment variable that keeps the folder of the start out of the path of modules, in all processes below."""


def command_of(module: str, *arguments: str) -> list[str]:
    """Give the command that runs a module."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """Give the environment of a process that finds this package, and nothing in the folder it is started in."""
    home = str(Path(wattscale.__file__).resolve().parent.parent)
    installed = [*site.getsitepackages(), site.getusersitepackages()]
    known = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    paths = known if home in (*installed, *known) else [home, *known]
    return {**os.environ, SAFE: "1", "PYTHONPATH": os.pathsep.join(paths)}
