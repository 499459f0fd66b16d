"""The grid connection and its tariff as columns and flows: peaks by month and period, ratchet, tiers, curtailment.

In: a `Builder` and the grid. Out: its columns `grid`, `peak.*`, `called.*`, `reduction`, `billed.*`, `tier.*`, flows.
Leaves out: falling blocks (not convex) and power factor.

Where contracts come over the grid too, `grid` is what the meter reads, and a row of its own splits it into energy
bought at spot (`spot`) and each contract's part: peaks, connection and network charges are those of the sum.
Each hour belongs to one bin: its month, its tariff period, and whether the curtailment contract calls. Import is at
most the bin's peak; the peaks of a month are at most its billed peak, which is at least the ratchet's share of the
year's peak. In called hours import is at most a baseline, which follows from the load alone, less the reduction that
the contract pays for: what is paid is load given up, whatever the size of the connection.
"""

from __future__ import annotations

import numpy as np

from wattscale.hours import IntArray
from wattscale.supply.builder import Builder
from wattscale.supply.program import Budget, Link, Store, Term
from wattscale.supply.setting import CALLED, Limit
from wattscale.supply.technologies import Technology
from wattscale.units import KG_PER_T, FloatArray

PEAKS = ("peak.", "billed.", "called.")
"""Beginnings of the names of columns that hold peaks of import."""
YEAR = "billed.year"
"""Name of the column that holds the year's peak, where the tariff has a ratchet."""
TIER = "tier."
REDUCTION = "reduction"
"""Column of the reduction that the curtailment contract pays for; links in which it counts hold import to it."""
SPOT, METER = "spot", "meter"
"""Flow of energy bought at the hourly price, and the row that splits the meter, where contracts share the grid."""


def add_grid(b: Builder, t: Technology) -> None:
    """Add the grid connection: import, export, demand charges, tiers."""
    setting = b.setting
    grid = b.capacity(t, t.annual_usd_per_mw(setting.discount_rate) if setting.grid_capital else 0.0)
    if setting.called is not None:
        most = setting.curtailment_share * setting.curtailment_baseline
        given_up = b.column(REDUCTION, -setting.curtailment_usd_per_mw_year, most)
        if setting.curtailment_required:
            key, share = "supply.curtailment_share", setting.curtailment_share
            b.limits.append(Limit(key, share, "1", "link", len(b.links), -setting.curtailment_baseline))
            b.links.append(Link(key, {given_up: -1.0}, -most))
    carbon_cost = setting.grid_counted_kg_per_mwh * setting.carbon_price_usd_per_t / KG_PER_T
    flow = _metered(b, grid, setting.import_usd_per_mwh + carbon_cost)
    if setting.export_usd_per_mwh is not None:
        sold = b.flow("export", -setting.export_usd_per_mwh, -1.0, b.at_most(grid))
        b.apart.append((flow, sold))
    _tiers(b, flow)
    ramp = setting.import_ramp_mw_per_h
    if ramp is not None and float(np.min(ramp * setting.weight)) < b.columns[grid].upper:  # else it cannot bind
        b.limits.append(Limit("supply.import_ramp_mw_per_h", ramp, "MW/h", "ramp", len(b.ramps), 1.0))
        b.ramp(next(j for j, f in enumerate(b.flows) if f.name == "grid"), ramp * setting.weight)


def _metered(b: Builder, grid: int, bought_usd_per_mwh: FloatArray) -> int:
    """Add what the meter reads; give the flow that is bought at the hourly price."""
    if not b.setting.over_grid:
        return b.flow("grid", bought_usd_per_mwh, 1.0, _terms(b, grid))
    zero, network = np.zeros(b.steps), b.setting.network
    b.stores.append(Store(METER, np.ones(b.steps), zero, zero, zero=np.ones(b.steps)))
    k = len(b.stores) - 1
    b.flow("grid", network, 1.0, _terms(b, grid), gain={k: -1.0})
    return b.flow(SPOT, bought_usd_per_mwh - network, 0.0, b.at_most(grid), gain={k: 1.0})


def _terms(b: Builder, grid: int) -> tuple[Term, ...]:
    setting = b.setting
    if setting.tariff_period is not None or setting.demand_ratchet_share > 0 or setting.called is not None:
        return _binned(b, grid)
    if setting.demand_charge_usd_per_mw_month <= 0:
        return b.at_most(grid)
    months = np.unique(setting.month)
    upper = b.columns[grid].upper
    peaks = [b.column(f"peak.{m}", setting.demand_charge_usd_per_mw_month, upper) for m in months]
    b.links += [Link(f"peak.{m}", {p: 1.0, grid: -1.0}, 0.0) for m, p in zip(months, peaks, strict=True)]
    billed = np.asarray(peaks, np.int64)[np.searchsorted(months, setting.month)]
    return (Term(billed, np.ones(b.steps)),)


def _binned(b: Builder, grid: int) -> tuple[Term, ...]:
    """One column for the peak of each bin, and one for the billed peak of each month."""
    setting, upper = b.setting, b.columns[grid].upper
    charge = setting.demand_charge_usd_per_mw_month
    period, called = _period(b), _called(b)
    column = np.zeros(b.steps, np.int64)
    ratchet = setting.demand_ratchet_share if charge > 0 else 0.0
    year = b.column(YEAR, 0.0, upper) if ratchet > 0 else grid
    if ratchet > 0:
        b.links.append(Link(YEAR, {year: 1.0, grid: -1.0}, 0.0))
    for m in np.unique(setting.month):
        top = grid
        if charge > 0:
            top = b.column(f"billed.{m}", charge, upper)
            b.links.append(Link(f"billed.{m}", {top: 1.0, grid: -1.0}, 0.0))
            if ratchet > 0:
                b.links.append(Link(f"ratchet.{m}", {year: ratchet, top: -1.0}, 0.0))
        of_month = setting.month == m
        for i in np.unique(period[of_month]):
            own = setting.periods[i - 1].demand_usd_per_mw_month if i else 0.0
            peak = b.column(f"peak.{m}.{i}", own, upper)
            b.links.append(Link(f"peak.{m}.{i}", {peak: 1.0, top: -1.0}, 0.0))
            if ratchet > 0:
                b.links.append(Link(f"peak.{m}.{i}.year", {peak: 1.0, year: -1.0}, 0.0))
            here = of_month & (period == i)
            column[here] = peak
            if (here & called).any():
                column[here & called] = _called_peak(b, f"called.{m}.{i}", peak)
    return (Term(column, np.ones(b.steps)),)


def _called_peak(b: Builder, name: str, peak: int) -> int:
    """Largest import in called hours: at most the bin's peak, and the baseline less the reduction that is paid for."""
    found = b.column(name, 0.0, b.columns[peak].upper)
    b.links.append(Link(name, {found: 1.0, peak: -1.0}, 0.0))
    b.links.append(Link(f"{name}.left", {found: 1.0, b.at[REDUCTION]: 1.0}, b.setting.curtailment_baseline))
    return found


def _period(b: Builder) -> IntArray:
    """Tariff period of each step; averaged numbers of coarser steps are rounded."""
    given = b.setting.tariff_period
    return np.zeros(b.steps, np.int64) if given is None else np.rint(given).astype(np.int64)


def _called(b: Builder) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    given = b.setting.called
    return np.zeros(b.steps, np.bool_) if given is None else given > CALLED


def _tiers(b: Builder, flow: int) -> None:
    """Energy of a month above each tier, at the tier's extra price."""
    setting = b.setting
    for m in np.unique(setting.month) if setting.energy_tiers else ():
        hours = setting.weight * (setting.month == m)
        most = b.columns[b.at["grid"]].upper * float(hours.sum())
        for i, (above, extra) in enumerate(setting.energy_tiers):
            if extra > 0:
                excess = b.column(f"{TIER}{m}.{i}", extra, most)
                b.budgets.append(Budget(f"{TIER}{m}.{i}", {flow: hours}, {excess: -1.0}, above))
