"""Variants of a small model, what a stage says of it, training and the scaling law, each worked by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from wattscale.errors import InputError
from wattscale.scenario.workload import ArchitectureTable, ServingTable, TrainingTable, WorkloadTable
from wattscale.workload import stage
from wattscale.workload.flops import matmul_flops, mean_forward_flops
from wattscale.workload.layers import Architecture, Attention, FeedForward, LayerGroup
from wattscale.workload.parameters import params_active, params_total
from wattscale.workload.patch import _linear, _split, patched
from wattscale.workload.precision import BITS, bytes_per_element
from wattscale.workload.result import ServingWorkload, TrainingWorkload
from wattscale.workload.scaling_law import Coefficients, _limits, quality
from wattscale.workload.training import training_flops_per_token, training_workload

FULL = Attention("full", 6, 2, 4, 5)
WINDOW = replace(FULL, kind="window", window=8)
MAMBA = Attention("mamba", 20, 1, 1, 1, state_dim=3)
DENSE = FeedForward("dense", 7)
MIXED = Architecture(
    "mixed", 10, 100, True,
    (LayerGroup(4, FULL, DENSE), LayerGroup(3, WINDOW, DENSE), LayerGroup(2, MAMBA, DENSE), LayerGroup(1, None, DENSE)),
    50,
)  # fmt: skip


def layers(arch: Architecture) -> list[tuple[str, int]]:
    return [("none" if g.attention is None else g.attention.kind, g.count) for g in arch.groups]


@pytest.mark.parametrize(
    ("share", "keeps_full", "found"),
    [
        # 2 of 4, then 3.5 and so 4 of 7 in all.
        (0.5, False, [("linear", 2), ("full", 2), ("linear", 2), ("window", 1)]),
        # 1.2 of 4, 2.1 of 7.
        (0.3, False, [("linear", 1), ("full", 3), ("linear", 1), ("window", 2)]),
        # 1.6 of 4, 2.8 of 7.
        (0.4, False, [("linear", 2), ("full", 2), ("linear", 1), ("window", 2)]),
        (0.0, False, [("full", 4), ("window", 3)]),
        (1.0, False, [("linear", 4), ("linear", 3)]),
        # 4 of 7: first those that have a window.
        (0.5, True, [("linear", 1), ("full", 3), ("linear", 3)]),
        (0.3, True, [("full", 4), ("linear", 2), ("window", 1)]),
    ],
)
def test_a_share_of_the_softmax_layers_is_changed(share: float, keeps_full: bool, found: list[tuple[str, int]]) -> None:
    assert layers(_split(MIXED, share, _linear, keeps_full)) == [*found, ("mamba", 2), ("none", 1)]


def test_a_window_and_its_layers() -> None:
    """One layer in two keeps full attention; without a word all have the window; the indexer goes."""
    sparse = replace(FULL, kind="sparse", index_heads=3, index_dim=2, index_topk=5)
    arch = replace(MIXED, groups=(LayerGroup(4, sparse, DENSE),))
    window = replace(sparse, kind="window", window=16, index_topk=0, index_heads=0)
    all_of_them = patched(arch, ArchitectureTable(attention_window=16))
    assert all_of_them.groups == (LayerGroup(4, window, DENSE),)
    half = patched(arch, ArchitectureTable(attention_window=16, full_attention_every=2))
    assert half.groups == (LayerGroup(2, window, DENSE), LayerGroup(2, sparse, DENSE))
    quarter = patched(arch, ArchitectureTable(attention_window=16, full_attention_every=4))
    assert [g.count for g in quarter.groups] == [3, 1]


def test_linear_attention_of_the_same_heads() -> None:
    assert _linear(FULL) == Attention("linear", 6, 2, 5, 5, state_dim=5, conv_width=4, output_gate=True, head_gates=2)


def test_sizes_are_replaced_one_by_one_and_published_counts_forgotten() -> None:
    arch = replace(MIXED, params_published=9.0, params_active_published=8.0)
    assert patched(arch, ArchitectureTable()) is arch
    found = patched(arch, ArchitectureTable(vocab=200, d_model=20, heads=12))
    assert (found.vocab, found.d_model, found.params_published, found.params_active_published) == (200, 20, None, None)
    assert [(g.attention.heads, g.attention.kv_heads) for g in found.groups[:3] if g.attention] == [
        (12, 2), (12, 2), (20, 1),
    ]  # fmt: skip
    keys = patched(arch, ArchitectureTable(kv_heads=3))
    assert keys.groups[0].attention == replace(FULL, kv_heads=3)
    assert patched(arch, ArchitectureTable(layers=20)).layers == 20
    with pytest.raises(InputError, match="more key/value heads"):
        patched(arch, ArchitectureTable(kv_heads=7))


ROUTED = FeedForward("moe", 0, experts=8, experts_per_token=2, d_expert=5)
MOE = Architecture("moe", 10, 100, True, (LayerGroup(2, FULL, ROUTED),), 50)
"""A table of 1,000 and a norm of 10; 2 layers of attention 720, norms 20, router 80 and 8 experts of 150.

5,050 in all, 3,250 active, of which 600 are experts.
"""


def sized(arch: Architecture, total: float | None = None, active: float | None = None) -> FeedForward:
    table = ArchitectureTable(
        params_total_b=None if total is None else total / 1e9, params_active_b=None if active is None else active / 1e9
    )
    found = patched(arch, table).groups[0].feed_forward
    assert found is not None
    return found


def test_counts_asked_for_are_met_by_experts_and_widths() -> None:
    assert (params_total(MOE), params_active(MOE)) == (5050, 3250)
    assert sized(MOE, active=3850) == replace(ROUTED, experts_per_token=4)
    assert sized(MOE, active=2710) == replace(ROUTED, experts_per_token=1), "0.2 of an expert is one"
    assert sized(MOE, total=7450, active=3850) == replace(ROUTED, experts_per_token=4, experts=16)
    assert sized(MOE, total=7450) == replace(ROUTED, d_expert=10)
    assert sized(MOE, total=4090) == replace(ROUTED, d_expert=3)


def test_all_widths_are_scaled_alike_in_both_stacks() -> None:
    """Beside the experts a dense block of 3 and two shared experts of 4: 2 x (90 + 240) more."""
    wide = replace(ROUTED, d_ff=3, shared_experts=2, d_shared=4)
    arch = replace(MOE, groups=(replace(MOE.groups[0], feed_forward=wide), LayerGroup(1, FULL, None)),
                   encoder=(LayerGroup(1, FULL, DENSE),))  # fmt: skip
    whole = params_total(arch)
    feed = 2400 + 660 + 210
    found = patched(arch, ArchitectureTable(params_total_b=(whole + feed) / 1e9))
    assert found.groups[0].feed_forward == replace(wide, d_ff=6, d_expert=10, d_shared=8)
    assert found.groups[1].feed_forward is None
    assert found.encoder[0].feed_forward == FeedForward("dense", 14)
    assert params_total(found) == whole + feed


def test_a_dense_model_has_no_experts_to_activate() -> None:
    dense = replace(MOE, groups=(LayerGroup(2, FULL, DENSE),))
    assert sized(dense, active=9000) == DENSE
    assert sized(dense, total=params_total(dense) + 420, active=9000) == FeedForward("dense", 14)


def test_counts_that_cannot_be_met_are_refused() -> None:
    with pytest.raises(InputError, match="more than all experts hold") as caught:
        sized(MOE, active=8050)
    assert (caught.value.where, caught.value.allowed) == ("workload.architecture.params_active_b", "<= 5.05e-06")
    assert sized(MOE, active=5050) == replace(ROUTED, experts_per_token=8)
    both = replace(MOE, groups=(*MOE.groups, LayerGroup(1, FULL, DENSE)))
    with pytest.raises(InputError, match="more than all experts hold"):
        sized(both, active=12_000)
    for key, given in (("params_total_b", {"total": 2650.0}), ("params_active_b", {"active": 2650.0})):
        with pytest.raises(InputError, match="outside its feed-forward") as caught:
            sized(MOE, **given)
        assert caught.value.where == f"workload.architecture.{key}"


def test_training_goes_forward_once_and_back_for_inputs_and_weights() -> None:
    """Three times the forward pass; frozen weights save one pass over the weights."""
    forward, weights = mean_forward_flops(MOE, 20.0), matmul_flops(MOE)
    assert training_flops_per_token(MOE, 20) == pytest.approx(3 * forward)
    assert training_flops_per_token(MOE, 20, 0.25) == pytest.approx(3 * forward - 0.75 * weights)
    run = training_workload(MOE, TrainingTable(tokens=1000.0, sequence_length=20))
    assert run is not None
    assert run.total_flops == pytest.approx(3000 * forward)
    assert training_workload(MOE, TrainingTable(tokens=0.0)) is None
    assert training_workload(MOE, TrainingTable(tokens=1.0)) is not None


@pytest.mark.parametrize(
    ("word", "size"),
    [("fp32", 4), ("tf32", 4), ("bf16", 2), ("fp16", 2), ("fp8", 1), ("int8", 1), ("fp4", 0.5), ("int4", 0.5)],
)
def test_bytes_of_a_number(word: str, size: float) -> None:
    assert bytes_per_element(word) == size
    assert len(BITS) == 8


def test_the_law_by_round_numbers() -> None:
    """1 + 100 x 10,000^-0.5 + 1,000 x 1,000,000^-0.5; best at (0.5 x 1,000 / (0.5 x 100) x 100)^2 tokens."""
    law = Coefficients(1.0, 100.0, 0.5, 1000.0, 0.5)
    assert law.loss(1e4, 1e6) == pytest.approx(3.0)
    assert law.optimal_tokens(1e4) == pytest.approx(1e6)
    # 0.25 x 32 / (0.5 x 16) = 1: the optimum is (100^0.5)^4.
    assert Coefficients(0.0, 16.0, 0.5, 32.0, 0.25).optimal_tokens(100.0) == pytest.approx(1e4)
    assert Coefficients(0.5, 8.0, 0.5, 27.0, 1 / 3).loss(16.0, 27.0) == pytest.approx(0.5 + 2 + 9)


LAW = {
    "refit.floor": 1.0, "refit.a": 100.0, "refit.alpha": 0.5, "refit.b": 1000.0, "refit.beta": 0.5,
    "original.floor": 2.0, "original.a": 100.0, "original.alpha": 0.5, "original.b": 500.0, "original.beta": 0.5,
    "fit.params_least": 1e3, "fit.params_most": 1e5, "fit.tokens_most": 1e7,
}  # fmt: skip
BOOK = SimpleNamespace(value=lambda table, name: LAW[name])


def test_the_first_fit_is_told_with_the_range_of_both() -> None:
    found = quality(BOOK, 1e4, 1e6)  # type: ignore[arg-type]
    assert found.loss == pytest.approx((3.0, 3.0, 3.5))
    assert found.optimal_tokens == pytest.approx((1e6, 2.5e5, 1e6))
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("params", "tokens", "experts", "codes"),
    [
        (1e3, 1e7, False, []), (1e5, 1e3, False, []), (999.0, 1e3, False, ["scaling-law-extrapolated"]),
        (1.1e5, 1e3, False, ["scaling-law-extrapolated"]), (1e4, 1.1e7, False, ["scaling-law-extrapolated"]),
        (1e4, 1e3, True, ["scaling-law-dense"]), (1.0, 1e8, True, ["scaling-law-extrapolated", "scaling-law-dense"]),
    ],
)  # fmt: skip
def test_the_law_is_stretched_beyond_its_fit(params: float, tokens: float, experts: bool, codes: list[str]) -> None:
    assert [w.code for w in _limits(BOOK, params, tokens, experts)] == codes  # type: ignore[arg-type]


def serving(tokens: float = 20.0, output: float = 30.0) -> ServingWorkload:
    year = np.ones(8760)
    year[7] = 4.0
    return ServingWorkload(ServingTable(), year, tokens, output)


def training(length: int) -> TrainingWorkload:
    return TrainingWorkload(TrainingTable(tokens=500.0, sequence_length=length), 2.0, 1000.0)


@pytest.mark.parametrize(
    ("published", "doubted"), [(None, False), (5050 / 1.049, False), (5050 / 1.051, True), (5050 / 0.949, True),
                               (5050 / 0.951, False)],
)  # fmt: skip
def test_a_twentieth_between_counted_and_published_is_told(published: float | None, doubted: bool) -> None:
    arch = replace(MOE, params_published=published)
    assert [w.code for w in stage._doubts(arch, None, None)] == (["parameters-differ"] if doubted else [])


@pytest.mark.parametrize(
    ("length", "tokens", "limit", "told"),
    [
        (50, (20.0, 30.0), 50, []), (51, (20.0, 30.0), 50, ["Training sequences of 51 tokens"]),
        (50, (21.0, 30.0), 50, ["Requests of 51 tokens"]), (99, (99.0, 1.0), 0, []),
        (51, (51.0, 0.5), 50, ["Training sequences of 51 tokens", "Requests of 52 tokens"]),
    ],
)  # fmt: skip
def test_sequences_beyond_the_models_own_are_told(
    length: int, tokens: tuple[float, float], limit: int, told: list[str]
) -> None:
    arch = replace(MOE, max_context=limit)
    found = stage._doubts(arch, training(length), serving(*tokens))
    assert [w.message.split(" exceed ")[0] for w in found] == told
    assert stage._doubts(arch, None, None) == ()


def test_figures_of_the_stage() -> None:
    """A served token sees 20 and half of 30; without serving half a training sequence: 2 x 6 x 9 FLOP a token seen."""
    arch = replace(MOE, groups=(LayerGroup(2, FULL, DENSE),))
    # Two layers of 720 and 210, a tied head of 1,000.
    weights = 2 * (2 * 930 + 1000)
    both = stage._figures(arch, WorkloadTable(), training(40), serving())
    assert both["flops_per_token"] == weights + 2 * 108 * 35
    assert both["attention_share"] == pytest.approx(2 * 108 * 35 / (weights + 2 * 108 * 35))
    assert both["crossover_length_tokens"] == pytest.approx(weights / 216)
    assert both["training.tokens_per_parameter"] == 500 / params_active(arch)
    assert both["serving.peak_requests_per_hour"] == 4.0
    assert both["serving.peak_to_mean"] == pytest.approx(4 / (8763 / 8760))
    alone = stage._figures(arch, WorkloadTable(training=TrainingTable(sequence_length=40)), None, None)
    assert alone["flops_per_token"] == weights + 2 * 108 * 20
    assert not any(name.startswith(("training", "serving")) for name in alone)
    endless = stage._figures(replace(arch, groups=(LayerGroup(2, MAMBA, DENSE),)), WorkloadTable(), None, serving())
    assert "crossover_length_tokens" not in endless
