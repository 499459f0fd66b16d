"""Costs from a technology-data CSV, as technologies of one's own.

In: the text of a file of PyPSA technology-data. Out: rows of `supply.own_technologies` in USD of the base year.
Leaves out: fuels and their prices, and technologies that the catalogue has no kind for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from wattscale.catalog import Catalog
from wattscale.catalog.money import Deflator
from wattscale.errors import InputError
from wattscale.scenario.supply_terms import OwnTechnology
from wattscale.supply.technologies import KW_PER_MW, PERCENT

PRICE_YEAR = 2020
"""Price year of rows that name none; that of technology-data since 2023."""
NAMES = {
    "solar": ("solar-utility", ""), "wind": ("onwind", ""), "wind-offshore": ("offwind", ""),
    "battery": ("battery inverter", "battery storage"), "gas-turbine": ("OCGT", ""),
    "gas-combined-cycle": ("CCGT", ""), "nuclear": ("nuclear", ""), "geothermal": ("geothermal", ""),
}  # fmt: skip
"""Names in technology-data: of the plant or the power of a storage, and of its energy."""


def technology_data(text: str, catalog: Catalog) -> tuple[OwnTechnology, ...]:
    """Read a CSV with columns technology, parameter, value, unit, currency_year as technologies of one's own.

    Args:
        text: Content of a file such as `costs_2030.csv`.
        catalog: Catalogue, for exchange rates and price levels.

    Returns:
        Rows for `supply.own_technologies`, named `<technology>-td`, for all technologies that the file has.

    Raises:
        InputError: A file without these columns, or a unit that is not EUR or USD.

    Source: PyPSA technology-data (Danish Energy Agency catalogue and others), column layout of 2025.
    """
    rows = {(r.get("technology", ""), r.get("parameter", "")): r for r in csv.DictReader(io.StringIO(text))}
    if not any(parameter == "investment" for _, parameter in rows):
        raise InputError("has no rows of investment", where="technology-data",
                         hint="Give a file with columns technology, parameter, value, unit")  # fmt: skip
    return tuple(_own(ours, *names, rows, catalog) for ours, names in NAMES.items() if (names[0], "investment") in rows)


def _own(ours: str, plant: str, energy: str, rows: Mapping[tuple[str, str], Mapping[str, str]], catalog: Catalog
         ) -> OwnTechnology:  # fmt: skip
    def number(technology: str, parameter: str) -> float | None:
        row = rows.get((technology, parameter))
        return float(row["value"]) if row else None

    def money(technology: str, parameter: str) -> float | None:
        row = rows.get((technology, parameter))
        if row is None:
            return None
        currency = row["unit"][:3].upper()
        if currency not in ("EUR", "USD"):
            raise InputError("is in a unit not known", where=f"technology-data: {technology}.{parameter}",
                             value=row["unit"], allowed="EUR or USD per kW, MW, kWh, MWh")  # fmt: skip
        scale = 1.0 / KW_PER_MW if parameter == "investment" and "/MW" in row["unit"] else 1.0
        year = int(float(row.get("currency_year") or PRICE_YEAR))
        return float(row["value"]) * scale * Deflator(catalog).factor(currency, year)

    capital = money(plant, "investment")
    share = number(plant, "FOM")
    efficiency = number(plant, "efficiency")
    return OwnTechnology(
        name=f"{ours}-td", like=ours, capital_usd_per_kw=capital,
        capital_usd_per_kwh=money(energy, "investment") if energy else None,
        fixed_usd_per_kw_year=capital * share / PERCENT if capital is not None and share is not None else None,
        life_years=number(energy or plant, "lifetime"), variable_usd_per_mwh=money(plant, "VOM"),
        roundtrip_efficiency=efficiency if energy else None,
    )  # fmt: skip
