"""What a request is told when it gets no answer: status, kind and words, the same from any process of the server.

In: errors. Out: `Refusal`, plain data that crosses from a worker to the server, and the JSON body made of it.
Leaves out: how it is sent (app.py, guard.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wattscale.errors import MOST_SHOWN, InfeasibleError, InputError, WattscaleError, clipped, clipped_place

LONGEST_MESSAGE = 2000
"""Characters of a message that are sent back."""


@dataclass(frozen=True)
class Refusal:
    """Why a request got no answer.

    Attributes:
        status: HTTP status.
        kind: One word for programs: `input`, `infeasible`, `heavy`, `busy`, `slow`, `memory`, `storage`, `failed` ...
        message: One sentence for people.
        more: Further fields of the body, such as `where`.
        headers: Headers of the answer.
    """

    status: int
    kind: str
    message: str
    more: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Give the body of the answer."""
        return {"error": {"kind": self.kind, "message": self.message, **self.more}}


class RefusedError(Exception):
    """A request that gets a refusal for an answer."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.message)


BUSY = Refusal(503, "busy", "the server is busy; try again in a moment", headers={"retry-after": "2"})
FULL = Refusal(
    503, "busy", "plans that take long fill the server; try again later, or start this one as a job",
    headers={"retry-after": "30"},
)  # fmt: skip
SLOW = Refusal(504, "slow", "this takes longer than a request may; ask for less, or start it as a job")
MEMORY = Refusal(503, "memory", "this needs more memory than a request may take; ask for less")
ENDED = Refusal(503, "failed", "the process that worked on this ended before it was done; ask for less")
DEFECT = Refusal(500, "failed", "something went wrong in the server; its log says what")
GONE = Refusal(503, "gone", "the plans of this job are not there any more")
DEEP = Refusal(422, "input", "is nested too deeply", {"where": "request"})


def refusal_of(error: BaseException) -> Refusal:
    """Put an error into the words of a refusal; a defect gives no detail away."""
    if isinstance(error, RefusedError):
        return error.refusal
    if isinstance(error, InputError):
        where = None if error.where is None else clipped_place(error.where)
        shown = None if error.value is None else clipped(error.value, MOST_SHOWN)
        about = {"where": where, "value": shown, "allowed": error.allowed, "hint": error.hint}
        kind = "infeasible" if isinstance(error, InfeasibleError) else "input"
        return Refusal(422, kind, shortened(str(error)), about)
    if isinstance(error, WattscaleError):
        return Refusal(500, "failed", shortened(str(error)))
    if isinstance(error, MemoryError):
        return MEMORY
    return DEEP if isinstance(error, RecursionError) else DEFECT


def shortened(text: str) -> str:
    """Cut a message that is longer than anyone reads.

    >>> shortened("short")
    'short'
    """
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]} …"
