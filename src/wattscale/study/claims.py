"""Tests common statements about AI and energy against a plan: a number, a threshold, a verdict, what would flip it.

In: a scenario. Out: verdicts. Leaves out: judgement of the words; the rules are in the table `claims`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from wattscale.catalog import load_catalog
from wattscale.catalog.reader import Row
from wattscale.errors import InputError
from wattscale.scenario.schema import Scenario
from wattscale.study.claim_metrics import METRICS, NotInPlanError, OutlookSource, View
from wattscale.study.claim_outlook import OUTLOOK_METRICS, OUTLOOK_WORDS, Measure

Verdict = Literal["true", "partly", "false", "untestable"]


@dataclass(frozen=True)
class Claim:
    """One statement, tested.

    Attributes:
        id: Number of the statement.
        statement: Statement, in our words.
        form: Number that tests it.
        unit: Unit of the number.
        value: Number.
        low: Low end of its range.
        high: High end of its range.
        threshold: Rule in words.
        verdict: true, partly, false or untestable.
        verdict_low: Verdict at the low end.
        verdict_high: Verdict at the high end.
        flip: What would change the verdict.
        held: What is held fixed.
        sources: Ids of figures, and the evidence.
    """

    id: int
    statement: str
    form: str
    unit: str
    value: float
    low: float
    high: float
    threshold: str
    verdict: Verdict
    verdict_low: Verdict
    verdict_high: Verdict
    flip: str
    held: str
    sources: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give the claim as plain data for JSON; a number without bound is None."""
        plain = {**asdict(self), "sources": list(self.sources)}
        return {key: None if isinstance(x, float) and not math.isfinite(x) else x for key, x in plain.items()}


def claim_ids() -> list[int]:
    """List the numbers of all statements.

    >>> claim_ids()[0]
    1
    """
    return [int(name) for name in load_catalog().names("claims")]


def evaluate_claims(
    scenario: Scenario, ids: Iterable[int] | None = None, outlook: OutlookSource | None = None
) -> list[Claim]:
    """Test statements with a scenario; stages run only as far as the statements need them.

    Args:
        scenario: Scenario.
        ids: Numbers of the statements; all where None.
        outlook: Runs an outlook on the plan's unit figures, once; statements about the coming decades read it. Without
            it they rest on published evidence alone.

    Returns:
        Statements with verdicts, in order.

    Raises:
        InputError: A number that is not in the table.
    """
    known = claim_ids()
    wanted = known if ids is None else list(ids)
    for each in wanted:
        if each not in known:
            raise InputError("no such statement", where="claims --id", value=each, allowed=f"{known[0]} to {known[-1]}")
    view = View(scenario, outlook)
    return [_evaluate(view, view.catalog.row("claims", str(each))) for each in wanted]


def _evaluate(view: View, row: Row) -> Claim:
    try:
        found, said = _measured(view, row.name), _said(view, row.name)
    except NotInPlanError as missing:
        return Claim(
            int(row.name), row.text("statement"), str(missing), row.text("unit"), math.nan, math.nan, math.nan,
            threshold_words(row), "untestable", "untestable", "untestable", "", row.text("held"), (row.text("source"),),
        )  # fmt: skip
    flip = found.flip or flip_words(row, found.value)
    return Claim(
        id=int(row.name), statement=row.text("statement"), form=found.form or row.text("form"),
        unit=found.unit or row.text("unit"),
        value=found.value, low=found.low, high=found.high, threshold=threshold_words(row),
        verdict=verdict(row, found.value), verdict_low=verdict(row, found.low), verdict_high=verdict(row, found.high),
        flip="; ".join(part for part in (flip, said) if part), held=row.text("held"),
        sources=(*found.sources, row.text("source")),
    )  # fmt: skip


def _measured(view: View, name: str) -> Measure:
    """Take the number from the outlook where there is one and the statement asks for it, else from plan or evidence."""
    if name in OUTLOOK_METRICS and view.outlook is not None:
        return OUTLOOK_METRICS[name](view.outlook)
    return METRICS[name](view)


def _said(view: View, name: str) -> str:
    return OUTLOOK_WORDS[name](view.outlook) if name in OUTLOOK_WORDS and view.outlook is not None else ""


def verdict(row: Row, value: float) -> Verdict:
    """Apply the rule of a statement to a number.

    Args:
        row: Row of the table `claims`.
        value: Number.

    Returns:
        Verdict.

    >>> verdict(load_catalog().row("claims", "9"), 0.1)
    'false'
    >>> verdict(load_catalog().row("claims", "3"), 500.0)
    'true'
    """
    rule = row.text("rule")
    if rule == "untestable":
        return "untestable"
    holds, partly = row.number("true_from"), row.number("partly_from")
    if rule == "band":
        if holds <= value < row.number("true_below"):
            return "true"
        return "partly" if partly <= value < row.number("partly_below") else "false"
    sign = -1.0 if rule == "down" else 1.0
    if sign * value >= sign * holds:
        return "true"
    return "partly" if sign * value >= sign * partly else "false"


def threshold_words(row: Row) -> str:
    """Say the rule of a statement in words.

    >>> threshold_words(load_catalog().row("claims", "9"))
    'true from 1, partly from 0.5'
    """
    rule = row.text("rule")
    if rule == "untestable":
        return "not testable today"
    holds, partly = row.number("true_from"), row.number("partly_from")
    if rule == "band":
        return (
            f"true from {holds:g} to {row.number('true_below'):g}, "
            f"partly from {partly:g} to {row.number('partly_below'):g}"
        )
    word = "up to" if rule == "down" else "from"
    return f"true {word} {holds:g}, partly {word} {partly:g}"


def flip_words(row: Row, value: float) -> str:
    """Say how far a number is from the nearest other verdict.

    >>> flip_words(load_catalog().row("claims", "5"), 0.1)
    'a value of 0.05 1/year (now 0.1)'
    """
    if row.text("rule") == "untestable":
        return "evidence that does not exist yet"
    edges = [row.number(c) for c in ("true_from", "partly_from", "true_below", "partly_below") if row.has(c)]
    now = verdict(row, value)
    step = 1e-9 * max(1.0, *(abs(edge) for edge in edges))
    crossing = [edge for edge in edges if any(verdict(row, edge + s) != now for s in (-step, 0.0, step))]
    if not crossing:
        return ""
    nearest = min(crossing, key=lambda edge: abs(edge - value))
    unit = "" if row.text("unit") == "1" else f" {row.text('unit')}"
    return f"a value of {nearest:g}{unit} (now {value:.3g})"
