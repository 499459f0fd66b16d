"""Reading scenarios: TOML file, preset and settings to one validated `Scenario`, and back.

In: a TOML file or a dict, `key=value` settings. Out: `Scenario` with absolute file paths; or the resolved TOML text.
Leaves out: what the files named in it contain; the stages' loaders read those.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wattscale.catalog import load_catalog
from wattscale.errors import InputError, did_you_mean
from wattscale.figure import PlanWarning
from wattscale.scenario.messages import input_error
from wattscale.scenario.ranges import split_ranges, with_ends
from wattscale.scenario.schema import Scenario
from wattscale.scenario.toml import NotTomlError, Tables, parse_toml, plain_tables
from wattscale.scenario.walk import fields_of, get_key, quoted_id, set_key
from wattscale.userfile import MIB, FileKind, checked_path, user_path
from wattscale.usertext import read_text

DEFAULT_PRESET = "first-campus"
TOML = FileKind("a TOML file", (), 2 * MIB)
SETTING_EXAMPLE = "Example: --set supply.connection_mw=100"
CLEARED = "none"
"""Word that takes away a value which the preset gives, for fields that may stay empty."""


def preset_names() -> list[str]:
    """List the presets that a scenario can build on."""
    folder = files("wattscale.scenario") / "presets"
    return sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml"))


def load_scenario(
    source: Path | str | Mapping[str, Any] | None = None,
    settings: Iterable[str] = (),
    *,
    files_allowed: bool = True,
) -> Scenario:
    """Load a scenario.

    Args:
        source: TOML file, tables as a dict, or None for the built-in example.
        settings: `key=value` texts laid over it, later ones win.
        files_allowed: Refuse every field that names a file when False (the web app).

    Returns:
        The validated scenario, its preset filled in and its file paths absolute.

    Raises:
        InputError: Missing file, TOML syntax, unknown key, wrong type or value; names file, field, value and range.

    >>> load_scenario(None, ["supply.connection_mw=80"]).supply.connection_mw
    80.0
    >>> load_scenario(None, ["supply.connection_mw=none"]).supply.connection_mw is None
    True
    """
    where, folder = None, Path.cwd()
    if source is None:
        own: Tables = {"name": "First campus"}
    elif isinstance(source, Mapping):
        own = plain_tables(source)
    else:
        path = Path(source)
        own, where, folder = read_toml(path), str(path), path.resolve().parent
    _absolute_paths(own, folder)
    overlay: Tables = {}
    for setting in settings:
        overlay = _merge(overlay, parse_setting(setting))
    if source is None and overlay.get("preset", DEFAULT_PRESET) != DEFAULT_PRESET:
        own = {}
    _absolute_paths(overlay, Path.cwd())
    scenario = build(_laid_over(own, overlay), where=where, files_allowed=files_allowed)
    scenario.notes.extend(_replaced(own, overlay))
    return scenario


def build(own: Tables, where: str | None = None, files_allowed: bool = True) -> Scenario:
    """Validate tables into a scenario, with the preset they name below them."""
    _check_alternatives(own, where)
    merged = _laid_over(_preset_tables(own.get("preset", DEFAULT_PRESET), where), own)
    merged["preset"] = own.get("preset", DEFAULT_PRESET)
    for key in _empty_by_default():
        if get_key(merged, key) == CLEARED:
            set_key(merged, key, None)
    plain, ranges = split_ranges(Scenario, merged, where)
    scenario = _validated(plain, where)
    for end in ("low", "high"):
        if ranges:
            _validated(with_ends(plain, ranges, end), where)
    scenario.ranges.update(ranges)
    _check_files(scenario, files_allowed, where)
    return scenario.as_given(own)


def read_toml(path: Path) -> Tables:
    """Read a TOML file.

    Raises:
        InputError: The file is missing, no plain file, too large, not text, or not TOML; names line and column.
    """
    return parse_toml(read_text(path, "file", TOML), str(path))


def parse_setting(setting: str) -> Tables:
    """Turn `key=value` into tables; a value that is not TOML is taken as text.

    The id of a catalogue figure needs no quotes.

    Raises:
        InputError: No `=`, or a key that is not a dotted key.

    >>> parse_setting("facility.cooling=chiller")
    {'facility': {'cooling': 'chiller'}}
    >>> parse_setting("catalog.dc_costs/life.plant=12")
    {'catalog': {'dc_costs/life.plant': 12}}
    """
    key, separator, value = setting.partition("=")
    if not separator or not key.strip():
        raise InputError("is not of the form key=value", where="--set", value=setting, hint=SETTING_EXAMPLE)
    key, value = quoted_id(key.strip()), value.strip()
    try:
        parts = _parts(parse_toml(f"{key} = 0", "--set"))
    except NotTomlError:
        raise InputError("is not a dotted key", where="--set", value=key, hint=SETTING_EXAMPLE) from None
    for text in (value, json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")):
        try:
            found = parse_toml(f"{key} = {text}", "--set")
        except NotTomlError:
            continue
        if _parts(found)[: len(parts)] == parts:
            return found
    raise InputError("is not a value", where=f"--set {key}", value=value, hint=SETTING_EXAMPLE)


def _parts(tables: Any) -> list[str]:
    """Give the parts of the key that leads to the only value in tables; fewer where they hold several."""
    parts = []
    while isinstance(tables, dict) and len(tables) == 1:
        name, tables = next(iter(tables.items()))
        parts.append(name)
    return parts


def to_tables(scenario: Scenario) -> Tables:
    """Give the scenario as plain tables, ranges put back, keys without a value left out."""
    tables: Tables = scenario.model_dump(exclude_none=True)
    for key, found in scenario.ranges.items():
        set_key(tables, key, found.model_dump())
    return tables


def scenario_toml(scenario: Scenario) -> str:
    """Write the fully resolved scenario as TOML that re-runs to the same plan.

    The preset becomes `none`: each key stands in the file.
    """
    import tomli_w

    tables = to_tables(scenario)
    tables["preset"] = "none"
    return "# Fully resolved scenario; `wattscale plan` on this file gives the same plan.\n" + tomli_w.dumps(tables)


def _preset_tables(name: Any, where: str | None) -> Tables:
    if name == "none":
        return {}
    if not isinstance(name, str) or name not in preset_names():
        field = f"{where}: preset" if where else "preset"
        known = [*preset_names(), "none"]
        hint = did_you_mean(str(name), known)
        raise InputError("no such preset", where=field, value=name, allowed=", ".join(known), hint=hint)
    text = (files("wattscale.scenario") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    tables = parse_toml(text, f"preset {name}")
    return _laid_over(_preset_tables(tables.get("preset", "none"), where), tables)


SOLVED = ("workload.training.devices", "workload.training.days")
"""Keys of which one is given and the other solved."""
REPLACES = {
    "workload.training.devices": ("workload.training.days",),
    "workload.training.days": ("workload.training.devices",),
    "site.name": ("site.latitude", "site.longitude"),
    "site.latitude": ("site.name",),
    "site.longitude": ("site.name",),
}
"""Keys that stand for one another: giving the first drops the others inherited from below."""


def _laid_over(below: Tables, above: Tables) -> Tables:
    merged = json.loads(json.dumps(below))
    for key, others in REPLACES.items():
        if _gives(above, key):
            for other in others:
                if get_key(above, other) is None:
                    set_key(merged, other, None)
    return _merge(merged, above)


def _gives(tables: Tables, key: str) -> bool:
    """Tell whether tables give a key a value; the word that clears it is none."""
    return get_key(tables, key) not in (None, CLEARED)


def _replaced(own: Tables, overlay: Tables) -> Iterator[PlanWarning]:
    """Tell of values of the file that settings of another key took the place of."""
    for key, others in REPLACES.items():
        for other in others:
            if _gives(overlay, key) and get_key(overlay, other) is None and _gives(own, other):
                yield PlanWarning(
                    "setting-replaced",
                    f"--set {key}={get_key(overlay, key)} takes the place of {other} = {get_key(own, other)} in the"
                    " scenario: only one of the two can be given.",
                )


def _check_alternatives(tables: Tables, where: str | None) -> None:
    """Refuse two keys of which each is solved from the other."""
    first, second = SOLVED
    if _gives(tables, first) and _gives(tables, second):
        raise InputError(
            f"each of {first} and {second} is solved from the other; both are given",
            where=f"{where}: {first}, {second}" if where else f"{first}, {second}",
            value=f"{get_key(tables, first)}, {get_key(tables, second)}",
            allowed="one of the two",
            hint=f"Leave out {second} to learn how long it takes, or {first} to learn how many it takes",
        )


def _merge(below: Tables, above: Tables) -> Tables:
    for key, value in above.items():
        inherited = below.get(key)
        is_range = isinstance(value, dict) and "mode" in value
        if isinstance(value, dict) and isinstance(inherited, dict) and not is_range:
            below[key] = _merge(inherited, value)
        else:
            below[key] = value
    return below


def _validated(tables: Tables, where: str | None) -> Scenario:
    try:
        scenario = Scenario.model_validate(tables)
    except ValidationError as error:
        raise input_error(error, where) from None
    if scenario.catalog:
        load_catalog().with_overrides(scenario.catalog, where)
    return scenario


@cache
def _file_keys() -> tuple[str, ...]:
    return tuple(f.key for f in fields_of(Scenario) if f.extra.get("file"))


@cache
def _empty_by_default() -> tuple[str, ...]:
    """Fields that may stay empty, but for those of which the word itself is a choice."""
    free = (f for f in fields_of(Scenario) if f.info.default is None)
    return tuple(f.key for f in free if f"'{CLEARED}'" not in repr(f.info.annotation))


def _is_model_path(model: str) -> bool:
    return model.endswith(".json")


def _absolute_paths(tables: Tables, folder: Path) -> None:
    model = get_key(tables, "workload.model")
    named = isinstance(model, str) and _is_model_path(model)
    for key in (*_file_keys(), *(["workload.model"] if named else [])):
        value = get_key(tables, key)
        if isinstance(value, str) and value != CLEARED:
            set_key(tables, key, str(user_path(value, folder, key)))


def _check_files(scenario: Scenario, allowed: bool, where: str | None) -> None:
    tables = scenario.model_dump()
    keys = (*_file_keys(), *(["workload.model"] if _is_model_path(scenario.workload.model) else []))
    for key in keys:
        value = get_key(tables, key)
        if value is None:
            continue
        field = f"{where}: {key}" if where else key
        if not allowed:
            raise InputError("files cannot be named here", where=field, hint="Upload the data instead.")
        checked_path(value, field)
