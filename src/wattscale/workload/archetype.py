"""A plausible architecture for a model of which only sizes are known.

In: total and active parameters, kind, any further size. Out: an `Architecture` of exactly those parameters.
Leaves out: the truth; what is not given follows the usual proportions of catalogued models (table `archetypes`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.workload.layers import Architecture, Attention, FeedForward, LayerGroup
from wattscale.workload.parameters import params_active, params_total

TABLE = "archetypes"
WIDTH_STEP = 64
"""Widths are rounded to multiples of it (tensor units work on such tiles)."""


@dataclass(frozen=True)
class Traits:
    """What the words for a kind of model say.

    Attributes:
        moe: Routed experts.
        encoder_decoder: Two stacks.
        state_space: Mamba layers: share of the layers that keep attention, None where there are none.
        rwkv: Recurrent layers without attention.
        gated: Three feed-forward matrices.
        kv_heads: 1 for multi-query, None where the words say nothing, 0 for as many as query heads.
    """

    moe: bool = False
    encoder_decoder: bool = False
    state_space: bool = False
    rwkv: bool = False
    gated: bool = True
    kv_heads: int | None = None


def traits(kind: str, year: int | None = None, grouped_since: float = 2024) -> Traits:
    """Read the words for a kind of model, such as "MoE decoder" or "dense decoder (GQA 8 kv)".

    Args:
        kind: Words.
        year: Year of the model; older ones have as many key/value heads as heads and two matrices.
        grouped_since: Year from which grouped queries are usual.

    >>> traits("dense decoder (MQA)").kv_heads
    1
    """
    text = kind.lower()
    plain_heads = year is not None and year < grouped_since
    kv = 1 if "mqa" in text or "multiquery" in text or "multi-query" in text else None
    if "gqa" in text or "multigroup" in text:
        kv = next((int(w) for w in text.replace("(", " ").replace(")", " ").split() if w.isdigit()), None)
    elif kv is None and (plain_heads or "alibi" in text or "mha" in text):
        kv = 0
    return Traits(
        moe="moe" in text or "expert" in text,
        encoder_decoder="encoder-decoder" in text or "encoder decoder" in text,
        state_space="mamba" in text or "hybrid" in text or "ssm" in text or "state space" in text,
        rwkv="rwkv" in text or "rnn" in text,
        gated="swiglu" in text or "geglu" in text or "gated" in text or not (plain_heads or "alibi" in text),
        kv_heads=kv,
    )


def archetype(
    catalog: Catalog,
    params_total_b: float,
    params_active_b: float | None = None,
    arch_kind: str = "dense",
    *,
    layers: int | None = None,
    d_model: int | None = None,
    heads: int | None = None,
    kv_heads: int | None = None,
    vocab: int | None = None,
    year: int | None = None,
    max_context: int = 131072,
    name: str = "archetype",
) -> Architecture:
    """Build an architecture of the given sizes.

    Depth and width follow the catalogued models of that size; the feed-forward widths are solved so that total and
    active parameters come out as given (to the rounding of whole widths).

    Args:
        catalog: The catalogue.
        params_total_b: Total parameters [1e9].
        params_active_b: Parameters active per token [1e9]; less than the total means routed experts.
        arch_kind: Words for the kind, see `traits`.
        layers: Layers.
        d_model: Width of the residual stream.
        heads: Query heads.
        kv_heads: Key/value heads.
        vocab: Vocabulary.
        year: Year of the model, for its usual attention.
        max_context: Longest context [token].
        name: Name for people.

    Returns:
        The architecture.

    Raises:
        InputError: Sizes that are not above zero, or leave nothing for the feed-forward.

    >>> from wattscale.catalog import load_catalog
    >>> round(params_total(archetype(load_catalog(), 8.0)) / 1e9, 2)
    8.0
    """
    usual = traits(arch_kind, year, catalog.value(TABLE, "attention.grouped_since_year"))
    active_b = params_active_b or params_total_b
    for key, given in (("params_total_b", params_total_b), ("params_active_b", active_b)):
        if not given > 0.0:
            raise InputError("must be above zero", where=f"workload.architecture.{key}", value=given, allowed="> 0")
    moe = active_b < catalog.value(TABLE, "moe.active_share_most") * params_total_b or (
        usual.moe and active_b < params_total_b
    )
    size = active_b if moe else params_total_b
    group = "moe" if moe else "dense"
    depth = layers or max(1, round(_law(catalog, group, "layers", size)))
    width = d_model or _stepped(_law(catalog, group, "d_model", size))
    words = vocab or _usual_vocab(catalog, width, size)
    tied = width * words > catalog.value(TABLE, "dense.tied_share_least") * size * 1e9
    skeleton = Architecture(name, width, words, tied, (), max_context)
    mixing = _mixing(catalog, usual, width, heads, kv_heads)
    shape = FeedForward("dense", 0, usual.gated)
    arch = replace(skeleton, groups=_groups(catalog, usual, depth, mixing, shape, width))
    if usual.encoder_decoder and not moe:
        arch = _two_stacks(arch, depth)
    if moe:
        return _with_experts(catalog, arch, params_total_b * 1e9, active_b * 1e9)
    return _with_width(arch, params_total_b * 1e9)


def _law(catalog: Catalog, group: str, what: str, size_b: float) -> float:
    level = catalog.value(TABLE, f"{group}.{what}_level")
    return float(level * size_b ** catalog.value(TABLE, f"{group}.{what}_power"))


def _stepped(width: float) -> int:
    return max(WIDTH_STEP, round(width / WIDTH_STEP) * WIDTH_STEP)


def _usual_vocab(catalog: Catalog, width: int, size_b: float) -> int:
    """The usual vocabulary, smaller where its table would outgrow a small model."""
    most = catalog.value(TABLE, "dense.vocab_share_most") * size_b * 1e9 / width
    return max(1, round(min(catalog.value(TABLE, "dense.vocab"), most)))


def _mixing(catalog: Catalog, usual: Traits, width: int, heads: int | None, kv: int | None) -> Attention:
    usual_dim = round(catalog.value(TABLE, "attention.head_dim"))
    query = heads or max(1, round(width / usual_dim))
    dim = max(1, width // query)
    if kv is not None and kv > query:
        raise InputError("more key/value heads than query heads", where="workload.architecture.kv_heads", value=kv,
                         allowed=f"1 to {query}")  # fmt: skip
    groups = kv if kv is not None else usual.kv_heads
    if groups is None:
        groups = round(catalog.value(TABLE, "attention.kv_heads"))
    return Attention("full", query, min(groups or query, query), dim, dim)


def _groups(
    catalog: Catalog, usual: Traits, depth: int, mixing: Attention, feeding: FeedForward, width: int
) -> tuple[LayerGroup, ...]:
    if usual.rwkv:
        rwkv = Attention("rwkv", width, 1, 1, 1, state_dim=3)
        return (LayerGroup(depth, rwkv, replace(feeding, gated=False, receptance=True)),)
    if usual.state_space:
        keep = max(1, round(catalog.value(TABLE, "hybrid.attention_layers_share") * depth))
        dim = mixing.head_dim
        heads = 2 * width // dim
        space = Attention("mamba2", heads, 1, dim, dim, state_dim=dim, conv_width=4, groups=min(8, heads))
        return (LayerGroup(depth - keep, space, feeding), LayerGroup(keep, mixing, feeding))
    return (LayerGroup(depth, mixing, feeding),)


def _two_stacks(arch: Architecture, depth: int) -> Architecture:
    """Split the layers into an encoder and a decoder of half the depth each."""
    group = arch.groups[0]
    half = max(1, depth // 2)
    assert group.attention is not None
    encoder = replace(group, count=half, attention=replace(group.attention, causal=False))
    decoder = replace(group, count=half, second=replace(group.attention, kind="cross"), norms=3)
    return replace(arch, groups=(decoder,), encoder=(encoder,), encoder_token_share=0.5)


def _with_width(arch: Architecture, total: float) -> Architecture:
    """Solve the feed-forward width so that the total comes out as given."""
    layers = arch.layers + sum(g.count for g in arch.encoder)
    matrices = 3 if arch.groups[0].feed_forward is not None and arch.groups[0].feed_forward.gated else 2
    left = total - params_total(arch)
    width = round(left / (layers * matrices * arch.d_model))
    if width < 1:
        raise InputError(
            f"its attention and embeddings alone have {params_total(arch) / 1e9:.3g} billion parameters",
            where="workload.architecture.params_total_b",
            value=total / 1e9,
            hint="Give more parameters, or fewer layers, a smaller d_model or vocab",
        )

    def wide(groups: tuple[LayerGroup, ...]) -> tuple[LayerGroup, ...]:
        return tuple(
            replace(g, feed_forward=replace(g.feed_forward, d_ff=width)) for g in groups if g.feed_forward is not None
        )

    return replace(arch, groups=wide(arch.groups), encoder=wide(arch.encoder))


def _with_experts(catalog: Catalog, arch: Architecture, total: float, active: float) -> Architecture:
    """Solve experts and their width so that total and active parameters come out as given.

    Routed experts hold total - rest; a token passes active - rest of them; their ratio is k / E.
    """
    rest, rest_active = params_total(arch), params_active(arch)
    chosen_params = active - rest_active
    if chosen_params <= 0 or total <= rest:
        raise InputError(
            f"attention and embeddings alone have {rest_active / 1e9:.3g} billion active parameters",
            where="workload.architecture.params_active_b",
            value=active / 1e9,
            hint="Give more active parameters, or fewer layers, a smaller d_model or vocab",
        )
    ratio = (total - rest) / chosen_params
    chosen = round(catalog.value(TABLE, "moe.experts_per_token"))
    if ratio * chosen < catalog.value(TABLE, "moe.fine_grained_experts"):
        chosen = round(catalog.value(TABLE, "moe.experts_per_token_coarse"))
    chosen = min(range(chosen, 2 * chosen + 1), key=lambda k: abs(round(ratio * k) / k - ratio))
    experts = round(ratio * chosen)
    width = max(1, round((total - rest) / (arch.layers * experts * 3 * arch.d_model)))
    moe = FeedForward("moe", 0, True, experts, chosen, d_expert=width)
    return replace(arch, groups=tuple(replace(g, feed_forward=moe) for g in arch.groups))
