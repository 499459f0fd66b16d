"""The plan as a market: capital by segment, with a bridge that closes to the total.

In: cost lines, the share of memory in the price of accelerators. Out: dollars by segment.
Leaves out: running cost, and the wafers, packages and tools behind an accelerator.
"""

from __future__ import annotations

from collections.abc import Iterable

from wattscale.economics.result import CostLine


def market_usd(lines: Iterable[CostLine], memory_share: float = 0.0) -> dict[str, float]:
    """Sum capital by market segment; memory is taken out of accelerators.

    Args:
        lines: Cost lines of the economics stage.
        memory_share: Share of memory in the price of accelerators [1].

    Returns:
        Capital by segment [USD]; the sum is the total capital.

    Source: table `dc_costs`, accelerator.memory_share.

    >>> market_usd([CostLine("accelerators", "accelerators", 100.0, 5.0, 20.0, 0.0, 20.0, 20.0)], 0.25)
    {'accelerators': 75.0, 'memory': 25.0}
    """
    segments: dict[str, float] = {}
    for line in lines:
        if line.capital_usd != 0.0:
            segments[line.segment] = segments.get(line.segment, 0.0) + line.capital_usd
    if "accelerators" in segments and memory_share > 0.0:
        segments["memory"] = segments["accelerators"] * memory_share
        segments["accelerators"] -= segments["memory"]
    return segments
