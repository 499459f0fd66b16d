"""Opening of the files that a user names: regular files only, of an ending that is promised, of bounded size.

In: a path as the user wrote it, the field that names it, the kind of file that belongs there. Out: its path or bytes.
Whatever is wrong with the file is an `InputError` with field and path.
Leaves out: text, JSON and rows (usertext.py), and what the content means; the reader of each kind says that.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
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


def user_path(name: str, folder: Path, field: str) -> Path:
    """Give the absolute path of a name in a scenario or on the command line.

    Links are left as they are: what they lead to may have another ending, as in caches that name files by their hash.

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
    whole = folder.absolute() / path
    tidy = Path(os.path.normpath(whole))
    try:
        return tidy if os.path.samefile(whole, tidy) else whole
    except OSError:
        return tidy
    except ValueError as error:
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


def _ending(path: Path, kind: FileKind) -> str | None:
    name = path.name.lower()
    return next((e for e in sorted(kind.endings, key=len, reverse=True) if name.endswith(e)), None)


def endings_of(kind: FileKind) -> str | None:
    """Give the endings of a kind for messages, None where any will do."""
    return ", ".join(kind.endings) or None


def _unknown_ending(path: Path, field: str, kind: FileKind) -> InputError:
    ending = "".join(path.suffixes[-2:]) if path.suffix.lower() == GZIP else path.suffix
    what = f"ends in {clipped(ending)}" if ending else "has no ending"
    packed = path.suffix.lower() in (GZIP, ".zip", ".xz", ".bz2", ".zst", ".tar", ".7z")
    hint = "Unpack it first" if packed else kind.hint or f"Export it as {kind.endings[0]}"
    return InputError(f"{what}, not as {kind.word} does", where=field, value=str(path), allowed=endings_of(kind),
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
