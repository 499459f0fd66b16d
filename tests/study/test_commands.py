"""The commands that make many plans, and the lessons that use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import wattscale as ws
from wattscale.cli import main
from wattscale.cli_studies import Count
from wattscale.study import runner
from wattscale.study.levers import load_levers
from wattscale.study.store import Store
from wattscale.study.studyfile import load_study

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
STUDY = """
method = "sobol"
cases = 8
figures = ["economics.npv_usd"]
[[axis]]
key = "economics.tax_rate"
low = 0.0
high = 0.4
"""


def run(capsys, *words):
    with pytest.raises(SystemExit) as done:
        main([str(word) for word in words])
    told = capsys.readouterr()
    return done.value.code, told.out, told.err


def test_study_prints_keeps_and_resumes(capsys, tmp_path):
    (tmp_path / "s.toml").write_text(STUDY)
    code, out, _ = run(capsys, "study", tmp_path / "s.toml", "--out", tmp_path / "out")
    assert code == 0
    assert "8 cases (sobol), 0 failed" in out
    code, _, err = run(capsys, "study", tmp_path / "s.toml", "--out", tmp_path / "out")
    assert code == 2
    assert "--resume" in err
    code, out, _ = run(capsys, "study", tmp_path / "s.toml", "--out", tmp_path / "out", "--resume", "--json")
    assert code == 0
    assert json.loads(out)["figures"]["economics.npv_usd"]["n"] == 8
    assert json.loads(out)["drivers"]["economics.npv_usd"][0]["key"] == "economics.tax_rate"


def test_a_cancelled_study_says_where_its_finished_cases_are(capsys, tmp_path, monkeypatch):
    def cancelled(payload, job):
        if 5 in job:
            raise KeyboardInterrupt
        return run_job(payload, job)

    run_job = runner.run_job
    monkeypatch.setattr(runner, "run_job", cancelled)
    (tmp_path / "s.toml").write_text(STUDY)
    code, _, err = run(capsys, "study", tmp_path / "s.toml", "--out", tmp_path / "out")
    assert code == 1
    assert "--resume goes on" in err
    monkeypatch.undo()
    assert len(Store(tmp_path / "out").done()) == 5
    code, out, _ = run(capsys, "study", tmp_path / "s.toml", "--out", tmp_path / "out", "--resume")
    assert "8 cases" in out


def test_levers_prints_text_and_json(capsys):
    code, out, _ = run(capsys, "levers", "--only", "headroom, consolidate", "--json")
    assert code == 0
    found = json.loads(out)
    assert [lever["name"] for lever in found["levers"]] == ["headroom", "consolidate"]
    code, out, _ = run(capsys, "levers", "--only", "headroom")
    assert code == 0
    assert "Shapley" in out


def test_sites_prints_text_and_json(capsys):
    words = ("sites", "--sites", "us_nova,ca_montreal", "--weight", "carbon=3", "--limit", "facility.pue<=1.5")
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert out.index("ca_montreal") < out.index("us_nova")
    code, out, _ = run(capsys, *words, "--json")
    assert json.loads(out)["places"][0]["name"] == "ca_montreal"
    code, out, _ = run(capsys, *words, "--split", "--json")
    assert set(json.loads(out)) == {"training", "serving"}


def test_claims_prints_text_and_json(capsys):
    code, out, _ = run(capsys, "claims", "--id", 3)
    assert code == 0
    assert out.startswith("3. ")
    code, out, _ = run(capsys, "claims", "--id", 3, "--json")
    assert json.loads(out)[0]["id"] == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("study", "nowhere.toml"), "no such file"),
        (("study", EXAMPLES / "04_how_sure_study.toml", "--resume"), "Add --out"),
        (("study", EXAMPLES / "01_first_campus.toml"), "unknown key"),
        (("levers", "--only", "precison"), "Did you mean 'precision'"),
        (("levers", "--levers", "nowhere.toml"), "no such file"),
        (("sites", "--sites", "nowhere.csv"), "no such file"),
        (("sites", "--sites", "us_nov"), "us_nova"),
        (("sites", "--sites", "us_nova", "--limit", "pue"), "figure<=value"),
        (("sites", "--sites", "us_nova", "--weight", "carbon"), "name=number"),
        (("sites", "--sites", "us_nova", "--limit", "facility.pue<=1"), "no place passes"),
        (("claims", "--id", "999"), "999"),
    ],
)
def test_wrong_words_end_with_code_2_and_the_remedy(capsys, words, told):
    code, out, err = run(capsys, *words)
    assert code == 2
    assert told in err
    assert "Traceback" not in err
    assert out == ""


def test_progress_is_told_after_a_second_with_the_time_left(capsys):
    count = Count("cases")
    count.tick(1, 10)
    assert capsys.readouterr().err == ""
    count.said -= 2
    count.tick(5, 10, 2.5)
    assert capsys.readouterr().err == "5/10 cases, 2.5 a second, about 2 s left\n"


def test_the_lesson_on_uncertainty_is_a_study_that_runs():
    study = load_study(EXAMPLES / "04_how_sure_study.toml")
    assert len(study) == 500
    assert study.case(499).catalog != study.case(0).catalog


@pytest.mark.slow
def test_the_lesson_on_own_levers_saves_as_it_says():
    scenario = ws.load(EXAMPLES / "02_cold_inference.toml")
    found = ws.study_levers(scenario, EXAMPLES / "05_own_levers.toml")
    assert [lever.name for lever in found.levers] == [x.name for x in load_levers(EXAMPLES / "05_own_levers.toml")]
    assert all(found.alone[lever.name]["cost_usd_per_year"] > 0 for lever in found.levers)


def test_the_front_door_takes_tables_names_and_places():
    assert ws.run_study({"axis": [{"key": "economics.tax_rate", "values": [0.0, 0.2]}]}).summary["cases"] == 2
    assert ws.study_levers(ws.load(), ["headroom"]).levers[0].name == "headroom"
    assert ws.rank_sites(ws.load(), ["us_nova"]).places[0].name == "us_nova"
    assert ws.evaluate_claims(ws.load(), [3])[0].id == 3
