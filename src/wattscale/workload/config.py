"""From a Hugging Face config.json to an `Architecture`.

In: the parsed file as it is. Out: the architecture; pure. `load_config` alone reads a file.
Leaves out: weights and quantisation (precision is the scenario's), multi-token-prediction modules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from wattscale.errors import InputError
from wattscale.workload.config_attention import attention_of_layers
from wattscale.workload.config_feedforward import block_feed_forward, feed_forward_of_layers
from wattscale.workload.config_towers import tower_params
from wattscale.workload.config_view import ConfigView, view
from wattscale.workload.families import (
    ENCODER_ONLY,
    FULL_BIAS,
    LAYER_NORM,
    LEARNED_POSITIONS,
    RELATIVE_POSITIONS,
    SHARED_BLOCKS,
    TIED_BY_DEFAULT,
)
from wattscale.workload.hub import hub_available, hub_config_path, is_hub_id
from wattscale.workload.layers import Architecture, Attention, FeedForward, LayerGroup

ENCODER_TOKEN_SHARE = 0.5
"""An encoder-decoder model is counted with half its tokens in the encoder (T5 convention, Raffel 2020)."""


MOST_LAYERS = 10_000
"""As in the scenario's `workload.architecture.layers`; a larger number is a damaged file."""


def load_config(model: str | Path) -> Mapping[str, object] | None:
    """Read a config.json, where the model is given as one.

    Args:
        model: Path of a .json file or of a folder that holds a config.json; a hub id that the catalogue does not know
            (with the extra `hub`); any other word is a name.

    Returns:
        The parsed file, None for a name.

    Raises:
        InputError: Missing, unreadable or not JSON.

    >>> load_config("Llama-3.1-8B") is None
    True
    """
    file = config_path(model)
    if file is None:
        return None
    try:
        parsed = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError("no such file", where="workload.model", value=str(model), hint="Check the path") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where="workload.model", value=str(model)) from None
    except (ValueError, RecursionError) as error:
        hint = "Fetch the file again"
        raise InputError(f"not valid JSON: {error}", where="workload.model", value=str(model), hint=hint) from None
    if not isinstance(parsed, dict):
        hint = "Give a model's config.json"
        raise InputError("not a table of keys", where="workload.model", value=str(model), hint=hint)
    return parsed


def config_path(model: str | Path) -> Path | None:
    """Give the file in which `load_config` looks for a model, None for a name.

    Raises:
        InputError: A hub id that cannot be fetched.
    """
    file = Path(model)
    if file.suffix.lower() == ".json":
        return file
    file = file / "config.json"
    if file.is_file():
        return file
    return Path(hub_config_path(str(model))) if _from_hub(str(model)) else None


def _from_hub(model: str) -> bool:
    """Tell whether the hub is asked: the extra is there, and the catalogue does not know the id."""
    from wattscale.catalog import load_catalog
    from wattscale.workload.models import find_row

    return is_hub_id(model) and hub_available() and find_row(load_catalog(), model) is None


def architecture_from_config(config: Mapping[str, object], name: str) -> Architecture:
    """Build the architecture that a config.json describes.

    Args:
        config: Parsed config.json: dense, MoE, MLA, sparse, windowed, linear, state space, hybrid, encoder-decoder,
            multimodal wrapper, quantised.
        name: File or model, for messages and as the model's name.

    Returns:
        The architecture.

    Raises:
        InputError: The file does not describe a language model; names the file and the reason.

    >>> small = {"model_type": "llama", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2,
    ...          "intermediate_size": 16, "vocab_size": 10}
    >>> architecture_from_config(small, "small").layers
    2
    """
    found = view(config, name)
    try:
        return _read(found)
    except (TypeError, ValueError, IndexError, KeyError, ZeroDivisionError, OverflowError, AttributeError) as error:
        raise found.refuse(f"its sizes cannot be read ({error})", hint="Fetch the file again") from None


def _read(found: ConfigView) -> Architecture:
    depth = found.get("layers", "encoder_layers")
    missing = [name for name, size in (("hidden_size", found.get("d_model")), ("num_hidden_layers", depth)) if not size]
    if missing:
        raise found.refuse(f"has no {' and no '.join(missing)}, so it does not say how large the model is")
    for key in ("layers", "encoder_layers", "decoder_layers", "num_decoder_layers"):
        if found.count(key, 0) > MOST_LAYERS:
            raise found.refuse(f"has {found.count(key)} layers", allowed=f"at most {MOST_LAYERS}")
    if found.get("is_encoder_decoder") or found.get("encoder_layers") is not None:
        return _encoder_decoder(found)
    if found.family in SHARED_BLOCKS:
        raise found.refuse("uses one attention block in several layers, which is not modelled")
    if blocks := found.listing("block_configs"):
        groups = _searched(found, blocks)
    else:
        groups = _stack(found, found.count("layers", least=1))
    return _whole(found, groups)


def _stack(found: ConfigView, layers: int) -> tuple[LayerGroup, ...]:
    mixing = attention_of_layers(found, layers)
    feeding = feed_forward_of_layers(found, layers)
    beside = _state_space_beside(found, layers)
    extra = _extra_params(found)
    norms = 4 if found.family.startswith(("gemma2", "gemma3", "gemma4", "glm4")) else 2
    merged: dict[LayerGroup, int] = {}
    for a, f, second in zip(mixing, feeding, beside, strict=True):
        count = norms if a is not None and f is not None else 1
        merged_key = LayerGroup(1, a, f, count, second, extra)
        merged[merged_key] = merged.get(merged_key, 0) + 1
    return tuple(replace(group, count=n) for group, n in merged.items())


def _state_space_beside(found: ConfigView, layers: int) -> list[Attention | None]:
    if not found.get("mamba_d_ssm"):
        return [None] * layers
    words = {**found.values, "hybrid_override_pattern": "M" * layers}
    return attention_of_layers(ConfigView(found.name, found.family, words, found.outer), layers)


def _extra_params(found: ConfigView) -> float:
    """Weights of a layer beside token mixing and feed-forward: hyper-connections, per-layer inputs, low-rank parts."""
    d = found.count("d_model", least=1)
    streams = found.count("hc_mult", 0)
    extra = 2.0 * streams * d * (streams * streams + 2 * streams)
    per_layer = found.count("hidden_size_per_layer_input", 0)
    extra += 3.0 * d * per_layer
    extra += 2.0 * d * found.count("laurel_rank", 0)
    if found.family in RELATIVE_POSITIONS:
        extra += float(d * d)
    return extra


def _searched(found: ConfigView, blocks: list[object]) -> tuple[LayerGroup, ...]:
    """Read `block_configs`: each layer has heads and widths of its own, or lacks a part."""
    heads = found.count("heads", least=1)
    d = found.count("d_model", least=1)
    dim = found.count("head_dim", d // heads)
    merged: dict[LayerGroup, int] = {}
    for block in blocks:
        if not isinstance(block, Mapping):
            raise found.refuse("block_configs holds an entry that is not a table")
        mixing, feeding = dict(block.get("attention") or {}), dict(block.get("ffn") or {})
        attention = None
        if not mixing.get("no_op") and not mixing.get("replace_with_linear"):
            window = mixing.get("window_length")
            kv = heads // int(mixing.get("n_heads_in_group") or 1)
            attention = Attention(
                "window" if window else "full", heads, int(mixing.get("num_key_value_heads") or kv), dim, dim, window
            )
        linears = bool(mixing.get("replace_with_linear")) + bool(feeding.get("replace_with_linear"))
        group = LayerGroup(1, attention, block_feed_forward(found, feeding), extra_params=float(linears * d * d))
        merged[group] = merged.get(group, 0) + 1
    return tuple(replace(group, count=n) for group, n in merged.items())


def _whole(found: ConfigView, groups: tuple[LayerGroup, ...]) -> Architecture:
    d, vocab = found.count("d_model", least=1), found.count("vocab", least=1)
    if "ssm_cfg" in found.values:
        of = found.count("pad_vocab_size_multiple", 8, least=1)
        vocab = -(-vocab // of) * of
    context = found.count("context", 0)
    embed = found.count("word_embed_proj_dim", d)
    positions = context + LEARNED_POSITIONS[found.family] if found.family in LEARNED_POSITIONS else 0
    layers = sum(g.count for g in groups)
    per_layer = found.count("hidden_size_per_layer_input", 0)
    return Architecture(
        name=found.name,
        d_model=d,
        vocab=vocab,
        tied_embeddings=_tied(found),
        groups=groups,
        max_context=context,
        positions=positions,
        d_embed=embed if embed != d else 0,
        norm_bias=found.family in LAYER_NORM,
        tower_params=tower_params(found.outer, d),
        lookup_params=float(found.count("vocab_size_per_layer_input", 0) * per_layer * layers),
        has_head=found.family not in ENCODER_ONLY,
    )


def _tied(found: ConfigView) -> bool:
    keys = ("tie_word_embeddings", "tie_embeddings", "weight_tying", "share_input_output_layers")
    stated = next((found.values[key] for key in keys if key in found.values), None)
    if stated is None and "ssm_cfg" in found.values:
        return True
    return found.family in TIED_BY_DEFAULT if stated is None else bool(stated)


def _encoder_decoder(found: ConfigView) -> Architecture:
    d = found.count("d_model", least=1)
    heads = found.count("heads", found.count("encoder_attention_heads", 0), least=1)
    dim = found.count("head_dim", d // heads, least=1)
    depth = found.count("layers", found.count("decoder_layers", 0), least=0)
    depth_in = found.count("encoder_layers", depth, least=1)
    depth_out = found.count("decoder_layers", found.count("num_decoder_layers", depth), least=1)
    bias = found.family in FULL_BIAS
    own = Attention("full", heads, heads, dim, dim, qkv_bias=bias, out_bias=bias)
    reading = replace(own, causal=False)
    crossing = replace(own, kind="cross")
    outer = feed_forward_of_layers(found, depth_out)
    inner = feed_forward_of_layers(found, depth_in)
    whole = _whole(found, _grouped([(own, f, crossing) for f in outer], norms=3))
    encoder = _grouped([(reading, f, None) for f in inner], norms=2)
    return replace(whole, encoder=encoder, encoder_token_share=ENCODER_TOKEN_SHARE)


def _grouped(
    layers: list[tuple[Attention, FeedForward | None, Attention | None]], norms: int
) -> tuple[LayerGroup, ...]:
    merged: dict[LayerGroup, int] = {}
    for attention, feed_forward, second in layers:
        group = LayerGroup(1, attention, feed_forward, norms, second)
        merged[group] = merged.get(group, 0) + 1
    return tuple(replace(group, count=n) for group, n in merged.items())
