"""The campus as a PyPSA network and back. PyPSA is optional and imported when asked for.

In: a `Campus`, or a network that this module wrote. Out: a network (write it with `export_to_netcdf`), or the campus.
Leaves out: networks of others; networks.py solves those.

The load of the network is the whole load; what of it may be moved is a store that is empty at the end of each window,
so that no reader loses energy. What a network has no component for (peaks, tiers, budgets, one power for both ways of a
store, ramps and lost work of moved load) goes into its `meta` and into `extra_rows` (interchange_rows.py), to be given
to `n.optimize`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np

from wattscale.errors import InputError
from wattscale.supply.expansion import ROOM_HOURS, SHED_ROOM, Campus, build
from wattscale.supply.network_values import check_values
from wattscale.supply.setting import Period, Purchase, Setting
from wattscale.supply.tariff import SPOT
from wattscale.supply.technologies import Technology
from wattscale.units import KG_PER_T, FloatArray

__all__ = ["extra_rows", "from_network", "to_network"]

BUS, METER_BUS = "campus", "meter"
MOVED, LOST_WORK = "moved load", "work lost"
"""Bus, link and store of the load that may be moved; what turning it down loses, where `extra_rows` counts that."""
META = "wattscale"
FIRST_HOUR = "2025-01-01"
"""Label of the first step: the year of the labels (convention 1), in UTC."""


def to_network(campus: Campus, flexible: bool = True) -> Any:
    """Write a campus as a PyPSA network.

    Args:
        campus: The campus.
        flexible: Whether the load that may be moved can be moved in the network too.

    Returns:
        `pypsa.Network`; optimise it with `n.optimize(extra_functionality=extra_rows)`.

    Raises:
        InputError: PyPSA is not installed.
    """
    pypsa, setting = _pypsa(), campus.setting
    n = pypsa.Network()
    n.set_snapshots(_labels(setting.weight))
    n.snapshot_weightings.loc[:, :] = np.repeat(setting.weight[:, None], n.snapshot_weightings.shape[1], axis=1)
    n.add("Bus", BUS)
    n.add("Load", "load", bus=BUS, p_set=setting.load_mw)
    for t in campus.technologies.values():
        {"storage": _add_store, "grid": _add_grid}.get(t.kind, _add_plant)(n, campus, t)
    for p in setting.purchases:
        _add_purchase(n, campus, p)
    peak = float(setting.load_mw.max())
    n.add("Generator", "unserved", bus=BUS, p_nom=peak, p_max_pu=SHED_ROOM * np.maximum(setting.load_mw, 0.0) / peak,
          marginal_cost=setting.unserved_usd_per_mwh)  # fmt: skip
    if setting.flexible_share > 0.0 and flexible:
        _add_moved_load(n, campus)
    n.meta = {META: _plain(setting, campus.technologies)}
    return n


def _pypsa() -> Any:
    try:
        return import_module("pypsa")
    except ImportError as error:
        if error.name != "pypsa":
            raise
        raise InputError("needs PyPSA, which is not installed", where="supply.interchange",
                         hint='Install it: pip install "pypsa>=0.30"') from None  # fmt: skip


def _labels(weight: FloatArray) -> Any:
    """Give the time at which each step begins, as dates."""
    import pandas as pd

    hours = np.concatenate([[0.0], np.cumsum(weight)[:-1]])
    return pd.DatetimeIndex(pd.Timestamp(FIRST_HOUR) + pd.to_timedelta(hours, unit="h"), name="snapshot")


def _add_moved_load(n: Any, campus: Campus) -> None:
    """Moved load: a link that takes more or less than usual, into a store that is empty at the end of each window."""
    setting = campus.setting
    backlog = next(s for s in campus.program.stores if s.name == "flexible")
    usual = setting.flexible_share * setting.load_mw
    most = max(setting.flexible_high - 1.0, 1.0 - setting.flexible_low) * float(usual.max())
    span = 0.0 if backlog.zero is None else np.where(backlog.zero > 0.0, 0.0, 1.0)
    n.add("Bus", MOVED)
    n.add("Store", MOVED, bus=MOVED, e_nom=float(backlog.upper.max()), e_min_pu=-span, e_max_pu=span)
    shares = (setting.flexible_low - 1.0) * usual, (setting.flexible_high - 1.0) * usual
    low, high = (np.divide(s, most, out=np.zeros_like(s), where=most > 0.0) for s in shares)
    n.add("Link", MOVED, bus0=BUS, bus1=MOVED, p_nom=most, p_min_pu=low, p_max_pu=high)
    if setting.checkpoint_loss_h > 0.0:
        n.add("Generator", LOST_WORK, bus=MOVED, sign=-1, p_nom=float(backlog.upper.max()))


def _upper(campus: Campus, column: str) -> float:
    return campus.program.columns[campus.program.column(column)].upper


def _yearly(campus: Campus, column: str) -> float:
    return campus.program.columns[campus.program.column(column)].cost


def _hourly(campus: Campus, flow: str) -> FloatArray:
    return np.asarray(campus.program.flows[campus.program.flow(flow)].cost / campus.setting.weight, np.float64)


def _add_plant(n: Any, campus: Campus, t: Technology) -> None:
    size = {"p_nom_extendable": True, "p_nom_max": _upper(campus, t.name), "capital_cost": _yearly(campus, t.name),
            "p_nom_mod": campus.setting.unit_mw.get(t.name, 0.0)}  # fmt: skip
    if t.kind == "renewable":
        n.add("Generator", t.name, bus=BUS, p_max_pu=campus.setting.renewable[t.name], **size)
        return
    ramps = {}
    if campus.program.flow(f"{t.name}.up") >= 0 and t.ramp_share_per_h is not None:
        share = t.ramp_share_per_h * campus.setting.weight
        ramps = {"ramp_limit_up": share, "ramp_limit_down": share}
    n.add("Generator", t.name, bus=BUS, p_min_pu=t.minimum_load, p_max_pu=t.availability,
          marginal_cost=_hourly(campus, t.name), **size, **ramps)  # fmt: skip


def _add_grid(n: Any, campus: Campus, t: Technology) -> None:
    """The grid as a source; where contracts share its meter, as a link behind which spot energy and they stand."""
    size = {"p_nom_extendable": True, "p_nom_max": _upper(campus, t.name), "capital_cost": _yearly(campus, t.name)}
    most = float(size["p_nom_max"])
    if campus.setting.over_grid:
        n.add("Bus", METER_BUS)
        n.add("Generator", SPOT, bus=METER_BUS, p_nom=most, marginal_cost=_hourly(campus, SPOT))
        n.add("Link", t.name, bus0=METER_BUS, bus1=BUS, marginal_cost=_hourly(campus, t.name), **size)
    else:
        n.add("Generator", t.name, bus=BUS, marginal_cost=_hourly(campus, t.name), **size)
    if campus.setting.export_usd_per_mwh is not None:
        n.add("Generator", "export", bus=BUS, sign=-1, p_nom=most, marginal_cost=_hourly(campus, "export"))


def _add_purchase(n: Any, campus: Campus, p: Purchase) -> None:
    """A contract as a plant of its volume; a virtual one has a size and gives nothing."""
    size = {"p_nom_extendable": True, "p_nom_min": p.min_mw, "p_nom_max": p.max_mw,
            "capital_cost": _yearly(campus, p.key)}  # fmt: skip
    if p.delivery == "virtual":
        n.add("Generator", p.key, bus=BUS, p_max_pu=0.0, **size)
        return
    bus = METER_BUS if p.through_grid and "grid" in campus.technologies else BUS
    n.add("Generator", p.key, bus=bus, p_max_pu=campus.setting.renewable[p.key], marginal_cost=_hourly(campus, p.key),
          **size)  # fmt: skip


def _add_store(n: Any, campus: Campus, t: Technology) -> None:
    eta, bus, most = t.one_way_efficiency, f"{t.name} store", _upper(campus, t.name)
    n.add("Bus", bus)
    n.add("Store", t.name, bus=bus, e_nom_extendable=True, e_nom_max=ROOM_HOURS * 1e3 * most, e_cyclic=True,
          standing_loss=1.0 - t.keep_per_h, capital_cost=_yearly(campus, f"{t.name}.energy"))  # fmt: skip
    n.add("Link", f"{t.name} charge", bus0=BUS, bus1=bus, efficiency=eta, p_nom_extendable=True, p_nom_max=most,
          capital_cost=_yearly(campus, t.name), marginal_cost=_hourly(campus, f"{t.name}.charge"))  # fmt: skip
    n.add("Link", f"{t.name} discharge", bus0=bus, bus1=BUS, efficiency=eta, p_nom_extendable=True,
          p_nom_max=most / eta, marginal_cost=eta * _hourly(campus, f"{t.name}.discharge"))  # fmt: skip


def _plain(setting: Setting, technologies: Mapping[str, Technology]) -> dict[str, Any]:
    """Everything as plain lists and numbers, for `meta`."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value.tolist()
        if isinstance(value, Mapping):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, tuple):
            return [plain(v) for v in value]
        return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value

    return {"setting": {k: plain(v) for k, v in vars(setting).items()},
            "technologies": {k: asdict(t) for k, t in technologies.items()}}  # fmt: skip


def from_network(n: Any) -> Campus:
    """Read back a campus from a network of `to_network`; load, resources, prices and limits are those of the network.

    Args:
        n: The network, as read from its netCDF file.

    Raises:
        InputError: A network that this module did not write, or an earlier version of it, or values that are no
            numbers.
    """
    check_values(n)
    meta = n.meta.get(META) if isinstance(n.meta, dict) else None
    if not meta:
        raise InputError("was not written by to_network", where="network",
                         hint="Solve it as it is with wattscale.supply.networks.solve_network")  # fmt: skip
    if "flexible" in n.generators.index:
        raise InputError("was written by an earlier version, without the load that may be moved", where="network",
                         hint="Write it again with to_network")  # fmt: skip
    kept: dict[str, Any] = dict(meta["setting"])
    rows = {
        "periods": tuple(Period(**p) for p in kept["periods"]),
        "purchases": tuple(Purchase(**p) for p in kept["purchases"]),
        "energy_tiers": tuple((float(above), float(extra)) for above, extra in kept["energy_tiers"]),
    }
    series = {k: np.asarray(v) for k, v in kept.items() if isinstance(v, list) and k not in rows}
    setting = Setting(**{**kept, **series, **rows, "renewable": {}})
    technologies = {k: _technology(v) for k, v in meta["technologies"].items()}
    volume = n.get_switchable_as_dense("Generator", "p_max_pu")
    found = {k: np.asarray(v, float) for k, v in kept["renewable"].items()}
    virtual = {p.key for p in setting.purchases if p.delivery == "virtual"}
    found |= {k: volume[k].to_numpy(float) for k in found if k in volume and k not in virtual}
    load = n.get_switchable_as_dense("Load", "p_set")["load"].to_numpy(float)
    limits = {k: float(n.generators.p_nom_max[k]) for k in setting.max_capacity_mw if k in n.generators.index}
    changed = replace(setting, load_mw=load, renewable=found, max_capacity_mw={**setting.max_capacity_mw, **limits})
    return build(replace(changed, **_prices(n, changed)), technologies)


def _prices(n: Any, setting: Setting) -> dict[str, Any]:
    """Prices and connection as they stand in the network."""
    cost = n.get_switchable_as_dense("Generator", "marginal_cost")
    carbon = setting.grid_counted_kg_per_mwh * setting.carbon_price_usd_per_t / KG_PER_T
    found: dict[str, Any] = {"unserved_usd_per_mwh": float(cost["unserved"].iloc[0])}
    if SPOT in cost:
        found["import_usd_per_mwh"] = cost[SPOT].to_numpy(float) + setting.network - carbon
    elif "grid" in cost:
        found["import_usd_per_mwh"] = cost["grid"].to_numpy(float) - carbon
    if "export" in cost:
        found["export_usd_per_mwh"] = -cost["export"].to_numpy(float)
    if setting.connection_mw is not None and "import_usd_per_mwh" in found:
        table = n.links if SPOT in cost else n.generators
        found["connection_mw"] = float(table.p_nom_max["grid"])
    return found


def _technology(values: Mapping[str, Any]) -> Technology:
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return Technology(**plain)


def extra_rows(n: Any, snapshots: Any) -> None:
    """Add to the model of a network what PyPSA has no component for; give it to `n.optimize`.

    Args:
        n: A network of `to_network` with its model built.
        snapshots: Snapshots of the model.
    """
    from wattscale.supply.interchange_rows import add_rows

    campus = from_network(n)
    if MOVED not in n.links.index:  # written with a fixed load
        campus = build(replace(campus.setting, flexible_share=0.0), campus.technologies)
    add_rows(n.model, campus, snapshots)
