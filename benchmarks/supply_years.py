"""Several weather and price years with one common investment, as one program, and how time and memory grow with them.

    python dev.py bench supply_years [--years 1 2 5 10 20] [--gap 1e-3] [--prices FILE.csv ...] [--json]

Each year is the reference campus's year with its weeks drawn anew from the same season (all series together, so that
sun, wind, price and carbon stay related) and a price level of its own; `--prices` takes the price of real years from
files with a column price_usd_per_mwh instead. Capacities are common; each month of each year has its own peak, each
year begins and ends with its own level of the stores; the carbon and carbon-free budgets hold over all years.
Each size runs in a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from supply_campus import HOURS, campus_program, make_campus

from wattscale.supply.program import Column, Flow, Link, Program, Term

SERIES = ("solar", "wind", "price", "carbon", "grid_cfe")
PRICE_SPREAD = 0.15
"""Standard deviation of the logarithm of a year's price level."""


def weather_years(campus: dict, years: int, seed: int, prices: list[np.ndarray]) -> list[dict]:
    """Draw years of the same climate; the first is the campus's own."""
    rng = np.random.default_rng(seed)
    found = [campus]
    for _ in range(1, years):
        week = np.clip(np.arange(53) + rng.integers(-3, 4, 53), 0, 51)
        hour = (week[:, None] * 168 + np.arange(168)).ravel()[:HOURS]
        level = float(np.exp(PRICE_SPREAD * rng.standard_normal()))
        year = {**campus, **{k: campus[k][hour] for k in SERIES}}
        found.append({**year, "price": np.round(year["price"] * level, 2)})
    return [{**y, "price": prices[i % len(prices)]} if prices else y for i, y in enumerate(found)]


def years_program(all_years: list[dict]) -> Program:
    """Join the programs of several years: common capacities, own peaks and levels."""
    parts = [campus_program(y) for y in all_years]
    first, n = parts[0], len(parts)
    common = [i for i, c in enumerate(first.columns) if not c.name.startswith(("peak.", "level."))]
    own = [i for i in range(len(first.columns)) if i not in common]
    at = {i: k for k, i in enumerate(common)}
    columns = [replace(first.columns[i], cost=n * first.columns[i].cost) for i in common]
    maps = []
    for y, p in enumerate(parts):
        maps.append({**at, **{i: len(columns) + k for k, i in enumerate(own)}})
        columns += [replace(p.columns[i], name=f"{p.columns[i].name}.{y}") for i in own]
    links = [Link(f"{k.name}.{y}", {m[i]: v for i, v in k.columns.items()}, k.limit)
             for y, (p, m) in enumerate(zip(parts, maps, strict=True)) for k in p.links]  # fmt: skip
    flows = [_joined([p.flows[j] for p in parts], maps) for j in range(len(first.flows))]
    ends = np.tile(np.arange(HOURS) == HOURS - 1, n)
    stores = []
    for k, store in enumerate(first.stores):
        zero = np.tile(store.zero, n) if store.zero is not None else ends.astype(float)
        inflow = np.tile(store.inflow, n) if store.inflow is not None else None
        terms = tuple(Term(np.tile(t.column, n), np.tile(t.factor, n)) for t in store.upper_terms)
        terms = tuple(Term(np.array([at[c] for c in t.column]), t.factor) for t in terms)
        stores.append(replace(store, keep=np.tile(store.keep, n), lower=np.tile(store.lower, n), level=None, zero=zero,
                              upper=np.tile(store.upper, n), upper_terms=terms, inflow=inflow))  # fmt: skip
        if store.level is not None:
            flows += _carried(store.name, k, [m[store.level] for m in maps], columns)
    budgets = [replace(b, flows={j: np.concatenate([p.budgets[i].flows[j] for p in parts]) for j in b.flows},
                       limit=sum(p.budgets[i].limit for p in parts)) for i, b in enumerate(first.budgets)]  # fmt: skip
    load = np.concatenate([p.load for p in parts])
    return Program(np.ones(n * HOURS), load, tuple(columns), tuple(flows), tuple(stores), tuple(budgets), tuple(links))


def _joined(flows: list[Flow], maps: list[dict[int, int]]) -> Flow:
    def series(name: str) -> np.ndarray:
        return np.concatenate([getattr(f, name) for f in flows])

    def terms(name: str) -> tuple[Term, ...]:
        found = []
        for i, _ in enumerate(getattr(flows[0], name)):
            each = [getattr(f, name)[i] for f in flows]
            column = np.concatenate([[m[c] for c in t.column] for t, m in zip(each, maps, strict=True)])
            found.append(Term(column.astype(np.int64), np.concatenate([t.factor for t in each])))
        return tuple(found)

    return replace(flows[0], cost=series("cost"), lower=series("lower"), upper=series("upper"),
                   lower_terms=terms("lower_terms"), upper_terms=terms("upper_terms"))  # fmt: skip


def _carried(name: str, store: int, levels: list[int], columns: list[Column]) -> list[Flow]:
    """A year's level: at most so much is in the store at its begin, at least so much is left at its end."""
    n = len(levels)
    none, column = np.zeros(n * HOURS), np.repeat(levels, HOURS)
    begin, end = (np.tile(np.arange(HOURS) == t, n).astype(float) for t in (0, HOURS - 1))
    most = end * max(columns[i].upper for i in levels)
    return [
        Flow(f"{name}.begin", none, 0.0, none, none, (), (Term(column, begin),), {store: 1.0}),
        Flow(f"{name}.end", none, 0.0, none, most, (Term(column, end),), (), {store: -1.0}),
    ]


def one(years: int, seed: int, gap: float, prices: list[np.ndarray]) -> dict:
    from wattscale.supply.interior import solve_interior, warm_up

    warm_up()
    program = years_program(weather_years(make_campus(seed), years, seed, prices))
    start, cpu = time.perf_counter(), time.process_time()
    found = solve_interior(program, gap)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - start
    row = {"years": years, "cpu_s": cpu, "wall_s": wall,
           "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}  # fmt: skip
    if found is None:
        return {**row, "note": "no answer"}
    return {**row, "iterations": found.iterations, "cost_usd_per_year": found.objective / years, "certified": found.gap,
            "ms_per_iteration_and_year": 1e3 * cpu / found.iterations / years}  # fmt: skip


def read_price(path: str) -> np.ndarray:
    """Hourly price of a file; an hour without one takes that of the hour before."""
    with open(path) as f:
        text = [row["price_usd_per_mwh"] for row in csv.DictReader(f)][:HOURS]
    known = [float(v) if v not in ("", "nan") else np.nan for v in text]
    for i, v in enumerate(known):
        known[i] = known[i - 1] if np.isnan(v) else v
    return np.array(known)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, nargs="*", default=[1, 2, 5, 10, 20])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--prices", nargs="*", default=[])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.years[0], given.seed, given.gap, [read_price(p) for p in given.prices])))
        return
    rows = []
    for years in given.years:
        command = [sys.executable, __file__, "--one", "--years", str(years), "--seed", str(given.seed), "--gap",
                   str(given.gap), *(["--prices", *given.prices] if given.prices else [])]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        if not given.json:
            r = rows[-1]
            print(f"{years:>3} years: {r['cpu_s']:6.1f} CPU s, {r.get('iterations', 0):>3} iterations, "
                  f"{r.get('ms_per_iteration_and_year', 0):5.1f} ms per iteration and year, {r['peak_mb']:5.0f} MB, "
                  f"{r.get('cost_usd_per_year', 0):,.0f} USD/year, certified {r.get('certified', 1):.1e}")  # fmt: skip
    if given.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
