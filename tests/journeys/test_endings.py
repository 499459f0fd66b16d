"""However a command ends: exit code 0, 1 or 2, one sentence, no traceback, nothing half-written."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from wattscale.cli import main
from wattscale.errors import InputError, WattscaleError
from wattscale.scenario.load import load_scenario
from wattscale.verbs import write

ENCODINGS = ("ascii", "cp1252", "latin-1", "utf-16")


def code_of(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    return int(stopped.value.code or 0)


def wattscale(arguments: str, unbuffered: str = "") -> str:
    """Give a shell command that runs the command line in a process of its own."""
    return f"PYTHONUNBUFFERED={unbuffered} {sys.executable} -m wattscale {arguments}"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)


def one_sentence(text: str) -> bool:
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_outputs_that_are_left_or_full(unbuffered: str) -> None:
    run = wattscale("explain supply", unbuffered)
    left = shell(f"{run} | head -1")
    assert (left.returncode, left.stderr) == (0, "")
    full = shell(f"{run} > /dev/full")
    assert full.returncode == 1
    assert full.stderr.startswith("failed: the result cannot be written to standard output: ")
    assert one_sentence(full.stderr)


@pytest.mark.slow
def test_outputs_that_are_closed() -> None:
    closed = shell(f"{wattscale('explain supply')} >&-")
    assert (closed.returncode, one_sentence(closed.stderr)) == (1, True)
    wrong = shell(f"{wattscale('explain suply')} 2>&-")
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (2, "", "")


@pytest.mark.slow
def test_help_that_nobody_reads_on_is_done() -> None:
    done = shell(f"{wattscale('--help')} | head -c 1")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "arguments",
    [["explain", "supply"], ["explain", "impact"], ["model", "Llama-3.1-8B"], ["catalog", "sites"], ["schema"]],
    ids=" ".join,
)
def test_any_terminal_shows_any_result(
    encoding: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    assert code_of(arguments) == 0
    sys.stdout.flush()
    shown = raw.getvalue().decode(encoding)
    assert len(shown.splitlines()) > 5
    assert "?" not in shown.replace("do?", "").replace("what?", "").replace("effect?", "") or arguments[0] != "model"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_json_reads_back_the_same_in_any_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("wattscale.verbs.schema", lambda: {"name": "Köln 水 😀 −5"})
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    assert code_of(["schema"]) == 0
    sys.stdout.flush()
    assert json.loads(raw.getvalue().decode(encoding)) == {"name": "Köln 水 😀 −5"}


def test_the_screen_of_a_plan_is_readable_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    monkeypatch.setattr("wattscale.explanation.explain", lambda name: "−5 °C · 3 m³ – CO₂ “x” … ×2 ≈ Zürich")
    assert code_of(["explain", "x"]) == 0
    sys.stdout.flush()
    assert raw.getvalue().decode() == '-5 deg C | 3 m3 - CO2 "x" ... x2 ~ Zurich\n'


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plann"], "No such command 'plann'"),
        (["plan", "--jsn"], "No such option: --jsn"),
        (["plan", "a", "b"], "unexpected extra argument"),
        (["outlook", "--draws", "3"], "--draws"),
        (["outlook", "--seed", "x"], "--seed"),
        (["web", "--port", "70000"], "--port"),
        (["solve", "--vary"], "--vary"),
        (["validate"], "Missing argument"),
        (["--nope"], "No such option"),
        (["compare"], "Missing argument"),
    ],
)
def test_a_wrong_use_is_told_in_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(arguments) == 2
    told = capsys.readouterr()
    assert (told.out, one_sentence(told.err)) == ("", True)
    assert told.err.startswith("wrong input: ")
    assert words in told.err
    assert "-h" in told.err


def ends_with(error: BaseException) -> Callable[..., Any]:
    def work(*_: object, **__: object) -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 1, "cancelled; nothing was written"),
        (MemoryError(), 1, "failed: out of memory"),
        (ImportError("libx.so: failed to map segment from shared object"), 1, "failed: out of memory"),
        (RuntimeError("can't start new thread"), 1, "failed: out of memory"),
        (OSError(12, "Cannot allocate memory"), 1, "failed: out of memory"),
        (OSError(28, "No space left on device"), 1, "failed: No space left on device"),
        (PermissionError(13, "Permission denied", "x.csv"), 1, "failed: Permission denied: x.csv"),
        (BrokenPipeError(32, "Broken pipe"), 1, "failed: Broken pipe"),
        (WattscaleError("it broke"), 1, "failed: it broke"),
        (InputError("is wrong", where="x"), 2, "wrong input: x: is wrong"),
        (KeyError("y"), 1, "failed: a fault in wattscale itself (KeyError: 'y'; "),
        (ZeroDivisionError("division\nby zero"), 1, "(ZeroDivisionError: division by zero; "),
        (RecursionError("deep"), 1, "failed: a fault in wattscale itself (RecursionError"),
    ],
)
def test_every_end_has_its_code_and_sentence(
    error: BaseException, code: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wattscale.explanation.explain", ends_with(error))
    assert code_of(["explain", "facility.pue"]) == code
    told = capsys.readouterr()
    assert (told.out, one_sentence(told.err)) == ("", True)
    assert words in told.err


def test_a_fault_shows_its_trace_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WATTSCALE_TRACEBACK", "1")
    monkeypatch.setattr("wattscale.explanation.explain", ends_with(KeyError("y")))
    assert code_of(["explain", "facility.pue"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_while_files_are_written_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wattscale.chain.plan", lambda *_: SimpleNamespace(scenario=load_scenario()))
    monkeypatch.setattr("wattscale.verbs._write_one", ends_with(KeyboardInterrupt()))
    assert code_of(["plan", "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "cancelled; nothing was written\n"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_after_files_are_written_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("wattscale.chain.plan", lambda *_: SimpleNamespace(scenario=load_scenario()))
    monkeypatch.setattr("wattscale.verbs.OUTPUTS", ("scenario.toml",))
    monkeypatch.setattr("wattscale.report.plan_summary", ends_with(KeyboardInterrupt()))
    assert code_of(["plan", "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert f"cancelled; Wrote scenario.toml to {tmp_path / 'out'} before" in told


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("there", [False, True])
def test_a_full_disk_has_failed_and_leaves_what_was(there: bool, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if there:
        out.mkdir()
        (out / "scenario.toml").write_text("before")
    made: Any = SimpleNamespace(scenario=load_scenario())
    with files_of_at_most(100), pytest.raises(WattscaleError, match="nothing was written there") as caught:
        write(made, out, ["scenario.toml"])
    assert not isinstance(caught.value, InputError)
    assert [p.name for p in tmp_path.iterdir()] == (["out"] if there else [])
    assert not there or (out / "scenario.toml").read_text() == "before"


@pytest.mark.slow
def test_ctrl_c_ends_a_running_command_within_seconds() -> None:
    code = (
        "import signal, sys, time, wattscale.explanation as e\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background\n"
        "def slow(name):\n"
        "    print('begun', file=sys.stderr, flush=True)\n"
        "    time.sleep(60)\n"
        "e.explain = slow\n"
        "from wattscale.cli import main\n"
        "main(['explain', 'x'])\n"
    )
    running = subprocess.Popen([sys.executable, "-c", code], stdout=-1, stderr=-1, text=True, env=dict(os.environ))
    assert running.stderr is not None
    assert running.stderr.readline() == "begun\n"
    start = time.monotonic()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err) == (1, "", "cancelled; nothing was written\n")
    assert time.monotonic() - start < 10
