"""The plan as a project company: debt, tax and what the owners earn, in nominal money.

In: cost lines, revenue and the financial terms of the scenario. Out: figures of debt and owners.
Leaves out: state taxes, reserve accounts and refinancing; replacements are paid by the owners and expensed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.catalog.money import Deflator
from wattscale.economics.cashflow import capital_payments
from wattscale.economics.costs import CAPITAL_SUFFIX
from wattscale.economics.depreciation import schedule, tax_credits
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
from wattscale.supply.result import SupplyResult
from wattscale.units import FloatArray

HIGHEST_PRICE_FACTOR = 1000.0
"""Token prices are sought up to this many times the cost per token [1]."""


@dataclass(frozen=True)
class Credits:
    """Tax credits of a plan's own power plant.

    Attributes:
        itc_share: Investment credit over the capital of the whole plan [1].
        ptc_usd_per_year: Production credit of a year, real [USD/year].
        ptc_years: Years it is paid [year].
    """

    itc_share: float = 0.0
    ptc_usd_per_year: float = 0.0
    ptc_years: int = 0


def credits_of(
    table: EconomicsTable, lines: Sequence[CostLine], supply: SupplyResult, country: str, catalog: Catalog
) -> Credits:
    """Give the credits that the law holds for a plan's own power plant; of two kinds the production credit.

    Args:
        table: Scenario table.
        lines: Cost lines.
        supply: Result of the supply stage, for what each plant is and makes.
        country: Country code of the site.
        catalog: The catalogue.

    Returns:
        Credits; none where the scenario asks for none.

    Source: table `tax_credits`.
    """
    if table.credits == "none":
        return Credits()
    deflator = Deflator(catalog)
    itc_usd, ptc_usd, ptc_years = 0.0, 0.0, 0
    for line in lines:
        technology = line.part.removesuffix(CAPITAL_SUFFIX)
        kind = supply.plant_of(technology)
        found = tax_credits(country, kind, table.purchase_year, catalog) if technology != line.part else {}
        if "ptc" in found:
            real = found["ptc"].ptc_usd_per_mwh * deflator.factor("USD", found["ptc"].price_year)
            made = supply.dispatch_mw.get(technology)
            ptc_usd += (0.0 if made is None else float(made.sum())) * real
            ptc_years = max(ptc_years, int(found["ptc"].ptc_years))
        elif "itc" in found:
            itc_usd += line.capital_usd * found["itc"].itc_share
    capital = sum(line.capital_usd for line in lines)
    return Credits(itc_usd / capital if capital > 0.0 else 0.0, ptc_usd, ptc_years)


def terms_of(table: EconomicsTable, credits: Credits, catalog: Catalog) -> Terms:
    """Read the financial terms of a scenario.

    Args:
        table: Scenario table.
        credits: Tax credits.
        catalog: The catalogue.

    Returns:
        Terms.

    Source: table `dc_costs`, finance; table `depreciation`.
    """
    return Terms(
        years=table.project_years,
        debt_rate=table.debt_rate,
        debt_years=min(table.debt_years, table.project_years),
        dscr=table.dscr or catalog.value("dc_costs", "finance.dscr_sizing"),
        gearing_cap=_given(table.gearing_cap, catalog, "finance.leverage"),
        construction_years=table.construction_years,
        tax_rate=table.tax_rate,
        depreciation=schedule(table.depreciation, catalog, table.bonus_share),
        itc_share=credits.itc_share,
        ptc_years=credits.ptc_years,
    )


def _given(own: float | None, catalog: Catalog, key: str) -> float:
    return own if own is not None else catalog.value("dc_costs", key)


def replacements(lines: Sequence[CostLine], rate: float, years: int) -> FloatArray:
    """Give what replacements take and what is left at the end, real [USD], shape (years + 1,); year 0 is the purchase.

    Args:
        lines: Cost lines.
        rate: Real discount rate [1/year].
        years: Years of operation [year].

    Returns:
        Payments, negative out.
    """
    return np.asarray(sum((capital_payments(line, rate, years) for line in lines), np.zeros(years + 1)))


def company_cash(
    table: EconomicsTable,
    lines: Sequence[CostLine],
    revenue_usd_per_year: float,
    terms: Terms,
    replaced_usd: FloatArray,
    ptc_usd_per_year: float = 0.0,
) -> tuple[ProjectCash, FloatArray]:
    """Give the cash of the project company.

    Args:
        table: Scenario table.
        lines: Cost lines, real.
        revenue_usd_per_year: Revenue, real [USD/year].
        terms: Terms.
        replaced_usd: Replacements and end value, real, from `replacements` [USD], shape (years + 1,).
        ptc_usd_per_year: Production credit, real [USD/year].

    Returns:
        Cash of the company, and of the owners with replacements and end value, nominal [USD], shape (years + 1,).
    """
    years = np.arange(1, terms.years + 1)
    prices = np.asarray((1.0 + table.inflation_rate) ** years, dtype=np.float64)
    running = sum(line.running_usd_per_year for line in lines)
    running += sum(line.annuity_usd_per_year for line in lines if line.capital_usd <= 0.0)
    capital = sum(line.capital_usd for line in lines)
    cash = project_cash(
        np.array([capital]), revenue_usd_per_year * prices, running * prices, terms, ptc_usd_per_year * prices
    )
    owners = cash.equity_usd[0].copy()
    owners[1:] += replaced_usd[1:] * prices * (1.0 - terms.tax_rate)
    return cash, owners


def company_figures(
    table: EconomicsTable,
    lines: Sequence[CostLine],
    revenue: tuple[float, float],
    output_mtok: float,
    credits: Credits,
    catalog: Catalog,
) -> tuple[dict[str, Value], list[PlanWarning]]:
    """Give the figures of debt and owners.

    Args:
        table: Scenario table.
        lines: Cost lines, real.
        revenue: Revenue from tokens and from training, real [USD/year].
        output_mtok: Output tokens of a year [Mtok/year].
        credits: Tax credits.
        catalog: The catalogue.

    Returns:
        Figures and warnings.
    """
    terms = terms_of(table, credits, catalog)
    replaced = replacements(lines, table.discount_rate, terms.years)
    cash, owners = company_cash(table, lines, sum(revenue), terms, replaced, credits.ptc_usd_per_year)
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
        return company_cash(table, lines, price * output_mtok + revenue[1], terms, replaced, credits.ptc_usd_per_year)[
            1
        ]

    ceiling = HIGHEST_PRICE_FACTOR * sum(line.total_usd_per_year for line in lines) / output_mtok
    try:
        figures["price_for_target_irr_usd_per_mtok"] = price_for_irr(owners_at, table.target_irr, 0.0, ceiling)
    except InfeasibleError:
        warnings.append(PlanWarning("no-target-price", "No token price within reason earns exactly the target return."))
    return figures, warnings
