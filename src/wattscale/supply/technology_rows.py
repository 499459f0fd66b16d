"""The rows of a technology-data CSV, and which of them holds where a file has several scenarios and cases.

In: the text of a file, a scenario and a financial case. Out: `CostRows`. Leaves out: what the rows mean.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from wattscale.errors import InputError, did_you_mean

COLUMNS = ("technology", "parameter", "value", "unit")
"""Columns that a file must have; scenario, financial_case and currency_year may stand beside them."""
VARIANTS = ("scenario", "financial_case")


@dataclass(frozen=True)
class CostRow:
    """One row of a file.

    Attributes:
        line: Line in the file.
        technology, parameter, value, unit, currency_year: Its cells.
        scenario, financial_case: What it holds for; empty for all.
    """

    line: int
    technology: str
    parameter: str
    value: str
    unit: str
    currency_year: str = ""
    scenario: str = ""
    financial_case: str = ""

    @property
    def variant(self) -> str:
        """Scenario and case in words."""
        return " ".join(word for word in (self.scenario, self.financial_case) if word)

    def wrong(self, message: str, value: object, allowed: str | None = None, hint: str | None = None) -> InputError:
        """Make the error for this row."""
        where = f"technology-data: line {self.line}: {self.technology}.{self.parameter}"
        return InputError(message, where=where, value=value, allowed=allowed, hint=hint)

    def number(self, low: float, high: float) -> float:
        """Give the value as a number.

        Raises:
            InputError: No number, or one outside the range.
        """
        try:
            value = float(self.value)
        except ValueError:
            raise self.wrong("is no number", self.value) from None
        if not math.isfinite(value) or not low <= value <= high:
            raise self.wrong("is outside the allowed range", value, allowed=f"{low:g} to {high:g}")
        return value


@dataclass
class CostRows:
    """All rows of a file, and the choice between them.

    Attributes:
        all: Rows by technology and parameter, those with a value.
        scenario: Scenario to read.
        financial_case: Case to read.
        used: Scenario and case of the rows read so far, in words.
    """

    all: Mapping[tuple[str, str], list[CostRow]]
    scenario: str
    financial_case: str
    used: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def asked(self) -> str:
        """Scenario and case to read, in words."""
        return f"{self.scenario} {self.financial_case}"

    def has(self, technology: str, parameter: str) -> bool:
        """Tell whether the file has a value, for whatever scenario."""
        return (technology, parameter) in self.all

    def chosen(self, technology: str, parameter: str) -> CostRow | None:
        """Give the row that holds for the scenario and the case: the one that names them before one for all.

        Raises:
            InputError: Several rows hold and contradict each other.
        """
        key = (technology, parameter)
        fits = [r for r in self.all.get(key, []) if self.fits(r)]
        if not fits:
            return None
        named = max(sum(1 for word in VARIANTS if getattr(r, word)) for r in fits)
        best = [r for r in fits if sum(1 for word in VARIANTS if getattr(r, word)) == named]
        if len({(r.value, r.unit) for r in best}) > 1:
            lines = ", ".join(str(r.line) for r in best)
            raise best[0].wrong(f"has several values in lines {lines}", ", ".join(r.value for r in best),
                                hint="Leave one of them")  # fmt: skip
        self.used[key] = best[0].variant
        return best[0]

    def fits(self, row: CostRow) -> bool:
        """Tell whether a row holds for the scenario and the case."""
        pairs = ((row.scenario, self.scenario), (row.financial_case, self.financial_case))
        return all(not own or own.casefold() == asked.casefold() for own, asked in pairs)


def read_rows(text: str, scenario: str, financial_case: str) -> CostRows:
    """Read the rows of a file.

    Args:
        text: Its content.
        scenario: Scenario to read.
        financial_case: Case to read.

    Raises:
        InputError: A column is missing, there is no investment, or the file has neither the scenario nor the case.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    lacks = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if lacks:
        raise InputError("has no such column", where="technology-data", value=", ".join(lacks),
                         hint=f"Give a CSV with columns {', '.join(COLUMNS)} and rows of investment")  # fmt: skip
    found: dict[tuple[str, str], list[CostRow]] = {}
    for cells in reader:
        row = CostRow(reader.line_num, *(str(cells[c] or "").strip() for c in COLUMNS),
                      *(str(cells.get(c) or "").strip() for c in ("currency_year", *VARIANTS)))  # fmt: skip
        if row.value:
            found.setdefault((row.technology, row.parameter), []).append(row)
    if not any(parameter == "investment" for _, parameter in found):
        raise InputError("has no rows of investment", where="technology-data",
                         hint="Give a file with columns technology, parameter, value, unit")  # fmt: skip
    rows = [row for of_one in found.values() for row in of_one]
    for column, asked in zip(VARIANTS, (scenario, financial_case), strict=True):
        known = sorted({getattr(row, column) for row in rows} - {""})
        if known and asked.casefold() not in (word.casefold() for word in known):
            raise InputError(f"is no {column} of the file", where=f"technology-data: {column}", value=asked,
                             allowed=", ".join(known), hint=did_you_mean(asked, known))  # fmt: skip
    return CostRows(found, scenario, financial_case)
