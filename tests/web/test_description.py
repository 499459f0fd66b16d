"""The description of the API names every route, status and shape; the other tests hold each answer against it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from described import Description, route_of

from wattscale.web import api, api_jobs, shapes

ALWAYS = {"400", "403", "408", "413", "422", "500", "503"}


def operations(client: Any) -> list[tuple[str, str, dict[str, Any]]]:
    paths = client.get("api/openapi.json").json()["paths"]
    return [(path, method, about) for path, all_ in paths.items() for method, about in all_.items()]


def test_every_operation_names_the_refusals_that_any_may_meet(client: Any) -> None:
    for path, method, about in operations(client):
        assert set(about["responses"]) >= ALWAYS, (path, method)


def test_every_answer_names_its_shape(client: Any) -> None:
    for path, _, about in operations(client):
        for status, answer in about["responses"].items():
            assert answer["content"], (path, status)
            for media, content in answer["content"].items():
                assert media != "application/json" or content.get("schema") or "export" in path, (path, status)
    assert "HTTPValidationError" not in client.get("api/openapi.json").text


def test_every_route_is_described(client: Any) -> None:
    known = {(path, method.upper()) for path, method, _ in operations(client)}
    routes = [*api.router.routes, *api_jobs.router.routes]
    assert {(r.path, method) for r in routes for method in r.methods} == known  # type: ignore[attr-defined]


def test_an_answer_that_is_not_described_is_found(url: str) -> None:
    request = httpx.Request("GET", f"{url}api/health")
    with Description(url) as described:
        for status, body in ((418, {"error": {"kind": "input", "message": "x"}}), (200, {"status": "well"}),
                             (503, {"error": {"kind": "odd", "message": "x"}})):  # fmt: skip
            with pytest.raises((AssertionError, ValueError)):
                described.check(httpx.Response(status, json=body, request=request))
        described.check(httpx.Response(503, json={"error": {"kind": "busy", "message": "x"}}, request=request))


def test_refusals_of_the_guard_have_the_shape_of_all_refusals(client: Any) -> None:
    refused = client.post("api/plan", json={}, headers={"origin": "http://elsewhere.example"})
    assert shapes.Error.model_validate(refused.json()).error.kind == "refused"
    assert route_of("POST", "/api/plan") is not None


def test_a_way_of_asking_that_there_is_not_is_refused_in_the_same_shape(client: Any) -> None:
    assert shapes.Error.model_validate(client.request("DELETE", "api/plan").json()).error.kind == "refused"
    assert shapes.Error.model_validate(client.get("api/no-such-route").json()).error.kind == "not-found"
