"""Plans of minutes as jobs: made once and kept in the job's folder; requests are then answered from them.

In: a scenario or several, a folder. Out: the plans, kept whole, and what they come to as plain data.
Leaves out: which plans these are (heavy.py), how a request finds them again (answers.py). Charts and files depend on
what a request asks for, so they are made for it (tasks.py), never kept.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wattscale.catalog.specs import STAGES
from wattscale.chain import plan
from wattscale.errors import InputError
from wattscale.report.theme import WIDE_PX
from wattscale.result import Plan
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import StageCache
from wattscale.staged import replace_file
from wattscale.web.asks import Ask, scenario_of
from wattscale.web.compare import figures_compared
from wattscale.web.refusals import GONE, RefusedError
from wattscale.web.view import plan_view, sources_view

PLANS = "plans.pickle"
"""File of the plans within the job's folder, after the hash of its content."""
HASH_BYTES = hashlib.sha256().digest_size
MOST_COMPARED = 4
"""Plans side by side."""
Tick = Callable[[int, int, str], None]


def run_plan(scenario: Scenario, options: Mapping[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    """Make a plan; gives what the page shows of it, but for its charts."""
    made = plan(scenario, progress=lambda stage, n, total: tick(n - 1, len(STAGES), f"stages: {stage}"))
    keep(folder, [made])
    return {"view": plan_view(made, (), WIDE_PX, WIDE_PX, quick=False), "sources": sources_view(made)}


def run_compare(scenario: Scenario, options: Mapping[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    """Make several plans and put them side by side; gives what the page shows of them, but for its charts."""
    cache, made = StageCache(), []
    asks = [scenario_of(Ask(**ask)) for ask in options["plans"]]
    for n, each in enumerate(asks):
        tick(n, len(asks), "plans")
        made.append(plan(each, cache=cache))
    keep(folder, made)
    return figures_compared(made)


def keep(folder: Path, plans: Sequence[Plan]) -> None:
    """Keep plans in the folder of a job.

    Raises:
        OSError: They cannot be written.
    """
    content = pickle.dumps(list(plans), pickle.HIGHEST_PROTOCOL)
    replace_file(folder / PLANS, hashlib.sha256(content).digest() + content)


def kept(folder: Path) -> list[Plan]:
    """Give the plans of a job's folder; only this program has written there, for the folder is private.

    Raises:
        RefusedError: They are gone, damaged, or of other versions of what is installed.
    """
    try:
        whole = (folder / PLANS).read_bytes()
        told, content = whole[:HASH_BYTES], whole[HASH_BYTES:]
        plans: list[Plan] = pickle.loads(content) if hashlib.sha256(content).digest() == told else []
    except MemoryError:
        raise
    except Exception:  # classes that have changed since: a pickle may end in any error
        plans = []
    if not plans:
        raise RefusedError(GONE)
    return plans


def check_plans(kind: str, options: Mapping[str, Any]) -> None:
    """Check the options of these jobs.

    Raises:
        InputError: Not two to four plans.
    """
    asks = options.get("plans")
    if kind == "compare" and not (
        isinstance(asks, list) and 2 <= len(asks) <= MOST_COMPARED and all(isinstance(ask, dict) for ask in asks)
    ):
        raise InputError("must be a list of plans", where="plans", allowed=f"2 to {MOST_COMPARED}")
