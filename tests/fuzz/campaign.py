"""Draw many scenario files and plans from a seed and look for tracebacks, numbers that are none, and broken meaning.

    python dev.py fuzz [--files N] [--plans N] [--commands N] [--seed S] [--workers N] [--report FILE]
    python dev.py fuzz --seed S --one plans:17

Prints the seed, then each kind of failure once with its smallest file; exit code 1 when there is one.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from trial import Outcome, attempt, command, smaller
from wild_scenarios import Case, case, lay_files

SHRUNK = 3
"""Cases of one cause that are made smaller; the smallest is shown."""
Told = tuple[str, int, Outcome]


@dataclass
class Tally:
    """What a campaign found: ends by kind and code, faults by cause, and the words of refusals."""

    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    details: dict[str, str] = field(default_factory=dict)
    refusals: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")

    def add(self, kind: str, number: int, outcome: Outcome) -> None:
        """Count one outcome."""
        self.ends[kind, "broken" if outcome.cause else str(outcome.code)] += 1
        self.slowest = max(self.slowest, (outcome.seconds, f"{kind}:{number}"))
        if outcome.cause:
            self.faults.setdefault(outcome.cause, []).append((kind, number))
            self.details.setdefault(outcome.cause, outcome.detail)
        elif outcome.code:
            self.refusals[f"{kind} exit {outcome.code}: {stem(outcome.message)}"] += 1


def stem(message: str) -> str:
    """Shorten a message to what refusals of one kind have in common: the key and the first words of the complaint.

    >>> stem("wrong input: /tmp/a/drawn.toml: supply.ppas.0.max_mw = 'x: y': must be a number (allowed: > 0 MW)")
    'supply.ppas.N.max_mw: must be a number'
    """
    text = re.sub(r"^wrong input: (\S*\.toml: )?", "", " ".join(message.split()))
    text = re.sub(r"^(\S+) = ('.*?'|\S+): ", r"\1: ", text)
    text = re.sub(r"\.\d+\.", ".N.", text.partition(" (allowed")[0])
    return re.sub(r"(?<![\w.-])-?\d[\d.e+-]*(?!\w)", "N", text)[:90]


def clipped(detail: str) -> str:
    """Keep the lines of a long detail that tell most: the first and the last."""
    lines = [
        line if len(line) < 300 else f"{line[:200]} ..." for line in detail.strip().splitlines() if line.strip(" ^~")
    ]
    return "\n".join(lines if len(lines) < 30 else [*lines[:3], "...", *lines[-16:]])


def trial(seed: int, without: frozenset[str], folder: str, asked: tuple[str, int]) -> Told:
    """Run one case of a campaign in a folder of its own process."""
    kind, number = asked
    return kind, number, _runner(kind, Path(folder))(_drawn(seed, kind, number, without))


def _drawn(seed: int, kind: str, number: int, without: frozenset[str]) -> Case:
    return case(
        seed, "plans" if kind == "commands" and number % 4 else kind.replace("commands", "files"), number, without
    )


def _runner(kind: str, parent: Path) -> partial[Outcome]:
    folder = parent / str(os.getpid())
    if not folder.exists():
        folder.mkdir()
        lay_files(folder)
    return partial(command, folder=folder) if kind == "commands" else partial(attempt, kind=kind, folder=folder)


def run(counts: dict[str, int], seed: int, workers: int = 1, without: frozenset[str] = frozenset()) -> Tally:
    """Run a campaign; with one worker in this process."""
    asked = [(kind, number) for kind, count in counts.items() for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        told = partial(trial, seed, without, folder)
        if workers == 1:
            return _tally(map(told, asked), len(asked))
        with ProcessPoolExecutor(workers) as pool:
            return _tally(pool.map(told, asked, chunksize=5), len(asked))


def _tally(outcomes: Iterable[Told], total: int) -> Tally:
    tally, last = Tally(), time.monotonic()
    for done, (kind, number, outcome) in enumerate(outcomes, 1):
        tally.add(kind, number, outcome)
        if time.monotonic() - last > 20:
            last = time.monotonic()
            print(f"{done} of {total}, {len(tally.faults)} kinds of failure", file=sys.stderr, flush=True)
    return tally


def told(tally: Tally, seed: int, without: frozenset[str] = frozenset()) -> Iterator[str]:
    """Write the report: counts, then each cause with its smallest file, then why inputs were refused."""
    yield f"seed {seed}"
    for (kind, end), count in sorted(tally.ends.items()):
        yield f"  {kind:9} {end:7} {count}"
    yield f"  slowest   {tally.slowest[0]:.1f} s, {tally.slowest[1]}"
    for cause, found in sorted(tally.faults.items(), key=lambda item: -len(item[1])):
        yield f"\n## {cause}  ({len(found)} times)"
        kind, number, least = _smallest(cause, found, seed, without)
        yield f"again: python dev.py fuzz --seed {seed} --one {kind}:{number}\n\n{least}"
        yield f"\n{clipped(tally.details[cause])}"
    if tally.refusals:
        yield "\n## Refused, most frequent first"
    for words, count in tally.refusals.most_common(60):
        yield f"  {count:5} {words}"


def _smallest(cause: str, found: list[tuple[str, int]], seed: int, without: frozenset[str]) -> tuple[str, int, Case]:
    tried = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, number in found[:SHRUNK]:
            drawn, runner = _drawn(seed, kind, number, without), _runner(kind, Path(folder))
            tried.append((kind, number, drawn if kind == "commands" else smaller(drawn, cause, runner)))
    return min(tried, key=lambda each: len(each[2].text))


def one(seed: int, asked: str, without: frozenset[str]) -> int:
    """Show and run one case again."""
    kind, _, number = asked.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        print(_drawn(seed, kind, int(number), without), end="\n\n")
        _, _, outcome = trial(seed, without, folder, (kind, int(number)))
    print(outcome.cause or f"exit {outcome.code}: {outcome.message}", outcome.detail if outcome.cause else "")
    return 1 if outcome.cause else 0


def main() -> int:
    """Run a campaign from the command line."""
    parser = argparse.ArgumentParser(
        prog="dev.py fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for kind, count in (("files", 500), ("plans", 100), ("commands", 8)):
        parser.add_argument(f"--{kind}", type=int, default=count, metavar="N", help=f"default {count}")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="else a new one")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=["catalog", "optimised"],
        help="leave overrides out, or plants that need the optimiser",
    )
    parser.add_argument("--one", metavar="KIND:NUMBER", help="run one case of a seed again")
    parser.add_argument("--report", type=Path, help="write the report there too")
    given = parser.parse_args()
    without = frozenset(given.without)
    print(f"seed {given.seed}", file=sys.stderr, flush=True)
    if given.one:
        return one(given.seed, given.one, without)
    counts = {"files": given.files, "plans": given.plans, "commands": given.commands}
    tally = run(counts, given.seed, given.workers, without)
    report = "\n".join(told(tally, given.seed, without))
    print(report)
    if given.report:
        given.report.write_text(report + "\n", encoding="utf-8")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
