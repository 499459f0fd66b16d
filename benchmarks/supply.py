"""Times the supply solvers on the reference campus, one after the other on the same cores.

    python benchmarks/supply.py [--seeds 0 1] [--sites N] [--with clarabel highs-ipm] [--json]

Ours is certified at the gap given; Clarabel and HiGHS run on the same program at their own tolerance. `true_gap` is
the cost above the best cost seen, `ratio` the time over ours. Solvers: ours, ours-1e-5, clarabel, clarabel-1e-3,
highs-ipm (about five minutes), highs-simplex (about ten).
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from supply_campus import campus_program, make_campus

from wattscale.supply.general import solve_clarabel, solve_highs
from wattscale.supply.interior import solve_interior, warm_up
from wattscale.supply.settle import settle


def measure(name, make, solver):
    """Build and solve once; seconds of wall and process time, memory, cost and certificate."""
    start = time.perf_counter()
    program = make()
    built = time.perf_counter()
    cpu = time.process_time()
    solution = solver(program)
    done, cpu = time.perf_counter(), time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row = {"solver": name, "build_s": built - start, "solve_s": done - built, "cpu_s": cpu, "peak_mb": peak}
    if solution is None:
        return {**row, "cost": float("nan"), "certified_gap": float("nan"), "iterations": -1}
    settled = settle(program, solution)
    return {**row, "cost": settled.objective, "certified_gap": float(settled.gap), "iterations": solution.iterations}


def solvers(names, gap):
    known = {
        "ours": lambda p: solve_interior(p, gap),
        "ours-1e-5": lambda p: solve_interior(p, 1e-5),
        "clarabel": solve_clarabel,
        "clarabel-1e-3": lambda p: solve_clarabel(p, 1e-3),
        "highs-ipm": lambda p: solve_highs(p, "ipm"),
        "highs-simplex": solve_highs,
    }
    return {n: known[n] for n in names}


def compare(seed, names, gap):
    rows = [measure(n, lambda: campus_program(make_campus(seed)), s) for n, s in solvers(names, gap).items()]
    best = min(r["cost"] for r in rows if r["cost"] == r["cost"])
    ours = next(r for r in rows if r["solver"] == "ours")["solve_s"]
    return [{"seed": seed, **r, "true_gap": r["cost"] / best - 1, "ratio": r["solve_s"] / ours} for r in rows]


def sweep(sites, gap):
    start, worst, failed = time.process_time(), 0.0, 0
    for seed in range(sites):
        found = solve_interior(campus_program(make_campus(seed)), gap)
        failed += found is None
        worst = max(worst, found.gap if found is not None else 0.0)
    return {"sites": sites, "cpu_s": time.process_time() - start, "failed": failed, "worst_certified_gap": float(worst)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1])
    parser.add_argument("--sites", type=int, default=0, help="also solve this many random sites in a row")
    parser.add_argument("--with", dest="names", nargs="*", default=["clarabel"])
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    warm_up()
    rows = [r for seed in given.seeds for r in compare(seed, ["ours", *given.names], given.gap)]
    swept = sweep(given.sites, given.gap) if given.sites else None
    if given.json:
        print(json.dumps({"solves": rows, "sweep": swept}))
        return
    print(f"{'seed':>4} {'solver':<14}{'build s':>8}{'solve s':>9}{'cpu s':>8}{'MB':>6}{'it':>5}{'cost USD':>16}"
          f"{'certified':>11}{'true gap':>10}{'ratio':>7}")  # fmt: skip
    for r in rows:
        print(f"{r['seed']:>4} {r['solver']:<14}{r['build_s']:>8.2f}{r['solve_s']:>9.2f}{r['cpu_s']:>8.2f}"
              f"{r['peak_mb']:>6.0f}{r['iterations']:>5}{r['cost']:>16,.0f}{r['certified_gap']:>11.1e}"
              f"{r['true_gap']:>10.1e}{r['ratio']:>7.1f}")  # fmt: skip
    if swept:
        print(f"{swept['sites']} sites: {swept['cpu_s']:.1f} CPU s, {swept['failed']} without answer, "
              f"worst certified gap {swept['worst_certified_gap']:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
