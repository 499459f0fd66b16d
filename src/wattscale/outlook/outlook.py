"""The front of the outlook: `run_outlook` gives an `Outlook` with table, dict, text and page.

In: an outlook file, a scenario's name, or nothing. Out: fans by year, bottlenecks, break-evens, drivers, comparisons.
Leaves out: any claim that one path will come true; every figure holds under its scenario's assumptions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wattscale.catalog import Catalog, load_catalog
from wattscale.figure import Figure
from wattscale.outlook import breakeven
from wattscale.outlook.breakeven import BreakEven
from wattscale.outlook.demand import rebound
from wattscale.outlook.hindcast import SERIES, Break, Score, hindcast, structural_break
from wattscale.outlook.influence import Influence, influences
from wattscale.outlook.planunits import PlanUnits, planned_units
from wattscale.outlook.scenario import SCENARIOS, SHOCKS, OutlookTable, load_outlook
from wattscale.outlook.simulate import Simulation, simulate
from wattscale.outlook.summary import SHOWN_YEARS, Fan, bottlenecks, fans, headline, tightest
from wattscale.outlook.years import FUTURE, YEARS, place
from wattscale.staged import write_files
from wattscale.version import VERSION

if TYPE_CHECKING:
    import pandas as pd

COMPARED_DRAWS = 500
"""Draws of each scenario that is set beside the main one."""
NEED_YEARS, TRILLION = (2030, 2035, 2045), 1e12
"""Years to which the investment is added up, and its unit."""
DRIVER_YEAR = 2035
"""Year whose electricity the drivers are ranked by."""
CONDITIONAL = (
    "These are conditional results: what follows if the drivers lie in the ranges given and the scenario's assumptions "
    "hold. They are not a forecast."
)
SAVING = 0.5
"""Saving that the rebound is shown for: energy per token halves."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outlook:
    """An outlook to 2045.

    Attributes:
        version: Version of the package.
        asked: What was asked.
        units: Unit figures, from one plan of the chain.
        run: The simulation.
        compared: Headline figures of 2030 and 2035 by scenario and shock.
        drivers: The strongest drivers.
        scores: Hindcast.
        breaks: Structural breaks of the history.
        sources: Every catalogue figure that the outlook read.
    """

    version: str
    asked: OutlookTable
    units: PlanUnits
    run: Simulation
    compared: Mapping[str, Mapping[int, Mapping[str, tuple[float, float, float]]]]
    drivers: tuple[Influence, ...]
    scores: tuple[Score, ...]
    breaks: tuple[Break, ...]
    sources: tuple[Figure, ...]

    @cached_property
    def figures(self) -> dict[str, Fan]:
        """Fans by name."""
        return fans(self.run)

    @cached_property
    def break_evens(self) -> tuple[BreakEven, ...]:
        """Technologies of tomorrow: when, if ever, each pays."""
        v, path, a = self.run.v, self.run.path, self.run.accounts.world
        grid = path.region["electricity_usd_per_mwh"][:, :, 0]
        return (
            breakeven.quantum(v, self.asked.seed),
            breakeven.neuromorphic(v, self.units),
            breakeven.edge(v, self.units),
            breakeven.multi_site(v, a["largest_run_mw"]),
            breakeven.ledger(v, a["scarcity_price"]),
            breakeven.renewable(v, self.run.costs, grid, full=False),
            breakeven.renewable(v, self.run.costs, grid, full=True),
        )

    @cached_property
    def rebound(self) -> dict[str, float]:
        """What use takes back when the energy per token halves, at the median elasticity."""
        elasticity = self.run.drivers["demand.price_elasticity"].value
        return rebound(elasticity, SAVING, self.units.electricity_share)

    @property
    def bottlenecks(self) -> dict[int, dict[str, float]]:
        """By year, the share of draws that each stage limits [1]."""
        return bottlenecks(self.run)

    @property
    def tightest(self) -> dict[int, tuple[float, str]]:
        """By year, the share of draws that any stage limits [1], and the stage that limits most of them."""
        return tightest(self.run)

    def mean_scarcity(self, stage: str, year: int) -> float:
        """Give the mean scarcity price of a stage in a year [1]."""
        return float(self.run.path.stages["scarcity", stage][place(year)].mean())

    @cached_property
    def investment_need(self) -> dict[int, tuple[float, float, float]]:
        """Investment added up from the first year to come to each of some years [1e12 USD]: low, middle, high."""
        yearly = self.run.accounts.world["investment_usd"][place(FUTURE[0]) :]
        total = np.cumsum(yearly, axis=0) / TRILLION
        found = {}
        for year in NEED_YEARS:
            low, mid, high = np.quantile(total[FUTURE.index(year)], (0.1, 0.5, 0.9))
            found[year] = (float(low), float(mid), float(high))
        return found

    def table(self, years: tuple[int, ...] = SHOWN_YEARS) -> pd.DataFrame:
        """Give figures by year: low, middle, high, unit."""
        import pandas as pd

        rows = [
            (f.name, year, *f.at(year), f.unit, f.title)
            for f in self.figures.values()
            for year in years
            if year in f.years
        ]
        columns = ["figure", "year", "low", "value", "high", "unit", "title"]
        return pd.DataFrame(rows, columns=columns).set_index(["figure", "year"])

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain numbers and words."""
        return {
            "wattscale": self.version,
            "outlook": self.asked.name,
            "about": self.asked.about,
            "reading": CONDITIONAL,
            "draws": self.asked.draws,
            "seed": self.asked.seed,
            "plan": self.units.plan,
            "figures": {
                f.name: {
                    "unit": f.unit,
                    "title": f.title,
                    "years": {str(y): dict(zip(("low", "value", "high"), f.at(y), strict=True)) for y in f.years},
                }
                for f in self.figures.values()
            },
            "bottlenecks": {str(year): shares for year, shares in self.bottlenecks.items()},
            "investment_need_1e12_usd": {
                str(year): dict(zip(("low", "value", "high"), ends, strict=True))
                for year, ends in self.investment_need.items()
            },
            "break_evens": [b.to_dict() for b in self.break_evens],
            "rebound": self.rebound,
            "drivers": [d.to_dict() for d in self.drivers],
            "scenarios": self.compared,
            "sources": [_source(f) for f in self.sources],
            "hindcast": [s.to_dict() for s in self.scores],
            "breaks": [b.to_dict() for b in self.breaks],
        }

    def text(self) -> str:
        """Give the outlook for a terminal."""
        from wattscale.outlook.text import outlook_text

        return outlook_text(self)

    def html(self) -> str:
        """Give one page that opens offline."""
        from wattscale.outlook.page import outlook_html

        return outlook_html(self)

    def write(self, folder: str | Path) -> list[Path]:
        """Write `outlook.json`, `outlook.csv` and `outlook.html`, all or none.

        Raises:
            InputError: The folder is a file, or cannot be written to.
        """
        import json

        page, table = self.html(), self.table(YEARS).to_csv()
        found = {"outlook.json": json.dumps(self.to_dict(), indent=1), "outlook.csv": table, "outlook.html": page}

        def written(path: Path) -> None:
            path.write_text(found[path.name], encoding="utf-8")

        return write_files(Path(folder), dict.fromkeys(found, written))

    def _repr_html_(self) -> str:
        html: str = self.table()._repr_html_()  # type: ignore[operator]
        return html


def run_outlook(
    source: str | Path | Mapping[str, Any] | None = None,
    draws: int | None = None,
    seed: int | None = None,
    *,
    compare: bool = True,
    progress: Progress | None = None,
    catalog: Catalog | None = None,
) -> Outlook:
    """Run an outlook of the industry, 2015 to 2045.

    Args:
        source: An outlook file, tables, the name of a bundled scenario, or None for the base case.
        draws: Draws; those of the file without it.
        seed: Seed; that of the file without it.
        compare: Set the other scenarios and the shocks beside it, and rank the drivers.
        progress: Called with what is done next, its number and the number of steps.
        catalog: The catalogue; the bundled one without it.

    Returns:
        The outlook; the same input gives the same figures.

    Raises:
        InputError: A wrong file, key, scenario or driver.
        ConvergenceError: A year whose prices do not settle.
    """
    table = load_outlook(source)
    changes = {k: v for k, v in (("draws", draws), ("seed", seed)) if v is not None}
    if changes:
        table = OutlookTable(**{**table.model_dump(), **changes})
    figures, tell = (catalog or load_catalog()).recording(), progress or (lambda *_: None)
    others = [n for n in (*SCENARIOS, *SHOCKS) if compare and _bundled_name(n) != table.name]
    steps = 2 + len(others) + compare
    tell("plan behind the unit figures", 1, steps)
    units = _units(table)
    tell(table.name, 2, steps)
    run = simulate(table, units, figures)
    compared = {table.name: _headlines(run)} if compare else {}
    for number, name in enumerate(others, start=3):
        tell(name, number, steps)
        other = load_outlook(_tables_of(name)).model_copy(
            update={"draws": min(table.draws, COMPARED_DRAWS), "seed": table.seed}
        )
        compared[other.name] = _headlines(simulate(other, units, figures))
    strong: tuple[Influence, ...] = ()
    if compare:
        tell("drivers", steps, steps)
        strong = tuple(influences(run, lambda v: simulate(table, units, figures, v), DRIVER_YEAR, table.seed))
    breaks = tuple(structural_break(figures, name) for name in SERIES)
    scores = tuple(hindcast(figures))
    used = tuple(figure for _, figure in sorted(figures.used.items()))
    return Outlook(VERSION, table, units, run, compared, strong, scores, breaks, used)


def _source(figure: Figure) -> dict[str, object]:
    """Give a figure of the catalogue with its origin."""
    return {
        "id": figure.id, "value": figure.value, "low": figure.low, "high": figure.high, "unit": figure.unit,
        "source": figure.source, "year": figure.year, "confidence": figure.confidence,
    }  # fmt: skip


def _tables_of(name: str) -> dict[str, Any]:
    return {"shocks": [name]} if name in SHOCKS else {"scenario": name}


def _bundled_name(name: str) -> str:
    return load_outlook(_tables_of(name)).name


def _units(table: OutlookTable) -> PlanUnits:
    if table.plan is None:
        return planned_units()
    from wattscale.scenario.load import load_scenario

    return planned_units(load_scenario(table.plan))


def _headlines(run: Simulation) -> dict[int, dict[str, tuple[float, float, float]]]:
    found = fans(run)
    return {year: headline(found, year) for year in (2030, 2035)}
