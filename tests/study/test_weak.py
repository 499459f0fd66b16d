"""Weak figures of a plan come by their weight in its headlines, with what would narrow them."""

import pytest

from wattscale.catalog import load_catalog
from wattscale.chain import plan
from wattscale.errors import InfeasibleError
from wattscale.scenario.load import load_scenario
from wattscale.study import weak
from wattscale.study.text import weak_text
from wattscale.study.weak import WEAK, weak_figures


@pytest.fixture(scope="module")
def costs():
    return weak_figures(load_scenario(), table="dc_costs")


@pytest.mark.slow
def test_weak_figures_come_heaviest_first_and_are_those_the_plan_reads(costs):
    assert costs["weight"].is_monotonic_decreasing
    assert set(costs["confidence"]) <= set(WEAK)
    read = {key for ledger in plan(load_scenario()).ledgers.values() for key in ledger}
    assert set(costs["figure"]) <= read


@pytest.mark.slow
def test_the_weight_is_what_a_plan_with_the_figure_at_its_end_shows(costs):
    top = costs.iloc[0]
    here = plan(load_scenario()).figures[top["moves"]].value
    there = [
        plan(load_scenario({"catalog": {top["figure"]: float(top[end])}})).figures[top["moves"]].value
        for end in ("low", "high")
    ]
    assert top["weight"] == pytest.approx(max(abs(t / here - 1) for t in there), rel=1e-6)


@pytest.mark.slow
def test_the_text_names_the_headline_moved_and_what_would_narrow_it(costs):
    text = weak_text(costs)
    assert costs.iloc[0]["moves"] in text
    assert {"a", "quote", "or", "contract"} <= set(text.split())


@pytest.mark.slow
def test_an_end_without_a_plan_is_told(monkeypatch):
    real = weak.walk

    def fails_above(scenario, *rest, **named):
        if any(value > 1e3 for value in scenario.catalog.values()):
            raise InfeasibleError("cannot be planned")
        return real(scenario, *rest, **named)

    monkeypatch.setattr(weak, "walk", fails_above)
    found = weak_figures(load_scenario(), table="dc_costs")
    dear = found[found["high"] > 1e3]
    assert not dear.empty
    assert dear["moves"].str.contains("no plan at").all()
    assert not found[found["high"] < 500]["moves"].str.contains("no plan").any()


def test_every_table_with_weak_figures_says_what_would_narrow_them_or_is_fitted():
    read = {key: f for ledger in plan(load_scenario()).ledgers.values() for key, f in ledger.items()}
    for name in {key.partition("/")[0] for key, figure in read.items() if figure.confidence in WEAK}:
        meta = load_catalog().table(name).meta
        assert meta.get("fitted") or meta.get("narrowed_by"), name
