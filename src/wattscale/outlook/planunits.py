"""Unit figures of the outlook, taken from one plan of the chain.

In: a plan. Out: cost, energy, jobs and water per MW and per token, capital shares by segment.
Leaves out: the plan's site and size; the outlook scales its unit figures to the world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from wattscale.figure import Value
from wattscale.outlook.cooling_units import CoolingUnits, cooling_units

if TYPE_CHECKING:
    from wattscale.result import Plan
    from wattscale.scenario.schema import Scenario


@dataclass(frozen=True)
class PlanUnits:
    """What the outlook takes from a plan.

    Attributes:
        plan: Name of the plan's scenario.
        capital_usd_per_mw: Capital per MW of IT power [USD/MW].
        fixed_usd_per_mw_year: Yearly cost without electricity per MW of IT power [USD/MW/year].
        segment_share: Share of capital by segment [1].
        joules_per_token: IT energy per output token [J].
        params_active_b: Parameters active per token of the model that is served [1e9].
        usd_per_mtok: Cost of a million tokens, serving alone [USD].
        pue: Power usage effectiveness of the plan [1].
        jobs_construction_per_mw: Direct job-years to build a MW of IT [job-year/MW].
        jobs_permanent_per_mw: Direct permanent jobs per MW of IT [job/MW].
        embodied_t_per_mw: Embodied carbon of devices and building per MW of IT [t/MW].
        electricity_share: Share of electricity in the cost of ownership [1].
        cooling: PUE, water and cost of each way of cooling, by region, from the building model.
    """

    plan: str
    capital_usd_per_mw: float
    fixed_usd_per_mw_year: float
    segment_share: Mapping[str, float]
    joules_per_token: float
    params_active_b: float
    usd_per_mtok: float
    pue: float
    jobs_construction_per_mw: float
    jobs_permanent_per_mw: float
    embodied_t_per_mw: float
    electricity_share: float
    cooling: CoolingUnits

    @property
    def device_share(self) -> float:
        """Share of capital that is replaced with the devices: all that is not building or power [1]."""
        return sum(v for k, v in self.segment_share.items() if not is_building(k))


def is_building(segment: str) -> bool:
    """Tell whether a market segment is built once and outlasts the devices.

    >>> is_building("facility"), is_building("accelerators")
    (True, False)
    """
    return segment.startswith(BUILDING)


BUILDING = ("facility", "power", "cooling", "electrical", "mechanical", "shell", "land", "grid")
"""Market segments of a plan that outlast the devices, by how their names start."""


BILLION = 1e9


def units_of(plan: Plan) -> PlanUnits:
    """Take the unit figures from a plan."""
    it_mw = _mid(plan.compute.figures["design_it_power_mw"])
    money, work = plan.economics.figures, plan.compute.figures
    impact, capital = plan.impact.figures, _mid(plan.economics.figures["capital_usd"])
    running = _mid(money["tco_usd_per_year"]) - _mid(money["electricity_usd_per_year"])
    market = plan.impact.market_usd
    return PlanUnits(
        plan=plan.scenario.name,
        capital_usd_per_mw=capital / it_mw,
        fixed_usd_per_mw_year=running / it_mw,
        segment_share={name: usd / sum(market.values()) for name, usd in market.items()},
        joules_per_token=_mid(work["serving.it_joules_per_output_token"]),
        params_active_b=_mid(plan.workload.figures["params_active"]) / BILLION,
        usd_per_mtok=_mid(money["usd_per_mtok_serving_only"]),
        pue=_mid(plan.facility.figures["pue"]),
        jobs_construction_per_mw=_mid(impact["jobs_construction_job_years"]) / it_mw,
        jobs_permanent_per_mw=_mid(impact["jobs_permanent"]) / it_mw,
        embodied_t_per_mw=_mid(impact["embodied_t"]) / it_mw,
        electricity_share=_mid(money["electricity_share"]),
        cooling=cooling_units(plan.facility.cooling),
    )


def planned_units(scenario: Scenario | None = None) -> PlanUnits:
    """Plan a scenario once, the built-in example without one, and take its unit figures.

    Raises:
        InputError: The plan trains or serves nothing, so that it has no cost per token.
    """
    from wattscale.chain import plan
    from wattscale.errors import InputError

    if scenario is None:
        return _built_in()
    made = plan(scenario)
    if made.compute.serving is None:
        raise InputError("the plan behind an outlook must serve", where="plan", hint="Give [workload.serving].")
    return units_of(made)


@cache
def _built_in() -> PlanUnits:
    from wattscale.chain import plan
    from wattscale.scenario.load import load_scenario

    return units_of(plan(load_scenario()))


def _mid(value: Value) -> float:
    return float(value[0]) if isinstance(value, tuple) else float(value)
