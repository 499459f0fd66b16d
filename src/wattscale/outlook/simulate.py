"""One outlook from its table: drivers drawn, years run, accounts added up.

In: the outlook's table, unit figures of a plan, the catalogue. Out: `Simulation`.
Leaves out: comparison of scenarios, sensitivity and words; outlook.py puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.outlook.accounts import Accounts, accounts, plant_costs
from wattscale.outlook.breakeven import adoption, matched_costs
from wattscale.outlook.carbon import CURRENT_CARBON, carbon_path
from wattscale.outlook.drivers import Draws, Driver, central, draw, read_drivers
from wattscale.outlook.learning import power_costs
from wattscale.outlook.pathway import referenced, run_path
from wattscale.outlook.planunits import PlanUnits
from wattscale.outlook.record import Path
from wattscale.outlook.scenario import OutlookTable, factors
from wattscale.outlook.world import World, build_world, read_history, read_plant_water, read_regions
from wattscale.outlook.years import FUTURE
from wattscale.units import FloatArray

COST_YEAR = 2024
"""Year of the costs of power from which experience curves start."""
BATTERY_COST = "renewable.battery_cost"


@dataclass(frozen=True)
class Simulation:
    """One scenario, all draws.

    Attributes:
        table: What was asked.
        drivers: Drivers as the scenario changed them.
        v: Their draws.
        world: Inputs of the yearly model.
        path: Its results.
        accounts: What follows.
        costs: Cost of solar, wind [USD/MWh] and batteries [USD/kWh], shape (future years, draws).
    """

    table: OutlookTable
    drivers: Mapping[str, Driver]
    v: Draws
    world: World
    path: Path
    accounts: Accounts
    costs: Mapping[str, FloatArray]


def simulate(table: OutlookTable, units: PlanUnits, catalog: Catalog, v: Draws | None = None) -> Simulation:
    """Run one scenario.

    Args:
        table: The outlook's table.
        units: Unit figures of a plan.
        catalog: The catalogue.
        v: Draws, where a design of points gives them; else they are drawn by the table's number and seed.

    Returns:
        Results by year, draw and region; the same table gives the same results.

    Raises:
        ConvergenceError: A year whose prices do not settle.
    """
    drivers = read_drivers(catalog, table.changes())
    drawn = draw(drivers, table.draws, table.seed) if v is None else v
    history, regions = read_history(catalog), read_regions(catalog)
    growth = catalog.value("outlook_drivers", "demand.gdp_growth")
    water, seed = read_plant_water(catalog), table.seed
    path = carbon_path(catalog, table.carbon, table.carbon_price)
    costs = _power_costs(catalog, drawn)
    new = {**adoption(drawn, units, seed), "matched_cost": matched_costs(drawn, costs)}
    world = build_world(drawn, units, history, regions, factors(table.shock), growth, path, water, new)
    middle_v, usual = central(read_drivers(catalog, {})), carbon_path(catalog, CURRENT_CARBON)
    usual_new = {
        **adoption(middle_v, units, seed, without=("quantum",)),
        "matched_cost": matched_costs(middle_v, _power_costs(catalog, middle_v)),
    }
    middle = build_world(middle_v, units, history, regions, factors([]), growth, usual, water, usual_new)
    world = referenced(world, middle)
    run = run_path(world)
    return Simulation(table, drivers, drawn, world, run, accounts(world, run, plant_costs(catalog)), costs)


def _power_costs(catalog: Catalog, v: Draws) -> dict[str, FloatArray]:
    start = {n: catalog.value("outlook_history", f"{n}.lcoe", vintage=COST_YEAR) for n in ("solar", "wind")}
    battery = float(np.median(v[BATTERY_COST]))
    return power_costs(v, start["solar"], start["wind"], battery, len(FUTURE))
