"""Narrower weights that take more devices say so; products are never slower than unpacking would make them."""

from __future__ import annotations

import pytest

from wattscale.catalog import load_catalog
from wattscale.chain import walk
from wattscale.compute.accelerators import BYTES_PER_ELEMENT, load_accelerator
from wattscale.compute.precision_choice import wider_precision
from wattscale.compute.replica import resolve_formats
from wattscale.scenario.load import load_scenario
from wattscale.workload.models import named_architecture

CHIPS = ("A100-SXM4-80GB", "H100-SXM5-80GB", "B300-SXM", "MI355X", "V100-SXM2-32GB")
NARROW = ("fp8", "int8", "fp4", "int4")


def served(chip, precision, model="Llama-3.1-8B"):
    scenario = load_scenario(
        {
            "workload": {
                "model": model,
                "training": {"tokens": 0},
                "serving": {"requests_per_day": 3e7, "precision": precision, "kv_precision": "fp8", "ttft_s": 20},
            },
            "compute": {"accelerator": chip, "spare_share": 0},
        }
    )
    found = walk(scenario, "compute").results["compute"]
    return found.serving.devices, {w.code: w.message for w in found.warnings}


@pytest.mark.slow
@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize("precision", NARROW)
def test_a_narrower_precision_that_takes_more_devices_than_the_one_above_says_so(chip, precision):
    above = wider_precision(load_accelerator(load_catalog(), chip), precision)
    devices, warnings = served(chip, precision)
    there, _ = served(chip, above)
    assert ("narrower-takes-more" in warnings) == (devices > 1.01 * there)
    if devices > 1.01 * there:
        for word in (f"{devices:,}", f"{there:,}", precision, above, "products run in"):
            assert word in warnings["narrower-takes-more"]


def test_weights_of_four_bits_on_an_h100_run_at_half_the_rate_of_eight():
    # From fp8 to int4 the devices doubled without a word.
    devices, warnings = served("H100-SXM5-80GB", "int4", "Llama-3.1-70B")
    there, before = served("H100-SXM5-80GB", "fp8", "Llama-3.1-70B")
    assert devices > there
    assert "0.5 of the rate of fp8" in warnings["narrower-takes-more"]
    assert "narrower-takes-more" not in before


@pytest.mark.parametrize("chip", sorted(r.name for r in load_catalog().rows("accelerators") if r.has("bf16_tflops")))
@pytest.mark.parametrize("precision", NARROW)
def test_weights_are_never_multiplied_more_slowly_than_unpacked(chip, precision):
    # Blackwell Ultra multiplies int8 at a fifteenth of its rate in bf16; a plan with it took twelve times the devices.
    catalog = load_catalog()
    device = load_accelerator(catalog, chip)
    formats, warnings = resolve_formats(named_architecture(catalog, "Llama-3.1-8B"), device, precision, "bf16")
    wide = "bf16" if "bf16" in device.peak_flops else "fp16"
    assert device.peak_flops[formats.compute] >= device.peak_flops[wide]
    assert (formats.compute != precision) == ("weight-only-precision" in {w.code for w in warnings})
    assert BYTES_PER_ELEMENT[formats.weights] == BYTES_PER_ELEMENT[precision]
