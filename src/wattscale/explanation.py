"""Explaining a stage or a figure: equation, unit, inputs and sources, as text.

In: the name of a stage or figure. Out: lines of plain text.
"""

from __future__ import annotations

from wattscale.catalog import Catalog, load_catalog
from wattscale.catalog.specs import OUTLOOK, STAGES, FigureSpec, figure_specs, outlook_specs, spec_of
from wattscale.errors import InputError, WattscaleError, did_you_mean
from wattscale.scenario.load import load_scenario, to_tables
from wattscale.scenario.messages import limits_of
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import ScenarioField, fields_of, get_key, rows_of

QUESTIONS = {
    "workload": "What must be computed?",
    "compute": "On what, how long, at what power?",
    "site": "Where, and what is it like there?",
    "facility": "In what building?",
    "supply": "Powered by what?",
    "economics": "At what cost?",
    "impact": "With what effect?",
    OUTLOOK: "What follows for the industry to 2045?",
}
"""The question each stage answers."""


def explain(name: str) -> str:
    """Explain a stage, a part of one, a figure or a scenario field.

    Args:
        name: `facility`, `compute.serving`, `facility.pue`, `supply.connection_mw` ...

    Raises:
        InputError: Unknown name; lists the nearest ones.

    >>> "sum" in explain("facility.pue")
    True
    """
    if name in (*STAGES, OUTLOOK):
        return _stage(name)
    spec = spec_of(name)
    if spec is not None:
        return "\n".join(_figure(spec))
    fields = {f.key: f for f in fields_of(Scenario)}
    for key, listed in list(fields.items()):
        rows = rows_of(listed.info)
        fields |= {f.key: f for f in fields_of(rows, f"{key}.")} if rows is not None else {}
    if name in fields:
        return _field(fields[name])
    if any(key.startswith(f"{name}.") for key in [*figure_specs(), *outlook_specs(), *fields]):
        return _table(name, list(fields.values()))
    known = [*STAGES, OUTLOOK, *figure_specs(), *outlook_specs(), *fields]
    raise InputError(
        "no such stage, figure or scenario field", where="explain", value=name, hint=did_you_mean(name, known)
    )


def _stage(name: str) -> str:
    lines = [f"{name}: {QUESTIONS[name]}", ""]
    for spec in (*figure_specs().values(), *outlook_specs().values()):
        if spec.stage == name:
            lines.append(f"  {spec.name} [{spec.unit}]  {spec.title}")
            lines.append(f"      {spec.equation}")
    lines += ["", f"More: docs/method/{name}.md; one figure: wattscale explain {name}.<figure>"]
    return "\n".join(lines)


def _table(name: str, fields: list[ScenarioField]) -> str:
    """List the figures and the scenario keys below a part of a stage, such as `workload.serving`."""
    every = (*figure_specs().values(), *outlook_specs().values())
    figures = [spec for spec in every if spec.name.startswith(f"{name}.")]
    keys = [field for field in fields if field.key.startswith(f"{name}.")]
    lines = [f"{name}: {_counted(len(figures), 'figure')} and {_counted(len(keys), 'scenario key')}"]
    for title, found in (
        ("Figures:", [f"  {spec.name} [{spec.unit}]  {spec.title}" for spec in figures]),
        ("Scenario keys:", [f"  {field.key}{_unit(field)}  {field.title}" for field in keys]),
    ):
        lines += ["", title, *found] if found else []
    return "\n".join([*lines, "", "One of them: wattscale explain NAME"])


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"


def _unit(field: ScenarioField) -> str:
    """Give the unit in brackets; a word has none."""
    unit = field.extra.get("unit")
    return f" [{unit}]" if unit else ""


def _figure(spec: FigureSpec) -> list[str]:
    catalog = load_catalog()
    lines = [f"{spec.name} [{spec.unit}]: {spec.title}", "", f"  {spec.equation}", "", "Rests on:"]
    lines += [f"  {_input(each, catalog)}" for each in spec.inputs]
    return [*lines, "", f"Source: {spec.source}"]


def _input(name: str, catalog: Catalog) -> str:
    spec = spec_of(name)
    if spec is not None:
        return f"{name} [{spec.unit}]: {spec.title}"
    field = next((f for f in fields_of(Scenario) if f.key == name), None)
    if field is not None:
        return f"{name}{_unit(field)}: {field.title} (scenario)"
    table, _, key = name.partition("/")
    try:
        figure = catalog.figure(table, key)
    except (WattscaleError, KeyError):
        return f"{name} (catalogue)"
    return f"{name} = {figure.value:g} {figure.unit} ({figure.confidence}: {figure.source}, {figure.year})"


def _field(field: ScenarioField) -> str:
    extra = field.extra
    default = field.info.default
    shown = "required" if field.info.is_required() else "none" if default is None else default
    lines = [f"{field.key}{_unit(field)}: {field.title}", "", f"  default: {shown}"]
    preset = get_key(to_tables(load_scenario()), field.key)
    if preset is not None and preset != default:
        lines.append(f"  in the built-in preset: {preset}")
    allowed = limits_of(field)
    if allowed:
        lines.append(f"  allowed: {allowed}")
    if "source" in extra:
        lines.append(f"  default from: {extra['source']} ({extra.get('confidence')})")
    rows = rows_of(field.info)
    if rows is not None:
        inner = list(fields_of(rows))
        lines += ["", f"Keys of each row, [[{field.key}]]:"]
        lines += [f"  {f.key}{_unit(f)}  {f.title}" + (f" ({a})" if (a := limits_of(f)) else "") for f in inner]
    return "\n".join(lines)
