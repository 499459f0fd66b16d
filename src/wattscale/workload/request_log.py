"""A request log summed by the hour.

In: a CSV or Parquet file with the columns TIMESTAMP (UTC), ContextTokens, GeneratedTokens (those of the Azure LLM
inference traces), of any length; DuckDB reads it in chunks. Out: `RequestLog`, requests and tokens of each hour.
Leaves out: single requests and their order within the hour.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wattscale.errors import InputError, clipped, did_you_mean
from wattscale.figure import PlanWarning
from wattscale.units import FloatArray
from wattscale.userfile import FileKind, checked_path, duckdb_name
from wattscale.usertext import MOST_COLUMNS, read_head
from wattscale.workload.stray import left_out, main_part

if TYPE_CHECKING:
    import duckdb

COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
WHERE = "workload.serving.log"
HINT = "Write one row per request: TIMESTAMP,ContextTokens,GeneratedTokens"
LOG = FileKind("a request log", (".csv", ".csv.gz", ".parquet", ".pq"), None, HINT)
MOST_TOKENS = 1e8
"""More tokens than any model takes or gives in one request; a larger number is another column."""
MOST_REASON = 200
NUMBERS = ("INT", "DECIMAL", "DOUBLE", "FLOAT")
NUMBER_HINT = "Write dates such as 2024-05-10 00:00:00; numbers since 1970 must be turned into dates first"
KEYS = {"ContextTokens": "workload.serving.input_tokens", "GeneratedTokens": "workload.serving.output_tokens"}
SEPARATORS = (",", ";", "\t", "|")
LONGEST_HEADER = 100_000
FIRST, LAST = "1970-01-01", "2100-01-01"
"""A time outside these days is no time of a request; the hours between them are few enough to sum."""
SUMS = f"""SELECT CASE WHEN TIMESTAMP IS NULL THEN -2
        WHEN NOT isfinite(TIMESTAMP) OR TIMESTAMP < TIMESTAMPTZ '{FIRST}' OR TIMESTAMP >= TIMESTAMPTZ '{LAST}' THEN -1
        ELSE CAST(floor(epoch(TIMESTAMP) / 3600) AS BIGINT) END AS h,
    CAST(count(*) AS DOUBLE) AS n, sum(ContextTokens) AS tokens_in, sum(GeneratedTokens) AS tokens_out,
    min(CASE WHEN isfinite(TIMESTAMP) THEN epoch(TIMESTAMP) END) / 3600 AS first,
    max(CASE WHEN isfinite(TIMESTAMP) THEN epoch(TIMESTAMP) END) / 3600 AS last,
    count_if(ContextTokens IS NULL OR isnan(ContextTokens)) AS no_in,
    count_if(GeneratedTokens IS NULL OR isnan(GeneratedTokens)) AS no_out,
    count_if(ContextTokens < 0) AS less_in, count_if(GeneratedTokens < 0) AS less_out,
    count_if(ContextTokens > {MOST_TOKENS:.0f} AND NOT isnan(ContextTokens)) AS more_in,
    count_if(GeneratedTokens > {MOST_TOKENS:.0f} AND NOT isnan(GeneratedTokens)) AS more_out,
    count_if(GeneratedTokens = 0) AS failed
    FROM log GROUP BY h ORDER BY h"""
"""One pass over the log; rows without a readable time, and those of no possible time, are in groups of their own."""


@dataclass(frozen=True)
class RequestLog:
    """Requests by the hour; hours without requests are not listed.

    Attributes:
        hours: Hours since 1970-01-01 00:00 UTC, ascending, shape (n,).
        requests: Requests of each hour [1], shape (n,).
        input_tokens, output_tokens: Tokens of each hour [token], shape (n,).
        start_h, end_h: First and last timestamp in the same hours, with fraction [h].
        failed: Requests of all hours without an output token [1].
        warnings: What was left out, and what is doubtful.
    """

    hours: npt.NDArray[np.int64]
    requests: FloatArray
    input_tokens: FloatArray
    output_tokens: FloatArray
    start_h: float
    end_h: float
    failed: float = 0.0
    warnings: tuple[PlanWarning, ...] = ()

    @property
    def span_h(self) -> float:
        """Time between the first and the last request [h]."""
        return self.end_h - self.start_h

    @property
    def mean_input_tokens(self) -> float:
        """Mean input tokens of a request [token]."""
        return float(self.input_tokens.sum() / self.requests.sum())

    @property
    def mean_output_tokens(self) -> float:
        """Mean output tokens of a request that was answered [token]."""
        return float(self.output_tokens.sum() / (self.requests.sum() - self.failed))


def read_request_log(path: str | Path) -> RequestLog:
    """Read a request log and sum it by the hour.

    Rows whose time lies far from all others are left out, with a warning; requests without an output token (failed or
    cancelled) count as requests, but not in the mean output.

    Args:
        path: CSV (also .csv.gz) or Parquet file.

    Returns:
        The sums.

    Raises:
        InputError: Missing file or column, empty log, unreadable timestamps, negative or missing token counts, no
            tokens at all.
    """
    import duckdb

    file = checked_path(path, WHERE, LOG)
    name = duckdb_name(file, WHERE)
    connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    try:
        _open(connection, file, name)
        return _summed(connection, file)
    except duckdb.Error as error:
        reason = " ".join(str(error).split())
        raise InputError(f"cannot be read: {reason[:MOST_REASON]}", where=WHERE, value=str(path), hint=HINT) from None
    finally:
        connection.close()


def _open(connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> None:
    """Make a view `log` with the three columns under their own names, and the time as it is written."""
    connection.execute("SET TimeZone = 'UTC'")
    literal = "'" + name.replace("'", "''") + "'"
    if file.suffix.lower() in (".parquet", ".pq"):
        source = f"read_parquet({literal}, hive_partitioning = false)"
        rows = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        place = _places([str(row[0]) for row in rows], file)
        if str(rows[place[0]][1]).upper().startswith(NUMBERS):
            raise InputError("has numbers, not dates, as TIMESTAMP", where=WHERE, value=str(file), hint=NUMBER_HINT)
        cells = ['"' + str(rows[i][0]).replace('"', '""') + '"' for i in place]
    else:
        separator, header = _header(file)
        names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
        packed = "gzip" if file.suffix.lower() == ".gz" else "none"
        source = (
            f"read_csv({literal}, auto_detect = false, header = true, delim = '{separator}', quote = '\"', "
            f"escape = '\"', columns = {{{names}}}, compression = '{packed}', hive_partitioning = false)"
        )
        cells = [f"trim(c{i})" for i in _places(header, file)]
    kinds = ("TIMESTAMPTZ", "DOUBLE", "DOUBLE")
    picked = [f"TRY_CAST({c} AS {kind}) AS {n}" for c, kind, n in zip(cells, kinds, COLUMNS, strict=True)]
    connection.execute(f"CREATE TEMP VIEW log AS SELECT {', '.join(picked)}, {cells[0]} AS written FROM {source}")


def _header(file: Path) -> tuple[str, list[str]]:
    """Give separator and column names of a CSV file, whose rows are then read by them and not by a guess."""
    lines = (line for line in read_head(file, WHERE, LOG).splitlines() if line.strip())
    line = next(lines, "")
    readings = [(s, next(csv.reader([line[:LONGEST_HEADER]], delimiter=s), [])) for s in SEPARATORS]
    wanted = {column.lower() for column in COLUMNS}
    found = max(readings, key=lambda r: (len(wanted & {c.strip().lower() for c in r[1]}), len(r[1])))
    if len(found[1]) > MOST_COLUMNS:
        raise InputError(
            f"has {len(found[1]):,} columns", where=WHERE, value=str(file), allowed=f"at most {MOST_COLUMNS}"
        )
    return found


def _places(header: list[str], file: Path) -> list[int]:
    """Give the place of each of the three columns in a header, whatever their case."""
    names = [name.strip().lower() for name in header]
    for column in COLUMNS:
        if column.lower() not in names:
            found = ", ".join(clipped(name) for name in header[:8])
            hint = did_you_mean(column, header) or f"The file has: {found}"
            raise InputError(f"has no column {column}", where=WHERE, value=str(file), hint=hint)
        if names.count(column.lower()) > 1:
            raise InputError(f"names the column {column} twice", where=WHERE, value=str(file), hint="Leave one of them")
    return [names.index(column.lower()) for column in COLUMNS]


def _summed(connection: duckdb.DuckDBPyConnection, file: Path) -> RequestLog:
    found = connection.execute(SUMS).fetchnumpy()
    sums = {name: np.ma.filled(np.ma.asarray(column, np.float64), np.nan) for name, column in found.items()}
    total = int(sums["n"].sum())
    if total == 0:
        raise InputError("has no requests", where=WHERE, value=str(file), hint="Give a log with at least two rows")
    _refuse_unreadable(connection, int(sums["n"][sums["h"] == -2].sum()), total, file)
    for short, column in (("in", COLUMNS[1]), ("out", COLUMNS[2])):
        _refuse_rows(int(sums[f"no_{short}"].sum()), total, f"no readable {column}", file)
        _refuse_rows(int(sums[f"less_{short}"].sum()), total, f"a negative {column}", file)
        _refuse_rows(int(sums[f"more_{short}"].sum()), total, f"more than {MOST_TOKENS:,.0f} {column}", file)
    kept = main_part(sums["h"], sums["n"])
    strays = left_out(sums["h"], sums["n"], kept, file)
    part = {name: column[kept] for name, column in sums.items()}
    return _checked(part, strays, file)


def _checked(part: dict[str, FloatArray], strays: tuple[PlanWarning, ...], file: Path) -> RequestLog:
    """Give the log of the kept hours; refuse one without time or tokens, warn of failed requests."""
    requests, failed = float(part["n"].sum()), float(part["failed"].sum())
    start, end = float(part["first"].min()), float(part["last"].max())
    if not end > start:
        raise InputError("all requests have the same time", where=WHERE, value=str(file))
    for column, tokens in ((COLUMNS[1], part["tokens_in"]), (COLUMNS[2], part["tokens_out"])):
        if not tokens.sum() > 0.0:
            raise InputError(
                f"has 0 {column} in all of its {requests:,.0f} rows", where=WHERE, value=str(file),
                hint=f"Give a log with the tokens of each request, or leave the log out and set {KEYS[column]}",
            )  # fmt: skip
    warnings = strays
    if failed:
        mean = float(part["tokens_out"].sum()) / (requests - failed)
        text = (
            f"{failed:,.0f} of the {requests:,.0f} requests of the log have no output token (failed or cancelled): "
            f"they count as requests to be answered, but not in the mean output of {mean:,.0f} tokens."
        )
        warnings += (PlanWarning("log-failed-requests", text),)
    hours = part["h"].astype(np.int64)
    return RequestLog(hours, part["n"], part["tokens_in"], part["tokens_out"], start, end, failed, warnings)


def _refuse_unreadable(connection: duckdb.DuckDBPyConnection, count: int, total: int, file: Path) -> None:
    if not count:
        return
    row = connection.execute("SELECT written FROM log WHERE TIMESTAMP IS NULL LIMIT 1").fetchone()
    first = "" if row is None or row[0] is None else str(row[0])
    number = first.replace(".", "", 1).isdigit()
    message = f"{count} of {total} rows have no readable TIMESTAMP, such as {clipped(first)}"
    hint = NUMBER_HINT if number else "Remove or repair them"
    raise InputError(message, where=WHERE, value=str(file), hint=hint)


def _refuse_rows(count: int, total: int, what: str, file: Path) -> None:
    if count:
        hint = "Remove or repair them"
        raise InputError(f"{count} of {total} rows have {what}", where=WHERE, value=str(file), hint=hint)
