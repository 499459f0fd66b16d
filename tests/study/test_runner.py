"""Running studies: the same results whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from wattscale.chain import walk
from wattscale.errors import InputError, WattscaleError
from wattscale.stagecache import ENTRIES_PER_STAGE, StageCache
from wattscale.study import runner
from wattscale.study.front import run_study
from wattscale.study.runner import Payload, run_case
from wattscale.study.studyfile import load_study

sys.path.insert(0, str(Path(__file__).parent))
from studies import FAST, same_but_timings

CODE = """
import sys, json
from wattscale.study.front import run_study
if __name__ == "__main__":
    run_study(json.loads(sys.argv[1]), sys.argv[2], resume=True)
"""


@pytest.fixture(scope="module")
def undisturbed():
    return run_study(FAST)


def test_a_row_holds_what_was_changed_the_figures_and_where_they_come_from(undisturbed):
    row = undisturbed.cases.iloc[7]
    study = load_study(FAST)
    chain = walk(study.case(7), "economics")
    value = chain.results["economics"].figures["npv_usd"]
    assert row["economics.npv_usd"] == pytest.approx(value[0], rel=1e-12)
    assert row["economics.project_years"] == study.changes(7)["economics.project_years"]
    assert row["status"] == "done"
    assert row["seed"] == 1
    assert {"version", "catalog", "case_id", "finished_utc", "seconds", "seconds_economics"} <= set(row.index)


@pytest.mark.slow
def test_two_workers_give_the_same_results_as_one(undisturbed):
    found = run_study({**FAST}, workers=2)
    pd.testing.assert_frame_equal(same_but_timings(found.cases), same_but_timings(undisturbed.cases))


@pytest.mark.slow
def test_a_study_killed_at_random_moments_and_resumed_ends_with_the_same_results(tmp_path):
    moments, folder, longer = random.Random(1), tmp_path / "out", {**FAST, "cases": 300}
    command = [sys.executable, "-c", CODE, json.dumps(longer), str(folder)]
    killed = 0
    for _ in range(3):
        parts = len(list(folder.glob("part-*")))
        process = subprocess.Popen(command)
        while process.poll() is None and len(list(folder.glob("part-*"))) == parts:
            time.sleep(0.01)
        time.sleep(moments.random() * 0.1)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed >= 2
    found = run_study(longer, folder, resume=True)
    pd.testing.assert_frame_equal(same_but_timings(found.cases), same_but_timings(run_study(longer).cases))


@pytest.mark.slow
def test_two_runs_into_one_folder_do_not_corrupt_it(tmp_path, undisturbed):
    command = [sys.executable, "-c", CODE, json.dumps(FAST), str(tmp_path / "out")]
    runs = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in runs] == [0, 0]
    found = run_study(FAST, tmp_path / "out", resume=True)
    pd.testing.assert_frame_equal(same_but_timings(found.cases), same_but_timings(undisturbed.cases))


def test_cases_that_fail_are_listed_with_their_cause_and_the_others_go_on(monkeypatch):
    axis = [
        {"key": "site.name", "values": ["us_nova", "atlantis"]},
        {"key": "economics.tax_rate", "values": [0.0, 0.1]},
    ]
    found = run_study({"axis": axis, "figures": ["economics.npv_usd"]})
    assert found.cases["status"].tolist() == ["done", "done", "failed", "failed"]
    assert found.summary["failed"]["cases"] == 2
    assert "atlantis" in found.summary["failed"]["causes"][0]["cause"]
    assert "2 failed" in found.text()
    assert "atlantis" in found.text()


def test_a_defect_that_one_case_meets_does_not_end_the_others(monkeypatch):
    def broken(scenario, *rest, **named):
        raise ZeroDivisionError("division by zero")

    study = load_study(FAST)
    monkeypatch.setattr(runner, "walk", broken)
    row = run_case(study, 0, StageCache(), Payload(study, "x", "y"))
    assert (row["status"], row["cause"]) == ("failed", "ZeroDivisionError: division by zero")


@pytest.mark.slow
def test_quantiles_of_a_linear_case_are_the_closed_form_within_their_error():
    # Revenue is price x tokens of the year: uniform between the ends.
    axis = [{"key": "economics.price_per_mtok_usd", "low": 10.0, "high": 20.0, "distribution": "uniform"}]
    name = "economics.revenue_usd_per_year"
    found = run_study({"method": "monte-carlo", "cases": 200, "seed": 3, "axis": axis, "figures": [name]})
    ends = [
        run_study({"axis": [{"key": "economics.price_per_mtok_usd", "values": [p]}], "figures": [name]}).cases[name][0]
        for p in (10.0, 20.0)
    ]
    s = found.summary["figures"][name]
    for key, q in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
        assert s[key] == pytest.approx(ends[0] + q * (ends[1] - ends[0]), abs=3 * s[f"{key}_error"])
    assert s["mean"] == pytest.approx(sum(ends) / 2, abs=3 * s["mean_error"])
    assert s["p50_error"] == pytest.approx(0.5 * (ends[1] - ends[0]) / np.sqrt(200), rel=0.5)


def test_what_drives_a_figure_is_named_and_what_stands_still_is_not():
    axis = [*FAST["axis"][:1], {"key": "economics.debt_rate", "low": 0.05, "high": 0.08}]
    figures = ["economics.npv_usd", "facility.pue"]
    found = run_study({"method": "sobol-indices", "cases": 64, "axis": axis, "figures": figures})
    first = found.summary["drivers"]["economics.npv_usd"][0]
    assert first["key"] == "economics.price_per_mtok_usd"
    assert first["st"] == pytest.approx(1.0, abs=0.1)
    assert found.summary["drivers"]["facility.pue"] == []
    found = run_study({"method": "morris", "cases": 12, "axis": axis, "figures": figures})
    assert found.summary["drivers"]["economics.npv_usd"][0]["key"] == "economics.price_per_mtok_usd"


def test_correlation_of_the_axes_is_that_asked_in_the_cases_run():
    keys = [axis["key"] for axis in FAST["axis"][:2]]
    found = run_study({**FAST, "correlation": [{"keys": keys, "spearman": 0.9}]})
    assert stats.spearmanr(found.cases[keys[0]], found.cases[keys[1]]).statistic == pytest.approx(0.9, abs=0.06)


def test_time_is_told_by_stage(undisturbed):
    stages, cases = undisturbed.summary["stages"], undisturbed.cases
    assert sum(share for name, share in stages.items() if name != "seconds") == pytest.approx(1.0)
    assert stages["seconds"] == pytest.approx(cases["seconds"].sum(), abs=0.001)
    for stage in ("supply", "economics"):
        assert stages[stage] == pytest.approx(cases[f"seconds_{stage}"].sum() / cases["seconds"].sum())
    ran = cases[[f"seconds_{stage}" for stage in ("facility", "supply", "economics")]] > 0
    assert ran.sum().tolist() == [1, 1, len(cases)], "only money varies: the stages before it run once"


def test_progress_counts_up_to_all_cases():
    seen = []
    run_study({**FAST, "cases": 10}, tick=lambda done, total, rate: seen.append((done, total, rate > 0)))
    assert seen[-1] == (10, 10, True)
    assert [done for done, *_ in seen] == sorted(done for done, *_ in seen)


def test_threads_of_one_worker_do_not_get_in_each_others_way(undisturbed):
    study = load_study(FAST)
    payload = Payload(study, runner.study_identity(study, {}), "")
    jobs = [range(start, start + 15) for start in range(0, 60, 15)]
    with ThreadPoolExecutor(4) as pool:
        rows = [row for found in pool.map(lambda job: runner.run_job(payload, job), jobs) for row in found]
    assert [r["economics.npv_usd"] for r in rows] == undisturbed.cases["economics.npv_usd"].tolist()


def test_no_worker_is_refused():
    with pytest.raises(InputError, match="--workers"):
        run_study(FAST, workers=0)


def test_the_stage_cache_stays_bounded():
    study, cache = load_study({**FAST, "cases": 100}), StageCache()
    payload = Payload(study, "x", "y")
    for index in range(ENTRIES_PER_STAGE + 10):
        run_case(study, index, cache, payload)
    assert max(len(kept) for kept in cache.stages.values()) == ENTRIES_PER_STAGE


@pytest.mark.slow
def test_a_million_cases_are_placed_and_handed_out_within_bounds():
    study = load_study({**FAST, "cases": 1_000_000, "method": "sobol"})
    assert study.changes(999_999).keys() == {axis["key"] for axis in FAST["axis"]}
    held = study.points.nbytes + sum(np.asarray(c).nbytes for c in study.columns.values())
    assert held < 50e6
    jobs = list(runner.job_list(1_000_000, set()))
    assert max(map(len, jobs)) == runner.LARGEST_JOB
    assert sum(map(len, jobs)) == 1_000_000


def test_figures_without_the_slow_extras_are_the_same_as_with_them():
    study = load_study(FAST)
    lean = walk(study.case(0), "impact", extras=False).results
    full = walk(study.case(0), "impact").results
    for stage in ("economics", "impact"):
        for name, value in lean[stage].figures.items():
            whole = full[stage].figures[name]
            centre = [v[0] if isinstance(v, tuple) else v for v in (value, whole)]
            assert centre[0] == pytest.approx(centre[1], rel=1e-12), name


def test_a_slow_figure_is_computed_when_asked_for():
    found = run_study(
        {**FAST, "cases": 1, "figures": ["economics.equity_irr", "economics.power_cost_cvar95_usd_per_year"]}
    )
    assert np.isfinite(found.cases["economics.power_cost_cvar95_usd_per_year"]).all()


def test_a_study_shows_itself_in_notebooks(undisturbed):
    assert "economics.npv_usd" in undisturbed._repr_html_()
    assert json.dumps(undisturbed.to_dict(), allow_nan=False)
    assert issubclass(InputError, WattscaleError)
