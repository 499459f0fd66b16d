"""Streams and endings of the command line: results on stdout, words on stderr, exit codes 0, 1 and 2.

In: text of any characters, work to do. Out: text that the stream can show, one sentence for whatever ends the work.
Leaves out: what is said; the commands do that.
"""

from __future__ import annotations

import codecs
import errno
import json
import os
import re
import select
import sys
import traceback
import unicodedata
from collections.abc import Callable
from typing import Any

from wattscale.errors import InputError, WattscaleError

DONE, FAILED, WRONG_INPUT = 0, 1, 2
"""Exit codes."""
INTERRUPTED = 130
"""What typer gives back when Ctrl-C ended a command."""
SHORT_OF_MEMORY = ("failed to map segment", "cannot allocate memory", "can't start new thread", "out of memory error")
"""What the loader of libraries, the operating system and DuckDB say when memory runs out."""
SPELLING = "wattscale.spelling"
"""Name under which Python finds how characters are spelt that a stream lacks."""
TRACE = "WATTSCALE_TRACEBACK"
"""Variable that makes a fault of the program itself show where it arose."""
SPELT = {
    "–": "-", "—": "-", "−": "-", "‑": "-", "×": "x", "·": "|", "…": "...", "“": '"', "”": '"', "’": "'", "‘": "'",
    "≤": "<=", "≥": ">=", "≈": "~", "→": "->", "∞": "inf", "°": "deg ", "€": "EUR", "£": "GBP", "µ": "u", "μ": "u",
    "Δ": "d", "η": "eta", "λ": "lambda", "σ": "sigma", "∑": "sum", "√": "sqrt", "₂": "2",
}  # fmt: skip
"""Characters of our texts in ASCII; the others lose their accents, and what is left is a question mark."""
_written: list[str] = []


def prepare() -> None:
    """Make both streams take any character, and forget what an earlier run in this process wrote."""
    codecs.register_error(SPELLING, _respelt)
    _written.clear()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=SPELLING)


def say(text: str, as_json: bool = False) -> None:
    """Print a result on stdout.

    Args:
        text: The result; a last line break is not doubled.
        as_json: It is JSON: characters that the stream lacks are escaped, so that it reads back the same.

    Raises:
        UnreadError: It cannot be written there.
    """
    if sys.stdout is None:
        raise UnreadError(OSError(errno.EBADF, "it is closed"))
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if as_json and not _holds(encoding, text):
        text = re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found[0])[1:-1], text)
    try:
        print(text.removesuffix("\n"), flush=True)
    except OSError as error:
        raise UnreadError(error) from error


class UnreadError(WattscaleError):
    """The result is there, but stdout does not take it: its reader has left, or its disk is full."""

    def __init__(self, cause: OSError) -> None:
        self.reader_left = isinstance(cause, BrokenPipeError)
        super().__init__(f"the result cannot be written to standard output: {_os_words(cause)}")


def _holds(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def tell(text: str) -> None:
    """Print words on stderr; where nobody can read them the work goes on."""
    try:
        if sys.stderr is not None:
            print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        _silence(sys.stderr)


def tell_written(text: str) -> None:
    """Tell that files are written, and keep in mind that they are."""
    _written.append(text)
    tell(text)


def guarded(work: Callable[[], Any]) -> int:
    """Do the work and give its exit code: 0 done, 1 failed, 2 wrong input; one sentence says why."""
    prepare()
    try:
        code = work()
        if code == INTERRUPTED:
            code = _cancelled()
    except KeyboardInterrupt:
        code = _cancelled()
    except SystemExit as stop:
        code = _stopped(stop)
    except Exception as error:
        code = _told(error)
    _mute_broken()
    return code if isinstance(code, int) else DONE if code is None else FAILED


def _stopped(stop: SystemExit) -> Any:
    """Give the exit code where something below has called for the end; typer does so on any pipe that is broken."""
    broken = stop.__context__
    if not isinstance(broken, BrokenPipeError):
        return stop.code
    if _reader_left():
        return DONE
    tell(f"failed: {_os_words(broken)}")
    return FAILED


def _reader_left() -> bool:
    """Tell whether the pipe behind stdout, such as to `head`, has no reader any more."""
    try:
        watch = select.poll()
        watch.register(sys.stdout.fileno(), 0)
        return any(event & select.POLLERR for _, event in watch.poll(0))
    except (OSError, ValueError, AttributeError):
        return False


def _cancelled() -> int:
    tell(f"cancelled; {_written[-1]} before" if _written else "cancelled; nothing was written")
    return FAILED


def _told(error: Exception) -> int:
    """Tell what ended the work, and give the exit code."""
    if isinstance(error, UnreadError) and error.reader_left:
        return DONE  # the reader, such as `head`, has seen enough
    # Typer carries click inside or beside it, by version; a usage error is known by what it can do.
    if getattr(error, "exit_code", None) == WRONG_INPUT and hasattr(error, "format_message"):
        tell(_usage(error))
        return WRONG_INPUT
    if isinstance(error, InputError):
        tell(f"wrong input: {error}")
        return WRONG_INPUT
    if type(error).__name__ == "Abort":
        return _cancelled()
    if _short_of_memory(error):
        tell("failed: out of memory; ask for fewer cases, draws or workers, or close other programs")
    elif isinstance(error, OSError):
        tell(f"failed: {_os_words(error)}")
    else:
        tell(f"failed: {error}" if isinstance(error, WattscaleError) else _fault(error))
    return FAILED


def _short_of_memory(error: BaseException) -> bool:
    """Tell whether memory ran out: as Python says it, or as libraries do that could not be loaded or begin a thread."""
    said = str(error).lower()
    if isinstance(error, MemoryError) or any(words in said for words in SHORT_OF_MEMORY):
        return True
    before = error.__cause__ or error.__context__
    return before is not None and _short_of_memory(before)


def _usage(error: Any) -> str:
    """Tell a wrong use of the command line in one sentence; no command at all shows the help."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.format_message())
    message = str(error.format_message()).strip().rstrip(".")
    command = context.command_path if context is not None else "wattscale"
    return f"wrong input: {message}. Help: {command} -h"


def _os_words(error: OSError) -> str:
    named = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{named}"


def _fault(error: Exception) -> str:
    """Own to a fault of the program itself: which, where, and how to see more."""
    if os.environ.get(TRACE):
        return "".join(traceback.format_exception(error)).rstrip()
    last = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(str(error).split())[:200]
    place = f"{os.path.basename(last.filename)}, line {last.lineno}"
    return f"failed: a fault in wattscale itself ({type(error).__name__}: {words}; {place}); {TRACE}=1 shows the trace"


def _mute_broken() -> None:
    """Send what is left of streams that cannot be written nowhere, so that Python's own last flush is silent."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            _silence(stream)


def _silence(stream: Any) -> None:
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        pass


def _respelt(error: UnicodeError) -> tuple[str, int]:
    """Spell characters that a stream lacks with those that it has."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_spelt(c) for c in error.object[error.start : error.end]), error.end


def _spelt(character: str) -> str:
    """Spell a character in ASCII.

    >>> "".join(map(_spelt, "−5 °C, 3 m³ · José 水"))
    '-5 deg C, 3 m3 | Jose ?'
    """
    if character.isascii():
        return character
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return SPELT.get(character) or plain or "?"
