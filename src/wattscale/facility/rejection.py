"""Pumps and fans that carry heat out: pump ratio, fan speed, sprayed air of an adiabatic dry cooler.

In: heads, temperature rises, approaches. Out: powers over heat or over design power, temperatures.
Leaves out: fouling of coils over time, wind on towers.
"""

from __future__ import annotations

import numpy as np

from wattscale.facility.design import PlantDesign
from wattscale.facility.outdoor import OutdoorAir
from wattscale.facility.psychrometrics import CP_AIR, latent_heat
from wattscale.facility.water import CP_WATER, KG_PER_M3, KW_PER_MW, WaterHours, with_blowdown
from wattscale.units import SECONDS_PER_HOUR, FloatArray


def pump_ratio(pressure_pa: FloatArray, delta_k: FloatArray, efficiency: FloatArray) -> FloatArray:
    """Give pump power per heat carried: dp / (rho cp dT eta).

    Args:
        pressure_pa: Head of the loop [Pa].
        delta_k: Temperature rise of the water [K].
        efficiency: Pump with motor and drive [1].

    Returns:
        Power per heat [kW/kW].

    Source: hydraulic power of a pump, e.g. ASHRAE Handbook HVAC Systems and Equipment, chapter 44.

    >>> round(float(pump_ratio(np.asarray(2e5), np.asarray(5.0), np.asarray(0.7))), 4)
    0.0137
    """
    return np.asarray(pressure_pa / (KG_PER_M3 * CP_WATER * KW_PER_MW * delta_k * efficiency))


def fan_share(
    load_share: FloatArray,
    approach_k: FloatArray,
    available_k: FloatArray,
    exponent: FloatArray,
    floor: FloatArray,
) -> FloatArray:
    """Give the fan power of a tower or dry cooler over its design value: speed to the power of the exponent.

    Speed grows with heat and falls with the temperature difference at hand: s = load x design approach / available.

    Args:
        load_share: Heat over design heat [1].
        approach_k: Approach at design [K].
        available_k: Water minus wet bulb (tower) or dry bulb (dry cooler) [K].
        exponent: Exponent of power over speed [1].
        floor: Least speed while running [1].

    Returns:
        Power over design power [1], zero without heat.

    Source: fan affinity law; speed from a heat exchanger whose conductance follows air flow (ours).

    >>> one = np.asarray(1.0)
    >>> float(fan_share(one, 4 * one, 8 * one, 3 * one, 0.1 * one))
    0.125
    """
    speed = np.clip(load_share * approach_k / np.maximum(available_k, 1e-9), floor, 1.0)
    return np.asarray(np.where(load_share > 0, speed**exponent, 0.0))


def sprayed_inlet(design: PlantDesign, air: OutdoorAir) -> FloatArray:
    """Give the air temperature at a sprayed dry cooler: wetted only as far as the set-point needs.

    Args:
        design: Parameters; the set-point is `supply_c`.
        air: Outdoor air.

    Returns:
        Inlet temperature [C], between wet bulb and dry bulb.

    Source: definition of evaporative effectiveness.
    """
    wettest = air.temp_c - design.spray_effectiveness * (air.temp_c - air.wet_bulb_c)
    needed = design.supply_c - design.exchanger_approach_k - design.dry_approach_k
    return np.asarray(np.minimum(air.temp_c, np.maximum(wettest, needed)))


def sprayed_water(design: PlantDesign, air: OutdoorAir, inlet_c: FloatArray, heat_mw: FloatArray) -> WaterHours:
    """Give the water of a sprayed dry cooler: air flow times the humidity that cools it from dry bulb to inlet.

    Args:
        design: Parameters.
        air: Outdoor air.
        inlet_c: Temperature after the spray [C].
        heat_mw: Heat rejected [MW].

    Returns:
        Water of each hour [m3].

    Source: adiabatic energy balance.
    """
    air_kg_s = heat_mw * KW_PER_MW / (CP_AIR * design.dry_air_rise_k)
    evaporated = air_kg_s * CP_AIR * (air.temp_c - inlet_c) / latent_heat(air.wet_bulb_c)
    m3 = evaporated * SECONDS_PER_HOUR / KG_PER_M3
    return with_blowdown(m3, np.zeros_like(m3), design.cycles)
