"""How long a plan waits for power and for deliveries before it can start.

In: what the plan buys, the place, the year of purchase, the year of a connection that is given. Out: waits in years.
Leaves out: a start in phases and plant that bridges the wait for the grid.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wattscale.catalog import Catalog
from wattscale.figure import PlanWarning
from wattscale.supply.result import SupplyResult

MONTHS_PER_YEAR = 12
DELIVERY = "delivery"
"""Kind of lead time that a buyer waits for."""
GRID = "grid"
NOT_PLANT = (GRID, "unserved", "export")
"""Entries of the capacities that are not own plant."""
MARGINAL_MW = 0.01
"""Power below this is rounding of the optimiser [MW]."""


def longest_wait(bought: Iterable[str], catalog: Catalog) -> tuple[str, tuple[float, float, float]]:
    """Give the stage whose delivery takes longest, of those a plan needs.

    Args:
        bought: What the plan buys.
        catalog: The catalogue.

    Returns:
        Name of the stage for people, empty where there is none, and lead time with range [month].

    Source: table `supply_stages`.

    >>> from wattscale.catalog import load_catalog
    >>> longest_wait(["devices", "building"], load_catalog())
    ('Large power transformers', (30.0, 24.0, 60.0))
    """
    wanted = set(bought)
    best: tuple[str, tuple[float, float, float]] = ("", (0.0, 0.0, 0.0))
    for row in catalog.rows("supply_stages"):
        if row.text("wait") == DELIVERY and wanted & set(row.text("bought_with").split(";")):
            months = row.number("lead_months")
            if months > best[1][0]:
                best = (row.text("title"), (months, row.number("lead_low_months"), row.number("lead_high_months")))
    return best


@dataclass(frozen=True)
class PowerWait:
    """The wait for power that holds for a plan.

    Attributes:
        years: Years from the purchase until the plan has power, with range [year].
        why: What it waits for, for people.
        unknown: Own plant of which no time of delivery is known; the years count none for it, so they are the least.
        warnings: What is not known or not used.
    """

    years: tuple[float, float, float] = (0.0, 0.0, 0.0)
    why: str = ""
    unknown: tuple[str, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()


def power_wait(
    supply: SupplyResult,
    place_years: float,
    purchase_year: int,
    energisation_year: int | None,
    catalog: Catalog,
) -> PowerWait:
    """Give the wait for power of a plan; every stage and verb that counts one takes it from here.

    A plan that takes power from the grid waits for its connection: until the year that the scenario gives, else as long
    as is usual at the place. A plan that takes none waits for the delivery of its own plant.

    Args:
        supply: Result of the supply stage.
        place_years: Usual wait for a grid connection at the place [year].
        purchase_year: Year in which the plan is bought, counted from its start.
        energisation_year: Year whose start brings the connection; None where not given.
        catalog: The catalogue.

    Returns:
        The wait.

    Source: definition; tables `sites` and `supply_stages`.
    """
    if uses_grid(supply):
        if energisation_year is None:
            return PowerWait((place_years,) * 3, "a grid connection at the place")
        years = float(max(0, energisation_year - purchase_year))
        return PowerWait((years,) * 3, f"a grid connection energised in {energisation_year}")
    plants = sorted({supply.plant_of(name) for name in own_power(supply)})
    title, months = longest_wait(plants, catalog)
    years3 = (months[0] / MONTHS_PER_YEAR, months[1] / MONTHS_PER_YEAR, months[2] / MONTHS_PER_YEAR)
    unknown = tuple(name for name in plants if not longest_wait([name], catalog)[0])
    return PowerWait(years3, title.lower() or "own plant", unknown, tuple(_doubts(unknown, energisation_year)))


def uses_grid(supply: SupplyResult) -> bool:
    """Tell whether a plan takes power over a grid connection, at spot or by contract."""
    spot = [power for name, power in supply.dispatch_mw.items() if supply.plant_of(name) == GRID]
    return any(float(power.max()) > MARGINAL_MW for power in (*spot, *supply.metered_mw.values()))


def own_power(supply: SupplyResult) -> list[str]:
    """List the own plant that gives power."""
    built = (name for name, mw in supply.capacity_mw.items() if mw > MARGINAL_MW and name in supply.dispatch_mw)
    return [name for name in built if supply.plant_of(name) not in NOT_PLANT]


def _doubts(unknown: Sequence[str], energisation_year: int | None) -> Iterable[PlanWarning]:
    if energisation_year is not None:
        yield PlanWarning(
            "energisation-unused",
            f"supply.energisation_year = {energisation_year} changes nothing: the plan takes no power from the grid.",
        )
    if unknown:
        yield PlanWarning(
            "delivery-unknown",
            f"No time of delivery is known for {', '.join(unknown)}: the plan has no wait for power, and its earliest "
            "start counts none.",
        )


@dataclass(frozen=True)
class Start:
    """When a plan can start.

    Attributes:
        year: Calendar year with its fraction, and range [year].
        late_months: Months after the years of building that the finance counts with, and range [month].
    """

    year: tuple[float, float, float]
    late_months: tuple[float, float, float]


def earliest_start(
    purchase_year: int,
    lead_months: tuple[float, float, float],
    power_years: tuple[float, float, float],
    construction_years: float,
) -> Start:
    """Give the earliest start of operation, and how late it is for the finance.

    start = purchase + max(longest delivery, years to power, years of building)

    Args:
        purchase_year: Year in which the plan is bought; orders go out on its first day.
        lead_months: Longest delivery, with range [month].
        power_years: Years until the plan has power, with range [year].
        construction_years: Years of building [year].

    Returns:
        Year of the start, and months by which it comes after the years of building.

    Source: definition; table `supply_stages`, `power_wait`.

    >>> earliest_start(2025, (30.0, 24.0, 60.0), (1.0, 1.0, 1.0), 2.0)
    Start(year=(2027.5, 2027.0, 2030.0), late_months=(6.0, 0.0, 36.0))
    """
    waits = [
        max(months / MONTHS_PER_YEAR, years, construction_years)
        for months, years in zip(lead_months, power_years, strict=True)
    ]
    year = (purchase_year + waits[0], purchase_year + waits[1], purchase_year + waits[2])
    late = [(wait - construction_years) * MONTHS_PER_YEAR for wait in waits]
    return Start(year, (late[0], late[1], late[2]))
