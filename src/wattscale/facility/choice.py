"""All cooling technologies side by side for one place and load, and the cheapest over its life.

In: table `facility`, IT power, weather, prices. Out: an option for each technology, cheapest first.
Leaves out: land, noise and water rights; a technology that the racks are too dense for is listed, not chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.annuity import annuity
from wattscale.catalog import Catalog, Deflator
from wattscale.errors import InfeasibleError
from wattscale.facility.annual import itue, pue
from wattscale.facility.cooling import run_building
from wattscale.facility.design import DesignSpace, Technology, technology
from wattscale.facility.outdoor import OutdoorAir
from wattscale.facility.space import space_of
from wattscale.facility.water import wue
from wattscale.scenario.facility import FacilityTable
from wattscale.units import FloatArray

LIQUID_ONLY = ("water_class", "liquid_supply_c", "liquid_share", "heat_reuse_share", "heat_user_c")
"""Fields of the table that hold for technologies with a liquid loop alone."""


@dataclass(frozen=True)
class Money:
    """Prices that weigh one technology against another.

    Attributes:
        price_usd_per_mwh: Price of energy [USD/MWh], a number or an hourly array of shape (8760,).
        discount_rate: Real rate [1/year].
        country: Country code, for the cost of construction.
    """

    price_usd_per_mwh: float | FloatArray = 70.0
    discount_rate: float = 0.08
    country: str = ""


@dataclass(frozen=True)
class CoolingOption:
    """One technology at one place."""

    cooling: str
    title: str
    pue: float
    wue_l_per_kwh: float
    tue: float
    peak_mw: float
    energy_mwh: float
    """Energy of the year for the same computing, server fans counted [MWh]."""
    water_m3: float
    capital_usd: float
    """Construction cost for the same computing over that of a hall with chillers [USD], negative where cheaper."""
    cost_usd_per_year: float
    """Annuity of that capital, energy and water [USD/year]."""
    rack_limit_kw: float
    feasible: bool
    """Whether the racks are within the upper density limit."""


def options(
    table: FacilityTable,
    it_power_mw: FloatArray,
    capacity_mw: float,
    rack_kw: float,
    air: OutdoorAir,
    catalog: Catalog,
    money: Money,
) -> tuple[CoolingOption, ...]:
    """Run every technology for the same computing and place.

    Servers without fans do the same computing with less IT power: IT power is taken as that of air-cooled servers and
    scaled by their fan share over the technology's.

    Args:
        table: Table `facility`; its set-points hold wherever they mean something.
        it_power_mw: IT power with air-cooled servers [MW], shape (hours,).
        capacity_mw: IT power the building is built for [MW].
        rack_kw: Power of a rack [kW].
        air: Outdoor air, shape (hours,).
        catalog: The catalogue; figures of all technologies are noted in its ledger.
        money: Prices.

    Returns:
        Options, feasible ones first, each group by cost.

    Source: annuity of the construction premium plus energy and water.
    """
    found = []
    for name in catalog.names("cooling_technologies"):
        tech = technology(catalog, name)
        space = space_of(fitted(table, name, catalog), tech, catalog)
        found.append(_option(tech, space, it_power_mw, capacity_mw, rack_kw, air, catalog, money))
    return tuple(sorted(found, key=lambda o: (not o.feasible, o.cost_usd_per_year)))


def best(found: tuple[CoolingOption, ...], rack_kw: float) -> str:
    """Name the cheapest technology that usually carries such racks; where there is none, that can carry them at all.

    Args:
        found: Options, cheapest first.
        rack_kw: Power of a rack [kW].

    Returns:
        Name of the technology.

    Raises:
        InfeasibleError: The racks are too dense for every technology.
    """
    if not found or not found[0].feasible:
        limit = max((o.rack_limit_kw for o in found), default=0.0)
        raise InfeasibleError(
            f"racks of {rack_kw:.0f} kW are too dense for every cooling technology",
            where="facility.cooling",
            value="best",
            allowed=f"about {limit:.0f} kW per rack",
            hint="Spread the devices over more racks",
        )
    usual = [o for o in found if rack_kw <= o.rack_limit_kw]
    return (usual or found)[0].cooling


def fitted(table: FacilityTable, cooling: str, catalog: Catalog) -> FacilityTable:
    """Give the table with this technology; settings of a liquid loop go where there is none.

    >>> from wattscale.catalog import load_catalog
    >>> fitted(FacilityTable(water_class="W40"), "chiller", load_catalog()).water_class is None
    True
    """
    update: dict[str, object] = {"cooling": cooling}
    if technology(catalog, cooling).liquid_plant is None:
        defaults = FacilityTable()
        update |= {field: getattr(defaults, field) for field in LIQUID_ONLY}
    return table.model_copy(update=update)


def _option(
    tech: Technology,
    space: DesignSpace,
    it_power_mw: FloatArray,
    capacity_mw: float,
    rack_kw: float,
    air: OutdoorAir,
    catalog: Catalog,
    money: Money,
) -> CoolingOption:
    design = space.central()
    with_fans = catalog.value("cooling", "building.server_fan_share")
    scale = float(itue(design.air.server_fan_share)) * (1.0 - with_fans)
    it = it_power_mw * scale
    hours = run_building(tech, design, air, it, capacity_mw * scale)
    it_mwh, energy, water = float(it.sum()), float(hours.power_mw.sum()), float(hours.water.makeup.sum())
    deflator = Deflator(catalog)
    construction = deflator.to_base(catalog.figure("dc_costs", "construction.cost", region=money.country)).value
    premium = catalog.value("cooling", f"{tech.name}.construction_premium_share")
    # Servers without fans need a smaller hall for the same computing: the economics stage builds it for their power.
    capital = construction * capacity_mw * (scale * (1.0 + premium) - 1.0)
    years = catalog.value("dc_costs", "life.plant")
    energy_usd = float(np.sum(hours.power_mw * money.price_usd_per_mwh))
    water_usd = water * deflator.to_base(catalog.figure("dc_costs", "water.price")).value
    limit = catalog.figure("cooling", f"{tech.name}.density_limit_kw")
    return CoolingOption(
        cooling=tech.name,
        title=tech.title,
        pue=pue(energy, it_mwh),
        wue_l_per_kwh=wue(water, it_mwh),
        tue=pue(energy, it_mwh) * float(itue(design.air.server_fan_share)),
        peak_mw=float(hours.power_mw.max()),
        energy_mwh=energy,
        water_m3=water,
        capital_usd=capital,
        cost_usd_per_year=capital * annuity(money.discount_rate, years) + energy_usd + water_usd,
        rack_limit_kw=limit.value,
        feasible=rack_kw <= limit.high,
    )
