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
        5.0,
        "USD/Mtok",
        "Revenue per million output tokens, input included",
        "estimate; public prices of 405B-class models in 2025 were 3 to 16",
        ge=0,
        le=1e6,
    )
    project_years: int = quantity(
        15, "year", "Years of the cash flow", "estimate: life of mechanical and electrical plant", ge=1, le=60
    )
    accelerator_price_usd: float | None = quantity(
        None, "USD", "Price of one accelerator", "catalogue", ge=0, le=1e8
    )
    accelerator_life_years: float | None = quantity(
        None, "year", "Economic life of accelerators and servers", "catalogue", gt=0, le=30
    )
    tax_rate: float = quantity(0.0, "1", "Tax on profit (0: before tax)", "scenario", ge=0, le=0.9)
