"""A small campaign with a fixed seed; `python dev.py fuzz` runs large ones with new seeds."""

import dataclasses

import pytest
from campaign import run
from meaning import broken, meant
from trial import BrokenError, Outcome, _cause, smaller
from wild_scenarios import Case, case

from wattscale.catalog.specs import figure_specs
from wattscale.chain import plan
from wattscale.scenario.load import load_scenario


@pytest.mark.slow
def test_drawn_files_load_or_are_refused_with_one_clear_message():
    tally = run({"files": 150}, seed=13)
    assert tally.faults == {}, tally.details
    assert tally.ends["files", "0"] > 30
    assert tally.ends["files", "2"] > 30


@pytest.mark.slow
def test_drawn_plans_are_sound_or_refused_with_one_clear_message():
    tally = run({"plans": 12}, seed=13, without=frozenset({"optimised"}))
    assert tally.faults == {}, tally.details
    assert tally.ends["plans", "0"] > 3


def test_a_seed_gives_the_same_case_again_and_another_seed_another():
    assert case(1, "plans", 4) == case(1, "plans", 4)
    assert case(1, "plans", 4) != case(2, "plans", 4)
    assert case(1, "files", 4) != case(1, "files", 5)


def test_a_failing_file_is_made_smaller_down_to_the_line_that_fails():
    def fails_on_b(drawn: Case) -> Outcome:
        return Outcome(None, "", "b fails" if b"b" in drawn.text else "")

    assert smaller(Case(b"a\nb\nc\n", ("d=1",)), "b fails", fails_on_b) == Case(b"b\n", ())


def test_every_figure_has_a_meaning_that_its_unit_allows():
    for name, spec in figure_specs().items():
        low, high = meant(name, spec.unit)
        assert low < high, name
    assert meant("economics.npv_usd", "USD")[0] < 0
    assert meant("compute.training.goodput", "1") == (0.0, 1.0)
    assert meant("site.min_temp_c", "C")[0] < -60


def test_a_plan_with_an_impossible_figure_is_told():
    scenario = load_scenario(
        {"workload": {"model": "Llama-3.1-8B", "training": {"tokens": 0}}, "economics": {"risk_paths": 0}}
    )
    made = plan(scenario)
    assert list(broken(made)) == []
    wrong = {**made.facility.figures, "pue": 0.9, "energy_mwh": -1.0}
    spoilt = dataclasses.replace(made, facility=dataclasses.replace(made.facility, figures=wrong))
    found = list(broken(spoilt))
    assert any(words.startswith("facility.pue below 1:") for words in found)
    assert any(words.startswith("facility.energy_mwh below 0:") for words in found)
    assert any(words.startswith("facility.energy_mwh is not the sum") for words in found)


def test_faults_are_grouped_by_what_they_break():
    one, other = BrokenError("facility.pue below 1: 0.9"), BrokenError("facility.pue below 1: 0.8")
    assert _cause(one)[0] == _cause(other)[0] == "meaning: facility.pue below 1"
    assert _cause(ValueError("x"))[0] == "ValueError in outside the package"
