"""A program cut or repeated to another number of hours, to see how time grows with the horizon.

In: a program of one year. Out: the same with another number of steps; costs of columns and budgets in proportion.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattscale.supply.program import Program, Term


def with_hours(program: Program, hours: int) -> Program:
    share = hours / program.steps

    def series(v: np.ndarray) -> np.ndarray:
        return np.resize(v, hours)

    def term(t: Term) -> Term:
        return Term(series(t.column), series(t.factor))

    def terms(all_terms):
        return tuple(term(t) for t in all_terms)

    flows = tuple(
        replace(f, cost=series(f.cost), lower=series(f.lower), upper=series(f.upper),
                lower_terms=terms(f.lower_terms), upper_terms=terms(f.upper_terms))
        for f in program.flows
    )  # fmt: skip
    stores = tuple(
        replace(s, keep=series(s.keep), lower=series(s.lower), upper=series(s.upper), upper_terms=terms(s.upper_terms),
                zero=None if s.zero is None else _ends(series(s.zero)),
                inflow=None if s.inflow is None else series(s.inflow))
        for s in program.stores
    )  # fmt: skip
    budgets = tuple(
        replace(b, flows={j: series(q) for j, q in b.flows.items()}, limit=b.limit * share) for b in program.budgets
    )
    columns = tuple(replace(c, cost=c.cost * share) for c in program.columns)
    return replace(program, weight=series(program.weight), load=series(program.load), columns=columns, flows=flows,
                   stores=stores, budgets=budgets)  # fmt: skip


def _ends(zero: np.ndarray) -> np.ndarray:
    zero = zero.copy()
    zero[-1] = 1.0
    return zero
