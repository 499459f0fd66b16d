"""Files of a plan, made in memory: the same that `wattscale plan --out` writes.

In: a plan and a name. Out: bytes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from wattscale.result import Plan
from wattscale.verbs import write

EXPORTS = {
    "report.html": "text/html; charset=utf-8",
    "tables.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "hourly.csv": "text/csv; charset=utf-8",
    "hourly.parquet": "application/vnd.apache.parquet",
    "scenario.toml": "application/toml",
    "plan.json": "application/json",
}
"""Media type by file."""


def export(plan: Plan, name: str) -> bytes:
    """Make one file of a plan."""
    with tempfile.TemporaryDirectory(prefix="wattscale-") as folder:
        return write(plan, Path(folder) / "plan", [name])[0].read_bytes()
