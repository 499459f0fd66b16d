"""Small studies that several tests run: only money varies, so that a case takes milliseconds."""

from __future__ import annotations

FAST = {
    "name": "Money",
    "method": "latin-hypercube",
    "cases": 60,
    "figures": ["economics.npv_usd", "economics.usd_per_mtok"],
    "axis": [
        {"key": "economics.price_per_mtok_usd", "low": 10.0, "high": 20.0, "distribution": "uniform"},
        {"key": "economics.accelerator_price_usd", "low": 20_000, "high": 40_000, "distribution": "lognormal"},
        {"key": "economics.project_years", "low": 10, "high": 20, "distribution": "uniform"},
    ],
}


def same_but_timings(frame):
    """Columns of a result that two runs must share."""
    return frame[[c for c in frame.columns if not c.startswith("seconds") and c != "finished_utc"]]
