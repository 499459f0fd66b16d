"""Results of stages kept by their own inputs, so that a change of finance does not solve supply again.

In: a stage's inputs and the user's overrides of the catalogue. Out: its result and ledger, if nothing changed.
Leaves out: disk; a study keeps cases, not stages.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wattscale.figure import Figure

ENTRIES_PER_STAGE = 64
"""Results kept of each stage; the least recently used goes first, so memory stays bounded in long studies."""


@dataclass(frozen=True)
class Entry:
    """One kept result with what it was made from; the inputs are held so that their identity stays theirs."""

    result: Any
    used: dict[str, Figure]
    overrides: dict[str, float]
    inputs: tuple[Any, ...]


@dataclass
class StageCache:
    """Kept results of all stages, least recently used ones dropped."""

    stages: dict[str, OrderedDict[tuple[Any, ...], Entry]] = field(default_factory=dict)

    def get(self, stage: str, inputs: tuple[Any, ...], overrides: Mapping[str, float]) -> Entry | None:
        """Find a result made from the same inputs and the same overrides of the figures it read."""
        kept = self.stages.get(stage, OrderedDict())
        wanted = tuple(_key(each) for each in inputs)
        for key in reversed(kept):
            entry = kept[key]
            if key[0] == wanted and entry.overrides == relevant(overrides, entry.used):
                kept.move_to_end(key)
                return entry
        return None

    def put(self, stage: str, entry: Entry) -> None:
        """Keep a result."""
        kept = self.stages.setdefault(stage, OrderedDict())
        key = (tuple(_key(each) for each in entry.inputs), tuple(sorted(entry.overrides.items())))
        kept[key] = entry
        while len(kept) > ENTRIES_PER_STAGE:
            kept.popitem(last=False)


def relevant(overrides: Mapping[str, float], used: Mapping[str, Figure]) -> dict[str, float]:
    """Pick the overrides that touch figures a stage read, by full id or by `table/item.parameter`.

    >>> relevant({"a/b.c": 1.0, "a/b.d": 2.0}, {"a/b.c@US:2025": None})
    {'a/b.c': 1.0}
    """
    if not overrides:
        return {}
    touched = set(used) | {fid.partition("@")[0].partition(":")[0] for fid in used}
    return {key: value for key, value in overrides.items() if key in touched}


def _key(given: Any) -> Any:
    if hasattr(given, "model_dump_json"):
        return given.model_dump_json()
    return given if isinstance(given, int | float | str | None) else id(given)
