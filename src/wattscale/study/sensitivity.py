"""What drives the answer: Morris screening, Sobol indices with intervals, rank correlation.

In: a design of points and the results at them. Out: indices per input.
Leaves out: correlated inputs (the designs take inputs as independent).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.stats import qmc

from wattscale.units import FloatArray

MORRIS_LEVELS = 4
"""Levels of the Morris grid (Morris 1991; four is the usual number)."""
RESAMPLES = 200
"""Bootstrap resamples behind an interval."""
INTERVAL = (0.05, 0.95)
"""Quantiles of the bootstrap that are reported."""


@dataclass(frozen=True)
class Index:
    """A sensitivity index with its 90 % interval."""

    value: float
    low: float
    high: float


def saltelli_points(cases: int, dimensions: int, seed: int) -> FloatArray:
    """Place the points of a Sobol analysis: A, B, and A with one column of B, block after block.

    Args:
        cases: Points wanted; the base sample is the largest power of two with base x (dimensions + 2) <= cases,
            at least two.
        dimensions: Number of inputs.
        seed: Seed.

    Returns:
        Points [1], shape (base x (dimensions + 2), dimensions).

    Source: Saltelli et al. 2010, scheme with radial columns.

    >>> saltelli_points(40, 3, 1).shape
    (40, 3)
    """
    exponent = max(1, int(np.floor(np.log2(max(cases // (dimensions + 2), 2)))))
    both = qmc.Sobol(2 * dimensions, scramble=True, rng=np.random.default_rng(seed)).random_base2(exponent)
    eps = np.finfo(np.float64).eps
    a, b = np.clip(both[:, :dimensions], eps, 1 - eps), np.clip(both[:, dimensions:], eps, 1 - eps)
    blocks = [a, b]
    for column in range(dimensions):
        mixed = a.copy()
        mixed[:, column] = b[:, column]
        blocks.append(mixed)
    return np.concatenate(blocks)


def sobol_indices(results: FloatArray, dimensions: int, seed: int = 1) -> tuple[list[Index], list[Index]]:
    """Estimate first-order and total Sobol indices from results at `saltelli_points`.

    S1_i = mean(f_B (f_ABi - f_A)) / V;  ST_i = mean((f_A - f_ABi)^2) / (2 V).

    Args:
        results: Figure at each point, in the order of the points [any unit].
        dimensions: Number of inputs.
        seed: Seed of the bootstrap.

    Returns:
        S1 and ST per input [1].

    Source: Saltelli et al. 2010 (first order), Jansen 1999 (total).
    """
    base = len(results) // (dimensions + 2)
    blocks = np.asarray(results, dtype=np.float64).reshape(dimensions + 2, base)
    centred = blocks - blocks[:2].mean()
    rng = np.random.default_rng(seed)
    draws = np.concatenate([np.arange(base)[None], rng.integers(0, base, (RESAMPLES, base))])
    sampled = centred[:, draws]
    a, b = sampled[0], sampled[1]
    variance = np.concatenate([a, b], axis=1).var(axis=1)
    variance = np.where(variance > 0, variance, np.inf)
    first, total = [], []
    for column in range(dimensions):
        mixed = sampled[2 + column]
        first.append(_index((b * (mixed - a)).mean(axis=1) / variance))
        total.append(_index(((a - mixed) ** 2).mean(axis=1) / (2.0 * variance)))
    return first, total


def _index(values: FloatArray) -> Index:
    low, high = np.quantile(values[1:], INTERVAL)
    return Index(float(values[0]), float(low), float(high))


def morris_points(cases: int, dimensions: int, seed: int) -> FloatArray:
    """Place Morris trajectories: each moves one input at a time by half the range.

    Args:
        cases: Points wanted; cases // (dimensions + 1) trajectories, at least two.
        dimensions: Number of inputs.
        seed: Seed.

    Returns:
        Points [1], shape (trajectories x (dimensions + 1), dimensions).

    Source: Morris 1991.

    >>> morris_points(8, 3, 1).shape
    (8, 3)
    """
    rng = np.random.default_rng(seed)
    trajectories = max(2, cases // (dimensions + 1))
    delta = MORRIS_LEVELS / (2.0 * (MORRIS_LEVELS - 1))
    levels = np.arange(MORRIS_LEVELS // 2) / (MORRIS_LEVELS - 1)
    rows = []
    for _ in range(trajectories):
        up = rng.random(dimensions) < 0.5
        start = rng.choice(levels, dimensions)
        point = np.where(up, start, start + delta)
        rows.append(point.copy())
        for column in rng.permutation(dimensions):
            point[column] += delta if up[column] else -delta
            rows.append(point.copy())
    inside = 1e-3
    return np.asarray(np.clip(np.array(rows), inside, 1.0 - inside), dtype=np.float64)


def morris_effects(points: FloatArray, results: FloatArray) -> list[tuple[float, float]]:
    """Give mean absolute effect (mu*) and spread (sigma) per input, for a change over its whole range.

    Args:
        points: Points of `morris_points` [1].
        results: Figure at each [any unit].

    Returns:
        (mu*, sigma) per input, in the figure's unit.
    """
    dimensions = points.shape[1]
    inside = np.ones(len(points) - 1, dtype=bool)
    inside[dimensions :: dimensions + 1] = False
    steps = np.diff(points, axis=0)[inside]
    moved = np.argmax(np.abs(steps), axis=1)
    effects = np.diff(results)[inside] / np.take_along_axis(steps, moved[:, None], axis=1)[:, 0]
    per_input = [effects[moved == column] for column in range(dimensions)]
    return [(float(np.abs(e).mean()), float(e.std())) for e in per_input]


def rank_drivers(points: FloatArray, results: FloatArray) -> list[float]:
    """Give the Spearman rank correlation of a figure with each input; zero where nothing varies.

    >>> x = np.linspace(0.1, 0.9, 9)[:, None]
    >>> [round(r, 6) for r in rank_drivers(x, -x[:, 0])]
    [-1.0]
    """
    if np.ptp(results) == 0:
        return [0.0] * points.shape[1]
    columns = range(points.shape[1])
    found = [stats.spearmanr(points[:, c], results).statistic if np.ptp(points[:, c]) > 0 else 0.0 for c in columns]
    return [float(r) for r in found]


DESIGNS: Mapping[str, Callable[[int, int, int], FloatArray]] = {
    "sobol-indices": saltelli_points,
    "morris": morris_points,
}
"""Methods whose points are placed for a sensitivity analysis."""
