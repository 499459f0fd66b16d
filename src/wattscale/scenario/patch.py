"""Patches: named sets of changes to a scenario, the one mechanism of levers, sites, sweeps, draws and future years.

In: a scenario and changes by dotted key. Out: another scenario, validated like a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from wattscale.errors import InputError, did_you_mean
from wattscale.scenario.load import CLEARED, REPLACES, build, to_tables
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of, set_key

PRESET = "preset"


@dataclass(frozen=True)
class Patch:
    """A named set of changes, such as `workload.serving.precision = "fp8"`."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)


def apply_patch(scenario: Scenario, patch: Patch) -> Scenario:
    """Give the scenario with the changes made.

    Another preset comes first: it fills in all keys that the scenario was not given, as in its file.

    Raises:
        InputError: Unknown key or value not allowed.

    >>> apply_patch(Scenario(), Patch("small", {"supply.connection_mw": 10})).supply.connection_mw
    10.0
    """
    changes = dict(_flat(patch.changes))
    if PRESET in changes:
        scenario = build({**scenario.given, PRESET: changes.pop(PRESET)})
    tables = _changed(to_tables(scenario), changes)
    tables[PRESET] = "none"
    changed = build(tables).model_copy(update={PRESET: scenario.preset})
    return changed.as_given(_changed(scenario.given, changes))


def _changed(tables: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give a copy of tables with changes made, and with what these stand for dropped."""
    found: dict[str, Any] = json.loads(json.dumps(tables))
    for key, value in changes.items():
        for other in REPLACES.get(key, ()) if value not in (None, CLEARED) else ():
            if other not in changes:
                set_key(found, other, None)
        set_key(found, key, value)
    return found


def _flat(changes: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give changes by dotted key; a table among them changes the keys it holds and leaves its others."""
    for key, value in changes.items():
        whole = prefix + key
        if isinstance(value, Mapping) and whole in _tables():
            yield from _flat(value, f"{whole}.")
        else:
            yield whole, value


@cache
def _tables() -> frozenset[str]:
    parts = [f.key.split(".") for f in fields_of(Scenario)]
    return frozenset(".".join(p[:n]) for p in parts for n in range(1, len(p))) | {"catalog"}


def numeric_key(key: str) -> str:
    """Check that a dotted key is a numeric field of the scenario.

    Returns:
        `float` or `int`.

    Raises:
        InputError: Unknown key, or a field that is not a number.

    >>> numeric_key("workload.serving.requests_per_day")
    'float'
    """
    fields = {f.key: f for f in fields_of(Scenario)}
    if key.startswith(("catalog.", "supply.max_capacity_mw.", "supply.unit_mw.")):
        return "float"
    if key not in fields:
        raise InputError("no such field of the scenario", where=key, hint=did_you_mean(key, fields))
    if fields[key].numeric not in ("float", "int"):
        raise InputError("is not a number and cannot be varied", where=key)
    return fields[key].numeric
