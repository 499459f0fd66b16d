"""A whole building hour by hour: electrical losses, hall, loops, transformer, for one technology.

In: IT power, outdoor air, technology and parameters. Out: power by use, water, heat, in MW and m3 of each hour.
Leaves out: what the numbers mean for a year (figures.py) and ranges (ranges.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.facility.airside import AirHours, closed_hall, fan_ratio, outside_hall
from wattscale.facility.design import FacilityDesign, Technology
from wattscale.facility.electrical import ElectricalHours, losses, transformer_loss
from wattscale.facility.outdoor import OutdoorAir
from wattscale.facility.plant import PlantHours, run_plant
from wattscale.facility.water import WaterHours, with_blowdown
from wattscale.units import FloatArray

USES = (
    "it",
    "fans",
    "pumps",
    "compressors",
    "heat_rejection",
    "ups",
    "distribution",
    "transformer",
    "lighting",
)
"""Uses of power, in the order of the report."""


@dataclass(frozen=True)
class BuildingHours:
    """The building hour by hour; arrays of shape (hours,) or (draws, hours)."""

    uses_mw: dict[str, FloatArray]
    power_mw: FloatArray
    """Power at the meter, the sum of the uses [MW]."""
    water: WaterHours
    exhausted_mw: FloatArray
    """Heat carried out with outside air [MW]."""
    rejected_mw: FloatArray
    """Heat given off by towers, dry coolers and condensers [MW]."""
    reused_mw: FloatArray
    """Heat given to a user of heat [MW]."""
    compressor_free: FloatArray
    """1 where no compressor runs, else 0."""
    liquid_free: FloatArray
    """1 where the liquid loop needs no compressor, else 0; 0 without a loop."""
    liquid_supply_c: FloatArray
    """Facility water supplied to the liquid loop [C], NaN without one."""


def run_building(
    tech: Technology, design: FacilityDesign, air: OutdoorAir, it_mw: FloatArray, design_it_mw: float
) -> BuildingHours:
    """Run a building through the hours.

    Args:
        tech: Structure of the cooling.
        design: Parameters, of one design or of many draws.
        air: Outdoor air, shape (hours,).
        it_mw: IT power [MW], shape (hours,).
        design_it_mw: IT power the building is built for [MW].

    Returns:
        The hours.

    Source: energy balance of the building; parts as in their functions.
    """
    electrical = losses(it_mw, design_it_mw, design.electrical)
    full = losses(np.asarray([design_it_mw]), design_it_mw, design.electrical)
    to_liquid = design.liquid.share if tech.liquid_plant else np.asarray(0.0)
    in_air = it_mw * (1.0 - to_liquid) + electrical.heat
    in_air_full = design_it_mw * (1.0 - to_liquid) + full.heat
    if tech.outside_air:
        hall = outside_hall(design.air, air, in_air, in_air_full, tech.spray)
    else:
        hall = closed_hall(design.air, in_air, in_air_full, air.pressure_pa)
    in_loop_full = in_air_full / (1.0 - fan_ratio(design.air, air.pressure_pa) * design.air.fan_heat_share)
    plants = [run_plant(tech.air_plant, design.chilled, design.curves, air, hall.to_plant, in_loop_full)]
    reused = np.zeros_like(hall.fans)
    if tech.liquid_plant:
        heat = it_mw * to_liquid
        reused = heat * design.liquid.reuse_share + reused
        full_heat = np.asarray(design_it_mw * to_liquid)
        plants.append(run_plant(tech.liquid_plant, design.loop, design.curves, air, heat - reused, full_heat))
    return _add_up(design, electrical, full, hall, plants, it_mw, design_it_mw, reused)


def _add_up(
    design: FacilityDesign,
    electrical: ElectricalHours,
    full: ElectricalHours,
    hall: AirHours,
    plants: list[PlantHours],
    it_mw: FloatArray,
    design_it_mw: float,
    reused: FloatArray,
) -> BuildingHours:
    """Sum power, water and heat over hall and loops, and add the transformer in front of all."""
    zero = np.zeros_like(hall.fans)
    uses = {
        "it": it_mw + zero,
        "fans": hall.fans,
        "pumps": sum((p.pumps for p in plants), zero),
        "compressors": sum((p.compressor for p in plants), zero),
        "heat_rejection": sum((p.rejection_fans for p in plants), zero),
        "ups": electrical.ups + zero,
        "distribution": electrical.distribution + zero,
        "lighting": electrical.lighting + zero,
    }
    inside = sum(uses.values(), zero)
    rated = design_it_mw + full.heat + (inside - it_mw - electrical.heat)
    uses["transformer"] = transformer_loss(inside, rated, design.electrical)
    water = with_blowdown(hall.spray, zero, design.chilled.cycles)
    water = water + WaterHours(hall.humidifier + zero, zero, zero)
    for plant in plants:
        water = water + plant.water
    return BuildingHours(
        uses_mw={use: uses[use] for use in USES},
        power_mw=inside + uses["transformer"],
        water=water,
        exhausted_mw=hall.exhausted,
        rejected_mw=sum((p.rejected for p in plants), zero),
        reused_mw=reused,
        compressor_free=np.where(uses["compressors"] > 0, 0.0, 1.0),
        liquid_free=np.where(plants[1].compressor > 0, 0.0, 1.0) if len(plants) > 1 else zero,
        liquid_supply_c=plants[1].supply_c if len(plants) > 1 else np.full_like(zero, np.nan),
    )
