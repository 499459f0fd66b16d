"""Plans of minutes become jobs, from every route that needs them; nothing heavy stops the others."""

from __future__ import annotations

import json
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from described import Description

from wattscale.web.asks import Ask, scenario_of
from wattscale.web.heavy import heavy_fields, lightened
from wattscale.web.settings import Limits

VERIFIED = {"supply.verify": True}
MANY = {"supply.solver_iterations": 200, "economics.discount_rate": 0.081}
BOMB = "a" + ".a" * 90_000 + " = 1"
"""A scenario file of one key with so many parts that reading it takes a minute and gigabytes."""
SHORT = Limits(at_once=1, seconds=5.0, long_after_s=1.0, long_at_once=2, grace_s=0.1, memory_mb=3000)


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
    taken = client.post("api/plan", json=ask)
    assert taken.status_code == 202
    job = taken.json()["job"]
    same = [client.post("api/sources", json=ask), client.post("api/export/plan.json", json=ask)]
    assert [each.json()["job"]["id"] for each in same] == [job["id"]] * 2
    assert wait_for(client, job["id"]) == "done"
    made = client.post("api/plan", json={**ask, "charts": ["pue_by_month"]})
    assert made.status_code == 200
    figures = made.json()["figures"]
    assert set(made.json()["charts"]) == {"pue_by_month"}
    assert made.json()["preview"] is False
    exported = client.post("api/export/plan.json", json=ask)
    assert "plan.json" in exported.headers["content-disposition"]
    values = {name: f["value"] for name, f in json.loads(exported.content)["figures"].items()}
    assert {name: f["value"] for name, f in figures.items()} == values
    assert client.post("api/sources", json=ask).json()[0]["source"]


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


FOREVER = {
    "supply.technologies": [
        "grid", "solar", "wind", "wind-offshore", "battery", "long-duration-storage", "gas-turbine",
        "gas-combined-cycle", "gas-engine", "fuel-cell", "smr", "nuclear", "geothermal", "diesel",
    ],
    "supply.cfe_hourly_share": 0.97, "supply.clean_annual_share": 0.99,
}  # fmt: skip
"""A plan of more than half a minute, though nothing in it says so beforehand."""


@pytest.fixture(scope="module")
def short(server_of: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    jobs = tmp_path_factory.mktemp("short") / "jobs"
    with (
        server_of(jobs=jobs, plans=SHORT, previews=SHORT) as url,
        Description(url) as described,
        httpx.Client(base_url=url, timeout=30, event_hooks=described.hooks) as made,
    ):
        made.post("api/preview", json={})
        yield made


@pytest.mark.slow
def test_a_scenario_file_that_takes_a_minute_to_read_is_answered_within_the_limit(short: Any) -> None:
    start = time.monotonic()
    answer = short.post("api/scenario", json={"text": BOMB})
    assert time.monotonic() - start < 1.5 * SHORT.seconds
    assert answer.status_code in (422, 503, 504)
    assert answer.json()["error"]["message"]


def test_a_deeply_nested_scenario_file_is_refused_in_words(short: Any) -> None:
    answer = short.post("api/scenario", json={"text": "a = " + "[" * 50_000})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_a_deeply_nested_body_is_refused_in_words(short: Any) -> None:
    body = b'{"changes": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    answer = short.post("api/commands", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"]


@pytest.mark.slow
def test_two_requests_that_never_end_stop_nobody_else(short: Any) -> None:
    """Two long plans go on at once: health, previews and plans are answered meanwhile."""
    with httpx.Client(base_url=short.base_url, timeout=30) as other:
        started = [begun(short, "api/plan", {"changes": {**FOREVER, "name": str(n)}}) for n in range(2)]
        assert eventually(lambda: short.get("api/health").json()["lanes"]["plans"]["long"] == 2)
        told: list[tuple[str, int]] = []
        took: dict[str, list[float]] = {"api/health": [], "api/preview": [], "api/plan": []}
        for n in range(4):
            for path, times in took.items():
                start = time.monotonic()
                rate = {"changes": {"economics.discount_rate": 0.06 + n / 1000}}
                answer = other.get(path) if path == "api/health" else other.post(path, json=rate)
                times.append(time.monotonic() - start)
                told.append((path, answer.status_code))
        for each in started:
            each.close()
        assert {status for _, status in told} == {200}, told
        assert statistics.median(took["api/health"]) < 0.5
        assert max(took["api/preview"]) < SHORT.seconds


def test_work_of_a_visitor_who_leaves_is_stopped(short: Any) -> None:
    started = begun(short, "api/plan", {"changes": {**FOREVER, "name": "left"}})
    working = lambda: short.get("api/health").json()["lanes"]["plans"]["working"]  # noqa: E731
    assert eventually(lambda: working() >= 1)
    started.close()
    assert eventually(lambda: working() == 0, SHORT.seconds - 0.5)


def begun(client: Any, path: str, body: dict[str, Any]) -> socket.socket:
    """Send a request and do not wait for the answer."""
    text = json.dumps(body).encode()
    made = socket.create_connection((client.base_url.host, client.base_url.port), timeout=10)
    head = f"POST /{path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(text)}\r\n\r\n"
    made.sendall(head.encode() + text)
    return made


def eventually(is_so: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.05)
    return False
