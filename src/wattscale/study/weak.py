"""The weak figures of a plan in order of their weight: what would move its headlines most, and what would narrow it.

In: a scenario. Out: a table, heaviest first. Leaves out: coefficients that a fit makes together (moving one alone says
nothing), series of weather and prices, and how likely the ends of a range are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wattscale.catalog import Catalog, load_catalog
from wattscale.catalog.table import plain
from wattscale.chain import Chain, figure_of, scenario_files, walk
from wattscale.contents import unchanged
from wattscale.errors import WattscaleError
from wattscale.figure import Figure
from wattscale.scenario.schema import Scenario
from wattscale.stagecache import StageCache

if TYPE_CHECKING:
    import pandas as pd

HEADLINES = (
    "economics.usd_per_mtok", "economics.tco_usd_per_year", "compute.serving.joules_per_output_token", "facility.pue",
    "supply.cost_usd_per_mwh", "impact.carbon_t_per_year", "impact.embodied_t", "impact.jobs_permanent",
    "impact.jobs_construction_job_years", "impact.water_m3_per_year",
)  # fmt: skip
"""Figures whose change counts."""
WEAK = ("unverified", "estimated", "secondary")
COLUMNS = (
    "figure", "confidence", "value", "low", "high", "unit", "weight", "moves", "ranged", "narrowed_by", "source",
)  # fmt: skip
UNRANGED = 0.25
"""Change of a figure without a range of its own [1]."""


def weak_figures(
    scenario: Scenario, progress: Callable[[int, int], None] | None = None, table: str | None = None
) -> pd.DataFrame:
    """Set each weak figure that the plan reads to its low and to its high end, all else kept, and see what moves.

    Args:
        scenario: The plan; two more of it are made for each figure, unchanged stages kept.
        progress: Called with the number done and in all.
        table: Only the figures of this table of the catalogue.

    Returns:
        One row per figure, heaviest first: figure, confidence, value, low, high, unit, weight (largest relative change
        of a headline [1]), moves (that headline, and whether an end leaves no plan), ranged (False where a quarter up
        and down stands for a range), narrowed_by, source.

    Raises:
        InputError: As `plan`.
    """
    import pandas as pd

    catalog, cache = load_catalog(), StageCache()
    base = walk(scenario, "impact", None, cache, extras=False)
    before = _headlines(base)
    read = {key: figure for ledger in base.ledgers.values() for key, figure in ledger.items()}
    weak = [f for f in read.values() if f.confidence in WEAK and not _fitted(catalog, f)]
    weak = [f for f in weak if table is None or plain(_table_of(f)) == plain(table)]
    rows: list[dict[str, Any]] = []
    with unchanged(scenario_files(scenario)):
        for done, figure in enumerate(weak):
            rows.append(_row(scenario, catalog, figure, cache, before))
            if progress is not None:
                progress(done + 1, len(weak))
    frame = pd.DataFrame(rows, columns=COLUMNS).sort_values("weight", ascending=False, kind="stable")
    return frame.reset_index(drop=True)


def _fitted(catalog: Catalog, figure: Figure) -> bool:
    return bool(catalog.table(_table_of(figure)).meta.get("fitted", False))


def _table_of(figure: Figure) -> str:
    return figure.id.partition("/")[0]


def _row(
    scenario: Scenario, catalog: Catalog, figure: Figure, cache: StageCache, before: Mapping[str, float]
) -> dict[str, Any]:
    ranged = figure.low < figure.high
    ends = (figure.low, figure.high) if ranged else _quarter(catalog, figure)
    at_ends = [_moved(scenario, figure.id, end, cache, before) for end in ends]
    weight, moves = max((each for found in at_ends for each in found or ()), default=(0.0, ""))
    moves = moves if weight > 0.0 else ""
    if None in at_ends:
        moves = f"{moves} (no plan at {'either' if not any(at_ends) else 'one'} end)".strip()
    meta = catalog.table(_table_of(figure)).meta
    return {
        "figure": figure.id, "confidence": figure.confidence, "value": figure.value, "low": figure.low,
        "high": figure.high, "unit": figure.unit, "weight": weight, "moves": moves,
        "ranged": ranged, "narrowed_by": str(meta.get("narrowed_by", "")), "source": figure.source,
    }  # fmt: skip


def _quarter(catalog: Catalog, figure: Figure) -> tuple[float, float]:
    """Give a quarter down and up, as far as the figure may go; a mean of several rows has no bounds of its own."""
    down, up = sorted(((1 - UNRANGED) * figure.value, (1 + UNRANGED) * figure.value))
    if not catalog.has(figure.id):
        return down, up
    bounds = catalog.bounds(figure.id)
    return max(down, bounds.least), min(up, bounds.largest)


def _moved(
    scenario: Scenario, figure: str, value: float, cache: StageCache, before: Mapping[str, float]
) -> list[tuple[float, str]] | None:
    """Give the relative change of each headline; None where the plan is not possible with this value."""
    changed = scenario.model_copy(update={"catalog": {**scenario.catalog, figure: value}})
    try:
        after = _headlines(walk(changed, "impact", None, cache, extras=False))
    except WattscaleError:
        return None
    return [(abs(after[name] / was - 1.0), name) for name, was in before.items() if was and name in after]


def _headlines(chain: Chain) -> dict[str, float]:
    found = {name: figure_of(chain, name) for name in HEADLINES}
    return {n: float(v[0] if isinstance(v, tuple) else v) for n, v in found.items() if v is not None}
