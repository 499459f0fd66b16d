"""What the files of a scenario hold, told by hashes: a path alone says nothing, since a file can be written anew.

In: files by the field that names them. Out: a hash of each. Leaves out: reading them; the loaders of the stages do.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wattscale.errors import InputError

NOT_READABLE = "none"
"""Stands for the content of what is missing, or no plain file; its loader says what is wrong."""
SETTLED_NS = 2_000_000_000
"""A hash is kept only of a file left alone for so long: clocks of file systems tick as slowly as this."""
STAMPS_TELL = os.name != "nt"
"""Whether every change of a file moves a time that no program can set back (elsewhere it is hashed each time)."""
Contents = Mapping[str, str]

_kept: dict[str, tuple[tuple[int, ...], str]] = {}


def content_of(path: Path) -> str:
    """Hash the content of a file; one that has not been touched since is not read again."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return NOT_READABLE
        stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        kept = _kept.get(str(path))
        if kept is not None and kept[0] == stamp:
            return kept[1]
        made = hash_of(path)
    except (OSError, ValueError):
        return NOT_READABLE
    if STAMPS_TELL and time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > SETTLED_NS:
        _kept[str(path)] = (stamp, made)
    return made


def hash_of(path: Path) -> str:
    """Hash what a file holds now (SHA-256)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def contents_of(files: Mapping[str, Path]) -> dict[str, str]:
    """Hash files by the field that names them."""
    return {field: content_of(path) for field, path in files.items()}


@contextmanager
def unchanged(files: Mapping[str, Path]) -> Iterator[None]:
    """Check that files hold the same at the end as at the beginning, so that plans in between can be compared.

    Raises:
        InputError: One holds something else.
    """
    before = contents_of(files)
    yield
    check_unchanged(before, files, "when the first plan was made")


def check_unchanged(before: Contents, files: Mapping[str, Path], since: str) -> None:
    """Check that files hold what they held.

    Args:
        before: Their hashes then.
        files: The files now, by field.
        since: What has been done meanwhile, for the message.

    Raises:
        InputError: One holds something else; names field and path.
    """
    for field, path in files.items():
        if content_of(path) != before.get(field):
            hint = "Leave the files of a scenario alone while it is planned."
            raise InputError(f"holds something else than {since}", where=field, value=str(path), hint=hint)
