"""PUE, water and cost of each way of cooling, by region: the building model of the chain, run once.

In: the catalogue's classes of operator, technologies and places. Out: `CoolingUnits`.
Leaves out: a second copy of any of these figures; hours, which the building model has gone through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from wattscale.catalog import Catalog, Row, load_catalog
from wattscale.facility.cooling import run_building
from wattscale.facility.design import design_space, technology
from wattscale.facility.outdoor import OutdoorAir, outdoor_air_of
from wattscale.outlook.years import REGIONS
from wattscale.scenario.site import SiteTable
from wattscale.site.stage import run as run_site
from wattscale.units import FloatArray

KINDS = ("air", "rear-door", "direct-to-chip", "immersion")
"""Ways of cooling; `air` is the technology of the operator's class."""
GROUPS = {
    "self-built": ("self-built, water side", "self-built, outside air"),
    "leased": ("colocation",),
}
"""Who builds AI halls, and the classes of table `operator_classes` that stand for them."""
FLEETS = ("self-built, water side", "self-built, outside air", "self-built and leased", "survey", "survey before 2011")
"""Classes whose published PUE the outlook follows."""
DESIGNS = "operator_designs"
STEP = 13
"""Every so many hours of the year are run: odd against the day, so that all hours of the day occur."""
ALL_AIR = "chiller"
REAR_DOOR = "rear-door"


@dataclass(frozen=True)
class CoolingUnits:
    """What cooling takes.

    Attributes:
        pue: Power usage effectiveness [1] by (group, kind), shape (regions,).
        wue: Water at the site per IT energy [L/kWh] by (group, kind), shape (regions,).
        fleet_pue: PUE [1] of each class at its own places.
        premium: Cost of construction over a hall with chillers [1] by kind.
        plan_premium: The same for the cooling of the plan behind the unit figures [1].
        air_limit_kw, door_limit_kw: Usual rack power that air and rear doors carry [kW].
    """

    pue: Mapping[tuple[str, str], FloatArray]
    wue: Mapping[tuple[str, str], FloatArray]
    fleet_pue: Mapping[str, float]
    premium: Mapping[str, float]
    plan_premium: float
    air_limit_kw: float
    door_limit_kw: float


@cache
def cooling_units(plan_cooling: str = "direct-to-chip") -> CoolingUnits:
    """Run the building model for every group, kind and region with the bundled catalogue.

    Args:
        plan_cooling: Technology of the plan behind the unit figures.
    """
    return cooling_units_of(load_catalog(), plan_cooling)


def cooling_units_of(catalog: Catalog, plan_cooling: str) -> CoolingUnits:
    """Run the building model for every group, kind and region.

    Args:
        catalog: The catalogue.
        plan_cooling: Technology of the plan behind the unit figures.

    Returns:
        Unit figures of cooling.
    """
    airs: dict[str, OutdoorAir] = {}

    def at(group: Row, kind: str, places: str) -> tuple[float, float]:
        name = group.text("technology") if kind == "air" else kind
        found = []
        for where in places.split(";"):
            if where not in airs:
                airs[where] = outdoor_air_of(run_site(SiteTable(name=where), catalog).weather).every(STEP)
            found.append(_building(catalog, name, group.text("design"), airs[where]))
        return float(np.mean([f[0] for f in found])), float(np.mean([f[1] for f in found]))

    pue, wue = {}, {}
    for name, classes in GROUPS.items():
        rows = [catalog.row("operator_classes", c) for c in classes]
        for kind in KINDS:
            by_region = [
                np.mean([at(row, kind, catalog.row("outlook_places", r).text("places")) for row in rows], axis=0)
                for r in REGIONS
            ]
            pue[name, kind], wue[name, kind] = np.array(by_region).T
    return CoolingUnits(
        pue=pue,
        wue=wue,
        fleet_pue={name: _fleet(catalog, at, name) for name in FLEETS},
        premium={kind: _premium(catalog, ALL_AIR if kind == "air" else kind) for kind in KINDS},
        plan_premium=_premium(catalog, plan_cooling),
        air_limit_kw=catalog.value("cooling", f"{ALL_AIR}.density_limit_kw"),
        door_limit_kw=catalog.value("cooling", f"{REAR_DOOR}.density_limit_kw"),
    )


def _fleet(catalog: Catalog, at: Callable[[Row, str, str], tuple[float, float]], name: str) -> float:
    """Give the PUE of a class at its places; a class with leased halls holds them in its share."""
    row = catalog.row("operator_classes", name)
    own = at(row, "air", row.text("places"))[0]
    if not row.text("leased_design"):
        return own
    leased = at(catalog.row("operator_classes", "colocation"), "air", row.text("places"))[0]
    share = catalog.value(DESIGNS, f"{name}.leased_share")
    return (1.0 - share) * own + share * leased


def _building(catalog: Catalog, cooling: str, design: str, air: OutdoorAir) -> tuple[float, float]:
    """Give PUE [1] and WUE [L/kWh] of the central design in a climate, over the year."""
    tech = technology(catalog, cooling)
    space = design_space(catalog, tech.name, "double-conversion", "2N", (DESIGNS, design))
    it = catalog.value(DESIGNS, f"{design}.load_share") * np.ones_like(air.temp_c)
    found = run_building(tech, space.central(), air, it, 1.0)
    return float(found.power_mw.sum() / it.sum()), float(found.water.makeup.sum() / it.sum())


def _premium(catalog: Catalog, cooling: str) -> float:
    return catalog.value("cooling", f"{cooling}.construction_premium_share")
