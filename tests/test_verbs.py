"""The verbs of the front door, called from Python."""

import json
import os

import pytest

import wattscale as ws
from wattscale.errors import InputError


@pytest.fixture(scope="module")
def plans():
    cold = ws.load("examples/02_cold_inference.toml") if os.path.exists("examples") else ws.load()
    return ws.plan(cold), ws.plan(ws.apply_patch(cold, ws.Patch("chiller", {"facility.cooling": "chiller"})))


def test_comparison_shows_values_and_differences(plans):
    table = ws.compare(*plans)
    row = table.loc["facility.pue"]
    assert plans[0].figures["facility.pue"].value in row.to_numpy().tolist()
    assert plans[1].figures["facility.pue"].value in row.to_numpy().tolist()


def test_comparison_needs_two(plans):
    with pytest.raises(InputError, match="two"):
        ws.compare(plans[0])


def test_schema_allows_a_range_for_every_number():
    found = ws.schema()
    connection = found["$defs"]["SupplyTable"]["properties"]["connection_mw"]
    assert {"$ref": "#/$defs/Range"} in connection["anyOf"]
    assert connection["unit"] == "MW"
    assert json.dumps(found)


def test_schema_keeps_the_limits_of_a_number():
    days = ws.schema()["$defs"]["TrainingTable"]["properties"]["days"]
    assert any(option.get("exclusiveMinimum") == 0 for option in days["anyOf"])


def test_catalogue_table_is_typed():
    frame = ws.catalog_table("accelerators")
    assert frame["tdp_w"].dtype.kind in "if"
    assert "accelerators" in ws.catalog_table().index


def test_model_is_described_by_name():
    text = ws.model("Llama-3.1-8B").text()
    assert "8.03" in text


def test_explanations_name_equation_inputs_and_source():
    text = ws.explain("facility.pue")
    assert "Rests on:" in text
    assert "Source:" in text
    assert ws.explain("supply").startswith("supply: Powered by what?")
    assert "default" in ws.explain("supply.connection_mw")


def test_a_failed_write_leaves_the_old_folder_alone(plans, tmp_path, monkeypatch):
    ws.write(plans[0], tmp_path / "out", ["plan.json"])
    before = (tmp_path / "out" / "plan.json").read_bytes()

    def broken(plan):
        raise RuntimeError("disk on fire")

    monkeypatch.setattr("wattscale.report.report_html", broken)
    with pytest.raises(RuntimeError):
        ws.write(plans[1], tmp_path / "out", ["plan.json", "report.html"])
    assert (tmp_path / "out" / "plan.json").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_part_of_a_stage_is_explained_by_its_figures_and_keys():
    text = ws.explain("workload.serving")
    assert "workload.serving.peak_to_mean [1]" in text
    assert "workload.serving.ttft_s [s]" in text


def test_a_key_tells_its_limits_and_what_the_built_in_plan_sets():
    text = ws.explain("supply.connection_mw")
    assert "allowed: >= 0 and <= 1e+06 MW" in text
    assert "in the built-in preset: 100" in text
    assert "[]" not in ws.explain("facility.pue")


def test_an_own_figure_that_nothing_reads_is_told():
    def told(key):
        return {w.code for w in ws.plan(ws.load(None, [f'catalog."{key}"=22000', "economics.risk_paths=0"])).warnings}

    assert "unread-figure" in told("accelerators/H100-SXM5-80GB.price_usd")
    assert "unread-figure" not in told("accelerator_prices/H100-SXM5-80GB.price")
