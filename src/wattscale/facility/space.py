"""From the table of the scenario to the design: set-points given there replace the catalogue's.

In: table `facility`, technology, catalogue. Out: `DesignSpace`.
Leaves out: checks against the racks (density.py).
"""

from __future__ import annotations

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.facility.design import DesignSpace, Technology, design_space, technology
from wattscale.scenario.facility import FacilityTable


def space_of(table: FacilityTable, tech: Technology, catalog: Catalog) -> DesignSpace:
    """Collect the design of a scenario: the catalogue's figures, and the set-points the scenario fixes."""
    space = design_space(catalog, tech.name, table.ups, table.redundancy, distribution=table.distribution)
    fixed: dict[str, float] = {}
    if table.air_supply_c is not None:
        fixed["air.supply_c"] = table.air_supply_c
        if tech.outside_air:
            fixed["air.supply_max_c"] = table.air_supply_c
            fixed["air.supply_min_c"] = min(table.air_supply_c, space.figures["air.supply_min_c"].value)
    if table.cycles_of_concentration is not None:
        fixed["chilled.cycles"] = fixed["loop.cycles"] = table.cycles_of_concentration
    _need_liquid(table, tech, catalog)
    if table.water_class is not None:
        fixed["loop.supply_c"] = float(table.water_class[1:])
    if table.liquid_supply_c is not None:
        fixed["loop.supply_c"] = table.liquid_supply_c
    if table.liquid_share is not None:
        fixed["liquid.share"] = table.liquid_share
    if table.heat_reuse_share > 0:
        fixed["liquid.reuse_share"] = table.heat_reuse_share
    return space.with_values(fixed)


def _need_liquid(table: FacilityTable, tech: Technology, catalog: Catalog) -> None:
    if tech.liquid_plant is not None:
        return
    wet = [r.name for r in catalog.rows("cooling_technologies") if technology(catalog, r.name).liquid_plant]
    for field in ("water_class", "liquid_supply_c", "liquid_share", "heat_reuse_share"):
        value = getattr(table, field)
        if value is not None and value != 0.0:
            raise InputError(
                f"cooling '{tech.name}' has no liquid loop",
                where=f"facility.{field}",
                value=value,
                hint=f"Leave it out, or set facility.cooling to one that has: {', '.join(wet)}",
            )
