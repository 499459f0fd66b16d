"""The training front: devices or days, goodput, power by hour, impossible asks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog, load_catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.goodput import Reliability, goodput, load_reliability
from wattscale.compute.result import TrainingPlan
from wattscale.compute.training import plan_training
from wattscale.compute.training_coefficients import tuned_share
from wattscale.compute.training_power import step_power_share, training_year
from wattscale.compute.training_run import Trainer, make_trainer
from wattscale.compute.training_shape import training_shape
from wattscale.errors import InfeasibleError, InputError
from wattscale.figure import PlanWarning, Value
from wattscale.scenario.compute import ComputeTable
from wattscale.scenario.workload import TrainingTable
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup
from wattscale.workload.result import TrainingWorkload
from wattscale.workload.training import training_flops_per_token

LLAMA_8B = Architecture(
    "8B",
    4096,
    128256,
    False,
    (LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336)),),
    131072,
)
LLAMA_405B = Architecture(
    "405B",
    16384,
    128256,
    False,
    (LayerGroup(126, Attention("full", 128, 8, 128, 128), FeedForward("dense", 53248)),),
    131072,
)
LLAMA_70B = Architecture(
    "70B",
    8192,
    128256,
    False,
    (LayerGroup(80, Attention("full", 64, 8, 128, 128), FeedForward("dense", 28672)),),
    131072,
)
Planned = tuple[TrainingPlan, dict[str, Value], tuple[PlanWarning, ...]]


def plan(catalog: Catalog, arch: Architecture = LLAMA_8B, chip: str = "H100", **recipe: object) -> Planned:
    asked = {"tokens": 1e12, "global_batch_tokens": 4e6, **recipe}
    workload = TrainingWorkload(TrainingTable(**asked), 0.0, 0.0)
    return plan_training(workload, arch, ComputeTable(), load_accelerator(catalog, chip), catalog)


def test_devices_given_solve_the_days(catalog: Catalog) -> None:
    found, figures, _ = plan(catalog, devices=512)
    assert found.devices == 512
    assert found.device_hours == pytest.approx(512 * found.days * 24)
    assert figures["training.devices"] == 512


def test_days_given_solve_the_fewest_devices_in_whole_replicas(catalog: Catalog) -> None:
    found, figures, _ = plan(catalog, days=30.0)
    value, low, high = figures["training.devices"]  # type: ignore[misc]
    assert low < value == found.devices < high
    replica = found.tensor_parallel * found.pipeline_parallel * float(figures["training.context_parallel"])  # type: ignore[arg-type]
    assert found.days <= 30.0
    assert found.devices % replica == 0
    fewer, _, _ = plan(catalog, devices=int(found.devices * 0.97))
    assert fewer.days > 30.0


@pytest.mark.parametrize("asked", [{}, {"devices": 64, "days": 10.0}])
def test_both_or_neither_of_devices_and_days_names_the_two_keys(catalog: Catalog, asked: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"workload\.training\.devices and workload\.training\.days"):
        plan(catalog, **asked)


def test_a_precision_the_device_lacks_names_those_it_has(catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"trains in fp32, tf32, bf16, fp16 only.*Nearest: bf16"):
        plan(catalog, chip="A100", devices=64, precision="fp8")


def test_integer_products_train_only_where_a_recipe_was_published(catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"multiplies in it, but trains in .*fp8 only.*Nearest: fp8"):
        plan(catalog, chip="H100", devices=64, precision="int8")
    found, _, warnings = plan(catalog, chip="TPU v5e", devices=256, precision="int8")
    assert found.days > 0
    assert "training-precision-unfitted" in {w.code for w in warnings}


@pytest.mark.parametrize(
    ("chip", "asked", "nearest"), [("V100", "bf16", "fp16"), ("Snapdragon X Elite", "tf32", "fp32")]
)
def test_a_format_that_only_shares_a_peak_is_not_offered(catalog: Catalog, chip: str, asked: str, nearest: str) -> None:
    with pytest.raises(InputError, match=f"Nearest: {nearest}"):
        plan(catalog, chip=chip, devices=8, precision=asked)


def test_four_bit_steps_were_measured_on_blackwell(catalog: Catalog) -> None:
    _, _, warnings = plan(catalog, chip="GB200", devices=64, precision="fp4")
    assert "training-precision-unfitted" not in {w.code for w in warnings}


def test_too_few_days_name_the_shortest(catalog: Catalog) -> None:
    with pytest.raises(InfeasibleError, match=r"trains this fast.*allowed: >= \d"):
        plan(catalog, days=0.01)


def test_energy_is_hours_times_power_and_equals_the_year(catalog: Catalog) -> None:
    found, _, _ = plan(catalog, devices=512, rest_of_year="off")
    assert found.energy_mwh == pytest.approx(found.device_hours * found.it_power_w_per_device / 1e6, rel=1e-9)
    assert float(found.power_mw.sum()) == pytest.approx(found.energy_mwh, rel=1e-9)


def test_training_the_rest_of_the_year_draws_constant_power(catalog: Catalog) -> None:
    found, _, _ = plan(catalog, devices=512, rest_of_year="train")
    assert float(np.ptp(found.power_mw)) == pytest.approx(0.0, abs=1e-9)


def test_idle_devices_draw_less_than_busy_ones_and_more_than_nothing(catalog: Catalog) -> None:
    found, _, _ = plan(catalog, devices=512, rest_of_year="idle")
    assert 0.05 * found.power_mw[0] < found.power_mw[-1] < 0.5 * found.power_mw[0]


def test_runs_longer_than_a_year_are_told(catalog: Catalog) -> None:
    _, _, warnings = plan(catalog, arch=LLAMA_405B, devices=2048, tokens=15e12)
    assert "training-longer-than-year" in {w.code for w in warnings}


def test_devices_that_fill_no_replica_are_told(catalog: Catalog) -> None:
    _, _, warnings = plan(catalog, devices=500, tensor_parallel=8, pipeline_parallel=8)
    assert "training-devices-unused" in {w.code for w in warnings}


def test_ranges_hold_their_values(catalog: Catalog) -> None:
    _, figures, _ = plan(catalog, devices=512)
    for name in ("device_hours", "days", "energy_mwh", "mfu"):
        value, low, high = figures[f"training.{name}"]  # type: ignore[misc]
        assert low < value < high


def test_shares_of_a_step_sum_to_one(catalog: Catalog) -> None:
    found, _, _ = plan(catalog, arch=LLAMA_405B, devices=16384)
    assert sum(found.time_shares.values()) == pytest.approx(1.0)


def test_the_llama_3_run_is_met_within_a_fifth(catalog: Catalog) -> None:
    """Meta, Llama 3 report 2024: 30.84 M H100-hours, MFU 38-43 %, above 90 % effective time at 16,384 devices."""
    found, _, _ = plan(catalog, arch=LLAMA_405B, devices=16384, tokens=15.6e12, global_batch_tokens=16e6)
    assert found.device_hours == pytest.approx(30.84e6, rel=0.2)
    assert 0.35 < found.mfu < 0.45
    assert found.goodput > 0.87


def test_a_power_cap_slows_the_run_and_saves_energy(catalog: Catalog) -> None:
    chip = load_accelerator(catalog, "H100")
    workload = TrainingWorkload(TrainingTable(tokens=1e12, devices=512), 0.0, 0.0)
    free, capped = (
        plan_training(workload, LLAMA_8B, ComputeTable(power_cap_share=c), chip, catalog)[0] for c in (1.0, 0.7)
    )
    assert capped.days > free.days
    assert capped.device_power_w < 0.75 * 700
    assert capped.energy_mwh < free.energy_mwh


def test_what_the_stage_reads_is_in_the_ledger(catalog: Catalog) -> None:
    ledger = catalog.recording()
    plan(ledger, devices=64)
    assert "training_coefficients/hopper.gemm_efficiency" in ledger.used
    assert "training_coefficients/run.device_mtbf_h" in ledger.used


def test_every_figure_is_described(catalog: Catalog) -> None:
    from wattscale.catalog.specs import spec_of

    _, figures, _ = plan(catalog, devices=64)
    assert [name for name in figures if spec_of(f"compute.{name}") is None] == []


def test_goodput_falls_with_devices_and_failures(catalog: Catalog) -> None:
    known = load_reliability(catalog)
    shares = [goodput(n, 1e9, known).value for n in (8, 128, 2048, 32768, 524288)]
    assert shares == sorted(shares, reverse=True)
    assert goodput(16384, 1e9, known).interruptions_per_day == pytest.approx(419 / 54, rel=0.01)


@settings(max_examples=30, deadline=None)
@given(st.floats(1, 1e6), st.floats(0, 1e11), st.floats(0, 0.5))
def test_goodput_is_a_share(devices: float, state: float, evaluation: float) -> None:
    found = goodput(devices, state, Reliability(5e4, 300, 30, 1e8, 5, evaluation, 1.0))
    assert 0.0 < found.value <= 1.0
    lost = found.restart_share + found.lost_work_share + found.checkpoint_share + found.evaluation_share
    assert found.value + lost == pytest.approx(1.0)


@settings(max_examples=30, deadline=None)
@given(st.floats(1, 1e5), st.floats(0.1, 500), st.sampled_from(["idle", "off", "train"]), st.floats(0, 20))
def test_the_year_never_draws_more_than_all_devices_busy(devices: float, days: float, rest: str, runs: float) -> None:
    year = training_year(devices, days, 1000.0, 200.0, runs, rest)  # type: ignore[arg-type]
    assert year.shape == (8760,)
    assert float(year.max()) <= devices * 1000.0 / 1e6 * (1 + 1e-12)
    assert float(year.min()) >= 0.0


def test_small_published_models_ran_slower_than_large_ones(catalog: Catalog) -> None:
    chip = load_accelerator(catalog, "H100")
    assert tuned_share(catalog, chip, 1e9) < tuned_share(catalog, chip, 8e9) < tuned_share(catalog, chip, 4e11)
    assert tuned_share(catalog, chip, 1e9, floor=0.5) > tuned_share(catalog, chip, 1e9)


def test_power_of_a_step_lies_between_stall_and_kernels() -> None:
    assert 0.5 < step_power_share(0.7, 0.9, 0.5) < 0.9
    assert step_power_share(0.7, 0.9, 0.5, power_cap_share=0.4) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("chip", "precision", "code"),
    [("Gaudi 3", "bf16", "training-hardware-unfitted"), ("MI355X", "fp4", "training-precision-unfitted")],
)
def test_what_was_never_measured_is_told(catalog: Catalog, chip: str, precision: str, code: str) -> None:
    _, _, warnings = plan(catalog, chip=chip, devices=64, precision=precision)
    assert code in {w.code for w in warnings}
    _, _, none = plan(catalog, devices=64)
    assert none == ()


def test_memory_is_told_in_the_unit_of_the_data_sheet(catalog: Catalog) -> None:
    found, _, _ = plan(catalog, arch=LLAMA_405B, devices=4096)
    assert 20.0 < found.memory_gb <= 80.0


def test_more_devices_than_any_published_run_are_told(catalog: Catalog) -> None:
    _, _, warnings = plan(catalog, arch=LLAMA_405B, devices=32768, global_batch_tokens=64e6)
    assert "training-scale-unmeasured" in {w.code for w in warnings}


def tuner(catalog: Catalog, share: float, arch: Architecture = LLAMA_8B, **recipe: object) -> Trainer:
    table = TrainingTable(
        **{"tokens": 1e9, "global_batch_tokens": 65536, "sequence_length": 8192, "trained_share": share, **recipe}
    )
    return make_trainer(table, arch, ComputeTable(), load_accelerator(catalog, "H100"), catalog)


def test_adapters_need_neither_gradients_nor_optimiser_state(catalog: Catalog) -> None:
    full, adapters = (tuner(catalog, share) for share in (1.0, 0.002))
    assert adapters.run(1).best.memory_bytes < 80e9
    with pytest.raises(InfeasibleError, match="does not fit"):
        full.run(1)
    assert adapters.run(8).tokens_per_s > 1.2 * full.run(8).tokens_per_s


def test_a_frozen_base_in_four_bits_takes_a_quarter_of_its_sixteen_bit_weights(catalog: Catalog) -> None:
    lora, qlora = (
        tuner(catalog, 0.0, LLAMA_70B, frozen_precision=p, tensor_parallel=8).run(8) for p in ("bf16", "int4")
    )
    params = float(np.max(training_shape(LLAMA_70B, 8192).params_total))
    same_activations = replace(qlora.best.layout, zero=lora.best.layout.zero)
    assert same_activations == lora.best.layout
    assert lora.best.memory_bytes - qlora.best.memory_bytes == pytest.approx(1.5 * params / 8, rel=0.02)
    with pytest.raises(InfeasibleError, match="does not fit"):
        tuner(catalog, 0.0, LLAMA_70B).run(1)
    assert tuner(catalog, 0.0, LLAMA_70B, frozen_precision="int4").run(1).devices == 1


@settings(max_examples=10, deadline=None)
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_training_more_of_the_weights_never_takes_less(one: float, other: float) -> None:
    catalog = load_catalog()
    less, more = (tuner(catalog, share).run(16) for share in sorted((one, other)))
    assert less.tokens_per_s >= more.tokens_per_s * (1 - 1e-9)


def test_model_flops_of_stage_and_workload_agree_for_any_trained_share(catalog: Catalog) -> None:
    for share in (0.0, 0.3, 1.0):
        asked = training_flops_per_token(LLAMA_8B, 8192, share)
        assert float(np.max(training_shape(LLAMA_8B, 8192, share).model_flops)) == pytest.approx(asked, rel=1e-9)


def test_continued_training_costs_its_tokens_alone(catalog: Catalog) -> None:
    """A start from a checkpoint changes neither the step nor the memory: hours are proportional to the tokens."""
    whole, further = (plan(catalog, tokens=t, devices=512)[0] for t in (15e12, 0.15e12))
    assert further.device_hours == pytest.approx(0.01 * whole.device_hours, rel=1e-9)


def test_a_power_cap_is_met_with_more_devices_when_the_days_are_given(catalog: Catalog) -> None:
    chip = load_accelerator(catalog, "H100")
    workload = TrainingWorkload(TrainingTable(tokens=1e12, days=30.0), 0.0, 0.0)
    free, capped = (
        plan_training(workload, LLAMA_8B, ComputeTable(power_cap_share=c), chip, catalog)[0] for c in (1.0, 0.6)
    )
    assert capped.days <= 30.0
    assert capped.devices > free.devices
