"""Scenario table `impact`: with what effect."""

from __future__ import annotations

from wattscale.scenario.quantity import TableModel, choice, quantity


class ImpactTable(TableModel):
    """Table `impact`."""

    local_content_share: float | None = quantity(
        None, "1", "Share of construction jobs that are local", "catalogue", ge=0, le=1
    )
    displacement_share: float | None = quantity(
        None, "1", "Share of gross jobs that displaces others", "catalogue", ge=0, le=1
    )
    market_carbon_share: float = quantity(
        0.0,
        "1",
        "Share of grid energy covered by purchased certificates (market-based)",
        "scenario",
        ge=0,
        le=1,
    )
    residual_mix_kg_per_mwh: float | None = quantity(
        None, "kg/MWh", "Carbon of grid energy that no certificate tracks (market-based)", "catalogue, by country",
        ge=0, le=3000,
    )  # fmt: skip
    marginal_kg_per_mwh: float | None = quantity(
        None,
        "kg/MWh",
        "Carbon of the plant that follows the load (else hourly, from the carbon file)",
        "carbon file",
        ge=-3000,
        le=5000,
    )
    input_output: str | None = choice(
        None, "The file_parameters.json of an input-output table saved by pymrio", file=True
    )
    input_output_jobs: str = choice("employment/jobs", "Jobs in the table, as extension/row")
    input_output_value_added: str = choice("factor_inputs/Value Added", "Value added in the table, as extension/row")
    input_output_jobs_factor: float = quantity(
        1.0, "1", "Jobs per million of the table's money for a coefficient of 1", "scenario", ge=0, le=1e9
    )
    input_output_money_per_usd: float = quantity(
        1.0, "1", "The table's money per USD of 2024", "scenario", gt=0, le=1e6
    )
    input_output_sectors: dict[str, str] = choice(
        {}, "Sector of the table that each cost segment is spent on; segments left out are imports"
    )
    input_output_local: dict[str, float] = choice(
        {}, "Share of a cost segment that is spent inside the economy of the table, 0 to 1; 1 where left out"
    )
    input_output_wages: str | None = choice(
        None, "Income of households in the table, as extension/row, for induced effects"
    )
    input_output_households: str = choice(
        "Final consumption expenditure by households", "Final demand of households in the table, for induced effects"
    )
    input_output_induced_share: float = quantity(
        0.0, "1", "Share of household income that is spent anew in the table's economy (0: no induced effects)",
        "scenario", ge=0, le=0.8,
    )  # fmt: skip
