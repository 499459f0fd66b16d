"""What the site stage gives to the next ones.

Units are in the names; hourly arrays have shape (8760,) in UTC (convention 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wattscale.figure import PlanWarning, Value
from wattscale.hours import Calendar, calendar_of
from wattscale.units import FloatArray


@dataclass(frozen=True)
class Weather:
    """An hourly year of weather; each array has shape (8760,)."""

    temp_air_c: FloatArray
    dew_point_c: FloatArray
    pressure_pa: FloatArray
    wind_speed_ms: FloatArray
    """At 10 m [m/s]."""
    ghi_w_per_m2: FloatArray
    dni_w_per_m2: FloatArray
    dhi_w_per_m2: FloatArray
    source: str
    synthetic: bool


@dataclass(frozen=True)
class SiteResult:
    """Result of the site stage."""

    name: str
    latitude: float
    longitude: float
    elevation_m: float
    utc_offset_h: float
    country: str
    weather: Weather
    price_usd_per_mwh: FloatArray
    """Wholesale price of grid energy [USD/MWh], shape (8760,)."""
    price_synthetic: bool
    carbon_kg_per_mwh: FloatArray
    """Direct carbon of grid energy [kg/MWh], shape (8760,)."""
    carbon_lifecycle_kg_per_mwh: FloatArray
    """Life-cycle carbon of grid energy [kg/MWh], shape (8760,)."""
    cfe_share: FloatArray
    """Carbon-free share of grid energy [1], shape (8760,)."""
    carbon_synthetic: bool
    water_stress: float
    """Baseline water stress, 0 low to 5 extreme [1]."""
    grid_water_l_per_kwh: float
    """Water consumed at power plants per kWh of grid energy [L/kWh]."""
    time_to_power_years: float
    figures: dict[str, Value]
    """Figures of the stage without the stage's name, such as `mean_temp_c`."""
    warnings: tuple[PlanWarning, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    """What is known in words: grid zone, climate station, hub, tax relief, hazard; indicative."""
    carbon_marginal_kg_per_mwh: FloatArray | None = None
    """Carbon of the plant that follows the load [kg/MWh], shape (8760,); None where the carbon file has none."""
    calendar: Calendar = field(default_factory=calendar_of)
    """True dates of the year's days, for weekdays and labels."""
    weather_doubts: tuple[PlanWarning, ...] = ()
    """Warnings that hold only where wind or solar power may be built."""
