"""A request log summed by the hour.

In: a CSV or Parquet file with the columns TIMESTAMP (UTC), ContextTokens, GeneratedTokens (those of the Azure LLM
inference traces), of any length; DuckDB reads it in chunks. Out: `RequestLog`, requests and tokens of each hour.
Leaves out: single requests and their order within the hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from wattscale.errors import InputError, did_you_mean
from wattscale.units import FloatArray

if TYPE_CHECKING:
    import duckdb

COLUMNS = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
WHERE = "workload.serving.log"


@dataclass(frozen=True)
class RequestLog:
    """Requests by the hour; hours without requests are not listed.

    Attributes:
        hours: Hours since 1970-01-01 00:00 UTC, ascending, shape (n,).
        requests: Requests of each hour [1], shape (n,).
        input_tokens, output_tokens: Tokens of each hour [token], shape (n,).
        start_h, end_h: First and last timestamp in the same hours, with fraction [h].
    """

    hours: npt.NDArray[np.int64]
    requests: FloatArray
    input_tokens: FloatArray
    output_tokens: FloatArray
    start_h: float
    end_h: float

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
        """Mean output tokens of a request [token]."""
        return float(self.output_tokens.sum() / self.requests.sum())


def read_request_log(path: str | Path) -> RequestLog:
    """Read a request log and sum it by the hour.

    Args:
        path: CSV (also .gz) or Parquet file.

    Returns:
        The sums.

    Raises:
        InputError: Missing file or column, empty log, unreadable timestamps, negative or missing token counts.
    """
    import duckdb

    file = Path(path)
    if not file.is_file():
        raise InputError("no such file", where=WHERE, value=str(path), hint="Check the path")
    connection = duckdb.connect()
    try:
        _open(connection, file)
        return _summed(connection, file)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        hint = "Write one row per request: TIMESTAMP,ContextTokens,GeneratedTokens"
        raise InputError(f"cannot be read: {reason}", where=WHERE, value=str(path), hint=hint) from None
    finally:
        connection.close()


def _open(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Make a view `log` with the three columns under their own names."""
    parquet = file.suffix.lower() in (".parquet", ".pq")
    reader = "read_parquet(?)" if parquet else "read_csv(?, header = true, all_varchar = true)"
    literal = "'" + str(file).replace("'", "''") + "'"
    source = reader.replace("?", literal)
    connection.execute("SET TimeZone = 'UTC'")
    columns = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    known = {str(c).strip().lower(): str(c) for c in columns}
    picked = []
    for column in COLUMNS:
        if column.lower() not in known:
            hint = did_you_mean(column, columns) or f"The file has: {', '.join(columns)}"
            raise InputError(f"has no column {column}", where=WHERE, value=str(file), hint=hint)
        quoted = known[column.lower()].replace('"', '""')
        kind = "TIMESTAMPTZ" if column == "TIMESTAMP" else "DOUBLE"
        cell = f'"{quoted}"' if parquet else f'trim("{quoted}")'
        picked.append(f"TRY_CAST({cell} AS {kind}) AS {column}")
    connection.execute(f"CREATE TEMP VIEW log AS SELECT {', '.join(picked)} FROM {source}")


SUMS = """SELECT CAST(floor(epoch(TIMESTAMP) / 3600) AS BIGINT) AS h,
    count(*), sum(ContextTokens), sum(GeneratedTokens), min(epoch(TIMESTAMP)) / 3600, max(epoch(TIMESTAMP)) / 3600,
    count(*) - count(ContextTokens), count(*) - count(GeneratedTokens),
    count_if(ContextTokens < 0 OR isnan(ContextTokens)), count_if(GeneratedTokens < 0 OR isnan(GeneratedTokens))
    FROM log GROUP BY h ORDER BY h NULLS FIRST"""
"""One pass over the log; rows without a readable time are in the group without an hour."""


def _summed(connection: duckdb.DuckDBPyConnection, file: Path) -> RequestLog:
    rows = connection.execute(SUMS).fetchall()
    if not rows:
        raise InputError("has no requests", where=WHERE, value=str(file), hint="Give a log with at least two rows")
    total = sum(row[1] for row in rows)
    unreadable = rows[0][1] if rows[0][0] is None else 0
    _refuse_rows(unreadable, total, "no readable TIMESTAMP", file)
    for place, column in enumerate(COLUMNS[1:]):
        _refuse_rows(sum(row[6 + place] for row in rows), total, f"no readable {column}", file)
        _refuse_rows(sum(row[8 + place] for row in rows), total, f"a negative {column}", file)
    table = np.array([row[:6] for row in rows], dtype=np.float64)
    start, end = float(table[0, 4]), float(table[-1, 5])
    if not end > start:
        raise InputError("all requests have the same time", where=WHERE, value=str(file))
    return RequestLog(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3], start, end)


def _refuse_rows(count: int, total: int, what: str, file: Path) -> None:
    if count:
        hint = "Remove or repair them"
        raise InputError(f"{count} of {total} rows have {what}", where=WHERE, value=str(file), hint=hint)
