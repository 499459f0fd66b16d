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
from fastapi.responses import Response

from wattscale.web.asks import Ask
from wattscale.web.job_store import Job
from wattscale.web.jobs import Jobs, ReadOnlyError
from wattscale.web.lanes import Lane
from wattscale.web.refusals import RefusedError
from wattscale.web.settings import Settings
from wattscale.web.tasks import Made, as_json

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


async def made_for(request: Request, work: Coroutine[Any, Any, Made]) -> Made | None:
    """Wait for work as long as the visitor does; work whose visitor leaves is stopped, and gives None.

    Raises:
        RefusedError: As the lane.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        leaving.cancel()
        working.cancel()


async def asked(request: Request, work: Coroutine[Any, Any, Made]) -> Response:
    """Answer with what work gives.

    Raises:
        RefusedError: As the lane.
    """
    made = await made_for(request, work)
    if made is None:
        return nobody()
    return Response(made.body, media_type=made.media_type, headers=dict(made.headers))


def nobody() -> Response:
    """Give the answer to a visitor who has left."""
    return Response(status_code=LEFT)


async def answered(
    request: Request, run: Callable[..., Coroutine[Any, Any, Made]], ask: Ask, options: Mapping[str, Any] | None = None
) -> Response:
    """Do work in a lane; where its plans take minutes, do it with those of a job, or give the job that will make them.

    Args:
        request: The request.
        run: Does the work; given `job`, with the plans of that job's folder.
        ask: The ask, or the first of several.
        options: Options of the job.

    Raises:
        RefusedError: As the lane.
        ReadOnlyError: It takes a job, and this server takes none.
    """
    try:
        return await asked(request, run())
    except RefusedError as error:
        refusal = error.refusal
        if refusal.kind != "heavy":
            raise
    if request.app.state.settings.read_only:
        raise ReadOnlyError(f"{refusal.message}. This server is read-only and takes no jobs")
    jobs: Jobs = request.app.state.jobs
    kind, key = refusal.more["kind"], refusal.more["key"]
    gone: set[str] = set()
    while True:
        job = await asyncio.to_thread(_job_of, jobs, kind, key, ask, options or {}, gone)
        if job.state != "done":
            return answer({"job": jobs.shown(job)}, 202)
        try:
            return await asked(request, run(job=str(jobs.store.folder / job.id)))
        except RefusedError as error:
            if error.refusal.kind != "gone":
                raise
            gone.add(job.id)


def _job_of(jobs: Jobs, kind: str, key: str, ask: Ask, options: Mapping[str, Any], gone: set[str]) -> Job:
    with jobs.lock:  # equal asks at once get one job
        return jobs.found(kind, key, gone) or jobs.submit(kind, plain(ask), {**options, "key": key})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
