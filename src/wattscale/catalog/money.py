"""Money to the base year: an explicit deflator and exchange rates (convention 4).

In: an amount with currency and price year. Out: real USD of the base year.
Leaves out: purchasing power parity; exchange rates are yearly means of the market.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattscale.errors import InputError, WattscaleError
from wattscale.figure import Figure
from wattscale.units import BASE_YEAR

if TYPE_CHECKING:
    from wattscale.catalog.reader import Catalog


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
            InputError: Currency or year outside the table.

        Source: table `deflator` (US BEA, ECB).

        >>> from wattscale.catalog import load_catalog
        >>> Deflator(load_catalog()).factor("USD", 2024)
        1.0
        """
        level = self._of_year("us_gdp.deflator", BASE_YEAR) / self._of_year("us_gdp.deflator", price_year)
        return (
            level
            if currency == "USD"
            else level * self._of_year(f"usd_per_{currency.lower()}.exchange_rate", price_year)
        )

    def _of_year(self, key: str, year: int) -> float:
        """Read a yearly mean; a year beyond the table would be taken for its first or last one."""
        known = self.catalog.table("deflator").figures
        if key not in known:
            currencies = ["USD", *(k[8:11].upper() for k in known if k.startswith("usd_per_"))]
            raise InputError("no exchange rate in the table 'deflator'", where="currency", value=key[8:11].upper(),
                             allowed=", ".join(currencies))  # fmt: skip
        years = [int(row["vintage"]) for row in known[key]]
        if not min(years) <= year <= max(years):
            raise InputError(f"lies outside the table 'deflator' for {key.partition('.')[0]}", where="price year",
                             value=year, allowed=f"{min(years)} to {max(years)}")  # fmt: skip
        return self.catalog.value("deflator", key, vintage=year)

    def factor_of(self, figure: Figure) -> float:
        """Give USD of the base year per unit of a price figure's money.

        Raises:
            WattscaleError: The figure carries no currency or price year.
        """
        if not figure.currency or figure.price_year is None:
            raise WattscaleError(f"{figure.id} carries no currency or price year")
        return self.factor(figure.currency, figure.price_year)

    def to_base(self, figure: Figure) -> Figure:
        """Convert a price figure to base-year USD, range included.

        Raises:
            WattscaleError: The figure carries no currency or price year.
        """
        k = self.factor_of(figure)
        unit = figure.unit.replace(figure.currency, f"USD{BASE_YEAR}")
        return Figure(
            figure.id, figure.value * k, figure.low * k, figure.high * k, unit, figure.source, figure.year,
            figure.confidence, figure.note, "USD", BASE_YEAR,
        )  # fmt: skip
