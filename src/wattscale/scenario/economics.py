"""Scenario table `economics`: at what cost."""

from __future__ import annotations

from typing import Literal

from wattscale.scenario.quantity import TableModel, choice, quantity


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
        None, "year", "Economic life of accelerators and servers", "catalogue", ge=1, le=30
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
    inflation_rate: float = quantity(
        0.025,
        "1/year",
        "Inflation, for debt, tax and nominal rates",
        "NREL ATB 2024",
        confidence="published",
        ge=0,
        le=1,
    )
    construction_years: int = quantity(
        2, "year", "Years of building, with interest on the money drawn", "estimate", ge=0, le=20
    )
    debt_years: int = quantity(
        5, "year", "Tenor of the debt; 0: no debt", "estimate: no longer than the life of the hardware", ge=0, le=40
    )
    debt_rate: float = quantity(
        0.065, "1/year", "Interest on debt, nominal", "estimate: 2 points over a risk-free rate of 4.5 %", ge=0, le=1
    )
    dscr: float | None = quantity(None, "1", "Cash over debt service that sizes the debt", "catalogue", ge=1, le=10)
    gearing_cap: float | None = quantity(None, "1", "Largest debt over cost", "catalogue", ge=0, le=1)
    depreciation: str = choice("macrs_5", "Tax depreciation: a schedule of the catalogue, or straight_line_<years>")
    bonus_share: float = quantity(0.0, "1", "Share written off at once in the first year", "scenario", ge=0, le=1)
    credits: Literal["none", "law"] = choice(
        "none", "Tax credits on own power plant: none, or those the law gives in the year of purchase"
    )
    target_irr: float = quantity(
        0.15, "1/year", "Return of the owners, nominal, for which a token price is sought", "estimate", ge=0, le=5
    )
    risk_paths: int = quantity(200, "1", "Simulated years of the price risk; 0: none", "scenario", ge=0, le=5_000)
    risk_seed: int = quantity(1, "1", "Seed of the price risk", "scenario", ge=0, le=2**31 - 1)
    software: Literal["own", "average", "licensed"] = choice(
        "average",
        "Bought software and support: own (none bought), average (what all buyers pay, 1.4 % of the price of"
        " accelerators), or licensed (list price for each device)",
    )
    tariff_share: float = quantity(0.0, "1", "Tariff on accelerators, over their price", "scenario", ge=0, le=10)
    requests_per_user_day: float = quantity(
        10.0, "1/day", "Requests of one user, for what a user costs in a year", "estimate", ge=0, le=1e6
    )
    currency: str = choice("USD", "Currency in which money is reported beside USD, at the mean rate of 2024")
    contract: Literal["none", "pay-as-produced", "baseload", "24-7"] = choice(
        "none", "Power purchase agreement on grid energy, with certificates of origin"
    )
    contract_technology: Literal["solar", "wind"] = choice("solar", "Plant of a pay-as-produced contract")
    contract_share: float = quantity(
        1.0, "1", "Volume of the contract over the year's grid energy", "scenario", ge=0, le=3
    )
    contract_price_usd_per_mwh: float | None = quantity(
        None, "USD/MWh", "Price of the contract", "catalogue: LevelTen, else worth of the profile and a premium",
        ge=0, le=10_000,
    )  # fmt: skip
    hedge_share: float = quantity(
        0.0, "1", "Share of grid energy swapped to a fixed price, without certificates", "scenario", ge=0, le=2
    )
    hedge_price_usd_per_mwh: float | None = quantity(
        None, "USD/MWh", "Price of the swap", "catalogue: mean price and a premium", ge=0, le=10_000
    )
    equipment_tariff_share: float = quantity(
        0.0, "1", "Tariff on imported electrical and cooling plant, over its price", "scenario", ge=0, le=10
    )
