"""The serving replica: steps, memory, limits, and what an impossible ask says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.queueing import mean_wait, quantile_wait
from wattscale.compute.replica import candidate_layouts, choose_replica, resolve_formats
from wattscale.compute.roofline import DeviceRates, RateCoefficients, StepWork, step_time
from wattscale.compute.serving import replica_curve
from wattscale.compute.serving_cycle import mixed_steps
from wattscale.compute.serving_memory import MemoryRules, cache_held_per_device, max_sequences
from wattscale.compute.serving_setting import Request, load_setting
from wattscale.compute.serving_work import Formats, Layout, cache_read_per_device, step_work
from wattscale.errors import InfeasibleError
from wattscale.workload.architecture import Architecture, Attention, LayerGroup
from wattscale.workload.memory import kv_cache_bytes, kv_read_bytes
from wattscale.workload.models import named_architecture

IDEAL = RateCoefficients(1, 1, 1, 1, 1, 1, 0, 1, 1, 1, *[0] * 8, 100)
CHAT = Request(1000.0, 250.0, 0.0, 2.0, 0.1, 0.9)


@pytest.fixture(scope="module")
def small(catalog: Catalog) -> Architecture:
    return named_architecture(catalog, "Llama-3.1-8B")


def test_decode_at_batch_one_takes_weights_over_bandwidth(catalog: Catalog, small: Architecture) -> None:
    work = step_work(small, Layout(), Formats(), np.array([1.0]), np.array([1.0]))
    found = step_time(work, DeviceRates(1e15, 1e15, 1e15, 3.35e12, 1e12), IDEAL)
    read = (8.03e9 - 128256 * 4096) * 2  # all weights but the embedding table, by hand
    assert float(found.time_s[0]) == pytest.approx(read / 3.35e12, rel=0.01)


def test_tensor_parallel_divides_the_weights_a_device_reads(small: Architecture) -> None:
    one, eight = (step_work(small, Layout(n), Formats(), np.array([4.0]), np.array([500.0])) for n in (1, 8))
    assert float(one.dense_bytes) == pytest.approx(8 * float(eight.dense_bytes))
    assert float(one.cache_bytes[0]) == pytest.approx(8 * float(eight.cache_bytes[0]))


def test_more_devices_than_kv_heads_hold_copies_of_the_cache(small: Architecture) -> None:
    eight, sixteen = (step_work(small, Layout(n), Formats(), np.array([4.0]), np.array([500.0])) for n in (8, 16))
    assert float(eight.cache_bytes[0]) == pytest.approx(float(sixteen.cache_bytes[0]))


def test_input_tokens_of_mixed_steps_add_up_to_those_of_the_requests() -> None:
    share, tokens = mixed_steps(np.array([0.5, 10.0, 400.0]), 700.0, 200.0, 2048.0)
    assert share * tokens == pytest.approx(np.array([0.5, 10.0, 400.0]) * 700.0 / 200.0)
    assert (share <= 1.0).all()


@settings(max_examples=25, deadline=None)
@given(st.floats(1.0, 900.0), st.floats(1.1, 4.0))
def test_a_larger_batch_is_slower_per_token_and_serves_more(batch: float, factor: float) -> None:
    work = StepWork(1e10, 0, 1e7 * batch, 1e9 * batch, 0, 0, 1e4 * batch, 32, 0, 0, batch, 0, 0, 0, 0, 0)
    more = StepWork(
        1e10, 0, 1e7 * batch * factor, 1e9 * batch * factor, 0, 0, 1e4 * batch * factor, 32, 0, 0,
        batch * factor, 0, 0, 0, 0, 0,
    )  # fmt: skip
    device = DeviceRates(1e15, 1e15, 1e15, 3e12, 4e11)
    rates = RateCoefficients(0.8, 0.6, 0.6, 0.8, 0.4, 0.4, 1e-5, 1, 1, 1, 10, 1e-5, 0, 0, 0, 1e-3, 1e-5, 0, 4)
    a, b = float(step_time(work, device, rates).time_s), float(step_time(more, device, rates).time_s)
    assert b > a
    assert batch * factor / b > batch / a


def test_memory_limits_the_batch_as_computed_by_hand(catalog: Catalog, small: Architecture) -> None:
    h100 = load_accelerator(catalog, "H100")
    found = max_sequences(small, h100, Layout(), Formats(), MemoryRules(0.9, 2e9), 1000.0)
    by_hand = (0.9 * 80e9 - 16.06e9 - 2e9) / (131072 * 1000.0)
    assert found == pytest.approx(by_hand, rel=0.01)


def test_int4_on_a_chip_without_it_is_unpacked_and_says_so(catalog: Catalog, small: Architecture) -> None:
    formats, warnings = resolve_formats(small, load_accelerator(catalog, "H100"), "int4", "fp8")
    assert (formats.weights, formats.compute, formats.cache) == ("int4", "bf16", "fp8")
    assert [w.code for w in warnings] == ["weight-only-precision"]


def test_four_bit_weights_of_a_model_with_experts_are_those_of_the_experts(catalog: Catalog) -> None:
    arch = named_architecture(catalog, "gpt-oss-120b")
    formats, _ = resolve_formats(arch, load_accelerator(catalog, "B200"), "fp4", "bf16")
    assert (formats.weights, formats.expert_weights, formats.expert_compute) == ("bf16", "fp4", "fp4")


def _choose(catalog: Catalog, name: str, request: Request, chip: str = "H100", **kw: object) -> object:
    arch = named_architecture(catalog, name)
    device = load_accelerator(catalog, chip)
    setting = load_setting(catalog, device, "vllm")
    layouts = candidate_layouts(arch, device, 8, kw.get("devices"))  # type: ignore[arg-type]
    return choose_replica(arch, setting, Formats("fp8", "fp8", "fp8"), request, layouts)


def test_a_replica_keeps_its_limits(catalog: Catalog) -> None:
    replica = _choose(catalog, "Llama-3.1-70B", CHAT)
    curve, full = replica.curve, replica.full  # type: ignore[attr-defined]
    assert curve.tpot_s[full] <= CHAT.tpot_s
    assert curve.ttft_s[full] <= CHAT.ttft_s


def test_tpot_below_the_floor_names_field_and_floor(catalog: Catalog) -> None:
    with pytest.raises(InfeasibleError, match=r"workload\.serving\.tpot_ms = 0\.5: below the floor of"):
        _choose(catalog, "Llama-3.1-70B", Request(1000.0, 250.0, 0.0, 2.0, 0.0005, 0.9))


def test_ttft_below_the_floor_names_field_and_floor(catalog: Catalog) -> None:
    with pytest.raises(InfeasibleError, match=r"workload\.serving\.ttft_s = 0\.001: below the floor of"):
        _choose(catalog, "Llama-3.1-70B", Request(1000.0, 250.0, 0.0, 0.001, 0.1, 0.9))


def test_a_model_that_does_not_fit_names_devices_and_missing_memory(catalog: Catalog) -> None:
    with pytest.raises(InfeasibleError, match=r"does not fit: its weights exceed the memory of 1 x H100"):
        _choose(catalog, "Llama-3.1-405B", CHAT, devices=1)


def test_a_prefix_cache_saves_time_and_energy(catalog: Catalog, small: Architecture) -> None:
    setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    plain = replica_curve(small, setting, Layout(), Formats(), CHAT)
    cached = replica_curve(small, setting, Layout(), Formats(), Request(1000.0, 250.0, 0.8, 2.0, 0.1, 0.9))
    assert plain is not None
    assert cached is not None
    assert cached.tpot_s[-1] < plain.tpot_s[-1]
    assert cached.requests_per_s[-1] > plain.requests_per_s[-1]


def test_waits_grow_without_bound_towards_full_load() -> None:
    assert float(mean_wait(0.99, 1.0)) > 40.0
    assert np.isinf(quantile_wait(1.0, 1.0, 0.9))
    assert float(quantile_wait(0.5, 1.0, 0.99)) > float(quantile_wait(0.5, 1.0, 0.9)) > 0.0


def test_states_keep_their_bytes_whatever_the_cache_is_held_in() -> None:
    states = LayerGroup(8, Attention("mamba2", 64, 1, 64, 64, state_dim=128, state_bytes=4.0), None)
    model = Architecture("states", 2048, 1000, False, (states,), 8192)
    held = [cache_held_per_device(model, 100.0, Layout(), Formats(cache=kv)) for kv in ("bf16", "fp8")]
    moved = [float(cache_read_per_device(model, np.array(100.0), Layout(), b)) for b in (2.0, 1.0)]
    assert held[0] == held[1] == kv_cache_bytes(model, 100.0, 2.0)
    assert moved[0] == moved[1] == kv_read_bytes(model, 100.0, 2.0)


def test_four_bit_experts_count_four_times_their_bytes_for_power(catalog: Catalog) -> None:
    arch = named_architecture(catalog, "gpt-oss-120b")
    four, sixteen = (
        step_work(arch, Layout(), Formats(expert_weights=w), np.array([32.0]), np.array([500.0]))
        for w in ("fp4", "bf16")
    )
    assert float(four.expert_numbers[0]) == pytest.approx(4.0 * float(four.expert_bytes[0]))  # type: ignore[index]
    assert float(sixteen.expert_numbers[0]) == pytest.approx(float(sixteen.expert_bytes[0]))  # type: ignore[index]


def test_cached_input_tokens_are_still_attended_to(catalog: Catalog, small: Architecture) -> None:
    """Half of 64,000 tokens cached saves less than half of the time to first token: scores reach back over all."""
    setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    plain, cached = (
        replica_curve(small, setting, Layout(), Formats(), Request(64000.0, 100.0, share, 1e6, 1e6, 0.9))
        for share in (0.0, 0.5)
    )
    assert plain is not None
    assert cached is not None
    kept = float(cached.service_s[0] / plain.service_s[0])
    assert 0.55 < kept < 0.8
