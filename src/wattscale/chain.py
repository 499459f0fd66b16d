"""The chain: scenario -> workload -> compute -> site -> facility -> supply -> economics -> impact -> plan.

In: a scenario. Out: a plan, or one stage of it with all it needs. Each stage pulls those before it, once.
Leaves out: the stages themselves, each in the folder of its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from wattscale.catalog import Catalog, load_catalog
from wattscale.catalog.specs import STAGES
from wattscale.compute import stage as compute
from wattscale.compute.result import ComputeResult
from wattscale.contents import check_unchanged, contents_of
from wattscale.economics import stage as economics
from wattscale.economics.result import EconomicsResult
from wattscale.facility import stage as facility
from wattscale.facility.choice import Money
from wattscale.facility.design import technology
from wattscale.facility.result import FacilityResult
from wattscale.figure import Figure, Value
from wattscale.impact import stage as impact
from wattscale.impact.io_table import economy_files, load_economy
from wattscale.impact.result import ImpactResult
from wattscale.ownfigures import blamed, check_finite
from wattscale.result import Plan
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.facility import FacilityTable
from wattscale.scenario.load import load_scenario
from wattscale.scenario.schema import Scenario
from wattscale.site import stage as site
from wattscale.site.result import SiteResult
from wattscale.stagecache import Entry, StageCache, relevant
from wattscale.supply import ready
from wattscale.supply import stage as supply
from wattscale.supply.result import SupplyResult
from wattscale.version import VERSION
from wattscale.workload import stage as workload
from wattscale.workload.config import load_config
from wattscale.workload.result import WorkloadResult

Progress = Callable[[str, int, int], None]
"""Called with the stage about to run, its number from 1, and the number of stages."""
Result = TypeVar("Result")


def plan(scenario: Scenario | Path | str, progress: Progress | None = None, cache: StageCache | None = None) -> Plan:
    """Make the plan of a scenario.

    Args:
        scenario: What is asked, or the path of its file.
        progress: Called before each stage.
        cache: Keeps stage results between plans.

    Raises:
        InputError: A file or value that a stage cannot use, or an ask that cannot be met.
    """
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(scenario)
    if scenario.supply.technologies != ["grid"]:
        ready.begin()
    chain = walk(scenario, "impact", progress, cache)
    return Plan(VERSION, scenario, **chain.results, ledgers={stage: chain.ledgers[stage] for stage in STAGES})


def walk(
    scenario: Scenario,
    last: str,
    progress: Progress | None = None,
    cache: StageCache | None = None,
    *,
    extras: bool = True,
) -> Chain:
    """Run one stage with all it needs and no more; goal seeking and studies stop at the stage they ask for.

    Args:
        scenario: What is asked.
        last: Name of the stage.
        progress: Called before each stage.
        cache: Keeps stage results between walks.
        extras: Also what takes long in the economics stage: ranges, price risk, project company (`economics.EXTRAS`).

    Raises:
        InputError: As `plan`.
    """
    catalog = load_catalog().with_overrides(scenario.catalog)
    kept = cache if cache is not None else StageCache()
    chain = Chain(scenario, catalog, kept, progress or (lambda *_: None), extras)
    getattr(chain, last)()
    return chain


def figure_of(chain: Chain, name: str) -> Value | None:
    """Give one figure of a walk by its full name, or None."""
    stage, _, figure = name.partition(".")
    result = chain.results.get(stage)
    value: Value | None = result.figures.get(figure) if result is not None else None
    return value


def scenario_files(scenario: Scenario) -> dict[str, Path]:
    """Give every file that a plan of the scenario reads, by the field that names it."""
    return site.files_of(scenario.site) | workload.files_of(scenario.workload) | economy_files(scenario.impact)


@dataclass
class Chain:
    """One walk: the scenario, its catalogue, and the results and ledgers so far."""

    scenario: Scenario
    catalog: Catalog
    cache: StageCache
    progress: Progress
    extras: bool = True
    results: dict[str, Any] = field(default_factory=dict)
    ledgers: dict[str, Mapping[str, Figure]] = field(default_factory=dict)

    def site(self) -> SiteResult:
        """Where: weather, price, carbon."""
        table = self.scenario.site
        return self._stage(
            "site", (table,), lambda c: site.run(table, c, site.load_series(table)), site.files_of(table)
        )

    def workload(self) -> WorkloadResult:
        """What must be computed; local hours of requests follow the site."""
        table, place = self.scenario.workload, self.site()
        offset, calendar = place.utc_offset_h, place.calendar
        return self._stage(
            "workload",
            (table, offset, calendar),
            lambda c: workload.run(table, c, offset, load_config(table.model), calendar),
            workload.files_of(table),
        )

    def compute(self) -> ComputeResult:
        """On what, how long, at what power."""
        return self._computed(self._building().cooling)

    def facility(self) -> FacilityResult:
        """In what building."""
        return self._housed(self._building())

    def supply(self) -> SupplyResult:
        """Powered by what."""
        money, table = self.scenario.economics, self.scenario.supply
        building, place = self.facility(), self.site()
        rate, flat = money.discount_rate, money.electricity_price_usd_per_mwh
        return self._stage(
            "supply",
            (table, building, place, rate, flat),
            lambda c: supply.run(table, building.power_mw, place, c, rate, flat),
        )

    def economics(self) -> EconomicsResult:
        """At what cost."""
        table, inputs = self.scenario.economics, self._physical()
        more = (self.extras, self.scenario.supply.energisation_year)
        return self._stage("economics", (table, *inputs, *more), lambda c: economics.run(table, *inputs, c, *more))

    def impact(self) -> ImpactResult:
        """With what effect."""
        table, inputs = self.scenario.impact, (*self._physical(), self.economics())
        return self._stage(
            "impact",
            (table, *inputs),
            lambda c: impact.run(table, *inputs, c, load_economy(table)),
            economy_files(table),
        )

    def _physical(self) -> tuple[WorkloadResult, ComputeResult, SiteResult, FacilityResult, SupplyResult]:
        return self.workload(), self.compute(), self.site(), self.facility(), self.supply()

    def _building(self) -> FacilityTable:
        """Table of the building; `best` is settled for air-cooled servers first, and named from then on."""
        table = self.scenario.facility
        if table.cooling != "best":
            return table
        found = self.results.get("facility") or self._housed(table)
        return table.model_copy(update={"cooling": found.cooling})

    def _computed(self, cooling: str) -> ComputeResult:
        """Compute with the servers cooled as the building cools them, unless the scenario says otherwise."""
        own, load = self.scenario.compute, self.workload()
        # `best` is weighed for air-cooled servers; options differ from them by their share of fans.
        liquid = cooling != "best" and technology(self.catalog, cooling).liquid_servers
        update = {"server_cooling": own.server_cooling or ("liquid" if liquid else "air")}
        table: ComputeTable = own.model_copy(update=update)
        return self._stage("compute", (table, load), lambda c: compute.run(table, load, c))

    def _housed(self, table: FacilityTable) -> FacilityResult:
        machines, place = self._computed(table.cooling), self.site()
        rate = self.scenario.economics.discount_rate if table.cooling == "best" else None
        adder = self.scenario.supply.grid_adder_usd_per_mwh
        money = Money(place.price_usd_per_mwh + adder, rate, place.country) if rate is not None else None
        return self._stage(
            "facility",
            (table, machines, place, rate, adder if rate is not None else None),
            lambda c: facility.run(
                table,
                machines.it_power_mw,
                machines.design_it_power_mw,
                machines.rack_kw,
                place.weather,
                place.elevation_m,
                c,
                money,
                machines.it_power_at_work_mw if machines.training else None,
            ),
        )

    def _stage(
        self,
        name: str,
        inputs: tuple[Any, ...],
        run_stage: Callable[[Catalog], Result],
        files: Mapping[str, Path] | None = None,
    ) -> Result:
        """Run one stage with a ledger of its own, or take it from the cache when no input changed, files included."""
        overrides, held = self.scenario.catalog, contents_of(files or {})
        inputs = (*inputs, repr(held))
        entry = self.cache.get(name, inputs, overrides)
        if entry is None:
            self.progress(name, STAGES.index(name) + 1, len(STAGES))
            view = self.catalog.recording()
            with blamed(overrides, *self.ledgers.values(), view.used):
                result = run_stage(view)
                check_finite(name, result)
            check_unchanged(held, files or {}, "when its reading began")
            entry = Entry(result, view.used, relevant(overrides, view.used), inputs)
            self.cache.put(name, entry)
        self.ledgers[name], self.results[name] = entry.used, entry.result
        kept: Result = entry.result
        return kept
