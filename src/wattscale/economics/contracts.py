"""Contracts for power: pay-as-produced, baseload and 24/7 purchase agreements, and a financial hedge.

In: the scenario's terms, the grid import, the site's weather and prices. Out: profile, strike and settlement of each.
Leaves out: credit risk, the basis between nodes, curtailment clauses, and volume that differs from the profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from wattscale.catalog import Catalog
from wattscale.catalog.money import Deflator
from wattscale.figure import PlanWarning
from wattscale.scenario.economics import EconomicsTable
from wattscale.site.result import SiteResult
from wattscale.supply.resources import solar_capacity_factor, wind_capacity_factor
from wattscale.units import FloatArray

AS_PRODUCED, BASELOAD, MATCHED = "pay-as-produced", "baseload", "24-7"
KINDS = (AS_PRODUCED, BASELOAD, MATCHED)
"""Kinds of purchase agreement."""
HEDGE = "hedge"
"""A financial swap on a flat volume, without certificates."""
SETTLEMENT = ".settlement"
"""Ending of the cost lines of contracts."""


@dataclass(frozen=True)
class Contract:
    """A two-sided contract for difference on a profile.

    Attributes:
        kind: One of `KINDS`, or `hedge`.
        profile_mw: Contract volume [MW], shape (8760,).
        strike_usd_per_mwh: Contract price [USD/MWh].
    """

    kind: str
    profile_mw: FloatArray
    strike_usd_per_mwh: float

    @property
    def energy_mwh(self) -> float:
        """Volume of a year [MWh/year]."""
        return float(self.profile_mw.sum())

    def settlement_usd(self, price_usd_per_mwh: FloatArray) -> FloatArray:
        """Give what the buyer pays on top of the spot price.

        sum over hours of profile x (strike - price)

        Args:
            price_usd_per_mwh: Prices [USD/MWh], shape (..., 8760).

        Returns:
            Payment, negative where the seller pays [USD/year], shape (...).

        Source: settlement of a two-sided contract for difference.

        >>> float(Contract("hedge", np.ones(8760), 50.0).settlement_usd(np.full(8760, 60.0)))
        -87600.0
        """
        return np.asarray(self.strike_usd_per_mwh * self.energy_mwh - price_usd_per_mwh @ self.profile_mw)


def contract_profile(
    kind: str, technology: str, share: float, import_mw: FloatArray, site: SiteResult, catalog: Catalog
) -> FloatArray:
    """Give the hourly volume of a contract over a share of the year's import.

    Flat for baseload and hedge, the import itself for 24/7, the output of the plant for pay-as-produced.

    Args:
        kind: Kind of contract.
        technology: `solar` or `wind`, for pay-as-produced.
        share: Volume over the year's import [1].
        import_mw: Grid import [MW], shape (8760,).
        site: Site, whose weather the plant shares.
        catalog: The catalogue.

    Returns:
        Volume [MW], shape (8760,).
    """
    if kind == MATCHED:
        return share * import_mw
    if kind == AS_PRODUCED:
        output = solar_capacity_factor(site, catalog) if technology == "solar" else wind_capacity_factor(site, catalog)
        mean = float(output.mean())
        return output * (share * float(import_mw.mean()) / mean) if mean > 0.0 else np.zeros_like(import_mw)
    return np.full(import_mw.shape, share * float(import_mw.mean()))


def default_strike(
    kind: str, technology: str, profile_mw: FloatArray, price_usd_per_mwh: FloatArray, catalog: Catalog
) -> float:
    """Give the price of a contract where the scenario names none.

    Pay-as-produced: price of the market for such contracts. Others: worth of the profile at the plan's prices plus a
    premium.

    Args:
        kind: Kind of contract.
        technology: `solar` or `wind`, for pay-as-produced.
        profile_mw: Contract volume [MW], shape (8760,).
        price_usd_per_mwh: Prices of the plan [USD/MWh], shape (8760,).
        catalog: The catalogue.

    Returns:
        Strike [USD/MWh].

    Source: table `dc_costs`, items ppa-solar, ppa-wind and ppa.
    """
    if kind == AS_PRODUCED:
        return Deflator(catalog).to_base(catalog.figure("dc_costs", f"ppa-{technology}.price")).value
    volume = float(profile_mw.sum())
    worth = float(price_usd_per_mwh @ profile_mw) / volume if volume > 0.0 else float(price_usd_per_mwh.mean())
    premium = catalog.value("dc_costs", f"ppa.{'matched' if kind == MATCHED else 'flat'}_premium")
    return worth + abs(worth) * premium


def contract_of(
    kind: str, table: EconomicsTable, share: float, import_mw: FloatArray, site: SiteResult, catalog: Catalog
) -> Contract:
    """Give one contract of a kind with its profile and price.

    Args:
        kind: Kind of contract.
        table: Scenario table.
        share: Volume over the year's import [1].
        import_mw: Grid import [MW], shape (8760,).
        site: Site.
        catalog: The catalogue.

    Returns:
        The contract.
    """
    profile = contract_profile(kind, table.contract_technology, share, import_mw, site, catalog)
    own = table.hedge_price_usd_per_mwh if kind == HEDGE else None
    if kind == table.contract:
        own = table.contract_price_usd_per_mwh
    if own is None:
        own = default_strike(kind, table.contract_technology, profile, site.price_usd_per_mwh, catalog)
    return Contract(kind, profile, own)


def contracts_of(
    table: EconomicsTable, import_mw: FloatArray, site: SiteResult, catalog: Catalog
) -> tuple[list[Contract], list[PlanWarning]]:
    """Give the contracts of a scenario.

    Args:
        table: Scenario table.
        import_mw: Grid import [MW], shape (8760,).
        site: Site.
        catalog: The catalogue.

    Returns:
        Contracts, none where the plan imports nothing or a flat price says what power costs; and warnings.
    """
    asked: list[tuple[str, float]] = [(table.contract, table.contract_share)] if table.contract != "none" else []
    asked += [(HEDGE, table.hedge_share)] if table.hedge_share > 0.0 else []
    asked = [(kind, share) for kind, share in asked if share > 0.0]
    if not asked:
        return [], []
    if table.electricity_price_usd_per_mwh is not None:
        text = "A flat price of electricity is given, so the contract and the hedge are left out."
        return [], [PlanWarning("contract-ignored", text)]
    if float(import_mw.sum()) <= 0.0:
        text = "The plan imports no energy, so the contract and the hedge are left out."
        return [], [PlanWarning("contract-ignored", text)]
    warnings = []
    total = sum(share for _, share in asked)
    if total > 1.0:
        text = f"Contract and hedge cover {total:.0%} of the energy bought, so part of them is a bet on the price."
        warnings.append(PlanWarning("over-contracted", text))
    return [contract_of(kind, table, share, import_mw, site, catalog) for kind, share in asked], warnings


def settlements(contracts: Iterable[Contract], price_usd_per_mwh: FloatArray) -> dict[str, float]:
    """Give the settlement of each contract at the plan's prices, by cost line [USD/year].

    >>> settlements([Contract("hedge", np.ones(8760), 50.0)], np.full(8760, 49.0))
    {'hedge.settlement': 8760.0}
    """
    return {f"{each.kind}{SETTLEMENT}": float(each.settlement_usd(price_usd_per_mwh)) for each in contracts}


def certified_mw(contracts: Iterable[Contract]) -> FloatArray | None:
    """Give the hourly volume that comes with certificates of origin, None without any [MW], shape (8760,)."""
    green = [each.profile_mw for each in contracts if each.kind in KINDS]
    return np.sum(green, axis=0) if green else None


def contract_figures(settled: Mapping[str, float], contracts: Iterable[Contract]) -> dict[str, float]:
    """Give volume, price and settlement of the scenario's contracts.

    Args:
        settled: Settlement by cost line [USD/year].
        contracts: Contracts.

    Returns:
        Figures; empty without contracts.
    """
    figures = {}
    for each in contracts:
        name = HEDGE if each.kind == HEDGE else "contract"
        figures[f"{name}_mwh_per_year"] = each.energy_mwh
        figures[f"{name}_strike_usd_per_mwh"] = each.strike_usd_per_mwh
        figures[f"{name}_settlement_usd_per_year"] = settled[f"{each.kind}{SETTLEMENT}"]
    return figures
