"""Least and largest value of a scenario's own figure: by sidecar, by ending of its name, by unit, by what is known.

In: a table and the name of one of its figures. Out: `Bounds`.
Leaves out: what several figures must be together (shares that add up to one); the stage that uses them says that.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from wattscale.catalog.table import Table, plain, span
from wattscale.errors import InputError, WattscaleError

SHARE_MEANT_AS_PERCENT = 100.0
MONEY = ("USD", "EUR")
"""Beginnings of units of money."""


@dataclass(frozen=True)
class Bounds:
    """What an own figure may be.

    Attributes:
        least, largest: Ends, both allowed, in `unit`.
        unit: Unit of the figure.
        known: The catalogue's own values of the figure, lowest and highest; None where it has none.
        whole: Whether it must be a whole number.
    """

    least: float
    largest: float
    unit: str
    known: tuple[float, float] | None
    whole: bool = False

    def check(self, where: str, value: float) -> None:
        """Check an own figure.

        Raises:
            InputError: Outside the bounds, not a number, or not whole where it must be.

        >>> Bounds(0, 1, "1", (0.2, 0.4)).check('catalog."x"', 40.0)
        Traceback (most recent call last):
        wattscale.errors.InputError: catalog."x" = 40.0: is outside the allowed range (allowed: 0 to 1). 40 % is 0.4
        """
        allowed = f"{self.least:g} to {self.largest:g}" + ("" if self.unit == "1" else f" {self.unit}")
        if not self.least <= value <= self.largest:
            raise InputError(
                "is outside the allowed range", where=where, value=value, allowed=allowed, hint=self._hint(value)
            )
        if self.whole and value != int(value):
            raise InputError("must be a whole number", where=where, value=value, allowed=allowed)

    def _hint(self, value: float) -> str | None:
        if (self.least, self.largest) == (0.0, 1.0) and 1.0 < value <= SHARE_MEANT_AS_PERCENT:
            return f"{value:g} % is {value / SHARE_MEANT_AS_PERCENT:g}"
        if self.known is None:
            return None
        low, high = self.known
        return f"The catalogue has {low:g}" + ("" if low == high else f" to {high:g}")


def bounds_of(table: Table, name: str) -> Bounds:
    """Give the bounds of a figure.

    Args:
        table: Its table.
        name: `item.parameter`, with region and vintage or without; in a table of records `record.column`.

    >>> from wattscale.catalog import load_catalog
    >>> found = bounds_of(load_catalog().table("dc_costs"), "maintenance.it_share")
    >>> found.least, found.largest
    (0.0, 1.0)
    """
    known: tuple[float, float] | None
    if table.shape == "figures":
        key = name if name in table.figures else name.partition("@")[0].partition(":")[0]
        rows = table.figures[key]
        parameter, unit, known, whole = rows[0]["parameter"], rows[0]["unit"], span(rows), False
    else:
        item, _, parameter = name.rpartition(".")
        unit, whole = table.unit(parameter), table.kind(parameter) == "int"
        cell = table.records[plain(item)][parameter]
        key, known = name, (float(cell), float(cell)) if cell else None
    least, largest = _ends(table, (key, parameter), unit, known)
    return Bounds(least, largest, unit, known, whole)


def _ends(table: Table, names: tuple[str, str], unit: str, known: tuple[float, float] | None) -> tuple[float, float]:
    """Give least and largest: the sidecar's, else nature's, else so far beyond what is known of it or its kind."""
    own: Mapping[str, Any] = table.meta.get("bounds", {})
    for name in names:
        if name in own:
            return float(own[name][0]), float(own[name][1])
    rules, kind = _rules(), table.spans.get(names[1])
    if kind is None:
        raise WattscaleError(f"catalogue table '{table.name}': {names[1]} has neither values nor [bounds]")
    for least, largest in (*_named(rules["names"], names[1]), *_named(rules["units"], unit)):
        if least <= kind[0] and kind[1] <= largest:
            return float(least), float(largest)
    low, high = known if known is not None and any(known) else kind
    reach = float(own.get("reach", rules["reach"]))
    largest = high * (reach if high > 0.0 else 1.0 / reach)
    if low >= 0.0 and (own.get("from_zero") or unit in rules["from_zero"] or unit.startswith(MONEY)):
        return 0.0, high * float(rules["money_reach"]) if unit.startswith(MONEY) else largest
    return low * (reach if low < 0.0 else 1.0 / reach), largest


def _named(rules: Mapping[str, Sequence[float]], name: str) -> list[tuple[float, float]]:
    """Give the limits of a name: those of its own, or of its last words."""
    return [(ends[0], ends[1]) for ending, ends in rules.items() if name == ending or name.endswith(f"_{ending}")]


@cache
def _rules() -> Mapping[str, Any]:
    return tomllib.loads((files("wattscale.catalog") / "bounds.toml").read_text(encoding="utf-8"))
