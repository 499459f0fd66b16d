"""Running one drawn case as the command line would, and making a failing one smaller.

In: a case and a folder. Out: an `Outcome` with the exit code and, where something is broken, its cause.
"""

from __future__ import annotations

import contextlib
import io
import json
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from meaning import broken
from wild_scenarios import Case

from wattscale.chain import plan
from wattscale.errors import InputError, WattscaleError
from wattscale.report import plan_summary
from wattscale.scenario.load import load_scenario, scenario_toml
from wattscale.verbs import OUTPUTS

DONE, FAILED, WRONG_INPUT = 0, 1, 2
"""Exit codes of the command line."""
OWNED = "a fault in wattscale itself"
"""Words with which the command line owns to a defect of the package instead of a traceback."""
LONGEST_S = 120.0
"""A case that takes longer is a fault of its own."""
LONGEST_MESSAGE = 2_000
DEFECTS = ("is not a finite number", "is not described in the catalogue", "nan", "division")
"""Words in an exit with 1 that tell of a defect of the package, not of a failed run."""
SHRINK_TRIES = 60
SHRINK_S = 60.0


@dataclass(frozen=True)
class Outcome:
    """What a case ended in: exit code, message, and the cause of a fault (empty for a sound end)."""

    code: int | None
    message: str
    cause: str = ""
    detail: str = ""
    seconds: float = 0.0


class TooLongError(BaseException):
    """Raised by the alarm; no `except Exception` stops it."""


class BrokenError(Exception):
    """A sound end by exit code whose result breaks its meaning."""


def attempt(case: Case, kind: str, folder: Path) -> Outcome:
    """Run a case in this process."""
    path = folder / "drawn.toml"
    path.write_bytes(case.text)
    work = (lambda: _planned(path, case)) if kind == "plans" else (lambda: _loaded(path, case))
    start = time.monotonic()
    code, said, fault = _run(work)
    span = time.monotonic() - start
    if fault is not None:
        return Outcome(None, said, *_cause(fault), span)
    return Outcome(code, said, _unclear(code, said), said, span)


def _run(work: Callable[[], None]) -> tuple[int | None, str, BaseException | None]:
    """Do the work; give the exit code that the command line ends with, what it says, and any other fault."""
    told = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stderr(told), contextlib.redirect_stdout(told), _alarm():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            work()
        except InputError as error:
            return WRONG_INPUT, f"wrong input: {error}", None
        except (WattscaleError, OSError, MemoryError) as error:
            return FAILED, f"failed: {error}", None
        except (Exception, TooLongError) as fault:
            return None, told.getvalue(), fault
        return DONE, told.getvalue(), None


def _loaded(path: Path, case: Case) -> None:
    scenario = load_scenario(path, case.settings)
    again = path.with_name("again.toml")
    again.write_text(scenario_toml(scenario), encoding="utf-8")
    if load_scenario(again).model_dump(exclude={"preset"}) != scenario.model_dump(exclude={"preset"}):
        raise BrokenError("resolved scenario reads back differently: scenario_toml")


def _planned(path: Path, case: Case) -> None:
    made = plan(load_scenario(path, case.settings))
    found = list(broken(made))
    if found:
        raise BrokenError("\n".join(found))
    plan_summary(made)


def _cause(fault: BaseException) -> tuple[str, str]:
    """Name what a fault has in common with others of its kind: the rule broken, or error and place."""
    text = "".join(traceback.format_exception(fault))
    if isinstance(fault, BrokenError):
        return f"meaning: {str(fault).partition(':')[0]}", str(fault)
    frames = [f for f in traceback.extract_tb(fault.__traceback__) if "wattscale" in Path(f.filename).parts]
    place = f"{'/'.join(Path(frames[-1].filename).parts[-2:])} {frames[-1].name}" if frames else "outside the package"
    return f"{type(fault).__name__} in {place}", text[-4_000:]


def _unclear(code: int | None, said: str) -> str:
    """Name what is wrong with the end told to a user, or nothing."""
    if code not in (DONE, FAILED, WRONG_INPUT):
        return f"exit code {code}"
    if code == FAILED and any(word in said for word in DEFECTS):
        return f"failed by a defect: {said.strip()[:80]}"
    if len(said) > LONGEST_MESSAGE:
        return "message too long"
    if code == WRONG_INPUT and ("pydantic" in said or not said.startswith("wrong input: ")):
        return "message not ours"
    return ""


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TooLongError(f"longer than {LONGEST_S:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def smaller(case: Case, cause: str, run: Callable[[Case], Outcome]) -> Case:
    """Drop lines and settings while the case still fails by the same cause."""
    deadline, tries, at = time.monotonic() + SHRINK_S, 0, 0
    while tries < SHRINK_TRIES and time.monotonic() < deadline:
        lines = case.text.splitlines(keepends=True)
        if at >= len(lines) + len(case.settings):
            break
        if at < len(lines):
            fewer = Case(b"".join(lines[:at] + lines[at + 1 :]), case.settings)
        else:
            gone = at - len(lines)
            fewer = Case(case.text, case.settings[:gone] + case.settings[gone + 1 :])
        tries += 1
        if run(fewer).cause == cause:
            case = fewer
        else:
            at += 1
    return case


def command(case: Case, folder: Path) -> Outcome:
    """Run `wattscale plan FILE --out DIR` in a process of its own; check the exit, the message and the files."""
    path, out = folder / "drawn.toml", folder / "out"
    path.write_bytes(case.text)
    settings = [part for s in case.settings for part in ("--set", s)]
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "wattscale", "plan", str(path), *settings, "--out", str(out)],
        capture_output=True, timeout=3 * LONGEST_S, check=False,
    )  # fmt: skip
    said, span = done.stderr.decode("utf-8", "replace"), time.monotonic() - start
    if "Traceback" in said or OWNED in said:
        return Outcome(done.returncode, said, f"traceback: {said.strip().splitlines()[-1][:100]}", said, span)
    cause = _unclear(done.returncode, said if done.returncode else "") or _unwritten(done.returncode, out)
    for file in sorted(out.glob("*")) if out.exists() else []:
        file.unlink()
    if out.exists():
        out.rmdir()
    return Outcome(done.returncode, said, cause, said, span)


def _unwritten(code: int, out: Path) -> str:
    """Name what is wrong with the files of a plan."""
    if code != DONE:
        return "files left by a refused plan" if out.exists() else ""
    missing = [name for name in OUTPUTS if not (out / name).is_file()]
    if missing:
        return f"files missing: {', '.join(missing)}"
    told = json.loads((out / "plan.json").read_text(encoding="utf-8"), parse_constant=lambda word: word)
    if any(isinstance(figure["value"], str) for figure in told["figures"].values()):
        return "plan.json holds a number that is none"
    empty = [
        row for row in (out / "hourly.csv").read_text(encoding="utf-8").splitlines() if ",," in row or "nan" in row
    ]
    return "hourly.csv has empty cells" if empty else ""
