"""Predictions of reported PUE and WUE of operators (kind `pue`).

In: rows with operator, place, year and cooling. Out: PUE and WUE of the operator's class of design in the climate of
the place, with a 90 % interval over the class's ranges.
Leaves out: anything an operator published about one site; only its class of design enters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog, Row
from wattscale.catalog.table import plain
from wattscale.errors import InputError
from wattscale.facility.annual import QUANTILES
from wattscale.facility.cooling import run_building
from wattscale.facility.design import FacilityDesign, design_space, spread, technology
from wattscale.facility.outdoor import OutdoorAir, outdoor_air_of
from wattscale.facility.stage import DRAWS, SAMPLE_STEP
from wattscale.hours import IntArray
from wattscale.scenario.site import SiteTable
from wattscale.site.stage import run as run_site
from wattscale.units import FloatArray
from wattscale.validation.scoring import Prediction, Rows, Skipped

TARGETS = ("pue", "wue_l_per_kwh")
FLOORS = {"pue": 1.0, "wue_l_per_kwh": 0.0}
"""Least values by definition; the few hours sampled for ranges may fall below."""
GROUP_BY = "operator"
FILE = "pue_wue.csv"
CATALOG_TABLE = "reported_pue"
"""Table of the catalogue with published rows in the columns of this kind."""
DESIGNS = "operator_designs"
DEFAULT_CLASS = "colocation"
THIS_YEAR = 2024
"""Year of a row that gives none."""
STRIDE = 27
"""The order of a second kind of hall is permuted by this odd stride, so that two kinds are drawn apart."""
MIXED, LEASED_STRIDE, WET_STRIDE = 4096, 1237, 2531
"""Draws of a mix of two kinds of hall, and the odd strides through which its share runs."""


@dataclass(frozen=True)
class Spread:
    """PUE and WUE of the central design and of each draw, shape (draws,)."""

    central: Mapping[str, float]
    draws: Mapping[str, FloatArray]


def predict(rows: Rows, catalog: Catalog, folder: Path | None = None) -> tuple[list[Prediction], list[Skipped]]:
    """Predict every row from operator, place and year.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.
        folder: Folder of the file; not used.

    Returns:
        Predictions with 90 % intervals, and rows whose place is not known.
    """
    predictions: list[Prediction] = []
    skipped: list[Skipped] = []
    known: dict[tuple[str, tuple[SiteTable, ...]], Spread] = {}
    for i, row in enumerate(rows):
        try:
            group = operator_class(catalog, row)
            places = _places(row, group, catalog)
            key = (group.name, places)
            if key not in known:
                known[key] = _mean([_class_at(catalog, group, _air(catalog, p)) for p in places])
        except (InputError, ValueError) as error:
            skipped.append(Skipped(i, " ".join(str(error).split())))
            continue
        predictions.append(_prediction(i, known[key]))
    return predictions, skipped


def operator_class(catalog: Catalog, row: Mapping[str, str]) -> Row:
    """Find the class of design: by operator, else by words in cooling and scope, else leased halls; latest by year.

    >>> from wattscale.catalog import load_catalog
    >>> operator_class(load_catalog(), {"operator": "AWS", "year": "2024"}).name
    'self-built and leased'
    """
    operator, year = plain(row.get("operator", "")), float(row.get("year") or THIS_YEAR)
    said = f"{row.get('cooling', '')} {row.get('scope', '')}".lower()
    classes = [catalog.row("operator_classes", name) for name in catalog.names("operator_classes")]
    classes = [c for c in classes if c.number("year_from") <= year]
    named = [c for c in classes if operator in [plain(a) for a in c.text("aliases").split(";")]]
    worded = [c for c in classes if any(w in said for w in c.text("words").split(";") if w)]
    found = named or worded or [catalog.row("operator_classes", DEFAULT_CLASS)]
    return max(found, key=lambda c: c.number("year_from"))


def _places(row: Mapping[str, str], group: Row, catalog: Catalog) -> tuple[SiteTable, ...]:
    """Coordinates of the row; else the sites of its country; a fleet stands at the places of its class."""
    if row.get("lat") and row.get("lon"):
        return (SiteTable(name=None, latitude=float(row["lat"]), longitude=float(row["lon"])),)
    country = row.get("country", "")
    sites = [
        name for name in catalog.names("sites") if country and catalog.row("sites", name).text("country") == country
    ]
    return tuple(SiteTable(name=name) for name in sites or group.text("places").split(";"))


def _air(catalog: Catalog, place: SiteTable) -> OutdoorAir:
    return outdoor_air_of(run_site(place, catalog).weather)


def _class_at(catalog: Catalog, group: Row, air: OutdoorAir) -> Spread:
    """Mix own halls with leased ones: dry where air-cooled chillers stand behind, wet where towers do."""
    found = _design_at(catalog, group.text("technology"), group.text("design"), air)
    if group.text("leased_technology"):
        leased = _design_at(catalog, group.text("leased_technology"), group.text("leased_design"), air)
        wet = _design_at(catalog, group.text("wet_technology"), group.text("wet_design"), air)
        leased = _mixed(catalog, f"{group.name}.wet_share", leased, wet, WET_STRIDE)
        found = _mixed(catalog, f"{group.name}.leased_share", found, leased, LEASED_STRIDE)
    return found


def _mixed(catalog: Catalog, key: str, one: Spread, other: Spread, stride: int) -> Spread:
    """Mix two kinds of hall by a share with a range: both kinds and the share are drawn apart, MIXED times."""
    share = catalog.figure(DESIGNS, key)
    at = np.arange(MIXED)
    drawn = spread(share, (at * stride % MIXED + 0.5) / MIXED)
    order = at // DRAWS + at * STRIDE

    def draws(found: Spread, target: str, index: IntArray) -> FloatArray:
        return found.draws[target][index % len(found.draws[target])]

    return Spread(
        {t: (1 - share.value) * one.central[t] + share.value * other.central[t] for t in TARGETS},
        {t: (1 - drawn) * draws(one, t, at) + drawn * draws(other, t, order) for t in TARGETS},
    )


def _design_at(catalog: Catalog, cooling: str, design: str, air: OutdoorAir) -> Spread:
    tech = technology(catalog, cooling)
    space = design_space(catalog, tech.name, "double-conversion", "2N", (DESIGNS, design))
    load = catalog.figure(DESIGNS, f"{design}.load_share")
    shares = spread(load, _positions(STRIDE - 8))[:, None]

    def run(design: FacilityDesign, hours: OutdoorAir, share: FloatArray) -> dict[str, FloatArray]:
        it = share * np.ones_like(hours.temp_c)
        found = run_building(tech, design, hours, it, 1.0)
        used = {"pue": found.power_mw, "wue_l_per_kwh": found.water.makeup}
        return {t: np.asarray(x.sum(axis=-1) / it.sum(axis=-1)) for t, x in used.items()}

    few, typical = air.every(SAMPLE_STEP), np.asarray(load.value)
    central, sampled = run(space.central(), air, typical), run(space.central(), few, typical)
    draws = run(space.draws(DRAWS), few, shares)
    return Spread({t: float(central[t]) for t in TARGETS}, {t: draws[t] + central[t] - sampled[t] for t in TARGETS})


def _positions(stride: int) -> FloatArray:
    """Even positions between 0 and 1 in an order of their own: an odd stride through the draws."""
    return np.asarray(((np.arange(DRAWS) * stride) % DRAWS + 0.5) / DRAWS)


def _mean(spreads: list[Spread]) -> Spread:
    return Spread(
        {t: float(np.mean([s.central[t] for s in spreads])) for t in TARGETS},
        {t: np.mean([s.draws[t] for s in spreads], axis=0) for t in TARGETS},
    )


def _prediction(row: int, found: Spread) -> Prediction:
    low = {t: max(float(np.quantile(found.draws[t], QUANTILES[0])), FLOORS[t]) for t in TARGETS}
    high = {t: float(np.quantile(found.draws[t], QUANTILES[1])) for t in TARGETS}
    return Prediction(row, dict(found.central), low, high)
