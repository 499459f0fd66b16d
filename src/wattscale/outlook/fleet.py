"""The fleet of accelerators by vintage: what is shipped, what survives, what retires.

In: devices shipped by year, work per watt by vintage, life. Out: power and work of the fleet at the end of a year.
Leaves out: second-hand trade between regions; the fleet is one, and stands where there is power.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import gamma

from wattscale.units import FloatArray

OLDEST = 14
"""Age at which a vintage is taken as gone: survival is below 1e-4 at a mean life of six years [year]."""


def survival(age: float, life_years: FloatArray, shape: FloatArray) -> FloatArray:
    """Give the share of a vintage that is still in use.

    S(a) = exp(-(a / scale)^shape), scale = life / gamma(1 + 1/shape).

    Args:
        age: Years since shipment [year].
        life_years: Mean life [year], shape (draws,).
        shape: Weibull shape [1], shape (draws,).

    Returns:
        Share [1], shape (draws,).

    Source: Weibull 1951.

    >>> round(float(survival(0.0, np.array([6.0]), np.array([3.0]))[0]), 3)
    1.0
    """
    scale = life_years / gamma(1.0 + 1.0 / shape)
    return np.asarray(np.exp(-((age / scale) ** shape))) if age < OLDEST else np.zeros_like(life_years)


@dataclass
class Fleet:
    """Vintages of a fleet, youngest last.

    Attributes:
        life_years, shape: Weibull life, shape (draws,).
        shipped_mw: Device power shipped, by year, each of shape (draws,).
        density: Work per power of the vintage [H100e/MW], by year.
    """

    life_years: FloatArray
    shape: FloatArray
    shipped_mw: list[FloatArray] = field(default_factory=list)
    density: list[FloatArray] = field(default_factory=list)
    _alive: list[FloatArray] = field(default_factory=list)

    def survivors(self) -> tuple[FloatArray, FloatArray]:
        """Give power [MW] and work [H100e] of what is left one year after the last shipment."""
        years = len(self.shipped_mw)
        while len(self._alive) <= years:
            self._alive.append(survival(float(len(self._alive)), self.life_years, self.shape))
        power, work = np.zeros_like(self.life_years), np.zeros_like(self.life_years)
        for age in range(1, min(years, OLDEST) + 1):
            left = self.shipped_mw[-age] * self._alive[age]
            power += left
            work += left * self.density[-age]
        return power, work

    def weights(self) -> list[FloatArray]:
        """Give the power left of each vintage at the end of the year of the last shipment [MW], youngest last."""
        years = len(self.shipped_mw)
        while len(self._alive) <= years:
            self._alive.append(survival(float(len(self._alive)), self.life_years, self.shape))
        return [mw * self._alive[years - 1 - i] for i, mw in enumerate(self.shipped_mw)][-OLDEST:]

    def ship(self, power_mw: FloatArray, density: FloatArray) -> None:
        """Add a year's vintage."""
        self.shipped_mw.append(power_mw)
        self.density.append(density)


def density_path(start: FloatArray, growth: FloatArray, limit: FloatArray, gain: FloatArray, years: int) -> FloatArray:
    """Give work per power of new devices, year after year: growth fades as the limit comes near.

    d ln e = growth (1 - ln(e / e0) / ln(limit)), plus the gain of smaller number formats over ten years.

    Args:
        start: Work per power of the last year of history [H100e/MW], shape (draws,).
        growth: Growth in logs at the start [1/year].
        limit: Largest ratio to the start [1].
        gain: Ratio reached by smaller formats [1].
        years: Years to give.

    Returns:
        Work per power [H100e/MW], shape (years, draws).

    >>> one = np.ones(1)
    >>> density_path(one, 0.25 * one, 100 * one, one, 1).round(4).tolist()
    [[1.284]]
    """
    above, room = np.zeros_like(start), np.log(limit)
    found = []
    for year in range(1, years + 1):
        above = above + growth * np.maximum(1.0 - above / room, 0.0)
        formats = np.log(gain) * min(year / FORMAT_YEARS, 1.0)
        found.append(start * np.exp(above + formats))
    return np.array(found)


FORMAT_YEARS = 10.0
"""Years over which the gain of smaller number formats is reached."""


def balance_error(end_mw: Sequence[FloatArray], shipped: Sequence[FloatArray], retired: Sequence[FloatArray]) -> float:
    """Give the largest break of end = end before + shipped - retired [MW]."""
    worst = 0.0
    for before, after, new, gone in zip(end_mw[:-1], end_mw[1:], shipped[1:], retired[1:], strict=True):
        worst = max(worst, float(np.abs(after - before - new + gone).max()))
    return worst
