"""What a worker can be asked: plans and all that is made of them, and the reading of what visitors write.

In: the name of a task and its arguments as plain data. Out: `Made`, bytes that the server passes on as they are.
Leaves out: which process does it and how long it may take (worker.py, lanes.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wattscale.scenario.schema import Scenario
from wattscale.web import view
from wattscale.web.asks import Ask, ask_of_toml, scenario_of
from wattscale.web.compare import compare_view
from wattscale.web.copies import as_command, as_python
from wattscale.web.exports import EXPORTS, export
from wattscale.web.heavy import heavy_fields, key_of, lightened, refuse_heavy
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
              quick: bool) -> Made:  # fmt: skip
    """Make a plan, or a preview of it."""
    start = time.perf_counter()
    scenario = scenario_of(Ask(**ask))
    if quick:
        scenario = lightened(scenario)
    else:
        refuse_heavy("plan", scenario)
    shown = view.plan_view(planner.plan(scenario, quick), charts, width, half_width, quick)
    return Made(as_json(shown | {"seconds": round(time.perf_counter() - start, 4)}))


def list_sources(planner: Planner, ask: Mapping[str, Any]) -> Made:
    """List the catalogue figures that a plan rests on."""
    return Made(as_json(view.sources_view(planner.plan(_light(ask)))))


def compare_plans(planner: Planner, asks: list[Mapping[str, Any]], width: int, half_width: int) -> Made:
    """Put plans side by side."""
    scenarios = [scenario_of(Ask(**ask)) for ask in asks]
    refuse_heavy("compare", *scenarios)
    return Made(as_json(compare_view([planner.plan(each) for each in scenarios], width, half_width)))


def make_file(planner: Planner, ask: Mapping[str, Any], name: str) -> Made:
    """Make a file of a plan."""
    return Made(export(planner.plan(_light(ask)), name), EXPORTS[name], named(name))


def named(name: str) -> dict[str, str]:
    """Give the headers by which a browser saves an answer as a file."""
    return {"content-disposition": f'attachment; filename="{name}"'}


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
    seconds = None if kind in ("plan", "compare") else _seconds(planner, scenario, ask, plans)
    key = key_of(*_scenarios(scenario, options)) if kind in ("plan", "compare") else None
    return Made(as_json({"plans": plans, "seconds": seconds, "key": key}))


def _seconds(planner: Planner, scenario: Scenario, ask: Mapping[str, Any], plans: int) -> float | None:
    if heavy_fields(scenario):
        return None
    start = time.perf_counter()
    nearby = {"economics.discount_rate": scenario.economics.discount_rate * (1 + 1e-9)}
    planner.plan(scenario_of(Ask(preset=ask["preset"], changes={**ask["changes"], **nearby})))
    return round(START_S + plans * max(time.perf_counter() - start, LEAST_S), 1)


def _scenarios(first: Scenario, options: Mapping[str, Any]) -> list[Scenario]:
    asks = options.get("plans")
    return [scenario_of(Ask(**each)) for each in asks] if asks else [first]


def _light(ask: Mapping[str, Any]) -> Scenario:
    scenario = scenario_of(Ask(**ask))
    refuse_heavy("plan", scenario)
    return scenario


TASKS: dict[str, Callable[..., Made]] = {
    "plan": make_plan, "sources": list_sources, "compare": compare_plans, "file": make_file,
    "scenario": read_scenario, "commands": write_commands, "job": check_job,
}  # fmt: skip
"""Tasks by name."""
