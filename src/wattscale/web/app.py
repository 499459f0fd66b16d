"""The web app: routes, limits, error answers and the page, put together.

In: `Settings`. Out: an ASGI app for uvicorn or any other server.
Leaves out: the routes themselves (api.py, api_jobs.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from wattscale.errors import InputError, WattscaleError
from wattscale.version import VERSION
from wattscale.web import api, api_jobs
from wattscale.web.answers import Lanes
from wattscale.web.guard import HEADERS, Guard
from wattscale.web.job_store import NoSuchJobError, StorageError
from wattscale.web.jobs import Jobs, ReadOnlyError
from wattscale.web.refusals import DEFECT, Refusal, RefusedError, refusal_of, shortened
from wattscale.web.settings import Settings

PAGE = Path(str(files("wattscale.web"))) / "dist"
"""The built page."""
KEPT = "public, max-age=31536000, immutable"
"""Assets carry a hash in their name, so a browser may keep them."""

NO_PAGE = Refusal(404, "not-found", "no such page")


def create_app(settings: Settings | None = None) -> FastAPI:
    """Put the app together.

    Args:
        settings: Limits and folders; the defaults suit one person on one machine.
    """
    chosen = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Settings]]:
        app.state.lanes, app.state.jobs = Lanes.of(chosen), Jobs(chosen)
        app.state.jobs.open()
        beginning = asyncio.create_task(app.state.lanes.begin())
        try:
            yield {"settings": chosen}
        finally:
            beginning.cancel()
            app.state.jobs.close()
            await app.state.lanes.close()

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
        return JSONResponse(NO_PAGE.body(), NO_PAGE.status)
    kept = KEPT if name.startswith("assets/") else "no-cache"
    return FileResponse(PAGE / name, headers={"cache-control": kept})


def _page_files() -> frozenset[str]:
    return frozenset(p.relative_to(PAGE).as_posix() for p in PAGE.rglob("*") if p.is_file())


def _add_errors(app: FastAPI) -> None:
    def answer(refusal: Refusal) -> Response:
        return JSONResponse(refusal.body(), refusal.status, refusal.headers)

    @app.exception_handler(RefusedError)
    def refused(_: Request, error: RefusedError) -> Response:
        return answer(error.refusal)

    @app.exception_handler(RequestValidationError)
    def wrong_body(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return answer(refusal_of(InputError(first["msg"], where=where or "body")))

    @app.exception_handler(NoSuchJobError)
    def no_job(_: Request, error: NoSuchJobError) -> Response:
        return answer(Refusal(404, "not-found", "no such job"))

    @app.exception_handler(ReadOnlyError)
    def read_only(_: Request, error: ReadOnlyError) -> Response:
        return answer(Refusal(403, "read-only", str(error)))

    @app.exception_handler(StorageError)
    def storage(_: Request, error: StorageError) -> Response:
        return answer(Refusal(503, "storage", str(error)))

    @app.exception_handler(WattscaleError)
    def told(_: Request, error: WattscaleError) -> Response:
        return answer(refusal_of(error))

    @app.exception_handler(Exception)
    def defect(_: Request, error: Exception) -> Response:
        return JSONResponse(DEFECT.body(), DEFECT.status, HEADERS)

    @app.exception_handler(HTTPException)
    def plain(_: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        return answer(Refusal(error.status_code, "refused", shortened(str(error.detail)), headers=headers))
