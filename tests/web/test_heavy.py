"""Plans of minutes become jobs, from every route that needs them; nothing heavy stops the others."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from described import Description
from lane_work import ENDLESS, work_that_may_never_end
from waiting import eventually

from wattscale.chain import plan
from wattscale.result import Plan
from wattscale.web import api_jobs
from wattscale.web.answers import LEFT
from wattscale.web.asks import Ask, scenario_of
from wattscale.web.heavy import heavy_fields, key_of, lightened
from wattscale.web.heavy_jobs import PLANS, keep
from wattscale.web.job_store import RESULT, Job, JobStore, write_json
from wattscale.web.jobs import Jobs
from wattscale.web.kinds import CLAIM_PLANS
from wattscale.web.lanes import Lane
from wattscale.web.planner import Planner
from wattscale.web.settings import Limits, Settings
from wattscale.web.tasks import START_S, check_job

VERIFIED = {"supply.verify": True}
MANY = {"supply.solver_iterations": 200, "economics.discount_rate": 0.081}
BOMB = "a" + ".a" * 90_000 + " = 1"
"""A scenario file of one key with so many parts that reading it took a minute and gigabytes."""


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"supply.solver_iterations": 150}, []),
        ({"supply.solver_iterations": 151}, ["solver_iterations"]),
        ({"supply.verify": True}, ["verify"]),
        ({"supply.near_optimal_share": 0.02}, ["near_optimal_share"]),
        ({"supply.technologies": ["grid", "gas-engine"], "supply.unit_mw.gas-engine": 4}, ["unit_mw"]),
    ],
)
def test_what_makes_a_plan_long_is_known_before_it_is_made(changes: dict[str, Any], found: list[str]) -> None:
    scenario = scenario_of(Ask(changes=changes))
    assert heavy_fields(scenario) == found
    assert heavy_fields(lightened(scenario)) == []


def wait_for(client: Any, job_id: str, seconds: float = 60) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = str(client.get(f"api/jobs/{job_id}").json()["state"])
        if state not in ("queued", "running"):
            return state
        time.sleep(0.1)
    return "waiting"


@pytest.mark.slow
def test_a_plan_of_minutes_is_a_job_and_then_an_answer(client: Any) -> None:
    ask = {"changes": MANY}
    assert client.post("api/preview", json=ask).json()["preview"] is True
    taken = client.post("api/sources", json=ask)
    assert taken.status_code == 202
    job = taken.json()["job"]
    same = [client.post("api/plan", json=ask), client.post("api/export/plan.json", json=ask)]
    assert [each.json()["job"]["id"] for each in same] == [job["id"]] * 2
    assert wait_for(client, job["id"]) == "done"
    made = client.post("api/plan", json={**ask, "charts": ["pue_by_month"]})
    assert made.status_code == 200
    figures = made.json()["figures"]
    assert set(made.json()["charts"]) == {"pue_by_month"}
    assert made.json()["preview"] is False
    assert client.get(f"api/jobs/{job['id']}").json()["result"]["view"]["figures"] == figures
    exported = client.post("api/export/plan.json", json=ask)
    assert "plan.json" in exported.headers["content-disposition"]
    values = {name: f["value"] for name, f in json.loads(exported.content)["figures"].items()}
    assert {name: f["value"] for name, f in figures.items()} == values
    assert client.post("api/sources", json=ask).json()[0]["source"]


@cache
def campus() -> Plan:
    return plan(scenario_of(Ask()))


def done_job(folder: Path, kind: str, *asks: dict[str, Any]) -> Job:
    """Put a job of plans of minutes into the folder, done; its plans are of less, which is as good for what is held."""
    key = key_of(*(scenario_of(Ask(changes=each)) for each in asks))
    store = JobStore(folder)
    job = store.add(kind, kind, {"preset": "first-campus", "changes": {}}, {"key": key})
    keep(store.path(job.id), [campus() for _ in asks])
    write_json(store.path(job.id) / RESULT, {})
    return store.save(replace(job, state="done"))


def widths(charts: Any) -> list[int]:
    specs = charts.values() if isinstance(charts, dict) else [each["spec"] for each in charts]
    return [spec["width"] for spec in specs]


@pytest.mark.slow
def test_charts_of_a_job_are_as_wide_as_each_request_asks(server: Callable[..., Any], jobs_folder: Path) -> None:
    """All had the width of the request that had come first, or of none: /sources and /export take jobs as well."""
    done_job(jobs_folder, "plan", VERIFIED)
    done_job(jobs_folder, "compare", VERIFIED, {})
    plans = [{"changes": VERIFIED}, {}]
    with server(jobs=jobs_folder) as url, httpx.Client(base_url=url, timeout=60) as client:
        for wide in (320, 720):
            sizes = {"width": wide, "half_width": wide}
            one = client.post("api/plan", json={"changes": VERIFIED, "charts": ["pue_by_month"], **sizes}).json()
            light = client.post("api/plan", json={"charts": ["pue_by_month"], **sizes}).json()
            assert one["charts"] == light["charts"]
            assert widths(one["charts"]) == [wide]
            several = client.post("api/compare", json={"plans": plans, **sizes}).json()
            assert set(widths(several["charts"])) == {wide}


class Gone:
    """What a plan of another version may hold."""

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (Path, "no such thing")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no plans": lambda folder: (folder / PLANS).unlink(),
    "half the plans": lambda folder: (folder / PLANS).write_bytes((folder / PLANS).read_bytes()[:1000]),
    "a byte of the plans": lambda folder: (folder / PLANS).write_bytes((folder / PLANS).read_bytes()[:-1] + b"x"),
    "classes that are not there": lambda folder: keep(folder, [Gone()]),  # type: ignore[list-item]
}


@pytest.mark.slow
def test_a_job_whose_plans_are_damaged_is_done_again(server: Callable[..., Any], jobs_folder: Path) -> None:
    """Every route answered 500 until the job was forgotten."""
    ask, known = {"changes": VERIFIED}, set()
    with server(jobs=jobs_folder) as url, httpx.Client(base_url=url, timeout=60) as client:
        for what, damage in DAMAGES.items():
            old = done_job(jobs_folder, "plan", VERIFIED)
            assert client.post("api/sources", json=ask).status_code == 200, what
            damage(jobs_folder / old.id)
            known.add(old.id)
            taken = [client.post(f"api/{path}", json=ask) for path in ("plan", "sources", "export/plan.json")]
            assert [each.status_code for each in taken] == [202] * 3, what
            new = {each.json()["job"]["id"] for each in taken}
            assert len(new) == 1, what
            assert not new & known, what
            client.post(f"api/jobs/{new.pop()}/cancel")


@pytest.mark.slow
def test_a_job_with_a_damaged_result_is_answered(server: Callable[..., Any], jobs_folder: Path) -> None:
    job = done_job(jobs_folder, "plan", VERIFIED)
    path = jobs_folder / job.id / RESULT
    with server(jobs=jobs_folder) as url, httpx.Client(base_url=url, timeout=60) as client:
        for text in ("", "{", "[]", "null"):
            path.write_text(text)
            assert client.get(f"api/jobs/{job.id}").json()["result"] is None, text
            assert client.post("api/plan", json={"changes": VERIFIED}).status_code == 200, text
        path.unlink()
        assert client.get(f"api/jobs/{job.id}").json()["result"] is None


@pytest.mark.slow
def test_plans_of_minutes_are_compared_by_a_job(client: Any) -> None:
    plans = [{"changes": {"name": "A"}}, {"changes": {**MANY, "name": "B"}}]
    taken = client.post("api/compare", json={"plans": plans})
    assert taken.status_code == 202
    assert taken.json()["job"]["kind"] == "compare"
    assert wait_for(client, taken.json()["job"]["id"]) == "done"
    assert client.post("api/compare", json={"plans": plans}).json()["names"] == ["A", "B"]


def test_a_read_only_server_says_that_a_plan_of_minutes_needs_a_job(
    server: Callable[..., Any], jobs_folder: Path
) -> None:
    with server(jobs=jobs_folder, read_only=True) as url, httpx.Client(base_url=url, timeout=60) as client:
        refused = client.post("api/plan", json={"changes": VERIFIED})
        assert refused.status_code == 403
        assert "a check by a second solver" in refused.json()["error"]["message"]
        assert client.post("api/preview", json={"changes": VERIFIED}).status_code == 200


@pytest.fixture
def endless(server: Callable[..., Any], jobs_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A server whose tasks never end where the word is in what is asked."""
    monkeypatch.setattr("wattscale.web.answers.Lane", partial(Lane, target=work_that_may_never_end))

    @contextmanager
    def made(**limits: Any) -> Iterator[Any]:
        of = Limits(**({"at_once": 1, "long_after_s": 0.2, "long_at_once": 2, "grace_s": 0.1} | limits))
        with (
            server(jobs=jobs_folder, plans=of, previews=of) as url,
            Description(url) as described,
            httpx.Client(base_url=url, timeout=120, event_hooks=described.hooks) as client,
        ):
            yield client

    return made


NAMED = {"changes": {"name": ENDLESS}}
FILE = {"text": f'name = "{ENDLESS}"'}
ASKS: dict[str, dict[str, Any]] = {
    "plan": NAMED, "preview": NAMED, "sources": NAMED, "compare": {"plans": [NAMED, {}]}, "export/plan.json": NAMED,
    "scenario": FILE, "commands": NAMED, "jobs/estimate": {**NAMED, "kind": "claims"},
    "jobs": {**NAMED, "kind": "claims"},
}  # fmt: skip
"""What never ends, for every route that works something out."""


@pytest.mark.slow
def test_every_route_that_works_something_out_is_answered_when_the_time_is_up(endless: Callable[..., Any]) -> None:
    with endless(seconds=0.4) as client:
        told = {path: client.post(f"api/{path}", json=body).status_code for path, body in ASKS.items()}
    assert told == dict.fromkeys(ASKS, 504)


def test_a_scenario_file_with_a_key_of_very_many_parts_is_refused_in_words(client: Any) -> None:
    answer = client.post("api/scenario", json={"text": BOMB})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_a_deeply_nested_scenario_file_is_refused_in_words(client: Any) -> None:
    answer = client.post("api/scenario", json={"text": "a = " + "[" * 50_000})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_a_deeply_nested_body_is_refused_in_words(client: Any) -> None:
    body = b'{"changes": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    answer = client.post("api/commands", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


def lanes(client: Any) -> Any:
    return client.get("api/health").json()["lanes"]


@pytest.mark.slow
def test_two_requests_that_never_end_stop_nobody_else(endless: Callable[..., Any]) -> None:
    """Health, previews, plans and short questions are answered while two of each lane never are."""
    with endless(seconds=600.0) as client:
        started = [begun(client, f"api/{path}", body) for path, body in ASKS.items() if path in ("plan", "scenario")]
        more = {"changes": {"name": f"{ENDLESS} too"}}
        started += [begun(client, f"api/{path}", more) for path in ("sources", "preview")]
        assert eventually(lambda: {lane["long"] for lane in lanes(client).values()} == {2})
        for path in ("preview", "plan", "sources", "commands"):
            assert client.post(f"api/{path}", json={}).status_code == 200, path
        assert client.get("api/health").json()["status"] == "ok"
        assert {lane["long"] for lane in lanes(client).values()} == {2}
        for each in started:
            each.close()


def test_work_of_a_visitor_who_leaves_is_stopped(endless: Callable[..., Any]) -> None:
    with endless(seconds=600.0) as client:
        started = begun(client, "api/plan", NAMED)
        assert eventually(lambda: lanes(client)["plans"]["working"] == 1)
        started.close()
        assert eventually(lambda: lanes(client)["plans"]["working"] == 0)


@pytest.mark.parametrize("route", [api_jobs.estimate, api_jobs.submit])
def test_a_visitor_who_leaves_while_a_job_is_checked_is_no_defect(route: Any, tmp_path: Path) -> None:
    """The empty answer that nobody reads was read as JSON."""

    async def for_ever(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    async def left() -> dict[str, str]:
        return {"type": "http.disconnect"}

    settings = Settings(jobs=tmp_path)
    state = SimpleNamespace(
        settings=settings, jobs=Jobs(settings), lanes=SimpleNamespace(plans=SimpleNamespace(run=for_ever))
    )
    request = SimpleNamespace(app=SimpleNamespace(state=state), receive=left)
    assert asyncio.run(route(api_jobs.JobAsk(kind="claims"), request)).status_code == LEFT
    assert state.jobs.all() == []


def test_the_time_of_a_job_is_that_of_plans_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second estimate of the same scenario found the plan at hand, and said 4 s."""
    clock = [0.0]

    def slow(*_: Any, **__: Any) -> object:
        clock[0] += 2.0
        return object()

    monkeypatch.setattr("wattscale.web.planner.plan", slow)
    monkeypatch.setattr("wattscale.web.tasks.time.perf_counter", lambda: clock[0])
    planner, ask = Planner(), {"preset": "first-campus", "changes": {}}
    told = [json.loads(check_job(planner, ask, "claims", {}, 100).body)["seconds"] for _ in range(2)]
    assert told == [START_S + CLAIM_PLANS * 2.0] * 2


def begun(client: Any, path: str, body: dict[str, Any]) -> socket.socket:
    """Send a request and do not wait for the answer."""
    text = json.dumps(body).encode()
    made = socket.create_connection((client.base_url.host, client.base_url.port), timeout=10)
    head = f"POST /{path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    made.sendall(head.encode() + text)
    return made
