"""What a study says: quantiles with their Monte Carlo error, and what drives each figure.

In: the store of a finished study. Out: tables.
Leaves out: charts; the report draws them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from wattscale.study.runner import STAGE_ORDER
from wattscale.study.sensitivity import Index, morris_effects, rank_drivers, sobol_indices
from wattscale.study.store import Store
from wattscale.study.studyfile import Study
from wattscale.units import FloatArray

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.5, 0.95)
"""Quantiles reported."""
STILL = 1e-6
"""A figure that varies by less than this share of itself is taken as still; a solver's rounding is below it."""
LISTED = 10
"""Causes of failure listed, and cases of each."""


def quantile_error(values: FloatArray, quantile: float) -> float:
    """Estimate the Monte Carlo standard error of a quantile from the spacing of its order statistics.

    Half the distance between the order statistics one binomial standard deviation below and above.

    Args:
        values: Independent draws [any unit].
        quantile: Probability [1].

    Returns:
        Standard error, in the unit of the values.

    Source: binomial interval of order statistics, e.g. David and Nagaraja 2003, section 7.1.
    """
    n = len(values)
    spread = np.sqrt(quantile * (1.0 - quantile) / n)
    low, high = np.quantile(values, np.clip([quantile - spread, quantile + spread], 0.0, 1.0))
    return float((high - low) / 2.0)


def summary(study: Study, store: Store) -> dict[str, Any]:
    """Summarise a study.

    Args:
        study: The study.
        store: Its results.

    Returns:
        name, method, cases, failed (count and causes), figures (mean, quantiles, Monte Carlo error), drivers per
        figure, and stages: share of the computing time by stage.
    """
    names = study.table.figures
    frame = store.frame(", ".join(["case_index", "status", *(f'"{name}"' for name in names)]))
    good = frame[frame["status"] == "done"]
    return {
        "name": study.table.name,
        "method": study.table.method,
        "cases": len(frame),
        "failed": _failures(store),
        "figures": {name: _statistics(good, name) for name in names},
        "drivers": {name: drivers(study, good, name) for name in names},
        "stages": _time_shares(store),
    }


def _failures(store: Store) -> dict[str, Any]:
    """Failed cases by cause, most frequent first."""
    failed = store.frame("case_index, cause, status")
    failed = failed[failed["status"] != "done"]
    causes: list[dict[str, Any]] = [
        {"cause": str(cause), "cases": len(rows), "first": [int(i) for i in rows["case_index"].head(LISTED)]}
        for cause, rows in failed.groupby("cause")
    ]
    return {"cases": len(failed), "causes": sorted(causes, key=lambda c: -c["cases"])[:LISTED]}


def _time_shares(store: Store) -> dict[str, float]:
    columns = ["seconds", *(f"seconds_{stage}" for stage in STAGE_ORDER)]
    seconds = store.frame(", ".join(f"sum({c}) AS {c}" for c in columns), order="")
    total = float(seconds["seconds"][0]) or 1.0
    shares = {stage: float(seconds[f"seconds_{stage}"][0]) / total for stage in STAGE_ORDER}
    return {"seconds": round(total, 3), **shares, "case": max(0.0, 1.0 - sum(shares.values()))}


def _statistics(frame: pd.DataFrame, name: str) -> dict[str, float]:
    values = frame[name].dropna().to_numpy(dtype=np.float64)
    if len(values) == 0:
        return {"n": 0}
    found = {
        "n": float(len(values)),
        "mean": float(values.mean()),
        "min": float(values.min()),
        "max": float(values.max()),
    }
    found["mean_error"] = float(stats.sem(values)) if len(values) > 1 else 0.0
    for q in QUANTILES:
        found[f"p{100 * q:02.0f}"] = float(np.quantile(values, q))
        found[f"p{100 * q:02.0f}_error"] = quantile_error(values, q)
    return found


def drivers(study: Study, frame: pd.DataFrame, name: str) -> list[dict[str, Any]]:
    """List the inputs by how much they drive a figure, strongest first.

    Sobol studies give S1 and ST with intervals, Morris studies mu* and sigma, others (and studies with failed cases)
    rank correlations. A figure that does not vary has none.
    """
    values = frame[name].to_numpy(dtype=np.float64)
    if len(values) == 0 or not np.nanmax(values) - np.nanmin(values) > STILL * np.nanmax(np.abs(values)):
        return []
    whole = len(frame) == len(study) and bool(np.isfinite(values).all())
    keys, method = study.names, study.table.method
    if method == "sobol-indices" and whole:
        first, total = sobol_indices(values, len(keys), study.table.seed)
        rows: list[dict[str, Any]] = [
            {"key": key, **_named("s1", s), **_named("st", t)} for key, s, t in zip(keys, first, total, strict=True)
        ]
        return sorted(rows, key=lambda r: -r["st"])
    points = study.points[frame["case_index"].to_numpy()]
    if method == "morris" and whole:
        effects = morris_effects(points, values)
        rows = [{"key": k, "mu_star": m, "sigma": s} for k, (m, s) in zip(keys, effects, strict=True)]
        return sorted(rows, key=lambda r: -r["mu_star"])
    kept = np.isfinite(values)
    if kept.sum() < 3:
        return []
    ranks = rank_drivers(points[kept], values[kept])
    rows = [{"key": k, "rank_correlation": r} for k, r in zip(keys, ranks, strict=True)]
    return sorted(rows, key=lambda r: -abs(r["rank_correlation"]))


def _named(name: str, index: Index) -> dict[str, float]:
    return {name: index.value, f"{name}_low": index.low, f"{name}_high": index.high}
