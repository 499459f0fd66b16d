"""Jobs from published factors per MW: by technology and phase, gross and net of displacement.

In: capacities and design power. Out: job-years and jobs by part, with ranges.
Leaves out: jobs in making chips and servers (no published factor found), and jobs lost elsewhere to automation.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattscale.catalog import Catalog
from wattscale.figure import Figure
from wattscale.impact.factors import factor

PHASES = ("construction", "operation", "manufacturing", "variable")
"""Phases: construction and manufacturing in job-years per MW, operation in jobs per MW, variable in jobs per MWh and
year: those that follow the output of a plant."""


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
        figures = {f"{technology}.{phase}": factor(catalog, "multipliers", technology, phase) for phase in PHASES}
        known = {key: figure for key, figure in figures.items() if figure is not None}
        found |= known
        if not known:
            missing.append(technology)
    return found, missing


def jobs(
    capacity_mw: Mapping[str, float], energy_mwh: Mapping[str, float], factors: Mapping[str, float]
) -> dict[str, float]:
    """Give direct jobs by part and phase: capacity, or yearly energy for the phase `variable`, times factor.

    Args:
        capacity_mw: Capacity by technology; `data_centre` is the design IT power [MW].
        energy_mwh: Energy made in a year by technology [MWh].
        factors: Factor by `<technology>.<phase>` [job-year/MW, job/MW or job-year/MWh].

    Returns:
        Jobs by `<technology>.<phase>` [job-year or job].

    Source: job factors of ReEDS inputs (JEDI) and JLARC 2024, table `multipliers`.

    >>> jobs({"solar": 100.0}, {}, {"solar.construction": 2.0, "solar.operation": 0.05})
    {'solar.construction': 200.0, 'solar.operation': 5.0}
    """
    found = {}
    for key, value in factors.items():
        technology, _, phase = key.rpartition(".")
        amounts = energy_mwh if phase == "variable" else capacity_mw
        found[key] = amounts.get(technology, 0.0) * value
    return found


def total(parts: Mapping[str, float], phase: str) -> float:
    """Sum one phase over all parts.

    >>> total({"solar.operation": 5.0, "wind.operation": 2.0, "wind.construction": 9.0}, "operation")
    7.0
    """
    return sum(value for key, value in parts.items() if key.endswith(f".{phase}"))
