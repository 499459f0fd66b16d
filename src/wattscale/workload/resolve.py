"""The best architecture for a model of which a name and perhaps sizes are known, as in tables of measurements.

In: name, sizes, words for the kind. Out: an `Architecture`, with a warning where it is an archetype.
Leaves out: any measured column; only inputs are looked at.
"""

from __future__ import annotations

import re

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.figure import PlanWarning
from wattscale.workload.archetype import archetype
from wattscale.workload.layers import Architecture
from wattscale.workload.models import architecture_of_row, find_row
from wattscale.workload.parameters import params_total

TOTAL_IN_NAME = re.compile(r"(?<![a-z0-9.])(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)
ACTIVE_IN_NAME = re.compile(r"(?<![a-z0-9.])a(\d+(?:\.\d+)?)b(?![a-z0-9])", re.IGNORECASE)
"""How names tell their parameters in billions, of all and of those active per token: `397B-A17B`."""
SAME_MODEL = 0.35
"""A catalogued model within this share of the stated total is the one meant (Gemma 2 2B has 2.6 billion)."""


def architecture_for(
    catalog: Catalog,
    name: str,
    params_total_b: float | None = None,
    params_active_b: float | None = None,
    arch_kind: str = "",
    *,
    layers: int | None = None,
    d_model: int | None = None,
    heads: int | None = None,
    vocab: int | None = None,
    year: int | None = None,
) -> tuple[Architecture, tuple[PlanWarning, ...]]:
    """Find a model by name, or build the archetype of its sizes.

    A catalogued model of that name is taken when the sizes stated beside the name agree with it: the total within
    35 %, layers and width exactly. Otherwise the sizes win; where none is stated, those in the name.

    Args:
        catalog: The catalogue.
        name: Name, hub id or usual spelling.
        params_total_b: Total parameters [1e9].
        params_active_b: Parameters active per token [1e9].
        arch_kind: Words for the kind, such as "MoE decoder".
        layers: Layers (of both stacks).
        d_model: Width of the residual stream.
        heads: Query heads.
        vocab: Vocabulary.
        year: Year of the model.

    Returns:
        The architecture, and a warning `archetype` where it was built from sizes alone.

    Raises:
        InputError: Unknown name and no sizes.

    >>> from wattscale.catalog import load_catalog
    >>> architecture_for(load_catalog(), "meta-llama/Llama-3.1-8B-Instruct", 8.0)[0].layers
    32
    >>> architecture_for(load_catalog(), "nobody/knows-13B", 13.0)[1][0].code
    'archetype'
    """
    row = find_row(catalog, name)
    if row is not None:
        found = architecture_of_row(row)
        if _agrees(found, params_total_b, layers, d_model):
            return found, ()
    if params_total_b is None:
        params_total_b, in_name = sizes_in_name(name)
        params_active_b = params_active_b or in_name
    if params_total_b is None:
        hint = "Give its total parameters, a catalogued name or a config.json"
        raise InputError("not in the catalogue, and no size is given", where="model", value=name, hint=hint)
    built = archetype(
        catalog,
        params_total_b,
        params_active_b,
        arch_kind,
        layers=layers,
        d_model=d_model,
        heads=heads,
        vocab=vocab,
        year=year,
        name=name,
    )
    message = f"{name} is not in the catalogue: an archetype of {params_total_b:g} billion parameters stands for it."
    return built, (PlanWarning("archetype", message),)


def sizes_in_name(name: str) -> tuple[float | None, float | None]:
    """Read total and active parameters from a name [1e9], None where it tells none.

    >>> sizes_in_name("acme/Zebra-397B-A17B-FP8"), sizes_in_name("zebra_1.5b_instruct"), sizes_in_name("Zebra-8x7B")
    ((397.0, 17.0), (1.5, None), (None, None))
    """
    total, active = TOTAL_IN_NAME.search(name), ACTIVE_IN_NAME.search(name)
    return (float(total[1]) if total else None, float(active[1]) if active else None)


def _agrees(found: Architecture, total_b: float | None, layers: int | None, d_model: int | None) -> bool:
    if total_b is not None and abs(params_total(found) / (total_b * 1e9) - 1.0) > SAME_MODEL:
        return False
    stacked = found.layers + sum(g.count for g in found.encoder)
    return (layers is None or layers == stacked) and (d_model is None or d_model == found.d_model)
