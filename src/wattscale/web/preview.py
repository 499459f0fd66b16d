"""A quick plan to show while a slider moves: the supply of a coarser year, and no ranges or price risk.

In: a scenario. Out: a plan whose supply was sized on steps of a few hours; the page marks it "preview".
Leaves out: what the coarser year leaves out, namely peaks and swings within a step; the full plan follows by itself.
"""

from __future__ import annotations

from wattscale.catalog import load_catalog
from wattscale.catalog.specs import STAGES
from wattscale.chain import Chain
from wattscale.result import Plan
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import StageCache
from wattscale.supply import stage as supply
from wattscale.supply.result import SupplyResult
from wattscale.version import VERSION

STEP_H = 3
"""Hours of a step of the coarser year: sizes within a tenth of the hourly ones, in a seventh of the time."""
TOLERANCE = 1e-3
"""Certified gap asked of the solver [1]; the full plan asks for less."""


def preview(scenario: Scenario, cache: StageCache) -> Plan:
    """Make a quick plan.

    Args:
        scenario: What is asked.
        cache: Keeps stage results between plans.

    Raises:
        InputError: As the full plan.
    """
    catalog = load_catalog().with_overrides(scenario.catalog)
    chain = _Preview(scenario, catalog, cache, lambda *_: None, extras=False)
    chain.impact()
    return Plan(VERSION, scenario, **chain.results, ledgers={stage: chain.ledgers[stage] for stage in STAGES})


class _Preview(Chain):
    """The chain with the supply of a coarser year."""

    def supply(self) -> SupplyResult:
        table, money = self.scenario.supply, self.scenario.economics
        if set(table.technologies) == {"grid"} and not table.export_allowed:
            return super().supply()
        building, place = self.facility(), self.site()
        rate, flat = money.discount_rate, money.electricity_price_usd_per_mwh
        plain = table.model_copy(update={"near_optimal_share": 0.0, "verify": False})
        return self._stage(
            "supply", ("preview", table, building, place, rate, flat),
            lambda c: supply.run(plain, building.power_mw, place, c, rate, flat, STEP_H, TOLERANCE),
        )  # fmt: skip
