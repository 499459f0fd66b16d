"""Verdicts on common statements, and what flips them."""

from __future__ import annotations

import json

import pytest

from wattscale.catalog import load_catalog
from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.study.claim_metrics import METRICS
from wattscale.study.claims import claim_ids, evaluate_claims


@pytest.fixture(scope="module")
def verdicts():
    return evaluate_claims(load_scenario())


@pytest.mark.slow
def test_the_built_in_example_gives_the_verdicts_of_the_literature(verdicts):
    rows = load_catalog()
    wrong = {
        each.id: (each.value, each.verdict)
        for each in verdicts
        if each.verdict != rows.row("claims", str(each.id)).text("expected")
    }
    assert wrong == {}


@pytest.mark.slow
def test_each_verdict_says_what_would_flip_it_and_where_it_comes_from(verdicts):
    for each in verdicts:
        assert each.flip, each.id
        assert each.sources, each.id
        assert each.low <= each.value <= each.high, each.id
        json.dumps(each.as_dict())


def test_every_statement_has_a_metric():
    assert {str(number) for number in claim_ids()} == set(METRICS)
    assert len(METRICS) == 41


def verdict_of(number, settings=(), catalog=None):
    scenario = load_scenario(None, list(settings))
    if catalog:
        scenario = scenario.model_copy(update={"catalog": catalog})
    return evaluate_claims(scenario, [number])[0].verdict


@pytest.mark.slow
def test_very_dear_power_makes_electricity_surpass_hardware():
    assert verdict_of(9) == "false"
    assert verdict_of(9, ["economics.electricity_price_usd_per_mwh=800"]) == "true"


@pytest.mark.slow
def test_very_cheap_hardware_without_interest_makes_electricity_surpass_it_at_150_usd_per_mwh():
    free = ["economics.discount_rate=0", "economics.accelerator_price_usd=5000"]
    assert verdict_of(9, [*free, "economics.electricity_price_usd_per_mwh=150"]) == "true"
    assert verdict_of(9, [*free, "economics.electricity_price_usd_per_mwh=75"]) == "partly"


@pytest.mark.parametrize("number", [11, 12])
def test_a_context_of_a_million_tokens_makes_attention_quadratic_and_dominant(number):
    assert verdict_of(number, ["workload.training.sequence_length=1000000"]) == "true"


def test_a_weak_answer_of_demand_lets_efficiency_lower_the_footprint():
    assert verdict_of(18) == "false"
    assert verdict_of(18, catalog={"claim_evidence/rebound.elasticity": 0.3}) == "true"


@pytest.mark.slow
def test_the_break_even_named_is_the_one_that_flips():
    flip = evaluate_claims(load_scenario(), [9])[0].flip
    price = float(flip.rpartition("=")[2])
    assert verdict_of(9, [f"economics.electricity_price_usd_per_mwh={1.02 * price}"]) == "true"
    assert verdict_of(9, [f"economics.electricity_price_usd_per_mwh={0.9 * price}"]) == "partly"


def test_an_unknown_number_is_refused():
    with pytest.raises(InputError, match="1 to 41"):
        evaluate_claims(load_scenario(), [99])


@pytest.mark.parametrize("without", ["workload.training.tokens", "workload.serving.requests_per_day"])
def test_a_plan_without_a_part_leaves_the_statements_on_it_untestable(without):
    found = evaluate_claims(apply_patch(load_scenario(), Patch("half", {without: 0.0})))
    assert len(found) == len(claim_ids())
    lacking = [claim for claim in found if claim.form.startswith("the plan has no")]
    assert lacking
    assert all(claim.verdict == "untestable" and claim.as_dict()["value"] is None for claim in lacking)


def test_serving_outweighs_training_from_the_years_that_are_told():
    claim = evaluate_claims(load_scenario(), [4])[0]
    life, share = 5.0, claim.value
    yearly = share / (1.0 - share) / life
    assert f"less than {0.4 / 0.6 / yearly:.1f} years" in claim.flip
