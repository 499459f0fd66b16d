"""Tells which plans take minutes and so are made as jobs, never within a request.

In: a scenario. Out: what in it takes long, and the same scenario without.
Leaves out: plans that turn out long though nothing says so; lanes.py bounds those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from wattscale.scenario.schema import Scenario
from wattscale.supply.solve import USUAL
from wattscale.version import VERSION
from wattscale.web.planner import identity
from wattscale.web.refusals import Refusal, RefusedError

LIGHT: Mapping[str, Any] = {"verify": False, "near_optimal_share": 0.0, "unit_mw": {}}
"""Fields of the table `supply` that make a plan long, with the value at which they do not."""
WORDS = {
    "verify": "a check by a second solver (supply.verify)",
    "near_optimal_share": "the range of each capacity (supply.near_optimal_share)",
    "unit_mw": "plants in whole units (supply.unit_mw)",
    "solver_iterations": f"more than {USUAL} iterations (supply.solver_iterations)",
}


class HeavyError(RefusedError):
    """A plan that is made as a job; its refusal names what takes long and the job's key."""


def heavy_fields(scenario: Scenario) -> list[str]:
    """List the fields of the table `supply` that make a plan take minutes."""
    table = scenario.supply
    found = [name for name, light in LIGHT.items() if getattr(table, name) != light]
    return [*found, "solver_iterations"] if table.solver_iterations > USUAL else found


def lightened(scenario: Scenario) -> Scenario:
    """Give a scenario without what takes long, for a preview."""
    if not heavy_fields(scenario):
        return scenario
    iterations = min(scenario.supply.solver_iterations, USUAL)
    table = scenario.supply.model_copy(update={**LIGHT, "solver_iterations": iterations})
    return scenario.model_copy(update={"supply": table})


def refuse_heavy(kind: str, *scenarios: Scenario) -> None:
    """Refuse work that belongs to a job of a kind.

    Raises:
        HeavyError: One of the scenarios takes minutes.
    """
    why = list(dict.fromkeys(WORDS[name] for each in scenarios for name in heavy_fields(each)))
    if why:
        words = f"this plan takes minutes and is made as a job: it asks for {', '.join(why)}"
        raise HeavyError(Refusal(409, "heavy", words, {"kind": kind, "key": key_of(*scenarios)}))


def key_of(*scenarios: Scenario) -> str:
    """Give the key by which a job's result is found again: the same scenarios by the same version."""
    text = "\n".join([VERSION, *map(identity, scenarios)])
    return hashlib.sha256(text.encode()).hexdigest()
