"""Feed-forward part of each layer of a config.json.

In: a `ConfigView`. Out: for each layer its `FeedForward`, or None.
Leaves out: token mixing (`config_attention`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wattscale.workload.config_view import ConfigView
from wattscale.workload.families import FULL_BIAS, HALF_FEED_FORWARD, NOT_GATED, STATES_WIDTH
from wattscale.workload.layers import FeedForward


def feed_forward_of_layers(view: ConfigView, layers: int) -> list[FeedForward | None]:
    """Give the feed-forward of each layer.

    Args:
        view: The config.
        layers: Number of layers.

    Returns:
        One entry per layer, None where the layer has none.

    Raises:
        InputError: Sizes that do not fit.
    """
    pattern = view.get("hybrid_override_pattern")
    routed = _routed_layers(view, layers)
    found: list[FeedForward | None] = []
    for i in range(layers):
        if isinstance(pattern, str):
            found.append({"-": dense, "E": moe}.get(pattern[i], _nothing)(view, i))
        elif view.family in ("mamba", "mamba2", "falcon_mamba") or "ssm_cfg" in view.values:
            inner = view.values.get("d_intermediate")
            found.append(dense(view, i) if inner else None)
        else:
            found.append(moe(view, i) if routed[i] else dense(view, i))
    return found


def _nothing(view: ConfigView, layer: int) -> FeedForward | None:
    return None


def _routed_layers(view: ConfigView, layers: int) -> list[bool]:
    """Tell which layers have routed experts, from whichever key the family uses."""
    span = range(layers)
    if view.get("experts") is None or view.count("experts") <= 1:
        return [False] * layers
    for key in ("mlp_layer_types", "ffn_layer_types"):
        if kinds := view.listing(key):
            return [str(kinds[i]) in ("sparse", "moe") for i in span]
    if places := view.listing("moe_layers"):
        return [i in places for i in span]
    if isinstance(text := view.get("moe_layers_enum"), str):
        numbers = {int(word) for word in text.split(",") if word.strip()}
        return [i in numbers for i in span]
    if isinstance(flags := view.get("moe_layer_freq"), list):
        return [bool(flags[i]) for i in span]
    first = view.count("first_k_dense_replace", view.count("moe_layer_start_index", view.count("num_dense_layers", 0)))
    last = view.count("moe_layer_end_index", layers - 1)
    dense_only = view.listing("mlp_only_layers") or []
    step = _step(view)
    return [first <= i <= last and i not in dense_only and step(i) for i in span]


def _step(view: ConfigView) -> Callable[[int], bool]:
    if view.get("expert_layer_period"):
        period, offset = view.count("expert_layer_period", least=1), view.count("expert_layer_offset", 0)
        return lambda i: i % period == offset
    for key in ("interleave_moe_layer_step", "decoder_sparse_step", "moe_layer_interval", "moe_layer_frequency"):
        if view.get(key):
            every = view.count(key, least=1)
            return lambda i: (i + 1) % every == 0
    if view.get("moe_layer_freq"):
        every = view.count("moe_layer_freq", least=1)
        return lambda i: i % every == 0
    return lambda i: True


def dense(view: ConfigView, layer: int) -> FeedForward | None:
    """Read a dense feed-forward."""
    width = _dense_width(view, layer)
    if width == 0:
        return None
    return FeedForward("dense", width, _gated(view), bias=_bias(view), receptance=_receptance(view))


def _dense_width(view: ConfigView, layer: int) -> int:
    d = view.count("d_model", least=1)
    if view.family.startswith("llama4") and view.get("intermediate_size_mlp"):
        return view.count("intermediate_size_mlp", least=1)
    if view.get("shared_intermediate_size") and view.count("experts", 0) <= 1 and view.family.startswith("granite"):
        return view.count("shared_intermediate_size")
    for key in ("ffn_mult", "ffn_multipliers"):
        if (scales := view.get(key)) is not None:
            scale = scales[min(layer, len(scales) - 1)] if isinstance(scales, list) else scales
            return multiple(int(float(str(scale)) * d), view.count("ffn_dim_divisor", 256))
    width = _usual_width(view, d) if view.get("d_ff") is None else view.count("d_ff", layer=layer)
    if view.family in HALF_FEED_FORWARD:
        width //= 2
    if view.flag("block_auto_adjust_ff_dim"):
        scale = float(str(view.get("block_ffn_dim_multiplier") or 1.0))
        width = multiple(int(scale * int(2 * width / 3)), view.count("block_multiple_of", 256))
    return width * (2 if view.flag("use_double_wide_mlp") else 1)


def _usual_width(view: ConfigView, d: int) -> int:
    """Four times the width, or the ratio the config states; RWKV 5 and 6 take 3.5 times, in steps of 32.

    Raises:
        InputError: A family whose width is no multiple, so that a config without it is incomplete.
    """
    if view.family.startswith(("rwkv5", "rwkv6")):
        return multiple_down(int(3.5 * d), 32)
    if view.family in STATES_WIDTH:
        raise view.refuse("has no intermediate_size")
    return int(float(str(view.get("expansion_ratio", "mlp_ratio") or 4)) * d)


def multiple(width: int, of: int) -> int:
    """Round a width up to a multiple.

    >>> multiple(300, 256)
    512
    """
    return -(-width // of) * of


def multiple_down(width: int, of: int) -> int:
    """Round a width down to a multiple.

    >>> multiple_down(300, 256)
    256
    """
    return width // of * of


def moe(view: ConfigView, layer: int) -> FeedForward | None:
    """Read a feed-forward with routed experts."""
    experts = view.count("experts", layer=layer, least=1)
    chosen = view.count("experts_per_token", layer=layer, least=1)
    if chosen > experts:
        raise view.refuse(f"{chosen} experts per token of {experts} experts")
    width = view.count("d_expert" if view.get("d_expert") else "d_ff", layer=layer, least=1)
    count, shared = _shared(view, layer, width)
    found = FeedForward(
        "moe", 0, _gated(view), experts, chosen, count, width, shared,
        latent=view.count("moe_latent_size", 0), bias=_bias(view) or view.family == "gpt_oss",
        gated_shared=view.family in ("qwen2_moe", "qwen3_next", "qwen3_5_moe_text"),
    )  # fmt: skip
    if view.flag("enable_moe_block"):  # dense block beside the experts (Gemma 4)
        return replace(found, d_ff=_dense_width(view, layer))
    if view.flag("use_residual") and view.family == "arctic":
        return replace(found, d_ff=view.count("d_model"))
    return found


def _shared(view: ConfigView, layer: int, width: int) -> tuple[int, int]:
    """Number and width of the shared experts."""
    if view.family.startswith("llama4"):
        return 1, view.count("intermediate_size")
    if view.flag("use_mixed_mlp_moe") or view.get("shared_experts") is not None:
        count = view.count("shared_experts", 1, layer=layer)
        if view.get("d_shared"):
            return (1 if count else 0), view.count("d_shared", layer=layer)
        return count, width
    if view.get("d_shared"):
        return (1, found) if (found := view.count("d_shared", layer=layer)) else (0, 0)
    return 0, 0


def _gated(view: ConfigView) -> bool:
    act = str(view.get("feed_forward_proj", "hidden_act", "mlp_hidden_act", "hidden_activation", "activation") or "")
    if view.get("feed_forward_proj") is not None:
        return act.startswith("gated")
    if "glu" in act:
        return True
    return view.family not in NOT_GATED and act != "relu2"


def _bias(view: ConfigView) -> bool:
    return view.family in FULL_BIAS or view.flag("mlp_bias")


def _receptance(view: ConfigView) -> bool:
    return view.family.startswith("rwkv") and view.family != "rwkv7"


def block_feed_forward(view: ConfigView, table: dict[str, object]) -> FeedForward | None:
    """Read the feed-forward of one entry of `block_configs` (Nemotron found by architecture search).

    Args:
        view: The config.
        table: The entry's `ffn` table.
    """
    if table.get("no_op") or table.get("replace_with_linear"):
        return None
    if table.get("intermediate_size"):
        return FeedForward("dense", int(str(table["intermediate_size"])))
    mult = table.get("ffn_mult")
    if mult is None:
        raise view.refuse("a block of block_configs has neither ffn_mult nor intermediate_size")
    return FeedForward("dense", multiple(int(2 * float(str(mult)) * view.count("d_model") / 3), 256))
