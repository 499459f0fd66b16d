"""The outlook file: which scenario, which shocks, which drivers are changed, how many draws.

In: OUTLOOK.toml, or nothing for the base case. Out: `OutlookTable` with all changes merged.
Leaves out: the drivers' values; the catalogue holds them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from wattscale.errors import InputError, did_you_mean
from wattscale.outlook.carbon import CURRENT_CARBON
from wattscale.outlook.drivers import Change
from wattscale.outlook.years import FUTURE, LAST_YEAR, REGIONS, YEARS
from wattscale.scenario.load import read_toml
from wattscale.scenario.quantity import TableModel, choice
from wattscale.scenario.toml import parse_toml, plain_tables
from wattscale.units import FloatArray

SCENARIOS = ("base", "efficiency-first", "constrained-supply", "abundant-clean-power", "disruption")
SHOCKS = ("foundry-loss", "export-control", "gas-price-spike", "connection-moratorium")
TARGETS = (
    "packaging",
    "memory",
    "foundry",
    "devices",
    "access",
    "grid",
    "transformers",
    "turbines",
    "gas_price",
    "demand",
)
"""What a shock can hit; `access`, `grid` and `demand` also by region, as in `grid.us`."""
BY_REGION = ("access", "grid", "demand")
MAY_STOP = ("grid", "turbines", "gas_price")
"""Targets that a shock may take away altogether."""
LEAST_FACTOR = 0.02
"""Smallest factor of the other targets, for prices need something to share out, and settle above it [1]."""


class ChangeTable(TableModel):
    """A change of one driver: a new range, a factor, a shift."""

    low: float | None = None
    value: float | None = None
    high: float | None = None
    times: float = Field(1.0, gt=0)
    plus: float = 0.0


class ShockTable(TableModel):
    """A disturbance for some years: a factor on one target, then a way back."""

    target: str
    start: int = Field(ge=FUTURE[0], le=LAST_YEAR)
    years: int = Field(ge=1, le=len(FUTURE))
    factor: float = Field(ge=0, le=100)
    recovery_years: int = Field(0, ge=0, le=len(FUTURE))


class OutlookTable(TableModel):
    """An outlook file."""

    name: str = choice("", "Name of the outlook; that of its scenario without one")
    about: str = choice("", "What it assumes, in a sentence")
    scenario: str = choice("base", "Bundled scenario below the changes of this file")
    shocks: list[str] = choice([], "Bundled shocks that are laid over it")
    plan: str | None = choice(None, "Scenario file of the plan that gives unit figures; the built-in one without it")
    draws: int = Field(2000, ge=16, le=1_000_000, title="Draws")
    seed: int = Field(1, ge=0, title="Seed")
    carbon: str = choice(CURRENT_CARBON, "Path of the carbon price: flat, current-policy, announced-pledges, net-zero")
    carbon_price: dict[str, dict[str, float]] = choice(
        {}, "Own carbon prices by region and year [USD/t], real USD of the base year; they replace the path"
    )
    drivers: dict[str, float | ChangeTable] = choice({}, "Changes of drivers, by name")
    shock: list[ShockTable] = choice([], "Own shocks")

    def changes(self) -> dict[str, Change]:
        """Give the changes by driver; a bare number replaces the driver and its range."""
        found = {}
        for key, given in self.drivers.items():
            table = ChangeTable(value=given, times=1.0) if isinstance(given, float) else given
            found[key] = Change(**table.model_dump())
        return found


def load_outlook(source: str | Path | Mapping[str, Any] | None = None) -> OutlookTable:
    """Read an outlook file and lay it over the scenario and the shocks that it names.

    Args:
        source: A file, tables, the name of a bundled scenario, or None for the base case.

    Returns:
        The merged table.

    Raises:
        InputError: A missing or broken file, an unknown key, scenario, shock, target or region.

    >>> load_outlook("constrained-supply").name
    'Constrained supply'
    """
    where, folder = None, None
    if isinstance(source, str) and source not in SCENARIOS and not Path(source).suffix and not os.path.exists(source):
        _bundled(source, SCENARIOS, "outlook")
    if source is None or source in SCENARIOS:
        own: dict[str, Any] = {"scenario": source or "base"}
    elif isinstance(source, Mapping):
        own = plain_tables(source, "outlook")
    else:
        own, where, folder = read_toml(Path(source)), str(source), Path(source).resolve().parent
    top = _table(own, where)
    merged = _bundled(top.scenario, SCENARIOS, "scenario")
    for name in top.shocks:
        merged = _laid(merged, _bundled(name, SHOCKS, "shocks"))
    merged = _laid(merged, own)
    merged["name"] = own.get("name") or _name_of(top)
    table = _table(merged, where)
    for shock in table.shock:
        _check_target(shock.target)
        _check_size(shock)
    if table.plan is not None and folder is not None:
        table = table.model_copy(update={"plan": str(folder / table.plan)})
    return table


def factors(shocks: list[ShockTable]) -> dict[str, FloatArray]:
    """Give the factor of every target in every year, shape (years, regions) or (years,).

    >>> from wattscale.outlook.years import place
    >>> hit = ShockTable(target="grid.us", start=2027, years=1, factor=0.5, recovery_years=1)
    >>> factors([hit])["grid"][place(2027) : place(2030), 0].tolist()
    [0.5, 0.75, 1.0]
    """
    found: dict[str, FloatArray] = {}
    for target in TARGETS:
        found[target] = np.ones((len(YEARS), len(REGIONS)) if target in BY_REGION else len(YEARS))
    for shock in shocks:
        name, _, region = shock.target.partition(".")
        path = np.array([_factor_in(shock, year) for year in YEARS])
        if name not in BY_REGION:
            found[name] *= path
        elif region:
            found[name][:, REGIONS.index(region)] *= path
        else:
            found[name] *= path[:, None]
    return found


def _factor_in(shock: ShockTable, year: int) -> float:
    after = year - shock.start - shock.years
    if year < shock.start or after >= shock.recovery_years:
        return 1.0
    if after < 0:
        return shock.factor
    return shock.factor + (1.0 - shock.factor) * (after + 1) / (shock.recovery_years + 1)


def _check_target(target: str) -> None:
    name, _, region = target.partition(".")
    if name not in TARGETS:
        hint = did_you_mean(name, TARGETS)
        raise InputError("no such target", where="shock.target", value=target, allowed=", ".join(TARGETS), hint=hint)
    if region and (name not in BY_REGION or region not in REGIONS):
        raise InputError(
            "no such region of the target",
            where="shock.target",
            value=target,
            allowed=", ".join(f"{n}.{r}" for n in BY_REGION for r in REGIONS),
            hint=did_you_mean(region, REGIONS),
        )


def _check_size(shock: ShockTable) -> None:
    """Refuse a shock that outlasts the outlook, or one that leaves no work or no devices to share out."""
    longest = LAST_YEAR - shock.start + 1
    if shock.years > longest:
        raise InputError(
            f"the outlook ends in {LAST_YEAR}", where="shock.years", value=shock.years, allowed=f"1 to {longest}"
        )
    if shock.factor < LEAST_FACTOR and shock.target.partition(".")[0] not in MAY_STOP:
        raise InputError(
            f"a shock of '{shock.target}' leaves too little", where="shock.factor", value=shock.factor,
            allowed=f"{LEAST_FACTOR:g} to 100",
        )  # fmt: skip


def _table(tables: Mapping[str, Any], where: str | None) -> OutlookTable:
    given = dict(tables)
    drivers = given.get("drivers", {})
    if isinstance(drivers, Mapping):
        given["drivers"] = {k: float(v) if isinstance(v, int) else v for k, v in drivers.items()}
    try:
        return OutlookTable(**given)
    except (ValidationError, TypeError) as error:
        raise _complaint(error, where) from None


def _complaint(error: ValidationError | TypeError, where: str | None) -> InputError:
    if isinstance(error, TypeError):
        return InputError(str(error), where=where or "outlook")
    first = _first_error(error)
    loc = tuple(str(part) for part in first["loc"] if part not in KINDS_OF_DRIVER)
    key = ".".join(loc)
    place_ = f"{where}: {key}" if where else key
    if first["type"] == "extra_forbidden":
        if len(loc) == 1:
            known = OutlookTable.model_fields
        else:
            known = ChangeTable.model_fields if loc[0] == "drivers" else ShockTable.model_fields
        hint = did_you_mean(loc[-1], known)
        if loc[0] == "drivers" and "." not in loc[1]:
            hint = f'The name of a driver stands in quotes: "{loc[1]}.{loc[2]}" = ...'
        return InputError("unknown key", where=place_, allowed=", ".join(known), hint=hint)
    value = first["input"]
    return InputError(first["msg"], where=place_, value=None if isinstance(value, dict) else value)


KINDS_OF_DRIVER = ("float", "ChangeTable")
"""What a driver may be given as; the words by which its errors are told apart."""


def _first_error(error: ValidationError) -> ErrorDetails:
    """Give the first error; of a driver that is given as a table, the first of the table."""
    first, *others = error.errors()
    if first["loc"][-1] == KINDS_OF_DRIVER[0] and isinstance(first["input"], dict):
        return next(each for each in others if KINDS_OF_DRIVER[1] in each["loc"])
    return first


def _bundled(name: str, known: tuple[str, ...], where: str) -> dict[str, Any]:
    if name not in known:
        hint = did_you_mean(name, known)
        raise InputError("no such name", where=where, value=name, allowed=", ".join(known), hint=hint)
    text = (files("wattscale.outlook") / "scenarios" / f"{name}.toml").read_text(encoding="utf-8")
    return parse_toml(text, name)


def _laid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay tables over others: drivers and shocks add up."""
    merged = {**below, **above}
    merged["drivers"] = {**below.get("drivers", {}), **above.get("drivers", {})}
    merged["shock"] = [*below.get("shock", []), *above.get("shock", [])]
    return merged


def _name_of(table: OutlookTable) -> str:
    """Give the names of the bundled scenario and of the shocks over it."""
    parts = [_bundled(table.scenario, SCENARIOS, "scenario"), *(_bundled(s, SHOCKS, "shocks") for s in table.shocks)]
    return ", ".join(str(part["name"]) for part in parts)
