"""Goal seeking: the chain the other way round ("I have 100 MW: how many requests?").

In: a scenario, the numeric field to vary, the figure and the value it must reach. Out: the field's value and the plan.
Leaves out: several unknowns, and the best value of a figure; a study does that.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wattscale.catalog.specs import figure_specs, spec_of
from wattscale.chain import figure_of, walk
from wattscale.errors import InfeasibleError, InputError, did_you_mean
from wattscale.scenario.load import to_tables
from wattscale.scenario.patch import Patch, apply_patch, numeric_key
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of, get_key
from wattscale.stagecache import StageCache

STEP = 2.0
"""Factor by which the bracket grows."""
DOUBLINGS = 40
"""Growth steps before giving up; 2^40 spans twelve orders of magnitude."""
Trial = Callable[[int, float, float], None]
"""Called after each trial with its number, the field's value and the figure's."""


@dataclass(frozen=True)
class Goal:
    """What a goal seek found.

    Attributes:
        vary: Field varied.
        value: Value found for it.
        figure: Figure that was to be reached.
        target: Value asked.
        reached: Value of the figure at `value`; it differs from the target where the figure moves in steps.
        unit: Unit of the figure.
        scenario: The scenario with the field at `value`.
        trials: Field value and figure value of each trial, in order.
    """

    vary: str
    value: float
    figure: str
    target: float
    reached: float
    unit: str
    scenario: Scenario
    trials: tuple[tuple[float, float], ...]


@dataclass
class _Search:
    scenario: Scenario
    vary: str
    figure: str
    target: float
    whole: bool
    on_trial: Trial
    cache: StageCache = field(default_factory=StageCache)
    seen: dict[float, float] = field(default_factory=dict)
    blocked: str = ""

    def at(self, x: float) -> Scenario:
        value: Any = round(x) if self.whole else x
        return apply_patch(self.scenario, Patch("goal", {self.vary: value}))

    def gap(self, x: float) -> float:
        """Figure minus target at x."""
        x = float(round(x)) if self.whole else x
        if x not in self.seen:
            run = walk(self.at(x), self.figure.partition(".")[0], cache=self.cache)
            found = figure_of(run, self.figure)
            if found is None:
                raise InputError("this plan has no such figure", where="--until", value=self.figure)
            self.seen[x] = found[0] if isinstance(found, tuple) else found
            self.on_trial(len(self.seen), x, self.seen[x])
        return self.seen[x] - self.target

    def feasible_gap(self, x: float) -> float | None:
        """The same, or None where the plan cannot be made."""
        try:
            return self.gap(x)
        except InfeasibleError as error:
            self.blocked = str(error)
            return None


def solve(scenario: Scenario, vary: str, until: str, on_trial: Trial | None = None) -> Goal:
    """Find the value of a field at which a figure reaches a value.

    Args:
        scenario: The plan to start from; its value of the field is the first trial.
        vary: Dotted key of a numeric field.
        until: `figure=value`, such as `facility.peak_mw=100`.
        on_trial: Called after each trial.

    Returns:
        The value found, within 1e-4 of itself.

    Raises:
        InputError: Unknown field or figure, no value to start from, or a target out of reach; says how far it got.
    """
    figure, target = parse_until(until)
    whole = numeric_key(vary) == "int"
    start = get_key(to_tables(scenario), vary)
    if not isinstance(start, int | float) or start <= 0:
        raise InputError(
            "needs a value above zero to start from", where=vary, value=start, hint=f"Give one: --set {vary}=..."
        )
    search = _Search(scenario, vary, figure, target, whole, on_trial or (lambda *_: None))
    low, high = _bracket(search, float(start))
    value = low if low == high else _root(search, low, high)
    value = float(round(value)) if whole else value
    search.gap(value)
    spec = spec_of(figure)
    return Goal(
        vary, value, figure, target, search.seen[value], spec.unit if spec else "", search.at(value),
        tuple(search.seen.items()),
    )  # fmt: skip


def parse_until(until: str) -> tuple[str, float]:
    """Split `figure=value`.

    Raises:
        InputError: No `=`, not a number, or an unknown figure.

    >>> parse_until("facility.peak_mw=100")
    ('facility.peak_mw', 100.0)
    """
    figure, separator, text = until.partition("=")
    figure = figure.strip()
    try:
        target = float(text)
    except ValueError:
        target = math.nan
    if not separator or not math.isfinite(target):
        raise InputError("is not of the form figure=value", where="--until", value=until, hint="facility.peak_mw=100")
    if spec_of(figure) is None:
        raise InputError("no such figure", where="--until", value=figure, hint=did_you_mean(figure, figure_specs()))
    return figure, target


def _bracket(search: _Search, start: float) -> tuple[float, float]:
    """Grow a bracket from the start, towards where the gap shrinks, then the other way."""
    first = search.feasible_gap(start)
    lowest, highest = _limits(search.vary)
    for factor in (STEP, 1 / STEP):
        x, gap = start, first
        for _ in range(DOUBLINGS):
            following = min(max(x * factor, lowest), highest)
            if search.whole:
                following = float(round(following))
            if following in (x, 0.0):
                break
            next_gap = search.feasible_gap(following)
            if gap is not None and next_gap is not None and gap * next_gap <= 0:
                return (min(x, following), max(x, following))
            if next_gap is None and gap is not None:
                edge = _edge(search, x, following)
                if edge is not None and gap * search.gap(edge) <= 0:
                    return (min(x, edge), max(x, edge))
                break
            if gap is not None and next_gap is not None and abs(next_gap) > abs(gap):
                break
            x, gap = following, next_gap
    raise _out_of_reach(search)


def _edge(search: _Search, inside: float, outside: float) -> float | None:
    """Find the last feasible value between a feasible and an infeasible one, to one per cent."""
    found = None
    for _ in range(8):
        middle = math.sqrt(inside * outside)
        if search.feasible_gap(middle) is None:
            outside = middle
        else:
            inside = found = middle
    return found


def _root(search: _Search, low: float, high: float) -> float:
    from scipy.optimize import brentq

    if search.gap(low) == 0.0:
        return low
    if search.gap(high) == 0.0:
        return high
    return math.exp(brentq(lambda y: search.gap(math.exp(y)), math.log(low), math.log(high), xtol=1e-4, rtol=1e-6))


def _limits(vary: str) -> tuple[float, float]:
    info = next((f.info for f in fields_of(Scenario) if f.key == vary), None)
    lowest, highest = 0.0, math.inf
    for rule in info.metadata if info else []:
        lowest = max(lowest, getattr(rule, "ge", lowest) or lowest)
        highest = min(highest, getattr(rule, "le", highest) or highest)
    return lowest, highest


def _out_of_reach(search: _Search) -> InputError:
    if not search.seen:
        return InputError(f"no plan can be made: {search.blocked}", where="--until", value=search.figure)
    x, best = min(search.seen.items(), key=lambda item: abs(item[1] - search.target))
    tried = f"{min(search.seen):.4g} to {max(search.seen):.4g}"
    message = f"{search.figure} does not reach {search.target:g} for {search.vary} from {tried}"
    blocked = f" Beyond that: {search.blocked}" if search.blocked else ""
    return InputError(message, where="--until", hint=f"The nearest is {best:.6g} at {search.vary} = {x:.6g}.{blocked}")
