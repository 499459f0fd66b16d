"""The kinds of work that a job can do, and what each gives back: levers, study, sites, outlook, claims.

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

from wattscale.catalog.specs import spec_of
from wattscale.errors import InputError
from wattscale.report.words import scale
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of
from wattscale.web.options import StudyOptions

Tick = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and a word on what is done."""
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
    from wattscale.study.claims import evaluate_claims

    tick(0, 1, "reading of all statements")
    return {"claims": [claim.as_dict() for claim in evaluate_claims(scenario)]}


KINDS: dict[str, Kind] = {
    "levers": Kind("Levers", ("wattscale.study.levers", "study_levers"), lambda s, o: 2 ** len(_names(o) or "123456"),
                   run_levers),
    "study": Kind("Uncertainty", ("wattscale.study.front", "run_study"), lambda s, o: StudyOptions.of(o).cases,
                  run_study),
    "claims": Kind("Claims", ("wattscale.study.claims", "evaluate_claims"), lambda s, o: 20, run_claims),
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
    _known(kind, options)


def histogram(values: Any) -> list[dict[str, float]]:
    """Count values in bins of equal width: low end, high end, share of all [1]."""
    if len(values) == 0:
        return []
    counts, edges = np.histogram(values, bins=BINS)
    pairs = zip(edges[:-1], edges[1:], counts, strict=True)
    return [{"low": float(a), "high": float(b), "share": float(n) / len(values)} for a, b, n in pairs]


OPTIONS: dict[str, tuple[str, ...]] = {"levers": ("names",), "study": ("cases", "method", "seed", "axes", "figures"),
                                       "claims": ()}  # fmt: skip


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
