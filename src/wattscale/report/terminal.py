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

GAP = 2
"""Blanks between columns [character]."""
LABEL, CELL = 24, 16
"""Width that the title of a figure, and a cell, may be folded to [character]."""
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
    wide = width or screen_width()
    return _text(compare_screen(plans, wide), wide, colour)


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


def compare_screen(plans: Sequence[Plan], width: int) -> RenderableType:
    """Compose the comparison as a `rich` renderable; plans that do not fit beside the first get a further table."""
    from rich.console import Group
    from rich.text import Text

    from wattscale.report.compare import input_text, inputs_that_differ, plan_names

    names = plan_names([plan.scenario for plan in plans])
    rows: list[list[str]] = []
    for key in HEADLINES:
        about = next((plan.figures[key] for plan in plans if key in plan.figures), None)
        if about is None:
            continue
        first = plans[0].figures.get(key)
        cells = [full_title(about), for_people(first)[0] if first else "–"]
        for plan in plans[1:]:
            here = plan.figures.get(key)
            cells.append(for_people(here)[0] if here else "–")
            cells.append(change_text(first.value, here.value, here.unit, key) if first and here else "")
        rows.append(cells)
    heads = ["Figure", names[0], *(word for name in names[1:] for word in (name, "change"))]
    parts: list[RenderableType] = _blocks(heads, rows, 2, width, ("", "bold", *("bold", "dim") * (len(plans) - 1)))
    differing = inputs_that_differ([plan.scenario for plan in plans])
    inputs = [[str(key), *(input_text(row[n]) for n in names)] for key, row in differing.iterrows()]
    if not inputs:
        return Group(*parts, Text("The inputs are the same.", style="dim"))
    return Group(*parts, *_blocks(["Input", *names], inputs, 1, width, ("",) * (1 + len(names))))


def _blocks(
    heads: Sequence[str], rows: Sequence[Sequence[str]], together: int, width: int, styles: Sequence[str]
) -> list[RenderableType]:
    """Lay rows out as one table, or as several where the screen is too narrow: label and first plan stand in each.

    Args:
        heads: Words above the columns: label, first plan, then the columns of each other plan.
        rows: Cells; their words are never cut, but folded.
        together: Columns of each other plan.
        width: Width of the screen [characters].
        styles: Style of each column.
    """
    from rich.text import Text

    least = [max(len(word) for row in rows for word in (row[i] or " ").split(" ")) for i in range(len(heads))]
    wide = [GAP + max(n, min(CELL, max(len(row[i]) for row in rows))) for i, n in enumerate(least)]
    fixed = LABEL + wide[1]
    blocks: list[list[int]] = [[]]
    for at in range(2, len(heads), together):
        taken = range(at, at + together)
        if blocks[-1] and fixed + sum(wide[i] for i in (*blocks[-1], *taken)) > width:
            blocks.append([])
        blocks[-1] += taken
    found: list[RenderableType] = []
    for block in blocks:
        chosen = [0, 1, *block]
        table = _table(*((heads[i], "left" if i == 0 or together == 1 else "right") for i in chosen))
        for i, column in zip(chosen[1:], table.columns[1:], strict=True):
            column.min_width = min(least[i], width // 3)
        for row in rows:
            table.add_row(*(Text(row[i], style=styles[i]) for i in chosen))
        found += [table, Text("")]
    return found


def _table(*columns: tuple[str, str]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in columns:
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="ellipsis")
    return table


def _text(screen: RenderableType, width: int | None, colour: bool | None) -> str:
    from rich.console import Console

    wide = width or screen_width()
    shown = sys.stdout is not None and sys.stdout.isatty()
    in_colour = shown and "NO_COLOR" not in os.environ if colour is None else colour
    console = Console(
        width=wide, force_terminal=in_colour, color_system="standard" if in_colour else None, legacy_windows=False,
        highlight=False, emoji=False,
    )  # fmt: skip
    with console.capture() as captured:
        console.print(screen)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
