"""Tax depreciation schedules and dated tax credits, from the catalogue.

In: the name of a schedule; country, technology and year of a credit. Out: shares by year; the credit that holds.
Leaves out: who may use a credit (wages, foreign entities, transfer) and state taxes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.errors import InputError, did_you_mean
from wattscale.units import FloatArray


def schedule(name: str, catalog: Catalog, bonus_share: float = 0.0) -> FloatArray:
    """Give the share of the basis written off in each year.

    Args:
        name: `macrs_5` and the like, `straight_line_20` for any number of years, or `half_year_20` for straight line
            that begins and ends with half a year.
        catalog: The catalogue.
        bonus_share: Share written off at once in the first year [1]; the rest follows the schedule.

    Returns:
        Shares, summing to 1 [1], shape (years,).

    Raises:
        InputError: Unknown name.

    Source: table `depreciation` (US IRS, Publication 946).

    >>> from wattscale.catalog import load_catalog
    >>> schedule("straight_line_4", load_catalog(), bonus_share=0.6).round(3).tolist()
    [0.7, 0.1, 0.1, 0.1]
    """
    kind, _, length = name.rpartition("_")
    if kind in ("straight_line", "half_year") and length.isdigit() and int(length) > 0:
        shares = np.full(int(length), 1.0 / int(length))
        if kind == "half_year":
            shares = np.convolve(shares, [0.5, 0.5])
    else:
        known = catalog.names("depreciation")
        if name not in known:
            words = [*known, "straight_line_15"]
            raise InputError("no such depreciation schedule", where="economics.depreciation", value=name,
                             allowed=f"{', '.join(known)}, straight_line_<years>, half_year_<years>",
                             hint=did_you_mean(name, words))  # fmt: skip
        found: list[float] = []
        while catalog.has_figure("depreciation", f"{name}.year_{len(found) + 1}"):
            found.append(catalog.value("depreciation", f"{name}.year_{len(found) + 1}"))
        shares = np.array(found) / sum(found)
    shares = shares * (1.0 - bonus_share)
    shares[0] += bonus_share
    return shares


@dataclass(frozen=True)
class TaxCredit:
    """A credit that holds.

    Attributes:
        itc_share: Credit over eligible capital [1].
        ptc_usd_per_mwh: Credit per MWh, after tax [USD/MWh].
        ptc_years: Years the production credit is paid [year].
        price_year: Price year of the production credit.
        source: Law.
    """

    itc_share: float = 0.0
    ptc_usd_per_mwh: float = 0.0
    ptc_years: float = 0.0
    price_year: int = 0
    source: str = ""


def family_of(catalog: Catalog, technology: str) -> str:
    """Give the family of a technology, empty where it is its own.

    >>> from wattscale.catalog import load_catalog
    >>> family_of(load_catalog(), "gas-engine"), family_of(load_catalog(), "solar")
    ('gas', '')
    """
    return next((row.text("family") for row in catalog.rows("technologies") if row.name == technology), "")


def tax_credits(country: str, technology: str, year: int, catalog: Catalog) -> dict[str, TaxCredit]:
    """List the credits that hold for a plant, by kind.

    Args:
        country: Country code of the site.
        technology: Technology of the catalogue; what holds for its family holds for it too.
        year: Year of start of construction (of service for solar and wind).
        catalog: The catalogue.

    Returns:
        Credits by kind, `itc` and `ptc`; empty where none holds. A plant may use one of them.

    Source: table `tax_credits`.

    >>> from wattscale.catalog import load_catalog
    >>> tax_credits("US", "battery", 2034, load_catalog())["itc"].itc_share
    0.225
    >>> tax_credits("DE", "solar", 2026, load_catalog())
    {}
    """
    found = {}
    names = (technology, family_of(catalog, technology))
    for row in catalog.rows("tax_credits"):
        if row.text("country") != country or row.text("technology") not in names:
            continue
        if row.number("from_year") <= year <= row.number("to_year"):
            found[row.text("kind")] = TaxCredit(
                row.number("itc_share", 0.0), row.number("ptc_usd_per_mwh", 0.0), row.number("ptc_years", 0.0),
                int(row.number("price_year", 0.0)), row.text("source"),
            )  # fmt: skip
    return found
