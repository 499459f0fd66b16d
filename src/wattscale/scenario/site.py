"""Scenario table `site`: where."""

from __future__ import annotations

from wattscale.scenario.quantity import TableModel, choice, quantity


class SiteTable(TableModel):
    """Table `site`: a catalogue name, or coordinates; files replace the synthetic series."""

    name: str | None = choice("us_nova", "Site of the catalogue")
    latitude: float | None = quantity(None, "deg", "Latitude, north positive", "catalogue", ge=-90, le=90)
    longitude: float | None = quantity(None, "deg", "Longitude, east positive", "catalogue", ge=-180, le=180)
    weather: str | None = choice(None, "Weather file (EPW)", file=True)
    prices: str | None = choice(None, "Hourly price file (CSV: time_utc, price_usd_per_mwh)", file=True)
    carbon: str | None = choice(None, "Hourly carbon file (CSV: time_utc, ci_direct_g_per_kwh, ...)", file=True)
    seed: int = quantity(1, "1", "Seed of the synthetic series", "scenario", ge=0, le=2**31 - 1)
    warming_c: float = quantity(0.0, "K", "Warming added to the weather", "scenario", ge=-5, le=10)
    mean_price_usd_per_mwh: float | None = quantity(
        None, "USD/MWh", "Mean of the synthetic price", "catalogue", ge=-1000, le=10_000
    )
    mean_carbon_g_per_kwh: float | None = quantity(
        None, "g/kWh", "Mean of the synthetic direct grid carbon", "catalogue", ge=0, le=2000
    )
    time_to_power_years: float | None = quantity(None, "year", "Wait for the grid connection", "catalogue", ge=0, le=50)
