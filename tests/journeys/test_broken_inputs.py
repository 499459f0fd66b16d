"""Each kind of broken input gives one clear message, exit code 2, no traceback and nothing half-written."""

import importlib.util
import sys
from pathlib import Path

import pytest

from wattscale.cli import main

spec = importlib.util.spec_from_file_location("broken_inputs", Path(__file__).with_name("broken_inputs.py"))
broken_inputs = importlib.util.module_from_spec(spec)
sys.modules["broken_inputs"] = broken_inputs
spec.loader.exec_module(broken_inputs)


@pytest.mark.parametrize("name", broken_inputs.CASES)
def test_broken_input_gives_one_clear_message(name, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    make, words = broken_inputs.CASES[name]
    arguments = make(tmp_path)
    out = tmp_path / "result"
    if arguments[0] == "plan" and "--out" not in arguments:
        arguments = [*arguments, "--out", str(out)]
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    printed = capsys.readouterr()
    message = printed.err.strip()
    assert stopped.value.code == 2, message
    assert printed.out == ""
    assert "Traceback" not in message
    for word in words:
        assert word in message, message
    assert not out.exists()
    assert [p for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_there_are_at_least_forty_kinds_of_broken_input():
    assert len(broken_inputs.CASES) >= 40
