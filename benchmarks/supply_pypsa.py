"""The reference campus as a PyPSA network, for the comparison of solvers. Needs `pip install pypsa`.

In: a campus of `make_campus`. Out: the network, and the rows that PyPSA has no component for.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pypsa
import xarray as xr
from supply_campus import (
    DEMAND_CHARGE,
    ETA_BATTERY,
    ETA_LONG_IN,
    ETA_LONG_OUT,
    GAS_CARBON,
    GAS_COST,
    HOURS,
    KEEP_BATTERY,
    MONTH,
    NUCLEAR_COST,
    NUCLEAR_MAX,
    NUCLEAR_MIN,
    UNSERVED_COST,
    WEEK,
)  # fmt: skip


def network(s: dict) -> pypsa.Network:
    n = pypsa.Network()
    n.set_snapshots(pd.RangeIndex(HOURS))
    n.add("Bus", ["campus", "battery bus", "long bus"])
    n.add("Load", "serving", bus="campus", p_set=s["serve"])

    def plant(name: str, **more) -> None:
        n.add("Generator", name, bus="campus", p_nom_extendable=True, p_nom_max=s["limit"][name],
              capital_cost=s["cost"][name], **more)  # fmt: skip

    plant("solar", p_max_pu=s["solar"])
    plant("wind", p_max_pu=s["wind"])
    plant("gas", marginal_cost=GAS_COST)
    plant("smr", marginal_cost=NUCLEAR_COST, p_min_pu=NUCLEAR_MIN, p_max_pu=NUCLEAR_MAX)
    plant("grid", marginal_cost=s["price"])
    n.add("Generator", "unserved", bus="campus", p_nom=1e5, marginal_cost=UNSERVED_COST)
    n.add("Generator", "training", bus="campus", sign=-1, p_nom=s["train"], p_min_pu=0.3, p_max_pu=1.25)
    for name, bus, keep in (("bat_e", "battery bus", KEEP_BATTERY), ("ldes_e", "long bus", 1.0)):
        n.add("Store", name, bus=bus, e_nom_extendable=True, e_nom_max=s["limit"][name], e_cyclic=True,
              standing_loss=1.0 - keep, capital_cost=s["cost"][name])  # fmt: skip

    def link(name: str, start: str, end: str, eta: float, most: float, cost: float) -> None:
        n.add("Link", name, bus0=start, bus1=end, efficiency=eta, p_nom_extendable=True, p_nom_max=most,
              capital_cost=cost)  # fmt: skip

    link("bat in", "campus", "battery bus", ETA_BATTERY, s["limit"]["bat_p"], s["cost"]["bat_p"])
    link("bat out", "battery bus", "campus", ETA_BATTERY, s["limit"]["bat_p"] / ETA_BATTERY, 0.0)
    link("long in", "campus", "long bus", ETA_LONG_IN, s["limit"]["ldes_c"], s["cost"]["ldes_c"])
    link("long out", "long bus", "campus", ETA_LONG_OUT, s["limit"]["ldes_d"] / ETA_LONG_OUT,
         s["cost"]["ldes_d"] * ETA_LONG_OUT)  # fmt: skip
    return n


def extra_rows(n: pypsa.Network, s: dict) -> None:
    """One power for both ways of the battery, weekly training energy, monthly peaks, two budgets."""
    m = n.model
    power, links = m["Generator-p"], m["Link-p_nom"]

    def of(variable, key):
        return variable.sel({next(d for d in variable.dims if d != "snapshot"): key})

    def hourly(values, name=None):
        return xr.DataArray(np.asarray(values), coords={"snapshot": n.snapshots.values}, dims=["snapshot"], name=name)

    m.add_constraints(of(links, "bat in") - ETA_BATTERY * of(links, "bat out") == 0, name="one-power")
    energy = xr.DataArray(np.bincount(WEEK) * s["train"], coords={"week": np.arange(52)}, dims=["week"])
    m.add_constraints((1 * of(power, "training")).groupby(hourly(WEEK, "week")).sum() == energy, name="week")
    peaks = m.add_variables(lower=0, coords=[pd.RangeIndex(12, name="month")], name="peak")
    billed = (1 * peaks).sel(month=hourly(MONTH)).drop_vars("month", errors="ignore")
    m.add_constraints(of(power, "grid") - billed <= 0, name="peak")
    dirty = of(power, "gas") + of(power, "unserved") + of(power, "grid") * hourly(1 - s["grid_cfe"])
    m.add_constraints(dirty.sum() <= s["cfe_budget"], name="cfe")
    carbon = of(power, "gas") * GAS_CARBON + of(power, "grid") * hourly(s["carbon"])
    m.add_constraints(carbon.sum() <= s["carbon_cap"], name="carbon")
    m.objective = m.objective + (peaks * DEMAND_CHARGE).sum()
