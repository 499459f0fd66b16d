"""The study file: a base scenario, axes, a method, a seed; and the case of each number.

In: STUDY.toml. Out: `Study`, whose `patch(i)` gives case i without holding the others' scenarios.
Leaves out: running; runner.py does that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import prod
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field, ValidationError

from wattscale.catalog.specs import figure_specs, spec_of
from wattscale.chain import scenario_files
from wattscale.errors import InputError, did_you_mean
from wattscale.scenario.load import CLEARED, load_scenario, read_toml
from wattscale.scenario.patch import PRESET, Patch, apply_patch
from wattscale.scenario.quantity import TableModel, choice
from wattscale.scenario.schema import Scenario
from wattscale.scenario.toml import plain_tables
from wattscale.scenario.walk import bare_id, fields_of
from wattscale.study.distributions import WITH_MODE, Distribution, distribution
from wattscale.study.known import known_range
from wattscale.study.sampling import DRAWS, correlated, grid_points, unit_points
from wattscale.study.sensitivity import DESIGNS
from wattscale.units import FloatArray
from wattscale.userfile import user_path

METHODS = ("grid", *DRAWS, *DESIGNS)
"""Ways to place the cases of a study."""
MOST_CASES = 10_000_000
"""Cases of a study; more would not fit the memory of the coordinating process."""
CATALOG = "catalog."
"""Beginning of the keys that stand for figures of the catalogue."""
HEADLINES = (
    "facility.pue",
    "facility.peak_mw",
    "facility.energy_mwh",
    "supply.cost_usd_per_mwh",
    "supply.cfe_hourly_share",
    "economics.tco_usd_per_year",
    "economics.capital_usd",
    "economics.usd_per_mtok",
    "economics.npv_usd",
    "impact.carbon_t_per_year",
    "impact.water_m3_per_year",
)
"""Figures kept when a study names none."""


class AxisTable(TableModel):
    """Table `axis` of a study file: a key with a list of values, or with a distribution."""

    key: Annotated[str, AfterValidator(bare_id)]
    values: list[Any] | None = None
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    distribution: str = "triangular"
    levels: int = Field(5, ge=2, le=10_000)


class CorrelationTable(TableModel):
    """Table `correlation`: Spearman rank correlation of two axes."""

    keys: list[Annotated[str, AfterValidator(bare_id)]] = Field(min_length=2, max_length=2)
    spearman: float = Field(ge=-1, le=1)


class StudyTable(TableModel):
    """A study file."""

    name: str = choice("Unnamed study", "Name of the study")
    scenario: str | None = choice(None, "Scenario file, relative to the study; the built-in example without it")
    base: dict[str, Any] = choice({}, "Keys laid over the scenario")
    method: str = choice("grid", "grid, monte-carlo, latin-hypercube, sobol, sobol-indices or morris")
    cases: int = Field(100, ge=1, le=MOST_CASES, title="Cases drawn; a grid has as many as its levels give")
    seed: int = Field(1, ge=0, title="Seed")
    figures: list[str] = choice(list(HEADLINES), "Figures to keep")
    ranges: bool = choice(True, "Draw also the fields that the scenario gives as a range")
    axis: list[AxisTable] = choice([], "Axes")
    correlation: list[CorrelationTable] = choice([], "Rank correlations")


@dataclass(frozen=True)
class Axis:
    """One thing that varies: a list of values, or a distribution of a number."""

    key: str
    values: tuple[Any, ...] = ()
    law: Distribution | None = None

    def column(self, coordinates: FloatArray) -> Sequence[Any] | FloatArray:
        """Values at cumulative probabilities; the values of a list are equally likely."""
        if self.law is not None:
            return self.law.quantile(coordinates)
        places = np.minimum((coordinates * len(self.values)).astype(int), len(self.values) - 1)
        return [self.values[i] for i in places]


@dataclass(frozen=True)
class Study:
    """A study ready to run."""

    table: StudyTable
    scenario: Scenario
    axes: tuple[Axis, ...]

    @property
    def names(self) -> list[str]:
        """Keys of the axes."""
        return [axis.key for axis in self.axes]

    @cached_property
    def points(self) -> FloatArray:
        """Coordinates of every case, shape (cases, axes)."""
        table = self.table
        if table.method == "grid":
            return grid_points([len(axis.values) for axis in self.axes])
        if table.method in DESIGNS:
            return DESIGNS[table.method](table.cases, len(self.axes), table.seed)
        points = unit_points(table.method, table.cases, len(self.axes), table.seed)
        pairs = {(c.keys[0], c.keys[1]): c.spearman for c in table.correlation}
        return correlated(points, self.names, pairs)

    @cached_property
    def columns(self) -> dict[str, Sequence[Any] | FloatArray]:
        """Values of every case by axis."""
        if self.table.method == "grid":
            numbers = self.points.astype(int).T
            return {axis.key: [axis.values[i] for i in row] for axis, row in zip(self.axes, numbers, strict=True)}
        return {axis.key: axis.column(row) for axis, row in zip(self.axes, self.points.T, strict=True)}

    def __len__(self) -> int:
        return len(self.points)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the points behind when sent to a worker, who makes the same ones."""
        return {key: getattr(self, key) for key in ("table", "scenario", "axes")}

    def changes(self, index: int) -> dict[str, Any]:
        """What case `index` changes, by key."""
        found: dict[str, Any] = {}
        for key, column in self.columns.items():
            value = column[index]
            plain = float(value) if isinstance(value, np.floating) else value
            found[key] = round(plain) if key in self.whole else plain
        return found

    @cached_property
    def whole(self) -> set[str]:
        """Axes that are whole numbers, so that draws are rounded."""
        drawn = {axis.key for axis in self.axes if axis.law is not None}
        return {f.key for f in fields_of(Scenario) if f.numeric == "int"} & drawn

    @cached_property
    def files(self) -> dict[str, Path]:
        """Every file that the cases read, by the field that names it and, on an axis, the value."""
        found = scenario_files(self.scenario)
        for axis in self.axes:
            if axis.key in _file_keys():
                for value in axis.values:
                    of_value = scenario_files(apply_patch(self.scenario, Patch("file", {axis.key: value})))
                    found |= {f"{field} on {axis.key} = {value}": path for field, path in of_value.items()}
        return found

    def case(self, index: int) -> Scenario:
        """Scenario of case `index`."""
        return apply_patch(self.scenario, Patch(f"case {index}", self.changes(index)))


def load_study(source: Path | str | Mapping[str, Any]) -> Study:
    """Load a study file.

    Args:
        source: TOML file, or its tables as a dict.

    Raises:
        InputError: Unknown key, axis, figure or method; ranges out of order; no axis and no range.
    """
    where, folder = "study", Path.cwd()
    if isinstance(source, Mapping):
        tables = plain_tables(source, where)
    else:
        path = Path(source)
        tables, where, folder = read_toml(path), str(path), path.resolve().parent
    table = _validated(tables, where)
    axes = [each.model_copy(update={"values": _beside(each.key, each.values, folder)}) for each in table.axis]
    table = table.model_copy(update={"axis": axes})
    scenario = load_scenario(folder / table.scenario if table.scenario else None)
    if table.base:
        base = {key: _beside(key, value, folder) for key, value in _dotted(table.base).items()}
        scenario = apply_patch(scenario, Patch("base", base))
    return study_of(table, scenario, where)


@cache
def _file_keys() -> frozenset[str]:
    return frozenset({"workload.model", *(f.key for f in fields_of(Scenario) if f.extra.get("file"))})


def _beside(key: str, given: Any, folder: Path) -> Any:
    """Make the paths in a value or a list of values absolute: relative ones start where the study file lies."""
    if isinstance(given, list):
        return [_beside(key, value, folder) for value in given]
    is_path = key in _file_keys() and isinstance(given, str) and (key != "workload.model" or given.endswith(".json"))
    return str(user_path(given, folder, key)) if is_path and given != CLEARED else given


def study_of(table: StudyTable, scenario: Scenario, where: str = "study") -> Study:
    """Build a study from its table and base scenario."""
    if table.method not in METHODS:
        hint = did_you_mean(table.method, METHODS)
        raise InputError(
            "no such method", where=f"{where}: method", value=table.method, hint=hint, allowed=", ".join(METHODS)
        )
    keys = [each.key for each in table.axis]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InputError("stands twice", where=f"{where}: axis", value=twice)
    if table.correlation and table.method not in DRAWS:
        raise InputError(f"cannot be honoured by '{table.method}'", where=f"{where}: correlation", allowed=str(DRAWS))
    axes = [_axis(each, table.method, f"{where}: axis.{each.key}") for each in table.axis]
    if table.ranges and table.method != "grid":
        named = {axis.key for axis in axes}
        laws = {key: r for key, r in scenario.ranges.items() if key not in named}
        axes += [Axis(k, law=distribution("triangular", r.low, r.mode, r.high, k)) for k, r in laws.items()]
    if not axes:
        raise InputError("nothing varies", where=where, hint="Give at least one [[axis]], or a range in the scenario.")
    _check_figures(table.figures, where)
    asked = prod(len(axis.values) for axis in axes) if table.method == "grid" else table.cases
    if asked > MOST_CASES:
        raise InputError("are too many cases", where=f"{where}: axis", value=asked, allowed=f"<= {MOST_CASES}")
    study = Study(table, scenario, tuple(axes))
    tried = [apply_patch(scenario, Patch("end", changes)) for changes in _ends(study)]
    if PRESET in keys and len({repr(each.model_dump(exclude={PRESET})) for each in tried}) == 1 < len(tried) - 1:
        hint = "The scenario gives every key itself; name a scenario that leaves keys to its preset."
        raise InputError("changes nothing", where=f"{where}: axis.{PRESET}", hint=hint)
    return study


def _ends(study: Study) -> list[dict[str, Any]]:
    """Cases that are tried before any is run: the first, each value of each list once, both ends of each law."""
    first = study.changes(0)
    tried: list[tuple[str, Any]] = [(axis.key, value) for axis in study.axes for value in axis.values[:100]]
    laws = [(axis.key, end) for axis in study.axes if axis.law for end in (axis.law.low, axis.law.high)]
    tried += [(key, round(end) if key in study.whole else end) for key, end in laws]
    return [first] + [first | {key: value} for key, value in tried]


def _axis(table: AxisTable, method: str, where: str) -> Axis:
    if table.values is not None:
        if not table.values:
            raise InputError("has no values", where=where)
        return Axis(table.key, tuple(table.values))
    if table.low is None and table.high is None and table.key.startswith(CATALOG):
        low, value, high = known_range(table.key.removeprefix(CATALOG), where)
        ends = {"low": low, "high": high, "mode": value if table.distribution in WITH_MODE else None}
        table = table.model_copy(update=ends)
    if table.low is None or table.high is None:
        raise InputError("needs values, or low and high", where=where)
    if table.mode is not None and table.distribution not in WITH_MODE:
        raise InputError(f"a {table.distribution} distribution takes no mode", where=f"{where}.mode", value=table.mode)
    mode = table.mode if table.mode is not None else (table.low + table.high) / 2.0
    law = distribution(table.distribution, table.low, mode, table.high, where)
    if method == "grid":
        step = (table.high - table.low) / (table.levels - 1)
        return Axis(table.key, tuple(table.low + step * i for i in range(table.levels)))
    return Axis(table.key, law=law)


def _check_figures(figures: list[str], where: str) -> None:
    if not figures:
        raise InputError("names no figure", where=f"{where}: figures")
    for name in figures:
        if spec_of(name) is None:
            hint = did_you_mean(name, figure_specs())
            raise InputError("no such figure", where=f"{where}: figures", value=name, hint=hint)


def _validated(tables: Mapping[str, Any], where: str) -> StudyTable:
    try:
        return StudyTable.model_validate(tables)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(p) for p in first["loc"])
        if first["type"] == "extra_forbidden":
            known = AxisTable.model_fields if key.startswith("axis.") else StudyTable.model_fields
            hint = did_you_mean(key.rsplit(".", 1)[-1], known)
            raise InputError("unknown key", where=f"{where}: {key}", hint=hint, allowed=", ".join(known)) from None
        value = first["input"] if not isinstance(first["input"], dict) else None
        raise InputError(str(first["msg"]), where=f"{where}: {key}", value=value) from None


def _dotted(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, Mapping) and "mode" not in value:
            found |= _dotted(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found
