"""Front of the facility stage: from IT power and weather to facility power, water and their yearly figures.

In: table `facility`, IT power by hour, weather, catalogue. Out: `FacilityResult`.
Leaves out: cost of the building (the economics stage), carbon.
"""

from __future__ import annotations

import numpy as np

from wattscale.catalog import Catalog
from wattscale.errors import InfeasibleError, InputError
from wattscale.facility.annual import annual, yearly_figures
from wattscale.facility.choice import Money, best, fitted, options
from wattscale.facility.cooling import BuildingHours, run_building
from wattscale.facility.density import check_density, check_remainder, liquid_share_needed
from wattscale.facility.design import FacilityDesign, Technology, technology
from wattscale.facility.heat import heat_figures
from wattscale.facility.outdoor import outdoor_air_of
from wattscale.facility.psychrometrics import standard_pressure
from wattscale.facility.result import FacilityResult
from wattscale.facility.space import space_of
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.facility import FacilityTable
from wattscale.site.result import Weather
from wattscale.units import FloatArray

DRAWS = 64
"""Designs drawn for the ranges, a power of two."""
SAMPLE_STEP = 37
"""Ranges use each 37th hour: prime to the day, so that all hours of the day and all seasons count."""
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
    money: Money | None = None,
    it_power_at_work_mw: FloatArray | None = None,
) -> FacilityResult:
    """Run the building of a scenario through its year.

    With `cooling = "best"` every technology is run and the cheapest over its life is taken.

    Args:
        table: Table `facility` of the scenario.
        it_power_mw: IT power [MW], shape (8760,).
        design_it_mw: Largest IT power the plan can draw [MW]; the building is built for it plus the headroom.
        rack_kw: Power of a rack [kW].
        weather: Hourly weather of the site.
        elevation_m: Elevation [m], to check the pressure of the weather.
        catalog: The catalogue.
        money: Prices for the choice of the best; without them the defaults of `Money`.
        it_power_at_work_mw: IT power if the training run went on in every hour [MW]; None where nothing is trained.

    Returns:
        The result.

    Raises:
        InputError: IT power or weather that make no sense.
        InfeasibleError: Racks too dense for the cooling, or IT power above the design.

    Source: docs/method/facility.md.
    """
    capacity = design_it_mw * (1.0 + table.headroom_share)
    _check_load(it_power_mw, capacity, weather)
    air = outdoor_air_of(weather)
    if table.cooling == "best":
        found = options(table, it_power_mw, capacity, rack_kw, air, catalog.recording(), money or Money())
        table = fitted(table, best(found, rack_kw), catalog)
    tech = technology(catalog, table.cooling)
    warnings = check_density(catalog, tech.name, rack_kw)
    space = space_of(table, tech, catalog)
    design = space.central()
    if tech.liquid_plant:
        warnings += check_remainder(catalog, rack_kw, float(design.liquid.share))
    hours = run_building(tech, design, air, it_power_mw, capacity)
    _check_power(hours.power_mw, it_power_mw)
    few, it_few = air.every(SAMPLE_STEP), it_power_mw[::SAMPLE_STEP]
    sampled = annual(run_building(tech, design, few, it_few, capacity), design)
    many = space.draws(DRAWS)
    draws = annual(run_building(tech, many, few, it_few, capacity), many)
    figures = yearly_figures(hours, design, sampled, draws)
    figures |= _design_figures(tech, design, capacity, rack_kw, catalog)
    if tech.liquid_plant and table.heat_reuse_share > 0:
        figures |= heat_figures(design, float(hours.reused_mw.sum()), table.heat_user_c, catalog)
    at_work = None
    if it_power_at_work_mw is not None:
        at_work = _hourly_pue(run_building(tech, design, air, it_power_at_work_mw, capacity))
    return FacilityResult(
        cooling=tech.name,
        design_it_mw=capacity,
        power_mw=hours.power_mw,
        pue=_hourly_pue(hours),
        water_m3=hours.water.makeup,
        energy_by_use_mwh={use: float(mw.sum()) for use, mw in hours.uses_mw.items()},
        figures=figures,
        warnings=warnings + _weather_warnings(weather, elevation_m) + _liquid_warnings(hours, design, tech),
        pue_at_work=at_work,
        redundancy=table.redundancy,
    )


def _hourly_pue(hours: BuildingHours) -> FloatArray:
    """PUE of each hour, NaN in one without IT power."""
    it, pue = hours.uses_mw["it"], np.full_like(hours.power_mw, np.nan)
    return np.asarray(np.divide(hours.power_mw, it, out=pue, where=it > 0))


def _design_figures(
    tech: Technology, design: FacilityDesign, capacity: float, rack_kw: float, catalog: Catalog
) -> dict[str, Value]:
    """Figures that follow from the design alone."""
    limit = catalog.figure("cooling", f"{tech.name}.density_limit_kw")
    run, share, efficiency = (
        catalog.value("electrical", f"generator.{p}") for p in ("test_hours", "test_load_share", "efficiency")
    )
    return {
        "design_it_mw": capacity,
        "rack_limit_kw": (limit.value, limit.low, limit.high),
        "liquid_share": float(design.liquid.share) if tech.liquid_plant else 0.0,
        "liquid_share_needed": liquid_share_needed(catalog, rack_kw),
        "generator_test_fuel_mwh": capacity * run * share / efficiency,
    }


def _check_power(power_mw: FloatArray, it_power_mw: FloatArray) -> None:
    """Refuse parameters that no building can have, such as fans that heat the air by more than it takes up."""
    if not bool(np.all(power_mw >= it_power_mw)):
        raise InputError(
            "the building draws less than its machines", where="facility",
            hint="Its parameters do not go together: pressures, efficiencies, temperatures of supply and return.",
        )  # fmt: skip


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
