"""Times the supply solvers on the reference campus, one after the other on the same cores, each in its own process.

    python dev.py bench supply [--seeds 0 1] [--sites 100] [--only ours clarabel] [--cap 600] [--json]

Solvers: `pypsa` (HiGHS dual simplex, PyPSA's default), `pypsa-hipo`, `highs-hipo` (bare matrix), `clarabel`,
`clarabel-1e-3`, `ours` (certified at the gap given), `ours-1e-5` (as plans ask for). PyPSA and HiPO are extras:
`pip install pypsa "highspy[extras]"`; what is missing is said and left out. A solver that passes the cap is stopped
and counts with the cap. `certified` is the proven gap, `true gap` the cost above the best one seen, `ratio` the time
(build and solve) over that of `ours`, `cpu ratio` the same in processor time, which other work disturbs less.
`--hours 2190 4380 17520` shows how our time grows with the horizon.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
ALL = ("pypsa", "pypsa-hipo", "highs-hipo", "clarabel", "clarabel-1e-3", "ours-1e-5", "ours")
GAP = 1e-3


def pypsa_row(campus: dict, options: dict) -> dict:
    from supply_pypsa import extra_rows, network

    start, cpu = time.perf_counter(), time.process_time()
    n = network(campus)
    n.optimize.create_model()
    extra_rows(n, campus)
    built = time.perf_counter()
    n.optimize.solve_model(solver_name="highs", log_to_console=False, output_flag=False, **options)
    done, cpu = time.perf_counter(), time.process_time() - cpu
    cost = float(n.model.objective.value)
    return {"build_s": built - start, "solve_s": done - built, "cpu_s": cpu, "cost": cost}


def own_row(campus: dict, solver) -> dict:
    from supply_campus import campus_program

    from wattscale.supply.settle import settle

    start, cpu = time.perf_counter(), time.process_time()
    program = campus_program(campus)
    built = time.perf_counter()
    solution = solver(program)
    done, cpu = time.perf_counter(), time.process_time() - cpu
    row = {"build_s": built - start, "solve_s": done - built, "cpu_s": cpu}
    if solution is None:
        return {**row, "note": "no answer"}
    settled = settle(program, solution)
    return {**row, "cost": float(settled.objective), "certified": float(settled.gap), "iterations": solution.iterations}


def one(name: str, seed: int, gap: float) -> dict:
    """Run one solver in this process."""
    from supply_campus import make_campus

    campus = make_campus(seed)
    if name.startswith("pypsa"):
        row = pypsa_row(campus, {"solver": "hipo", "run_crossover": "off"} if name == "pypsa-hipo" else {})
    else:
        from wattscale.supply.general import solve_clarabel, solve_highs
        from wattscale.supply.interior import solve_interior, warm_up

        if name.startswith("ours"):
            warm_up()
        known = {
            "ours": lambda p: solve_interior(p, gap),
            "ours-1e-5": lambda p: solve_interior(p, 1e-5),
            "clarabel": solve_clarabel,
            "clarabel-1e-3": lambda p: solve_clarabel(p, 1e-3),
            "highs-hipo": lambda p: solve_highs(p, "hipo"),
        }
        row = own_row(campus, known[name])
    return {**row, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def missing(name: str) -> str | None:
    from importlib.util import find_spec

    if name.startswith("pypsa") and find_spec("pypsa") is None:
        return "not installed: pip install pypsa"
    if name.endswith("hipo") and find_spec("highspy_extras") is None:
        return 'not installed: pip install "highspy[extras]"'
    return None


def apart(name: str, seed: int, gap: float, cap: float) -> dict:
    """Run one solver in a process of its own, stopped at the cap."""
    why = missing(name)
    if why:
        return {"seed": seed, "solver": name, "note": why}
    command = [sys.executable, __file__, "--one", name, "--seeds", str(seed), "--gap", str(gap)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=cap, check=False)
    except subprocess.TimeoutExpired:
        return {"seed": seed, "solver": name, "build_s": 0.0, "solve_s": cap, "note": f"stopped after {cap:g} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        return {"seed": seed, "solver": name, "note": (done.stderr.splitlines() or ["no answer"])[-1][:80]}
    return {"seed": seed, "solver": name, **json.loads(lines[-1])}


def compare(seed: int, names: list[str], gap: float, cap: float) -> list[dict]:
    rows = [apart(name, seed, gap, cap) for name in names]
    best = min((r["cost"] for r in rows if "cost" in r), default=None)
    ours = next((r for r in rows if r["solver"] == "ours" and "cost" in r), None)
    for r in rows:
        if "cost" in r and best is not None:
            r["true_gap"] = r["cost"] / best - 1
        if "solve_s" in r and ours:
            r["ratio"] = (r["build_s"] + r["solve_s"]) / (ours["build_s"] + ours["solve_s"])
            r["cpu_ratio"] = r.get("cpu_s", r["solve_s"]) / ours["cpu_s"]
    return rows


def site(seed_gap: tuple[int, float]) -> float | None:
    """Certified gap of one random site."""
    from supply_campus import campus_program, make_campus

    from wattscale.supply.interior import solve_interior

    found = solve_interior(campus_program(make_campus(seed_gap[0])), seed_gap[1])
    return None if found is None else float(found.gap)


def sweep(sites: int, gap: float, workers: int) -> dict:
    from multiprocessing import Pool

    from wattscale.supply.interior import warm_up

    warm_up()
    start = time.perf_counter()
    with Pool(workers) as pool:
        gaps = pool.map(site, [(seed, gap) for seed in range(sites)], chunksize=1)
    wall = time.perf_counter() - start
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    solved = [g for g in gaps if g is not None]
    return {"sites": sites, "workers": workers, "wall_s": wall, "cpu_s": child.ru_utime + child.ru_stime,
            "peak_mb_per_worker": child.ru_maxrss / 1024, "failed": gaps.count(None),
            "worst_certified": max(solved, default=None)}  # fmt: skip


def growth(hours: list[int], gap: float) -> list[dict]:
    """Our time on the campus repeated or cut to other horizons; costs of capacities in proportion."""
    from supply_campus import campus_program, make_campus
    from supply_horizon import with_hours

    from wattscale.supply.interior import solve_interior, warm_up

    warm_up()
    rows = []
    for h in hours:
        program = with_hours(campus_program(make_campus(0)), h)
        start = time.process_time()
        found = solve_interior(program, gap)
        cpu = time.process_time() - start
        n = found.iterations if found else -1
        rows.append({"hours": h, "cpu_s": cpu, "iterations": n, "ms_per_iteration_and_1000_h": cpu / n / h * 1e6})
    return rows


def table(rows: list[dict]) -> str:
    head = f"{'seed':>4} {'solver':<14}{'build s':>8}{'solve s':>9}{'cpu s':>8}{'MB':>6}{'cost USD':>16}"
    lines = [head + f"{'certified':>11}{'true gap':>10}{'ratio':>8}{'cpu ratio':>11}"]

    def cell(r: dict, key: str, form: str, width: int) -> str:
        return f"{format(r[key], form):>{width}}" if r.get(key) is not None else f"{'-':>{width}}"

    for r in rows:
        cells = [("build_s", ".2f", 8), ("solve_s", ".2f", 9), ("cpu_s", ".1f", 8), ("peak_mb", ".0f", 6),
                 ("cost", ",.0f", 16), ("certified", ".1e", 11), ("true_gap", ".1e", 10),
                 ("ratio", ".1f", 8), ("cpu_ratio", ".1f", 11)]  # fmt: skip
        text = "".join(cell(r, *c) for c in cells)
        lines.append(f"{r['seed']:>4} {r['solver']:<14}{text}  {r.get('note', '')}".rstrip())
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--only", nargs="*", default=list(ALL), choices=ALL)
    parser.add_argument("--cap", type=float, default=600.0, help="seconds after which a solver is stopped")
    parser.add_argument("--gap", type=float, default=GAP)
    parser.add_argument("--sites", type=int, default=0, help="also solve this many random sites")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--hours", type=int, nargs="*", default=[], help="also time ours on these horizons")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one(given.one, given.seeds[0], given.gap)))
        return
    names = [n for n in ALL if n in {*given.only, "ours"}]
    rows = [r for seed in given.seeds for r in compare(seed, names, given.gap, given.cap)]
    swept = sweep(given.sites, given.gap, given.workers) if given.sites else None
    grown = growth(given.hours, given.gap) if given.hours else None
    if given.json:
        print(json.dumps({"solves": rows, "sweep": swept, "growth": grown}))
        return
    print(table(rows))
    if swept:
        print(f"{swept['sites']} sites on {swept['workers']} processes: {swept['wall_s']:.1f} s wall, "
              f"{swept['cpu_s']:.1f} CPU s, {swept['peak_mb_per_worker']:.0f} MB each, {swept['failed']} without "
              f"answer, worst certified gap {swept['worst_certified']:.1e}")  # fmt: skip
    for r in grown or []:
        print(f"{r['hours']:>6} h: {r['cpu_s']:.2f} CPU s, {r['iterations']} iterations, "
              f"{r['ms_per_iteration_and_1000_h']:.2f} ms per iteration and 1,000 h")  # fmt: skip


if __name__ == "__main__":
    main()
