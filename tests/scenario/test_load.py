import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario, preset_names, scenario_toml
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.scenario.schema import Scenario
from wattscale.scenario.toml import SMALLEST
from wattscale.scenario.walk import fields_of


def write(folder, text):
    path = folder / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_gives_the_built_in_example():
    scenario = load_scenario()
    assert scenario.workload.model == "Llama-3.1-405B"
    assert scenario.workload.serving.requests_per_day == 20e6


def test_keys_left_out_come_from_the_preset(tmp_path):
    scenario = load_scenario(write(tmp_path, "[supply]\nconnection_mw = 30\n"))
    assert scenario.supply.connection_mw == 30
    assert scenario.workload.training.devices == 16384


def test_preset_none_gives_the_plain_defaults(tmp_path):
    assert load_scenario(write(tmp_path, 'preset = "none"\n')).workload.training.devices is None


def test_settings_win_over_the_file(tmp_path):
    path = write(tmp_path, "[supply]\nconnection_mw = 30\n")
    assert load_scenario(path, ["supply.connection_mw=40"]).supply.connection_mw == 40


def test_days_replace_the_devices_of_the_preset():
    scenario = load_scenario(None, ["workload.training.days=100"])
    assert scenario.workload.training.days == 100
    assert scenario.workload.training.devices is None


def test_coordinates_replace_the_site_of_the_preset():
    scenario = load_scenario(None, ["site.latitude=60", "site.longitude=25"])
    assert scenario.site.name is None
    assert (scenario.site.latitude, scenario.site.longitude) == (60, 25)


def test_a_range_is_kept_and_its_mode_used():
    scenario = load_scenario({"supply": {"connection_mw": {"low": 50, "mode": 80, "high": 120}}})
    assert scenario.supply.connection_mw == 80
    assert scenario.ranges["supply.connection_mw"].high == 120


def test_resolved_scenario_reloads_to_the_same_with_ranges(tmp_path):
    tables = {
        "site": {"warming_c": {"low": 0, "mode": 1, "high": 2}},
        "catalog": {"accelerators/H100-SXM5-80GB.tdp_w": 650},
    }
    first = load_scenario(tables)
    again = load_scenario(write(tmp_path, scenario_toml(first)))
    assert again.model_dump(exclude={"preset"}) == first.model_dump(exclude={"preset"})
    assert again.ranges == first.ranges


def test_whole_floats_serve_as_whole_numbers():
    assert load_scenario({"workload": {"training": {"devices": 1e4}}}).workload.training.devices == 10_000


def test_paths_are_relative_to_the_scenario_file(tmp_path):
    (tmp_path / "prices.csv").write_text("x", encoding="utf-8")
    scenario = load_scenario(write(tmp_path, '[site]\nprices = "prices.csv"\n'))
    assert scenario.site.prices == str(tmp_path / "prices.csv")


def test_files_can_be_refused_as_a_whole(tmp_path):
    (tmp_path / "prices.csv").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="files cannot be named here"):
        load_scenario({"site": {"prices": str(tmp_path / "prices.csv")}}, files_allowed=False)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"suply": {"connection_mw": 3}}, ["suply", "unknown key", "supply"]),
        ({"supply": {"conection_mw": 3}}, ["supply.conection_mw", "Did you mean 'connection_mw'"]),
        ({"supply": {"connection_mw": -3}}, ["supply.connection_mw", "-3", ">= 0"]),
        ({"supply": {"connection_mw": "much"}}, ["supply.connection_mw", "must be a number", "much"]),
        ({"supply": {"connection_mw": True}}, ["supply.connection_mw", "must be a number"]),
        ({"supply": {"connection_mw": float("nan")}}, ["supply.connection_mw", "finite"]),
        ({"facility": {"cooling": "chiler"}}, ["facility.cooling", "chiler", "Did you mean 'chiller'"]),
        ({"workload": {"training": {"devices": 3.5}}}, ["workload.training.devices", "whole number"]),
        ({"workload": {"training": 5}}, ["workload.training", "must be a table"]),
        ({"workload": {"serving": {"requests_per_day": 1e13}}}, ["requests_per_day", "<= 1e+12"]),
        ({"supply": {"connection_mw": {"low": 5, "mode": 3, "high": 9}}}, ["low <= mode <= high"]),
        ({"supply": {"connection_mw": {"low": 5, "high": 9}}}, ["exactly low, mode and high"]),
        ({"supply": {"connection_mw": {"low": -5, "mode": 1, "high": 9}}}, ["supply.connection_mw", ">= 0"]),
        ({"preset": "first-campuss"}, ["no such preset", "first-campus"]),
        ({"site": {"weather": "nowhere.epw"}}, ["site.weather", "no such file"]),
        ({"supply": {"technologies": "solar"}}, ["supply.technologies", "must be a list"]),
        ({"name": ""}, ["name"]),
    ],
)
def test_wrong_input_names_field_value_and_what_is_allowed(tables, words):
    with pytest.raises(InputError) as caught:
        load_scenario(tables)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[supply\nconnection_mw = 3", ["not valid TOML", "line 1"]),
        ("connection_mw = 3", ["connection_mw", "supply.connection_mw"]),
    ],
)
def test_a_broken_file_is_named_with_the_line_or_key(tmp_path, text, words):
    with pytest.raises(InputError) as caught:
        load_scenario(write(tmp_path, text))
    for word in [*words, "scenario.toml"]:
        assert word in str(caught.value)


def test_a_missing_file_names_its_neighbours(tmp_path):
    write(tmp_path, "")
    with pytest.raises(InputError, match=r"Did you mean 'scenario\.toml'"):
        load_scenario(tmp_path / "scenari.toml")


def test_a_setting_without_equals_sign_shows_an_example():
    with pytest.raises(InputError, match="key=value"):
        load_scenario(None, ["supply.connection_mw"])


def test_every_numeric_field_has_unit_source_and_confidence():
    for field in fields_of(Scenario):
        if field.numeric in ("float", "int"):
            assert {"unit", "source", "confidence"} <= set(field.extra), field.key
        assert field.title != field.key, field.key


def test_every_preset_is_valid():
    for name in preset_names():
        assert load_scenario({"preset": name}).name


def test_patch_leaves_the_first_scenario_alone():
    before = load_scenario()
    after = apply_patch(before, Patch("x", {"facility.cooling": "chiller"}))
    assert (before.facility.cooling, after.facility.cooling) == ("direct-to-chip", "chiller")


def test_a_patch_drops_what_its_keys_stand_for_unless_it_gives_both():
    """Devices or days, a name or coordinates: the one given drops the other that was inherited."""
    before = load_scenario({"workload": {"training": {"devices": 64}}, "site": {"name": "us_nova"}})
    days = apply_patch(before, Patch("days", {"workload.training.days": 30.0})).workload.training
    assert (days.days, days.devices) == (30.0, None)
    back = apply_patch(before, Patch("devices", {"workload.training.devices": 8})).workload.training
    assert (back.days, back.devices) == (None, 8)
    there = apply_patch(before, Patch("there", {"site.latitude": 50.0, "site.longitude": 8.0})).site
    assert (there.name, there.latitude, there.longitude) == (None, 50.0, 8.0)
    moved = load_scenario({"site": {"latitude": 50.0, "longitude": 8.0}})
    named = apply_patch(moved, Patch("named", {"site.name": "se_stockholm"})).site
    assert (named.name, named.latitude, named.longitude) == ("se_stockholm", None, None)
    both = {"site.name": "Here", "site.latitude": 50.0, "site.longitude": 8.0}
    kept = apply_patch(before, Patch("both", both)).site
    assert (kept.name, kept.latitude, kept.longitude) == ("Here", 50.0, 8.0)


def test_patch_of_an_unknown_key_is_refused():
    with pytest.raises(InputError, match="unknown key"):
        apply_patch(load_scenario(), Patch("x", {"facility.coolling": "chiller"}))


@pytest.mark.parametrize("name", preset_names())
def test_another_preset_is_laid_below_what_the_scenario_gives(name):
    """It changed nothing: every key had been filled in by the preset before."""
    own = {
        "supply": {"connection_mw": 60},
        "workload": {"serving": {"requests_per_day": {"low": 1e8, "mode": 2e8, "high": 3e8}}},
    }
    wanted = load_scenario({"preset": name, **own})
    found = apply_patch(load_scenario(own), Patch("x", {"preset": name}))
    assert found == wanted
    assert found.preset == name


def test_another_preset_keeps_the_changes_made_before_and_after():
    first = apply_patch(load_scenario(), Patch("a", {"workload.training.days": 40, "facility.cooling": "chiller"}))
    found = apply_patch(first, Patch("b", {"supply.connection_mw": 7, "preset": "inference-site"}))
    assert found.workload.model == load_scenario({"preset": "inference-site"}).workload.model
    assert (found.facility.cooling, found.supply.connection_mw) == ("chiller", 7)
    assert (found.workload.training.days, found.workload.training.devices) == (40, None)
    again = apply_patch(found, Patch("c", {"preset": "first-campus"}))
    assert again.workload.model == load_scenario().workload.model
    assert again.supply.connection_mw == 7


def test_an_unknown_preset_in_a_patch_is_refused():
    with pytest.raises(InputError, match="no such preset"):
        apply_patch(load_scenario(), Patch("x", {"preset": "infrence-site"}))


@settings(max_examples=25, deadline=None)
@given(
    limit=st.just(0.0) | st.floats(SMALLEST, 1e6),
    share=st.just(0.0) | st.floats(SMALLEST, 1),
    name=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30),
)
def test_any_valid_scenario_survives_being_written_and_read(limit, share, name):
    first = load_scenario({"name": name, "supply": {"connection_mw": limit, "cfe_hourly_share": share}})
    again = load_scenario(tomllib.loads(scenario_toml(first)))
    assert again.model_dump(exclude={"preset"}) == first.model_dump(exclude={"preset"})


def test_another_preset_brings_its_own_name():
    assert load_scenario(None, ["preset=inference-site"]).name == "Inference site"
    assert load_scenario(None, ["preset=inference-site", "name=Mine"]).name == "Mine"
    assert load_scenario(None).name == "First campus"


def test_the_word_none_drops_what_the_preset_gives():
    assert load_scenario().supply.connection_mw == 100
    cleared = load_scenario(None, ["supply.connection_mw=none"])
    assert cleared.supply.connection_mw is None
    assert load_scenario(tomllib.loads(scenario_toml(cleared))).supply.connection_mw is None


def test_a_field_that_needs_a_value_cannot_be_dropped():
    with pytest.raises(InputError, match="requests_per_day = 'none': must be a number"):
        load_scenario(None, ["workload.serving.requests_per_day=none"])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"usd_per_mwh": -1, "max_mw": 3}, r"supply\.ppas\.0\.usd_per_mwh = -1: .*allowed: >= 0 and <= 10000 USD/MWh"),
        ({"usd_per_mw": 1, "max_mw": 3}, r"supply\.ppas\.0\.usd_per_mw: unknown key .*Did you mean 'usd_per_mwh'"),
        ({"usd_per_mwh": 1}, r"supply\.ppas\.0\.max_mw: is missing"),
        ({"usd_per_mwh": 1, "max_mw": 3, "kind": "base"}, "Did you mean 'baseload'"),
    ],
)
def test_a_wrong_row_of_a_list_names_row_key_and_range(row, message):
    with pytest.raises(InputError, match=message):
        load_scenario({"supply": {"ppas": [{"name": "a", **row}]}})


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("supply.technologies=grid", '["grid"]'),
        ("supply.cfe_hourly_share=90", "0.9?"),
    ],
)
def test_a_likely_slip_is_named(setting, words):
    with pytest.raises(InputError) as error:
        load_scenario(None, [setting])
    assert words in str(error.value)


def test_a_long_word_where_a_list_belongs_is_told_once():
    with pytest.raises(InputError, match="A list stands in brackets") as caught:
        load_scenario({"supply": {"technologies": "x" * 3000}})
    assert len(str(caught.value)) < 600
    with pytest.raises(InputError, match=r'A list stands in brackets: \["gas"\]'):
        load_scenario({"supply": {"technologies": "gas"}})
