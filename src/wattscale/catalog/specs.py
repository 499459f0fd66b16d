"""What each result figure is: unit, title, equation, inputs; the base of `explain`, the report and plan.json.

In: the tables in the folder `figures`, one per stage. Out: `FigureSpec` by name.
Leaves out: the values; stages compute them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

STAGES = ("workload", "compute", "site", "facility", "supply", "economics", "impact")
"""Stages of the chain, in order."""
OUTLOOK = "outlook"
"""Table of figures that an outlook gives; no plan has them."""


@dataclass(frozen=True)
class FigureSpec:
    """One result figure.

    Attributes:
        name: `<stage>.<figure>`; a family ends in `<technology>` or another placeholder.
        unit: Unit, "1" for shares and ratios.
        title: What it is, in plain words.
        equation: How it is computed.
        inputs: Other figures, scenario keys and catalogue figures it rests on.
        source: Where the equation comes from.
    """

    name: str
    unit: str
    title: str
    equation: str
    inputs: tuple[str, ...]
    source: str

    @property
    def stage(self) -> str:
        """First word of the name."""
        return self.name.partition(".")[0]


@cache
def figure_specs() -> Mapping[str, FigureSpec]:
    """Give the description of every result figure, in chain order.

    >>> figure_specs()["facility.pue"].unit
    '1'
    """
    return {name: spec for stage in STAGES for name, spec in _table(stage).items()}


@cache
def outlook_specs() -> Mapping[str, FigureSpec]:
    """Give the description of every figure of an outlook.

    >>> outlook_specs()["outlook.electricity_twh"].unit
    'TWh/year'
    """
    return _table(OUTLOOK)


def _table(stage: str) -> dict[str, FigureSpec]:
    text = (files("wattscale.catalog") / "figures" / f"{stage}.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        inputs = tuple(part.strip() for part in row["inputs"].split(";") if part.strip())
        found[row["name"]] = FigureSpec(row["name"], row["unit"], row["title"], row["equation"], inputs, row["source"])
    return found


def spec_of(name: str) -> FigureSpec | None:
    """Give the description of a figure; members of a family share one (`supply.capacity_mw.<technology>`).

    >>> spec_of("supply.capacity_mw.solar").unit
    'MW'
    """
    specs = outlook_specs() if name.startswith(f"{OUTLOOK}.") else figure_specs()
    if name in specs:
        return specs[name]
    stem = name.rpartition(".")[0]
    return next((spec for key, spec in specs.items() if key.startswith(f"{stem}.<")), None)
