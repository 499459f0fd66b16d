"""One screen for the terminal: headline figures by stage with ranges and warnings; plans side by side.

In: plans. Out: text, in colour on a terminal and plain elsewhere.
Leaves out: all other figures; `--json` and the report give them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattscale.report.brief import brief
from wattscale.report.tables import HEADLINES, for_people, full_title, headline_figures, place_name
from wattscale.report.words import change_text, scale
from wattscale.screen import screen_width

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from wattscale.result import Plan

MOST_WARNINGS = 4
"""Warnings shown on the screen; the rest is counted."""


def plan_summary(plan: Plan, width: int | None = None, colour: bool | None = None) -> str:
    """Write the screen of a plan.

    Args:
        plan: The plan.
        width: Width of the screen [characters]; that of the terminal by default.
        colour: Use colour; by default where standard output is a terminal and `NO_COLOR` is not set.
    """
    return _text(plan_screen(plan), width, colour)


def compare_summary(plans: Sequence[Plan], width: int | None = None, colour: bool | None = None) -> str:
    """Write plans side by side: headline figures with the change from the first, and the inputs that differ.

    Args:
        plans: Two or more plans.
        width: Width of the screen [characters]; that of the terminal by default.
        colour: Use colour; by default where standard output is a terminal and `NO_COLOR` is not set.
    """
    return _text(compare_screen(plans), width, colour)


def plan_screen(plan: Plan) -> RenderableType:
    """Compose the screen of a plan as a `rich` renderable: title, figures, warnings."""
    from rich.console import Group
    from rich.text import Text

    table = _table(("Stage", "left"), ("Figure", "left"), ("Value", "right"), ("Range", "left"))
    before = ""
    for figure in headline_figures(plan):
        stage = figure.name.partition(".")[0]
        shown = scale(figure.value, figure.unit, figure.name, figure.low == figure.high)
        span = shown.ends(figure.low, figure.high) if figure.high > figure.low else ""
        table.add_row(
            Text(stage if stage != before else "", style="cyan"),
            Text(full_title(figure)),
            Text(shown.text(figure.value), style="bold"),
            Text(span, style="dim"),
        )
        before = stage
    model = plan.scenario.workload.model.rsplit("/", 1)[-1]
    place = f"{place_name(plan)} · {model} · {plan.scenario.compute.accelerator}"
    title = Text.assemble((plan.scenario.name, "bold"), (f"  {place}", "dim"))
    told = [(Text(word, style="cyan"), Text(text)) for word, text in brief(plan)]
    warnings = [w.message for w in plan.warnings[:MOST_WARNINGS]]
    left = len(plan.warnings) - MOST_WARNINGS
    if left > 0:
        warnings.append(f"and {left} more; see the report or --json")
    warned = [(Text("!", style="yellow"), Text(text, style="yellow")) for text in warnings]
    below = [part for rows in (told, warned) if rows for part in (Text(""), _beside(rows, 2 if rows is told else 1))]
    return Group(title, Text(""), table, *below)


def _beside(rows: Sequence[tuple[Text, Text]], gap: int) -> Table:
    """Set words beside sentences, whose further lines stand below their first."""
    from rich.table import Table

    found = Table.grid(padding=(0, gap, 0, 0))
    for word, sentence in rows:
        found.add_row(word, sentence)
    return found


def compare_screen(plans: Sequence[Plan]) -> RenderableType:
    """Compose the comparison as a `rich` renderable."""
    from rich.console import Group
    from rich.text import Text

    from wattscale.report.compare import input_text, inputs_that_differ, plan_names

    names = plan_names([plan.scenario for plan in plans])
    columns = [(names[0], "right")]
    for name in names[1:]:
        columns += [(name, "right"), ("change", "right")]
    table = _table(("Figure", "left"), *columns)
    for key in HEADLINES:
        about = next((plan.figures[key] for plan in plans if key in plan.figures), None)
        if about is None:
            continue
        first = plans[0].figures.get(key)
        cells = [Text(for_people(first)[0] if first else "–", style="bold")]
        for plan in plans[1:]:
            here = plan.figures.get(key)
            changed = change_text(first.value, here.value, here.unit, key) if first and here else ""
            cells += [Text(for_people(here)[0] if here else "–", style="bold"), Text(changed, style="dim")]
        table.add_row(Text(full_title(about)), *cells)
    inputs = _table(("Input", "left"), *((name, "left") for name in names))
    differing = inputs_that_differ([plan.scenario for plan in plans])
    for differing_key, row in differing.iterrows():
        inputs.add_row(Text(str(differing_key)), *(Text(input_text(row[n])) for n in names))
    below = [Text(""), inputs] if len(differing) else [Text(""), Text("The inputs are the same.", style="dim")]
    return Group(table, *below)


def _table(*columns: tuple[str, str]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in columns:
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="ellipsis")
    return table


def _text(screen: RenderableType, width: int | None, colour: bool | None) -> str:
    from rich.console import Console

    wide = width or screen_width()
    in_colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ if colour is None else colour
    console = Console(
        width=wide, force_terminal=in_colour, color_system="standard" if in_colour else None, legacy_windows=False,
        highlight=False, emoji=False,
    )  # fmt: skip
    with console.capture() as captured:
        console.print(screen)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
