"""Every verb's text fits a terminal of 80 columns, in a pipe as in a window, and reads well there."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from wattscale.cli import main

WIDTH = 80
SMALL = """name = "Small site"
[workload]
model = "Llama-3.1-8B"
training.tokens = 0
serving.requests_per_day = 5e7
[site]
name = "se_stockholm"
"""
STUDY = """name = "s"
scenario = "small.toml"
method = "sobol"
cases = 4
[[axis]]
key = "catalog.dc_costs/life.plant"
low = 8
high = 12
"""
QUICK = (
    "explain workload", "explain compute", "explain site", "explain facility", "explain supply", "explain economics",
    "explain impact", "explain outlook", "explain workload.serving", "explain supply.ppas", "explain facility.pue",
    "model Llama-3.1-405B", "model DeepSeek-V3", "catalog", "catalog accelerators", "catalog sites", "catalog models",
)  # fmt: skip
PLANS = (
    "plan small.toml", "compare small.toml other.toml", "catalog dc_costs --weak --scenario small.toml",
    "solve small.toml --vary workload.serving.requests_per_day --until facility.peak_mw=0.05",
    "levers small.toml --only precision,cooling", "sites small.toml --sites us_nova,se_stockholm",
    "sites --split --sites us_nova,se_stockholm", "study study.toml",
)  # fmt: skip
LONG = ("validate training", "claims small.toml", "outlook --draws 16")


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def shown(arguments: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    (folder / "other.toml").write_text(SMALL.replace("Small", "Other").replace("5e7", "8e7"), encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    with pytest.raises(SystemExit) as stopped:
        main(arguments.split())
    told = capsys.readouterr()
    assert stopped.value.code in (0, None), told.err
    return told.out


def check(text: str) -> None:
    assert text.strip()
    too_wide = [line for line in text.splitlines() if columns(line) > WIDTH]
    assert too_wide == []
    assert not re.search(r"\b(nan|inf|None)\b", text)


@pytest.mark.parametrize("arguments", QUICK)
def test_text_fits_80_columns(
    arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check(shown(arguments, tmp_path, monkeypatch, capsys))


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [*PLANS, *LONG])
def test_text_of_plans_fits_80_columns(
    arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    check(shown(arguments, tmp_path, monkeypatch, capsys))


def test_the_help_of_every_command_fits_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import typer.main

    from wattscale.cli import app

    monkeypatch.setenv("COLUMNS", str(WIDTH))
    for name in ("", *typer.main.get_command(app).commands):  # type: ignore[attr-defined]
        with pytest.raises(SystemExit):
            main([name, "--help"] if name else ["--help"])
        assert max(map(columns, capsys.readouterr().out.splitlines())) <= WIDTH, name
