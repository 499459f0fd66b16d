"""Change the formulas one at a time and see whether the stage's own tests notice.

    python dev.py mutate [--sample N] [--seed S] [--stage NAME ...] [--list FILE] [--again FILE]

Prints the seed, what became of each mutant, and the rate of those noticed; exit code 1 below 85 %.
Mutants that change nothing that can be told are named in equivalent.toml, each with the reason.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from mutants import STAGES, Mutant, formula_modules, mutants_of  # noqa: E402
from trials import load, look, tried  # noqa: E402

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
LEAST_RATE = 0.85
NOTICED = ("killed", "slow")


def all_mutants(stages: tuple[str, ...] = STAGES) -> list[Mutant]:
    """List the mutants of the formula modules."""
    return [m for stage in stages for path in formula_modules(stage) for m in mutants_of(path)]


def equivalents() -> dict[tuple[str, str, str, str], str]:
    """Give the reasons for mutants that no test can tell from the original."""
    rows = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("mutant", [])
    return {(r["module"], r["function"], r["before"], r["after"]): r["reason"] for r in rows}


def key(mutant: Mutant) -> tuple[str, str, str, str]:
    """What names a mutant in the list, whatever its line."""
    return mutant.module, mutant.function, mutant.before, mutant.after


def sample(count: int, seed: int, stages: tuple[str, ...] = STAGES) -> list[Mutant]:
    """Draw mutants at random, those left out that change nothing; the same seed draws the same ones."""
    known = equivalents()
    rest = [m for m in all_mutants(stages) if key(m) not in known]
    return random.Random(seed).sample(rest, min(count, len(rest)))


def unnoticed(report: Path, stages: tuple[str, ...]) -> list[Mutant]:
    """Give the mutants that a list of an earlier run tells as not noticed, equivalent ones left out."""
    told = {line.split(" s  ", 1)[1] for line in report.read_text().splitlines() if line.split()[0] not in NOTICED}
    known = equivalents()
    return [m for m in all_mutants(stages) if str(m) in told and key(m) not in known]


def run(drawn: list[Mutant], report: Path | None) -> Counter[str]:
    """Try mutants, stage by stage, each stage in a process of its own; print the ones that nothing noticed."""
    ends: Counter[str] = Counter()
    for stage in sorted({m.stage for m in drawn}, key=STAGES.index):
        mine = sorted((m for m in drawn if m.stage == stage), key=lambda m: (m.module, m.line))
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            with os.fdopen(write, "w") as pipe:
                load(stage)
                seen = look(stage, lambda text: print(text, file=sys.stderr, flush=True))
                for mutant in mine:
                    start = time.monotonic()
                    end = tried(mutant, seen)
                    print(f"{end:9} {time.monotonic() - start:5.1f} s  {mutant}", file=pipe, flush=True)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            for line in pipe:
                ends[line.split()[0]] += 1
                print(line, end="", file=sys.stdout if line.split()[0] not in NOTICED else sys.stderr, flush=True)
                if report is not None:
                    with report.open("a", encoding="utf-8") as file:
                        file.write(line)
        os.waitpid(child, 0)
    return ends


def main() -> int:
    """Run from the command line."""
    shape = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(prog="dev.py mutate", description=__doc__, formatter_class=shape)
    parser.add_argument("--sample", type=int, default=120, metavar="N", help="mutants drawn, default 120; 0: all")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="else a new one")
    parser.add_argument("--stage", action="append", choices=STAGES, help="only these stages")
    parser.add_argument("--list", type=Path, metavar="FILE", help="append what became of each mutant there")
    parser.add_argument("--again", type=Path, metavar="FILE", help="try those again that a list tells as not noticed")
    given = parser.parse_args()
    stages = tuple(given.stage or STAGES)
    again = given.again is not None
    drawn = unnoticed(given.again, stages) if again else sample(given.sample or 10**6, given.seed, stages)
    print(f"seed {given.seed}: {len(drawn)} of {len(all_mutants(stages))} mutants", flush=True)
    ends = run(drawn, given.list)
    noticed = sum(ends[end] for end in NOTICED)
    rate = noticed / max(1, sum(ends.values()))
    print(f"{noticed} of {sum(ends.values())} noticed: {rate:.1%}  ({dict(ends)})")
    return 0 if rate >= LEAST_RATE and sum(ends.values()) == len(drawn) else 1


if __name__ == "__main__":
    sys.exit(main())
