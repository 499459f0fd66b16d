"""From yearly cost to dollars per million tokens, per run, per request and per device-hour.

In: cost lines, the compute plan and the token counts. Out: cost of serving and of training, and unit costs.
Leaves out: the cost of research staff and data; prices charged to customers (finance.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.compute.result import ComputeResult
from wattscale.economics.result import CostLine
from wattscale.facility.result import FacilityResult
from wattscale.scenario.workload import TrainingTable
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR

HARDWARE_SEGMENTS = ("accelerators", "servers", "network", "storage")
"""Segments of the computing hardware."""
DEVICE_SEGMENTS = (*HARDWARE_SEGMENTS, "software")
"""Segments that come with the devices and are shared out by their price."""
INSURANCE = "insurance"
"""Part that is shared out by capital."""
ENERGY_PARTS = ("water",)
"""Parts beside the segment energy that are shared out by energy."""


@dataclass(frozen=True)
class ServingShares:
    """The part of a plan that serves, by what drives a cost [1].

    Attributes:
        hardware: By price of devices; by their number where none has a price.
        power: By largest IT power.
        energy: By energy at the meter while the training run goes on; what an idle training machine takes beyond its
            runs is the training machine's.
    """

    hardware: float
    power: float
    energy: float

    def of(self, line: CostLine) -> float:
        """Give the serving share of a cost line [1]."""
        if line.segment in DEVICE_SEGMENTS or line.part == "maintenance.it":
            return self.hardware
        if line.segment == "energy" or line.part in ENERGY_PARTS:
            return self.energy
        return self.power


def serving_shares(
    compute: ComputeResult, facility: FacilityResult, device_price: Mapping[str, float]
) -> ServingShares:
    """Share a plan between serving and training.

    Args:
        compute: The compute plan.
        facility: The building.
        device_price: Price by accelerator [USD].

    Returns:
        Shares of serving; all 1 without training, all 0 without serving.
    """
    training, serving = compute.training, compute.serving
    if not any(device_price.values()):
        device_price = dict.fromkeys(device_price, 1.0)

    def share(of_serving: float, of_training: float) -> float:
        total = of_serving + of_training
        return of_serving / total if total > 0 else float(serving is not None)

    return ServingShares(
        hardware=share(
            serving.devices * device_price[serving.accelerator] if serving else 0.0,
            training.devices * device_price[training.accelerator] if training else 0.0,
        ),
        power=share(
            float(serving.power_mw.max()) if serving else 0.0, float(training.power_mw.max()) if training else 0.0
        ),
        energy=_energy_share(compute, facility),
    )


def _energy_share(compute: ComputeResult, facility: FacilityResult) -> float:
    """Serving's energy at the meter, with its part of the spares, over that of the campus [1]."""
    if compute.serving is None or compute.training is None:
        return float(compute.serving is not None)
    serving, at_work, spares = (
        float(facility.energy_at_work_mwh(part).sum())
        for part in (
            compute.serving.power_mw, compute.it_power_at_work_mw, np.full(HOURS_PER_YEAR, compute.spare_power_mw)
        )
    )  # fmt: skip
    total = float(facility.power_mw.sum()) * (1.0 - spares / at_work)
    return min(1.0, serving / total) if total > 0.0 else 1.0


def serving_cost(lines: Iterable[CostLine], shares: ServingShares) -> float:
    """Give the yearly cost of serving [USD/year]; what is left of the total is training.

    Insurance follows the capital that is insured.

    Args:
        lines: Cost lines of the plan.
        shares: Serving shares.

    Returns:
        Cost of serving [USD/year].
    """
    lines = list(lines)
    insured, capital = sum(line.capital_usd for line in lines), serving_capital(lines, shares)
    of_capital = capital / insured if insured > 0.0 else shares.power
    return sum(line.total_usd_per_year * (of_capital if line.part == INSURANCE else shares.of(line)) for line in lines)


def serving_capital(lines: Iterable[CostLine], shares: ServingShares) -> float:
    """Give the overnight capital of serving [USD]."""
    return sum(line.capital_usd * shares.of(line) for line in lines)


def run_share_of_year(recipe: TrainingTable, days: float) -> float:
    """Give the part of the training machine's year that one run pays for.

    Where the machine trains other models outside the run, a run pays for its own days; where it stands idle or off,
    the runs of the year pay for all of it.

    Args:
        recipe: Training table of the scenario.
        days: Length of a run [day].

    Returns:
        Share of the yearly cost of the training machine [1].

    >>> run_share_of_year(TrainingTable(rest_of_year="train"), 73.0)
    0.2
    >>> run_share_of_year(TrainingTable(rest_of_year="idle", runs_per_year=2.0), 73.0)
    0.5
    """
    own = days * HOURS_PER_DAY / HOURS_PER_YEAR
    if recipe.rest_of_year == "train" or recipe.runs_per_year <= 0:
        return own
    return max(own, 1.0 / recipe.runs_per_year)


@dataclass(frozen=True)
class TokenCosts:
    """Yearly cost split by purpose [USD/year].

    Attributes:
        serving: Cost of serving.
        training: Cost of the training machine.
        run: Cost of one run [USD].
        amortised: Cost of the year's runs, charged to the year's tokens.
        serving_capital: Overnight capital of serving [USD].
    """

    serving: float
    training: float
    run: float
    amortised: float
    serving_capital: float

    @property
    def tokens(self) -> float:
        """Cost that the year's tokens carry [USD/year]."""
        return self.serving + self.amortised


def token_costs(
    lines: Iterable[CostLine],
    compute: ComputeResult,
    facility: FacilityResult,
    recipe: TrainingTable | None,
    device_price: Mapping[str, float],
) -> TokenCosts:
    """Split the total cost of ownership between serving, the model's own runs and other training.

    Args:
        lines: Cost lines of the plan.
        compute: The compute plan.
        facility: The building.
        recipe: Training table of the scenario, None without training.
        device_price: Price by accelerator [USD].

    Returns:
        Costs by purpose.
    """
    lines = list(lines)
    shares = serving_shares(compute, facility, device_price)
    serving = serving_cost(lines, shares)
    capital = serving_capital(lines, shares)
    training = sum(line.total_usd_per_year for line in lines) - serving
    if compute.training is None or recipe is None:
        return TokenCosts(serving, training, 0.0, 0.0, capital)
    run = training * run_share_of_year(recipe, compute.training.days)
    return TokenCosts(serving, training, run, run * recipe.runs_per_year, capital)
