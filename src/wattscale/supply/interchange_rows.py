"""Rows that a PyPSA model of a campus needs beside its components: peaks, tiers, budgets, ramps, lost work.

In: the linopy model of a network of `to_network` and its campus. Out: the model with more variables, rows and costs.
Leaves out: what the components hold already. The rows are those of the campus's program, so both are one problem.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from wattscale.hours import IntArray
from wattscale.supply.expansion import Campus
from wattscale.supply.interchange import LOST_WORK, MOVED
from wattscale.supply.program import Flow, Link, Ramp, Store

CAPPED = ("grid", "export", "spot")
"""Flows whose bounds hold columns that are no component's own size."""
LEVEL = ".level"
"""Ending of columns and links of a store's level at the end of the year, which a cyclic store holds itself."""


class _Model:
    """A linopy model, with the program's columns and flows as its expressions."""

    def __init__(self, model: Any, campus: Campus, snapshots: Any) -> None:
        import pandas as pd

        xr: Any = import_module("xarray")
        self.model, self.campus, program = model, campus, campus.program
        self.by_step: Callable[[Any], Any] = lambda values: xr.DataArray(
            np.asarray(values), coords={"snapshot": snapshots}, dims=["snapshot"]
        )
        self.own = [i for i, c in enumerate(program.columns) if not self._known(c.name)]
        if self.own:
            index = pd.RangeIndex(len(self.own), name="own_column")
            upper = xr.DataArray([program.columns[i].upper for i in self.own], coords=[index])
            cost = xr.DataArray([program.columns[i].cost for i in self.own], coords=[index])
            self.variables: Any = model.add_variables(lower=0, upper=upper, name="own_column")
            model.objective = model.objective + (self.variables * cost).sum()
        self.own_flows = {j: self._own_flow(f) for j, f in enumerate(program.flows) if not self._is_component(f.name)}

    def _own_flow(self, flow: Flow) -> Any:
        """A variable for a flow of the program's own, such as one that splits others for a limit."""
        most = np.inf if flow.upper_terms else self.by_step(flow.upper)
        made = self.model.add_variables(lower=self.by_step(flow.lower), upper=most, name=flow.name)
        self.model.objective = self.model.objective + (made * self.by_step(flow.cost)).sum()
        return made

    def _is_component(self, name: str) -> bool:
        """Tell whether components hold a flow; the ends of ramps are added with the ramps."""
        store, _, way = name.rpartition(".")
        ends = {r.up for r in self.campus.program.ramps} | {r.down for r in self.campus.program.ramps}
        held = self._has("Generator-p", name) or self._has("Link-p", name) or name in ("renewable", "flexible")
        return held or (way in ("charge", "discharge") and bool(store)) or self.campus.program.flow(name) in ends

    def of(self, variable: str, key: str) -> Any:
        """A variable of one component, as an expression."""
        whole = self.model[variable]
        axis = next(d for d in whole.dims if d != "snapshot")
        return (1 * whole).sel({axis: key}).drop_vars(axis, errors="ignore")

    def _has(self, variable: str, key: str) -> bool:
        if variable not in self.model.variables:
            return False
        whole = self.model[variable]
        axis = next(d for d in whole.dims if d != "snapshot")
        return key in whole.coords[axis].to_numpy()

    def _size(self, name: str) -> tuple[str, str] | None:
        """Variable and component that a column is, None for one of the program's own."""
        for variable, key in (("Generator-p_nom", name), ("Link-p_nom", name), ("Link-p_nom", f"{name} charge"),
                              ("Store-e_nom", name.removesuffix(".energy"))):  # fmt: skip
            if self._has(variable, key) and (variable != "Store-e_nom" or name.endswith(".energy")):
                return variable, key
        return None

    def _known(self, name: str) -> bool:
        return self._size(name) is not None or name.endswith(LEVEL)

    def column(self, i: int) -> Any:
        """A column as an expression."""
        found = self._size(self.campus.program.columns[i].name)
        if found is not None:
            return self.of(*found)
        return (1 * self.variables).sel(own_column=self.own.index(i)).drop_vars("own_column", errors="ignore")

    def column_by_step(self, index: IntArray) -> Any:
        """Columns of the program's own, another one in each step."""
        place = self.by_step([self.own.index(int(i)) for i in index])
        return (1 * self.variables).sel(own_column=place).drop_vars("own_column", errors="ignore")

    def flow(self, j: int) -> Any:
        """A flow as an expression."""
        name = self.campus.program.flows[j].name
        if j in self.own_flows:
            return 1 * self.own_flows[j]
        if name == "flexible":
            usual = self.campus.setting.flexible_share * self.campus.setting.load_mw
            return self.of("Link-p", MOVED) + self.by_step(usual)
        store, _, way = name.rpartition(".")
        if name == "renewable":
            kinds = [k for k, t in self.campus.technologies.items() if t.kind == "renewable"]
            return sum((self.of("Generator-p", k) for k in kinds[1:]), self.of("Generator-p", kinds[0]))
        if way == "charge":
            return self.of("Link-p", f"{store} charge")
        if way == "discharge":
            return self.of("Link-p", f"{store} discharge") * self.campus.technologies[store].one_way_efficiency
        return self.of("Link-p" if self._has("Link-p", name) else "Generator-p", name)

    def row(self, expression: Any, sign: str, limit: Any, name: str) -> None:
        """Add a row."""
        self.model.add_constraints(expression, sign, limit, name=name)


def add_rows(model: Any, campus: Campus, snapshots: Any) -> None:
    """Add the rows of a campus's program that the components of its network do not hold.

    Args:
        model: linopy model of the network.
        campus: The campus.
        snapshots: Snapshots of the model.
    """
    m, program = _Model(model, campus, snapshots), campus.program
    for t in campus.technologies.values():
        if t.kind == "storage":
            charge, discharge = m.of("Link-p_nom", f"{t.name} charge"), m.of("Link-p_nom", f"{t.name} discharge")
            m.row(charge - t.one_way_efficiency * discharge, "=", 0, f"{t.name}-one-power")
    for b in program.budgets:
        parts = [(m.flow(j) * m.by_step(q)).sum() for j, q in b.flows.items()]
        parts += [m.column(i) * e for i, e in b.columns.items()]
        m.row(sum(parts[1:], parts[0]), "<=", b.limit, f"budget-{b.name}")
    for at, link in enumerate(program.links):
        if not link.name.endswith((LEVEL, ".least")):
            m.row(_of_columns(m, link), "<=", link.limit, f"link-{at}-{link.name}")
    for j in [program.flow(name) for name in CAPPED if program.flow(name) >= 0] + list(m.own_flows):
        _cap(m, j)
    for k, store in enumerate(program.stores):
        _own_row(m, k, store)
    for ramp in program.ramps:
        _limit_ramp(m, ramp)
    if campus.setting.flexible_share > 0.0 and campus.setting.checkpoint_loss_h > 0.0:
        _lose_work(m)


def _of_columns(m: _Model, link: Link) -> Any:
    parts = [m.column(i) * a for i, a in link.columns.items()]
    return sum(parts[1:], parts[0])


def _cap(m: _Model, j: int) -> None:
    """Keep a flow below the columns that bound it."""
    flow = m.campus.program.flows[j]
    if not flow.upper_terms:
        return
    room = m.flow(j)
    for t in flow.upper_terms:
        sizes = np.unique(t.column)
        alone = len(sizes) == 1 and int(sizes[0]) not in m.own
        room = room - (m.column(int(sizes[0])) if alone else m.column_by_step(t.column)) * m.by_step(t.factor)
    m.row(room, "<=", m.by_step(flow.upper), f"cap-{flow.name}")


def _own_row(m: _Model, k: int, store: Store) -> None:
    """Row of a store that holds nothing and that no bus stands for: one with a flow of the program's own."""
    flows = {j: f.gain[k] for j, f in enumerate(m.campus.program.flows) if k in f.gain}
    if not set(flows) & set(m.own_flows):
        return
    parts = [m.flow(j) * gain for j, gain in flows.items()]
    given = np.zeros(m.campus.program.steps) if store.inflow is None else -store.inflow
    m.row(sum(parts[1:], parts[0]), "=", m.by_step(given), f"row-{store.name}")


def _limit_ramp(m: _Model, ramp: Ramp) -> None:
    """Ramp of import or of moved load, as rise and fall; those of plants are attributes of their generators."""
    program = m.campus.program
    name = program.flows[ramp.flow].name
    if name in m.campus.technologies and name != "grid":
        return
    # Of the flexible load the moved part alone changes; that of its usual power is the base of the ramp.
    moved = name == "flexible"
    change = (m.of("Link-p", MOVED) if moved else m.flow(ramp.flow)).diff("snapshot")
    for end, sign in ((ramp.up, -1.0), (ramp.down, 1.0)):
        flow = program.flows[end]
        part = m.model.add_variables(lower=0, upper=m.by_step(flow.upper), name=flow.name)
        change = change + sign * part
    base = np.zeros(program.steps) if ramp.base is None or moved else ramp.base
    m.row(change, "=", m.by_step(base), f"ramp-{name}")


def _lose_work(m: _Model) -> None:
    """Turning the flexible load down loses work, which its store then lacks."""
    s = m.campus.setting
    lost = m.model["flexible.down"] * (s.checkpoint_loss_h / float(s.weight[0]))
    m.row(m.of("Generator-p", LOST_WORK) - lost, "=", 0, LOST_WORK)
