"""The built-in plan, end to end: files, figures, sources, and the same numbers when run again."""

import json
import tomllib
from pathlib import Path

import pytest

import wattscale as ws
from wattscale.catalog.specs import figure_specs, spec_of

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NAMED = [
    "workload.params_total",
    "workload.params_active",
    "compute.training.devices",
    "compute.training.device_hours",
    "compute.training.mfu",
    "compute.training.goodput",
    "compute.training.energy_mwh",
    "compute.training.days",
    "compute.serving.devices",
    "compute.serving.batch",
    "compute.serving.ttft_s",
    "compute.serving.tpot_ms",
    "compute.serving.tokens_per_s_per_device",
    "compute.serving.joules_per_output_token",
    "facility.pue",
    "facility.wue_l_per_kwh",
    "facility.tue",
    "facility.peak_mw",
    "facility.energy_mwh",
    "supply.cost_usd_per_mwh",
    "supply.cfe_hourly_share",
    "supply.carbon_kg_per_mwh",
    "supply.capacity_mw.grid",
    "economics.usd_per_mtok",
    "economics.tco_usd_per_year",
    "economics.electricity_share",
    "economics.npv_usd",
    "economics.irr",
    "economics.cost_of_delay_usd_per_month",
    "impact.carbon_t_per_year",
    "impact.embodied_t",
    "impact.jobs_construction_job_years",
    "impact.jobs_permanent",
    "impact.households_equivalent",
    "impact.water_m3_per_year",
]


@pytest.fixture(scope="module")
def made():
    return ws.plan(ws.load())


@pytest.fixture(scope="module")
def folder(made, tmp_path_factory):
    target = tmp_path_factory.mktemp("plan") / "out"
    ws.write(made, target)
    return target


def test_every_named_figure_is_there_with_unit_and_ordered_range(made):
    data = made.to_dict()
    for name in NAMED:
        figure = data["figures"][name]
        assert figure["unit"], name
        assert figure["low"] <= figure["value"] <= figure["high"], name


def test_every_figure_is_described_and_traces_to_a_source(made):
    for figure in made.figures.values():
        spec = spec_of(figure.name)
        assert spec is not None
        assert spec.equation, figure.name
        assert spec.source, figure.name
        assert figure.sources or spec.inputs, figure.name


def test_inputs_of_every_described_figure_exist(catalog):
    from wattscale.scenario.schema import Scenario
    from wattscale.scenario.walk import fields_of

    keys = {f.key for f in fields_of(Scenario)}
    for spec in figure_specs().values():
        for name in spec.inputs:
            table = name.partition("/")[0]
            known = spec_of(name) or table in catalog.tables or any(k == name or k.startswith(f"{name}.") for k in keys)
            assert known, f"{spec.name} rests on unknown '{name}'"


def test_sources_carry_source_year_and_confidence(made):
    sources = made.to_dict()["sources"]
    assert len(sources) > 50
    for each in sources:
        assert each["source"], each
        assert each["stages"], each


def test_all_files_are_written_and_nothing_else(folder):
    names = sorted(p.name for p in folder.iterdir())
    assert names == ["hourly.csv", "plan.json", "report.html", "scenario.toml", "tables.xlsx"]
    assert [p for p in folder.parent.iterdir() if p != folder] == []


def test_plan_json_is_what_the_plan_says(folder, made):
    data = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(made.to_dict()))


def test_hourly_file_has_a_row_per_hour(folder):
    lines = (folder / "hourly.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 8761
    assert lines[0].startswith("time_utc,it_power_mw")


def test_resolved_scenario_gives_the_same_plan(folder, made):
    again = ws.plan(ws.load(folder / "scenario.toml"))
    assert again.to_dict()["figures"] == made.to_dict()["figures"]
    assert tomllib.loads((folder / "scenario.toml").read_text(encoding="utf-8"))["preset"] == "none"


def test_report_asks_no_other_host_and_stays_small(folder):
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert len(text) < 3_000_000
    for word in ('src="http', "src='http", 'href="http', "@import", "url(http", "<script src"):
        assert word not in text, word


def test_parquet_can_be_written_too(made, tmp_path):
    import duckdb

    (path,) = ws.write(made, tmp_path / "out", ["hourly.parquet"])
    with duckdb.connect() as connection:
        assert connection.execute("SELECT count(*) FROM read_parquet(?)", [str(path)]).fetchall() == [(8760,)]


def test_the_command_line_writes_parquet_where_asked_and_refuses_it_without_a_folder(tmp_path, capsys):
    from wattscale.cli import main

    with pytest.raises(SystemExit, match=r"^0$"):
        main(["plan", "--out", str(tmp_path / "out"), "--parquet"])
    assert (tmp_path / "out" / "hourly.parquet").exists()
    assert not (tmp_path / "out" / "hourly.csv").exists()
    capsys.readouterr()
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["plan", "--parquet"])
    assert "--out" in capsys.readouterr().err


def test_a_plan_may_be_asked_for_by_the_path_of_its_file(made):
    assert ws.plan(EXAMPLES / "01_first_campus.toml").figures["facility.pue"] == made.figures["facility.pue"]


def test_figures_of_the_built_in_plan_are_plausible(made):
    value = {name: f.value for name, f in made.figures.items()}
    assert value["workload.params_total"] == pytest.approx(405.9e9, rel=0.01)
    assert 20e6 < value["compute.training.device_hours"] < 45e6  # Meta reports 30.84 million H100 hours
    assert 0.3 < value["compute.training.mfu"] < 0.5  # the same report: 38 to 43 %
    assert 1.03 < value["facility.pue"] < 1.25
    assert 14 < value["facility.peak_mw"] < 25  # 17,168 devices at 0.8 to 1.2 kW each, all in
    assert 30 < value["supply.cost_usd_per_mwh"] < 150
    assert 0.02 < value["economics.electricity_share"] < 0.2  # about 5 to 7 % for new accelerators
