"""Everything the yearly model knows before it runs: history, regions, paths at reference prices.

In: drivers, catalogue, unit figures of a plan, factors of shocks. Out: `World`, the input of pathway.py.
Leaves out: prices and what they change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.outlook.carbon import drawn_price, pressure
from wattscale.outlook.constraints import Limits, limits
from wattscale.outlook.demand import DemandPaths, demand_paths, fading, region_shares
from wattscale.outlook.drivers import Draws
from wattscale.outlook.entering import ENTERING
from wattscale.outlook.fleet import density_path
from wattscale.outlook.mix import MIX_YEAR, Mix, mix_in
from wattscale.outlook.planunits import PlanUnits
from wattscale.outlook.years import FUTURE, LAST_HISTORY, REGIONS, YEARS, place
from wattscale.units import FloatArray

HISTORY_YEARS = YEARS[: place(LAST_HISTORY) + 1]
OTHERS = REGIONS[1:]


@dataclass(frozen=True)
class History:
    """Published past, each by history year.

    Attributes:
        electricity: Data-centre electricity [TWh], shape (years, regions).
        shipped_mw: Device power added [MW], shape (years,).
        density: Work per power of devices added [H100e/MW], shape (years,).
        tokens: Tokens of Google per month at mid-year [1e12], shape (years,).
        run_mw: Power of the largest training run of the last year [MW].
    """

    electricity: FloatArray
    shipped_mw: FloatArray
    density: FloatArray
    tokens: FloatArray
    run_mw: float


@dataclass(frozen=True)
class World:
    """Inputs of the yearly model; arrays by future year, draw and region as their names say."""

    v: Draws
    units: PlanUnits
    history: History
    regions: Mapping[str, FloatArray]
    limits: Limits
    demand: DemandPaths
    shares: FloatArray
    training_share: FloatArray
    density: FloatArray
    hits: Mapping[str, FloatArray]
    edge_share: FloatArray
    work_saving: FloatArray
    training_saving: FloatArray
    matched_cost: FloatArray
    """Cost of renewable power matched in 95 % of hours, by future year and draw [USD/MWh]."""
    entering: tuple[str, ...]
    """Technologies that enter by what the path gives (entering.py)."""
    gas_ratio: FloatArray
    plant_water: Mapping[str, float]
    """Water of power plants by fuel other than coal [m3/MWh]."""
    carbon: FloatArray
    """Carbon price by year and region [USD/t], before the spread of the draws."""
    reference: FloatArray | None = None
    conventional: FloatArray | None = None
    extras: Mapping[str, FloatArray] = field(default_factory=dict)

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.v["demand.maturing"])

    def carbon_price(self, year: int) -> FloatArray:
        """Give the carbon price of a year in the draws [USD/t], shape (draws, regions)."""
        return drawn_price(self.carbon, self.v, year)

    def largest_run_mw(self, halls_mw: FloatArray, year: float | FloatArray) -> FloatArray:
        """Give the power of the largest training run: grows as runs have, until it takes its share of all halls.

        Args:
            halls_mw: Power of all AI halls [MW], shape (draws,) or (years, draws).
            year: Year, or years of shape (years, 1).

        Returns:
            Power [MW], shape of `halls_mw`.
        """
        v = self.v
        grown = np.exp(v["training.run_growth"] * (year - LAST_HISTORY))
        return np.asarray(
            np.minimum(halls_mw * v["training.run_share"], self.history.run_mw * v["boundary.other"] * grown)
        )

    def mix(self, year: int, own: Mapping[str, FloatArray] | None = None) -> Mix:
        """Give the power mix of a year; grid shares answer the carbon price."""
        return mix_in(self.v, self.regions, year, own, pressure(self.carbon, self.v, year, MIX_YEAR))


def read_history(catalog: Catalog) -> History:
    """Read the published past from table `outlook_history`."""

    def series(key: str, region: str = "") -> FloatArray:
        return np.array([catalog.value("outlook_history", key, region=region, vintage=y) for y in HISTORY_YEARS])

    world, us = series("dc.electricity"), series("dc.electricity", "us")
    shares = np.array([series("dc.share", region) for region in OTHERS])
    others = (world - us) * shares / shares.sum(axis=0)
    electricity = np.concatenate([us[None], others]).T
    shipped, density = series("chips.power_added"), series("chips.density")
    run_mw = catalog.value("outlook_history", "training.run_power", vintage=LAST_HISTORY)
    return History(electricity, shipped, density, series("service.google_tokens"), run_mw)


def read_regions(catalog: Catalog) -> dict[str, FloatArray]:
    """Read the figures by region from table `outlook_regions`, each of shape (regions,)."""
    keys = catalog.table("outlook_regions").figures
    return {key: np.array([catalog.value("outlook_regions", key, region=r) for r in REGIONS]) for key in keys}


def read_plant_water(catalog: Catalog) -> dict[str, float]:
    """Read the water of power plants by fuel [m3/MWh]; renewables are taken as solar."""
    names = {"gas": "gas-combined-cycle", "nuclear": "nuclear", "renewables": "solar"}
    return {fuel: catalog.value("embodied", f"{name}.water") for fuel, name in names.items()}


def build_world(
    v: Draws,
    units: PlanUnits,
    history: History,
    regions: Mapping[str, FloatArray],
    hits: Mapping[str, FloatArray],
    reference_gdp_growth: float,
    carbon: FloatArray,
    plant_water: Mapping[str, float],
    adoption: Mapping[str, FloatArray] | None = None,
) -> World:
    """Build every path that needs no price.

    Args:
        v: Draws of the drivers.
        units: Unit figures of a plan.
        history: Published past.
        regions: Figures by region.
        hits: Factors of shocks by target.
        reference_gdp_growth: Growth of income inside the growth of demand [1/year].
        carbon: Carbon price by year and region [USD/t], shape (years, regions).
        plant_water: Water of power plants by fuel other than coal [m3/MWh].
        adoption: `edge_share`, `work_saving` and `training_saving` [1] and `matched_cost` [USD/MWh] by future year and
            draw; no new technology enters without it.

    Returns:
        The world, without reference prices.
    """
    draws, years = len(v["demand.maturing"]), len(FUTURE)
    one = np.ones(draws)
    nothing = np.zeros((years, draws))
    path = np.arange(1, years + 1)[:, None]
    return World(
        v=v,
        units=units,
        history=history,
        regions=regions,
        limits=limits(v, regions, hits, history.shipped_mw[-1] * v["hardware.level"]),
        demand=demand_paths(v, reference_gdp_growth),
        shares=region_shares(regions["demand.ai_share"], v["demand.us_share"]),
        training_share=_training_share(v),
        density=density_path(
            history.density[-1] * one, v["hardware.efficiency_growth"], v["hardware.cmos_limit"],
            v["hardware.precision_gain"], years,
        ),
        hits=hits,
        edge_share=(adoption or {}).get("edge_share", nothing),
        work_saving=(adoption or {}).get("work_saving", nothing),
        training_saving=(adoption or {}).get("training_saving", nothing),
        matched_cost=(adoption or {}).get("matched_cost", nothing),
        entering=ENTERING if adoption else (),
        gas_ratio=np.exp(v["gas.price_growth"] * path) * hits["gas_price"][place(FUTURE[0]) :][:, None],
        carbon=carbon,
        plant_water=plant_water,
    )  # fmt: skip


def _training_share(v: Draws) -> FloatArray:
    """Give the share of training in the work by future year and draw [1]."""
    found = fading(v["training.share_start"], v["training.share_long"], v["demand.maturing"])
    if found.max() >= 1.0:
        raise InputError(
            "some draws train and serve nothing",
            where='drivers."training.share_start" or "training.share_long"',
            value=float(found.max()),
            allowed="below 1 in every draw, so a high end below about 0.8",
        )
    return found
