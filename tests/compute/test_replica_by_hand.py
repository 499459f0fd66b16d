"""A replica of round numbers: cut at its limits, chosen among others, run through the hours, refused with its floor."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from round_parts import CURVE

from wattscale.catalog import Catalog
from wattscale.compute import serving_plan
from wattscale.compute.accelerators import Accelerator, load_accelerator
from wattscale.compute.fleet import replicas_needed, run_hours
from wattscale.compute.replica import candidate_layouts, choose_replica, resolve_formats
from wattscale.compute.serving import Replica, ReplicaCurve, cut_at_limits
from wattscale.compute.serving_setting import Request, load_setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.errors import InfeasibleError
from wattscale.workload.architecture import Architecture, Attention, FeedForward, LayerGroup

DENSE = FeedForward("dense", 7)
EXPERTS = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5)


def model(heads: int = 32, mixtures: int = 0) -> Architecture:
    attention = Attention("full", heads, 2, 4, 4)
    groups = [LayerGroup(3, attention, DENSE)] + [LayerGroup(mixtures, attention, EXPERTS)] * (mixtures > 0)
    return Architecture("by hand", 10, 100, False, tuple(groups), 1000)


FULL_AT_TWO = Replica(CURVE, 1, "tpot")
IDLE_W = 70.0


def asked(ttft_s: float = 10.0, tpot_s: float = 10.0, output: float = 10.0) -> Request:
    return Request(100.0, output, 0.0, ttft_s, tpot_s, 0.9)


@pytest.mark.parametrize(
    ("request_", "full", "binding"),
    [
        (asked(), 2, "memory"),
        (asked(tpot_s=0.25), 1, "tpot"),
        (asked(tpot_s=0.2), 1, "tpot"),
        (asked(ttft_s=0.55), 0, "ttft"),
        (asked(ttft_s=1.0), 1, "ttft"),
        (asked(ttft_s=0.55, tpot_s=0.25), 0, "ttft"),
        (asked(ttft_s=1.0, tpot_s=0.15), 0, "tpot"),
        (asked(tpot_s=0.25, output=2.0), 1, "tpot"),
    ],
)
def test_a_replica_is_cut_before_the_first_batch_that_is_too_slow(request_: Request, full: int, binding: str) -> None:
    found = cut_at_limits(CURVE, request_)
    assert found is not None
    assert (found.full, found.binding) == (full, binding)


def test_a_replica_whose_first_sequence_is_too_slow_is_none() -> None:
    assert cut_at_limits(CURVE, asked(tpot_s=0.05)) is None
    assert cut_at_limits(CURVE, asked(ttft_s=0.4)) is None


def test_two_tokens_of_an_engine_for_input_alone_have_no_pace_to_keep() -> None:
    alone = replace(CURVE, input_only=True)
    few, more = (cut_at_limits(alone, asked(tpot_s=0.25, output=n)) for n in (2.0, 3.0))
    assert few is not None
    assert more is not None
    assert (few.full, few.binding, more.full, more.binding) == (2, "memory", 1, "tpot")


def test_devices_and_energy_of_a_replica() -> None:
    """Two devices of 300 W at 1.6 requests a second: 375 J; of input alone for 0.25 s each they work 0.4 of the time.

    Three engines of 2 that decode and two of 4 for input have 14 devices and two queues.
    """
    assert FULL_AT_TWO.devices == 2
    assert FULL_AT_TWO.requests_per_s == 1.6
    assert FULL_AT_TWO.joules_per_request == pytest.approx(375.0)
    assert Replica(replace(CURVE, input_only=True), 1, "tpot").joules_per_request == pytest.approx(150.0)
    pod = replace(CURVE, engines=3, input_layout=Layout(4), input_engines=2)
    assert pod.devices == 14
    assert pod.queue_rate_per_s == pytest.approx([0.5, 0.8, 1.0])
    assert CURVE.queue_rate_per_s == pytest.approx(CURVE.requests_per_s)
    assert CURVE.load_share == pytest.approx([0.25, 0.4, 0.5])


def test_replicas_for_the_busiest_hour() -> None:
    """Two requests a second and a quarter more at 1.6 each are 1.56 replicas; an hour without any still needs one."""
    assert replicas_needed(np.array([100.0, 7200.0]), 1.6, 0.25) == 2
    assert replicas_needed(np.array([7200.0]), 1.0, 0.0) == 2
    assert replicas_needed(np.array([7200.0]), 1.0, 0.01) == 3
    assert replicas_needed(np.zeros(2), 1.6, 0.25) == 1


def poisson(sequences: float) -> tuple[float, float]:
    """Share of time in which a Poisson number of sequences is not zero, and how many run then."""
    share = 1 - np.exp(-sequences)
    return share, sequences / share


def test_hours_of_two_replicas_that_share_the_load() -> None:
    """1.6 and 3.2 requests a second are 0.8 and 1.6 for each: 0.8 and 2 sequences on the mean.

    While it is busy it runs 1.45 and 2.31 sequences, on the curve between those of 1 and 2, and of 2 and 4.
    """
    hours = run_hours(FULL_AT_TWO, 3600.0 * np.array([0.0, 1.6, 3.2]), 2, IDLE_W)
    (light, some), (heavy, many) = poisson(0.8), poisson(2.0)
    assert hours.sequences == pytest.approx([0.0, 0.8, 2.0])
    assert hours.active_replicas.tolist() == [2.0, 2.0, 2.0]
    assert hours.load_share == pytest.approx([0.0, 0.5, 1.0])
    busy = [200.0 + 100.0 * (some - 1), 300.0 + 50.0 * (many - 2)]
    assert hours.device_power_w == pytest.approx(
        [IDLE_W, IDLE_W + light * (busy[0] - IDLE_W), IDLE_W + heavy * (busy[1] - IDLE_W)]
    )
    assert hours.tpot_s == pytest.approx([0.1, 0.1 * some, 0.1 * many])
    assert hours.ttft_s == pytest.approx([0.5, 0.5 + 0.1 * (some - 1), 0.6])
    assert hours.input_time_share == pytest.approx([0.1, 0.1 * some, 0.1 * many])


def test_hours_of_a_fleet_that_is_kept_as_small_as_can_be() -> None:
    """2.4 requests a second fill one and a half of four replicas: two take 1.2 each, and two idle.

    None needs one all the same; ten times what one serves takes all four, at the most that the curve has.
    """
    hours = run_hours(FULL_AT_TWO, 3600.0 * np.array([0.0, 2.4, 16.0]), 4, IDLE_W, "consolidate")
    assert hours.active_replicas.tolist() == [1.0, 2.0, 4.0]
    sequences = 1 + 0.2 / 0.6
    share, running = poisson(sequences)
    assert hours.sequences == pytest.approx([0.0, sequences, 4.0])
    active = IDLE_W + share * (200.0 + 100.0 * (running - 1) - IDLE_W)
    assert hours.device_power_w[:2] == pytest.approx([IDLE_W, (2 * active + 2 * IDLE_W) / 4])
    assert hours.load_share == pytest.approx([0.0, 0.375, 2.5])


def test_hours_of_engines_that_decode_apart() -> None:
    """Two engines hold one sequence each of two: each is idle exp(-1) of the time."""
    pod = Replica(replace(CURVE, engines=2, input_layout=Layout(1), input_engines=1), 1, "tpot")
    hours = run_hours(pod, 3600.0 * np.array([1.6]), 1, IDLE_W)
    share, running = poisson(1.0)
    busy = 300.0 + 50.0 * (2 * running - 2)
    assert hours.device_power_w == pytest.approx([IDLE_W + share * (busy - IDLE_W)])


def test_hours_of_an_engine_for_input_alone() -> None:
    """0.8 requests of 0.25 s keep it busy a fifth of the time at the power of its curve; never more than all."""
    alone = Replica(replace(CURVE, input_only=True, service_s=np.full(3, 0.25)), 1, "ttft")
    assert run_hours(alone, np.array([2880.0]), 1, IDLE_W).device_power_w == pytest.approx([70 + 0.2 * 130])
    slow = Replica(replace(CURVE, input_only=True, service_s=np.full(3, 5.0)), 1, "ttft")
    assert run_hours(slow, np.array([2880.0]), 1, IDLE_W).device_power_w == pytest.approx([200.0])


def test_percentiles_come_from_the_queue_of_each_hour(catalog: Catalog) -> None:
    """Without a queue a request waits for itself alone: at 1.5 sequences halfway between 0.4 and 0.45 s.

    At 0.8 sequences the batch is that of one, and its queue 0.8 as full as at one.
    """
    setting = replace(load_setting(catalog, load_accelerator(catalog, "H100"), "vllm"), input_length_cv=0.0)
    idle = Replica(replace(CURVE, service_s=np.full(3, 1e-6)), 1, "tpot")
    hours = SimpleNamespace(sequences=np.array([1.5]))
    found = serving_plan._waits(idle, hours, np.ones(1), setting)  # type: ignore[arg-type]
    assert set(found) == {"serving.ttft_p50_s", "serving.ttft_p90_s", "serving.ttft_p99_s"}
    assert found["serving.ttft_p50_s"] == pytest.approx(0.425, abs=1e-4)
    hours = SimpleNamespace(sequences=np.array([0.8]))
    found = serving_plan._waits(FULL_AT_TWO, hours, np.ones(1), setting)  # type: ignore[arg-type]
    # rho = 0.8 x 0.25 = 0.2; W = 0.2 x 0.25 / (2 x 0.8) = 0.03125; P(wait > w) = 0.2 exp(-0.2 w / W) = 0.1 or 0.01.
    for q, later in ((90, 0.1), (99, 0.01)):
        assert found[f"serving.ttft_p{q}_s"] == pytest.approx(0.4 + 0.03125 / 0.2 * np.log(0.2 / later), rel=1e-6)
    assert found["serving.ttft_p50_s"] == pytest.approx(0.4, rel=1e-6), "four in five do not wait"
    # A curve that begins at half a sequence and one request a second has 0.8 of its queue at 0.4: the same.
    thin = Replica(replace(CURVE, sequences=CURVE.sequences / 2), 1, "tpot")
    hours = SimpleNamespace(sequences=np.array([0.4]))
    assert serving_plan._waits(thin, hours, np.ones(1), setting) == pytest.approx(found, rel=1e-6)  # type: ignore[arg-type]
    # Beyond the fullest batch of 1.6 requests a second its queue stays as full: rho = 0.4, W = 0.4 x 0.25 / 1.2.
    hours = SimpleNamespace(sequences=np.array([3.0]))
    late = serving_plan._waits(FULL_AT_TWO, hours, np.ones(1), setting)["serving.ttft_p90_s"]  # type: ignore[arg-type]
    assert late == pytest.approx(0.45 + 0.1 / 1.2 / 0.4 * np.log(4.0), rel=1e-6)


# --- Choosing ---------------------------------------------------------------------------------------------------------


def chosen(curves: list[ReplicaCurve], request: Request, catalog: Catalog, **more: object) -> Replica:
    setting = load_setting(catalog, load_accelerator(catalog, "H100"), "vllm")
    return choose_replica(model(), setting, Formats(), request, [c.layout for c in curves], curves=curves, **more)  # type: ignore[arg-type]


def test_the_replica_of_fewest_devices_or_least_energy(catalog: Catalog) -> None:
    """At 4 sequences the pair serves 1.0 a device and 400 J a request, a single one 0.9 and 222, four of them 1.0."""
    single = replace(CURVE, layout=Layout(1), requests_per_s=CURVE.requests_per_s * 0.45, device_power_w=CURVE.device_power_w / 2)  # fmt: skip  # noqa: E501
    four = replace(CURVE, layout=Layout(4), requests_per_s=2 * CURVE.requests_per_s)
    assert chosen([single, four, CURVE], asked(), catalog).devices == 2
    assert chosen([single, four], asked(), catalog).devices == 4
    assert chosen([CURVE, single], asked(), catalog, objective="energy").devices == 1


def test_engines_for_input_apart_are_taken_where_the_mode_allows(catalog: Catalog) -> None:
    pod = replace(CURVE, engines=3, input_layout=Layout(4), input_engines=2, requests_per_s=20 * CURVE.requests_per_s)
    both = [CURVE, pod]
    assert [chosen(both, asked(), catalog, mode=mode).devices for mode in ("aggregated", "best")] == [2, 14]
    slower = replace(pod, requests_per_s=CURVE.requests_per_s)
    assert [chosen([CURVE, slower], asked(), catalog, mode=m).devices for m in ("best", "disaggregated")] == [2, 14]
    with pytest.raises(InfeasibleError, match="no engine for input tokens alone brings the first token of 100"):
        chosen([CURVE], asked(), catalog, mode="disaggregated")


def test_a_limit_below_its_floor_says_what_the_floor_is(catalog: Catalog) -> None:
    """Of two engines the faster needs 60 ms a token, most of it for memory; their first tokens take 0.5 and 0.4 s."""
    faster = replace(CURVE, layout=Layout(4), tpot_s=CURVE.tpot_s * 0.6, ttft_s=CURVE.ttft_s * 0.8)
    with pytest.raises(
        InfeasibleError, match=r"60 ms of one sequence on 4 devices.*reading weights and caches"
    ) as told:
        chosen([CURVE, faster], asked(tpot_s=0.05), catalog)
    assert told.value.where == "workload.serving.tpot_ms"
    assert told.value.allowed == ">= 60.6 ms"
    assert told.value.value == 50.0
    with pytest.raises(InfeasibleError, match=r"floor of 0.4 s: computing 100 input tokens on 4 devices") as told:
        chosen([CURVE, faster], asked(ttft_s=0.3), catalog)
    assert told.value.allowed == ">= 0.404 s"
    steady = replace(faster, tpot_s=CURVE.tpot_s * 2)
    with pytest.raises(InfeasibleError, match=r"floor of 0.5 s: computing 100 input tokens on 2 devices"):
        chosen([CURVE, steady], asked(ttft_s=0.3, tpot_s=0.1), catalog)
    # What is quicker with two sequences has the higher floor with one; beside it nothing else would be too slow.
    later = replace(faster, tpot_s=np.array([0.11, 0.12, 0.13]), ttft_s=np.array([0.55, 0.56, 0.57]))
    with pytest.raises(InfeasibleError, match=r"100 ms of one sequence on 2 devices"):
        chosen([later, CURVE], asked(tpot_s=0.05), catalog)
    with pytest.raises(InfeasibleError, match=r"floor of 0.5 s: computing 100 input tokens on 2 devices"):
        chosen([later, CURVE], asked(ttft_s=0.3, tpot_s=0.115), catalog)


def test_what_has_no_pace_is_refused_for_its_first_token_alone(catalog: Catalog) -> None:
    alone = replace(CURVE, input_only=True)
    with pytest.raises(InfeasibleError) as told:
        chosen([alone], asked(ttft_s=0.3, tpot_s=0.05, output=2.0), catalog)
    assert told.value.where == "workload.serving.ttft_s"
    with pytest.raises(InfeasibleError) as told:
        chosen([alone], asked(ttft_s=0.3, tpot_s=0.05, output=3.0), catalog)
    assert told.value.where == "workload.serving.tpot_ms"


# --- Ways to spread a model, and what it is stored in -----------------------------------------------------------------


@pytest.fixture(scope="module")
def chip(catalog: Catalog) -> Accelerator:
    return load_accelerator(catalog, "H100")


def spread(chip: Accelerator, arch: Architecture, domain: int = 8, node: int = 8, **more: object) -> list[tuple[int, ...]]:  # fmt: skip  # noqa: E501
    found = candidate_layouts(arch, replace(chip, domain_devices=domain), node, **more)  # type: ignore[arg-type]
    return [(x.tensor_parallel, x.attention_data_parallel, x.pipeline_parallel, x.expert_parallel) for x in found]


def test_dense_models_are_spread_over_a_domain_and_then_in_stages(chip: Accelerator) -> None:
    """Powers of two up to 8 devices, then 2 to 16 stages of 8; 32 stages are too many."""
    inside = [(1, 1, 1, 1), (2, 1, 1, 1), (4, 1, 1, 1), (8, 1, 1, 1)]
    beyond = [(8, 1, n, 1) for n in (2, 4, 8, 16)]
    assert spread(chip, model()) == inside + beyond
    assert spread(chip, model(heads=4))[:4] == [*inside[:3], (4, 1, 4, 1)]
    assert spread(chip, model(), domain=1, node=4)[:4] == [*inside[:3], (4, 1, 2, 1)]
    assert spread(chip, model(), domain=16)[:6] == [*inside, (16, 1, 1, 1), (8, 1, 4, 1)]
    assert spread(chip, model(), devices=24) == [(8, 1, 3, 1)]
    assert spread(chip, model(), devices=12) == []
    assert (spread(chip, model(), devices=128), spread(chip, model(), devices=136)) == ([(8, 1, 16, 1)], [])
    assert spread(chip, model(), devices=8) == [(8, 1, 1, 1)]
    # Stages have eight devices also where the domain holds one more; 2,048 devices are the most that are tried.
    assert (spread(chip, model(), domain=9, devices=16), spread(chip, model(), domain=9, devices=18)) == (
        [(8, 1, 2, 1)],
        [],
    )
    assert [x[0] for x in spread(chip, model(heads=10_000), domain=10_000)] == [2**i for i in range(12)]
    assert spread(chip, Architecture("none", 10, 100, False, (LayerGroup(1, None, DENSE),), 1000), devices=2) == []


def test_experts_are_spread_by_heads_or_by_sequences(chip: Accelerator) -> None:
    """Each rank holds whole experts; a large domain also takes eight ranks a group of sequences."""
    one = model(mixtures=1)
    assert spread(chip, one)[:5] == [(1, 1, 1, 1), (2, 1, 1, 2), (1, 2, 1, 2), (4, 1, 1, 4), (1, 4, 1, 4)]
    assert spread(chip, one, devices=8) == [(8, 1, 1, 8), (1, 8, 1, 8)]
    assert spread(chip, one, devices=16) == [(8, 1, 2, 8)]
    assert spread(chip, one, domain=32, devices=16) == [(16, 1, 1, 16), (1, 16, 1, 16), (8, 2, 1, 16)]
    assert spread(chip, one, devices=4, attention="tensor") == [(4, 1, 1, 4)]
    assert spread(chip, one, devices=4, attention="data") == [(1, 4, 1, 4)]
    assert spread(chip, one, devices=1, attention="data") == [(1, 1, 1, 1)]
    assert spread(chip, one, devices=2, attention="data") == [(1, 2, 1, 2)]
    # Eight ranks a group take whole groups only.
    assert spread(chip, one, domain=32, devices=9) == [(9, 1, 1, 9), (1, 9, 1, 9)]
    assert spread(chip, one, domain=32, devices=24)[2:] == [(8, 3, 1, 24)]
    assert spread(chip, model(), devices=4, attention="data") == [(4, 1, 1, 1)], "no experts, no groups"


def peaks(chip: Accelerator, **flops: float) -> Accelerator:
    return replace(chip, peak_flops=flops)


def test_products_run_in_the_stored_precision_or_in_the_one_it_unpacks_to(chip: Accelerator) -> None:
    plain, mixed = model(), model(mixtures=1)
    usual = peaks(chip, bf16=1e15, fp8=2e15)
    assert resolve_formats(plain, usual, "fp8", "bf16") == (Formats("fp8", "fp8", "bf16"), ())
    found, (warning,) = resolve_formats(plain, usual, "int4", "fp8")
    assert found == Formats("int4", "bf16", "fp8")
    assert "does not multiply in int4" in warning.message
    found, (warning,) = resolve_formats(plain, peaks(chip, bf16=1e15, fp8=0.5e15), "fp8", "fp8")
    assert found == Formats("fp8", "bf16", "fp8")
    assert "multiplies in fp8 more slowly than in bf16" in warning.message
    assert resolve_formats(plain, peaks(chip, bf16=1e15, fp32=0.5e15), "fp32", "fp8")[0].compute == "fp32"
    # Four bits are those of the experts; the rest stays wide. One byte is for all.
    assert resolve_formats(mixed, usual, "int4", "fp8")[0] == Formats("bf16", "bf16", "fp8", "int4", "bf16")
    assert resolve_formats(mixed, usual, "fp8", "fp8")[0] == Formats("fp8", "fp8", "fp8")
    assert resolve_formats(plain, peaks(chip, bf16=1e15, fp4=4e15), "fp4", "fp8")[0] == Formats("fp4", "fp4", "fp8")
    with pytest.raises(InfeasibleError, match="has no int4 arithmetic and none to unpack it to"):
        resolve_formats(plain, peaks(chip, fp8=1e15), "int4", "fp8")
    assert resolve_formats(mixed, peaks(chip, fp4=1e15), "fp4", "fp4")[0] == Formats("fp4", "fp4", "fp4")


def test_activations_that_are_asked_for_set_the_products(chip: Accelerator) -> None:
    usual = peaks(chip, bf16=1e15, fp8=2e15)
    assert resolve_formats(model(), usual, "int4", "bf16", activations="fp8")[0] == Formats("int4", "fp8", "bf16")
    mixed = model(mixtures=1)
    assert resolve_formats(mixed, usual, "int4", "fp8", activations="fp8")[0] == (
        Formats("bf16", "bf16", "fp8", "int4", "fp8")
    )
    assert resolve_formats(mixed, usual, "fp8", "fp8", activations="bf16")[0] == Formats("fp8", "bf16", "fp8")
    assert resolve_formats(mixed, usual, "bf16", "fp8", activations="bf16")[0] == Formats("bf16", "bf16", "fp8")
    with pytest.raises(InfeasibleError, match="narrower than the weights"):
        resolve_formats(model(), usual, "bf16", "fp8", activations="fp8")
    with pytest.raises(InfeasibleError, match="does not multiply in int8"):
        resolve_formats(model(), usual, "fp8", "fp8", activations="int8")
