"""A cold loop hour by hour: pumps, free cooling, chillers and the rejection of heat.

In: heat of the loop, outdoor air, parameters. Out: power by use, water, heat rejected.
Leaves out: storage in the loop, start-up of machines, choice of refrigerant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.facility.chillers import air_cooled_cop, dx_cop, running_share, water_cooled_cop
from wattscale.facility.design import CurveDesign, Plant, PlantDesign
from wattscale.facility.outdoor import OutdoorAir
from wattscale.facility.rejection import fan_share, pump_ratio, sprayed_inlet, sprayed_water
from wattscale.facility.water import WaterHours, tower_water
from wattscale.units import FloatArray

NOTHING_MW = float(np.finfo(np.float64).tiny)
"""Design heat of a loop that carries none, such as a liquid loop with no share of the heat: it stands still [MW]."""


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
    """Supply temperature reached [C]; above the set-point where no machine holds it."""


def no_water(like: FloatArray) -> WaterHours:
    """Give zero water in the shape of `like`."""
    zero = np.zeros_like(like)
    return WaterHours(zero, zero, zero)


def run_plant(
    plant: Plant,
    design: PlantDesign,
    curves: CurveDesign,
    air: OutdoorAir,
    heat_mw: FloatArray,
    design_mw: FloatArray,
) -> PlantHours:
    """Run a loop through the hours.

    A loop without heat stands still. Heat and pump work leave by tower or dry cooler as far as its water is cold enough
    (free share), the rest by the machine. Fans slow down to hold the set-point.

    Args:
        plant: Structure.
        design: Parameters.
        curves: Chiller curves.
        air: Outdoor air, shape (hours,).
        heat_mw: Heat into the loop [MW].
        design_mw: The same at design [MW].

    Returns:
        The hours.

    Source: energy balance; the parts as in their functions.
    """
    if plant.machine == "dx":
        work = heat_mw / (dx_cop(air.temp_c, curves) * design.cop_factor)
        zero = np.zeros_like(work)
        return PlantHours(zero, work, zero, no_water(work), zero, heat_mw + work, design.supply_c + zero)
    design_mw = np.maximum(design_mw, NOTHING_MW)
    flow = np.maximum(heat_mw / design_mw, design.flow_floor_share)
    ratio = pump_ratio(design.pump_pressure_pa, design.delta_k, design.pump_efficiency)
    pumps = np.where(heat_mw > 0, design_mw * ratio * flow**design.pump_exponent, 0.0)
    run = _tower_plant if plant.rejection == "tower" else _dry_plant
    return run(plant, design, curves, air, heat_mw + pumps, design_mw * (1.0 + ratio), pumps)


def _free(plant: Plant, design: PlantDesign, water_c: FloatArray) -> FloatArray:
    """Share of the load that water of this temperature takes without a machine."""
    if plant.machine == "none":
        return np.ones_like(water_c)
    if not plant.free:
        return np.zeros_like(water_c)
    return np.asarray(np.clip((design.supply_c + design.delta_k - water_c) / design.delta_k, 0.0, 1.0))


def _part_load(design: PlantDesign, load_share: FloatArray) -> FloatArray:
    """Part load of the machines that run."""
    return running_share(load_share, design.machines, design.capacity_ratio, design.part_load_min)


def _reached(plant: Plant, design: PlantDesign, water_c: FloatArray) -> FloatArray:
    """Supply temperature: the set-point, or what the water gives where no machine holds it."""
    if plant.machine == "none":
        return np.maximum(water_c, design.supply_c)
    return design.supply_c + np.zeros_like(water_c)


def _tower_plant(
    plant: Plant,
    design: PlantDesign,
    curves: CurveDesign,
    air: OutdoorAir,
    load: FloatArray,
    design_load: FloatArray,
    pumps: FloatArray,
) -> PlantHours:
    """Tower, with or without a water-cooled machine: water temperature, machine, tower pumps, fans, water."""
    share = load / design_load
    reach = air.wet_bulb_c + design.tower_approach_k * np.clip(share, design.approach_floor_share, 1.0)
    free = _free(plant, design, reach + design.exchanger_approach_k)
    target = design.supply_c - design.exchanger_approach_k
    floor = np.where(free >= 1.0, target, np.where(free > 0.0, reach, design.condenser_min_c))
    cold = np.maximum(reach, floor)
    work = np.zeros_like(cold)
    if plant.machine != "none":
        mechanical = load * (1.0 - free)
        part_load = _part_load(design, mechanical / design_load)
        condensing = cold + design.tower_range_k + design.condenser_approach_k
        cop = water_cooled_cop(design.supply_c - design.evaporator_approach_k, condensing, part_load, curves)
        work = mechanical / (cop * design.cop_factor)
    built_for = design_load * (1.0 if plant.machine == "none" else design.rejection_ratio)
    flow = np.clip((load + work) / built_for, design.flow_floor_share, 1.0)
    ratio = pump_ratio(design.rejection_pump_pressure_pa, design.tower_range_k, design.pump_efficiency)
    tower_pumps = np.where(load > 0, built_for * ratio * flow**design.pump_exponent, 0.0)
    rejected = load + work + tower_pumps
    speed = fan_share(
        rejected / built_for, design.tower_approach_k, cold - air.wet_bulb_c, design.fan_exponent,
        design.fan_floor_share,
    )  # fmt: skip
    water = tower_water(
        air, rejected, cold, design.tower_range_k, design.cycles, design.drift_share, design.sensible_credit
    )
    fans = design.tower_fan_share * built_for * speed
    supply = _reached(plant, design, cold + design.exchanger_approach_k)
    return PlantHours(pumps + tower_pumps, work, fans, water, free, rejected, supply)


def _dry_plant(
    plant: Plant,
    design: PlantDesign,
    curves: CurveDesign,
    air: OutdoorAir,
    load: FloatArray,
    design_load: FloatArray,
    pumps: FloatArray,
) -> PlantHours:
    """Dry cooler, sprayed or not, and an air-cooled machine beside it."""
    share = load / design_load
    inlet = sprayed_inlet(design, air) if plant.rejection == "adiabatic" else air.temp_c
    approach = design.dry_approach_k * np.clip(share, design.approach_floor_share, 1.0)
    reach = inlet + approach + design.exchanger_approach_k
    free = _free(plant, design, reach)
    if plant.rejection == "none":
        free = np.zeros_like(free)
    work = np.zeros_like(load + free)
    if plant.machine != "none":
        mechanical = load * (1.0 - free)
        part_load = _part_load(design, mechanical / design_load)
        condensing = air.temp_c + design.air_condenser_approach_k
        cop = air_cooled_cop(design.supply_c - design.evaporator_approach_k, condensing, part_load, curves)
        work = mechanical / (cop * design.cop_factor)
    carried = load * free
    ratio = pump_ratio(design.rejection_pump_pressure_pa, design.delta_k, design.pump_efficiency)
    flow = np.maximum(carried / design_load, design.flow_floor_share)
    dry_pumps = np.where(carried > 0, design_load * ratio * flow**design.pump_exponent, 0.0)
    available = np.maximum(design.supply_c - design.exchanger_approach_k - inlet, approach)
    speed = fan_share(
        carried / design_load, design.dry_approach_k, available, design.fan_exponent, design.fan_floor_share
    )
    fans = design.dry_fan_share * design_load * speed
    water = no_water(fans)
    if plant.rejection == "adiabatic":
        water = sprayed_water(design, air, inlet + np.zeros_like(fans), carried + dry_pumps)
    supply = _reached(plant, design, reach)
    return PlantHours(pumps + dry_pumps, work, fans, water, free, load + work + dry_pumps, supply)
