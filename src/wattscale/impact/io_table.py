"""Reader of a user's input-output table in the folder format of pymrio.

In: a folder as pymrio's `save_all` writes it after `calc_all`. Out: an `Economy`.
Leaves out: parsing of raw databases (EXIOBASE, WIOD, OECD); pymrio does that.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wattscale.errors import InputError, clipped, did_you_mean
from wattscale.impact.input_output import Economy
from wattscale.scenario.impact import ImpactTable
from wattscale.units import FloatArray
from wattscale.userfile import MIB, FileKind, opened, regular_file
from wattscale.usertext import read_json

FIELD = "impact.input_output"
PARAMETERS = "file_parameters.json"
LIST = FileKind("the list of a table's files", (".json",), MIB)
TABLE = FileKind("a table of coefficients", (".txt",), 1024 * MIB)
HEAD_BYTES = 16 * MIB
"""The names of all columns fit in it; a file without a line end there is no table."""
MOST_NAMES = 10
MOST_REASON = 200

READ = ("A", "S", "Y")
"""Tables that are read: coefficients, those of an extension, final demand."""


def read_economy(
    folder: Path | str,
    jobs: str,
    value_added: str,
    jobs_factor: float = 1.0,
    wages: str | None = None,
    households: str = "",
) -> Economy:
    """Read a table with its jobs and value added.

    Args:
        folder: Folder with `file_parameters.json`, the coefficients A and extensions with the coefficients S.
        jobs: Jobs as `extension/row`, such as `employment/Total`.
        value_added: Value added as `extension/row`, such as `factor_inputs/Value Added`.
        jobs_factor: Jobs per million of the table's money for a coefficient of 1, such as 1000 where the table
            counts thousands of persons per million.
        wages: Income of households as `extension/row`, for induced effects; None leaves households outside.
        households: Final demand of households in the table Y, by any of its names; used with `wages`.

    Returns:
        The table; sectors are named `region: sector` where there are regions.

    Raises:
        InputError: A missing folder, file or row, or files whose sectors differ.

    Source: pymrio 0.7, file format of `save_all`.
    """
    root = Path(folder)
    requirements = _frame(root, "A")
    sectors = tuple(": ".join(str(word) for word in name) for name in _names(requirements.columns))
    if list(requirements.columns) != list(requirements.index):
        raise InputError("the rows and columns of A name different sectors", where=str(root / "A.txt"))
    return Economy(
        sectors,
        requirements.to_numpy(dtype=np.float64),
        _row(root, jobs, requirements.columns) * jobs_factor,
        _row(root, value_added, requirements.columns),
        None if wages is None else _row(root, wages, requirements.columns),
        None if wages is None else _basket(root, households, requirements.index),
    )


def load_economy(table: ImpactTable) -> Economy | None:
    """Read the scenario's input-output table, None where it names none.

    Args:
        table: Scenario table.

    Returns:
        The table.

    Raises:
        InputError: As `read_economy`.
    """
    if table.input_output is None:
        return None
    return read_economy(
        Path(table.input_output).parent, table.input_output_jobs, table.input_output_value_added,
        table.input_output_jobs_factor, table.input_output_wages, table.input_output_households,
    )  # fmt: skip


def economy_files(table: ImpactTable) -> dict[str, Path]:
    """Give the files of the scenario's input-output table that `load_economy` reads, by field and place."""
    if table.input_output is None:
        return {}
    root = Path(table.input_output).parent
    rows = (table.input_output_jobs, table.input_output_value_added, table.input_output_wages)
    folders = [root, *(root / row.partition("/")[0] for row in rows if row)]
    found = [folder / PARAMETERS for folder in folders] + [path for folder in folders for path in _tables(folder)]
    return {f"impact.input_output: {path.relative_to(root)}": path for path in found}


def _tables(folder: Path) -> list[Path]:
    """Give the tables of a folder that are read; none where its list of them cannot be."""
    path, found = folder / PARAMETERS, []
    for table in READ:
        with suppress(InputError):
            found.append(folder / _layout(read_json(path, FIELD, LIST), path, table)[0])
    return found


def _names(index: pd.Index[str]) -> list[tuple[str, ...]]:
    return [name if isinstance(name, tuple) else (name,) for name in index]


def _frame(folder: Path, table: str) -> pd.DataFrame:
    """Read one table of a folder, all of its values finite numbers."""
    parameters = folder / PARAMETERS
    if not regular_file(parameters):
        raise InputError("no such file", where=FIELD, value=str(parameters),
                         hint="Save the table with pymrio's save_all and name its file_parameters.json")  # fmt: skip
    name, rows, columns = _layout(read_json(parameters, FIELD, LIST), parameters, table)
    path = folder / name
    if not regular_file(path):
        raise InputError(
            f"the folder has no coefficients {table}", where=str(folder), hint="Run calc_all before save_all."
        )
    try:
        with opened(path, FIELD, TABLE) as file:
            head = file.read(HEAD_BYTES)
            if b"\0" in head or (b"\n" not in head and len(head) == HEAD_BYTES):
                raise InputError("is no table of text", where=FIELD, value=str(path), hint="Save it again")
            file.seek(0)
            frame = pd.read_csv(file, sep="\t", index_col=list(range(rows)), header=list(range(columns)))
        values = frame.to_numpy(dtype=np.float64)
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        reason = clipped(" ".join(str(error).split())[:MOST_REASON])
        raise InputError(f"cannot be read as a table: {reason}", where=FIELD, value=str(path), hint="Save it again"
                         ) from None  # fmt: skip
    if values.size == 0:
        raise InputError("has no values", where=FIELD, value=str(path), hint="Save it again")
    if not np.isfinite(values).all():
        raise InputError("holds cells that are no finite numbers", where=FIELD, value=str(path), hint="Save it again")
    return frame


def _layout(listed: Any, path: Path, table: str) -> tuple[str, int, int]:
    """Name of a table's file, and how many of its columns and rows are names."""
    files = listed.get("files") if isinstance(listed, dict) else None
    found = files.get(table) if isinstance(files, dict) else None
    if not isinstance(files, dict):
        raise InputError("has no list of files", where=FIELD, value=str(path), hint="Save the table again")
    if found is None:
        raise InputError(f"the folder has no coefficients {table}", where=str(path.parent),
                         hint="Run calc_all before save_all.")  # fmt: skip
    try:
        name, rows, columns = str(found["name"]), int(found["nr_index_col"]), int(found["nr_header"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise InputError(f"does not describe the table {table}", where=FIELD, value=str(path)) from None
    if Path(name).name != name or not (1 <= rows <= MOST_NAMES and 1 <= columns <= MOST_NAMES):
        raise InputError(f"does not describe the table {table}", where=FIELD, value=str(path))
    return name, rows, columns


def _row(root: Path, name: str, columns: pd.Index[str]) -> FloatArray:
    """One row of an extension's coefficients; a row with several names is found by its first."""
    extension, _, row = name.partition("/")
    frame = _frame(root / extension, "S")
    if list(frame.columns) != list(columns):
        raise InputError("the extension names different sectors than A", where=str(root / extension))
    known = {str(each[0]): i for i, each in enumerate(_names(frame.index))}
    if row not in known:
        raise InputError("no such row", where=str(root / extension), value=row, hint=did_you_mean(row, known))
    return np.asarray(frame.to_numpy(dtype=np.float64)[known[row]], dtype=np.float64)


def _basket(root: Path, households: str, sectors: pd.Index[str]) -> FloatArray:
    """What households of all regions spend on each sector, over all they spend on the table's sectors."""
    demand = _frame(root, "Y")
    if list(demand.index) != list(sectors):
        raise InputError("the rows of Y and A name different sectors", where=str(root / "Y.txt"))
    names = _names(demand.columns)
    wanted = [i for i, name in enumerate(names) if households in name]
    if not wanted:
        known = sorted({name[-1] for name in names})
        raise InputError(
            "no such final demand", where="impact.input_output_households", value=households,
            allowed=", ".join(known), hint=did_you_mean(households, known),
        )  # fmt: skip
    spent = demand.to_numpy(dtype=np.float64)[:, wanted].sum(axis=1)
    if not spent.sum() > 0.0:
        raise InputError("households spend nothing", where="impact.input_output_households", value=households)
    return np.asarray(spent / spent.sum())
