"""Reading TOML that anyone may have written: plain tables in bounded time and memory, or one clear message.

In: text, or tables from elsewhere (JSON, Python). Out: tables of text, numbers, true and false, lists and tables.
Leaves out: files (load.py opens them) and what the keys mean (the schema says that).
"""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Mapping
from os import PathLike
from typing import Any

from wattscale.errors import InputError

Tables = dict[str, Any]
LONGEST_TEXT = 400_000
"""Characters of a TOML text; the largest scenario, with every key and note, has about 20,000."""
DEEPEST = 24
"""Parts of a dotted key, and tables and lists within one another; a scenario needs four."""
LONGEST_WORD = 400
"""Characters of a number or of a key without quotes; the largest number there is has 309 digits."""
LARGEST = 1e300
"""Whole numbers beyond this do not fit a computer's decimal number."""
SMALLEST = 1e-100
"""Numbers nearer to zero than this vanish when they are multiplied; nothing that is planned is so small."""
_TELLING = re.compile(rf"""["'#.\n=,\[\]{{}}]|[A-Za-z0-9_+-]{{{LONGEST_WORD + 1},}}""")
_STRING_ENDS = {
    '"""': re.compile(r'\\.|"{3,5}', re.DOTALL),
    "'''": re.compile("'{3,5}"),
    '"': re.compile(r'\\.|"|\n', re.DOTALL),
    "'": re.compile(r"'|\n"),
}
"""What ends a string, or keeps it from ending, by its opening quotes; the longest quotes first."""
_BARE_KEY = re.compile(r"\s*([A-Za-z0-9_.@:+-]+/[A-Za-z0-9_.@:/+-]+)\s*=")
_LINE = re.compile(r"at line (\d+)")


class NotTomlError(InputError):
    """Text that breaks the rules of TOML."""


def parse_toml(text: str, where: str) -> Tables:
    r"""Read TOML text into plain tables.

    Args:
        text: The text.
        where: What it is, for messages: a file's path, `scenario file`, `--set`.

    Returns:
        Tables of text, numbers, true and false, lists and tables.

    Raises:
        InputError: Not TOML, too long, too deep, or with values that no key takes (dates, numbers without end, broken
            characters); names the line or the key.

    >>> parse_toml("[supply]\nland_ha = 3", "example")
    {'supply': {'land_ha': 3}}
    >>> parse_toml("name = 2030-01-01", "file")
    Traceback (most recent call last):
    wattscale.errors.InputError: file: name = 2030-01-01: is a date or time, which no key takes. In quotes it is text.
    """
    _check_text(text, where)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotTomlError(f"is not valid TOML: {error}", where=where, hint=_remedy(text, str(error))) from None
    except RecursionError:
        raise InputError("holds tables or lists too deep in one another", where=where, allowed=_DEPTH) from None
    return plain_tables(found, where)


def plain_tables(tables: Mapping[str, Any], where: str | None = None) -> Tables:
    """Copy tables, checked to hold nothing but what TOML and JSON both can.

    Args:
        tables: Tables from TOML, JSON or Python.
        where: What they are, for messages.

    Raises:
        InputError: A date, a number too large, text that is none, tables too deep, or any other kind of value.

    >>> plain_tables({"a": (1, 2.5), "b": {"c": None}})
    {'a': [1, 2.5], 'b': {'c': None}}
    """
    found: Tables = _plain(tables, (), where)
    return found


_DEPTH = f"{DEEPEST} levels"


def _check_text(text: str, where: str) -> None:
    """Refuse text that the parser would take very long over; strings and comments count for nothing."""
    if len(text) > LONGEST_TEXT:
        raise InputError(
            "is too long for TOML", where=where, allowed=f"<= {LONGEST_TEXT:,} characters, not {len(text):,}"
        )
    if not _is_text(text):
        raise InputError("holds characters that are no text", where=where, hint="Save or type it as UTF-8.")
    place = parts = 0
    while found := _TELLING.search(text, place):
        place, token = found.end(), found.group()
        if token[0] in "\"'":
            place = _after_string(text, found.start())
        elif token == "#":
            place = (text.find("\n", place) + 1) or len(text)
            parts = 0
        elif token == ".":
            parts += 1
            if parts > DEEPEST:
                raise InputError(
                    "holds a key of too many parts", where=_line(text, place, where), allowed=f"{DEEPEST} parts"
                )
        elif len(token) > 1:
            raise InputError(
                "holds too long a number or key", where=_line(text, found.start(), where), value=token,
                allowed=f"{LONGEST_WORD} characters", hint="Large numbers are written like 3.8e25.",
            )  # fmt: skip
        else:
            parts = 0


def _after_string(text: str, start: int) -> int:
    """Give the place behind a string; the end of the text where the string has none."""
    quote = next(q for q in _STRING_ENDS if text.startswith(q, start))
    place = start + len(quote)
    while found := _STRING_ENDS[quote].search(text, place):
        place = found.end()
        if not found.group().startswith("\\"):
            return place
    return len(text)


def _line(text: str, place: int, where: str) -> str:
    return f"{where}: line {text.count(chr(10), 0, place) + 1}"


def _remedy(text: str, complaint: str) -> str:
    """Name the likely fix: the id of a catalogue figure without its quotes, else the line."""
    line = _LINE.search(complaint)
    lines = text.splitlines()
    there = lines[int(line[1]) - 1] if line and int(line[1]) <= len(lines) else ""
    bare = _BARE_KEY.match(there)
    if bare:
        return f'The id of a figure stands in quotes: "{bare[1]}" = ...'
    return "Mend the line named." if line else "Mend its end."


def _is_text(text: str) -> bool:
    """Tell whether every character can be written, which lone halves of a pair cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: Any, path: tuple[str, ...], where: str | None) -> Any:
    if len(path) > DEEPEST:
        raise _refused("is too deep in other tables and lists", path, where, allowed=_DEPTH)
    if isinstance(value, Mapping):
        return {_key(key, path, where): _plain(each, (*path, str(key)), where) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, (*path, str(i)), where) for i, each in enumerate(value)]
    if isinstance(value, str | PathLike):
        value = str(value)
        if not _is_text(value):
            raise _refused("holds characters that are no text", path, where, value=ascii(value))
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dt.date | dt.time):
        raise _refused("is a date or time, which no key takes", path, where, str(value), hint="In quotes it is text.")
    return _number(value, path, where)


def _number(value: Any, path: tuple[str, ...], where: str | None) -> int | float:
    """Give a number, or the one value of an array, as a plain one."""
    if isinstance(value, int) and abs(value) > LARGEST:
        about = f"about 1e{math.floor(value.bit_length() * math.log10(2.0))}"
        raise _refused("is too large a number", path, where, about, allowed=f"<= {LARGEST:g}")
    if isinstance(value, float) and 0.0 < abs(value) < SMALLEST:
        raise _refused("is too small a number", path, where, str(value), allowed=f"0, or >= {SMALLEST:g}")
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "size", 0) == 1:
        return _plain(item(), path, where)  # type: ignore[no-any-return]
    kinds = "text, a number, true, false, a list or a table"
    raise _refused("is of a kind that no key takes", path, where, type(value).__name__, allowed=kinds)


def _key(key: Any, path: tuple[str, ...], where: str | None) -> str:
    if not isinstance(key, str) or not _is_text(key):
        raise _refused("holds a key that is no text", path, where, value=ascii(key))
    return key


def _refused(message: str, path: tuple[str, ...], where: str | None, value: Any = None, **more: Any) -> InputError:
    """Build the complaint about a value; numbers and dates are given as words, since they are no text of the user's."""
    key = ".".join(path)
    place = f"{where}: {key}" if where and key else where or key or "tables"
    return InputError(message, where=f"{place} = {value}" if value is not None else place, **more)
