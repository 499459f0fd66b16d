"""From the scenario's table and the site to what the optimiser is given.

In: supply table, load, site, catalogue. Out: `Setting`. Leaves out: the technologies' costs (technologies.py).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.hours import local_hour, local_weekday, month_of_hour
from wattscale.scenario.supply import SupplyTable
from wattscale.scenario.supply_terms import PowerPurchase, TariffPeriod
from wattscale.site.result import SiteResult
from wattscale.supply.resources import scale_to_mean, solar_capacity_factor, wind_capacity_factor
from wattscale.supply.setting import Period, Purchase, Setting
from wattscale.supply.technologies import TECHNOLOGIES, Technology, known_name
from wattscale.units import HOURS_PER_YEAR, FloatArray

KW_PER_MW = 1e3
SATURDAY = 5
"""First day of the weekend, Monday being 0."""


def setting_of(
    table: SupplyTable, load_mw: FloatArray, site: SiteResult, catalog: Catalog, discount_rate: float,
    flat_price: float | None, technologies: dict[str, Technology],
) -> Setting:  # fmt: skip
    """Collect prices, resources, contracts and limits of a campus.

    Args:
        table: Scenario table `supply`.
        load_mw: Load [MW], shape (8760,).
        site: Weather, price and carbon of the place.
        catalog: Catalogue.
        discount_rate: Real discount rate [1/year].
        flat_price: Flat all-in price of grid energy; replaces the tariff [USD/MWh].
        technologies: What may be built.

    Raises:
        InputError: A row of a contract or tariff that cannot be.
    """
    tariff = flat_price is None
    period = _period_of_hour(table, site) if tariff and table.tariff_periods else None
    network = np.full(HOURS_PER_YEAR, table.grid_adder_usd_per_mwh)
    if period is not None:
        network += np.array([0.0, *(p.energy_usd_per_mwh for p in table.tariff_periods)])[period.astype(np.int64)]
    paid = site.price_usd_per_mwh + network if flat_price is None else np.full(HOURS_PER_YEAR, flat_price)
    binding = table.curtailment_required or table.curtailment_usd_per_kw_year > 0.0
    called = _called(table, site) if table.curtailment_hours and binding else None
    return Setting(
        weight=np.ones(HOURS_PER_YEAR),
        load_mw=load_mw,
        month=np.roll(month_of_hour(), -round(site.utc_offset_h)),
        import_usd_per_mwh=paid,
        grid_carbon_kg_per_mwh=site.carbon_kg_per_mwh,
        grid_cfe_share=np.clip(site.cfe_share, 0.0, 1.0),
        renewable={**_renewable(table, site, catalog, technologies), **_profiles(table, load_mw, site, catalog)},
        discount_rate=discount_rate,
        export_usd_per_mwh=np.minimum(site.price_usd_per_mwh, paid) if table.export_allowed else None,
        demand_charge_usd_per_mw_month=table.demand_charge_usd_per_kw_month * KW_PER_MW if tariff else 0.0,
        connection_mw=table.connection_mw,
        unserved_usd_per_mwh=table.unserved_usd_per_mwh,
        max_unserved_share=table.max_unserved_share,
        carbon_price_usd_per_t=table.carbon_price_usd_per_t,
        carbon_cap_kg_per_mwh=table.carbon_cap_kg_per_mwh,
        cfe_hourly_share=table.cfe_hourly_share,
        clean_annual_share=table.clean_annual_share,
        land_ha=table.land_ha,
        max_capacity_mw=_capacity_limits(table, catalog),
        grid_capital=tariff,
        flexible_share=table.flexible_share,
        flexible_window=table.flexible_window_h,
        flexible_low=table.flexible_low_share,
        flexible_high=table.flexible_high_share,
        spot_usd_per_mwh=site.price_usd_per_mwh,
        network_usd_per_mwh=network,
        tariff_period=period,
        periods=tuple(Period(p.name, p.demand_usd_per_kw_month * KW_PER_MW) for p in table.tariff_periods),
        demand_ratchet_share=table.demand_ratchet_share if tariff else 0.0,
        energy_tiers=_tiers(table) if tariff else (),
        called=called,
        curtailment_share=table.curtailment_share,
        curtailment_usd_per_mw_year=table.curtailment_usd_per_kw_year * KW_PER_MW,
        curtailment_required=table.curtailment_required,
        curtailment_baseline_mw=table.curtailment_baseline_mw,
        purchases=tuple(_purchase(p, i, table, catalog, "grid" in technologies) for i, p in enumerate(table.ppas)),
        lifecycle_carbon=table.carbon_scope == "life-cycle",
        grid_lifecycle_kg_per_mwh=site.carbon_lifecycle_kg_per_mwh,
        fade_per_cycle=table.storage_fade_per_cycle,
        unit_mw=_units(table, catalog),
        import_ramp_mw_per_h=table.import_ramp_mw_per_h,
        flexible_ramp_share_per_h=table.flexible_ramp_share_per_h,
        checkpoint_loss_h=table.checkpoint_loss_h,
    )


def _capacity_limits(table: SupplyTable, catalog: Catalog) -> dict[str, float]:
    own = {o.name for o in table.own_technologies}
    limits = {
        k if k in own else known_name(catalog, k, "supply.max_capacity_mw"): v for k, v in table.max_capacity_mw.items()
    }
    for key, value in limits.items():
        if value < 0:
            raise InputError("must not be negative", where=f"supply.max_capacity_mw.{key}", value=value,
                             allowed=">= 0")  # fmt: skip
    return limits


def _units(table: SupplyTable, catalog: Catalog) -> dict[str, float]:
    like = {o.name: o.like for o in table.own_technologies}
    found = {}
    for key, value in table.unit_mw.items():
        where = f"supply.unit_mw.{key}"
        name = key if key in like else known_name(catalog, key, "supply.unit_mw")
        kind = catalog.row(TECHNOLOGIES, like.get(name, name)).text("kind")
        if value <= 0:
            raise InputError("must be above zero", where=where, value=value, allowed="> 0")
        if kind not in ("fuelled", "renewable"):
            raise InputError("is a size that storages and the grid do not have: they come in any size", where=where,
                             value=value, hint="Leave it out")  # fmt: skip
        found[name] = value
    return found


def _period_of_hour(table: SupplyTable, site: SiteResult) -> FloatArray:
    """Number of the first period that holds in each hour, 0 for none, in local standard time."""
    found = np.zeros(HOURS_PER_YEAR)
    hour, weekday = local_hour(site.utc_offset_h), local_weekday(site.calendar, site.utc_offset_h)
    month = np.roll(month_of_hour(), -round(site.utc_offset_h)) + 1
    for i, p in reversed(list(enumerate(table.tariff_periods))):
        _check_period(p, f"supply.tariff_periods.{i}")
        over_night = p.to_hour <= p.from_hour
        inside = (hour >= p.from_hour) | (hour < p.to_hour) if over_night else (
            (hour >= p.from_hour) & (hour < p.to_hour)
        )  # fmt: skip
        if p.months:
            inside &= np.isin(month, p.months)
        if p.working_days:
            inside &= weekday < SATURDAY
        found[inside] = i + 1.0
    return found


def _check_period(p: TariffPeriod, where: str) -> None:
    for m in p.months:
        if not 1 <= m <= 12:
            raise InputError("is no month", where=f"{where}.months", value=m, allowed="1 to 12")
    if p.from_hour == p.to_hour:
        raise InputError("has no hours", where=f"{where}.to_hour", value=p.to_hour, hint="Give 0 and 24 for all day")


def _tiers(table: SupplyTable) -> tuple[tuple[float, float], ...]:
    tiers = [(t.above_mwh_per_month, t.usd_per_mwh) for t in table.energy_tiers]
    for i, (_, extra) in enumerate(tiers):
        if extra < 0:
            raise InputError(
                "makes a block cheaper than the one before: falling blocks are not convex and not possible",
                where=f"supply.energy_tiers.{i}.usd_per_mwh", value=extra, allowed=">= 0",
                hint="Put the mean of what you expect to pay into supply.grid_adder_usd_per_mwh",
            )  # fmt: skip
    for i, (before, after) in enumerate(pairwise(tiers)):
        if after[0] <= before[0]:
            raise InputError("must be above that of the tier before", where=f"supply.energy_tiers.{i + 1}."
                             "above_mwh_per_month", value=after[0], allowed=f"> {before[0]:g}")  # fmt: skip
    return tuple(tiers)


def _called(table: SupplyTable, site: SiteResult) -> FloatArray:
    """Mark the dearest hours of the year: the utility calls when the grid is short."""
    order = np.argsort(-site.price_usd_per_mwh, kind="stable")
    found = np.zeros(HOURS_PER_YEAR)
    found[order[: table.curtailment_hours]] = 1.0
    return found


def _renewable(
    table: SupplyTable, site: SiteResult, catalog: Catalog, technologies: dict[str, Technology]
) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    for key, t in technologies.items():
        if t.kind == "renewable":
            where = "supply.own_technologies.capacity_factor" if t.like else ""
            found[key] = _factor(t.plant, table, site, catalog, t.capacity_factor, where)
    return found


def _factor(
    plant: str, table: SupplyTable, site: SiteResult, catalog: Catalog, mean: float | None, where: str
) -> FloatArray:
    """Capacity factor of a kind of plant; the mean given here goes before that of the table."""
    if plant == "solar":
        factor = solar_capacity_factor(site, catalog, table.solar_mounting)
        wanted = mean if mean is not None else table.solar_capacity_factor
        return factor if wanted is None else scale_to_mean(factor, wanted, where or "supply.solar_capacity_factor")
    if plant == "wind":
        return wind_capacity_factor(site, catalog, mean if mean is not None else table.wind_capacity_factor)
    return wind_capacity_factor(site, catalog, mean, offshore=True)


def _profiles(table: SupplyTable, load_mw: FloatArray, site: SiteResult, catalog: Catalog) -> dict[str, FloatArray]:
    """Hourly volume of each purchase per MW of its size."""
    found: dict[str, FloatArray] = {}
    for i, p in enumerate(table.ppas):
        key = f"ppa-{p.name}"
        if key in found:
            raise InputError("is the name of two contracts", where=f"supply.ppas.{i}.name", value=p.name)
        if p.min_mw > p.max_mw:
            raise InputError("is above max_mw", where=f"supply.ppas.{i}.min_mw", value=p.min_mw,
                             allowed=f"0 to {p.max_mw:g}")  # fmt: skip
        if p.kind == "baseload":
            found[key] = np.ones(HOURS_PER_YEAR)
        elif p.kind == "24-7":
            found[key] = load_mw / float(load_mw.max())
        else:
            found[key] = _factor(p.technology, table, site, catalog, p.capacity_factor,
                                 f"supply.ppas.{i}.capacity_factor")  # fmt: skip
    return found


def _purchase(p: PowerPurchase, place: int, table: SupplyTable, catalog: Catalog, grid: bool) -> Purchase:
    firm = p.take_or_pay_share >= 1.0
    if p.delivery == "physical" and p.through_grid and not grid:
        raise InputError("needs a connection, but supply.technologies does not name the grid",
                         where=f"supply.ppas.{place}.through_grid", value=True,
                         hint="Add grid to supply.technologies, or set it to false for a private wire")  # fmt: skip
    if p.surplus_sold and (not firm or p.delivery == "virtual"):
        raise InputError("needs a physical contract whose whole volume is paid", value=True,
                         where=f"supply.ppas.{place}.surplus_sold",
                         hint="Set take_or_pay_share = 1, or leave it out")  # fmt: skip
    sold = table.export_allowed if p.surplus_sold is None else p.surplus_sold
    plant = p.kind == "pay-as-produced"
    carbon = catalog.row(TECHNOLOGIES, p.technology).number("lifecycle_kg_per_mwh") if plant else 0.0
    return Purchase(
        p.name, p.delivery, p.usd_per_mwh, p.max_mw, p.min_mw, p.take_or_pay_share, p.carbon_free, p.through_grid,
        carbon, sold and firm and p.delivery == "physical",
    )  # fmt: skip
