"""Money in the currency of the reader, and the refresh of the plan's assets over the project.

In: figures in real USD of the base year, cost lines. Out: the same money in another currency; refresh and end value.
Leaves out: inflation and the movement of exchange rates; a reported amount is real money of the base year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wattscale.catalog import Catalog
from wattscale.economics.cashflow import capital_payments, implied_resale
from wattscale.economics.result import CostLine
from wattscale.errors import InputError, did_you_mean
from wattscale.figure import Value

TABLE = "exchange_rates"
REPORTED: Mapping[str, str] = {
    "usd_per_mtok": "reported_per_mtok",
    "tco_usd_per_year": "reported_tco_per_year",
    "capital_usd": "reported_capital",
    "npv_usd": "reported_npv",
    "usd_per_training_run": "reported_per_training_run",
    "cost_of_delay_usd_per_month": "reported_cost_of_delay_per_month",
}
"""Headline figures, and their names in the reader's currency."""


def currency_per_usd(currency: str, catalog: Catalog) -> float:
    """Give units of a currency per US dollar of the base year.

    Args:
        currency: ISO code.
        catalog: The catalogue.

    Returns:
        Rate [currency/USD].

    Raises:
        InputError: A currency that the table does not know.

    Source: table `exchange_rates`, mean of the base year.

    >>> from wattscale.catalog import load_catalog
    >>> currency_per_usd("USD", load_catalog())
    1.0
    """
    if currency == "USD":
        return 1.0
    if not catalog.has_figure(TABLE, f"{currency}.per_usd"):
        known = ["USD", *catalog.names(TABLE)]
        hint = did_you_mean(currency, known)
        raise InputError(
            "no exchange rate is known", where="economics.currency", value=currency, allowed=", ".join(known), hint=hint
        )
    return catalog.value(TABLE, f"{currency}.per_usd")


def converted(value: Value, rate: float) -> Value:
    """Give an amount in another currency, range included.

    Args:
        value: Amount [USD of the base year].
        rate: Rate [currency/USD].

    Returns:
        Amount [currency of the base year].

    >>> converted((10.0, 8.0, 12.0), 0.5)
    (5.0, 4.0, 6.0)
    """
    return (value[0] * rate, value[1] * rate, value[2] * rate) if isinstance(value, tuple) else value * rate


def reported_figures(figures: Mapping[str, Value], currency: str, catalog: Catalog) -> dict[str, Value]:
    """Give the headline figures in the reader's currency; none where that is the US dollar.

    Args:
        figures: Figures of the stage [USD of the base year].
        currency: ISO code.
        catalog: The catalogue.

    Returns:
        Figures [currency of the base year].

    Raises:
        InputError: A currency that the table does not know.
    """
    if currency == "USD":
        return {}
    rate = currency_per_usd(currency, catalog)
    found = {new: converted(figures[old], rate) for old, new in REPORTED.items() if old in figures}
    return {"currency_per_usd": rate, **found}


def refresh_figures(lines: Iterable[CostLine], rate: float, years: int) -> dict[str, Value]:
    """Give what the refresh of assets takes over the project, and what they are worth at its end.

    Args:
        lines: Cost lines.
        rate: Real discount rate, for the value at the end [1/year].
        years: Years of the cash flow [year].

    Returns:
        Life of the hardware, purchases after the first, money for all replacements less resale, worth of the old
        hardware when it is sold, and worth of everything at the end.

    Source: the same replacement chain as the cash flow (cashflow.py).
    """
    lines = list(lines)
    paid = [capital_payments(line, rate, years) for line in lines]
    hardware = [line for line in lines if line.part in ("accelerators", "servers")]
    life = next((line.life_years for line in hardware if line.capital_usd > 0.0), 0.0)
    figures: dict[str, Value] = {
        "replacement_usd": -sum(float(cash[1:years].sum()) for cash in paid),
        "residual_value_usd": sum(float(cash[years]) for cash in paid),
    }
    if life > 0.0:
        figures["refresh_years"] = life
        figures["refresh_purchases"] = float(sum(round(k * life) < years for k in range(1, years)))
        figures["hardware_resale_usd"] = sum(line.capital_usd * implied_resale(line, rate) for line in hardware)
    return figures
