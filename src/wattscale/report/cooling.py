"""All cooling technologies side by side for the place and load of a plan.

In: a plan. Out: a table, the plan's own technology marked.
Leaves out: the choice itself; `facility.cooling = "best"` makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattscale.catalog import load_catalog
from wattscale.facility.choice import CoolingOption, Money, options
from wattscale.facility.outdoor import outdoor_air_of

if TYPE_CHECKING:
    from wattscale.result import Plan


def cooling_options(plan: Plan) -> tuple[CoolingOption, ...]:
    """Run every technology for the computing of the plan, at the plan's own cost of energy.

    Args:
        plan: The plan.

    Returns:
        Options, cheapest first; the plan's own technology has the plan's IT energy.
    """
    catalog = load_catalog().with_overrides(plan.scenario.catalog)
    table = plan.scenario.facility.model_copy(update={"cooling": plan.facility.cooling})
    price = plan.supply.total_usd_per_year / float(plan.supply.load_mw.sum())
    money = Money(price, plan.scenario.economics.discount_rate, plan.site.country)
    air = outdoor_air_of(plan.site.weather)
    it_mw, capacity_mw, rack_kw = plan.compute.it_power_mw, plan.facility.design_it_mw, plan.compute.rack_kw
    trial = options(table, it_mw, capacity_mw, rack_kw, air, catalog, money)
    own = next(o for o in trial if o.cooling == plan.facility.cooling)
    with_fans = float(it_mw.sum()) / (own.energy_mwh / own.pue)
    return options(table, it_mw * with_fans, capacity_mw * with_fans, rack_kw, air, catalog, money)
