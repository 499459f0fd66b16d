"""A project company: debt sculpted to its cash, tax, credits and what is left for the owners, for many draws at once.

In: capital, yearly revenue and running cost by draw, and terms. Out: nominal cash flows by year.
Leaves out: reserve accounts, refinancing, tax equity partnerships and state taxes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from wattscale.economics.cashflow import tax
from wattscale.economics.finance import irr_many, npv
from wattscale.errors import InfeasibleError
from wattscale.units import FloatArray


@dataclass(frozen=True)
class Terms:
    """Terms of a project.

    Attributes:
        years: Years of operation [year].
        debt_rate: Interest [1/year].
        debt_years: Tenor [year]; 0 for no debt.
        dscr: Cash available over debt service that sizes the debt [1].
        gearing_cap: Largest debt over cost [1].
        construction_years: Years of building, drawn evenly at mid-year, with interest [year].
        fee_share: Fee on debt, paid at closing [1].
        tax_rate: Tax on profit [1].
        loss_use_share: Share of a year's profit that old losses may offset [1].
        losses_refunded: Losses are used by an owner with other profit, at once.
        depreciation: Share of the basis written off by year [1].
        itc_share: Investment credit over cost, in the first year; half of it leaves the basis [1].
        ptc_years: Years of the production credit [year].
        salvage_share: Cost recovered at the end, taxed as profit [1].
    """

    years: int
    debt_rate: float = 0.07
    debt_years: int = 0
    dscr: float = 1.45
    gearing_cap: float = 1.0
    construction_years: int = 0
    fee_share: float = 0.0
    tax_rate: float = 0.0
    loss_use_share: float = 1.0
    losses_refunded: bool = False
    depreciation: FloatArray = field(default_factory=lambda: np.ones(1))
    itc_share: float = 0.0
    ptc_years: int = 0
    salvage_share: float = 0.0


@dataclass(frozen=True)
class ProjectCash:
    """Cash of a project, nominal; arrays by draw, and by draw and year where they have two dimensions.

    Attributes:
        cost_usd: Capital with interest during construction and fee [USD], shape (draws,).
        debt_usd: Debt [USD], shape (draws,).
        available_usd: Cash available for debt service [USD], shape (draws, years).
        service_usd: Interest and repayment [USD], shape (draws, years).
        interest_usd: Interest [USD], shape (draws, years).
        tax_usd: Tax, negative where losses are refunded [USD], shape (draws, years).
        equity_usd: What the owners pay and get, year 0 first [USD], shape (draws, years + 1).
        project_usd: The same without debt [USD], shape (draws, years + 1).
    """

    cost_usd: FloatArray
    debt_usd: FloatArray
    available_usd: FloatArray
    service_usd: FloatArray
    interest_usd: FloatArray
    tax_usd: FloatArray
    equity_usd: FloatArray
    project_usd: FloatArray

    @property
    def gearing(self) -> FloatArray:
        """Debt over cost [1], shape (draws,)."""
        return np.asarray(self.debt_usd / self.cost_usd)

    @property
    def dscr_min(self) -> FloatArray:
        """Least cash over debt service of any year with debt [1], shape (draws,); infinite without debt."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self.service_usd > 0.0, self.available_usd / self.service_usd, np.inf)
        return np.asarray(ratio.min(axis=1))

    def equity_irr(self) -> FloatArray:
        """Rate of return of the owners, nominal [1/year], shape (draws,); NaN where there is none."""
        return irr_many(self.equity_usd)

    def equity_npv(self, rate: float) -> FloatArray:
        """Net present value of the owners' cash at a nominal rate [USD], shape (draws,)."""
        return npv(rate, self.equity_usd)


def interest_during_construction(rate: float, years: int) -> float:
    """Give the interest on money drawn evenly at mid-year, until completion.

    f = mean over k of (1 + r)^(n - k - 1/2) - 1, k = 0 .. n - 1

    Args:
        rate: Interest [1/year].
        years: Years of building n [year].

    Returns:
        Interest over cost [1].

    Source: NREL Annual Technology Baseline, construction finance factor, with even draws.

    >>> round(interest_during_construction(0.21, 1), 6)
    0.1
    """
    if years <= 0:
        return 0.0
    waits = np.arange(years) + 0.5
    return float(((1.0 + rate) ** waits).mean() - 1.0)


def sculpted_debt(available_usd: FloatArray, terms: Terms) -> tuple[FloatArray, FloatArray]:
    """Size debt so that each year's service is the cash available over the DSCR.

    DS_t = max(0, CFADS_t) / DSCR for t <= tenor, D = sum of DS_t / (1 + r)^t

    Args:
        available_usd: Cash available for debt service [USD], shape (draws, years).
        terms: Terms of the project.

    Returns:
        Debt [USD], shape (draws,), and service [USD], shape (draws, years).

    Source: usual practice of project finance; NREL SAM, single owner.

    >>> debt, service = sculpted_debt(np.array([[130.0]]), Terms(1, debt_rate=0.0, debt_years=1, dscr=1.3))
    >>> float(debt[0])
    100.0
    """
    years = np.arange(1, available_usd.shape[1] + 1)
    paying = years <= terms.debt_years
    service = np.where(paying, np.maximum(available_usd, 0.0) / terms.dscr, 0.0)
    return np.asarray((service * (1.0 + terms.debt_rate) ** -years).sum(axis=1)), service


def project_cash(
    capital_usd: FloatArray,
    revenue_usd: FloatArray,
    running_usd: FloatArray,
    terms: Terms,
    ptc_usd: FloatArray | float = 0.0,
) -> ProjectCash:
    """Give the cash of a project.

    Args:
        capital_usd: Overnight capital [USD], shape (draws,).
        revenue_usd: Revenue of each year, nominal [USD], shape (draws, years) or (years,).
        running_usd: Running cost of each year, nominal [USD], same shape.
        terms: Terms of the project.
        ptc_usd: Production credit of each year, nominal, cut off after its years [USD], same shape.

    Returns:
        Cash flows.

    Source: standard pro forma; checked against NREL SAM, single owner.

    >>> flat = np.full(2, 60.0)
    >>> project_cash(np.array([100.0]), flat, np.zeros(2), Terms(2)).equity_usd.tolist()
    [[-100.0, 60.0, 60.0]]
    """
    capital = np.atleast_1d(np.asarray(capital_usd, dtype=np.float64))
    shape = (capital.size, terms.years)
    available = np.broadcast_to(np.asarray(revenue_usd) - np.asarray(running_usd), shape)
    built = capital * (1.0 + interest_during_construction(terms.debt_rate, terms.construction_years))
    debt, service = sculpted_debt(available, terms)
    cap = terms.gearing_cap * built / (1.0 - terms.gearing_cap * terms.fee_share)
    scale = np.minimum(1.0, np.divide(cap, debt, out=np.ones_like(debt), where=debt > 0.0))
    debt, service = debt * scale, service * scale[:, None]
    cost = built + debt * terms.fee_share
    interest = _interest(debt, service, terms.debt_rate)
    due, without_debt = (_tax(capital, built, available, paid, terms) for paid in (interest, np.zeros(shape)))
    credits = _credits(built, shape, terms, ptc_usd)
    end = np.zeros(shape)
    end[:, -1] = capital * terms.salvage_share
    equity = np.concatenate([(debt - cost)[:, None], available + end - service - due + credits], axis=1)
    project = np.concatenate([-built[:, None], available + end - without_debt + credits], axis=1)
    return ProjectCash(cost, debt, available, service, interest, due, equity, project)


def _interest(debt: FloatArray, service: FloatArray, rate: float) -> FloatArray:
    """Interest of each year from the balance at its start, shape (draws, years)."""
    interest = np.zeros_like(service)
    balance = debt.copy()
    for year in range(service.shape[1]):
        interest[:, year] = balance * rate
        balance = balance + interest[:, year] - service[:, year]
    return interest


def _tax(
    capital: FloatArray, built: FloatArray, available: FloatArray, interest: FloatArray, terms: Terms
) -> FloatArray:
    """Tax of each year, shape (draws, years); the fee on debt is not written off."""
    shares = np.zeros(terms.years)
    used = terms.depreciation[: terms.years]
    shares[: used.size] = used
    basis = built * (1.0 - terms.itc_share / 2.0)
    profit = available - interest - basis[:, None] * shares
    profit[:, -1] += capital * terms.salvage_share
    if terms.losses_refunded:
        return np.asarray(profit * terms.tax_rate)
    return tax(profit, terms.tax_rate, terms.loss_use_share)


def _credits(built: FloatArray, shape: tuple[int, int], terms: Terms, ptc_usd: FloatArray | float) -> FloatArray:
    """Credits of each year, shape (draws, years)."""
    credits = np.broadcast_to(np.asarray(ptc_usd, dtype=np.float64), shape).copy()
    credits[:, terms.ptc_years :] = 0.0
    credits[:, 0] += built * terms.itc_share
    return credits


def price_for_irr(
    cash_at: Callable[[float], FloatArray], target_irr: float, low: float, high: float, steps: int = 60
) -> float:
    """Find the price at which the owners earn a target rate.

    Args:
        cash_at: Owners' cash at a price [USD], shape (years + 1,) or (1, years + 1), worth more at a higher price.
        target_irr: Rate wanted [1/year].
        low: Price known to be too low.
        high: Price known to be enough.
        steps: Halvings.

    Returns:
        Price, in the unit of `low` and `high`.

    Raises:
        InfeasibleError: The high price is not enough, or the low one already is.

    Source: bisection on the net present value at the target rate.

    >>> round(price_for_irr(lambda p: np.array([-100.0, p]), 0.1, 0.0, 1000.0), 6)
    110.0
    """

    def worth(price: float) -> float:
        return float(np.ravel(npv(target_irr, cash_at(price)))[0])

    if worth(low) > 0.0 or worth(high) < 0.0:
        raise InfeasibleError(
            "no price in the range earns this rate",
            where="economics.price_per_mtok_usd",
            value=target_irr,
            allowed=f"{low:g} to {high:g}",
        )
    for _ in range(steps):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if worth(middle) < 0.0 else (low, middle)
    return 0.5 * (low + high)
