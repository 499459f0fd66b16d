"""Figures: numbers that carry unit, source, year and confidence, and the coded warnings that travel with them.

In: catalogue cells and stage results. Out: `Figure`, `Value`, `PlanWarning`.
Leaves out: arithmetic with units; names carry the unit (STYLE: `energy_mwh`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Confidence: TypeAlias = Literal["measured", "published", "secondary", "estimated", "unverified"]
CONFIDENCES: tuple[Confidence, ...] = ("measured", "published", "secondary", "estimated", "unverified")
"""measured: instrument reading by the publisher; published: stated by the source; secondary: read in a text that
quotes it; estimated: ours, with the method; unverified: from memory or of unknown origin."""

Value: TypeAlias = float | tuple[float, float, float]
"""A result: a number, or (value, low, high) where the stage knows its range."""


@dataclass(frozen=True)
class Figure:
    """One number of the catalogue, with where it comes from.

    Attributes:
        id: `table/item.parameter`, unique in the catalogue.
        value: Central value, in `unit`.
        low, high: Stated or estimated range; equal to `value` where none is known.
        unit: Unit as written in the table.
        source: Producer, title, year.
        year: Year the figure refers to (price year for money).
        confidence: How sure, see `Confidence`.
        note: What a reader should know before quoting it.
        currency: Currency of a price, empty otherwise.
        price_year: Price year of a price, None otherwise.
    """

    id: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    year: str
    confidence: Confidence
    note: str = ""
    currency: str = ""
    price_year: int | None = None


def within(value: float, factors: Figure) -> tuple[float, float, float]:
    """Give a result with its range: times the low and the high of a factor, its own value always inside.

    A factor replaced by a single number beside 1 says that results lie on one side of the model's.

    >>> factor = Figure("x", 1.0, 0.8, 1.3, "1", "", "", "estimated")
    >>> within(100.0, factor)
    (100.0, 80.0, 130.0)
    """
    return value, value * min(factors.low, 1.0), value * max(factors.high, 1.0)


@dataclass(frozen=True)
class PlanWarning:
    """A doubtful input or result that did not stop the plan.

    Attributes:
        code: Short stable word, such as `synthetic-weather`.
        message: One or two sentences for people.
    """

    code: str
    message: str
