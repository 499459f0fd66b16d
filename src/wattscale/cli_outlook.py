"""The command `outlook`.

In: the words of the command line. Out: the outlook on stdout, or as JSON, or in a folder; progress on stderr.
Leaves out: errors and exit codes; cli.py holds them.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from wattscale.cli_streams import say, tell, tell_written

PATIENCE_S = 1.0
"""Work that takes longer than this shows its progress."""


def outlook(
    file: Annotated[str | None, typer.Argument(metavar="[OUTLOOK.toml]", help="Outlook file or scenario name.")] = None,
    draws: Annotated[int | None, typer.Option("--draws", metavar="N", help="Draws.", min=16, max=1_000_000)] = None,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Seed.", min=0)] = None,
    alone: Annotated[bool, typer.Option("--alone", help="Without the other scenarios and the drivers.")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write files there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the industry to 2045: demand, limits, power, prices, carbon.

    Example: wattscale outlook --draws 300
    """
    from wattscale.outlook.outlook import run_outlook
    from wattscale.verbs import to_json

    start = time.monotonic()

    def stage(name: str, number: int, total: int) -> None:
        if time.monotonic() - start > PATIENCE_S:
            tell(f"[{number}/{total}] {name} ... {time.monotonic() - start:.0f} s")

    found = run_outlook(file, draws, seed, compare=not alone, progress=stage)
    if out is not None:
        written = found.write(out)
        tell_written(f"Wrote {', '.join(p.name for p in written)} to {out}")
    say(to_json(found.to_dict()) if as_json else found.text(), as_json)


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(outlook)
