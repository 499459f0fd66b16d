"""Token mixing of each layer of a config.json.

In: a `ConfigView`. Out: for each layer its `Attention`, or None.
Leaves out: the feed-forward (`config_feedforward`).
"""

from __future__ import annotations

from dataclasses import replace

from wattscale.errors import clipped
from wattscale.workload.config_recurrent import RECURRENT, recurrent_attention
from wattscale.workload.config_view import ConfigView
from wattscale.workload.families import ENCODER_ONLY, FULL_BIAS, OUTPUT_GATE, QK_NORM, QKV_BIAS
from wattscale.workload.layers import Attention

WORDS = {
    "full_attention": "full", "attention": "full", "full": "full", "global": "full", "*": "full", "a": "full",
    "sliding_attention": "window", "sliding": "window", "local": "window", "swa": "window",
    "sliding_window_attention": "window", "chunked_attention": "chunk",
    "linear_attention": "linear", "linear": "linear", "kda": "linear", "gated_deltanet": "linear",
    "mamba": "mamba", "mamba1": "mamba", "mamba2": "mamba2", "m": "mamba2", "ssm": "mamba",
    "recurrent": "recurrent", "rwkv": "rwkv", "conv": "conv", "none": "none", "-": "none", "e": "none",
    "mlp": "none", "moe": "none", "hybrid": "hybrid",
}  # fmt: skip
"""Words for layer kinds in configs."""


def attention_of_layers(view: ConfigView, layers: int) -> list[Attention | None]:
    """Give the token mixing of each layer.

    Args:
        view: The config.
        layers: Number of layers.

    Returns:
        One entry per layer, None where the layer has none.

    Raises:
        InputError: A layer word that is not known, or sizes that do not fit.
    """
    words = layer_words(view, layers)
    if len(words) < layers:
        raise view.refuse(f"describes {len(words)} layer kinds for {layers} layers")
    return [_of_layer(view, word, i, layers) for i, word in enumerate(words[:layers])]


def layer_words(view: ConfigView, layers: int) -> list[str]:
    """Name the kind of token mixing of each layer, from whichever key the family uses."""
    for key in ("layer_types", "layers_block_type", "layer_block_types", "hybrid_override_pattern"):
        found = view.get(key)
        if isinstance(found, str | list) and found:
            words = [WORDS.get(str(word).lower(), "") for word in found]
            if "" in words:
                raise view.refuse(f"{key} has the unknown kind {clipped(found[words.index('')])}")
            return ["mamba2" if word == "mamba" and _is_mamba2(view) else word for word in words]
    for reader in (_words_recurrent, _words_hybrid, _words_window):
        found_words = reader(view, layers)
        if found_words:
            return found_words
    return ["full"] * layers


def _is_mamba2(view: ConfigView) -> bool:
    return view.get("mamba_n_heads", "mamba_num_heads", "mamba_d_head", "mamba_head_dim") is not None


def _words_recurrent(view: ConfigView, layers: int) -> list[str]:
    if view.family.startswith("rwkv"):
        return ["rwkv"] * layers
    if view.family == "mamba2" or str(view.get("layer")).lower() == "mamba2":
        return _with_attention(view, ["mamba2"] * layers)
    if view.family in ("mamba", "falcon_mamba") or (view.family == "" and "ssm_cfg" in view.values):
        return _with_attention(view, ["mamba"] * layers)
    return []


def _with_attention(view: ConfigView, words: list[str]) -> list[str]:
    places = view.listing("attn_layer_idx") or []
    return ["full" if i in places else word for i, word in enumerate(words)]


def _words_hybrid(view: ConfigView, layers: int) -> list[str]:
    span = range(layers)
    if kinds := view.listing("attn_type_list"):
        return ["full" if kind == 1 else "linear" for kind in kinds]
    if blocks := view.listing("block_types") or view.listing("_block_types"):
        words = [WORDS.get(str(b).lower(), "full") for b in blocks]
        words = ["window" if w == "full" and view.get("attention_window_size") else w for w in words]
        return [words[i % len(words)] for i in span]
    if period := view.get("attn_layer_period"):
        offset = view.count("attn_layer_offset", 0)
        return ["full" if i % int(str(period)) == offset else "mamba" for i in span]
    if (places := view.listing("kda_layers")) is not None:
        return ["linear" if i + 1 in places else "full" for i in span]
    if (places := view.listing("attn_layer_indices")) is not None:
        return ["full" if i in places else "mamba2" for i in span]
    if (places := view.listing("full_attn_idxs")) is not None:
        return ["full" if i in places else "conv" for i in span]
    if view.get("mamba_d_ssm"):
        return ["hybrid"] * layers
    for key in ("full_attention_interval", "layer_group_size"):
        if view.get(key):
            every = view.count(key, least=1)
            return ["full" if (i + 1) % every == 0 else "linear" for i in span]
    return []


def _words_window(view: ConfigView, layers: int) -> list[str]:
    span = range(layers)
    if kinds := view.listing("attention_types"):
        return _repeated(view, kinds)
    if view.get("attention_chunk_size") and view.family.startswith("llama4"):
        rope = view.listing("no_rope_layers")
        every = view.count("no_rope_layer_interval", 4)
        return ["chunk" if (rope[i] if rope else (i + 1) % every) else "full" for i in span]
    if view.get("global_attn_every_n_layers"):
        every = view.count("global_attn_every_n_layers", least=1)
        return ["window" if i % every else "full" for i in span]
    if (kinds := view.listing("hybrid_layer_pattern")) is not None:
        return ["window" if kind == 1 else "full" for kind in kinds]
    if not view.get("sliding_window") or view.values.get("use_sliding_window") is False:
        return []
    pattern = view.get("sliding_window_pattern", "_sliding_window_pattern")
    if isinstance(pattern, str):
        return ["full" if pattern[i % len(pattern)].upper() == "G" else "window" for i in span]
    if isinstance(pattern, int):
        return ["window" if (i + 1) % pattern else "full" for i in span]
    if view.flag("use_sliding_window") and view.get("max_window_layers") is not None:
        return ["full" if i < view.count("max_window_layers") else "window" for i in span]
    return ["window"] * layers


def _repeated(view: ConfigView, kinds: list[object]) -> list[str]:
    """Read `attention_types`, a list of (words, times)."""
    words: list[str] = []
    for entry in kinds:
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[1], int):
            raise view.refuse("attention_types is no list of (kinds, times)")
        part = entry[0] if isinstance(entry[0], list) else [entry[0]]
        words += [WORDS.get(str(word).lower(), "full") for word in part] * entry[1]
    return words


def _of_layer(view: ConfigView, word: str, layer: int, layers: int) -> Attention | None:
    if word == "none":
        return None
    if view.listing("compress_ratios") is not None:
        return _compressed(view, view.count("compress_ratios", layer=layer))
    if word in RECURRENT:
        return recurrent_attention(view, word)
    found = _softmax(view, "full" if word == "hybrid" else word, layer)
    shared = view.count("num_kv_shared_layers", 0)
    reuses = shared and layer >= layers - shared
    if view.flag("use_cla") and layer % view.count("cla_share_factor", 2):
        reuses = True
    return replace(found, kv_projections=0, stores_cache=False) if reuses else found


def _softmax(view: ConfigView, word: str, layer: int) -> Attention:
    """Read grouped, latent and sparse attention."""
    heads = view.count("heads", layer=layer, least=1)
    bias = view.family in FULL_BIAS or view.family in QKV_BIAS or view.flag("bias")
    found = Attention(
        kind="full",
        heads=heads,
        kv_heads=_kv_heads(view, heads, layer),
        head_dim=(dim := _head_dim(view, heads, layer)),
        v_head_dim=dim if "use_mla" in view.values else view.count("v_head_dim", dim, least=1),
        q_rank=view.count("share_q_dim", 0),
        qkv_bias=bias or view.flag("attention_bias") or view.flag("qkv_bias") or view.flag("add_qkv_bias"),
        out_bias=view.family in FULL_BIAS or view.flag("attention_bias") or view.flag("bias"),
        output_gate=view.flag("attn_output_gate") or view.family in OUTPUT_GATE,
        head_gates=int(view.flag("use_head_wise_attn_gate")),
        qk_norm=view.family in QK_NORM,
        causal=view.family not in ENCODER_ONLY,
    )
    if view.get("kv_lora_rank"):
        found = _latent(view, found, layer)
    elif word == "window":
        keys = ("sliding_window", "attention_window_size", "window_size", "local_attention", "sliding_window_size")
        key = next((k for k in keys if view.get(k)), "sliding_window")
        groups = view.count("swa_num_key_value_heads", found.kv_heads, least=1)
        found = replace(found, kind="window", window=view.count(key, layer=layer, least=1), kv_heads=groups)
    elif word == "chunk":
        found = replace(found, kind="chunk", window=view.count("attention_chunk_size", least=1))
    elif view.get("global_head_dim"):
        wide = view.count("global_head_dim", least=1)
        found = replace(
            found,
            head_dim=wide,
            v_head_dim=wide,
            kv_heads=view.count("num_global_key_value_heads", found.kv_heads, least=1),
            kv_projections=1 if view.flag("attention_k_eq_v") else 2,
        )
    return found


def _kv_heads(view: ConfigView, heads: int, layer: int) -> int:
    if view.flag("multi_query_attention"):
        return view.count("multi_query_group_num", 1, least=1)
    if view.flag("multi_query") and not view.flag("new_decoder_architecture"):
        return 1
    if str(view.get("attn_type")) == "multiquery_attention":
        return 1
    return view.count("kv_heads", heads, layer=layer, least=1)


def _head_dim(view: ConfigView, heads: int, layer: int) -> int:
    width = view.count("d_model", least=1)
    if view.get("head_dim") is None and width % heads:
        raise view.refuse(f"hidden_size {width} is no multiple of the {heads} heads, and there is no head_dim")
    return view.count("head_dim", width // heads, layer=layer, least=1)


def _latent(view: ConfigView, base: Attention, layer: int) -> Attention:
    rope = view.count("qk_rope_head_dim")
    found = replace(
        base,
        kind="mla",
        kv_heads=base.heads,
        head_dim=view.count("qk_nope_head_dim") + rope,
        v_head_dim=view.count("v_head_dim", least=1),
        q_rank=view.count("q_lora_rank", 0),
        kv_rank=view.count("kv_lora_rank", least=1),
        rope_dim=rope,
    )
    if not view.get("index_topk"):
        return found
    kinds = view.listing("indexer_types")
    shared = kinds is not None and layer < len(kinds) and kinds[layer] == "shared"
    return replace(
        found,
        kind="sparse",
        index_topk=view.count("index_topk", least=1),
        index_heads=0 if shared else view.count("index_n_heads", least=1),
        index_dim=0 if shared else view.count("index_head_dim", least=1),
    )


def _compressed(view: ConfigView, ratio: int) -> Attention:
    """Read DeepSeek-V4 attention: one shared key/value of full head width, a window, merged tokens beyond it."""
    dim = view.count("head_dim", least=1)
    found = Attention(
        kind="window",
        heads=view.count("heads", least=1),
        kv_heads=view.count("kv_heads", 1, least=1),
        head_dim=dim,
        v_head_dim=dim,
        window=view.count("sliding_window", least=1),
        q_rank=view.count("q_lora_rank", 0),
        kv_projections=1,
        o_rank=view.count("o_lora_rank", 0),
        o_groups=view.count("o_groups", 0),
    )
    if ratio <= 1:
        return found
    selects = ratio <= SELECTING_RATIO and view.get("index_topk") is not None
    return replace(
        found,
        kind="compressed",
        compress_ratio=ratio,
        index_topk=view.count("index_topk") if selects else 0,
        index_heads=view.count("index_n_heads") if selects else 0,
        index_dim=view.count("index_head_dim") if selects else 0,
    )


SELECTING_RATIO = 4
"""Lightly compressed layers select among the merged tokens, heavily compressed ones see all (DeepSeek-V4)."""
