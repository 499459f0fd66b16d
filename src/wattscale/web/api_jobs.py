"""Routes of jobs: take, list, follow, cancel, run again.

In: JSON requests. Out: JSON, and server-sent events of progress.
Leaves out: how jobs run (jobs.py) and what they do (kinds.py).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from wattscale.errors import WattscaleError
from wattscale.scenario.schema import Scenario
from wattscale.web.api import answer, planner_of
from wattscale.web.asks import Ask, scenario_of
from wattscale.web.job_charts import job_charts
from wattscale.web.jobs import ENDED, PROGRESS, RESULT, Job, Jobs
from wattscale.web.kinds import KINDS, check
from wattscale.web.planner import Planner

router = APIRouter(prefix="/api/jobs")
EVENT_S = 0.2
"""Time between two looks at the progress of a job [s]."""
START_S = 3.0
"""Time a process takes to load the package [s]."""
JobId = Annotated[str, Path(max_length=16)]


class ReadOnlyError(WattscaleError):
    """The server is in public mode and takes no jobs."""


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


@router.get("", summary="All jobs, the newest first")
def listed(request: Request) -> Response:
    """List the jobs that the server keeps."""
    jobs = jobs_of(request)
    return answer([_shown(jobs, job) for job in jobs.store.all()])


@router.post("/estimate", summary="How long a job would take")
async def estimate(ask: JobAsk, request: Request) -> Response:
    """Estimate the time of a job from the time of one plan."""
    planner, limit = planner_of(request), jobs_of(request).settings.max_cases
    return await planner.run(lambda: answer(_estimate(ask, planner, limit)))


@router.post("", summary="Start a job", status_code=201)
async def submit(ask: JobAsk, request: Request) -> Response:
    """Check a job and take it."""
    jobs, planner = jobs_of(request), planner_of(request)

    def work() -> Response:
        guess = _estimate(ask, planner, jobs.settings.max_cases)
        plain = {"preset": ask.preset, "changes": ask.changes}
        job = jobs.submit(ask.kind, KINDS[ask.kind].title, plain, ask.options, guess["seconds"])
        taken = answer(_shown(jobs, job))
        taken.status_code = 201
        return taken

    return await planner.run(work)


@router.get("/{job_id}", summary="One job with its result")
def one(job_id: JobId, request: Request) -> Response:
    """Give a job; its result is there when it is done."""
    jobs = jobs_of(request)
    job = jobs.store.get(job_id)
    result = jobs.store.part(job_id, RESULT) if job.state == "done" else None
    charts = job_charts(job.kind, result) if result is not None else []
    return answer(_shown(jobs, job) | {"result": result, "charts": charts})


@router.get("/{job_id}/events", summary="Progress as server-sent events")
async def events(job_id: JobId, request: Request) -> StreamingResponse:
    """Send the state of a job whenever it changes, until it ends."""
    jobs = jobs_of(request)
    jobs.store.path(job_id)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(jobs, job_id, request), media_type="text/event-stream", headers=headers)


@router.post("/{job_id}/cancel", summary="End a job")
def cancel(job_id: JobId, request: Request) -> Response:
    """End a job that waits or runs."""
    jobs = jobs_of(request)
    return answer(_shown(jobs, jobs.cancel(job_id)))


@router.post("/{job_id}/again", summary="Run a job once more", status_code=201)
def again(job_id: JobId, request: Request) -> Response:
    """Take a job that has ended once more, as a new one."""
    jobs = jobs_of(request)
    taken = answer(_shown(jobs, jobs.again(job_id)))
    taken.status_code = 201
    return taken


async def _events(jobs: Jobs, job_id: str, request: Request) -> AsyncIterator[str]:
    last = ""
    while not await request.is_disconnected():
        job = jobs.store.get(job_id)
        text = json.dumps(_shown(jobs, job))
        if text != last:
            last = text
            yield f"event: job\ndata: {text}\n\n"
        if job.state in ENDED:
            return
        await asyncio.sleep(EVENT_S)


def _shown(jobs: Jobs, job: Job) -> dict[str, Any]:
    shown = asdict(job)
    shown.pop("owner")
    return shown | {"progress": jobs.store.part(job.id, PROGRESS)}


def _estimate(ask: JobAsk, planner: Planner, max_cases: int) -> dict[str, Any]:
    scenario: Scenario = scenario_of(ask)
    check(ask.kind, scenario, ask.options, max_cases)
    start = time.perf_counter()
    nearby = {"economics.discount_rate": scenario.economics.discount_rate * (1 + 1e-9)}
    planner.plan(scenario_of(Ask(preset=ask.preset, changes={**ask.changes, **nearby})))
    each = max(time.perf_counter() - start, 0.05)
    plans = KINDS[ask.kind].plans(scenario, ask.options)
    return {"plans": plans, "seconds": round(START_S + plans * each, 1)}
