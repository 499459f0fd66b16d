"""Scenario table `supply`: powered by what."""

from __future__ import annotations

from typing import Literal

from wattscale.scenario.quantity import TableModel, choice, quantity
from wattscale.scenario.supply_terms import EnergyTier, OwnTechnology, PowerPurchase, TariffPeriod


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
        0.0, "USD/t", "Price on CO2 of grid and plant, counted as carbon_scope says", "scenario", ge=0, le=10_000
    )
    carbon_cap_kg_per_mwh: float | None = quantity(
        None, "kg/MWh", "Cap on CO2 per MWh of load, counted as carbon_scope says", "scenario", ge=0, le=5000
    )
    carbon_scope: Literal["direct", "life-cycle"] = choice(
        "direct", "What carbon cap and price count: direct CO2, or life-cycle with plant and upstream"
    )
    clean_annual_share: float | None = quantity(
        None, "1", "Least own and contracted carbon-free energy of the year over the load's", "scenario", ge=0, le=3
    )
    energisation_year: int | None = quantity(
        None, "year", "Year the grid connection is energised", "scenario", ge=2020, le=2070
    )
    build_year: int = quantity(2025, "year", "Year of the plant's costs", "scenario", ge=2020, le=2060)
    demand_charge_usd_per_kw_month: float = quantity(
        8.0,
        "USD/kW-month",
        "Charge on the monthly peak of grid import",
        "estimate for supply at high voltage; over a quarter of US commercial customers can be on tariffs above 15"
        " (McLaren and Mullendore 2017, NREL/BR-6A20-68963, survey of 10,000 tariffs)",
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
        40_000.0,
        "USD/MWh",
        "Value of load not served",
        "estimate: rounded up from 35,685, the survey of customers in Texas (Brattle 2024 for ERCOT, adopted by the"
        " Public Utility Commission of Texas on 29 August 2024; read in Utility Dive), so that it is above the demand"
        " charge that one hour can save",
        ge=0,
        le=1e6,
    )
    land_ha: float | None = quantity(None, "ha", "Land for solar and wind on site", "scenario", ge=0, le=1e7)
    max_capacity_mw: dict[str, float] = choice({}, "Largest capacity per technology [MW]")
    unit_mw: dict[str, float] = choice({}, "Size of a unit per plant: its capacity is a whole number of them [MW]")
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
    flexible_share: float = quantity(
        0.0, "1", "Share of the load (training) that may be moved within its window", "scenario", ge=0, le=1
    )
    flexible_window_h: int = quantity(
        168, "h", "Window in which moved load is made up: 24 for a day, 168 for a week", "scenario", ge=2, le=8760
    )
    flexible_low_share: float = quantity(
        0.3, "1", "Least power of the flexible load over its usual power",
        "estimate: idle and checkpointing devices draw about a third", ge=0, le=1,
    )  # fmt: skip
    flexible_high_share: float = quantity(
        1.25, "1", "Largest power of the flexible load over its usual power", "estimate: spare devices and clocks",
        ge=1, le=10,
    )  # fmt: skip
    flexible_ramp_share_per_h: float | None = quantity(
        None, "1/h", "Largest change in an hour of how far flexible load is moved, over its usual power (else none)",
        "scenario", gt=0, le=10,
    )  # fmt: skip
    checkpoint_loss_h: float = quantity(
        0.1, "h", "Work lost each time flexible load is turned down, in hours of what is turned down; it is made up",
        "a planned stop writes a checkpoint first: 5 minutes to restart (Kokolis et al. 2024, arXiv 2410.21680) and one"
        " to write; without notice add half the checkpoint interval (there 60 minutes); from memory",
        confidence="unverified", ge=0, le=24,
    )  # fmt: skip
    import_ramp_mw_per_h: float | None = quantity(
        None, "MW/h", "Largest change of grid import in an hour (else none)", "scenario", gt=0, le=1e6
    )
    own_technologies: list[OwnTechnology] = choice([], "Technologies of one's own, over those of the catalogue")
    ppas: list[PowerPurchase] = choice([], "Power purchase agreements on offer")
    tariff_periods: list[TariffPeriod] = choice([], "Hours with energy and demand charges of their own")
    energy_tiers: list[EnergyTier] = choice([], "Dearer blocks of each month's grid energy")
    demand_ratchet_share: float = quantity(
        0.0, "1", "Each month's billed peak is at least this share of the year's", "scenario; tariffs have 0.5 to 1",
        ge=0, le=1,
    )  # fmt: skip
    curtailment_hours: int = quantity(
        0, "h/year", "Hours in which the utility may call on the campus to import less", "scenario", ge=0, le=8760
    )
    curtailment_share: float = quantity(
        1.0, "1", "Largest share of the baseline that may be offered as reduction", "scenario", ge=0, le=1
    )
    curtailment_required: bool = choice(False, "Import must fall by that share in called hours, paid for or not")
    curtailment_baseline_mw: float | None = quantity(
        None, "MW", "Import from which the reduction counts (else the load's mean in those hours)", "scenario", gt=0,
        le=1e6,
    )  # fmt: skip
    curtailment_usd_per_kw_year: float = quantity(
        0.0, "USD/kW-year", "Paid for each kW by which import stays below the baseline in all those hours", "scenario",
        ge=0, le=1e4,
    )  # fmt: skip
    storage_fade_per_cycle: float = quantity(
        0.0, "1", "Share of a storage's capacity lost in a full cycle and replaced at its cost",
        "the catalogue's fixed cost already holds augmentation at about a cycle a day (NREL ATB)", ge=0, le=0.01,
    )  # fmt: skip
    swing_share: float | None = quantity(
        None, "1", "Share of the load that swings within seconds (else half of the flexible share)",
        "half, estimated: devices go from near their limit to near idle between compute and communication (Choukse et"
        " al. 2025, arXiv 2508.14318); 16,000 H100 swung by tens of MW (Meta 2024, The Llama 3 Herd of Models, 3.3)",
        ge=0, le=1,
    )  # fmt: skip
    swing_period_s: float = quantity(
        5.0,
        "s",
        "Time from one swing to the next",
        "0.2 Hz, the slow end of the 0.2 to 3 Hz of Choukse et al. 2025 (arXiv 2508.14318): the most energy per swing",
        gt=0,
        le=3600,
    )
    ups_minutes: float = quantity(5.0, "min", "Full load the UPS holds", "usual lithium-ion UPS", ge=0, le=600)
    near_optimal_share: float = quantity(
        0.0, "1", "Extra cost allowed when looking for the range of each capacity; 0 for none", "scenario", ge=0, le=0.5
    )
    verify: bool = choice(False, "Solve with HiGHS too and report the difference (minutes)")
    solver_iterations: int = quantity(
        150, "1", "Iterations after which the solver gives its best bracket", "three times what is usual", ge=5, le=1000
    )
