"""Hourly capacity factors of sun and wind from the site's weather.

In: hourly weather, coordinates, coefficients of the catalogue. Out: output over AC capacity, shape (8760,), 0 to 1.
Leaves out: snow, terrain, wakes hour by hour. Wind at an airport's 10 m mast, sheltered and low, understates a wind
site by a third or more: give `supply.wind_capacity_factor` where a yield study exists.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.site.result import SiteResult
from wattscale.units import HOURS_PER_YEAR, FloatArray

COSTS = "tech_costs"
MODEL_YEAR_START = "2023-01-01"
"""A year without leap day, for the sun's path only."""
STC_W_PER_M2 = 1000.0
STC_CELL_C = 25.0
STARTS = 1e-6
"""DC output over the rating below which an inverter gives nothing; without it the light of dusk overflows its curve."""
MOST_BENT = 50.0
"""Logarithm of the largest power tried: the double next to one falls to nothing long before."""


def solar_capacity_factor(
    site: SiteResult, catalog: Catalog, mounting: Literal["tracking", "fixed"] = "tracking"
) -> FloatArray:
    """Give the hourly output of a solar plant per MW of AC capacity.

    Sun position at mid-hour, plane-of-array irradiance (Hay-Davies), cell temperature (Faiman), PVWatts DC and
    inverter, clipped at the AC rating. Trackers turn about a north-south axis with backtracking; fixed modules face
    the equator, tilted by 0.76 of the latitude plus 3.1 degrees.

    Args:
        site: Site with weather.
        catalog: Catalogue with the item `solar_model`.
        mounting: tracking or fixed.

    Returns:
        Capacity factor [1], shape (8760,).

    Source: pvlib (Anderson et al. 2023, JOSS 8(92)); PVWatts version 5 manual (Dobos 2014); tilt: Jacobson and
    Jadhav 2018, rounded.
    """
    import pandas as pd
    import pvlib

    def coefficient(name: str) -> float:
        return catalog.value(COSTS, f"solar_model.{name}")

    weather = site.weather
    times = pd.date_range(MODEL_YEAR_START, periods=HOURS_PER_YEAR, freq="h", tz="UTC")
    middle = times + pd.Timedelta(0.5, "h")
    sun = pvlib.solarposition.get_solarposition(
        middle, site.latitude, site.longitude, altitude=site.elevation_m, method="nrel_numpy"
    )
    zenith, azimuth = sun["apparent_zenith"].to_numpy(), sun["azimuth"].to_numpy()
    if mounting == "tracking":
        with np.errstate(invalid="ignore"):
            turned = pvlib.tracking.singleaxis(
                zenith, azimuth, axis_azimuth=180.0, max_angle=coefficient("max_rotation"),
                gcr=coefficient("ground_cover"),
            )  # fmt: skip
        tilt, facing = np.nan_to_num(turned["surface_tilt"]), np.nan_to_num(turned["surface_azimuth"])
    else:
        tilt = 3.1 + 0.76 * abs(site.latitude)
        facing = 180.0 if site.latitude >= 0 else 0.0
    extra = pvlib.irradiance.get_extra_radiation(middle.day_of_year.to_numpy())
    plane = pvlib.irradiance.get_total_irradiance(
        tilt, facing, zenith, azimuth, weather.dni_w_per_m2, weather.ghi_w_per_m2, weather.dhi_w_per_m2,
        dni_extra=extra, model="haydavies", albedo=coefficient("ground_albedo"),
    )  # fmt: skip
    irradiance = np.nan_to_num(np.asarray(plane["poa_global"]))
    cell = pvlib.temperature.faiman(irradiance, weather.temp_air_c, weather.wind_speed_ms)
    dc = irradiance / STC_W_PER_M2 * (1.0 + coefficient("temperature_coefficient") * (cell - STC_CELL_C))
    dc = np.where(dc > STARTS, dc, 0.0) * coefficient("dc_ac_ratio") * (1.0 - coefficient("system_loss"))
    efficiency = coefficient("inverter_efficiency")
    ac = pvlib.inverter.pvwatts(dc, 1.0 / efficiency, eta_inv_nom=efficiency)
    return np.asarray(ac, dtype=np.float64)


def wind_capacity_factor(
    site: SiteResult, catalog: Catalog, mean: float | None = None, offshore: bool = False
) -> FloatArray:
    """Give the hourly output of a wind plant per MW of capacity.

    v_hub = v_10 (z_hub / z_10)^alpha; cubic power curve between cut-in and rated speed, averaged over the spread of
    speeds within plant and hour, less a flat loss. With `mean` the speeds are scaled until the year's mean matches.

    Args:
        site: Site with weather.
        catalog: Catalogue with the item `wind_model`.
        mean: Capacity factor of the year to match [1].
        offshore: Use hub height and shear of offshore plants.

    Returns:
        Capacity factor [1], shape (8760,).

    Raises:
        InputError: A mean that no scaling of the wind reaches.
    """

    def coefficient(name: str) -> float:
        return catalog.value(COSTS, f"wind_model.{name}")

    height = coefficient("offshore_hub_height" if offshore else "hub_height")
    shear = coefficient("offshore_shear_exponent" if offshore else "shear_exponent")
    hub = site.weather.wind_speed_ms * (height / coefficient("measurement_height")) ** shear
    curve = (coefficient("cut_in"), coefficient("rated"), coefficient("cut_out"))
    spread, loss = coefficient("spread"), coefficient("loss")

    def output(scale: float) -> FloatArray:
        return (1.0 - loss) * power_curve(scale * hub, *curve, spread)

    if mean is None:
        return output(1.0)
    low, high = 0.05, max(np.linspace(0.5, 3.0, 26), key=lambda scale: float(output(scale).mean()))
    if not output(low).mean() <= mean <= output(high).mean():
        reach = f"{output(low).mean():.2f} to {output(high).mean():.2f}"
        raise InputError("the site's wind cannot be scaled to it", where="supply.wind_capacity_factor", value=mean,
                         allowed=reach)  # fmt: skip
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if output(middle).mean() < mean else (low, middle)
    return output(0.5 * (low + high))


def power_curve(
    speed_ms: FloatArray, cut_in_ms: float, rated_ms: float, cut_out_ms: float, spread_ms: float = 0.0
) -> FloatArray:
    """Give the output of a turbine over its rating.

    p = (v^3 - v_in^3) / (v_rated^3 - v_in^3) between cut-in and rated, 1 up to cut-out; with a spread, the mean over
    a normal distribution of speeds (three-point Gauss-Hermite rule).

    Args:
        speed_ms: Wind speed at the hub [m/s].
        cut_in_ms: Speed at which it starts [m/s].
        rated_ms: Speed of full output [m/s].
        cut_out_ms: Speed at which it stops [m/s].
        spread_ms: Standard deviation of the speed within plant and hour [m/s].

    Returns:
        Output [1], same shape.

    >>> power_curve(np.array([2.0, 11.0, 30.0]), 3.0, 11.0, 25.0).round(9).tolist()
    [0.0, 1.0, 0.0]
    """
    total = np.zeros_like(speed_ms)
    for offset, weight in ((-(3.0**0.5), 1 / 6), (0.0, 2 / 3), (3.0**0.5, 1 / 6)):
        v = speed_ms + offset * spread_ms
        p = np.clip((v**3 - cut_in_ms**3) / (rated_ms**3 - cut_in_ms**3), 0.0, 1.0)
        total += weight * np.where(v > cut_out_ms, 0.0, p)
    return total


def scale_to_mean(factor: FloatArray, mean: float, where: str) -> FloatArray:
    """Bring a capacity factor to a yearly mean by a power of it, keeping zero and one.

    Args:
        factor: Hourly capacity factor [1].
        mean: Wanted mean [1].
        where: Scenario field, for messages.

    Raises:
        InputError: More than the share of hours with any output.
    """
    reach = float((factor > 0).mean())
    if not 0 < mean < reach:
        raise InputError("out of reach of this weather", where=where, value=mean, allowed=f"0 to {reach:.2f}")
    low, high = -MOST_BENT, MOST_BENT
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if (factor ** np.exp(middle)).mean() > mean else (low, middle)
    return np.asarray(factor ** np.exp(0.5 * (low + high)), dtype=np.float64)
