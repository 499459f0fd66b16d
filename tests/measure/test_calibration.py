"""Calibration finds factors that are there, keeps to 1 where rows say nothing, and its figures reach a plan."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.errors import InputError
from wattscale.measure import calibrate, measurement
from wattscale.measure.calibration import own_figures
from wattscale.scenario.load import load_scenario
from wattscale.validation.inference import TARGETS, predict

BATCHES = (1, 2, 8, 32, 128)


def rows(catalog: Catalog, device: str = "H100", targets: tuple[str, ...] = TARGETS[1:]) -> list[dict[str, str]]:
    """Rows of a device that is exactly as the catalogue says."""
    asked = [
        measurement(
            {"model": "Llama-3.1-8B", "gpu_model": device, "avg_batch_size": b, "avg_input_len": 500,
             "avg_output_len": 300, "precision": "bf16", "runtime": "vLLM 0.11.1"}
        ) for b in BATCHES
    ]  # fmt: skip
    found, _ = predict(asked, catalog, Path())
    return [measurement({**asked[p.row], **{t: p.predicted[t] for t in targets}}) for p in found]


def test_known_factors_are_found_again(catalog: Catalog) -> None:
    chip = load_accelerator(catalog, "H100")
    truth = {"speed": 0.8, "overhead": 1.3, "power": 1.15}
    own = catalog.with_overrides(own_figures(catalog, chip, "vllm-0.11", truth))
    found = calibrate(rows(own), catalog)
    for name, value in truth.items():
        assert found.factors[name] == pytest.approx(value, rel=0.08), name
    assert max(found.after.values()) < 0.03 < max(found.before.values())


def test_a_device_as_shipped_keeps_its_factors(catalog: Catalog) -> None:
    found = calibrate(rows(catalog), catalog)
    assert all(value == pytest.approx(1.0, abs=0.01) for value in found.factors.values())


def test_what_the_rows_do_not_say_stays_at_one(catalog: Catalog) -> None:
    """Power alone says nothing about speed beyond what the draw betrays, and speed alone nothing about power."""
    found = calibrate(rows(catalog, targets=(TARGETS[2],)), catalog)
    assert found.factors["power"] == pytest.approx(1.0, abs=1e-6)


def test_the_figures_written_make_a_scenario_that_loads(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(calibrate(rows(catalog), catalog).toml(), encoding="utf-8")
    scenario = load_scenario(path)
    assert scenario.compute.accelerator == "H100-SXM5-80GB"
    assert set(scenario.catalog) == set(tomllib.loads(path.read_text())["catalog"])
    assert catalog.with_overrides(scenario.catalog).overrides == scenario.catalog


def test_rows_of_two_devices_ask_which(catalog: Catalog) -> None:
    both = rows(catalog) + rows(catalog, "A100")
    with pytest.raises(InputError, match="several devices"):
        calibrate(both, catalog)
    assert calibrate(both, catalog, "A100").accelerator == "A100-SXM4-80GB"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"gpu_model": ""}, "names no device"),
        ({"gpu_model": "H10000"}, "gpu_model"),
        ({"model": "nobody/knows"}, "no row can be predicted"),
        ({"output_tokens_per_s": "", "avg_power_W": "", "energy_per_token_J": ""}, "no row with a speed"),
        ({"output_tokens_per_s": "fast"}, "is not a number"),
    ],
)
def test_rows_that_cannot_be_used_are_refused(catalog: Catalog, change: dict[str, str], word: str) -> None:
    with pytest.raises(InputError, match=word):
        calibrate([{**rows(catalog)[0], **change}], catalog)


def test_two_engines_in_one_file_are_refused(catalog: Catalog) -> None:
    one = rows(catalog)
    with pytest.raises(InputError, match="several engines"):
        calibrate([one[0], {**one[1], "runtime": "TensorRT-LLM"}], catalog)
