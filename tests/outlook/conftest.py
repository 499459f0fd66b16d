"""An outlook of a few draws on fixed unit figures, so that no plan has to be made."""

import numpy as np
import pytest

from wattscale.outlook.carbon import carbon_path
from wattscale.outlook.cooling_units import cooling_units
from wattscale.outlook.drivers import central, draw, read_drivers
from wattscale.outlook.pathway import referenced, run_path
from wattscale.outlook.planunits import PlanUnits
from wattscale.outlook.scenario import factors, load_outlook
from wattscale.outlook.simulate import simulate
from wattscale.outlook.world import build_world, read_history, read_plant_water, read_regions

UNITS = PlanUnits(
    plan="Fixed figures",
    capital_usd_per_mw=65e6,
    fixed_usd_per_mw_year=15.6e6,
    segment_share={"accelerators": 0.5, "memory": 0.1, "servers": 0.15, "network": 0.12, "facility": 0.13},
    joules_per_token=12.6,
    params_active_b=405.0,
    usd_per_mtok=9.0,
    pue=1.1,
    jobs_construction_per_mw=27.0,
    jobs_permanent_per_mw=0.74,
    embodied_t_per_mw=2100.0,
    electricity_share=0.05,
    cooling=cooling_units(),
)


@pytest.fixture(scope="session")
def units():
    return UNITS


@pytest.fixture(scope="session")
def run_of(catalog):
    """Run a bundled scenario, or tables, at a few draws; each once."""
    known = {}

    def run(source=None, draws=60):
        key = (str(source), draws)
        if key not in known:
            table = load_outlook(source).model_copy(update={"draws": draws})
            known[key] = simulate(table, UNITS, catalog)
        return known[key]

    return run


@pytest.fixture(scope="session")
def base(run_of):
    return run_of()


@pytest.fixture(scope="session")
def free_world(catalog):
    """Build a world of the given changes without adoption of new technologies, and its path."""

    def build(changes, draws=20):
        drivers = read_drivers(catalog, load_outlook({"drivers": changes}).changes())
        v = draw(drivers, draws, 3)
        middle_v = central(read_drivers(catalog, {}))
        history, regions, hits = read_history(catalog), read_regions(catalog), factors([])
        growth = catalog.value("outlook_drivers", "demand.gdp_growth")
        paths = (carbon_path(catalog, "current-policy"), read_plant_water(catalog))
        world = build_world(v, UNITS, history, regions, hits, growth, *paths)
        world = referenced(world, build_world(middle_v, UNITS, history, regions, hits, growth, *paths))
        return world, run_path(world)

    return build


@pytest.fixture(scope="session")
def rng():
    return np.random.default_rng(5)
