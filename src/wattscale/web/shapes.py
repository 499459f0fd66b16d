"""Shapes of all answers, for the description of the API: what each route gives, and what it says when it refuses.

In: nothing. Out: models and tables of answers that the routes name; tests hold every answer against them.
Leaves out: making the answers; they are written as they are, and these models never touch them.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from wattscale.web.exports import EXPORTS

Plain = str | int | float | bool | None
Value = Plain | list[Any] | dict[str, Any]


class Shape(BaseModel):
    """An answer: nothing but these fields."""

    model_config = ConfigDict(extra="forbid")


class ErrorAbout(Shape):
    """Why a request was refused."""

    kind: Literal["input", "infeasible", "busy", "slow", "memory", "storage", "failed", "refused", "not-found",
                  "read-only"]  # fmt: skip
    message: str
    where: str | None = None
    value: str | None = None
    allowed: str | None = None
    hint: str | None = None


class Error(Shape):
    """A refusal."""

    error: ErrorAbout


class Stage(Shape):
    """A stage and its question."""

    name: str
    question: str


class JobKind(Shape):
    """A kind of job that this server takes."""

    kind: str
    title: str


class ChartAbout(Shape):
    """A chart of a plan: its stage, and whether it takes the whole width."""

    name: str
    stage: str
    full: bool


class About(Shape):
    """What the server offers."""

    wattscale: str
    schema_: str
    read_only: bool
    stages: list[Stage]
    jobs: list[JobKind]
    charts: list[ChartAbout]
    headlines: list[str]
    theme: dict[Literal["light", "dark"], dict[str, str]]
    limits: dict[Literal["max_cases", "plan_seconds"], float]

    model_config = ConfigDict(extra="forbid", alias_generator=lambda name: name.rstrip("_"))


class JobsState(Shape):
    """How the jobs fare."""

    state: Literal["watching", "troubled", "stuck", "off"]
    running: int
    queued: int
    unsaved: int
    trouble: str


class LaneState(Shape):
    """How much a lane has to do."""

    working: int
    long: int
    waiting: int
    processes: int


class Health(Shape):
    """How the server fares."""

    status: Literal["ok", "degraded"]
    jobs: JobsState
    lanes: dict[Literal["plans", "previews"], LaneState]


class Choice(Shape):
    """A name that a field may hold."""

    name: str
    label: str


class TableAbout(Shape):
    """A table of the catalogue."""

    name: str
    title: str
    rows: int
    licence: str
    description: str


class Table(Shape):
    """A table of the catalogue with its rows, as in the file."""

    name: str
    title: str
    columns: list[dict[str, str]]
    rows: list[dict[str, str]]


class Explanation(Shape):
    """A figure, key, stage or catalogue figure explained; which fields there are follows from the kind."""

    name: str
    kind: Literal["figure", "key", "stage", "catalogue"]
    title: str
    unit: str | None = None
    equation: str | None = None
    inputs: list[Explanation] | None = None
    source: str | None = None
    text: str | None = None
    default: Value = None
    allowed: str | None = None
    confidence: str | None = None
    value: float | None = None
    year: str | int | None = None


class Figure(Shape):
    """A figure of a plan; a preview has no range and no badge."""

    value: float
    unit: str
    title: str
    text: str
    key: bool
    low: float | None = None
    high: float | None = None
    range: str | None = None
    badge: str | None = None
    basis: str | None = None


class Remark(Shape):
    """A remark on a plan."""

    code: str
    message: str


class Passage(Shape):
    """A passage of the story of a plan."""

    heading: str
    text: str


class PlanView(Shape):
    """A plan, or a preview of one, which has no scenario, warnings and story."""

    preview: bool
    name: str
    place: str
    figures: dict[str, Figure]
    charts: dict[str, dict[str, Any] | None]
    seconds: float
    scenario: dict[str, Value] | None = None
    warnings: list[Remark] | None = None
    story: list[Passage] | None = None


class Source(Shape):
    """A catalogue figure that a plan rests on."""

    id: str
    value: float
    low: float
    high: float
    unit: str
    year: str
    confidence: str
    source: str
    note: str
    stages: list[str]


class Input(Shape):
    """An input that differs between plans."""

    key: str
    title: str
    unit: str
    values: list[str]


class Row(Shape):
    """A figure of plans side by side."""

    name: str
    title: str
    unit: str
    key: bool
    headline: bool
    values: list[float | None]
    texts: list[str]
    changes: list[float | None]


class NamedChart(Shape):
    """A chart as a Vega-Lite spec."""

    name: str
    spec: dict[str, Any]
    full: bool | None = None


class Comparison(Shape):
    """Plans side by side."""

    names: list[str]
    inputs: list[Input]
    figures: list[Row]
    charts: list[NamedChart]


class AskShape(Shape):
    """Changes to a preset."""

    preset: str
    changes: dict[str, Value]


class Commands(Shape):
    """An ask as text to copy."""

    command: str
    python: str


class Progress(Shape):
    """How far a job is."""

    done: int
    total: int
    what: str
    seconds: float
    left_s: float | None


class JobView(Shape):
    """A job."""

    id: str
    kind: str
    title: str
    ask: AskShape
    options: dict[str, Any]
    state: Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
    created: str
    started: str
    finished: str
    error: str
    estimate_s: float | None
    progress: Progress | None


class JobResult(JobView):
    """A job with its result and charts, once it is done."""

    result: dict[str, Any] | None
    charts: list[NamedChart]


class JobTaken(Shape):
    """The job that makes what was asked: wait for its end, then ask again."""

    job: JobView


class Estimate(Shape):
    """Plans that a job makes, and how long it takes; null where that is not known."""

    plans: int
    seconds: float | None


Answers = dict[int | str, dict[str, Any]]
EDGE = {"text/plain": {"schema": {"type": "string"}}}
"""What answers before a request is whole, or when there are too many, is plain text."""
COMMON: Answers = {
    400: {"model": Error, "content": EDGE, "description": "No proper request"},
    403: {"model": Error, "description": "From another site, or not on a read-only server"},
    408: {"model": Error, "content": EDGE, "description": "The request did not come in time"},
    413: {"model": Error, "description": "Too large"},
    422: {"model": Error, "description": "A wrong input, or an ask that cannot be met"},
    500: {"model": Error, "content": EDGE, "description": "A defect of the server"},
    503: {"model": Error, "content": EDGE, "description": "Busy, out of memory, or the disk is full"},
}
"""Answers that any route may give."""
WORKED: Answers = {504: {"model": Error, "description": "It takes longer than a request may"}}
"""Further answers of a route that works something out."""
HEAVY: Answers = {**WORKED, 202: {"model": JobTaken, "description": "It takes minutes: a job makes it"}}
"""Further answers of a route that may need a plan of minutes."""
ONE_JOB: Answers = {404: {"model": Error, "description": "No such job"}}
FILE: Answers = {**HEAVY, 200: {"content": {kind.partition(";")[0]: {} for kind in EXPORTS.values()},
                                "description": "The file"}}  # fmt: skip
EVENTS: Answers = {**ONE_JOB, 200: {"content": {"text/event-stream": {}}, "description": "Events named `job`"}}
