"""What a goal seek found, in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from wattscale.goal import Goal
from wattscale.report.solved import solve_text
from wattscale.scenario.load import load_scenario
from wattscale.screen import folded

REQUESTS = "workload.serving.requests_per_day"


def goal(**changes: Any) -> Goal:
    found = {
        "vary": REQUESTS, "value": 866_567_000.0, "figure": "facility.peak_mw", "target": 60.0, "reached": 60.0013,
        "unit": "MW", "scenario": load_scenario(), "trials": (),
    }  # fmt: skip
    return Goal(**{**found, **changes})


def test_the_answer_is_a_sentence_and_a_setting() -> None:
    sentence, setting = solve_text(goal()).splitlines()
    assert sentence == (
        "The largest facility power of the year (facility.peak_mw) is 60.0 MW, as asked, when "
        "workload.serving.requests_per_day is 867 million a day."
    )
    assert setting == "  --set workload.serving.requests_per_day=8.66567e+08"
    key, value = setting.split()[1].split("=")
    again = load_scenario(None, [f"{key}={value}"])
    assert again.workload.serving.requests_per_day == pytest.approx(866_567_000.0)


def test_a_figure_that_moves_in_steps_says_how_near_it_came() -> None:
    told = solve_text(goal(reached=58.2))
    assert "is 58.2 MW when workload.serving" in told
    assert "867 million a day: the nearest to the 60.0 MW asked, since it moves in steps." in told


def test_a_catalogue_figure_is_named_by_its_id() -> None:
    told = solve_text(goal(vary="catalog.dc_costs/life.plant", value=12.5))
    assert "when catalog.dc_costs/life.plant is 12.5." in told
    setting = told.splitlines()[-1].split("--set ")[1]
    assert load_scenario(None, [setting]).catalog == {"dc_costs/life.plant": 12.5}


@pytest.mark.parametrize("width", [60, 80])
def test_it_fits_the_terminal(width: int) -> None:
    assert max(map(len, folded(solve_text(goal()), width).splitlines())) <= width
