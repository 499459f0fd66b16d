"""Files written whole or not at all: a killed write, or a full disk, leaves what was there before.

In: a place and what belongs there. Out: files. Each is written beside its place under a hidden name first.
Leaves out: a loss of power, after which the file system decides.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from wattscale.errors import InputError, unwritable

Write = Callable[[Path], object]
"""Writes one file at the path it is given."""


def beside(target: Path) -> Path:
    """Give a hidden name in the same folder that nobody else has, to write under before the file takes its place."""
    return target.with_name(f".{target.name}.{secrets.token_hex(8)}")


def write_files(folder: Path, files: Mapping[str, Write], where: str = "--out") -> list[Path]:
    """Write some files into a folder, all or none.

    Args:
        folder: It is made when missing; other files in it stay.
        files: What writes each file, by its name.
        where: Option or field that names the folder, for messages.

    Returns:
        Paths written.

    Raises:
        InputError: The folder is a file, or cannot be written to.
        WattscaleError: The disk is full; nothing is left behind.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError("is a file, not a folder", where=where, value=str(folder))
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, write in files.items():
                write(staging / name)
            folder.mkdir(exist_ok=True)
            for name in files:
                os.replace(staging / name, folder / name)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise unwritable(error, where, str(folder)) from error
    return [folder / name for name in files]


def write_file(file: Path, text: str, where: str = "--out") -> None:
    """Write one file of text; a link is followed, a pipe or device gets the text as it comes.

    Args:
        file: Its folder is made when missing.
        text: Its content.
        where: Option or field that names the file, for messages.

    Raises:
        InputError: It is a folder, or cannot be written to.
        WattscaleError: The disk is full; the file that was there stays.
    """
    try:
        if file.is_dir():
            raise InputError("is a folder; name the file in it", where=where, value=str(file))
        target = file.resolve()
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = beside(target)
        try:
            staged.write_text(text, encoding="utf-8")
            if target.exists():
                shutil.copymode(target, staged)
            os.replace(staged, target)
        finally:
            staged.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(error, where, str(file)) from error


def replace_file(target: Path, content: bytes) -> None:
    """Write one file of the program's own, in a folder that is there already.

    Raises:
        OSError: It cannot be written, or the folder is gone; the file that was there stays.
    """
    staged = beside(target)
    try:
        staged.write_bytes(content)
        os.replace(staged, target)
    finally:
        staged.unlink(missing_ok=True)
