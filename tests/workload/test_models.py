"""Models by name, archetypes of sizes, patches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattscale.catalog import Catalog, load_catalog
from wattscale.errors import InputError
from wattscale.scenario.workload import ArchitectureTable
from wattscale.workload.archetype import archetype, traits
from wattscale.workload.architecture import (
    Architecture,
    attention_flops,
    kv_cache_bytes,
    moe_layers,
    params_active,
    params_total,
)
from wattscale.workload.describe import describe_model
from wattscale.workload.models import architecture_of_row, find_row, named_architecture
from wattscale.workload.patch import from_sizes, patched
from wattscale.workload.resolve import architecture_for


@pytest.fixture
def llama(catalog: Catalog) -> Architecture:
    return named_architecture(catalog, "Llama-3.1-8B")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "Llama-3.1-8B"),
        ("llama 3.1 8b", "Llama-3.1-8B"),
        ("nvidia/Llama-3.1-405B-Instruct-FP8", "Llama-3.1-405B"),
        ("openai/gpt-oss-120b", "gpt-oss-120b"),
        ("deepseek-ai/DeepSeek-R1-0528", "DeepSeek-V3"),
        ("Qwen/Qwen3-30B-A3B-Thinking-2507-FP8", "Qwen3-30B-A3B"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "Mistral-7B"),
        ("OLMo-7B (MI250X)", "OLMo-7B"),
        ("lmsys/vicuna-7B", "Llama-1-7B"),
    ],
)
def test_a_model_is_found_by_hub_id_tuning_precision_or_usual_spelling(catalog: Catalog, name: str, row: str) -> None:
    found = find_row(catalog, name)
    assert found is not None
    assert found.name == row


def test_a_size_is_never_mistaken_for_another(catalog: Catalog) -> None:
    assert find_row(catalog, "Qwen/Qwen3-33B") is None
    assert find_row(catalog, "Llama-3.1-9B") is None


def test_an_unknown_name_lists_the_nearest_and_the_other_ways(catalog: Catalog) -> None:
    with pytest.raises(InputError) as caught:
        named_architecture(catalog, "Llama-3.1-80B")
    assert "Llama-3.1-8B" in str(caught.value)
    assert "config.json" in str(caught.value)


def test_aliases_are_unique(catalog: Catalog) -> None:
    seen: dict[str, str] = {}
    for row in catalog.rows("models"):
        for alias in filter(None, row.text("aliases").split(";")):
            assert seen.setdefault(alias.lower(), row.name) == row.name


def test_reading_a_row_notes_its_sizes_in_the_ledger(catalog: Catalog) -> None:
    view = catalog.recording()
    architecture_of_row(view.row("models", "Mixtral-8x7B"))
    assert "models/Mixtral-8x7B.experts" in view.used


@settings(max_examples=30, deadline=None)
@given(total=st.floats(2, 2000), share=st.floats(0.03, 1.0))
def test_an_archetype_has_the_parameters_asked_for(total: float, share: float) -> None:
    catalog = load_catalog()
    active = total * share
    arch = archetype(catalog, total, active)
    assert params_total(arch) / 1e9 == pytest.approx(total, rel=0.02)
    if share < 0.85:
        assert moe_layers(arch) == arch.layers
        assert params_active(arch) / 1e9 == pytest.approx(active, rel=0.06)


@pytest.mark.parametrize(("total", "layers", "width"), [(8.0, 32, 4096), (70.6, 80, 8192), (405.0, 126, 16384)])
def test_a_dense_archetype_has_about_the_depth_and_width_of_its_class(
    catalog: Catalog, total: float, layers: int, width: int
) -> None:
    arch = archetype(catalog, total)
    assert arch.layers == pytest.approx(layers, rel=0.3)
    assert arch.d_model == pytest.approx(width, rel=0.3)


def test_words_for_the_kind_of_a_model_are_understood() -> None:
    assert traits("dense decoder (GQA 8 kv)").kv_heads == 8
    assert traits("dense (ALiBi)").kv_heads == 0
    assert traits("dense decoder", year=2020).kv_heads == 0
    assert traits("MoE decoder, multimodal").moe
    assert traits("Mamba-Transformer Hybrid").state_space
    assert traits("RNN (RWKV)").rwkv
    assert traits("Encoder-decoder T5").encoder_decoder


@pytest.mark.parametrize(
    "kind", ["Mamba-Transformer Hybrid", "RNN (RWKV)", "Encoder-decoder T5", "dense decoder (MQA)"]
)
def test_archetypes_of_every_kind_have_the_parameters_asked_for(catalog: Catalog, kind: str) -> None:
    assert params_total(archetype(catalog, 7.0, arch_kind=kind)) / 1e9 == pytest.approx(7.0, rel=0.01)


def test_sizes_that_leave_nothing_for_the_feed_forward_are_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="params_total_b"):
        archetype(catalog, 1.0, layers=100, d_model=8192)
    with pytest.raises(InputError, match="params_active_b"):
        archetype(catalog, 100.0, 1.0, layers=100, d_model=8192)


def test_sizes_beside_a_name_win_where_they_differ(catalog: Catalog) -> None:
    same, quiet = architecture_for(catalog, "MPT 7b", 6.65, layers=32, d_model=4096)
    other, warned = architecture_for(catalog, "MPT 7b", 2.6, layers=32, d_model=2560)
    assert (same.name, quiet) == ("MPT-7B", ())
    assert warned[0].code == "archetype"
    assert params_total(other) / 1e9 == pytest.approx(2.6, rel=0.01)


def test_an_unknown_name_without_sizes_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match="no size"):
        architecture_for(catalog, "secret-model")


def test_no_patch_leaves_the_model_as_it_is(llama: Architecture) -> None:
    assert patched(llama, ArchitectureTable()) is llama


def test_a_window_in_three_of_four_layers_saves_three_quarters_far_out(llama: Architecture) -> None:
    variant = patched(llama, ArchitectureTable(attention_window=4096, full_attention_every=4))
    full = 131_072.0
    saved = 1 - attention_flops(variant, full) / attention_flops(llama, full)
    assert saved == pytest.approx(0.75 * (1 - 4096 / full))
    assert params_total(variant) == params_total(llama)
    assert kv_cache_bytes(variant, full, 2.0) == pytest.approx((0.25 + 0.75 / 32) * kv_cache_bytes(llama, full, 2.0))


@pytest.mark.parametrize("name", ["Qwen3-30B-A3B", "DeepSeek-V3", "Kimi-K2", "GPT-3-175B", "Gemma-7B"])
def test_efficient_variants_cut_attention_and_cache_of_every_kind_alike(catalog: Catalog, name: str) -> None:
    """A 4k window in 3 of 4 layers at 128k leaves 1/4 + 3/4 x 1/32; linear attention in 3 of 4 leaves a quarter."""
    arch, far = named_architecture(catalog, name), 131_072.0
    window = patched(arch, ArchitectureTable(attention_window=4096, full_attention_every=4))
    linear = patched(arch, ArchitectureTable(linear_attention_share=0.75))
    left = 0.25 + 0.75 / 32
    for measure in (attention_flops, lambda a, n: kv_cache_bytes(a, n, 2.0)):
        assert measure(window, far) == pytest.approx(left * measure(arch, far), rel=0.02)
        assert measure(linear, far) == pytest.approx(0.25 * measure(arch, far), rel=0.08)
    assert params_total(window) == params_total(arch)
    assert params_total(linear) == pytest.approx(params_total(arch), rel=0.07)


def test_the_layers_that_keep_full_attention_are_those_that_have_it(catalog: Catalog) -> None:
    """gpt-oss-120b has 18 full and 18 windowed layers; one full in four leaves nine full, and no old window."""
    arch = named_architecture(catalog, "gpt-oss-120b")
    variant = patched(arch, ArchitectureTable(attention_window=4096, full_attention_every=4))
    found = {(g.attention.kind, g.attention.window or 0): 0 for g in variant.groups if g.attention}
    for g in variant.groups:
        if g.attention:
            found[g.attention.kind, g.attention.window or 0] += g.count
    assert found == {("full", 0): 9, ("window", 4096): 27}


def test_an_encoder_keeps_no_cache_and_has_no_next_token_loss(catalog: Catalog) -> None:
    found = describe_model("BERT-large", catalog)
    assert set(found.kv_bytes_per_token.values()) == {0.0}
    assert found.quality == ()
    assert describe_model("T5-11B", catalog).kv_bytes_per_token["bf16"] > 0


def test_contexts_beyond_the_models_own_are_marked(catalog: Catalog) -> None:
    lines = describe_model("Gemma-3-27B", catalog).text().splitlines()
    marked = [line.split()[0] for line in lines if line.endswith("beyond its context")]
    assert marked == ["256,000", "1,000,000"]


def test_linear_attention_replaces_its_share_of_the_layers(llama: Architecture) -> None:
    variant = patched(llama, ArchitectureTable(linear_attention_share=0.75))
    counts = {g.attention.kind: g.count for g in variant.groups if g.attention}
    assert counts == {"linear": 24, "full": 8}


@settings(max_examples=20, deadline=None)
@given(layers=st.integers(1, 300))
def test_layers_are_shared_among_kinds_in_their_old_proportions(layers: int) -> None:
    hybrid = named_architecture(load_catalog(), "Nemotron-H-56B")
    variant = patched(hybrid, ArchitectureTable(layers=layers))
    assert variant.layers == layers
    for old in hybrid.groups:
        new = sum(g.count for g in variant.groups if g.attention == old.attention)
        assert abs(new - old.count * layers / hybrid.layers) < 1


def test_counts_of_a_patched_model_come_out_as_asked(catalog: Catalog, llama: Architecture) -> None:
    assert params_total(patched(llama, ArchitectureTable(params_total_b=12.0))) / 1e9 == pytest.approx(12.0, rel=1e-3)
    mixtral = named_architecture(catalog, "Qwen3-30B-A3B")
    variant = patched(mixtral, ArchitectureTable(params_total_b=60.0, params_active_b=5.0))
    assert params_total(variant) / 1e9 == pytest.approx(60.0, rel=0.02)
    assert params_active(variant) / 1e9 == pytest.approx(5.0, rel=0.03)


def test_patches_that_do_not_fit_name_their_key(catalog: Catalog, llama: Architecture) -> None:
    for table, key in (
        (ArchitectureTable(kv_heads=64), "kv_heads"),
        (ArchitectureTable(full_attention_every=4), "full_attention_every"),
        (ArchitectureTable(params_total_b=0.1), "params_total_b"),
    ):
        with pytest.raises(InputError, match=f"workload.architecture.{key}"):
            patched(llama, table)
    with pytest.raises(InputError, match="params_total_b"):
        from_sizes(catalog, ArchitectureTable())


def test_sizes_alone_make_a_model_with_the_patches_asked(catalog: Catalog) -> None:
    arch = from_sizes(catalog, ArchitectureTable(params_total_b=100.0, layers=40, attention_window=1024))
    assert arch.layers == 40
    assert all(g.attention is not None and g.attention.kind == "window" for g in arch.groups)


def test_an_unknown_model_takes_the_sizes_that_its_name_tells(catalog: Catalog) -> None:
    found, (warning,) = architecture_for(catalog, "acme/Zebra-397B-A17B-FP8")
    stated, _ = architecture_for(catalog, "zebra", 397.0, 17.0)
    assert warning.code == "archetype"
    assert replace(found, name="") == replace(stated, name="")


def test_more_active_parameters_than_all_experts_hold_are_refused(catalog: Catalog) -> None:
    """Each token would take more experts than there are, which ended in a power of a negative number."""
    with pytest.raises(InputError, match=r"params_active_b = 400\.0: is more than all experts hold"):
        patched(named_architecture(catalog, "Mixtral-8x7B"), ArchitectureTable(params_active_b=400.0))
