"""What does not depend on a plan: schema, presets, choices, sites, catalogue, explanations; made once and kept.

In: the package's tables. Out: plain data that becomes JSON.
"""

from __future__ import annotations

import hashlib
import json
import math
from functools import cache
from typing import Any

from wattscale.catalog import load_catalog
from wattscale.catalog.specs import STAGES, FigureSpec, spec_of
from wattscale.errors import InputError, WattscaleError, did_you_mean
from wattscale.explanation import QUESTIONS
from wattscale.explanation import explain as explain_text
from wattscale.report.theme import DARK, LIGHT
from wattscale.report.words import name_for_people
from wattscale.scenario.load import build, preset_names, to_tables
from wattscale.scenario.messages import allowed_values
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import ScenarioField, fields_of
from wattscale.verbs import schema
from wattscale.version import VERSION
from wattscale.web.asks import BY_SIZES, flat
from wattscale.web.kinds import KINDS, available
from wattscale.web.settings import Settings
from wattscale.web.view import chart_list, headline_names

SITE_TEXTS = ("label", "country", "climate", "grid_zone", "tax_incentive", "natural_hazard", "latency_hub")
SITE_NUMBERS = (
    "latitude", "longitude", "carbon_direct_kg_per_mwh", "carbon_lifecycle_kg_per_mwh", "price_usd_per_mwh",
    "industrial_price_usd_per_mwh", "grid_water_l_per_kwh", "water_stress", "rule_of_law_pct", "time_to_power_years",
    "rtt_to_hub_ms",
)  # fmt: skip
"""Columns of a site's card."""


@cache
def scenario_schema() -> dict[str, Any]:
    """Give the JSON Schema of the scenario."""
    return schema()


@cache
def schema_version() -> str:
    """Give a short hash of the scenario's keys, by which a shared link tells that keys have changed since."""
    keys = "\n".join(sorted(field.key for field in fields_of(Scenario)))
    return hashlib.sha256(keys.encode()).hexdigest()[:8]


def about(settings: Settings) -> dict[str, Any]:
    """Say what this server offers: version, limits, tabs, charts, colours."""
    jobs = [] if settings.read_only else available()
    return {
        "wattscale": VERSION,
        "schema": schema_version(),
        "read_only": settings.read_only,
        "stages": [{"name": stage, "question": QUESTIONS[stage]} for stage in STAGES],
        "jobs": [{"kind": kind, "title": KINDS[kind].title} for kind in jobs],
        "charts": chart_list(),
        "headlines": headline_names(),
        "theme": {"light": LIGHT, "dark": DARK},
        "limits": {"max_cases": settings.max_cases, "plan_seconds": settings.plans.seconds},
    }


@cache
def presets() -> dict[str, dict[str, Any]]:
    """Give every preset as values by dotted key."""
    return {name: flat(to_tables(build({"preset": name}))) for name in preset_names()}


@cache
def choices() -> dict[str, list[dict[str, str]]]:
    """Give the names that text fields may hold, with a label where the name alone says little."""
    catalog = load_catalog()

    def plain(table: str) -> list[dict[str, str]]:
        return [{"name": name, "label": name} for name in catalog.names(table)]

    devices = plain("accelerators")
    places = [{"name": r.name, "label": r.text("label") or r.name} for r in catalog.rows("sites")]
    power = [{"name": name, "label": name_for_people(name)} for name in catalog.names("technologies")]
    same = ("compute.accelerator", "compute.training_accelerator", "compute.serving_accelerator")
    return {
        "workload.model": [*plain("models"), {"name": BY_SIZES, "label": "described by its sizes"}],
        **dict.fromkeys(same, devices),
        "site.name": sorted(places, key=lambda each: each["label"]),
        "supply.technologies": power,
    }


@cache
def sites() -> list[dict[str, Any]]:
    """Give every site of the catalogue with the facts of its card."""
    catalog, found = load_catalog(), []
    for row in catalog.rows("sites"):
        weak = {each.strip() for each in row.text("weak_cells").split(";") if each.strip()}
        numbers = {c: row.number(c) if row.has(c) else None for c in SITE_NUMBERS}
        texts = {c: row.text(c) for c in SITE_TEXTS}
        found.append({"name": row.name, **texts, **numbers, "weak": sorted(weak), "source": row.text("source")})
    return found


def tables() -> list[dict[str, Any]]:
    """List the tables of the catalogue."""
    return [
        {"name": name, "title": t.meta["title"], "rows": len(t.rows), "licence": t.meta["licence"],
         "description": t.meta.get("description", "")}
        for name, t in load_catalog().tables.items()
    ]  # fmt: skip


def table(name: str) -> dict[str, Any]:
    """Give one table of the catalogue as it is in the file.

    Raises:
        InputError: Unknown table.
    """
    known = load_catalog().tables
    if name not in known:
        raise InputError("no such table", where="catalogue", value=name, hint=did_you_mean(name, known))
    found = known[name]
    columns = [{"name": key, **{k: str(v) for k, v in about.items()}} for key, about in found.meta["columns"].items()]
    return {"name": name, "title": found.meta["title"], "columns": columns, "rows": [dict(row) for row in found.rows]}


def explanation(name: str) -> dict[str, Any]:
    """Explain a figure, a scenario key, or a stage, in parts that a page can lay out.

    Raises:
        InputError: Unknown name; lists the nearest ones.
    """
    spec = spec_of(name)
    if spec is not None and name not in STAGES:
        return {
            "name": name, "kind": "figure", "title": spec.title, "unit": spec.unit, "equation": spec.equation,
            "inputs": [_input(each) for each in spec.inputs], "source": spec.source,
        }  # fmt: skip
    field = next((f for f in fields_of(Scenario) if f.key == name), None)
    if field is not None:
        return {"kind": "key", **_key(field)}
    return {"name": name, "kind": "stage", "title": name, "text": explain_text(name)}


def _input(name: str) -> dict[str, Any]:
    spec: FigureSpec | None = spec_of(name)
    if spec is not None:
        return {"name": name, "kind": "figure", "title": spec.title, "unit": spec.unit}
    field = next((f for f in fields_of(Scenario) if f.key == name), None)
    if field is not None:
        return {"kind": "key", **_key(field)}
    table_name, _, key = name.partition("/")
    try:
        figure = load_catalog().figure(table_name, key)
    except (WattscaleError, KeyError):
        return {"name": name, "kind": "catalogue", "title": _table_title(table_name)}
    number = figure.value if math.isfinite(figure.value) else None
    return {
        "name": name, "kind": "catalogue", "title": key or name, "unit": figure.unit, "value": number,
        "confidence": figure.confidence, "source": figure.source, "year": figure.year,
    }  # fmt: skip


def _table_title(name: str) -> str:
    found = load_catalog().tables.get(name)
    return str(found.meta["title"]) if found else name


def _key(field: ScenarioField) -> dict[str, Any]:
    default = field.info.get_default(call_default_factory=True) if not field.info.is_required() else None
    return {
        "name": field.key, "title": field.title, "unit": field.extra.get("unit", ""),
        "default": json.loads(json.dumps(default)), "allowed": allowed_values(field.key) or "",
        "source": field.extra.get("source", ""), "confidence": field.extra.get("confidence", ""),
    }  # fmt: skip
