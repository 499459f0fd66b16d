"""Jobs from published factors per MW: by technology and phase, gross and net of displacement.

In: capacities and design power. Out: job-years and jobs by part, with ranges.
Leaves out: jobs in making chips and servers (no published factor found), and jobs lost elsewhere to automation.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattscale.catalog import Catalog
from wattscale.figure import Figure
from wattscale.impact.factors import factor

PHASES = ("construction", "operation", "manufacturing")
"""Phases: construction and manufacturing in job-years, operation in jobs."""


def job_factors(technologies: Mapping[str, float], catalog: Catalog) -> tuple[dict[str, Figure], list[str]]:
    """Collect the job factors of a plan.

    Args:
        technologies: Capacity by technology [MW].
        catalog: The catalogue.

    Returns:
        Figures by `<technology>.<phase>`, the data centre's among them, and the technologies without any.

    Source: table `multipliers`.
    """
    found: dict[str, Figure] = {}
    missing = []
    for technology in ("data_centre", *technologies):
        known = 0
        for phase in PHASES:
            figure = factor(catalog, "multipliers", technology, phase)
            if figure is not None:
                found[f"{technology}.{phase}"] = figure
                known += 1
        if known == 0:
            missing.append(technology)
    return found, missing


def jobs(capacity_mw: Mapping[str, float], factors: Mapping[str, float]) -> dict[str, float]:
    """Give direct jobs by part and phase: capacity times factor.

    Args:
        capacity_mw: Capacity by technology; `data_centre` is the design IT power [MW].
        factors: Factor by `<technology>.<phase>` [job-year/MW or job/MW].

    Returns:
        Jobs by `<technology>.<phase>` [job-year or job].

    Source: job factors of ReEDS inputs (JEDI) and JLARC 2024, table `multipliers`.

    >>> jobs({"solar": 100.0}, {"solar.construction": 2.0, "solar.operation": 0.05})
    {'solar.construction': 200.0, 'solar.operation': 5.0}
    """
    return {key: capacity_mw.get(key.rpartition(".")[0], 0.0) * value for key, value in factors.items()}


def total(parts: Mapping[str, float], phase: str) -> float:
    """Sum one phase over all parts.

    >>> total({"solar.operation": 5.0, "wind.operation": 2.0, "wind.construction": 9.0}, "operation")
    7.0
    """
    return sum(value for key, value in parts.items() if key.endswith(f".{phase}"))
