"""One table of the catalogue: cells as text, the sidecar, and look-up of figures and records in it.

In: `<table>.csv` and `<table>.toml` of this folder. Out: `Table`, `Figure`.
Leaves out: overrides, the ledger and the price level of years between rows; reader.py adds them.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wattscale.errors import WattscaleError
from wattscale.figure import CONFIDENCES, Confidence, Figure

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Between:
    """The rows around a year; `after` is None where one row alone holds.

    Attributes:
        before: Figure of the row that holds, or of the year before.
        after: Figure of the year after.
        year: Year asked for.
        share: Part of the way from `before` to `after` [1].
    """

    before: Figure
    after: Figure | None = None
    year: float = 0.0
    share: float = 0.0


@dataclass(frozen=True)
class Table:
    """One table of the catalogue.

    Attributes:
        name: File name without ending.
        meta: Content of the sidecar.
        rows: Cells as text, one dict per row.
    """

    name: str
    meta: Mapping[str, Any]
    rows: tuple[Mapping[str, str], ...]

    @property
    def shape(self) -> str:
        """`figures` or `records`."""
        return str(self.meta["shape"])

    @property
    def key(self) -> str:
        """Column that names a record."""
        return str(self.meta.get("key", "item"))

    @cached_property
    def records(self) -> Mapping[str, Mapping[str, str]]:
        """Rows by plain name; aliases never hide a name."""
        found: dict[str, Mapping[str, str]] = {}
        for row in self.rows:
            for alias in row.get("aliases", "").split(";"):
                if alias.strip():
                    found.setdefault(plain(alias), row)
        return found | {plain(row[self.key]): row for row in self.rows}

    @cached_property
    def figures(self) -> Mapping[str, list[Mapping[str, str]]]:
        """Rows by `item.parameter`; regions and vintages of one figure together."""
        found: dict[str, list[Mapping[str, str]]] = {}
        for row in self.rows:
            found.setdefault(f"{row['item']}.{row['parameter']}", []).append(row)
        return found

    @cached_property
    def spans(self) -> Mapping[str, tuple[float, float]]:
        """Lowest and highest value by parameter or numeric column, over all items; columns without values left out."""
        if self.shape == "figures":
            kinds: dict[str, list[Mapping[str, str]]] = {}
            for row in self.rows:
                kinds.setdefault(row["parameter"], []).append(row)
            return {name: span(rows) for name, rows in kinds.items()}
        numeric = [c for c in self.meta["columns"] if self.is_numeric(c)]
        cells = {c: [float(row[c]) for row in self.rows if row[c]] for c in numeric}
        return {c: (min(values), max(values)) for c, values in cells.items() if values}

    @cached_property
    def _known(self) -> dict[tuple[str, str, float | None], Between]:
        return {}

    def between(self, key: str, region: str, vintage: float | None) -> Between:
        """Find the rows of `item.parameter` around a year, for the region where it has rows of its own; kept."""
        asked = (key, region, vintage)
        if asked not in self._known:
            candidates = self.figures[key]
            regions = [r.get("region", "") for r in candidates]
            chosen = region if region in regions else "" if "" in regions else regions[0]
            rows = [r for r in candidates if r.get("region", "") == chosen]
            self._known[asked] = _between(self, rows, vintage)
        return self._known[asked]

    def unit(self, column: str) -> str:
        """Unit of a numeric column of a `records` table."""
        return str(self.meta["columns"][column].get("unit", ""))

    def kind(self, column: str) -> str:
        """Type of a column: str, float, int or bool."""
        return str(self.meta["columns"][column].get("type", "str"))

    def is_numeric(self, column: str) -> bool:
        """Tell whether a column of a `records` table holds numbers."""
        return column in self.meta["columns"] and self.kind(column) in ("float", "int")

    def frame(self) -> pd.DataFrame:
        """Give the table as a DataFrame with typed columns."""
        import pandas as pd

        frame = pd.DataFrame([dict(r) for r in self.rows])
        numeric = [c for c, m in self.meta["columns"].items() if m.get("type") in ("float", "int")]
        for column in numeric:
            frame[column] = pd.to_numeric(frame[column])
        return frame


def plain(name: str) -> str:
    """Strip case, dashes, underscores and blanks for comparing names.

    >>> plain("H100-SXM5_80GB")
    'h100sxm580gb'
    """
    return "".join(c for c in name.lower() if c.isalnum())


def span(rows: Sequence[Mapping[str, str]]) -> tuple[float, float]:
    """Give the lowest and the highest end of some rows of a `figures` table."""
    ends = [float(row[end]) for row in rows for end in ("low", "value", "high") if row[end]]
    return min(ends), max(ends)


def figure_id(table: str, row: Mapping[str, str]) -> str:
    """Compose the unique id of a row of a `figures` table: `table/item.parameter[@region][:vintage]`."""
    region, vintage = row.get("region", ""), row.get("vintage", "")
    return (
        f"{table}/{row['item']}.{row['parameter']}"
        + (f"@{region}" if region else "")
        + (f":{vintage}" if vintage else "")
    )


def confidence_of(word: str, where: str) -> Confidence:
    """Check a word of confidence; another word is a defect of the table."""
    for known in CONFIDENCES:
        if word == known:
            return known
    raise WattscaleError(f"{where}: unknown confidence '{word}'")


def _figure_of(table: Table, row: Mapping[str, str]) -> Figure:
    fid = figure_id(table.name, row)
    value = float(row["value"])
    return Figure(
        id=fid,
        value=value,
        low=float(row["low"] or value),
        high=float(row["high"] or value),
        unit=row["unit"],
        source=row["source"],
        year=row["year"],
        confidence=confidence_of(row["confidence"], fid),
        note=row.get("note", ""),
        currency=row.get("currency", ""),
        price_year=int(row["price_year"]) if row.get("price_year") else None,
    )


def _between(table: Table, rows: Sequence[Mapping[str, str]], vintage: float | None) -> Between:
    """Find the rows around a year; the first and the last row hold before and after all."""
    dated = sorted((r for r in rows if r.get("vintage")), key=lambda r: float(r["vintage"]))
    if not dated:
        return Between(_figure_of(table, rows[0]))
    if vintage is None or vintage <= float(dated[0]["vintage"]):
        return Between(_figure_of(table, dated[0]))
    for before, after in pairwise(dated):
        y0, y1 = float(before["vintage"]), float(after["vintage"])
        if vintage < y1:
            ends = _figure_of(table, before), _figure_of(table, after)
            return Between(*ends, vintage, (vintage - y0) / (y1 - y0))
    return Between(_figure_of(table, dated[-1]))


def interpolated(before: Figure, after: Figure, year: float, share: float, money: float) -> Figure:
    """Give the figure of a year between two rows, in the money of the first.

    p + t * (m * q - p)

    Args:
        before: Figure of the row p.
        after: Figure of the row q, in the same unit but for the money.
        year: The year.
        share: Part of the way t [1].
        money: Money of the first row per money of the second m [1].
    """
    a, b = before, after
    ends = ((a.low, b.low), (a.value, b.value), (a.high, b.high))
    low, value, high = (p + share * (money * q - p) for p, q in ends)
    return Figure(
        f"{a.id.rsplit(':', 1)[0]}:{year:g}", value, low, high, a.unit, f"{a.source}; interpolated", f"{year:g}",
        a.confidence, a.note, a.currency, a.price_year,
    )  # fmt: skip


def overridden(figure: Figure, value: float) -> Figure:
    """Give the figure with a value of the user in place of its own."""
    return Figure(
        figure.id, value, value, value, figure.unit, "scenario [catalog]", figure.year, "estimated", figure.note,
        figure.currency, figure.price_year,
    )  # fmt: skip


def table_names() -> list[str]:
    """List the tables of the catalogue, in alphabetical order."""
    return sorted(f.name[:-4] for f in files("wattscale.catalog").iterdir() if f.name.endswith(".csv"))


def read_table(name: str) -> Table:
    """Read one table with its sidecar.

    Raises:
        WattscaleError: A column that the sidecar does not describe.
    """
    folder = files("wattscale.catalog")
    meta = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    text = (folder / f"{name}.csv").read_text(encoding="utf-8")
    reader = csv.DictReader(text.splitlines())
    rows = tuple({k: (v or "") for k, v in row.items()} for row in reader)
    unknown = set(reader.fieldnames or ()) - set(meta["columns"])
    if unknown:
        raise WattscaleError(f"catalogue table '{name}': the sidecar does not describe {sorted(unknown)}")
    return Table(name, meta, rows)
