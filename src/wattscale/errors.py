"""The one family of errors that users see, and the words they are told in.

In: what was wrong, where, and what would be right. Out: one message of one line each for place, value and remedy.
Leaves out: progress and warnings (a doubtful input is a `PlanWarning` on the result, see figure.py).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_SHOWN, LONGEST_PLACE = 160, 400
"""Characters of a value and of a place that a message shows."""


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
        told = "" if value is None else f" = {shown(value)}"
        text = f"{shown(where, LONGEST_PLACE, quoted=False)}{told}: {message}" if where else message
        if allowed:
            text += f" (allowed: {allowed})"
        if hint:
            text += f". {hint}"
        super().__init__(text)


class InfeasibleError(InputError):
    """An ask that cannot be met: names the limit that binds and the nearest feasible choice (exit code 2)."""


def shown(value: object, longest: int = LONGEST_SHOWN, *, quoted: bool = True) -> str:
    r"""Write a value for a message, in characters that every terminal has or escapes, its middle left out when long.

    >>> shown("a\n"), shown(3), shown("x" * 1000, 20), shown("a b", quoted=False)
    ("'a\\n'", '3', "'xxxxxxx … xxxxxxx'", 'a b')
    """
    try:
        text = repr(value) if quoted and isinstance(value, str) else str(value)
    except ValueError:
        text = "a number of very many digits"
    if not quoted:
        text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: 10 * longest])
    half = (longest - 3) // 2
    return text if len(text) <= longest else f"{text[:half]} … {text[-half:]}"


def nearest(word: str, choices: Iterable[str], n: int = 3) -> list[str]:
    """List the known words nearest to a mistyped one, compared without case, dashes and underscores.

    >>> nearest("h100sxm", ["H100-SXM5-80GB", "A100", "TPU v4"])[0]
    'H100-SXM5-80GB'
    """

    def plain(text: str) -> str:
        return "".join(c for c in text.lower() if c.isalnum())

    keyed: dict[str, str] = {}
    for choice in choices:
        keyed.setdefault(plain(choice), choice)
    target = plain(word[:LONGEST_SHOWN])
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
