"""What the site's files give before the stage runs: plain records of weather, price and carbon as read.

In: nothing. Out: `WeatherFile`, `PriceFile`, `CarbonFile`, `SiteSeries`.
Leaves out: the reading (weather.py, prices.py, carbon.py) and the completion of what a file lacks (stage.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from wattscale.figure import PlanWarning
from wattscale.hours import Calendar
from wattscale.units import FloatArray


@dataclass(frozen=True)
class WeatherFile:
    """An hourly year of weather as a file gives it; arrays in UTC, shape (8760,).

    Attributes:
        place: Name of the place in the file, empty where it has none.
        latitude, longitude: Of the file [deg].
        elevation_m: Of the file [m].
        utc_offset_h: Local standard time minus UTC [h].
        temp_air_c: Dry-bulb temperature [C].
        dew_point_c: Dew point [C].
        wind_speed_ms: Wind speed at 10 m [m/s].
        pressure_pa: Station pressure [Pa]; None where the file has none.
        ghi_w_per_m2, dni_w_per_m2, dhi_w_per_m2: Irradiance [W/m2]; None where the file has none.
        cloud_share: Cloud cover [1]; None where the file has none.
        source: Format, producer and place, for the report.
        warnings: What was doubtful in the file.
        calendar: True dates of its days; None for a typical year.
    """

    place: str
    latitude: float
    longitude: float
    elevation_m: float
    utc_offset_h: float
    temp_air_c: FloatArray
    dew_point_c: FloatArray
    wind_speed_ms: FloatArray
    source: str
    pressure_pa: FloatArray | None = None
    ghi_w_per_m2: FloatArray | None = None
    dni_w_per_m2: FloatArray | None = None
    dhi_w_per_m2: FloatArray | None = None
    cloud_share: FloatArray | None = None
    warnings: tuple[PlanWarning, ...] = ()
    calendar: Calendar | None = None


@dataclass(frozen=True)
class PriceFile:
    """An hourly year of wholesale prices; array in UTC, shape (8760,).

    `calendar` holds the true dates of its days where it is of one year.
    """

    price_usd_per_mwh: FloatArray
    source: str
    warnings: tuple[PlanWarning, ...] = ()
    calendar: Calendar | None = None


@dataclass(frozen=True)
class CarbonFile:
    """An hourly year of grid carbon; arrays in UTC, shape (8760,). Columns the file lacks are None.

    `calendar` holds the true dates of its days where it is of one year.
    """

    carbon_kg_per_mwh: FloatArray
    source: str
    carbon_lifecycle_kg_per_mwh: FloatArray | None = None
    cfe_share: FloatArray | None = None
    warnings: tuple[PlanWarning, ...] = ()
    carbon_marginal_kg_per_mwh: FloatArray | None = None
    calendar: Calendar | None = None


@dataclass(frozen=True)
class SiteSeries:
    """The files of a site as read; None where the scenario names no file."""

    weather: WeatherFile | None = None
    prices: PriceFile | None = None
    carbon: CarbonFile | None = None
