"""Reader of the catalogue tables.

In: CSV tables and TOML sidecars of this folder. Out: `Catalog`, an immutable view with overrides and a ledger.
Leaves out: pandas (the reader must start fast); `Table.frame()` makes a DataFrame when asked.
"""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wattscale.errors import InputError, WattscaleError, did_you_mean
from wattscale.figure import CONFIDENCES, Confidence, Figure

if TYPE_CHECKING:
    import pandas as pd

FIGURE_COLUMNS = ("item", "parameter", "unit", "low", "value", "high", "year", "source", "confidence", "note")
"""Columns every table of shape `figures` has; `vintage`, `region`, `currency`, `price_year` are optional."""


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

    def unit(self, column: str) -> str:
        """Unit of a numeric column of a `records` table."""
        return str(self.meta["columns"][column].get("unit", ""))

    def kind(self, column: str) -> str:
        """Type of a column: str, float, int or bool."""
        return str(self.meta["columns"][column].get("type", "str"))

    def frame(self) -> pd.DataFrame:
        """Give the table as a DataFrame with typed columns."""
        import pandas as pd

        frame = pd.DataFrame([dict(r) for r in self.rows])
        numeric = [c for c, m in self.meta["columns"].items() if m.get("type") in ("float", "int")]
        for column in numeric:
            frame[column] = pd.to_numeric(frame[column])
        return frame


@dataclass(frozen=True)
class Row:
    """One record of a `records` table, read through the catalogue so that overrides and the ledger apply."""

    catalog: Catalog
    table: Table
    cells: Mapping[str, str]

    @property
    def name(self) -> str:
        """Key of the record."""
        return self.cells[self.table.key]

    def text(self, column: str) -> str:
        """Cell as text, empty when not given."""
        return self.cells[column]

    def has(self, column: str) -> bool:
        """Tell whether the cell is given, in the table or by an override."""
        return bool(self.cells[column]) or f"{self.table.name}/{self.name}.{column}" in self.catalog.overrides

    def number(self, column: str, default: float | None = None) -> float:
        """Cell as a number in the column's unit.

        Args:
            column: A numeric column of the table.
            default: Value for an empty cell; without it an empty cell is an error.

        Raises:
            InputError: The cell is empty and no default is given.
        """
        if not self.has(column):
            if default is None:
                raise InputError(
                    f"the catalogue has no {column} for {self.name}",
                    where=f"catalog.{self.table.name}/{self.name}.{column}",
                    hint=f'Give one: [catalog] "{self.table.name}/{self.name}.{column}" = ...',
                )
            return default
        return self.figure(column).value

    def figure(self, column: str) -> Figure:
        """Cell as a figure with the row's source, noted in the ledger."""
        return self.catalog._record_figure(self.table, self.cells, column)


@dataclass(frozen=True)
class Catalog:
    """All tables, with a user's overrides and a ledger of the figures read.

    Attributes:
        tables: By name.
        overrides: Figure id to value, from the scenario's `[catalog]` table.
        used: Figures read through this view, by id.
    """

    tables: Mapping[str, Table]
    overrides: Mapping[str, float] = field(default_factory=dict)
    used: dict[str, Figure] = field(default_factory=dict)

    def recording(self) -> Catalog:
        """Give the same catalogue with an empty ledger, one per stage of a plan."""
        return Catalog(self.tables, self.overrides)

    def with_overrides(self, overrides: Mapping[str, float]) -> Catalog:
        """Replace figures by a user's own, each checked to exist.

        Raises:
            InputError: An id that is in no table; the nearest ids are listed.
        """
        known = None
        for key in overrides:
            if not self._exists(key):
                known = known or list(self.ids())
                hint = did_you_mean(key, known)
                raise InputError("no such figure in the catalogue", where=f'catalog."{key}"', hint=hint)
        return Catalog(self.tables, {**self.overrides, **overrides})

    def table(self, name: str) -> Table:
        """Give a table by name.

        Raises:
            InputError: Unknown name.
        """
        if name not in self.tables:
            raise InputError(
                "no such table in the catalogue",
                where="catalog",
                value=name,
                allowed=", ".join(sorted(self.tables)),
                hint=did_you_mean(name, self.tables),
            )
        return self.tables[name]

    def names(self, table: str) -> list[str]:
        """List the records (or items) of a table, in file order."""
        found = self.table(table)
        return list(dict.fromkeys(r[found.key] for r in found.rows))

    def row(self, table: str, name: str, where: str | None = None) -> Row:
        """Give one record by name or alias, compared without case, dashes and underscores.

        Args:
            table: Table of shape `records`.
            name: Key or alias.
            where: Scenario field the name came from, for the message.

        Raises:
            InputError: Unknown name; the nearest names are listed.
        """
        found = self.table(table)
        cells = _index(found).get(plain(name))
        if cells is None:
            hint = did_you_mean(name, self.names(table)) or f"See: wattscale catalog {table}"
            raise InputError(f"not in the catalogue table '{table}'", where=where or table, value=name, hint=hint)
        return Row(self, found, cells)

    def has_row(self, table: str, name: str) -> bool:
        """Tell whether a record of this name or alias exists."""
        return plain(name) in _index(self.table(table))

    def rows(self, table: str) -> Iterator[Row]:
        """Give every record of a table."""
        found = self.table(table)
        return (Row(self, found, cells) for cells in found.rows)

    def figure(self, table: str, key: str, *, region: str = "", vintage: float | None = None) -> Figure:
        """Give one figure of a table of shape `figures`, noted in the ledger.

        Args:
            table: Table name.
            key: `item.parameter`.
            region: Preferred region; rows without a region serve all.
            vintage: Year of build; interpolated linearly between the rows given, held flat outside them.

        Raises:
            WattscaleError: No such figure (a defect of the package, or of a user's key).
        """
        candidates = _figure_index(self.table(table)).get(key)
        if not candidates:
            hint = did_you_mean(key, _figure_index(self.table(table))) or ""
            raise WattscaleError(f"catalogue table '{table}' has no figure '{key}'. {hint}")
        regions = [r.get("region", "") for r in candidates]
        chosen = region if region in regions else "" if "" in regions else regions[0]
        rows = [r for r in candidates if r.get("region", "") == chosen]
        found = _interpolate(self.table(table), rows, vintage)
        plain_id = f"{table}/{key}"
        for name in (found.id, plain_id):
            if name in self.overrides:
                found = _overridden(found, self.overrides[name])
                break
        self.used[found.id] = found
        return found

    def value(self, table: str, key: str, *, region: str = "", vintage: float | None = None) -> float:
        """Give the value of `figure`."""
        return self.figure(table, key, region=region, vintage=vintage).value

    def has_figure(self, table: str, key: str) -> bool:
        """Tell whether a figure exists, without noting it."""
        return key in _figure_index(self.table(table))

    def ids(self) -> Iterator[str]:
        """Give the id of every figure that can be overridden."""
        for name, table in self.tables.items():
            if table.shape == "figures":
                for row in table.rows:
                    yield figure_id(name, row)
            else:
                numeric = [c for c in table.meta["columns"] if table.kind(c) in ("float", "int")]
                for row in table.rows:
                    yield from (f"{name}/{row[table.key]}.{column}" for column in numeric)

    def checksum(self) -> str:
        """Hash of all tables and overrides, for manifests and caches."""
        digest = hashlib.sha256()
        for name in sorted(self.tables):
            digest.update(name.encode())
            for row in self.tables[name].rows:
                digest.update("\x1f".join(row.values()).encode())
        digest.update(repr(sorted(self.overrides.items())).encode())
        return digest.hexdigest()[:16]

    def _exists(self, key: str) -> bool:
        table, _, rest = key.partition("/")
        if table not in self.tables:
            return False
        found = self.tables[table]
        if found.shape == "figures":
            return rest in _figure_index(found) or any(figure_id(table, r) == key for r in found.rows)
        name, _, column = rest.rpartition(".")
        return plain(name) in _index(found) and column in found.meta["columns"]

    def _record_figure(self, table: Table, cells: Mapping[str, str], column: str) -> Figure:
        fid = f"{table.name}/{cells[table.key]}.{column}"
        if fid in self.overrides:
            value = self.overrides[fid]
            found = Figure(fid, value, value, value, table.unit(column), "scenario [catalog]", "", "estimated")
        else:
            weak = column in cells.get("weak_cells", "").split(";") or cells.get("weak_cells", "") == "all"
            confidence = _confidence("unverified" if weak else cells["confidence"], fid)
            value = float(cells[column])
            source = cells.get(f"{column}_source") or cells["source"]
            found = Figure(
                fid,
                value,
                value,
                value,
                table.unit(column),
                source,
                cells["year"],
                confidence,
                cells.get("note", ""),
            )
        self.used[fid] = found
        return found


def plain(name: str) -> str:
    """Strip case, dashes, underscores and blanks for comparing names.

    >>> plain("H100-SXM5_80GB")
    'h100sxm580gb'
    """
    return "".join(c for c in name.lower() if c.isalnum())


def figure_id(table: str, row: Mapping[str, str]) -> str:
    """Compose the unique id of a row of a `figures` table: `table/item.parameter[@region][:vintage]`."""
    region, vintage = row.get("region", ""), row.get("vintage", "")
    return (
        f"{table}/{row['item']}.{row['parameter']}"
        + (f"@{region}" if region else "")
        + (f":{vintage}" if vintage else "")
    )


def _confidence(word: str, where: str) -> Confidence:
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
        confidence=_confidence(row["confidence"], fid),
        note=row.get("note", ""),
        currency=row.get("currency", ""),
        price_year=int(row["price_year"]) if row.get("price_year") else None,
    )


def _interpolate(table: Table, rows: list[Mapping[str, str]], vintage: float | None) -> Figure:
    dated = sorted((r for r in rows if r.get("vintage")), key=lambda r: float(r["vintage"]))
    if not dated:
        return _figure_of(table, rows[0])
    if vintage is None or vintage <= float(dated[0]["vintage"]):
        return _figure_of(table, dated[0])
    for before, after in pairwise(dated):
        y0, y1 = float(before["vintage"]), float(after["vintage"])
        if vintage < y1:
            a, b, t = _figure_of(table, before), _figure_of(table, after), (vintage - y0) / (y1 - y0)
            low, value, high = (p + t * (q - p) for p, q in ((a.low, b.low), (a.value, b.value), (a.high, b.high)))
            return Figure(
                f"{a.id.rsplit(':', 1)[0]}:{vintage:g}", value, low, high, a.unit, f"{a.source}; interpolated",
                f"{vintage:g}", a.confidence, a.note, a.currency, a.price_year,
            )  # fmt: skip
    return _figure_of(table, dated[-1])


def _overridden(figure: Figure, value: float) -> Figure:
    return Figure(
        figure.id, value, value, value, figure.unit, "scenario [catalog]", figure.year, "estimated", figure.note,
        figure.currency, figure.price_year,
    )  # fmt: skip


_INDEXES: dict[int, dict[str, Mapping[str, str]]] = {}
_FIGURE_INDEXES: dict[int, dict[str, list[Mapping[str, str]]]] = {}


def _index(table: Table) -> dict[str, Mapping[str, str]]:
    index = _INDEXES.get(id(table))
    if index is None:
        index = {}
        for row in table.rows:
            for alias in row.get("aliases", "").split(";"):
                if alias.strip():
                    index.setdefault(plain(alias), row)
        for row in table.rows:
            index[plain(row[table.key])] = row
        _INDEXES[id(table)] = index
    return index


def _figure_index(table: Table) -> dict[str, list[Mapping[str, str]]]:
    index = _FIGURE_INDEXES.get(id(table))
    if index is None:
        index = {}
        for row in table.rows:
            index.setdefault(f"{row['item']}.{row['parameter']}", []).append(row)
        _FIGURE_INDEXES[id(table)] = index
    return index


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


@cache
def _tables() -> dict[str, Table]:
    return {name: read_table(name) for name in table_names()}


def load_catalog() -> Catalog:
    """Give the bundled catalogue, read once per process.

    >>> load_catalog().row("accelerators", "h100_sxm").name
    'H100-SXM5-80GB'
    """
    return Catalog(_tables())
