"""Water of towers, sprays and humidifiers: evaporation, blow-down, drift.

In: heat, water and air temperatures. Out: m3 per hour.
Leaves out: treatment, leaks, water of power plants (the site stage).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.facility.outdoor import OutdoorAir
from wattscale.facility.psychrometrics import (
    enthalpy,
    humidity_ratio,
    latent_heat,
    saturation_pressure,
)
from wattscale.units import L_PER_M3, SECONDS_PER_HOUR, FloatArray

KW_PER_MW = 1e3
KG_PER_M3 = 1e3
"""Density of water [kg/m3], within 1 % from 0 to 45 C."""
CP_WATER = 4.186
"""Specific heat of water [kJ/(kg K)] (ASHRAE Handbook Fundamentals 2017, chapter 1, eq. 33)."""


@dataclass(frozen=True)
class WaterHours:
    """Water of each hour [m3]; make-up is what is taken from the main."""

    evaporation: FloatArray
    drift: FloatArray
    blowdown: FloatArray

    @property
    def makeup(self) -> FloatArray:
        """Water taken [m3]."""
        return self.evaporation + self.drift + self.blowdown

    def __add__(self, other: WaterHours) -> WaterHours:
        """Add the water of two users."""
        return WaterHours(
            self.evaporation + other.evaporation, self.drift + other.drift, self.blowdown + other.blowdown
        )


def with_blowdown(evaporation: FloatArray, drift: FloatArray, cycles: FloatArray) -> WaterHours:
    """Add the blow-down that holds salts at `cycles` times the make-up: blow-down = evaporation / (CC - 1) - drift.

    Args:
        evaporation: Water evaporated [m3].
        drift: Droplets lost [m3]; they carry salts away as blow-down does.
        cycles: Cycles of concentration [1], above 1.

    Returns:
        Evaporation, drift and blow-down; make-up is evaporation CC / (CC - 1) unless drift alone exceeds it.

    Source: salt balance of an evaporative cooler, e.g. ASHRAE Handbook HVAC Systems and Equipment, chapter 40.

    >>> float(with_blowdown(np.asarray(5.0), np.asarray(0.0), np.asarray(6.0)).makeup)
    6.0
    """
    return WaterHours(evaporation, drift, np.maximum(evaporation / (cycles - 1.0) - drift, 0.0))


def latent_share(air: OutdoorAir, cold_c: FloatArray, hot_c: FloatArray) -> FloatArray:
    """Give the share of a tower's heat that leaves as vapour; above 1 where hot air is cooled on the way.

    Air leaves saturated at the mean water temperature: share = L (W_out - W_in) / (h_out - h_in).

    Args:
        air: Outdoor air.
        cold_c: Water leaving the tower [C].
        hot_c: Water entering [C].

    Returns:
        Share [1], not below zero.

    Source: enthalpy balance; saturated leaving air at mean water temperature is the usual rule, e.g. ASHRAE Handbook
    HVAC Systems and Equipment, chapter 40.
    """
    out_c = 0.5 * (cold_c + hot_c)
    w_out = humidity_ratio(saturation_pressure(out_c), air.pressure_pa)
    taken = enthalpy(out_c, w_out) - enthalpy(air.temp_c, air.humidity_ratio)
    vapour = latent_heat(out_c) * (w_out - air.humidity_ratio)
    return np.asarray(np.maximum(vapour / np.maximum(taken, 1e-9), 0.0))


def tower_water(
    air: OutdoorAir,
    heat_mw: FloatArray,
    cold_c: FloatArray,
    range_k: FloatArray,
    cycles: FloatArray,
    drift_share: FloatArray,
    sensible_credit: FloatArray,
) -> WaterHours:
    """Find the water of a cooling tower.

    Args:
        air: Outdoor air.
        heat_mw: Heat rejected [MW].
        cold_c: Water leaving the tower [C].
        range_k: Water entering minus leaving [K].
        cycles: Cycles of concentration [1].
        drift_share: Drift over water flow [1].
        sensible_credit: 1 counts sensible heat as physics says, 0 takes all heat as evaporation.

    Returns:
        Water of each hour [m3].

    Source: energy balance of the tower, see `latent_share`.
    """
    hot_c = cold_c + range_k
    share = np.asarray(1.0)
    if np.any(sensible_credit > 0):
        share = 1.0 + sensible_credit * (latent_share(air, cold_c, hot_c) - 1.0)
    m3_per_mwh = KW_PER_MW * SECONDS_PER_HOUR / latent_heat(air.wet_bulb_c) / KG_PER_M3
    flow_m3 = heat_mw * KW_PER_MW * SECONDS_PER_HOUR / (CP_WATER * range_k) / KG_PER_M3
    return with_blowdown(heat_mw * share * m3_per_mwh, flow_m3 * drift_share, cycles)


def wue(water_m3: float, it_mwh: float) -> float:
    """Give water usage effectiveness: litres taken per kWh of IT energy.

    Args:
        water_m3: Water [m3].
        it_mwh: IT energy [MWh].

    Returns:
        WUE [L/kWh].

    Source: The Green Grid, white paper 35 (2011).

    >>> wue(1800.0, 1000.0)
    1.8
    """
    return water_m3 * L_PER_M3 / (it_mwh * KW_PER_MW)
