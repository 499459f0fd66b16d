"""Plans of every combination of some patches, upstream changes varying slowest so that stages are used again.

In: a scenario, patches, the figures wanted. Out: metrics by combination.
Leaves out: what the combinations are for; levers.py divides savings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from wattscale.chain import figure_of, scenario_files, walk
from wattscale.contents import unchanged
from wattscale.errors import InputError, WattscaleError
from wattscale.scenario.load import to_tables
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import StageCache
from wattscale.study.executor import Job, Rows, Work, run_processes, run_serial

Metrics: TypeAlias = Mapping[str, float]
TABLES = ("site", "workload", "compute", "facility", "supply", "economics", "impact")
"""Tables of the scenario, in the order in which the chain first needs them."""


class Named(Protocol):
    """Something with a name and changes: a lever."""

    @property
    def name(self) -> str:
        """Name."""

    @property
    def changes(self) -> Mapping[str, Any]:
        """Changes by dotted key."""


@dataclass
class _Payload:
    scenarios: Sequence[tuple[str, Scenario]]
    figures: Mapping[str, str]
    cache: StageCache = field(default_factory=StageCache)


def all_combinations(
    base: Scenario,
    patches: Sequence[Named],
    figures: Mapping[str, str],
    workers: int,
    tick: Callable[[int, int], None],
) -> dict[frozenset[str], Metrics]:
    """Plan every combination.

    Args:
        base: The scenario without any patch.
        patches: Patches; of two that change the same key the later one wins.
        figures: Figure behind each metric.
        workers: Processes.
        tick: Called after each plan with plans done and plans in all.

    Returns:
        Metrics by set of names; 2^n entries. Combinations that give the same scenario are planned once.

    Raises:
        InputError: A combination that cannot be planned; names it.
    """
    slowest_first = sorted(patches, key=_first_table)
    chosen = [
        frozenset(p.name for i, p in enumerate(slowest_first) if number >> (len(patches) - 1 - i) & 1)
        for number in range(2 ** len(patches))
    ]
    same: dict[str, int] = {}
    scenarios: list[tuple[str, Scenario]] = []
    places: list[int] = []
    for names in chosen:
        label = " + ".join(p.name for p in patches if p.name in names) or "none"
        changes = {key: value for p in patches if p.name in names for key, value in p.changes.items()}
        scenario = apply_patch(base, Patch(label, changes))
        place = same.setdefault(repr(to_tables(scenario)), len(scenarios))
        if place == len(scenarios):
            scenarios.append((label, scenario))
        places.append(place)
    with unchanged(scenario_files(base)):
        rows = _planned(_Payload(scenarios, figures), workers, tick)
    return {names: rows[place] for names, place in zip(chosen, places, strict=True)}


def _first_table(patch: Named) -> int:
    tables = [key.partition(".")[0] for key in patch.changes]
    return min((TABLES.index(table) for table in tables if table in TABLES), default=len(TABLES))


def _planned(payload: _Payload, workers: int, tick: Callable[[int, int], None]) -> dict[int, Metrics]:
    total = len(payload.scenarios)
    work = Work(_run, _lost, payload)
    size = max(1, total // (4 * workers))
    jobs = iter([list(range(start, min(start + size, total))) for start in range(0, total, size)])
    done: dict[int, Metrics] = {}
    for found in (
        run_processes(work, jobs, workers) if workers > 1 else run_serial(work, iter([[i] for i in range(total)]))
    ):
        for row in found:
            if row["why"]:
                raise InputError(row["why"], where=f"levers: {payload.scenarios[row['index']][0]}")
            done[row["index"]] = row["metrics"]
        tick(len(done), total)
    return done


def _run(payload: _Payload, job: Job) -> Rows:
    rows = []
    for index in job:
        try:
            chain = walk(payload.scenarios[index][1], "impact", cache=payload.cache, extras=False)
        except WattscaleError as error:
            rows.append({"index": index, "why": str(error), "metrics": {}})
            continue
        found: dict[str, float] = {}
        for metric, figure in payload.figures.items():
            value = figure_of(chain, figure)
            found[metric] = float(value[0] if isinstance(value, tuple) else value or 0.0)
        rows.append({"index": index, "why": "", "metrics": found})
    return rows


def _lost(payload: _Payload, index: int) -> dict[str, Any]:
    return {"index": index, "why": "its worker died (out of memory?)", "metrics": {}}
