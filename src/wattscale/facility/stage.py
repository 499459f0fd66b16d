"""Front of the facility stage: from IT power and weather to facility power, water and their yearly figures.

In: table `facility`, IT power by hour, weather, catalogue. Out: `FacilityResult`.
Leaves out: cost of the building (the economics stage), carbon.
"""

from __future__ import annotations

import numpy as np

from wattscale.catalog import Catalog
from wattscale.errors import InfeasibleError, InputError
from wattscale.facility.annual import annual, yearly_figures
from wattscale.facility.cooling import BuildingHours, run_building
from wattscale.facility.density import check_density
from wattscale.facility.design import DesignSpace, FacilityDesign, Technology, design_space, technology
from wattscale.facility.outdoor import outdoor_air_of
from wattscale.facility.psychrometrics import standard_pressure
from wattscale.facility.result import FacilityResult
from wattscale.figure import PlanWarning
from wattscale.scenario.facility import FacilityTable
from wattscale.site.result import Weather
from wattscale.units import FloatArray

DRAWS = 64
"""Designs drawn for the ranges, a power of two."""
SAMPLE_STEP = 13
"""Ranges use each 13th hour: no divisor of the day, so that all hours of the day and all days count."""
PRESSURE_TOLERANCE = 0.04
"""Weather pressure may differ from the standard atmosphere by this share [1]."""


def run(
    table: FacilityTable,
    it_power_mw: FloatArray,
    design_it_mw: float,
    rack_kw: float,
    weather: Weather,
    elevation_m: float,
    catalog: Catalog,
) -> FacilityResult:
    """Run the building of a scenario through its year.

    Args:
        table: Table `facility` of the scenario.
        it_power_mw: IT power [MW], shape (8760,).
        design_it_mw: Largest IT power the plan can draw [MW]; the building is built for it plus the headroom.
        rack_kw: Power of a rack [kW].
        weather: Hourly weather of the site.
        elevation_m: Elevation [m], to check the pressure of the weather.
        catalog: The catalogue.

    Returns:
        The result.

    Raises:
        InputError: IT power or weather that make no sense.
        InfeasibleError: Racks too dense for the cooling, or IT power above the design.

    Source: docs/method/facility.md.
    """
    capacity = design_it_mw * (1.0 + table.headroom_share)
    _check_load(it_power_mw, capacity, weather)
    tech = technology(catalog, table.cooling)
    warnings = check_density(catalog, tech.name, rack_kw)
    space = space_of(table, tech, catalog)
    air, design = outdoor_air_of(weather), space.central()
    hours = run_building(tech, design, air, it_power_mw, capacity)
    few, it_few = air.every(SAMPLE_STEP), it_power_mw[::SAMPLE_STEP]
    sampled = annual(run_building(tech, design, few, it_few, capacity), design)
    many = space.draws(DRAWS)
    draws = annual(run_building(tech, many, few, it_few, capacity), many)
    figures = yearly_figures(hours, design, sampled, draws)
    figures["design_it_mw"] = capacity
    limit = catalog.figure("cooling", f"{tech.name}.density_limit_kw")
    figures["rack_limit_kw"] = (limit.value, limit.low, limit.high)
    figures["liquid_share"] = float(design.liquid.share) if tech.liquid_plant else 0.0
    pue = np.full_like(it_power_mw, np.nan)
    np.divide(hours.power_mw, it_power_mw, out=pue, where=it_power_mw > 0)
    return FacilityResult(
        cooling=tech.name,
        design_it_mw=capacity,
        power_mw=hours.power_mw,
        pue=pue,
        water_m3=hours.water.makeup,
        energy_by_use_mwh={use: float(mw.sum()) for use, mw in hours.uses_mw.items()},
        figures=figures,
        warnings=warnings + _weather_warnings(weather, elevation_m) + _liquid_warnings(hours, design, tech),
    )


def space_of(table: FacilityTable, tech: Technology, catalog: Catalog) -> DesignSpace:
    """Collect the design of a scenario: the catalogue's figures, and the set-points the scenario fixes."""
    space = design_space(catalog, tech.name, table.ups, table.redundancy)
    fixed: dict[str, float] = {}
    if table.air_supply_c is not None:
        fixed["air.supply_c"] = table.air_supply_c
        if tech.outside_air:
            fixed["air.supply_max_c"] = table.air_supply_c
            fixed["air.supply_min_c"] = min(table.air_supply_c, space.figures["air.supply_min_c"].value)
    if table.cycles_of_concentration is not None:
        fixed["chilled.cycles"] = fixed["loop.cycles"] = table.cycles_of_concentration
    _need_liquid(table, tech)
    if table.water_class is not None:
        fixed["loop.supply_c"] = float(table.water_class[1:])
    if table.liquid_supply_c is not None:
        fixed["loop.supply_c"] = table.liquid_supply_c
    if table.liquid_share is not None:
        fixed["liquid.share"] = table.liquid_share
    if table.heat_reuse_share > 0:
        fixed["liquid.reuse_share"] = table.heat_reuse_share
    return space.with_values(fixed)


def _need_liquid(table: FacilityTable, tech: Technology) -> None:
    if tech.liquid_plant is not None:
        return
    for field in ("water_class", "liquid_supply_c", "liquid_share", "heat_reuse_share"):
        value = getattr(table, field)
        if value is not None and value != 0.0:
            raise InputError(
                f"cooling '{tech.name}' has no liquid loop",
                where=f"facility.{field}",
                value=value,
                hint="Leave it out, or set facility.cooling to 'direct-to-chip' or 'immersion'",
            )


def _check_load(it_power_mw: FloatArray, capacity: float, weather: Weather) -> None:
    if it_power_mw.shape != weather.temp_air_c.shape:
        raise InputError(
            f"IT power has {it_power_mw.size} hours, the weather {weather.temp_air_c.size}", where="site.weather"
        )
    if not np.all(np.isfinite(it_power_mw)) or float(it_power_mw.min()) < 0.0:
        raise InputError("IT power must be finite and not negative", where="compute", allowed=">= 0 MW")
    if float(it_power_mw.sum()) <= 0.0:
        raise InputError("no IT power in the whole year, so there is no PUE", where="workload", allowed="> 0 MW")
    peak = float(it_power_mw.max())
    if peak > capacity * (1.0 + 1e-9):
        raise InfeasibleError(
            f"IT power reaches {peak:.3g} MW, the building holds {capacity:.3g} MW",
            where="facility.headroom_share",
            hint=f"Raise it by at least {peak / capacity - 1.0:.3g}",
        )


def _weather_warnings(weather: Weather, elevation_m: float) -> tuple[PlanWarning, ...]:
    expected, found = float(standard_pressure(elevation_m)), float(weather.pressure_pa.mean())
    if abs(found / expected - 1.0) <= PRESSURE_TOLERANCE:
        return ()
    text = (
        f"The weather has a mean pressure of {found / 100:.0f} hPa; {expected / 100:.0f} hPa fit {elevation_m:.0f} m."
    )
    return (PlanWarning("pressure-elevation", text),)


def _liquid_warnings(hours: BuildingHours, design: FacilityDesign, tech: Technology) -> tuple[PlanWarning, ...]:
    if tech.liquid_plant is None or tech.liquid_plant.machine != "none":
        return ()
    over = hours.liquid_supply_c - design.loop.supply_c
    warm = int(np.count_nonzero(over > 1e-6))
    if not warm:
        return ()
    text = (
        f"In {warm} hours the liquid loop gets warmer than its {float(design.loop.supply_c):.0f} C, by up to "
        f"{float(over.max()):.1f} K: there is no chiller to hold it."
    )
    return (PlanWarning("warm-liquid", text),)
