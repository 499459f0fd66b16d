"""The front door: its names, and how light it is to open."""

import subprocess
import sys
from pathlib import Path

import wattscale as ws

HEAVY = ("numpy", "pandas", "scipy", "pydantic", "highspy", "fastapi")


def test_the_front_door_has_exactly_these_names():
    assert sorted(ws.__all__) == [
        "Patch", "WattscaleError", "__version__", "apply_patch", "catalog_table", "compare",
        "evaluate_claims", "explain", "load", "model", "plan", "rank_sites", "run_outlook", "run_study", "schema",
        "solve", "study_levers", "validate", "write",
    ]  # fmt: skip
    for name in ws.__all__:
        assert getattr(ws, name) is not None


def test_importing_the_command_line_loads_nothing_heavy():
    code = f"import sys, wattscale.cli; sys.exit(' '.join(m for m in {HEAVY} if m in sys.modules) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_help_fits_a_screen():
    done = subprocess.run([sys.executable, "-m", "wattscale", "--help"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 110
    assert "Example:" in done.stdout


def test_the_help_of_every_command_has_an_example_and_fits_a_screen():
    import typer.main
    from typer.testing import CliRunner

    from wattscale.cli import app

    for name in typer.main.get_command(app).commands:
        lines = CliRunner().invoke(app, [name, "--help"]).output.splitlines()
        assert f"Example: wattscale {name}" in " ".join(line.strip() for line in lines), name
        assert len(lines) <= 40


def test_no_module_is_longer_than_400_lines():
    for path in Path(ws.__file__).parent.rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path.name
