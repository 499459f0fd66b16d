"""What published series mean in terms of the model: one function per series and metric.

In: a simulation, a row of a published series (never its values). Out: the model's draws of that figure.
Leaves out: how rows are scored; validation/outlook.py does that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.outlook.cooling import fleet_pue, survey_pue
from wattscale.outlook.simulate import Simulation
from wattscale.outlook.years import FIRST_YEAR, LAST_HISTORY, LAST_YEAR, MID_YEAR, REGIONS, TIMES
from wattscale.units import HOURS_PER_YEAR, FloatArray

REGION_WORDS = {
    "us": "us", "usa": "us", "unitedstates": "us", "northamerica": "us", "china": "china", "europe": "europe",
    "eu": "europe", "asiapacificexchina": "other_asia", "otherasia": "other_asia", "restofworld": "rest",
    "rest": "rest",
}  # fmt: skip
WORLD_WORDS = ("global", "world", "frontier", "top5", "google", "")
PERCENT = 100.0
DOUBT_PER_YEAR = 0.5
"""Growth of the power of a spread per year beyond half a year from a published one: values between years are ours."""
TWH_PER_GW = HOURS_PER_YEAR / 1e3
Row = Mapping[str, str]


class UnknownSeriesError(Exception):
    """A series, region or metric that the model does not know, with the reason."""


@dataclass(frozen=True)
class View:
    """A simulation seen through published definitions.

    Attributes:
        run: The simulation.
        catalog: Facts by year and definitions of publishers.
    """

    run: Simulation
    catalog: Catalog

    def at(self, series: FloatArray, year: float) -> FloatArray:
        """Give a yearly series (years, draws) at a decimal year, in logarithms; years stand for themselves."""
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise UnknownSeriesError(f"the model covers {FIRST_YEAR} to {LAST_YEAR}, not {year:g}")
        below = min(int(year) - FIRST_YEAR, len(TIMES) - 2)
        share = year - TIMES[below]
        low, high = np.maximum(series[below], 1e-300), np.maximum(series[below + 1], 1e-300)
        return np.asarray(low ** (1.0 - share) * high**share)

    def fact(self, table: str, key: str, year: float, region: str = "") -> float:
        """Give a fact of the catalogue, interpolated between years."""
        return self.catalog.value(table, key, region=region, vintage=year)

    def doubt(self, table: str, key: str, year: float, region: str = "") -> float:
        """Give the power of a common spread for a fact: 1 in a year that the catalogue has, more between its years.

        Args:
            table: Table of facts.
            key: Key of the fact.
            year: Year asked.
            region: Region of the fact.
        """
        rows = self.catalog.table(table).rows
        years = [
            float(r["vintage"])
            for r in rows
            if f"{r['item']}.{r['parameter']}" == key and r.get("region", "") == region
        ]
        away = min((abs(year - y) for y in years), default=0.0)
        return 1.0 + DOUBT_PER_YEAR * max(away - MID_YEAR, 0.0)

    def v(self, name: str) -> FloatArray:
        """Give the draws of a driver."""
        return self.run.v[name]

    def definition(self, scenario: str, what: str) -> float:
        """Give the publisher's definition over ours, 1 where none is known."""
        word = scenario.lower().split("-")[0]
        key = f"{word}.{what}"
        return self.catalog.value("outlook_definitions", key) if self.known("outlook_definitions", key) else 1.0

    def known(self, table: str, key: str) -> bool:
        """Tell whether the catalogue has a figure."""
        return self.catalog.has_figure(table, key)

    def electricity(self, year: float, region: str) -> FloatArray:
        """Give data-centre electricity of a region, or of the world for an empty one [TWh/year]."""
        found = self.run.accounts
        if region:
            series = found.region["electricity_twh"][:, :, REGIONS.index(region)]
        else:
            series = found.world["electricity_twh"]
        if year < FIRST_YEAR:
            fact = self.fact("outlook_history", "dc.electricity", year, region)
            return np.asarray(fact * self.v("conventional.level"))
        return self.at(series, year)


def region_of(row: Row) -> str:
    """Find the region of a row: a region of the model, or empty for the world.

    Raises:
        UnknownSeriesError: Another place.
    """
    word = "".join(c for c in row.get("region", "").lower() if c.isalnum())
    if word in REGION_WORDS:
        return REGION_WORDS[word]
    if word in WORLD_WORDS:
        return ""
    raise UnknownSeriesError(f"the model has no region '{row.get('region', '')}'")


def dc_total(view: View, row: Row, year: float) -> FloatArray:
    """Data centres as a whole: electricity, share of all electricity, power, carbon."""
    metric, scenario, region = row["metric"], row.get("scenario", ""), region_of(row)
    spread = view.v("boundary.electricity")
    if year < LAST_HISTORY:
        spread = spread ** view.doubt("outlook_history", "dc.electricity", year, region if region == "us" else "")
    total = view.electricity(year, region)
    accounts = view.run.accounts
    if metric == "electricity_use":
        return total * spread * view.definition(scenario, "electricity")
    if metric == "share_of_electricity" and region:
        share = view.at(accounts.region["share_of_electricity"][:, :, REGIONS.index(region)], year)
        publisher = "epri" if scenario.lower() in EPRI_CASES else scenario or "lbnl"
        return share * PERCENT * spread * view.definition(publisher, "us_share")
    if metric in ("capacity", "demand_power", "power"):
        if "goldman" in scenario.lower():
            return total / TWH_PER_GW * spread
        nameplate = view.at(accounts.world["ai_capacity_gw"] + accounts.world["other_capacity_gw"], year)
        share = total / view.electricity(year, "")
        return nameplate * share * spread
    if metric.startswith("co2") and not region:
        return view.at(accounts.world["co2_mt"], year) * spread
    raise UnknownSeriesError(f"the model has no '{metric}' of data centres")


def dc_ai(view: View, row: Row, year: float) -> FloatArray:
    """AI in data centres: electricity, share, capacity."""
    metric, region, spread = row["metric"], region_of(row), view.v("boundary.electricity")
    a = view.run.accounts.world
    if metric == "electricity_use":
        series = a["ai_twh"] if not region else view.run.path.region["ai_twh"][:, :, REGIONS.index(region)]
        return view.at(series, year) * spread
    if metric == "share_of_dc_electricity":
        return view.at(a["ai_share"], year) * PERCENT * np.sqrt(spread)
    if metric == "share_of_dc_power":
        share = a["ai_capacity_gw"] / (a["ai_capacity_gw"] + a["other_capacity_gw"])
        factor = view.definition(row.get("scenario", ""), "ai_share")
        return view.at(share, year) * factor * PERCENT * np.sqrt(spread)
    if metric == "capacity":
        one = np.ones(view.run.world.draws)
        share = view.run.world.shares[:, REGIONS.index(region)] if region else one
        return view.at(a["ai_capacity_gw"], year - MID_YEAR) * share * view.v("boundary.other")
    if metric.startswith("capacity_added"):
        start = float(metric.split("_")[2])
        return (view.at(a["ai_capacity_gw"], year) - view.at(a["ai_capacity_gw"], start)) * view.v("boundary.other")
    raise UnknownSeriesError(f"the model has no '{metric}' of AI")


EPRI_CASES = ("low", "moderate", "high", "higher")
"""Names of the cases of EPRI 2024, whose base year lies below that of the others."""
FUEL_WORDS = {"coal": "coal", "gas": "gas", "natural_gas": "gas", "nuclear": "nuclear", "renewables": "renewables"}


def supply_mix(view: View, row: Row, year: float) -> FloatArray:
    """Share of a fuel in the electricity of data centres; the fuel may stand as metric or region."""
    word = next((row[c] for c in ("metric", "region") if row.get(c) in FUEL_WORDS), None)
    if word is None:
        raise UnknownSeriesError(f"the model has no fuel '{row['metric']}'")
    path, total = view.run.path, view.run.accounts.region["electricity_twh"]
    share = (path.mix[FUEL_WORDS[word]] * total).sum(axis=2) / total.sum(axis=2)
    return view.at(share, max(year, FIRST_YEAR)) * PERCENT * view.v("boundary.electricity")


def pue(view: View, row: Row, year: float) -> FloatArray:
    """Power usage effectiveness: of the survey, or of a self-built fleet."""
    units, place = view.run.world.units.cooling, row.get("region", "").lower()
    if "survey" in place or place in ("global", "world"):
        excess = survey_pue(view.run.v, units, year) - 1.0
        return np.asarray(1.0 + excess * view.v("boundary.other") ** SURVEY_SPREAD)
    excess = fleet_pue(view.run.v, units, OPERATORS.get(place, OTHER_OPERATOR), year) - 1.0
    return np.asarray(1.0 + excess * view.v("boundary.other") ** OPERATOR_SPREAD)


SURVEY_SPREAD, OPERATOR_SPREAD = 0.6, 2.0
"""Powers of the common spread: the survey's excess over one scatters by 6 % around its trend, operators by more."""
OPERATORS = {
    "google": "self-built, water side",
    "hyperscale": "self-built, water side",
    "meta": "self-built, outside air",
}
"""Operators and their class in table `operator_classes`."""
OTHER_OPERATOR = "self-built and leased"

Observable = Callable[[View, Row, float], FloatArray]
