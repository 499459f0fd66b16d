"""Ranking places by whole plans: which pass the limits, what they cost, how often each is best.

In: a scenario, places, limits, weights. Out: `SiteRanking`, best first.
Leaves out: land and tax relief (no figures in money), and moving the users; they stay where the scenario has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wattscale.annuity import annuity
from wattscale.catalog import load_catalog
from wattscale.chain import figure_of, scenario_files, walk
from wattscale.contents import unchanged
from wattscale.economics.stage import EXTRAS
from wattscale.errors import InfeasibleError, WattscaleError
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import StageCache
from wattscale.study.executor import Job, Rows, Work, run_processes, run_serial
from wattscale.study.places import Place
from wattscale.study.scoring import CRITERIA, Limit, draw_ranks, nearest_misses, pareto, parse_limit, value_of

if TYPE_CHECKING:
    import pandas as pd

SITE_FIGURES = (
    "economics.tco_usd_per_year",
    "economics.revenue_usd_per_year",
    "economics.usd_per_mtok",
    "economics.time_to_power_years",
    "impact.carbon_t_per_year",
    "impact.water_total_m3_per_year",
    "supply.carbon_kg_per_mwh",
    "supply.cost_usd_per_mwh",
    "facility.pue",
    "site.time_to_power_years",
    "site.water_stress",
    "site.rule_of_law_pct",
    "site.rtt_to_hub_ms",
    "site.site_distance_km",
)
"""Figures of each place that a ranking needs."""
DRAWS = 10_000
"""Weights drawn for the rank frequency."""
Tick = Callable[[int, int], None]
"""Called with places planned and places in all."""


@dataclass(frozen=True)
class SiteScore:
    """One place.

    Attributes:
        name: The place.
        latitude, longitude: [deg].
        figures: Figures of its plan by name.
        cost_usd_per_year: Plan plus delay [USD/year].
        delay_usd_per_year: Margin forgone while waiting for power, spread over the project's years [USD/year].
        values: Worth by criterion [1].
        score: Mean score over the weights drawn [1].
        first_share: Share of the draws in which it is first [1].
        top_share: Share of the draws in which it is among the best five [1].
        pareto: Whether no other place equals or beats it in cost, carbon, water and time.
    """

    name: str
    latitude: float
    longitude: float
    figures: Mapping[str, float | None]
    cost_usd_per_year: float
    delay_usd_per_year: float
    values: Mapping[str, float]
    score: float
    first_share: float
    top_share: float
    pareto: bool


@dataclass(frozen=True)
class SiteRanking:
    """Places that pass, best first; those that do not, and those that could not be planned, with the reason."""

    places: tuple[SiteScore, ...]
    excluded: tuple[tuple[str, str], ...]
    failed: tuple[tuple[str, str], ...]
    own_cost_usd_per_year: float
    limits: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the ranking for JSON."""
        return {
            "places": [vars(place) | {"figures": dict(place.figures)} for place in self.places],
            "excluded": [{"name": name, "why": why} for name, why in self.excluded],
            "failed": [{"name": name, "why": why} for name, why in self.failed],
            "own_cost_usd_per_year": self.own_cost_usd_per_year,
            "limits": list(self.limits),
        }

    def table(self) -> pd.DataFrame:
        """Give the places as a table, best first."""
        import pandas as pd

        plain = ("name", "latitude", "longitude", "score", "first_share", "top_share", "pareto", "cost_usd_per_year")
        rows = [{key: getattr(place, key) for key in plain} | dict(place.figures) for place in self.places]
        return pd.DataFrame(rows).set_index("name")


@dataclass
class _Payload:
    scenario: Scenario
    places: Sequence[Place]
    figures: Sequence[str]
    cache: StageCache = field(default_factory=StageCache)


def rank_sites(
    scenario: Scenario,
    places: Sequence[Place],
    limits: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    *,
    workers: int = 1,
    seed: int = 1,
    tick: Tick | None = None,
) -> SiteRanking:
    """Plan every place and rank them.

    Cost = yearly cost of the plan + annuity x (revenue - cost) x years until power, where the plan earns a margin.

    Args:
        scenario: What is to stand there; its own place gives the cost that others are compared with.
        places: Places, as `places_of` gives them.
        limits: Hard limits such as `site.rtt_to_hub_ms<=50`.
        weights: Parameter of the Dirichlet law by criterion, 1 where not given.
        workers: Processes.
        seed: Seed of the weights.
        tick: Called after each place.

    Raises:
        InputError: Wrong limit or weight, or a scenario that cannot be planned.
        InfeasibleError: No place passes; says which limit excludes how many.
    """
    asked = [parse_limit(text) for text in limits]
    draw_ranks(np.ones((1, len(CRITERIA))), weights or {}, 1, seed)
    figures = list(dict.fromkeys([*SITE_FIGURES, *(limit.figure for limit in asked)]))
    payload = _Payload(_users_stay(scenario), places, figures)
    with unchanged(scenario_files(scenario)):
        own = _plan_place(payload, Place("own", {}))
        rows = _planned(payload, workers, tick or (lambda *_: None))
    good = [row for row in rows if not row["why"]]
    passing = [row for row in good if all(limit.passes(row["figures"][limit.figure]) for limit in asked)]
    failed = tuple((row["name"], row["why"]) for row in rows if row["why"])
    if not passing:
        said = nearest_misses(asked, [(row["name"], row["figures"]) for row in good]) if good else failed[0][1]
        raise InfeasibleError(f"no place passes: {said}", where="sites")
    excluded = tuple((row["name"], _why(row, asked)) for row in good if row not in passing)
    ranked = _scored(passing, _cost(own, scenario)[0], scenario, weights or {}, seed)
    return SiteRanking(ranked, excluded, failed, _cost(own, scenario)[0], tuple(str(limit) for limit in asked))


def _users_stay(scenario: Scenario) -> Scenario:
    """Keep the users' local time where it is, so that moving the campus does not move their day."""
    if scenario.workload.serving.utc_offset_h is not None:
        return scenario
    offset = walk(scenario, "site").results["site"].utc_offset_h
    return apply_patch(scenario, Patch("users stay", {"workload.serving.utc_offset_h": offset}))


def _planned(payload: _Payload, workers: int, tick: Tick) -> list[dict[str, Any]]:
    work = Work(_run_places, _lost, payload)
    jobs = iter([[i] for i in range(len(payload.places))])
    finished = run_processes(work, jobs, workers) if workers > 1 else run_serial(work, jobs)
    rows: dict[int, dict[str, Any]] = {}
    for found in finished:
        rows |= {row["index"]: row for row in found}
        tick(len(rows), len(payload.places))
    return [rows[i] for i in sorted(rows)]


def _run_places(payload: _Payload, job: Job) -> Rows:
    rows = []
    for index in job:
        place = payload.places[index]
        try:
            rows.append(_plan_place(payload, place) | {"index": index})
        except WattscaleError as error:
            rows.append({"index": index, "name": place.name, "why": str(error), "figures": {}})
    return rows


def _lost(payload: _Payload, index: int) -> dict[str, Any]:
    return {"index": index, "name": payload.places[index].name, "why": "its worker died", "figures": {}}


def _plan_place(payload: _Payload, place: Place) -> dict[str, Any]:
    scenario = apply_patch(payload.scenario, Patch(place.name, place.changes))
    extras = any(name.partition(".")[2].startswith(EXTRAS) for name in payload.figures)
    chain = walk(scenario, "impact", cache=payload.cache, extras=extras)
    found: dict[str, float | None] = {}
    for name in payload.figures:
        value = figure_of(chain, name)
        found[name] = None if value is None else float(value[0] if isinstance(value, tuple) else value)
    where = chain.results["site"]
    return {
        "name": place.name, "why": "", "figures": found, "latitude": where.latitude, "longitude": where.longitude
    }  # fmt: skip


def _why(row: Mapping[str, Any], limits: Sequence[Limit]) -> str:
    broken = [limit for limit in limits if not limit.passes(row["figures"][limit.figure])]
    return ", ".join(f"{limit.figure} = {_shown(row['figures'][limit.figure])} breaks {limit}" for limit in broken)


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4g}"


def _cost(row: Mapping[str, Any], scenario: Scenario) -> tuple[float, float]:
    """Cost of a place with delay, and the delay alone [USD/year]."""
    figures, money = row["figures"], scenario.economics
    tco = figures["economics.tco_usd_per_year"]
    margin = max(0.0, (figures["economics.revenue_usd_per_year"] or 0.0) - tco)
    wait = figures["economics.time_to_power_years"] or 0.0
    delay = annuity(money.discount_rate, money.project_years) * margin * wait
    return tco + delay, delay


def _scored(
    rows: Sequence[Mapping[str, Any]], own: float, scenario: Scenario, weights: Mapping[str, float], seed: int
) -> tuple[SiteScore, ...]:
    catalog = load_catalog().with_overrides(scenario.catalog)
    costs = [_cost(row, scenario) for row in rows]
    found = {
        "cost": np.array([cost for cost, _ in costs]) / own,
        "carbon": _column(rows, "supply.carbon_kg_per_mwh"),
        "water": _column(rows, "site.water_stress"),
        "law": _column(rows, "site.rule_of_law_pct"),
        "time": np.nan_to_num(_column(rows, "economics.time_to_power_years")),  # own plant of unknown delivery: alike
    }
    worth = np.stack([value_of(name, found[name], catalog) for name in CRITERIA], axis=1)  # (places, criteria)
    ranks = draw_ranks(worth, weights, DRAWS, seed)
    low = [found["cost"], _column(rows, "impact.carbon_t_per_year"), _column(rows, "impact.water_total_m3_per_year")]
    best = pareto(np.stack([*low, found["time"]], axis=1))
    scores = [
        SiteScore(
            row["name"], row["latitude"], row["longitude"], row["figures"], *costs[i],
            dict(zip(CRITERIA, map(float, worth[i]), strict=True)), float(ranks.score[i]),
            float(ranks.first_share[i]), float(ranks.top_share[i]), best[i],
        )
        for i, row in enumerate(rows)
    ]  # fmt: skip
    return tuple(sorted(scores, key=lambda place: (-place.score, place.name)))


def _column(rows: Sequence[Mapping[str, Any]], figure: str) -> Any:
    return np.array([row["figures"][figure] for row in rows], dtype=np.float64)
