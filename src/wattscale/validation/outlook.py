"""Predictions of published history and forecasts of the industry (kind `outlook`).

In: rows with series, region, metric, unit, year, kind, scenario. Out: the median of the outlook and its 80 % interval.
Leaves out: the rows' values and sources; a series that the model does not know is skipped with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog, load_catalog
from wattscale.outlook.observables import UnknownSeriesError, View
from wattscale.outlook.observables_trade import OBSERVABLES
from wattscale.outlook.planunits import planned_units
from wattscale.outlook.scenario import load_outlook
from wattscale.outlook.simulate import simulate
from wattscale.outlook.years import LAST_HISTORY, LAST_YEAR
from wattscale.units import FloatArray
from wattscale.validation.scoring import Prediction, Rows, Skipped

TARGETS = ("mid",)
GROUP_BY = "series"
FILE = "outlook_anchors.csv"
CATALOG_TABLE = "outlook_published"
"""Table of the catalogue with published figures in the columns of this kind."""
DRAWS, SEED = 2000, 1
EARLIEST = 2000
"""Year before which nothing that the catalogue holds says anything."""
QUANTILES = (0.1, 0.5, 0.9)
"""Ends and middle of the 80 % interval."""
NAMED = (
    (("lift-off", "liftoff", "fastest", "accelerated"), "abundant-clean-power"),
    (("headwinds", "slow"), "disruption"),
    (("efficiency",), "efficiency-first"),
    (("constrained",), "constrained-supply"),
)
"""Words in a publisher's scenario and the scenario here that tells the same story; any other is the base case."""


def predict(rows: Rows, catalog: Catalog, folder: Path | None = None) -> tuple[list[Prediction], list[Skipped]]:
    """Predict every row from its series, region, metric, year and scenario.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.
        folder: Folder of the file; not used.

    Returns:
        Medians with 80 % intervals, and rows of series that the model does not know.
    """
    predictions: list[Prediction] = []
    skipped: list[Skipped] = []
    for i, row in enumerate(rows):
        try:
            draws = _draws(row, catalog)
        except UnknownSeriesError as error:
            skipped.append(Skipped(i, str(error)))
            continue
        low, mid, high = (float(q) for q in np.quantile(draws, QUANTILES))
        predictions.append(Prediction(i, {"mid": mid}, {"mid": low}, {"mid": high}))
    return predictions, skipped


def _draws(row: Mapping[str, str], catalog: Catalog) -> FloatArray:
    series = row.get("series", "")
    if series not in OBSERVABLES:
        raise UnknownSeriesError(f"the model does not know the series '{series}'")
    year = _year(row)
    view = _view(scenario_of(row, year))
    return OBSERVABLES[series](View(view.run, catalog), row, year)


def _year(row: Mapping[str, str]) -> float:
    """Read the year of a row, decimals allowed; a year beyond the outlook is not known."""
    try:
        year = float(row.get("year", ""))
    except ValueError:
        raise UnknownSeriesError(f"year: '{row.get('year', '')}' is no number") from None
    if not EARLIEST <= year <= LAST_YEAR:
        raise UnknownSeriesError(f"the model covers {EARLIEST} to {LAST_YEAR}, not {year:g}")
    return year


def scenario_of(row: Mapping[str, str], year: float) -> str:
    """Find the scenario here that tells the publisher's story; history has only one.

    >>> scenario_of({"scenario": "Lift-Off"}, 2035.0), scenario_of({"scenario": "Base"}, 2030.0)
    ('abundant-clean-power', 'base')
    """
    words = row.get("scenario", "").lower()
    if year <= LAST_HISTORY:
        return "base"
    return next((name for known, name in NAMED if any(word in words for word in known)), "base")


@cache
def _view(scenario: str) -> View:
    table = load_outlook(scenario).model_copy(update={"draws": DRAWS, "seed": SEED})
    catalog = load_catalog()
    return View(simulate(table, planned_units(), catalog), catalog)
