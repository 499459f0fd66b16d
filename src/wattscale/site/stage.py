"""Front of the site stage: where the plan stands, and an hourly year of weather, price and carbon there.

In: scenario table `site`, catalogue, the files as read. Out: `SiteResult`.
Leaves out: capacity factors of solar and wind, which the supply stage makes from the weather.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog, load_catalog
from wattscale.errors import InputError
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.site import SiteTable
from wattscale.site.calendar import carbon_years, plan_calendar, weather_years
from wattscale.site.carbon import read_carbon
from wattscale.site.clients import Fetch, fetch_url, service_path
from wattscale.site.coefficients import read_synthesis_model
from wattscale.site.grid import hourly_carbon, hourly_price
from wattscale.site.grid_shape import NOISE, GridSetting
from wattscale.site.humidity import warm_by
from wattscale.site.location import FAR_KM, Location, distance_km, locate
from wattscale.site.noise import DAYS, generator, scores_by_month
from wattscale.site.normals import read_normals
from wattscale.site.prices import read_prices
from wattscale.site.result import SiteResult, Weather
from wattscale.site.series import SiteSeries, WeatherFile
from wattscale.site.synthesis import synthesise
from wattscale.site.weather import complete_weather, lifted, read_weather
from wattscale.units import HOURS_PER_YEAR

W_PER_KW = 1e3


def load_series(table: SiteTable, fetch: Fetch = fetch_url) -> SiteSeries:
    """Read the files that the scenario names, and the weather it asks of a service.

    Args:
        table: Scenario table `site`, with absolute paths.
        fetch: Gives the content of an address, for `site.weather_service`.

    Raises:
        InputError: A file is missing, unreadable or incomplete; a service cannot be reached.
    """
    gap, weather = table.repair_hours, table.weather
    if weather is None and table.weather_service is not None:
        place = locate(table, load_catalog())
        weather = service_path(table, place.latitude, place.longitude, fetch)
    return SiteSeries(
        weather=None if weather is None else read_weather(weather, gap),
        prices=None if table.prices is None else read_prices(table.prices, gap),
        carbon=None if table.carbon is None else read_carbon(table.carbon, gap),
    )


def files_of(table: SiteTable, fetch: Fetch = fetch_url) -> dict[str, Path]:
    """Give the files that `load_series` reads, by field; weather of a service is fetched if it was not before."""
    found = {f"site.{name}": getattr(table, name) for name in ("weather", "prices", "carbon")}
    if table.weather is None and table.weather_service is not None:
        place = locate(table, load_catalog())
        found["site.weather_service"] = service_path(table, place.latitude, place.longitude, fetch)
    return {field: Path(path) for field, path in found.items() if path is not None}


def run(table: SiteTable, catalog: Catalog, series: SiteSeries | None = None) -> SiteResult:
    """Give the place, its hourly year and its siting facts.

    Args:
        table: Scenario table `site`.
        catalog: Figures; those used are noted in its ledger.
        series: The files as `load_series` read them; None or a None part: synthetic.

    Raises:
        InputError: The place cannot be found, or a file is named but was not loaded.
    """
    files = series or SiteSeries()
    for field, named, read in (
        ("weather", table.weather or table.weather_service, files.weather),
        ("prices", table.prices, files.prices),
        ("carbon", table.carbon, files.carbon),
    ):
        if named is not None and read is None:
            raise InputError("the file was not loaded", where=f"site.{field}", value=named, hint="Use load_series")
    place = locate(table, catalog)
    weather, elevation_m, offset_h, weather_warnings = _weather(table, catalog, place, files)
    shocks = generator(table.seed, place.site.name, "grid").standard_normal((2, DAYS + HOURS_PER_YEAR))
    setting = GridSetting(place.latitude, offset_h, scores_by_month(weather.wind_speed_ms))
    price = hourly_price(table, catalog, place.site, setting, shocks, files.prices)
    carbon = hourly_carbon(table, catalog, place.site, setting, shocks, files.carbon)
    facts, fact_warnings = _facts(table, place, catalog)
    return SiteResult(
        name=place.name, latitude=place.latitude, longitude=place.longitude, elevation_m=elevation_m,
        utc_offset_h=offset_h, country=place.country, weather=weather, price_usd_per_mwh=price.price_usd_per_mwh,
        price_synthetic=price.synthetic, carbon_kg_per_mwh=carbon.direct_kg_per_mwh,
        carbon_lifecycle_kg_per_mwh=carbon.lifecycle_kg_per_mwh, cfe_share=carbon.cfe_share,
        carbon_synthetic=carbon.synthetic, water_stress=facts["water_stress"],
        grid_water_l_per_kwh=facts["grid_water_l_per_kwh"], time_to_power_years=facts["time_to_power_years"],
        figures={**_weather_figures(weather), **price.figures(), **carbon.figures(), **facts,
                 "elevation_m": elevation_m, "site_distance_km": place.site_distance_km,
                 "climate_distance_km": place.climate_distance_km},
        warnings=place.warnings + weather_warnings + price.warnings + carbon.warnings + carbon_years(files)
        + fact_warnings,
        facts=_words(place), carbon_marginal_kg_per_mwh=carbon.marginal_kg_per_mwh, calendar=plan_calendar(files),
        weather_doubts=weather_years(files, weather.source),
    )  # fmt: skip


def _weather(
    table: SiteTable, catalog: Catalog, place: Location, files: SiteSeries
) -> tuple[Weather, float, float, tuple[PlanWarning, ...]]:
    """Give weather, elevation [m], UTC offset [h] and warnings."""
    offset_h = place.utc_offset_h
    if files.weather is None:
        normals = read_normals(catalog, place.climate)
        model = read_synthesis_model(catalog)
        weather = synthesise(normals, place.latitude, place.longitude, table.seed, model)
        elevation_m = normals.elevation_m
        message = (
            f"Hourly weather was made from the monthly normals of {normals.label} (seed {table.seed}); give "
            "site.weather for a real year."
        )
        warnings = (*place.climate_warnings, PlanWarning("synthetic-weather", message))
    else:
        file = files.weather
        bare = file.ghi_w_per_m2 is None
        weather, warnings = complete_weather(file, read_normals(catalog, place.climate) if bare else None)
        warnings = (*(place.climate_warnings if bare else ()), *warnings, *_far_file(file, place))
        elevation_m = file.elevation_m
        offset_h = file.utc_offset_h if table.utc_offset_h is None else offset_h
    if table.elevation_m is not None and table.elevation_m != elevation_m:
        weather, warning = lifted(weather, elevation_m, table.elevation_m)
        warnings, elevation_m = (*warnings, warning), table.elevation_m
    if table.warming_c:
        temp, dew = warm_by(weather.temp_air_c, weather.dew_point_c, table.warming_c)
        source = f"{weather.source}; {table.warming_c:+g} K at constant relative humidity"
        weather = replace(weather, temp_air_c=temp, dew_point_c=dew, source=source)
    return weather, elevation_m, offset_h, warnings


def _far_file(file: WeatherFile, place: Location) -> tuple[PlanWarning, ...]:
    """Warn of a weather file that is not of the site."""
    away = distance_km(place.latitude, place.longitude, np.array([file.latitude]), np.array([file.longitude]))[0]
    if away <= FAR_KM:
        return ()
    message = (
        f"The weather file is of {file.place or 'a place'} at {file.latitude:g}, {file.longitude:g}, "
        f"{away:.0f} km from the site."
    )
    return (PlanWarning("weather-distant", message),)


def _weather_figures(weather: Weather) -> dict[str, Value]:
    """Summarise the weather in the figures of the report."""
    return {
        "mean_temp_c": float(weather.temp_air_c.mean()),
        "temp_99_6_c": float(np.quantile(weather.temp_air_c, 0.996)),
        "max_temp_c": float(weather.temp_air_c.max()),
        "min_temp_c": float(weather.temp_air_c.min()),
        "mean_dew_point_c": float(weather.dew_point_c.mean()),
        "mean_wind_ms": float(weather.wind_speed_ms.mean()),
        "ghi_kwh_per_m2": float(weather.ghi_w_per_m2.sum() / W_PER_KW),
        "dni_kwh_per_m2": float(weather.dni_w_per_m2.sum() / W_PER_KW),
    }


def _words(place: Location) -> dict[str, str]:
    """Give what the catalogue knows of the site in words."""
    names = ("grid_zone", "latency_hub", "tax_incentive", "natural_hazard", "price_shape", "carbon_shape")
    return {
        "place": place.label,
        "facts_of": place.site.text("label"),
        "climate_of": place.climate,
        **{name: place.site.text(name) for name in names},
    }


def _facts(table: SiteTable, place: Location, catalog: Catalog) -> tuple[dict[str, float], tuple[PlanWarning, ...]]:
    """Give the siting facts: the scenario's value where given, else the catalogue's; and what had to be estimated."""
    given = {
        "water_stress": table.water_stress,
        "time_to_power_years": table.time_to_power_years,
        "rule_of_law_pct": table.rule_of_law_pct,
        "rtt_to_hub_ms": table.rtt_to_hub_ms,
        "grid_water_l_per_kwh": table.grid_water_l_per_kwh,
    }
    facts = {name: float(value) for name, value in given.items() if value is not None}
    missing = [name for name in given if name not in facts]
    facts |= {name: place.site.number(name) for name in missing if place.site.has(name)}
    if "grid_water_l_per_kwh" in facts:
        return facts, ()
    typical = catalog.figure(NOISE, "grid-water.typical")
    message = (
        f"The water consumed at power plants of {place.site.text('grid_zone')} is not known; {typical.value:.1f} L/kWh "
        f"(countries known: {typical.low:.1f} to {typical.high:.1f}) was used. Give site.grid_water_l_per_kwh."
    )
    return {**facts, "grid_water_l_per_kwh": typical.value}, (PlanWarning("grid-water-estimated", message),)
