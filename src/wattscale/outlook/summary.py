"""The figures of an outlook, with unit, title and quantiles by year.

In: a simulation. Out: rows of (figure, year, low, middle, high).
Leaves out: regions of most figures; what is told by region is in `_regional`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.outlook.constraints import ORDERED
from wattscale.outlook.simulate import Simulation
from wattscale.outlook.years import FIRST_YEAR, FUTURE, LAST_HISTORY, REGION_TITLES, REGIONS, STAGES, YEARS, place
from wattscale.report.words import digits
from wattscale.units import FloatArray

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Low end, lower quarter, middle, upper quarter and high end of a fan."""
SHOWN_YEARS = (2020, 2025, 2026, 2028, 2030, 2035, 2040, 2045)
BILLION, GW = 1e9, 1e3
AS_PERCENT = (
    "outlook.ai_share",
    "outlook.unmet_share",
    "outlook.growth",
    "outlook.share_of_electricity.us",
    "outlook.mix.renewables",
    "outlook.cooling.direct-to-chip",
)
"""Shares that people read in per cent."""
PERCENT = 100.0


def shown(name: str, value: float) -> str:
    """Write a value for people: shares in per cent, others in three digits.

    >>> shown("outlook.ai_share", 0.1234), shown("outlook.co2_mt", 346.9)
    ('12.3 %', '347')
    """
    return f"{digits(value * PERCENT)} %" if name in AS_PERCENT else digits(value)


@dataclass(frozen=True)
class Fan:
    """One figure by year.

    Attributes:
        name: `outlook.<figure>`.
        unit: Unit, "1" for shares.
        title: In plain words.
        quantiles: Shape (years, quantiles), in the order of `QUANTILES`.
        start: First year for which there is something to say.
    """

    name: str
    unit: str
    title: str
    quantiles: FloatArray
    start: int = FIRST_YEAR

    @property
    def years(self) -> tuple[int, ...]:
        """Years that the figure covers."""
        return tuple(year for year in YEARS if year >= self.start)

    def at(self, year: int) -> tuple[float, float, float]:
        """Give low, middle and high of a year."""
        low, _, middle, _, high = self.quantiles[place(year)]
        return float(low), float(middle), float(high)


def fans(run: Simulation) -> dict[str, Fan]:
    """Give every figure of an outlook.

    Returns:
        Fans by name, world first, then regions, mix and new power.
    """
    found = [_fan(*row) for row in _world(run)]
    for k, region in enumerate(REGIONS):
        found += [
            _fan(f"{name}.{region}", unit, f"{title}, {REGION_TITLES[region]}", series[..., k], start)
            for name, unit, title, series, start in _regional(run)
        ]
    total = run.accounts.region["electricity_twh"]
    for fuel, share in run.path.mix.items():
        mean = (share * total).sum(axis=2) / total.sum(axis=2)
        found.append(_fan(f"mix.{fuel}", "1", f"{fuel.capitalize()} in the supply", mean))
    halls = run.path.region["deployed_mw"]
    for kind, share in run.path.cooling.items():
        mean = (share * halls).sum(axis=2) / halls.sum(axis=2)
        found.append(_fan(f"cooling.{kind}", "1", f"AI halls cooled by {COOLING_TITLES[kind]}", mean))
    for kind, power in run.path.added.items():
        found.append(_fan(f"added_gw.{kind}", "GW/year", f"New power, {kind}", power.sum(axis=2) / GW, FUTURE[0]))
    for name, usd in run.accounts.segments.items():
        found.append(_fan(f"market_usd.{name}", "1e9 USD/year", f"Investment, {name}", usd / BILLION))
    found += _stages(run)
    return {fan.name: fan for fan in found}


def _regional(run: Simulation) -> list[tuple[str, str, str, FloatArray, int]]:
    """Give what is told by region: name, unit, title, series of shape (years, draws, regions), first year."""
    a, r = run.accounts.region, run.path.region
    liquid = run.path.cooling["direct-to-chip"] + run.path.cooling["immersion"]
    room = np.maximum(run.path.region["grid_mw"], SMALL_MW)
    wait = run.world.regions["grid.lead"] + r["backlog_mw"] / room
    asked = r["backlog_mw"] / GW / run.v["grid.completion"][:, None]
    return [
        ("electricity_twh", "TWh/year", "Electricity", a["electricity_twh"], FIRST_YEAR),
        ("share_of_electricity", "1", "Share of electricity", a["share_of_electricity"], FIRST_YEAR),
        ("electricity_price", "USD/MWh", "Power price", r["electricity_usd_per_mwh"], LAST_HISTORY),
        ("co2_mt", "Mt/year", "Direct carbon", a["co2_mt"], FIRST_YEAR),
        ("investment_usd", "1e9 USD/year", "Investment", a["investment_usd"] / BILLION, FIRST_YEAR),
        ("permanent_jobs", "job", "Permanent jobs, direct, gross", a["permanent_jobs"], FIRST_YEAR),
        ("carbon_price", "USD/t", "Carbon price", r["carbon_usd_per_t"], LAST_HISTORY),
        ("pue_ai", "1", "PUE of AI halls", r["pue_ai"], FIRST_YEAR),
        ("liquid_share", "1", "AI halls cooled by liquid", liquid, FIRST_YEAR),
        ("connection_wait_years", "year", "Wait for a connection", wait, FUTURE[0]),
        ("backlog_gw", "GW", "Load that waits for power", r["backlog_mw"] / GW, FUTURE[0]),
        ("requests_gw", "GW", "Requests on file", asked, FUTURE[0]),
    ]


def _stages(run: Simulation) -> list[Fan]:
    """Give capacity, orders and scarcity price of each stage that is ordered."""
    found = []
    for stage in ORDERED:
        s, title = run.path.stages, STAGE_TITLES[stage]
        rows = (
            ("capacity_gw", "GW/year", "Capacity", s["capacity_mw", stage] / GW),
            ("ordered_gw", "GW/year", "Capacity ordered", s["ordered_mw", stage] / GW),
            ("scarcity", "1", "Scarcity price", s["scarcity", stage]),
        )
        found += [_fan(f"{name}.{stage}", unit, f"{words}, {title}", x, FUTURE[0]) for name, unit, words, x in rows]
    return found


SMALL_MW = 1e-6
COOLING_TITLES = {
    "air": "air", "rear-door": "rear doors", "direct-to-chip": "liquid at the chip", "immersion": "immersion",
}  # fmt: skip
STAGE_TITLES = {
    "packaging": "packaging", "memory": "memory", "foundry": "leading-edge wafers", "transformers": "transformers",
    "turbines": "turbines for data centres", "grid": "grid connections",
}  # fmt: skip


def _world(run: Simulation) -> list[tuple[str, str, str, FloatArray]]:
    w, path = run.accounts.world, run.path
    growth = np.ones_like(w["electricity_twh"])
    growth[1:] = w["electricity_twh"][1:] / w["electricity_twh"][:-1]
    per_watt = path.world["density"] / path.world["density"][0]
    return [
        ("electricity_twh", "TWh/year", "Data-centre electricity", w["electricity_twh"]),
        ("growth", "1/year", "Growth of that electricity", growth - 1.0),
        ("ai_twh", "TWh/year", "Electricity of AI", w["ai_twh"]),
        ("ai_share", "1", "Share of AI", w["ai_share"]),
        ("ai_capacity_gw", "GW", "Nameplate of AI halls", w["ai_capacity_gw"]),
        ("shipped_gw", "GW/year", "Devices shipped, power of devices", path.world["shipped_mw"] / GW),
        ("unmet_share", "1", "Unmet demand for AI work", w["unmet_share"]),
        ("scarcity_price", "1", "Price of devices over their cost", w["scarcity_price"]),
        ("token_price_index", "1", "Price of a task, 2025 = 1", w["token_price_index"]),
        ("tokens_per_month", "1e12 token/month", "Tokens served", w["tokens_per_month"]),
        ("flop_per_watt", "1", "Work per watt of new devices, 2015 = 1", per_watt),
        ("pue_ai", "1", "PUE of AI halls", path.world["pue_ai"]),
        ("investment_usd", "1e9 USD/year", "Investment", w["investment_usd"] / BILLION),
        ("ai_investment_usd", "1e9 USD/year", "Investment in AI halls", w["ai_investment_usd"] / BILLION),
        ("co2_mt", "Mt/year", "Direct carbon", w["co2_mt"]),
        ("embodied_mt", "Mt/year", "Embodied carbon of what is shipped", w["embodied_mt"]),
        ("carbon_cost_usd", "1e9 USD/year", "Cost of carbon", w["carbon_cost_usd"] / BILLION),
        ("water_km3", "1e9 m3/year", "Water at sites and plants", w["water_m3"] / BILLION),
        ("water_site_km3", "1e9 m3/year", "Water at sites", w["water_site_m3"] / BILLION),
        ("construction_job_years", "job-year/year", "Direct work to build AI halls", w["construction_job_years"]),
        ("permanent_jobs", "job", "Permanent jobs, direct, gross", w["permanent_jobs"]),
        ("edge_share", "1", "Work done on devices at the edge", _padded(run.world.edge_share)),
        ("neuromorphic_saving", "1", "Work saved by neuromorphic devices", _padded(run.world.work_saving)),
        ("largest_run_gw", "GW", "Largest training run", w["largest_run_mw"] / GW),
    ]


def _padded(future: FloatArray) -> FloatArray:
    """Give a series of future years over all years, zero in the past; shape (years, draws)."""
    return np.concatenate([np.zeros((len(YEARS) - len(FUTURE), future.shape[1])), future])


def _fan(name: str, unit: str, title: str, series: FloatArray, start: int = FIRST_YEAR) -> Fan:
    start = TOKENS_KNOWN if name.startswith("token") else LAST_HISTORY if name in FROM_NOW else start
    return Fan(f"outlook.{name}", unit, title, np.quantile(series, QUANTILES, axis=1).T, start)


FROM_NOW = ("unmet_share", "scarcity_price", "carbon_cost_usd", "edge_share", "neuromorphic_saving")
"""Figures that say nothing of the past."""
TOKENS_KNOWN = 2022
"""First year for which token counts say something."""


def bottlenecks(run: Simulation) -> dict[int, dict[str, float]]:
    """Give, by year, the share of draws that each stage limits [1]."""
    binding = run.path.world["binding"]
    found = {}
    for year in FUTURE:
        row = binding[place(year)]
        found[year] = {stage: float((row == k).mean()) for k, stage in enumerate(STAGES)}
    return found


def tightest(run: Simulation) -> dict[int, tuple[float, str]]:
    """Give, by year, the share of draws that any stage limits [1], and the stage that limits most of them."""
    found = {}
    for year, shares in bottlenecks(run).items():
        limiting = {stage: share for stage, share in shares.items() if stage not in NOT_LIMITED}
        found[year] = (sum(limiting.values()), max(limiting, key=lambda s: limiting[s]))
    return found


NOT_LIMITED = (STAGES[0], STAGES[-1])
"""Words of a draw and year whose demand is met."""


def headline(found: Mapping[str, Fan], year: int) -> dict[str, tuple[float, float, float]]:
    """Give the figures that scenarios are compared by."""
    keys = ("electricity_twh", "ai_share", "co2_mt", "investment_usd", "unmet_share", "token_price_index")
    return {key: found[f"outlook.{key}"].at(year) for key in keys}
