"""How many sequences fit: device memory less weights and buffers, over the cache of one sequence.

In: an architecture, its layout and formats, an accelerator, lengths. Out: sequences, bytes on the fullest device.
Leaves out: fragmentation of paged caches (a few per cent) and offloading to host memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from wattscale.catalog import Catalog
from wattscale.compute.accelerators import Accelerator
from wattscale.compute.serving_work import Formats, Layout, cache_shards, total_weight_bytes
from wattscale.workload.architecture import Architecture
from wattscale.workload.memory import cache_terms, state_elements


@dataclass(frozen=True)
class MemoryRules:
    """What an engine keeps of the device memory for itself.

    Attributes:
        usable_share: Share of the memory that weights, buffers and cache may fill [1].
        buffer_bytes: Activations, graphs and communication buffers [byte].
        buffer_share: Most of the memory that these buffers take on a device with little of it [1].
    """

    usable_share: float
    buffer_bytes: float
    buffer_share: float = 1.0


def load_memory_rules(catalog: Catalog) -> MemoryRules:
    """Read the memory rules of serving engines.

    Args:
        catalog: The catalogue.

    Returns:
        The rules; source: table `serving_coefficients`.

    >>> from wattscale.catalog import load_catalog
    >>> load_memory_rules(load_catalog()).usable_share
    0.9
    """
    return MemoryRules(
        catalog.value("serving_coefficients", "engine.memory_share"),
        catalog.value("serving_coefficients", "engine.activation_gb") * 1e9,
        catalog.value("serving_coefficients", "engine.activation_share"),
    )


def cache_held_per_device(arch: Architecture, context: float, layout: Layout, formats: Formats) -> float:
    """Give the cache and state bytes that one sequence holds on a device of its group.

    Args:
        arch: The model.
        context: Tokens held [token].
        layout: Spread over devices.
        formats: Precisions.

    Returns:
        Bytes per sequence [byte].

    Source: workload.memory, divided by `cache_shards` and the pipeline stages.

    >>> from wattscale.workload.architecture import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> cache_held_per_device(model, 1000.0, Layout(8), Formats()) / 1e6
    16.384
    """
    total = 0.0
    for group in arch.groups:
        for a in group.attentions:
            tokens = sum(slope * min(context, cap) for slope, cap in cache_terms(a))
            held = tokens * formats.cache_bytes + state_elements(a) * a.state_bytes
            total += group.count * held / cache_shards(a, layout.tensor_parallel)
    return total / layout.pipeline_parallel


def free_bytes(
    arch: Architecture, accelerator: Accelerator, layout: Layout, formats: Formats, rules: MemoryRules
) -> float:
    """Give the memory of a device left for caches [byte]; negative where the weights alone do not fit.

    Args:
        arch: The model.
        accelerator: The device.
        layout: Spread over devices.
        formats: Precisions.
        rules: See `load_memory_rules`.

    Returns:
        Bytes [byte].

    Source: as the module.

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> from wattscale.workload.architecture import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> h100 = load_accelerator(load_catalog(), "H100")
    >>> round(free_bytes(model, h100, Layout(), Formats(), MemoryRules(0.9, 3e9)) / 1e9)
    53
    """
    held = total_weight_bytes(arch, layout, formats)
    memory = accelerator.memory_bytes
    return rules.usable_share * memory - held - min(rules.buffer_bytes, rules.buffer_share * memory)


def max_sequences(
    arch: Architecture,
    accelerator: Accelerator,
    layout: Layout,
    formats: Formats,
    rules: MemoryRules,
    context: float,
) -> float:
    """Give how many sequences of a mean context fit into a replica.

    B = groups * free / cache

    Args:
        arch: The model.
        accelerator: The device.
        layout: Spread over devices.
        formats: Precisions.
        rules: See `load_memory_rules`.
        context: Mean tokens held by a running sequence [token].

    Returns:
        Sequences [1], zero or less where the weights do not fit.

    Source: paged caches, Kwon et al. 2023 (vLLM).

    >>> from wattscale.catalog import load_catalog
    >>> from wattscale.compute.accelerators import load_accelerator
    >>> from wattscale.workload.architecture import Attention, FeedForward, LayerGroup
    >>> layer = LayerGroup(32, Attention("full", 32, 8, 128, 128), FeedForward("dense", 14336))
    >>> model = Architecture("8B", 4096, 128256, False, (layer,), 131072)
    >>> h100 = load_accelerator(load_catalog(), "H100")
    >>> round(max_sequences(model, h100, Layout(), Formats(), MemoryRules(0.9, 3e9), 1000.0))
    404
    """
    per_sequence = cache_held_per_device(arch, context, layout, formats)
    free = free_bytes(arch, accelerator, layout, formats, rules)
    return layout.attention_data_parallel * free / max(per_sequence, 1.0)
