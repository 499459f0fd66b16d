"""Text that fits the terminal: its width, lines folded to it, tables that break into blocks where they are too wide.

In: lines, rows of cells. Out: text no wider than asked, but for single words that are longer.
Leaves out: what is said, and screens in colour (report/terminal.py draws those).
"""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Sequence

WIDEST, NARROWEST, USUAL = 140, 40, 100
"""Widths used, and the one taken where no terminal says its own [characters]."""
GAP = "  "
LEAST_FIRST, LEAST_COLUMN = 24, 14
"""The first and any other column of words are not made narrower than this [characters]."""


def screen_width() -> int:
    """Give the width of the terminal, or what COLUMNS says [characters]."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((USUAL, 24)).columns))


def folded(text: str, width: int | None = None) -> str:
    """Break lines that are too long, further lines set in below the first.

    >>> print(folded("  pue: facility energy over IT energy", 22))
      pue: facility energy
        over IT energy
    """
    wide = width or screen_width()
    return "\n".join(_folded(line, wide) for line in text.split("\n"))


def _folded(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    listed = re.match(r"\s*\d+\. ", line)
    indent = len(listed[0]) if listed else len(line) - len(line.lstrip()) + 2
    parts = textwrap.wrap(line, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(part.rstrip() for part in parts)


def text_table(rows: Sequence[Sequence[str]], width: int | None = None, words: Sequence[int] = ()) -> str:
    """Align rows of text in columns, the first to the left and the others to the right.

    A table that is too wide first breaks its head and the columns of words into lines, then stands in blocks below
    one another, each beginning with the first column.

    Args:
        rows: The head and the rows, all of one length.
        width: Width to fit [characters]; that of the terminal by default.
        words: Columns whose cells are words, set to the left and broken into lines where room is short.

    >>> print(text_table([("a", "b"), ("cc", "1")]))
    a   b
    cc  1
    >>> print(text_table([("place", "cost", "carbon"), ("here", "12 million", "3 kt")], 18))
    place        cost
    here   12 million
    <BLANKLINE>
    place  carbon
    here     3 kt
    """
    wide = width or screen_width()
    cells = [[[cell] for cell in row] for row in rows]
    if _total(_widths(cells)) > wide:
        body = _widths(cells[1:]) if len(cells) > 1 else [0] * len(rows[0])
        cells[0] = [_broken(cell, body[i], r"[ _]") for i, cell in enumerate(rows[0])]
        _narrow(cells, rows, words, wide)
    return "\n\n".join(_block(cells, columns, words) for columns in _blocks(_widths(cells), wide))


def _narrow(cells: list[list[list[str]]], rows: Sequence[Sequence[str]], words: Sequence[int], wide: int) -> None:
    """Break the columns of words, the widest first, as far as it takes."""
    for column in sorted(words, key=lambda i: -_widths(cells)[i]):
        over = _total(_widths(cells)) - wide
        if over <= 0:
            return
        room = max(LEAST_COLUMN if column else LEAST_FIRST, _widths(cells)[column] - over)
        for number, row in enumerate(rows):
            cells[number][column] = _broken(row[column], room, r" ")


def _broken(text: str, room: int, at: str) -> list[str]:
    """Break text into lines of at most `room` characters, where it can be broken."""
    lines = [""]
    for part in re.split(f"({at})", text):
        if len(lines[-1]) + len(part.rstrip()) > room and lines[-1]:
            lines.append("")
        lines[-1] += part if lines[-1] or not part.isspace() else ""
    return [line.rstrip() for line in lines]


def _widths(cells: Sequence[Sequence[Sequence[str]]]) -> list[int]:
    return [max(len(line) for row in cells for line in row[i]) for i in range(len(cells[0]))]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _blocks(widths: Sequence[int], wide: int) -> list[list[int]]:
    """Divide columns into blocks that fit, the first column in each."""
    blocks: list[list[int]] = [[0]]
    for column in range(1, len(widths)):
        if len(blocks[-1]) > 1 and _total([widths[i] for i in [*blocks[-1], column]]) > wide:
            blocks.append([0])
        blocks[-1].append(column)
    return blocks


def _block(cells: Sequence[Sequence[Sequence[str]]], columns: Sequence[int], words: Sequence[int]) -> str:
    widths = _widths(cells)
    left = {0, *words}
    lines = []
    for row in cells:
        for number in range(max(len(row[i]) for i in columns)):
            parts = [row[i][number] if number < len(row[i]) else "" for i in columns]
            set_ = [
                p.ljust(widths[i]) if i in left else p.rjust(widths[i]) for i, p in zip(columns, parts, strict=True)
            ]
            lines.append(GAP.join(set_).rstrip())
    return "\n".join(lines)
