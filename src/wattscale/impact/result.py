"""What the impact stage gives to the plan."""

from __future__ import annotations

from dataclasses import dataclass

from wattscale.figure import PlanWarning, Value
from wattscale.impact.carbon import ScopeRow
from wattscale.impact.employment import JobRow
from wattscale.impact.supply_chain import Concentration, Disruption


@dataclass(frozen=True)
class ImpactResult:
    """Result of the impact stage."""

    embodied_t: dict[str, float]
    """Embodied carbon by part [tCO2]."""
    jobs: dict[str, float]
    """Jobs by part and phase, such as `solar.construction` [job-year] or `data_centre.operation` [job]."""
    market_usd: dict[str, float]
    """Capital by market segment [USD], summing to the total capital."""
    figures: dict[str, Value]
    """Figures of the stage without the stage's name, such as `carbon_t_per_year`."""
    warnings: tuple[PlanWarning, ...] = ()
    scope_table: tuple[ScopeRow, ...] = ()
    """The greenhouse-gas statement of a year, ready for reporting."""
    concentrations: tuple[Concentration, ...] = ()
    """Concentration of each stage the plan needs, most concentrated first."""
    disruptions: tuple[Disruption, ...] = ()
    """Disruptions that can strike the plan, dearest first; `severity_curve` of the supply chain draws them."""
    job_rows: tuple[JobRow, ...] = ()
    """Jobs by phase and round, gross and net, each phase from one basis alone."""
