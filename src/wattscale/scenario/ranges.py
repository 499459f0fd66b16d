"""Ranges in scenarios: any number may be `{low, mode, high}`; a plan uses the mode.

In: raw tables. Out: tables with modes in place of ranges, and the ranges by dotted key.
Leaves out: drawing from them; a study does that.
"""

from __future__ import annotations

import json
import math
from typing import Any, Literal

from pydantic import BaseModel

from wattscale.errors import InputError
from wattscale.scenario.schema import Range
from wattscale.scenario.walk import fields_of, get_key, set_key

Ranges = dict[str, Range]


def split_ranges(model: type[BaseModel], tables: dict[str, Any], where: str | None) -> tuple[dict[str, Any], Ranges]:
    """Put the mode in place of each range.

    Whole floats given for whole numbers become whole numbers (`devices = 1e4`).

    Raises:
        InputError: A range that is incomplete or out of order.

    >>> from wattscale.scenario.schema import Scenario
    >>> split_ranges(Scenario, {"supply": {"land_ha": {"low": 1, "mode": 2, "high": 4}}}, None)[0]
    {'supply': {'land_ha': 2.0}}
    """
    plain: dict[str, Any] = json.loads(json.dumps(tables))
    ranges: Ranges = {}
    for field in fields_of(model):
        value = get_key(plain, field.key)
        if field.numeric == "each" and isinstance(value, dict):
            for name, each in value.items():
                if isinstance(each, dict):
                    ranges[f"{field.key}.{name}"] = _range(each, f"{field.key}.{name}", where)
                    value[name] = ranges[f"{field.key}.{name}"].mode
        elif field.numeric and isinstance(value, dict):
            ranges[field.key] = _range(value, field.key, where)
            set_key(plain, field.key, _as(field.numeric, ranges[field.key].mode))
        elif field.numeric == "int":
            set_or_keep = _as("int", value)
            if set_or_keep is not value:
                set_key(plain, field.key, set_or_keep)
    return plain, ranges


def with_ends(plain: dict[str, Any], ranges: Ranges, end: Literal["low", "high"] | str) -> dict[str, Any]:
    """Put the low or high end of every range in place, to check that it is allowed too."""
    ends: dict[str, Any] = json.loads(json.dumps(plain))
    for key, found in ranges.items():
        whole = isinstance(get_key(plain, key), int)
        set_key(ends, key, _as("int" if whole else "float", getattr(found, end)))
    return ends


def _as(kind: str, value: Any) -> Any:
    if kind == "int" and isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    return value


def _range(value: dict[str, Any], key: str, where: str | None) -> Range:
    field = f"{where}: {key}" if where else key
    if set(value) != {"low", "mode", "high"}:
        if key.startswith("catalog.") and not set(value) & {"low", "mode", "high"}:
            part = key.removeprefix("catalog.")
            whole = f"{part}{'.' if '/' in part else '/'}{next(iter(value), 'ITEM.PARAMETER')}"
            hint = f'The id of a figure is one key in quotes: "{whole}" = ...'
            raise InputError("is a table, not a number", where=field, hint=hint)
        raise InputError("a range needs exactly low, mode and high", where=field, value=value)
    numbers = [value[k] for k in ("low", "mode", "high")]
    if any(isinstance(n, bool) or not isinstance(n, int | float) or not math.isfinite(n) for n in numbers):
        raise InputError("low, mode and high of a range must be finite numbers", where=field, value=value)
    low, mode, high = (float(n) for n in numbers)
    if not low <= mode <= high:
        raise InputError("a range must be in order", where=field, value=value, allowed="low <= mode <= high")
    return Range(low=low, mode=mode, high=high)
