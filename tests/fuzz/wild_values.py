"""Values for fields of the scenario: allowed, at a limit, just beyond it, or of the wrong kind.

In: a field of the schema, a random generator and a mood. Out: a TOML literal as text.
Leaves out: which fields stand together; wild_scenarios.py chooses them.
"""

from __future__ import annotations

import json
import math
import random
import typing
from collections.abc import Mapping
from functools import cache
from typing import Literal

from wattscale.catalog import load_catalog
from wattscale.scenario.load import preset_names
from wattscale.scenario.messages import _literals
from wattscale.scenario.walk import ScenarioField, fields_of, rows_of

Mood = Literal["usual", "allowed", "edge", "beyond", "wrong"]
STRANGE_TEXTS = (
    "", " ", "none", "nan", "NaN", "null", "0", "-1", "Å Ω 電力", "\u202eright to left", "a\u0000b", "line\nbreak",
    "🔋" * 40, "x" * 3_000, "../../etc/passwd", "~nobody/x.csv", "<b>&amp;</b>", "{{ 7*7 }}", "%s%n",
    "'; DROP TABLE x;--", "e\u0301", "\ufeffsolar", "soler", "GRID", "grid ", "[[[", "\\", '"', "=1+1",
)  # fmt: skip
WRONG_LITERALS = (
    "true", "false", "[]", "{}", "[1]", "[[1]]", "{ a = 1 }", '""', '"abc"', '"5"', "inf", "-inf", "nan",
    "1e308", "-1e308", "1e400", "1e-320", "-0.0", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "0x10", "1_000",
    "9" * 60, "9" * 5_000, "{ low = 1, mode = 2 }", "{ low = 3, mode = 2, high = 1 }",
    "{ low = nan, mode = 1, high = 2 }", "{ low = -1e300, mode = 0, high = 1e300 }",
    '{ low = "a", mode = 1, high = 2 }', '[{ name = "x" }]', "[true, 1, 'a']", "[" * 60 + "]" * 60,
)  # fmt: skip
ENGINES = tuple(sorted({row["item"] for row in load_catalog().table("serving_coefficients").rows}))
FILES = ("prices.csv", "carbon.csv", "absent.csv", "noise.csv", "empty.csv", ".", "short.csv")
"""Files that a campaign lays beside the scenario, and some that are not there."""
UNBOUNDED = 1e6
"""Stands for a limit that a field does not have."""


def literal(value: object) -> str:
    """Write a value as TOML that fits on a line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, Mapping) and not isinstance(value, Row):
        return "{ " + ", ".join(f"{json.dumps(str(k))} = {literal(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(v) for v in value) + "]"
    return str(value)


def value_of(field: ScenarioField, rng: random.Random, mood: Mood) -> str:
    """Draw a value for a field, as a TOML literal."""
    if mood == "wrong":
        return rng.choice(WRONG_LITERALS) if rng.random() < 0.7 else literal(rng.choice(STRANGE_TEXTS))
    rows = rows_of(field.info)
    if rows is not None:
        return literal([Row(_row_texts(list(fields_of(rows)), rng, mood)) for _ in range(rng.randint(0, 3))])
    if field.numeric in ("float", "int"):
        return _range_around(field, rng) if rng.random() < 0.08 else literal(number(field, rng, mood))
    return literal(_words(field, rng, mood))


class Row(dict[str, str]):
    """An inline table whose values are already literals."""

    def __str__(self) -> str:
        return "{ " + ", ".join(f"{k} = {v}" for k, v in self.items()) + " }"


def _row_texts(fields: list[ScenarioField], rng: random.Random, mood: Mood) -> dict[str, str]:
    asked = [f for f in fields if f.info.is_required()]
    free = [f for f in fields if not f.info.is_required()]
    chosen = asked + rng.sample(free, rng.randint(0, min(3, len(free))))
    odd = rng.choice(chosen)
    return {f.key: value_of(f, rng, mood if f is odd else "usual") for f in chosen}


def limits(field: ScenarioField) -> tuple[float, float]:
    """Lowest and highest value allowed."""
    found: dict[str, float] = {}
    for rule in field.info.metadata:
        found |= {name: float(getattr(rule, name)) for name in ("ge", "gt", "le", "lt") if hasattr(rule, name)}
    whole = field.numeric == "int"
    low = found.get("ge", found.get("gt", -UNBOUNDED) + (1.0 if whole else 1e-9))
    high = found.get("le", found.get("lt", UNBOUNDED) - (1.0 if whole else 1e-9))
    return low, high


def number(field: ScenarioField, rng: random.Random, mood: Mood) -> float | int:
    """Draw a number: near the default, anywhere allowed, at a limit, or beyond it."""
    low, high = limits(field)
    default = field.info.default
    if mood == "usual" and isinstance(default, int | float) and not isinstance(default, bool) and default:
        value = default * math.exp(rng.gauss(0.0, 0.5))
    elif mood in ("usual", "allowed"):
        value = _between(low, high, rng)
    elif mood == "edge":
        value = rng.choice((low, high, max(low, 0.0), min(max(low, 1.0), high), _nudged(low, 1), _nudged(high, -1)))
    else:
        value = rng.choice((_nudged(low, -1), _nudged(high, 1), low - 1, high + 1, -1e30, 1e30, -high, 100 * high))
    if mood != "beyond":
        value = min(max(value, low), high)
    whole = field.numeric == "int" and (mood == "usual" or rng.random() < 0.95)
    return round(value) if whole else float(value)


def _nudged(value: float, way: int) -> float:
    return math.nextafter(value, way * math.inf)


def _between(low: float, high: float, rng: random.Random) -> float:
    """Even for narrow limits, by magnitude for wide ones."""
    if high - low <= 100 or low < 0:
        return rng.uniform(low, high)
    return math.exp(rng.uniform(math.log(max(low, 1e-3)), math.log(high)))


def _range_around(field: ScenarioField, rng: random.Random) -> str:
    ends = sorted(number(field, rng, "usual") for _ in range(3))
    return "{ " + ", ".join(f"{k} = {literal(v)}" for k, v in zip(("low", "mode", "high"), ends, strict=True)) + " }"


def _words(field: ScenarioField, rng: random.Random, mood: Mood) -> object:
    """Text, a flag, a list or a table of a field that is not a number."""
    if mood == "beyond":
        return rng.choice(STRANGE_TEXTS)
    annotation = repr(field.info.annotation)
    choices = [w for w in _literals(field.info.annotation) if w is not None] or list(known_words(field.key))
    if "bool" in annotation:
        return rng.random() < 0.5
    if typing.get_origin(field.info.annotation) is list:
        whole = "int" in annotation
        return [rng.randint(0, 13) if whole else rng.choice(choices) for _ in range(rng.randint(0, 4))]
    if "dict" in annotation:
        numbers = "float" in annotation
        keys = rng.sample(choices, min(len(choices), rng.randint(0, 3)))
        return {k: rng.choice((0.0, 0.5, 1.0, 5.0, 100.0)) if numbers else "Anything" for k in keys}
    return rng.choice(choices)


@cache
def known_words(key: str) -> tuple[str, ...]:
    """Words that a field of names accepts, or names of files that the campaign lays beside the scenario."""
    catalog = load_catalog()
    technologies = tuple(catalog.names("technologies"))
    found = {
        "preset": (*preset_names(), "none"),
        "workload.model": (*catalog.names("models"), "sizes"),
        "compute.accelerator": tuple(catalog.names("accelerators")),
        "compute.training_accelerator": tuple(catalog.names("accelerators")),
        "compute.serving_accelerator": tuple(catalog.names("accelerators")),
        "compute.engine": ENGINES,
        "site.name": tuple(catalog.names("sites")),
        "supply.technologies": technologies,
        "supply.max_capacity_mw": technologies,
        "supply.unit_mw": technologies,
        "like": technologies,
        "name": ("own-plant", "cheap-gas", "solar", "A", "B"),
        "economics.depreciation": ("macrs_3", "macrs_5", "macrs_15", "straight_line_7", "straight_line_0"),
        "economics.currency": ("USD", "EUR", "SEK", "XXX"),
    }
    return found.get(
        key, FILES if key.startswith(("site.", "workload.serving.log", "impact.input_output")) else ("word",)
    )
