"""Limits of the server: size, hosts, sites, time, number, public mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx


def test_a_body_that_is_too_large_is_refused(client: Any) -> None:
    answer = client.post("api/plan", content=b" " * 300_000, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert "too large" in answer.json()["error"]["message"]


def test_a_body_that_grows_too_large_without_saying_so_is_refused(client: Any) -> None:
    answer = client.post(
        "api/plan", content=(b" " * 10_000 for _ in range(40)), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


def test_a_request_from_another_site_is_refused(client: Any) -> None:
    answer = client.post("api/plan", json={}, headers={"origin": "http://elsewhere.example"})
    assert answer.status_code == 403


def test_a_local_server_answers_to_its_own_names_alone(server: Callable[..., Any], jobs_folder: Path) -> None:
    with server(jobs=jobs_folder, allowed_hosts=("127.0.0.1",)) as url:
        assert httpx.get(url + "api/health").status_code == 200
        assert httpx.get(url + "api/health", headers={"host": "rebound.example"}).status_code == 400


def test_a_public_server_plans_but_takes_no_jobs_and_writes_nothing(
    server: Callable[..., Any], jobs_folder: Path
) -> None:
    with server(jobs=jobs_folder, read_only=True) as url, httpx.Client(base_url=url, timeout=60) as client:
        assert client.get("api/about").json()["jobs"] == []
        assert client.post("api/preview", json={}).status_code == 200
        for method, path in (("GET", "api/jobs"), ("POST", "api/jobs"), ("GET", "api/jobs/0123456789abcdef")):
            answer = client.request(method, path, json={"kind": "claims"} if method == "POST" else None)
            assert answer.status_code == 403
    assert not jobs_folder.exists()
