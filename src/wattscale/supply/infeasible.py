"""Says why a campus cannot be supplied, in the user's words, and what would be enough.

In: a `Campus` without a point. Out: an `InfeasibleError` naming each limit that would be enough by itself, and its
nearest feasible value; or the limits that must give together. Leaves out: the cost of giving way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from wattscale.errors import InfeasibleError
from wattscale.supply.expansion import Campus, Limit
from wattscale.supply.program import Budget, Column, Flow, Link, Program, Solution, Term
from wattscale.supply.tariff import PEAKS
from wattscale.units import FloatArray

Solver = Callable[[Program], Solution | None]
DIGITS = 4
MARGIN = 1e-6
"""Relative margin on the value named, so that it is feasible beyond rounding."""
RANGES = {
    "supply.cfe_hourly_share": (0.0, 1.0),
    "supply.clean_annual_share": (0.0, np.inf),
    "supply.max_unserved_share": (0.0, 1.0),
    "supply.curtailment_share": (0.0, 1.0),
    "1/h": (0.0, 1.0),
}
"""Values that a limit may take, by its field or by its unit."""


def explain(campus: Campus, solver: Solver) -> InfeasibleError:
    """Find by how much the limits would have to give.

    Solves the program with one limit after the other made soft, at least excess; and if none is enough alone, with
    all of them soft at least relative excess.

    Args:
        campus: A campus without a point.
        solver: Solver of programs.

    Returns:
        The error to raise.
    """
    alone = [(limit, _needed(campus, [limit], solver)) for limit in campus.limits]
    enough = [(limit, found[0]) for limit, found in alone if found is not None]
    if enough:
        first = next((e for e in enough if e[0].key != "supply.max_unserved_share"), enough[0])
        ways = " or ".join(_say(limit, value) for limit, value in enough)
        return InfeasibleError(
            "cannot be met together with the other limits", where=first[0].key, value=first[0].value,
            hint=f"Any one of these would do: {ways}. Or allow more technologies in supply.technologies",
        )  # fmt: skip
    together = _needed(campus, list(campus.limits), solver)
    if together is None:
        return InfeasibleError("the load cannot be met at all", where="supply.technologies",
                               value=list(campus.technologies), hint="Add a source of energy")  # fmt: skip
    moved = [(limit, v) for limit, v in zip(campus.limits, together, strict=True) if _differs(limit, v)]
    ways = " and ".join(_say(limit, value) for limit, value in moved)
    key = moved[0][0] if moved else campus.limits[0]
    return InfeasibleError("no single limit can give enough", where=key.key, value=key.value,
                           hint=f"These together would do: {ways}")  # fmt: skip


def _differs(limit: Limit, value: float) -> bool:
    return abs(value - limit.value) > MARGIN * max(1.0, abs(limit.value))


def _say(limit: Limit, value: float) -> str:
    """Phrase a new value for a limit, rounded away from the infeasible side."""
    rising = value > limit.value
    size = 10.0 ** (DIGITS - 1 - int(np.floor(np.log10(max(abs(value), 1e-9)))))
    rounded = (np.ceil(value * size) if rising else np.floor(value * size)) / size
    unit = "" if limit.unit == "1" else f" {limit.unit}"
    return f"{limit.key} {'at least' if rising else 'at most'} {rounded:g}{unit} (now {limit.value:g})"


def _needed(campus: Campus, limits: list[Limit], solver: Solver) -> list[float] | None:
    """Values of the limits that make the program feasible at least relative excess; None where they cannot."""
    relaxed, excess = _soften(campus.program, limits)
    found = solver(relaxed)
    if found is None:
        return None
    values = []
    for limit, column in zip(limits, excess, strict=True):
        more = float(found.columns[column]) * (1 + MARGIN)
        if limit.kind == "ramp":
            more /= max(_ramp_unit(campus.program, limit, found.columns), MARGIN)
        values.append(limit.value + more / limit.per_unit)
    for i, limit in enumerate(limits):
        low, high = RANGES.get(limit.key, RANGES.get(limit.unit, (-np.inf, np.inf)))
        room = 2.0 * MARGIN * max(1.0, abs(limit.value))
        if not low - room <= values[i] <= high + room:
            return None
        values[i] = min(max(values[i], low), high)
    return values


def _soften(program: Program, limits: list[Limit]) -> tuple[Program, list[int]]:
    """Give the program with an excess column on each limit and no other cost."""
    columns = [replace(c, cost=0.0) for c in program.columns]
    flows = tuple(replace(f, cost=np.zeros(program.steps)) for f in program.flows)
    budgets, links = list(program.budgets), list(program.links)
    room = 1000.0 * program.peak_mw
    energy = float(program.weight @ np.abs(program.load))
    excess: list[int] = []
    for limit in limits:
        excess.append(len(columns))
        scale = max(abs(limit.value * limit.per_unit), 1e-3 * abs(limit.per_unit), 1e-9)
        if limit.kind == "ramp":
            scale *= room if program.flows[program.ramps[limit.index].up].upper_terms else 1.0
        new = len(columns)
        columns.append(Column(f"excess.{limit.key}", 1.0 / scale, _room(program, limit, room, energy)))
        if limit.kind == "budget":
            budgets[limit.index] = _softer_budget(budgets[limit.index], new)
        elif limit.kind == "link":
            link = links[limit.index]
            links[limit.index] = replace(link, columns={**link.columns, new: -1.0})
        elif limit.kind == "ramp":
            flows = _softer_ramp(program, limit, flows, new)
        else:
            column = columns[limit.index]
            columns[limit.index] = replace(column, upper=column.upper + room)
            links.append(Link(f"excess.{limit.key}", {limit.index: 1.0, new: -1.0}, column.upper))
            columns = _widen_peaks(columns, limit, room)
    return replace(program, columns=tuple(columns), flows=flows, budgets=tuple(budgets), links=tuple(links)), excess


def _room(program: Program, limit: Limit, room: float, energy: float) -> float:
    if limit.kind == "budget":
        budget = program.budgets[limit.index]
        largest = max((float(np.max(np.abs(q) / program.weight)) for q in budget.flows.values()), default=1.0)
        return 10.0 * energy * max(largest, 1e-9)
    return room * (100.0 if limit.kind == "link" else 1.0)


def _softer_ramp(program: Program, limit: Limit, flows: tuple[Flow, ...], column: int) -> tuple[Flow, ...]:
    """Let a ramp exceed its limit: by the column in its own unit, or in MW per hour where it is a share of capacity."""
    ramp, found = program.ramps[limit.index], list(flows)
    for j in (ramp.up, ramp.down):
        terms = found[j].upper_terms
        per_unit = (terms[0].factor if terms else found[j].upper) / limit.value
        more = Term(np.full(program.steps, column, np.int64), np.where(np.arange(program.steps) > 0, per_unit, 0.0))
        found[j] = replace(found[j], upper_terms=(*terms, more))
    return tuple(found)


def _ramp_unit(program: Program, limit: Limit, columns: FloatArray) -> float:
    """MW per hour of a unit of a ramp's excess: the capacity it is a share of, else one."""
    terms = program.flows[program.ramps[limit.index].up].upper_terms
    return float(columns[terms[0].column[-1]]) if terms else 1.0


def _softer_budget(budget: Budget, column: int) -> Budget:
    return replace(budget, columns={**budget.columns, column: -1.0})


def _widen_peaks(columns: list[Column], limit: Limit, room: float) -> list[Column]:
    if limit.key != "supply.connection_mw":
        return columns
    return [replace(c, upper=c.upper + room) if c.name.startswith(PEAKS) else c for c in columns]
