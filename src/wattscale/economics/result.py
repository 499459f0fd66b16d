"""What the economics stage gives to the next ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from wattscale.economics.waiting import PowerWait
from wattscale.figure import PlanWarning, Value
from wattscale.units import BASE_YEAR, FloatArray


@dataclass(frozen=True)
class CostLine:
    """One part of the cost.

    Attributes:
        part: What is paid, such as `accelerators`, `network`, `shell`, `electrical`, `cooling`, `solar`, `grid.energy`.
        segment: Market segment: accelerators, servers, network, storage, software, facility, cooling, power,
            operations, energy.
        capital_usd: Overnight capital, zero for running cost [USD of the base year].
        life_years: Economic life of the capital, zero for running cost [year].
        annuity_usd_per_year: Capital spread over its life [USD/year].
        running_usd_per_year: Running cost [USD/year].
        low_usd_per_year, high_usd_per_year: Range of annuity plus running cost from the range of its figures.
    """

    part: str
    segment: str
    capital_usd: float
    life_years: float
    annuity_usd_per_year: float
    running_usd_per_year: float
    low_usd_per_year: float
    high_usd_per_year: float

    @property
    def total_usd_per_year(self) -> float:
        """Annuity plus running cost [USD/year]."""
        return self.annuity_usd_per_year + self.running_usd_per_year


@dataclass(frozen=True)
class EconomicsResult:
    """Result of the economics stage."""

    lines: tuple[CostLine, ...]
    cash_flow_usd: FloatArray
    """Yearly cash flow, year 0 first, shape (project_years + 1,)."""
    figures: dict[str, Value]
    """Figures of the stage without the stage's name, such as `usd_per_mtok`."""
    warnings: tuple[PlanWarning, ...] = ()
    certified_mw: FloatArray | None = None
    """Hourly volume of contracts with certificates of origin [MW], shape (8760,); None without any."""
    purchase_year: int = BASE_YEAR
    """Year in which the plan is bought; lead times count from its start."""
    construction_years: int = 0
    """Years of building that the finance counts with [year]."""
    wait: PowerWait = field(default_factory=PowerWait)
    """Wait for power that holds for the plan."""
