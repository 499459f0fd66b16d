"""Walking the scenario's tables by dotted key.

In: the schema or plain tables. Out: fields with title, unit and source; values by key.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

QUOTES = "\"'"
"""Quotes that TOML puts round a key with a slash, such as the id of a catalogue figure."""


@dataclass(frozen=True)
class ScenarioField:
    """One field of the scenario.

    Attributes:
        key: Dotted key, such as `supply.connection_mw`.
        info: The pydantic field.
        numeric: int, float, `each` (a table of numbers) or empty.
    """

    key: str
    info: FieldInfo
    numeric: str

    @property
    def extra(self) -> Mapping[str, Any]:
        """Unit, source and confidence of the default, or `file` for a path."""
        found = self.info.json_schema_extra
        return found if isinstance(found, dict) else {}

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return self.info.title or self.key


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[ScenarioField]:
    """Give every field of the scenario below a table, tables themselves left out."""
    for name, info in model.model_fields.items():
        table = table_of(info)
        if table is not None:
            yield from fields_of(table, f"{prefix}{name}.")
        else:
            yield ScenarioField(prefix + name, info, _numeric(info.annotation))


def table_of(info: FieldInfo) -> type[BaseModel] | None:
    """Give the table that a field holds, or None for a plain field."""
    for kind in _members(info.annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def rows_of(info: FieldInfo) -> type[BaseModel] | None:
    """Give the table of each row that a field lists, such as `[[supply.ppas]]`, or None for any other field."""
    for kind in _members(info.annotation):
        inner = typing.get_args(kind)
        if typing.get_origin(kind) is list and isinstance(inner[0], type) and issubclass(inner[0], BaseModel):
            return inner[0]
    return None


def get_key(tables: Mapping[str, Any], key: str) -> Any:
    """Give the value at a dotted key, or None; keys of `catalog` keep their dots.

    >>> get_key({"supply": {"land_ha": 3}}, "supply.land_ha")
    3
    >>> get_key({"catalog": {"dc_costs/life.plant": 12}}, "catalog.dc_costs/life.plant")
    12
    """
    here: Any = tables
    head, _, rest = key.partition(".")
    for part in (head, rest.strip(QUOTES)) if head == "catalog" and rest else key.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return None
        here = here[part]
    return here


def set_key(tables: dict[str, Any], key: str, value: Any) -> None:
    """Set the value at a dotted key, making tables on the way; keys of `catalog` keep their dots.

    >>> tables = {}
    >>> set_key(tables, "supply.land_ha", 3)
    >>> tables
    {'supply': {'land_ha': 3}}
    """
    head, _, rest = key.partition(".")
    if not rest:
        tables[head] = value
    elif head == "catalog":
        tables.setdefault("catalog", {})[rest.strip(QUOTES)] = value
    else:
        below = tables.get(head)
        if not isinstance(below, dict):
            below = tables[head] = {}
        set_key(below, rest, value)


def quoted_id(key: str) -> str:
    """Put the id of a catalogue figure in quotes, as TOML wants it; any other key stays as it is.

    >>> quoted_id("catalog.dc_costs/life.plant"), quoted_id('catalog."a/b"'), quoted_id("supply.land_ha")
    ('catalog."dc_costs/life.plant"', 'catalog."a/b"', 'supply.land_ha')
    """
    head, _, rest = key.partition(".")
    plain = head.strip() == "catalog" and rest and not set(QUOTES) & set(rest)
    return f'catalog."{rest.strip()}"' if plain else key


def bare_id(key: str) -> str:
    """Take the quotes off the id of a catalogue figure; any other key stays as it is.

    >>> bare_id('catalog."dc_costs/life.plant"'), bare_id("supply.land_ha")
    ('catalog.dc_costs/life.plant', 'supply.land_ha')
    """
    head, dot, rest = key.partition(".")
    return f"{head}{dot}{rest.strip(QUOTES)}" if head == "catalog" else key


def _members(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.get_args(annotation)
    return (annotation,)


def _numeric(annotation: Any) -> str:
    members = _members(annotation)
    if float in members:
        return "float"
    if int in members:
        return "int"
    if any(typing.get_origin(m) is dict for m in members):
        return "each"
    return ""
