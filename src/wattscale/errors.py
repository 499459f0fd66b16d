"""The one family of errors that users see, and the words they are told in.

In: what was wrong, where, and what would be right. Out: one message of one line each for place, value and remedy.
Leaves out: progress and warnings (a doubtful input is a `PlanWarning` on the result, see figure.py).
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable

MOST_SHOWN = 200
"""Characters of a value that a message shows; paths of usual length stay whole."""
FULL = {errno.ENOSPC, errno.EFBIG, errno.EIO, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""What the operating system says of a disk that is full, or fails."""
LONGEST_PLACE = 600
"""Characters of a file's path or a key that a message shows."""


class WattscaleError(Exception):
    """Base of all errors of the package; the command line turns it into exit code 1."""


class InputError(WattscaleError):
    """A wrong input: names the file or field, the value, what is allowed and a likely fix (exit code 2).

    Args:
        message: What is wrong, in one sentence.
        where: File or scenario field, such as `supply.connection_mw`.
        value: The offending value, shown as given.
        allowed: The allowed range or words.
        hint: The likely fix.

    >>> print(InputError("must not be negative", where="supply.connection_mw", value=-3, allowed=">= 0"))
    supply.connection_mw = -3: must not be negative (allowed: >= 0)
    """

    def __init__(
        self,
        message: str,
        *,
        where: str | None = None,
        value: object = None,
        allowed: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.message, self.where, self.value, self.allowed, self.hint = message, where, value, allowed, hint
        shown = "" if value is None else f" = {clipped(value, MOST_SHOWN)}"
        text = f"{clipped_place(where)}{shown}: {message}" if where else message
        if allowed:
            text += f" (allowed: {allowed})"
        if hint:
            text += f". {hint}"
        super().__init__(text)


def clipped(value: object, most: int = 60) -> str:
    """Tell a value in a message: text quoted with its odd characters escaped, cut in the middle where it is long.

    Args:
        value: What the user gave.
        most: Longest text told [character].

    >>> clipped("a" * 5000, 20)
    "'aaaaaaa…aaaaaaaa' (5,000 characters)"
    """
    try:
        text = repr(value) if isinstance(value, str) else str(value)
    except ValueError:
        return "a number of more digits than can be told"
    if len(text) <= most:
        return text
    head, tail = most // 2 - 2, most // 2 - 1
    size = len(value) if isinstance(value, str) else len(text)
    return f"{text[:head]}…{text[-tail:]} ({size:,} characters)"


def clipped_place(where: str) -> str:
    """Tell a file or key without quotes, its odd characters escaped, cut in the middle where it is long."""
    whole = where if len(where) <= LONGEST_PLACE else f"{where[: LONGEST_PLACE // 2]}…{where[-LONGEST_PLACE // 2 :]}"
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in whole)


class InfeasibleError(InputError):
    """An ask that cannot be met: names the limit that binds and the nearest feasible choice (exit code 2)."""


def unwritable(error: OSError, where: str, value: str) -> WattscaleError:
    """Say why a place cannot be written: a full or failing disk has failed (exit code 1), else the place is wrong (2).

    >>> unwritable(OSError(errno.ENOSPC, "No space left on device"), "--out", "out")
    WattscaleError("--out = 'out': cannot be written to: No space left on device; nothing was written there")
    """
    said = f"cannot be written to: {error.strerror or error}"
    if error.errno in FULL:
        return WattscaleError(f"{where} = {clipped(value)}: {said}; nothing was written there")
    return InputError(said, where=where, value=value)


def nearest(word: str, choices: Iterable[str], n: int = 3) -> list[str]:
    """List the known words nearest to a mistyped one, compared without case, dashes and underscores.

    >>> nearest("h100sxm", ["H100-SXM5-80GB", "A100", "TPU v4"])[0]
    'H100-SXM5-80GB'
    """

    def plain(text: str) -> str:
        return "".join(c for c in text.lower() if c.isalnum())

    word = word[:MOST_SHOWN]
    keyed: dict[str, str] = {}
    for choice in choices:
        keyed.setdefault(plain(choice), choice)
    target = plain(word)
    inside = [keyed[k] for k in keyed if target and target in k]
    close = [keyed[k] for k in difflib.get_close_matches(target, keyed, n=n, cutoff=0.5)]
    return list(dict.fromkeys(inside + close))[:n]


def did_you_mean(word: str, choices: Iterable[str]) -> str | None:
    """Phrase the nearest words as a hint, or None when nothing is near.

    >>> did_you_mean("conection_mw", ["connection_mw", "technologies"])
    "Did you mean 'connection_mw'?"
    """
    found = nearest(word, choices)
    if not found:
        return None
    return "Did you mean " + " or ".join(f"'{w}'" for w in found) + "?"
