"""Reading of config.json files: real ones, small ones by mechanism, broken ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattscale.errors import InputError
from wattscale.workload.architecture import Architecture, moe_layers, params_total
from wattscale.workload.config import architecture_from_config, load_config

BASE: dict[str, Any] = {
    "model_type": "llama", "hidden_size": 64, "num_hidden_layers": 6, "num_attention_heads": 4,
    "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 100, "max_position_embeddings": 512,
}  # fmt: skip


def read(**keys: Any) -> Architecture:
    return architecture_from_config({**BASE, **keys}, "test.json")


def kinds(arch: Architecture) -> dict[str, int]:
    found: dict[str, int] = {}
    for group in arch.groups:
        kind = group.attention.kind if group.attention else "none"
        found[kind] = found.get(kind, 0) + group.count
    return found


def _read_or_refused(config: Mapping[str, Any], name: str) -> str:
    try:
        return "" if params_total(architecture_from_config(config, name)) > 0 else "no parameters"
    except InputError as error:
        return str(error)


def test_every_real_file_is_read_or_refused_with_its_name_and_a_reason(shared_data: Callable[[str], Path]) -> None:
    files = sorted(shared_data("model_configs").glob("*.json"))
    assert files
    for file in files:
        config = load_config(file)
        assert config is not None
        said = _read_or_refused(config, file.name)
        assert said == "" or file.name in said


def test_a_plain_llama_is_read() -> None:
    arch = read()
    (group,) = arch.groups
    assert group.attention is not None
    assert (group.count, group.attention.kv_heads, group.attention.head_dim, arch.tied_embeddings) == (6, 2, 16, False)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"sliding_window": 32, "model_type": "mistral"}, {"window": 6}),
        ({"sliding_window": 32, "use_sliding_window": False}, {"full": 6}),
        ({"sliding_window": 32, "use_sliding_window": True, "max_window_layers": 4}, {"full": 4, "window": 2}),
        ({"sliding_window": 32, "model_type": "gemma2", "head_dim": 16}, {"window": 3, "full": 3}),
        ({"sliding_window": 32, "sliding_window_pattern": 3}, {"window": 4, "full": 2}),
        ({"sliding_window": 32, "sliding_window_pattern": "LLG"}, {"window": 4, "full": 2}),
        ({"sliding_window": 8, "layer_types": ["sliding_attention"] * 5 + ["attention"]}, {"window": 5, "full": 1}),
        ({"attention_types": [[["global", "local"], 3]], "window_size": 8}, {"full": 3, "window": 3}),
        ({"model_type": "llama4_text", "attention_chunk_size": 32}, {"chunk": 5, "full": 1}),
        ({"attn_type_list": [0, 0, 1, 0, 0, 1]}, {"linear": 4, "full": 2}),
        ({"full_attention_interval": 3, "linear_num_value_heads": 4, "linear_num_key_heads": 2,
          "linear_key_head_dim": 8, "linear_value_head_dim": 8}, {"linear": 4, "full": 2}),
        ({"model_type": "jamba"}, {"mamba": 5, "full": 1}),
        ({"hybrid_override_pattern": "M-M*-E", "n_routed_experts": 4, "num_experts_per_tok": 1,
          "mamba_num_heads": 8, "mamba_head_dim": 16, "ssm_state_size": 16}, {"mamba2": 2, "full": 1, "none": 3}),
        ({"full_attn_idxs": [1, 4], "model_type": "lfm2"}, {"conv": 4, "full": 2}),
        ({"kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 8}, {"mla": 6}),
        ({"kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4, "v_head_dim": 8, "index_topk": 9,
          "index_n_heads": 2, "index_head_dim": 8}, {"sparse": 6}),
        ({"compress_ratios": [0, 4, 128, 4, 128, 4], "head_dim": 16, "sliding_window": 8, "q_lora_rank": 8,
          "index_topk": 4, "index_n_heads": 2, "index_head_dim": 8}, {"window": 1, "compressed": 5}),
        ({"model_type": "rwkv6"}, {"rwkv": 6}),
        ({"model_type": "recurrent_gemma", "block_types": ["recurrent", "recurrent", "attention"]},
         {"recurrent": 4, "window": 2}),
    ],
)  # fmt: skip
def test_layer_kinds_are_read_from_whichever_key_the_family_uses(
    keys: dict[str, Any], expected: dict[str, int]
) -> None:
    assert kinds(read(**keys)) == expected


@pytest.mark.parametrize(
    ("keys", "layers"),
    [
        ({"num_local_experts": 4, "num_experts_per_tok": 2}, 6),
        ({"n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "first_k_dense_replace": 2}, 4),
        ({"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "decoder_sparse_step": 2}, 3),
        ({"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "mlp_only_layers": [0, 5]}, 4),
        ({"num_experts": 4, "num_experts_per_tok": 2, "moe_layer_freq": [0, 1, 1, 1, 1, 1]}, 5),
        ({"model_type": "llama4", "num_local_experts": 4, "num_experts_per_tok": 1, "interleave_moe_layer_step": 2}, 3),
        ({"moe_num_experts": 4, "moe_k": 2, "moe_intermediate_size": 32, "moe_layer_start_index": 1}, 5),
        ({"n_routed_experts": 4, "moe_topk": [2] * 6, "mlp_layer_types": ["dense"] * 2 + ["sparse"] * 4}, 4),
        ({"num_local_experts": 0, "num_experts_per_tok": 0}, 0),
    ],
)  # fmt: skip
def test_layers_with_experts_are_read_from_whichever_key_the_family_uses(keys: dict[str, Any], layers: int) -> None:
    assert moe_layers(read(**keys)) == layers


def test_a_multimodal_wrapper_gives_its_language_model_and_its_tower() -> None:
    vision = {"hidden_size": 32, "depth": 2, "intermediate_size": 64, "patch_size": 4}
    config = {"model_type": "x_vl", "text_config": BASE, "vision_config": vision, "tie_word_embeddings": True}
    arch = architecture_from_config(config, "wrapped")
    assert arch.tied_embeddings
    assert arch.tower_params > 2 * (4 * 32 * 32 + 2 * 32 * 64)
    assert params_total(arch) - arch.tower_params == params_total(read(tie_word_embeddings=True))


def test_only_a_wrapper_may_leave_sizes_to_the_code_of_the_family() -> None:
    wrapped = architecture_from_config({"model_type": "llava", "text_config": {"model_type": "llama"}}, "llava.json")
    assert (wrapped.d_model, wrapped.layers) == (4096, 32)
    with pytest.raises(InputError, match=r"llama\.json: has no hidden_size"):
        architecture_from_config({"model_type": "llama"}, "llama.json")


def test_searched_blocks_may_lack_attention_or_have_widths_of_their_own() -> None:
    block = {"attention": {"n_heads_in_group": 2}, "ffn": {"ffn_mult": 1.0}}
    none = {"attention": {"no_op": True}, "ffn": {"no_op": True}}
    arch = read(block_configs=[block] * 4 + [none] * 2)
    assert kinds(arch) == {"full": 4, "none": 2}


def test_an_encoder_decoder_has_two_stacks_and_cross_attention() -> None:
    arch = architecture_from_config(
        {"model_type": "t5", "is_encoder_decoder": True, "d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 3,
         "num_heads": 4}, "t5",
    )  # fmt: skip
    assert (arch.layers, len(arch.encoder), arch.tied_embeddings) == (3, 1, True)
    assert all(g.second is not None and g.second.kind == "cross" for g in arch.groups)


def test_layers_that_share_keys_and_values_keep_no_cache_of_their_own() -> None:
    arch = read(num_kv_shared_layers=2)
    assert [(g.count, g.attention.stores_cache) for g in arch.groups if g.attention] == [(4, True), (2, False)]


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ({"hidden_size": None}, "hidden_size"),
        ({"num_hidden_layers": 0}, "num_hidden_layers"),
        ({"num_hidden_layers": 900_000_000}, "at most 10000"),
        ({"num_hidden_layers": "many"}, "num_hidden_layers"),
        ({"hidden_size": -64}, "hidden_size"),
        ({"hidden_size": 1e15}, "hidden_size"),
        ({"vocab_size": None}, "vocab_size"),
        ({"num_attention_heads": 5}, "multiple"),
        ({"layer_types": ["full_attention", "quantum_attention"] * 3}, "quantum_attention"),
        ({"layer_types": ["full_attention"]}, "layer kinds"),
        ({"num_local_experts": 4, "num_experts_per_tok": 9}, "experts"),
        ({"block_configs": [3]}, "block_configs"),
        ({"peft_type": "LORA", "num_hidden_layers": None, "hidden_size": None}, "adapter"),
    ],
)  # fmt: skip
def test_a_config_that_cannot_be_meant_is_refused_with_file_and_reason(keys: dict[str, Any], word: str) -> None:
    config = {k: v for k, v in {**BASE, **keys}.items() if v is not None}
    if "hidden_size" in keys or "vocab_size" in keys:
        config["model_type"] = "unheard_of"
    with pytest.raises(InputError) as caught:
        architecture_from_config(config, "broken.json")
    assert "broken.json" in str(caught.value)
    assert word in str(caught.value)


FAMILIES = ("llama", "t5", "jamba", "mamba2", "rwkv6", "gemma3_text", "deepseek_v3", "llama4", "falcon", "lfm2", "none")
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 300), st.text(max_size=3), st.lists(st.integers(0, 2), max_size=7)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    family=st.sampled_from(FAMILIES),
    junk=st.dictionaries(
        st.sampled_from(
            [*BASE, "num_experts", "num_experts_per_tok", "layer_types", "sliding_window", "kv_lora_rank", "index_topk",
             "block_configs", "hybrid_override_pattern", "ffn_mult", "moe_layer_freq", "compress_ratios", "text_config",
             "attention_types", "linear_attn_config", "kda_layers", "n_shared_experts", "mlp_only_layers",
             "vision_config", "ssm_cfg", "block_types", "attn_layer_period", "sliding_window_pattern", "encoder_layers"]
        ),
        JUNK, max_size=5,
    ),
)  # fmt: skip
def test_a_damaged_config_gives_an_architecture_or_one_clear_error(family: str, junk: dict[str, Any]) -> None:
    said = _read_or_refused({**BASE, "model_type": family, **junk}, "damaged.json")
    assert said == "" or "damaged.json" in said


def test_a_missing_corrupt_or_wrong_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_config(tmp_path / "nothing.json")
    for text, word in (("{", "not valid JSON"), ("[1, 2]", "not a table"), ("\xff", "not valid JSON")):
        file = tmp_path / "config.json"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=word):
            load_config(file)
    (tmp_path / "config.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        load_config(tmp_path / "config.json")


def test_a_folder_with_a_config_is_read_and_a_name_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(BASE), encoding="utf-8")
    assert load_config(tmp_path) == BASE
    assert load_config("meta-llama/Llama-3.1-8B") is None


@pytest.mark.parametrize(
    ("left_out", "word"),
    [
        (("hidden_size", "num_hidden_layers"), "no hidden_size and no num_hidden_layers"),
        (("num_hidden_layers",), "no num_hidden_layers"),
        (("num_attention_heads",), "no num_attention_heads"),
        (("intermediate_size",), "no intermediate_size"),
    ],
)
def test_a_config_without_its_sizes_is_refused_and_names_them(left_out: tuple[str, ...], word: str) -> None:
    whole = {
        "model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 128, "vocab_size": 100,
    }  # fmt: skip
    assert architecture_from_config(whole, "whole").layers == 2
    with pytest.raises(InputError, match=f"part: has {word}"):
        architecture_from_config({k: v for k, v in whole.items() if k not in left_out}, "part")


@pytest.mark.parametrize("key", ["hidden_size", "num_hidden_layers", "vocab_size", "head_dim", "layer_types"])
@pytest.mark.parametrize("value", ["x" * 9000, ["x" * 9000] * 2, {"x" * 9000: 1}, float("inf"), 10**300, -1])
def test_sizes_that_are_none_are_told_in_a_short_message(key: str, value: object) -> None:
    config = {"model_type": "llama", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
              "intermediate_size": 16, "vocab_size": 10, key: value}  # fmt: skip
    try:
        architecture_from_config(config, "it")
    except InputError as error:
        told = str(error)
    else:
        told = ""
    assert len(told) < 400
