"""How places are scored: hard limits, fixed value functions, weights drawn from a Dirichlet law, and the Pareto set.

In: figures of each place. Out: which pass, how often each ranks first, which none other beats in everything.
Leaves out: where the figures come from; sites.py plans every place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from wattscale.catalog import Catalog
from wattscale.catalog.specs import figure_specs, spec_of
from wattscale.errors import InputError, did_you_mean
from wattscale.units import FloatArray

CRITERIA = ("cost", "carbon", "water", "law", "time")
"""What a place is judged by; the anchors are in the table `site_values`."""
LIMIT = re.compile(r"^\s*([\w.\-]+)\s*(<=|>=)\s*(\S+)\s*$")
TOP = 5
"""Ranks counted as among the best."""


@dataclass(frozen=True)
class Limit:
    """A hard limit on a figure, such as `site.rtt_to_hub_ms<=50`."""

    figure: str
    most: bool
    value: float

    def passes(self, found: float | None) -> bool:
        """Whether a value keeps the limit; a figure that a plan does not have keeps none."""
        if found is None:
            return False
        return found <= self.value if self.most else found >= self.value

    def __str__(self) -> str:
        """Write it as the user does."""
        return f"{self.figure}{'<=' if self.most else '>='}{self.value:g}"


def parse_limit(text: str) -> Limit:
    """Read a limit.

    Raises:
        InputError: Not of the form `figure<=value` or `figure>=value`, or an unknown figure.

    >>> str(parse_limit("site.rtt_to_hub_ms <= 50"))
    'site.rtt_to_hub_ms<=50'
    """
    match = LIMIT.match(text)
    try:
        value = float(match[3]) if match else np.nan
    except ValueError:
        value = np.nan
    if match is None or not np.isfinite(value):
        raise InputError("is not of the form figure<=value", where="--limit", value=text, hint="site.rtt_to_hub_ms<=50")
    if spec_of(match[1]) is None:
        hint = did_you_mean(match[1], figure_specs())
        raise InputError("no such figure", where="--limit", value=match[1], hint=hint)
    return Limit(match[1], match[2] == "<=", value)


def value_of(criterion: str, found: FloatArray, catalog: Catalog) -> FloatArray:
    """Worth of a criterion: 0 at its bad anchor, 1 at its good one, straight between, flat beyond.

    Args:
        criterion: One of `CRITERIA`.
        found: Values, in the unit of the anchors.
        catalog: The catalogue.

    Returns:
        Worth [1], shape of `found`.

    >>> from wattscale.catalog import load_catalog
    >>> value_of("time", np.array([1.0, 4.0, 9.0]), load_catalog()).tolist()
    [1.0, 0.5, 0.0]
    """
    good, bad = (catalog.value("site_values", f"{criterion}.{end}") for end in ("good", "bad"))
    return np.asarray(np.clip((found - bad) / (good - bad), 0.0, 1.0))


@dataclass(frozen=True)
class Ranks:
    """How places rank over drawn weights; each array has shape (places,)."""

    score: FloatArray
    """Mean score [1]."""
    first_share: FloatArray
    """Share of the draws in which it is first [1]."""
    top_share: FloatArray
    """Share of the draws in which it is among the best five [1]."""
    mean_rank: FloatArray
    """Mean rank, 1 the best."""


def draw_ranks(values: FloatArray, weights: Mapping[str, float], draws: int, seed: int) -> Ranks:
    """Rank places under weights drawn from a Dirichlet law.

    Score = sum of weight x worth; ties share the better rank.

    Args:
        values: Worth by place and criterion [1], shape (places, criteria).
        weights: Parameter of the Dirichlet law by criterion; all 1: every set of weights is as likely as another.
        draws: Weights drawn.
        seed: Seed.

    Returns:
        Score, rank frequency and mean rank.

    Raises:
        InputError: Unknown criterion, or weights that are negative or all zero.

    Source: Dirichlet weights as in stochastic multicriteria acceptability analysis, Lahdelma and Salminen 2001.
    """
    for name, weight in weights.items():
        if name not in CRITERIA:
            hint = did_you_mean(name, CRITERIA)
            raise InputError("no such criterion", where="--weight", value=name, allowed=", ".join(CRITERIA), hint=hint)
        if not 0.0 <= weight < np.inf:
            raise InputError("is not a weight", where=f"--weight {name}", value=weight, allowed=">= 0")
    alpha = np.array([weights.get(name, 1.0) for name in CRITERIA])
    if not alpha.any():
        raise InputError("are all zero", where="--weight")
    gamma = np.random.default_rng(seed).gamma(alpha, size=(draws, len(alpha)))
    scores = (gamma / gamma.sum(axis=1, keepdims=True)) @ values.T  # shape (draws, places)
    ranks = rankdata(-scores, method="min", axis=1)
    return Ranks(scores.mean(axis=0), (ranks == 1).mean(axis=0), (ranks <= TOP).mean(axis=0), ranks.mean(axis=0))


def pareto(costs: FloatArray) -> list[bool]:
    """Find the places that none other equals or beats in everything and beats in something.

    Args:
        costs: What should be low, shape (places, criteria).

    Returns:
        Whether each is in the Pareto set.

    >>> pareto(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0]]))
    [True, True, False]
    """
    found = []
    for mine in costs:
        no_worse = (costs <= mine).all(axis=1)
        found.append(not bool((no_worse & (costs < mine).any(axis=1)).any()))
    return found


def nearest_misses(limits: Sequence[Limit], figures: Sequence[tuple[str, Mapping[str, float | None]]]) -> str:
    """Say for each limit how many places keep it and which comes nearest, for when none keeps all."""
    said = []
    for limit in limits:
        known = [(value, name) for name, values in figures if (value := values.get(limit.figure)) is not None]
        keep = sum(limit.passes(value) for value, _ in known)
        best = "; no plan has this figure"
        if known:
            value, name = min(known) if limit.most else max(known)
            best = f"; the best is {value:.4g} at {name}"
        said.append(f"{limit} is kept by {keep} of {len(figures)}{best}")
    return ". ".join(said)
