"""Speculative decoding, prefix caches, engines for input tokens apart, precisions apart, and the front of choices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import load_accelerator
from wattscale.compute.queueing import mixture_quantile, quantile_wait
from wattscale.compute.replica import candidate_layouts, choose_replica, replica_curves, resolve_formats
from wattscale.compute.serving import ReplicaCurve, replica_curve
from wattscale.compute.serving_front import front_of, front_table, layout_words, not_beaten
from wattscale.compute.serving_setting import Request, Setting, load_setting
from wattscale.compute.serving_work import Formats, Layout
from wattscale.compute.speculation import Speculation
from wattscale.errors import InfeasibleError
from wattscale.workload.architecture import Architecture
from wattscale.workload.models import named_architecture

FP8 = Formats("fp8", "fp8", "fp8")
CHAT = Request(1000.0, 250.0, 0.0, 2.0, 0.1, 0.9)


@pytest.fixture(scope="module")
def arch(catalog: Catalog) -> Architecture:
    return named_architecture(catalog, "Llama-3.1-70B")


def _setting(catalog: Catalog, **kw: object) -> Setting:
    return load_setting(catalog, load_accelerator(catalog, "H100"), "vllm", **kw)  # type: ignore[arg-type]


def _curve(catalog: Catalog, arch: Architecture, request: Request = CHAT, **kw: object) -> ReplicaCurve:
    found = replica_curve(arch, _setting(catalog, **kw), Layout(4), FP8, request)
    assert found is not None
    return found


def test_a_draft_helps_small_batches_most(catalog: Catalog, arch: Architecture) -> None:
    """At batch 1 weights are read once for several tokens; at a full batch the verified tokens cost compute."""
    plain = _curve(catalog, arch)
    guess = _curve(catalog, arch, speculation=Speculation(4, 0.7, 0.05))
    gain = plain.tpot_s / guess.tpot_s
    assert 1.8 < gain[0] < Speculation(4, 0.7, 0.05).tokens_per_step
    assert gain[-1] < gain[0]


def test_a_draft_that_is_never_accepted_only_costs(catalog: Catalog, arch: Architecture) -> None:
    plain = _curve(catalog, arch)
    useless = _curve(catalog, arch, speculation=Speculation(4, 0.0, 0.05))
    assert (useless.tpot_s > plain.tpot_s).all()
    joules = [c.device_power_w / c.requests_per_s for c in (plain, useless)]
    assert (joules[1] > joules[0]).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.floats(0.0, 1.0))
def test_a_verified_step_gives_between_one_token_and_all(drafted: int, acceptance: float) -> None:
    found = Speculation(drafted, acceptance, 0.1).tokens_per_step
    assert 1.0 - 1e-9 <= found <= drafted + 1.0 + 1e-9


def test_a_prefix_cache_brings_the_first_token_sooner(catalog: Catalog, arch: Architecture) -> None:
    cached = _curve(catalog, arch, Request(1000.0, 250.0, 0.8, 2.0, 0.1, 0.9))
    plain = _curve(catalog, arch)
    assert (cached.unqueued_s < plain.unqueued_s).all()
    assert (cached.requests_per_s > plain.requests_per_s)[plain.sequences > 8].all()


def test_input_tokens_apart_shorten_the_time_per_token(catalog: Catalog, arch: Architecture) -> None:
    curves = replica_curves(arch, _setting(catalog), FP8, CHAT, [Layout(4)])
    together, apart = (next(c for c in curves if (c.input_layout is None) == flag) for flag in (True, False))
    assert apart.devices == 4 * (apart.engines + apart.input_engines)
    a, b = apart.sequences / apart.engines, together.sequences
    assert (apart.tpot_s < np.interp(a, b, together.tpot_s))[a > 4].all()


def test_a_tight_limit_favours_input_tokens_apart(catalog: Catalog, arch: Architecture) -> None:
    tight = Request(4000.0, 250.0, 0.0, 2.0, 0.02, 0.9)
    setting, layouts = _setting(catalog), [Layout(2), Layout(4), Layout(8)]
    found = [
        choose_replica(arch, setting, FP8, tight, layouts, mode=mode)  # type: ignore[arg-type]
        for mode in ("aggregated", "disaggregated", "best")
    ]
    per_device = [r.requests_per_s / r.devices for r in found]
    assert per_device[1] > per_device[0]
    assert per_device[2] == max(per_device)
    assert found[1].curve.input_layout is not None
    assert "for input" in layout_words(found[1].curve)


def test_input_tokens_apart_too_late_name_the_limit(catalog: Catalog, arch: Architecture) -> None:
    late = Request(100_000.0, 250.0, 0.0, 0.5, 1.0, 0.9)
    with pytest.raises(InfeasibleError, match=r"workload\.serving\.ttft_s = 0\.5"):
        choose_replica(arch, _setting(catalog), FP8, late, [Layout(8)], mode="disaggregated")


@pytest.mark.parametrize(
    ("weights", "activations", "expected"),
    [("int4", "bf16", ("int4", "bf16")), ("int4", "fp8", ("int4", "fp8")), ("fp8", "bf16", ("fp8", "bf16"))],
)
def test_weights_and_activations_are_quantised_apart(
    catalog: Catalog, arch: Architecture, weights: str, activations: str, expected: tuple[str, str]
) -> None:
    formats, _ = resolve_formats(arch, load_accelerator(catalog, "H100"), weights, "fp8", activations=activations)
    assert (formats.weights, formats.compute) == expected


def test_activations_the_chip_cannot_multiply_list_what_it_can(catalog: Catalog, arch: Architecture) -> None:
    with pytest.raises(InfeasibleError, match=r"compute\.activation_precision = 'fp4'.*allowed: .*fp8"):
        resolve_formats(arch, load_accelerator(catalog, "H100"), "fp4", "fp8", activations="fp4")
    with pytest.raises(InfeasibleError, match=r"wider of the two"):
        resolve_formats(arch, load_accelerator(catalog, "H100"), "bf16", "fp8", activations="fp8")


def test_attention_can_be_held_to_heads_or_to_sequences(catalog: Catalog) -> None:
    experts = named_architecture(catalog, "DeepSeek-V3")
    h200 = load_accelerator(catalog, "H200")
    heads = candidate_layouts(experts, h200, 8, attention="tensor")
    groups = candidate_layouts(experts, h200, 8, attention="data")
    assert all(x.attention_data_parallel == 1 for x in heads)
    assert any(x.attention_data_parallel == 8 and x.tensor_parallel == 1 for x in groups)
    assert not any(x.tensor_parallel == 8 and x.pipeline_parallel == 1 for x in groups)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 9), st.floats(0.1, 9), st.floats(0.1, 9)), min_size=1, max_size=30))
def test_the_front_holds_exactly_the_unbeaten(points: list[tuple[float, float, float]]) -> None:
    costs = np.array(points)
    by_hand = [not any((other <= mine).all() and (other < mine).any() for other in costs) for mine in costs]
    assert not_beaten(costs).tolist() == by_hand


def test_the_front_runs_from_fast_to_cheap(catalog: Catalog, arch: Architecture) -> None:
    curves = replica_curves(arch, _setting(catalog), FP8, CHAT, [Layout(2), Layout(4), Layout(8)])
    points = front_of(curves, CHAT, 2.0)
    speeds = [p.interactivity_tokens_per_s for p in points]
    assert speeds == sorted(speeds, reverse=True)
    assert points[0].devices > 2
    assert min(points, key=lambda p: p.device_h_per_mtok).interactivity_tokens_per_s < speeds[0] / 3
    for p in points:
        assert p.usd_per_mtok == pytest.approx(2.0 / (3.6e-3 * p.tokens_per_s_per_device))
    assert len(front_table(points).splitlines()) == len(points) + 1


def test_a_percentile_over_equal_hours_is_that_of_one_hour() -> None:
    flat = np.full(24, 1.0)
    mixed = mixture_quantile(0.2 * flat, 0.7 * flat, flat, flat, 0.99, 0.96)
    assert mixed == pytest.approx(0.2 + float(quantile_wait(0.7, 1.0, 0.99, 0.96)), rel=1e-6)


def test_spread_input_lengths_wait_longer_than_equal_ones() -> None:
    assert float(quantile_wait(0.7, 1.0, 0.9, 1.0)) == pytest.approx(2.0 * float(quantile_wait(0.7, 1.0, 0.9)))


def test_an_overloaded_hour_makes_its_percentile_endless() -> None:
    fixed, weights = np.zeros(2), np.array([0.5, 0.5])
    assert np.isinf(mixture_quantile(fixed, np.array([0.1, 2.0]), np.ones(2), weights, 0.9))
