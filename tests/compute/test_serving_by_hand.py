"""Work, time and memory of engine steps of a small model, part by part."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from wattscale.catalog import Catalog
from wattscale.chain import walk
from wattscale.compute import serving_cycle, serving_plan
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.goodput import Reliability, goodput
from wattscale.compute.replica import replica_curves
from wattscale.compute.roofline import DeviceRates, RateCoefficients, Step, StepWork, step_time
from wattscale.compute.serving import own_time, step_power
from wattscale.compute.serving_cycle import mixed_steps
from wattscale.compute.serving_memory import MemoryRules, cache_held_per_device, free_bytes, max_sequences
from wattscale.compute.serving_pods import input_engine
from wattscale.compute.serving_setting import Request, load_setting
from wattscale.compute.serving_work import Formats, Layout, cache_shards, step_work, total_weight_bytes
from wattscale.compute.speculation import Speculation
from wattscale.scenario.load import load_scenario
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup
from wattscale.workload.models import named_architecture

MIXING = Attention("full", heads=6, kv_heads=2, head_dim=4, v_head_dim=5)
EXPERTS = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5)
MODEL = Architecture(
    "by hand", 10, 100, False, (LayerGroup(3, MIXING, FeedForward("dense", 7)), LayerGroup(2, MIXING, EXPERTS)), 1000
)
"""5 layers of 720 weights of attention; dense blocks of 210; 8 experts of 150 and a router of 80; head of 1,000."""
DENSE_WEIGHTS = 5 * 720 + 3 * 210 + 2 * 80 + 5 * 20 + 10 + 1000
"""All that every token reads: with 11 norms of 10 and the head."""
DENSE_WORK = 2 * (5 * 720 + 3 * 210 + 2 * 80 + 1000)
"""FLOP of a token on it; norms do no products."""
B, CONTEXT = np.array([6.0]), np.array([50.0])
IDEAL = RateCoefficients(
    weight_efficiency=1, cache_efficiency=1, compute_efficiency=1, narrow_efficiency=1, score_efficiency=1,
    link_efficiency=1, collective_s=0, expert_memory_efficiency=1, expert_compute_efficiency=1, unpack_efficiency=1,
    activation_passes=0, layer_s=0, recurrent_layer_s=0, expert_layer_s=0, mixed_layer_s=0, step_s=0, sequence_s=0,
    eager=0, roof_exponent=4,
)  # fmt: skip
DEVICE = DeviceRates(1e3, 2e3, 5e2, 1e2, 1e1)
"""1,000 FLOP/s, 2,000 on experts, 500 on scores; 100 byte/s of memory and 10 of links."""
ALONE, PLAIN = Layout(), Formats()
NOTHING = StepWork(*[0.0] * 16)


def work(layout: Layout = ALONE, formats: Formats = PLAIN, **more: object) -> dict[str, float]:
    found = step_work(MODEL, layout, formats, B, CONTEXT, **more)  # type: ignore[arg-type]
    return {f.name: float(np.ravel(getattr(found, f.name))[0]) for f in fields(found)}


def touched(tokens: float) -> float:
    """Experts of 8 that tokens of two experts each meet, with 150 weights each in 2 layers."""
    return 2 * 150 * 8 * (1 - 0.75**tokens)


def test_work_of_a_step_that_decodes_six_sequences() -> None:
    found = work()
    assert found["dense_bytes"] == 2 * DENSE_WEIGHTS
    assert found["expert_bytes"] == pytest.approx(2 * touched(6))
    assert found["cache_bytes"] == 6 * 5 * 2 * 9 * 50 * 2
    assert found["dense_flops"] == 6 * DENSE_WORK
    assert found["expert_flops"] == 6 * 2 * 2 * 2 * 150
    assert found["score_flops"] == 6 * 5 * 2 * 6 * 9 * 50
    assert found["activation_bytes"] == 6 * 5 * 10 * 2
    assert (found["layers"], found["expert_layers"], found["recurrent_layers"]) == (5, 2, 0)
    assert (found["sequences"], found["mixed"], found["collectives"], found["link_bytes"]) == (6, 0, 0, 0)
    assert found["expert_numbers"] == pytest.approx(2 * touched(6))


def test_input_tokens_share_the_step_but_not_the_head() -> None:
    """30 input tokens of prompts of 20: no logits for them, and each sees 10.5 tokens on the mean."""
    found = work(prefill_tokens=30.0, prompt_tokens=20.0)
    assert found["dense_flops"] == 36 * DENSE_WORK - 30 * 2000
    assert found["score_flops"] == pytest.approx(6 * 5 * 108 * 50 + 30 * 5 * 108 * 10.5)
    assert found["expert_bytes"] == pytest.approx(2 * touched(36))
    assert found["mixed"] == 1
    assert found["cache_bytes"] == work()["cache_bytes"]


def test_routing_that_is_skewed_touches_fewer_experts() -> None:
    assert work(expert_skew=0.5)["expert_bytes"] == pytest.approx(2 * touched(3))


def test_two_tensor_ranks_halve_the_work_and_reduce_twice_a_layer() -> None:
    """Each reduction passes 6 x 10 numbers of 2 byte twice, half of them to the other rank."""
    found, alone = work(Layout(2)), work()
    for name in ("dense_bytes", "expert_bytes", "cache_bytes", "dense_flops", "score_flops", "activation_bytes"):
        assert found[name] == pytest.approx(alone[name] / 2), name
    assert found["collectives"] == 10
    assert found["link_bytes"] == 10 * 6 * 10 * 2 * 2 / 2


def test_groups_of_their_own_sequences_exchange_tokens_with_their_experts() -> None:
    """Weights of attention are whole in each of 4 groups; 3 of 4 tokens go elsewhere, there and back, in 2 layers."""
    found, alone = work(Layout(1, 4)), work()
    assert found["dense_bytes"] == alone["dense_bytes"]
    assert found["expert_bytes"] == pytest.approx(alone["expert_bytes"] / 4)
    assert found["cache_bytes"] == alone["cache_bytes"] / 4
    assert found["collectives"] == 4
    assert found["link_bytes"] == 4 * 6 * 10 * 2 * 3 / 4


def test_groups_wait_for_each_others_input_tokens() -> None:
    """With a wait of 0.2 for each of 3 other groups 30 input tokens count as 48."""
    found = work(Layout(1, 4), prefill_tokens=30.0, prompt_tokens=20.0, group_wait=0.2)
    assert found["dense_flops"] == pytest.approx((54 * DENSE_WORK - 48 * 2000) / 4)
    assert found["activation_bytes"] == pytest.approx(54 * 5 * 10 * 2 / 4)
    assert found["expert_flops"] == 36 * 2 * 2 * 2 * 150 / 4


def test_stages_take_turns_with_the_sequences() -> None:
    """Two stages hold 3 sequences each, but never less than one of what is asked."""
    assert work(Layout(1, 1, 2))["sequences"] == 3
    one = step_work(MODEL, Layout(1, 1, 2), Formats(), np.array([1.0]), CONTEXT)
    assert float(one.sequences[0]) == 1.0


def test_a_draft_of_four_is_verified_with_one_more_token() -> None:
    assert work(tokens_per_sequence=5.0)["dense_flops"] == 30 * DENSE_WORK
    assert work(tokens_per_sequence=5.0)["cache_bytes"] == work()["cache_bytes"]


def test_formats_say_what_is_stored_and_what_is_unpacked() -> None:
    found = work(formats=Formats("fp8", "fp8", "fp8", "int4", "bf16"))
    assert found["dense_bytes"] == DENSE_WEIGHTS
    assert found["expert_bytes"] == pytest.approx(0.5 * touched(6))
    assert found["expert_numbers"] == pytest.approx(2 * touched(6))
    assert (found["unpacked"], found["unpacked_experts"]) == (0, 1)
    assert work(formats=Formats("int8", "bf16"))["unpacked"] == 1
    assert work(formats=Formats("int8", "int8"))["unpacked"] == 0


def timed(rates: RateCoefficients = IDEAL, device: DeviceRates = DEVICE, **work: float) -> Step:
    return step_time(replace(NOTHING, **work), device, rates)


@pytest.mark.parametrize(
    ("work", "seconds"),
    [
        ({"dense_bytes": 200}, 2.0),
        ({"dense_flops": 3000}, 3.0),
        # The corner of the roof: (2^4 + 3^4)^(1/4).
        ({"dense_bytes": 200, "dense_flops": 3000}, 97**0.25),
        ({"expert_bytes": 200}, 2.0),
        ({"expert_flops": 3000}, 1.5),
        ({"dense_bytes": 200, "expert_bytes": 200}, 4.0),
        ({"cache_bytes": 300, "score_flops": 1000}, 3.0),
        ({"cache_bytes": 100, "score_flops": 1000}, 2.0),
        ({"link_bytes": 50}, 5.0),
    ],
)
def test_time_of_a_step_at_the_peaks(work: dict[str, float], seconds: float) -> None:
    assert float(timed(**work).time_s) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("rates", "work", "seconds"),
    [
        ({"weight_efficiency": 0.5}, {"dense_bytes": 200}, 4.0),
        ({"weight_efficiency": 0.5, "expert_memory_efficiency": 0.5}, {"expert_bytes": 200}, 8.0),
        ({"compute_efficiency": 0.5}, {"dense_flops": 1000}, 2.0),
        ({"compute_efficiency": 0.5, "expert_compute_efficiency": 0.25}, {"expert_flops": 1000}, 4.0),
        ({"cache_efficiency": 0.5}, {"cache_bytes": 100}, 2.0),
        ({"score_efficiency": 0.5}, {"score_flops": 500}, 2.0),
        ({"link_efficiency": 0.5, "collective_s": 0.25}, {"link_bytes": 10, "collectives": 4}, 3.0),
        ({"unpack_efficiency": 0.5}, {"dense_bytes": 200, "unpacked": 1}, 4.0),
        ({"unpack_efficiency": 0.5}, {"dense_bytes": 200, "unpacked_experts": 1}, 2.0),
        ({"unpack_efficiency": 0.5}, {"expert_bytes": 200, "unpacked_experts": 1}, 4.0),
        ({"activation_passes": 3, "weight_efficiency": 0.5}, {"activation_bytes": 100}, 6.0),
        ({"step_s": 0.5, "sequence_s": 0.25}, {"sequences": 6}, 2.0),
        ({"layer_s": 0.5, "mixed_layer_s": 0.25}, {"layers": 4}, 2.0),
        ({"layer_s": 0.5, "mixed_layer_s": 0.25}, {"layers": 4, "mixed": 1}, 3.0),
        ({"recurrent_layer_s": 0.5, "expert_layer_s": 0.25}, {"recurrent_layers": 2, "expert_layers": 4}, 2.0),
        # Graphs: launches come on top; kernel by kernel they overlap with the device: (3^4 + 2^4)^(1/4).
        ({"layer_s": 1.0}, {"layers": 3, "dense_bytes": 200}, 5.0),
        ({"layer_s": 1.0, "eager": 1.0}, {"layers": 3, "dense_bytes": 200}, 97**0.25),
    ],
)  # fmt: skip
def test_coefficients_of_a_step(rates: dict[str, float], work: dict[str, float], seconds: float) -> None:
    assert float(timed(replace(IDEAL, **rates), **work).time_s) == pytest.approx(seconds)


def test_narrow_numbers_reach_less_of_their_peak() -> None:
    """fp8 is one halving below 2 byte, fp4 two; wider numbers none."""
    k = replace(IDEAL, narrow_efficiency=0.5)
    for width, seconds in ((4.0, 1.0), (2.0, 1.0), (1.0, 2.0), (0.5, 4.0)):
        assert float(timed(k, replace(DEVICE, width=width), dense_flops=1000).time_s) == pytest.approx(seconds)
        assert float(timed(k, replace(DEVICE, expert_width=width), expert_flops=2000).time_s) == pytest.approx(seconds)


def test_how_busy_a_step_keeps_the_device() -> None:
    """2 s of weights and 3 s of caches after 1 s of the host; 5 s of links: 11 s, of which the device works 10."""
    k = replace(IDEAL, step_s=1.0)
    found = timed(k, dense_bytes=200, cache_bytes=300, link_bytes=50, dense_flops=10, expert_flops=40, score_flops=5,
                  expert_numbers=22)  # fmt: skip
    assert float(found.time_s) == pytest.approx(11.02, rel=1e-6)
    assert float(found.memory_s) == pytest.approx(5.0)
    assert float(found.compute_s) == pytest.approx(0.01 + 0.02 + 0.01)
    assert float(found.link_s) == pytest.approx(5.0)
    assert float(found.overhead_s) == pytest.approx(1.0)
    assert float(found.busy_share) == pytest.approx(10.02 / 11.02)
    assert float(found.compute_utilisation) == pytest.approx(0.04 / 11.02)
    assert float(found.memory_utilisation) == pytest.approx(5.0 / 11.02)
    assert float(found.cache_utilisation) == pytest.approx(3.0 / 11.02)
    assert float(found.link_utilisation) == pytest.approx(5.0 / 11.02)
    assert float(found.expert_utilisation) == pytest.approx(0.22 / 11.02)


def test_a_device_that_launches_itself_waits_for_its_host_alone() -> None:
    found = timed(replace(IDEAL, layer_s=1.0, eager=1.0), layers=3, dense_bytes=200)
    assert float(found.busy_share) == pytest.approx(2.0 / 97**0.25)


def test_tokens_of_a_verified_draft() -> None:
    """1 + 0.5 + 0.25 + 0.125 for three at one half; all four where every one is accepted."""
    assert Speculation(3, 0.5, 0.0).tokens_per_step == pytest.approx(1.875)
    assert Speculation(3, 1.0, 0.0).tokens_per_step == 4.0


def test_how_often_a_step_takes_in_input_tokens() -> None:
    """64 sequences of 128 tokens: half a request a step, in 1 - exp(-1/2) of the steps; at a budget of 100 in all."""
    share, tokens = mixed_steps(np.array([64.0]), 500.0, 128.0, 8192.0)
    assert float(share[0]) == pytest.approx(1 - np.exp(-0.5))
    assert float(tokens[0]) == pytest.approx(250 / (1 - np.exp(-0.5)))
    share, tokens = mixed_steps(np.array([64.0]), 500.0, 128.0, 400.0)
    assert (float(share[0]), float(tokens[0])) == (pytest.approx(0.625), pytest.approx(400.0))
    share, tokens = mixed_steps(np.array([64.0]), 500.0, 128.0, 100.0)
    assert (float(share[0]), float(tokens[0])) == (1.0, pytest.approx(250.0))
    assert float(mixed_steps(np.array([64.0]), 0.0, 128.0, 100.0)[0][0]) == 0.0


@pytest.mark.parametrize(("tokens", "chunks"), [(1000.0, 2), (512.0, 1), (100.0, 1), (0.0, 1)])
def test_own_time_of_a_request_that_joins_a_batch(catalog: Catalog, tokens: float, chunks: int) -> None:
    """1 ms a token; a decode step of 20 ms in each chunk of 512 and half a one before; twice, and 50 ms."""
    setting = replace(
        load_setting(catalog, load_accelerator(catalog, "H100"), "vllm"), chunk_tokens=512.0, first_token_s=0.05,
        own_factor=2.0,
    )  # fmt: skip
    first, service = own_time(np.array([1e-3]), np.array([0.02]), tokens, setting)
    assert float(first[0]) == pytest.approx(0.05 + 2 * (tokens * 1e-3 + (chunks + 0.5) * 0.02))
    assert float(service[0]) == pytest.approx(tokens * (1e-3 + 0.02 / 512))


def test_memory_of_a_replica_by_hand(catalog: Catalog) -> None:
    """Weights of 2 byte: experts over all 12 devices, the others over 2 x 3; caches over 2 heads and 3 stages."""
    layout = Layout(2, 2, 3)
    experts = 2 * 8 * 150
    dense = DENSE_WEIGHTS + 1000
    assert total_weight_bytes(MODEL, layout, Formats()) == pytest.approx(2 * dense / 6 + 2 * experts / 12)
    held = 5 * 2 * 9 * 50 * 2 / 2 / 3
    assert cache_held_per_device(MODEL, 50.0, layout, Formats()) == pytest.approx(held)
    chip = replace(load_accelerator(catalog, "H100"), memory_bytes=1e4)
    rules = MemoryRules(0.9, 500.0)
    free = 0.9 * chip.memory_bytes - 2 * dense / 6 - 2 * experts / 12 - 500.0
    assert free_bytes(MODEL, chip, layout, Formats(), rules) == pytest.approx(free)
    assert max_sequences(MODEL, chip, layout, Formats(), rules, 50.0) == pytest.approx(2 * free / held)
    small = MemoryRules(0.9, 500.0, 0.01)
    assert free_bytes(MODEL, chip, layout, Formats(), small) == pytest.approx(free + 500 - 0.01 * chip.memory_bytes)


def test_caches_are_spread_by_heads_and_latents_copied() -> None:
    assert cache_shards(MIXING, 1) == 1.0
    assert cache_shards(MIXING, 8) == 2.0
    assert cache_shards(Attention("mla", 3, 3, 4, 6, kv_rank=5, rope_dim=2), 8) == 1.0
    assert cache_shards(Attention("mamba2", 5, 1, 4, 4, state_dim=3), 8) == 5.0


def test_one_device_restarts_without_waiting_for_others() -> None:
    """log2 of one device is nothing: 300 s twice a day."""
    r = Reliability(1e15, 300.0, 30.0, 1e9, 0.0, 0.0, 2.0)
    assert goodput(1, 0.0, r).value == pytest.approx(1 / (1 + 600 / 86_400))


def test_a_pod_serves_with_all_its_decoding_engines_and_draws_the_mean_of_both_kinds(catalog: Catalog) -> None:
    """Requests a second are sequences over tokens and time; devices are those of both kinds of engines."""
    arch = named_architecture(catalog, "Llama-3.1-70B")
    setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    request = Request(1000.0, 250.0, 0.0, 2.0, 0.1, 0.9)
    curves = replica_curves(arch, setting, Formats("fp8", "fp8", "fp8"), request, [Layout(2), Layout(4), Layout(8)])
    pods = [c for c in curves if c.input_layout is not None]
    assert any(c.engines > 1 for c in pods)
    for c in pods:
        assert c.requests_per_s == pytest.approx(c.sequences / (250.0 * c.tpot_s))
        assert c.input_layout is not None
        assert c.devices == c.engines * c.layout.devices + c.input_engines * c.input_layout.devices
        full = int(np.flatnonzero(c.tpot_s <= request.tpot_s)[-1])
        assert float(c.requests_per_s[full] * c.service_s[0] / c.input_engines) <= 1.0 + 1e-6, "no queue without end"


def test_power_of_a_pod_is_the_mean_of_its_devices(catalog: Catalog) -> None:
    """Devices for input tokens draw between idle and their busy power by their load; the others as their steps do."""
    arch = named_architecture(catalog, "Llama-3.1-70B")
    setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    request, formats = Request(1000.0, 250.0, 0.0, 2.0, 0.1, 0.9), Formats("fp8", "fp8", "fp8")
    (pod,) = (c for c in replica_curves(arch, setting, formats, request, [Layout(4)]) if c.input_layout is not None)
    first = input_engine(arch, setting, Layout(4), formats, request)
    assert first is not None
    share = pod.input_engines / (pod.input_engines + pod.engines)
    busy = np.clip(pod.requests_per_s / pod.input_engines * first.service_s, 0.0, 1.0)
    idle = setting.accelerator.tdp_w * setting.power.idle
    decoding = step_power(setting, formats, pod.step)
    expected = (1 - share) * decoding + share * (idle * (1 - busy) + busy * first.busy_power_w)
    assert pod.device_power_w == pytest.approx(expected)
    assert pod.input_time_share == pytest.approx(share)


def test_percentiles_asked_are_those_told(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    asked = []
    monkeypatch.setattr(serving_plan, "mixture_quantile", lambda *given: asked.append(given[4]) or 1.0)
    walk(load_scenario({"workload": {"model": "Llama-3.1-8B", "training": {"tokens": 0}}}), "compute")
    assert sorted({round(q, 6) for q in asked}) == [0.5, 0.9, 0.99]


def test_stages_take_in_the_tokens_of_all_of_them(monkeypatch: pytest.MonkeyPatch, catalog: Catalog) -> None:
    """Each of two stages has half of the sequences running, and a whole step takes in what both of them do."""
    taken = []

    def noted(*given: object) -> StepWork:
        taken.append(float(np.ravel(given[5])[0]))  # type: ignore[arg-type]
        return step_work(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(serving_cycle, "step_work", noted)
    setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    request = Request(100.0, 50.0, 0.0, 2.0, 0.1, 0.9)
    serving_cycle.run_cycle(MODEL, setting, Layout(1, 1, 2), PLAIN, np.array([64.0]), request, 100.0)
    _, tokens = mixed_steps(np.array([32.0]), 100.0, 50.0, setting.chunk_tokens)
    assert taken == [0.0, pytest.approx(2 * float(tokens[0]))]
