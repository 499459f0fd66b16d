"""A cold loop: pumps, free cooling, chillers and the rejection of heat, hour by hour.

In: heat of the loop, outdoor air, parameters. Out: power by use, water, heat rejected.
Leaves out: storage in the loop, start-up of machines, refrigerant choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.facility.chillers import air_cooled_cop, dx_cop, running_share, water_cooled_cop
from wattscale.facility.design import CurveDesign, Plant, PlantDesign
from wattscale.facility.psychrometrics import CP_AIR, OutdoorAir, humidity_ratio, saturation_pressure
from wattscale.facility.water import (
    CP_WATER,
    KG_PER_M3,
    KW_PER_MW,
    WaterHours,
    latent_heat,
    tower_water,
    with_blowdown,
)
from wattscale.units import SECONDS_PER_HOUR, FloatArray


@dataclass(frozen=True)
class PlantHours:
    """A loop hour by hour: powers and heats [MW], water [m3], shares [1]."""

    pumps: FloatArray
    compressor: FloatArray
    rejection_fans: FloatArray
    water: WaterHours
    free_share: FloatArray
    rejected: FloatArray
    """Heat given to the outdoors: the loop's heat plus pumps plus compressor [MW]."""
    supply_c: FloatArray
    """Supply temperature reached [C]; above the set-point where there is no machine to hold it."""


def pump_ratio(pressure_pa: FloatArray, delta_k: FloatArray, efficiency: FloatArray) -> FloatArray:
    """Give pump power per heat carried: dp / (rho cp dT eta).

    Args:
        pressure_pa: Head of the loop [Pa].
        delta_k: Temperature rise of the water [K].
        efficiency: Pump with motor and drive [1].

    Returns:
        Power per heat [kW/kW].

    Source: hydraulic power of a pump; e.g. ASHRAE Handbook HVAC Systems and Equipment, chapter 44.

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

    Speed grows with heat and falls with the temperature difference at hand: s = load x design approach / approach.

    Args:
        load_share: Heat over design heat [1].
        approach_k: Approach at design [K].
        available_k: Set-point minus wet bulb (tower) or dry bulb (dry cooler) [K].
        exponent: Exponent of power over speed [1].
        floor: Least speed while running [1].

    Returns:
        Power over design power [1], zero without heat.

    Source: fan affinity law; speed from a heat exchanger of constant conductance per air flow (ours).

    >>> one = np.asarray(1.0)
    >>> float(fan_share(one, 4 * one, 8 * one, 3 * one, 0.1 * one))
    0.125
    """
    speed = np.clip(load_share * approach_k / np.maximum(available_k, 1e-9), floor, 1.0)
    return np.asarray(np.where(load_share > 0, speed**exponent, 0.0))


def run_plant(
    plant: Plant, design: PlantDesign, curves: CurveDesign, air: OutdoorAir, heat_mw: FloatArray, design_mw: FloatArray
) -> PlantHours:
    """Run a loop through the hours.

    Heat and pump work leave by the tower or dry cooler as far as its water is cold enough (free share), the rest by the
    machine. Fans slow down to hold the set-point.

    Args:
        plant: Structure.
        design: Parameters.
        curves: Chiller curves.
        air: Outdoor air, shape (hours,).
        heat_mw: Heat into the loop [MW].
        design_mw: The same at design [MW].

    Returns:
        The hours.

    Source: energy balance; parts as in their functions.
    """
    share = heat_mw / design_mw
    if plant.machine == "dx":
        cop = dx_cop(air.temp_c, curves) * design.cop_factor
        zero = np.zeros_like(heat_mw + cop)
        work = heat_mw / cop
        no_water = WaterHours(zero, zero, zero)
        return PlantHours(zero, work, zero, no_water, zero, heat_mw + work, design.supply_c + zero)
    flow = np.maximum(share, design.flow_floor_share)
    ratio = pump_ratio(design.pump_pressure_pa, design.delta_k, design.pump_efficiency)
    pumps = design_mw * ratio * flow**design.pump_exponent
    load = heat_mw + pumps
    design_load = design_mw * (1.0 + ratio)
    if plant.rejection == "tower":
        return _tower_plant(plant, design, curves, air, load, design_load, pumps)
    return _dry_plant(plant, design, curves, air, load, design_load, pumps)


def _free(plant: Plant, design: PlantDesign, reach_c: FloatArray) -> FloatArray:
    """Share of the load that water of this temperature takes without a machine."""
    if plant.machine == "none":
        return np.ones_like(reach_c)
    if not plant.free:
        return np.zeros_like(reach_c)
    warm = design.supply_c + design.delta_k
    return np.asarray(np.clip((warm - reach_c) / design.delta_k, 0.0, 1.0))


def _tower_plant(
    plant: Plant,
    design: PlantDesign,
    curves: CurveDesign,
    air: OutdoorAir,
    load: FloatArray,
    design_load: FloatArray,
    pumps: FloatArray,
) -> PlantHours:
    """Tower with or without a water-cooled machine; the order is water temperature, machine, pumps, fans, water."""
    share = load / design_load
    approach = design.tower_approach_k * np.clip(share, design.approach_floor_share, 1.0)
    reach = air.wet_bulb_c + approach
    free = _free(plant, design, reach + design.exchanger_approach_k)
    target = design.supply_c - design.exchanger_approach_k
    floor = np.where(free >= 1.0, target, np.where(free > 0.0, reach, design.condenser_min_c))
    cold = np.maximum(reach, floor)
    mechanical = load * (1.0 - free)
    part_load = running_share(mechanical / design_load, design.machines, design.part_load_min)
    evaporating = design.supply_c - design.evaporator_approach_k
    condensing = cold + design.tower_range_k + design.condenser_approach_k
    cop = water_cooled_cop(evaporating, condensing, part_load, curves) * design.cop_factor
    work = mechanical / cop
    ratio = pump_ratio(design.rejection_pump_pressure_pa, design.tower_range_k, design.pump_efficiency)
    design_heat = design_load * (1.0 + (0.0 if plant.machine == "none" else 1.0) / curves_cop_typical(cop))
    heat = load + work
    flow = np.clip(heat / design_heat, design.flow_floor_share, 1.0)
    rejection_pumps = design_heat * ratio * flow**design.pump_exponent
    rejected = heat + rejection_pumps
    fans = design.tower_fan_share * design_heat * fan_share(
        rejected / design_heat, design.tower_approach_k, cold - air.wet_bulb_c, design.fan_exponent,
        design.fan_floor_share,
    )  # fmt: skip
    water = tower_water(
        air, rejected, cold, design.tower_range_k, design.cycles, design.drift_share, design.sensible_credit
    )
    supply = np.maximum(cold + design.exchanger_approach_k, design.supply_c)
    reached = supply if plant.machine == "none" else design.supply_c + np.zeros_like(supply)
    return PlantHours(pumps + rejection_pumps, work, fans, water, free, rejected, reached)
