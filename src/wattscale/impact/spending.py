"""The plan's spending through a user's input-output table, and the part of it that stays local.

In: cost lines, a table, the sector each segment is spent on. Out: output, jobs and value added of building and of a
year of running. Leaves out: segments without a sector (imports). These figures stand beside those from factors per MW
and are never added to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from wattscale.economics.result import CostLine
from wattscale.errors import InputError, did_you_mean
from wattscale.figure import Value
from wattscale.impact.input_output import Economy, effects
from wattscale.scenario.impact import ImpactTable
from wattscale.units import FloatArray

LOCAL_PARTS = ("shell", "fit_out", "electrical", "cooling", "grid_connection", "fibre")
"""Parts built on site, of which a share is spent locally; land and devices are not."""
SEGMENTS = (
    "accelerators", "servers", "network", "storage", "facility", "cooling", "power", "operations", "energy",
)  # fmt: skip
"""Segments of the cost lines."""


def spending(
    lines: Iterable[CostLine], economy: Economy, sectors: Mapping[str, str], money_per_usd: float
) -> tuple[FloatArray, FloatArray]:
    """Give the capital and the running cost spent on each sector, in the table's money.

    Args:
        lines: Cost lines.
        economy: The table.
        sectors: Sector by segment; segments left out are imports.
        money_per_usd: The table's money per USD.

    Returns:
        Capital [money], shape (n,), and running cost of a year [money/year], shape (n,).

    Raises:
        InputError: A segment or a sector that does not exist.
    """
    where = "impact.input_output_sectors"
    for segment, sector in sectors.items():
        if segment not in SEGMENTS:
            hint = did_you_mean(segment, SEGMENTS)
            raise InputError("no such segment", where=where, value=segment, allowed=", ".join(SEGMENTS), hint=hint)
        if sector not in economy.sectors:
            raise InputError(
                "no such sector in the table", where=f"{where}.{segment}", value=sector,
                hint=did_you_mean(sector, economy.sectors),
            )  # fmt: skip
    place = {segment: economy.sectors.index(sector) for segment, sector in sectors.items()}
    capital, running = np.zeros(len(economy.sectors)), np.zeros(len(economy.sectors))
    for line in lines:
        if line.segment in place:
            capital[place[line.segment]] += line.capital_usd * money_per_usd
            running[place[line.segment]] += line.running_usd_per_year * money_per_usd
    return capital, running


def input_output_figures(table: ImpactTable, lines: Iterable[CostLine], economy: Economy) -> dict[str, Value]:
    """Give what the plan's spending pulls through the table, direct and indirect.

    Args:
        table: Scenario table.
        lines: Cost lines.
        economy: The table.

    Returns:
        Job-years and value added of building; jobs and value added of a year of running; the share of spending
        inside the economy.

    Raises:
        InputError: No sector for any segment, or one that does not exist.

    Source: Leontief; Miller and Blair 2009, chapter 2.
    """
    if not table.input_output_sectors:
        raise InputError(
            "names the sector of no segment", where="impact.input_output_sectors", value="{}",
            allowed=", ".join(SEGMENTS), hint=f"Example: facility = \"{economy.sectors[0]}\"",
        )  # fmt: skip
    lines = list(lines)
    capital, running = spending(lines, economy, table.input_output_sectors, table.input_output_money_per_usd)
    figures: dict[str, Value] = {}
    for name, spent, unit in (("construction", capital, "job_years"), ("operation", running, "jobs")):
        found = effects(economy, spent)
        direct, indirect = found["direct"], found["indirect"]
        figures[f"io_{name}_{unit}"] = float(direct.jobs.sum() + indirect.jobs.sum())
        figures[f"io_{name}_{unit}_direct"] = float(direct.jobs.sum())
        added = float(direct.value_added_usd.sum() + indirect.value_added_usd.sum())
        suffix = "usd" if name == "construction" else "usd_per_year"
        figures[f"io_{name}_value_added_{suffix}"] = added / table.input_output_money_per_usd
    total = sum(line.capital_usd for line in lines)
    if total > 0.0:
        figures["io_spent_inside_share"] = float(capital.sum()) / table.input_output_money_per_usd / total
    return figures


def local_figures(lines: Iterable[CostLine], local: tuple[float, float, float]) -> dict[str, Value]:
    """Give the capital that is spent locally.

    Args:
        lines: Cost lines.
        local: Local share of what is built on site, with range [1].

    Returns:
        Local capital, and its share of the total.

    >>> building = CostLine("shell", "facility", 100.0, 25.0, 9.0, 0.0, 9.0, 9.0)
    >>> devices = CostLine("accelerators", "accelerators", 300.0, 5.0, 75.0, 0.0, 75.0, 75.0)
    >>> local_figures([building, devices], (0.5, 0.4, 0.6))["local_capital_share"]
    0.125
    """
    lines = list(lines)
    built = sum(line.capital_usd for line in lines if line.part in LOCAL_PARTS)
    total = sum(line.capital_usd for line in lines)
    figures: dict[str, Value] = {"local_capital_usd": (built * local[0], built * local[1], built * local[2])}
    if total > 0.0:
        figures["local_capital_share"] = built * local[0] / total
    return figures
