"""Study files: what they give, and what they refuse."""

import pickle

import numpy as np
import pytest
from scipy import stats

from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario, scenario_toml
from wattscale.study.studyfile import load_study


def study(**tables):
    axis = [{"key": "economics.discount_rate", "low": 0.05, "mode": 0.08, "high": 0.12}]
    return load_study({"method": "latin-hypercube", "cases": 50, "axis": axis, **tables})


def test_a_grid_has_every_combination_of_its_levels():
    found = study(
        method="grid",
        axis=[
            {"key": "facility.cooling", "values": ["chiller", "direct-to-chip"]},
            {"key": "economics.discount_rate", "low": 0.05, "high": 0.09, "levels": 3},
        ],
    )
    rates = [found.changes(i)["economics.discount_rate"] for i in range(6)]
    assert rates == pytest.approx([0.05, 0.07, 0.09] * 2)
    assert found.case(5).facility.cooling == "direct-to-chip"


def test_draws_follow_the_law_and_whole_numbers_stay_whole():
    found = study(
        cases=2000, axis=[{"key": "economics.project_years", "low": 10, "high": 20, "distribution": "uniform"}]
    )
    years = [found.changes(i)["economics.project_years"] for i in range(len(found))]
    assert all(isinstance(y, int) for y in years)
    assert np.mean(years) == pytest.approx(15, abs=0.1)


def test_ranges_of_the_scenario_are_drawn_too(tmp_path):
    (tmp_path / "a.toml").write_text("[supply]\nconnection_mw = {low = 60, mode = 80, high = 120}\n")
    (tmp_path / "study.toml").write_text('scenario = "a.toml"\nmethod = "monte-carlo"\ncases = 20\n')
    found = load_study(tmp_path / "study.toml")
    drawn = {found.case(i).supply.connection_mw for i in range(20)}
    assert len(drawn) == 20
    assert all(60 <= mw <= 120 for mw in drawn)


def test_correlated_axes_are_drawn_together():
    axis = [
        {"key": "economics.discount_rate", "low": 0.05, "high": 0.12},
        {"key": "economics.debt_rate", "low": 0.04, "high": 0.10},
    ]
    pair = [{"keys": ["economics.discount_rate", "economics.debt_rate"], "spearman": 0.8}]
    found = study(cases=2000, axis=axis, correlation=pair)
    columns = [np.asarray(c, dtype=float) for c in found.columns.values()]
    assert stats.spearmanr(*columns).statistic == pytest.approx(0.8, abs=0.03)


def test_a_figure_of_the_catalogue_is_drawn_from_the_range_it_states():
    found = study(cases=400, axis=[{"key": "catalog.dc_costs/life.accelerators"}])
    years = np.asarray(found.columns["catalog.dc_costs/life.accelerators"])
    assert 4.0 < years.min() < 4.2
    assert 5.8 < years.max() < 6.0
    assert found.case(0).catalog["dc_costs/life.accelerators"] == years[0]


def test_a_worker_gets_the_same_cases_without_the_points():
    found = study()
    there = pickle.loads(pickle.dumps(found))
    assert [there.changes(i) for i in range(50)] == [found.changes(i) for i in range(50)]
    assert len(pickle.dumps(found)) < 40_000


PRESETS = ["first-campus", "inference-site"]


def test_an_axis_or_base_on_the_preset_reaches_the_plan():
    found = load_study({"axis": [{"key": "preset", "values": PRESETS}]})
    wanted = [load_scenario({"preset": name}) for name in PRESETS]
    assert [found.case(i).workload.model for i in range(2)] == [each.workload.model for each in wanted]
    assert wanted[0].workload.model != wanted[1].workload.model
    based = study(base={"preset": PRESETS[1], "supply": {"connection_mw": 33}})
    assert based.scenario.workload.model == wanted[1].workload.model
    assert based.case(3).supply.connection_mw == 33


def test_an_axis_on_the_preset_that_changes_nothing_is_refused(tmp_path):
    whole = scenario_toml(load_scenario({"preset": "inference-site"}))
    (tmp_path / "whole.toml").write_text(whole)
    (tmp_path / "study.toml").write_text(
        'scenario = "whole.toml"\n[[axis]]\nkey = "preset"\nvalues = ["first-campus", "inference-site"]\n'
    )
    with pytest.raises(InputError, match=r"axis\.preset: changes nothing.*gives every key itself"):
        load_study(tmp_path / "study.toml")


AXIS = {"key": "economics.discount_rate", "low": 0.05, "high": 0.12}
HUGE = [{**AXIS, "key": f"economics.{key}", "levels": 9999} for key in ("tax_rate", "debt_rate")]
BAD = {
    "an unknown key": ({"methode": "grid"}, "Did you mean 'method'"),
    "an unknown key of an axis": ({"axis": [{**AXIS, "lo": 1}]}, "axis.0.lo"),
    "an unknown method": ({"method": "sobbol"}, "Did you mean 'sobol'"),
    "no axis": ({"axis": []}, "nothing varies"),
    "an axis without values": ({"axis": [{"key": "economics.discount_rate"}]}, "values, or low and high"),
    "an empty list": ({"axis": [{"key": "economics.discount_rate", "values": []}]}, "no values"),
    "an unknown field": ({"axis": [{**AXIS, "key": "economics.discont_rate"}]}, "discount_rate"),
    "a value out of range": ({"axis": [{"key": "economics.discount_rate", "values": [0.05, 5.0]}]}, "discount_rate"),
    "ends out of order": ({"axis": [{**AXIS, "low": 1.0}]}, "out of order"),
    "a mode outside": ({"axis": [{**AXIS, "mode": 0.5}]}, "out of order"),
    "a mode of a normal": ({"axis": [{**AXIS, "mode": 0.1, "distribution": "normal"}]}, "takes no mode"),
    "an axis twice": ({"axis": [AXIS, AXIS]}, "stands twice"),
    "an unknown figure": ({"figures": ["economics.npv"]}, "economics.npv_usd"),
    "no figure": ({"figures": []}, "names no figure"),
    "no case": ({"cases": 0}, "cases"),
    "a text for a number": ({"cases": "many"}, "cases"),
    "a correlation of a stranger": ({"correlation": [{"keys": ["a", "b"], "spearman": 0.1}]}, "no axis"),
    "a correlation of a design": (
        {"method": "morris", "correlation": [{"keys": ["a", "b"], "spearman": 0.1}]}, "cannot be honoured by 'morris'",
    ),
    "too large a grid": (
        {"method": "grid", "axis": HUGE},
        "too many cases",
    ),
    "an unknown catalogue figure": (
        {"axis": [{"key": "catalog.dc_costs/nothing.at_all", "low": 1, "high": 2}]}, "no such figure in the catalogue",
    ),
    "a catalogue figure of many years": (
        {"axis": [{"key": "catalog.accelerator_prices/H100-SXM5-80GB.price"}]}, "several figures",
    ),
    "a catalogue figure without range": (
        {"axis": [{"key": "catalog.accelerators/H100-SXM5-80GB.tdp_w"}]}, "no range in the catalogue",
    ),
    "a missing scenario": ({"scenario": "nowhere.toml"}, "no such file"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_study_that_cannot_be_run_is_refused(what):
    tables, words = BAD[what]
    with pytest.raises(InputError, match=words):
        study(**tables)


def test_a_file_that_is_not_toml_names_the_line(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text("cases = = 3\n")
    with pytest.raises(InputError, match="line 1"):
        load_study(path)


@pytest.mark.parametrize("name", ["~nobody1x/p.csv", "a\0b.csv", "x" * 300 + ".csv"])
def test_a_file_on_an_axis_that_cannot_be_is_refused_by_name(tmp_path, name):
    tables = {"name": "s", "axis": [{"key": "site.prices", "values": [name]}]}
    with pytest.raises(InputError, match=r"site\.prices"):
        load_study(tables)


def test_a_linked_file_on_an_axis_keeps_its_own_name(tmp_path):
    (tmp_path / "blob").write_text("time_utc,price_usd_per_mwh\n")
    (tmp_path / "p.csv").symlink_to(tmp_path / "blob")
    (tmp_path / "s.toml").write_text('name = "s"\n[[axis]]\nkey = "site.prices"\nvalues = ["p.csv"]\n')
    found = load_study(tmp_path / "s.toml")
    assert str(tmp_path / "p.csv") in repr(found)
