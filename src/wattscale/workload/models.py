"""Architectures by name: from the catalogue's rows, or an archetype where only sizes are known.

In: the catalogue, a name, sizes. Out: `Architecture`.
Leaves out: config.json files (`config`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from wattscale.catalog import Catalog
from wattscale.catalog.reader import Row
from wattscale.catalog.table import plain
from wattscale.errors import InputError
from wattscale.workload.config import architecture_from_config
from wattscale.workload.hub import hub_available, is_hub_id
from wattscale.workload.layers import Architecture

TABLE = "models"

COLUMN_KEYS: Mapping[str, str] = {
    "layers": "num_hidden_layers",
    "d_model": "hidden_size",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_dim": "head_dim",
    "d_ff": "intermediate_size",
    "vocab": "vocab_size",
    "max_context": "max_position_embeddings",
    "experts": "num_local_experts",
    "experts_per_token": "num_experts_per_tok",
    "d_expert": "moe_intermediate_size",
    "shared_experts": "n_shared_experts",
    "d_shared": "shared_expert_intermediate_size",
    "dense_layers": "first_k_dense_replace",
    "window": "sliding_window",
    "full_every": "sliding_window_pattern",
    "q_rank": "q_lora_rank",
    "kv_rank": "kv_lora_rank",
    "nope_dim": "qk_nope_head_dim",
    "rope_dim": "qk_rope_head_dim",
    "v_head_dim": "v_head_dim",
}
"""Columns of the catalogue and the config.json keys they stand for."""

_DRESS = re.compile(
    r"(-hf|-chat|-instruct|-it|-pt|-base|-thinking|-preview|-fp8(-static-pertensor)?|-fp4|-nvfp4|-mxfp4|-awq|-gptq|-int4|"
    r"-int8|-bf16|-w4a16|-w8a8|-dynamic|-v\d+(\.\d+)*|-\d{4}|-4k|-8k|-32k|-128k|\s*\(.*\))+$",
    re.IGNORECASE,
)
"""Endings of model names that do not change the sizes: tuning, precision, revision, context."""


def find_row(catalog: Catalog, name: str) -> Row | None:
    """Find a model in the catalogue by name, alias or near spelling.

    Organisation, tuning, precision and revision are stripped one after the other; sizes never are.

    Args:
        catalog: The catalogue.
        name: Name, hub id or usual spelling.

    Returns:
        The row, or None.

    >>> from wattscale.catalog import load_catalog
    >>> find_row(load_catalog(), "RedHatAI/Llama-3.3-70B-Instruct-FP8").name
    'Llama-3.3-70B'
    """
    for spelling in spellings(name):
        if catalog.has_row(TABLE, spelling):
            return catalog.row(TABLE, spelling)
    return None


def spellings(name: str) -> list[str]:
    """List the ways a model name may stand in the catalogue, nearest first.

    >>> spellings("org/Model-7B-Instruct")
    ['org/Model-7B-Instruct', 'Model-7B-Instruct', 'Model-7B']
    """
    short = name.rsplit("/", 1)[-1].strip()
    bare = _DRESS.sub("", short)
    no_maker = re.sub(r"^(meta|mistralai|nvidia|mlperf)[-_ ]", "", bare, flags=re.IGNORECASE)
    found = [name, short, bare, no_maker]
    return [s for s in dict.fromkeys(found) if plain(s)]


def config_of_row(row: Row) -> dict[str, object]:
    """Write a catalogue row as the config.json it was taken from (only the keys that sizes need).

    Args:
        row: Row of the table `models`; each cell read is noted in the ledger.
    """
    config: dict[str, object] = {"model_type": row.text("family")}
    for column, key in COLUMN_KEYS.items():
        if row.has(column):
            config[key] = int(row.number(column))
    if row.text("tied"):
        config["tie_word_embeddings"] = row.text("tied") == "true"
    for part in filter(None, row.text("further").split(";")):
        key, _, value = part.partition("=")
        config[key] = _parsed(value)
    if row.has("kv_heads") and row.text("family") == "falcon":
        config["new_decoder_architecture"] = True
    return config


def _parsed(text: str) -> object:
    if "|" in text:
        return [_parsed(word) for word in text.split("|")]
    if text in ("True", "False"):
        return text == "True"
    words = {"F": "full_attention", "S": "sliding_attention"}
    return int(text) if re.fullmatch(r"-?\d+", text) else words.get(text, text)


def architecture_of_row(row: Row) -> Architecture:
    """Build the architecture of a catalogue row, with the published counts beside it.

    >>> from wattscale.catalog import load_catalog
    >>> architecture_of_row(load_catalog().row("models", "Llama-3.1-8B")).layers
    32
    """
    found = _built(json.dumps(config_of_row(row)), row.name)
    return replace(
        found,
        params_published=row.number("params_total_b") * 1e9 if row.has("params_total_b") else None,
        params_active_published=row.number("params_active_b") * 1e9 if row.has("params_active_b") else None,
    )


@lru_cache(maxsize=256)
def _built(config: str, name: str) -> Architecture:
    """Build once per set of sizes: tables of measurements name the same models thousands of times."""
    return architecture_from_config(json.loads(config), name)


def named_architecture(catalog: Catalog, name: str) -> Architecture:
    """Give the architecture of a catalogued model.

    Args:
        catalog: The catalogue.
        name: Name, hub id or usual spelling.

    Raises:
        InputError: Unknown; the nearest names are listed.
    """
    row = find_row(catalog, name)
    if row is None:
        try:
            row = catalog.row(TABLE, name, where="workload.model")
        except InputError as error:
            others = 'A config.json works too, or model = "sizes" with workload.architecture'
            if is_hub_id(name) and not hub_available():
                others = "A config.json works too; hub ids need the extra: pip install 'wattscale[hub]'"
            hint = " ".join(filter(None, [error.hint, others]))
            raise InputError(error.message, where=error.where, value=error.value, hint=hint) from None
    return architecture_of_row(row)
