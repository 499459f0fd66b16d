"""Opening of the files that a user names: regular files only, of an ending that is promised, of bounded size.

In: a path as the user wrote it, the field that names it, the kind of file that belongs there. Out: its path, bytes,
text, JSON or rows. Whatever is wrong with the file is an `InputError` with field and path.
Leaves out: what the content means; the reader of each kind says that.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import gzip
import io
import json
import math
import os
import re
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from wattscale.errors import InputError, clipped, did_you_mean

MIB = 2**20
GZIP = ".gz"
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
NOT_REGULAR: tuple[tuple[Any, str], ...] = (
    (stat.S_ISDIR, "is a folder"), (stat.S_ISFIFO, "is a pipe"), (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a device"), (stat.S_ISBLK, "is a device"),
)  # fmt: skip


@dataclass(frozen=True)
class FileKind:
    """What may stand in a field that names a file.

    Attributes:
        word: What it is, such as `a price file`.
        endings: Endings that are promised, in small letters; none: any.
        most_bytes: Largest size, after unpacking [byte]; None where the reader goes through it in parts.
        hint: What to give instead of a file of another kind.
    """

    word: str
    endings: tuple[str, ...] = ()
    most_bytes: int | None = 64 * MIB
    hint: str = ""


ANY = FileKind("a file", (), None)
MEASUREMENTS = FileKind("a table of measurements", (), 64 * MIB)


def user_path(name: str, folder: Path, field: str) -> Path:
    """Give the absolute path of a name in a scenario or on the command line.

    Args:
        name: As written; `~` is the home folder.
        folder: Where relative names start.
        field: Field or option that names it, for messages.

    Raises:
        InputError: A name that no file can have.
    """
    if "\0" in name:
        raise InputError("holds a character (NUL) that no file name can have", where=field, value=name)
    path = Path(name)
    with contextlib.suppress(RuntimeError):  # a user that this machine does not know: the name as it stands
        path = path.expanduser()
    try:
        return (folder / path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        _refuse_os(error, path, field)


def regular_file(path: str | Path) -> bool:
    """Tell whether a path leads to a regular file; a name that no file can have leads to none."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def checked_path(path: str | Path, field: str, kind: FileKind = ANY) -> Path:
    """Give the path of a regular file of the kind, without opening it.

    Raises:
        InputError: No such file (with the nearest names beside it), a folder, pipe or device, an ending that is not
            promised, or too large.
    """
    found = Path(path)
    try:
        mode = os.stat(found)
    except (OSError, ValueError) as error:
        _refuse_os(error, found, field)
    for is_of, word in NOT_REGULAR:
        if is_of(mode.st_mode):
            hint = "Name the file in it" if word == "is a folder" else "Write the content to a file first"
            raise InputError(f"{word}, not a file", where=field, value=str(path), hint=hint)
    ending = _ending(found, kind)
    if kind.endings and ending is None:
        raise _unknown_ending(found, field, kind)
    if kind.most_bytes is not None and mode.st_size > kind.most_bytes:
        raise _too_large(str(path), field, kind, f"{mode.st_size / MIB:,.0f} MiB")
    return found


def opened(path: str | Path, field: str, kind: FileKind = ANY) -> BinaryIO:
    """Open a file of the kind for reading, as it lies on disk; never waits for a pipe or a device.

    Raises:
        InputError: As `checked_path`, or no permission.
    """
    found = checked_path(path, field, kind)
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        number = os.open(found, flags)
    except OSError as error:
        _refuse_os(error, found, field)
    file = os.fdopen(number, "rb")
    if not stat.S_ISREG(os.fstat(number).st_mode):
        file.close()
        raise InputError("is no regular file", where=field, value=str(path))
    return file


def duckdb_name(path: str | Path, field: str) -> str:
    """Give a file's name for DuckDB, which reads `[`, `?` and `*` as patterns for other names.

    Args:
        path: The file.
        field: Field or option that names it.

    Raises:
        InputError: A name that DuckDB cannot be told.

    >>> duckdb_name("/logs/day[1].csv", "workload.serving.log")
    '/logs/day[[]1].csv'
    """
    name = str(path)
    escaped = re.sub(r"[\[?*]", r"[\g<0>]", name)
    backslash = os.sep != "\\" and "\\" in name and escaped != name
    if backslash or not name.isprintable() or any("\ud800" <= c <= "\udfff" for c in name):
        raise InputError("has a name that the reader cannot be told", where=field, value=name, hint="Rename it")
    return escaped


def read_bytes(path: str | Path, field: str, kind: FileKind, head: int | None = None) -> bytes:
    """Read a whole file of a kind with a size limit; `.gz` is unpacked where the kind promises it.

    Args:
        path: The file.
        field: Field or option that names it.
        kind: What it is.
        head: Read no more than this from the beginning [byte].

    Raises:
        InputError: As `opened`; also a damaged gzip file, and one that unpacks to more than the limit.
    """
    most = kind.most_bytes if kind.most_bytes is not None else 64 * MIB
    with opened(path, field, kind) as file:
        source: Any = gzip.GzipFile(fileobj=file) if (_ending(Path(path), kind) or "").endswith(GZIP) else file
        try:
            content = source.read(most + 1 if head is None else head)
        except TypeError:
            content = None  # a file of the system that would have us wait
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(
                f"is damaged or no gzip file ({clipped(error)})", where=field, value=str(path),
                hint="Pack it again, or give the file unpacked",
            ) from None  # fmt: skip
        except OSError as error:
            _refuse_os(error, Path(path), field)
    if content is None:
        raise InputError("gives nothing to read", where=field, value=str(path))
    if len(content) > most:
        raise _too_large(str(path), field, kind, f"more than {most / MIB:,.0f} MiB")
    return bytes(content)


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

    Raises:
        InputError: As `read_text`; also more than `MOST_ROWS` rows, or a line of more than `MOST_LINE_CHARS`.
    """
    text = read_text(path, field, kind, encoding)
    rows = max(text.count("\n"), text.count("\r"))
    if rows > MOST_ROWS:
        raise InputError(f"has {rows:,} rows", where=field, value=str(path), allowed=f"at most {MOST_ROWS:,}")
    longest = max(len(line) for line in text.replace("\r", "\n").split("\n"))
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
        if len(header) > MOST_COLUMNS:
            raise InputError(f"has {len(header):,} columns", where=field, value=path, allowed=f"at most {MOST_COLUMNS}")
        twice = next((name for name in header if name and header.count(name) > 1), None)
        if twice is not None:
            raise InputError(f"names the column {clipped(twice)} twice", where=field, value=path)
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
        raise InputError(what, where=field, value=path, allowed=_allowed(kind), hint=hint)


def _ending(path: Path, kind: FileKind) -> str | None:
    name = path.name.lower()
    return next((e for e in sorted(kind.endings, key=len, reverse=True) if name.endswith(e)), None)


def _allowed(kind: FileKind) -> str | None:
    return ", ".join(kind.endings) or None


def _unknown_ending(path: Path, field: str, kind: FileKind) -> InputError:
    ending = "".join(path.suffixes[-2:]) if path.suffix.lower() == GZIP else path.suffix
    what = f"ends in {clipped(ending)}" if ending else "has no ending"
    packed = path.suffix.lower() in (GZIP, ".zip", ".xz", ".bz2", ".zst", ".tar", ".7z")
    hint = "Unpack it first" if packed else kind.hint or f"Export it as {kind.endings[0]}"
    return InputError(f"{what}, not as {kind.word} does", where=field, value=str(path), allowed=_allowed(kind),
                      hint=hint)  # fmt: skip


def _too_large(path: str, field: str, kind: FileKind, size: str) -> InputError:
    most = (kind.most_bytes or 64 * MIB) / MIB
    return InputError(f"is too large for {kind.word} ({size})", where=field, value=path,
                      allowed=f"at most {most:,.0f} MiB", hint="Check that this is the right file")  # fmt: skip


def _refuse_os(error: BaseException, path: Path, field: str) -> NoReturn:
    """Say what the operating system said of a path."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        hint = did_you_mean(path.name, _names_beside(path)) or "Check the path"
        raise InputError("no such file", where=field, value=str(path), hint=hint) from None
    number = getattr(error, "errno", None)
    if number == errno.ENAMETOOLONG:
        reason = "is longer than a file name can be"
    elif number == errno.ELOOP or isinstance(error, RuntimeError):
        reason = "is a link that leads back to itself"
    elif isinstance(error, ValueError):
        reason = "holds characters that no file name can have"
    else:
        reason = f"cannot be read ({getattr(error, 'strerror', None) or clipped(error)})"
    raise InputError(reason, where=field, value=str(path), hint="Check the path") from None


def _names_beside(path: Path) -> list[str]:
    try:
        with os.scandir(path.parent) as entries:
            return [e.name for _, e in zip(range(5000), entries, strict=False)]
    except (OSError, ValueError):
        return []
