"""The kinds of work that a job can do, and what each gives back: plans of minutes, levers, study, sites, ...

In: a scenario, options, a folder, a tick. Out: plain data for the page.
Leaves out: processes and folders of jobs (jobs.py, work.py).
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wattscale.catalog import load_catalog
from wattscale.catalog.specs import spec_of
from wattscale.errors import InputError
from wattscale.report.words import scale
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of
from wattscale.web.heavy_jobs import check_plans, run_compare, run_plan
from wattscale.web.options import StudyOptions

Tick = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and a word on what is done."""
CLAIM_PLANS, SITE_PLANS, OUTLOOK_PLANS = 20, 70, 25
"""Work of these kinds in plans, for the estimate of the time."""
OUTLOOK_DRAWS, MOST_DRAWS = 500, 5000
BINS = 24
"""Bars of the histogram of a figure."""


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes:
        title: What it is called.
        needs: Module and name that must be there.
        plans: How many plans it makes, for the estimate.
        run: Does the work.
    """

    title: str
    needs: tuple[str, str]
    plans: Callable[[Scenario, Mapping[str, Any]], int]
    run: Callable[[Scenario, Mapping[str, Any], Path, Tick], dict[str, Any]]


def run_levers(scenario: Scenario, options: Mapping[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    """Measure levers alone, in order and jointly."""
    from wattscale.study.levers import load_levers, study_levers

    found = study_levers(scenario, load_levers(names=_names(options)), lambda done, total: tick(done, total, "plans"))
    return {
        "levers": [{"name": lever.name, "title": lever.title, "quality": lever.quality} for lever in found.levers],
        "baseline": dict(found.baseline), "joint": dict(found.joint),
        "alone": _plain(found.alone), "in_order": _plain(found.in_order), "shapley": _plain(found.shapley),
        "abatement": [dict(step) for step in found.abatement], "notes": list(found.notes),
    }  # fmt: skip


def run_study(scenario: Scenario, options: Mapping[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    """Draw many plans from ranges and say how sure the figures are and what drives them."""
    from wattscale.study.front import run_study as run
    from wattscale.study.studyfile import study_of

    study = study_of(StudyOptions.of(options).table(), scenario)
    done = run(study, folder / "study", tick=lambda n, total, rate: tick(n, total, f"plans, {rate:.1f} a second"))
    found, frame = done.to_dict(), done.cases
    kept = [name for name in study.table.figures if name in frame]
    found["texts"] = {name: _texts(name, found["figures"][name]) for name in kept}
    found["histograms"] = {name: histogram(frame[name].dropna().to_numpy(dtype=float)) for name in kept}
    return found


def run_claims(scenario: Scenario, options: Mapping[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    """Test common statements with the scenario."""
    from wattscale.outlook.claims import evaluate_claims

    tick(0, 1, "reading of all statements")
    return {"claims": [claim.as_dict() for claim in evaluate_claims(scenario)]}


def run_sites(scenario: Scenario, options: Mapping[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    """Rank all sites of the catalogue by full plans."""
    from wattscale.study.places import places_of
    from wattscale.study.sites import rank_sites

    found = rank_sites(scenario, places_of(), tick=lambda done, total: tick(done, total, "sites")).to_dict()
    catalog = load_catalog()
    rows = []
    for place in found["places"]:
        figures = place["figures"]
        rows.append({
            "name": place["name"], "label": catalog.row("sites", place["name"]).text("label"),
            "score": place["score"], "first_share": place["first_share"], "top_share": place["top_share"],
            "pareto": place["pareto"], "cost_usd_per_year": place["cost_usd_per_year"],
            "delay_usd_per_year": place["delay_usd_per_year"],
            "usd_per_mtok": figures["economics.usd_per_mtok"], "pue": figures["facility.pue"],
            "carbon_t_per_year": figures["impact.carbon_t_per_year"],
            "water_m3_per_year": figures["impact.water_total_m3_per_year"],
            "time_to_power_years": figures["economics.time_to_power_years"],
        })  # fmt: skip
    return {"sites": rows, "failed": found["failed"], "own_cost_usd_per_year": found["own_cost_usd_per_year"]}


def run_outlook(scenario: Scenario, options: Mapping[str, Any], folder: Path, tick: Tick) -> dict[str, Any]:
    """Run the outlook of the industry; the scenario of the page plays no part in it."""
    from wattscale.outlook.outlook import run_outlook as run

    asked = _outlook(options)
    found = run(asked["scenario"], asked["draws"], progress=lambda what, n, total: tick(n - 1, total, f"steps: {what}"))
    return found.to_dict()


def _outlook(options: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of an outlook: the name of a bundled scenario, and the number of draws."""
    from wattscale.outlook.scenario import SCENARIOS

    name, draws = options.get("scenario", "base"), options.get("draws", OUTLOOK_DRAWS)
    if name not in SCENARIOS:
        raise InputError("no such scenario", where="scenario", value=name, allowed=", ".join(SCENARIOS))
    if not isinstance(draws, int) or not 50 <= draws <= MOST_DRAWS:
        raise InputError("is out of range", where="draws", value=draws, allowed=f"50 to {MOST_DRAWS}")
    return {"scenario": name, "draws": draws}


KINDS: dict[str, Kind] = {
    "plan": Kind("Plan", ("wattscale.web.heavy_jobs", "run_plan"), lambda s, o: 1, run_plan),
    "compare": Kind("Comparison", ("wattscale.web.heavy_jobs", "run_compare"), lambda s, o: len(o["plans"]),
                    run_compare),
    "levers": Kind("Levers", ("wattscale.study.levers", "study_levers"), lambda s, o: 2 ** len(_names(o) or "123456"),
                   run_levers),
    "study": Kind("Uncertainty", ("wattscale.study.front", "run_study"), lambda s, o: StudyOptions.of(o).cases,
                  run_study),
    "claims": Kind("Claims", ("wattscale.outlook.claims", "evaluate_claims"), lambda s, o: CLAIM_PLANS, run_claims),
    "sites": Kind("Sites", ("wattscale.study.sites", "rank_sites"), lambda s, o: SITE_PLANS, run_sites),
    "outlook": Kind("Outlook", ("wattscale.outlook.outlook", "run_outlook"), lambda s, o: OUTLOOK_PLANS, run_outlook),
}  # fmt: skip
"""Kinds of jobs by name."""


def available() -> list[str]:
    """List the kinds whose functions this installation has."""
    return [name for name, kind in KINDS.items() if _has(*kind.needs)]


def check(kind: str, scenario: Scenario, options: Mapping[str, Any], max_cases: int) -> None:
    """Check what a job is asked before it starts.

    Raises:
        InputError: An unknown kind or option, a key that names a file, too many cases.
    """
    if kind not in available():
        raise InputError("no such kind of job", where="kind", value=kind, allowed=", ".join(available()))
    if kind == "study":
        from wattscale.study.studyfile import study_of

        asked = StudyOptions.of(options)
        if asked.cases > max_cases:
            raise InputError(
                "is more than one study may have", where="cases", value=asked.cases, allowed=f"<= {max_cases}"
            )
        texts = {f.key for f in fields_of(Scenario) if not f.numeric}
        for axis in asked.axes:
            if axis.key in texts:
                raise InputError("is not a number and cannot be varied here", where=axis.key)
        study_of(asked.table(), scenario)
    elif kind == "levers":
        from wattscale.study.levers import load_levers

        load_levers(names=_names(options))
    elif kind == "outlook":
        _outlook(options)
    elif kind in ("plan", "compare"):
        check_plans(kind, options)
    _known(kind, options)


def histogram(values: Any) -> list[dict[str, float]]:
    """Count values in bins of equal width: low end, high end, share of all [1]."""
    if len(values) == 0:
        return []
    counts, edges = np.histogram(values, bins=BINS)
    pairs = zip(edges[:-1], edges[1:], counts, strict=True)
    return [{"low": float(a), "high": float(b), "share": float(n) / len(values)} for a, b, n in pairs]


OPTIONS: dict[str, tuple[str, ...]] = {"levers": ("names",), "study": ("cases", "method", "seed", "axes", "figures"),
                                       "claims": (), "sites": (), "outlook": ("scenario", "draws"),
                                       "plan": (), "compare": ("plans",)}  # fmt: skip


def _known(kind: str, options: Mapping[str, Any]) -> None:
    for name in options:
        if name not in OPTIONS.get(kind, ()):
            raise InputError("unknown option", where=name, allowed=", ".join(OPTIONS.get(kind, ())) or "none")


def _texts(name: str, row: Mapping[str, float]) -> dict[str, str]:
    """Write the statistics of a figure for people, all in one unit."""
    spec = spec_of(name)
    shown = scale(row.get("p50", 0.0), spec.unit if spec else "1", name)
    return {key: shown.text(row[key]) for key in ("p05", "p50", "p95", "mean") if key in row}


def _names(options: Mapping[str, Any]) -> list[str]:
    names = options.get("names", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InputError("must be a list of names", where="names")
    return names


def _has(module: str, name: str) -> bool:
    if importlib.util.find_spec(module) is None:
        return False
    return hasattr(importlib.import_module(module), name)


def _plain(table: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {name: {metric: float(value) for metric, value in row.items()} for name, row in table.items()}
