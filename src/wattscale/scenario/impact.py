"""Scenario table `impact`: with what effect."""

from __future__ import annotations

from wattscale.scenario.quantity import TableModel, quantity


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
