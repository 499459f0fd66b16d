"""Which places are compared: all of the catalogue, some by name, or a list of coordinates.

In: names, or a CSV file (name, latitude, longitude). Out: `Place`, each a patch of the scenario.
Leaves out: what the places are like; the site stage finds that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wattscale.catalog import load_catalog
from wattscale.errors import InputError, did_you_mean
from wattscale.scenario.site import SiteTable
from wattscale.userfile import MIB, FileKind
from wattscale.usertext import numbered_rows, read_table_text

KEPT = ("seed", "warming_c", "repair_hours", "weather_year", "weather_service")
"""Fields of the table `site` that hold for every place; all others describe the scenario's own."""
COLUMNS = ("name", "latitude", "longitude")
"""Columns of a list of places."""
LIST = FileKind("a list of places", (), 4 * MIB)


@dataclass(frozen=True)
class Place:
    """A place to compare.

    Attributes:
        name: Name for people and tables.
        changes: What it changes in the scenario, by dotted key.
    """

    name: str
    changes: Mapping[str, Any]


def places_of(given: Sequence[str] | Path | str | None = None) -> list[Place]:
    """Give the places to compare.

    Args:
        given: Names of the catalogue, a CSV file with name, latitude, longitude, or None or `all` for the catalogue.

    Raises:
        InputError: An unknown name, or a file that is missing or has a wrong column, number or name; names its line.
    """
    table = load_catalog().table("sites")
    known = [row["key"] for row in table.rows]
    if given is None or given == "all":
        return [_named(key) for key in known]
    if isinstance(given, str | Path):
        return _from_file(Path(given))
    for name in given:
        if name not in known:
            raise InputError("no such site", where="sites", value=name, hint=did_you_mean(name, known))
    return [_named(name) for name in given]


def _named(key: str) -> Place:
    return Place(key, {**_cleared(), "site.name": key})


def _at(name: str, latitude: float, longitude: float) -> Place:
    return Place(name, {**_cleared(), "site.latitude": latitude, "site.longitude": longitude})


def _cleared() -> dict[str, Any]:
    return {f"site.{name}": None for name in SiteTable.model_fields if name not in KEPT}


def _from_file(path: Path) -> list[Place]:
    rows = numbered_rows(read_table_text(path, "--sites", LIST), "--sites", str(path))
    missing = [c for c in COLUMNS if c not in rows[0][1]]
    if missing:
        raise InputError(f"has no column {', '.join(missing)}", where=str(path), allowed=", ".join(COLUMNS))
    places = [_row(row, f"{path}: line {number}") for number, row in rows]
    names = [place.name for place in places]
    for name, count in Counter(names).items():
        if count > 1:
            raise InputError("stands twice", where=f"{path}: name", value=name)
    return places


def _row(row: Mapping[str, str | None], where: str) -> Place:
    ends = {"latitude": 90.0, "longitude": 180.0}
    found: dict[str, float] = {}
    for column, end in ends.items():
        text = row[column]
        try:
            found[column] = float(text or "")
        except ValueError:
            raise InputError("is not a number", where=f"{where}: {column}", value=text) from None
        if not -end <= found[column] <= end:
            raise InputError(
                "is out of range", where=f"{where}: {column}", value=found[column], allowed=f"{-end:g} to {end:g}"
            )
    if not row["name"]:
        raise InputError("is empty", where=f"{where}: name")
    return _at(row["name"], found["latitude"], found["longitude"])
