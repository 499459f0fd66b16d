"""Tables of a plan: figures, assumptions, sources, capacities, cost lines, months.

In: a plan. Out: pandas tables at full precision; `for_people` gives text with three significant digits.
Leaves out: files (spreadsheet.py, html.py write these tables).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wattscale.catalog import load_catalog
from wattscale.catalog.specs import spec_of
from wattscale.hours import month_of_hour
from wattscale.report.basis import bases_of, weakest_first
from wattscale.report.words import Scale, name_for_people, scale
from wattscale.scenario.load import build, to_tables
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of, get_key

if TYPE_CHECKING:
    from wattscale.result import Plan, PlanFigure

HEADLINES = (
    "compute.training.devices",
    "compute.serving.devices",
    "compute.serving.joules_per_output_token",
    "facility.peak_mw",
    "facility.energy_mwh",
    "facility.pue",
    "supply.cost_usd_per_mwh",
    "supply.cfe_hourly_share",
    "economics.usd_per_mtok",
    "economics.tco_usd_per_year",
    "impact.carbon_t_per_year",
    "impact.water_m3_per_year",
)
"""Figures of the first page and of the terminal, in chain order."""
KEY_FIGURES = frozenset(HEADLINES) | {
    "workload.params_total", "workload.params_active", "workload.flops_per_token", "workload.training.total_flops",
    "workload.serving.requests_per_year",
    "compute.training.device_hours", "compute.training.mfu", "compute.training.goodput", "compute.training.energy_mwh",
    "compute.training.days", "compute.serving.batch", "compute.serving.ttft_s", "compute.serving.tpot_ms",
    "compute.serving.tokens_per_s_per_device", "compute.it_peak_mw",
    "site.mean_temp_c", "site.mean_price_usd_per_mwh", "site.mean_carbon_kg_per_mwh", "site.mean_cfe_share",
    "site.water_stress", "site.time_to_power_years",
    "facility.wue_l_per_kwh", "facility.tue", "supply.carbon_kg_per_mwh", "supply.cost_usd_per_year",
    "supply.curtailment_share", "economics.capital_usd", "economics.electricity_share", "economics.npv_usd",
    "economics.irr", "economics.npv_runs_paid_usd", "economics.equity_irr", "economics.dscr_min",
    "economics.cost_of_delay_usd_per_month", "economics.time_to_power_years", "economics.payback_years",
    "impact.embodied_t", "impact.carbon_market_t_per_year", "impact.jobs_construction_job_years",
    "impact.jobs_permanent", "impact.households_equivalent", "impact.carbon_g_per_request",
    "impact.carbon_hourly_t_per_year", "impact.earliest_operation_year",
}  # fmt: skip
"""Figures that a chapter shows at once; the others are folded below them."""


def is_key(name: str) -> bool:
    """Tell whether a chapter shows a figure at once.

    >>> is_key("facility.pue"), is_key("supply.capacity_mw.wind"), is_key("supply.solver_gap")
    (True, True, False)
    """
    return name in KEY_FIGURES or name.startswith("supply.capacity_mw.")


def full_title(figure: PlanFigure) -> str:
    """Give the title of a figure; a member of a family names itself (`Capacity built: solar`)."""
    spec = spec_of(figure.name)
    if spec is None or not spec.name.endswith(">"):
        return figure.title
    return f"{figure.title}: {name_for_people(figure.name.rpartition('.')[2]).lower()}"


def place_name(plan: Plan) -> str:
    """Give the place of a plan in words: the label of a catalogue site, else the name that the site stage gave."""
    catalog = load_catalog()
    if "sites" in catalog.tables and catalog.has_row("sites", plan.site.name):
        return catalog.row("sites", plan.site.name).text("label") or plan.site.name
    return plan.site.name


def figure_table(plan: Plan) -> pd.DataFrame:
    """Give every figure of a plan at full precision.

    Args:
        plan: The plan.

    Returns:
        One row per figure, indexed by name: stage, title, value, low, high, unit, weakest (confidence of the least
        certain catalogue figure behind it) and equation.
    """
    bases, rows = bases_of(plan), []
    for f in plan.figures.values():
        spec = spec_of(f.name)
        rows.append(
            {
                "figure": f.name, "stage": f.name.partition(".")[0], "title": full_title(f),
                "value": f.value, "low": f.low,
                "high": f.high, "unit": f.unit, "weakest": bases[f.name].weakest or "scenario",
                "equation": spec.equation if spec else "",
            }
        )  # fmt: skip
    columns = ["figure", "stage", "title", "value", "low", "high", "unit", "weakest", "equation"]
    return pd.DataFrame(rows, columns=columns).set_index("figure")


def for_people(figure: PlanFigure) -> tuple[str, str]:
    """Write the value and the range of a figure as text; the range is empty where none is known."""
    shown: Scale = scale(figure.value, figure.unit, figure.name, figure.low == figure.high)
    has_range = figure.high > figure.low
    return shown.text(figure.value), shown.span(figure.low, figure.high) if has_range else ""


def headline_figures(plan: Plan) -> list[PlanFigure]:
    """List the headline figures that the plan has, in chain order."""
    return [plan.figures[name] for name in HEADLINES if name in plan.figures]


def assumption_table(scenario: Scenario) -> pd.DataFrame:
    """List every scenario key that has a value, with unit, kind and source.

    Args:
        scenario: The scenario.

    Returns:
        One row per key, indexed by dotted key: title, value, low, high, unit, kind (`default`, `preset`, `own` or
        `range`), confidence and source.
    """
    tables, preset = to_tables(scenario), to_tables(build({"preset": scenario.preset}))
    rows: list[dict[str, Any]] = []
    for field in fields_of(Scenario):
        value = get_key(tables, field.key)
        if value is None or field.key in ("name", "preset"):
            continue
        if isinstance(value, Mapping) and field.numeric == "each":
            rows += [_assumption(f"{field.key}.{name}", field.title, each, {}, "own") for name, each in value.items()]
            continue
        kind = "default" if field.info.default == value else "preset" if get_key(preset, field.key) == value else "own"
        rows.append(_assumption(field.key, field.title, value, field.extra, kind, scenario.preset))
    columns = ["key", "title", "value", "low", "high", "unit", "kind", "confidence", "source"]
    return pd.DataFrame(rows, columns=columns).set_index("key")


def source_table(plan: Plan) -> pd.DataFrame:
    """List every catalogue figure that the plan rests on, the least certain first.

    Returns:
        One row per figure, indexed by id: value, low, high, unit, year, confidence, stages, source, note.
    """
    rows = [
        {
            "id": use.figure.id, "value": use.figure.value, "low": use.figure.low, "high": use.figure.high,
            "unit": use.figure.unit, "year": use.figure.year, "confidence": use.figure.confidence,
            "stages": ", ".join(use.stages), "source": use.figure.source, "note": use.figure.note,
        }
        for use in weakest_first(plan)
    ]  # fmt: skip
    columns = ["id", "value", "low", "high", "unit", "year", "confidence", "stages", "source", "note"]
    return pd.DataFrame(rows, columns=columns).set_index("id")


def cost_table(plan: Plan) -> pd.DataFrame:
    """List the cost lines, the largest first [USD of the base year, USD/year, year]."""
    rows = [
        {
            "part": line.part, "segment": line.segment, "capital_usd": line.capital_usd, "life_years": line.life_years,
            "annuity_usd_per_year": line.annuity_usd_per_year, "running_usd_per_year": line.running_usd_per_year,
            "total_usd_per_year": line.total_usd_per_year, "low_usd_per_year": line.low_usd_per_year,
            "high_usd_per_year": line.high_usd_per_year,
        }
        for line in sorted(plan.economics.lines, key=lambda line: -line.total_usd_per_year)
    ]  # fmt: skip
    columns = [
        "part", "segment", "capital_usd", "life_years", "annuity_usd_per_year", "running_usd_per_year",
        "total_usd_per_year", "low_usd_per_year", "high_usd_per_year",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index("part")


def capacity_table(plan: Plan) -> pd.DataFrame:
    """List what is built or connected: power, storage, energy of the year, capital [MW, MWh, MWh, USD, 1]."""
    supply = plan.supply
    names = list(dict.fromkeys((*supply.capacity_mw, *supply.dispatch_mw)))
    rows = []
    for name in names:
        mw, series = supply.capacity_mw.get(name, 0.0), supply.dispatch_mw.get(name)
        mwh = float(series.sum()) if series is not None else 0.0
        lost = supply.curtailed_mw.get(name)
        rows.append(
            {
                "technology": name, "capacity_mw": mw, "storage_mwh": supply.storage_mwh.get(name, 0.0),
                "energy_mwh": mwh, "curtailed_mwh": float(lost.sum()) if lost is not None else 0.0,
                "capacity_factor_share": mwh / (mw * len(supply.load_mw)) if mw > 0 else np.nan,
                "capital_usd": supply.capital_usd.get(name, 0.0),
            }
        )  # fmt: skip
    columns = ["technology", "capacity_mw", "storage_mwh", "energy_mwh", "curtailed_mwh", "capacity_factor_share",
               "capital_usd"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index("technology")


def month_table(plan: Plan) -> pd.DataFrame:
    """Sum the hourly year by month: energy, PUE, water, carbon, energy by source; months in UTC."""
    month = pd.Index(month_of_hour() + 1, name="month")
    sums = {
        "it_energy_mwh": plan.compute.it_power_mw, "facility_energy_mwh": plan.facility.power_mw,
        "water_m3": plan.facility.water_m3, "carbon_t": plan.supply.carbon_kg / 1e3,
        **{f"{name}_mwh": series for name, series in plan.supply.dispatch_mw.items()},
        **{f"to_{name}_mwh": series for name, series in plan.supply.uses_mw.items()},
        **{f"curtailed_{name}_mwh": series for name, series in plan.supply.curtailed_mw.items()},
    }  # fmt: skip
    found = pd.DataFrame(sums).groupby(month).sum()
    found.insert(2, "peak_mw", pd.Series(plan.facility.power_mw).groupby(month).max())
    found.insert(3, "pue", found["facility_energy_mwh"] / found["it_energy_mwh"].where(found["it_energy_mwh"] > 0))
    found.insert(4, "mean_price_usd_per_mwh", pd.Series(plan.site.price_usd_per_mwh).groupby(month).mean())
    return found  # fmt: skip


def _assumption(
    key: str, title: str, value: Any, extra: Mapping[str, Any], kind: str, preset: str = ""
) -> dict[str, Any]:
    is_range = isinstance(value, Mapping) and "mode" in value
    central = value["mode"] if is_range else value
    sources = {"default": extra.get("source", ""), "preset": f"preset {preset}"}
    return {
        "key": key, "title": title, "value": ", ".join(map(str, central)) if isinstance(central, list) else central,
        "low": value["low"] if is_range else None, "high": value["high"] if is_range else None,
        "unit": extra.get("unit", ""), "kind": "range" if is_range else kind,
        "confidence": extra.get("confidence", "") if kind == "default" else "",
        "source": sources.get(kind, "scenario"),
    }  # fmt: skip
