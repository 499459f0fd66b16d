"""Scenario table `site`: where."""

from __future__ import annotations

from typing import Literal

from wattscale.scenario.quantity import TableModel, choice, quantity


class SiteTable(TableModel):
    """Table `site`: a catalogue name, or coordinates; files replace the synthetic series."""

    name: str | None = choice("us_nova", "Site of the catalogue")
    latitude: float | None = quantity(None, "deg", "Latitude, north positive", "catalogue", ge=-90, le=90)
    longitude: float | None = quantity(None, "deg", "Longitude, east positive", "catalogue", ge=-180, le=180)
    elevation_m: float | None = quantity(
        None, "m", "Elevation; another one than that of the weather's station corrects the weather",
        "weather file, else climate station", ge=-430, le=6000,
    )  # fmt: skip
    utc_offset_h: float | None = quantity(
        None, "h", "Local standard time minus UTC", "weather file, else catalogue", ge=-12, le=14
    )
    weather: str | None = choice(None, "Weather file (EPW, TMY3, PVGIS, NSRDB, NASA POWER or Open-Meteo)", file=True)
    weather_service: Literal["pvgis", "open-meteo"] | None = choice(
        None, "Fetch the weather of the coordinates from this service (network; kept in a cache)"
    )
    weather_year: int = quantity(
        2023, "year", "Year asked of Open-Meteo (PVGIS gives a typical year)", "scenario", ge=1940, le=2100
    )
    prices: str | None = choice(None, "Hourly price file (CSV: time_utc, price_usd_per_mwh)", file=True)
    carbon: str | None = choice(None, "Hourly carbon file (CSV: time_utc, ci_direct_g_per_kwh, ...)", file=True)
    repair_hours: int = quantity(
        0, "h", "Longest gap in a file that may be closed by interpolation", "scenario", ge=0, le=24
    )
    seed: int = quantity(1, "1", "Seed of the synthetic series", "scenario", ge=0, le=2**31 - 1)
    warming_c: float = quantity(0.0, "K", "Warming added to the weather", "scenario", ge=-5, le=10)
    mean_price_usd_per_mwh: float | None = quantity(
        None, "USD/MWh", "Mean of the synthetic price", "catalogue", ge=-1000, le=10_000
    )
    mean_carbon_g_per_kwh: float | None = quantity(
        None, "g/kWh", "Mean of the synthetic direct grid carbon", "catalogue", ge=0, le=2000
    )
    time_to_power_years: float | None = quantity(None, "year", "Wait for the grid connection", "catalogue", ge=0, le=50)
    water_stress: float | None = quantity(
        None, "1", "Baseline water stress, 0 low to 5 extreme", "catalogue", ge=0, le=5
    )
    grid_water_l_per_kwh: float | None = quantity(
        None, "L/kWh", "Water consumed at power plants per kWh of grid energy", "catalogue", ge=0, le=200
    )
    rtt_to_hub_ms: float | None = quantity(
        None, "ms", "Round-trip time to the nearest internet hub", "catalogue", ge=0, le=2000
    )
    rule_of_law_pct: float | None = quantity(None, "%", "Rule of law, percentile rank", "catalogue", ge=0, le=100)
