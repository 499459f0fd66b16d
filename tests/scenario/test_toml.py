"""Any text at all ends as plain tables or as one clear message, soon and in little memory."""

from __future__ import annotations

import datetime as dt
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError, clipped
from wattscale.scenario.load import load_scenario, parse_setting, read_toml
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.scenario.toml import DEEPEST, parse_toml, plain_tables

HOSTILE = {
    "key of 20,000 parts": ("a" + ".a" * 20_000 + " = 1", "line 1: holds a key of too many parts"),
    "key of 90,000 parts": ("x = 1\na" + ".a" * 90_000 + " = 1", "line 2: holds a key of too many parts"),
    "table of 20,000 parts": ("[a" + ".a" * 20_000 + "]", "too many parts"),
    "key of quoted parts": ('"a"' + ' . "a"' * 20_000 + " = 1", "too many parts"),
    "deep lists": ("a = " + "[" * 5_000 + "]" * 5_000, "too deep"),
    "deep tables": ("a = " + "{a = " * 5_000 + "1" + "}" * 5_000, "too deep"),
    "lists a little too deep": ("a = " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "too deep"),
    "5,000 digits": ("a = " + "9" * 5_000, "line 1 = '9999"),
    "399 digits": ("[supply]\nland_ha = " + "9" * 399, "supply.land_ha = about 1e399: is too large a number"),
    "hexadecimal": ("a = 0x" + "f" * 390, "is too large a number"),
    "date": ("[site]\nname = 2030-01-01", "site.name = 2030-01-01: is a date or time"),
    "time": ("a = 07:32:00", "a = 07:32:00: is a date or time"),
    "date and time": ("a = [{b = 1979-05-27T07:32:00Z}]", "a.0.b = 1979-05-27 07:32:00+00:00: is a date or time"),
    "half of a pair": ('a = "\ud800"', "no text"),
    "half of a pair, escaped": ('a = "\\ud800"', "not valid TOML"),
    "too long": ("x = 1\n" * 100_000, "too long"),
    "unfinished string": ("a = '" + "." * 1000, "not valid TOML"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_refused_soon_and_shortly(name: str) -> None:
    text, words = HOSTILE[name]
    tracemalloc.start()
    start = time.process_time()
    with pytest.raises(InputError) as caught:
        parse_toml(text, "f.toml")
    spent, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert words in str(caught.value)
    assert str(caught.value).startswith("f.toml")
    assert len(str(caught.value)) < 400
    assert spent < 2.0
    assert peak < 30e6


@pytest.mark.parametrize(
    "text",
    [
        'a = "' + "." * 1000 + '"',
        "a = '''\n" + "x.y" * 1000 + "'''",
        'a = """' + 'x.y\\"' * 1000 + '""""',
        "# " + "." * 1000 + "\na = 1",
        "a = [" + "1.5, " * 1000 + "]",
        "\n".join(f"a.b.c{i} = {i}" for i in range(1000)),
        "\r\n".join(["[a]", "b = 1.5", "c = 'x'"] * 1),
        'name = "' + "9" * 1000 + '"',
    ],
)
def test_dots_and_digits_in_strings_and_comments_count_for_nothing(text: str) -> None:
    assert parse_toml(text, "f.toml")


@settings(max_examples=150)
@given(st.text(st.sampled_from("ab.=\"'\\#[]{},\n 1-:eT_xu0"), max_size=60) | st.text(max_size=20))
@example('"""')
@example("'''a''''")
@example("x = 1e400")
def test_any_text_gives_plain_tables_or_an_input_error(text: str) -> None:
    try:
        found = parse_toml(text, "f.toml")
    except InputError as error:
        str(error).encode("utf-8")
    else:
        assert plain_tables(found) == found or "nan" in str(found)


@settings(max_examples=150)
@given(st.sampled_from(["name", "supply.land_ha", "site"]), st.text(max_size=20))
@example("name", "\ud800")
@example("name", "😀")
@example("name", "\x7f\\u\"'")
@example("name", "3\nfoo = 4")
@example("name", "3\n[foo]")
def test_a_setting_sets_its_key_and_no_other(key: str, value: str) -> None:
    try:
        found = parse_setting(f"{key}={value}")
    except InputError as error:
        str(error).encode("utf-8")
        return
    parts = key.split(".")
    for part in parts:
        assert list(found) == [part]
        found = found[part]


def test_a_setting_that_is_no_toml_is_text() -> None:
    for text in ("😀", "a\nb", "3\nfoo = 4", "Campus #2", "\x7f", "x=y", "C:\\new"):
        assert parse_setting(f"name={text}") == {"name": text}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (dt.date(2030, 1, 1), "supply.land_ha = 2030-01-01: is a date"),
        (10**400, "supply.land_ha = about 1e400: is too large a number"),
        ("\udcff", "no text"),
        ({1: 2}, "a key that is no text"),
        (object(), "supply.land_ha = object: is of a kind that no key takes"),
        (1j, "of a kind that no key takes"),
        (np.arange(3), "of a kind that no key takes"),
    ],
)
def test_tables_from_python_are_held_to_the_same(value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_scenario({"supply": {"land_ha": value}})


def test_numbers_of_other_libraries_and_paths_are_taken() -> None:
    tables = {"supply": {"land_ha": np.int64(3), "export_allowed": np.bool_(True)}, "site": {"name": Path("us_nova")}}
    scenario = load_scenario(tables)
    assert (scenario.supply.land_ha, scenario.supply.export_allowed, scenario.site.name) == (3.0, True, "us_nova")


def test_a_file_is_read_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "sparse.toml"
    with path.open("wb") as file:
        file.truncate(2**31)
    with pytest.raises(InputError, match=r"too large for a TOML file \(2,048 MiB\) \(allowed: at most 2 MiB\)"):
        read_toml(path)
    for odd, words in (
        (Path("/dev/null"), "is a device"), (tmp_path / ("x" * 300), "longer than a file name"),
        (tmp_path / "a\0b", "characters that no file name"), (tmp_path, "is a folder"),
        (tmp_path / "a" / "b", "no such file"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            read_toml(odd)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="leads back to itself"):
        read_toml(tmp_path / "loop")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"supply.land_ha" = 3', "Dotted keys stand without quotes: supply.land_ha = ..."),
        ('[workload]\n"training.days" = 3', "Dotted keys stand without quotes: workload.training.days = ..."),
        ('"supply.land" = 3', "Dotted keys stand without quotes. Did you mean 'supply.land_ha'"),
        ("[catalog]\ndc_costs/life.plant = 12", 'stands in quotes: "dc_costs/life.plant" = ...'),
        ('[catalog.dc_costs]\n"life.plant" = 12', 'is one key in quotes: "dc_costs/life.plant" = ...'),
        ('[catalog."dc_costs/life"]\nplant = 12', 'is one key in quotes: "dc_costs/life.plant" = ...'),
    ],
)
def test_quotes_too_many_or_too_few_are_explained(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    assert words in str(caught.value)


@pytest.mark.parametrize("key", [f"catalog.{quote}dc_costs/life.plant{quote}" for quote in ("", '"', "'")])
def test_the_id_of_a_figure_needs_no_inner_quotes(key: str) -> None:
    from wattscale.study.studyfile import load_study

    assert load_scenario(None, [f"{key}=12"]).catalog == {"dc_costs/life.plant": 12}
    assert apply_patch(load_scenario(), Patch("x", {key: 12.0})).catalog == {"dc_costs/life.plant": 12}
    study = load_study({"method": "sobol", "cases": 4, "axis": [{"key": key, "low": 8, "high": 12}]})
    assert study.names == ["catalog.dc_costs/life.plant"]
    assert set(study.case(0).catalog) == {"dc_costs/life.plant"}


def test_a_table_in_a_patch_changes_its_keys_and_leaves_the_others() -> None:
    before = load_scenario()
    after = apply_patch(before, Patch("x", {"supply": {"land_ha": 7}, "catalog": {"dc_costs/life.plant": 12}}))
    assert after.supply.land_ha == 7
    assert after.supply.connection_mw == before.supply.connection_mw == 100


def test_long_values_and_places_are_clipped_in_messages() -> None:
    assert len(clipped("x" * 10_000)) < 100
    assert len(str(InputError("is wrong", where="k" * 10_000, value="x" * 10_000))) < 900
    assert "\x1b" not in str(InputError("is wrong", where="\x1b[2J", value="\x1b[2J"))


@pytest.mark.parametrize("value", [5e-324, -1e-200])
def test_a_number_that_vanishes_when_multiplied_is_refused(value: float) -> None:
    with pytest.raises(InputError, match=r"requests_per_day = .*too small a number \(allowed: 0, or >= 1e-100\)"):
        load_scenario({"workload": {"serving": {"requests_per_day": value}}})
