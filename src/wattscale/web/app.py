"""The web app: routes, limits, error answers and the page, put together.

In: `Settings`. Out: an ASGI app for uvicorn or any other server.
Leaves out: the routes themselves (api.py, api_jobs.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from wattscale.errors import InfeasibleError, InputError, WattscaleError
from wattscale.version import VERSION
from wattscale.web import api, api_jobs
from wattscale.web.api import error_body
from wattscale.web.api_jobs import ReadOnlyError
from wattscale.web.guard import HEADERS, Guard
from wattscale.web.jobs import Jobs, NoSuchJobError
from wattscale.web.planner import BusyError, Planner, TooSlowError
from wattscale.web.settings import Settings

PAGE = Path(str(files("wattscale.web"))) / "dist"
"""The built page."""
KEPT = "public, max-age=31536000, immutable"
"""Assets carry a hash in their name, so a browser may keep them."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Put the app together.

    Args:
        settings: Limits and folders; the defaults suit one person on one machine.
    """
    chosen = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.planner, app.state.jobs = Planner(chosen), Jobs(chosen)
        app.state.jobs.open()
        yield
        app.state.jobs.close()
        app.state.planner.close()

    app = FastAPI(
        title="Wattscale", version=VERSION, lifespan=lifespan, root_path=chosen.root_path,
        summary="Plan the energy infrastructure that large language models need.",
        docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
    )  # fmt: skip
    app.state.settings = chosen
    app.include_router(api.router)
    app.include_router(api_jobs.router)
    _add_errors(app)
    app.add_api_route("/", _index, methods=["GET"], include_in_schema=False)
    app.add_api_route("/{path:path}", _asset, methods=["GET"], include_in_schema=False)
    app.add_middleware(Guard, settings=chosen)
    return app


def _index() -> Response:
    return _file("index.html")


def _asset(path: str) -> Response:
    return _file(path)


def _file(name: str) -> Response:
    """Give a file of the built page; only names that are in it are found, so no other path can be reached."""
    if name not in _page_files():
        return JSONResponse(error_body("not-found", "no such page"), 404)
    kept = KEPT if name.startswith("assets/") else "no-cache"
    return FileResponse(PAGE / name, headers={"cache-control": kept})


def _page_files() -> frozenset[str]:
    return frozenset(p.relative_to(PAGE).as_posix() for p in PAGE.rglob("*") if p.is_file())


def _add_errors(app: FastAPI) -> None:
    def answer(status: int, kind: str, message: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
        return JSONResponse(error_body(kind, message, **more), status, headers)

    @app.exception_handler(InputError)
    def wrong_input(_: Request, error: InputError) -> Response:
        kind = "infeasible" if isinstance(error, InfeasibleError) else "input"
        shown = None if error.value is None else str(error.value)[:200]
        return answer(422, kind, str(error), where=error.where, value=shown, allowed=error.allowed, hint=error.hint)

    @app.exception_handler(RequestValidationError)
    def wrong_body(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return answer(422, "input", f"{where or 'body'}: {first['msg']}", where=where)

    @app.exception_handler(NoSuchJobError)
    def no_job(_: Request, error: NoSuchJobError) -> Response:
        return answer(404, "not-found", "no such job")

    @app.exception_handler(ReadOnlyError)
    def read_only(_: Request, error: ReadOnlyError) -> Response:
        return answer(403, "read-only", str(error))

    @app.exception_handler(BusyError)
    def busy(_: Request, error: BusyError) -> Response:
        return answer(503, "busy", "the server is busy; try again in a moment", {"retry-after": "2"})

    @app.exception_handler(TooSlowError)
    def slow(_: Request, error: TooSlowError) -> Response:
        return answer(504, "slow", "this plan takes longer than a request may; try a smaller question or a job")

    @app.exception_handler(WattscaleError)
    def failed(_: Request, error: WattscaleError) -> Response:
        return answer(500, "failed", str(error))

    @app.exception_handler(Exception)
    def defect(_: Request, error: Exception) -> Response:
        return answer(500, "failed", "something went wrong in the server; its log says what", HEADERS)

    @app.exception_handler(HTTPException)
    def plain(_: Request, error: HTTPException) -> Response:
        return answer(error.status_code, "refused", str(error.detail), dict(error.headers or {}))
