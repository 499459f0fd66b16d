"""The path of air through the hall: fans, outside air, sprays, humidification.

In: heat in the air, outdoor air, parameters. Out: fan power, heat left for the cold loop, water.
Leaves out: leakage between aisles (part of the temperature rise), gaseous contamination.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.facility.design import AirDesign
from wattscale.facility.outdoor import OutdoorAir
from wattscale.facility.psychrometrics import (
    CP_AIR,
    air_density,
    dew_point,
    humidity_ratio,
    latent_heat,
    saturation_pressure,
    vapour_pressure,
)
from wattscale.facility.water import KG_PER_M3, KW_PER_MW
from wattscale.units import SECONDS_PER_HOUR, FloatArray

PA_PER_KPA = 1e3


@dataclass(frozen=True)
class AirHours:
    """The hall hour by hour: powers and heats [MW], water evaporated [m3]."""

    fans: FloatArray
    to_plant: FloatArray
    """Heat left for the cold loop [MW]."""
    exhausted: FloatArray
    """Heat carried out with outside air [MW]."""
    spray: FloatArray
    """Water evaporated to cool outside air [m3]."""
    humidifier: FloatArray
    """Water evaporated to keep the hall from drying out [m3]."""


def fan_ratio(design: AirDesign, pressure_pa: FloatArray) -> FloatArray:
    """Give fan power per heat carried by air: dp / (rho cp dT eta); rises with altitude as air thins.

    Args:
        design: Air path.
        pressure_pa: Air pressure [Pa].

    Returns:
        Power per heat [kW/kW].

    Source: fan power = volume flow x pressure / efficiency; ASHRAE Handbook HVAC Systems and Equipment, chapter 21.
    """
    rho = air_density(design.supply_c, np.asarray(0.0), pressure_pa)
    return np.asarray(design.fan_pressure_pa / (rho * CP_AIR * PA_PER_KPA * design.delta_k * design.fan_efficiency))


def fans(design: AirDesign, heat_mw: FloatArray, design_mw: FloatArray, pressure_pa: FloatArray) -> FloatArray:
    """Give fan power: at design the fans also carry their own heat; below it power falls with flow.

    Args:
        design: Air path.
        heat_mw: Heat in the air without the fans [MW].
        design_mw: The same at design [MW].
        pressure_pa: Air pressure [Pa].

    Returns:
        Fan power [MW].

    Source: fan affinity law with a smaller exponent for real systems (table `cooling`).
    """
    ratio = fan_ratio(design, pressure_pa)
    flow = np.maximum(heat_mw / design_mw, design.flow_floor_share)
    return np.asarray(design_mw * ratio / (1.0 - ratio * design.fan_heat_share) * flow**design.fan_exponent)


def closed_hall(design: AirDesign, heat_mw: FloatArray, design_mw: FloatArray, pressure_pa: FloatArray) -> AirHours:
    """Run a hall with recirculated air: all heat goes to the coil, what the coil condenses is humidified back.

    Args:
        design: Air path.
        heat_mw: Heat in the air without the fans [MW].
        design_mw: The same at design [MW].
        pressure_pa: Air pressure [Pa].

    Returns:
        The hours.

    Source: sensible heat ratio of the coil, Lei and Masanet 2022.
    """
    power = fans(design, heat_mw, design_mw, pressure_pa)
    heat = heat_mw + power * design.fan_heat_share
    zero = np.zeros_like(heat)
    return AirHours(power, heat, heat_mw + power - heat, zero, _rehumidify(design, heat))


def _rehumidify(design: AirDesign, heat: FloatArray) -> FloatArray:
    """Water that replaces what the coil condenses [m3]."""
    latent = heat * (1.0 / design.sensible_share - 1.0)
    return latent * KW_PER_MW * SECONDS_PER_HOUR / latent_heat(design.supply_c) / KG_PER_M3


def outside_hall(
    design: AirDesign, air: OutdoorAir, heat_mw: FloatArray, design_mw: FloatArray, spray: bool
) -> AirHours:
    """Run a hall with outside air, sprays and a machine behind it.

    Cold air is mixed with return air, as warm as relative humidity asks where `humid_mixing` allows. Air in the window
    goes straight in. Hotter air is sprayed down to the window as far as wet bulb and humidity allow, and the machine
    does the rest. Air too humid closes the hall, and the machine does all. Air too dry is humidified where there are
    sprays, and closes the hall where there are none.

    Args:
        design: Air path.
        air: Outdoor air, shape (hours,).
        heat_mw: Heat in the air without the fans [MW].
        design_mw: The same at design [MW].
        spray: Whether hot air is sprayed.

    Returns:
        The hours.

    Source: control of airside economisers with humidity limits, ASHRAE Guideline 36 and Lei and Masanet 2022.
    """
    power = fans(design, heat_mw, design_mw, air.pressure_pa)
    heat = heat_mw + power * design.fan_heat_share
    flow = heat * KW_PER_MW / (CP_AIR * design.delta_k)
    least_warm = humidity_floor_c(air, design.rh_max_share)
    lowest = np.where(design.humid_mixing > 0, np.maximum(design.supply_min_c, least_warm), design.supply_min_c)
    supply = np.minimum(np.maximum(air.temp_c, lowest), design.supply_max_c)
    closed = (air.dew_point_c > design.dew_max_c) | (least_warm > supply)
    evaporated = np.zeros_like(heat)
    arriving = air.temp_c
    if spray:
        arriving, evaporated = _spray(design, air, flow)
    machine = np.maximum((arriving - supply) / design.delta_k, 0.0)
    share = design.delta_k / np.maximum(supply + design.delta_k - air.temp_c, design.delta_k)
    lack = _driest(design, air, supply) - air.humidity_ratio
    closed = closed | (machine >= 1.0) | (False if spray else lack > 0.0)
    machine = np.where(closed, 1.0, machine)
    to_plant = heat * machine
    added = np.maximum(lack * share * flow * SECONDS_PER_HOUR / KG_PER_M3 - evaporated, 0.0)
    humidifier = np.where(closed, 0.0, added) + _rehumidify(design, to_plant)
    return AirHours(power, to_plant, heat_mw + power - to_plant, np.where(closed, 0.0, evaporated), humidifier)


def _driest(design: AirDesign, air: OutdoorAir, supply_c: FloatArray) -> FloatArray:
    """Least humidity ratio of supply air, by dew point and by relative humidity [kg/kg]."""
    least_pa = np.maximum(saturation_pressure(design.dew_min_c), design.rh_min_share * saturation_pressure(supply_c))
    return humidity_ratio(least_pa, air.pressure_pa)


def humidity_floor_c(air: OutdoorAir, rh_max_share: FloatArray) -> FloatArray:
    """Give the least supply temperature at which outside air stays below a relative humidity.

    Args:
        air: Outdoor air.
        rh_max_share: Limit [1].

    Returns:
        Temperature [C].

    Source: saturation curve at the vapour pressure over the limit.
    """
    limit_pa = vapour_pressure(air.humidity_ratio, air.pressure_pa) / rh_max_share
    return dew_point(limit_pa)


def _spray(design: AirDesign, air: OutdoorAir, flow_kg_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cool outside air towards the window; give its temperature [C] and the water evaporated [m3]."""
    hot = np.maximum(air.temp_c - design.supply_max_c, 0.0)
    by_wet_bulb = design.spray_effectiveness * (air.temp_c - air.wet_bulb_c)
    limit_pa = np.minimum(
        saturation_pressure(design.dew_max_c), design.rh_max_share * saturation_pressure(design.supply_max_c)
    )
    room = np.maximum(humidity_ratio(limit_pa, air.pressure_pa) - air.humidity_ratio, 0.0)
    by_humidity = room * latent_heat(air.wet_bulb_c) / CP_AIR
    drop = np.minimum(hot, np.minimum(by_wet_bulb, by_humidity))
    water = flow_kg_s * CP_AIR * drop / latent_heat(air.wet_bulb_c) * SECONDS_PER_HOUR / KG_PER_M3
    return air.temp_c - drop, water
