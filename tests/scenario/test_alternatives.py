"""Keys of which one is given and the other solved, by the layer they stand in."""

from __future__ import annotations

import pytest

from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.scenario.patch import Patch, apply_patch


def training(scenario):
    return scenario.workload.training.devices, scenario.workload.training.days


def both(devices, days):
    return {"workload": {"training": {"devices": devices, "days": days}}}


@pytest.mark.parametrize(
    ("source", "settings"),
    [
        (both(2048, 30), []),
        (both({"low": 1000, "mode": 2000, "high": 3000}, 30), []),
        (None, ["workload.training.devices=2048", "workload.training.days=30"]),
        ({"workload": {"training": {"devices": 1}}}, ["workload.training.devices=2048", "workload.training.days=30"]),
    ],
)
def test_both_in_one_layer_are_refused_by_name_and_value(source, settings):
    with pytest.raises(InputError) as told:
        load_scenario(source, settings)
    for word in ("workload.training.devices", "workload.training.days", "30", "one of the two"):
        assert word in str(told.value)


def test_a_file_takes_the_place_of_its_preset_without_a_word():
    scenario = load_scenario({"workload": {"training": {"days": 90}}})
    assert training(scenario) == (None, 90.0)
    assert scenario.notes == []


def test_a_setting_takes_the_place_of_the_file_and_says_so():
    scenario = load_scenario({"workload": {"training": {"devices": 2048}}}, ["workload.training.days=90"])
    assert training(scenario) == (None, 90.0)
    (note,) = scenario.notes
    assert note.code == "setting-replaced"
    assert "workload.training.devices = 2048" in note.message
    assert "workload.training.days=90" in note.message


def test_a_place_given_by_name_over_one_given_by_degrees_says_so():
    scenario = load_scenario({"site": {"latitude": 50.0, "longitude": 8.0}}, ["site.name=us_nova"])
    assert scenario.site.latitude is None
    assert {note.code for note in scenario.notes} == {"setting-replaced"}


@pytest.mark.parametrize("word", ["workload.training.days", "workload.training.devices"])
def test_clearing_one_leaves_the_other_as_it_was(word):
    # Taking away the days of a scenario that had none took its devices too.
    kept = {"workload.training.days": (2048, None), "workload.training.devices": (None, 30.0)}[word]
    assert training(load_scenario(both(2048, 30), [f"{word}=none"])) == kept
    only = {"devices": 2048} if kept[0] else {"days": 30}
    assert training(load_scenario({"workload": {"training": only}}, [f"{word}=none"])) == kept
    scenario = load_scenario({"workload": {"training": only}})
    assert training(apply_patch(scenario, Patch("clear", {word: None}))) == kept
