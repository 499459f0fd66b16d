"""Routes of plans and of what a form needs: schema, presets, choices, catalogue, explain, plan, compare, export.

In: JSON requests. Out: JSON, files.
Leaves out: jobs (api_jobs.py); what a plan looks like (view.py).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from wattscale.errors import InputError
from wattscale.report.theme import NARROW_PX, WIDE_PX
from wattscale.web import reference, shapes
from wattscale.web.answers import answer, answered, ask_key, asked, lanes_of, plain
from wattscale.web.asks import Ask
from wattscale.web.exports import EXPORTS
from wattscale.web.heavy_jobs import MOST_COMPARED

router = APIRouter(prefix="/api", responses=shapes.COMMON)
WIDEST_PX = 2400
Name = Annotated[str, Path(max_length=200)]


class PlanAsk(Ask):
    """A plan with the charts that are wanted."""

    charts: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=60)
    width: int = Field(WIDE_PX, ge=NARROW_PX // 2, le=WIDEST_PX, description="Width of a full chart [px]")
    half_width: int = Field(WIDE_PX, ge=NARROW_PX // 2, le=WIDEST_PX, description="Width of the other charts [px]")


class CompareAsk(BaseModel):
    """Plans to put side by side; the first is the one that the others are compared with."""

    model_config = ConfigDict(extra="forbid")

    plans: list[Ask] = Field(min_length=2, max_length=MOST_COMPARED)
    width: int = Field(WIDE_PX, ge=NARROW_PX // 2, le=WIDEST_PX)
    half_width: int = Field(WIDE_PX, ge=NARROW_PX // 2, le=WIDEST_PX)


class ScenarioFile(BaseModel):
    """Text of a scenario file."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=200_000)


@router.get("/about", response_model=shapes.About, summary="Version, limits, tabs, charts")
def about(request: Request) -> Response:
    """Say what this server offers."""
    return answer(reference.about(request.app.state.settings))


@router.get(
    "/health", response_model=shapes.Health, summary="Whether the server lives, and how its jobs and lanes fare"
)
async def health(request: Request) -> Response:
    """Answer a load balancer."""
    jobs, lanes = request.app.state.jobs.state(), lanes_of(request)
    is_well = jobs["state"] in ("watching", "off")
    told = {"plans": lanes.plans.state(), "previews": lanes.previews.state()}
    return answer({"status": "ok" if is_well else "degraded", "jobs": jobs, "lanes": told})


@router.get("/schema", response_model=dict[str, Any], summary="JSON Schema of the scenario")
def schema() -> Response:
    """Give the schema that the form is made from."""
    return answer(reference.scenario_schema())


@router.get("/presets", response_model=dict[str, dict[str, shapes.Value]], summary="Presets with all their values")
def presets() -> Response:
    """Give each preset as values by dotted key."""
    return answer(reference.presets())


@router.get("/choices", response_model=dict[str, list[shapes.Choice]], summary="Names that text fields may hold")
def choices() -> Response:
    """Give the names of models, accelerators, sites and technologies."""
    return answer(reference.choices())


@router.get("/sites", response_model=list[dict[str, shapes.Value]], summary="Sites of the catalogue with their facts")
def sites() -> Response:
    """Give each site with place, price, carbon, water and siting facts."""
    return answer(reference.sites())


@router.get("/catalogue", response_model=list[shapes.TableAbout], summary="Tables of the catalogue")
def catalogue() -> Response:
    """List the tables."""
    return answer(reference.tables())


@router.get("/catalogue/{table}", response_model=shapes.Table, summary="One table of the catalogue")
def catalogue_table(table: Name) -> Response:
    """Give the columns and rows of one table."""
    return answer(reference.table(table))


@router.get(
    "/explain/{name}",
    response_model=shapes.Explanation,
    summary="Equation, unit, inputs and source of a figure, key or stage",
)
def explain(name: Name) -> Response:
    """Explain one figure, scenario key or stage."""
    return answer(reference.explanation(name))


@router.post("/plan", response_model=shapes.PlanView, responses=shapes.HEAVY, summary="Make a plan")
async def plan(ask: PlanAsk, request: Request) -> Response:
    """Make the full plan of an ask; one of minutes becomes a job."""
    run = partial(lanes_of(request).plans.run, "plan", ask_key(ask), ask=plain(ask), **_drawn(ask))
    return await answered(request, run, ask)


@router.post(
    "/preview", response_model=shapes.PlanView, responses=shapes.WORKED, summary="Make a quick plan on a coarser year"
)
async def preview(ask: PlanAsk, request: Request) -> Response:
    """Make a plan to show while a slider moves; it says `preview: true`."""
    return await asked(request, lanes_of(request).previews.run("preview", ask_key(ask), ask=plain(ask), **_drawn(ask)))


def _drawn(ask: PlanAsk) -> dict[str, Any]:
    return {"charts": ask.charts, "width": ask.width, "half_width": ask.half_width}


@router.post(
    "/sources",
    response_model=list[shapes.Source],
    responses=shapes.HEAVY,
    summary="Catalogue figures that a plan rests on",
)
async def sources(ask: Ask, request: Request) -> Response:
    """Give every figure that a plan rests on, the least certain first."""
    return await answered(request, partial(lanes_of(request).plans.run, "sources", ask_key(ask), ask=plain(ask)), ask)


@router.post("/compare", response_model=shapes.Comparison, responses=shapes.HEAVY, summary="Put plans side by side")
async def compare(ask: CompareAsk, request: Request) -> Response:
    """Give differences, inputs that differ and charts of two to four plans."""
    asks = [plain(each) for each in ask.plans]
    widths = {"width": ask.width, "half_width": ask.half_width}
    run = partial(lanes_of(request).plans.run, "compare", ask_key(*ask.plans), asks=asks, **widths)
    return await answered(request, run, ask.plans[0], {"plans": asks})


@router.post("/export/{kind}", responses=shapes.FILE, response_class=Response, summary="Files of a plan")
async def exported(kind: Name, ask: Ask, request: Request) -> Response:
    """Give a file of a plan: report.html, tables.xlsx, hourly.csv, hourly.parquet, scenario.toml or plan.json."""
    if kind not in EXPORTS:
        raise InputError("no such file", where="export", value=kind, allowed=", ".join(EXPORTS))
    run = partial(lanes_of(request).plans.run, "file", ask_key(ask), ask=plain(ask), name=kind)
    return await answered(request, run, ask)


@router.post("/scenario", response_model=shapes.AskShape, responses=shapes.WORKED, summary="Read a scenario file")
async def scenario(file: ScenarioFile, request: Request) -> Response:
    """Read the text of a scenario file and give it as changes to its preset."""
    return await asked(request, lanes_of(request).previews.run("scenario", f"file {hash(file.text)}", text=file.text))


@router.post(
    "/commands", response_model=shapes.Commands, responses=shapes.WORKED, summary="An ask as a command and as Python"
)
async def commands(ask: Ask, request: Request) -> Response:
    """Write an ask as a command line and as lines of Python that make the same plan."""
    return await asked(request, lanes_of(request).previews.run("commands", ask_key(ask), ask=plain(ask)))
