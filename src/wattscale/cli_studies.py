"""Commands that make many plans: levers, sites, study, claims.

In: the words of the command line. Out: results on stdout, progress on stderr.
Leaves out: the commands of one plan, errors and exit codes; cli.py holds them.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from wattscale.cli_streams import say, tell
from wattscale.errors import InputError, WattscaleError
from wattscale.screen import folded

Scenario = Annotated[Path | None, typer.Argument(help="Scenario file; the built-in example without it.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key; repeatable.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Workers = Annotated[int, typer.Option("--workers", metavar="N", help="Processes.", min=1)]
PATIENCE_S = 1.0
"""Work that takes longer than this shows its progress, and not more often than this."""


class Count:
    """Says on stderr how many are done, how fast, and how long the rest takes."""

    def __init__(self, what: str) -> None:
        self.what, self.start, self.said = what, time.monotonic(), time.monotonic()

    def tick(self, done: int, total: int, rate: float | None = None) -> None:
        """Show the count, at most once a second."""
        now = time.monotonic()
        if now - self.said < PATIENCE_S:
            return
        self.said = now
        speed = rate if rate is not None else done / (now - self.start)
        left = f", about {(total - done) / speed:.0f} s left" if speed > 0 else ""
        tell(f"{done}/{total} {self.what}, {speed:.3g} a second{left}")


def levers(
    scenario: Scenario = None,
    only: Annotated[str, typer.Option(metavar="A,B,...", help="Levers to combine, in this order.")] = "",
    file: Annotated[Path | None, typer.Option("--levers", metavar="FILE.toml", help="Your own levers.")] = None,
    workers: Workers = 1,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Show what each lever saves: alone, in order, its exact share; abatement cost curve.

    Example: wattscale levers --only precision,cooling --workers 2
    """
    from wattscale.scenario.load import load_scenario
    from wattscale.study.levers import load_levers, study_levers
    from wattscale.study.text import levers_text
    from wattscale.verbs import to_json

    names = [name.strip() for name in only.split(",") if name.strip()]
    chosen = load_levers(file, names)
    found = study_levers(load_scenario(scenario, settings or ()), chosen, Count("plans").tick, workers=workers)
    say(to_json(found.to_dict()) if as_json else folded(levers_text(found)), as_json)


def sites(
    scenario: Scenario = None,
    places: Annotated[str, typer.Option("--sites", metavar="FILE.csv|all|A,B", help="Places to rank.")] = "all",
    limits: Annotated[
        list[str] | None, typer.Option("--limit", metavar="FIGURE<=VALUE", help="Hard limit; repeatable.")
    ] = None,
    weights: Annotated[
        list[str] | None, typer.Option("--weight", metavar="NAME=X", help="cost, carbon, water, law, time; repeatable.")
    ] = None,
    split: Annotated[bool, typer.Option("--split", help="Train at one place, serve at another.")] = False,
    workers: Workers = 1,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Rank places by whole plans.

    Example: wattscale sites --limit "site.time_to_power_years<=4"
    """
    from wattscale.scenario.load import load_scenario
    from wattscale.study.places import places_of
    from wattscale.study.sites import rank_sites
    from wattscale.study.split import rank_split_sites
    from wattscale.study.text import sites_text, split_text
    from wattscale.verbs import to_json

    listed = places_of(places if places == "all" or places.endswith(".csv") else places.split(","))
    asked = (load_scenario(scenario, settings or ()), listed, limits or (), _weights(weights or []))
    tick = Count("places").tick
    if split:
        both = rank_split_sites(*asked, workers=workers, tick=tick)
        say(to_json(both.to_dict()) if as_json else folded(split_text(both)), as_json)
        return
    found = rank_sites(*asked, workers=workers, tick=tick)
    say(to_json(found.to_dict()) if as_json else folded(sites_text(found)), as_json)


def study(
    file: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="Study file: axes, method, figures.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Keep every case there.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the folder.")] = False,
    workers: Workers = 1,
    dask: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler, tcp://host:8786.")] = None,
    as_json: Json = False,
) -> None:
    """Run a sweep, a Monte Carlo or a sensitivity analysis.

    Example: wattscale study study.toml --out results
    """
    from wattscale.study.front import run_study
    from wattscale.verbs import to_json

    if resume and out is None:
        raise InputError("needs the folder to go on with", where="--resume", hint="Add --out DIR.")
    try:
        found = run_study(file, out, workers=workers, dask=dask, resume=resume, tick=Count("cases").tick, say=tell)
    except KeyboardInterrupt:
        if out is None:
            raise
        raise WattscaleError(f"cancelled; finished cases are kept in {out}, --resume goes on") from None
    say(to_json(found.to_dict()) if as_json else folded(found.text()), as_json)


def claims(
    scenario: Scenario = None,
    number: Annotated[int | None, typer.Option("--id", metavar="N", help="One statement.")] = None,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Test common statements about AI and energy; say what would flip each.

    Example: wattscale claims --id 8
    """
    from wattscale.outlook.claims import evaluate_claims
    from wattscale.scenario.load import load_scenario
    from wattscale.study.text import claims_text
    from wattscale.verbs import to_json

    found = evaluate_claims(load_scenario(scenario, settings or ()), None if number is None else [number])
    say(to_json([claim.as_dict() for claim in found]) if as_json else folded(claims_text(found)), as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for command in (levers, sites, study, claims):
        app.command()(command)


def _weights(given: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for text in given:
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise InputError("is not of the form name=number", where="--weight", value=text) from None
    return found
