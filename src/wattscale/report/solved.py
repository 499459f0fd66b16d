"""What a goal seek found, as a sentence, and the command that makes its plan.

In: a `Goal`. Out: text. Leaves out: the trials; `--json` lists them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattscale.catalog.specs import spec_of
from wattscale.report.words import digits, people
from wattscale.scenario.schema import Scenario
from wattscale.scenario.walk import fields_of

if TYPE_CHECKING:
    from wattscale.goal import Goal

NEAR = 1e-3
"""A figure within this share of the target has reached it [1]."""


def solve_text(goal: Goal) -> str:
    """Say which value of the field brings the figure to the value asked for.

    Args:
        goal: What the goal seek found.

    Returns:
        A sentence in three digits, and below it the setting in six.
    """
    spec = spec_of(goal.figure)
    figure = _inside(spec.title) if spec is not None else goal.figure
    reached, asked = (people(value, goal.unit, goal.figure) for value in (goal.reached, goal.target))
    when = f"when {goal.vary} is {_value_text(goal)}"
    if abs(goal.reached - goal.target) <= NEAR * abs(goal.target):
        said = f"is {reached}, as asked, {when}."
    else:
        said = f"is {reached} {when}: the nearest to the {asked} asked, since it moves in steps."
    return f"The {figure} ({goal.figure}) {said}\n  --set {goal.vary}={goal.value:.6g}"


def _value_text(goal: Goal) -> str:
    field = next((f for f in fields_of(Scenario) if f.key == goal.vary), None)
    if field is None:
        return digits(goal.value)
    return people(goal.value, str(field.extra.get("unit", "1")), goal.vary)


def _inside(title: str) -> str:
    """Begin a title small, as inside a sentence; abbreviations stay.

    >>> _inside("Energy at the meter"), _inside("PUE of AI halls")
    ('energy at the meter', 'PUE of AI halls')
    """
    return title[:1].lower() + title[1:] if title[1:2].islower() or title[1:2] == " " else title
