"""Optimal costs of the reference campuses by HiGHS, and our solver held against them and against HiGHS on small ones.

    python dev.py bench supply_against --solve 22       solve the seeds that the table lacks with HiGHS (a minute each)
    python dev.py bench supply_against                  our solver against the table, certified at 1e-3 and 5e-5
    python dev.py bench supply_against --random 200     random technology sets and limits, one to four days each
    python dev.py bench supply_against --examples       the scenarios of examples/, at full length

The table, benchmarks/supply_optima.csv, holds for each seed and tightness the cost that HiGHS found and the lower bound
that its prices prove. Tightness: `carbon` and `dirty` multiply the carbon cap and the budget of energy that is not
carbon-free, so that either of them binds. Its newer interior point (HiPO) is an extra: `pip install "highspy[extras]"`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "tests" / "laws")]
TABLE = Path(__file__).parent / "supply_optima.csv"
FIELDS = ("seed", "carbon", "dirty", "optimum_usd", "bound_usd", "solver", "tolerance", "cpu_s")
TOLERANCE = 1e-8
CFE_BINDS = (4.0, 0.5)


def program_of(seed: int, carbon: float, dirty: float):
    from supply_campus import campus_program, make_campus

    campus = make_campus(seed)
    campus["carbon_cap"] *= carbon
    campus["cfe_budget"] *= dirty
    return campus_program(campus)


def table() -> list[dict]:
    if not TABLE.exists():
        return []
    with TABLE.open() as f:
        return [{k: v if k == "solver" else float(v) for k, v in row.items()} for row in csv.DictReader(f)]


def solve_missing(seeds: int) -> None:
    """Solve with HiGHS what the table lacks, one after the other; each row is kept at once."""
    from wattscale.supply.general import solve_highs

    wanted = [(s, 1.0, 1.0) for s in range(seeds)] + [(s, *CFE_BINDS) for s in range(0, seeds, 4)]
    known = {(int(r["seed"]), r["carbon"], r["dirty"]) for r in table()}
    if not TABLE.exists():
        TABLE.write_text(",".join(FIELDS) + "\n")
    for seed, carbon, dirty in (w for w in wanted if w not in known):
        start = time.process_time()
        found = solve_highs(program_of(seed, carbon, dirty), "hipo", TOLERANCE)
        row = (seed, carbon, dirty, f"{found.objective:.1f}", f"{found.bound:.1f}", "HiGHS HiPO", TOLERANCE,
               f"{time.process_time() - start:.0f}")  # fmt: skip
        with TABLE.open("a") as f:
            f.write(",".join(str(v) for v in row) + "\n")
        print(*row, flush=True)
