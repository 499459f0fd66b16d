"""The years and regions of the outlook, and what one year's arrays are called.

In: nothing. Out: names and their order, shared by every module of the outlook.
Leaves out: any value.
"""

from __future__ import annotations

import numpy as np

FIRST_YEAR, LAST_HISTORY, LAST_YEAR = 2015, 2025, 2045
"""First year, last year whose shipments and totals are published facts, last year."""
YEARS = tuple(range(FIRST_YEAR, LAST_YEAR + 1))
FUTURE = tuple(range(LAST_HISTORY + 1, LAST_YEAR + 1))
REGIONS = ("us", "china", "europe", "other_asia", "rest")
REGION_TITLES = {
    "us": "United States",
    "china": "China",
    "europe": "Europe",
    "other_asia": "Other Asia and Pacific",
    "rest": "Rest of the world",
}
STAGES = ("none", "packaging", "memory", "foundry", "grid connection", "transformers", "demand met by fleet")
"""What limits the build-out of a year; the last word: no device is wanted beyond the fleet."""
MID_YEAR = 0.5
"""A yearly mean stands at the middle of its year."""


def place(year: int) -> int:
    """Give the row of a year.

    >>> place(2015), place(2045)
    (0, 30)
    """
    return year - FIRST_YEAR


def since_start(year: int) -> float:
    """Give the years since the first year that is not history.

    >>> since_start(2026)
    0.0
    """
    return float(year - FUTURE[0])


TIMES = np.array(YEARS, dtype=np.float64)
"""Years as numbers, shape (years,)."""
