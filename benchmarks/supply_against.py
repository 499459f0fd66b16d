"""Optimal costs of the reference campuses by HiGHS, and our solver held against them and against HiGHS on small ones.

    python dev.py bench supply_against --solve 22       solve the seeds that the table lacks with HiGHS (a minute each)
    python dev.py bench supply_against                  our solver against the table, certified at 1e-3 and 1e-5
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

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests" / "supply")]
from wattscale.errors import InputError  # noqa: E402 (beside the folders above)

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


def against_table(most: int | None = None) -> list[dict]:
    """Our solver on the seeds of the table, at the gap of quick answers and at that of plans."""
    from wattscale.supply.interior import solve_interior, warm_up
    from wattscale.supply.settle import budget_excess, imbalance, settle
    from wattscale.supply.solve import TOLERANCE as PLANS

    warm_up()
    rows = []
    for r in table()[:most]:
        program = program_of(int(r["seed"]), r["carbon"], r["dirty"])
        for gap in (1e-3, PLANS):
            start = time.process_time()
            found = solve_interior(program, gap)
            cpu = time.process_time() - start
            row = {"seed": int(r["seed"]), "carbon": r["carbon"], "asked": gap, "cpu_s": cpu}
            if found is None:
                rows.append({**row, "note": "no answer"})
                continue
            settled = settle(program, found)
            rows.append({
                **row, "iterations": found.iterations, "certified": settled.gap,
                "above": settled.objective / r["optimum_usd"] - 1.0,
                "bound_above": settled.bound / r["optimum_usd"] - 1.0,
                "imbalance_mw": imbalance(program, settled) * float(np.max(program.load)),
                "overdrawn": float(np.max(budget_excess(program, settled))),
            })  # fmt: skip
    return rows


def against_random(count: int, gap: float) -> list[dict]:
    """Our structured solver and HiGHS on random technology sets, contracts and limits."""
    from supply_random import random_campus

    from wattscale.supply.general import solve_highs
    from wattscale.supply.interior import solve_interior, warm_up
    from wattscale.supply.settle import imbalance, settle
    from wattscale.supply.zero import put_back, strike_out

    warm_up()
    rows = []
    for seed in range(count):
        campus = random_campus(seed)
        program = campus.program
        exact = solve_highs(program)
        struck = strike_out(program)
        found = solve_interior(struck, gap)
        row = {"seed": seed, "steps": program.steps, "possible": exact is not None}
        if exact is None or found is None:
            rows.append({**row, "fell_back": found is None and exact is not None,
                         "wrong": found is not None and exact is None})  # fmt: skip
            continue
        found = put_back(program, struck, found)
        size = max(abs(exact.objective), 1.0)
        rows.append({
            **row, "fell_back": False, "certified": found.gap, "above": (found.objective - exact.objective) / size,
            "wrong": found.bound > exact.objective + 1e-6 * size, "iterations": found.iterations,
            "imbalance": imbalance(program, settle(program, found)),
        })  # fmt: skip
    return rows


def against_examples() -> list[dict]:
    """The scenarios of examples/ at full length; whole units are taken as the plan has them."""
    from wattscale.catalog import load_catalog
    from wattscale.chain import walk
    from wattscale.scenario.load import load_scenario
    from wattscale.supply.stage import campus_of, solve_campus
    from wattscale.supply.verify import cross_check

    rows = []
    for path in sorted((ROOT / "examples").glob("*.toml")):
        try:
            scenario = load_scenario(path)
            chain = walk(scenario, "facility")
        except InputError:  # a study or outlook, no scenario
            continue
        money = scenario.economics
        campus = campus_of(scenario.supply, chain.facility().power_mw, chain.site(), load_catalog(),
                           money.discount_rate, money.electricity_price_usd_per_mwh)  # fmt: skip
        found = solve_campus(campus)
        compared, doubts = cross_check(campus, found)
        rows.append({"example": path.name, "solver": found.solver, "certified": found.gap, "wrong": bool(doubts),
                     "above": compared.get("verify_difference", np.nan)})  # fmt: skip
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def worst(rows: list[dict]) -> dict:
    """Largest difference and gap, and how many had no answer of ours."""
    solved = [r for r in rows if "above" in r]
    found = {"cases": len(rows), "solved": len(solved),
             "worst_certified": max((r["certified"] for r in solved), default=None),
             "largest_above": max((r["above"] for r in solved), default=None),
             "largest_below": min((r["above"] for r in solved), default=None),
             "fell_back": sum(bool(r.get("fell_back")) or "note" in r for r in rows),
             "wrong": sum(bool(r.get("wrong")) for r in rows)}  # fmt: skip
    for key in ("imbalance_mw", "imbalance", "overdrawn", "bound_above"):
        values = [r[key] for r in solved if key in r]
        if values:
            found[f"largest_{key}"] = max(values)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--solve", type=int, default=0, help="solve this many seeds with HiGHS where the table lacks them"
    )
    parser.add_argument("--random", type=int, default=0, help="compare on this many random campuses")
    parser.add_argument("--examples", action="store_true", help="compare on the scenarios of examples/")
    parser.add_argument("--most", type=int, help="rows of the table to take")
    parser.add_argument("--gap", type=float, default=1e-4, help="certified gap asked on random campuses")
    parser.add_argument("--json", action="store_true", help="print every row as data")
    given = parser.parse_args()
    if given.solve:
        solve_missing(given.solve)
        return
    if given.random:
        rows = against_random(given.random, given.gap)
    else:
        rows = against_examples() if given.examples else against_table(given.most)
    print(json.dumps({"summary": worst(rows), "rows": rows} if given.json else worst(rows), default=float))


if __name__ == "__main__":
    main()
