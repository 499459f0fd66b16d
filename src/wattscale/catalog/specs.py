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
    found: dict[str, FigureSpec] = {}
    folder = files("wattscale.catalog") / "figures"
    for path in sorted(folder.iterdir(), key=lambda f: f.name):
        if path.name.endswith(".csv"):
            for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
                inputs = tuple(part.strip() for part in row["inputs"].split(";") if part.strip())
                found[row["name"]] = FigureSpec(
                    row["name"], row["unit"], row["title"], row["equation"], inputs, row["source"]
                )
    return dict(sorted(found.items(), key=lambda item: STAGES.index(item[1].stage)))


def spec_of(name: str) -> FigureSpec | None:
    """Give the description of a figure; members of a family share one (`supply.capacity_mw.<technology>`).

    >>> spec_of("supply.capacity_mw.solar").unit
    'MW'
    """
    specs = figure_specs()
    if name in specs:
        return specs[name]
    stem = name.rpartition(".")[0]
    return next((spec for key, spec in specs.items() if key.startswith(f"{stem}.<")), None)
