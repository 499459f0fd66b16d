"""A PyPSA network of any author as a linear program.

In: a network of buses, loads, generators, storage units, stores, links and limits. Out: `ReadNetwork`, the program with
where each component stands in it. Leaves out: what network_refusals.py refuses, and writing the answer back.

The bus with the most load is the balance of the program; every other bus is a row of its own (a store that holds
nothing). A bus with one free store and links alone, such as hydrogen, is that store's row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wattscale.errors import InputError
from wattscale.supply.network_refusals import check
from wattscale.supply.network_rows import Rows, Size
from wattscale.supply.network_values import LISTS
from wattscale.supply.program import Budget, Column, Link, Program, Store, Term
from wattscale.units import FloatArray


@dataclass(frozen=True)
class ReadNetwork:
    """A network as a program.

    Attributes:
        program: The program.
        sizes: Capacities by (component, name).
        flows: Index of a flow by (component, name, variable).
        stores: Index of a store by (component, name).
        buses: Row of each bus: -1 for the balance, else the index of its store.
        limits: Index of a budget by global constraint.
        constant: Cost of what has to be built in any case, in the network's money.
        existing: Cost of the capacity that extendable components have already, which PyPSA leaves out.
    """

    program: Program
    sizes: dict[tuple[str, str], Size]
    flows: dict[tuple[str, str, str], int]
    stores: dict[tuple[str, str], int]
    buses: dict[str, int]
    limits: dict[str, int]
    constant: float
    existing: float


def read_network(n: Any, room: float = 1.0) -> ReadNetwork:
    """Read a network as a program.

    Args:
        n: `pypsa.Network`.
        room: Factor on the room of unlimited capacities [1].

    Raises:
        InputError: A component that cannot be held, or nothing to supply.
    """
    check(n)
    r = Rows(n, room)
    own = _own_stores(r)
    for bus in r.demand:
        _add_bus(r, bus, own.get(bus))
    for add in (_generators, _storage_units, _links):
        add(r)
    _open_stores(r, set(own.values()))
    _check_buses(r)
    _global_limits(r)
    program = Program(r.weight, r.load, tuple(r.columns), tuple(r.flows), tuple(r.stores), tuple(r.budgets),
                      tuple(r.rows), tuple(r.ramps))  # fmt: skip
    return ReadNetwork(program, r.sizes, r.flow_at, r.store_at, r.bus, r.limit_at, r.constant, r.existing)


def _own_stores(r: Rows) -> dict[str, str]:
    """Buses that are the row of their one store: no load, plant or storage unit there, and no cost of its power."""
    taken = {b for b, v in r.demand.items() if np.any(v)} | {r.main}
    taken |= {row["bus"] for c in ("Generator", "StorageUnit") for _, row in r.active(c)}
    found: dict[str, list[str]] = {}
    for name, row in r.active("Store"):
        found.setdefault(row["bus"], []).append(name)
        if np.any(r.series("Store", "marginal_cost")[name].to_numpy(float)):
            taken.add(row["bus"])
    return {b: names[0] for b, names in found.items() if len(names) == 1 and b not in taken}


def _add_bus(r: Rows, b: str, own: str | None) -> None:
    if b == r.main:
        r.bus[b] = -1
        return
    r.bus[b] = len(r.stores)
    if own is not None:
        _add_store(r, own)
    else:
        r.stores.append(Store(b, np.ones(r.steps), r.zero, r.zero, zero=np.ones(r.steps), inflow=-r.demand[b]))


def _generators(r: Rows) -> None:
    """Generators, with their yearly sums."""
    cost, low, high = (r.series("Generator", a) for a in ("marginal_cost", "p_min_pu", "p_max_pu"))
    for name, row in r.active("Generator"):
        size, span = r.size("Generator", name), (low[name].to_numpy(float), high[name].to_numpy(float))
        j = r.flow(("Generator", name, "p"), cost[name].to_numpy(float), {row["bus"]: float(row["sign"])},
                   r.bound(size, span[0]), r.bound(size, span[1]))  # fmt: skip
        r.ramp(size, j, *span)
        for attribute, sign in (("e_sum_max", 1.0), ("e_sum_min", -1.0)):
            limit = float(row.get(attribute, np.inf))
            if np.isfinite(limit):
                r.budgets.append(Budget(f"{name} {attribute}", {j: sign * r.counted}, {}, sign * limit))


def _storage_units(r: Rows) -> None:
    """Storage units: one power for both ways, energy in fixed proportion, inflow that may be spilled."""
    names = ("marginal_cost", "p_min_pu", "p_max_pu", "inflow", "spill_cost", "standing_loss")
    cost, low, high, inflow, spilled, loss = (r.series("StorageUnit", a) for a in names)
    for name, row in r.active("StorageUnit"):
        size, k = r.size("StorageUnit", name), len(r.stores)
        r.store_at["StorageUnit", name] = k
        given = inflow[name].to_numpy(float)
        start = 0.0 if row["cyclic_state_of_charge"] else float(row["state_of_charge_initial"])
        keep = (1.0 - loss[name].to_numpy(float)) ** r.weight
        full = r.bound(size, float(row["max_hours"]))
        _store(r, f"StorageUnit.{name}", keep, r.zero, full, bool(row["cyclic_state_of_charge"]), given, start)
        nothing = (r.zero, ())
        drawn, filled = 1.0 / float(row["efficiency_dispatch"]), float(row["efficiency_store"])
        r.flow(("StorageUnit", name, "p_dispatch"), cost[name].to_numpy(float), {row["bus"]: 1.0}, nothing,
               r.bound(size, high[name].to_numpy(float)), {k: -drawn})  # fmt: skip
        r.flow(("StorageUnit", name, "p_store"), r.zero, {row["bus"]: -1.0}, nothing,
               r.bound(size, -low[name].to_numpy(float)), {k: filled})  # fmt: skip
        if np.any(given > 0.0):
            r.flow(("StorageUnit", name, "spill"), spilled[name].to_numpy(float), {}, nothing, (given, ()), {k: -1.0})


def _store(r: Rows, name: str, keep: FloatArray, low: FloatArray, full: tuple[FloatArray, tuple[Term, ...]],
           cyclic: bool, inflow: FloatArray, start: float) -> None:  # fmt: skip
    """Add a store; one that is not cyclic begins at `start` and may keep at the end what its size holds."""
    k, last = len(r.stores), r.steps - 1
    if cyclic:
        most = float(full[0][last]) + sum(float(t.factor[last]) * r.columns[int(t.column[last])].upper
                                          for t in full[1])  # fmt: skip
        r.columns.append(Column(f"{name}.level", 0.0, most))
        level = len(r.columns) - 1
        of_size = {int(t.column[last]): -float(t.factor[last]) for t in full[1]}
        if of_size:
            r.rows.append(Link(f"{name}.level", {level: 1.0, **of_size}, float(full[0][last])))
        if low[last] > 0.0:
            r.rows.append(Link(f"{name}.least", {level: -1.0}, -float(low[last])))
        r.stores.append(Store(name, keep, low, *full, level=level, inflow=inflow))
        return
    begin, end = r.zero.copy(), r.zero.copy()
    begin[0], end[last] = start / r.weight[0], 1.0 / r.weight[last]
    r.stores.append(Store(name, keep, low, *full, inflow=inflow + begin))
    terms = tuple(Term(t.column, t.factor * end) for t in full[1])
    component, own = name.split(".", 1)
    r.flow((component, own, "end"), r.zero, {}, (low * end, ()), (full[0] * end, terms), {k: -1.0})


def _add_store(r: Rows, name: str) -> None:
    row = r.n.stores.loc[name]
    size = r.size("Store", name, "e_nom")
    r.store_at["Store", name] = len(r.stores)
    names = ("e_min_pu", "e_max_pu", "standing_loss")
    low, high, loss = (r.series("Store", a)[name].to_numpy(float) for a in names)
    if (size.column >= 0 or size.room) and np.any(low):
        raise InputError("cannot be held for a store whose size is open or endless", value="not zero",
                         where=f"network: Store '{name}' e_min_pu", hint="Fix its size or set it to 0")  # fmt: skip
    keep = (1.0 - loss) ** r.weight
    start = 0.0 if row["e_cyclic"] else float(row["e_initial"])
    _store(r, f"Store.{name}", keep, r.bound(size, low)[0], r.bound(size, high), bool(row["e_cyclic"]), r.zero, start)


def _open_stores(r: Rows, own: set[str]) -> None:
    """Stores that share their bus: a power of their own between bus and store."""
    for name, row in r.active("Store"):
        if name in own:
            continue
        k = len(r.stores)
        _add_store(r, name)
        size = r.sizes["Store", name]
        low, high = (r.series("Store", a)[name].to_numpy(float) for a in ("e_min_pu", "e_max_pu"))
        cost = r.series("Store", "marginal_cost")[name].to_numpy(float)
        span = np.maximum(high, np.roll(high, 1)) - np.minimum(np.minimum(low, np.roll(low, 1)), 0.0)
        reach = span / r.weight
        (least, under), (most, over) = r.bound(size, -reach), r.bound(size, reach)
        begin = 0.0 if row["e_cyclic"] else abs(float(row["e_initial"])) / r.weight[0]
        r.flow(("Store", name, "p"), cost, {row["bus"]: 1.0}, (least - begin, under), (most + begin, over), {k: -1.0})


def _links(r: Rows) -> None:
    """Links with any number of ends."""
    cost, low, high = (r.series("Link", a) for a in ("marginal_cost", "p_min_pu", "p_max_pu"))
    for name, row in r.active("Link"):
        ends = {row["bus0"]: -1.0}
        for port, share in link_ports(row):
            ends[row[port]] = ends.get(row[port], 0.0) + share
        size, span = r.size("Link", name), (low[name].to_numpy(float), high[name].to_numpy(float))
        j = r.flow(("Link", name, "p"), cost[name].to_numpy(float), ends,
                   r.bound(size, span[0]), r.bound(size, span[1]))  # fmt: skip
        r.ramp(size, j, *span)


def _check_buses(r: Rows) -> None:
    """Refuse a bus with load and nothing that could give to it."""
    for b, k in r.bus.items():
        gives = any((f.balance if k < 0 else f.gain.get(k, 0.0)) != 0.0 for f in r.flows)
        if np.any(r.demand[b]) and not gives:
            raise InputError("has load and nothing that gives to it", where=f"network: Bus '{b}'")


def _global_limits(r: Rows) -> None:
    """Limits on carriers: emissions of generators, and what may be built."""
    for name, row in r.n.global_constraints.iterrows():
        sign = 1.0 if row["sense"] == "<=" else -1.0
        if row["type"] == "primary_energy":
            flows = {j: sign * q for j, q in _emissions(r, row["carrier_attribute"]).items()}
            r.limit_at[str(name)] = len(r.budgets)
            r.budgets.append(Budget(str(name), flows, {}, sign * float(row["constant"])))
            continue
        built = {s.column: sign for s in r.sizes.values() if s.column >= 0 and _counts(r, s, row)}
        least = sum(s.least for s in r.sizes.values() if s.column in built)
        r.rows.append(Link(str(name), built, sign * (float(row["constant"]) - least)))


def _emissions(r: Rows, attribute: str) -> dict[int, FloatArray]:
    rate = r.n.carriers[attribute]
    for name, row in r.active("Generator"):
        carrier = row.get("carrier", "")
        if carrier and carrier not in rate:
            raise InputError("is no carrier of the network, so what it emits is unknown", value=carrier,
                             where=f"network: Generator '{name}' carrier",
                             hint="Add it: n.add('Carrier', ..., co2_emissions=...)")  # fmt: skip
    for component in ("StorageUnit", "Store"):
        for name, row in r.active(component):
            if float(rate.get(row.get("carrier", ""), 0.0)):
                raise InputError("has a carrier with emissions, which cannot be held",
                                 where=f"network: {component} '{name}'",
                                 value=row["carrier"], hint="Give it a carrier of its own")  # fmt: skip
    efficiency = r.series("Generator", "efficiency")
    found = {}
    for name, row in r.active("Generator"):
        emitted = float(rate.get(row.get("carrier", ""), 0.0))
        share = efficiency[name].to_numpy(float)
        if emitted and np.any(share <= 0.0):
            raise InputError("must be above zero where its carrier has emissions", value=float(share.min()),
                             where=f"network: Generator '{name}' efficiency")  # fmt: skip
        if emitted:
            found[r.flow_at["Generator", name, "p"]] = r.counted * emitted / share
    return found


def _counts(r: Rows, size: Size, row: Any) -> bool:
    own = getattr(r.n, LISTS[size.component]).loc[size.name]
    bus = row.get("bus") or ""
    same = own.get("carrier", "") == row["carrier_attribute"]
    return bool(same and bus in ("", own.get("bus", own.get("bus0", ""))))


def link_ports(row: Any) -> list[tuple[str, float]]:
    """Give the ends of a link beside the first, with what each gets per unit taken from the first [1].

    >>> import pandas as pd
    >>> link_ports(pd.Series({"bus0": "gas", "bus1": "power", "efficiency": 0.5, "bus2": ""}))
    [('bus1', 0.5)]
    """
    found = []
    for key in row.index:
        port = key.removeprefix("bus")
        if key.startswith("bus") and port not in ("", "0") and isinstance(row[key], str) and row[key].strip():
            found.append((key, float(row["efficiency" if port == "1" else f"efficiency{port}"])))
    return found
