"""Reader of the catalogue tables.

In: CSV tables and TOML sidecars of this folder. Out: `Catalog`, an immutable view with overrides and a ledger.
Leaves out: pandas (the reader must start fast); `Table.frame()` makes a DataFrame when asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from wattscale.catalog.bounds import Bounds, bounds_of
from wattscale.catalog.money import Deflator
from wattscale.catalog.table import (
    Between,
    Table,
    confidence_of,
    figure_id,
    interpolated,
    overridden,
    plain,
    read_table,
    table_names,
)
from wattscale.errors import InputError, WattscaleError, did_you_mean
from wattscale.figure import Figure


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

    def with_overrides(self, overrides: Mapping[str, float], where: str | None = None) -> Catalog:
        """Replace figures by a user's own: the one door of scenarios, ranges, draws and fits.

        Args:
            overrides: Own values by id.
            where: File they come from, for messages.

        Raises:
            InputError: An id that is in no table (the nearest ids are listed), or a value outside its bounds.
        """
        for key, value in overrides.items():
            self.bounds(key, where).check(_place(key, where), value)
        changed = Catalog(self.tables, {**self.overrides, **overrides})
        for key in overrides:
            changed._check_order(key, where)
        return changed

    def bounds(self, key: str, where: str | None = None) -> Bounds:
        """Give what an own value of a figure may be.

        Raises:
            InputError: An id that is in no table; the nearest ids are listed.
        """
        table, _, name = key.partition("/")
        if not self.has(key):
            near = [fid for fid in self.ids() if fid.startswith(f"{table}/")]
            hint = did_you_mean(key, near or self.tables)
            raise InputError("no such figure in the catalogue", where=_place(key, where), hint=hint)
        return bounds_of(self.tables[table], name)

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
        cells = found.records.get(plain(name))
        if cells is None:
            hint = did_you_mean(name, self.names(table)) or f"See: wattscale catalog {table}."
            raise InputError(f"not in the catalogue table '{table}'", where=where or table, value=name, hint=hint)
        return Row(self, found, cells)

    def has_row(self, table: str, name: str) -> bool:
        """Tell whether a record of this name or alias exists."""
        return plain(name) in self.table(table).records

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
            vintage: Year of build; interpolated linearly between the rows given (prices in real terms), held flat
                outside them.

        Raises:
            WattscaleError: No such figure (a defect of the package, or of a user's key).
        """
        found_in = self.table(table)
        if key not in found_in.figures:
            hint = did_you_mean(key, found_in.figures) or ""
            raise WattscaleError(f"catalogue table '{table}' has no figure '{key}'. {hint}")
        found = self._at(found_in.between(key, region, vintage))
        if f"{table}/{key}" in self.overrides and found.id not in self.overrides:
            found = overridden(found, self.overrides[f"{table}/{key}"])
        self.used[found.id] = found
        return found

    def _at(self, between: Between) -> Figure:
        """Give the figure of a year from the rows around it, each with the user's own value where there is one.

        Two prices are brought to one price level first: between a price of 2023 and one of 2025 lies what rose, not
        what money lost.
        """
        before = self._own(between.before)
        if between.after is None:
            return before
        after, money = self._own(between.after), 1.0
        if (before.currency, before.price_year) != (after.currency, after.price_year):
            deflator = Deflator(self)
            money = deflator.factor_of(after) / deflator.factor_of(before)
        return interpolated(before, after, between.year, between.share, money)

    def _own(self, figure: Figure) -> Figure:
        return overridden(figure, self.overrides[figure.id]) if figure.id in self.overrides else figure

    def value(self, table: str, key: str, *, region: str = "", vintage: float | None = None) -> float:
        """Give the value of `figure`."""
        return self.figure(table, key, region=region, vintage=vintage).value

    def has_figure(self, table: str, key: str) -> bool:
        """Tell whether a figure exists, without noting it."""
        return key in self.table(table).figures

    def ids(self) -> Iterator[str]:
        """Give the id of every figure that can be overridden."""
        for name, table in self.tables.items():
            if table.shape == "figures":
                for row in table.rows:
                    yield figure_id(name, row)
            else:
                numeric = [c for c in table.meta["columns"] if table.is_numeric(c)]
                for row in table.rows:
                    yield from (f"{name}/{row[table.key]}.{column}" for column in numeric)

    def checksum(self) -> str:
        """Hash of all tables, their sidecars and overrides, for manifests and caches."""
        digest = hashlib.sha256()
        for name in sorted(self.tables):
            digest.update(f"{name}{self.tables[name].meta}".encode())
            for row in self.tables[name].rows:
                digest.update("\x1f".join(row.values()).encode())
        digest.update(repr(sorted(self.overrides.items())).encode())
        return digest.hexdigest()[:16]

    def has(self, key: str) -> bool:
        """Tell whether an id is of a figure that can be overridden."""
        table, _, rest = key.partition("/")
        if table not in self.tables:
            return False
        found = self.tables[table]
        if found.shape == "figures":
            return rest in found.figures or any(figure_id(table, r) == key for r in found.rows)
        name, _, column = rest.rpartition(".")
        return plain(name) in found.records and found.is_numeric(column)

    def _check_order(self, key: str, where: str | None) -> None:
        """Check columns that are low end, value and high end of one thing, such as a probability."""
        name, _, rest = key.partition("/")
        table, (record, _, column) = self.tables[name], rest.rpartition(".")
        columns = table.meta.get("in_order", ())
        if column not in columns:
            return
        cells = table.records[plain(record)]
        ids = [f"{name}/{cells[table.key]}.{each}" for each in columns]
        values = [self.overrides.get(fid, float(cells[each])) for fid, each in zip(ids, columns, strict=True)]
        if values != sorted(values):
            shown = ", ".join(f"{each} {value:g}" for each, value in zip(columns, values, strict=True))
            raise InputError("is out of order", where=_place(key, where), value=self.overrides[key],
                             allowed=" <= ".join(columns), hint=f"They are now: {shown}")  # fmt: skip

    def _record_figure(self, table: Table, cells: Mapping[str, str], column: str) -> Figure:
        fid = f"{table.name}/{cells[table.key]}.{column}"
        if fid in self.overrides:
            value = self.overrides[fid]
            found = Figure(fid, value, value, value, table.unit(column), "scenario [catalog]", "", "estimated")
        else:
            weak = column in cells.get("weak_cells", "").split(";") or cells.get("weak_cells", "") == "all"
            confidence = confidence_of("unverified" if weak else cells["confidence"], fid)
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


def _place(key: str, where: str | None) -> str:
    return f'{where}: catalog."{key}"' if where else f'catalog."{key}"'


@cache
def _tables() -> dict[str, Table]:
    return {name: read_table(name) for name in table_names()}


def load_catalog() -> Catalog:
    """Give the bundled catalogue, read once per process.

    >>> load_catalog().row("accelerators", "h100_sxm").name
    'H100-SXM5-80GB'
    """
    return Catalog(_tables())
