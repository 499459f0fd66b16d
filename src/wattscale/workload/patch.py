"""Variants of a model: another window, linear attention, other sizes.

In: an `Architecture` and the scenario's `workload.architecture`. Out: the changed architecture.
Leaves out: what the change does to quality; only cost follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.scenario.workload import ArchitectureTable
from wattscale.workload.archetype import archetype
from wattscale.workload.layers import Architecture, Attention, FeedForward, LayerGroup
from wattscale.workload.parameters import active_parameters, params_active, params_total

SOFTMAX_KINDS = frozenset({"full", "window", "chunk", "mla", "sparse"})
WINDOWED = frozenset({"window", "chunk"})
WHERE = "workload.architecture"


def from_sizes(catalog: Catalog, table: ArchitectureTable) -> Architecture:
    """Build the archetype of `workload.model = "sizes"`.

    Args:
        catalog: The catalogue.
        table: Sizes; `params_total_b` is needed.

    Raises:
        InputError: No total, or sizes that do not fit together.
    """
    if table.params_total_b is None:
        raise InputError(
            'model = "sizes" needs at least a number of parameters',
            where=f"{WHERE}.params_total_b",
            hint="Give workload.architecture.params_total_b, in billions",
        )
    found = archetype(
        catalog,
        table.params_total_b,
        table.params_active_b,
        layers=table.layers,
        d_model=table.d_model,
        heads=table.heads,
        kv_heads=table.kv_heads,
        vocab=table.vocab,
        name="sizes",
    )
    return _efficient(found, table)


def patched(arch: Architecture, table: ArchitectureTable) -> Architecture:
    """Replace the sizes of a model by those given.

    Counts of parameters are met by the width of the feed-forward (total) and of the experts (active), after all other
    changes. Layers keep their proportions of kinds.

    Args:
        arch: The model.
        table: Sizes; None keeps the model's.

    Returns:
        The variant; the model itself where nothing is given.

    Raises:
        InputError: A size that does not fit the others.
    """
    if all(value is None for value in table.model_dump().values()):
        return arch
    found = replace(arch, params_published=None, params_active_published=None)
    if table.vocab is not None:
        found = replace(found, vocab=table.vocab)
    if table.d_model is not None:
        found = replace(found, d_model=table.d_model)
    if table.layers is not None:
        found = replace(found, groups=_rescaled(found.groups, table.layers))
    if table.heads is not None or table.kv_heads is not None:
        found = _each_attention(found, lambda a: _with_heads(a, table.heads, table.kv_heads))
    found = _efficient(found, table)
    if table.params_total_b is not None or table.params_active_b is not None:
        found = _to_parameters(found, table.params_total_b, table.params_active_b)
    return found


def _rescaled(groups: tuple[LayerGroup, ...], layers: int) -> tuple[LayerGroup, ...]:
    """Share `layers` among the groups in their old proportions, largest remainder first."""
    total = sum(g.count for g in groups)
    exact = [g.count * layers / total for g in groups]
    counts = [int(x) for x in exact]
    order = sorted(range(len(groups)), key=lambda i: counts[i] - exact[i])
    for i in order[: layers - sum(counts)]:
        counts[i] += 1
    return tuple(replace(g, count=n) for g, n in zip(groups, counts, strict=True) if n)


def _each_attention(arch: Architecture, change: Callable[[Attention], Attention]) -> Architecture:
    def new(group: LayerGroup) -> LayerGroup:
        return replace(group, attention=change(group.attention) if group.attention is not None else None)

    return replace(arch, groups=tuple(new(g) for g in arch.groups))


def _with_heads(a: Attention, heads: int | None, kv_heads: int | None) -> Attention:
    if a.kind not in SOFTMAX_KINDS:
        return a
    query = heads or a.heads
    groups = query if a.kv_rank else min(kv_heads or a.kv_heads, query)
    if kv_heads is not None and kv_heads > query:
        raise InputError(
            "more key/value heads than query heads",
            where=f"{WHERE}.kv_heads",
            value=kv_heads,
            allowed=f"1 to {query}",
        )
    return replace(a, heads=query, kv_heads=groups)


def _efficient(arch: Architecture, table: ArchitectureTable) -> Architecture:
    """Put a window or linear attention into part of the attention layers."""
    found = arch
    if table.linear_attention_share is not None:
        found = _split(found, table.linear_attention_share, _linear)
    if table.attention_window is not None:
        every = table.full_attention_every
        share = 1.0 if every is None else 1.0 - 1.0 / every
        window = table.attention_window
        found = _split(
            found,
            share,
            lambda a: replace(a, kind="window", window=window, index_topk=0, index_heads=0),
            keeps_full=True,
        )
    elif table.full_attention_every is not None:
        raise InputError(
            "says which layers keep full attention, but not what the others have",
            where=f"{WHERE}.full_attention_every",
            value=table.full_attention_every,
            hint="Give workload.architecture.attention_window too",
        )
    return found


def _linear(a: Attention) -> Attention:
    """Replace softmax attention by a gated delta rule of the same heads (Qwen3-Next; Yang 2024)."""
    return Attention(
        "linear", a.heads, a.kv_heads, a.v_head_dim, a.v_head_dim, state_dim=a.v_head_dim, conv_width=4,
        output_gate=True, head_gates=2,
    )  # fmt: skip


def _split(
    arch: Architecture, share: float, change: Callable[[Attention], Attention], keeps_full: bool = False
) -> Architecture:
    """Change the attention of a share of the softmax layers, rounded over all groups together.

    Args:
        arch: The model.
        share: Share of the softmax layers [1].
        change: What becomes of their attention.
        keeps_full: Layers that have a window are changed first, so that those left are the ones with full attention;
            otherwise all kinds give the same share.
    """
    kinds = {i: g.attention.kind for i, g in enumerate(arch.groups) if g.attention is not None}
    order = [i for i, kind in kinds.items() if kind in SOFTMAX_KINDS]
    if keeps_full:
        order.sort(key=lambda i: kinds[i] not in WINDOWED)
    whole = round(share * sum(arch.groups[i].count for i in order))
    takes: dict[int, int] = {}
    before = 0
    for i in order:
        before += arch.groups[i].count
        due = whole if keeps_full else round(share * before)
        takes[i] = min(arch.groups[i].count, due - sum(takes.values()))
    groups: list[LayerGroup] = []
    for i, group in enumerate(arch.groups):
        take = takes.get(i, 0)
        if take and group.attention is not None:
            groups.append(replace(group, count=take, attention=change(group.attention)))
        if group.count > take:
            groups.append(replace(group, count=group.count - take))
    return replace(arch, groups=tuple(groups))


def _to_parameters(arch: Architecture, total_b: float | None, active_b: float | None) -> Architecture:
    """Widen or narrow the feed-forward so that the counts come out as asked."""
    found, parts = arch, active_parameters(arch)
    if active_b is not None and parts.experts:
        scale = 1.0 + (active_b * 1e9 - params_active(arch)) / parts.experts
        _check_scale(scale, "params_active_b", active_b)
        found = _scaled(found, "experts_per_token", scale)
    if total_b is not None:
        feed = params_total(found) - params_total(_scaled(found, "width", 0.0))
        scale = 1.0 + (total_b * 1e9 - params_total(found)) / feed
        _check_scale(scale, "params_total_b", total_b)
        found = _scaled(found, "experts" if active_b is not None and parts.experts else "width", scale)
    mixtures = (g.feed_forward for g in (*found.groups, *found.encoder) if g.feed_forward is not None)
    if active_b is not None and any(f.experts_per_token > f.experts for f in mixtures if f.kind == "moe"):
        most = params_total(found) / 1e9
        raise InputError("is more than all experts hold", where=f"{WHERE}.params_active_b", value=active_b,
                         allowed=f"<= {most:.4g}", hint="Give params_total_b too")  # fmt: skip
    return found


def _check_scale(scale: float, key: str, value: float) -> None:
    if scale <= 0.0:
        raise InputError(
            "is less than the model has outside its feed-forward",
            where=f"{WHERE}.{key}",
            value=value,
            hint='Choose a smaller model, or model = "sizes"',
        )


def _scaled(arch: Architecture, what: str, scale: float) -> Architecture:
    def new(f: FeedForward) -> FeedForward:
        if what != "width":
            return replace(f, **{what: max(1, round(getattr(f, what) * scale))}) if f.kind == "moe" else f
        return replace(
            f, d_ff=round(f.d_ff * scale), d_expert=round(f.d_expert * scale), d_shared=round(f.d_shared * scale)
        )

    def group(g: LayerGroup) -> LayerGroup:
        return g if g.feed_forward is None else replace(g, feed_forward=new(g.feed_forward))

    return replace(arch, groups=tuple(map(group, arch.groups)), encoder=tuple(map(group, arch.encoder)))
