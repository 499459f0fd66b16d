"""Text, JSON and rows of the files that a user names, within bounds of time and memory.

In: a path, the field that names it, the kind of file. Out: text, parsed JSON, rows of texts by column.
Leaves out: the opening of the file (userfile.py), and what the content means.
"""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

from wattscale.errors import InputError, clipped
from wattscale.userfile import MIB, FileKind, endings_of, read_bytes

MOST_ROWS = 1_100_000
"""A year of half-minutes: beyond it a table is no hourly year and no set of measurements."""
MOST_LINE_CHARS = 200_000
MOST_COLUMNS = 500
MOST_RECORDS = 200_000
"""Rows of measurements or places that are held as texts."""
PACKED = {
    b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd",
    b"PAR1": "Parquet", b"\x89HDF": "HDF5", b"CDF": "netCDF",
}  # fmt: skip
"""First bytes of files that are no text, whatever their name says."""
MEASUREMENTS = FileKind("a table of measurements", (), 64 * MIB)


def read_head(path: str | Path, field: str, kind: FileKind, most_bytes: int = MIB) -> str:
    """Read the beginning of a text file of any size, unpacked where its name ends in `.gz`.

    Raises:
        InputError: As `opened`; also a file that is no text.
    """
    head = read_bytes(path, field, kind, most_bytes)
    _refuse_packed(head, str(path), field, kind)
    return head.decode("utf-8-sig", errors="replace")


def read_text(path: str | Path, field: str, kind: FileKind, encoding: str = "utf-8-sig") -> str:
    """Read a text file.

    Raises:
        InputError: As `read_bytes`; also a packed file under another name, and text in another encoding.
    """
    content = read_bytes(path, field, kind)
    _refuse_packed(content, str(path), field, kind)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"cannot be read: line {line} is not text in UTF-8", where=field, value=str(path), hint="Save it as UTF-8"
        ) from None


def read_table_text(path: str | Path, field: str, kind: FileKind, encoding: str = "utf-8-sig") -> str:
    """Read a text file of rows, refused before it is split where rows or lines are beyond reason.

    Whatever ends its lines, a line feed does in the text given.

    Raises:
        InputError: As `read_text`; also more than `MOST_ROWS` rows, or a line of more than `MOST_LINE_CHARS`.
    """
    text = read_text(path, field, kind, encoding).replace("\r\n", "\n").replace("\r", "\n")
    rows = text.count("\n")
    if rows > MOST_ROWS:
        raise InputError(f"has {rows:,} rows", where=field, value=str(path), allowed=f"at most {MOST_ROWS:,}")
    longest = max(len(line) for line in text.split("\n"))
    if longest > MOST_LINE_CHARS:
        raise InputError(
            f"has a line of {longest:,} characters", where=field, value=str(path),
            allowed=f"at most {MOST_LINE_CHARS:,}", hint="The rows must stand on lines of their own",
        )  # fmt: skip
    return text


def read_json(path: str | Path, field: str, kind: FileKind, *, constants: bool = False) -> Any:
    """Read a JSON file.

    Args:
        path: The file.
        field: Field that names it.
        kind: What it is.
        constants: Allow the words NaN and Infinity, which some tools write.

    Raises:
        InputError: As `read_text`; also no JSON, nested too deep, or a number too large for a computer.
    """
    return parse_json(read_text(path, field, kind), field, str(path), constants=constants)


def parse_json(text: str, field: str, path: str, *, constants: bool = False) -> Any:
    """Parse the text of a JSON file; see `read_json`."""

    def number(word: str) -> float:
        value = float(word)
        if not math.isfinite(value):
            raise InputError(f"the number {clipped(word)} is too large", where=field, value=path)
        return value

    def constant(word: str) -> float:
        if not constants:
            raise InputError(f"holds {word}, which is no number", where=field, value=path, hint="Write null")
        return float(word)

    try:
        return json.loads(text, parse_float=number, parse_int=_whole(field, path), parse_constant=constant)
    except json.JSONDecodeError as error:
        raise InputError(
            f"is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}", where=field, value=path,
            hint="The file may be cut off or edited; fetch it again",
        ) from None  # fmt: skip
    except RecursionError:
        raise InputError("is nested too deep", where=field, value=path) from None


def csv_rows(text: str, field: str, path: str) -> list[dict[str, str]]:
    """Give the rows of a CSV text by the names of its header; cells that a short row lacks are empty.

    Raises:
        InputError: As `numbered_rows`.
    """
    return [row for _, row in numbered_rows(text, field, path)]


def numbered_rows(text: str, field: str, path: str) -> list[tuple[int, dict[str, str]]]:
    """Give the rows of a CSV text with the line in which each ends; empty lines are passed over.

    Raises:
        InputError: No CSV, no rows, a name that stands twice in the header, or a row with more cells than the header.
    """
    if max(text.count("\n"), text.count("\r")) > MOST_RECORDS:
        raise InputError("has too many rows", where=field, value=path, allowed=f"at most {MOST_RECORDS:,}")
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        header = next(reader, [])
        check_header(header, field, path)
        for cells in reader:
            if len(cells) > len(header):
                raise InputError("has more cells than the header", where=f"{path}: line {reader.line_num}")
            if cells:
                filled = [*cells, *[""] * (len(header) - len(cells))]
                rows.append((reader.line_num, dict(zip(header, filled, strict=True))))
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} is no CSV ({error})", where=field, value=path) from None
    if not rows:
        raise InputError("has no rows", where=field, value=path)
    return rows


def check_header(names: list[str], field: str, path: str) -> None:
    """Refuse a header of too many columns, or with a name that stands twice.

    Raises:
        InputError: Naming the number of columns, or the name.
    """
    if len(names) > MOST_COLUMNS:
        raise InputError(f"has {len(names):,} columns", where=field, value=path, allowed=f"at most {MOST_COLUMNS}")
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"names the column {clipped(twice)} twice", where=field, value=path, hint="Leave one of them")


def read_rows(path: str | Path, field: str, kind: FileKind = MEASUREMENTS) -> list[dict[str, str]]:
    """Read a CSV file of named columns as text cells.

    Raises:
        InputError: As `read_table_text` and `csv_rows`.
    """
    return csv_rows(read_table_text(path, field, kind), field, str(path))


def _whole(field: str, path: str) -> Any:
    def whole(word: str) -> int:
        if len(word) > 300:
            raise InputError(f"the number {clipped(word)} is too large", where=field, value=path)
        return int(word)

    return whole


def _refuse_packed(content: bytes, path: str, field: str, kind: FileKind) -> None:
    packed = next((word for mark, word in PACKED.items() if content.startswith(mark)), None)
    if packed or b"\0" in content[:MIB]:
        what = f"is a {packed} file" if packed else "is no text"
        hint = "Unpack or export it" if packed else "Export it as text"
        raise InputError(what, where=field, value=path, allowed=endings_of(kind), hint=hint)
