"""A validation as text for the terminal: summary first, then the groups, then what was skipped."""

from __future__ import annotations

from typing import Any

COLUMNS = ("n", "median_ape", "p90_ape", "bias", "spearman", "inside_band", "band_ratio")
WORST = 12
"""Rows of skipped input that are listed."""


def validation_text(found: dict[str, Any]) -> str:
    """Lay out metrics by target and by group as fixed columns.

    >>> print(validation_text({"kind": "x", "n": 1, "skipped": [], "metrics": {"y": {"n": 1.0}}, "by_group": {}}))
    x: 1 row predicted, 0 skipped
    <BLANKLINE>
    target                              n  median_ape   p90_ape      bias  spearman  inside_band  band_ratio
    y                                   1
    """
    rows = "row" if found["n"] == 1 else "rows"
    lines = [f"{found['kind']}: {found['n']} {rows} predicted, {len(found['skipped'])} skipped", ""]
    header = f"{'target':30s}{'n':>7s}" + "".join(f"{c:>{len(c) + 2 if len(c) > 8 else 10}s}" for c in COLUMNS[1:])
    lines.append(header)
    lines += [_line(target, metrics) for target, metrics in found["metrics"].items()]
    for group, targets in found["by_group"].items():
        lines += ["", f"[{group or 'not given'}]"]
        lines += [_line(target, metrics) for target, metrics in targets.items() if metrics["n"]]
    lines += [f"skipped row {s['row']}: {s['why']}" for s in found["skipped"][:WORST]]
    if len(found["skipped"]) > WORST:
        lines.append(f"... and {len(found['skipped']) - WORST} more")
    return "\n".join(lines)


def _line(target: str, metrics: dict[str, float]) -> str:
    cells = []
    for column in COLUMNS[1:]:
        width = len(column) + 2 if len(column) > 8 else 10
        value = metrics.get(column)
        cells.append(f"{value:>{width}.3f}" if value is not None else " " * width)
    return f"{target:30s}{int(metrics['n']):>7d}{''.join(cells)}".rstrip()
