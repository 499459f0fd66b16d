"""A validation as text for the terminal: summary first, then the groups, then what was skipped."""

from __future__ import annotations

from typing import Any

from wattscale.screen import text_table

COLUMNS = ("n", "median_ape", "p90_ape", "bias", "spearman", "inside_band", "band_ratio")
WORST = 12
"""Rows of skipped input that are listed."""


def validation_text(found: dict[str, Any]) -> str:
    """Lay out metrics by target and by group in columns.

    >>> print(validation_text({"kind": "x", "n": 1, "skipped": [], "metrics": {"y": {"n": 1.0}}, "by_group": {}}))
    x: 1 row predicted, 0 skipped
    <BLANKLINE>
    target  n  median_ape  p90_ape  bias  spearman  inside_band  band_ratio
    y       1
    """
    rows = "row" if found["n"] == 1 else "rows"
    head = f"{found['kind']}: {found['n']} {rows} predicted, {len(found['skipped'])} skipped"
    table: list[tuple[str, ...]] = [("target", *COLUMNS)]
    table += [_cells(target, metrics) for target, metrics in found["metrics"].items()]
    for group, targets in found["by_group"].items():
        blank = ("",) * len(COLUMNS)
        table += [("", *blank), (f"[{group or 'not given'}]", *blank)]
        table += [_cells(target, metrics) for target, metrics in targets.items() if metrics["n"]]
    lines = [head, "", text_table(table, words=(0,))]
    lines += [f"skipped row {s['row']}: {s['why']}" for s in found["skipped"][:WORST]]
    if len(found["skipped"]) > WORST:
        lines.append(f"... and {len(found['skipped']) - WORST} more")
    return "\n".join(lines)


def _cells(target: str, metrics: dict[str, float]) -> tuple[str, ...]:
    values = [metrics.get(column) for column in COLUMNS[1:]]
    return (target, f"{int(metrics['n'])}", *("" if value is None else f"{value:.3f}" for value in values))
