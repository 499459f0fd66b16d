"""The chain: scenario -> workload -> compute -> site -> facility -> supply -> economics -> impact -> plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from wattscale.catalog import Catalog, load_catalog
from wattscale.catalog.specs import STAGES
from wattscale.compute import stage as compute
from wattscale.economics import stage as economics
from wattscale.facility import stage as facility
from wattscale.figure import Figure, Value
from wattscale.impact import stage as impact
from wattscale.result import Plan
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.schema import Scenario
from wattscale.site import stage as site
from wattscale.stagecache import Entry, StageCache, relevant
from wattscale.supply import stage as supply
from wattscale.version import VERSION
from wattscale.workload import stage as workload
from wattscale.workload.config import load_config

Progress = Callable[[str, int, int], None]
"""Called with the stage about to run, its number from 1, and the number of stages."""
Result = TypeVar("Result")

LIQUID_COOLED_SERVERS = ("direct-to-chip", "immersion")
"""Cooling technologies whose servers keep few fans; a rear door leaves them in place."""


@dataclass
class Run:
    """One walk along the chain: the scenario, its catalogue, the ledgers and results so far."""

    scenario: Scenario
    catalog: Catalog
    cache: StageCache
    progress: Progress
    ledgers: dict[str, Mapping[str, Figure]] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)

    def stage(self, name: str, inputs: tuple[Any, ...], compute_stage: Callable[[Catalog], Result]) -> Result:
        """Run one stage with a ledger of its own, or take it from the cache when no input changed."""
        self.progress(name, len(self.ledgers) + 1, len(STAGES))
        entry = self.cache.get(name, inputs, self.scenario.catalog)
        if entry is None:
            view = self.catalog.recording()
            result = compute_stage(view)
            entry = Entry(result, view.used, relevant(self.scenario.catalog, view.used), inputs)
            self.cache.put(name, entry)
        self.ledgers[name] = entry.used
        self.results[name] = entry.result
        return entry.result  # type: ignore[no-any-return]


def plan(scenario: Scenario, progress: Progress | None = None, cache: StageCache | None = None) -> Plan:
    """Make the plan of a scenario.

    Args:
        scenario: What is asked.
        progress: Called before each stage.
        cache: Keeps stage results between plans.

    Raises:
        InputError: A file or value that a stage cannot use, or an ask that cannot be met.
    """
    run = walk(scenario, "impact", progress, cache)
    return Plan(VERSION, scenario, **run.results, ledgers={stage: run.ledgers[stage] for stage in STAGES})


def walk(scenario: Scenario, last: str, progress: Progress | None = None, cache: StageCache | None = None) -> Run:
    """Run the chain up to and including the stage `last`; goal seeking needs no more."""
    s, catalog = scenario, load_catalog().with_overrides(scenario.catalog)
    run = Run(s, catalog, cache or StageCache(), progress or (lambda *_: None))
    steps = STAGES.index(last)
    series, config = site.load_series(s.site), load_config(s.workload.model)

    place = run.stage("site", (s.site,), lambda c: site.run(s.site, c, series))
    load = run.stage("workload", (s.workload, place), lambda c: workload.run(s.workload, c, place.utc_offset_h, config))
    if steps == 0:
        return run
    servers = _cooled_as(s)
    machines = run.stage("compute", (servers, load), lambda c: compute.run(servers, load, c))
    if steps <= STAGES.index("site"):
        return run
    building = run.stage(
        "facility",
        (s.facility, machines, place),
        lambda c: facility.run(
            s.facility, machines.it_power_mw, machines.design_it_power_mw, machines.rack_kw, place.weather,
            place.elevation_m, c,
        ),
    )  # fmt: skip
    if steps == STAGES.index("facility"):
        return run
    price, rate = s.economics.electricity_price_usd_per_mwh, s.economics.discount_rate
    power = run.stage(
        "supply", (s.supply, building, place, rate, price),
        lambda c: supply.run(s.supply, building.power_mw, place, c, rate, price),
    )  # fmt: skip
    if steps == STAGES.index("supply"):
        return run
    money = run.stage(
        "economics", (s.economics, load, machines, place, building, power),
        lambda c: economics.run(s.economics, load, machines, place, building, power, c),
    )  # fmt: skip
    if steps == STAGES.index("economics"):
        return run
    run.stage(
        "impact", (s.impact, load, machines, place, building, power, money),
        lambda c: impact.run(s.impact, load, machines, place, building, power, money, c),
    )  # fmt: skip
    return run


def _cooled_as(scenario: Scenario) -> ComputeTable:
    """Give the compute table with the servers cooled as the building cools them, unless it says otherwise."""
    if scenario.compute.server_cooling is not None:
        return scenario.compute
    liquid = scenario.facility.cooling.startswith(LIQUID_COOLED_SERVERS)
    return scenario.compute.model_copy(update={"server_cooling": "liquid" if liquid else "air"})


def figure_of(run: Run, name: str) -> Value | None:
    """Give one figure of a walk by its full name, or None."""
    stage, _, figure = name.partition(".")
    result = run.results.get(stage)
    value: Value | None = result.figures.get(figure) if result is not None else None
    return value
