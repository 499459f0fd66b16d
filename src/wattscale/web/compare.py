"""What the compare tab shows: figures side by side, inputs that differ, charts over one another.

In: two to four plans. Out: plain data that becomes JSON.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from wattscale.report import charts_compare
from wattscale.report.compare import input_text, inputs_that_differ, plan_names
from wattscale.report.tables import HEADLINES, full_title, is_key
from wattscale.report.words import scale
from wattscale.result import Plan

CHARTS = ("changes", "cost_stacks", "energy_stacks", "carbon_stacks", "load_curves", "cost_and_carbon")
"""Charts of the compare tab; those that the report does not have are left out."""


FULL = ("changes", "cost_stacks")
"""Charts that take the whole width of the page."""


def compare_view(plans: Sequence[Plan], width: int, half_width: int) -> dict[str, Any]:
    """Give what the compare tab shows of some plans; widths of full and of other charts [px]."""
    drawn = {
        name: getattr(charts_compare, name)(plans, width if name in FULL else half_width)
        for name in CHARTS
        if hasattr(charts_compare, name)
    }
    charts = [{"name": n, "full": n in FULL, "spec": spec} for n, spec in drawn.items() if spec is not None]
    return figures_compared(plans) | {"charts": charts}


def figures_compared(plans: Sequence[Plan]) -> dict[str, Any]:
    """Give names, inputs that differ and figures of some plans."""
    names = plan_names([plan.scenario for plan in plans])
    order = list(dict.fromkeys(name for plan in plans for name in plan.figures))
    differing = inputs_that_differ([plan.scenario for plan in plans]).reset_index()
    inputs = [
        {"key": row["key"], "title": row["title"], "unit": row["unit"], "values": [input_text(row[n]) for n in names]}
        for row in json.loads(differing.to_json(orient="records"))
    ]
    return {"names": names, "inputs": inputs, "figures": [_row(name, plans) for name in order]}


def _row(name: str, plans: Sequence[Plan]) -> dict[str, Any]:
    known = [plan.figures.get(name) for plan in plans]
    first = next(figure for figure in known if figure is not None)
    exact = all(figure is None or figure.low == figure.high for figure in known)
    shown = scale(first.value, first.unit, first.name, exact)
    base = known[0]
    changes = [
        None if base is None or each is None or base.value == 0 else (each.value - base.value) / abs(base.value)
        for each in known
    ]
    return {
        "name": name, "title": full_title(first), "unit": first.unit, "key": is_key(name),
        "headline": name in HEADLINES,
        "values": [None if each is None else each.value for each in known],
        "texts": ["–" if each is None else shown.text(each.value) for each in known],
        "changes": changes,
    }  # fmt: skip
