"""Every number of a plan resolves to what it rests on and to a source."""

from __future__ import annotations

import pytest

from wattscale.catalog import load_catalog
from wattscale.catalog.specs import figure_specs, spec_of
from wattscale.errors import WattscaleError
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of

KEYS = [field.key for field in fields_of(Scenario)]


def resolves(name: str) -> bool:
    """A catalogue figure, a cell of the catalogue, a key of the scenario or a table of keys, or another figure."""
    table, slash, item = name.partition("/")
    if not slash:
        return spec_of(name) is not None or any(key == name or key.startswith(f"{name}.") for key in KEYS)
    catalog = load_catalog()
    try:
        if catalog.table(table).shape == "figures":
            return catalog.has_figure(table, item)
        row, _, column = item.rpartition(".")
        return catalog.has_row(table, row) and catalog.row(table, row).has(column)
    except WattscaleError:
        return False


@pytest.mark.parametrize("name", figure_specs())
def test_a_figure_names_its_source_and_what_it_rests_on(name):
    spec = figure_specs()[name]
    assert spec.source.strip()
    assert spec.inputs
    assert [each for each in spec.inputs if not resolves(each)] == []


def test_a_wrong_input_would_be_found():
    assert not resolves("dc_costs/construction.cots")
    assert not resolves("economics.nothing")
    assert not resolves("nowhere/x.y")
