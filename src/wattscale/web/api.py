"""Routes of plans and of what a form needs: schema, presets, choices, catalogue, explain, plan, compare, export.

In: JSON requests. Out: JSON, files.
Leaves out: jobs (api_jobs.py); what a plan looks like (view.py).
"""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from wattscale.errors import InputError
from wattscale.report.theme import NARROW_PX, WIDE_PX
from wattscale.web import reference, view
from wattscale.web.asks import Ask, ask_of_toml, scenario_of
from wattscale.web.exports import EXPORTS, export
from wattscale.web.planner import Planner

router = APIRouter(prefix="/api")
WIDEST_PX = 2400
MOST_COMPARED = 4
"""Plans side by side."""
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


def answer(data: Any) -> Response:
    """Write data as JSON; a number that JSON does not know is a defect and raises."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return Response(text, media_type="application/json")


def planner_of(request: Request) -> Planner:
    """Give the planner of the app that a request came to."""
    found: Planner = request.app.state.planner
    return found


@router.get("/about", summary="Version, limits, tabs, charts")
def about(request: Request) -> Response:
    """Say what this server offers."""
    return answer(reference.about(request.app.state.settings))


@router.get("/health", summary="Whether the server lives")
def health() -> dict[str, str]:
    """Answer a load balancer."""
    return {"status": "ok"}


@router.get("/schema", summary="JSON Schema of the scenario")
def schema() -> Response:
    """Give the schema that the form is made from."""
    return answer(reference.scenario_schema())


@router.get("/presets", summary="Presets with all their values")
def presets() -> Response:
    """Give each preset as values by dotted key."""
    return answer(reference.presets())


@router.get("/choices", summary="Names that text fields may hold")
def choices() -> Response:
    """Give the names of models, accelerators, sites and technologies."""
    return answer(reference.choices())


@router.get("/sites", summary="Sites of the catalogue with their facts")
def sites() -> Response:
    """Give each site with place, price, carbon, water and siting facts."""
    return answer(reference.sites())


@router.get("/catalogue", summary="Tables of the catalogue")
def catalogue() -> Response:
    """List the tables."""
    return answer(reference.tables())


@router.get("/catalogue/{table}", summary="One table of the catalogue")
def catalogue_table(table: Name) -> Response:
    """Give the columns and rows of one table."""
    return answer(reference.table(table))


@router.get("/explain/{name}", summary="Equation, unit, inputs and source of a figure, key or stage")
def explain(name: Name) -> Response:
    """Explain one figure, scenario key or stage."""
    return answer(reference.explanation(name))


@router.post("/plan", summary="Make a plan")
async def plan(ask: PlanAsk, request: Request) -> Response:
    """Make the full plan of an ask."""
    return await _planned(ask, request, quick=False)


@router.post("/preview", summary="Make a quick plan on a coarser year")
async def preview(ask: PlanAsk, request: Request) -> Response:
    """Make a plan to show while a slider moves; it says `preview: true`."""
    return await _planned(ask, request, quick=True)


async def _planned(ask: PlanAsk, request: Request, quick: bool) -> Response:
    planner = planner_of(request)

    def work() -> Response:
        start = time.perf_counter()
        made = planner.plan(scenario_of(ask), quick)
        shown = view.plan_view(made, ask.charts, ask.width, ask.half_width, quick)
        return answer(shown | {"seconds": round(time.perf_counter() - start, 4)})

    return await planner.run(work)


@router.post("/sources", summary="Catalogue figures that a plan rests on")
async def sources(ask: Ask, request: Request) -> Response:
    """Give every figure that a plan rests on, the least certain first."""
    planner = planner_of(request)
    return await planner.run(lambda: answer(view.sources_view(planner.plan(scenario_of(ask)))))


@router.post("/compare", summary="Put plans side by side")
async def compare(ask: CompareAsk, request: Request) -> Response:
    """Give differences, inputs that differ and charts of two to four plans."""
    from wattscale.web.compare import compare_view

    planner = planner_of(request)

    def work() -> Response:
        plans = [planner.plan(scenario_of(each)) for each in ask.plans]
        return answer(compare_view(plans, ask.width, ask.half_width))

    return await planner.run(work)


@router.post("/export/{kind}", summary="Files of a plan")
async def exported(kind: Name, ask: Ask, request: Request) -> Response:
    """Give a file of a plan: report.html, tables.xlsx, hourly.csv, hourly.parquet, scenario.toml or plan.json."""
    if kind not in EXPORTS:
        raise InputError("no such file", where="export", value=kind, allowed=", ".join(EXPORTS))
    planner = planner_of(request)

    def work() -> Response:
        body = export(planner.plan(scenario_of(ask)), kind)
        named = {"content-disposition": f'attachment; filename="{kind}"'}
        return Response(body, media_type=EXPORTS[kind], headers=named)

    return await planner.run(work)


@router.post("/scenario", summary="Read a scenario file")
def scenario(file: ScenarioFile) -> Response:
    """Read the text of a scenario file and give it as changes to its preset."""
    return answer(ask_of_toml(file.text).model_dump())


@router.post("/commands", summary="An ask as a command and as Python")
def commands(ask: Ask) -> Response:
    """Write an ask as a command line and as lines of Python that make the same plan."""
    from wattscale.web.copies import as_command, as_python

    scenario_of(ask)
    return answer({"command": as_command(ask), "python": as_python(ask)})


def error_body(kind: str, message: str, **more: Any) -> dict[str, Any]:
    """Give the body of every error answer."""
    return {"error": {"kind": kind, "message": message, **more}}
