"""Own figures of the catalogue: what they may be, checked wherever they enter."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

import wattscale as ws
from wattscale.catalog import load_catalog
from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.study.levers import Lever, study_levers
from wattscale.study.studyfile import load_study

sys.path.insert(0, str(Path(__file__).parent))
from own_figures import WILD, beyond_meaning, campaign

DENSITY = "dc_costs/staff.density"
WRONG = {
    "serving_coefficients/default.activation_passes": [-1e9, 0.0, 1e300],
    "dc_costs/staff.density": [-5.0, 1e300],
    "dc_costs/life.plant": [0.0, -1.0],
    "cooling/building.fan_efficiency": [0.0, 1.01, 70.0],
    "servers/hgx.devices_per_node": [0.0],
    "models/Llama-3.1-8B.layers": [32.5, 0.0, 1e9],
    "sites/us_nova.latitude": [90.1],
    "disruptions/taiwan-crisis.probability": [1.5],
    "supply_stages/accelerators.lead_months": [0.0],
}
"""Figures with values that gave nonsense or a traceback."""


@pytest.mark.parametrize(("figure", "value"), [(f, v) for f, values in WRONG.items() for v in [*values, *WILD[3:]]])
def test_a_value_that_cannot_be_is_refused_with_the_name_of_the_figure(figure, value):
    with pytest.raises(InputError) as told:
        load_catalog().with_overrides({figure: value}, "my.toml")
    assert f'my.toml: catalog."{figure}" = ' in str(told.value)
    assert "allowed: " in str(told.value)


def test_every_figure_may_be_what_the_catalogue_says_and_nothing_wild(catalog):
    for figure in catalog.ids():
        bounds = catalog.bounds(figure)
        assert bounds.least < bounds.largest, figure
        assert math.isfinite(bounds.least), figure
        assert math.isfinite(bounds.largest), figure
        for end in bounds.known or ():
            bounds.check(figure, end)
        assert bounds.largest < 1e30, figure


def test_a_share_in_per_cent_is_told_what_was_meant():
    with pytest.raises(InputError, match=r"allowed: 0 to 1 1/year\)\. 2\.5 % is 0\.025"):
        load_catalog().with_overrides({"dc_costs/maintenance.it_share": 2.5})


def test_the_ends_of_one_thing_stay_in_order(catalog):
    table = "disruptions/taiwan-crisis"
    with pytest.raises(InputError, match=r"probability_low <= probability <= probability_high\)\. They are now"):
        catalog.with_overrides({f"{table}.probability": 0.9})
    assert catalog.with_overrides({f"{table}.probability": 0.9, f"{table}.probability_high": 0.95})


def test_a_column_of_words_is_no_figure(catalog):
    with pytest.raises(InputError, match="no such figure"):
        catalog.with_overrides({"accelerators/H100-SXM5-80GB.vendor": 1.0})


def with_range(low, high):
    return {"catalog": {DENSITY: {"low": low, "mode": 0.7, "high": high}}}


def axis(**law):
    return {"method": "latin-hypercube", "cases": 4, "axis": [{"key": f"catalog.{DENSITY}", **law}]}


DOORS = {
    "[catalog]": lambda: load_scenario({"catalog": {DENSITY: -5.0}}),
    "low of a range": lambda: load_scenario(with_range(-5.0, 1.0)),
    "high of a range": lambda: load_scenario(with_range(0.1, 1e300)),
    "--set": lambda: load_scenario(None, [f'catalog."{DENSITY}"=-5']),
    "a patch": lambda: apply_patch(load_scenario(), Patch("p", {f"catalog.{DENSITY}": -5.0})),
    "values of an axis": lambda: load_study({"axis": [{"key": f"catalog.{DENSITY}", "values": [0.5, -5.0]}]}),
    "low of a law": lambda: load_study(axis(low=-5.0, mode=0.7, high=1.0)),
    "high of a law": lambda: load_study(axis(low=0.1, high=1e9, distribution="uniform")),
    "base of a study": lambda: load_study({**axis(low=0.1, high=1.0), "base": {"catalog": {DENSITY: -5.0}}}),
    "a lever": lambda: study_levers(load_scenario(), [Lever("x", "x", {f"catalog.{DENSITY}": -5.0})]),
    "a goal": lambda: ws.solve(load_scenario({"catalog": {DENSITY: -5.0}}), "economics.tax_rate", "facility.pue=1"),
    "the catalogue": lambda: load_catalog().with_overrides({DENSITY: -5.0}),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_for_own_figures_has_the_same_check(door):
    with pytest.raises(InputError, match=rf'catalog\."{DENSITY}" = .*outside the allowed range'):
        DOORS[door]()


def test_a_draw_in_the_tail_of_a_law_is_a_failed_case_that_names_the_figure():
    study = {**axis(low=0.01, high=1.0, distribution="normal"), "cases": 40, "figures": ["economics.capital_usd"]}
    found = ws.run_study(study).cases
    failed = found[found["status"] == "failed"]
    assert 0 < len(failed) < 10
    assert failed["cause"].str.contains(DENSITY).all()


def test_a_refusal_that_own_figures_caused_names_them():
    scenario = load_scenario({"catalog": {"servers/hgx.devices_per_node": 160.0}})
    with pytest.raises(
        InputError, match=r'too dense.*racks\. Own figures read here: catalog."servers/hgx.devices_per_node" = 160'
    ):
        ws.plan(scenario)


@pytest.mark.slow
def test_a_plan_with_an_own_figure_at_its_end_is_sound_or_refused_by_name():
    """A sample of the campaign that `python dev.py fuzz` runs whole."""
    said: list[str] = []
    bad = campaign(load_scenario(), beyond_meaning, said.append, seed=1, most=24)
    assert bad == 0, said
