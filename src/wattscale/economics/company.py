"""The plan as a project company: debt, tax and what the owners earn, in nominal money.

In: cost lines, revenue and the financial terms of the scenario. Out: figures of debt and owners.
Leaves out: state taxes, reserve accounts and refinancing; replacements are paid by the owners and expensed at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wattscale.catalog import Catalog
from wattscale.economics.cashflow import capital_payments
from wattscale.economics.depreciation import schedule
from wattscale.economics.finance import irr
from wattscale.economics.project_finance import (
    ProjectCash,
    Terms,
    interest_during_construction,
    price_for_irr,
    project_cash,
)
from wattscale.economics.result import CostLine
from wattscale.errors import InfeasibleError
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.economics import EconomicsTable
from wattscale.units import FloatArray

HIGHEST_PRICE_FACTOR = 1000.0
"""Token prices are sought up to this many times the cost per token [1]."""


def terms_of(table: EconomicsTable, lines: Sequence[CostLine], catalog: Catalog) -> Terms:
    """Read the financial terms of a scenario.

    Args:
        table: Scenario table.
        lines: Cost lines, for the share of own power plant that a credit applies to.
        catalog: The catalogue.

    Returns:
        Terms.

    Source: table `dc_costs`, finance; table `depreciation`.
    """
    capital = sum(line.capital_usd for line in lines)
    plant = sum(line.capital_usd for line in lines if line.part.endswith(".capital"))
    return Terms(
        years=table.project_years,
        debt_rate=table.debt_rate,
        debt_years=min(table.debt_years, table.project_years),
        dscr=table.dscr or catalog.value("dc_costs", "finance.dscr_sizing"),
        gearing_cap=_given(table.gearing_cap, catalog, "finance.leverage"),
        construction_years=table.construction_years,
        tax_rate=table.tax_rate,
        depreciation=schedule(table.depreciation, catalog, table.bonus_share),
        itc_share=table.itc_share * plant / capital if capital > 0.0 else 0.0,
    )


def _given(own: float | None, catalog: Catalog, key: str) -> float:
    return own if own is not None else catalog.value("dc_costs", key)


def company_cash(
    table: EconomicsTable, lines: Sequence[CostLine], revenue_usd_per_year: float, terms: Terms
) -> tuple[ProjectCash, FloatArray]:
    """Give the cash of the project company.

    Args:
        table: Scenario table.
        lines: Cost lines, real.
        revenue_usd_per_year: Revenue, real [USD/year].
        terms: Terms.

    Returns:
        Cash of the company, and of the owners with replacements and end value, nominal [USD], shape (years + 1,).
    """
    years = np.arange(1, terms.years + 1)
    prices = np.asarray((1.0 + table.inflation_rate) ** years, dtype=np.float64)
    running = sum(line.running_usd_per_year for line in lines)
    running += sum(line.annuity_usd_per_year for line in lines if line.capital_usd <= 0.0)
    capital = sum(line.capital_usd for line in lines)
    cash = project_cash(np.array([capital]), revenue_usd_per_year * prices, running * prices, terms)
    replaced = sum(
        (capital_payments(line, table.discount_rate, terms.years) for line in lines), np.zeros(terms.years + 1)
    )
    owners = cash.equity_usd[0].copy()
    owners[1:] += replaced[1:] * prices * (1.0 - terms.tax_rate)
    return cash, owners


def company_figures(
    table: EconomicsTable, lines: Sequence[CostLine], revenue: tuple[float, float], output_mtok: float, catalog: Catalog
) -> tuple[dict[str, Value], list[PlanWarning]]:
    """Give the figures of debt and owners.

    Args:
        table: Scenario table.
        lines: Cost lines, real.
        revenue: Revenue from tokens and from training, real [USD/year].
        output_mtok: Output tokens of a year [Mtok/year].
        catalog: The catalogue.

    Returns:
        Figures and warnings.
    """
    terms = terms_of(table, lines, catalog)
    cash, owners = company_cash(table, lines, sum(revenue), terms)
    figures: dict[str, Value] = {
        "debt_usd": float(cash.debt_usd[0]),
        "gearing_share": float(cash.gearing[0]) if cash.cost_usd[0] > 0.0 else 0.0,
        "interest_during_construction_usd": float(cash.cost_usd[0])
        * (1.0 - 1.0 / (1.0 + interest_during_construction(terms.debt_rate, terms.construction_years))),
    }
    warnings: list[PlanWarning] = []
    if np.isfinite(cash.dscr_min[0]):
        figures["dscr_min"] = float(cash.dscr_min[0])
    elif terms.debt_years > 0:
        warnings.append(PlanWarning("no-debt", "The project earns too little to carry debt."))
    rate = irr(owners, table.target_irr)
    if rate is not None:
        figures["equity_irr_nominal"] = rate
        figures["equity_irr"] = (1.0 + rate) / (1.0 + table.inflation_rate) - 1.0
    if output_mtok <= 0.0:
        return figures, warnings

    def owners_at(price: float) -> FloatArray:
        return company_cash(table, lines, price * output_mtok + revenue[1], terms)[1]

    ceiling = HIGHEST_PRICE_FACTOR * sum(line.total_usd_per_year for line in lines) / output_mtok
    try:
        figures["price_for_target_irr_usd_per_mtok"] = price_for_irr(owners_at, table.target_irr, 0.0, ceiling)
    except InfeasibleError:
        warnings.append(PlanWarning("no-target-price", "No token price within reason earns exactly the target return."))
    return figures, warnings
