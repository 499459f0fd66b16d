"""Loads all that a worker needs, once, in the process that workers are forked from: its import is the warming.

In: nothing. Out: `CACHE`, the stages of the built-in example.
Leaves out: the solver's passes where this installation has not compiled them; the first plan that needs them does.
"""

from __future__ import annotations

import warnings

from wattscale.chain import plan
from wattscale.scenario.load import load_scenario
from wattscale.stagecache import StageCache
from wattscale.supply import ready
from wattscale.supply.interior import warm_up
from wattscale.web import tasks as _tasks  # noqa: F401 (loads what tasks need)

CACHE = StageCache()
"""Stage results that every worker begins with."""


def warm() -> None:
    """Make the built-in example, and load the solver's passes."""
    # Linear algebra keeps threads of its own, which it ends before a fork.
    warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)
    plan(load_scenario(None), cache=CACHE)
    if not ready.missing():
        warm_up()


warm()
