"""How a route gets its answer from a lane: the visitor who leaves, the plan of minutes that becomes a job.

In: a request and work begun for it. Out: the answer, or 202 with the job whose end to wait for before asking again.
Leaves out: what is asked (api.py), how it is done (tasks.py).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import FileResponse, Response

from wattscale.web.asks import Ask
from wattscale.web.exports import EXPORTS
from wattscale.web.heavy_jobs import FILES
from wattscale.web.job_store import RESULT
from wattscale.web.jobs import Jobs, ReadOnlyError
from wattscale.web.lanes import Lane
from wattscale.web.refusals import RefusedError
from wattscale.web.settings import Settings
from wattscale.web.tasks import Made, as_json, named

LEFT = 499
"""Status of an answer that nobody is there to read; it is never sent."""


@dataclass
class Lanes:
    """The lanes of a server."""

    plans: Lane
    previews: Lane

    @staticmethod
    def of(settings: Settings) -> Lanes:
        """Make the lanes of a server."""
        return Lanes(Lane("plans", settings.plans), Lane("previews", settings.previews))

    async def begin(self) -> None:
        """Start the first process of each lane, beside other work."""
        await self.previews.crew.begin(1)
        await self.plans.crew.begin(1)

    async def close(self) -> None:
        """Stop all work."""
        await asyncio.gather(self.plans.close(), self.previews.close())


def answer(data: Any, status: int = 200) -> Response:
    """Write data as JSON; a number that JSON does not know is a defect and raises."""
    return Response(as_json(data), status, media_type="application/json")


def plain(ask: Ask) -> dict[str, Any]:
    """Give an ask as plain data, without what only its route needs."""
    return {"preset": ask.preset, "changes": ask.changes}


def ask_key(*asks: Ask) -> str:
    """Give a short text that tells one ask from another."""
    text = json.dumps([plain(ask) for ask in asks], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def lanes_of(request: Request) -> Lanes:
    """Give the lanes of the app that a request came to."""
    found: Lanes = request.app.state.lanes
    return found


async def asked(request: Request, work: Coroutine[Any, Any, Made]) -> Response:
    """Wait for work, as long as the visitor does: work whose visitor leaves is stopped.

    Raises:
        RefusedError: As the lane.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            return Response(status_code=LEFT)
        made = working.result()
        return Response(made.body, media_type=made.media_type, headers=dict(made.headers))
    finally:
        leaving.cancel()
        working.cancel()


async def answered(
    request: Request, work: Coroutine[Any, Any, Made], ask: Ask, options: Mapping[str, Any],
    kept: Callable[[Any], Response] | str,
) -> Response:  # fmt: skip
    """Wait for work; where it takes minutes, answer from the job that has done it, or give the job that will.

    Args:
        request: The request.
        work: Work in a lane.
        ask: The ask, or the first of several.
        options: Options of the job.
        kept: Makes the answer from the job's result, or names the file of the job that is the answer.

    Raises:
        RefusedError: As the lane.
        ReadOnlyError: It takes a job, and this server takes none.
    """
    try:
        return await asked(request, work)
    except RefusedError as error:
        refusal = error.refusal
        if refusal.kind != "heavy":
            raise
    if request.app.state.settings.read_only:
        raise ReadOnlyError(f"{refusal.message}. This server is read-only and takes no jobs")
    jobs: Jobs = request.app.state.jobs
    kind, key = refusal.more["kind"], refusal.more["key"]
    return await asyncio.to_thread(_by_job, jobs, kind, key, plain(ask), options, kept)


def _by_job(jobs: Jobs, kind: str, key: str, ask: Mapping[str, Any], options: Mapping[str, Any],
            kept: Callable[[Any], Response] | str) -> Response:  # fmt: skip
    with jobs.lock:  # equal asks at once get one job
        job = jobs.found(kind, key)
        if job is None:
            widths = {name: value for name, value in options.items() if name != "charts"}
            job = jobs.submit(kind, ask, {**widths, "key": key})
    if job.state != "done":
        return answer({"job": jobs.shown(job)}, 202)
    if isinstance(kept, str):
        path = jobs.store.path(job.id) / FILES / kept
        return FileResponse(path, media_type=EXPORTS[kept], headers=named(kept))
    return kept(jobs.store.part(job.id, RESULT))


def kept_view(result: Mapping[str, Any], charts: list[str]) -> Response:
    """Give the plan of a job's result, with the charts that are wanted."""
    view = result["view"]
    return answer({**view, "charts": {n: spec for n, spec in view["charts"].items() if n in charts}})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
