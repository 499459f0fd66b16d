"""Every spelling of a machine in the measurement files finds its accelerator."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from wattscale.catalog import Catalog, load_catalog
from wattscale.compute.accelerators import load_accelerator, nearest_precision
from wattscale.compute.power import load_power_coefficients, load_server
from wattscale.errors import InputError

FILES = {
    "inference_energy.csv": "gpu_model",
    "inference_throughput.csv": "accelerator",
    "inference_serving.csv": "accelerator",
    "mlperf_training.csv": "accelerator",
    "training_runs.csv": "hardware",
    "training_throughput.csv": "accelerator",
}


@pytest.mark.parametrize("name", FILES)
def test_every_spelling_of_a_file_is_known(name: str, shared_data: Callable[[str], Path], catalog: Catalog) -> None:
    with shared_data(name).open(encoding="utf-8") as file:
        words = {row[FILES[name]] for row in csv.DictReader(file)} - {""}
    single = {re.sub(r" \(x\d+\)$", "", part) for word in words for part in re.split(r"(?<=\)), ", word)}
    for word in single:
        assert load_accelerator(catalog, word).tdp_w > 0


def test_an_unknown_machine_lists_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="H100"):
        load_accelerator(catalog, "H1000-SXM")


def test_every_accelerator_with_power_has_a_server_and_coefficients(catalog: Catalog) -> None:
    for name in catalog.names("accelerators"):
        try:
            chip = load_accelerator(catalog, name)
        except InputError:
            continue  # parts whose memory bandwidth is not known cannot be planned, and say so
        assert load_server(catalog, chip).devices_per_node >= 1
        assert 0 < load_power_coefficients(catalog, chip).idle < 0.5


@pytest.mark.parametrize(
    ("asked", "known", "nearest"),
    [
        ("int8", ("fp32", "bf16", "fp8"), "fp8"),
        ("fp8", ("fp32", "bf16", "fp16"), "bf16"),
        ("tf32", ("fp32", "int8"), "fp32"),
        ("int4", ("bf16", "int8"), "int8"),
    ],
)
def test_the_nearest_precision_is_the_next_in_width(asked: str, known: tuple[str, ...], nearest: str) -> None:
    assert nearest_precision(asked, known) == nearest


def test_formats_that_share_a_peak_are_offered_only_where_the_part_has_them() -> None:
    catalog = load_catalog()
    volta, laptop = (load_accelerator(catalog, n) for n in ("V100", "Snapdragon X Elite"))
    assert "fp16" in volta.peak_flops
    assert "bf16" not in volta.peak_flops
    assert set(laptop.peak_flops) == {"fp32", "int8"}
    assert laptop.training_formats == ("fp32",)


def test_no_part_trains_in_integers_but_where_a_recipe_was_published() -> None:
    catalog = load_catalog()
    integer = []
    for row in catalog.table("accelerators").rows:
        try:
            part = load_accelerator(catalog, row["name"])
        except InputError:
            continue
        integer += [part.name for p in part.training_formats if p.startswith("int")]
    assert integer == ["TPU v5e", "TPU v5p", "TPU v6e (Trillium)"]
