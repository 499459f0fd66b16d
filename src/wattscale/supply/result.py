"""What the supply stage gives to the next ones.

Units are in the names; hourly arrays have shape (8760,) in UTC (convention 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from wattscale.figure import PlanWarning, Value
from wattscale.units import FloatArray

Amount = TypeVar("Amount", float, FloatArray)


@dataclass(frozen=True)
class SupplyResult:
    """Result of the supply stage.

    The balance of every hour: sum of `dispatch_mw` = load + sum of `uses_mw` (1e-6 MW).
    """

    load_mw: FloatArray
    capacity_mw: dict[str, float]
    """By technology; `grid` is the largest import [MW]."""
    storage_mwh: dict[str, float]
    """Energy capacity by storage technology [MWh]."""
    dispatch_mw: dict[str, FloatArray]
    """Power given to the campus: grid, solar, wind, gas, battery (discharge), unserved [MW]."""
    uses_mw: dict[str, FloatArray]
    """Power taken beside the load: battery (charge), export [MW]."""
    curtailed_mw: dict[str, FloatArray]
    """Power of solar and wind not used [MW]."""
    cost_usd_per_year: dict[str, float]
    """By part: `grid.energy`, `grid.demand_charge`, `solar.capital`, `gas-turbine.fuel` ... summing to the total."""
    capital_usd: dict[str, float]
    """Overnight capital by technology [USD of the base year]."""
    life_years: dict[str, float]
    """Economic life by technology [year]."""
    carbon_kg: FloatArray
    """Direct CO2 of grid import and own plant in each hour [kg], shape (8760,)."""
    grid_carbon_kg: FloatArray
    """The part of it from grid import [kg], shape (8760,)."""
    carbon_lifecycle_kg: FloatArray
    """Life-cycle CO2 of grid import and own plant's fuel in each hour, plant embodied apart [kg], shape (8760,)."""
    cfe_share: FloatArray
    """Carbon-free share of the energy used in each hour [1], shape (8760,)."""
    total_usd_per_year: float
    shadow_prices: dict[str, float]
    """Dual values of the binding limits, such as `carbon_cap` [USD/t] or `connection_mw` [USD/MW-year]."""
    figures: dict[str, Value]
    """Figures of the stage without the stage's name, such as `cost_usd_per_mwh`."""
    warnings: tuple[PlanWarning, ...] = ()
    metered_mw: dict[str, FloatArray] = field(default_factory=dict)
    """Contracted power that came over the grid's meter beside `grid`, as `clean` or `other` by contract [MW]."""
    plant: dict[str, str] = field(default_factory=dict)
    """Technology of the catalogue that each one is, or is like where it is the user's own."""

    @property
    def kept_share(self) -> FloatArray:
        """Share of all energy the campus has in each hour that it does not sell [1], shape (8760,)."""
        return 1.0 - sold_share(self.dispatch_mw, self.uses_mw)

    def plant_of(self, name: str) -> str:
        """Give the technology of the catalogue that one is or is like."""
        return self.plant.get(name, name)

    def by_plant(self, amounts: Mapping[str, Amount]) -> dict[str, Amount]:
        """Add up amounts by technology of the catalogue, for tables that know those alone."""
        found: dict[str, Amount] = {}
        for name, amount in amounts.items():
            kind = self.plant_of(name)
            found[kind] = found[kind] + amount if kind in found else amount
        return found


def sold_share(dispatch_mw: Mapping[str, FloatArray], uses_mw: Mapping[str, FloatArray]) -> FloatArray:
    """Give the share of all energy a campus has in each step that it sells [1]: its part of what that energy carries.

    Args:
        dispatch_mw: Power given to the campus, as in `SupplyResult` [MW].
        uses_mw: Power taken beside the load [MW].
    """
    given = np.asarray(sum(mw for name, mw in dispatch_mw.items() if name != "unserved"), np.float64)
    sold = uses_mw.get("export", np.zeros_like(given))
    return np.minimum(np.divide(sold, given, out=np.zeros_like(given), where=given > 0.0), 1.0)
