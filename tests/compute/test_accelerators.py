"""Every spelling of a machine in the measurement files finds its accelerator."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
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
