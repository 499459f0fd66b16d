"""Routes of jobs: take, list, follow, cancel, run again.

In: JSON requests. Out: JSON, and server-sent events of progress.
Leaves out: how jobs run (jobs.py) and what they do (kinds.py).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from wattscale.web import shapes
from wattscale.web.answers import answer, ask_key, lanes_of, made_for, nobody, plain
from wattscale.web.asks import Ask
from wattscale.web.job_charts import job_charts
from wattscale.web.job_store import ENDED, RESULT, NoSuchJobError
from wattscale.web.jobs import Jobs, ReadOnlyError

router = APIRouter(prefix="/api/jobs", responses=shapes.COMMON)
EVENT_S = 0.2
"""Time between two looks at the progress of a job [s]."""
BEAT_S = 15.0
"""Time after which a silent stream sends a sign of life, so that a visitor who is gone is noticed [s]."""
JobId = Annotated[str, Path(max_length=16)]


class JobAsk(Ask):
    """A job: a kind of work on the scenario of an ask."""

    kind: str = Field(max_length=40)
    options: dict[str, Any] = Field(default_factory=dict, max_length=20)


def jobs_of(request: Request) -> Jobs:
    """Give the jobs of the app that a request came to."""
    if request.app.state.settings.read_only:
        raise ReadOnlyError("this server is read-only and takes no jobs")
    found: Jobs = request.app.state.jobs
    return found


@router.get("", response_model=list[shapes.JobView], summary="All jobs, the newest first")
def listed(request: Request) -> Response:
    """List the jobs that the server keeps."""
    jobs = jobs_of(request)
    return answer([jobs.shown(job) for job in jobs.all()])


@router.post("/estimate", response_model=shapes.Estimate, responses=shapes.WORKED, summary="How long a job would take")
async def estimate(ask: JobAsk, request: Request) -> Response:
    """Estimate the time of a job from the time of one plan; null where that takes minutes itself."""
    found = await _checked(ask, request)
    if found is None:
        return nobody()
    return answer({name: found[name] for name in ("plans", "seconds")})


@router.post("", response_model=shapes.JobView, responses=shapes.WORKED, summary="Start a job", status_code=201)
async def submit(ask: JobAsk, request: Request) -> Response:
    """Check a job and take it."""
    found, jobs = await _checked(ask, request), jobs_of(request)
    if found is None:  # who has left before the job was taken cannot know of it, and wants none
        return nobody()
    key = {"key": found["key"]} if found["key"] else {}
    job = await asyncio.to_thread(jobs.submit, ask.kind, plain(ask), {**ask.options, **key}, found["seconds"])
    return answer(jobs.shown(job), 201)


async def _checked(ask: JobAsk, request: Request) -> dict[str, Any] | None:
    """Check a job in a lane; None when the visitor has left meanwhile."""
    work = lanes_of(request).plans.run(
        "job", f"job {ask_key(ask)}", ask=plain(ask), kind=ask.kind, options=ask.options,
        max_cases=jobs_of(request).settings.max_cases,
    )  # fmt: skip
    made = await made_for(request, work)
    return None if made is None else json.loads(made.body)


@router.get("/{job_id}", response_model=shapes.JobResult, responses=shapes.ONE_JOB, summary="One job with its result")
def one(job_id: JobId, request: Request) -> Response:
    """Give a job; its result is there when it is done."""
    jobs = jobs_of(request)
    job = jobs.get(job_id)
    result = jobs.store.part(job_id, RESULT) if job.state == "done" else None
    charts = job_charts(job.kind, result) if result is not None else []
    return answer(jobs.shown(job) | {"result": result, "charts": charts})


@router.get(
    "/{job_id}/events",
    responses=shapes.EVENTS,
    response_class=StreamingResponse,
    summary="Progress as server-sent events",
)
async def events(job_id: JobId, request: Request) -> StreamingResponse:
    """Send the state of a job whenever it changes, until it ends."""
    jobs = jobs_of(request)
    jobs.get(job_id)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(jobs, job_id, request), media_type="text/event-stream", headers=headers)


@router.post("/{job_id}/cancel", response_model=shapes.JobView, responses=shapes.ONE_JOB, summary="End a job")
def cancel(job_id: JobId, request: Request) -> Response:
    """End a job that waits or runs."""
    jobs = jobs_of(request)
    return answer(jobs.shown(jobs.cancel(job_id)))


@router.post(
    "/{job_id}/again",
    response_model=shapes.JobView,
    responses=shapes.ONE_JOB,
    summary="Run a job once more",
    status_code=201,
)
def again(job_id: JobId, request: Request) -> Response:
    """Take a job that has ended once more, as a new one."""
    jobs = jobs_of(request)
    return answer(jobs.shown(jobs.again(job_id)), 201)


async def _events(jobs: Jobs, job_id: str, request: Request) -> AsyncIterator[str]:
    last, shown = "", {}
    quiet = time.monotonic()
    while not await request.is_disconnected():
        try:
            job = jobs.get(job_id)
            shown = jobs.shown(job)
        except NoSuchJobError:
            shown = {**shown, "state": "failed", "error": "The job is gone."}
        text = json.dumps(shown)
        if text != last:
            last, quiet = text, time.monotonic()
            yield f"event: job\ndata: {text}\n\n"
        elif time.monotonic() - quiet > BEAT_S:
            quiet = time.monotonic()
            yield ": alive\n\n"
        if shown["state"] in ENDED:
            return
        await asyncio.sleep(EVENT_S)
