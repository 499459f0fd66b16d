"""What the supply optimiser is given beside the technologies: hourly series, prices, contracts, limits.

In: values of the scenario, the site and the load. Out: `Setting` with its rows, and `Limit`. Leaves out: any program.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from wattscale.hours import IntArray
from wattscale.units import FloatArray

CALLED = 0.5
"""Mark of a step from which the curtailment contract calls in it [1]."""


@dataclass(frozen=True)
class Period:
    """Hours of the tariff with a demand charge of their own.

    Attributes:
        name: Name for people.
        demand_usd_per_mw_month: Charge on the month's peak within them.
    """

    name: str
    demand_usd_per_mw_month: float


@dataclass(frozen=True)
class Purchase:
    """A power purchase agreement; its hourly volume per MW is `Setting.renewable["ppa-<name>"]`.

    Attributes:
        name: Name of the contract.
        delivery: physical or virtual.
        usd_per_mwh: Contract price.
        max_mw, min_mw: Bounds of its size [MW].
        take_or_pay_share: Share of the volume paid in any case [1].
        carbon_free: Whether its energy counts as carbon-free.
        through_grid: Whether it comes over the grid's meter: pays network charges and shares connection and peaks.
        lifecycle_kg_per_mwh: Life-cycle carbon.
        surplus_sold: Whether volume that is not used is sold at the hourly price, where that is above zero.
    """

    name: str
    delivery: Literal["physical", "virtual"]
    usd_per_mwh: float
    max_mw: float
    min_mw: float = 0.0
    take_or_pay_share: float = 1.0
    carbon_free: bool = True
    through_grid: bool = True
    lifecycle_kg_per_mwh: float = 0.0
    surplus_sold: bool = False

    @property
    def key(self) -> str:
        """Name of its column and flow."""
        return f"ppa-{self.name}"


@dataclass(frozen=True)
class Setting:
    """What the optimiser is given beside the technologies.

    Attributes:
        weight: Hours of each step [h], shape (T,).
        load_mw: Load [MW], shape (T,).
        month: Billing month of each step, shape (T,).
        import_usd_per_mwh: Price of import, adder included [USD/MWh], shape (T,).
        export_usd_per_mwh: Price of export; None where it is not allowed.
        grid_carbon_kg_per_mwh: Direct carbon of import, shape (T,).
        grid_cfe_share: Carbon-free share of import [1], shape (T,).
        renewable: Capacity factor by technology (and volume by purchase) [1], shape (T,).
        discount_rate: Real discount rate [1/year].
        demand_charge_usd_per_mw_month: Charge on the monthly peak of import.
        connection_mw: Limit of the connection; None for as large as wanted.
        unserved_usd_per_mwh: Value of load not served.
        max_unserved_share: Largest unserved share of the energy [1].
        carbon_price_usd_per_t: Price on carbon.
        carbon_cap_kg_per_mwh: Cap on carbon per MWh of load; None for none.
        cfe_hourly_share: Least carbon-free share [1]; None for none.
        clean_annual_share: Least clean energy of the year over the load's [1]; None for none.
        land_ha: Land; None for no limit.
        max_capacity_mw: Largest capacity by technology [MW].
        grid_capital: Whether the connection's capital is paid here (not with an all-in price).
        flexible_share: Share of the load that may be moved within its window [1].
        flexible_window: Hours of a window, in which the moved load is made up.
        flexible_low, flexible_high: Bounds of the flexible load over its usual power [1].
        spot_usd_per_mwh: Price that virtual purchases settle against; None for the import price, shape (T,).
        network_usd_per_mwh: Network charge of energy bought over the grid, shape (T,); None for none.
        tariff_period: Number of the tariff period of each step, 0 for none, shape (T,); None without periods.
        periods: The periods 1, 2 ...
        demand_ratchet_share: Least billed peak of a month over that of the year [1].
        energy_tiers: Energy of a month [MWh] from which import costs so much more [USD/MWh].
        called: 1 in the hours of the curtailment contract, shape (T,); None without one.
        curtailment_share: Largest share of the baseline that may be given up in them [1].
        curtailment_usd_per_mw_year: Paid for each MW by which import stays below the baseline in all of them.
        curtailment_required: Whether that share is a duty, not an offer.
        curtailment_baseline_mw: The baseline; None for the load's mean in these hours.
        purchases: Power purchase agreements on offer.
        lifecycle_carbon: Whether carbon cap and price count the life cycle.
        grid_lifecycle_kg_per_mwh: Life-cycle carbon of import, shape (T,); None for the direct one.
        fade_per_cycle: Share of a storage's capacity lost in a full cycle [1].
        unit_mw: Size of a unit by plant, whose capacity is then a whole number of them [MW].
        import_ramp_mw_per_h: Largest change of grid import in an hour; None for no limit.
        flexible_ramp_share_per_h: Largest change of moved load in an hour over its usual power [1/h]; None for none.
        checkpoint_loss_h: Work lost for each MW by which the flexible load is turned down [MWh/MW].
    """

    weight: FloatArray
    load_mw: FloatArray
    month: IntArray
    import_usd_per_mwh: FloatArray
    grid_carbon_kg_per_mwh: FloatArray
    grid_cfe_share: FloatArray
    renewable: Mapping[str, FloatArray]
    discount_rate: float
    export_usd_per_mwh: FloatArray | None = None
    demand_charge_usd_per_mw_month: float = 0.0
    connection_mw: float | None = None
    unserved_usd_per_mwh: float = 9000.0
    max_unserved_share: float = 1.0
    carbon_price_usd_per_t: float = 0.0
    carbon_cap_kg_per_mwh: float | None = None
    cfe_hourly_share: float | None = None
    clean_annual_share: float | None = None
    land_ha: float | None = None
    max_capacity_mw: Mapping[str, float] = field(default_factory=dict)
    grid_capital: bool = True
    flexible_share: float = 0.0
    flexible_window: int = 168
    flexible_low: float = 0.3
    flexible_high: float = 1.25
    spot_usd_per_mwh: FloatArray | None = None
    network_usd_per_mwh: FloatArray | None = None
    tariff_period: FloatArray | None = None
    periods: tuple[Period, ...] = ()
    demand_ratchet_share: float = 0.0
    energy_tiers: tuple[tuple[float, float], ...] = ()
    called: FloatArray | None = None
    curtailment_share: float = 0.0
    curtailment_usd_per_mw_year: float = 0.0
    curtailment_required: bool = False
    curtailment_baseline_mw: float | None = None
    purchases: tuple[Purchase, ...] = ()
    lifecycle_carbon: bool = False
    grid_lifecycle_kg_per_mwh: FloatArray | None = None
    fade_per_cycle: float = 0.0
    unit_mw: Mapping[str, float] = field(default_factory=dict)
    import_ramp_mw_per_h: float | None = None
    flexible_ramp_share_per_h: float | None = None
    checkpoint_loss_h: float = 0.0

    @property
    def energy_mwh(self) -> float:
        """Energy of the load [MWh]."""
        return float(self.weight @ self.load_mw)

    @property
    def grid_counted_kg_per_mwh(self) -> FloatArray:
        """Carbon of import that cap and price count [kg/MWh], shape (T,)."""
        if self.lifecycle_carbon and self.grid_lifecycle_kg_per_mwh is not None:
            return self.grid_lifecycle_kg_per_mwh
        return self.grid_carbon_kg_per_mwh

    def purchase_counted_kg_per_mwh(self, p: Purchase) -> FloatArray:
        """Carbon of a contract that cap and price count [kg/MWh], shape (T,).

        Energy without certificates counts as the grid's of the hour, wherever it comes from.
        """
        if not p.carbon_free:
            return self.grid_counted_kg_per_mwh
        return np.full(len(self.weight), p.lifecycle_kg_per_mwh if self.lifecycle_carbon else 0.0)

    @property
    def over_grid(self) -> tuple[Purchase, ...]:
        """Purchases that come over the grid's meter."""
        return tuple(p for p in self.purchases if p.delivery == "physical" and p.through_grid)

    @property
    def curtailment_baseline(self) -> float:
        """Import from which a reduction in called hours counts [MW].

        It follows from the load, never from the plan, and is no more than the connection could give.
        """
        if self.called is None:
            return 0.0
        hours = self.weight * (self.called > CALLED)
        usual = float(hours @ self.load_mw) / max(float(hours.sum()), 1e-9)
        given = usual if self.curtailment_baseline_mw is None else self.curtailment_baseline_mw
        return given if self.connection_mw is None else min(given, self.connection_mw)

    @property
    def spot(self) -> FloatArray:
        """Price that virtual purchases settle against [USD/MWh], shape (T,)."""
        return self.import_usd_per_mwh if self.spot_usd_per_mwh is None else self.spot_usd_per_mwh

    @property
    def network(self) -> FloatArray:
        """Network charge of energy bought over the grid [USD/MWh], shape (T,)."""
        return np.zeros(len(self.weight)) if self.network_usd_per_mwh is None else self.network_usd_per_mwh


@dataclass(frozen=True)
class Limit:
    """A limit the user set, so that an infeasible ask can be told in the user's words.

    Attributes:
        key: Scenario field.
        value: Its value there.
        unit: Unit of the value.
        kind: column (upper bound), budget, link or ramp.
        index: Index of the row, column or ramp in the program.
        per_unit: Right-hand side per unit of the value.
    """

    key: str
    value: float
    unit: str
    kind: str
    index: int
    per_unit: float
