"""Solves a PyPSA network of any author with the structured method, and writes the answer back into it.

In: a network, from a file or made in Python. Out: the same network with sizes, powers, levels and prices, and
`NetworkAnswer` with cost, proven bound and solver. Leaves out: what network_refusals.py refuses; PyPSA is needed to
read and write its files, not to solve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattscale.errors import InfeasibleError, InputError, WattscaleError
from wattscale.supply.faults import flaw, money_scale
from wattscale.supply.general import HighsMethod, solve_highs
from wattscale.supply.network_reader import ReadNetwork, link_ports, read_network
from wattscale.supply.network_rows import Size
from wattscale.supply.network_values import LISTS
from wattscale.supply.program import Program, Solution
from wattscale.supply.solve import LONG, TOLERANCE, solve_once
from wattscale.supply.zero import put_back, strike_out
from wattscale.units import FloatArray

NEAR_ROOM = 0.5
"""Share of the room of an unlimited capacity from which the room is made larger [1]."""
SAME_COST = 3.0
"""Fall of the cost, over the gap asked for, that is a solver's rounding and not the worth of more room [1]."""
GROWTH, ROUNDS = 10.0, 4
"""Factor by which the room grows, and how often."""
NO_POINT = "a solver finds no dispatch that meets its loads and limits"
"""What is told of a solver that does, where another does not agree."""


@dataclass(frozen=True)
class NetworkAnswer:
    """Least cost of a network.

    Attributes:
        objective: Cost in PyPSA's sense: existing capacity of extendable components left out [money of the network].
        bound: Cost in the same sense that no dispatch can undercut.
        sizes: Size by component and name [MW or MWh].
        solver: Name of the solver.
        iterations: Iterations it took.
        scale: Cost below which the network counts as free [money of the network].
    """

    objective: float
    bound: float
    sizes: dict[tuple[str, str], float]
    solver: str
    iterations: int
    scale: float = 0.0

    @property
    def gap(self) -> float:
        """Objective above the bound, relative to it or, in a network that costs next to nothing, to its scale [1]."""
        return (self.objective - self.bound) / max(abs(self.objective), self.scale, 1e-9)


def solve_network(n: Any, tolerance: float = TOLERANCE) -> NetworkAnswer:
    """Find the least-cost sizes and dispatch of a network and write them into it, as `n.optimize()` does.

    Buses may be joined by Links of any efficiency; lines, unit commitment and several periods are refused.

    Args:
        n: `pypsa.Network`; changed in place (`p_nom_opt`, `generators_t.p`, `buses_t.marginal_price` ...).
        tolerance: Certified relative gap asked for [1].

    Returns:
        Cost, proven bound and sizes.

    Raises:
        InputError: No network, a value that is no number, a component that cannot be held, or a size that grows
            without end; each named.
        InfeasibleError: No dispatch meets load and limits.
        WattscaleError: No answer keeps its rows and stands within 1 % of its bound.

    Source: the linear problem of PyPSA (Brown, Hoersch and Schlachtberger 2018, J. Open Research Software 6(4)).
    """
    read, found = _solve(n, tolerance)
    write_back(n, read, found)
    sizes = {k: _size(s, found) for k, s in read.sizes.items()}
    shift = read.constant - read.existing
    return NetworkAnswer(found.objective + shift, found.bound + shift, sizes, found.solver, found.iterations,
                         money_scale(read.program))  # fmt: skip


def _solve(n: Any, tolerance: float) -> tuple[ReadNetwork, Solution]:
    """Solve with room for the sizes that have no limit; an optimum inside of it is one without it too.

    Where the answer leans on its room, it is given more. If that lowers the cost up to the last room, there is no
    least cost; if it never does, the first answer stands, since the cost is a convex function of the room.
    """
    tried: list[tuple[ReadNetwork, Solution]] = []
    leaning: list[Size] = []
    for power in range(ROUNDS):
        read = read_network(n, GROWTH**power)
        found = _answer(read.program, tolerance)
        if found is not None:
            tried.append((read, found))
            leaning = _leaning(read, found)
            if not leaning:
                return read, found
        if not any(s.room for s in read.sizes.values()):
            break
    if not tried:
        raise InfeasibleError("no dispatch meets its loads and limits", where="network",
                              hint="Add a dear generator at each bus and see where it runs")  # fmt: skip
    first, last = tried[0][1].objective, tried[-1][1].objective
    floor = max(abs(first), money_scale(tried[0][0].program))
    if len(tried) > 1 and first - last <= SAME_COST * tolerance * floor:
        return tried[0]
    kind = "e_nom" if leaning[0].component == "Store" else "p_nom"
    names = ", ".join(f"{s.component} '{s.name}'" for s in leaning[:3])
    raise InputError(
        f"there is no least cost: the larger {names}, the cheaper the network",
        where=f"network: {leaning[0].component} '{leaning[0].name}' {kind}_max", value=float("inf"),
        hint="Give it a largest size, or check the signs of its costs and the efficiencies around it",
    )  # fmt: skip


def _answer(program: Program, tolerance: float) -> Solution | None:
    """Solve a program; None where every solver says that it has no point.

    Raises:
        WattscaleError: No solver gives an answer that keeps the rows and stands near its bound.
    """
    struck, flaws = strike_out(program), []
    method: HighsMethod = "simplex" if program.steps < LONG else "ipm"
    tries: tuple[Callable[[], Solution | None], ...] = (
        lambda: solve_once(struck, tolerance),
        lambda: solve_highs(struck, method),
    )
    for attempt in tries:
        try:
            found = attempt()
        except WattscaleError as error:
            flaws.append(str(error))
            continue
        if found is None:
            flaws.append(NO_POINT)
            continue
        whole = put_back(program, struck, found)
        wrong = flaw(program, whole)
        if not wrong:
            return whole
        flaws.append(f"the answer of {whole.solver} has {wrong}")
    if all(f == NO_POINT for f in flaws):
        return None
    raise WattscaleError(f"network: no solver gives an answer that can be proven: {'; '.join(flaws)}")


def _leaning(read: ReadNetwork, found: Solution) -> list[Size]:
    """List the sizes without a limit of the network's own that came near the room they were given."""
    columns, leaning = read.program.columns, []
    for size in read.sizes.values():
        if not size.room:
            continue
        if size.column >= 0:
            near = float(found.columns[size.column]) > NEAR_ROOM * columns[size.column].upper
        else:
            near = _endless_use(read, found, size) > NEAR_ROOM * size.room
        if near:
            leaning.append(size)
    return leaning


def _endless_use(read: ReadNetwork, found: Solution, size: Size) -> float:
    """Give the largest power, or level of a store, of a component of endless size [MW or MWh]."""
    key = (size.component, size.name)
    used = [found.flows[j] for k, j in read.flows.items() if k[:2] == key]
    if size.component == "Store":
        used = [found.stores[read.stores[key]]]
    return max((float(np.max(np.abs(u))) for u in used), default=0.0)


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
