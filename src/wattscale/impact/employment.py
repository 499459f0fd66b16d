"""Jobs by phase and round: direct, indirect and induced, gross and net, each phase from one source alone.

In: direct jobs from factors per MW, or the effects of a user's input-output table. Out: one row by phase, and figures.
Leaves out: indirect and induced jobs of running own power plant (no factor fits) and of making it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wattscale.catalog import Catalog
from wattscale.economics.costs import one_at_a_time
from wattscale.figure import Figure, PlanWarning, Value
from wattscale.impact.input_output import Effect
from wattscale.impact.jobs import PHASES, job_factors, jobs, total
from wattscale.scenario.impact import ImpactTable
from wattscale.units import FloatArray

Basis = Literal["factors", "table"]
Range = tuple[float, float, float]
PLANT_SEGMENT = "power"
"""Segment whose spending makes power plant: with a sector in the table, its makers are counted there."""


@dataclass(frozen=True)
class JobRow:
    """The jobs of one phase.

    Attributes:
        phase: `construction` and `manufacturing` [job-year], `operation` [job].
        basis: `factors` per MW or the user's `table`, never both.
        direct: Jobs where the money is spent.
        indirect: Jobs at suppliers.
        induced: Jobs from the spending of wages.
        displacement_share: Share of gross jobs that would exist anyway [1].
    """

    phase: str
    basis: Basis
    direct: float
    indirect: float
    induced: float
    displacement_share: float

    @property
    def gross(self) -> float:
        """Direct, indirect and induced jobs."""
        return self.direct + self.indirect + self.induced

    @property
    def net(self) -> float:
        """Gross less what is displaced.

        >>> JobRow("operation", "factors", 60.0, 30.0, 10.0, 0.75).net
        25.0
        """
        return self.gross * (1.0 - self.displacement_share)


def rows_of_factors(
    construction: float, operation: float, on_site: float, manufacturing: float, displacement: float, catalog: Catalog
) -> list[JobRow]:
    """Give the rows of a plan without a table.

    Suppliers' and induced jobs of building follow direct ones as in US construction; those of running follow the data
    centre's own jobs by the industry's multiplier, shared between the two rounds as in US construction.

    Args:
        construction: Direct job-years of building, from factors per MW [job-year].
        operation: Direct permanent jobs [job].
        on_site: Those of the data centre itself [job].
        manufacturing: Job-years of making power plant [job-year].
        displacement: Share of gross jobs that would exist anyway [1].
        catalog: The catalogue.

    Returns:
        Rows of construction, operation and manufacturing.

    Source: table `multipliers`: Economic Policy Institute 2019 (Bivens), NVTC 2022.

    >>> from wattscale.catalog import load_catalog
    >>> rows = rows_of_factors(545.0, 10.0, 10.0, 0.0, 0.5, load_catalog())
    >>> [round(x) for x in (rows[0].indirect, rows[0].induced, rows[1].gross)]
    [480, 488, 51]
    """
    per_usd = {
        each: catalog.value("multipliers", f"sector_construction.jobs_{each}")
        for each in ("direct", "supplier", "induced")
    }
    more = on_site * (catalog.value("multipliers", "data_centre.employment_multiplier") - 1.0)
    indirect_share = per_usd["supplier"] / (per_usd["supplier"] + per_usd["induced"])
    return [
        JobRow(
            "construction", "factors", construction, construction * per_usd["supplier"] / per_usd["direct"],
            construction * per_usd["induced"] / per_usd["direct"], displacement,
        ),
        JobRow(
            "operation", "factors", operation, more * indirect_share, more * (1.0 - indirect_share), displacement
        ),
        JobRow("manufacturing", "factors", manufacturing, 0.0, 0.0, displacement),
    ]  # fmt: skip


def rows_of_table(
    rounds: Mapping[str, Mapping[str, Effect]], sectors: Mapping[str, str], factors: list[JobRow]
) -> list[JobRow]:
    """Give the rows of a plan with a table: its phases replace those of the factors, so that none is counted twice.

    Making power plant stays with the factors where the table is told of no spending on plant, and is left out where it
    is: the makers are suppliers in the table.

    Args:
        rounds: Effects by phase and round.
        sectors: Sector by cost segment.
        factors: Rows from factors, for displacement and for phases the table does not cover.

    Returns:
        Rows, one by phase.
    """
    found = []
    for row in factors:
        if row.phase in rounds:
            jobs = {each: float(effect.jobs.sum()) for each, effect in rounds[row.phase].items()}
            found.append(
                JobRow(row.phase, "table", jobs["direct"], jobs["indirect"], jobs["induced"], row.displacement_share)
            )
        elif PLANT_SEGMENT not in sectors:
            found.append(row)
    return found


def construction_figures(row: JobRow, direct: Range, displacement: Range) -> dict[str, Value]:
    """Give the figures of all rounds of building, with the range of the direct jobs.

    Args:
        row: Row of construction.
        direct: Direct job-years, with range [job-year].
        displacement: Share of gross jobs that would exist anyway, with range [1].

    Returns:
        Indirect, induced, gross and net job-years of construction.

    >>> row = JobRow("construction", "factors", 5.0, 3.0, 2.0, 0.5)
    >>> found = construction_figures(row, (5.0, 4.0, 10.0), (0.5, 0.4, 0.75))
    >>> found["jobs_construction_all_job_years"], found["jobs_construction_all_net_job_years"]
    ((10.0, 8.0, 20.0), (5.0, 2.0, 12.0))
    """

    def times(per_direct: float, shares: Range = (1.0, 1.0, 1.0)) -> Value:
        return (
            direct[0] * per_direct * shares[0],
            direct[1] * per_direct * shares[1],
            direct[2] * per_direct * shares[2],
        )

    if row.direct <= 0.0:
        return {}
    kept = (1.0 - displacement[0], 1.0 - displacement[2], 1.0 - displacement[1])
    return {
        "jobs_construction_indirect_job_years": times(row.indirect / row.direct),
        "jobs_construction_induced_job_years": times(row.induced / row.direct),
        "jobs_construction_all_job_years": times(row.gross / row.direct),
        "jobs_construction_all_net_job_years": times(row.gross / row.direct, kept),
    }


def employment(
    table: ImpactTable, plants: Mapping[str, float], design_it_mw: float, energy: Mapping[str, float], catalog: Catalog
) -> tuple[dict[str, float], list[JobRow], dict[str, Value], list[PlanWarning]]:
    """Give the jobs of a plan from published factors.

    Args:
        table: Scenario table.
        plants: Own plant by technology [MW].
        design_it_mw: IT power the building is made for [MW].
        energy: Energy of a year by technology [MWh].
        catalog: The catalogue.

    Returns:
        Direct jobs by part and phase, rows by phase, figures, and a warning for each technology without a factor.

    Source: table `multipliers`.
    """
    capacity = {**plants, "data_centre": design_it_mw}
    book, missing = job_factors(plants, catalog)
    warnings = [
        PlanWarning("no-job-factor", f"No job factor is published for {name}; its jobs are not counted.")
        for name in missing
    ]

    def measure(factors: Mapping[str, float]) -> FloatArray:
        found = jobs(capacity, energy, factors)
        sums = {phase: total(found, phase) for phase in PHASES}
        return np.array([sums["construction"], sums["operation"] + sums["variable"], sums["manufacturing"]])

    construction, permanent, manufacturing = zip(*one_at_a_time(book, measure), strict=True)
    parts = jobs(capacity, energy, {key: figure.value for key, figure in book.items()})
    displaced = own_or_found(table.displacement_share, catalog.figure("multipliers", "all.displacement"))
    on_site = parts["data_centre.operation"]
    rows = rows_of_factors(
        float(construction[0]), float(permanent[0]), on_site, float(manufacturing[0]), displaced[0], catalog
    )
    local = own_or_found(table.local_content_share, catalog.figure("multipliers", "all.local_content"))
    figures: dict[str, Value] = {
        "jobs_construction_job_years": _range(construction),
        "jobs_construction_local_job_years": _range(c * share for c, share in zip(construction, local, strict=True)),
        "jobs_manufacturing_job_years": _range(manufacturing),
        **_permanent(rows[1], _range(permanent), on_site, displaced, catalog),
        **construction_figures(rows[0], _range(construction), displaced),
    }
    return parts, rows, figures, warnings


def _permanent(row: JobRow, direct: Range, on_site: float, displaced: Range, catalog: Catalog) -> dict[str, Value]:
    """Permanent jobs, direct and all, gross and net, and what they add in value."""
    multiplier = catalog.figure("multipliers", "data_centre.employment_multiplier")
    more = row.gross, direct[1] + on_site * (multiplier.low - 1.0), direct[2] + on_site * (multiplier.high - 1.0)
    kept = 1.0 - displaced[0], 1.0 - displaced[2], 1.0 - displaced[1]
    return {
        "jobs_permanent": direct,
        "jobs_permanent_net": _range(jobs * share for jobs, share in zip(direct, kept, strict=True)),
        "jobs_permanent_all": more,
        "jobs_permanent_all_net": _range(jobs * share for jobs, share in zip(more, kept, strict=True)),
        "value_added_usd_per_year": row.gross * catalog.value("multipliers", "data_centre.value_added_per_job"),
    }


def _range(values: Iterable[float]) -> Range:
    value, low, high = map(float, values)
    return value, low, high


def own_or_found(own: float | None, found: Figure) -> Range:
    """Give the scenario's own value, or the catalogue's with its range.

    >>> own_or_found(0.5, Figure("a", 0.7, 0.6, 0.8, "1", "", "", "estimated"))
    (0.5, 0.5, 0.5)
    """
    return (own, own, own) if own is not None else (found.value, found.low, found.high)
