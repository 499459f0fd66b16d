#!/usr/bin/env python3
"""Developer tasks: `python dev.py run | test | check | fuzz | mutate | bench | web | docs`.

Needs Python 3.11 and nothing else: makes `.venv` from pyproject.toml and constraints.txt on first use and whenever
either changes.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "wattscale-setup"
CHECKS = (
    ["ruff", "format", "--check", "."],
    ["ruff", "check", "."],
    ["mypy"],
    ["lint-imports", "--no-cache"],
)


def fingerprint() -> str:
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"".join(parts) + sys.version.encode()).hexdigest()


def set_up() -> None:
    """Make the virtual environment, unless it is there and up to date."""
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == fingerprint():
        return
    print("Setting up .venv (once; a few minutes) ...", file=sys.stderr, flush=True)
    target = ["-c", "constraints.txt", "-e", ".[dev]"]
    uv = shutil.which("uv")
    if uv:
        run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)])
        run([uv, "pip", "install", "--quiet", "--python", str(PYTHON), *target])
    else:
        if not PYTHON.exists():
            venv.create(VENV, with_pip=True)
        run([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *target])
    run([str(PYTHON), "-c", "from wattscale.supply.interior import warm_up; warm_up()"])
    STAMP.write_text(fingerprint())


def run(command: list[str], **variables: str) -> None:
    """Run a command in the repository; stop with its exit code when it fails."""
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **variables}, check=False).returncode
    if code:
        sys.exit(code)


def task_run(arguments: list[str]) -> None:
    """Plan the built-in example and write its report."""
    where = [] if "--out" in arguments else ["--out", "out/first-campus"]
    run([str(PYTHON), "-m", "wattscale", "plan", *where, *arguments])
    if where:
        print(f"Report: {ROOT / 'out' / 'first-campus' / 'report.html'}", file=sys.stderr)


def task_test(arguments: list[str]) -> None:
    """Run the tests."""
    run([str(PYTHON), "-m", "pytest", "-n", "2", *arguments])


def task_check(arguments: list[str]) -> None:
    """Check format, lint, types and imports, then run the tests."""
    for command in CHECKS:
        run([str(BIN / command[0]), *command[1:]])
    task_test(arguments)


def task_fuzz(arguments: list[str]) -> None:
    """Look for failures with new seeds: drawn scenarios (--help lists the options), then the laws (`fuzz laws`)."""
    if arguments[:1] != ["laws"]:
        run([str(PYTHON), str(ROOT / "tests" / "fuzz" / "campaign.py"), *arguments])
    if not arguments or arguments[0] == "laws":
        seed = f"--hypothesis-seed={secrets.randbelow(10**9)}"
        print(f"Laws with {seed}", file=sys.stderr, flush=True)
        command = [str(PYTHON), "-m", "pytest", "-q", "-n", "2", "-m", "hypothesis", seed, *arguments[1:]]
        run(command, WATTSCALE_HYPOTHESIS="search")


def task_mutate(arguments: list[str]) -> None:
    """Change formulas one at a time and see whether the stage's tests notice; --help lists the options."""
    run([str(PYTHON), str(ROOT / "tests" / "mutation" / "mutate.py"), *arguments])


def task_bench(arguments: list[str]) -> None:
    """Run a benchmark by name, or list them; --oracles installs the tools to compare with first."""
    names = sorted(p.stem for p in (ROOT / "benchmarks").glob("*.py"))
    if not arguments or arguments[0] not in names:
        print("Benchmarks: " + ", ".join(names))
        sys.exit(0 if not arguments else 2)
    if "--oracles" in arguments:
        arguments.remove("--oracles")
        run([str(PYTHON), "-m", "pip", "install", "--quiet", "-c", "constraints.txt", "-e", ".[oracles]"])
    run([str(PYTHON), str(ROOT / "benchmarks" / f"{arguments[0]}.py"), *arguments[1:]])


def task_web(arguments: list[str]) -> None:
    """Start the local web app."""
    run([str(PYTHON), "-m", "wattscale", "web", *arguments])


def task_docs(arguments: list[str]) -> None:
    """Check that the docs name every command, field and stage, and that their examples run."""
    run([str(PYTHON), "-m", "pytest", "-q", "tests/docs", *arguments])


TASKS = {name[5:]: task for name, task in globals().items() if name.startswith("task_")}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TASKS:
        print(__doc__)
        for name, task in TASKS.items():
            print(f"  {name:6} {task.__doc__}")
        sys.exit(0 if len(sys.argv) < 2 else 2)
    if sys.version_info < (3, 11):  # noqa: UP036 (this file may be started by any Python)
        sys.exit("dev.py needs Python 3.11 or newer")
    set_up()
    TASKS[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    main()
