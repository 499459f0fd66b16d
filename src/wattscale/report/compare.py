"""Plans side by side: every figure with its difference, and the inputs that differ.

In: two or more plans or scenarios. Out: pandas tables at full precision.
Leaves out: why they differ; a sensitivity study tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from wattscale.errors import InputError
from wattscale.report.tables import assumption_table, full_title

if TYPE_CHECKING:
    from wattscale.result import Plan
    from wattscale.scenario.schema import Scenario


def compare_table(plans: Sequence[Plan]) -> pd.DataFrame:
    """Lay the figures of plans side by side, with the differences from the first.

    Args:
        plans: Two or more plans.

    Returns:
        One row per figure, indexed by name: title, unit, one column per plan, then `change: <plan>` (absolute, in the
        figure's unit) and `change share: <plan>` (relative to the first [1]). A figure that a plan lacks is empty.

    Raises:
        InputError: Fewer than two plans.
    """
    if len(plans) < 2:
        raise InputError("a comparison needs at least two plans", where="compare", value=len(plans), allowed=">= 2")
    names = plan_names([plan.scenario for plan in plans])
    order = list(dict.fromkeys(name for plan in plans for name in plan.figures))
    any_of = {name: next(p.figures[name] for p in plans if name in p.figures) for name in order}
    table = pd.DataFrame(
        {"title": [full_title(any_of[n]) for n in order], "unit": [any_of[n].unit for n in order]},
        index=pd.Index(order, name="figure"),
    )
    for name, plan in zip(names, plans, strict=True):
        table[name] = [plan.figures[n].value if n in plan.figures else float("nan") for n in order]
    first = table[names[0]]
    for name in names[1:]:
        table[f"change: {name}"] = table[name] - first
        table[f"change share: {name}"] = (table[name] - first) / first.abs().where(first != 0)
    return table


def inputs_that_differ(scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """List the scenario keys whose values are not the same in all scenarios.

    Args:
        scenarios: Two or more scenarios.

    Returns:
        One row per key, indexed by dotted key: title, unit, one column per scenario; a key without value is None.
    """
    names = plan_names(scenarios)
    tables = [assumption_table(s) for s in scenarios]
    keys = list(dict.fromkeys(key for table in tables for key in table.index))
    rows: list[dict[str, Any]] = []
    for key in keys:
        values = [_shown(table, key) for table in tables]
        if any(value != values[0] for value in values[1:]):
            about = next(table.loc[key] for table in tables if key in table.index)
            rows.append(
                {"key": key, "title": about["title"], "unit": about["unit"]} | dict(zip(names, values, strict=True))
            )
    return pd.DataFrame(rows, columns=["key", "title", "unit", *names]).set_index("key")


def plan_names(scenarios: Sequence[Scenario]) -> list[str]:
    """Give each scenario a name of its own; a name that comes twice is numbered.

    >>> from wattscale.scenario.load import build
    >>> plan_names([build({"name": "A"}), build({"name": "A"}), build({"name": "B"})])
    ['A', 'A (2)', 'B']
    """
    seen: dict[str, int] = {}
    names = []
    for scenario in scenarios:
        seen[scenario.name] = seen.get(scenario.name, 0) + 1
        names.append(scenario.name if seen[scenario.name] == 1 else f"{scenario.name} ({seen[scenario.name]})")
    return names


def input_text(value: Any) -> str:
    """Write an input for people.

    >>> input_text(15.6e12), input_text(0.08), input_text(True), input_text(None), input_text("chiller")
    ('15,600,000,000,000', '0.08', 'yes', '–', 'chiller')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.15g}" if isinstance(value, int | float) else str(value)


def _shown(table: pd.DataFrame, key: str) -> Any:
    if key not in table.index:
        return None
    row = table.loc[key]
    return f"{row['low']} to {row['high']}, mode {row['value']}" if row["kind"] == "range" else row["value"]
