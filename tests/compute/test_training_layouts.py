"""Layouts, step times and the search: laws and impossible asks."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.parallelism import FULL, Fixed, candidate_layouts
from wattscale.compute.training_coefficients import load_machine, load_step_coefficients
from wattscale.compute.training_memory import load_memory_coefficients
from wattscale.compute.training_search import BestStep, best_step
from wattscale.compute.training_sizes import shape_from_sizes
from wattscale.compute.training_step import PARTS, step_times
from wattscale.errors import InfeasibleError

few = settings(max_examples=20, deadline=None)
BIG = shape_from_sizes(405e9, layers=126, d_model=16384, vocab=128256, sequence_length=8192)
SMALL = shape_from_sizes(6.74e9, layers=32, d_model=4096, vocab=32000, sequence_length=4096)
MOE = shape_from_sizes(671e9, 37e9, layers=61, d_model=7168, vocab=129280, sequence_length=4096, experts=True)


def search(catalog: Catalog, shape=SMALL, devices=64, batch=1024.0, chip="H100", precision="bf16", **fixed) -> BestStep:  # type: ignore[no-untyped-def]
    accelerator = load_accelerator(catalog, chip)
    return best_step(
        shape,
        devices,
        batch,
        load_machine(catalog, accelerator, precision),
        load_step_coefficients(catalog, accelerator),
        load_memory_coefficients(catalog),
        Fixed(**fixed) if fixed else None,
    )


@few
@given(st.integers(1, 3000), st.integers(1, 4096))
def test_no_layout_takes_more_devices_than_given(devices: int, batch: int) -> None:
    lay = candidate_layouts(SMALL, devices, batch, 8)
    assert np.all(lay.devices <= devices)
    assert np.all(np.asarray(lay.data) * lay.microbatch <= batch)


def test_interleaving_needs_a_pipeline() -> None:
    lay = candidate_layouts(SMALL, 256, 1024, 8)
    assert np.all((np.asarray(lay.interleave) == 1) | (np.asarray(lay.pipeline) > 1))


def test_fixed_degrees_are_kept(catalog: Catalog) -> None:
    best = search(catalog, tensor=4, pipeline=2, recompute=FULL, zero=1)
    found = best.layout
    assert (found.tensor, found.pipeline, found.recompute, found.zero) == (4, 2, FULL, 1)


def test_parts_of_a_step_add_up_to_its_time(catalog: Catalog) -> None:
    step = search(catalog, BIG, 4096, 2048).step
    assert sum(float(getattr(step, part)) for part in PARTS) == pytest.approx(float(step.total), rel=1e-9)


def test_arrays_and_single_layouts_agree(catalog: Catalog) -> None:
    chip = load_accelerator(catalog, "H100")
    machine, k = load_machine(catalog, chip, "bf16"), load_step_coefficients(catalog, chip)
    lay = candidate_layouts(BIG, 1024, 512, 8)
    together = step_times(BIG, lay, machine, k).total
    for i in range(0, len(lay), max(1, len(lay) // 5)):
        assert float(step_times(BIG, lay.take(i), machine, k).total) == pytest.approx(float(together[i]))


def test_more_devices_never_train_slower(catalog: Catalog) -> None:
    rates = [search(catalog, SMALL, n, 2048).tokens_per_s for n in (8, 16, 32, 64, 128, 256)]
    assert rates == sorted(rates)


def test_no_run_passes_the_peak(catalog: Catalog) -> None:
    for shape, devices in ((SMALL, 8), (BIG, 2048), (MOE, 2048)):
        best = search(catalog, shape, devices)
        flops = best.tokens_per_s * float(shape.model_flops) / devices
        assert 0.1 < flops / 989.4e12 < 0.9


def test_full_recompute_costs_time_and_saves_memory(catalog: Catalog) -> None:
    none = search(catalog, tensor=2, pipeline=1, microbatch=1, zero=1, recompute=0)
    full = search(catalog, tensor=2, pipeline=1, microbatch=1, zero=1, recompute=FULL)
    assert float(full.step.total) > 1.2 * float(none.step.total)
    assert full.memory_bytes < none.memory_bytes


def test_fp8_is_faster_than_bf16_but_not_twice(catalog: Catalog) -> None:
    half, eight = (search(catalog, BIG, 2048, 1024, precision=p).tokens_per_s for p in ("bf16", "fp8"))
    assert 1.15 < eight / half < 2.0


def test_a_slower_network_never_helps(catalog: Catalog) -> None:
    chip = load_accelerator(catalog, "H100")
    k, mem = load_step_coefficients(catalog, chip), load_memory_coefficients(catalog)
    rates = [
        best_step(BIG, 2048, 1024, load_machine(catalog, chip, "bf16", b), k, mem).tokens_per_s
        for b in (5e9, 25e9, 50e9, 100e9)
    ]
    assert rates == sorted(rates)


@pytest.mark.parametrize("devices", [8, 16, 32, 64])
def test_405b_does_not_fit_few_devices_and_the_message_names_how_many_do(catalog: Catalog, devices: int) -> None:
    with pytest.raises(InfeasibleError, match=r"does not fit.*GB per device.*Nearest that fits: \d+ devices") as caught:
        search(catalog, BIG, devices, 1024)
    nearest = int(str(caught.value).split("Nearest that fits: ")[1].split()[0])
    assert search(catalog, BIG, nearest, 1024).devices <= nearest


@pytest.mark.parametrize(
    ("chip", "shape", "devices", "fixed"),
    [
        ("H100", BIG, 512, {"tensor": 1, "pipeline": 1, "zero": 1}),
        ("A100-40GB", SMALL, 1, {}),
        ("H100", SMALL, 1, {}),
        ("A100", BIG, 64, {}),
        ("H100", MOE, 64, {}),
        ("V100", SMALL, 2, {"precision": "fp16"}),
    ],
)
def test_what_cannot_fit_is_refused(catalog: Catalog, chip: str, shape: object, devices: int, fixed: dict) -> None:
    with pytest.raises(InfeasibleError, match="does not fit"):
        search(catalog, shape, devices, 1024, chip, **fixed)


def test_a_fixed_choice_that_does_not_fit_is_told_how_to_loosen(catalog: Catalog) -> None:
    with pytest.raises(InfeasibleError, match="zero_stage = 3"):
        search(catalog, SMALL, 64, 1024, tensor=1, pipeline=1, zero=0)


def test_degrees_beyond_the_devices_are_named(catalog: Catalog) -> None:
    with pytest.raises(InfeasibleError, match="need at least 64 devices"):
        search(catalog, SMALL, 16, 1024, tensor=8, pipeline=8)


def test_ten_thousand_layouts_take_under_a_second(catalog: Catalog) -> None:
    start = time.process_time()  # other programs of the machine do not count
    considered = 0
    while considered < 10_000:
        considered += search(catalog, BIG, 16384, 2048).considered
    assert time.process_time() - start < 1.0
