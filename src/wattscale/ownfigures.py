"""What a stage says when the scenario's own figures of the catalogue leave it no answer.

In: the own figures and the ledger of the stage that failed. Out: an `InputError` that names those which it read.
Leaves out: what a figure may be by itself; the catalogue checks that where it enters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from wattscale.errors import InputError, WattscaleError
from wattscale.figure import Figure
from wattscale.stagecache import relevant

SHOWN = 5
"""Own figures that a message lists."""


@contextmanager
def blamed(overrides: Mapping[str, float], *ledgers: Mapping[str, Figure]) -> Iterator[None]:
    """Name the own figures that a stage and those before it read, in any refusal of that stage.

    A stage that divides by nothing, or gives no finite figure, was driven there by one of them or by several together:
    without any it is a defect and stays one.

    Args:
        overrides: The scenario's own figures.
        ledgers: Of the stages before and of the stage itself, which fills its own while it runs.
    """
    try:
        yield
    except (InputError, ArithmeticError, WattscaleError) as error:
        own = relevant(overrides, {key: figure for ledger in ledgers for key, figure in ledger.items()})
        if not own:
            raise
        shown = ", ".join(f'catalog."{key}" = {value:g}' for key, value in list(own.items())[:SHOWN])
        more = f" and {len(own) - SHOWN} more" if len(own) > SHOWN else ""
        if not isinstance(error, InputError):
            raise InputError(f"leaves no sound plan ({error})", where=f"{shown}{more}") from error
        own_hint = f"Own figures read here: {shown}{more}"
        before = error.hint if not error.hint or error.hint.endswith((".", "?")) else f"{error.hint}."
        hint = f"{before} {own_hint}" if before else own_hint
        raise type(error)(
            error.message, where=error.where, value=error.value, allowed=error.allowed, hint=hint
        ) from error


def check_finite(stage: str, result: Any) -> None:
    """Check that every figure of a stage is a finite number.

    Raises:
        WattscaleError: One is not; without own figures a defect of the package.
    """
    for name, value in result.figures.items():
        if not all(map(math.isfinite, value if isinstance(value, tuple) else (value,))):
            raise WattscaleError(f"the figure '{stage}.{name}' is not a finite number: {value}")
