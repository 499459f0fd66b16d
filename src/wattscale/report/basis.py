"""What a figure rests on: its catalogue figures, their confidence, and the weakest among them.

In: a plan. Out: the badge of each figure, the sources in order of weakness.
Leaves out: how much each source moves the result; a sensitivity study does that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from wattscale.catalog.specs import spec_of
from wattscale.figure import CONFIDENCES, Confidence, Figure

if TYPE_CHECKING:
    from wattscale.result import Plan, SourceUse

FOLLOWED = 2
"""Steps from a figure to the figures it is computed from that count as its own inputs."""


@dataclass(frozen=True)
class Basis:
    """What one figure rests on.

    Attributes:
        counts: Catalogue figures by confidence, most certain first.
        weakest: Least certain confidence; None for a figure that rests on the scenario alone.
        direct: True where the figure's own catalogue inputs are known; False where all figures are taken that the
            stages of its inputs read (its own stage where it names none).
    """

    counts: dict[Confidence, int]
    weakest: Confidence | None
    direct: bool

    @property
    def badge(self) -> str:
        """Weakest confidence and how many of the figures have it: `unverified 3 of 41`."""
        if self.weakest is None:
            return "scenario"
        total = sum(self.counts.values())
        weak = self.counts[self.weakest]
        return self.weakest if weak == total else f"{self.weakest} {weak} of {total}"

    @property
    def words(self) -> str:
        """One sentence for people."""
        if self.weakest is None:
            return "Follows from the scenario alone."
        parts = [f"{n} {confidence}" for confidence, n in self.counts.items()]
        whose = "Rests on" if self.direct else "The stages behind it rest on"
        return f"{whose} {', '.join(parts)} {'figure' if sum(self.counts.values()) == 1 else 'figures'}."


def basis_of(plan: Plan, name: str) -> Basis:
    """Tell what one figure rests on.

    Args:
        plan: The plan.
        name: Full name of one of its figures.
    """
    return _basis(plan, name, _members(plan))


def bases_of(plan: Plan) -> dict[str, Basis]:
    """Tell what every figure of a plan rests on, by name."""
    members = _members(plan)
    return {name: _basis(plan, name, members) for name in plan.figures}


def _basis(plan: Plan, name: str, members: Mapping[str, Mapping[str, Figure]]) -> Basis:
    found: dict[str, Figure] = {}
    for key in _catalogue_inputs(name):
        found |= members.get(key, {}) if "<" not in key else _family(members, key)
    direct = bool(found)
    if not found:
        spec = spec_of(name)
        stages = {key.partition(".")[0] for key in (spec.inputs if spec else ()) if key in plan.figures}
        for stage in sorted(stages or {name.partition(".")[0]}):
            found |= plan.ledgers.get(stage, {})
    tally = Counter(figure.confidence for figure in found.values())
    counts: dict[Confidence, int] = {c: tally[c] for c in CONFIDENCES if tally[c]}
    return Basis(counts, list(counts)[-1] if counts else None, direct)


def _members(plan: Plan) -> dict[str, dict[str, Figure]]:
    """Group the catalogue figures of a plan under every name that means them: table, table/item, full id."""
    groups: dict[str, dict[str, Figure]] = {}
    for ledger in plan.ledgers.values():
        for fid, figure in ledger.items():
            for name in _names_of(fid):
                groups.setdefault(name, {})[fid] = figure
    return groups


def _names_of(fid: str) -> list[str]:
    """List the names that mean a catalogue figure.

    >>> _names_of("ups/2n.loss@eu:2025")
    ['ups', 'ups/2n', 'ups/2n.loss', 'ups/2n.loss@eu', 'ups/2n.loss@eu:2025']
    """
    return [fid[:place] for place, sign in enumerate(fid) if sign in "/.@:"] + [fid]


def _family(members: Mapping[str, Mapping[str, Figure]], key: str) -> dict[str, Figure]:
    """Collect the figures of a name with a placeholder, such as `sites/<site>.water_stress`."""
    head, _, rest = key.partition("<")
    tail = rest.partition(">")[2]
    found: dict[str, Figure] = {}
    for name, figures in members.items():
        if name.startswith(head) and name.endswith(tail) and len(name) > len(head) + len(tail):
            found |= figures
    return found


def weakest_first(plan: Plan) -> list[SourceUse]:
    """Sort the catalogue figures of a plan from the least certain to the most, wide ranges before narrow ones."""
    return sorted(
        plan.sources, key=lambda use: (-CONFIDENCES.index(use.figure.confidence), -_spread(use.figure), use.figure.id)
    )


def confidence_counts(plan: Plan) -> dict[Confidence, int]:
    """Count the catalogue figures of a plan by confidence, most certain first."""
    return {c: sum(use.figure.confidence == c for use in plan.sources) for c in CONFIDENCES}


def _spread(figure: Figure) -> float:
    return abs(figure.high - figure.low) / abs(figure.value) if figure.value else 0.0


@cache
def _catalogue_inputs(name: str) -> frozenset[str]:
    """Collect the catalogue figures that the description of a figure names, following other figures a few steps."""
    found: set[str] = set()
    seen, now = {name}, [name]
    for _ in range(FOLLOWED):
        after: list[str] = []
        for each in now:
            spec = spec_of(each)
            for key in spec.inputs if spec else ():
                if "/" in key:
                    found.add(key)
                elif key not in seen:
                    seen.add(key)
                    after.append(key)
        now = after
    return frozenset(found)
