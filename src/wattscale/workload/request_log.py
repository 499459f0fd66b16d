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
QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class RequestLog:
    """Requests by the hour; hours without requests are not listed.

    Attributes:
        hours: Hours since 1970-01-01 00:00 UTC, ascending, shape (n,).
        requests: Requests of each hour [1], shape (n,).
        input_tokens, output_tokens: Tokens of each hour [token], shape (n,).
        start_h, end_h: First and last timestamp in the same hours, with fraction [h].
        input_quantiles, output_quantiles: Tokens of a request at 50, 90 and 99 % [token].
    """

    hours: npt.NDArray[np.int64]
    requests: FloatArray
    input_tokens: FloatArray
    output_tokens: FloatArray
    start_h: float
    end_h: float
    input_quantiles: tuple[float, ...]
    output_quantiles: tuple[float, ...]

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
        kind = "TIMESTAMP" if column == "TIMESTAMP" else "DOUBLE"
        picked.append(f'TRY_CAST("{quoted}" AS {kind}) AS {column}')
    connection.execute(f"CREATE TEMP VIEW log AS SELECT {', '.join(picked)} FROM {source}")


def _summed(connection: duckdb.DuckDBPyConnection, file: Path) -> RequestLog:
    checks = """SELECT count(*), count(*) - count(TIMESTAMP), count(*) - count(ContextTokens),
        count(*) - count(GeneratedTokens), count_if(ContextTokens < 0 OR isnan(ContextTokens)),
        count_if(GeneratedTokens < 0 OR isnan(GeneratedTokens)),
        epoch(min(TIMESTAMP)) / 3600, epoch(max(TIMESTAMP)) / 3600,
        quantile_cont(ContextTokens, [0.5, 0.9, 0.99]), quantile_cont(GeneratedTokens, [0.5, 0.9, 0.99]) FROM log"""
    found = connection.execute(checks).fetchone()
    assert found is not None
    rows = int(found[0])
    if rows == 0:
        raise InputError("has no requests", where=WHERE, value=str(file), hint="Give a log with at least two rows")
    for count, column in zip(found[1:4], COLUMNS, strict=True):
        if count:
            raise InputError(f"{count} of {rows} rows have no readable {column}", where=WHERE, value=str(file))
    for count, column in zip(found[4:6], COLUMNS[1:], strict=True):
        if count:
            raise InputError(f"{count} of {rows} rows have a negative {column}", where=WHERE, value=str(file))
    if not found[7] > found[6]:
        raise InputError("all requests have the same time", where=WHERE, value=str(file))
    sums = connection.execute(
        "SELECT CAST(floor(epoch(TIMESTAMP) / 3600) AS BIGINT) AS h, count(*), sum(ContextTokens), "
        "sum(GeneratedTokens) FROM log GROUP BY h ORDER BY h"
    ).fetchnumpy()
    hours, requests, inputs, outputs = (np.asarray(column) for column in sums.values())
    return RequestLog(
        hours.astype(np.int64),
        requests.astype(np.float64),
        inputs.astype(np.float64),
        outputs.astype(np.float64),
        float(found[6]),
        float(found[7]),
        tuple(float(q) for q in found[8]),
        tuple(float(q) for q in found[9]),
    )
