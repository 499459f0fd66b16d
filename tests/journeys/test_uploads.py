"""Scenario files and settings that the page sends are held to the same as those of the command line."""

from __future__ import annotations

import pytest

from wattscale.errors import InputError
from wattscale.web.asks import Ask, ask_of_toml, scenario_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 2030-01-01", "scenario file: x = 2030-01-01: is a date or time"),
        ("x" + ".x" * 20_000 + " = 1", "scenario file: line 1: holds a key of too many parts"),
        ("x = " + "9" * 5000, "holds too long a number"),
        ("[supply]\nland_ha = " + "9" * 390, "supply.land_ha = about 1e390: is too large a number"),
        ("x = " + "[" * 3000 + "]" * 3000, "too deep"),
        ('name = "\ud800"', "no text"),
        ("[supply", "is not valid TOML"),
        ('"supply.land_ha" = 3', "Dotted keys stand without quotes: supply.land_ha"),
    ],
)
def test_an_upload_that_no_key_takes_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        ask_of_toml(text)
    assert words in str(caught.value)


@pytest.mark.parametrize("key", ["catalog.dc_costs/life.plant", 'catalog."dc_costs/life.plant"'])
def test_a_change_of_a_figure_needs_no_inner_quotes(key: str) -> None:
    assert scenario_of(Ask(changes={key: 12})).catalog == {"dc_costs/life.plant": 12}


@pytest.mark.parametrize("value", ["\ud800", {"low": "\udcff"}, [["\ud800"]]])
def test_text_that_cannot_be_written_is_refused(value: object) -> None:
    with pytest.raises(InputError, match="no text"):
        scenario_of(Ask(changes={"name": value}))


def test_a_quoted_dotted_key_is_explained() -> None:
    with pytest.raises(InputError, match="Dotted keys stand without quotes"):
        scenario_of(Ask(changes={'"supply.land_ha"': 3}))
