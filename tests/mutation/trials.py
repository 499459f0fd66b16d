"""Trying mutants: which tests run which function, and whether one of them fails under the change.

In: a stage and its mutants. Out: killed, survived, slow (a test never ended) or unseen (no test runs the function).
Each mutant is tried in a fork of a process that has loaded the package and the tests; the fork swaps the code of the
function and runs the tests that run it, quickest first, until one fails.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import signal
import sys
import time
import types
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mutants import SOURCE, Mutant, compiled

ROOT = SOURCE.parent
KEPT = ROOT / ".wattscale-cache" / "mutation"
OPTIONS = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--no-header", "--tb=no"]
NO_SWAP = 70
"""Exit code of a fork that could not put a mutant in place."""
SPARE_S = 20.0
"""Time beyond three times what the tests usually take, before a mutant counts as one that never ends."""
Seen = dict[str, Any]


PUBLISHED = {
    "workload": ("test_architectures.py",),
    "compute": ("test_training_steps.py", "test_inference_baselines.py"),
    "site": ("test_weather_synthesis.py",),
    "facility": ("test_pue.py",),
    "economics": ("test_finance.py", "test_lcoe.py", "test_project_finance.py"),
}
"""Published numbers by the stage whose formulas they check."""


def places(stage: str) -> list[str]:
    """Where a stage's own tests are: its folder, its doctests, and the published numbers of its formulas."""
    published = [str(ROOT / "tests" / "published" / name) for name in PUBLISHED.get(stage, ())]
    return [str(ROOT / "tests" / stage), str(SOURCE / "wattscale" / stage), *published]


class Recorder:
    """Notes for each test the functions of a stage that it calls, and how long it takes."""

    def __init__(self, stage: str) -> None:
        self.folder = str(SOURCE / "wattscale" / stage) + os.sep
        self.now: set[str] = set()
        self.calls: dict[str, list[str]] = {}
        self.seconds: dict[str, float] = {}
        self.shared: dict[str, set[str]] = defaultdict(set)

    def _call(self, frame: types.FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if code.co_filename.startswith(self.folder):
            self.now.add(f"{Path(code.co_filename).name}:{code.co_qualname.partition('.<locals>')[0]}")

    def _forget(self) -> None:
        """Empty the caches of the stage's functions: who finds an answer that another test left depends on it too."""
        for module in list(sys.modules.values()):
            if (getattr(module, "__file__", None) or "").startswith(self.folder):
                for value in list(vars(module).values()):
                    if callable(getattr(value, "cache_clear", None)):
                        value.cache_clear()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._forget()
        start, self.now = time.perf_counter(), set()
        sys.setprofile(self._call)
        yield
        sys.setprofile(None)
        self.calls[item.nodeid], self.seconds[item.nodeid] = sorted(self.now), time.perf_counter() - start

    @pytest.hookimpl(hookwrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[None]:
        """What a shared fixture calls belongs to every test of the file."""
        before, self.now = self.now, set()
        yield
        if fixturedef.scope != "function":
            self.shared[str(request.node.nodeid).partition("::")[0]] |= self.now
        self.now = before | self.now

    def seen(self) -> Seen:
        """Give functions and seconds by test."""
        for test in self.calls:
            self.calls[test] = sorted({*self.calls[test], *self.shared.get(test.partition("::")[0], ())})
        return {"calls": self.calls, "seconds": self.seconds}


class Order:
    """Keeps the tests named, file by file, quickest first."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        known = [i for i in items if i.nodeid in self.seconds]
        first: dict[str, float] = {}
        for i in known:
            file = i.nodeid.partition("::")[0]
            first[file] = min(first.get(file, 1e9), self.seconds[i.nodeid])
        items[:] = sorted(known, key=lambda i: (first[i.nodeid.partition("::")[0]], i.nodeid.partition("::")[0],
                                                self.seconds[i.nodeid]))  # fmt: skip


def forked(work: Callable[[], int], limit_s: float) -> int | None:
    """Run work in a fork of this process; give its exit code, or None where it took too long."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        try:
            os._exit(work())
        except BaseException:
            os._exit(NO_SWAP)
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def load(stage: str) -> None:
    """Load the package and the stage's tests into this process, so that forks begin with them."""
    os.chdir(ROOT)
    pytest.main([*OPTIONS, "--collect-only", "-qqqq", *places(stage)])


def look(stage: str, say: Callable[[str], None]) -> Seen:
    """Give which tests run which functions; measured once for a state of tests and package."""
    files = sorted(p for place in (*places(stage), str(ROOT / "tests" / "conftest.py")) for p in _sources(Path(place)))
    state = hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()
    kept = KEPT / f"{stage}.json"
    if kept.exists():
        seen: Seen = json.loads(kept.read_text())
        if seen["state"] == state:
            return seen
    say(f"{stage}: running its tests once to see which functions they call")

    def measure() -> int:
        recorder = Recorder(stage)
        code = int(pytest.main([*OPTIONS, *places(stage)], plugins=[recorder]))
        KEPT.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({**recorder.seen(), "state": state, "code": code}))
        return 0

    forked(measure, 3600.0)
    seen = json.loads(kept.read_text())
    if seen["code"] not in (0, 5):
        kept.unlink()
        raise SystemExit(f"the tests of {stage} fail without any change; mend them first")
    return seen


def _sources(place: Path) -> list[Path]:
    return [place] if place.is_file() else list(place.rglob("*.py"))


def watchers(mutant: Mutant, seen: Seen) -> dict[str, float]:
    """Give the tests that run the function of a mutant, with their seconds."""
    file = Path(mutant.module).name
    key, whole = f"{file}:{mutant.function}", mutant.function == "(module)"
    return {
        test: seen["seconds"][test]
        for test, calls in seen["calls"].items()
        if (any(c.startswith(f"{file}:") for c in calls) if whole else key in calls)
    }


def tried(mutant: Mutant, seen: Seen) -> str:
    """Try a mutant: `killed`, `slow`, `survived` or `unseen`."""
    tests = watchers(mutant, seen)
    if not tests:
        return "unseen"
    files = sorted({str(ROOT / test.partition("::")[0]) for test in tests})

    def work() -> int:
        try:
            swap(mutant)
        except Exception:
            return NO_SWAP
        return int(pytest.main([*OPTIONS, "-x", *files], plugins=[Order(tests)]))

    code = forked(work, 3 * sum(tests.values()) + SPARE_S)
    if code is not None and code > 1:
        raise RuntimeError(f"{mutant}: could not be tried (exit code {code})")
    return {None: "slow", 0: "survived"}.get(code, "killed")


def swap(mutant: Mutant) -> None:
    """Put the changed code in place of the old, wherever it has been imported to."""
    name = "wattscale." + mutant.module.removesuffix(".py").replace("/", ".")
    module, code = importlib.import_module(name), compiled(mutant)
    if mutant.function == "(module)":
        _swap_constants(module, code)
        return
    new = {c.co_qualname: c for c in _codes(code)}
    old = dict(_functions(module))
    if mutant.function not in old:
        raise LookupError(f"no function {mutant.function} in {name}")
    old[mutant.function].__code__ = new[mutant.function]


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield inner
            yield from _codes(inner)


def _functions(module: types.ModuleType) -> Iterator[tuple[str, types.FunctionType]]:
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            for member in vars(value).values():
                yield from _plain(getattr(member, "fget", None) or getattr(member, "func", None) or member, module)
        else:
            yield from _plain(value, module)


def _plain(value: Any, module: types.ModuleType) -> Iterator[tuple[str, types.FunctionType]]:
    while hasattr(value, "__wrapped__") or hasattr(value, "__func__"):
        value = getattr(value, "__wrapped__", None) or value.__func__
    if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
        yield value.__qualname__, value


def _swap_constants(module: types.ModuleType, code: types.CodeType) -> None:
    fresh: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(code, fresh)
    changed = {
        name: (vars(module)[name], value)
        for name, value in fresh.items()
        if not name.startswith("__") and not callable(value) and name in vars(module)
    }
    for other in [m for m in sys.modules.values() if isinstance(m, types.ModuleType)]:
        for name, (before, after) in changed.items():
            if vars(other).get(name) is before:
                setattr(other, name, after)
