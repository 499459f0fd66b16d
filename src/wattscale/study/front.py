"""Front of studies: one call from a study file, levers or places to results.

In: a study file, or a scenario with levers or places by name. Out: `StudyResult`, `LeverStudy`, `SiteRanking`.
Leaves out: charts; the report draws them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattscale.scenario.schema import Scenario
from wattscale.study import runner
from wattscale.study.levers import Lever, LeverStudy, load_levers
from wattscale.study.levers import study_levers as measure_levers
from wattscale.study.places import places_of
from wattscale.study.runner import Tick
from wattscale.study.sites import SiteRanking
from wattscale.study.sites import rank_sites as rank_places
from wattscale.study.store import Say, Store
from wattscale.study.studyfile import Study, load_study
from wattscale.study.summary import summary
from wattscale.study.text import study_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class StudyResult:
    """A finished study.

    Attributes:
        study: What was asked.
        folder: Folder of the results, None where none was named.
        summary: Quantiles, drivers, failures and time, as `summary` gives them.
        cases: One row per case: what it changes, its figures, status and cause.
    """

    study: Study
    folder: Path | None
    summary: Mapping[str, Any]
    cases: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Give the summary for JSON."""
        return dict(self.summary)

    def text(self) -> str:
        """Give the summary for people."""
        return study_text(self.summary)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.text())}</pre>"


def run_study(
    study: Study | str | Path | Mapping[str, Any],
    out: str | Path | None = None,
    *,
    workers: int = 1,
    dask: str | None = None,
    resume: bool = False,
    tick: Tick | None = None,
    say: Say = lambda _: None,
) -> StudyResult:
    """Run a study: a sweep, a Monte Carlo or a sensitivity analysis over whole plans.

    Args:
        study: Study file, its tables, or a loaded study.
        out: Folder of the results; they are kept in memory alone without it.
        workers: Processes on this machine.
        dask: Address of a Dask scheduler instead.
        resume: Go on with a folder that holds results of the same study.
        tick: Called after each job with cases done, cases in all and cases per second.
        say: Called with a sentence on what was damaged in the folder and is mended.

    Raises:
        InputError: A study file, folder or scheduler that cannot be used; names the key and what is allowed.
    """
    loaded = study if isinstance(study, Study) else load_study(study)
    if out is not None:
        store = runner.run_study(loaded, out, workers=workers, dask=dask, resume=resume, tick=tick, say=say)
        return _result(loaded, Path(out), store)
    with tempfile.TemporaryDirectory() as folder:
        return _result(loaded, None, runner.run_study(loaded, folder, workers=workers, dask=dask, tick=tick))


def study_levers(
    scenario: Scenario,
    levers: Sequence[str | Lever] | Path = (),
    *,
    workers: int = 1,
    tick: Callable[[int, int], None] | None = None,
) -> LeverStudy:
    """Measure what levers save: alone, in order, and their exact share of all together.

    Args:
        scenario: The plan to improve.
        levers: Names of the built-in levers, own ones, or a file of them; the six of the mission without it.
        workers: Processes.
        tick: Called after each plan with plans done and plans in all.

    Raises:
        InputError: An unknown lever or key, or a combination that cannot be planned.
    """
    chosen = load_levers(levers) if isinstance(levers, Path) else _levers(levers)
    return measure_levers(scenario, chosen, tick, workers=workers)


def _levers(given: Sequence[str | Lever]) -> list[Lever]:
    if not given:
        return load_levers()
    return [each if isinstance(each, Lever) else load_levers(names=[each])[0] for each in given]


def rank_sites(
    scenario: Scenario,
    sites: Sequence[str] | Path | str = "all",
    limits: Sequence[str] = (),
    weights: Mapping[str, float] | None = None,
    *,
    workers: int = 1,
    tick: Callable[[int, int], None] | None = None,
) -> SiteRanking:
    """Rank places by whole plans.

    Args:
        scenario: What is to stand there.
        sites: Names of the catalogue, a CSV file with name, latitude, longitude, or `all`.
        limits: Hard limits such as `site.rtt_to_hub_ms<=50`.
        weights: Parameter of the Dirichlet law of the weights by criterion: cost, carbon, water, law, time.
        workers: Processes.
        tick: Called after each place with places done and places in all.

    Raises:
        InputError: An unknown place, limit or weight; no place that passes.
    """
    return rank_places(scenario, places_of(sites), limits, weights, workers=workers, tick=tick)


def _result(study: Study, folder: Path | None, store: Store) -> StudyResult:
    return StudyResult(study, folder, summary(study, store), store.frame())
