"""The campus as a PyPSA network and back. PyPSA is optional and imported when asked for.

In: a `Campus`, or a network that this module wrote. Out: a network (write it with `export_to_netcdf`), or the campus.
Leaves out: networks of others, tariffs with periods or tiers, purchases and curtailment contracts; those are refused.

What a network cannot say (monthly peaks, budgets, one power for both ways of a store, windows of the flexible load)
goes into its `meta` and into `extra_rows`, to be given to `n.optimize`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from importlib import import_module
from typing import Any, cast

import numpy as np

from wattscale.errors import InputError
from wattscale.supply.expansion import ROOM_HOURS, SHED_ROOM, Campus, build
from wattscale.supply.limits import counted_per_mw, counted_per_mwh, wear_usd_per_mwh
from wattscale.supply.setting import Setting
from wattscale.supply.technologies import Technology
from wattscale.units import KG_PER_T

BUS = "campus"
META = "wattscale"
PLAIN = {"export_usd_per_mwh": None, "tariff_period": None, "called": None, "demand_ratchet_share": 0.0,
         "energy_tiers": (), "purchases": ()}  # fmt: skip
"""Fields of a setting that a network does not hold, with the only value it takes."""
SERIES = ("weight", "load_mw", "month", "import_usd_per_mwh", "grid_carbon_kg_per_mwh", "grid_cfe_share")


def to_network(campus: Campus) -> Any:
    """Write a campus as a PyPSA network.

    Args:
        campus: The campus.

    Returns:
        `pypsa.Network`; optimise it with `n.optimize(extra_functionality=extra_rows)`.

    Raises:
        InputError: A contract or tariff that a network cannot hold.
    """
    import pandas as pd

    pypsa: Any = import_module("pypsa")
    setting = campus.setting
    for key, value in PLAIN.items():
        if getattr(setting, key) not in (None, value):
            raise InputError("cannot be written as a PyPSA network", where=f"supply: {key}", hint="Leave it out")
    n = pypsa.Network()
    n.set_snapshots(pd.RangeIndex(len(setting.weight), name="snapshot"))
    n.snapshot_weightings.loc[:, :] = np.repeat(setting.weight[:, None], n.snapshot_weightings.shape[1], axis=1)
    n.add("Bus", BUS)
    n.add("Load", "load", bus=BUS, p_set=setting.load_mw * (1.0 - setting.flexible_share))
    for t in campus.technologies.values():
        (_add_store if t.kind == "storage" else _add_plant)(n, campus, t)
    peak = float(setting.load_mw.max())
    n.add("Generator", "unserved", bus=BUS, p_nom=peak, p_max_pu=SHED_ROOM * np.maximum(setting.load_mw, 0.0) / peak,
          marginal_cost=setting.unserved_usd_per_mwh)  # fmt: skip
    if setting.flexible_share > 0.0:
        usual = setting.flexible_share * setting.load_mw
        n.add("Generator", "flexible", bus=BUS, sign=-1, p_nom=peak, p_min_pu=setting.flexible_low * usual / peak,
              p_max_pu=setting.flexible_high * usual / peak)  # fmt: skip
    n.meta = {META: _plain(setting, campus.technologies)}
    return n


def _upper(campus: Campus, column: str) -> float:
    return campus.program.columns[campus.program.column(column)].upper


def _add_plant(n: Any, campus: Campus, t: Technology) -> None:
    setting = campus.setting
    rate, carbon_price = setting.discount_rate, setting.carbon_price_usd_per_t / KG_PER_T
    cost: Any = t.variable_usd_per_mwh + t.fuel_usd_per_mwh[0] + carbon_price * counted_per_mwh(setting, t)
    annual, lowest, highest = t.annual_usd_per_mw(rate), t.minimum_load, cast(Any, t.availability)
    if t.kind == "renewable":
        highest, cost = setting.renewable[t.name], 0.0
        annual += t.variable_usd_per_mwh * float(setting.weight @ highest) + carbon_price * counted_per_mw(setting, t)
    if t.kind == "grid":
        annual = annual if setting.grid_capital else 0.0
        cost = setting.import_usd_per_mwh + carbon_price * setting.grid_counted_kg_per_mwh
    n.add("Generator", t.name, bus=BUS, p_nom_extendable=True, p_nom_max=_upper(campus, t.name), capital_cost=annual,
          marginal_cost=cost, p_min_pu=lowest, p_max_pu=highest)  # fmt: skip


def _add_store(n: Any, campus: Campus, t: Technology) -> None:
    setting, eta, bus = campus.setting, t.one_way_efficiency, f"{t.name} store"
    rate, most = setting.discount_rate, _upper(campus, t.name)
    carbon = setting.carbon_price_usd_per_t / KG_PER_T * counted_per_mwh(setting, t)
    n.add("Bus", bus)
    n.add("Store", t.name, bus=bus, e_nom_extendable=True, e_nom_max=ROOM_HOURS * 1e3 * most, e_cyclic=True,
          standing_loss=1.0 - t.keep_per_h, capital_cost=t.annual_usd_per_mwh(rate))  # fmt: skip
    n.add("Link", f"{t.name} charge", bus0=BUS, bus1=bus, efficiency=eta, p_nom_extendable=True, p_nom_max=most,
          capital_cost=t.annual_usd_per_mw(rate),
          marginal_cost=t.variable_usd_per_mwh + wear_usd_per_mwh(setting, t))  # fmt: skip
    n.add("Link", f"{t.name} discharge", bus0=bus, bus1=BUS, efficiency=eta, p_nom_extendable=True,
          p_nom_max=most / eta, marginal_cost=carbon * eta)  # fmt: skip


def _plain(setting: Setting, technologies: Mapping[str, Technology]) -> dict[str, Any]:
    """Everything as plain lists and numbers, for `meta`."""
    values: dict[str, Any] = {}
    for key, value in vars(setting).items():
        if key == "renewable":
            values[key] = {k: v.tolist() for k, v in value.items()}
        else:
            values[key] = value.tolist() if isinstance(value, np.ndarray) else value
    return {"setting": values, "technologies": {k: asdict(t) for k, t in technologies.items()}}


def from_network(n: Any) -> Campus:
    """Read back a campus from a network of `to_network`; load, resources, prices and limits are those of the network.

    Args:
        n: The network, as read from its netCDF file.

    Raises:
        InputError: A network that this module did not write.
    """
    meta = n.meta.get(META) if isinstance(n.meta, dict) else None
    if not meta:
        raise InputError("was not written by to_network", where="network",
                         hint="Solve it as it is with wattscale.supply.networks.solve_network")  # fmt: skip
    kept: dict[str, Any] = {
        k: tuple(v) if k in ("periods", "purchases", "energy_tiers") else v for k, v in meta["setting"].items()
    }
    series = {k: np.asarray(v) for k, v in kept.items() if isinstance(v, list) and len(v) == len(n.snapshots)}
    setting = Setting(**{**kept, **series, "renewable": {}})
    technologies = {k: _technology(v) for k, v in meta["technologies"].items()}
    load = n.loads_t.p_set["load"].to_numpy(float) / (1.0 - setting.flexible_share)
    found = {k: n.generators_t.p_max_pu[k].to_numpy(float) for k, t in technologies.items() if t.kind == "renewable"}
    limits = {k: float(n.generators.p_nom_max[k]) for k in setting.max_capacity_mw if k in n.generators.index}
    return build(replace(setting, load_mw=load, renewable=found, max_capacity_mw={**setting.max_capacity_mw, **limits}),
                 technologies)  # fmt: skip


def _technology(values: Mapping[str, Any]) -> Technology:
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return Technology(**plain)


def extra_rows(n: Any, snapshots: Any) -> None:
    """Add to the model of a network what PyPSA has no component for; give it to `n.optimize`.

    Args:
        n: A network of `to_network` with its model built.
        snapshots: Snapshots of the model.
    """
    import pandas as pd

    xr: Any = import_module("xarray")
    campus = from_network(n)
    setting, model = campus.setting, n.model
    power, size = model["Generator-p"], model["Generator-p_nom"]

    def of(variable: Any, key: str) -> Any:
        axis = next(d for d in variable.dims if d != "snapshot")
        return variable.sel({axis: key})

    def by_step(values: Any) -> Any:
        return xr.DataArray(np.asarray(values), coords={"snapshot": snapshots}, dims=["snapshot"])

    for t in campus.technologies.values():
        if t.kind == "storage":
            link = model["Link-p_nom"]
            charge, discharge = of(link, f"{t.name} charge"), of(link, f"{t.name} discharge")
            model.add_constraints(charge - t.one_way_efficiency * discharge == 0, name=f"{t.name}-one-power")
            if t.duration_h > 0:
                energy = of(model["Store-e_nom"], t.name)
                model.add_constraints(t.duration_h * charge - energy <= 0, name=f"{t.name}-duration")
    if "grid" in campus.technologies and setting.demand_charge_usd_per_mw_month > 0:
        months, index = np.unique(setting.month, return_inverse=True)
        peaks = model.add_variables(lower=0, coords=[pd.RangeIndex(len(months), name="month")], name="peak")
        billed = (1 * peaks).sel(month=by_step(index)).drop_vars("month", errors="ignore")
        model.add_constraints(of(power, "grid") - billed <= 0, name="peak")
        model.objective = model.objective + (peaks * setting.demand_charge_usd_per_mw_month).sum()
    _budget_rows(campus, model, of, by_step, power, size)
    if setting.flexible_share > 0.0:
        window = max(1, round(setting.flexible_window / float(setting.weight[0])))
        group = by_step(np.arange(len(setting.weight)) // window).rename("window")
        usual = by_step(setting.flexible_share * setting.load_mw * setting.weight)
        moved = (of(power, "flexible") * by_step(setting.weight)).groupby(group).sum()
        model.add_constraints(moved == usual.groupby(group).sum(), name="window")


def _budget_rows(campus: Campus, model: Any, of: Callable[[Any, str], Any], by_step: Callable[[Any], Any],
                 power: Any, size: Any) -> None:  # fmt: skip
    """Write each budget and the land over the network's variables."""

    def size_of(key: str) -> Any:
        store = campus.technologies[key].kind == "storage"
        return of(model["Link-p_nom"], f"{key} charge") if store else of(size, key)

    program = campus.program
    renewable = [k for k, t in campus.technologies.items() if t.kind == "renewable"]
    for b in program.budgets:
        row: Any = 0
        for j, q in b.flows.items():
            name = program.flows[j].name
            if name.endswith(".discharge"):
                store = name.removesuffix(".discharge")
                eta = campus.technologies[store].one_way_efficiency
                row = row + (of(model["Link-p"], f"{store} discharge") * by_step(q * eta)).sum()
            else:
                for key in renewable if name == "renewable" else [name]:
                    row = row + (of(power, key) * by_step(q)).sum()
        for i, e in b.columns.items():
            row = row + of(size, program.columns[i].name) * e
        model.add_constraints(row <= b.limit, name=b.name)
    for link in program.links:
        if link.name == "supply.land_ha":
            taken = [size_of(program.columns[i].name) * a for i, a in link.columns.items()]
            model.add_constraints(sum(taken[1:], taken[0]) <= link.limit, name=link.name)
