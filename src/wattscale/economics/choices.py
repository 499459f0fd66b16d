"""Choices around a plan: rent or own, who can afford the service, how small an operator can be.

In: unit costs of the plan, market rents, incomes by country. Out: figures.
Leaves out: quality of service of rented devices, discounts for long contracts, and prices above cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wattscale.catalog import Catalog
from wattscale.catalog.money import Deflator
from wattscale.figure import Value
from wattscale.units import HOURS_PER_DAY, HOURS_PER_YEAR

DAYS_PER_YEAR = HOURS_PER_YEAR / HOURS_PER_DAY
TOKENS_PER_MTOK = 1e6


def breakeven_utilisation(own_usd_per_hour: float, rent_usd_per_hour: float) -> float:
    """Give the share of hours a device must be used for owning to be as cheap as renting by the hour.

    u = own / rent; above 1, renting is always cheaper.

    Args:
        own_usd_per_hour: Full cost of an owned device per hour of the year [USD/h].
        rent_usd_per_hour: Rent per hour used [USD/h], above zero.

    Returns:
        Share of hours [1].

    >>> breakeven_utilisation(1.5, 2.0)
    0.75
    """
    return own_usd_per_hour / rent_usd_per_hour


def rent_figures(accelerators: Iterable[str], own_usd_per_hour: float, year: int, catalog: Catalog) -> dict[str, Value]:
    """Compare owning with the market's rent, where one is known for the only accelerator of the plan.

    Args:
        accelerators: Accelerators of the plan.
        own_usd_per_hour: Full cost of a device-hour [USD/h].
        year: Year of the rent.
        catalog: The catalogue.

    Returns:
        Rent and break-even use; empty where no rent is known.

    Source: table `dc_costs`, check.rental_h100 and its neighbours.
    """
    rented = set(accelerators)
    rent = catalog.row("accelerators", rented.pop()).text("rent") if len(rented) == 1 else ""
    if not rent:
        return {}
    found = Deflator(catalog).to_base(catalog.figure("dc_costs", f"check.{rent}", vintage=year))
    return {
        "rent_usd_per_device_hour": (found.value, found.low, found.high),
        "rent_breakeven_utilisation": (
            breakeven_utilisation(own_usd_per_hour, found.value),
            breakeven_utilisation(own_usd_per_hour, found.high),
            breakeven_utilisation(own_usd_per_hour, found.low),
        ),
    }


def affordability_figures(usd_per_request: float, requests_per_user_day: float, catalog: Catalog) -> dict[str, Value]:
    """Give a user's yearly cost over the income per person, by country.

    Args:
        usd_per_request: Cost of a request [USD].
        requests_per_user_day: Requests of a user [1/day].
        catalog: The catalogue.

    Returns:
        Yearly cost [USD/year], and its share of income by country [1].

    Source: World Bank, table `incomes`.
    """
    cost = usd_per_request * requests_per_user_day * DAYS_PER_YEAR
    deflator = Deflator(catalog)
    figures: dict[str, Value] = {"user_usd_per_year": cost}
    for country in catalog.names("incomes"):
        income = deflator.to_base(catalog.figure("incomes", f"{country}.income")).value
        figures[f"user_share_of_income.{country}"] = cost / income
    return figures


def smallest_operator_figures(
    capital_usd: float, devices: float, devices_per_replica: int, mtok_per_device_year: float, usd_per_year: float
) -> dict[str, Value]:
    """Give the smallest fleet that can serve the model, one replica, at this plan's unit costs.

    Args:
        capital_usd: Capital of serving in the plan [USD].
        devices: Devices that serve [1].
        devices_per_replica: Devices of one replica [1].
        mtok_per_device_year: Output tokens of a busy device in a year [Mtok/year].
        usd_per_year: Cost of serving [USD/year].

    Returns:
        Capital, yearly cost and the output at full load.

    >>> smallest_operator_figures(1000.0, 100.0, 8, 2.0, 500.0)["smallest_operator_capital_usd"]
    80.0
    """
    share = devices_per_replica / devices
    return {
        "smallest_operator_capital_usd": capital_usd * share,
        "smallest_operator_usd_per_year": usd_per_year * share,
        "smallest_operator_mtok_per_year": mtok_per_device_year * devices_per_replica,
    }


def breakeven_load_figures(
    smallest: Mapping[str, Value], price_per_mtok_usd: float, output_tokens: float
) -> dict[str, Value]:
    """Give how busy the smallest operator must be to earn its cost at the market's price.

    load = cost / (output at full load x price); above 1 no load is enough.

    Args:
        smallest: Figures of `smallest_operator_figures`.
        price_per_mtok_usd: Price of a million output tokens [USD/Mtok], above zero.
        output_tokens: Output tokens of a request [token].

    Returns:
        Load [1], and the requests of a day it stands for [1/day].

    >>> found = {"smallest_operator_usd_per_year": 730.0, "smallest_operator_mtok_per_year": 100.0}
    >>> breakeven_load_figures(found, 10.0, 1000.0)["smallest_operator_breakeven_load_ratio"]
    0.73
    """
    cost, full = smallest["smallest_operator_usd_per_year"], smallest["smallest_operator_mtok_per_year"]
    if isinstance(cost, tuple) or isinstance(full, tuple) or full <= 0.0:
        return {}
    requests = cost / price_per_mtok_usd * TOKENS_PER_MTOK / output_tokens / DAYS_PER_YEAR
    return {
        "smallest_operator_breakeven_load_ratio": cost / (full * price_per_mtok_usd),
        "smallest_operator_requests_per_day": requests,
    }
