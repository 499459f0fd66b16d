"""Carbon of running the plan, by the rules of the GHG Protocol: location, market, hour by hour, and at the margin.

In: hourly carbon of the supply, certificates by the year and by the hour, the residual mix. Out: tonnes by scope and
method, and a table ready for reporting.
Leaves out: refrigerants and staff travel; making of equipment is in embodied.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.scenario.impact import ImpactTable
from wattscale.supply.result import SupplyResult
from wattscale.units import KG_PER_T, FloatArray

TABLE = "residual_mix"


@dataclass(frozen=True)
class OperationalCarbon:
    """Carbon of a year's operation [tCO2/year].

    Attributes:
        own_plant: Direct emissions of own plant (scope 1).
        grid_location: All energy at the meter, contracted or not, at the mean of the grid (scope 2, location-based).
        grid_market: The part of it that no certificate of the year covers, at the residual mix (scope 2, market-based).
        grid_hourly: The part of it that no certificate of the same hour covers, at the grid's mean of that hour.
        grid_marginal: Grid energy at the plant that follows the load; None where not known.
        lifecycle: Life-cycle emissions of grid energy and of own plant's fuel, plant embodied apart.
    """

    own_plant: float
    grid_location: float
    grid_market: float
    grid_hourly: float
    grid_marginal: float | None
    lifecycle: float

    @property
    def location(self) -> float:
        """Direct carbon, location-based: scope 1 and 2 [tCO2/year]."""
        return self.own_plant + self.grid_location

    @property
    def market(self) -> float:
        """Direct carbon, market-based: scope 1 and 2 [tCO2/year]."""
        return self.own_plant + self.grid_market

    @property
    def hourly(self) -> float:
        """Direct carbon, matched by the hour: scope 1 and 2 [tCO2/year]."""
        return self.own_plant + self.grid_hourly


@dataclass(frozen=True)
class Certificates:
    """Certificates of origin of a year.

    Attributes:
        bought_share: Bought apart from energy, over grid energy; they count by the year alone [1].
        hourly_mw: With contracts, by the hour of production [MW], shape (8760,); None without any.
    """

    bought_share: float = 0.0
    hourly_mw: FloatArray | None = None

    def covered_mwh(self, import_mw: FloatArray) -> float:
        """Grid energy covered by the year [MWh]."""
        energy = float(import_mw.sum())
        contracts = 0.0 if self.hourly_mw is None else float(self.hourly_mw.sum())
        return min(energy, self.bought_share * energy + contracts)

    def matched_mw(self, import_mw: FloatArray) -> FloatArray:
        """Grid energy covered in the hour of its use [MW], shape (8760,)."""
        return np.zeros_like(import_mw) if self.hourly_mw is None else np.minimum(import_mw, self.hourly_mw)


@dataclass(frozen=True)
class Metered:
    """Energy that came over the grid's meter.

    Attributes:
        bought_mw: Spot energy and contracts without certificates [MW], shape (8760,).
        clean_mw: Contracts that deliver carbon-free energy with its certificates [MW], shape (8760,).
        grid_kg_per_mwh: Mean of the grid in each hour [kg/MWh], shape (8760,).
        bought_kg: Carbon of the first at that mean [kg], shape (8760,).
    """

    bought_mw: FloatArray
    clean_mw: FloatArray
    grid_kg_per_mwh: FloatArray
    bought_kg: FloatArray

    @property
    def total_mw(self) -> FloatArray:
        """All energy at the meter [MW]."""
        return self.bought_mw + self.clean_mw

    @property
    def total_kg(self) -> FloatArray:
        """Carbon of all of it at the grid's mean of the hour [kg]."""
        return self.bought_kg + self.clean_mw * self.grid_kg_per_mwh


def metered(supply: SupplyResult, grid_kg_per_mwh: FloatArray) -> Metered:
    """Give what the meter read, by certificate.

    Args:
        supply: Result of the supply stage.
        grid_kg_per_mwh: Mean of the grid in each hour [kg/MWh], shape (8760,).
    """
    none = np.zeros_like(supply.load_mw)
    spot = supply.dispatch_mw.get("grid", none)
    other = supply.metered_mw.get("other", none)
    clean = supply.metered_mw.get("clean", none)
    return Metered(spot + other, clean, grid_kg_per_mwh, supply.grid_carbon_kg)


def residual_mix(table: ImpactTable, country: str, grid_kg_per_mwh: float, catalog: Catalog) -> float:
    """Give the carbon of grid energy that no certificate tracks.

    Args:
        table: Scenario table.
        country: Country code of the site.
        grid_kg_per_mwh: Mean of the grid [kg/MWh].
        catalog: The catalogue.

    Returns:
        The scenario's, else the country's published residual mix, else the grid's mean times a ratio [kg/MWh].

    Source: AIB, European Residual Mixes 2024; table `residual_mix`.

    >>> from wattscale.catalog import load_catalog
    >>> residual_mix(ImpactTable(), "SE", 3.0, load_catalog())
    85.52
    """
    if table.residual_mix_kg_per_mwh is not None:
        return table.residual_mix_kg_per_mwh
    if catalog.has_figure(TABLE, f"{country}.residual_mix"):
        return catalog.value(TABLE, f"{country}.residual_mix")
    return grid_kg_per_mwh * catalog.value(TABLE, "other.residual_ratio")


def operational_carbon(
    supply: SupplyResult,
    meter: Metered,
    certificates: Certificates,
    residual_kg_per_mwh: float,
    marginal_kg_per_mwh: float | FloatArray | None = None,
) -> OperationalCarbon:
    """Sum the carbon of a year by scope and method.

    location = sum of all energy at the meter x g_t with the grid's mean g_t of the hour, whatever the contracts;
    market = (E - covered by the year) x residual mix; hourly = sum of (E_t - covered in t) x g_t, where E is what
    came without certificates of its contract.

    Args:
        supply: Result of the supply stage.
        meter: What the grid's meter read.
        certificates: Certificates of the year.
        residual_kg_per_mwh: Residual mix [kg/MWh].
        marginal_kg_per_mwh: Carbon of the plant that follows the load [kg/MWh], a number or shape (8760,).

    Returns:
        Carbon by scope and method.

    Source: GHG Protocol, Scope 2 Guidance (2015); hourly matching as in EnergyTag's standard.
    """
    bought = meter.bought_mw
    left = np.divide(bought - certificates.matched_mw(bought), bought, out=np.zeros_like(bought), where=bought > 0.0)
    open_mwh = float(bought.sum()) - certificates.covered_mwh(bought)
    marginal = None if marginal_kg_per_mwh is None else float((meter.total_mw * marginal_kg_per_mwh).sum()) / KG_PER_T
    return OperationalCarbon(
        own_plant=float(supply.carbon_kg.sum() - supply.grid_carbon_kg.sum()) / KG_PER_T,
        grid_location=float(meter.total_kg.sum()) / KG_PER_T,
        grid_market=open_mwh * residual_kg_per_mwh / KG_PER_T,
        grid_hourly=float((meter.bought_kg * left).sum()) / KG_PER_T,
        grid_marginal=marginal,
        lifecycle=float(supply.carbon_lifecycle_kg.sum()) / KG_PER_T,
    )


@dataclass(frozen=True)
class ScopeRow:
    """One line of the greenhouse-gas statement.

    Attributes:
        scope: Scope and category, such as `2 location-based`.
        source: What emits.
        energy_mwh: Energy it refers to; None where none does [MWh/year].
        factor_kg_per_mwh: Emission factor; None where none is used [kg/MWh].
        carbon_t: Carbon [tCO2/year].
        basis: Origin of the factor.
    """

    scope: str
    source: str
    energy_mwh: float | None
    factor_kg_per_mwh: float | None
    carbon_t: float
    basis: str


def scope_table(
    carbon: OperationalCarbon,
    supply: SupplyResult,
    meter: Metered,
    certificates: Certificates,
    residual_kg_per_mwh: float,
    embodied_t: float,
    generator_t: float = 0.0,
) -> tuple[ScopeRow, ...]:
    """Give the greenhouse-gas statement of a year of operation.

    Args:
        carbon: Carbon by scope and method.
        supply: Result of the supply stage.
        meter: What the grid's meter read.
        certificates: Certificates of the year.
        residual_kg_per_mwh: Residual mix [kg/MWh].
        embodied_t: Embodied carbon of all that is bought [tCO2]; capital goods count in the year of purchase.
        generator_t: Direct carbon of testing emergency generators [tCO2/year].

    Returns:
        Rows, in the order of a report. Scope 2 stands there by each method and is not to be added up.

    Source: GHG Protocol, Corporate Standard and Scope 2 Guidance; categories 2 and 3 of scope 3.
    """
    energy, clean = float(meter.total_mw.sum()), float(meter.clean_mw.sum())
    covered = clean + certificates.covered_mwh(meter.bought_mw)
    matched = clean + float(certificates.matched_mw(meter.bought_mw).sum())
    upstream = max(0.0, carbon.lifecycle - float(supply.carbon_kg.sum()) / KG_PER_T)

    def row(scope: str, source: str, mwh: float, tonnes: float, basis: str) -> ScopeRow:
        return ScopeRow(scope, source, mwh, tonnes * KG_PER_T / mwh if mwh > 0.0 else None, tonnes, basis)

    rows = [
        ScopeRow("1", "Own plant", None, None, carbon.own_plant, "fuel burned"),
        ScopeRow("1", "Tests of emergency generators", None, None, generator_t, "diesel burned"),
        row("2 location-based", "Grid energy", energy, carbon.grid_location, "hourly mean of the grid"),
        row("2 market-based", "Grid energy with certificates", covered, 0.0, "certificates of the year"),
        row("2 market-based", "Grid energy without", energy - covered, carbon.grid_market,
            f"residual mix, {residual_kg_per_mwh:.4g} kg/MWh"),
        row("2 hourly-matched", "Grid energy matched", matched, 0.0, "certificates of the same hour"),
        row("2 hourly-matched", "Grid energy not matched", energy - matched, carbon.grid_hourly,
            "hourly mean of the grid"),
    ]  # fmt: skip
    if carbon.grid_marginal is not None:
        rows.append(row("2 marginal", "Grid energy", energy, carbon.grid_marginal, "plant that follows the load"))
    rows += [
        row("3.3 fuel and energy", "Upstream of grid energy and fuel", energy, upstream, "life-cycle less direct"),
        ScopeRow("3.2 capital goods", "Devices, building and plant", None, None, embodied_t, "year of purchase"),
    ]
    return tuple(rows)
