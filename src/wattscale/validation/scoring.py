"""How predictions are compared with measured rows.

In: rows of a measurement file, predictions per row. Out: metrics per target, overall and by group.
Leaves out: the predictions; one module per kind of data makes them.

A module of a kind offers `TARGETS`, `GROUP_BY`, `FILE` and
`predict(rows, catalog, folder) -> (predictions, skipped)`; it reads input columns only, never a target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from scipy import stats

Rows: TypeAlias = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Prediction:
    """What the model says of one row, by target column; low and high where an interval is given."""

    row: int
    predicted: Mapping[str, float]
    low: Mapping[str, float] = field(default_factory=dict)
    high: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Skipped:
    """A row that cannot be predicted, and why."""

    row: int
    why: str


def finite_only(
    predictions: Sequence[Prediction], skipped: Sequence[Skipped]
) -> tuple[list[Prediction], list[Skipped]]:
    """Move predictions that are no finite numbers to the rows skipped: their inputs are beyond the model."""
    good = [p for p in predictions if all(np.isfinite(v) for m in (p.predicted, p.low, p.high) for v in m.values())]
    kept = {p.row for p in good}
    lost = [Skipped(p.row, "its inputs give no finite prediction") for p in predictions if p.row not in kept]
    return good, sorted([*skipped, *lost], key=lambda s: s.row)


def score(rows: Rows, predictions: Sequence[Prediction], target: str) -> dict[str, float]:
    """Score one target over the rows where it was measured.

    Args:
        rows: Rows of the file.
        predictions: Predictions, by row index.
        target: Target column.

    Returns:
        n, median_ape, p90_ape, bias (median signed error) and spearman; inside_band and band_ratio (median of
        high over low) where intervals are given. Errors are shares of the measured value, over rows where it is not
        zero; a metric that comes out as no finite number is left out.

    >>> two = [{"x": "1"}, {"x": "2"}]
    >>> score(two, [Prediction(0, {"x": 1.1}), Prediction(1, {"x": 2.2})], "x")["median_ape"]
    0.1
    """
    kept = [p for p in predictions if rows[p.row].get(target) and target in p.predicted]
    if not kept:
        return {"n": 0}
    measured = np.array([float(rows[p.row][target]) for p in kept])
    predicted = np.array([p.predicted[target] for p in kept])
    valid = measured != 0
    found = {"n": float(len(kept))}
    if valid.any():
        error = predicted[valid] / measured[valid] - 1.0
        found |= {
            "median_ape": round(float(np.median(np.abs(error))), 6),
            "p90_ape": round(float(np.quantile(np.abs(error), 0.9)), 6),
            "bias": round(float(np.median(error)), 6),
        }
    if len(kept) > 2 and np.ptp(measured) > 0 and np.ptp(predicted) > 0:
        found["spearman"] = round(float(stats.spearmanr(measured, predicted).statistic), 6)
    banded = [p for p in kept if target in p.low and target in p.high]
    if banded:
        inside = [p.low[target] <= float(rows[p.row][target]) <= p.high[target] for p in banded]
        found["inside_band"] = round(float(np.mean(inside)), 6)
        ratios = [p.high[target] / p.low[target] for p in banded if p.low[target] > 0]
        if ratios:
            found["band_ratio"] = round(float(np.median(ratios)), 6)
    return {name: value for name, value in found.items() if np.isfinite(value)}
