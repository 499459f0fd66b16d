"""Fast swings and changes: what synchronous training asks of UPS and battery within seconds, and of plant within hours.

In: the load, the design, the scenario's share and period of the swings. Out: figures and warnings. Leaves out: any
dynamics of voltage and frequency; limits of hourly changes are the optimiser's (builder.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.figure import PlanWarning
from wattscale.units import HOURS_PER_YEAR, SECONDS_PER_HOUR, FloatArray

KWH_PER_MWH, MINUTES_PER_HOUR = 1e3, 60.0
TRAINING_SWING = 0.5
"""Swing over the power of synchronous training where the scenario gives none [1]; see `supply.swing_share`."""


@dataclass(frozen=True)
class Swings:
    """Swings of the load within seconds.

    Attributes:
        power_mw: From trough to crest [MW].
        energy_kwh: Energy that goes in and out of a store in each swing that flattens it [kWh].
        ups_kwh: Energy that the UPS holds [kWh].
        per_year: Swings in a year.
    """

    power_mw: float
    energy_kwh: float
    ups_kwh: float
    per_year: float


def swings(load_mw: FloatArray, share: float, period_s: float, ups_minutes: float) -> Swings:
    """Size the swings: a square wave about its mean moves a quarter of (crest - trough) x period in and out.

    Args:
        load_mw: Load [MW], shape (T,).
        share: Share of the load that swings [1].
        period_s: Time from swing to swing [s].
        ups_minutes: Full load that the UPS holds [min].

    >>> swings(np.array([100.0]), 0.4, 3.6, 6.0)
    Swings(power_mw=40.0, energy_kwh=10.0, ups_kwh=10000.0, per_year=8760000.0)
    """
    peak = float(np.max(load_mw))
    power = share * peak
    energy = power * KWH_PER_MWH * period_s / SECONDS_PER_HOUR / 4.0
    return Swings(power, energy, peak * ups_minutes / MINUTES_PER_HOUR * KWH_PER_MWH,
                  HOURS_PER_YEAR * SECONDS_PER_HOUR / period_s)  # fmt: skip


def swing_warnings(s: Swings, stores_mw: float, grid_mw: float) -> list[PlanWarning]:
    """Warn where nothing can flatten the swings: half of them up and half of them down about the mean.

    Args:
        s: The swings.
        stores_mw: Power of all stores, whatever their names: each has an inverter [MW].
        grid_mw: Grid connection [MW].
    """
    if s.power_mw <= 0.0 or stores_mw >= 0.5 * s.power_mw:
        return []
    if s.energy_kwh > s.ups_kwh:
        return [PlanWarning("swing-unbuffered", f"Training swings of {s.power_mw:.3g} MW move {s.energy_kwh:.3g} kWh "
                            f"each, more than the UPS holds ({s.ups_kwh:.3g} kWh)")]  # fmt: skip
    seen = "and reach the grid" if grid_mw > 0.0 else "and reach the campus's own plant"
    return [PlanWarning("swing-on-ups", f"Training swings of {s.power_mw:.3g} MW, {s.per_year / 1e6:.2g} million a "
                        f"year, find stores of {stores_mw:.3g} MW; they wear the UPS {seen}. A battery of "
                        f"{0.5 * s.power_mw:.3g} MW, capacitors or smoothing in software would hold them")]  # fmt: skip


def ramp_mw_per_h(power_mw: FloatArray) -> float:
    """Give the largest change of power from one hour to the next [MW/h].

    >>> ramp_mw_per_h(np.array([1.0, 4.0, 2.0]))
    3.0
    """
    return float(np.max(np.abs(np.diff(power_mw)), initial=0.0))
