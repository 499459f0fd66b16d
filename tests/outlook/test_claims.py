"""Statements that read an outlook: verdicts of the literature, live numbers, and words that a stranger can follow."""

import json
import time

import pytest

from wattscale.catalog import load_catalog
from wattscale.outlook.claims import evaluate_claims, outlook_figures
from wattscale.scenario.load import load_scenario
from wattscale.study.claim_outlook import OUTLOOK_METRICS, OUTLOOK_WORDS


@pytest.fixture(scope="module")
def found():
    return {claim.id: claim for claim in evaluate_claims(load_scenario())}


@pytest.fixture(scope="module")
def figures(units):
    return outlook_figures(units, load_catalog(), draws=200)


@pytest.mark.slow
def test_with_an_outlook_the_verdicts_are_those_of_the_literature(found):
    rows = load_catalog()
    wrong = {i: c.verdict for i, c in found.items() if c.verdict != rows.row("claims", str(i)).text("expected")}
    assert wrong == {}
    assert len(found) == 41


@pytest.mark.slow
def test_every_statement_keeps_its_range_its_flip_and_its_sources(found):
    for claim in found.values():
        assert claim.low <= claim.value <= claim.high, claim.id
        assert claim.flip
        assert claim.sources
        json.dumps(claim.as_dict(), allow_nan=False)


@pytest.mark.slow
@pytest.mark.parametrize("number", sorted(int(n) for n in OUTLOOK_METRICS))
def test_statements_on_the_coming_decades_name_the_outlook_figure_they_read(found, number):
    assert any(source.startswith("outlook.") for source in found[number].sources)


@pytest.mark.slow
@pytest.mark.parametrize("number", sorted(int(n) for n in OUTLOOK_WORDS))
def test_other_statements_say_beside_the_plan_what_the_outlook_adds(found, number):
    assert any(word in found[number].flip for word in ("outlook", "draws", "2045"))


@pytest.mark.parametrize(
    ("number", "override"),
    [
        (
            "5",
            {
                "demand.growth_start": 0.2,
                "demand.growth_long": 0.05,
                "algorithms.fall_start": 0.9,
                "demand.latent": 1.0,
            },
        ),
        ("33", {"demand.growth_start": 0.1, "demand.growth_long": 0.05, "demand.latent": 1.0}),
    ],
)
def test_slow_demand_flips_what_rests_on_it(units, number, override):
    """Overriding drivers in the scenario's catalogue reaches the statement."""
    slow = load_catalog().with_overrides({f"outlook_drivers/{k}": x for k, x in override.items()})
    usual, changed = (
        OUTLOOK_METRICS[number](outlook_figures(units, c, draws=60)).value for c in (load_catalog(), slow)
    )
    assert changed < 0.7 * usual


def test_the_figures_are_seeded_and_quick(units, figures):
    start = time.process_time()
    again = outlook_figures(units, load_catalog(), draws=200)
    assert time.process_time() - start < 3
    assert again == figures


def test_probabilities_carry_the_error_of_their_count(figures):
    measure = OUTLOOK_METRICS["38"](figures)
    assert 0 <= measure.low <= measure.value <= measure.high <= 1
    assert measure.high > measure.low
    assert measure.unit == "1"
