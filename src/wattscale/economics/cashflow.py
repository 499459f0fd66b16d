"""The plan's yearly cash flow: capital, replacements, what is left at the end, revenue, running cost, tax.

In: cost lines and yearly revenue. Out: payments, year 0 first, all real and before debt.
Leaves out: debt, construction years and accelerated depreciation (project_finance.py).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wattscale.annuity import annuity
from wattscale.economics.resale import remaining_value_share
from wattscale.economics.result import CostLine
from wattscale.units import FloatArray


def implied_resale(line: CostLine, rate: float) -> float:
    """Give the resale share that a line's annuity implies, from a' = a * (1 - s * (1 + r)^-n) [1].

    >>> implied_resale(CostLine("land", "facility", 100.0, 10.0, 0.0, 0.0, 0.0, 0.0), 0.0)
    1.0
    """
    full = line.capital_usd * annuity(rate, line.life_years)
    if full <= 0.0:
        return 0.0
    return float((1.0 - line.annuity_usd_per_year / full) * (1.0 + rate) ** line.life_years)


def capital_payments(line: CostLine, rate: float, years: int) -> FloatArray:
    """Give what the capital of one line takes and gives back: bought, replaced, sold, valued at the end.

    Bought at once in year 0 and again at each end of life; each time the old one sells for its resale value, and
    what is left at the end of the project counts at the value for which the annuity pays exactly (resale.py).

    Args:
        line: Cost line with capital, life and annuity.
        rate: Real discount rate [1/year].
        years: Length of the project [year].

    Returns:
        Payments, negative out [USD], shape (years + 1,).

    Source: replacement chain with annuity depreciation; the present value equals annuity times present value factor
    for lives of whole years.

    >>> line = CostLine("x", "facility", 100.0, 2.0, 50.0, 0.0, 0.0, 0.0)
    >>> capital_payments(line, 0.0, 4).tolist()
    [-100.0, 0.0, -100.0, 0.0, 0.0]
    """
    cash = np.zeros(years + 1)
    if line.capital_usd <= 0.0 or line.life_years <= 0.0:
        return cash
    resale = implied_resale(line, rate)
    bought = 0
    generation = 0
    while True:
        cash[bought] -= line.capital_usd
        generation += 1
        replaced = max(bought + 1, round(generation * line.life_years))
        if replaced > years:
            break
        cash[replaced] += line.capital_usd * resale
        bought = replaced
        if bought == years:
            return cash
    life = max(line.life_years, float(years - bought))
    cash[years] += line.capital_usd * remaining_value_share(rate, life, years - bought, resale)
    return cash


def cash_flow(
    lines: Iterable[CostLine], revenue_usd_per_year: float, rate: float, years: int, tax_rate: float = 0.0
) -> FloatArray:
    """Give the yearly payments of a plan.

    Args:
        lines: Cost lines.
        revenue_usd_per_year: Revenue of each year [USD/year].
        rate: Real discount rate, for the value of what is left at the end [1/year].
        years: Length of the project [year].
        tax_rate: Tax on revenue less running cost and straight-line depreciation, losses carried forward [1].

    Returns:
        Payments, year 0 first, negative out [USD], shape (years + 1,).

    Source: standard pro forma; all equity, real money.

    >>> line = CostLine("x", "facility", 100.0, 4.0, 25.0, 10.0, 0.0, 0.0)
    >>> cash_flow([line], 40.0, 0.0, 4).tolist()
    [-100.0, 30.0, 30.0, 30.0, 30.0]
    """
    lines = list(lines)
    cash = np.zeros(years + 1)
    for line in lines:
        cash += capital_payments(line, rate, years)
    running = sum(line.running_usd_per_year for line in lines)
    # A plant whose annuity is paid but whose capital is not stated (a lease) is a running cost.
    running += sum(line.annuity_usd_per_year for line in lines if line.capital_usd <= 0.0)
    operating = np.full(years, revenue_usd_per_year - running)
    cash[1:] += operating
    if tax_rate > 0.0:
        worn = sum(
            line.capital_usd / line.life_years for line in lines if line.life_years > 0.0 and line.part != "land"
        )
        cash[1:] -= tax(operating - worn, tax_rate)
    return cash


def tax(profit_usd: FloatArray, tax_rate: float, use_share: float = 1.0) -> FloatArray:
    """Give the tax of each year with losses carried forward.

    Args:
        profit_usd: Taxable profit before losses of earlier years [USD], shape (..., years).
        tax_rate: Tax on profit [1].
        use_share: Share of a year's profit that old losses may offset [1]; 0.8 in the United States since 2018.

    Returns:
        Tax, not negative [USD], shape (..., years).

    Source: standard; 26 US Code 172 for the 80 % limit.

    >>> tax(np.array([-10.0, 4.0, 16.0]), 0.5).tolist()
    [0.0, 0.0, 5.0]
    """
    profit = np.asarray(profit_usd, dtype=np.float64)
    due = np.zeros_like(profit)
    carried = np.zeros(profit.shape[:-1])
    for year in range(profit.shape[-1]):
        now = profit[..., year]
        used = np.minimum(carried, np.maximum(now, 0.0) * use_share)
        carried = carried - used + np.maximum(-now, 0.0)
        due[..., year] = tax_rate * (np.maximum(now, 0.0) - used)
    return due
