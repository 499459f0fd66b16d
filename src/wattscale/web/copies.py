"""An ask as text to copy: a command line, and lines of Python.

In: preset and changes. Out: text that makes the same plan.
"""

from __future__ import annotations

import json
import pprint
import shlex
from collections.abc import Mapping
from typing import Any

from wattscale.scenario.load import DEFAULT_PRESET
from wattscale.scenario.walk import set_key
from wattscale.web.asks import Ask


def as_command(ask: Ask) -> str:
    """Write an ask as a command line.

    >>> as_command(Ask(changes={"supply.connection_mw": 80}))
    'wattscale plan --set supply.connection_mw=80'
    """
    settings = [] if ask.preset == DEFAULT_PRESET else [f"preset={toml_value(ask.preset)}"]
    settings += [f"{_toml_key(key)}={toml_value(value)}" for key, value in ask.changes.items() if value is not None]
    text = " ".join(["wattscale plan", *(f"--set {shlex.quote(each)}" for each in settings)])
    gone = [key for key, value in ask.changes.items() if value is None]
    return text + (f"  # and without {', '.join(gone)}, which needs the scenario file" if gone else "")


def as_python(ask: Ask) -> str:
    """Write an ask as lines of Python."""
    tables: dict[str, Any] = {"preset": ask.preset}
    for key, value in ask.changes.items():
        set_key(tables, key, value)
    text = pprint.pformat(tables, width=100, sort_dicts=False)
    return f"import wattscale as ws\n\nscenario = ws.load({text})\nplan = ws.plan(scenario)\nprint(plan.table())\n"


def _toml_key(key: str) -> str:
    head, _, rest = key.partition(".")
    return f'{head}."{rest}"' if head == "catalog" else key


def toml_value(value: Any) -> str:
    """Write a value as TOML.

    >>> toml_value(["grid", "solar"]), toml_value({"low": 0, "mode": 1, "high": 2}), toml_value(True)
    ('["grid", "solar"]', '{low = 0, mode = 1, high = 2}', 'true')
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
