"""A config.json under one set of names.

In: the parsed mapping and its name. Out: `ConfigView`, which finds a size under any of its spellings and checks it.
Leaves out: what the sizes mean (`config_attention`, `config_feedforward`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wattscale.errors import InputError, clipped
from wattscale.workload.families import DEFAULTS

WRAPPERS = ("text_config", "llm_config", "language_config", "language_model_config", "thinker_config", "text_model")
"""Keys under which multimodal wrappers keep the language model."""

NESTED = ("attn_config", "ffn_config", "linear_attn_config", "ssm_cfg", "attention_config")
"""Keys under which some families keep part of the sizes."""

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "d_model": ("hidden_size", "n_embd", "d_model", "model_dim", "n_embed", "dim"),
    "layers": ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_transformer_layers"),
    "heads": (
        "num_attention_heads",
        "n_head",
        "n_heads",
        "num_heads",
        "num_query_heads",
        "decoder_attention_heads",
        "attention_heads",
    ),
    "kv_heads": ("num_key_value_heads", "num_kv_heads", "n_head_kv", "kv_n_heads", "num_attention_groups"),
    "head_dim": ("head_dim", "attention_head_dim", "kv_channels", "d_kv"),
    "d_ff": (
        "intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size", "d_ff", "ff_intermediate_size",
        "inner_hidden_size", "decoder_ffn_dim", "block_ff_dim", "mlp_hidden_size", "d_inner",
    ),
    "vocab": ("vocab_size", "padded_vocab_size", "n_vocab", "embedding_size"),
    "context": (
        "max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length", "max_sequence_length",
        "model_max_length", "context_length", "max_context_length", "max_target_positions",
    ),
    "experts": (
        "n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts", "n_experts", "num_moe_experts",
    ),
    "experts_per_token": (
        "num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_top_k", "moe_k", "moe_topk",
        "top_k_experts", "num_selected_experts", "topk", "router_topk",
    ),
    "d_expert": (
        "moe_intermediate_size", "expert_ffn_hidden_size", "moe_ffn_hidden_size", "expert_ffn_size", "expert_dim",
    ),
    "shared_experts": (
        "n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts",
    ),
    "d_shared": (
        "shared_expert_intermediate_size", "moe_shared_expert_intermediate_size", "share_expert_dim",
        "shared_intermediate_size", "moe_shared_expert_dim",
    ),
}  # fmt: skip
"""The spellings of each size, the usual one first."""

OWN_SIZES = frozenset({"hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"})
"""Sizes that only a wrapper may leave to the family's code; a model's own config states them."""

LARGEST = 1_000_000_000
"""No size of a language model comes near it; a larger one is a damaged file."""


@dataclass(frozen=True)
class ConfigView:
    """A language model's config, with the defaults of its family.

    Attributes:
        name: File or model, for messages.
        family: `model_type`.
        values: Keys of the language model, nested tables merged in.
        outer: The file as it is.
    """

    name: str
    family: str
    values: Mapping[str, object]
    outer: Mapping[str, object]

    def get(self, *keys: str) -> object:
        """Give the first of the keys that has a value, else None."""
        for key in keys:
            for spelling in SPELLINGS.get(key, (key,)):
                found = self.values.get(spelling)
                if found is not None:
                    return found
        return None

    def flag(self, key: str, default: bool = False) -> bool:
        """Give a yes/no key."""
        found = self.values.get(key)
        return default if found is None else bool(found)

    def count(self, key: str, default: int | None = None, layer: int = 0, least: int = 0) -> int:
        """Give a size as a whole number; where the file lists one per layer, that of `layer`.

        Args:
            key: One of `SPELLINGS`, or the key itself.
            default: Value where the key is absent; without it absence is an error.
            layer: Index of the layer.
            least: Smallest value allowed.

        Raises:
            InputError: Absent without a default, not a whole number, or out of range.
        """
        found = self.get(key)
        if isinstance(found, list | tuple) and found:
            found = found[min(layer, len(found) - 1)]
        if found is None:
            if default is None:
                raise self.refuse(f"has no {SPELLINGS.get(key, (key,))[0]}")
            return default
        whole = isinstance(found, int) or (isinstance(found, float) and found.is_integer())
        if isinstance(found, bool) or not whole or not least <= int(found) <= LARGEST:  # type: ignore[call-overload]
            raise self.refuse(
                f"{SPELLINGS.get(key, (key,))[0]} = {clipped(found)} is not a size",
                allowed=f"a whole number from {least} to {LARGEST}",
            )
        return int(found)  # type: ignore[call-overload,no-any-return]

    def listing(self, key: str) -> list[object] | None:
        """Give a list of the file, else None."""
        found = self.values.get(key)
        return list(found) if isinstance(found, list | tuple) and found else None

    def refuse(self, reason: str, allowed: str | None = None, hint: str | None = None) -> InputError:
        """Make the error that names the file and the reason."""
        usual = "Give the config.json of a language model, or its sizes in workload.architecture"
        return InputError(f"{self.name}: {reason}", where="workload.model", allowed=allowed, hint=hint or usual)


def view(config: Mapping[str, object], name: str) -> ConfigView:
    """Find the language model in a config and put the defaults of its family beneath.

    Args:
        config: Parsed config.json.
        name: File or model, for messages.

    Returns:
        The view.

    Raises:
        InputError: Not a mapping, or an adapter or image model.

    >>> view({"text_config": {"model_type": "llama", "hidden_size": 8}}, "x").count("d_model")
    8
    """
    if not isinstance(config, Mapping):
        raise InputError(f"{name}: not a table of keys", where="workload.model", hint="Give a model's config.json")
    inner: Mapping[str, object] = config
    for _ in range(3):
        nested = next((inner[k] for k in WRAPPERS if isinstance(inner.get(k), Mapping)), None)
        if not isinstance(nested, Mapping):
            break
        outer_facts = {k: v for k, v in inner.items() if k == "tie_word_embeddings"}
        inner = {**outer_facts, **nested}
    merged = dict(inner)
    for key in NESTED:
        part = inner.get(key)
        if isinstance(part, Mapping):
            merged = {**{k: v for k, v in part.items() if k not in ("model_type", "hidden_size")}, **merged}
    family = str(merged.get("model_type") or config.get("model_type") or "").lower()
    usual = {k: v for k, v in DEFAULTS.get(family, {}).items() if inner is not config or k not in OWN_SIZES}
    merged = {**usual, **{k: v for k, v in merged.items() if v is not None}}
    found = ConfigView(name, family, merged, config)
    for key, what in (("peft_type", "an adapter"), ("_class_name", "an image model"), ("image_size", "an image model")):
        if key in config and found.get("layers") is None:
            raise found.refuse(f"describes {what}, not a language model")
    return found
