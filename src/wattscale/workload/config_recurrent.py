"""Recurrent token mixing of a config.json: linear attention, state spaces, RWKV, gated recurrences, convolutions.

In: a `ConfigView`. Out: the `Attention` of such a layer.
Leaves out: which layers have it (`config_attention`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from wattscale.workload.config_view import ConfigView
from wattscale.workload.layers import Attention


def _linear(view: ConfigView) -> Attention:
    if view.get("linear_num_value_heads"):  # gated delta rule (Qwen3-Next, Qwen3.5)
        keys = view.count("linear_key_head_dim", least=1)
        return Attention(
            kind="linear",
            heads=view.count("linear_num_value_heads", least=1),
            kv_heads=view.count("linear_num_key_heads", least=1),
            head_dim=keys,
            v_head_dim=view.count("linear_value_head_dim", least=1),
            state_dim=keys,
            conv_width=view.count("linear_conv_kernel_dim", 4),
            output_gate=True,
            head_gates=2,
        )
    heads = view.count("heads", least=1)
    dim = view.count("head_dim", view.count("d_model") // heads, least=1)
    if view.listing("kda_layers") is not None:  # Kimi Delta Attention
        inner = view.values.get("linear_attn_config")
        table = inner if isinstance(inner, dict) else {}
        heads, dim = int(table.get("num_heads", heads)), int(table.get("head_dim", dim))
        return Attention(
            "linear", heads, heads, dim, dim, state_dim=dim, low_rank=dim, head_gates=1,
            conv_width=view.count("short_conv_kernel_size", 4),
        )  # fmt: skip
    return Attention("linear", heads, heads, dim, dim, state_dim=dim, state_ops=4.0, output_gate=True)


def _mamba(view: ConfigView) -> Attention:
    width = view.count("d_model", least=1)
    inner = view.count("mamba_expand", view.count("expand", 2)) * width
    if view.family in ("mamba", "falcon_mamba"):
        inner = view.count("intermediate_size", inner)
    rank = view.get("mamba_dt_rank", "time_step_rank", "dt_rank")
    return Attention(
        kind="mamba",
        heads=inner,
        kv_heads=1,
        head_dim=1,
        v_head_dim=1,
        state_dim=view.count("mamba_d_state", view.count("state_size", view.count("d_state", 16))),
        conv_width=view.count("mamba_d_conv", view.count("conv_kernel", 4)),
        low_rank=rank if isinstance(rank, int) else math.ceil(width / 16),
    )


def _mamba2(view: ConfigView) -> Attention:
    width = view.count("d_model", least=1)
    dim = view.count("mamba_head_dim", view.count("mamba_d_head", _mamba2_head(view)), least=1)
    inner = view.count("mamba_d_ssm", view.count("mamba_expand", view.count("expand", 2)) * width)
    heads = view.count("mamba_num_heads", view.count("mamba_n_heads", 0))
    if not heads:
        heads = inner // dim
    return Attention(
        kind="mamba2",
        heads=heads,
        kv_heads=1,
        head_dim=dim,
        v_head_dim=dim,
        state_dim=view.count(
            "ssm_state_size", view.count("mamba_d_state", view.count("state_size", view.count("d_state", 128)))
        ),
        conv_width=view.count("mamba_d_conv", view.count("conv_kernel", 4)),
        groups=view.count("mamba_n_groups", view.count("n_groups", 1), least=1),
    )


def _mamba2_head(view: ConfigView) -> int:
    return view.count("head_dim", 64) if view.family == "mamba2" else 64


RWKV7_RANKS: Mapping[str, tuple[str, int]] = {
    "decay_low_rank_dim": ("decay_lora_rank", 64),
    "a_low_rank_dim": ("in_context_learning_lora_rank", 64),
    "v_low_rank_dim": ("value_lora_rank", 32),
    "gate_low_rank_dim": ("gate_lora_rank", 128),
}
"""Ranks of the data-dependent gates of RWKV 7: key, other spelling, value of the smallest models."""
WIDE_RWKV = 4096
"""From this width on RWKV 6 has gates of twice the rank."""


def _rwkv_rank(view: ConfigView, generation: int) -> int:
    """Sum of the ranks of all data-dependent gates; none before generation 6."""
    if generation == 7:
        return sum(view.count(key, view.count(other, usual)) for key, (other, usual) in RWKV7_RANKS.items())
    if generation == 6:
        return (5 * 32 + 64) * (2 if view.count("d_model") >= WIDE_RWKV else 1)
    return 0


def _rwkv(view: ConfigView) -> Attention:
    width = view.count("d_model", least=1)
    dim = view.count("head_size", view.count("head_dim", 64), least=1)
    inner = view.count("attention_hidden_size", width, least=1)
    generation = next((int(c) for c in view.family if c.isdigit()), 4)
    single = generation == 4
    return Attention(
        kind="rwkv",
        heads=inner if single else inner // dim,
        kv_heads=1,
        head_dim=1 if single else dim,
        v_head_dim=1 if single else dim,
        state_dim=3 if single else dim,
        low_rank=_rwkv_rank(view, generation),
        output_gate=generation in (5, 6),
    )


def _griffin(view: ConfigView) -> Attention:
    width = view.count("lru_width", view.count("d_model"), least=1)
    heads = view.count("heads", least=1)
    return Attention("recurrent", width, 1, 1, 1, state_dim=1, conv_width=view.count("conv1d_width", 4), groups=heads)


def _conv(view: ConfigView) -> Attention:
    width = view.count("conv_dim", view.count("d_model"), least=1)
    return Attention("conv", width, 1, 1, 1, conv_width=view.count("conv_L_cache", 3))


STATE_BYTES: Mapping[str, float] = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0}
"""Bytes of a state element by the word of the config."""


def recurrent_attention(view: ConfigView, word: str) -> Attention:
    """Read a recurrent layer.

    Args:
        view: The config.
        word: Key of `RECURRENT`.
    """
    stated = str(view.get("mamba_ssm_dtype", "mamba_ssm_cache_dtype") or "bfloat16")
    return replace(RECURRENT[word](view), state_bytes=STATE_BYTES.get(stated, 2.0))


RECURRENT: Mapping[str, Callable[[ConfigView], Attention]] = {
    "linear": _linear,
    "mamba": _mamba,
    "mamba2": _mamba2,
    "rwkv": _rwkv,
    "recurrent": _griffin,
    "conv": _conv,
}
"""Readers by kind of layer."""
