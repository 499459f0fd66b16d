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
from wattscale.impact.input_output import Economy, Effect, effects
from wattscale.scenario.impact import ImpactTable
from wattscale.units import FloatArray

LOCAL_PARTS = ("shell", "fit_out", "electrical", "cooling", "grid_connection", "fibre")
"""Parts built on site, of which a share is spent locally; land and devices are not."""
SEGMENTS = (
    "accelerators", "servers", "network", "storage", "software", "facility", "cooling", "power", "operations", "energy",
)  # fmt: skip
"""Segments of the cost lines."""


def spending(lines: Iterable[CostLine], economy: Economy, table: ImpactTable) -> tuple[FloatArray, FloatArray]:
    """Give the capital and the running cost spent on each sector, in the table's money.

    Args:
        lines: Cost lines.
        economy: The table.
        table: Scenario table, with the sector of each segment (segments left out are imports), the share of a segment
            spent inside the economy and the table's money per USD.

    Returns:
        Capital [money], shape (n,), and running cost of a year [money/year], shape (n,).

    Raises:
        InputError: A segment or a sector that does not exist, or a share that is none.
    """
    _check(economy, table)
    place = {segment: economy.sectors.index(sector) for segment, sector in table.input_output_sectors.items()}
    capital, running = np.zeros(len(economy.sectors)), np.zeros(len(economy.sectors))
    for line in lines:
        if line.segment in place:
            money = table.input_output_money_per_usd * table.input_output_local.get(line.segment, 1.0)
            capital[place[line.segment]] += line.capital_usd * money
            running[place[line.segment]] += line.running_usd_per_year * money
    return capital, running


def _check(economy: Economy, table: ImpactTable) -> None:
    """Refuse segments, sectors and shares that do not exist."""
    for where, named in (("sectors", table.input_output_sectors), ("local", table.input_output_local)):
        for segment in named:
            if segment not in SEGMENTS:
                raise InputError(
                    "no such segment", where=f"impact.input_output_{where}", value=segment,
                    allowed=", ".join(SEGMENTS), hint=did_you_mean(segment, SEGMENTS),
                )  # fmt: skip
    if not table.input_output_sectors:
        raise InputError(
            "names the sector of no segment", where="impact.input_output_sectors", value="{}",
            allowed=", ".join(SEGMENTS), hint=f"Example: facility = \"{economy.sectors[0]}\"",
        )  # fmt: skip
    for segment, sector in table.input_output_sectors.items():
        if sector not in economy.sectors:
            raise InputError(
                "no such sector in the table", where=f"impact.input_output_sectors.{segment}", value=sector,
                hint=did_you_mean(sector, economy.sectors),
            )  # fmt: skip
    if table.input_output_induced_share > 0.0 and economy.wage_share is None:
        raise InputError(
            "induced effects need the income of households", where="impact.input_output_wages", value=None,
            hint="Name it as extension/row, or set impact.input_output_induced_share = 0.",
        )  # fmt: skip
    for segment, share in table.input_output_local.items():
        if not 0.0 <= share <= 1.0:
            raise InputError(
                "must be a share", where=f"impact.input_output_local.{segment}", value=share, allowed="0 to 1"
            )


def table_rounds(table: ImpactTable, lines: Iterable[CostLine], economy: Economy) -> dict[str, dict[str, Effect]]:
    """Give what the plan's spending pulls through the table, by phase and round.

    Args:
        table: Scenario table.
        lines: Cost lines.
        economy: The table.

    Returns:
        Effects `direct`, `indirect` and `induced` of the phases `construction` (once) and `operation` (a year).

    Raises:
        InputError: No sector for any segment, or one that does not exist.

    Source: Leontief; Miller and Blair 2009, chapters 2 and 6.
    """
    capital, running = spending(lines, economy, table)
    share = table.input_output_induced_share
    return {"construction": effects(economy, capital, share), "operation": effects(economy, running, share)}


def input_output_figures(
    table: ImpactTable, lines: Iterable[CostLine], rounds: Mapping[str, Mapping[str, Effect]]
) -> dict[str, Value]:
    """Give the jobs and the value added that the plan's spending pulls through the table.

    Args:
        table: Scenario table.
        lines: Cost lines.
        rounds: Effects by phase and round, from `table_rounds`.

    Returns:
        Job-years and value added of building; jobs and value added of a year of running, induced ones apart where the
        scenario asks for them; the share of capital spent inside the economy.

    Source: Leontief; Miller and Blair 2009, chapter 2.
    """
    figures: dict[str, Value] = {}
    for name, unit, suffix in (("construction", "job_years", "usd"), ("operation", "jobs", "usd_per_year")):
        jobs = {each: float(effect.jobs.sum()) for each, effect in rounds[name].items()}
        added = {
            each: float(effect.value_added_usd.sum()) / table.input_output_money_per_usd
            for each, effect in rounds[name].items()
        }
        figures[f"io_{name}_{unit}"] = jobs["direct"] + jobs["indirect"]
        figures[f"io_{name}_{unit}_direct"] = jobs["direct"]
        figures[f"io_{name}_value_added_{suffix}"] = added["direct"] + added["indirect"]
        if table.input_output_induced_share > 0.0:
            figures[f"io_{name}_{unit}_induced"] = jobs["induced"]
            figures[f"io_{name}_value_added_induced_{suffix}"] = added["induced"]
    total = sum(line.capital_usd for line in lines)
    if total > 0.0:
        spent = float(rounds["construction"]["direct"].output_usd.sum())
        figures["io_spent_inside_share"] = spent / table.input_output_money_per_usd / total
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
