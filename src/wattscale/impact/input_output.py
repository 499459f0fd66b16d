"""Input-output analysis: output, jobs and value added that a spending pulls through an economy.

In: a table of requirements, jobs and value added per output, a spending by sector. Out: totals by sector and round.
Leaves out: prices, capacity limits and substitution; a spending here is used in the multiplier's own money.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.errors import InputError
from wattscale.units import FloatArray


@dataclass(frozen=True)
class Economy:
    """An input-output table.

    Attributes:
        sectors: Names.
        requirements: Input of sector i per unit of output of sector j, A [1], shape (n, n).
        jobs_per_musd: Jobs per million dollars of output [job/MUSD], shape (n,).
        value_added_share: Value added per unit of output [1], shape (n,).
        wage_share: Household income per unit of output [1], shape (n,); only for induced effects.
        consumption: Share of household income spent on each sector [1], shape (n,); only for induced effects.
    """

    sectors: tuple[str, ...]
    requirements: FloatArray
    jobs_per_musd: FloatArray
    value_added_share: FloatArray
    wage_share: FloatArray | None = None
    consumption: FloatArray | None = None


def leontief_inverse(requirements: FloatArray) -> FloatArray:
    """Give the total requirements L = (I - A)^-1.

    Args:
        requirements: Direct requirements A [1], shape (n, n).

    Returns:
        Total requirements [1], shape (n, n).

    Raises:
        InputError: A table that is not square, has gaps, or needs more than it makes.

    Source: Leontief; Miller and Blair 2009, chapter 2.

    >>> leontief_inverse(np.array([[0.5]])).tolist()
    [[2.0]]
    """
    a = np.asarray(requirements, dtype=np.float64)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not np.isfinite(a).all():
        raise InputError("must be a square table without gaps", where="input_output.requirements", value=a.shape)
    if float(np.abs(np.linalg.eigvals(a)).max(initial=0.0)) >= 1.0:
        raise InputError("the sectors need more than they make", where="input_output.requirements")
    return np.asarray(np.linalg.solve(np.eye(a.shape[0]) - a, np.eye(a.shape[0])))


@dataclass(frozen=True)
class Effect:
    """What a spending pulls, by sector.

    Attributes:
        output_usd: Output [USD], shape (n,).
        jobs: Jobs [job], shape (n,).
        value_added_usd: Value added [USD], shape (n,).
    """

    output_usd: FloatArray
    jobs: FloatArray
    value_added_usd: FloatArray


def effects(economy: Economy, spending_usd: FloatArray, induced_share: float = 0.0) -> dict[str, Effect]:
    """Give direct, indirect and, if wanted, induced effects of a spending.

    x = (I - A)^-1 y; induced effects close the table with a row of wages and a column of consumption, of which the
    share given is spent anew.

    Args:
        economy: The table.
        spending_usd: Spending y on each sector, in the table's money [USD], shape (n,).
        induced_share: Share of household income that is spent anew in this economy [1], at most 0.8.

    Returns:
        Effects `direct`, `indirect` and `induced`, which add up to the total.

    Raises:
        InputError: Induced effects of a table without wages, or a share above 0.8.

    Source: Miller and Blair 2009, chapters 2 and 6 (type I and type II).
    """
    spending = np.asarray(spending_usd, dtype=np.float64)
    total = leontief_inverse(economy.requirements) @ spending
    rounds = {"direct": spending, "indirect": total - spending}
    rounds["induced"] = _closed(economy, spending, induced_share) - total if induced_share > 0.0 else 0.0 * total
    return {name: _effect(economy, output) for name, output in rounds.items()}


def _closed(economy: Economy, spending: FloatArray, induced_share: float) -> FloatArray:
    """Output with households as a sector, shape (n,)."""
    if not 0.0 <= induced_share <= 0.8:
        raise InputError("overstates induced effects", where="induced_share", value=induced_share, allowed="0 to 0.8")
    if economy.wage_share is None or economy.consumption is None:
        raise InputError("the table has no wages and consumption", where="induced_share", value=induced_share)
    size = spending.size
    closed = np.zeros((size + 1, size + 1))
    closed[:size, :size] = economy.requirements
    closed[size, :size] = economy.wage_share
    closed[:size, size] = economy.consumption * induced_share
    return np.asarray((leontief_inverse(closed) @ np.append(spending, 0.0))[:size])


def _effect(economy: Economy, output: FloatArray) -> Effect:
    return Effect(output, output / 1e6 * economy.jobs_per_musd, output * economy.value_added_share)
