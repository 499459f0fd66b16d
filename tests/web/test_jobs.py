"""Jobs: taken, followed, cancelled, kept over a restart."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from wattscale.errors import InputError
from wattscale.web.asks import Ask, scenario_of
from wattscale.web.job_store import RESULT, JobStore, NoSuchJobError, write_json
from wattscale.web.kinds import available, check

STUDY = {
    "kind": "study",
    "options": {"cases": 6, "axes": [{"key": "economics.discount_rate", "low": 0.05, "high": 0.12}],
                "figures": ["economics.tco_usd_per_year"]},
}  # fmt: skip
DEAD = 2**22 + 12345
"""A process id beyond what the system hands out."""


def wait_for(client: Any, job_id: str, states: tuple[str, ...], seconds: float = 60) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job: dict[str, Any] = client.get(f"api/jobs/{job_id}").json()
        if job["state"] in states:
            return job
        time.sleep(0.1)
    raise AssertionError(f"job is still {job['state']}")


@pytest.mark.slow
def test_a_study_runs_with_progress_and_gives_the_same_figures_as_the_package(client: Any) -> None:
    from wattscale.study.front import run_study
    from wattscale.study.studyfile import study_of
    from wattscale.web.options import StudyOptions

    assert "study" in available()
    job = client.post("api/jobs", json=STUDY).json()
    assert job["state"] == "queued"
    assert job["estimate_s"] > 0
    seen = []
    with client.stream("GET", f"api/jobs/{job['id']}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line[6:])["state"])
    assert seen[-1] == "done"
    done = client.get(f"api/jobs/{job['id']}").json()
    own = run_study(study_of(StudyOptions.of(STUDY["options"]).table(), scenario_of(Ask())))  # type: ignore[arg-type]
    name = "economics.tco_usd_per_year"
    assert done["result"]["figures"][name]["p50"] == pytest.approx(own.summary["figures"][name]["p50"], rel=1e-12)
    assert done["charts"]


@pytest.mark.slow
def test_a_job_can_be_cancelled(client: Any) -> None:
    job = client.post("api/jobs", json={"kind": "levers"}).json()
    wait_for(client, job["id"], ("running",))
    assert client.post(f"api/jobs/{job['id']}/cancel").json()["state"] == "cancelled"
    assert client.get(f"api/jobs/{job['id']}").json()["state"] == "cancelled"


@pytest.mark.slow
def test_after_a_restart_finished_jobs_are_there_and_unfinished_ones_can_run_again(
    server: Callable[..., Any], jobs_folder: Path
) -> None:
    store = JobStore(jobs_folder)
    plain = {"preset": "first-campus", "changes": {}}
    done = store.add("study", "Uncertainty", plain, STUDY["options"])  # type: ignore[arg-type]
    store.save(replace(done, state="done", owner=DEAD))
    write_json(store.path(done.id) / RESULT, {"figures": {}, "cases": 6})
    running = store.add("study", "Uncertainty", plain, STUDY["options"])  # type: ignore[arg-type]
    store.save(replace(running, state="running", owner=DEAD))
    with server(jobs=jobs_folder) as url, httpx.Client(base_url=url, timeout=60) as client:
        states = {job["id"]: job["state"] for job in client.get("api/jobs").json()}
        assert states == {done.id: "done", running.id: "interrupted"}
        assert client.get(f"api/jobs/{done.id}").json()["result"]["cases"] == 6
        again = client.post(f"api/jobs/{running.id}/again")
        assert again.status_code == 201
        assert wait_for(client, again.json()["id"], ("done", "failed"))["state"] == "done"


def test_a_job_whose_server_is_stopped_is_marked(server: Callable[..., Any], jobs_folder: Path) -> None:
    with server(jobs=jobs_folder) as url, httpx.Client(base_url=url, timeout=60) as client:
        job = client.post("api/jobs", json={"kind": "claims"}).json()
    assert JobStore(jobs_folder).get(job["id"]).state == "interrupted"


@pytest.mark.parametrize("job_id", ["0" * 16, "..", "../../etc", "ABCDEF0123456789", ""])
def test_an_id_that_is_not_one_reaches_no_path(tmp_path: Path, job_id: str) -> None:
    with pytest.raises(NoSuchJobError):
        JobStore(tmp_path).path(job_id)


def test_a_job_that_is_not_there_is_404(client: Any) -> None:
    assert client.get("api/jobs/0123456789abcdef").status_code == 404


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("nonsense", {}, "no such kind of job"),
        ("levers", {"names": ["nonsense"]}, "no such lever"),
        ("study", {"cases": 10**6, "axes": []}, "more than one study may have"),
        ("study", {"axes": [{"key": "site.weather", "low": 0, "high": 1}]}, "cannot be varied here"),
        ("study", {"axes": [{"key": "workload.model", "low": 0, "high": 1}]}, "cannot be varied here"),
        ("study", {"folder": "/etc"}, "xtra"),
        ("study", {"figures": ["facility.pju"], "axes": [{"key": "site.warming_c", "low": 0, "high": 1}]}, "figure"),
        ("claims", {"file": "/etc/passwd"}, "unknown option"),
    ],
)
def test_a_job_is_checked_before_it_starts(kind: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        check(kind, scenario_of(Ask()), options, max_cases=5000)


def test_shares_of_an_outlook_stand_in_per_cent_and_plain_numbers_without_a_letter():
    from wattscale.web.job_charts import FANS, fan

    def drawn(name, unit, high):
        figure = {"title": "A figure", "unit": unit, "years": {"2030": {"low": 0.0, "value": high / 2, "high": high}}}
        spec = fan({"outlook": "Base", "draws": 16, "figures": {name: figure}}, name)
        return spec["layer"][0]["encoding"]["y"]["axis"]["format"]

    assert drawn("outlook.unmet_share", "1", 0.2) == ".0%"
    assert drawn("outlook.co2_mt", "Mt/year", 900.0) == ",~r"
    assert drawn("outlook.permanent_jobs", "job", 800_000.0) == "~s"
    assert "outlook.water_km3" in FANS
