"""Training at one place and serving at another: two rankings, since only serving must be near its users.

In: a scenario, places, limits. Out: `SplitRanking`.
Leaves out: the network between the two; weights are copied once a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wattscale.catalog import load_catalog
from wattscale.errors import InputError
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.scenario.schema import Scenario
from wattscale.study.places import Place
from wattscale.study.sites import SiteRanking, Tick, rank_sites


@dataclass(frozen=True)
class SplitRanking:
    """Training at one place and serving at another, each ranked by a plan of its own."""

    training: SiteRanking
    serving: SiteRanking

    def to_dict(self) -> dict[str, Any]:
        """Give both rankings for JSON."""
        return {"training": self.training.to_dict(), "serving": self.serving.to_dict()}


def rank_split_sites(
    scenario: Scenario,
    places: Sequence[Place],
    limits: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    *,
    workers: int = 1,
    seed: int = 1,
    tick: Tick | None = None,
) -> SplitRanking:
    """Rank places for training and for serving apart; latency binds serving alone.

    Where no limit on the latency is given, serving keeps that of interactive use (table `site_values`).

    Args:
        scenario: What is to be trained and served.
        places: Places.
        limits: Hard limits; those on `site.rtt_to_hub_ms` hold for serving only.
        weights: As in `rank_sites`.
        workers: Processes.
        seed: Seed of the weights.
        tick: Called after each plan, with the plans of both rankings.

    Raises:
        InputError, InfeasibleError: As `rank_sites`.
    """
    if scenario.workload.training.tokens <= 0.0 or scenario.workload.serving.requests_per_day <= 0.0:
        raise InputError("needs a plan that trains and serves", where="sites --split",
                         hint="Give workload.training.tokens and workload.serving.requests_per_day")  # fmt: skip
    latency = [text for text in limits if "site.rtt_to_hub_ms" in text]
    if not latency:
        most = load_catalog().value("site_values", "latency.interactive")
        latency = [f"site.rtt_to_hub_ms<={most:g}"]
    other = [text for text in limits if "site.rtt_to_hub_ms" not in text]
    said, count = tick or (lambda *_: None), len(places)
    train = apply_patch(scenario, Patch("training only", {"workload.serving.requests_per_day": 0.0}))
    serve = apply_patch(scenario, Patch("serving only", {"workload.training.tokens": 0.0}))
    first = rank_sites(
        train, places, other, weights, workers=workers, seed=seed, tick=lambda done, _: said(done, 2 * count)
    )
    second = rank_sites(
        serve, places, [*other, *latency], weights, workers=workers, seed=seed,
        tick=lambda done, _: said(count + done, 2 * count),
    )  # fmt: skip
    return SplitRanking(first, second)
