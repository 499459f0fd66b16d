"""One screen for the terminal: headline figures by stage with ranges and warnings; plans side by side.

In: plans. Out: text, in colour on a terminal and plain elsewhere.
Leaves out: all other figures; `--json` and the report give them.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wattscale.report.brief import brief
from wattscale.report.tables import HEADLINES, full_title, headline_figures, place_name
from wattscale.report.words import people, scale

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from wattscale.result import Plan

MOST_WARNINGS = 4
"""Warnings shown on the screen; the rest is counted."""
WIDEST, NARROWEST = 140, 60
"""Screen widths used [characters]."""


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
        shown = scale(figure.value, figure.unit, figure.name)
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
    below = [Text.assemble((f"{word}  ", "cyan"), text) for word, text in brief(plan)]
    warned = [Text(f"! {w.message}", style="yellow") for w in plan.warnings[:MOST_WARNINGS]]
    left = len(plan.warnings) - MOST_WARNINGS
    if left > 0:
        warned.append(Text(f"! and {left} more; see the report or --json", style="yellow"))
    return Group(
        title, Text(""), table, *([Text("")] if below else []), *below, *([Text("")] if warned else []), *warned
    )


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
        cells = [Text(people(first.value, first.unit, key) if first else "–", style="bold")]
        for plan in plans[1:]:
            here = plan.figures.get(key)
            cells.append(Text(people(here.value, here.unit, key) if here else "–", style="bold"))
            cells.append(Text(change_text(first.value, here.value) if first and here else "", style="dim"))
        table.add_row(Text(full_title(about)), *cells)
    inputs = _table(("Input", "left"), *((name, "left") for name in names))
    differing = inputs_that_differ([plan.scenario for plan in plans])
    for differing_key, row in differing.iterrows():
        inputs.add_row(Text(str(differing_key)), *(Text(input_text(row[n])) for n in names))
    below = [Text(""), inputs] if len(differing) else [Text(""), Text("The inputs are the same.", style="dim")]
    return Group(table, *below)


def change_text(first: float, other: float) -> str:
    """Write a change from a first value in per cent.

    >>> change_text(100.0, 112.0), change_text(100.0, 99.96), change_text(1000.0, 1.0)
    ('+12 %', '−0.04 %', '−100 %')
    >>> change_text(0.0, 1.0), change_text(2.0, 2.0)
    ('new', '=')
    """
    if other == first:
        return "="
    if first == 0:
        return "new"
    percent = 100 * (other - first) / abs(first)
    return (f"{percent:+.2g} %" if abs(percent) < 10 else f"{percent:+,.0f} %").replace("-", "−")


def _table(*columns: tuple[str, str]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in columns:
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="ellipsis")
    return table


def _text(screen: RenderableType, width: int | None, colour: bool | None) -> str:
    from rich.console import Console

    wide = width or max(NARROWEST, min(WIDEST, shutil.get_terminal_size((100, 24)).columns))
    in_colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ if colour is None else colour
    console = Console(
        width=wide, force_terminal=in_colour, color_system="standard" if in_colour else None, legacy_windows=False,
        highlight=False, emoji=False,
    )  # fmt: skip
    with console.capture() as captured:
        console.print(screen)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
