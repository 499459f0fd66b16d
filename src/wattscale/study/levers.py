"""Levers: what each saves alone, in order, and its exact share when all are pulled; and the abatement cost curve.

In: a scenario and levers (patches). Out: tables of energy, cost, carbon, water and capital.
Leaves out: levers that change how much work is done; every combination trains and serves the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

from wattscale.chain import walk
from wattscale.errors import InputError, did_you_mean
from wattscale.scenario.load import read_toml, to_tables
from wattscale.scenario.patch import Patch, apply_patch
from wattscale.scenario.schema import Scenario
from wattscale.scenario.toml import parse_toml
from wattscale.scenario.walk import get_key
from wattscale.study.combinations import all_combinations
from wattscale.study.shapley import shapley_shares

METRICS: Mapping[str, str] = {
    "energy_mwh": "facility.energy_mwh",
    "cost_usd_per_year": "economics.tco_usd_per_year",
    "carbon_t_per_year": "impact.carbon_total_t_per_year",
    "water_m3_per_year": "impact.water_total_m3_per_year",
    "capital_usd": "economics.capital_usd",
    "running_usd_per_year": "economics.running_usd_per_year",
}
"""What a lever is judged by, and the figure behind each."""
BUILT_IN = ("levers", "policies")
"""Sets that come with the package, the usual one first."""
LEVER_KINDS: Mapping[str, tuple[type, str]] = {
    "title": (str, "must be text"), "quality": (str, "must be text"), "without": (dict, "must be a table"),
    "optional": (bool, "must be true or false"),
}  # fmt: skip
"""What a key of a lever may hold, and how that is told."""
LARGEST_SET = 10
"""Levers that can be combined exactly; 2^10 plans."""
INTERACTION_LIMIT = 0.1
"""Levers whose saving in sequence differs from the one alone by more than this are flagged as not additive."""


@dataclass(frozen=True)
class Lever:
    """A named patch.

    Attributes:
        name: Short name.
        title: Name for people.
        changes: What it changes, by dotted key.
        without: The plan before it, applied where the scenario has the lever already.
        quality: What is known of its effect on the quality of answers.
        optional: Combined only when named.
    """

    name: str
    title: str
    changes: Mapping[str, Any]
    without: Mapping[str, Any] = field(default_factory=dict)
    quality: str = ""
    optional: bool = False


@dataclass(frozen=True)
class LeverStudy:
    """Result: metrics of the plan without and with all levers, and savings per lever.

    Attributes:
        levers: The levers, in the user's order.
        baseline: Metrics without any lever.
        joint: Metrics with all levers.
        alone: Saving per lever pulled alone, by metric.
        in_order: Saving per lever in the given order, by metric.
        shapley: Exact share per lever of the joint saving, by metric.
        abatement: Steps of the abatement cost curve, what saves money first.
        notes: What was set so that every combination does the same work.
    """

    levers: tuple[Lever, ...]
    baseline: Mapping[str, float]
    joint: Mapping[str, float]
    alone: Mapping[str, Mapping[str, float]]
    in_order: Mapping[str, Mapping[str, float]]
    shapley: Mapping[str, Mapping[str, float]]
    abatement: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the study for JSON."""
        return {
            "levers": [{"name": x.name, "title": x.title, "quality": x.quality} for x in self.levers],
            "baseline": dict(self.baseline),
            "joint": dict(self.joint),
            "alone": {name: dict(saved) for name, saved in self.alone.items()},
            "in_order": {name: dict(saved) for name, saved in self.in_order.items()},
            "shapley": {name: dict(saved) for name, saved in self.shapley.items()},
            "abatement": [dict(step) for step in self.abatement],
            "notes": list(self.notes),
        }


Tick = Callable[[int, int], None]


def load_levers(path: Path | None = None, names: Sequence[str] = ()) -> list[Lever]:
    """Read levers from a file, by default the built-in six or those named, in the order of `names` where given.

    Raises:
        InputError: A lever without name or changes, or an unknown name.
    """
    if path is None or (path.name == str(path) and path.name in BUILT_IN):
        name = path.name if path is not None else BUILT_IN[0]
        tables = parse_toml((files("wattscale.study") / f"{name}.toml").read_text(encoding="utf-8"), name)
    else:
        tables = read_toml(path)
    found: dict[str, Lever] = {}
    for each in _rows(tables, str(path or "levers")):
        if not isinstance(each.get("name"), str) or not isinstance(each.get("changes"), dict):
            raise InputError("a lever needs name and changes", where=str(path or "levers"), value=each.get("name"))
        found[each["name"]] = _lever(each, str(path or "levers"))
    if not found:
        raise InputError("holds no lever", where=str(path), hint='Begin each with [[lever]], name = "..."')
    for name in names:
        if name not in found:
            raise InputError(
                "no such lever", where="levers", value=name, hint=did_you_mean(name, found), allowed=", ".join(found)
            )
    return [found[name] for name in names] if names else [lever for lever in found.values() if not lever.optional]


def _rows(tables: Mapping[str, Any], where: str) -> list[Mapping[str, Any]]:
    for key in tables:
        if key != "lever" and "lever" in tables:
            raise InputError("unknown key", where=f"{where}: {key}", allowed="lever", hint="Begin each with [[lever]]")
    rows = tables.get("lever", [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise InputError("must be a list of tables", where=f"{where}: lever", hint="Begin each with [[lever]]")
    return rows


def _lever(table: Mapping[str, Any], where: str) -> Lever:
    known = [f.name for f in fields(Lever)]
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known)
            raise InputError(
                "unknown key", where=f"{where}: {table['name']}.{key}", hint=hint, allowed=", ".join(known)
            )
    for key, (kind, words) in LEVER_KINDS.items():
        if not isinstance(table.get(key, kind()), kind):
            raise InputError(words, where=f"{where}: {table['name']}.{key}", value=table[key])
    return Lever(**{"title": table["name"], **table})


def study_levers(
    scenario: Scenario, levers: Sequence[Lever], tick: Tick | None = None, *, workers: int = 1
) -> LeverStudy:
    """Measure levers alone, in order and jointly over all combinations.

    Args:
        scenario: The plan to improve.
        levers: Levers, in the order the user would pull them.
        tick: Called after each plan with plans done and plans in all.
        workers: Processes.

    Raises:
        InputError: No lever, too many, one that changes an unknown key, or a combination that cannot be planned.
    """
    if not 1 <= len(levers) <= LARGEST_SET:
        raise InputError("levers can be combined", where="levers", value=len(levers), allowed=f"1 to {LARGEST_SET}")
    base, notes = comparable(scenario, levers)
    found = all_combinations(base, levers, METRICS, workers, tick or (lambda *_: None))
    value, names = found.__getitem__, [lever.name for lever in levers]
    none, everything = value(frozenset()), value(frozenset(names))
    alone = {n: _saving(none, value(frozenset([n]))) for n in names}
    in_order = {n: _saving(value(frozenset(names[:i])), value(frozenset(names[: i + 1]))) for i, n in enumerate(names)}
    by_metric = {m: shapley_shares(names, lambda s, m=m: -value(s)[m]) for m in METRICS}  # type: ignore[misc]
    shapley = {n: {m: by_metric[m][n] for m in METRICS} for n in names}
    curve = abatement_curve(names, value)
    return LeverStudy(tuple(levers), none, everything, alone, in_order, shapley, curve, tuple(notes))


def comparable(scenario: Scenario, levers: Sequence[Lever]) -> tuple[Scenario, list[str]]:
    """Give the plan before the levers: each taken out where the scenario has it, and the training run kept in time.

    A fixed number of training devices would hide what better ones save, so the run's length is kept instead.
    """
    notes: list[str] = []
    changes: dict[str, Any] = {}
    tables = to_tables(scenario)
    for lever in levers:
        there = all(get_key(tables, key) == value for key, value in lever.changes.items())
        if there and lever.without:
            changes |= lever.without
            notes.append(f"The scenario has '{lever.name}' already; savings count from the plan without it.")
        elif there:
            notes.append(f"'{lever.name}' changes nothing in this scenario.")
    before = apply_patch(scenario, Patch("before", changes))
    recipe = before.workload.training
    if recipe.tokens > 0 and recipe.devices is not None:
        plan = walk(before, "compute").results["compute"].training
        before = apply_patch(before, Patch("same length", {"workload.training.days": plan.days}))
        notes.append(f"Each plan trains in {plan.days:.1f} days; the number of training devices follows.")
    return before, notes


def _saving(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {metric: before[metric] - after[metric] for metric in METRICS}


def abatement_curve(
    names: Sequence[str], value: Callable[[frozenset[str]], Mapping[str, float]]
) -> tuple[Mapping[str, Any], ...]:
    """Order levers by abatement cost, each recomputed on top of those before it.

    Args:
        names: Levers.
        value: Metrics of a combination.

    Returns:
        Steps: lever, carbon avoided [t/year], cost [USD/t], money saved [USD/year], payback [year] and whether it is
        additive. Levers that save money come first, the largest saving foremost: among them cost per tonne would favour
        those that avoid little. Levers that avoid no carbon come last.
    """
    chosen: frozenset[str] = frozenset()
    left, steps = list(names), []
    none = value(frozenset())
    while left:
        savings = {n: _saving(value(chosen), value(chosen | {n})) for n in left}
        best = min(left, key=lambda n: _place_on_curve(savings[n]))
        saved, alone = savings[best], _saving(none, value(frozenset([best])))
        steps.append(
            {
                "lever": best,
                "carbon_t_per_year": saved["carbon_t_per_year"],
                "cost_usd_per_t": None if saved["carbon_t_per_year"] <= 0 else _abatement_cost(saved),
                "saves_usd_per_year": saved["cost_usd_per_year"],
                "payback_years": payback_years(saved),
                "additive": _near(saved["carbon_t_per_year"], alone["carbon_t_per_year"], none["carbon_t_per_year"]),
            }
        )
        chosen |= {best}
        left.remove(best)
    return tuple(steps)


def _abatement_cost(saving: Mapping[str, float]) -> float:
    avoided = saving["carbon_t_per_year"]
    return -saving["cost_usd_per_year"] / avoided if avoided > 0 else float("inf")


def _place_on_curve(saving: Mapping[str, float]) -> tuple[int, float]:
    if saving["carbon_t_per_year"] <= 0:
        return 2, -saving["cost_usd_per_year"]
    if saving["cost_usd_per_year"] >= 0:
        return 0, -saving["cost_usd_per_year"]
    return 1, _abatement_cost(saving)


def payback_years(saving: Mapping[str, float]) -> float | None:
    """Years until lower running cost has paid the extra capital; 0 where none is needed, None where it never does."""
    extra, yearly = -saving["capital_usd"], saving["running_usd_per_year"]
    if extra <= 0:
        return 0.0 if yearly >= 0 else None
    return extra / yearly if yearly > 0 else None


def _near(a: float, b: float, scale: float) -> bool:
    return abs(a - b) <= INTERACTION_LIMIT * max(abs(a), abs(b), 1e-6 * abs(scale))
