"""Figures of a year: PUE, WUE, TUE and the rest, weighted by energy, with their ranges.

In: the building hour by hour, for the central design and for many draws of it. Out: figures by name.
Leaves out: water at power plants (the site stage).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.facility.cooling import BuildingHours
from wattscale.facility.design import FacilityDesign
from wattscale.facility.water import wue
from wattscale.figure import Value
from wattscale.units import L_PER_M3, FloatArray

QUANTILES = (0.05, 0.95)
"""Ends of a range: nine of ten designs lie inside (convention of this stage)."""
KWH_PER_MWH = 1e3


@dataclass(frozen=True)
class Annual:
    """Sums of a year, of one design (scalars in arrays) or of many draws, shape (draws,)."""

    pue: FloatArray
    wue_l_per_kwh: FloatArray
    itue: FloatArray
    peak_over_it: FloatArray
    """Facility peak over IT peak [1]."""


def pue(total_mwh: float, it_mwh: float) -> float:
    """Give power usage effectiveness of a period: energy of the facility over energy of IT, sum over sum.

    Args:
        total_mwh: Energy at the meter [MWh].
        it_mwh: IT energy [MWh].

    Returns:
        PUE [1].

    Source: ISO/IEC 30134-2.

    >>> pue(1200.0, 1000.0)
    1.2
    """
    return total_mwh / it_mwh


def itue(server_fan_share: FloatArray) -> FloatArray:
    """Give the IT counterpart of PUE: IT power over IT power without server fans, 1 / (1 - fans).

    Losses of power supplies, part of the full definition, are left with the servers.

    Args:
        server_fan_share: Fans over IT power [1].

    Returns:
        ITUE [1]; TUE is ITUE x PUE.

    Source: Patterson et al. 2013, TUE, a new energy-efficiency metric applied at ORNL's Jaguar.

    >>> round(float(itue(np.asarray(0.2))), 2)
    1.25
    """
    return np.asarray(1.0 / (1.0 - server_fan_share))


def annual(hours: BuildingHours, design: FacilityDesign) -> Annual:
    """Sum the hours of one design or of many draws.

    Args:
        hours: The building, arrays of shape (hours,) or (draws, hours).
        design: Its parameters.

    Returns:
        The sums, shape () or (draws,).

    Source: ISO/IEC 30134-2, The Green Grid white paper 35.
    """
    it = hours.uses_mw["it"]
    energy, it_energy = hours.power_mw.sum(axis=-1), it.sum(axis=-1)
    return Annual(
        pue=np.asarray(energy / it_energy),
        wue_l_per_kwh=np.asarray(hours.water.makeup.sum(axis=-1) * L_PER_M3 / (it_energy * KWH_PER_MWH)),
        itue=np.ravel(itue(design.air.server_fan_share)),
        peak_over_it=np.asarray(hours.power_mw.max(axis=-1) / it.max(axis=-1)),
    )


def ranged(value: float, central: FloatArray, draws: FloatArray) -> tuple[float, float, float]:
    """Give a figure the range of its draws, moved by the difference between the full year and the sampled hours.

    Args:
        value: Figure of the full year.
        central: The same figure of the central design over the sampled hours.
        draws: The figure of each draw over the sampled hours.

    Returns:
        (value, low, high), the range holding the value.

    Source: quantiles of a Sobol sample, see `DesignSpace.draws`.

    >>> ranged(1.2, np.asarray(1.1), np.linspace(1.0, 1.2, 101))
    (1.2, 1.11, 1.29)
    """
    low, high = np.quantile(draws, QUANTILES) + (value - float(central))
    return value, round(min(float(low), value), 10), round(max(float(high), value), 10)


def yearly_figures(hours: BuildingHours, design: FacilityDesign, sampled: Annual, draws: Annual) -> dict[str, Value]:
    """Give the figures of the year.

    Args:
        hours: The central design over the year.
        design: Its parameters.
        sampled: Sums of the central design over the sampled hours.
        draws: Sums of the draws over the sampled hours.

    Returns:
        Figures by name, without the stage's name.

    Source: as in the functions of this module.
    """
    it_mwh, total_mwh = float(hours.uses_mw["it"].sum()), float(hours.power_mw.sum())
    water_m3, reused = float(hours.water.makeup.sum()), float(hours.reused_mw.sum())
    of_pue = ranged(pue(total_mwh, it_mwh), sampled.pue, draws.pue)
    water = ranged(wue(water_m3, it_mwh), sampled.wue_l_per_kwh, draws.wue_l_per_kwh)
    low_wue, high_wue = max(water[1], 0.0), water[2]
    ratio = float(itue(design.air.server_fan_share))
    peak = float(hours.power_mw.max())
    it_peak = float(hours.uses_mw["it"].max())
    of_peak = ranged(peak / it_peak, sampled.peak_over_it, draws.peak_over_it)
    litres = it_mwh * KWH_PER_MWH / L_PER_M3
    with np.errstate(invalid="ignore", divide="ignore"):
        hourly = hours.power_mw / np.where(hours.uses_mw["it"] > 0, hours.uses_mw["it"], np.nan)
    return {
        "pue": of_pue,
        "wue_l_per_kwh": (water[0], low_wue, high_wue),
        "itue": ranged(ratio, sampled.itue[0], draws.itue),
        "tue": ranged(ratio * of_pue[0], sampled.itue[0] * sampled.pue, draws.itue * draws.pue),
        "peak_mw": (it_peak * of_peak[0], it_peak * of_peak[1], it_peak * of_peak[2]),
        "energy_mwh": (it_mwh * of_pue[0], it_mwh * of_pue[1], it_mwh * of_pue[2]),
        "it_energy_mwh": it_mwh,
        "water_m3_per_year": (water_m3, low_wue * litres, high_wue * litres),
        "max_hourly_pue": float(np.nanmax(hourly)),
        "compressor_free_hours": float(hours.compressor_free.sum()),
        "liquid_free_hours": float(hours.liquid_free.sum()),
        "ere": (total_mwh - reused) / it_mwh,
        "erf": reused / total_mwh,
        "heat_reused_mwh": reused,
    }
