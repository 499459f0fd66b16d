"""Holds answers against the description of the API: every status, media type and shape that occurs must be named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from pydantic import TypeAdapter
from starlette.routing import Match

from wattscale.web import api, api_jobs


class Description:
    """The description that a server gives of itself; complains at the answer that it does not name."""

    def __init__(self, url: str) -> None:
        self.paths: dict[str, Any] = {}
        self.client = httpx.Client(base_url=url, timeout=60)
        self.hooks: dict[str, list[Callable[..., Any]]] = {"response": [self.check]}

    def __enter__(self) -> Description:
        self.paths = self.client.get("api/openapi.json").json()["paths"]
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def check(self, answer: httpx.Response) -> None:
        """Hold one answer against the description."""
        route = route_of(answer.request.method, answer.request.url.path)
        if route is None:
            return
        named = self.paths[route.path][answer.request.method.lower()]["responses"]
        status, media = str(answer.status_code), answer.headers.get("content-type", "").partition(";")[0]
        assert status in named, f"{route.path} does not name status {status}"
        assert media in named[status]["content"], f"{route.path} does not name {media} for status {status}"
        if media == "application/json" and route.path != "/api/export/{kind}":
            answer.read()
            model = route.response_model if answer.is_success and status != "202" else None
            TypeAdapter(model or route.responses[int(status)]["model"]).validate_python(answer.json(), strict=False)


def route_of(method: str, path: str) -> Any:
    """Find the route of a request to the API."""
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    routes = [*api_jobs.router.routes, *api.router.routes]
    return next((each for each in routes if each.matches(scope)[0] is Match.FULL), None)
