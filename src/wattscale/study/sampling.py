"""Points of a study in the unit cube: random, Latin hypercube, Sobol and grids, with rank correlation.

In: number of points, dimensions, seed. Out: arrays of shape (points, dimensions) in (0, 1), the same for the same seed.
Leaves out: what the points mean; axes turn them into values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from scipy import stats
from scipy.stats import qmc

from wattscale.errors import InputError
from wattscale.units import FloatArray

DRAWS = ("monte-carlo", "latin-hypercube", "sobol")
"""Ways to draw points; only these take rank correlations."""


def unit_points(method: str, points: int, dimensions: int, seed: int) -> FloatArray:
    """Place points in the unit cube.

    Args:
        method: monte-carlo, latin-hypercube or sobol.
        points: Number of points; for sobol best a power of two.
        dimensions: Number of axes.
        seed: Seed; the same seed gives the same points.

    Returns:
        Points [1], shape (points, dimensions), each coordinate inside (0, 1).

    >>> unit_points("latin-hypercube", 4, 1, 1).shape
    (4, 1)
    """
    rng = np.random.default_rng(seed)
    if dimensions == 0:
        return np.empty((points, 0))
    if method == "monte-carlo":
        drawn = rng.random((points, dimensions))
    elif method == "latin-hypercube":
        drawn = qmc.LatinHypercube(dimensions, rng=rng).random(points)
    else:
        exponent = int(np.ceil(np.log2(max(points, 2))))
        drawn = qmc.Sobol(dimensions, scramble=True, rng=rng).random_base2(exponent)[:points]
    inside = np.finfo(np.float64).eps
    return np.asarray(np.clip(drawn, inside, 1.0 - inside))


def correlated(points: FloatArray, names: Sequence[str], pairs: Mapping[tuple[str, str], float]) -> FloatArray:
    """Bring rank correlation into independent points by a Gaussian copula.

    Pearson correlation of the normals is 2 sin(pi/6 x Spearman), so that the ranks correlate as asked.

    Args:
        points: Independent points [1], shape (points, dimensions).
        names: Axis names, in the order of the columns.
        pairs: Spearman correlation by pair of names.

    Returns:
        Points with the same margins, shape (points, dimensions).

    Raises:
        InputError: Unknown axis, value outside -1..1, or values that contradict each other.

    Source: Iman and Conover 1982 for the idea; Pearson 1907 for the conversion.
    """
    if not pairs:
        return points
    matrix = np.eye(len(names))
    for (a, b), rho in pairs.items():
        if a not in names or b not in names:
            missing = a if a not in names else b
            raise InputError("is no axis of this study", where="correlation", value=missing, allowed=", ".join(names))
        if not -1.0 <= rho <= 1.0:
            raise InputError("is no correlation", where=f"correlation.{a}-{b}", value=rho, allowed="-1 to 1")
        i, j = names.index(a), names.index(b)
        matrix[i, j] = matrix[j, i] = 2.0 * np.sin(np.pi / 6.0 * rho)
    values, vectors = np.linalg.eigh(matrix)
    if values.min() < -1e-9:
        raise InputError("contradict each other (not a correlation matrix)", where="correlation")
    root = vectors @ np.diag(np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
    return np.asarray(stats.norm.cdf(stats.norm.ppf(points) @ root))


def grid_points(levels: Sequence[int]) -> FloatArray:
    """Give every combination of level numbers, last axis fastest.

    >>> grid_points([2, 2]).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    return np.array(list(product(*(range(n) for n in levels))), dtype=np.float64)
