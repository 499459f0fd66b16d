from __future__ import annotations

from types import SimpleNamespace

import pytest

from wattscale.catalog.specs import FigureSpec
from wattscale.figure import CONFIDENCES, Figure
from wattscale.report import basis as module
from wattscale.report.basis import bases_of, basis_of, confidence_counts, weakest_first
from wattscale.result import Plan


def figure(fid: str, confidence: str, value: float = 1.0, high: float = 1.0) -> Figure:
    return Figure(fid, value, value, high, "1", "test", "2024", confidence)  # type: ignore[arg-type]


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> None:
    """Describe figures whose catalogue inputs are known."""
    specs = {
        "facility.pue": ("facility.loss", "facility.cooling"),
        "facility.loss": ("ups/2n.loss", "weather/<site>.temp"),
        "impact.water": ("facility.unnamed",),
    }
    monkeypatch.setattr(
        module, "spec_of", lambda name: FigureSpec(name, "1", "", "", specs[name], "") if name in specs else None
    )
    module._catalogue_inputs.cache_clear()
    yield
    module._catalogue_inputs.cache_clear()


def plan_of(figures: dict[str, list[Figure]], names: list[str]) -> Plan:
    ledgers = {stage: {f.id: f for f in listed} for stage, listed in figures.items()}
    return SimpleNamespace(ledgers=ledgers, figures=dict.fromkeys(names))  # type: ignore[return-value]


@pytest.mark.usefixtures("described")
def test_a_figure_rests_on_the_catalogue_inputs_of_the_figures_it_is_computed_from() -> None:
    ups, climate = figure("ups/2n.loss@eu:2025", "measured"), figure("weather/us_nova.temp", "unverified")
    plan = plan_of({"facility": [ups, climate, figure("other/x.y", "estimated")]}, ["facility.pue"])
    basis = basis_of(plan, "facility.pue")
    assert basis.counts == {"measured": 1, "unverified": 1}
    assert basis.weakest == "unverified"
    assert basis.badge == "unverified 1 of 2"
    assert basis.words == "Rests on 1 measured, 1 unverified figures."


@pytest.mark.usefixtures("described")
def test_a_figure_without_named_inputs_rests_on_the_stages_of_its_inputs() -> None:
    stages = {"facility": [figure("a/b.c", "published")], "impact": [figure("d/e.f", "unverified")]}
    plan = plan_of(stages, ["impact.water", "facility.unnamed"])
    assert basis_of(plan, "impact.water").badge == "published"
    assert basis_of(plan, "facility.unnamed").words == "The stages behind it rest on 1 published figure."


def test_a_figure_of_a_stage_that_read_nothing_follows_from_the_scenario(plan: Plan) -> None:
    basis = basis_of(plan, "workload.params_total")
    assert basis.badge == "scenario"
    assert basis.words == "Follows from the scenario alone."


def test_all_at_once_equals_one_by_one(plan: Plan) -> None:
    assert bases_of(plan) == {name: basis_of(plan, name) for name in plan.figures}


def test_the_weakest_come_first_and_wide_before_narrow(plan: Plan) -> None:
    order = [CONFIDENCES.index(use.figure.confidence) for use in weakest_first(plan)]
    assert order == sorted(order, reverse=True)
    assert sum(confidence_counts(plan).values()) == len(plan.sources)
