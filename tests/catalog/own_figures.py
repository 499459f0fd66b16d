"""Plans with one figure of the catalogue replaced: every figure that a plan reads, by every value that might break it.

In: a scenario. Out: cases and what each ended in. `campaign` runs them all; the test runs a sample.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from wattscale.catalog import load_catalog
from wattscale.chain import plan
from wattscale.errors import InputError
from wattscale.result import Plan
from wattscale.scenario.load import load_scenario, to_tables
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import StageCache

WILD = (0.0, -1.0, 1e300, math.nan, math.inf)
"""Values tried beside the least and the largest that a figure may be."""
AT_LEAST_ONE = ("facility.pue", "facility.tue")
NEVER_NEGATIVE = (
    "compute.serving.ttft_s", "compute.serving.tpot_ms", "compute.training.days", "economics.tco_usd_per_year",
    "economics.capital_usd", "impact.carbon_t_per_year", "impact.water_m3_per_year", "impact.jobs_permanent",
)  # fmt: skip
"""Figures that values out of bounds drove there; the campaign of all stages knows the meaning of every figure."""


@dataclass(frozen=True)
class Case:
    """One figure and the value it is given."""

    figure: str
    value: float


def cases(scenario: Scenario) -> list[Case]:
    """Give every figure that the plan of a scenario reads, with its ends and the wild values."""
    catalog, found = load_catalog(), []
    known = set(catalog.ids())
    for use in plan(scenario).sources:
        figure = use.figure.id
        if figure not in known:
            figure = figure.partition("@")[0].partition(":")[0]
        try:
            bounds = catalog.bounds(figure)
        except InputError:  # The mean of twelve months: its months are the figures.
            continue
        found += [Case(figure, value) for value in (bounds.least, bounds.largest, *WILD)]
    return found


def outcome(scenario: Scenario, case: Case, cache: StageCache, broken: Callable[[Plan], Iterable[str]]) -> str:
    """Say what is wrong with the end of a case, nothing where it is sound.

    Sound is a plan whose figures are within their meaning, or an `InputError` that names the figure.
    """
    tables = to_tables(scenario)
    tables["catalog"] = {**tables.get("catalog", {}), case.figure: case.value}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made = plan(load_scenario(tables), cache=cache)
            return "; ".join(broken(made))
    except InputError as error:
        return "" if case.figure in str(error) else f"does not name the figure: {error}"
    except Exception as error:  # Whatever it is, it is a finding.
        return f"{type(error).__name__}: {error}"


def campaign(
    scenario: Scenario,
    broken: Callable[[Plan], Iterable[str]],
    say: Callable[[str], None] = print,
    seed: int | None = None,
    most: int | None = None,
) -> int:
    """Run the cases of a scenario, all or a drawn sample, and tell each that ends badly.

    Returns:
        Number of cases that ended badly.
    """
    todo = cases(scenario)
    if most is not None:
        todo = random.Random(seed).sample(todo, min(most, len(todo)))
    cache, bad = StageCache(), 0
    for number, case in enumerate(todo, 1):
        told = outcome(scenario, case, cache, broken)
        if told:
            bad += 1
            say(f"{number}/{len(todo)} {case.figure} = {case.value!r}: {told}")
    say(f"{len(todo)} cases, {bad} ended badly")
    return bad


def beyond_meaning(made: Plan) -> Iterator[str]:
    """Give the figures of a plan that cannot be: not finite, outside their own range, a building below its machines."""
    for figure in made.figures.values():
        if not all(map(math.isfinite, (figure.low, figure.value, figure.high))):
            yield f"{figure.name} is {figure.value}"
        elif not figure.low <= figure.value <= figure.high:
            yield f"{figure.name} is outside its own range: {figure.low} <= {figure.value} <= {figure.high}"
        elif figure.name in AT_LEAST_ONE and figure.value < 1.0:
            yield f"{figure.name} is below 1: {figure.value}"
        elif figure.name in NEVER_NEGATIVE and figure.value < 0.0:
            yield f"{figure.name} is negative: {figure.value}"
