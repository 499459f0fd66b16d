"""Scenario table `supply`: powered by what."""

from __future__ import annotations

from typing import Literal

from wattscale.scenario.quantity import TableModel, choice, quantity


class SupplyTable(TableModel):
    """Table `supply`."""

    connection_mw: float | None = quantity(
        None, "MW", "Limit of the grid connection (else as large as wanted)", "scenario", ge=0, le=1e6
    )
    technologies: list[str] = choice(["grid"], "Technologies the optimiser may use")
    cfe_hourly_share: float | None = quantity(
        None, "1", "Least hourly-matched carbon-free share", "scenario", ge=0, le=1
    )
    carbon_price_usd_per_t: float = quantity(
        0.0, "USD/t", "Price on direct CO2 of grid and plant", "scenario", ge=0, le=10_000
    )
    carbon_cap_kg_per_mwh: float | None = quantity(
        None, "kg/MWh", "Cap on direct CO2 per MWh of load", "scenario", ge=0, le=5000
    )
    energisation_year: int | None = quantity(
        None, "year", "Year the grid connection is energised", "scenario", ge=2020, le=2070
    )
    build_year: int = quantity(2025, "year", "Year of the plant's costs", "scenario", ge=2020, le=2060)
    demand_charge_usd_per_kw_month: float = quantity(
        8.0,
        "USD/kW-month",
        "Charge on the monthly peak of grid import",
        "estimate; US large-power tariffs are about 5 to 20",
        ge=0,
        le=1000,
    )
    grid_adder_usd_per_mwh: float = quantity(
        12.0,
        "USD/MWh",
        "Network charges and taxes on each MWh imported",
        "estimate: gap of US wholesale and industrial price after demand charges",
        ge=0,
        le=1000,
    )
    unserved_usd_per_mwh: float = quantity(
        20_000.0,
        "USD/MWh",
        "Value of load not served",
        "estimate: above the demand charge that one hour can save, within the range London Economics 2013 gives for"
        " commercial customers in ERCOT (3,000 to 54,000); from memory",
        confidence="unverified",
        ge=0,
        le=1e6,
    )
    land_ha: float | None = quantity(None, "ha", "Land for solar and wind on site", "scenario", ge=0, le=1e7)
    max_capacity_mw: dict[str, float] = choice({}, "Largest capacity per technology [MW]")
    export_allowed: bool = choice(False, "Surplus may be sold at the hourly price")
    max_unserved_share: float = quantity(
        0.001, "1", "Largest share of the year's load that may stay unserved", "estimate: 99.9 % of energy", ge=0, le=1
    )
    solar_mounting: Literal["tracking", "fixed"] = choice("tracking", "Mounting of the solar modules")
    solar_capacity_factor: float | None = quantity(
        None, "1", "Capacity factor of solar from a yield study (else from the weather)", "scenario", gt=0, lt=1
    )
    wind_capacity_factor: float | None = quantity(
        None, "1", "Capacity factor of wind from a yield study (else from the weather, which understates it)",
        "scenario", gt=0, lt=1,
    )  # fmt: skip
