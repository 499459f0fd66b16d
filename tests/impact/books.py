"""A catalogue of round numbers for the tests of impact."""

from __future__ import annotations

from wattscale.figure import Figure


def figure(value: float, low: float | None = None, high: float | None = None) -> Figure:
    return Figure("x", value, value if low is None else low, value if high is None else high, "1", "", "", "estimated")


class Book:
    """Stands in for the catalogue: figures by name, rows by table."""

    def __init__(self, figures=(), **tables):  # type: ignore[no-untyped-def]
        self.figures, self.tables = dict(figures), tables

    def figure(self, table, name):  # type: ignore[no-untyped-def]
        return self.figures[name]

    def value(self, table, name):  # type: ignore[no-untyped-def]
        return self.figures[name].value

    def rows(self, table):  # type: ignore[no-untyped-def]
        return self.tables[table]

    def row(self, table, name):  # type: ignore[no-untyped-def]
        return next(r for r in self.tables[table] if r.name == name)


class Row(dict):  # type: ignore[type-arg]
    """A row of round numbers."""

    def text(self, name):  # type: ignore[no-untyped-def]
        return self[name]

    number = text

    @property
    def name(self):  # type: ignore[no-untyped-def]
        return self["name"]
