"""Going on with a study after something it rests on has changed: told and refused, never mixed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.study import runner
from wattscale.study.front import run_study, study_levers
from wattscale.study.levers import Lever
from wattscale.study.runner import study_identity
from wattscale.study.studyfile import load_study

sys.path.insert(0, str(Path(__file__).parents[1] / "contents"))
from rewritten import KINDS, rewrite, scenario_with

MEAN = "site.mean_price_usd_per_mwh"


def write_study(folder, key):
    """Study file beside a scenario that names a file of a kind."""
    import tomli_w

    tables, path, content = scenario_with(key, folder)
    path.write_bytes(content(False))
    (folder / "base.toml").write_text(tomli_w.dumps(tables))
    (folder / "study.toml").write_text(
        f'scenario = "base.toml"\nfigures = ["{MEAN}"]\n[[axis]]\nkey = "site.elevation_m"\nvalues = [10, 20, 30]\n'
    )
    return folder / "study.toml", path, content


@pytest.mark.slow
@pytest.mark.parametrize("key", KINDS)
def test_a_study_is_another_one_when_a_file_it_reads_holds_something_else(tmp_path, key):
    study, path, content = write_study(tmp_path, key)
    out = tmp_path / "out"
    run_study(study, out)
    rewrite(path, content(True))
    with pytest.raises(InputError, match=rf"another study: another content of a file \({key}") as told:
        run_study(study, out, resume=True)
    assert "Choose another folder" in str(told.value)
    rewrite(path, content(False))
    assert len(run_study(study, out, resume=True).cases) == 3


def test_a_study_begun_at_50_and_resumed_at_90_mixes_nothing(tmp_path, monkeypatch):
    study, path, content = write_study(tmp_path, "site.prices")
    ran = runner.run_case

    def killed_after_two(study, index, cache, payload):
        if index == 2:
            raise KeyboardInterrupt
        return ran(study, index, cache, payload)

    monkeypatch.setattr(runner, "run_case", killed_after_two)
    with pytest.raises(KeyboardInterrupt):
        run_study(study, tmp_path / "out")
    monkeypatch.setattr(runner, "run_case", ran)
    rewrite(path, content(True))
    with pytest.raises(InputError, match=r"site\.prices"):
        run_study(study, tmp_path / "out", resume=True)
    assert run_study(study).cases[MEAN].tolist() == pytest.approx([90.0] * 3)


def test_a_file_that_changes_while_a_study_runs_ends_it(tmp_path):
    study, path, content = write_study(tmp_path, "site.prices")
    loaded = load_study(study)
    before = runner.contents_of(loaded.files)

    def change(done, total, rate):
        rewrite(path, content(True))

    with pytest.raises(InputError, match=r"site\.prices.*holds something else than when the study began"):
        run_study(loaded, tmp_path / "out", tick=change)
    rewrite(path, content(False))
    assert runner.contents_of(loaded.files) == before
    assert run_study(loaded, tmp_path / "out", resume=True).cases[MEAN].tolist() == pytest.approx([50.0] * 3)


@pytest.mark.slow
def test_a_worker_whose_file_holds_something_else_ends_the_study(tmp_path, monkeypatch):
    """As on a cluster, where the same path may lie on another disk."""
    study, path, content = write_study(tmp_path, "site.prices")
    loaded = load_study(study)
    before = runner.contents_of(loaded.files)
    rewrite(path, content(True))
    monkeypatch.setattr(runner, "contents_of", lambda files: before)
    with pytest.raises(InputError, match=r"site\.prices.*holds something else than when the study began"):
        run_study(loaded, tmp_path / "out", workers=2)
    assert not list((tmp_path / "out").glob("part-*"))


@pytest.mark.slow
def test_plans_that_are_compared_rest_on_the_same_files(tmp_path):
    """Levers, places and weak figures are differences of plans; prices of 50 in one and 90 in another say nothing."""
    tables, path, content = scenario_with("site.prices", tmp_path)
    path.write_bytes(content(False))
    lever = Lever("warm", "Warmer supply", {"facility.cooling": "chiller"})

    def change(done, total):
        rewrite(path, content(True))

    with pytest.raises(InputError, match=r"site\.prices.*holds something else than when the first plan was made"):
        study_levers(load_scenario(tables), [lever], tick=change)


def test_files_on_an_axis_lie_beside_the_study_and_count_by_what_they_hold(tmp_path):
    content = KINDS["site.prices"][1]
    for name, second in (("low.csv", False), ("high.csv", True)):
        (tmp_path / name).write_bytes(content(second))
    (tmp_path / "study.toml").write_text(
        f'figures = ["{MEAN}"]\n[[axis]]\nkey = "site.prices"\nvalues = ["low.csv", "high.csv"]\n'
    )
    study = load_study(tmp_path / "study.toml")
    told = study_identity(study, runner.contents_of(study.files))
    assert run_study(study).cases[MEAN].tolist() == pytest.approx([50.0, 90.0])
    rewrite(tmp_path / "high.csv", content(False))
    assert study_identity(study, runner.contents_of(study.files)) != told


@pytest.mark.parametrize(
    ("name", "words"), [("VERSION", "another version of the package"), ("load_catalog", "another catalogue")]
)
def test_another_package_or_catalogue_is_another_study(tmp_path, monkeypatch, name, words):
    study = load_study({"figures": [MEAN], "axis": [{"key": "site.elevation_m", "values": [10]}]})
    run_study(study, tmp_path / "out")
    changed = runner.load_catalog().with_overrides({"dc_costs/life.plant": 16.0})
    monkeypatch.setattr(runner, name, "9.9" if name == "VERSION" else lambda: changed)
    with pytest.raises(InputError, match=words):
        run_study(study, tmp_path / "out", resume=True)
