"""Levers: what each saves, and that the shares add up."""

from __future__ import annotations

import json
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.study.levers import METRICS, Lever, abatement_curve, load_levers, payback_years, study_levers
from wattscale.study.shapley import shapley_shares
from wattscale.study.text import levers_text

NAMES = ("a", "b", "c", "d")
SUBSETS = [frozenset(c) for size in range(5) for c in combinations(NAMES, size)]
QUICK = ("precision", "cooling", "headroom")


@pytest.fixture(scope="module")
def quick():
    return study_levers(load_scenario(), load_levers(names=QUICK))


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=16, max_size=16))
def test_shapley_shares_sum_to_the_joint_value(values):
    value = dict(zip(SUBSETS, values, strict=True)).__getitem__
    total = value(frozenset(NAMES)) - value(frozenset())
    assert sum(shapley_shares(NAMES, value).values()) == pytest.approx(total, rel=1e-9, abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(weights=st.lists(st.floats(-10, 10), min_size=4, max_size=4))
def test_a_lever_that_adds_gets_what_it_adds(weights):
    by_name = dict(zip(NAMES, weights, strict=True))
    shares = shapley_shares(NAMES, lambda s: sum(by_name[n] for n in sorted(s)))
    assert shares == pytest.approx(by_name, abs=1e-9)


def test_two_levers_that_only_work_together_share_alike():
    shares = shapley_shares(["left", "right", "idle"], lambda s: 12.0 if {"left", "right"} <= s else 0.0)
    assert shares == pytest.approx({"left": 6.0, "right": 6.0, "idle": 0.0})


@pytest.mark.slow
def test_shares_of_real_plans_sum_to_the_joint_saving(quick):
    for metric in METRICS:
        joint = quick.baseline[metric] - quick.joint[metric]
        assert sum(quick.shapley[n][metric] for n in QUICK) == pytest.approx(joint, rel=1e-9)
        assert sum(quick.in_order[n][metric] for n in QUICK) == pytest.approx(joint, rel=1e-9)


@pytest.mark.slow
def test_levers_do_what_physics_says(quick):
    assert quick.alone["cooling"]["energy_mwh"] > 0.05 * quick.baseline["energy_mwh"]
    assert quick.alone["cooling"]["water_m3_per_year"] > 0
    assert quick.alone["precision"]["energy_mwh"] > 0.2 * quick.baseline["energy_mwh"]
    assert quick.alone["headroom"]["capital_usd"] > 0
    assert any("trains in" in note for note in quick.notes)
    assert any("'cooling' already" in note for note in quick.notes)


@pytest.mark.slow
def test_the_order_of_the_levers_does_not_move_the_exact_shares(quick):
    found = study_levers(load_scenario(), load_levers(names=QUICK[::-1]))
    for name in QUICK:
        assert found.shapley[name] == pytest.approx(quick.shapley[name], rel=1e-9)


@pytest.mark.slow
def test_two_workers_give_the_same_shares(quick):
    found = study_levers(load_scenario(), load_levers(names=QUICK), workers=2)
    assert found.to_dict() == quick.to_dict()


@pytest.mark.slow
def test_the_study_is_told_in_words_and_json(quick):
    text = levers_text(quick)
    assert all(name in text for name in QUICK)
    assert "Kurtic" in text
    assert json.dumps(quick.to_dict(), allow_nan=False)


def metrics(carbon, cost, capital=0.0, running=0.0):
    return {
        "energy_mwh": 0.0, "carbon_t_per_year": carbon, "cost_usd_per_year": cost, "water_m3_per_year": 0.0,
        "capital_usd": capital, "running_usd_per_year": running,
    }  # fmt: skip


def test_the_abatement_curve_starts_with_what_saves_most_and_recomputes_each_step():
    # b saves 10 t at 5 USD/t, a saves 2 t and 100 USD; together they save 1 t less than the sum.
    table = {
        frozenset(): metrics(100, 1000), frozenset("a"): metrics(98, 900), frozenset("b"): metrics(90, 1050),
        frozenset("ab"): metrics(89, 950), frozenset("c"): metrics(101, 990), frozenset("ac"): metrics(99, 890),
        frozenset("bc"): metrics(91, 1040), frozenset("abc"): metrics(90, 940),
    }  # fmt: skip
    steps = abatement_curve(["a", "b", "c"], table.__getitem__)
    assert [s["lever"] for s in steps] == ["a", "b", "c"]
    assert steps[0]["cost_usd_per_t"] == pytest.approx(-50.0)
    assert steps[1]["carbon_t_per_year"] == pytest.approx(9.0)
    assert steps[1]["cost_usd_per_t"] == pytest.approx(50 / 9)
    assert steps[2]["cost_usd_per_t"] is None
    assert sum(s["carbon_t_per_year"] for s in steps) == pytest.approx(10.0)


def test_payback_is_extra_capital_over_yearly_saving():
    assert payback_years(metrics(0, 0, capital=-100, running=20)) == 5.0
    assert payback_years(metrics(0, 0, capital=100, running=20)) == 0.0
    assert payback_years(metrics(0, 0, capital=-100, running=-20)) is None


def test_own_levers_are_read_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[[lever]]\nname = "cheap"\nchanges = { "economics.discount_rate" = 0.04 }\n')
    assert load_levers(path) == [Lever("cheap", "cheap", {"economics.discount_rate": 0.04})]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[lever]]\nname = "a"\n', "needs name and changes"),
        ('[[lever]]\nname = "a"\nchange = {}\nchanges = {}\n', "Did you mean 'changes'"),
        ("[[lever]\n", "line 1"),
        ("[[levers]]\nname = 'a'\n", "holds no lever"),
        ("lever = 3\n", "lever: must be a list of tables"),
        ("lever = ['a']\n", "lever: must be a list of tables"),
        ("x = 3\n[[lever]]\nname = 'a'\nchanges = {}\n", "x: unknown key"),
        ("[[lever]]\nname = 'a'\nchanges = {}\nwithout = 3\n", "a.without = 3: must be a table"),
        ("[[lever]]\nname = 'a'\nchanges = {}\noptional = 'yes'\n", "a.optional = 'yes': must be true or false"),
    ],
)
def test_a_file_of_levers_that_cannot_be_read_is_refused(tmp_path, text, words):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(InputError, match=words):
        load_levers(tmp_path / "mine.toml")


def test_an_unknown_lever_or_key_is_told_with_the_nearest_word():
    with pytest.raises(InputError, match="Did you mean 'precision'"):
        load_levers(names=["precison"])
    with pytest.raises(InputError, match="discount_rate"):
        study_levers(load_scenario(), [Lever("x", "x", {"economics.discont_rate": 0.1})])
    with pytest.raises(InputError, match="1 to"):
        study_levers(load_scenario(), [])


def test_a_combination_that_cannot_be_planned_is_named():
    dense = Lever("dense", "dense", {"site.name": "atlantis"})
    with pytest.raises(InputError, match=r"levers: dense.*atlantis"):
        study_levers(load_scenario(), [dense])
