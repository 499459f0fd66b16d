"""Goal seeking: the chain the other way round ("I have 100 MW: how many requests?").

In: a scenario, the numeric field to vary, the figure and the value it must reach. Out: the field's value and the plan.
Leaves out: several unknowns, and the best value of a figure; a study does that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from wattscale.catalog import load_catalog
from wattscale.catalog.bounds import Bounds
from wattscale.catalog.specs import figure_specs, spec_of
from wattscale.chain import figure_of, walk
from wattscale.errors import InfeasibleError, InputError, did_you_mean
from wattscale.figure import Value
from wattscale.scenario.load import to_tables
from wattscale.scenario.patch import Patch, apply_patch, numeric_key
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import bare_id, fields_of, get_key
from wattscale.stagecache import StageCache

STEP = 2.0
"""Factor by which the bracket grows."""
DOUBLINGS = 40
"""Growth steps before giving up; 2^40 spans twelve orders of magnitude."""
FIRST_STEP_SHARE = 1 / 1024
"""First step over the span of the field, where the value may be zero or negative and cannot be doubled."""
SAME = 1e-12
"""Values nearer to each other than this, over themselves, are one: a logarithm and back moves the last digits."""
PLATEAU = 6
"""Steps in a row without any change of the figure after which a direction is given up."""
CATALOG = "catalog."
"""Beginning of the keys that stand for figures of the catalogue."""
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
    lowest: float = 0.0
    highest: float = math.inf
    log: bool = True
    extras: bool = False
    cache: StageCache = field(default_factory=StageCache)
    seen: dict[float, float] = field(default_factory=dict)
    blocked: str = ""

    def at(self, x: float) -> Scenario:
        value: Any = round(x) if self.whole else x
        return apply_patch(self.scenario, Patch("goal", {self.vary: value}))

    def gap(self, x: float) -> float:
        """Figure minus target at x."""
        x = float(round(x)) if self.whole else x
        x = next((s for s in self.seen if math.isclose(s, x, rel_tol=SAME)), x)
        if x not in self.seen:
            found = self._figure(x)
            if found is None:
                raise InputError("this plan has no such figure", where="--until", value=self.figure)
            self.seen[x] = found[0] if isinstance(found, tuple) else found
            self.on_trial(len(self.seen), x, self.seen[x])
        return self.seen[x] - self.target

    def _figure(self, x: float) -> Value | None:
        """Figure at x; what takes long in the chain is worked out only where the figure belongs to it."""
        scenario, stage = self.at(x), self.figure.partition(".")[0]
        found = figure_of(walk(scenario, stage, cache=self.cache, extras=self.extras), self.figure)
        if found is None and not self.extras:
            self.extras = True
            return self._figure(x)
        return found

    def feasible_gap(self, x: float) -> float | None:
        """The same, or None where the plan cannot be made; a value refused after a good one counts as that."""
        try:
            return self.gap(x)
        except InputError as error:
            if not self.seen and not isinstance(error, InfeasibleError):
                raise
            self.blocked = str(error)
            return None

    def middle(self, a: float, b: float) -> float:
        """Geometric mean, or arithmetic where values may be zero or negative."""
        return math.sqrt(a * b) if self.log else (a + b) / 2


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
    vary = bare_id(vary)
    figure, target = parse_until(until)
    whole = numeric_key(vary) == "int"
    start, (lowest, highest) = _start(scenario, vary), _limits(vary)
    log = start > 0 and lowest >= 0
    search = _Search(scenario, vary, figure, target, whole, on_trial or (lambda *_: None), lowest, highest, log)
    low, high = _bracket(search, start)
    _root(search, low, high)
    inside = [x for x in search.seen if low <= x <= high]
    value = min(inside, key=lambda x: abs(search.seen[x] - target))
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
        raise InputError(
            "is not of the form figure=value", where="--until", value=until, hint="Example: facility.peak_mw=100"
        )
    if spec_of(figure) is None:
        raise InputError("no such figure", where="--until", value=figure, hint=did_you_mean(figure, figure_specs()))
    return figure, target


def _start(scenario: Scenario, vary: str) -> float:
    """Give the value to start from: that of the scenario, for a figure of the catalogue its own."""
    start = get_key(to_tables(scenario), vary)
    if start is None and vary.startswith(CATALOG):
        known = _bounds(vary).known
        table, _, key = _figure_id(vary).partition("/")
        found = load_catalog().table(table)
        start = load_catalog().value(table, key) if found.shape == "figures" else known and known[0]
    if isinstance(start, dict):
        start = start["mode"]
    if not isinstance(start, int | float):
        raise InputError("needs a value to start from", where=vary, hint=f"Give one: --set {vary}=...")
    return float(start)


def _figure_id(vary: str) -> str:
    return vary.removeprefix(CATALOG).strip('"')


def _bounds(vary: str) -> Bounds:
    return load_catalog().bounds(_figure_id(vary))


def _bracket(search: _Search, start: float) -> tuple[float, float]:
    """Grow a bracket from the start, towards where the gap shrinks, then the other way."""
    first = search.feasible_gap(start)
    for up in (True, False):
        found = _along(search, start, first, _points(search, start, up))
        if found is not None:
            return found
        if first is None and search.seen:
            break
    raise _out_of_reach(search)


def _points(search: _Search, start: float, up: bool) -> Iterator[float]:
    """Give values ever further from the start, up to the limit of the field."""
    span = search.highest - search.lowest
    step = span * FIRST_STEP_SHARE if math.isfinite(span) else max(1.0, abs(start)) / 8
    step = max(step, 1.0) if search.whole else step
    last = start
    for n in range(DOUBLINGS):
        scale = STEP ** (n + 1)
        x = (start * scale if up else start / scale) if search.log else start + (1 if up else -1) * step * STEP**n
        x = min(max(x, search.lowest), search.highest)
        x = float(round(x)) if search.whole else x
        if x == last or (search.log and x == 0.0):
            return
        yield x
        last = x


def _along(search: _Search, x: float, gap: float | None, points: Iterator[float]) -> tuple[float, float] | None:
    """Look for a change of sign of the gap along a direction; None where the figure turns away or stands still."""
    still = 0
    for following in points:
        next_gap = search.feasible_gap(following)
        if gap is not None and next_gap is not None:
            if gap * next_gap <= 0:
                return (min(x, following), max(x, following))
            still = still + 1 if next_gap == gap else 0
            if abs(next_gap) > abs(gap) or still == PLATEAU:
                return None
        elif gap is not None or next_gap is not None:
            inside, outside = (x, following) if next_gap is None else (following, x)
            edge = _edge(search, inside, outside)
            if edge is not None and search.gap(inside) * search.gap(edge) <= 0:
                return (min(inside, edge), max(inside, edge))
            if next_gap is None:
                return None
        x, gap = following, next_gap
    return None


def _edge(search: _Search, inside: float, outside: float) -> float | None:
    """Find the last feasible value between a feasible and an infeasible one, to one per cent."""
    found = None
    for _ in range(8):
        middle = search.middle(inside, outside)
        if search.feasible_gap(middle) is None:
            outside = middle
        else:
            inside = found = middle
    return float(round(found)) if found is not None and search.whole else found


def _root(search: _Search, low: float, high: float) -> None:
    """Close the bracket; the values tried are kept in the search."""
    from scipy.optimize import brentq

    if low == high or search.gap(low) == 0.0 or search.gap(high) == 0.0:
        return
    if search.log:
        brentq(lambda y: search.gap(math.exp(y)), math.log(low), math.log(high), xtol=1e-4, rtol=1e-6)
    else:
        brentq(search.gap, low, high, xtol=1e-5 * max(abs(low), abs(high)), rtol=1e-6)


def _limits(vary: str) -> tuple[float, float]:
    """Give the lowest and highest value of a field; capacities start at zero."""
    if vary.startswith(CATALOG):
        bounds = _bounds(vary)
        return bounds.least, bounds.largest
    info = next((f.info for f in fields_of(Scenario) if f.key == vary), None)
    lowest, highest = -math.inf if info else 0.0, math.inf
    for rule in info.metadata if info else []:
        for name in ("ge", "gt"):
            lowest = max(lowest, float(getattr(rule, name, -math.inf)))
        for name in ("le", "lt"):
            top = float(getattr(rule, name, math.inf))
            highest = min(highest, top if name == "le" else math.nextafter(top, -math.inf))
    return lowest, highest


def _out_of_reach(search: _Search) -> InputError:
    if not search.seen:
        return InputError(f"no plan can be made: {search.blocked}", where="--until", value=search.figure)
    x, best = min(search.seen.items(), key=lambda item: abs(item[1] - search.target))
    tried = f"{min(search.seen):,.4g} to {max(search.seen):,.4g}"
    message = f"{search.figure} does not reach {search.target:g} for {search.vary} from {tried}"
    blocked = f" Beyond that: {search.blocked}" if search.blocked else ""
    return InputError(message, where="--until", hint=f"The nearest is {best:.6g} at {search.vary} = {x:.6g}.{blocked}")
