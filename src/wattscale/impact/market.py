"""The plan as a market: capital by segment, with a bridge that closes to the total.

In: cost lines. Out: dollars by segment. Leaves out: running cost and the segments inside an accelerator.
"""

from __future__ import annotations

from collections.abc import Iterable

from wattscale.economics.result import CostLine


def market_usd(lines: Iterable[CostLine]) -> dict[str, float]:
    """Sum capital by market segment.

    Args:
        lines: Cost lines of the economics stage.

    Returns:
        Capital by segment [USD]; the sum is the total capital.

    >>> market_usd([CostLine("shell", "facility", 5.0, 25.0, 0.4, 0.0, 0.4, 0.4)])
    {'facility': 5.0}
    """
    segments: dict[str, float] = {}
    for line in lines:
        if line.capital_usd != 0.0:
            segments[line.segment] = segments.get(line.segment, 0.0) + line.capital_usd
    return segments
