"""A campus of four steps of two hours, and the parts of the program that it becomes by their names."""

from __future__ import annotations

import numpy as np
from campuses import named, setting

from wattscale.supply.expansion import build
from wattscale.supply.program import Prices, Solution
from wattscale.supply.setting import Purchase

LOAD = np.array([100.0, 60.0, 80.0, 40.0])
SUN = np.array([0.0, 0.5, 1.0, 0.25])
CARBON = np.array([500.0, 400.0, 300.0, 200.0])
WEIGHT = np.full(4, 2.0)
ANNUITY = 0.05 / (1 - 1.05**-10)
CLEAN = Purchase("clean", "physical", 45.0, 10.0, 2.0, 1.0, lifecycle_kg_per_mwh=11.0)
DIRTY = Purchase("dirty", "physical", 35.0, 8.0, 0.0, 0.5, carbon_free=False, through_grid=False, surplus_sold=True)
PAPER = Purchase("paper", "virtual", 50.0, 5.0)


def campus(*plants, **values):
    given = {"weight": WEIGHT, "load_mw": LOAD, "month": np.array([0, 0, 1, 1]), "discount_rate": 0.05,
             "grid_carbon_kg_per_mwh": CARBON, "renewable": {"solar": SUN}, **values}  # fmt: skip
    return build(setting(4, **given), named(*plants))


def columns(c):
    return {x.name: (x.cost, x.upper) for x in c.program.columns}


def flow(c, name):
    return c.program.flows[c.program.flow(name)]


def links(c):
    names = [x.name for x in c.program.columns]
    return {link.name: ({names[i]: v for i, v in link.columns.items()}, link.limit) for link in c.program.links}


def budgets(c):
    """Budgets by name: their flows and columns by name, and their limit."""
    flows, names = [f.name for f in c.program.flows], [x.name for x in c.program.columns]
    found = {}
    for b in c.program.budgets:
        energy = {flows[j]: np.asarray(q).tolist() for j, q in b.flows.items()}
        found[b.name] = energy, {names[i]: v for i, v in b.columns.items()}, b.limit
    return found


def bound(c, terms):
    """Linking bound: column and factor."""
    (term,) = terms
    (at,) = set(term.column)
    return c.program.columns[at].name, np.asarray(term.factor).tolist()


def point(c, sizes=(), powers=(), **prices):
    """A point of the campus's program by names, zero where nothing is said; prices as in `Prices`."""
    p = c.program
    x, y = np.zeros(len(p.columns)), np.zeros((len(p.flows), p.steps))
    for name, value in dict(sizes).items():
        x[p.column(name)] = value
    for name, value in dict(powers).items():
        y[p.flow(name)] = value
    given = {"balance": np.zeros(p.steps), "stores": np.zeros((len(p.stores), p.steps)),
             "budgets": np.zeros(len(p.budgets)), "links": np.zeros(len(p.links)),
             "ramps": np.zeros((len(p.ramps), p.steps)), **prices}  # fmt: skip
    return Solution(x, y, np.zeros((len(p.stores), p.steps)), Prices(**given), 1.0, 1.0, "highs", 1)
