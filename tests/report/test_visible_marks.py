"""Every chart that the product makes draws something that can be seen: report, comparison, outlook, jobs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marks import marks_of, seen, unseen

from wattscale.outlook import outlook as outlook_front
from wattscale.outlook.charts import CHARTS as OUTLOOK_CHARTS
from wattscale.report.charts import CHARTS, NARROW_PX, WIDE_PX, chart
from wattscale.report.charts_compare import COMPARISONS
from wattscale.result import Plan
from wattscale.scenario.load import load_scenario
from wattscale.web import kinds
from wattscale.web.job_charts import figure_histogram, job_charts

STUDY = {
    "cases": 8,
    "axes": [{"key": "economics.discount_rate", "low": 0.05, "high": 0.12},
             {"key": "supply.grid_adder_usd_per_mwh", "low": 5, "high": 25}],
}  # fmt: skip
LEVERS = {"names": ["precision", "cooling"]}


def test_a_chart_that_draws_nothing_is_told() -> None:
    blank = {"data": {"values": [{"a": 1, "b": 1}]}, "mark": "bar",
             "encoding": {"x": {"field": "a", "type": "quantitative"}, "x2": {"field": "b"},
                          "y": {"field": "a", "type": "nominal"}}}  # fmt: skip
    assert unseen(blank) == ["rect: none of its items has a size"]
    assert unseen({"data": {"values": []}, "mark": "bar", "encoding": {}}) != []
    assert unseen({**blank, "mark": "point"}) == []


@pytest.mark.parametrize("width", [WIDE_PX, NARROW_PX])
@pytest.mark.parametrize("name", list(CHARTS))
def test_charts_of_a_plan_draw_marks(plan: Plan, name: str, width: int) -> None:
    spec = chart(plan, name, width)
    assert spec is not None
    assert unseen(spec) == []


def test_charts_of_the_built_in_example_draw_marks() -> None:
    from wattscale.chain import plan as make

    made = make(load_scenario(None))
    drawn = {name: chart(made, name) for name in CHARTS}
    assert {name: unseen(spec) for name, spec in drawn.items() if spec is not None and unseen(spec)} == {}


@pytest.mark.parametrize("name", list(COMPARISONS))
def test_charts_of_a_comparison_draw_marks(make_plan: Callable[..., Plan], name: str) -> None:
    from wattscale.report import charts_compare

    plans = [make_plan("A"), make_plan("B", 1.1, {"facility": {"cooling": "chiller"}}), make_plan("C", 0.7)]
    spec = getattr(charts_compare, name)(plans, WIDE_PX)
    assert spec is not None
    assert unseen(spec) == []


def test_every_bar_of_a_histogram_is_as_wide_as_its_bin_and_as_high_as_its_share() -> None:
    name = "economics.tco_usd_per_year"
    values = np.random.default_rng(0).normal(3e8, 2e7, 200)
    bins = kinds.histogram(values)
    p05, p50, p95 = np.quantile(values, [0.05, 0.5, 0.95])
    stats = {"p05": float(p05), "p50": float(p50), "p95": float(p95)}
    spec = figure_histogram({"cases": 200, "figures": {name: stats}, "histograms": {name: bins}}, name)
    assert spec is not None
    (mark,) = marks_of(spec)
    shares = [b["share"] for b in bins]
    assert seen(mark) == sum(share > 0 for share in shares)
    heights = np.array([item["height"] for item in mark["items"]])
    assert heights / heights.max() == pytest.approx(np.array(shares) / max(shares), abs=0.02)
    assert np.ptp([item["width"] for item in mark["items"]]) < 1.0


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Each kind of job that draws, done small: two levers, eight cases, three sites, fifty draws."""
    from wattscale.study import places

    scenario, folder = load_scenario(None), tmp_path_factory.mktemp("jobs")
    patch = pytest.MonkeyPatch()
    all_places = places.places_of()[:3]
    patch.setattr(places, "places_of", lambda: all_places)
    patch.setattr(outlook_front, "COMPARED_DRAWS", 30)

    def do(kind: str, options: dict[str, Any]) -> dict[str, Any]:
        return kinds.KINDS[kind].run(scenario, options, Path(folder), lambda *_: None)

    try:
        return {
            "levers": do("levers", LEVERS),
            "study": do("study", STUDY),
            "sites": do("sites", {}),
            "outlook": do("outlook", {"draws": 50}),
        }
    finally:
        patch.undo()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["levers", "study", "sites", "outlook"])
def test_charts_of_jobs_draw_marks(results: dict[str, dict[str, Any]], kind: str) -> None:
    drawn = job_charts(kind, results[kind])
    assert drawn
    assert {each["name"]: unseen(each["spec"]) for each in drawn if unseen(each["spec"])} == {}


@pytest.mark.slow
def test_a_study_shows_the_histogram_of_each_of_its_figures(results: dict[str, dict[str, Any]]) -> None:
    drawn = {each["name"] for each in job_charts("study", results["study"])}
    vary = {n for n, row in results["study"]["figures"].items() if row["p05"] < row["p95"]}
    assert {f"{name} histogram" for name in vary} <= drawn
    assert len(vary) >= 3


@pytest.mark.slow
def test_charts_of_an_outlook_draw_marks(outlook: Any) -> None:
    missing = {}
    for name, (draw, _) in OUTLOOK_CHARTS.items():
        spec = draw(outlook, WIDE_PX)
        assert spec is not None, name
        if unseen(spec):
            missing[name] = unseen(spec)
    assert missing == {}


@pytest.fixture(scope="module")
def outlook() -> Any:
    patch = pytest.MonkeyPatch()
    patch.setattr(outlook_front, "COMPARED_DRAWS", 30)
    try:
        return outlook_front.run_outlook(draws=60)
    finally:
        patch.undo()
