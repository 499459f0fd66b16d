"""The curtailment contract as a choice: the campus as it is where the contract is not signed.

In: a `Campus` that is offered one. Out: the campus without it, of the same shape, so that results read alike.
Leaves out: the contract's own columns and links (tariff.py).
"""

from __future__ import annotations

from dataclasses import replace

from wattscale.supply.expansion import Campus
from wattscale.supply.tariff import REDUCTION


def without_contract(campus: Campus) -> Campus | None:
    """Give the campus with nothing reduced and import in called hours left alone; None where there is no choice."""
    program = campus.program
    at = program.column(REDUCTION)
    if at < 0 or campus.setting.curtailment_required:
        return None
    columns = tuple(replace(c, upper=0.0) if i == at else c for i, c in enumerate(program.columns))
    free = max(c.upper for c in columns)
    links = tuple(replace(k, limit=free) if k.columns.get(at, 0.0) > 0.0 else k for k in program.links)
    return replace(campus, program=replace(program, columns=columns, links=links))
