"""Turning pydantic's complaints into one clear message: field, value, allowed range, nearest word."""

from __future__ import annotations

import typing
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wattscale.errors import InputError, did_you_mean
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import ScenarioField, fields_of, rows_of, table_of

TYPES = {
    "missing": "is missing and has no default",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "dict_type": "must be a table",
    "list_type": "must be a list",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "finite_number": "must be a finite number",
}
PERCENT = 100.0
SHORT = 60
"""Characters of a value that a hint repeats."""
ENDS = {"string_too_short": "least", "string_too_long": "most"}
LIMITS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def input_error(error: ValidationError, where: str | None) -> InputError:
    """Give the first complaint of a validation as an `InputError`."""
    details = error.errors()
    first = next((d for d in details if d["type"] == "extra_forbidden"), details[0])
    key = ".".join(str(part) for part in first["loc"])
    field = f"{where}: {key}" if where else key
    if first["type"] == "extra_forbidden":
        return _unknown_key(first, field, key)
    allowed, words = _allowed(key)
    message = TYPES.get(first["type"]) or _sentence(first)
    value = first["input"]
    hint = did_you_mean(value, words) if isinstance(value, str) and words else _likely(first, allowed)
    shown = None if isinstance(value, dict | BaseModel) else value
    return InputError(message, where=field, value=shown, allowed=allowed, hint=hint)


def _likely(detail: ErrorDetails, allowed: str | None) -> str | None:
    """Guess what was meant by a lone word where a list belongs, or by a percentage where a share does."""
    value = detail["input"]
    if detail["type"] == "list_type" and isinstance(value, str):
        return f'A list stands in brackets: ["{value}"]' if len(value) <= SHORT else "A list stands in brackets."
    if detail["type"] == "less_than_equal" and (allowed or "").endswith("<= 1") and 1.0 < value <= PERCENT:
        return f"Shares run from 0 to 1: {value / PERCENT:g}?"
    return None


def _sentence(detail: ErrorDetails) -> str:
    if detail["type"] == "literal_error":
        return "is not one of the words allowed"
    if detail["type"].startswith(("greater_than", "less_than")):
        return "is outside the allowed range"
    if detail["type"] in ENDS:
        limit = next(iter(detail["ctx"].values()))
        return "must not be empty" if limit == 1 else f"must have at {ENDS[detail['type']]} {limit} characters"
    return str(detail["msg"])


def _unknown_key(detail: ErrorDetails, field: str, key: str) -> InputError:
    *path, name = (str(p) for p in detail["loc"])
    table: type[BaseModel] = Scenario
    for part in path:
        info = table.model_fields.get(part)
        below = (table_of(info) or rows_of(info)) if info else None
        if below is None and not part.isdigit():
            break
        table = below or table
    hint = _without_quotes(path, name) or did_you_mean(name, table.model_fields)
    if hint is None:
        homes = [f.key for f in fields_of(Scenario) if f.key.rsplit(".", 1)[-1] == name]
        hint = f"Did you mean '{homes[0]}'?" if homes else did_you_mean(name, [f.key for f in fields_of(Scenario)])
    return InputError("unknown key", where=field, allowed=", ".join(table.model_fields), hint=hint)


def _without_quotes(path: list[str], name: str) -> str | None:
    """Explain a dotted key in quotes, which TOML takes as one name."""
    if "." not in name and not any(quote in name for quote in "\"'"):
        return None
    bare = ".".join([*path, "".join(c for c in name if c not in "\"'")])
    keys = [f.key for f in fields_of(Scenario)]
    if bare in keys or bare.rpartition(".")[0] in keys:
        return f"Dotted keys stand without quotes: {bare} = ..."
    near = did_you_mean(bare, keys)
    return "Dotted keys stand without quotes." + (f" {near}" if near else "")


def allowed_values(key: str) -> str | None:
    """Say what a field may hold: its words, or its limits with unit; None where anything goes.

    >>> allowed_values("supply.cfe_hourly_share")
    '>= 0 and <= 1'
    """
    return _allowed(key)[0]


def _allowed(key: str) -> tuple[str | None, list[str]]:
    field = _field_at(key)
    if field is None:
        return None, []
    return limits_of(field), [str(w) for w in _literals(field.info.annotation)]


def _field_at(key: str) -> ScenarioField | None:
    """Give the field of a key, also one below a table of numbers, or within a row of a list such as `supply.ppas.0`."""
    field = next((f for f in fields_of(Scenario) if f.key == key or key.startswith(f.key + ".")), None)
    rows = None if field is None else rows_of(field.info)
    if field is None or rows is None or key == field.key:
        return field
    inner = key.removeprefix(field.key + ".").partition(".")[2]
    return next((f for f in fields_of(rows) if f.key == inner), field)


def limits_of(field: ScenarioField) -> str | None:
    """Say what a field may hold: its words, or its limits with unit; None where anything goes."""
    words = [str(w) for w in _literals(field.info.annotation)]
    limits = [
        f"{sign} {getattr(m, name):g}" for m in field.info.metadata for name, sign in LIMITS.items() if hasattr(m, name)
    ]
    unit = str(field.extra.get("unit", ""))
    text = " and ".join(limits) + (f" {unit}" if limits and unit not in ("", "1") else "")
    return ", ".join(words) or text or None


def _literals(annotation: Any) -> list[Any]:
    if typing.get_origin(annotation) is typing.Literal:
        return list(typing.get_args(annotation))
    return [word for part in typing.get_args(annotation) for word in _literals(part)]
