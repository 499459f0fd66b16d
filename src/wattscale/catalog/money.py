"""Money to the base year: an explicit deflator and exchange rates (convention 4).

In: an amount with currency and price year. Out: real USD of the base year.
Leaves out: purchasing power parity; exchange rates are yearly means of the market.
"""

from __future__ import annotations

from dataclasses import dataclass

from wattscale.catalog.reader import Catalog
from wattscale.errors import WattscaleError
from wattscale.figure import Figure
from wattscale.units import BASE_YEAR


@dataclass(frozen=True)
class Deflator:
    """Converts amounts of any listed currency and year to USD of the base year."""

    catalog: Catalog

    def factor(self, currency: str, price_year: int) -> float:
        """Give USD of the base year per unit of `currency` of `price_year`.

        Converts at the exchange rate of the price year, then with the US GDP deflator.

        Args:
            currency: ISO code, USD or EUR.
            price_year: Year of the price.

        Returns:
            Factor [USD base year per unit].

        Raises:
            WattscaleError: Currency or year outside the table.

        Source: table `deflator` (US BEA, ECB).

        >>> from wattscale.catalog import load_catalog
        >>> Deflator(load_catalog()).factor("USD", 2024)
        1.0
        """
        key = f"usd_per_{currency.lower()}.exchange_rate"
        if currency != "USD" and not self.catalog.has_figure("deflator", key):
            raise WattscaleError(f"no exchange rate for currency '{currency}' in the table 'deflator'")
        index = "us_gdp.deflator"
        level = self.catalog.value("deflator", index, vintage=BASE_YEAR) / self.catalog.value(
            "deflator", index, vintage=price_year
        )
        rate = 1.0 if currency == "USD" else self.catalog.value("deflator", key, vintage=price_year)
        return rate * level

    def to_base(self, figure: Figure) -> Figure:
        """Convert a price figure to base-year USD, range included.

        Raises:
            WattscaleError: The figure carries no currency or price year.
        """
        if not figure.currency or figure.price_year is None:
            raise WattscaleError(f"{figure.id} carries no currency or price year")
        k = self.factor(figure.currency, figure.price_year)
        unit = figure.unit.replace(figure.currency, f"USD{BASE_YEAR}")
        return Figure(
            figure.id, figure.value * k, figure.low * k, figure.high * k, unit, figure.source, figure.year,
            figure.confidence, figure.note, "USD", BASE_YEAR,
        )  # fmt: skip
