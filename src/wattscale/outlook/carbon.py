"""Dated paths of the carbon price by region, and what a price does to the mix of the grid.

In: a path's name or own prices by region and year. Out: price by year and region, and how far shares fall.
Leaves out: what the revenue is used for, and border adjustments.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattscale.catalog import Catalog, Deflator
from wattscale.errors import InputError, did_you_mean
from wattscale.outlook.drivers import Draws
from wattscale.outlook.years import LAST_HISTORY, REGIONS, YEARS, place
from wattscale.units import FloatArray

TABLE = "outlook_carbon"
PATHS = ("flat", "current-policy", "announced-pledges", "net-zero")
"""Paths of table `outlook_carbon`."""
CURRENT_CARBON = PATHS[1]
"""Path of the base case, which reference prices rest on."""
PER_100_USD = 100.0
"""Answers of the mix are given per 100 USD/t."""


def carbon_path(catalog: Catalog, name: str, own: Mapping[str, Mapping[str, float]] | None = None) -> FloatArray:
    """Give the carbon price of a path, linear between its years and held outside them.

    Args:
        catalog: The catalogue.
        name: A path of table `outlook_carbon`.
        own: Prices by region and year that replace the path from their first year on [USD/t], base-year USD.

    Returns:
        Price [USD/t], real USD of the base year, shape (years, regions).

    Raises:
        InputError: An unknown path, region or year.

    >>> from wattscale.catalog import load_catalog
    >>> carbon_path(load_catalog(), "flat")[-1].tolist()
    [3.0, 13.0, 70.0, 8.0, 2.0]
    """
    if name not in PATHS:
        raise InputError(
            "no such path", where="carbon", value=name, allowed=", ".join(PATHS), hint=did_you_mean(name, PATHS)
        )
    deflator = Deflator(catalog)
    columns = []
    for region in REGIONS:
        rows = [r for r in catalog.table(TABLE).rows if r["item"] == name and r["region"] == region]
        knots = {
            int(r["vintage"]): deflator.to_base(
                catalog.figure(TABLE, f"{name}.price", region=region, vintage=int(r["vintage"]))
            ).value
            for r in rows
        }
        columns.append(_at_years(_replaced(knots, (own or {}).get(region, {}), region)))
    unknown = set(own or {}) - set(REGIONS)
    if unknown:
        first = sorted(unknown)[0]
        raise InputError(
            "no such region", where="carbon_price", value=first, allowed=", ".join(REGIONS),
            hint=did_you_mean(first, REGIONS),
        )  # fmt: skip
    return np.array(columns).T


def _replaced(knots: Mapping[int, float], own: Mapping[str, float], region: str) -> dict[int, float]:
    """Lay own years over a path: the path holds to the year before the first own one."""
    if not own:
        return dict(knots)
    given = {}
    for year, usd in own.items():
        if not year.isdigit() or not LAST_HISTORY < int(year) <= YEARS[-1]:
            allowed = f"a year from {LAST_HISTORY + 1} to {YEARS[-1]}"
            raise InputError("no such year", where=f"carbon_price.{region}", value=year, allowed=allowed)
        if usd < 0:
            raise InputError("is below zero", where=f"carbon_price.{region}.{year}", value=usd, allowed="0 or more")
        given[int(year)] = usd
    kept = {year: usd for year, usd in knots.items() if year < min(given)}
    return {**kept, **given}


def _at_years(knots: Mapping[int, float]) -> FloatArray:
    years = sorted(knots)
    return np.interp(np.array(YEARS, dtype=np.float64), years, [knots[y] for y in years])


def drawn_price(path: FloatArray, v: Draws, year: int) -> FloatArray:
    """Give the price of a year around its path [USD/t], shape (draws, regions): the spread grows with the years."""
    age = max(year - LAST_HISTORY, 0)
    return np.asarray(path[place(year)] * np.exp(v["carbon.price_growth"] * age)[:, None])


def pressure(path: FloatArray, v: Draws, year: int, since: int) -> FloatArray:
    """Add up how far the price stood above that of a start, year after year [100 USD/t x year], never below zero.

    Args:
        path: Price by year and region [USD/t].
        v: Draws of the drivers.
        year: Year.
        since: Year of the mix from which shares are counted.

    Returns:
        Pressure, shape (draws, regions).
    """
    total = np.zeros((len(v["carbon.price_growth"]), len(REGIONS)))
    for y in range(since + 1, year + 1):
        total += np.maximum(drawn_price(path, v, y) - path[place(since)], 0.0)
    return total / PER_100_USD
