"""What a worker can be asked: plans and all that is made of them, and the reading of what visitors write.

In: the name of a task and its arguments as plain data. Out: `Made`, bytes that the server passes on as they are.
Leaves out: which process does it and how long it may take (worker.py, lanes.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wattscale.result import Plan
from wattscale.scenario.schema import Scenario
from wattscale.web import view
from wattscale.web.asks import Ask, ask_of_toml, scenario_of
from wattscale.web.compare import compare_view
from wattscale.web.copies import as_command, as_python
from wattscale.web.exports import EXPORTS, export
from wattscale.web.heavy import heavy_fields, key_of, lightened, refuse_heavy
from wattscale.web.heavy_jobs import kept
from wattscale.web.kinds import KINDS, check
from wattscale.web.planner import Planner

JSON = "application/json"
START_S = 3.0
"""Time a job's process takes to load the package [s]."""
LEAST_S = 0.05
"""Shortest time of a plan in an estimate [s]."""


@dataclass(frozen=True)
class Made:
    """An answer: body, media type and further headers."""

    body: bytes
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(data: Any) -> bytes:
    """Write data as JSON; a number that JSON does not know is a defect and raises."""
    return json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def make_plan(planner: Planner, ask: Mapping[str, Any], charts: list[str], width: int, half_width: int,
              job: str | None = None) -> Made:  # fmt: skip
    """Make a plan; tasks that are given the folder of a job take the plans that it has made."""
    start = time.perf_counter()
    shown = view.plan_view(_plans(planner, "plan", [ask], job)[0], charts, width, half_width, quick=False)
    return Made(as_json(shown | {"seconds": round(time.perf_counter() - start, 4)}))


def make_preview(planner: Planner, ask: Mapping[str, Any], charts: list[str], width: int, half_width: int) -> Made:
    """Make a preview of a plan."""
    start = time.perf_counter()
    made = planner.plan(lightened(scenario_of(Ask(**ask))), quick=True)
    shown = view.plan_view(made, charts, width, half_width, quick=True)
    return Made(as_json(shown | {"seconds": round(time.perf_counter() - start, 4)}))


def list_sources(planner: Planner, ask: Mapping[str, Any], job: str | None = None) -> Made:
    """List the catalogue figures that a plan rests on."""
    return Made(as_json(view.sources_view(_plans(planner, "plan", [ask], job)[0])))


def compare_plans(planner: Planner, asks: list[Mapping[str, Any]], width: int, half_width: int,
                  job: str | None = None) -> Made:  # fmt: skip
    """Put plans side by side."""
    return Made(as_json(compare_view(_plans(planner, "compare", asks, job), width, half_width)))


def make_file(planner: Planner, ask: Mapping[str, Any], name: str, job: str | None = None) -> Made:
    """Make a file of a plan."""
    content = export(_plans(planner, "plan", [ask], job)[0], name)
    return Made(content, EXPORTS[name], {"content-disposition": f'attachment; filename="{name}"'})


def read_scenario(planner: Planner, text: str) -> Made:
    """Read a scenario file as changes to its preset."""
    return Made(as_json(ask_of_toml(text).model_dump()))


def write_commands(planner: Planner, ask: Mapping[str, Any]) -> Made:
    """Write an ask as a command line and as Python."""
    asked = Ask(**ask)
    scenario_of(asked)
    return Made(as_json({"command": as_command(asked), "python": as_python(asked)}))


def check_job(planner: Planner, ask: Mapping[str, Any], kind: str, options: dict[str, Any], max_cases: int) -> Made:
    """Check what a job is asked, and estimate its time from the time of one plan; None where that is not known."""
    scenario = scenario_of(Ask(**ask))
    check(kind, scenario, options, max_cases)
    plans = KINDS[kind].plans(scenario, options)
    seconds = None if kind in ("plan", "compare") else _seconds(scenario, plans)
    key = key_of(*_scenarios(scenario, options)) if kind in ("plan", "compare") else None
    return Made(as_json({"plans": plans, "seconds": seconds, "key": key}))


def _seconds(scenario: Scenario, plans: int) -> float | None:
    if heavy_fields(scenario):
        return None
    start = time.perf_counter()
    Planner().plan(scenario)  # of another one, which has nothing of it at hand
    return round(START_S + plans * max(time.perf_counter() - start, LEAST_S), 1)


def _scenarios(first: Scenario, options: Mapping[str, Any]) -> list[Scenario]:
    asks = options.get("plans")
    return [scenario_of(Ask(**each)) for each in asks] if asks else [first]


def _plans(planner: Planner, kind: str, asks: list[Mapping[str, Any]], job: str | None) -> list[Plan]:
    """Make plans, or take those of a job.

    Raises:
        HeavyError: They are made by a job.
        RefusedError: The plans of the job are gone.
    """
    if job is not None:
        return kept(Path(job))
    scenarios = [scenario_of(Ask(**ask)) for ask in asks]
    refuse_heavy(kind, *scenarios)
    return [planner.plan(each) for each in scenarios]


TASKS: dict[str, Callable[..., Made]] = {
    "plan": make_plan, "preview": make_preview, "sources": list_sources, "compare": compare_plans, "file": make_file,
    "scenario": read_scenario, "commands": write_commands, "job": check_job,
}  # fmt: skip
"""Tasks by name."""
