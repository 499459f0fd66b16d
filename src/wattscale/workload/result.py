"""What the workload stage gives to the next ones.

Units are in the names; hourly arrays have shape (8760,) in UTC (convention 1).
"""

from __future__ import annotations

from dataclasses import dataclass

from wattscale.figure import PlanWarning, Value
from wattscale.scenario.workload import ServingTable, TrainingTable
from wattscale.units import FloatArray
from wattscale.workload.architecture import Architecture


@dataclass(frozen=True)
class TrainingWorkload:
    """One training run as an amount of computing."""

    recipe: TrainingTable
    flops_per_token: float
    """Model FLOPs per token, forward and backward, attention at the mean causal context included [FLOP/token]."""
    total_flops: float
    """Model FLOPs of one run [FLOP]."""


@dataclass(frozen=True)
class ServingWorkload:
    """A year of requests."""

    recipe: ServingTable
    requests_per_hour: FloatArray
    """Requests in each hour [1/h], shape (8760,)."""
    input_tokens: float
    """Mean input tokens of a request [token]."""
    output_tokens: float
    """Mean output tokens of a request [token]."""

    @property
    def requests_per_year(self) -> float:
        """Requests of the year [1/year]."""
        return float(self.requests_per_hour.sum())

    @property
    def output_mtok_per_year(self) -> float:
        """Output tokens of the year [Mtok/year]."""
        return self.requests_per_year * self.output_tokens / 1e6

    @property
    def input_mtok_per_year(self) -> float:
        """Input tokens of the year [Mtok/year]."""
        return self.requests_per_year * self.input_tokens / 1e6


@dataclass(frozen=True)
class WorkloadResult:
    """Result of the workload stage; a part that is not asked for is None."""

    architecture: Architecture
    training: TrainingWorkload | None
    serving: ServingWorkload | None
    figures: dict[str, Value]
    """Figures of the stage without the stage's name, such as `params_total`."""
    warnings: tuple[PlanWarning, ...] = ()
