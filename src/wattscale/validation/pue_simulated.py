"""Predictions of a published simulation of PUE and WUE by climate zone (kind `pue-simulated`).

In: rows with climate zone, size and cooling system; hourly weather of the zones in a file beside them. Out: PUE and WUE
of the central design with a 90 % interval over the ranges of its class.
Leaves out: the published model's own random draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from wattscale.catalog import Catalog
from wattscale.errors import InputError
from wattscale.facility.annual import Annual, annual, ranged
from wattscale.facility.cooling import run_building
from wattscale.facility.design import DesignSpace, Technology, design_space, technology
from wattscale.facility.outdoor import OutdoorAir, outdoor_air
from wattscale.facility.psychrometrics import dew_point, saturation_pressure
from wattscale.facility.stage import DRAWS, SAMPLE_STEP
from wattscale.userfile import FileKind, regular_file
from wattscale.usertext import read_rows
from wattscale.validation.scoring import Prediction, Rows, Skipped

TARGETS = ("pue", "wue_l_per_kwh")
GROUP_BY = "case"
FILE = "pue_wue_simulated.csv"
WEATHER_FILE = "climate_zone_hourly.csv.gz"
ZONES = FileKind("hourly weather by climate zone", (".csv.gz",))
DRIEST_SHARE = 0.01
"""Humidity readings below this are taken as this, so that a dew point exists [1]."""


def predict(rows: Rows, catalog: Catalog, folder: Path | None = None) -> tuple[list[Prediction], list[Skipped]]:
    """Predict every row from climate zone and case.

    Args:
        rows: Rows of the file.
        catalog: The catalogue.
        folder: Folder of the file, with the hourly weather of the zones.

    Returns:
        Predictions with 90 % intervals, and rows whose weather or case is not known.
    """
    zones = read_zones(folder)
    found: dict[tuple[str, str], Prediction] = {}
    predictions: list[Prediction] = []
    skipped: list[Skipped] = []
    for i, row in enumerate(rows):
        zone = row.get("climate_zone", "")
        case = _case(catalog, row)
        if case is None:
            skipped.append(Skipped(i, "the size and cooling system are none of the ten cases"))
        elif zone not in zones:
            skipped.append(Skipped(i, f"no hourly weather of zone '{zone}' in {WEATHER_FILE} beside the file"))
        else:
            key = (zone, case)
            if key not in found:
                found[key] = _predict_one(catalog, case, zones[zone])
            predictions.append(Prediction(i, found[key].predicted, found[key].low, found[key].high))
    return predictions, skipped


def read_zones(folder: Path | None) -> dict[str, OutdoorAir]:
    """Read hourly temperature, humidity and pressure by climate zone; nothing where there is no file."""
    path = folder / WEATHER_FILE if folder is not None else None
    if path is None or not regular_file(path):
        return {}
    hours: dict[str, list[tuple[float, float, float]]] = {}
    for number, row in enumerate(read_rows(path, "--data", ZONES), start=2):
        try:
            values = (float(row["t_c"]), float(row["rh_pct"]), float(row["p_pa"]))
        except (KeyError, ValueError):
            values = (math.nan, math.nan, math.nan)
        if not all(map(math.isfinite, values)) or "climate_zone" not in row:
            raise InputError("has no climate_zone, t_c, rh_pct and p_pa", where=f"{path}: line {number}")
        hours.setdefault(row["climate_zone"], []).append(values)
    return {zone: _air(np.array(values)) for zone, values in hours.items()}


def _air(values: np.ndarray) -> OutdoorAir:
    temp_c, rh, pressure_pa = values.T
    share = np.clip(rh / 100.0, DRIEST_SHARE, 1.0)
    return outdoor_air(temp_c, dew_point(share * saturation_pressure(temp_c)), pressure_pa)


def _case(catalog: Catalog, row: Mapping[str, str]) -> str | None:
    """Number of the case, by size and cooling system, or by number where these are empty."""
    for name in catalog.names("simulated_cases"):
        known = catalog.row("simulated_cases", name)
        asked = (row.get("dc_size", ""), row.get("cooling_system", ""))
        if asked == (known.text("dc_size"), known.text("cooling_system")) or (
            asked == ("", "") and row.get("case", "") == name
        ):
            return name
    return None


def _predict_one(catalog: Catalog, case: str, air: OutdoorAir) -> Prediction:
    row = catalog.row("simulated_cases", case)
    tech = technology(catalog, row.text("technology"))
    overlay = ("operator_designs", row.text("design"))
    values = interval(tech, design_space(catalog, tech.name, "double-conversion", "N", overlay), air)
    return Prediction(
        0,
        {t: v[0] for t, v in values.items()},
        {t: v[1] for t, v in values.items()},
        {t: v[2] for t, v in values.items()},
    )


def interval(tech: Technology, space: DesignSpace, air: OutdoorAir) -> dict[str, tuple[float, float, float]]:
    """Give PUE and WUE of a fully loaded building with their 90 % interval over the design's ranges.

    Args:
        tech: Structure of the cooling.
        space: Figures of the design.
        air: Outdoor air of a year.

    Returns:
        (value, low, high) by target.
    """

    def run(count: int, step: int) -> Annual:
        design = space.draws(count) if count > 1 else space.central()
        few = air.every(step)
        return annual(run_building(tech, design, few, np.ones_like(few.temp_c), 1.0), design)

    full, sampled, draws = run(1, 1), run(1, SAMPLE_STEP), run(DRAWS, SAMPLE_STEP)
    pue = ranged(float(full.pue), sampled.pue, draws.pue)
    wue = ranged(float(full.wue_l_per_kwh), sampled.wue_l_per_kwh, draws.wue_l_per_kwh)
    return {"pue": pue, "wue_l_per_kwh": wue}
