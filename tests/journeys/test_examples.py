"""Each example is a lesson that runs, and says what its comments promise."""

from pathlib import Path

import pytest

import wattscale as ws

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def made(name):
    return ws.plan(ws.load(EXAMPLES / name))


def test_first_example_is_the_built_in_plan():
    assert ws.load(EXAMPLES / "01_first_campus.toml") == ws.load()


def test_cold_inference_site_needs_no_training_and_hardly_any_cooling():
    plan = made("02_cold_inference.toml")
    assert plan.compute.training is None
    assert plan.figures["facility.pue"].value < 1.12
    assert plan.figures["facility.peak_mw"].value < 5
    assert plan.figures["economics.usd_per_mtok"].value > 0


@pytest.mark.slow
def test_clean_campus_meets_its_hourly_share_with_solar_wind_and_batteries():
    plan = made("03_clean_campus.toml")
    assert plan.figures["supply.cfe_hourly_share"].value >= 0.9 - 1e-4
    for technology in ("solar", "wind", "battery"):
        assert plan.supply.capacity_mw[technology] > 1
    assert plan.supply.capacity_mw["grid"] <= 60 + 1e-6


def test_every_example_opens_with_a_lesson():
    for path in EXAMPLES.glob("*.toml"):
        assert path.read_text(encoding="utf-8").startswith("# Lesson "), path.name
