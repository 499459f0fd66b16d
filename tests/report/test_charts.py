from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from wattscale.errors import InputError
from wattscale.hours import calendar_of, local_weekday
from wattscale.report import chart, chart_names
from wattscale.report.charts import CHARTS, DARK, in_mode
from wattscale.report.charts_power import MONDAY_FIRST
from wattscale.report.flow import energy_flow
from wattscale.report.palette import TECHNOLOGY, colours, stack_order
from wattscale.report.svg import png, render
from wattscale.report.words import STAGES
from wattscale.result import Plan


def every_number(node: object) -> list[float]:
    if isinstance(node, dict):
        return [n for value in node.values() for n in every_number(value)]
    if isinstance(node, list):
        return [n for value in node for n in every_number(value)]
    return [float(node)] if isinstance(node, int | float) and not isinstance(node, bool) else []


def values(spec: dict) -> list[dict]:
    return spec["data"]["values"] if "data" in spec else spec["layer"][0]["data"]["values"]


@pytest.mark.parametrize("name", list(CHARTS))
def test_a_chart_is_plain_json_with_inline_data_and_a_caption_that_names_the_scenario(plan: Plan, name: str) -> None:
    spec = chart(plan, name)
    assert spec is not None
    text = json.dumps(spec, allow_nan=False)
    assert "http" not in text.replace(spec["$schema"], "")
    caption = spec["title"]["subtitle"]
    caption = caption if isinstance(caption, str) else " ".join(caption)
    assert plan.scenario.name in caption
    assert "Source: " in caption
    assert spec["description"]
    assert np.isfinite(every_number(spec)).all()


@pytest.mark.parametrize("name", list(CHARTS))
def test_axis_titles_of_numbers_carry_a_unit(plan: Plan, name: str) -> None:
    def axes(node: object) -> list[dict]:
        if isinstance(node, list):
            return [a for each in node for a in axes(each)]
        if not isinstance(node, dict):
            return []
        here = [node] if node.get("type") == "quantitative" and "axis" in node and node["axis"] is not None else []
        return here + [a for value in node.values() for a in axes(value)]

    for axis in axes(chart(plan, name)):
        title = axis["axis"].get("title") or axis.get("title")
        says_words = "labelExpr" in axis["axis"]
        assert says_words or "[" in str(title), axis


def test_every_chapter_but_workload_has_a_chart() -> None:
    assert {CHARTS[name].stage for name in chart_names()} == {"plan", *STAGES} - {"workload"}


def test_an_unknown_chart_names_the_nearest() -> None:
    with pytest.raises(InputError, match="'heat_map_pue'"):
        chart(None, "heatmap_pue")  # type: ignore[arg-type]


def test_monthly_energy_adds_up_to_the_year(plan: Plan) -> None:
    spec = chart(plan, "monthly_energy")
    assert spec is not None
    total = sum(row["gwh"] for row in values(spec))
    assert_allclose(total, sum(s.sum() for s in plan.supply.dispatch_mw.values()) / 1e3, rtol=1e-4)


def test_a_week_stacks_to_the_load_in_every_hour(plan: Plan) -> None:
    for name in ("typical_week", "hardest_week"):
        spec = chart(plan, name)
        assert spec is not None
        stack = np.zeros(168)
        for row in values(spec):
            stack[row["hour"]] += row["mw"]
        load = [row["mw"] for row in spec["layer"][1]["data"]["values"]]
        assert_allclose(stack, load, atol=0.01)


def days_of(spec: object) -> list[str]:
    axis = spec["layer"][0]["encoding"]["x"]["axis"] if "layer" in spec else spec["encoding"]["x"]["axis"]  # type: ignore[index, operator]
    return axis["labelExpr"].partition("[")[2].partition("]")[0].replace("'", "").split(",")


@pytest.mark.parametrize("year", [2023, 2024, 2025])
def test_days_of_a_week_carry_the_weekday_of_their_date(plan: Plan, year: int) -> None:
    dated = replace(plan, site=replace(plan.site, calendar=calendar_of(year)))
    spec = chart(dated, "hardest_week")
    first = spec["title"]["text"].partition("(")[2].partition(" to")[0]  # type: ignore[index]
    begins = datetime.strptime(f"{first} {year}", "%d %b %Y").weekday()
    assert days_of(spec)[0] == MONDAY_FIRST[begins]


def test_the_mean_week_begins_on_monday_whatever_the_year(plan: Plan) -> None:
    for year in (2023, 2024):
        calendar = calendar_of(year)
        weekend = local_weekday(calendar, plan.site.utc_offset_h) >= 5
        power = np.where(weekend, 1.0, 3.0)
        training = replace(plan.compute.training, power_mw=power)
        dated = replace(
            plan, site=replace(plan.site, calendar=calendar), compute=replace(plan.compute, training=training)
        )
        spec = chart(dated, "it_power_week")
        assert days_of(spec) == list(MONDAY_FIRST)
        drawn = [row["mw"] for row in values(spec) if row["part"] == "Training"]
        assert drawn == [3.0] * 120 + [1.0] * 48


def test_contracts_over_the_grid_stand_in_the_carbon_of_each_month(plan: Plan) -> None:
    contract = np.full(8760, 2.0)
    more = replace(plan, supply=replace(plan.supply, metered_mw={"clean": contract}))
    before, after = (sum(row["kt"] for row in values(chart(p, "carbon_by_month"))) for p in (plan, more))
    assert after - before == pytest.approx(float((contract * plan.site.carbon_kg_per_mwh).sum()) / 1e6, rel=1e-3)


def test_the_hardest_week_has_the_least_carbon_free_share(plan: Plan) -> None:
    titles = [chart(plan, name)["title"]["text"] for name in ("typical_week", "hardest_week")]  # type: ignore[index]
    assert titles[0] != titles[1]
    assert "Dec" in titles[1] or "Jan" in titles[1] or "Nov" in titles[1] or "Feb" in titles[1]


def test_a_heat_map_of_constant_power_is_drawn(plan: Plan) -> None:
    flat = replace(plan, facility=replace(plan.facility, power_mw=np.full(8760, 7.0)))
    spec = chart(flat, "heat_map_power")
    assert spec is not None
    assert len(values(spec)) == 365 * 8
    assert {row["v"] for row in values(spec)} == {7.0}
    assert "<svg" in render(spec)


def test_heat_maps_show_local_time(plan: Plan) -> None:
    power = np.zeros(8760)
    power[5::24] = 1.0  # 05:00 UTC is midnight five hours west
    moved = replace(plan, facility=replace(plan.facility, power_mw=power))
    spec = chart(moved, "heat_map_power")
    assert spec is not None
    assert {row["h"] for row in values(spec) if row["v"] > 0} == {0}


def test_cost_parts_beyond_the_largest_are_put_together_without_loss(plan: Plan) -> None:
    line = plan.economics.lines[0]
    many = tuple(replace(line, part=f"part_{i}", running_usd_per_year=1e6 * i) for i in range(30))
    spec = chart(replace(plan, economics=replace(plan.economics, lines=many)), "cost_by_part")
    assert spec is not None
    shown = sum(row["usd"] for row in values(spec))
    assert_allclose(shown, sum(one.total_usd_per_year for one in many) / 1e6, rtol=1e-5)
    assert len(values(spec)) == 17


def test_charts_without_data_are_left_out(plan: Plan, without: Callable[[Plan, str], Plan]) -> None:
    bare = without(without(plan, "training"), "serving")
    assert chart(bare, "time_shares") is None
    assert chart(replace(plan, economics=replace(plan.economics, lines=())), "cost_by_part") is None
    assert chart(replace(plan, impact=replace(plan.impact, jobs={})), "jobs") is None


def test_energy_flow_balances_at_every_node_between_the_ends(plan: Plan) -> None:
    nodes, links = energy_flow(plan)
    column = {node.name: node.column for node in nodes}
    for node in nodes:
        into = sum(link.mwh for link in links if link.target == node.name)
        out = sum(link.mwh for link in links if link.source == node.name)
        if into and out:
            assert_allclose(into, out, rtol=1e-6, err_msg=node.name)
    assert all(column[link.source] < column[link.target] for link in links)
    load = plan.supply.load_mw.sum()
    fed = sum(link.mwh for link in links if link.target == "Campus")
    assert_allclose(fed, load + plan.supply.uses_mw["battery"].sum() - plan.supply.dispatch_mw["battery"].sum())


def test_energy_flow_names_what_the_sources_do_not_account_for(plan: Plan) -> None:
    short = dict(plan.supply.dispatch_mw) | {"grid": np.zeros(8760)}
    nodes, links = energy_flow(replace(plan, supply=replace(plan.supply, dispatch_mw=short)))
    gap = next(link.mwh for link in links if link.source == "Not accounted for")
    assert_allclose(gap, plan.supply.dispatch_mw["grid"].sum(), rtol=1e-9)
    assert any(node.name == "Not accounted for" for node in nodes)


def test_a_chart_in_a_page_takes_its_text_colours_from_the_page(plan: Plan) -> None:
    spec = chart(plan, "cash_flow")
    assert spec is not None
    drawn = render(spec, "x")
    assert drawn.startswith('<svg role="img" aria-label="Cash flow')
    assert "var(--ink)" in drawn
    assert "#16202c" not in drawn
    assert drawn.count("<svg") == 1


def test_ids_in_svgs_are_unique_per_chart(plan: Plan) -> None:
    import re

    spec = chart(plan, "heat_map_pue")
    assert spec is not None
    ids = [set(re.findall(r'id="([^"]+)"', render(spec, prefix))) for prefix in ("a", "b")]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_dark_mode_keeps_data_and_changes_text(plan: Plan) -> None:
    spec = chart(plan, "typical_week")
    assert spec is not None
    dark = in_mode(spec, DARK)
    assert dark["layer"][0]["data"] == spec["layer"][0]["data"]
    assert dark["config"]["axis"]["labelColor"] == DARK["muted"]
    assert dark["layer"][1]["mark"]["color"] == DARK["ink"]


def test_a_chart_is_drawn_as_png(plan: Plan) -> None:
    spec = chart(plan, "capacities")
    assert spec is not None
    assert png(spec, 1.0)[:8] == b"\x89PNG\r\n\x1a\n"


def test_technologies_of_a_stack_never_share_a_colour() -> None:
    names = ["grid", "gas_ccgt", "gas_ocgt", "solar", "solar_roof", "wind", "wind_offshore", "battery_4h", "nuclear"]
    given = colours(names, TECHNOLOGY)
    assert list(given) == names
    assert len(set(given.values())) == len(names)


def test_the_stack_runs_from_firm_to_flexible() -> None:
    assert stack_order(["battery", "wind", "solar", "grid", "nuclear"]) == [
        "nuclear",
        "grid",
        "wind",
        "solar",
        "battery",
    ]


CVD = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
"""Linear-RGB simulation of colour vision deficiency, severity 1 (Machado, Oliveira and Fernandes 2009)."""


def oklab(rgb: np.ndarray) -> np.ndarray:
    lms = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                    [0.0883024619, 0.2817188376, 0.6299787005]]) @ rgb  # fmt: skip
    return np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                     [0.0259040371, 0.7827717662, -0.8086757660]]) @ np.cbrt(np.maximum(lms, 0))  # fmt: skip


@pytest.mark.parametrize("kind", [None, *CVD])
def test_neighbours_of_the_common_stack_are_told_apart_by_colour_blind_readers(kind: str | None) -> None:
    names = ["nuclear", "grid", "gas", "wind", "solar", "battery"]
    seen = []
    for name in names:
        srgb = np.array([int(TECHNOLOGY[name][i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        seen.append(oklab(np.clip(np.array(CVD[kind]) @ linear, 0, 1) if kind else linear))
    gaps = {
        (a, b): np.linalg.norm(seen[i] - seen[j]) for i, a in enumerate(names) for j, b in enumerate(names) if i < j
    }
    assert min(gaps.values()) > 0.08, min(gaps, key=gaps.__getitem__)


def test_the_bridge_of_segments_ends_at_the_total(plan: Plan) -> None:
    rows = values(chart(plan, "market"))
    steps, total = rows[:-1], rows[-1]
    assert total["part"] == "Total"
    assert total["from"] == 0
    assert total["to"] == pytest.approx(sum(plan.impact.market_usd.values()) / 1e6)
    assert steps[-1]["to"] == pytest.approx(total["to"])
    for above, below in pairwise(steps):
        assert below["from"] == pytest.approx(above["to"])


def test_jobs_by_round_add_up_gross_and_net(plan: Plan) -> None:
    rows = values(chart(plan, "jobs_by_round"))
    sums = {bar: sum(row["jobs"] for row in rows if row["bar"] == bar) for bar in ("Gross", "Net")}
    assert sums["Gross"] == pytest.approx(12_000.0)
    assert sums["Net"] == pytest.approx(0.33 * 12_000.0)


def test_hours_are_labelled_with_the_year_of_the_calendar(plan: Plan) -> None:
    assert str(plan.hourly().index[0]) == "2025-01-01 00:00:00"
    dated = replace(plan, site=replace(plan.site, calendar=calendar_of(2024))).hourly()
    assert str(dated.index[59 * 24]) == "2024-03-01 00:00:00"
    assert dated.index.is_monotonic_increasing
