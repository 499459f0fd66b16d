"""How a scenario field says what it is: unit, default's source and confidence, ranges.

In: the arguments of a field. Out: a pydantic `Field` whose JSON Schema carries them.
Leaves out: the values; each stage's table is in the module of its name.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from wattscale.figure import Confidence


class TableModel(BaseModel):
    """A table of the scenario: immutable, and strict about unknown keys and wrong types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def quantity(
    default: Any,
    unit: str,
    title: str,
    source: str,
    *,
    confidence: Confidence = "estimated",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
) -> Any:
    """Declare a numeric field with unit, title and the source of its default.

    Args:
        default: Default value; None where another field or the catalogue decides.
        unit: Unit, "1" for shares and ratios.
        title: What it is, in a few words for people.
        source: Where the default comes from.
        confidence: How sure the default is.
        ge: Least value allowed.
        gt: Value it must be above.
        le: Largest value allowed.
        lt: Value it must be below.
    """
    extra: JsonDict = {"unit": unit, "source": source, "confidence": confidence}
    return Field(default, title=title, ge=ge, gt=gt, le=le, lt=lt, json_schema_extra=extra)


def choice(default: Any, title: str, **extra: Any) -> Any:
    """Declare a field of words (a name, a file, a closed choice) with its title."""
    return Field(default, title=title, json_schema_extra=extra or None)
