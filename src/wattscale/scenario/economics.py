"""Scenario table `economics`: at what cost."""

from __future__ import annotations

from wattscale.scenario.quantity import TableModel, quantity


class EconomicsTable(TableModel):
    """Table `economics`."""

    discount_rate: float = quantity(
        0.08,
        "1/year",
        "Real discount rate",
        "estimate; 7 to 10 % is usual for data-centre assets",
        ge=0,
        le=1,
    )
    electricity_price_usd_per_mwh: float | None = quantity(
        None,
        "USD/MWh",
        "Flat all-in price that replaces the grid price series",
        "scenario",
        ge=-1000,
        le=10_000,
    )
    price_per_mtok_usd: float = quantity(
        15.0,
        "USD/Mtok",
        "Revenue per million output tokens, input included",
        "estimate: 405B-class models sold at about 3 USD per million tokens in and out in 2025, at 4 input tokens"
        " per output token; offers ranged from 9 to 37",
        ge=0,
        le=1e6,
    )
    project_years: int = quantity(
        15, "year", "Years of the cash flow", "estimate: life of mechanical and electrical plant", ge=1, le=60
    )
    purchase_year: int = quantity(
        2025, "year", "Year in which the accelerators are bought", "scenario", ge=2015, le=2070
    )
    accelerator_price_usd: float | None = quantity(None, "USD", "Price of one accelerator", "catalogue", ge=0, le=1e8)
    accelerator_life_years: float | None = quantity(
        None, "year", "Economic life of accelerators and servers", "catalogue", gt=0, le=30
    )
    training_price_usd_per_device_hour: float | None = quantity(
        None,
        "USD/h",
        "Worth of a device-hour of training in the cash flow (else its own cost; 0: training earns nothing)",
        "scenario",
        ge=0,
        le=1e5,
    )
    tax_rate: float = quantity(0.0, "1", "Tax on profit (0: before tax)", "scenario", ge=0, le=0.9)
