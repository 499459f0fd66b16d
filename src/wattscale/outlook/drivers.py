"""The uncertain drivers of the outlook: read, changed by a scenario, drawn.

In: tables `outlook_drivers` and `breakeven_inputs`, changes of a scenario. Out: one value per draw and driver.
Leaves out: correlation between drivers; they are drawn apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from wattscale.catalog import Catalog
from wattscale.errors import InputError, did_you_mean
from wattscale.figure import Figure
from wattscale.units import FloatArray

P95_Z = 1.6448536269514722
"""Standard normal quantile of 95 %: low and high of a driver are its 5th and 95th percentile."""
LONGEST_TAIL_Z = 2.5
"""Draws beyond this many standard scores are held there: a judged range says nothing of its far tail."""
TABLES = ("outlook_drivers", "breakeven_inputs")
RATE = "1/year"
"""Unit of growth, which may be below zero where the catalogue says above."""
DIVISORS = (
    "hardware.", "demand.latent", "demand.maturing", "conventional.level", "conventional.load", "cooling.rack",
    "facility.peak_factor", "foundry.slack", "capacity.tau", "grid.completion", "transformers.level",
    "quantum.classical_call", "neuromorphic.gain", "edge.model_size", "edge.size_median", "edge.size_sd",
    "decentral.utilisation",
)  # fmt: skip
"""Drivers that something is divided by, by how their names start; growth among them is free."""

Draws: TypeAlias = Mapping[str, FloatArray]
"""Value of each driver in each draw, shape (draws,)."""


@dataclass(frozen=True)
class Driver:
    """One uncertain number.

    Attributes:
        name: `item.parameter`.
        low: 5th percentile.
        value: Median.
        high: 95th percentile.
        figure: Where it comes from.
    """

    name: str
    low: float
    value: float
    high: float
    figure: Figure

    def at(self, score: FloatArray) -> FloatArray:
        """Give the values at standard scores: two half normals, in logarithms where the range is above zero.

        Args:
            score: Standard normal scores [1].

        Returns:
            Values [unit of the driver], same shape; a share, whose range lies between 0 and 1, stays there.
        """
        values = self._two_halves(score)
        is_share = self.figure.unit == "1" and self.low >= 0 and self.high <= 1
        return np.asarray(np.clip(values, 0.0, 1.0)) if is_share else values

    def _two_halves(self, score: FloatArray) -> FloatArray:
        z = np.clip(score, -LONGEST_TAIL_Z, LONGEST_TAIL_Z) / P95_Z
        if self.low > 0:
            down, up = np.log(self.value / self.low), np.log(self.high / self.value)
            return np.asarray(self.value * np.exp(np.where(z < 0, z * down, z * up)))
        down, up = self.value - self.low, self.high - self.value
        return np.asarray(self.value + np.where(z < 0, z * down, z * up))


@dataclass(frozen=True)
class Change:
    """What a scenario does to a driver: replaces its range, or multiplies it, or shifts it."""

    low: float | None = None
    value: float | None = None
    high: float | None = None
    times: float = 1.0
    plus: float = 0.0

    def apply(self, driver: Driver) -> Driver:
        """Give the changed driver; a single value without ends has no range, ends without a value keep the median."""
        known = driver if self.value is None else replace(driver, low=self.value, value=self.value, high=self.value)
        low = known.low if self.low is None else self.low
        high = known.high if self.high is None else self.high
        low, value, high = (end * self.times + self.plus for end in (low, known.value, high))
        return replace(driver, low=low, value=value, high=high)


def read_drivers(catalog: Catalog, changes: Mapping[str, Change]) -> dict[str, Driver]:
    """Read every driver and apply a scenario's changes.

    Raises:
        InputError: A change of a driver that does not exist, or whose range is out of order, impossible, or beyond the
            bounds of the figure.
    """
    found: dict[str, Driver] = {}
    for table in TABLES:
        for key in catalog.table(table).figures:
            figure = catalog.figure(table, key)
            found[key] = Driver(key, figure.low, figure.value, figure.high, figure)
    for key, change in changes.items():
        if key not in found:
            raise InputError("no such driver", where=f'drivers."{key}"', hint=did_you_mean(key, found))
        changed = change.apply(found[key])
        if not changed.low <= changed.value <= changed.high:
            ends = (changed.low, changed.value, changed.high)
            raise InputError("is out of order", where=f'drivers."{key}"', value=ends, allowed="low <= value <= high")
        _check_range(found[key], changed)
        bounds = catalog.bounds(found[key].figure.id)
        for end in (changed.low, changed.value, changed.high):
            bounds.check(f'drivers."{key}"', end)
        found[key] = changed
    return found


def _check_range(known: Driver, changed: Driver) -> None:
    """Refuse a range that the driver cannot have: a share outside 0 to 1, a quantity below zero, a divisor of zero."""
    is_share = "share" in known.name and known.figure.unit == "1"
    is_quantity = known.low >= 0 and known.figure.unit != RATE
    divides = known.name.startswith(DIVISORS) and known.figure.unit != RATE
    wrong = (is_quantity and changed.low < 0) or (divides and changed.low <= 0) or (is_share and changed.high > 1)
    if wrong:
        allowed = "0 to 1" if is_share else "above 0" if divides else "0 or more"
        ends = (changed.low, changed.value, changed.high)
        raise InputError("is not a possible range", where=f'drivers."{known.name}"', value=ends, allowed=allowed)


def draw(drivers: Mapping[str, Driver], draws: int, seed: int) -> Draws:
    """Draw every driver by Latin hypercube.

    Args:
        drivers: Drivers by name.
        draws: Number of draws.
        seed: Seed; the same seed gives the same draws.

    Returns:
        Values by driver, shape (draws,).
    """
    points = qmc.LatinHypercube(len(drivers), rng=np.random.default_rng(seed)).random(draws)
    return at_points(drivers, np.asarray(points))


def at_points(drivers: Mapping[str, Driver], points: FloatArray) -> Draws:
    """Give every driver at points of the unit cube, shape (draws, drivers)."""
    inside = np.finfo(np.float64).eps
    scores = ndtri(np.clip(points, inside, 1.0 - inside))
    return {name: driver.at(scores[:, i]) for i, (name, driver) in enumerate(drivers.items())}


def central(drivers: Mapping[str, Driver]) -> Draws:
    """Give every driver at its median, as a single draw."""
    return {name: np.array([driver.value]) for name, driver in drivers.items()}
