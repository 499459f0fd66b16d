"""What a model is made of and what a token costs: the data behind `wattscale model`.

In: an `Architecture`, or a name and the catalogue. Out: `ModelDescription`: parameters and FLOPs by part, attention
share over context, memory, quality by the scaling law.
Leaves out: its layout as text (`describe_text`) and charts (report).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import PurePath

from scipy.optimize import brentq

from wattscale.catalog import Catalog
from wattscale.workload.config import architecture_from_config
from wattscale.workload.flops import attention_flops, forward_flops, matmul_flops, mean_forward_flops
from wattscale.workload.layers import Architecture
from wattscale.workload.memory import kv_bytes_per_token, kv_cache_bytes, moe_layers, weight_bytes
from wattscale.workload.models import named_architecture
from wattscale.workload.parameters import (
    Parameters,
    active_parameters,
    parameters,
    params_active,
    params_total,
)
from wattscale.workload.precision import BITS, bytes_per_element
from wattscale.workload.scaling_law import Quality, quality

CONTEXTS = (1_000, 4_000, 16_000, 64_000, 256_000, 1_000_000)
"""Contexts at which a description looks [token]."""
TOKENS = (1e12, 15e12)
"""Training tokens at which the scaling law is asked, beside its optimum [token]."""
FURTHEST_CONTEXT = 1e12
"""Beyond it a crossover is of no interest [token]."""


@dataclass(frozen=True)
class ContextCost:
    """What one more token costs at a context.

    Attributes:
        context: Tokens attended [token].
        flops_per_token: Forward FLOPs [FLOP/token].
        attention_share: Share of attention scores and values in them [1].
        doubling_ratio: FLOPs of a whole sequence of twice this length over those of one of this length [1]: 2 where
            linear, 4 where quadratic.
        cache_bytes: Cache and state of one sequence in bf16 [B].
    """

    context: float
    flops_per_token: float
    attention_share: float
    doubling_ratio: float
    cache_bytes: float


@dataclass(frozen=True)
class ModelDescription:
    """What a model is made of and what a token costs.

    Attributes:
        architecture: The model.
        total, active: Parameters by part, all and of one token's path.
        params_total, params_active: Their sums; `params_active_bare` leaves out the embedding table.
        mixing: Layers by kind of token mixing.
        moe_layers: Layers with routed experts.
        matmul_flops: FLOPs on weights per token, the same at any context [FLOP/token].
        crossover_length: Context at which attention equals the rest [token], infinite where it never does.
        kv_bytes_per_token: By precision [B/token].
        weight_bytes: By precision [B].
        contexts: Cost over context.
        quality: Loss by the scaling law at the compute-optimal tokens and beyond; empty without a catalogue.
    """

    architecture: Architecture
    total: Parameters
    active: Parameters
    params_total: float
    params_active: float
    params_active_bare: float
    mixing: dict[str, int]
    moe_layers: int
    matmul_flops: float
    crossover_length: float
    kv_bytes_per_token: dict[str, float]
    weight_bytes: dict[str, float]
    contexts: tuple[ContextCost, ...]
    quality: tuple[Quality, ...] = ()

    def text(self) -> str:
        """Lay it out for people."""
        from wattscale.workload.describe_text import description_text

        return description_text(self)

    def to_dict(self) -> dict[str, object]:
        """Lay it out for `--json`, figures in the shape of plan.json."""
        from wattscale.workload.describe_text import description_dict

        return description_dict(self)

    def parameter_rows(self) -> list[tuple[str, float, float]]:
        """Give (part, all parameters, active parameters) of the parts that the model has [1]."""
        names = [f.name for f in fields(Parameters)]
        rows = [(n, float(getattr(self.total, n)), float(getattr(self.active, n))) for n in names]
        return [row for row in rows if row[1] or row[2]]


def attention_share(arch: Architecture, context: float) -> float:
    """Give the share of attention scores and values (and recurrent states) in the FLOPs of one token.

    Args:
        arch: The model.
        context: Tokens attended [token].

    Returns:
        Share [1].

    >>> from wattscale.workload.layers import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> round(attention_share(Architecture("8B", 4096, 128256, False, (layer,), 131072), 28627.0), 2)
    0.5
    """
    return attention_flops(arch, context) / forward_flops(arch, context)


def crossover_length(arch: Architecture) -> float:
    """Find the context at which attention costs as much as all the rest of a token.

    Args:
        arch: The model.

    Returns:
        Context [token]; infinite where windows or recurrent layers keep attention below the rest.

    >>> from wattscale.workload.layers import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> round(crossover_length(Architecture("8B", 4096, 128256, False, (layer,), 131072)))
    28628
    """
    rest = matmul_flops(arch)

    def excess(context: float) -> float:
        return attention_flops(arch, context) - rest

    if excess(FURTHEST_CONTEXT) <= 0:
        return math.inf
    if excess(1.0) >= 0:
        return 1.0
    found = float(brentq(lambda power: excess(math.exp(power)), 0.0, math.log(FURTHEST_CONTEXT), xtol=1e-12))
    return math.exp(found)


def doubling_ratio(arch: Architecture, length: float) -> float:
    """Compare the FLOPs of a sequence of twice the length with those of one of this length.

    >>> from wattscale.workload.layers import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> round(doubling_ratio(Architecture("8B", 4096, 128256, False, (layer,), 131072), 1e9), 2)
    4.0
    """
    return 2.0 * mean_forward_flops(arch, 2.0 * length) / mean_forward_flops(arch, length)


def describe_model(name: str, catalog: Catalog, config: Mapping[str, object] | None = None) -> ModelDescription:
    """Describe a model by name or config.json.

    Args:
        name: Catalogue name, or path of the config.json.
        catalog: The catalogue.
        config: The parsed file, None for a name.

    Raises:
        InputError: Unknown name, or a file that is no language model's.

    >>> from wattscale.catalog import load_catalog
    >>> describe_model("Mamba-2.8B", load_catalog()).mixing
    {'mamba': 64}
    """
    if config is not None:
        return describe(architecture_from_config(config, config_name(name)), catalog=catalog)
    return describe(named_architecture(catalog, name), catalog=catalog)


def config_name(path: str) -> str:
    """Name a model after its file, or after the folder where the file is called config.json.

    >>> config_name("models/mine/config.json"), config_name("models/mine.json")
    ('mine', 'mine')
    """
    file = PurePath(path)
    return file.parent.name if file.stem == "config" and file.parent.name else file.stem


def describe(
    arch: Architecture, contexts: tuple[float, ...] = CONTEXTS, catalog: Catalog | None = None
) -> ModelDescription:
    """Describe a model.

    Args:
        arch: The model.
        contexts: Contexts at which to look [token].
        catalog: The catalogue, for the scaling law; without it quality is left out.

    Returns:
        The description.

    >>> from wattscale.workload.layers import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> describe(Architecture("8B", 4096, 128256, False, (layer,), 131072)).mixing
    {'full': 32}
    """
    mixing: dict[str, int] = {}
    for group in arch.groups:
        kind = group.attention.kind if group.attention else "none"
        mixing[kind] = mixing.get(kind, 0) + group.count
    bf16 = bytes_per_element("bf16")
    costs = tuple(
        ContextCost(
            float(c), forward_flops(arch, float(c)), attention_share(arch, float(c)), doubling_ratio(arch, float(c)),
            kv_cache_bytes(arch, float(c), bf16),
        )
        for c in contexts
    )  # fmt: skip
    return ModelDescription(
        architecture=arch,
        total=parameters(arch),
        active=active_parameters(arch),
        params_total=params_total(arch),
        params_active=params_active(arch),
        params_active_bare=params_active(arch, embeddings=False),
        mixing=mixing,
        moe_layers=moe_layers(arch),
        matmul_flops=matmul_flops(arch),
        crossover_length=crossover_length(arch),
        kv_bytes_per_token={p: kv_bytes_per_token(arch, bytes_per_element(p)) for p in BITS},
        weight_bytes={p: weight_bytes(arch, bytes_per_element(p)) for p in BITS},
        contexts=costs,
        quality=_quality(arch, catalog) if catalog is not None else (),
    )


def _quality(arch: Architecture, catalog: Catalog) -> tuple[Quality, ...]:
    """Look up the loss; the law was fitted to models that predict the next token, so encoders have none."""
    if arch.encoder or not arch.has_head:
        return ()
    params, experts = params_active(arch), moe_layers(arch) > 0
    optimum = quality(catalog, params, TOKENS[0], experts=experts).optimal_tokens[0]
    return tuple(quality(catalog, params, tokens, experts=experts) for tokens in sorted((optimum, *TOKENS)))
