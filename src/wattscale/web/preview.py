"""A quick plan to show while a slider moves: the supply of a coarser year, and no ranges or price risk.

In: a scenario. Out: a plan whose supply was sized on steps of a few hours; the page marks it "preview".
Leaves out: what the coarser year leaves out, namely peaks and swings within a step; the full plan follows by itself.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from wattscale.catalog import Catalog, load_catalog
from wattscale.catalog.specs import STAGES
from wattscale.chain import Chain
from wattscale.result import Plan
from wattscale.scenario.schema import Scenario
from wattscale.site.result import SiteResult
from wattscale.stagecache import StageCache
from wattscale.supply import stage as supply
from wattscale.supply.expansion import Setting, build
from wattscale.supply.infeasible import explain
from wattscale.supply.result import SupplyResult
from wattscale.supply.solve import solve_once
from wattscale.supply.technologies import cost_region, read_technologies
from wattscale.units import HOURS_PER_YEAR, FloatArray
from wattscale.version import VERSION

STEP_H = 3
"""Hours of a step of the coarser year: sizes within a tenth of the hourly ones, in a seventh of the time."""
TOLERANCE = 1e-3
"""Certified gap asked of the solver [1]; the full plan asks for less."""
PER_STEP = ("carbon_kg", "grid_carbon_kg", "carbon_lifecycle_kg")
"""Series that are amounts of a step, not powers; they are shared among its hours."""


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
        return self._stage(
            "supply", ("preview", table, building, place, rate, flat),
            lambda c: coarse_supply(table, building.power_mw, place, c, rate, flat),
        )  # fmt: skip


def coarse_supply(
    table: Any, load_mw: FloatArray, site: SiteResult, catalog: Catalog, rate: float, flat_price: float | None
) -> SupplyResult:
    """Find the least-cost supply on steps of `STEP_H` hours; the arguments are those of the supply stage."""
    technologies = read_technologies(catalog, table.technologies, cost_region(site.country), table.build_year)
    hourly = supply._setting(table, load_mw, site, catalog, rate, flat_price, technologies)
    campus = build(coarse(hourly), technologies)
    solution = solve_once(campus.program, TOLERANCE)
    if solution is None:
        raise explain(campus, solve_once)
    mean = dataclasses.replace(site, carbon_lifecycle_kg_per_mwh=_mean(site.carbon_lifecycle_kg_per_mwh))
    return hourly_again(supply._result(campus, solution, mean, ()), load_mw)


def coarse(setting: Setting) -> Setting:
    """Average the series of a year over steps of `STEP_H` hours."""
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(setting):
        value = getattr(setting, field.name)
        if isinstance(value, np.ndarray) and value.shape == (HOURS_PER_YEAR,):
            changed[field.name] = _mean(value)
    changed["weight"] = np.full(HOURS_PER_YEAR // STEP_H, float(STEP_H))
    changed["month"] = setting.month[::STEP_H]
    changed["renewable"] = {name: _mean(factor) for name, factor in setting.renewable.items()}
    return dataclasses.replace(setting, **changed)


def hourly_again(result: SupplyResult, load_mw: FloatArray) -> SupplyResult:
    """Spread the series of a coarse result over the hours of its steps; the load is that of each hour again."""
    steps = HOURS_PER_YEAR // STEP_H
    changed: dict[str, Any] = {"load_mw": load_mw}
    for field in dataclasses.fields(result):
        value = getattr(result, field.name)
        share = 1.0 / STEP_H if field.name in PER_STEP else 1.0
        if isinstance(value, np.ndarray) and value.shape == (steps,) and field.name != "load_mw":
            changed[field.name] = np.repeat(value, STEP_H) * share
        elif isinstance(value, dict):
            changed[field.name] = {
                key: np.repeat(each, STEP_H) if isinstance(each, np.ndarray) else each for key, each in value.items()
            }
    return dataclasses.replace(result, **changed)


def _mean(series: FloatArray) -> FloatArray:
    found: FloatArray = series.reshape(-1, STEP_H).mean(axis=1)
    return found
