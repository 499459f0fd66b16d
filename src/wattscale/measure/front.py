"""Front of measuring: which of the three ways is asked, and with what.

In: an `Ask`. Out: rows of the measurement table.
Leaves out: writing them; the command line does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from wattscale.errors import InputError, did_you_mean
from wattscale.measure.meter import Meter, open_meter
from wattscale.measure.results import joined, read_results
from wattscale.measure.session import measure_server, measure_synthetic
from wattscale.measure.table import COLUMNS, Measurement

MOST_CLIENTS = 4096


@dataclass(frozen=True)
class Ask:
    """What to measure.

    Attributes:
        read: Result files of other tools; then nothing is measured.
        join: The files are of the same runs, row by row (speed from one, power from another).
        server: Base address of a local model server; None for the synthetic model.
        model: Name the server knows the model by; of the synthetic model a catalogue name or config.json.
        batches: Numbers of clients or sequences [1].
        input_tokens, output_tokens: Lengths of a request; the synthetic model decodes at their mean context [token].
        precision: Precision of the weights.
        seconds, warmup_s: Steady window and the time before it [s].
        speed_only: Read no power.
        facts: Further cells, by column.
    """

    read: tuple[Path, ...] = ()
    join: bool = False
    server: str | None = None
    model: str = "Llama-3.1-8B"
    batches: tuple[int, ...] = (1, 8, 32)
    input_tokens: int = 500
    output_tokens: int = 300
    precision: str = "bf16"
    seconds: float = 20.0
    warmup_s: float = 10.0
    speed_only: bool = False
    facts: tuple[tuple[str, str], ...] = ()


def measure(
    ask: Ask, say: Callable[[str], None] = lambda _: None, meter: Callable[[], Meter] = open_meter
) -> list[Measurement]:
    """Measure, or read what others measured.

    Args:
        ask: What to measure.
        say: Called before each point.
        meter: Opens the power meter.

    Returns:
        One row per operating point.

    Raises:
        InputError: No GPU that can be read, no server, or a file of no known kind.
    """
    facts = dict(ask.facts)
    if ask.read:
        parts = [read_results(path, facts) for path in ask.read]
        return joined(parts) if ask.join else [row for part in parts for row in part]
    if ask.server:
        power = None if ask.speed_only else meter()
        return measure_server(
            ask.server, ask.model, power, ask.batches, ask.input_tokens, ask.output_tokens, ask.seconds, ask.warmup_s,
            {"precision": ask.precision, **facts}, say,
        )  # fmt: skip
    if ask.speed_only:
        raise InputError("needs a server or result files", where="--speed-only", hint="Give --server or --read")
    context = ask.input_tokens + ask.output_tokens // 2
    return measure_synthetic(ask.model, meter(), ask.batches, context, ask.precision, ask.seconds, facts, say)


def batches_of(text: str) -> tuple[int, ...]:
    """Read a list of batch sizes.

    Raises:
        InputError: Not whole numbers from 1 on.

    >>> batches_of("1,8, 32")
    (1, 8, 32)
    """
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdigit() and 0 < int(word) <= MOST_CLIENTS for word in words):
        allowed = f"whole numbers from 1 to {MOST_CLIENTS} such as 1,8,32"
        raise InputError("is no list of batch sizes", where="--batch", value=text, allowed=allowed)
    return tuple(int(word) for word in words)


def facts_of(pairs: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Read cells given as COLUMN=VALUE.

    Raises:
        InputError: No `=`, or a column that does not exist.

    >>> facts_of(["gpu_model=H100"])
    (('gpu_model', 'H100'),)
    """
    found = []
    for pair in pairs:
        column, separator, value = pair.partition("=")
        if not separator or column.strip() not in COLUMNS:
            hint = did_you_mean(column.strip(), COLUMNS)
            raise InputError("is not COLUMN=VALUE", where="--fact", value=pair, allowed=", ".join(COLUMNS), hint=hint)
        found.append((column.strip(), value.strip()))
    return tuple(found)
