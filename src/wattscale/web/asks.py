"""What the page asks for: changes to a preset, as plain data, turned into a scenario that names no file.

In: JSON bodies. Out: `Scenario`, or the difference of a scenario file to its preset.
Leaves out: files on the server; no path that a visitor writes is ever opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from wattscale.catalog import load_catalog
from wattscale.errors import InputError, did_you_mean
from wattscale.scenario.load import DEFAULT_PRESET, build, load_scenario, to_tables
from wattscale.scenario.schema import Scenario
from wattscale.scenario.toml import parse_toml
from wattscale.scenario.walk import fields_of, get_key, set_key
from wattscale.workload.models import find_row

BY_SIZES = "sizes"
"""Word for a model that is described by its sizes alone."""
LONGEST_KEY = 200


class Ask(BaseModel):
    """A plan that is asked for: a preset and what is changed in it, by dotted key."""

    model_config = ConfigDict(extra="forbid")

    preset: str = Field(DEFAULT_PRESET, max_length=100, description="Preset below the changes")
    changes: dict[Annotated[str, Field(max_length=LONGEST_KEY)], Any] = Field(
        default_factory=dict, max_length=500, description="Values by dotted key, such as supply.connection_mw"
    )


def scenario_of(ask: Ask) -> Scenario:
    """Give the scenario of an ask.

    Raises:
        InputError: As for a scenario file; and for any key that would name a file or a download.
    """
    tables: dict[str, Any] = {"preset": ask.preset}
    for key, value in ask.changes.items():
        if not all(part.strip("\"'") for part in key.split(".")):
            raise InputError("is not a dotted key", where=key or "changes", hint="Example: supply.connection_mw")
        _check_plain(key, value)
        set_key(tables, key, value)
    check_no_file(tables)
    return load_scenario(tables, files_allowed=False)


def _check_plain(key: str, value: Any) -> None:
    """Refuse numbers that JSON cannot carry on, such as NaN and whole numbers beyond a double."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        raise InputError("must be a finite number", where=key, value=value) from None
    if isinstance(value, Mapping):
        for name, each in value.items():
            _check_plain(f"{key}.{name}", each)
    elif isinstance(value, list):
        for each in value:
            _check_plain(key, each)
    elif isinstance(value, int) and abs(value) > 10**18:
        raise InputError("is too large a number", where=key, value=f"about 1e{len(str(abs(value))) - 1}")


def check_no_file(tables: Mapping[str, Any]) -> None:
    """Refuse every key that would name a file, a folder or a download.

    Raises:
        InputError: Such a key has a value.
    """
    for field in fields_of(Scenario):
        if field.extra.get("file") and get_key(tables, field.key) is not None:
            raise InputError("files cannot be named here", where=field.key, hint="Use the command line for own files.")
    model = get_key(tables, "workload.model")
    if isinstance(model, str) and model != BY_SIZES and find_row(load_catalog(), model) is None:
        raise InputError(
            "no such model in the catalogue", where="workload.model", value=model,
            hint=did_you_mean(model, load_catalog().names("models")) or f"Or describe it: {BY_SIZES}",
        )  # fmt: skip


def ask_of_toml(text: str) -> Ask:
    """Read a scenario file that a visitor uploads, as changes to its preset.

    A fully resolved file (preset `none`) is told as changes to the built-in example.

    Raises:
        InputError: Not TOML, or not a valid scenario.
    """
    tables = parse_toml(text, "scenario file")
    check_no_file(tables)
    preset = tables.get("preset", DEFAULT_PRESET)
    scenario = load_scenario(tables, files_allowed=False)
    below = DEFAULT_PRESET if preset == "none" else preset
    return Ask(preset=below, changes=changes_from(build({"preset": below}), scenario))


def changes_from(below: Scenario, scenario: Scenario) -> dict[str, Any]:
    """List what a scenario changes in another one, by dotted key; a key taken away is None."""
    there, here = flat(to_tables(below)), flat(to_tables(scenario))
    gone = {key: None for key in there if key not in here and key != "preset"}
    return gone | {key: value for key, value in here.items() if key != "preset" and there.get(key) != value}


def flat(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Flatten tables to dotted keys; ranges stay whole.

    >>> flat({"supply": {"land_ha": 3, "technologies": ["grid"]}})
    {'supply.land_ha': 3, 'supply.technologies': ['grid']}
    """
    found: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, Mapping) and "mode" not in value:
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
