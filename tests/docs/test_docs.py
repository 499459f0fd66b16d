"""The docs name every command, field, figure and table, and their links lead somewhere."""

import importlib.util
import re
from pathlib import Path

import pytest
import typer

from wattscale.cli import app
from wattscale.scenario.load import load_scenario, parse_setting

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]


def builder():
    spec = importlib.util.spec_from_file_location("build_reference", ROOT / "docs" / "build_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["scenario.md", "figures.md", "catalog.md"])
def test_generated_reference_is_up_to_date(name):
    module = builder()
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == module.PAGES[name](), "run: python docs/build_reference.py"


def test_the_figures_of_the_readme_are_those_of_the_built_in_plan():
    assert (ROOT / "README.md").read_text(encoding="utf-8") == builder().readme(), "run: python docs/build_reference.py"


def test_every_command_is_in_the_reference():
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    for command in typer.main.get_command(app).commands:
        assert f"`wattscale {command}" in page


def test_every_option_of_a_command_is_in_the_reference():
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    for name, command in typer.main.get_command(app).commands.items():
        line = next(line for line in page.splitlines() if line.startswith(f"| `wattscale {name}"))
        for parameter in command.params:
            for option in getattr(parameter, "opts", []):
                if option.startswith("--") and option != "--help":
                    assert option in line, f"{name} {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_settings_shown_in_the_docs_are_valid(page):
    text = page.read_text(encoding="utf-8")
    for quoted, bare in re.findall(r"--set (?:'([^']+)'|([\w.]+=[^\s`)]+))", text):
        setting = quoted or bare
        if setting.startswith("key="):
            continue
        assert parse_setting(setting)
        load_scenario(None, [setting])


def test_every_stage_has_a_method_page():
    for stage in ("workload", "compute", "site", "facility", "supply", "economics", "impact"):
        assert (ROOT / "docs" / "method" / f"{stage}.md").stat().st_size > 500
