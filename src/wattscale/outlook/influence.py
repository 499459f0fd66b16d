"""Which drivers decide the outlook: rank correlation over all, Sobol indices of the strongest.

In: a simulation. Out: the strongest drivers with range, source and what would narrow them.
Leaves out: interactions of drivers beyond the strongest; they stay in the total of those that are tested.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wattscale.outlook.drivers import Driver, at_points
from wattscale.outlook.simulate import Simulation
from wattscale.outlook.years import place
from wattscale.study.sensitivity import Index, rank_drivers, saltelli_points, sobol_indices
from wattscale.units import FloatArray

STRONGEST = 10
CASES = 1536
"""Points of the Sobol analysis: 128 base points x (10 drivers + 2)."""
OBSERVATION = ("boundary.", "use.", "price.", "sales.")
"""Starts of drivers that change no quantity of the yearly model, only how it is read."""


@dataclass(frozen=True)
class Influence:
    """One strong driver.

    Attributes:
        driver: Range and source.
        rank: Spearman correlation with the figure [1].
        first: First-order Sobol index; `total` its total.
        narrowed_by: What would narrow it.
    """

    driver: Driver
    rank: float
    first: Index
    total: Index
    narrowed_by: str

    def to_dict(self) -> dict[str, object]:
        """Give driver, range, indices and source."""
        d = self.driver
        return {
            "driver": d.name, "low": d.low, "value": d.value, "high": d.high, "unit": d.figure.unit,
            "rank_correlation": round(self.rank, 3), "sobol_first": round(self.first.value, 3),
            "sobol_total": round(self.total.value, 3), "narrowed_by": self.narrowed_by, "source": d.figure.source,
            "confidence": d.figure.confidence,
        }  # fmt: skip


def influences(
    run: Simulation, again: Callable[[dict[str, FloatArray]], Simulation], year: int, seed: int
) -> list[Influence]:
    """Find the drivers that decide data-centre electricity of a year.

    Args:
        run: The simulation.
        again: Runs the same scenario at other draws.
        year: Year of the figure.
        seed: Seed of the design.

    Returns:
        The strongest drivers, by total Sobol index.
    """
    names = [n for n, d in run.drivers.items() if d.high > d.low and not n.startswith(OBSERVATION)]
    points = np.array([run.v[name] for name in names]).T
    ranks = rank_drivers(points, run.accounts.world["electricity_twh"][place(year)])
    strong = [names[i] for i in np.argsort(-np.abs(ranks))[:STRONGEST]]
    design = saltelli_points(CASES, len(strong), seed)
    drawn = dict(at_points({name: run.drivers[name] for name in strong}, design))
    fixed = {name: np.full(len(design), d.value) for name, d in run.drivers.items() if name not in strong}
    results = again({**fixed, **drawn}).accounts.world["electricity_twh"][place(year)]
    first, total = sobol_indices(np.log(results), len(strong), seed)
    by_name = dict(zip(names, ranks, strict=True))
    found = [
        Influence(run.drivers[n], by_name[n], f, t, run.drivers[n].figure.note)
        for n, f, t in zip(strong, first, total, strict=True)
    ]
    return sorted(found, key=lambda i: -i.total.value)
