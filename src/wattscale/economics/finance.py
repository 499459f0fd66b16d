"""What a row of yearly payments is worth: NPV, every IRR, MIRR and payback, for one project or many draws.

In: yearly cash flows, year 0 first. Out: values and rates; a rate that does not exist is None.
Leaves out: where the payments come from (cashflow.py) and debt (project_finance.py).
"""

from __future__ import annotations

import numpy as np

from wattscale.errors import InputError
from wattscale.units import FloatArray

LOWEST_RATE, HIGHEST_RATE = -0.95, 10.0
"""Rates between which an IRR is looked for [1/year]."""
GRID_POINTS = 1200
"""Points of the search grid, even in ln(1 + r); two roots nearer than a step are one."""
BISECTIONS = 60
"""Halvings of a bracket, enough for full double precision."""


def npv(rate: float | FloatArray, cash_flow_usd: FloatArray) -> FloatArray:
    """Give the net present value of yearly payments.

    NPV = sum over t of c_t * (1 + r)^-t

    Args:
        rate: Discount rate [1/year], a number or an array that broadcasts against the draws.
        cash_flow_usd: Payments, year 0 first [USD], shape (..., years + 1).

    Returns:
        Net present value [USD], shape (...).

    Source: standard.

    >>> float(npv(0.1, np.array([-100.0, 0.0, 242.0])).round(9))
    100.0
    """
    years = np.arange(cash_flow_usd.shape[-1])
    discount = (1.0 + np.asarray(rate, dtype=np.float64)[..., None]) ** -years
    return np.asarray((cash_flow_usd * discount).sum(axis=-1), dtype=np.float64)


def irr_roots(cash_flow_usd: FloatArray) -> tuple[float, ...]:
    """Find every internal rate of return between -95 % and 1,000 % a year.

    A rate r with NPV(r) = 0. Payments whose sign changes more than once may have several.

    Args:
        cash_flow_usd: Payments, year 0 first [USD], shape (years + 1,).

    Returns:
        Rates in rising order [1/year]; empty where there is none.

    Source: bracketing on a grid even in ln(1 + r), then bisection.

    >>> [round(r, 6) for r in irr_roots(np.array([-100.0, 230.0, -132.0]))]
    [0.1, 0.2]
    >>> irr_roots(np.array([-100.0, -1.0]))
    ()
    """
    cash = np.asarray(cash_flow_usd, dtype=np.float64)
    if not np.isfinite(cash).all():
        raise InputError("payments must be finite", where="cash_flow_usd")
    if not ((cash > 0).any() and (cash < 0).any()):
        return ()
    grid = np.linspace(np.log1p(LOWEST_RATE), np.log1p(HIGHEST_RATE), GRID_POINTS)
    scale = np.abs(cash).max()
    years = np.arange(cash.size)

    def value(log_rate: FloatArray) -> FloatArray:
        return np.asarray((cash / scale * np.exp(-log_rate[:, None] * years)).sum(axis=1))

    at_grid = value(grid)
    exact = grid[at_grid == 0.0]
    left = np.flatnonzero(at_grid[:-1] * at_grid[1:] < 0.0)
    low, high, sign = grid[left], grid[left + 1], np.sign(at_grid[left])
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        same = np.sign(value(middle)) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return tuple(float(np.expm1(r)) for r in np.sort(np.concatenate([exact, 0.5 * (low + high)])))


def irr(cash_flow_usd: FloatArray, near: float = 0.1) -> float | None:
    """Give the internal rate of return; of several the one nearest to a usual rate.

    Args:
        cash_flow_usd: Payments, year 0 first [USD].
        near: The usual rate [1/year].

    Returns:
        Rate [1/year], or None where there is none.

    >>> round(irr(np.array([-100.0, 0.0, 121.0])), 9)
    0.1
    """
    roots = irr_roots(cash_flow_usd)
    return min(roots, key=lambda r: abs(r - near)) if roots else None


def irr_many(cash_flow_usd: FloatArray, steps: int = BISECTIONS) -> FloatArray:
    """Find the internal rate of return of many draws at once, by bisection.

    Right for draws that pay first and earn later (one change of sign); others give NaN.

    Args:
        cash_flow_usd: Payments, year 0 first [USD], shape (draws, years + 1).
        steps: Halvings.

    Returns:
        Rates [1/year], shape (draws,); NaN where there is none or where there may be several.

    Source: bisection on ln(1 + r).

    >>> [round(float(r), 6) for r in irr_many(np.array([[-100.0, 110.0], [-100.0, 120.0]]))]
    [0.1, 0.2]
    """
    cash = np.atleast_2d(np.asarray(cash_flow_usd, dtype=np.float64))
    signs = np.sign(cash)
    filled = signs.copy()
    for year in range(1, cash.shape[1]):
        filled[:, year] = np.where(signs[:, year] == 0, filled[:, year - 1], signs[:, year])
    changes = (filled[:, 1:] * filled[:, :-1] < 0).sum(axis=1)
    low = np.full(cash.shape[0], np.log1p(LOWEST_RATE))
    high = np.full(cash.shape[0], np.log1p(HIGHEST_RATE))
    scaled = cash / np.maximum(np.abs(cash).max(axis=1, keepdims=True), 1e-300)
    first = np.sign(_present(scaled, low))
    bracketed = (changes == 1) & (first * np.sign(_present(scaled, high)) <= 0)
    for _ in range(steps):
        middle = 0.5 * (low + high)
        same = np.sign(_present(scaled, middle)) == first
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return np.where(bracketed, np.expm1(0.5 * (low + high)), np.nan)


def _present(cash: FloatArray, log_rate: FloatArray) -> FloatArray:
    """Present value by Horner's rule, shape (draws,): no power of the rate is formed."""
    factor = np.exp(-log_rate)
    total = np.zeros(cash.shape[0])
    for year in range(cash.shape[1] - 1, -1, -1):
        total = total * factor + cash[:, year]
    return total


def mirr(cash_flow_usd: FloatArray, finance_rate: float, reinvest_rate: float) -> float | None:
    """Give the modified internal rate of return, which is unique.

    (FV of what comes in / -PV of what goes out)^(1/n) - 1

    Args:
        cash_flow_usd: Payments, year 0 first [USD].
        finance_rate: Rate at which payments out are discounted [1/year].
        reinvest_rate: Rate at which payments in are reinvested [1/year].

    Returns:
        Rate [1/year], or None where nothing goes out or nothing comes in.

    Source: Lin 1976; the MIRR of spreadsheets.

    >>> round(mirr(np.array([-100.0, 0.0, 121.0]), 0.1, 0.1), 9)
    0.1
    """
    cash = np.asarray(cash_flow_usd, dtype=np.float64)
    n = cash.size - 1
    out = float(-npv(finance_rate, np.minimum(cash, 0.0)))
    back = float(npv(reinvest_rate, np.maximum(cash, 0.0))) * (1.0 + reinvest_rate) ** n
    if out <= 0.0 or back <= 0.0:
        return None
    return float((back / out) ** (1.0 / n) - 1.0)


def payback_years(cash_flow_usd: FloatArray) -> float | None:
    """Give the time until the sum of payments turns and stays positive, within a year by straight line.

    Args:
        cash_flow_usd: Payments, year 0 first [USD].

    Returns:
        Years, or None where it never does.

    Source: standard, undiscounted.

    >>> payback_years(np.array([-100.0, 40.0, 40.0, 40.0]))
    2.5
    """
    total = np.cumsum(np.asarray(cash_flow_usd, dtype=np.float64))
    if total[-1] < 0.0:
        return None
    negative = np.flatnonzero(total < 0.0)
    if negative.size == 0:
        return 0.0
    year = int(negative[-1])
    return float(year + -total[year] / (total[year + 1] - total[year]))
