"""What a study says: quantiles with their Monte Carlo error, and what drives each figure.

In: the store of a finished study. Out: tables.
Leaves out: charts; the report draws them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from wattscale.study.sensitivity import morris_effects, rank_drivers, sobol_indices
from wattscale.study.store import Store
from wattscale.study.studyfile import Study
from wattscale.units import FloatArray

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.05, 0.5, 0.95)
"""Quantiles reported."""


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
        cases, failed (with causes), figures (mean, quantiles, Monte Carlo error) and drivers per figure.
    """
    frame = store.frame()
    good = frame[frame["status"] == "done"] if len(frame) else frame
    failed = frame[frame["status"] != "done"] if len(frame) else frame
    return {
        "cases": len(frame),
        "failed": [{"case": int(r.case_index), "cause": r.cause} for r in failed.itertuples()],
        "figures": {name: _statistics(good, name) for name in study.table.figures if name in good},
        "drivers": {name: drivers(study, good, name) for name in study.table.figures if name in good},
        "stages": {"seconds": round(float(frame["seconds"].sum()), 3) if len(frame) else 0.0},
    }


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

    Sobol studies give S1 and ST with intervals, Morris studies mu* and sigma, others rank correlations.
    """
    values = frame[name].to_numpy(dtype=np.float64)
    whole = len(frame) == len(study) and bool(np.isfinite(values).all())
    keys, method = study.names, study.table.method
    if method == "sobol-indices" and whole:
        first, total = sobol_indices(values, len(keys), study.table.seed)
        rows: list[dict[str, Any]] = [
            {
                "key": k,
                "s1": s.value,
                "s1_low": s.low,
                "s1_high": s.high,
                "st": t.value,
                "st_low": t.low,
                "st_high": t.high,
            }
            for k, s, t in zip(keys, first, total, strict=True)
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
