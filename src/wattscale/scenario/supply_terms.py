"""Tables within the scenario table `supply`: own technologies, tariff periods, energy tiers, power purchases.

In: lists of TOML tables such as `[[supply.ppas]]`. Out: validated rows. Leaves out: what the catalogue says.
"""

from __future__ import annotations

from typing import Literal

from wattscale.scenario.quantity import TableModel, choice, quantity

Delivery = Literal["physical", "virtual"]
PurchaseKind = Literal["pay-as-produced", "baseload", "24-7"]


class OwnTechnology(TableModel):
    """A technology of one's own: one of the catalogue with some values replaced (real USD of the base year)."""

    name: str = choice(..., "Word to use in supply.technologies")
    like: str = choice(..., "Technology of the catalogue that gives all values left out")
    capital_usd_per_kw: float | None = quantity(None, "USD/kW", "Overnight cost of power", "scenario", ge=0, le=1e6)
    capital_usd_per_kwh: float | None = quantity(None, "USD/kWh", "Overnight cost of energy", "scenario", ge=0, le=1e6)
    fixed_usd_per_kw_year: float | None = quantity(
        None, "USD/kW-year", "Fixed running cost (replaces a share of the capital too)", "scenario", ge=0, le=1e5
    )
    life_years: float | None = quantity(None, "year", "Economic life", "scenario", ge=1, le=100)
    power_life_years: float | None = quantity(
        None,
        "year",
        "Economic life of a storage's power (its inverters), where it is another",
        "scenario",
        ge=1,
        le=100,
    )
    variable_usd_per_mwh: float | None = quantity(None, "USD/MWh", "Running cost", "scenario", ge=0, le=1e4)
    fuel_usd_per_mwh: float | None = quantity(None, "USD/MWh", "Fuel per MWh of electricity", "scenario", ge=0, le=1e4)
    carbon_kg_per_mwh: float | None = quantity(
        None, "kg/MWh", "Direct CO2 per MWh of electricity", "scenario", ge=0, le=5e3
    )
    lifecycle_kg_per_mwh: float | None = quantity(
        None, "kg/MWh", "Life-cycle carbon of the plant, fuel apart", "scenario", ge=0, le=5e3
    )
    carbon_free: bool | None = choice(None, "Whether its energy counts as carbon-free")
    minimum_load: float | None = quantity(None, "1", "Least output over capacity", "scenario", ge=0, le=1)
    availability: float | None = quantity(None, "1", "Largest output over capacity", "scenario", gt=0, le=1)
    ramp_share_per_h: float | None = quantity(
        None, "1/h", "Largest change of output in an hour over capacity; 1 for no limit", "scenario", gt=0, le=1
    )
    land_ha_per_mw: float | None = quantity(None, "ha/MW", "Land", "scenario", ge=0, le=1e4)
    roundtrip_efficiency: float | None = quantity(None, "1", "Efficiency of a storage", "scenario", gt=0, le=1)
    self_discharge_per_h: float | None = quantity(None, "1/h", "Stored energy lost", "scenario", ge=0, lt=1)
    duration_h: float | None = quantity(None, "h", "Least hours of storage per MW", "scenario", ge=0, le=1e4)
    capacity_factor: float | None = quantity(
        None, "1", "Capacity factor of a renewable plant, keeping the hours of the weather", "scenario", gt=0, lt=1
    )


class TariffPeriod(TableModel):
    """Hours of the tariff with prices of their own, in local standard time; the first period that fits holds."""

    name: str = choice(..., "Name of the period")
    months: list[int] = choice([], "Months 1 to 12; none for all")
    from_hour: int = quantity(0, "h", "First hour of the day", "scenario", ge=0, le=23)
    to_hour: int = quantity(24, "h", "Hour of the day at which it ends; before from_hour: over midnight", "scenario",
                            ge=0, le=24)  # fmt: skip
    working_days: bool = choice(False, "Monday to Friday only")
    energy_usd_per_mwh: float = quantity(
        0.0, "USD/MWh", "On top of price and adder in these hours", "scenario", ge=-1e3, le=1e4
    )
    demand_usd_per_kw_month: float = quantity(
        0.0, "USD/kW-month", "Charge on the month's peak within these hours", "scenario", ge=0, le=1e3
    )


class EnergyTier(TableModel):
    """A dearer block of the month's energy."""

    above_mwh_per_month: float = quantity(..., "MWh", "Energy of a month from which it counts", "scenario", gt=0)
    usd_per_mwh: float = quantity(
        ...,
        "USD/MWh",
        "On top of the price below it, so that the dearest block is the last",
        "scenario",
        ge=-1e4,
        le=1e4,
    )


class PowerPurchase(TableModel):
    """A power purchase agreement, whose size the optimiser may choose."""

    name: str = choice(..., "Name of the contract")
    kind: PurchaseKind = choice("pay-as-produced", "Profile: that of a plant, flat, or that of the load")
    delivery: Delivery = choice(
        "physical", "physical: serves the load; virtual: settled in money against the spot price"
    )
    technology: Literal["solar", "wind", "wind-offshore"] = choice("solar", "Plant behind pay-as-produced")
    usd_per_mwh: float = quantity(..., "USD/MWh", "Contract price", "scenario", ge=0, le=1e4)
    max_mw: float = quantity(..., "MW", "Largest contract", "scenario", gt=0, le=1e6)
    min_mw: float = quantity(0.0, "MW", "Least contract (equal to max_mw where it is signed)", "scenario", ge=0, le=1e6)
    take_or_pay_share: float = quantity(
        1.0, "1", "Share of the volume that is paid even if not taken", "usual terms of pay-as-produced", ge=0, le=1
    )
    carbon_free: bool = choice(
        True, "Certificates come with it: its energy counts as carbon-free, else as the grid's energy of the hour"
    )
    through_grid: bool = choice(True, "Comes over the grid's meter: pays network charges, shares connection and peaks")
    surplus_sold: bool | None = choice(
        None, "Volume not used is sold at the hourly price, as a supplier settles it (else as export_allowed says)"
    )
    capacity_factor: float | None = quantity(
        None, "1", "Capacity factor of the plant behind it", "scenario", gt=0, lt=1
    )
