"""The figures of an outlook, with unit, title and quantiles by year.

In: a simulation. Out: rows of (figure, year, low, middle, high).
Leaves out: regions of most figures; electricity and its share are given by region.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.outlook.simulate import Simulation
from wattscale.outlook.years import FIRST_YEAR, FUTURE, REGION_TITLES, REGIONS, STAGES, YEARS, place
from wattscale.units import FloatArray

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Low end, lower quarter, middle, upper quarter and high end of a fan."""
SHOWN_YEARS = (2020, 2025, 2026, 2028, 2030, 2035, 2040, 2045)
BILLION, GW = 1e9, 1e3


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
    a, path = run.accounts, run.path
    for k, region in enumerate(REGIONS):
        title = REGION_TITLES[region]
        found.append(
            _fan(f"electricity_twh.{region}", "TWh/year", f"Electricity, {title}", a.region["electricity_twh"][..., k])
        )
        found.append(
            _fan(
                f"share_of_electricity.{region}", "1", f"Share of electricity, {title}",
                a.region["share_of_electricity"][..., k],
            )
        )  # fmt: skip
        found.append(
            _fan(
                f"electricity_price.{region}", "USD/MWh", f"Power price, {title}",
                path.region["electricity_usd_per_mwh"][..., k],
            )
        )  # fmt: skip
        queue = np.maximum(path.region["power_ratio"][..., k] - 1.0, 0.0)
        lead = run.world.regions["grid.lead"][k]
        found.append(_fan(f"connection_wait_years.{region}", "year", f"Wait for a connection, {title}", lead + queue))
    total = a.region["electricity_twh"]
    for fuel, share in path.mix.items():
        mean = (share * total).sum(axis=2) / total.sum(axis=2)
        found.append(_fan(f"mix.{fuel}", "1", f"{fuel.capitalize()} in the supply", mean))
    for kind, power in path.added.items():
        found.append(_fan(f"added_gw.{kind}", "GW/year", f"New power, {kind}", power.sum(axis=2) / GW))
    for name, usd in a.segments.items():
        found.append(_fan(f"market_usd.{name}", "1e9 USD/year", f"Investment, {name}", usd / BILLION))
    return {fan.name: fan for fan in found}


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
        ("water_km3", "1e9 m3/year", "Water at sites and plants", w["water_m3"] / BILLION),
        ("construction_job_years", "job-year/year", "Direct work to build AI halls", w["construction_job_years"]),
        ("permanent_jobs", "job", "Permanent jobs, direct, gross", w["permanent_jobs"]),
        ("largest_run_gw", "GW", "Largest training run", w["largest_run_mw"] / GW),
    ]


def _fan(name: str, unit: str, title: str, series: FloatArray) -> Fan:
    start = TOKENS_KNOWN if name.startswith("token") else FIRST_YEAR
    return Fan(f"outlook.{name}", unit, title, np.quantile(series, QUANTILES, axis=1).T, start)


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
