"""Distributions of uncertain inputs: from `{low, mode, high}` or a named shape to quantiles.

In: uniform numbers in (0, 1). Out: values of an input. Vectorised.
Leaves out: correlation; sampling.py brings it in by ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from wattscale.errors import InputError, did_you_mean
from wattscale.units import FloatArray

P05_Z = 1.6448536269514722
"""Standard normal quantile of 95 %: low and high of a normal or lognormal are its 5th and 95th percentile."""


@dataclass(frozen=True)
class Distribution:
    """One uncertain number.

    Attributes:
        kind: uniform, triangular, pert, normal or lognormal.
        low: Least value; 5th percentile for normal and lognormal.
        mode: Most likely value.
        high: Largest value; 95th percentile for normal and lognormal.
    """

    kind: str
    low: float
    mode: float
    high: float

    def quantile(self, u: FloatArray) -> FloatArray:
        """Give the values at cumulative probabilities.

        Args:
            u: Probabilities [1], any shape.

        Returns:
            Values, same shape.

        >>> float(Distribution("triangular", 0, 0.5, 1).quantile(np.array([0.5]))[0])
        0.5
        """
        if self.low == self.high:
            return np.full_like(u, self.mode)
        return KINDS[self.kind](self, u)


def _uniform(d: Distribution, u: FloatArray) -> FloatArray:
    return d.low + (d.high - d.low) * u


def _triangular(d: Distribution, u: FloatArray) -> FloatArray:
    c = (d.mode - d.low) / (d.high - d.low)
    return np.asarray(stats.triang.ppf(u, c, loc=d.low, scale=d.high - d.low))


def _pert(d: Distribution, u: FloatArray) -> FloatArray:
    """Beta-PERT with the usual weight 4 on the mode (Malcolm et al. 1959)."""
    span = d.high - d.low
    a = 1.0 + 4.0 * (d.mode - d.low) / span
    b = 1.0 + 4.0 * (d.high - d.mode) / span
    return d.low + span * np.asarray(stats.beta.ppf(u, a, b))


def _normal(d: Distribution, u: FloatArray) -> FloatArray:
    return np.asarray(stats.norm.ppf(u, loc=(d.low + d.high) / 2.0, scale=(d.high - d.low) / (2.0 * P05_Z)))


def _lognormal(d: Distribution, u: FloatArray) -> FloatArray:
    mean, spread = (np.log(d.low) + np.log(d.high)) / 2.0, (np.log(d.high) - np.log(d.low)) / (2.0 * P05_Z)
    return np.asarray(np.exp(stats.norm.ppf(u, loc=mean, scale=spread)), dtype=np.float64)


WITH_MODE = ("triangular", "pert")
"""Shapes that their ends do not decide alone."""

KINDS: Mapping[str, Callable[[Distribution, FloatArray], FloatArray]] = {
    "uniform": _uniform,
    "triangular": _triangular,
    "pert": _pert,
    "normal": _normal,
    "lognormal": _lognormal,
}
"""Shapes a study may name."""


def distribution(kind: str, low: float, mode: float, high: float, where: str = "axis") -> Distribution:
    """Check and build a distribution.

    Raises:
        InputError: Unknown kind, ends out of order or not finite, or a lognormal that is not above zero.

    >>> distribution("uniform", 1, 2, 3).high
    3
    """
    if kind not in KINDS:
        hint = did_you_mean(kind, KINDS)
        raise InputError("no such distribution", where=where, value=kind, allowed=", ".join(KINDS), hint=hint)
    if not np.isfinite([low, mode, high]).all():
        raise InputError("is not a finite number", where=where, value=(low, mode, high))
    if not low <= mode <= high:
        raise InputError("is out of order", where=where, value=(low, mode, high), allowed="low <= mode <= high")
    if kind == "lognormal" and low <= 0:
        raise InputError("a lognormal needs a low end above zero", where=where, value=low, allowed="> 0")
    return Distribution(kind, low, mode, high)
