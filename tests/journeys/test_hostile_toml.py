"""Every verb that reads TOML refuses what no key takes with exit code 2 and one sentence, soon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from wattscale.cli import main

VALUES = {
    "a date": "x = 2030-01-01",
    "a time": "x = 07:32:00",
    "many digits": "x = " + "9" * 5000,
    "more than a number holds": "x = " + "9" * 390,
    "deep lists": "x = " + "[" * 3000 + "]" * 3000,
    "a key of many parts": "x" + ".x" * 3000 + " = 1",
    "half a character": 'x = "\\ud800"',
}
VERBS = {
    "plan": ["plan", "{}"],
    "compare": ["compare", "{}", "{}"],
    "solve": ["solve", "{}", "--until", "facility.peak_mw=1"],
    "levers of a plan": ["levers", "{}"],
    "own levers": ["levers", "--levers", "{}"],
    "sites": ["sites", "{}"],
    "study": ["study", "{}"],
    "claims": ["claims", "{}"],
    "outlook": ["outlook", "{}"],
    "weak figures": ["catalog", "--weak", "--scenario", "{}"],
}


def told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    start = time.process_time()
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert time.process_time() - start < 5
    printed = capsys.readouterr()
    assert stopped.value.code == 2, printed.err
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1, printed.err
    assert len(printed.err) < 700
    return printed.err


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("verb", VERBS)
def test_a_file_with_what_no_key_takes_is_refused(
    verb: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "f.toml"
    path.write_text(VALUES[value], encoding="utf-8")
    assert "f.toml: " in told([part.format(path) for part in VERBS[verb]], capsys)


@pytest.mark.parametrize("value", [value for value in VALUES if value != "half a character"])
def test_a_setting_with_what_no_key_takes_is_refused(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    key, _, text = VALUES[value].partition(" = ")
    assert "wrong input: " in told(["plan", "--set", f"{key.replace('x', 'name', 1)}={text}"], capsys)


@pytest.mark.parametrize("text", ["\udcff", "a\udcff.toml"])
def test_characters_that_are_none_are_refused_in_settings_and_names(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told(["plan", "--set", f"name={text}"], capsys)
    told(["plan", text], capsys)


def test_a_key_in_quotes_and_an_id_without_are_taken_or_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert "stand without quotes: supply.land_ha" in told(["plan", "--set", '"supply.land_ha"=3'], capsys)
    assert "life.plant" in told(["plan", "--set", "catalog.dc_costs/life.plnt=3"], capsys)
