"""The command line: one verb, one file, sensible defaults; results on stdout, progress on stderr.

Exit codes: 0 done, 1 failed, 2 wrong input. Heavy imports sit inside the functions, so that start-up stays fast.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wattscale import cli_outlook, cli_studies
from wattscale.cli_streams import guarded, say, tell, tell_written
from wattscale.errors import InputError
from wattscale.screen import folded, screen_width, text_table
from wattscale.version import VERSION

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(
    name="wattscale",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="Plan the energy infrastructure that large language models need.\n\nExample: wattscale plan --out out",
)
Scenario = Annotated[Path | None, typer.Argument(help="Scenario file; the built-in example without it.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a key; repeatable.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write files there.")]
PATIENCE_S = 1.0
"""Work that takes longer than this shows its progress."""


class Progress:
    """Says on stderr what is being done, once the work takes longer than a second."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def stage(self, name: str, number: int, total: int) -> None:
        """Show the stage about to run."""
        elapsed = time.monotonic() - self.start
        if elapsed > PATIENCE_S:
            tell(f"[{number}/{total}] {name} ... {elapsed:.0f} s")

    def trial(self, number: int, value: float, figure: float) -> None:
        """Show one trial of a goal seek."""
        from wattscale.report.words import digits

        if time.monotonic() - self.start > PATIENCE_S:
            tell(f"trial {number}: {digits(value)} gives {digits(figure)}")


@app.command()
def plan(
    scenario: Scenario = None,
    settings: Settings = None,
    out: Out = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="Write hourly.parquet, not hourly.csv.")] = False,
    as_json: Json = False,
) -> None:
    """Make a plan: devices, megawatts, supply, cost, carbon.

    Example: wattscale plan my.toml --set facility.cooling=chiller --out out
    """
    from wattscale.chain import plan as make
    from wattscale.scenario.load import load_scenario
    from wattscale.verbs import OUTPUTS, to_json, write

    if parquet and out is None:
        raise InputError("needs a folder to write to", where="--parquet", hint="Add --out DIR")
    made = make(load_scenario(scenario, settings or ()), Progress().stage)
    if out is not None:
        written = write(made, out, [n.replace(".csv", ".parquet") if parquet else n for n in OUTPUTS])
        tell_written(f"Wrote {', '.join(p.name for p in written)} to {out}")
    if as_json:
        say(to_json(made.to_dict()), as_json=True)
        return
    from wattscale.report import plan_summary

    say(plan_summary(made))


@app.command()
def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="Two or more scenario files.")],
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Put plans side by side, with the differences.

    Example: wattscale compare a.toml b.toml
    """
    from wattscale.chain import plan as make
    from wattscale.report import compare_summary
    from wattscale.scenario.load import load_scenario
    from wattscale.stagecache import StageCache
    from wattscale.verbs import to_json

    if len(scenarios) < 2:
        raise InputError("needs at least two scenario files", where="compare", value=len(scenarios))
    progress, cache = Progress(), StageCache()
    plans = [make(load_scenario(path, settings or ()), progress.stage, cache) for path in scenarios]
    say(to_json([p.to_dict() for p in plans]) if as_json else compare_summary(plans), as_json)


@app.command()
def solve(
    scenario: Scenario = None,
    vary: Annotated[str, typer.Option(help="Numeric key to vary.")] = "workload.serving.requests_per_day",
    until: Annotated[str, typer.Option(metavar="FIGURE=VALUE", help="Figure and the value to reach.")] = "",
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """The other way round: vary a key until a figure reaches a value.

    Example: wattscale solve --vary workload.serving.requests_per_day --until facility.peak_mw=60
    """
    from wattscale.goal import solve as seek
    from wattscale.scenario.load import load_scenario
    from wattscale.verbs import to_json

    goal = seek(load_scenario(scenario, settings or ()), vary, until, Progress().trial)
    if as_json:
        keys = ("vary", "value", "figure", "target", "reached", "unit")
        say(
            to_json({key: getattr(goal, key) for key in keys} | {"trials": [list(t) for t in goal.trials]}),
            as_json=True,
        )
        return
    from wattscale.report.solved import solve_text

    say(folded(solve_text(goal)))


@app.command()
def model(name: Annotated[str, typer.Argument(help="Catalogue name or config.json.")], as_json: Json = False) -> None:
    """Show what an LLM is made of and what it costs per token.

    Example: wattscale model Llama-3.1-8B
    """
    from wattscale.verbs import model as describe
    from wattscale.verbs import to_json

    found = describe(name)
    say(to_json(found.to_dict()) if as_json else folded(found.text()), as_json)


@app.command()
def explain(name: Annotated[str, typer.Argument(help="Stage, figure or scenario key.")]) -> None:
    """Show equations, units and sources.

    Example: wattscale explain facility.pue
    """
    from wattscale.explanation import explain as text_of

    say(folded(text_of(name)))


@app.command()
def validate(
    kind: Annotated[str, typer.Argument(help="training, training-steps, mlperf, inference, serving, pue ...")],
    data: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Measurements; else the catalogue's.")] = None,
    cross_validate: Annotated[bool, typer.Option("--cross-validate", help="Refit without each row's model.")] = False,
    as_json: Json = False,
) -> None:
    """Predict measured rows from their inputs and score them.

    Example: wattscale validate inference --data measured.csv
    """
    from wattscale.validation import validate as check
    from wattscale.validation.text import validation_text
    from wattscale.verbs import to_json

    found = check(kind, data, cross_validate)
    say(to_json(found) if as_json else folded(validation_text(found)), as_json)


@app.command()
def measure(
    read: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Result file of another tool.")] = None,
    join: Annotated[bool, typer.Option("--join", help="The files read are of the same runs.")] = False,
    server: Annotated[str | None, typer.Option(metavar="URL", help="Local OpenAI-compatible server.")] = None,
    model: Annotated[str, typer.Option(help="Model served, or whose sizes the synthetic one has.")] = "Llama-3.1-8B",
    batch: Annotated[str, typer.Option(help="Sequences at once, several points.")] = "1,8,32",
    input_tokens: Annotated[int, typer.Option(min=1, help="Tokens of a prompt.")] = 500,
    output_tokens: Annotated[int, typer.Option(min=2, help="Tokens of an answer.")] = 300,
    precision: Annotated[str, typer.Option(help="Precision of the weights.")] = "bf16",
    seconds: Annotated[float, typer.Option(min=1.0, help="Steady window of a point.")] = 20.0,
    warmup: Annotated[float, typer.Option(min=0.0, help="Seconds before it.")] = 10.0,
    speed_only: Annotated[bool, typer.Option("--speed-only", help="Read no power.")] = False,
    fact: Annotated[list[str] | None, typer.Option(metavar="COLUMN=VALUE", help="Fill a column; repeatable.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Write the table there.")] = None,
    as_json: Json = False,
) -> None:
    """Measure power and speed of your own GPU, or read what vllm, ML.ENERGY and CodeCarbon measured.

    Example: wattscale measure --read bench.json --fact gpu_model=H100 --out measured.csv
    """
    from wattscale.measure import Ask, batches_of, facts_of, table_csv
    from wattscale.measure import measure as run
    from wattscale.staged import write_file
    from wattscale.verbs import to_json

    ask = Ask(
        tuple(read or ()), join, server, model, batches_of(batch), input_tokens, output_tokens, precision, seconds,
        warmup, speed_only, facts_of(fact or ()),
    )  # fmt: skip
    rows = run(ask, tell)
    if out is not None:
        write_file(out, table_csv(rows))
        tell_written(f"Wrote {len(rows)} rows to {out}")
    if as_json or out is None:
        say(to_json(rows) if as_json else table_csv(rows), as_json)


@app.command()
def calibrate(
    data: Annotated[Path, typer.Argument(metavar="FILE", help="Table of `measure`, or a file that it reads.")],
    accelerator: Annotated[str | None, typer.Option(help="Device, where the file names several or none.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="Write the fitted figures there.")] = None,
    as_json: Json = False,
) -> None:
    """Fit speed, overhead and power of your device to measurements; writes a [catalog] table.

    Example: wattscale calibrate measured.csv --out my_gpu.toml
    """
    from wattscale.measure import calibrate as fit
    from wattscale.measure import read_results
    from wattscale.staged import write_file
    from wattscale.verbs import to_json

    found = fit(read_results(data), accelerator=accelerator)
    if out is not None:
        write_file(out, found.toml())
        tell_written(f"Wrote {len(found.figures)} figures to {out}")
    say(to_json(found.to_dict()) if as_json else folded(found.text()) if out else found.toml(), as_json)


@app.command()
def catalog(
    table: Annotated[str | None, typer.Argument(help="Table; the list of tables without it.")] = None,
    weak: Annotated[bool, typer.Option("--weak", help="The least certain figures by their weight in a plan.")] = False,
    scenario: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="The plan; else the built-in one.")] = None,
    as_json: Json = False,
) -> None:
    """Look at the figures that everything rests on.

    Example: wattscale catalog accelerators
    """
    from wattscale.verbs import catalog_table as look

    frame = look(table)
    if weak:
        from wattscale.scenario.load import load_scenario
        from wattscale.study.text import weak_text
        from wattscale.study.weak import weak_figures

        frame = weak_figures(load_scenario(scenario), cli_studies.Count("figures").tick, table)
        say(frame.to_json(orient="records") if as_json else folded(weak_text(frame)), as_json)
        return
    shown = _text(frame) if table is not None else _list_of_tables(frame)
    say(frame.reset_index().to_json(orient="records") if as_json else shown, as_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the scenario.

    Example: wattscale schema > scenario.schema.json
    """
    from wattscale.verbs import schema as describe
    from wattscale.verbs import to_json

    say(to_json(describe()), as_json=True)


@app.command()
def web(
    port: Annotated[int, typer.Option(help="Port.", min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    read_only: Annotated[bool, typer.Option("--read-only", help="Public mode: plans, no jobs.")] = False,
    root_path: Annotated[str, typer.Option(metavar="PATH", help="Path below which a proxy shows it.")] = "",
    workers: Annotated[int, typer.Option(help="Processes that answer.", min=1, max=64)] = 1,
) -> None:
    """Start the local web app.

    Example: wattscale web --port 8080
    """
    from wattscale.web.serve import serve

    serve(host, port, read_only, root_path, workers)


cli_studies.register(app)
cli_outlook.register(app)


def _text(frame: pd.DataFrame) -> str:
    return str(frame.to_string(max_colwidth=min(48, screen_width() - 4), line_width=screen_width(), na_rep=""))


def _list_of_tables(frame: pd.DataFrame) -> str:
    """List tables, rows and titles; licences are in the JSON."""
    rows = [(str(name), str(row["title"]), str(row["rows"])) for name, row in frame.iterrows()]
    return text_table([("table", "title", "rows"), *rows], words=(1,))


def _version(asked: bool) -> None:
    if asked:
        say(f"wattscale {VERSION}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    pass


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with 0 done, 1 failed, 2 wrong input."""
    sys.exit(guarded(lambda: app(args=arguments, standalone_mode=False)))


if __name__ == "__main__":
    main()
