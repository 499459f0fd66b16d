"""Carbon of running the plan, by the rules of the GHG Protocol, and its share per token.

In: hourly carbon of the supply, the share of grid energy under certificates. Out: tonnes by scope and basis.
Leaves out: embodied carbon (embodied.py), refrigerants, generator tests and staff travel.
"""

from __future__ import annotations

from dataclasses import dataclass

from wattscale.supply.result import SupplyResult
from wattscale.units import KG_PER_T


@dataclass(frozen=True)
class OperationalCarbon:
    """Carbon of a year's operation [tCO2/year].

    Attributes:
        own_plant: Direct emissions of own plant (scope 1).
        grid_location: Grid energy at the mean of the grid (scope 2, location-based).
        grid_market: The part of it not covered by certificates (scope 2, market-based).
        lifecycle: Life-cycle emissions of grid energy and of own plant's fuel, plant embodied apart.
    """

    own_plant: float
    grid_location: float
    grid_market: float
    lifecycle: float

    @property
    def location(self) -> float:
        """Direct carbon, location-based: scope 1 and 2 [tCO2/year]."""
        return self.own_plant + self.grid_location

    @property
    def market(self) -> float:
        """Direct carbon, market-based: scope 1 and 2 [tCO2/year]."""
        return self.own_plant + self.grid_market


def operational_carbon(supply: SupplyResult, certificate_share: float) -> OperationalCarbon:
    """Sum the carbon of a year by scope and basis.

    Certificates count as carbon-free and as covering every hour alike; what they leave is counted at the grid's
    mean, for want of a residual mix.

    Args:
        supply: Result of the supply stage.
        certificate_share: Share of grid energy under certificates [1].

    Returns:
        Carbon by scope and basis.

    Source: GHG Protocol, Scope 2 Guidance (2015).
    """
    grid = float(supply.grid_carbon_kg.sum()) / KG_PER_T
    return OperationalCarbon(
        own_plant=float(supply.carbon_kg.sum()) / KG_PER_T - grid,
        grid_location=grid,
        grid_market=grid * (1.0 - certificate_share),
        lifecycle=float(supply.carbon_lifecycle_kg.sum()) / KG_PER_T,
    )
