"""Plans of minutes as jobs: the same answers that a request would get, kept in the job's folder.

In: a scenario or several, widths, a folder. Out: the view and sources of a plan, its files; or a comparison.
Leaves out: which plans these are (heavy.py), how a request finds them again (answers.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from wattscale.catalog.specs import STAGES
from wattscale.chain import plan
from wattscale.errors import InputError
from wattscale.report.charts import CHARTS
from wattscale.report.theme import WIDE_PX
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import StageCache
from wattscale.verbs import write
from wattscale.web.asks import Ask, scenario_of
from wattscale.web.compare import compare_view
from wattscale.web.exports import EXPORTS
from wattscale.web.view import plan_view, sources_view

FILES = "files"
"""Folder of a plan's files within the job's folder."""
MOST_COMPARED = 4
"""Plans side by side."""
Tick = Callable[[int, int, str], None]


def run_plan(scenario: Scenario, options: Mapping[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    """Make a plan with everything the page shows of it, and its files."""
    made = plan(scenario, progress=lambda stage, n, total: tick(n - 1, len(STAGES) + 1, f"stages: {stage}"))
    tick(len(STAGES), len(STAGES) + 1, "stages: files")
    write(made, folder / FILES, list(EXPORTS))
    view = plan_view(made, CHARTS, *_widths(options), quick=False)
    return {"view": {**view, "seconds": 0.0}, "sources": sources_view(made)}


def run_compare(scenario: Scenario, options: Mapping[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    """Make several plans and put them side by side."""
    cache, made = StageCache(), []
    asks = [scenario_of(Ask(**ask)) for ask in options["plans"]]
    for n, each in enumerate(asks):
        tick(n, len(asks), "plans")
        made.append(plan(each, cache=cache))
    return compare_view(made, *_widths(options))


def check_plans(kind: str, options: Mapping[str, Any]) -> None:
    """Check the options of these jobs.

    Raises:
        InputError: Widths that are no numbers, or not two to four plans.
    """
    for name in ("width", "half_width"):
        value = options.get(name, WIDE_PX)
        if not isinstance(value, int) or not 0 < value <= 10 * WIDE_PX:
            raise InputError("must be a width in pixels", where=name, value=str(value)[:20])
    asks = options.get("plans")
    if kind == "compare" and not (
        isinstance(asks, list) and 2 <= len(asks) <= MOST_COMPARED and all(isinstance(ask, dict) for ask in asks)
    ):
        raise InputError("must be a list of plans", where="plans", allowed=f"2 to {MOST_COMPARED}")


def _widths(options: Mapping[str, Any]) -> tuple[int, int]:
    return options.get("width", WIDE_PX), options.get("half_width", WIDE_PX)
