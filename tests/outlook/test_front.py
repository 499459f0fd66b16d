"""The front: `run_outlook`, its table, dict, text, page and command."""

import json
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.catalog.specs import figure_specs, outlook_specs, spec_of
from wattscale.errors import InputError, WattscaleError
from wattscale.explanation import explain
from wattscale.outlook import outlook as front
from wattscale.outlook.charts import CHARTS
from wattscale.outlook.drivers import read_drivers
from wattscale.outlook.scenario import load_outlook
from wattscale.outlook.simulate import simulate
from wattscale.outlook.summary import fans
from wattscale.outlook.text import driver_rows
from wattscale.outlook.years import YEARS


@pytest.fixture(scope="module")
def made(units):
    patch = pytest.MonkeyPatch()
    patch.setattr(front, "planned_units", lambda *_: units)
    patch.setattr(front, "COMPARED_DRAWS", 30)
    try:
        yield front.run_outlook(draws=60)
    finally:
        patch.undo()


def test_table_gives_low_middle_and_high_in_order(made):
    table = made.table((2030, 2035))
    assert {"outlook.electricity_twh", "outlook.ai_share", "outlook.co2_mt"} <= set(table.index.get_level_values(0))
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    assert (table["unit"] != "").all()


def test_dict_is_plain_json_with_every_year(made):
    found = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert list(found["figures"]["outlook.electricity_twh"]["years"]) == [str(y) for y in YEARS]
    assert len(found["scenarios"]) == 9
    assert "not a forecast" in found["reading"]


def test_the_ten_strongest_drivers_say_what_would_narrow_them(made):
    assert len(made.drivers) == 10
    for each in made.drivers:
        assert each.narrowed_by
        assert each.driver.figure.source
        assert each.driver.low < each.driver.high


@pytest.mark.parametrize("width", [60, 80, 130])
def test_text_is_conditional_and_fits_its_columns(made, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    text = made.text()
    assert "They are not a forecast" in text
    assert max(map(len, text.splitlines())) <= width
    for word in ("packaging", "Hindcast", "quantum", "Constrained supply"):
        assert word in text


def test_every_driver_fits_its_columns(catalog, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    drivers = read_drivers(catalog, {})
    rows = driver_rows(
        [SimpleNamespace(total=SimpleNamespace(value=0.5), driver=d, narrowed_by="a study") for d in drivers.values()]
    )
    assert max(len(line) for row in rows for line in row.splitlines()) <= 80
    money = next(row for row in rows if "conventional.investment:" in row)
    assert "$210 to $305 billion a year; narrowed by a study" in " ".join(money.split())


@pytest.mark.slow
def test_page_is_one_file_without_scripts_or_addresses(made, tmp_path):
    written = made.write(tmp_path / "out")
    assert [p.name for p in written] == ["outlook.json", "outlook.csv", "outlook.html"]
    page = written[2].read_text(encoding="utf-8")
    assert page.count("<figure") == len(CHARTS)
    for forbidden in ("<script", 'src="http', 'href="http', "@import"):
        assert forbidden not in page
    assert "not a forecast" in page


@pytest.mark.slow
def test_an_outlook_that_does_not_fit_leaves_the_old_one_whole(made, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("outlook.json", "outlook.csv", "outlook.html"):
        (folder / name).write_text("old")
    write = Path.write_text

    def full(path, text, **named):
        write(path, text[:10], **named)
        if path.suffix == ".html":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(WattscaleError, match="No space left"):
        made.write(folder)
    assert {p.name: p.read_text() for p in tmp_path.rglob("*.*")} == dict.fromkeys(
        ("outlook.json", "outlook.csv", "outlook.html"), "old"
    )


def test_every_driver_has_a_source_a_range_and_a_unit(catalog):
    for table in ("outlook_drivers", "breakeven_inputs"):
        for row in catalog.table(table).rows:
            low, value, high = (float(row[c]) for c in ("low", "value", "high"))
            assert low <= value <= high, row["parameter"]
            assert low < high, row["parameter"]
            assert row["source"], row["parameter"]
            assert row["unit"], row["parameter"]
    assert all(row["note"] for row in catalog.table("outlook_drivers").rows)


@pytest.mark.slow
def test_ten_thousand_draws_take_less_than_ten_seconds_of_one_core(catalog, units):
    table = load_outlook().model_copy(update={"draws": 10_000})
    start = time.process_time()
    run = simulate(table, units, catalog)
    assert time.process_time() - start < 10
    sizes = [
        a.nbytes for group in (run.path.region, run.path.world, run.path.added, run.path.mix) for a in group.values()
    ]
    assert sum(sizes) < 1e9


def test_more_draws_narrow_the_error_of_the_middle(run_of):
    few, many = (np.median(run_of(draws=n).accounts.world["electricity_twh"][15]) for n in (60, 240))
    assert few == pytest.approx(many, rel=0.08)


def test_every_figure_of_an_outlook_is_described_with_its_unit(base):
    for name, fan in fans(base).items():
        spec = spec_of(name)
        assert spec is not None, name
        assert spec.unit == fan.unit, name


def test_every_description_names_inputs_that_exist(catalog):
    known = {**figure_specs(), **outlook_specs()}
    for spec in outlook_specs().values():
        assert spec.inputs, spec.name
        for each in spec.inputs:
            table, _, key = each.partition("/")
            assert each in known or spec_of(each) is not None or catalog.has_figure(table, key), (spec.name, each)


@pytest.mark.parametrize(
    "name", ["outlook", "outlook.electricity_twh", "outlook.capacity_gw.grid", "outlook.pue_ai.us"]
)
def test_explain_knows_the_outlook(name):
    text = explain(name)
    assert "TWh" in text or "Rests on" in text


def test_explain_points_at_the_nearest_figure_of_an_outlook():
    with pytest.raises(InputError, match=r"outlook\.co2_mt"):
        explain("outlook.co2_mtt")


def test_investment_need_adds_up_the_years(made):
    need = made.investment_need
    assert need[2030][1] < need[2035][1] < need[2045][1]
    yearly = made.run.accounts.world["investment_usd"][YEARS.index(2026) : YEARS.index(2030) + 1].sum(axis=0) / 1e12
    assert need[2030][1] == pytest.approx(np.median(yearly))
