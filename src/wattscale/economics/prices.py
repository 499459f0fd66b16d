"""The price book: every cost figure of the plan in real USD of the base year, with its range.

In: the catalogue, the accelerators bought, the country, the cooling and the scenario's own prices.
Out: figures by short name. Leaves out: quantities (costs.py) and the cost of power (the supply stage).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from wattscale.catalog import Catalog
from wattscale.catalog.money import Deflator
from wattscale.errors import InputError
from wattscale.figure import Figure, PlanWarning
from wattscale.scenario.economics import EconomicsTable
from wattscale.units import BASE_YEAR

PriceBook: TypeAlias = Mapping[str, Figure]
PRICES = "accelerator_prices"
"""Table of dated prices."""
SERVERS = "server_prices"
"""Table of what whole servers cost beside their devices."""
LIST = "list"
"""Terms of a price that a large buyer does not pay in full."""

PLAIN_FIGURES: tuple[str, ...] = (
    "construction.cost", "construction.soft_cost_share", "construction.shell_share",
    "construction.electrical_share", "construction.mechanical_share", "construction.equipment_share", "life.shell",
    "life.plant", "grid_connection.cost",
    "resale.share_after_3_years", "land.price", "land.area", "fibre.connection", "fibre.full_size",
    "grid_connection.life", "server.overhead_multiple", "server.overhead_multiple_rack_scale", "network.share",
    "network.share_rack_scale", "storage.cost", "staff.density", "staff.wage", "maintenance.plant_share",
    "maintenance.it_share", "insurance.share", "water.price",
)  # fmt: skip
"""Figures of the table `dc_costs` that every plan uses."""

SOFTWARE: Mapping[str, tuple[str, ...]] = {
    "own": (), "average": ("software.share", "software.term"), "licensed": ("software.licence", "software.term"),
}  # fmt: skip
"""Figures of the table `dc_costs` that each way of getting software uses."""
REDUNDANCY = {"N": "n", "N+1": "n1", "2N": "2n"}
"""Redundancy of the electrical path, as the table `dc_costs` names it."""
DEFAULT_SERVER = "pcie"
"""Class of a device whose row names none, as in the compute stage."""
RACK_SCALE_DOMAIN = 16
"""Scale-up domains above this many devices are bought as racks, whose price holds most of the host [1]."""


def price_book(
    table: EconomicsTable,
    accelerators: Iterable[str],
    cooling: str,
    country: str,
    catalog: Catalog,
    redundancy: str = "2N",
) -> PriceBook:
    """Collect the cost figures of a plan.

    Args:
        table: Scenario table with the user's own price and life.
        accelerators: Names of the accelerators bought.
        cooling: Cooling technology of the facility.
        country: Country code of the site, for construction cost.
        catalog: The catalogue.
        redundancy: Redundancy of the electrical path: N, N+1 or 2N.

    Returns:
        Figures by short name, money in real USD of the base year.

    Raises:
        InputError: No price is known for an accelerator.

    Source: tables `dc_costs`, `accelerator_prices`, `accelerators`, `server_prices`, `deflator`.

    >>> from wattscale.catalog import load_catalog
    >>> book = price_book(EconomicsTable(), ["H100"], "chiller", "US", load_catalog())
    >>> book["life.plant"].value
    15.0
    """
    deflator = Deflator(catalog)
    plain = (*PLAIN_FIGURES, *SOFTWARE[table.software])
    book = {key: _real(catalog.figure("dc_costs", key, region=country), deflator) for key in plain}
    book["cooling_premium"] = catalog.figure("cooling", f"{cooling}.construction_premium_share")
    book["life.it"] = _it_life(table, catalog)
    book["redundancy_factor"] = catalog.figure("dc_costs", f"redundancy.electrical_factor_{REDUNDANCY[redundancy]}")
    book["accelerator_tariff"] = _own("economics.tariff_share", table.tariff_share, "1")
    book["equipment_tariff"] = _own("economics.equipment_tariff_share", table.equipment_tariff_share, "1")
    for name in accelerators:
        book[f"price.{name}"] = accelerator_price(table, name, catalog)
        usual = _usual_price(table, name, catalog)
        if usual is not None:
            book[f"server_base.{name}"] = usual
        host = host_price(name, catalog)
        if host is not None:
            book[f"host.{name}"] = _real(host, deflator)
    return book


def host_price(name: str, catalog: Catalog) -> Figure | None:
    """Give what a server costs beside its devices, per device, where whole servers of the class have a known price.

    A dear device does not make its host dearer, so a multiple of the device's price is but a stand-in.

    Args:
        name: Accelerator.
        catalog: The catalogue.

    Returns:
        Price of the host, or None where the class has none.

    Source: table `server_prices`.

    >>> from wattscale.catalog import load_catalog
    >>> host_price("H100", load_catalog()).value
    11200.0
    """
    key = f"{catalog.row('accelerators', name).text('server') or DEFAULT_SERVER}.host"
    return catalog.figure(SERVERS, key) if catalog.has_figure(SERVERS, key) else None


def accelerator_price(table: EconomicsTable, name: str, catalog: Catalog) -> Figure:
    """Give the price of one accelerator in the year of purchase.

    The scenario's own price comes first, then the dated prices, then the price of the table `accelerators`, which
    carries no price year and is taken as base-year money with the spread of such estimates. List prices and prices of
    one are brought to those of a large buyer.

    Args:
        table: Scenario table.
        name: Accelerator.
        catalog: The catalogue.

    Returns:
        Price [USD of the base year].

    Raises:
        InputError: No price is known.

    Source: Epoch AI 2026; tables `accelerator_prices` and `accelerators`.

    >>> from wattscale.catalog import load_catalog
    >>> accelerator_price(EconomicsTable(accelerator_price_usd=30_000.0), "H100", load_catalog()).value
    30000.0
    """
    if table.accelerator_price_usd is not None:
        return _own("economics.accelerator_price_usd", table.accelerator_price_usd, "USD")
    row = catalog.row("accelerators", name, "compute.accelerator")
    key = f"{row.name}.price"
    if catalog.has_figure(PRICES, key):
        dated = _real(catalog.figure(PRICES, key, vintage=table.purchase_year), Deflator(catalog))
        return _to_large_buyer(dated, catalog) if _terms(row.name, catalog) == LIST else dated
    if not row.has("price_usd"):
        raise InputError(
            f"no price is known for {row.name}",
            where="economics.accelerator_price_usd",
            hint="Give the price of one accelerator in USD",
        )
    found = row.figure("price_usd")
    spread = catalog.figure("dc_costs", "accelerator.price_spread")
    spread_out = Figure(
        found.id, found.value, found.value * spread.low, found.value * spread.high, "USD", found.source, found.year,
        found.confidence, found.note, "USD", BASE_YEAR,
    )  # fmt: skip
    return _to_large_buyer(spread_out, catalog) if row.text("price_terms") == LIST else spread_out


def _terms(model: str, catalog: Catalog) -> str:
    """Terms of the dated prices of an accelerator; all its rows have the same."""
    return next(row["terms"] for row in catalog.table(PRICES).rows if row["item"] == model)


def _to_large_buyer(price: Figure, catalog: Catalog) -> Figure:
    """Bring a list price to what a large buyer pays; the two spreads are independent."""
    share = catalog.figure("dc_costs", "accelerator.large_buyer_share")
    value = price.value * share.value

    def end(of_price: float, of_share: float) -> float:
        return value * math.hypot(of_price / price.value - 1.0, of_share / share.value - 1.0)

    return replace(
        price, value=value, low=value - end(price.low, share.low), high=value + end(price.high, share.high),
        note=f"{price.note}; brought to a large buyer".removeprefix("; "),
    )  # fmt: skip


def price_year_warnings(table: EconomicsTable, accelerators: Iterable[str], catalog: Catalog) -> list[PlanWarning]:
    """Warn of a year of purchase that lies outside those whose prices are known.

    Args:
        table: Scenario table.
        accelerators: Accelerators of the plan.
        catalog: The catalogue.

    Returns:
        One warning for each accelerator whose price of another year is taken.
    """
    found: list[PlanWarning] = []
    for name in accelerators if table.accelerator_price_usd is None else ():
        model = catalog.row("accelerators", name, "compute.accelerator").name
        years = [int(r["vintage"]) for r in catalog.table(PRICES).rows if r["item"] == model and r["vintage"]]
        if years and not min(years) <= table.purchase_year <= max(years):
            near = min(max(table.purchase_year, min(years)), max(years))
            known = f"{min(years)} to {max(years)}" if len(set(years)) > 1 else f"{near} alone"
            found.append(
                PlanWarning(
                    "price-year",
                    f"Prices of {model} are known for {known}; that of {near} is taken for "
                    f"{table.purchase_year}. Give economics.accelerator_price_usd for another.",
                )
            )
    return found


def _usual_price(table: EconomicsTable, name: str, catalog: Catalog) -> Figure | None:
    """Price that the host and the network are a multiple of, where the scenario has a price of its own.

    A dear or a cheap accelerator does not change what the host costs.
    """
    if table.accelerator_price_usd is None:
        return None
    try:
        return accelerator_price(table.model_copy(update={"accelerator_price_usd": None}), name, catalog)
    except InputError:
        return None


def _it_life(table: EconomicsTable, catalog: Catalog) -> Figure:
    if table.accelerator_life_years is not None:
        return _own("economics.accelerator_life_years", table.accelerator_life_years, "year")
    return catalog.figure("dc_costs", "life.accelerators")


def _own(key: str, value: float, unit: str) -> Figure:
    return Figure(key, value, value, value, unit, "scenario", str(BASE_YEAR), "estimated")


def _real(figure: Figure, deflator: Deflator) -> Figure:
    return deflator.to_base(figure) if figure.currency else figure
