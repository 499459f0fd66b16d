"""The plan: results of all stages, with each figure's unit, range and sources.

In: stage results and their ledgers. Out: `Plan`, plan.json as a dict, the hourly table.
Leaves out: how it is shown; the report does that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wattscale.catalog.specs import spec_of
from wattscale.compute.result import ComputeResult
from wattscale.economics.result import EconomicsResult
from wattscale.errors import WattscaleError
from wattscale.facility.result import FacilityResult
from wattscale.figure import Figure, PlanWarning, Value
from wattscale.impact.result import ImpactResult
from wattscale.scenario.load import to_tables
from wattscale.scenario.schema import Scenario
from wattscale.site.result import SiteResult
from wattscale.stagecache import relevant
from wattscale.supply.result import SupplyResult
from wattscale.workload.result import WorkloadResult

if TYPE_CHECKING:
    import pandas as pd

UNREAD = "A figure that the scenario replaces is read by no stage of this plan and changes nothing"


@dataclass(frozen=True)
class PlanFigure:
    """One figure of a plan.

    Attributes:
        name: `<stage>.<figure>`.
        value: Central value, in `unit`.
        low: Lower end of its range; equal to `value` where no range is known.
        high: Upper end of its range.
        unit: Unit, "1" for shares and ratios.
        title: What it is, in plain words.
        sources: Ids of the catalogue figures that its stage read.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    title: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class SourceUse:
    """A catalogue figure that a plan rests on, with the stages that read it."""

    figure: Figure
    stages: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """One plan, from tokens to turbines."""

    version: str
    scenario: Scenario
    workload: WorkloadResult
    compute: ComputeResult
    site: SiteResult
    facility: FacilityResult
    supply: SupplyResult
    economics: EconomicsResult
    impact: ImpactResult
    ledgers: Mapping[str, Mapping[str, Figure]]

    @cached_property
    def figures(self) -> dict[str, PlanFigure]:
        """Every figure by name, in chain order."""
        found: dict[str, PlanFigure] = {}
        for stage in self.ledgers:
            ids = tuple(sorted(self.ledgers[stage]))
            for name, value in getattr(self, stage).figures.items():
                figure = plan_figure(f"{stage}.{name}", value, ids)
                found[figure.name] = figure
        return found

    @cached_property
    def warnings(self) -> tuple[PlanWarning, ...]:
        """Warnings of all stages, in chain order, each once, and own figures of the catalogue that nothing read."""
        stages = (getattr(self, stage).warnings for stage in self.ledgers)
        told = dict.fromkeys(w for found in (self.scenario.notes, *stages) for w in found)
        read = {fid: figure for ledger in self.ledgers.values() for fid, figure in ledger.items()}
        found = relevant(self.scenario.catalog, read)
        idle = [key for key in self.scenario.catalog if key not in found]
        return (*told, *(PlanWarning("unread-figure", f'{UNREAD} (catalog."{key}").') for key in idle))

    @cached_property
    def sources(self) -> tuple[SourceUse, ...]:
        """Every catalogue figure that the plan rests on, by id."""
        used: dict[str, tuple[Figure, list[str]]] = {}
        for stage, ledger in self.ledgers.items():
            for fid, figure in ledger.items():
                used.setdefault(fid, (figure, []))[1].append(stage)
        return tuple(SourceUse(figure, tuple(stages)) for _, (figure, stages) in sorted(used.items()))

    def to_dict(self) -> dict[str, Any]:
        """Give plan.json as a dict: version, scenario, figures, warnings, sources."""
        return {
            "wattscale": self.version,
            "scenario": to_tables(self.scenario),
            "figures": {
                f.name: {"value": f.value, "unit": f.unit, "low": f.low, "high": f.high} for f in self.figures.values()
            },
            "warnings": [{"code": w.code, "message": w.message} for w in self.warnings],
            "sources": [_source(use) for use in self.sources],
        }

    def hourly(self) -> pd.DataFrame:
        """Give the hourly year: IT, facility, water, price, carbon and dispatch, 8,760 rows in UTC."""
        import pandas as pd

        columns: dict[str, Any] = {"it_power_mw": self.compute.it_power_mw}
        for name, part in (("training", self.compute.training), ("serving", self.compute.serving)):
            if part is not None:
                columns[f"{name}_it_power_mw"] = part.power_mw
        columns |= {
            "facility_power_mw": self.facility.power_mw,
            "pue": self.facility.pue,
            "water_m3": self.facility.water_m3,
            "temp_air_c": self.site.weather.temp_air_c,
            "price_usd_per_mwh": self.site.price_usd_per_mwh,
            "grid_carbon_kg_per_mwh": self.site.carbon_kg_per_mwh,
            "cfe_share": self.supply.cfe_share,
            "carbon_kg": self.supply.carbon_kg,
        }
        columns |= {f"{name}_mw": series for name, series in self.supply.dispatch_mw.items()}
        columns |= {f"to_{name}_mw": series for name, series in self.supply.uses_mw.items()}
        columns |= {f"curtailed_{name}_mw": series for name, series in self.supply.curtailed_mw.items()}
        hours = pd.DatetimeIndex(self.site.calendar.labels().astype("datetime64[ns]"), name="time_utc")
        return pd.DataFrame(columns, index=hours)

    def table(self) -> pd.DataFrame:
        """Give the figures as a table: figure, title, value, low, high, unit."""
        import pandas as pd

        rows = [(f.name, f.title, f.value, f.low, f.high, f.unit) for f in self.figures.values()]
        return pd.DataFrame(rows, columns=["figure", "title", "value", "low", "high", "unit"]).set_index("figure")

    def _repr_html_(self) -> str:
        from wattscale.report import plan_card

        return plan_card(self)


def plan_figure(name: str, value: Value, sources: tuple[str, ...]) -> PlanFigure:
    """Give a stage's figure its unit, title and range.

    Raises:
        WattscaleError: The figure is not described in the catalogue, or is not finite (a defect of the package).
    """
    spec = spec_of(name)
    if spec is None:
        raise WattscaleError(f"the figure '{name}' is not described in the catalogue")
    mid, low, high = value if isinstance(value, tuple) else (value, value, value)
    if not all(math.isfinite(x) for x in (mid, low, high)):
        raise WattscaleError(f"the figure '{name}' is not a finite number: {value}")
    return PlanFigure(name, float(mid), float(low), float(high), spec.unit, spec.title, sources)


def _source(use: SourceUse) -> dict[str, Any]:
    figure = use.figure
    found: dict[str, Any] = {
        "id": figure.id,
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "unit": figure.unit,
        "source": figure.source,
        "year": figure.year,
        "confidence": figure.confidence,
        "stages": list(use.stages),
    }
    return found
