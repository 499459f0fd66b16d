"""Solves a PyPSA network of any author with the structured method, and writes the answer back into it.

In: a network, from a file or made in Python. Out: the same network with sizes, powers, levels and prices, and
`NetworkAnswer` with cost, proven bound and solver. Leaves out: what network_refusals.py refuses; PyPSA is needed to
read and write its files, not to solve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wattscale.errors import InfeasibleError
from wattscale.supply.network_reader import ReadNetwork, link_ports, read_network
from wattscale.supply.network_refusals import LISTS
from wattscale.supply.network_rows import Size
from wattscale.supply.program import Solution
from wattscale.supply.solve import TOLERANCE, solve_once
from wattscale.supply.zero import put_back, strike_out
from wattscale.units import FloatArray

NEAR_ROOM = 0.5
"""Share of the room of an unlimited capacity from which the room is made larger [1]."""
GROWTH, ROUNDS = 10.0, 4
"""Factor by which the room grows, and how often."""


@dataclass(frozen=True)
class NetworkAnswer:
    """Least cost of a network.

    Attributes:
        objective: Cost in PyPSA's sense: existing capacity of extendable components left out [money of the network].
        bound: Cost in the same sense that no dispatch can undercut.
        sizes: Size by component and name [MW or MWh].
        solver: Name of the solver.
        iterations: Iterations it took.
    """

    objective: float
    bound: float
    sizes: dict[tuple[str, str], float]
    solver: str
    iterations: int

    @property
    def gap(self) -> float:
        """Objective above the bound, relative [1]."""
        return (self.objective - self.bound) / max(abs(self.objective), 1e-9)


def solve_network(n: Any, tolerance: float = TOLERANCE) -> NetworkAnswer:
    """Find the least-cost sizes and dispatch of a network and write them into it, as `n.optimize()` does.

    Buses may be joined by Links of any efficiency; lines, unit commitment and several periods are refused.

    Args:
        n: `pypsa.Network`; changed in place (`p_nom_opt`, `generators_t.p`, `buses_t.marginal_price` ...).
        tolerance: Certified relative gap asked for [1].

    Returns:
        Cost, proven bound and sizes.

    Raises:
        InputError: A component that cannot be held, named.
        InfeasibleError: No dispatch meets load and limits.

    Source: the linear problem of PyPSA (Brown, Hoersch and Schlachtberger 2018, J. Open Research Software 6(4)).
    """
    read, found = _solve(n, tolerance)
    write_back(n, read, found)
    sizes = {k: _size(s, found) for k, s in read.sizes.items()}
    shift = read.constant - read.existing
    return NetworkAnswer(found.objective + shift, found.bound + shift, sizes, found.solver, found.iterations)


def _solve(n: Any, tolerance: float) -> tuple[ReadNetwork, Solution]:
    """Solve with room for the sizes that have no limit; an optimum inside of it is one without it too."""
    best: tuple[ReadNetwork, Solution] | None = None
    for power in range(ROUNDS):
        read = read_network(n, GROWTH**power)
        struck = strike_out(read.program)
        found = solve_once(struck, tolerance)
        if found is not None:
            best = read, put_back(read.program, struck, found)
            if not _near_room(*best):
                break
        if not any(s.free for s in read.sizes.values()):
            break
    if best is None:
        raise InfeasibleError("no dispatch meets its loads and limits", where="network",
                              hint="Add a dear generator at each bus and see where it runs")  # fmt: skip
    return best


def _near_room(read: ReadNetwork, found: Solution) -> bool:
    """Tell whether a size without a limit of the network's own came near the room it was given."""
    columns = read.program.columns
    free = (s.column for s in read.sizes.values() if s.free)
    return any(found.columns[c] > NEAR_ROOM * columns[c].upper for c in free)


def _size(size: Size, found: Solution) -> float:
    return size.least + (float(found.columns[size.column]) if size.column >= 0 else 0.0)


def write_back(n: Any, read: ReadNetwork, found: Solution) -> None:
    """Write sizes, powers, levels and prices of a solution into the network."""
    values: dict[tuple[str, str], dict[str, FloatArray]] = {}

    def note(component: str, attribute: str, name: str, series: FloatArray) -> None:
        values.setdefault((component, attribute), {})[name] = series

    def flow(component: str, name: str, variable: str) -> FloatArray:
        at = read.flows.get((component, name, variable))
        return found.flows[at] if at is not None else np.zeros(read.program.steps)

    for (component, name), size in read.sizes.items():
        kind = "e_nom" if component == "Store" else "p_nom"
        getattr(n, LISTS[component]).loc[name, f"{kind}_opt"] = _size(size, found)
        if component == "Generator":
            note(component, "p", name, flow(component, name, "p"))
        elif component == "StorageUnit":
            out, back = flow(component, name, "p_dispatch"), flow(component, name, "p_store")
            note(component, "p", name, out - back)
            note(component, "p_dispatch", name, out)
            note(component, "p_store", name, back)
            note(component, "spill", name, flow(component, name, "spill"))
            note(component, "state_of_charge", name, _levels(read, found, component, name))
        elif component == "Link":
            power = flow(component, name, "p")
            note(component, "p0", name, power)
            for port, share in link_ports(n.links.loc[name]):
                note(component, f"p{port.removeprefix('bus')}", name, -share * power)
        else:
            level = _levels(read, found, component, name)
            note(component, "e", name, level)
            note(component, "p", name, _store_power(read, found, name, level))
    demand = n.get_switchable_as_dense("Load", "p_set")
    for name in demand.columns:
        note("Load", "p", str(name), demand[name].to_numpy(float))
    _write(n, values, found, read)


def _levels(read: ReadNetwork, found: Solution, component: str, name: str) -> FloatArray:
    """Energy at the end of each step; what a store that is not cyclic keeps at the end stands in a flow of its own."""
    level: FloatArray = found.stores[read.stores[component, name]].copy()
    store = read.program.stores[read.stores[component, name]]
    end = read.flows.get((component, name, "end"))
    level[-1] = found.columns[store.level] if store.level is not None else level[-1]
    return level if end is None else np.asarray(level + found.flows[end] * read.program.weight, np.float64)


def _store_power(read: ReadNetwork, found: Solution, name: str, level: FloatArray) -> FloatArray:
    """Power of a store into its bus: what its level loses beside standing losses [MW]."""
    at = read.flows.get(("Store", name, "p"))
    if at is not None:
        return np.asarray(found.flows[at], np.float64)
    store, weight = read.program.stores[read.stores["Store", name]], read.program.weight
    before: FloatArray = np.roll(level, 1) * store.keep
    if store.level is None:
        before[0] = (store.inflow[0] if store.inflow is not None else 0.0) * weight[0]
    return np.asarray((before - level) / weight, np.float64)


def _write(n: Any, values: dict[tuple[str, str], dict[str, FloatArray]], found: Solution, read: ReadNetwork) -> None:
    import pandas as pd

    for (component, attribute), series in values.items():
        getattr(n, f"{LISTS[component]}_t")[attribute] = pd.DataFrame(series, index=n.snapshots)
    money = n.snapshot_weightings["objective"].to_numpy(float)
    price = {b: (found.prices.balance if k < 0 else -found.prices.stores[k]) / money for b, k in read.buses.items()}
    n.buses_t["marginal_price"] = pd.DataFrame(price, index=n.snapshots)
    for name, at in read.limits.items():
        sign = 1.0 if n.global_constraints.sense[name] == "<=" else -1.0
        n.global_constraints.loc[name, "mu"] = -sign * float(found.prices.budgets[at])
    shift = read.constant - read.existing
    for key, value in (("_objective", found.objective + shift), ("_objective_constant", read.existing)):
        setattr(n, key, value)
