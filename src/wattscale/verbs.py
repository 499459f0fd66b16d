"""The verbs of the front door that need a few lines of their own: compare, model, schema, catalog, write.

In: scenarios, plans, names. Out: tables, dicts, files. Both the command line and Python use these.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattscale.chain import plan
from wattscale.errors import InputError
from wattscale.result import Plan
from wattscale.scenario.load import load_scenario, scenario_toml
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of
from wattscale.stagecache import StageCache
from wattscale.staged import write_files

if TYPE_CHECKING:
    import pandas as pd

    from wattscale.workload.describe import ModelDescription

OUTPUTS = ("plan.json", "hourly.csv", "scenario.toml", "report.html", "tables.xlsx")
"""Files that `write` makes."""


def compare(*given: Plan | Scenario | str | Path) -> pd.DataFrame:
    """Put plans side by side, with the differences to the first.

    Args:
        given: Two or more plans, scenarios or scenario files.

    Returns:
        One row per figure: unit, a column per plan, and the relative difference of each to the first.

    Raises:
        InputError: Fewer than two.
    """
    from wattscale.report import compare_table

    if len(given) < 2:
        raise InputError("needs at least two plans", where="compare", value=len(given))
    cache = StageCache()
    plans = [each if isinstance(each, Plan) else plan(_scenario(each), cache=cache) for each in given]
    return compare_table(plans)


def _scenario(given: Scenario | str | Path) -> Scenario:
    return given if isinstance(given, Scenario) else load_scenario(given)


def model(name: str) -> ModelDescription:
    """Describe a model: what it is made of and what it costs per token.

    Args:
        name: Catalogue name, or path of a Hugging Face `config.json`.

    Raises:
        InputError: Unknown name or unreadable file.
    """
    from wattscale.catalog import load_catalog
    from wattscale.workload import load_config
    from wattscale.workload.describe import describe_model

    return describe_model(name, load_catalog(), load_config(name))


def schema() -> dict[str, Any]:
    """Give the JSON Schema of the scenario; every number may also be a `{low, mode, high}` range."""
    found = Scenario.model_json_schema()
    numeric = {f.key.rsplit(".", 1)[-1] for f in fields_of(Scenario) if f.numeric in ("float", "int")}
    number = {"type": "number"}
    found["$defs"]["Range"] = {
        "title": "Range",
        "description": "A number not known exactly; a plan uses the mode, a study draws from it.",
        "type": "object",
        "properties": {"low": number, "mode": number, "high": number},
        "required": ["low", "mode", "high"],
        "additionalProperties": False,
    }
    for table in (found, *found["$defs"].values()):
        for key, field in table.get("properties", {}).items():
            if key in numeric and table.get("title") != "Range":
                options = field.pop("anyOf", None) or [_taken(field)]
                field["anyOf"] = [*options, {"$ref": "#/$defs/Range"}]
    return found


def _taken(field: dict[str, Any]) -> dict[str, Any]:
    """Move the type and limits of a field out of it, to stand as one option beside others."""
    kept = ("type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    return {key: field.pop(key) for key in kept if key in field}


def catalog_table(table: str | None = None) -> pd.DataFrame:
    """Give a table of the catalogue as a DataFrame, or the list of tables.

    The least certain figures, by their weight in a plan: `wattscale.study.weak.weak_figures`.

    Raises:
        InputError: Unknown table.
    """
    import pandas as pd

    from wattscale.catalog import load_catalog

    found = load_catalog()
    if table is not None:
        return found.table(table).frame()
    rows = [(name, t.meta["title"], len(t.rows), t.meta["licence"]) for name, t in found.tables.items()]
    return pd.DataFrame(rows, columns=["table", "title", "rows", "licence"]).set_index("table")


def write(made: Plan, folder: str | Path, formats: Iterable[str] = OUTPUTS) -> list[Path]:
    """Write a plan's files into a folder, all or none.

    Args:
        made: The plan.
        folder: Folder to write to; it is made when missing.
        formats: File names out of `plan.json`, `hourly.csv`, `hourly.parquet`, `scenario.toml`, `report.html`,
            `tables.xlsx`.

    Returns:
        Paths written.

    Raises:
        InputError: The folder is a file, or cannot be written to.
        WattscaleError: The disk is full; nothing is left behind.
    """
    return write_files(Path(folder), {name: partial(_write_one, made) for name in formats})


def _write_one(made: Plan, path: Path) -> None:
    from wattscale import report

    if path.name == "plan.json":
        path.write_text(to_json(made.to_dict()), encoding="utf-8")
    elif path.name == "scenario.toml":
        path.write_text(scenario_toml(made.scenario), encoding="utf-8")
    elif path.name == "report.html":
        path.write_text(report.report_html(made), encoding="utf-8")
    elif path.name == "tables.xlsx":
        path.write_bytes(report.tables_xlsx(made))
    elif path.name == "hourly.parquet":
        import duckdb

        frame = made.hourly().reset_index()
        with duckdb.connect() as connection:
            connection.register("frame", frame)
            try:
                connection.execute("COPY frame TO ? (FORMAT parquet)", [str(path)])
            except duckdb.IOException as error:
                raise OSError(errno.EIO, "the Parquet file does not fit") from error
    else:
        path.write_text(report.hourly_csv(made), encoding="utf-8")


def to_json(data: Mapping[str, Any] | list[Any]) -> str:
    """Write data as JSON; NaN is refused, so every reader can open it."""
    import json

    return json.dumps(data, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
