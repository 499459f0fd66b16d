"""Every device of the catalogue plans a small model that fits, or says clearly why not."""

from __future__ import annotations

import pytest

from wattscale.catalog import load_catalog
from wattscale.chain import walk
from wattscale.errors import InputError
from wattscale.scenario.load import load_scenario

NAMES = load_catalog().names("accelerators")
SPIKING = ("Intel Loihi 2", "Intel Hala Point (1152x Loihi 2)")
ON_CHIP_MEMORY = ("Groq LPU v1", "IBM NorthPole")
PRECISIONS = (("bf16", "bf16_tflops"), ("fp16", "bf16_tflops"), ("int8", "int8_tops"), ("fp4", "fp4_tflops"))
USUAL = (
    "workload.serving.kv_precision=bf16", "workload.serving.requests_per_day=100000", "workload.serving.tpot_ms=500",
    "workload.serving.ttft_s=10", "workload.training.tokens=1e10", "workload.training.devices=64",
    "workload.training.global_batch_tokens=1e6", "workload.training.sequence_length=2048",
)  # fmt: skip


def settings(name: str) -> list[str]:
    """A model and a precision that suit the device."""
    row = load_catalog().row("accelerators", name)
    memory = row.number("memory_gb", 0.0)
    model = "Llama-3.1-8B" if memory >= 40 else "Llama-3.2-1B" if memory >= 4 else "Qwen3-0.6B"
    lacks = row.text("lacks").split(";")
    precision = next((w for w, column in PRECISIONS if row.has(column) and w not in lacks), "bf16")
    trained = precision if precision in ("bf16", "fp16") else "fp32"
    chosen = [f"workload.model={model}", f"compute.accelerator={name}"]
    return [*USUAL, *chosen, f"workload.serving.precision={precision}", f"workload.training.precision={trained}"]


@pytest.mark.parametrize("name", [n for n in NAMES if n not in SPIKING + ON_CHIP_MEMORY])
def test_a_device_trains_and_serves_within_its_design_power(name: str) -> None:
    found = walk(load_scenario(None, settings(name)), "compute").results["compute"]
    tdp = load_catalog().row("accelerators", name).number("tdp_w")
    for plan in (found.training, found.serving):
        assert plan is not None
        assert plan.memory_gb > 0
    assert 0.05 * tdp < found.training.device_power_w <= tdp
    assert 0.01 < found.training.mfu < 0.7
    assert 0 < found.serving.tpot_ms <= 500
    assert 0 < found.serving.joules_per_output_token < 50


@pytest.mark.parametrize("name", SPIKING)
def test_a_spiking_part_is_refused_by_name_with_the_reason(name: str) -> None:
    with pytest.raises(InputError, match=r"compute\.accelerator.*cannot be planned.*neuromorphic"):
        walk(load_scenario(None, settings(name)), "compute")


@pytest.mark.parametrize("name", ON_CHIP_MEMORY)
def test_a_part_with_memory_on_the_chip_alone_serves_or_names_its_memory(name: str) -> None:
    said, devices = "", 0
    try:
        found = walk(load_scenario(None, [*settings(name), "workload.training.tokens=0"]), "compute").results["compute"]
        devices = found.serving.devices
    except InputError as error:
        said = str(error)
    assert devices >= 4 or all(word in said for word in (f"compute.accelerator = '{name}'", "does not fit", "memory"))


@pytest.mark.parametrize("name", ["Snapdragon 8 Elite", "Jetson AGX Orin 64GB"])
def test_training_on_a_device_made_for_use_is_pointed_out(name: str) -> None:
    found = walk(load_scenario(None, settings(name)), "compute").results["compute"]
    assert "training-hardware-unusual" in {w.code for w in found.warnings}
